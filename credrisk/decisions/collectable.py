"""What an account owes today that may be asked for: past due, in dispute, deferred, due soon, money already here."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.decisions.deferred import put_off
from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.movements import cash_movements

__all__ = ["LATE_FEE", "collectable", "in_ledger_currency", "open_items"]

LATE_FEE = "late_fee"
"""Kind of the fee notes for late payment, which are past due nowhere: charging a late payer makes nobody later."""


def open_items(ledger: Ledger, movements: pl.DataFrame) -> pl.DataFrame:
    """Return what the movements of a cut ledger leave open of every document: ``residual``, Int64 minor units, never 0.

    Columns ``document_id, customer_id, currency, document_kind, due_date, residual, disputed``; ``disputed`` is the
    part of the residual under an unresolved dispute (all of it where the dispute names no amount).
    """
    disputes = (
        ledger.table("disputes")
        .filter(pl.col("resolved_on").is_null())
        .group_by("document_id")
        .agg(disputed=pl.col("amount").sum(), whole=pl.col("amount").is_null().any())
    )
    named = ["document_id", "customer_id", "currency", "document_kind", "due_date"]
    return (
        movements.group_by(named)
        .agg(residual=pl.col("amount").sum())
        .filter(pl.col("residual") != 0)
        .join(disputes, on="document_id", how="left")
        .with_columns(
            disputed=pl.when("whole")
            .then("residual")
            .otherwise(pl.min_horizontal(pl.col("disputed").fill_null(0), "residual"))
            .clip(lower_bound=0)
        )
        .select(*named, "residual", "disputed")
        .sort("document_id")
    )


def collectable(ledger: Ledger, as_of: date, *, movements: pl.DataFrame, due_soon_days: int) -> pl.DataFrame:
    """Return what each account with a document or cash owes, in major units of the ledger's currency.

    Parameters
    ----------
    ledger
        Already cut at ``as_of``.
    movements
        Its item movements.
    due_soon_days
        An item due from ``as_of`` to so many days later (inclusive) is due soon.

    Returns
    -------
    polars.DataFrame
        ``customer_id``; ``past_due`` (debit items due before ``as_of``; as in the ageing, fee notes for late payment
        are none), ``disputed`` (its disputed part), ``deferred`` (of the rest, what is not due yet by a date agreed
        later, on which it may be paid, or blocked from dunning), ``deferred_to`` (the earliest of these dates, null for
        blocks alone), ``late_fees`` (fee notes due before ``as_of``, undisputed),
        ``due_soon`` (undisputed, without fee notes, what is blocked and what was agreed for a later day than that),
        ``open_credits`` and ``unapplied_cash`` (not negative),
        ``oldest_due_on`` and ``next_due_on`` (earliest due date of the past-due and of the due-soon items; null where
        there are none);
        ``open_items`` (count).
    """
    late = pl.col("due_date") < as_of
    soon = pl.col("due_date").is_between(as_of, as_of + timedelta(days=due_soon_days))
    kind, owed = pl.col("document_kind"), pl.col("residual") > 0
    credit, fee = kind == "credit_note", kind == LATE_FEE
    debit = ~credit & ~fee
    undisputed = pl.col("residual") - pl.col("disputed")
    deferred = debit & late & owed & pl.col("deferred").fill_null(False)
    soon = soon & pl.col("later").is_null()
    now = put_off(ledger, as_of).with_columns(deferred=True)
    then = put_off(ledger, as_of + timedelta(days=due_soon_days + 1)).select("document_id", later=True)
    owing = (
        open_items(ledger, movements)
        .join(now, on="document_id", how="left")
        .join(then, on="document_id", how="left")
        .group_by("customer_id", "currency")
        .agg(
            open_items=pl.len().cast(pl.Int64),
            past_due=pl.col("residual").filter(debit & late).sum(),
            disputed=pl.col("disputed").filter(debit & late).sum(),
            deferred=undisputed.filter(deferred).sum(),
            deferred_to=pl.col("put_off_to").filter(deferred & (undisputed > 0)).min(),
            late_fees=undisputed.filter(fee & late & owed).sum(),
            due_soon=undisputed.filter(debit & soon & owed).sum(),
            open_credits=-pl.col("residual").filter(credit).sum(),
            oldest_due_on=pl.col("due_date").filter(debit & late & owed).min(),
            next_due_on=pl.col("due_date").filter(debit & soon & owed & (undisputed > 0)).min(),
        )
    )
    cash = cash_movements(ledger).group_by("customer_id", "currency").agg(unapplied_cash=pl.col("amount").sum())
    amounts = ["past_due", "disputed", "deferred", "late_fees", "due_soon", "open_credits", "unapplied_cash"]
    both = owing.join(cash, on=["customer_id", "currency"], how="full", coalesce=True)
    return (
        in_ledger_currency(both, amounts, ledger, as_of)
        .sort("customer_id", "currency")
        .group_by("customer_id", maintain_order=True)
        .agg(
            *(pl.col(amount).fill_null(0.0).sum().clip(lower_bound=0) for amount in amounts),
            pl.col("oldest_due_on", "next_due_on", "deferred_to").min(),
            pl.col("open_items").fill_null(0).sum(),
        )
    )


def in_ledger_currency(frame: pl.DataFrame, amounts: list[str], ledger: Ledger, as_of: date) -> pl.DataFrame:
    """Turn minor units of each row's ``currency`` into major units of the ledger's, at the last rate up to ``as_of``.

    Raises
    ------
    DataError
        When a currency has no rate on or before ``as_of``.
    """
    latest = (
        ledger.table("rates").filter(pl.col("date") <= as_of).sort("currency", "date").unique("currency", keep="last")
    )
    own = pl.col("currency") == ledger.settings.currency
    rated = frame.join(latest.select("currency", "rate"), on="currency", how="left", maintain_order="left")
    rated = rated.with_columns(rate=pl.when(own).then(1.0).otherwise("rate"))
    unrated = rated.filter(pl.col("rate").is_null())
    if unrated.height:
        raise DataError(
            f"no rate to {ledger.settings.currency} on or before {as_of}.",
            table="rates",
            ids=unrated["currency"].unique().sort().to_list(),
            remedy="add the rate.",
        )
    translated = [(major_units(amount, "currency") * pl.col("rate")).alias(amount) for amount in amounts]
    return rated.with_columns(translated).drop("rate")
