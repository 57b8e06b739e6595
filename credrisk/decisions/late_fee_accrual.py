"""How much of each late document was open, and how much of that undisputed, on every day since it was due.

Interest of a day is on what was open at the end of the day before, so the day of payment still counts and the due date
does not. What was credited, deducted or allowed was never owed: it is off from the first day. Payments, offsets and
write-offs count from their day. So a document that is paid by now has kept the days on which it was not.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["HALF_YEAR_ENDS", "open_stretches"]

NEVER_OWED = ("credit_note", "discount", "deduction")
HALF_YEAR_ENDS = ((6, 30), (12, 31))
LONGEST = date(9999, 12, 31)


def open_stretches(ledger: Ledger, documents: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Return the stretches of days on which the balance and the rate period of each document stay the same.

    Parameters
    ----------
    ledger
        Cut at ``as_of``.
    documents
        ``document_id`` and ``due`` (the day on which payment had to be there), before ``as_of``.

    Returns
    -------
    polars.DataFrame
        ``document_id``, ``after`` (exclusive) and ``until`` (inclusive) of the days that earn, ``days``, ``open`` (what
        was open) and ``undisputed`` of it (Int64 minor units, at least 0). No stretch crosses the end of June or of
        December. Sorted by document and day; stretches in which nothing was open are left out.

    Notes
    -----
    A part in dispute earns nothing while the dispute is not resolved. One that ended against the customer
    (``invalid``) never stopped anything; one in the customer's favour (``valid``) stops its part from its opening on;
    any other end (``partly``, not stated) stops it until the end. What was credited from the opening of the first
    dispute on is taken off the disputed part, as it is off the balance already.
    """
    wanted = documents.select("document_id", "due")
    moves = item_movements(ledger).join(wanted, on="document_id", how="inner")
    never = pl.col("kind").is_in(NEVER_OWED) | ((pl.col("kind") == "reversal") & (pl.col("from_kind") == "document"))
    from_start = pl.when(never | (pl.col("kind") == "document")).then("due").otherwise("event_date")
    balance = moves.select("document_id", "due", day=pl.max_horizontal("due", from_start), open="amount")
    disputes = _disputes(ledger, wanted)
    first = disputes.group_by("document_id").agg(opened=pl.col("opened_on").min())
    credited = (
        moves.filter(never)
        .join(first, on="document_id", how="inner")
        .filter(pl.col("event_date") >= pl.col("opened"))
        .group_by("document_id")
        .agg(credited=-pl.col("amount").sum())
    )
    ends = [
        date(year, month, day)
        for year in range(wanted["due"].dt.year().min() or as_of.year, as_of.year + 1)  # type: ignore[arg-type]
        for month, day in HALF_YEAR_ENDS
    ]
    breaks = (
        wanted.join(pl.DataFrame({"day": ends}, schema={"day": pl.Date}), how="cross")
        .filter((pl.col("day") > pl.col("due")) & (pl.col("day") < as_of))
        .select("document_id", "due", "day")
    )
    whole, part = pl.col("amount").is_null(), pl.col("amount").fill_null(0)
    turns = [
        disputes.select(
            "document_id",
            "due",
            day=pl.max_horizontal("due", edge),
            part=sign * part,
            whole=sign * whole.cast(pl.Int64),
        )
        for edge, sign in (("opened_on", 1), ("stops_on", -1))
    ]
    days = (
        pl.concat([balance, breaks, *turns], how="diagonal")
        .filter(pl.col("day") < as_of)
        .group_by("document_id", "due", "day")
        .agg(pl.col("open", "part", "whole").sum())
        .sort("document_id", "day")
        .with_columns(pl.col("open", "part", "whole").cum_sum().over("document_id"))
        .join(credited, on="document_id", how="left")
    )
    disputed = (pl.col("part") - pl.col("credited").fill_null(0)).clip(lower_bound=0)
    standing = pl.col("open").clip(lower_bound=0)
    return (
        days.with_columns(
            until=pl.col("day").shift(-1).over("document_id").fill_null(as_of),
            open=standing,
            undisputed=pl.when(pl.col("whole") > 0).then(0).otherwise((standing - disputed).clip(lower_bound=0)),
        )
        .filter(pl.col("open") > 0)
        .select(
            "document_id",
            pl.col("day").alias("after"),
            "until",
            (pl.col("until") - pl.col("day")).dt.total_days().alias("days"),
            "open",
            pl.col("undisputed").cast(pl.Int64),
        )
        .sort("document_id", "after")
    )


def _disputes(ledger: Ledger, wanted: pl.DataFrame) -> pl.DataFrame:
    """Return the disputes that stop interest, with the day on which each stops doing so (never: the last of dates)."""
    closed = pl.col("resolved_on").is_not_null()
    goes_on = ~closed | (pl.col("outcome") == "valid").fill_null(False)
    return (
        ledger.table("disputes")
        .join(wanted, on="document_id", how="inner")
        .filter(~(closed & (pl.col("outcome") == "invalid").fill_null(False)))
        .with_columns(stops_on=pl.when(goes_on).then(pl.lit(LONGEST)).otherwise("resolved_on"))
        .filter(pl.col("stops_on") > pl.col("opened_on"))
    )
