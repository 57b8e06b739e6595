"""Which promises are kept, still open, broken or closed, by the money that came and the day it came.

The rule is that of :mod:`credrisk.features.promises`, with days of grace.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.collectable import in_ledger_currency
from credrisk.decisions.promise_allocation import HALF_A_CENT, allocated_cash
from credrisk.ledger.ledger import Ledger

__all__ = [
    "HALF_A_CENT",
    "SETTLEMENT",
    "promise_summary",
    "promised_flows",
    "promises_with_state",
    "under_settlement",
    "wanted_cash",
]

SETTLEMENT = "settlement-"
"""How the plan ids of settlements begin: what is paid under one is promised, the rest given up."""

WINDOW_MONTHS = 12

CAME = pl.col("kind").is_in(["payment", "recovery"]) | (
    (pl.col("kind") == "reversal") & (pl.col("from_kind") == "receipt")
)
"""Applications by which money comes, or goes back again."""


def promises_with_state(ledger: Ledger, as_of: date, *, movements: pl.DataFrame, grace_days: int) -> pl.DataFrame:
    """Return every promise of a cut ledger, whose item movements are given, with its state.

    A promise of a document is judged by the payments applied to it, one on account by the customer's receipts; what
    counts is the day the cash arrived, from the day of the promise to its due date plus ``grace_days``, both included.
    What was credited or deducted in these days need not be paid any more; what was written off is not paid. A document
    cleared by then without that money closes its promise, which is neither kept nor broken. Of customers with a plan
    of instalments every cent counts for one promise only
    (:func:`~credrisk.decisions.promise_allocation.allocated_cash`); else promises of one document are judged each by
    all the money that came for it.

    Returns
    -------
    polars.DataFrame
        ``promise_id, customer_id, document_id, made_on, due_on, deadline`` (due date plus grace), ``promised``,
        ``outstanding`` (what has not come yet; both null where an amount was never named), ``payable`` (what cash had
        to pay of the document from the day of the promise to the deadline; null on account) and ``cleared`` (nothing
        is left of the document at the deadline), major units of the ledger's currency, and ``state``: ``kept``,
        ``closed``, ``open`` (the deadline is ``as_of`` or later) or ``broken``. A promise without an amount means all
        that was then open of its document, or, on account, any payment at all.
    """
    promises = in_ledger_currency(ledger.table("promises"), ["amount"], ledger, as_of).with_columns(
        deadline=pl.col("due_on").dt.offset_by(f"{grace_days}d"),
        key=pl.coalesce("document_id", "customer_id"),
        on_account=pl.col("document_id").is_null(),
    )
    of_documents = movements.join(promises, on="document_id", how="semi")
    flows = promised_flows(ledger, as_of, promises, of_documents)
    promises = (
        promises.with_columns(eve=pl.col("made_on").dt.offset_by("-1d"), today=pl.lit(as_of))
        .pipe(_at, flows, "eve")
        .pipe(_at, flows, "deadline")
        .pipe(_at, flows, "today")
        .with_columns(
            there=~pl.col("on_account") & pl.col("document_id").is_in(of_documents["document_id"].unique().implode()),
            in_time=pl.col("paid_deadline") - pl.col("paid_eve"),
            so_far=pl.col("paid_today") - pl.col("paid_eve"),
        )
        .with_columns(
            promised=pl.when(pl.col("amount").is_not_null())
            .then("amount")
            .when(~pl.col("on_account"))
            .then(pl.col("left_today") + pl.col("so_far"))
        )
    )
    unpaid = pl.col("left_deadline") + pl.col("lost_deadline") - pl.col("lost_eve")
    cleared_by_cash = (unpaid <= HALF_A_CENT) & (unpaid + pl.col("in_time") > HALF_A_CENT)
    wanted = pl.when(pl.col("amount").is_not_null()).then("amount").when("on_account").then(2 * HALF_A_CENT)
    kept = (pl.col("in_time") >= wanted - HALF_A_CENT).fill_null(False) | (~pl.col("on_account") & cleared_by_cash)
    closed = pl.col("there") & (pl.col("left_deadline") <= HALF_A_CENT)
    state = (
        pl.when(kept)
        .then(pl.lit("kept"))
        .when(closed)
        .then(pl.lit("closed"))
        .when(pl.col("deadline") >= as_of)
        .then(pl.lit("open"))
        .otherwise(pl.lit("broken"))
    )
    return (
        promises.with_columns(
            state=state,
            outstanding=(pl.col("promised") - pl.col("so_far")).clip(lower_bound=0),
            payable=pl.when("there").then(unpaid + pl.col("in_time")),
            cleared=closed,
        )
        .pipe(_with_plans, flows, as_of)
        .select(
            "promise_id",
            "customer_id",
            "document_id",
            "made_on",
            "due_on",
            "deadline",
            "promised",
            "outstanding",
            "payable",
            "cleared",
            "state",
        )
        .sort("promise_id")
    )


def _with_plans(promises: pl.DataFrame, flows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Judge the promises of customers with a plan by the money shared out among them, so that none counts twice."""
    planned = pl.col("plan_id").is_not_null().any().over("customer_id")
    own = promises.filter(planned)
    if own.is_empty():
        return promises
    rows = own.with_columns(
        agreement=pl.coalesce("plan_id", pl.col("made_on").cast(pl.String)),
        wanted=wanted_cash(pl.when(pl.col("amount").is_not_null()).then("promised")),
    )
    shared = allocated_cash(rows, flows)
    any_payment = pl.col("wanted").is_null()
    in_time = pl.col("received_in_time").fill_null(0.0)
    came = in_time + pl.col("received_late").fill_null(0.0) - pl.col("returned_later").fill_null(0.0)
    kept = (
        pl.when(any_payment)
        .then(in_time > HALF_A_CENT)
        .otherwise((pl.col("wanted") > HALF_A_CENT) & (in_time >= pl.col("wanted") - HALF_A_CENT))
    )
    state = (
        pl.when(kept)
        .then(pl.lit("kept"))
        .when("cleared")
        .then(pl.lit("closed"))
        .when(pl.col("deadline") >= as_of)
        .then(pl.lit("open"))
        .otherwise(pl.lit("broken"))
    )
    judged = (
        rows.join(shared, on="promise_id", how="left", maintain_order="left")
        .with_columns(
            state=state,
            outstanding=pl.when(any_payment)
            .then("outstanding")
            .otherwise((pl.min_horizontal("wanted", "payable") - came).clip(lower_bound=0.0)),
        )
        .select(promises.columns)
    )
    return pl.concat([promises.filter(~planned), judged])


