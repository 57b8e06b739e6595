"""The customers' balance from the postings alone: documents less cash less adjustments, each kind a line of its own.

The ageing comes from the movements of every item; this comes from plain sums of the tables, so that the two prove each
other, to the cent, per company and currency.
"""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.reconciliation.companies import documents_by_company, receipts_by_company

__all__ = ["POSTING_LINES", "net_balances", "posting_lines"]

KEY = ("company", "currency")

POSTING_LINES = {
    "invoice": "Invoices",
    "debit_note": "Debit notes",
    "down_payment": "Down payments asked for",
    "late_fee": "Fee notes for late payment",
    "credit_note": "Credit notes",
    "cash_received": "Cash received",
    "cash_paid_back": "Cash paid back",
    "set_off_payment": "Payments without a receipt",
    "set_off_credit_note": "Credits without a credit note",
    "set_off_discount": "Discounts taken",
    "set_off_deduction": "Deductions taken",
    "set_off_write_off": "Written off",
    "set_off_offset": "Set off against what is owed to the customer",
    "set_off_recovery": "Recoveries without a receipt",
    "set_off_fx_difference": "Exchange differences",
    "set_off_reversal": "Reversals without a receipt",
    "exchanged": "Paid in another currency",
    "across_companies": "Paid to another company",
    "applied_to_unseen": "Applied to documents that the ledger does not hold",
    "applied_to_later": "Applied to documents of a later day",
    "applied_from_later": "Applied from receipts or credits entered later",
}
"""Every line of the balance by postings, in the order in which it is shown."""


def posting_lines(seen: Ledger, *, held: Ledger) -> pl.DataFrame:
    """Return the lines whose sum is the net balance: open items less unapplied cash.

    Parameters
    ----------
    seen
        The ledger cut at the as-of date.
    held
        The whole ledger: it tells a document of a later day from one that is not there.

    Returns
    -------
    polars.DataFrame
        ``company, currency, line, amount`` (Int64 minor units of the currency, positive where it raises what the
        customers owe); lines of 0 are left out.
    """
    documents, receipts = documents_by_company(seen), receipts_by_company(seen)
    cash = pl.when(pl.col("amount") > 0).then(pl.lit("cash_received")).otherwise(pl.lit("cash_paid_back"))
    lines = [
        documents.select(*KEY, "amount", line=pl.col("kind").cast(pl.String)),
        receipts.select(*KEY, line=cash, amount=-pl.col("amount")),
        *_applied(seen, documents, receipts, held),
    ]
    whole = pl.concat([line.select(*KEY, "line", "amount") for line in lines])
    return whole.group_by(*KEY, "line").agg(pl.sum("amount")).filter(pl.col("amount") != 0).sort(*KEY, "line")


def net_balances(seen: Ledger, *, held: Ledger) -> pl.DataFrame:
    """Return ``company, currency, net_balance`` (Int64 minor units): the sum of :func:`posting_lines`."""
    return posting_lines(seen, held=held).group_by(*KEY).agg(net_balance=pl.sum("amount")).sort(*KEY)


def _applied(seen: Ledger, documents: pl.DataFrame, receipts: pl.DataFrame, held: Ledger) -> list[pl.DataFrame]:
    to = documents.select("document_id", to_company="company", to_currency="currency")
    sources = pl.concat(
        [
            receipts.select(from_id="receipt_id", from_kind=pl.lit("receipt"), at_company="company", at="currency"),
            documents.select(from_id="document_id", from_kind=pl.lit("document"), at_company="company", at="currency"),
        ]
    )
    applied = (
        seen.table("applications")
        .with_columns(pl.col("from_kind", "kind").cast(pl.String))
        .join(to, left_on="to_document_id", right_on="document_id", how="left")
        .join(sources, on=["from_id", "from_kind"], how="left")
        .with_columns(given=pl.coalesce("from_amount", "amount"))
    )
    reached, known = pl.col("to_company").is_not_null(), pl.col("at_company").is_not_null()
    sourced = applied.filter(pl.col("from_kind") != "none")
    later = pl.col("to_document_id").is_in(held.table("documents")["document_id"].implode())
    both = sourced.filter(reached & known)
    crossing = pl.when(pl.col("to_currency") != pl.col("at")).then(pl.lit("exchanged"))
    which = crossing.when(pl.col("to_company") != pl.col("at_company")).then(pl.lit("across_companies"))
    both = both.with_columns(line=which.otherwise(pl.lit("exchanged")))
    missing = pl.when(later).then(pl.lit("applied_to_later")).otherwise(pl.lit("applied_to_unseen"))
    return [
        _to(
            applied.filter(pl.col("from_kind") == "none", reached).with_columns(
                line=pl.concat_str(pl.lit("set_off_"), "kind")
            )
        ),
        _to(both),
        _from(both),
        _from(sourced.filter(~reached & known).with_columns(line=missing)),
        _to(sourced.filter(reached & ~known).with_columns(line=pl.lit("applied_from_later"))),
    ]


def _to(rows: pl.DataFrame) -> pl.DataFrame:
    """What lowers the item that is paid."""
    return rows.select("line", company="to_company", currency="to_currency", amount=-pl.col("amount"))


def _from(rows: pl.DataFrame) -> pl.DataFrame:
    """What uses up the receipt or credit note that pays."""
    return rows.select("line", company="at_company", currency="at", amount=pl.col("given"))
