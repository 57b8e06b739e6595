"""Today's list in the decision log: what was offered to whom, at which place and by which chance."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.errors import ParameterError
from credrisk.frames import as_polars

if TYPE_CHECKING:
    from credrisk.decisions.decision_chain import Entry
    from credrisk.decisions.policy import Policy

__all__ = ["NOTHING", "OFFER", "log_offers", "offers_of", "refuse_logged"]

OFFER = "queue_offer"
"""The kind of these entries in the decision log."""

NOTHING = "none"
"""The action of an account to which nothing was offered."""


def offers_of(queue: Any, *, as_of: date | str) -> pl.DataFrame:
    """Return what a list offers to each account that may be contacted.

    Parameters
    ----------
    queue
        What :func:`~credrisk.collection_queue` returns.

    Returns
    -------
    polars.DataFrame
        ``customer_id, date, action`` (``none`` where the account is not on the list), ``collector, rank, slot`` (null
        where nothing is offered) and ``probability``: the chance of this offer under the list's own rule. It is 1
        where nothing was left to chance; of an account in the draw's reach it is that of being drawn if it was, else
        that of not being drawn. An account that is held is offered nothing with certainty and has no row.
    """
    given, day = as_polars(queue, "queue"), to_date(as_of)
    today, chance = pl.col("contact_today"), pl.col("selection_probability")
    drawn = (pl.col("slot") == "explore").fill_null(False)
    in_reach = (chance > 0) & (chance < 1)
    return (
        given.filter(pl.col("rank").is_not_null())
        .sort("rank")
        .select(
            "customer_id",
            date=pl.lit(day),
            action=pl.when(today).then("action").otherwise(pl.lit(NOTHING)),
            collector=pl.when(today).then("collector_today"),
            rank=pl.col("rank").cast(pl.Int64),
            slot=pl.when(today).then("slot"),
            probability=pl.when(drawn).then(chance).when(in_reach).then(1.0 - chance).otherwise(1.0),
        )
    )


def log_offers(
    log: DecisionLog, queue: Any, *, as_of: date | str, policy: Policy, author: str, seed: int | None = None
) -> list[Entry]:
    """Write what the list of a day offers into the log, one entry an account, all of them or none.

    Parameters
    ----------
    seed
        Of the draw, where there was one.

    Raises
    ------
    ParameterError
        When the log holds the list of that day already: an offer is made once.
    """
    refuse_logged(log, as_of=as_of)
    records = [
        Record(OFFER, _payload(row, seed), customer_id=row["customer_id"])
        for row in offers_of(queue, as_of=as_of).iter_rows(named=True)
    ]
    return log.append_all(records, author=author, policy=policy) if records else []


def refuse_logged(log: DecisionLog, *, as_of: date | str) -> None:
    """Refuse a log that holds the list of ``as_of`` already.

    Raises
    ------
    ParameterError
        When it does.
    """
    day = to_date(as_of).isoformat()
    if log.path.exists() and any(entry.content.get("date") == day for entry in log.read(kind=OFFER)):
        raise ParameterError(
            "log",
            f"without the list of {day}",
            str(log.path),
            remedy="leave --log out to look at the list again, or take another log.",
        )


def _payload(row: dict[str, Any], seed: int | None) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name != "customer_id" and value is not None}
    told["date"] = row["date"].isoformat()
    return told if seed is None else told | {"seed": seed}