def wanted_cash(named: pl.Expr) -> pl.Expr:
    """Return how much cash keeps a promise: the amount named, at most what was to be paid of its document.

    Of a document with nothing to be paid, money that comes all the same is judged by the amount named alone.
    """
    payable = pl.col("payable")
    return pl.min_horizontal(named, pl.when((payable > HALF_A_CENT) | named.is_null()).then(payable))


def promise_summary(
    ledger: Ledger, as_of: date, *, movements: pl.DataFrame, grace_days: int, account_days: int
) -> pl.DataFrame:
    """Return the promises by customer; one broken on account still counts as open for ``account_days`` afterwards.

    Returns
    -------
    polars.DataFrame
        ``customer_id``; ``open_promise_due_on`` and ``open_promise_until`` (due date and deadline of the last open
        one), ``open_promised`` (outstanding of the open ones), ``open_promised_all`` (one of them names no amount and
        covers whatever is owed, or is of a settlement, whose rest is given up), ``broken_promises_12m`` (deadline
        within the last 12 months),
        ``broken_promises_open`` (those of them whose document is still open, or which were on account and broke within
        ``account_days``), ``broken_promise_due_on`` and ``broken_promise_on`` (due date and deadline of the last
        broken one),
        ``last_promise_due_on`` and ``last_promise_state`` (of the promise made last).
    """
    broken_since = months_after(as_of, -WINDOW_MONTHS)
    is_settled = under_settlement(ledger, as_of)
    is_open = (pl.col("state") == "open") | is_settled
    is_broken = (pl.col("state") == "broken") & (pl.col("deadline") > broken_since)
    residual = movements.group_by("document_id").agg(residual=pl.col("amount").sum())
    on_account = pl.col("document_id").is_null() & (pl.col("deadline") > as_of - timedelta(days=account_days))
    return (
        promises_with_state(ledger, as_of, movements=movements, grace_days=grace_days)
        .join(residual, on="document_id", how="left")
        .with_columns(still_matters=on_account | (pl.col("residual") > 0).fill_null(False))
        .sort("customer_id", "made_on", "due_on", "promise_id")
        .group_by("customer_id", maintain_order=True)
        .agg(
            open_promise_due_on=pl.col("due_on").filter(is_open).max(),
            open_promise_until=pl.col("deadline").filter(is_open).max(),
            open_promised=pl.col("outstanding").filter(is_open).sum(),
            open_promised_all=(is_settled | (is_open & pl.col("promised").is_null())).any(),
            broken_promises_12m=is_broken.sum().cast(pl.Int64),
            broken_promises_open=(is_broken & pl.col("still_matters")).sum().cast(pl.Int64),
            broken_promise_due_on=pl.col("due_on").filter(is_broken).max(),
            broken_promise_on=pl.col("deadline").filter(is_broken).max(),
            last_promise_due_on=pl.col("due_on").last(),
            last_promise_state=pl.col("state").last(),
        )
    )


