"""What became of the accounts that a supervisor pinned, boosted or excluded, beside like accounts that nobody touched.

A description, not a cause: whoever pins an account knows something. Like accounts are those of the same day, age and
size that no hand had moved; what they paid says what was usual, not what would have happened.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import in_ledger_currency
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.promise_state import CAME
from credrisk.decisions.recorded_rows import entry_day
from credrisk.features.item_rows import BILLED
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["HandOutcomes", "hand_outcomes"]

HAND = "hand"
WHAT = ("pin", "boost", "exclude")
WITHIN_DAYS = 30
LIKE = 20
"""Accounts that each one is held against at most, the nearest by amount of the same age."""
NEAR = 2.0
"""A like account owes at most so many times as much, and at least that part of it."""
LEAST = 10
"""Customers moved by hand, and like accounts of equal weight, under which no interval is given."""
AGES = (30, 60, 90)
CAUTION = (
    "This describes what happened; it is no measure of what the hand brought about. Whoever moves an account knows "
    "more than its age and amount, and the places were not drawn by lot."
)

ROWS: dict[str, Any] = {
    "number": pl.Int64,
    "made_on": pl.Date,
    **dict.fromkeys(("author", "customer_id", "what", "reason"), pl.String),
    **dict.fromkeys(("past_due", "age_days", "paid", "paid_share"), pl.Float64),
    "like_accounts": pl.Int64,
    **dict.fromkeys(("like_paid_share", "difference"), pl.Float64),
    "outcome": pl.String,
}


@dataclass(frozen=True)
class HandOutcomes:
    """Overrides of the queue, scored later.

    Attributes
    ----------
    table
        One row an override known by then, in the order of the log: ``number, made_on, author, customer_id, what,
        reason, past_due`` and ``age_days`` (that day), ``paid, paid_share`` (cash of it within 30 days),
        ``like_accounts``, ``like_paid_share`` (their mean), ``difference`` and ``outcome``: ``scored``, ``too_early``,
        ``nothing_past_due`` or ``no_like_account``. Money in major units of the ledger's currency.
    summary
        For each of pin, boost, exclude that has any: ``what, overrides, scored, paid_share, like_paid_share,
        difference, low, high`` (95 % interval; null under 10 scored accounts).
    sentences
        The same in words, with what it does not show.
    """

    table: pl.DataFrame
    summary: pl.DataFrame
    sentences: tuple[str, ...]


def hand_outcomes(entries: Iterable[Entry], ledger: Ledger, *, as_of: date | str | None = None) -> HandOutcomes:
    """Score what was moved by hand by the cash of the 30 days after.

    Parameters
    ----------
    entries
        Of the decision log; those of the kind ``hand`` are taken (payload ``what, reason``), others passed over.
    ledger
        A later ledger, cut at ``as_of``, by default the last day that it covers.

    Notes
    -----
    Every override is judged by what was past due on invoices and debit notes at the end of its day. A like account is
    one that no hand had in force that day, of the same age (up to 30, 60, 90 days past due, or above) and between half
    and twice the amount: the twenty nearest by amount. Every customer moved weighs the same, so that one pinned ten
    times counts once. The same like accounts serve several, so their differences go together: the variance is the sum
    over all customers, moved and like, of their squared contributions to the difference (each customer's own
    residuals about its group's mean, with their weights). The interval is Student's with as many degrees of freedom
    as the smaller group has accounts of equal weight, less one.
    """
    day = to_date(as_of) if as_of is not None else ledger.settings.covers_to
    seen = ledger.cut(day)
    hands = [entry for entry in entries if entry.kind == HAND and entry.content.get("what") in WHAT]
    hands = [entry for entry in hands if entry.customer_id and _made_on(entry) <= day]
    movements = item_movements(seen).filter(pl.col("document_kind").is_in(BILLED))
    books = {made: _book(seen, movements, made) for made in sorted({_made_on(entry) for entry in hands})}
    judged = [_row(entry, books[_made_on(entry)], _in_hand(hands, _made_on(entry)), day) for entry in hands]
    table = pl.DataFrame([row for row, _ in judged], schema=ROWS)
    summary = pl.DataFrame(
        [
            _summary([(row, like) for row, like in judged if row["what"] == what], what)
            for what in WHAT
            if (table["what"] == what).any()
        ],
        schema={
            "what": pl.String,
            "overrides": pl.Int64,
            "scored": pl.Int64,
            **dict.fromkeys(("paid_share", "like_paid_share", "difference", "low", "high"), pl.Float64),
        },
    )
    return HandOutcomes(table, summary, _said(summary))


def _made_on(entry: Entry) -> date:
    return entry_day(entry)


def _in_hand(hands: list[Entry], day: date) -> set[str]:
    """Return the customers that a hand had in force on a day: until its expiry, exclusive."""
    found = set()
    for entry in hands:
        expires = entry.content.get("expires_on")
        if _made_on(entry) <= day and (not expires or day < to_date(expires)):
            found.add(str(entry.customer_id))
    return found


def _book(seen: Ledger, movements: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return what each customer had past due at the end of ``day``, as seen then, and what came of it in 30 days."""
    left = (
        movements.filter(pl.col("date") <= day)
        .group_by("document_id")
        .agg(pl.col("customer_id", "currency", "due_date").first(), open=pl.col("amount").sum())
        .filter((pl.col("open") > 0) & (pl.col("due_date") < day))
    )
    until = day + timedelta(days=WITHIN_DAYS)
    came = (
        movements.filter(CAME & (pl.col("event_date") > day) & (pl.col("event_date") <= until))
        .group_by("document_id")
        .agg(paid=-pl.col("amount").sum())
    )
    items = left.join(came, on="document_id", how="left").with_columns(
        paid=pl.col("paid").fill_null(0).clip(0, pl.col("open"))
    )
    late = (pl.lit(day) - pl.col("due_date").min()).dt.total_days().cast(pl.Float64)
    sums = items.group_by("customer_id", "currency").agg(pl.col("open", "paid").sum(), age_days=late)
    return (
        in_ledger_currency(sums, ["open", "paid"], seen, day)
        .group_by("customer_id")
        .agg(past_due=pl.col("open").sum(), paid=pl.col("paid").sum(), age_days=pl.col("age_days").max())
        .with_columns(paid_share=pl.col("paid") / pl.col("past_due"))
        .sort("customer_id")
    )


Like = dict[str, float]
"""Share that each like account paid, by customer."""


def _row(entry: Entry, book: pl.DataFrame, in_hand: set[str], day: date) -> tuple[dict[str, Any], Like]:
    made_on = _made_on(entry)
    row: dict[str, Any] = dict.fromkeys(ROWS)
    row |= {
        "number": entry.number,
        "made_on": made_on,
        "author": entry.author,
        "customer_id": entry.customer_id,
        "what": entry.content["what"],
        "reason": entry.content.get("reason"),
    }
    own = book.filter(pl.col("customer_id") == entry.customer_id)
    if own.is_empty():
        return row | {"outcome": "nothing_past_due"}, {}
    figures = own.row(0, named=True)
    row |= {name: figures[name] for name in ("past_due", "age_days")}
    if made_on + timedelta(days=WITHIN_DAYS) > day:
        return row | {"outcome": "too_early"}, {}
    row |= {name: figures[name] for name in ("paid", "paid_share")}
    band = sum(figures["age_days"] > edge for edge in AGES)
    same_age = pl.sum_horizontal((pl.col("age_days") > edge).cast(pl.Int64) for edge in AGES) == band
    apart = (pl.col("past_due") / figures["past_due"]).log().abs()
    like = (
        book.filter(
            same_age
            & (apart <= np.log(NEAR))
            & ~pl.col("customer_id").is_in(sorted({*in_hand, str(entry.customer_id)}))
        )
        .sort(apart, "customer_id")
        .head(LIKE)
    )
    if like.is_empty():
        return row | {"like_accounts": 0, "outcome": "no_like_account"}, {}
    usual = float(like["paid_share"].mean())  # type: ignore[arg-type]
    scored = {
        "like_accounts": like.height,
        "like_paid_share": usual,
        "difference": figures["paid_share"] - usual,
        "outcome": "scored",
    }
    return row | scored, dict(like.select("customer_id", "paid_share").iter_rows())


def _summary(judged: list[tuple[dict[str, Any], Like]], what: str) -> dict[str, Any]:
    """Return the mean difference of the customers moved from their like accounts, with its interval."""
    from scipy.stats import t

    scored = [(row, like) for row, like in judged if row["outcome"] == "scored"]
    often = Counter(str(row["customer_id"]) for row, _ in scored)
    found = {"what": what, "overrides": len(judged), "scored": len(often)}
    if not scored:
        return found | dict.fromkeys(("paid_share", "like_paid_share", "difference", "low", "high"))
    moved, usual = _Group(), _Group()
    for row, like in scored:
        weight = 1 / (len(often) * often[str(row["customer_id"])])
        moved.add(str(row["customer_id"]), row["paid_share"], weight)
        for customer, share in like.items():
            usual.add(customer, share, weight / len(like))
    difference = moved.mean - usual.mean
    found |= {"paid_share": moved.mean, "like_paid_share": usual.mean, "difference": difference}
    size = min(moved.equal_weights, usual.equal_weights)
    if size < LEAST - 1e-9:
        return found | {"low": None, "high": None}
    own, others = moved.contributions(), usual.contributions()
    parts = (own.get(customer, 0.0) - others.get(customer, 0.0) for customer in {*own, *others})
    variance = math.fsum(part**2 for part in parts) * size / (size - 1)
    reach = float(t.ppf(0.975, size - 1)) * math.sqrt(variance)
    return found | {"low": difference - reach, "high": difference + reach}


class _Group:
    """Shares paid by the accounts of a group, with their weights, which add up to one."""

    def __init__(self) -> None:
        self.paid: list[tuple[str, float, float]] = []

    def add(self, customer: str, share: float, weight: float) -> None:
        self.paid.append((customer, share, weight))

    @property
    def mean(self) -> float:
        return math.fsum(share * weight for _, share, weight in self.paid)

    @property
    def equal_weights(self) -> float:
        """How many customers of equal weight the group is worth."""
        weights = dict.fromkeys((customer for customer, _, _ in self.paid), 0.0)
        for customer, _, weight in self.paid:
            weights[customer] += weight
        return 1 / math.fsum(weight**2 for weight in weights.values())

    def contributions(self) -> dict[str, float]:
        """Return what each customer's distance from the mean adds to it."""
        middle, parts = self.mean, dict.fromkeys((customer for customer, _, _ in self.paid), 0.0)
        for customer, share, weight in self.paid:
            parts[customer] += weight * (share - middle)
        return parts


def _said(summary: pl.DataFrame) -> tuple[str, ...]:
    if summary.is_empty():
        return ("No account was pinned, boosted or excluded by hand.",)
    done = {"pin": "pinned", "boost": "boosted", "exclude": "excluded"}
    said = []
    for row in summary.rows(named=True):
        words = f"{row['overrides']} {done[row['what']]}, {row['scored']} customers can be judged yet"
        if row["scored"]:
            words += (
                f": {100 * row['paid_share']:.0f} % of what was past due came within {WITHIN_DAYS} days, "
                f"{100 * row['like_paid_share']:.0f} % of like accounts"
            )
        if row["low"] is not None:
            words += f" (difference {100 * row['low']:+.0f} to {100 * row['high']:+.0f} points, 95 % interval)"
        elif row["scored"]:
            words += f" (no interval: {LEAST} customers and as many like accounts are needed)"
        said.append(f"{words}.")
    return (*said, CAUTION)
