"""Every promise to pay and what came of it: kept, partly kept, broken, open or closed, and how late the money was."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.policy import Policy
from credrisk.decisions.promise_allocation import allocated_cash
from credrisk.decisions.promise_debt import with_debt_today
from credrisk.decisions.promise_state import HALF_A_CENT, promised_flows, promises_with_state, wanted_cash
from credrisk.errors import EvidenceError, ParameterError
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.models.promise_odds import promise_odds

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STATES", "broken_lately", "kept_ratios", "promise_ledger"]

STATES = ("kept", "partly_kept", "broken", "open", "closed")
JUDGED = ("kept", "partly_kept", "broken")
MISSED = ("partly_kept", "broken")


@overload
def promise_ledger(
    ledger: Ledger,
    *,
    as_of: date | str,
    grace_days: int | None = None,
    tolerance: float = 0.0,
    output: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...
@overload
def promise_ledger(
    ledger: Ledger,
    *,
    as_of: date | str,
    grace_days: int | None = None,
    tolerance: float = 0.0,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def promise_ledger(
    ledger: Ledger,
    *,
    as_of: date | str,
    grace_days: int | None = None,
    tolerance: float = 0.0,
    output: str = "pandas",
) -> Any:
    """Return every promise known at the end of ``as_of`` with its state then.

    A promise of a document is judged by the cash applied to it, one on account by the customer's receipts, on the day
    the cash arrived; every cent counts for one promise (:mod:`credrisk.decisions.promise_allocation`). What was
    credited or deducted need not be paid any more; what was written off is not paid.

    Parameters
    ----------
    grace_days
        The last day on which money keeps a promise is its due date plus so many days, inclusive; the shipped policy's
        ``promise_grace_days`` where none is given.
    tolerance
        Share of the promised amount that may lack of a kept promise (0 inclusive to 1 exclusive).
    output
        ``"pandas"`` or ``"polars"``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per promise, sorted by ``promise_id``: ``promise_id, customer_id, document_id, made_on, due_on,
        deadline``; ``promised`` (null on account without an amount: any payment keeps it), ``received_in_time,
        received_late, returned_later`` and ``outstanding``: what lacks of an open promise, or of one not kept, neither
        paid since nor replaced, at most what is open today of its document or, on account, of the items due by the day
        promised (:mod:`credrisk.decisions.promise_debt`); 0 of promises that ended; major units of the ledger's
        currency; ``state``:

        * ``kept``: at least the promised amount less the tolerance came by the deadline, or all that was to be paid;
        * ``partly_kept``: the deadline is over and some money came by it;
        * ``broken``: it is over and nothing came;
        * ``open``: the deadline is ``as_of`` or later;
        * ``closed``: nothing was left of the document by the deadline, but not for cash: not judged.

        ``kept_share`` (received in time over promised, at most 1), ``paid_in_full_on``; ``days_late``: from the due
        date to that day, to the day a new promise took its place, to the day its debt ended otherwise, or to ``as_of``
        where some of it is still owed (``still_unpaid``: not kept, not replaced, and something is outstanding); null
        for open and closed ones; ``replaced_by``: the next promise on the same document or
        account that was made after the due date, before the money was there; ``broke_on``: the first day on which it
        was broken; ``p_kept`` of an open one with ``p_kept_from`` in words, null with the reason where too few were
        judged.

    Raises
    ------
    ParameterError
        When the days of grace or the tolerance are outside their range.
    """
    check_output(output)
    day = to_date(as_of)
    grace = Policy.default().collection.promise_grace_days if grace_days is None else grace_days
    if isinstance(grace, bool) or not isinstance(grace, int) or grace < 0:
        raise ParameterError("grace_days", "a whole number of at least 0", grace_days)
    if not 0.0 <= tolerance < 1.0:
        raise ParameterError("tolerance", "a share from 0 to below 1", tolerance)
    seen = ledger.cut(day)
    moves = item_movements(seen)
    rows = (
        promises_with_state(seen, day, movements=moves, grace_days=grace)
        .join(
            seen.table("promises").select("promise_id", "plan_id", named=pl.col("amount").is_not_null()),
            on="promise_id",
        )
        .with_columns(
            agreement=pl.coalesce("plan_id", pl.col("made_on").cast(pl.String)),
            on_account=pl.col("document_id").is_null(),
            wanted=wanted_cash(pl.when("named").then("promised")),
        )
    )
    of_documents = moves.join(rows, on="document_id", how="semi")
    shares = allocated_cash(rows, promised_flows(seen, day, rows, of_documents))
    judged = _replaced(_judged(rows.join(shares, on="promise_id", how="left"), day, tolerance), day)
    waits = (pl.col("state") == "open") | (pl.col("state").is_in(MISSED) & ~pl.col("replaced"))
    judged = judged.with_columns(lacks=pl.when(waits | pl.col("lacks").is_null()).then("lacks").otherwise(0.0))
    owed = with_debt_today(judged, seen, day, movements=moves)
    return given_out(_with_odds(_with_days_late(owed, day), seen, day), output)


def broken_lately(promises: pd.DataFrame | pl.DataFrame, *, as_of: date | str, days: int = 1) -> Any:
    """Return the promises of a promise ledger that broke within the last ``days`` up to ``as_of``, largest first.

    A promise breaks on the day after its deadline, whatever part of it was kept; with ``days=1`` that is the list of
    those that broke today, with 3 also of those that broke over a week-end. One that a new promise replaced, and one
    that was paid since, is left out. The frame comes back as it was given.
    """
    frame = promises if isinstance(promises, pl.DataFrame) else pl.from_pandas(promises)
    last = to_date(as_of)
    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        raise ParameterError("days", "a whole number of at least 1", days)
    found = frame.filter(
        pl.col("broke_on").cast(pl.Date).is_between(last - timedelta(days=days - 1), last), pl.col("still_unpaid")
    ).sort("outstanding", "promise_id", descending=[True, False], nulls_last=True)
    return given_out(found, "polars" if isinstance(promises, pl.DataFrame) else "pandas")


def kept_ratios(promises: pl.DataFrame, *, by: str | None = "customer_id") -> pl.DataFrame:
    """Return how many promises, and how much of the promised money, were kept: by customer, or of all.

    Returns
    -------
    polars.DataFrame
        ``by`` (absent when null); ``promises`` and the number in each state; ``judged`` (kept, partly kept or broken);
        ``kept_ratio`` = kept / judged; ``promised_judged`` and ``received_in_time`` of the judged with an amount, and
        ``kept_money_ratio``, the one over the other, each promise at most at what was promised; ``mean_days_late`` of
        those judged. Null where nothing was judged. Sorted by promised money, largest first.
    """
    judged = pl.col("state").is_in(JUDGED)
    with_amount = judged & pl.col("promised").is_not_null()
    figures = [
        pl.len().cast(pl.Int64).alias("promises"),
        *((pl.col("state") == state).sum().cast(pl.Int64).alias(state) for state in STATES),
        judged.sum().cast(pl.Int64).alias("judged"),
        pl.col("promised").filter(with_amount).sum().alias("promised_judged"),
        pl.min_horizontal("received_in_time", "promised").filter(with_amount).sum().alias("received_in_time"),
        pl.col("days_late").filter(judged).mean().alias("mean_days_late"),
    ]
    found = promises.group_by(by).agg(figures) if by else promises.select(figures)
    some = pl.col("judged") > 0
    found = found.with_columns(
        kept_ratio=pl.when(some).then(pl.col("kept") / pl.col("judged")),
        kept_money_ratio=pl.when(pl.col("promised_judged") > 0).then(
            pl.col("received_in_time") / pl.col("promised_judged")
        ),
    )
    return found.sort("promised_judged", by, descending=[True, False]) if by else found


def _judged(rows: pl.DataFrame, as_of: date, tolerance: float) -> pl.DataFrame:
    """Add ``state``, ``lacks`` and ``kept_share`` by the money that was shared out."""
    rows = rows.with_columns(pl.col("received_in_time", "received_late", "returned_later").fill_null(0.0))
    in_time, wanted = pl.col("received_in_time"), pl.col("wanted")
    any_payment = pl.col("on_account") & ~pl.col("named")
    kept = (
        pl.when(any_payment)
        .then(in_time > HALF_A_CENT)
        .otherwise((wanted > HALF_A_CENT) & (in_time >= wanted * (1.0 - tolerance) - HALF_A_CENT))
        .fill_null(False)
    )
    state = (
        pl.when(kept)
        .then(pl.lit("kept"))
        .when("cleared")
        .then(pl.lit("closed"))
        .when(pl.col("deadline") >= as_of)
        .then(pl.lit("open"))
        .when(in_time > HALF_A_CENT)
        .then(pl.lit("partly_kept"))
        .otherwise(pl.lit("broken"))
    )
    had = in_time + pl.col("received_late") - pl.col("returned_later")
    return rows.with_columns(
        state=state,
        promised=pl.when(~any_payment).then("promised"),
        lacks=pl.when(~any_payment).then((pl.min_horizontal(wanted, "payable") - had).clip(lower_bound=0.0)),
        kept_share=pl.when(pl.col("promised") > 0).then((in_time / pl.col("promised")).clip(0.0, 1.0)),
    )


def _replaced(rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Add ``replaced``, and ``new_made`` and ``next_id`` of the promise that came after."""
    key = pl.coalesce("document_id", "customer_id")
    rows = rows.with_columns(key=key)
    later = rows.select(
        "key", "on_account", new_made_on="made_on", next_id="promise_id", new_made=pl.col("made_on")
    ).sort("new_made_on", "next_id")
    over = pl.col("state").is_in(MISSED)
    return (
        rows.with_columns(after=pl.col("due_on") + pl.duration(days=1))
        .sort("after", "promise_id")
        .join_asof(
            later,
            left_on="after",
            right_on="new_made_on",
            by=["key", "on_account"],
            strategy="forward",
            check_sortedness=False,
        )
        .with_columns(
            replaced=(over & (pl.col("new_made") <= pl.col("paid_in_full_on").fill_null(as_of))).fill_null(False)
        )
    )


