"""Prompt-payment discounts: were those that customers took earned, and what do they cost against one's own funds?"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.dated_attributes import with_attribute
from credrisk.decisions.sentences import days_words
from credrisk.errors import ParameterError
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.movements import item_movements

__all__ = ["annual_cost_of_discount", "discounts_taken"]

DAYS_IN_YEAR = 365
CASH = ("payment", "offset")
CREDITED = ("credit_note", "deduction")
SATURDAY = 6
MONDAY = ", by the Monday after: it closed on a weekend, which some laws move to the next working day (BGB 193)"
ROUNDING = 1
"""Minor units by which a discount may exceed its share: it is rounded to the unit somewhere."""


def annual_cost_of_discount(share: float, *, days_earlier: float, compound: bool = False) -> float:
    """Return what a discount costs a year, as the interest on money that comes so many days earlier.

    Parameters
    ----------
    share
        The discount as a share of the invoice, from 0 to below 1.
    days_earlier
        From the end of the discount's window to the due date, above 0.
    compound
        Whether interest is earned on interest: (1 + s / (1 - s)) ** (365 / days) - 1 instead of s / (1 - s) x 365 /
        days.

    Raises
    ------
    ParameterError
        When a figure breaks its rule.

    Examples
    --------
    2/10 net 30, the textbook case:

    >>> round(annual_cost_of_discount(0.02, days_earlier=20), 3)
    0.372
    >>> round(annual_cost_of_discount(0.02, days_earlier=20, compound=True), 3)
    0.446
    """
    if not 0 <= share < 1:
        raise ParameterError("share", "from 0 to below 1", share)
    if not days_earlier > 0:
        raise ParameterError("days_earlier", "above 0", days_earlier)
    period, times = share / (1 - share), DAYS_IN_YEAR / days_earlier
    return float((1 + period) ** times - 1) if compound else period * times


def discounts_taken(
    ledger: Ledger,
    *,
    as_of: date | str,
    cost_of_funds: float,
    discount_rate: float | None = None,
    discount_days: int | None = None,
    output: Literal["pandas", "polars"] = "pandas",
) -> Any:
    """Return every document on which a discount was taken, with whether it was earned.

    Parameters
    ----------
    as_of
        By what was known at the end of this day.
    cost_of_funds
        What one's own money costs a year, at least 0.
    discount_rate, discount_days
        The terms where ``customer_history`` holds no ``discount_rate`` (a share) and ``discount_days`` of the
        customer on the date of the document.

    Returns
    -------
    frame
        ``document_id, customer_id, currency, document_date, due_date``; ``window_ends`` (document date plus the days of
        the discount, included), ``paid_on`` (the day the last cash came), ``discount`` and ``allowed`` (by the terms,
        on what was not credited), major units; ``state``: ``earned``, ``late`` (the cash came after the window: all of
        it is unearned), ``too_much`` (in time, but above the terms: the excess is unearned), ``unpaid`` (no cash yet)
        or null where the terms are not known; ``unearned`` (null with the state); ``annual_cost`` (simple, of the days
        by which it was paid before the due date; null where it was not) and ``pays`` (whether that is below the cost of
        funds); ``reason`` in words. Sorted by document.

    Notes
    -----
    Without terms there is no verdict: what a customer may deduct stands in the contract, not in the ledger.
    """
    check_output(output)
    if not cost_of_funds >= 0:
        raise ParameterError("cost_of_funds", "a share a year of at least 0", cost_of_funds)
    if discount_rate is not None and not 0 < discount_rate < 1:
        raise ParameterError("discount_rate", "a share above 0 and below 1", discount_rate)
    if discount_days is not None and discount_days < 0:
        raise ParameterError("discount_days", "at least 0", discount_days)
    seen = ledger.cut(to_date(as_of))
    amount, kind = pl.col("amount"), pl.col("kind")
    cash = kind.is_in(CASH)
    taken = (
        item_movements(seen)
        .filter(pl.col("document_kind") != "credit_note")
        .group_by("document_id", "customer_id", "currency", "document_date", "due_date")
        .agg(
            billed=amount.filter(kind == "document").sum(),
            discount=-amount.filter(kind == "discount").sum(),
            credited=-amount.filter(kind.is_in(CREDITED)).sum(),
            cash=-amount.filter(cash).sum(),
            paid_on=pl.col("event_date").filter(cash & (amount < 0)).max(),
        )
        .filter(pl.col("discount") > 0)
    )
    for name, given in (("discount_rate", discount_rate), ("discount_days", discount_days)):
        taken = with_attribute(taken, seen, name)
        taken = taken.with_columns(pl.col(name).cast(pl.Float64, strict=False).fill_null(pl.lit(given, pl.Float64)))
    owed = pl.col("billed") - pl.col("credited")
    told = taken.with_columns(
        window_ends=pl.col("document_date") + pl.duration(days=pl.col("discount_days").cast(pl.Int64)),
        allowed=(owed * pl.col("discount_rate")).round(0).cast(pl.Int64),
        early=(pl.col("due_date") - pl.col("paid_on")).dt.total_days(),
    )
    unknown = pl.col("discount_rate").is_null() | pl.col("discount_days").is_null()
    excess = pl.col("discount") - pl.col("allowed")
    state = (
        pl.when(unknown)
        .then(None)
        .when(pl.col("paid_on").is_null() | (pl.col("cash") <= 0))
        .then(pl.lit("unpaid"))
        .when(pl.col("paid_on") > pl.col("window_ends"))
        .then(pl.lit("late"))
        .when(excess > ROUNDING)
        .then(pl.lit("too_much"))
        .otherwise(pl.lit("earned"))
    )
    share = pl.col("discount") / owed
    annual = pl.when((pl.col("early") > 0) & (owed > pl.col("discount"))).then(
        share / (1 - share) * DAYS_IN_YEAR / pl.col("early")
    )
    told = told.with_columns(state=state, annual_cost=annual).with_columns(
        unearned=pl.when(pl.col("state") == "earned")
        .then(0)
        .when(pl.col("state") == "too_much")
        .then(excess)
        .when(pl.col("state").is_in(["late", "unpaid"]))
        .then("discount"),
        pays=pl.col("annual_cost") < cost_of_funds,
    )
    after = (pl.col("paid_on") - pl.col("window_ends")).dt.total_days()
    closed = pl.format("paid {} after the window closed", days_words(after))
    to_monday = 8 - pl.col("window_ends").dt.weekday()
    on_weekend = (pl.col("window_ends").dt.weekday() >= SATURDAY) & (after <= to_monday)
    reasons = {
        "earned": pl.format("paid with {} left of the window", days_words(-after)),
        "late": pl.when(on_weekend).then(pl.format("{}{}", closed, pl.lit(MONDAY))).otherwise(closed),
        "too_much": pl.lit("paid in time, but more was taken than the terms allow"),
        "unpaid": pl.lit("the discount is booked, the money is not here"),
    }
    reason = pl.coalesce(pl.when(pl.col("state") == name).then(words) for name, words in reasons.items())
    not_known = pl.lit("the terms of the discount are not known: put discount_rate and discount_days on file")
    shown = told.with_columns(reason=pl.when(unknown).then(not_known).otherwise(reason)).with_columns(
        major_units(name, "currency") for name in ("discount", "allowed", "unearned")
    )
    columns = [
        "document_id",
        "customer_id",
        "currency",
        "document_date",
        "due_date",
        "window_ends",
        "paid_on",
        "discount",
        "allowed",
        "state",
        "unearned",
        "annual_cost",
        "pays",
        "reason",
    ]
    return given_out(shown.select(columns).sort("document_id"), output)
