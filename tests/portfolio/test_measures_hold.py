"""What must hold of every portfolio measure, whatever the ledger: the past, the order of rows, the unit of money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from polars.testing import assert_frame_equal
from random_ledgers import covering_two_years, ledgers, random_ledger

from credrisk.dates import months_after
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.bad_debt_ratio import bad_debt_ratio
from credrisk.portfolio.cohorts import cohort_curves
from credrisk.portfolio.concentration import concentration, concentration_summary
from credrisk.portfolio.dso import dso_family
from credrisk.portfolio.effectiveness import collection_effectiveness_table
from credrisk.portfolio.migration import item_migration
from credrisk.portfolio.roll_rates import roll_rates
from credrisk.portfolio.utilisation import utilisation

AS_OF = date(2024, 5, 31)
MONTHS = [months_after(AS_OF, -back) for back in range(3, -1, -1)]
MEASURES: dict[str, Callable[[Ledger], pl.DataFrame]] = {
    "ageing": lambda ledger: ageing(ledger, as_of=AS_OF, by="group", output="polars"),
    "dso": lambda ledger: dso_family(ledger, dates=MONTHS, output="polars"),
    "effectiveness": lambda ledger: collection_effectiveness_table(ledger, dates=MONTHS, by="group", output="polars"),
    "rolls": lambda ledger: roll_rates(ledger, dates=MONTHS, output="polars"),
    "migration": lambda ledger: item_migration(ledger, start=MONTHS[-2], end=AS_OF, output="polars"),
    "cohorts": lambda ledger: cohort_curves(ledger, as_of=AS_OF, months=6, output="polars"),
    "losses": lambda ledger: bad_debt_ratio(ledger, dates=MONTHS, output="polars"),
    "concentration": lambda ledger: concentration(ledger, as_of=AS_OF, by="group", output="polars"),
    "summary": lambda ledger: concentration_summary(ledger, as_of=AS_OF, output="polars"),
}
RATIOS = {
    "ageing": ("share_past_due",),
    "dso": ("dso_3m", "dso_countback", "dso_true", "days_beyond_terms"),
    "effectiveness": ("cei", "cei_cash"),
    "rolls": ("rate",),
    "migration": ("share",),
    "cohorts": ("open_share", "paid_share"),
    "losses": ("ratio",),
    "concentration": ("share",),
    "summary": ("herfindahl",),
}


@settings(max_examples=12, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledgers())
def test_nothing_known_later_changes_a_measure(ledger: Ledger) -> None:
    ledger = covering_two_years(ledger)
    for measure in MEASURES.values():
        assert_frame_equal(measure(ledger), measure(ledger.cut(AS_OF)), rel_tol=1e-9)


@pytest.mark.parametrize("name", [*MEASURES, "utilisation"])
def test_the_order_of_the_rows_does_not_matter(name: str) -> None:
    measure = MEASURES.get(name, lambda ledger: utilisation(ledger, as_of=AS_OF, output="polars"))
    ledger = covering_two_years(random_ledger(11, customers=14, rows=10))
    generator = np.random.default_rng(3)
    mixed = {table: frame[generator.permutation(frame.height)] for table, frame in ledger.tables.items()}
    assert_frame_equal(measure(ledger), measure(ledger.replace(tables=mixed)), rel_tol=1e-9)


@pytest.mark.parametrize("name", MEASURES)
def test_the_unit_of_money_does_not_matter_to_a_ratio(name: str) -> None:
    """Every amount times eight: a power of two, so that no rounding of a rate moves."""
    ledger = covering_two_years(random_ledger(12, customers=14, rows=10))
    scaled = {
        table: frame.with_columns(
            (pl.col(column) * 8) for column in ("amount", "from_amount") if column in frame.columns
        )
        for table, frame in ledger.tables.items()
    }
    before, after = (MEASURES[name](each) for each in (ledger, ledger.replace(tables=scaled)))
    # Amounts of a foreign currency are rounded to the cent, once each, before and after.
    assert_frame_equal(before.select(RATIOS[name]), after.select(RATIOS[name]), rel_tol=1e-3, abs_tol=1e-4)
