"""Rows of scores and features for tests of decisions: only what matters is given, the rest has a default."""

from __future__ import annotations

from typing import Any

import polars as pl

SCORE = {
    "customer_id": "c1",
    "name": None,
    "status": "at_risk",
    "pd_12m": 0.01,
    "p_late30_12m": None,
    "pd_source": "booster",
    "dbt_12m": None,
    "lgd": None,
}
FEATURE = {
    "customer_id": "c1",
    "invoiced_3m": 30_000.0,
    "invoiced_12m": 120_000.0,
    "terms_days": 30.0,
    "dbt_12m": 0.0,
    "oldest_open_days": 0.0,
    "past_due": 0.0,
    "share_past_due": 0.0,
    "not_due": 0.0,
    "net_balance": 0.0,
    "credit_limit": 50_000.0,
    "tenure_months": 48.0,
    "covered": None,
}
TEXT = {"customer_id", "name", "status", "pd_source"}


def scores_of(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return a frame of scores, ids c1, c2, ... where a row gives none."""
    return _frame(SCORE, rows)


def features_of(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return a panel of one date, ids c1, c2, ... where a row gives none."""
    return _frame(FEATURE, rows)


def _frame(default: dict[str, Any], rows: tuple[dict[str, Any], ...]) -> pl.DataFrame:
    filled = [default | {"customer_id": f"c{place}"} | row for place, row in enumerate(rows, start=1)]
    schema = {name: pl.String() if name in TEXT else pl.Float64() for name in default}
    return pl.DataFrame(filled, schema=schema)
