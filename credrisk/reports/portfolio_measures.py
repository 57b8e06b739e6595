"""What the portfolio page and its tables show: every measure at one date, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from credrisk.portfolio.benchmarks import BENCHMARKS

__all__ = ["FILES", "PortfolioMeasures"]

FILES = {
    "portfolio_ageing": "ageing.csv",
    "history": "history.csv",
    "portfolio_dso": "dso.csv",
    "portfolio_effectiveness": "collection-effectiveness.csv",
    "portfolio_effectiveness_by": "collection-effectiveness-by.csv",
    "portfolio_roll_rates": "roll-rates.csv",
    "portfolio_migration": "item-migration.csv",
    "portfolio_cohorts": "cohorts.csv",
    "portfolio_bad_debt": "bad-debt-ratio.csv",
    "portfolio_concentration": "concentration.csv",
    "portfolio_concentration_summary": "concentration-summary.csv",
    "portfolio_utilisation": "utilisation.csv",
    "portfolio_benchmarks": "benchmarks.csv",
}
"""The tables and the files they are written into."""


@dataclass(frozen=True)
class PortfolioMeasures:
    """The measures of a portfolio on a day; each frame as its function gives it (Polars).

    Attributes
    ----------
    by
        What the ageing and the collection effectiveness are split by.
    ageing, whole
        The ageing by that key, and of the portfolio in one row.
    history, dso, effectiveness, bad_debt
        Month by month up to ``as_of``.
    effectiveness_by
        The month to ``as_of`` by the key; without rows where the key is the portfolio.
    roll_rates, migration, migration_start
        The roll rates of the months, and what became of what was open at ``migration_start``; without rows where not
        measured.
    concentration, concentration_summary
        By customer, and a row for each key of interest.
    notes
        What is not measured as a whole, and why: (subject, reason).
    """

    as_of: date
    currency: str
    by: str
    covers: tuple[date, date]
    ageing: pl.DataFrame
    whole: pl.DataFrame
    history: pl.DataFrame
    dso: pl.DataFrame
    effectiveness: pl.DataFrame
    effectiveness_by: pl.DataFrame
    roll_rates: pl.DataFrame
    migration: pl.DataFrame
    migration_start: date | None
    cohorts: pl.DataFrame
    bad_debt: pl.DataFrame
    concentration: pl.DataFrame
    concentration_summary: pl.DataFrame
    utilisation: pl.DataFrame
    notes: tuple[tuple[str, str], ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return every table by its key in :data:`FILES`."""
        return {
            "portfolio_ageing": self.ageing,
            "history": self.history,
            "portfolio_dso": self.dso,
            "portfolio_effectiveness": self.effectiveness,
            "portfolio_effectiveness_by": self.effectiveness_by,
            "portfolio_roll_rates": self.roll_rates,
            "portfolio_migration": self.migration,
            "portfolio_cohorts": self.cohorts,
            "portfolio_bad_debt": self.bad_debt,
            "portfolio_concentration": self.concentration,
            "portfolio_concentration_summary": self.concentration_summary,
            "portfolio_utilisation": self.utilisation,
            "portfolio_benchmarks": pl.DataFrame(BENCHMARKS),
        }
