"""Tangible net worth and working capital of each customer, from the last statement known on the day.

Which statement counts, and which value of a figure, is said in :mod:`credrisk.features.figures`. Tangible net worth is
equity less intangible assets and goodwill, as far as the statement gives them; working capital is current assets less
current liabilities. Both in the ledger's currency at the rate of the period end.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.features.balance_sheet import statement_age_days
from credrisk.features.calendar import Calendar
from credrisk.features.figures import BALANCE, amount
from credrisk.features.grid import Grid
from credrisk.features.rows import LedgerRows
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor

__all__ = ["own_funds"]


def own_funds(ledger: Ledger, *, as_of: date | str) -> pl.DataFrame:
    """Return the own funds of every customer with a statement, as known at ``as_of``.

    Returns
    -------
    polars.DataFrame
        ``customer_id, tangible_net_worth, working_capital`` (major units of the ledger's currency; null where a figure
        is missing or has no rate), ``intangibles_known`` and ``statement_age_days``; none where the ledger holds no
        facts. A statement 30 months old or older does not count.
    """
    day = to_date(as_of)
    known = ledger.cut(day)
    names = ("net_worth", "working_capital", "intangible", "age")
    columns: dict[str, list[np.ndarray]] = {name: [] for name in names}
    rows = LedgerRows(known)
    if known.has("facts") and len(rows.customers):
        grid = Grid(rows, Calendar((day,)), 0, len(rows.customers))
        parts = [amount(grid, BALANCE, name)[:, 0] for name in ("intangible_assets", "goodwill")]
        intangible = np.where(np.isnan(parts).all(axis=0), np.nan, np.nansum(parts, axis=0))
        columns["intangible"].append(intangible)
        columns["net_worth"].append(amount(grid, BALANCE, "equity")[:, 0] - np.nan_to_num(intangible))
        current = [amount(grid, BALANCE, name)[:, 0] for name in ("current_assets", "current_liabilities")]
        columns["working_capital"].append(current[0] - current[1])
        columns["age"].append(statement_age_days(grid)[:, 0])
    factor = minor_factor(known.settings.currency)
    found = {name: np.concatenate(parts) if parts else np.empty(0) for name, parts in columns.items()}
    return (
        pl.DataFrame(
            {
                "customer_id": rows.customers if columns["age"] else pl.Series([], dtype=pl.String),
                "tangible_net_worth": found["net_worth"] / factor,
                "working_capital": found["working_capital"] / factor,
                "intangibles_known": ~np.isnan(found["intangible"]),
                "statement_age_days": found["age"],
            }
        )
        .with_columns(pl.col("customer_id").cast(pl.String), pl.col(pl.Float64).fill_nan(None))
        .filter(pl.col("tangible_net_worth").is_not_null() | pl.col("working_capital").is_not_null())
    )
