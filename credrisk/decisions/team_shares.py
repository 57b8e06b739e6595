"""What share of an open invoice comes in within a period, by its age and the customer's habit, from earlier periods."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency
from credrisk.decisions.promise_state import CAME
from credrisk.errors import EvidenceError
from credrisk.features.item_rows import BILLED
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["expected_by_shares", "share_table"]

PERIODS = 12
"""Earlier periods of the same length that the shares are taken from, at most."""
LEAST_ITEMS = 30
"""Items of earlier periods under which a cell takes the share of its age, whatever the habit. Convention."""
HABIT_DAYS = 180
"""Payments of so many days before a period say what a customer's habit is."""
PROMPT, SLOW = 5.0, 30.0
"""Money-weighted days beyond terms up to which a customer is prompt, and above which it is slow. Convention."""

AGES = ((-10_000, "due_later"), (0, "due_in_period"), (1, "1-30"), (31, "31-60"), (61, "61-90"), (91, "over_90"))


def share_table(ledger: Ledger, *, start: date, days: int) -> pl.DataFrame:
    """Return the share of open money that came in cash within ``days`` in the periods before ``start``.

    Parameters
    ----------
    ledger
        It is cut at ``start`` here.
    start
        The last day that is known.
    days
        Length of a period.

    Returns
    -------
    polars.DataFrame
        ``age`` (of the item when its period began: ``due_later, due_in_period, 1-30, 31-60, 61-90, over_90``),
        ``habit`` of the customer then (``prompt``, ``usual``, ``slow``, ``unknown``), ``items``, ``share`` (of money).
        A cell with fewer than 30 items takes the share of its age; an age with fewer takes that of all items.

    Raises
    ------
    EvidenceError
        When no whole period lies before ``start`` in what the ledger covers, under 30 items were open in them, or
        nothing of them was paid in cash.
    """
    seen = ledger.cut(start)
    movements = item_movements(seen).filter(pl.col("document_kind").is_in(BILLED))
    covered = seen.settings.covers_from
    begins = [start - timedelta(days=days * back) for back in range(1, PERIODS + 1)]
    begins = [day for day in begins if day >= covered]
    if not begins:
        raise EvidenceError(f"no period of {days} days lies between {covered} and {start}")
    past = pl.concat([_paid_share(seen, movements, day, days) for day in begins])
    if past.height < LEAST_ITEMS:
        raise EvidenceError(f"{past.height} items were open in earlier periods, {LEAST_ITEMS} are needed")
    every = float(past["paid"].sum()) / float(past["open"].sum())
    if every <= 0:
        raise EvidenceError("nothing that was open in earlier periods was paid in cash")
    by_age = _share(past, ["age"]).rename({"share": "age_share", "items": "age_items"})
    by_age = by_age.with_columns(pl.when(pl.col("age_items") >= LEAST_ITEMS).then("age_share").otherwise(every))
    cells = pl.DataFrame({"age": [name for _, name in AGES]}).join(
        pl.DataFrame({"habit": ["prompt", "usual", "slow", "unknown"]}), how="cross"
    )
    return (
        cells.join(_share(past, ["age", "habit"]), on=["age", "habit"], how="left", maintain_order="left")
        .join(by_age.select("age", "age_share"), on="age", how="left", maintain_order="left")
        .with_columns(pl.col("items").fill_null(0))
        .with_columns(
            share=pl.when(pl.col("items") >= LEAST_ITEMS)
            .then("share")
            .otherwise(pl.col("age_share").fill_null(every))
            .clip(0.0, 1.0)
        )
        .select("age", "habit", "items", "share")
    )


def expected_by_shares(ledger: Ledger, *, start: date, days: int) -> pl.DataFrame:
    """Return ``document_id, customer_id, open, age, habit, share`` of every item open at the end of ``start``.

    Raises
    ------
    EvidenceError
        As :func:`share_table`, or when nothing is open.
    """
    table = share_table(ledger, start=start, days=days)
    seen = ledger.cut(start)
    movements = item_movements(seen).filter(pl.col("document_kind").is_in(BILLED))
    items = _open(seen, movements, start, days)
    if items.is_empty():
        raise EvidenceError(f"no invoice is open on {start}")
    return items.join(table.drop("items"), on=["age", "habit"], how="left", maintain_order="left").sort("document_id")


def _share(past: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    return past.group_by(by).agg(items=pl.len().cast(pl.Int64), share=pl.col("paid").sum() / pl.col("open").sum())


def _paid_share(seen: Ledger, movements: pl.DataFrame, begin: date, days: int) -> pl.DataFrame:
    """Return the items open at ``begin`` with what came on them in cash within the period, at the rates of then."""
    until = begin + timedelta(days=days)
    came = (
        movements.filter(CAME & (pl.col("event_date") > begin) & (pl.col("event_date") <= until))
        .group_by("document_id", "currency")
        .agg(paid=-pl.col("amount").sum())
    )
    paid = in_ledger_currency(came, ["paid"], seen, begin).select("document_id", "paid")
    return (
        _open(seen, movements, begin, days)
        .join(paid, on="document_id", how="left")
        .with_columns(paid=pl.col("paid").fill_null(0.0).clip(0.0, pl.col("open")))
    )


def _open(seen: Ledger, movements: pl.DataFrame, day: date, days: int) -> pl.DataFrame:
    """Return ``document_id, customer_id, open, age, habit`` of the items open at the end of ``day``, as seen then."""
    known = movements.filter(pl.col("date") <= day)
    left = (
        known.group_by("document_id")
        .agg(pl.col("customer_id", "currency", "due_date").first(), open=pl.col("amount").sum())
        .filter(pl.col("open") > 0)
    )
    late = (pl.lit(day) - pl.col("due_date")).dt.total_days()
    age = pl.lit(AGES[0][1])
    for least, name in AGES[1:]:
        age = pl.when(late >= (-days if least == 0 else least)).then(pl.lit(name)).otherwise(age)
    habit = _habits(known, day)
    return (
        in_ledger_currency(left, ["open"], seen, day)
        .with_columns(age=age)
        .join(habit, on="customer_id", how="left")
        .with_columns(pl.col("habit").fill_null("unknown"))
        .select("document_id", "customer_id", "open", "age", "habit")
    )


def _habits(known: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return ``customer_id, habit``: money-weighted days beyond terms of what was paid in the months before."""
    paid = known.filter(CAME & (pl.col("event_date") > day - timedelta(days=HABIT_DAYS)) & (pl.col("amount") < 0))
    late = (pl.col("event_date") - pl.col("due_date")).dt.total_days()
    beyond = (pl.col("amount") * late).sum() / pl.col("amount").sum()
    return (
        paid.group_by("customer_id")
        .agg(beyond=beyond)
        .select(
            "customer_id",
            habit=pl.when(pl.col("beyond") <= PROMPT)
            .then(pl.lit("prompt"))
            .when(pl.col("beyond") <= SLOW)
            .then(pl.lit("usual"))
            .otherwise(pl.lit("slow")),
        )
    )