def _with_days_late(rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Add ``days_late``, ``still_unpaid``, ``replaced_by`` and ``broke_on``."""
    over = pl.col("state").is_in(MISSED)
    ended = pl.coalesce("paid_in_full_on", "settled_on").fill_null(as_of)
    until = pl.when("replaced").then("new_made").otherwise(ended)
    judged = pl.col("state").is_in(JUDGED)
    paid_on = pl.when(pl.col("state") == "kept").then(pl.col("paid_in_full_on").fill_null(pl.col("due_on")))
    unpaid = over & ~pl.col("replaced") & pl.col("paid_in_full_on").is_null()
    return rows.with_columns(
        replaced_by=pl.when("replaced").then("next_id"),
        days_late=pl.when(judged).then(
            (pl.coalesce(paid_on, until) - pl.col("due_on")).dt.total_days().clip(lower_bound=0)
        ),
        still_unpaid=unpaid & (pl.coalesce("outstanding", "owed") > HALF_A_CENT),
        broke_on=pl.when(over).then(pl.col("deadline") + pl.duration(days=1)),
    )


def _with_odds(rows: pl.DataFrame, ledger: Ledger, as_of: date) -> pl.DataFrame:
    """Lay the columns out with the odds of the open promises, or why there are none."""
    is_open = pl.col("state") == "open"
    try:
        odds = promise_odds(ledger, as_of=as_of).select("promise_id", "p_kept", p_kept_from="based_on")
        why = "in its days of grace: the odds are those up to the due date"
    except EvidenceError as too_few:
        odds = pl.DataFrame(schema={"promise_id": pl.String, "p_kept": pl.Float64, "p_kept_from": pl.String})
        why = str(too_few)
    return (
        rows.join(odds, on="promise_id", how="left")
        .with_columns(
            p_kept=pl.when(is_open).then("p_kept"),
            p_kept_from=pl.when(is_open).then(pl.col("p_kept_from").fill_null(pl.lit(why))),
        )
        .select(
            "promise_id",
            "customer_id",
            "document_id",
            "plan_id",
            "made_on",
            "due_on",
            "deadline",
            "promised",
            "received_in_time",
            "received_late",
            "returned_later",
            "outstanding",
            "state",
            "kept_share",
            "paid_in_full_on",
            "days_late",
            "still_unpaid",
            "replaced_by",
            "broke_on",
            "p_kept",
            "p_kept_from",
        )
        .sort("promise_id")
    )
