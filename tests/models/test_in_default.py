"""Customers in default get the share of past defaults that became a bad debt, or nothing."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from credrisk.errors import EvidenceError
from credrisk.models.in_default import outcome_of_defaults


def history(defaults: int, bad: dict[int, date]) -> pl.DataFrame:
    rows = [(f"C{i}", "default", date(2024, 1, 1)) for i in range(defaults)]
    rows += [(f"C{i}", "bad_debt", day) for i, day in bad.items()]
    return pl.DataFrame(rows, schema=["customer_id", "target", "date"], orient="row")


def test_counts_within_each_horizon_and_includes_its_last_day() -> None:
    seen = outcome_of_defaults(
        history(12, {0: date(2024, 2, 1), 1: date(2024, 4, 1), 2: date(2024, 4, 2), 3: date(2025, 1, 2)}),
        horizons=(3, 6, 12),
        covers_to=date(2025, 12, 31),
    )
    assert [(o.defaults, o.became_bad) for o in seen] == [(12, 2), (12, 3), (12, 3)]
    assert seen[0].probability == pytest.approx(2.5 / 13)


def test_a_horizon_not_yet_over_does_not_count() -> None:
    with pytest.raises(EvidenceError, match="only 0 past defaults"):
        outcome_of_defaults(history(12, {0: date(2024, 2, 1)}), horizons=(3, 6, 12), covers_to=date(2024, 12, 31))


def test_a_bad_debt_before_the_default_is_not_its_outcome() -> None:
    seen = outcome_of_defaults(history(10, {0: date(2023, 12, 1)}), horizons=(12,), covers_to=date(2025, 12, 31))
    assert seen[0].became_bad == 0
