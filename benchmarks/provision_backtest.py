"""Whether past provisions were enough, on simulated ledgers whose later losses are known.

Run ``python benchmarks/provision_backtest.py``: it writes the section ``back-test`` of docs/provision.md. On each
ledger a provision is made every quarter as it could have been made then, and compared with what its items lost in the
twelve months after. Nothing is fitted to these ledgers: the prior's weight and source are those of the package.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from sections import ROOT, write_section

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.provision.backtest import provision_backtest
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.simulate.simulator import simulate_ledger

PAGE: Path = ROOT / "docs" / "provision.md"
SEEDS = tuple(range(201, 209))
CUSTOMERS, MONTHS, START = 400, 60, date(2021, 1, 1)
LEAST_MONTH_ENDS = 12
METHODS = {
    "allowance": "The provision (cohorts, blended)",
    "plain": "Cohorts without a prior",
    "roll_rates": "Roll rates, blended",
    "flat": "One flat rate",
}
SCENARIOS = {"none": "steady", "recession": "a recession from month 41 on"}


def judged(seed: int, scenario: str) -> pl.DataFrame:
    """Return the past days of one ledger that had a year of followed month-ends behind them."""
    simulated = simulate_ledger(customers=CUSTOMERS, months=MONTHS, start=START, seed=seed, scenario=scenario)
    ledger = Ledger.read({**simulated.tables, "settings": simulated.settings_table()})
    found = provision_backtest(
        ledger, as_of=ledger.settings.covers_to, settings=ProvisionSettings(), every_months=3, output="polars"
    )
    days = found.dates.filter(pl.col("own_month_ends") >= LEAST_MONTH_ENDS)
    return days.with_columns(seed=pl.lit(seed), scenario=pl.lit(scenario))


def table(days: pl.DataFrame) -> list[str]:
    """Return the rows of the methods: allowance over outcome, the ledgers' range of it, and the mean error."""
    outcome = days["outcome"].to_numpy()
    rows = []
    for name, words in METHODS.items():
        amount = days[name].to_numpy()
        per = days.group_by("seed").agg(pl.sum(name, "outcome")).with_columns(ratio=pl.col(name) / pl.col("outcome"))
        ratios = per["ratio"].sort().to_numpy()
        error = np.abs(amount - outcome).mean() / outcome.mean()
        ratio, between = amount.sum() / outcome.sum(), f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        rows.append(f"| {words} | {ratio:.2f} | {between} | {100 * error:.0f} % |")
    return rows


def main() -> None:
    """Write the section."""
    lines = [
        f"Measured by `benchmarks/provision_backtest.py` on {len(SEEDS)} simulated ledgers of {CUSTOMERS} customers "
        f"over {MONTHS} months each: a provision every quarter from the day on which {LEAST_MONTH_ENDS} month-ends had "
        "been followed for a year, against what its items lost in the twelve months after. *Ratio* is allowance over "
        "outcome, over all days; *by ledger* its lowest and highest; *error* the mean absolute error of a day over the "
        "mean outcome.",
        "",
    ]
    for scenario, words in SCENARIOS.items():
        days = pl.concat([judged(seed, scenario) for seed in SEEDS])
        inside = float(days["within"].cast(pl.Float64).mean())  # type: ignore[arg-type]
        lines += [
            f"**Books that are {words}** ({days.height} provisions)"
            if scenario == "none"
            else f"**Books in {words}** ({days.height} provisions)",
            "",
            "| Method | Ratio | By ledger | Error |",
            "|---|---:|---:|---:|",
            *table(days),
            "",
            f"The outcome lay within the interval of the loss rates on {100 * inside:.0f} % of the days.",
            "",
        ]
    write_section("back-test", "\n".join(lines), page=PAGE)


if __name__ == "__main__":
    main()
