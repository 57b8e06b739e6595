"""Single postings that a difference nobody explains may come from: of its very amount, or of half of it."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS, major_units
from credrisk.ledger.tables import TABLES
from credrisk.portfolio.reconciliation.control import EVERY_COMPANY, EVERY_CURRENCY

__all__ = ["MOST_HINTS", "hints"]

MOST_HINTS = 20
"""Of an amount that occurs more often than this, single postings tell nothing."""
_WHOLE = "of the very amount: missing, or there twice, in one of the books"
_HALF = "of half the amount: on the wrong side in one of the books"


def hints(ledger: Ledger, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return postings of any day whose amount is what an account leaves unexplained, or half of it.

    Parameters
    ----------
    accounts
        As in :class:`~credrisk.portfolio.reconciliation.bridge.Bridge`.

    Returns
    -------
    polars.DataFrame
        ``company, scope, currency, table, id, customer_id, date, amount, hint``; amounts float64 major units. Accounts
        of every currency have none: their amounts are translated.
    """
    found = [
        pl.DataFrame(
            schema={
                **dict.fromkeys(("company", "scope", "currency", "table", "id", "customer_id"), pl.String),
                "date": pl.Date,
                "amount": pl.Int64,
                "hint": pl.String,
            }
        )
    ]
    lacking = accounts.filter(
        pl.col("not_explained").is_not_null(), pl.col("not_explained") != 0, pl.col("scope") != EVERY_CURRENCY
    )
    for row in lacking.iter_rows(named=True):
        left = round(abs(row["not_explained"]) * 10 ** EXPONENTS[row["currency"]])
        for amount, said in ((left, _WHOLE), (left / 2, _HALF)):
            rows = pl.concat(
                [_postings(ledger, name, row, amount) for name in ("documents", "receipts", "applications")]
            )
            if 0 < rows.height <= MOST_HINTS:
                place = {name: pl.lit(row[name]) for name in ("company", "scope")}
                found.append(rows.with_columns(**place, hint=pl.lit(said)).select(found[0].columns))
    return pl.concat(found).with_columns(major_units("amount", "currency"))


def _postings(ledger: Ledger, name: str, row: dict[str, str], amount: float) -> pl.DataFrame:
    declared = TABLES[name]
    frame = ledger.table(name).filter(pl.col("currency") == row["currency"], pl.col("amount").abs() == amount)
    if name == "applications":
        owners = ledger.table("documents").select("document_id", "customer_id")
        frame = frame.filter(pl.col("from_kind").cast(pl.String) == "none").join(
            owners, left_on="to_document_id", right_on="document_id"
        )
    if row["company"] != EVERY_COMPANY and "seller_entity" in frame.columns:
        frame = frame.filter(pl.col("seller_entity").is_null() | (pl.col("seller_entity") == row["company"]))
    key = "to_document_id" if name == "applications" else declared.key[0]
    return frame.select(
        "currency",
        pl.lit(name).alias("table"),
        pl.col(key).alias("id"),
        "customer_id",
        pl.col(declared.event).alias("date"),
        "amount",
    )
