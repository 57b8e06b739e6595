"""What the day's list is made from: the scores with the days to pay, and measured effects."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from credrisk.decisions.contact_effects import ContactEffects
    from credrisk.decisions.policy import Policy
    from credrisk.decisions.queue_weights import QueueWeights

__all__ = ["earlier_list", "effects_of", "weights_of"]


def effects_of(path: Path, *, policy: Policy, as_of: date) -> ContactEffects:
    """Return the effects that `credrisk effects` wrote, if they fit the policy and the day.

    Raises
    ------
    ModelFileError
        When the file is not what was written.
    ParameterError
        When they were measured under another policy, or know more than the day of the list.
    """
    from credrisk.decisions.contact_effects import ContactEffects
    from credrisk.errors import ParameterError

    found = ContactEffects.load(path)
    if found.policy_hash != policy.hash:
        rule = f"measured under the policy in use ({policy.version}, {policy.hash[:12]})"
        remedy = "measure again with credrisk effects --policy."
        raise ParameterError("--effects", rule, f"policy {found.policy_hash[:12]}", remedy=remedy)
    if found.as_of > as_of:
        raise ParameterError("--effects", f"measured on or before the day of the list, {as_of}", str(found.as_of))
    return found


def weights_of(text: str) -> QueueWeights:
    """Return the weights that were typed, such as ``age=1.5,goodwill=2``.

    Raises
    ------
    ParameterError
        When it is not a list of a name and a number of at least 0 each.
    """
    from credrisk.decisions.queue_weights import QueueWeights
    from credrisk.errors import ParameterError

    given: dict[str, float] = {}
    for part in text.split(","):
        name, equals, figure = (piece.strip() for piece in part.partition("="))
        try:
            given[name] = float(figure)
        except ValueError:
            equals = ""
        if not equals:
            raise ParameterError("--weights", "a name and a number each, such as age=1.5,goodwill=2", text)
    return QueueWeights.of(given)


def earlier_list(path: Path, option: str) -> pl.DataFrame:
    """Return ``customer_id, rank, contact_today, action, gain`` of a list written earlier (queue.csv).

    ``option`` is named where it cannot be read.

    Raises
    ------
    ParameterError
        When there is no such file.
    DataError
        When it is no list of this program.
    """
    import polars as pl

    from credrisk.errors import DataError, ParameterError
    from credrisk.injection import ESCAPED

    if not path.is_file():
        raise ParameterError(option, "the queue.csv of credrisk queue or credrisk run", str(path))
    said = pl.col("contact_today").replace_strict({"true": True, "false": False}, return_dtype=pl.Boolean)
    try:
        found = pl.read_csv(path, infer_schema=False).select(
            "customer_id", pl.col("rank").cast(pl.Int64), said, "action", pl.col("gain").cast(pl.Float64)
        )
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        remedy = "give the queue.csv of credrisk queue or credrisk run."
        raise DataError(f"{path} is no list of accounts.", remedy=remedy) from None
    escaped = pl.col("customer_id").str.contains(ESCAPED)
    return found.with_columns(
        customer_id=pl.when(escaped).then(pl.col("customer_id").str.slice(1)).otherwise("customer_id")
    )