def under_settlement(ledger: Ledger, as_of: date) -> pl.Expr:
    """Tell of each row of :func:`promises_with_state` whether a settlement stands by it: its deadline is not over.

    Until then the whole claim is left alone, also once the money is there: the books have still to write off the rest.
    """
    promises = ledger.table("promises").filter(pl.col("plan_id").str.starts_with(SETTLEMENT))
    settles = pl.col("promise_id").is_in(promises["promise_id"].implode())
    return settles & (pl.col("deadline") >= as_of) & pl.col("state").is_in(["open", "kept"])


def promised_flows(ledger: Ledger, as_of: date, promises: pl.DataFrame, of_documents: pl.DataFrame) -> pl.DataFrame:
    """Return what was paid, left open and written off of each promised document, and paid on account, by day.

    ``promises`` has ``customer_id, document_id, on_account``, ``of_documents`` the movements of promised documents.

    Returns
    -------
    polars.DataFrame
        ``on_account``, ``key`` (document, or customer on account), ``day``, and ``paid, left, lost``: sums up to that
        day (inclusive) in major units of the ledger's currency. Sorted by day.
    """
    cash = pl.when(CAME).then(-pl.col("amount")).otherwise(0)
    lost = pl.when(pl.col("kind") == "write_off").then(-pl.col("amount")).otherwise(0)
    nothing = pl.lit(0, pl.Int64)
    received = ledger.table("receipts").join(promises.filter("on_account"), on="customer_id", how="semi")
    moved = pl.concat(
        [
            of_documents.select(
                "currency", on_account=False, key="document_id", day="event_date", paid=cash, left="amount", lost=lost
            ),
            received.select(
                "currency", on_account=True, key="customer_id", day="date", paid="amount", left=nothing, lost=nothing
            ),
        ]
    )
    by_day = moved.group_by("on_account", "key", "day", "currency").agg(pl.col("paid", "left", "lost").sum())
    return (
        in_ledger_currency(by_day, ["paid", "left", "lost"], ledger, as_of)
        .sort("on_account", "key", "day", "currency")
        .with_columns(pl.col("paid", "left", "lost").cum_sum().over("on_account", "key"))
        .unique(["on_account", "key", "day"], keep="last", maintain_order=True)
        .sort("day", "on_account", "key")
    )


def _at(promises: pl.DataFrame, flows: pl.DataFrame, day: str) -> pl.DataFrame:
    """Add ``paid_DAY``, ``left_DAY`` and ``lost_DAY``: the sums up to the date in the column ``day``."""
    sums = {f"{name}_{day}": name for name in ("paid", "left", "lost")}
    until = flows.select("on_account", "key", **{day: "day"}, **sums)
    return (
        promises.sort(day, "promise_id")
        .join_asof(until, on=day, by=["on_account", "key"], strategy="backward", check_sortedness=False)
        .with_columns(pl.col(*sums).fill_null(0.0))
    )
