"""Whether more was applied than is owed: a few payments entered twice, or amounts that were read wrongly throughout."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor

__all__ = ["over_applied"]

APPLIED_SHARE = 0.05
"""Of all that was applied; customers pay twice now and then, never for a twentieth of all they pay."""
FEWEST_DOCUMENTS = 5
"""Fewer are typing errors, however small the ledger."""
_LOOK_FIRST = (
    "look first at the column of the amounts paid: the total of a receipt that stands on each of its rows counts as "
    "often as there are rows, and a running balance is no amount"
)


def over_applied(ledger: Ledger, left: pl.DataFrame) -> list[Finding]:
    """Return the documents to which more was applied than their amount, and the currencies that owe less than nothing.

    Both are warnings: customers pay twice, and of a currency little used a credit note may be all that is open. They
    are errors where the money is more than a twentieth of all that was applied in the currency, on five documents or
    more.

    Parameters
    ----------
    left
        What is left of each document: ``document_id, customer_id, currency, left``, in minor units.
    """
    items = ledger.table("documents").join(left.drop("customer_id"), on=["document_id", "currency"], how="left")
    beyond = items.filter(pl.col("left").sign() * pl.col("amount").sign() < 0)
    applied = dict(ledger.table("applications").group_by("currency").agg(pl.col("amount").sum()).iter_rows())
    found = [
        _documents(code, beyond.filter(currency=code), applied.get(code, 0))
        for code in beyond["currency"].unique().sort().to_list()
    ]
    return [*found, *_balances(items, applied)]


def _documents(currency: str, beyond: pl.DataFrame, applied: int) -> Finding:
    excess = beyond.with_columns(amount=pl.col("left").abs())
    money, factor = int(excess["amount"].sum()), minor_factor(currency)
    grave = beyond.height >= FEWEST_DOCUMENTS and money > APPLIED_SHARE * applied
    share = f" It is {100 * money / max(applied, 1):.0f} % of all that was applied: amounts are read wrongly."
    return Finding(
        "error" if grave else "warning",
        "documents",
        "over_applied",
        "more was applied to documents than their amount; the money is the excess." + (share if grave else ""),
        beyond.height,
        few(beyond["document_id"]),
        money / factor,
        currency,
        ("" if not grave else f"{_LOOK_FIRST}. Then ")
        + "look for payments entered twice, for reversals that are missing, and for cash on what was written off: that "
        "is of the kind recovery.",
        excess,
    )


def _balances(items: pl.DataFrame, applied: dict[str, int]) -> list[Finding]:
    owed = items.group_by("currency").agg(pl.col("left").sum(), rows=pl.len()).filter(pl.col("left") < 0)
    found = []
    for currency, money, rows in owed.sort("currency").iter_rows():
        grave = rows >= FEWEST_DOCUMENTS and -money > APPLIED_SHARE * applied.get(currency, 0)
        worth = " No figure made of this ledger is worth anything before that is mended." if grave else ""
        missing = "invoices are missing that the payments and credit notes are for"
        found.append(
            Finding(
                "error" if grave else "warning",
                "documents",
                "negative_balance",
                f"all documents in {currency} together owe less than nothing: their credits are more than what is open "
                f"of their invoices.{worth}",
                money=money / minor_factor(currency),
                currency=currency,
                remedy=f"{_LOOK_FIRST}; or {missing}." if grave else f"look whether {missing}.",
            )
        )
    return found
