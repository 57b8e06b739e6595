"""The scores and limits that an earlier `credrisk run` left in its folder, taken only if they fit what is asked now."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.decisions.policy import Policy
from credrisk.errors import DataError, ParameterError
from credrisk.injection import ESCAPED

__all__ = ["StoredResults", "read_results"]

RECORD = "run.json"
ANOTHER_RUN = "run credrisk run again, or leave --results out."


@dataclass(frozen=True)
class StoredResults:
    """What a run found for one day.

    Attributes
    ----------
    as_of
        The day of the run.
    scores, limits
        The tables of ``scores.csv`` and ``limits.csv``.
    model
        Hash of the bad-debt model, None where there was none.
    """

    as_of: date
    scores: pl.DataFrame
    limits: pl.DataFrame
    model: str | None


def read_results(folder: Path, *, policy: Policy | None, currency: str, as_of: date | None = None) -> StoredResults:
    """Return the scores and limits of a finished run.

    Parameters
    ----------
    folder
        The ``--out`` folder of the run.
    policy
        The policy that decides now: the run must have been made under the same. None where only the scores are used,
        which do not depend on it.
    currency
        The currency of the ledger at hand.
    as_of
        The day that is asked for; any where None.

    Raises
    ------
    ParameterError
        When the folder holds no finished run, or one of another day, policy or currency.
    DataError
        When a file is not the one that the run wrote.
    """
    record = _record(folder)
    day = date.fromisoformat(record["as_of"])
    if as_of is not None and day != as_of:
        raise ParameterError("results", f"a run of {as_of}, the day asked for", f"a run of {day}")
    if policy is not None and record["policy"]["hash"] != policy.hash:
        given = f"policy {record['policy']['version']} ({record['policy']['hash'][:12]})"
        raise ParameterError("results", f"a run under the policy in use ({policy.version}, {policy.hash[:12]})", given)
    if record["currency"] != currency:
        raise ParameterError("results", f"a run in {currency}, the ledger's currency", record["currency"])
    scores, limits = (
        _table(folder / f"{name}.csv", record["files"].get(f"{name}.csv")) for name in ("scores", "limits")
    )
    return StoredResults(day, scores, limits, record["targets"]["bad_debt"].get("hash"))


def _record(folder: Path) -> dict[str, Any]:
    place = folder / RECORD
    if not place.is_file():
        raise ParameterError("results", f"the folder of a finished credrisk run, with its {RECORD}", str(folder))
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
        for name in ("as_of", "currency", "files", "policy", "targets"):
            record[name]
        date.fromisoformat(record["as_of"])
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{place} is damaged, or of another version of credrisk.", remedy=ANOTHER_RUN) from None
    return dict(record)


def _table(path: Path, stored_hash: str | None) -> pl.DataFrame:
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != stored_hash:
        raise DataError(f"{path} is not the file that the run wrote.", remedy=ANOTHER_RUN)
    texts = {"customer_id": pl.String, "name": pl.String}
    frame = pl.read_csv(content, schema_overrides=texts, infer_schema_length=None, try_parse_dates=True)
    escaped = pl.col("customer_id").str.contains(ESCAPED)
    return frame.with_columns(
        customer_id=pl.when(escaped).then(pl.col("customer_id").str.slice(1)).otherwise("customer_id")
    )
