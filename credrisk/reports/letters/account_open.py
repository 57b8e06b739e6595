"""What is open on customers' accounts, item by item and by age, in each currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.decisions.collectable import open_items
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.portfolio.ageing import bucket_names
from credrisk.reports.letters.content import LetterTable
from credrisk.reports.letters.languages import Language

__all__ = ["EDGES", "OpenAccounts", "ageing_tables", "open_accounts"]

EDGES = (30, 60, 90)
"""Last day of each age but the last."""

ROOM = 3
"""Letters by which a column of the ages is wider than its longest word."""

BUCKETS = tuple(bucket_names(EDGES))


@dataclass(frozen=True)
class OpenAccounts:
    """Open items and ages, Int64 minor units of their currency.

    Attributes
    ----------
    items
        ``customer_id, currency, document_id, kind, document_date, due_date, amount, open, days_past_due``; what is
        left, credits negative; by customer, currency, due date and document.
    ages
        ``customer_id, currency``, the buckets, ``late_fees, open_credits, unapplied_cash, net_balance``: the columns of
        :func:`~credrisk.portfolio.ageing.ageing`.
    """

    items: pl.DataFrame
    ages: pl.DataFrame


def open_accounts(ledger: Ledger, as_of: date) -> OpenAccounts:
    """Return what is open at the end of a day, on every account; a fee note is owed, but in none of the ages."""
    seen = ledger.cut(as_of)
    documents = seen.table("documents").select("document_id", "document_date", "amount", "kind")
    items = (
        open_items(seen, item_movements(seen))
        .join(documents, on="document_id", how="left")
        .with_columns(days_past_due=(pl.lit(as_of) - pl.col("due_date")).dt.total_days().cast(pl.Int64))
        .select(
            "customer_id",
            "currency",
            "document_id",
            "kind",
            "document_date",
            "due_date",
            "amount",
            pl.col("residual").alias("open"),
            "days_past_due",
        )
        .sort("customer_id", "currency", "due_date", "document_id")
    )
    return OpenAccounts(items, _ages(items, cash_movements(seen)))


def _ages(items: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    late, owed, fee = pl.col("days_past_due"), pl.col("open") > 0, pl.col("kind") == "late_fee"
    spans = list(zip((None, 0, *EDGES), (0, *EDGES, None), BUCKETS, strict=True))
    buckets = []
    for after, until, name in spans:
        within = (pl.lit(True) if after is None else late > after) & (pl.lit(True) if until is None else late <= until)
        buckets.append(pl.col("open").filter(owed & ~fee & within).sum().alias(name))
    key = ["customer_id", "currency"]
    apart = (pl.col("open").filter(owed & fee).sum().alias("late_fees"), pl.col("open").filter(~owed).sum())
    of_items = items.group_by(key).agg(*buckets, apart[0], apart[1].alias("open_credits"))
    of_cash = cash.group_by(key).agg(unapplied_cash=pl.col("amount").sum()).filter(pl.col("unapplied_cash") != 0)
    return (
        of_items.join(of_cash, on=key, how="full", coalesce=True)
        .with_columns(pl.col(*BUCKETS, "late_fees", "open_credits", "unapplied_cash").fill_null(0))
        .with_columns(net_balance=pl.sum_horizontal(*BUCKETS, "late_fees", "open_credits") - pl.col("unapplied_cash"))
        .sort(key)
    )


def ageing_tables(ages: pl.DataFrame, language: Language) -> tuple[LetterTable, ...]:
    """Return the account by age, a row per currency; ``ages`` holds the rows of one customer.

    Late fees, and payments not yet applied, have a column where there are any.
    """
    if not ages.height:
        return ()
    words = language.words
    charged, paid = (bool((ages[name] != 0).any()) for name in ("late_fees", "unapplied_cash"))
    spans = [f"{low}–{high}" for low, high in zip((1, *(edge + 1 for edge in EDGES[:-1])), EDGES, strict=True)]
    headings = (
        "",
        words["not_due"],
        *(f"{span} {words['days']}" for span in spans),
        f"{words['over']} {EDGES[-1]} {words['days']}",
        *([words["late_fees"]] if charged else []),
        words["credits"],
        *([words["unapplied_cash"]] if paid else []),
        words["balance"],
    )
    rows = []
    for row in ages.sort("currency").iter_rows(named=True):
        currency = row["currency"]
        fees = [row["late_fees"]] if charged else []
        cash = [-row["unapplied_cash"]] if paid else []
        amounts = [*(row[bucket] for bucket in BUCKETS), *fees, row["open_credits"], *cash, row["net_balance"]]
        rows.append((currency, *(language.number(amount, currency) for amount in amounts)))
    places = tuple(range(1, len(headings)))
    return (LetterTable(words["ageing"], headings, tuple(rows), places, (), _widths(headings, rows)),)


def _widths(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> tuple[float, ...]:
    """Return the shares of the columns by their longest word or amount, so that none is broken within."""
    longest = [
        ROOM + max(len(word) for text in (heading, *(row[place] for row in rows)) for word in text.split(" "))
        for place, heading in enumerate(headings)
    ]
    return tuple(letters / sum(longest) for letters in longest)
