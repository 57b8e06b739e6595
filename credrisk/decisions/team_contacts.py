"""What a team did in a period: contacts, whom they reached, which accounts nobody touched, how soon the first came."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from credrisk.decisions.contact_state import UNANSWERED
from credrisk.features.item_rows import BILLED
from credrisk.ledger.ledger import Ledger

LEAST_KNOWN = 0.8
"""Share of the contacts that must say who was reached, or the time it took, for a figure of all. Convention."""
RECORDED = "log-"
"""Ids of the contacts that were recorded here, where a note can always be written, begin so."""

__all__ = ["LEAST_KNOWN", "days_to_first_contact", "median_of_spells", "mostly_known", "penetration", "period_contacts"]


def period_contacts(ledger: Ledger, owners: pl.DataFrame, *, start: date, end: date) -> pl.DataFrame:
    """Return the contacts of a period as the measures see them.

    Parameters
    ----------
    ledger
        Cut at ``end``.
    owners
        ``customer_id, collector`` of every account.
    start, end
        The last day before the period, and its last day.

    Returns
    -------
    polars.DataFrame
        ``contact_id, customer_id, date``; ``owner`` (of the account), ``collector`` (who made the contact, the owner
        where the row does not say); ``reached`` (an outcome is on file and it is not ``no_answer``), ``right_party``
        (null where the contact does not say), ``meaningful``: reached, and not known to be the wrong person;
        ``minutes``; and ``noted`` (a note was written; null where the ledger has none at all, while contacts recorded
        in the decision log always tell). Sorted by customer, date and id.
    """
    contacts = ledger.table("contacts").filter((pl.col("date") > start) & (pl.col("date") <= end))
    reached = (pl.col("outcome") != UNANSWERED).fill_null(False)
    here = pl.col("contact_id").str.starts_with(RECORDED)
    noted = (pl.col("note").str.strip_chars() != "").fill_null(False)
    return (
        contacts.join(owners.rename({"collector": "owner"}), on="customer_id", how="left")
        .select(
            "contact_id",
            "customer_id",
            "date",
            "owner",
            "outcome",
            "minutes",
            collector=pl.coalesce("collector", "owner"),
            reached=reached,
            right_party="right_party",
            noted=pl.when(here | pl.col("note").is_not_null().any().over(here)).then(noted),
        )
        .with_columns(meaningful=pl.col("reached") & pl.col("right_party").fill_null(True))
        .sort("customer_id", "date", "contact_id")
    )


def mostly_known(contacts: pl.DataFrame, column: str) -> bool:
    """Tell whether at least ``LEAST_KNOWN`` of the contacts say it, so that a figure of them is one of all."""
    known = contacts[column].is_not_null()
    return known.len() > 0 and float(known.to_numpy().mean()) >= LEAST_KNOWN


def penetration(balances: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Return the accounts that were past due when the period began, and which of them had a meaningful contact in it.

    Taken at the beginning: an account that paid because it was called is past due no more at the end, and would be
    missing from both sides of the share.

    Parameters
    ----------
    balances
        As :func:`~credrisk.decisions.team_accounts.account_balances` returns it.
    contacts
        Those of the period.

    Returns
    -------
    polars.DataFrame
        ``customer_id, past_due`` (at the beginning, above 0), ``penetrated``, ``touched`` (any attempt at all).
    """
    by_account = contacts.group_by("customer_id").agg(penetrated=pl.col("meaningful").any())
    return (
        balances.filter(pl.col("opening_past_due") > 0)
        .select("customer_id", past_due="opening_past_due")
        .join(by_account, on="customer_id", how="left")
        .with_columns(touched=pl.col("penetrated").is_not_null(), penetrated=pl.col("penetrated").fill_null(False))
        .sort("customer_id")
    )


def days_to_first_contact(movements: pl.DataFrame, contacts: pl.DataFrame, *, start: date, end: date) -> pl.DataFrame:
    """Return how long each account that newly fell past due in the period waited for its first contact.

    Parameters
    ----------
    movements
        Item movements of a ledger cut at ``end``.
    contacts
        Those of the period, attempts included.
    start, end
        The last day before the period, and its last day.

    Returns
    -------
    polars.DataFrame
        One row for each account that had nothing past due at the end of ``start`` and an invoice or debit note that
        was open the day after its due date in the period, by the earliest such due date: ``customer_id, due_date,
        days`` from the due date to the first attempt, and ``contacted``; without an attempt ``days`` is the wait up to
        the day on which nothing was past due any more, or to ``end``, and the true wait is not known (censored).
    """
    billed = movements.filter(pl.col("document_kind").is_in(BILLED))
    items = billed.group_by("document_id").agg(
        pl.col("customer_id", "due_date").first(),
        seen=pl.col("date").min(),
        left=pl.col("amount").sum(),
        settled=pl.col("event_date").max(),
    )
    closed_on = pl.when(pl.col("left") <= 0).then("settled")
    late = items.with_columns(closed_on=closed_on).filter(
        pl.col("closed_on").is_null() | (pl.col("closed_on") > pl.col("due_date"))
    )
    owed_before = late.filter(
        (pl.col("due_date") < start)
        & (pl.col("seen") <= start)
        & (pl.col("closed_on").is_null() | (pl.col("closed_on") > start))
    )
    fell = late.filter(pl.col("due_date").is_between(start, end, closed="left"))
    fell = fell.join(owed_before, on="customer_id", how="anti")
    accounts = fell.group_by("customer_id").agg(
        due_date=pl.col("due_date").min(),
        clear_on=pl.when(pl.col("closed_on").is_null().any()).then(None).otherwise(pl.col("closed_on").max()),
    )
    first = (
        contacts.select("customer_id", "date")
        .join(accounts, on="customer_id", how="inner")
        .filter(pl.col("date") > pl.col("due_date"))
        .group_by("customer_id")
        .agg(first_on=pl.col("date").min())
    )
    waited = accounts.join(first, on="customer_id", how="left").with_columns(
        until=pl.min_horizontal(pl.col("clear_on").fill_null(end), pl.lit(end))
    )
    contacted = pl.col("first_on").is_not_null() & (pl.col("first_on") <= pl.col("until"))
    stop = pl.when(contacted).then("first_on").otherwise("until")
    return waited.select(
        "customer_id",
        "due_date",
        days=(stop - pl.col("due_date")).dt.total_days(),
        contacted=contacted,
    ).sort("customer_id")


def median_of_spells(days: np.ndarray, ended: np.ndarray) -> float | None:
    """Return the median of waits of which some were not seen to end (Kaplan-Meier); None where half never ended.

    The first day by which at least half of the waits have ended, by the product-limit estimate [1]_.

    References
    ----------
    .. [1] Kaplan, E. L., Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of the
       American Statistical Association 53(282), 457-481.

    Examples
    --------
    >>> median_of_spells(np.array([2, 3, 3, 9]), np.array([True, True, False, True]))
    3.0
    """
    left = 1.0
    for day in np.unique(days[ended]):
        at_risk, gone = int((days >= day).sum()), int((days[ended] == day).sum())
        left *= 1 - gone / at_risk
        if left <= 0.5 + 1e-12:
            return float(day)
    return None


def _unknown() -> pl.Expr:
    return pl.lit(None, pl.Boolean)
