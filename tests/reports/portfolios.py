"""Measured portfolios for the charts and the page: lively, awkward and empty ones."""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl
from random_ledgers import covering_two_years, random_ledger
from reports.packs import AWKWARD
from small_ledgers import ledger_of

from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.portfolio_measures import measure_portfolio
from credrisk.portfolio.keys import By
from credrisk.reports.portfolio_measures import PortfolioMeasures

AS_OF = date(2024, 8, 31)
TURNED = "\u202eturned\u2066 \U0001f4a3 " + "y" * 300


def awkward_ledger(*, customers: int) -> Ledger:
    """Return a random ledger whose names, segments and collectors are what a page and a spreadsheet must survive."""
    ledger = covering_two_years(random_ledger(7, customers=customers, rows=14))
    names = [*AWKWARD, TURNED]
    named = ledger.table("customers").with_columns(
        name=pl.Series([names[place % len(names)] for place in range(customers)], dtype=pl.String)
    )
    history = ledger.table("customer_history")
    first = {"valid_from": date(2022, 12, 1), "recorded_at": date(2022, 12, 1)}
    more = [
        {"customer_id": name, "attribute": attribute, "value": names[place % len(names)], **first}
        for place, name in enumerate(named["customer_id"].to_list())
        for attribute in ("segment", "collector")
    ]
    dated = pl.DataFrame(more, schema=history.schema)
    return ledger.replace(tables={**ledger.tables, "customers": named, "customer_history": pl.concat([history, dated])})


@cache
def lively(by: By = "group", customers: int = 30) -> PortfolioMeasures:
    return measure_portfolio(
        awkward_ledger(customers=customers), as_of=AS_OF, by=by, months=14, settings={"Split by": by}
    )


def empty() -> PortfolioMeasures:
    return measure_portfolio(ledger_of(), as_of=date(2025, 12, 31), months=6)


def young() -> PortfolioMeasures:
    """Return a ledger of one invoice whose coverage begins three weeks before the day, without applications."""
    invoice = {"document_id": "I", "customer_id": "A", "document_date": "2025-12-20", "amount": 50_000}
    return measure_portfolio(ledger_of(documents=[invoice], covers_from="2025-12-10"), as_of=date(2025, 12, 31))
