"""What does a recession, or missing company information, cost the model? Fitted before it, tested in it.

    python benchmarks/recession.py --seeds 1 --out FOLDER     # measure this seed
    python benchmarks/recession.py --out FOLDER --write       # write the section `recession` of docs/results.md

A seed that stands in FOLDER is not measured again.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sections import write_section
from truth import table, told
from truth_seed import HORIZON, START, VERDICT_MONTHS, Year, measured, scored_year

from credrisk.dates import months_after
from credrisk.features.catalogue import COMPANY_INFORMATION, catalogue
from credrisk.simulate.simulator import simulate_ledger

CUSTOMERS, MONTHS, SEEDS = 6_000, 60, (1, 2, 3, 4, 5)
OUTSIDE = (*(question for questions in COMPANY_INFORMATION.values() for question in questions), "peers", "group")
"""Questions of the catalogue that are answered from company information rather than from the seller's own books."""
BLANKED = (0.1, 1.0)
SHOWN = ("auc", "log_loss", "calibration_in_the_large")


def blanked(year: Year, share: float, seed: int) -> np.ndarray:
    """Return the model's probabilities when the company information of a random share of the rows is missing."""
    names = [name for name, entry in catalogue().items() if entry.question in OUTSIDE and name in year.rows.columns]
    hit = pl.Series(np.random.default_rng(seed).random(year.rows.height) < share)
    rows = year.rows.with_columns(pl.when(hit).then(None).otherwise(pl.col(name)).alias(name) for name in names)
    return year.model.predict_pd(rows.drop("customer_id"), horizons=[HORIZON], output="polars").to_series().to_numpy()


def seed_results(seed: int, customers: int) -> dict[str, Any]:
    """Return the measures by case: calm, recession, and calm with company information missing."""
    as_of = date.fromordinal(months_after(START, MONTHS - HORIZON).toordinal() - 1)
    found: dict[str, Any] = {"seed": seed, "customers": customers, "cases": {}}
    for scenario in ("none", "recession"):
        simulation = simulate_ledger(
            customers=customers,
            months=MONTHS + VERDICT_MONTHS,
            start=START,
            seed=seed,
            scenario=scenario,
            change_month=MONTHS - HORIZON + 1,
        )
        year = scored_year(simulation.ledger(), as_of)
        cases = {scenario: year.scores["model"]}
        if scenario == "none":
            cases |= {f"blank_{share:g}": blanked(year, share, seed) for share in BLANKED}
        for name, probability in cases.items():
            own = measured(year.event, year.money, probability) | {"base_log_loss": _rate_loss(year)}
            found["cases"][name] = own | {"events": float(year.event.sum()), "rows": len(year.event)}
    return found


def _rate_loss(year: Year) -> float:
    return measured(year.event, year.money, year.scores["base_rate"])["log_loss"]


def values(found: list[dict[str, Any]], case: str, measure: str) -> np.ndarray:
    return np.array([seed["cases"][case][measure] for seed in found])


def section(found: list[dict[str, Any]]) -> str:
    words = {
        "none": "calm",
        "recession": "recession from the day of scoring",
        "blank_0.1": "calm, 10 % of rows without company information",
        "blank_1": "calm, no row with company information",
    }
    rows, losses = [], []
    for case, name in words.items():
        form = {"auc": "{:.3f}", "log_loss": "{:.5f}", "calibration_in_the_large": "{:.2f}"}
        cells = [told(values(found, case, measure), form[measure]) for measure in SHOWN]
        gain = told(values(found, case, "base_log_loss") - values(found, case, "log_loss"), "{:+.5f}")
        rows.append([name, f"{values(found, case, 'events').sum():.0f}", *cells, gain])
        if case != "none":
            moved = [values(found, case, measure) - values(found, "none", measure) for measure in SHOWN]
            moved = [told(change, form[m].replace(":", ":+")) for m, change in zip(SHOWN, moved, strict=True)]
            losses.append([name, *moved])
    seeds = ", ".join(str(seed["seed"]) for seed in found)
    return f"""## In a recession, and without company information

Written by `python benchmarks/recession.py`; do not edit it. Simulated ledgers of {found[0]["customers"]:,} customers
and {MONTHS} months, seeds {seeds}; the model is fitted on what was known 12 months before the end and judged by the
12 months after. In the recession the market factor falls by three standard deviations within three months, from the
first day after the scoring: nothing in the ledger could have told. Company information is statements, notices, market,
industry and group; it is taken away after fitting. Means over seeds, with 95 % intervals.

{table(["", "bad debts", "AUC", "log loss", "observed / expected", "gain in log loss on the base rate"], rows)}
What it costs, paired by seed:

{table(["", "AUC", "log loss", "observed / expected"], losses)}
The model does not know of a recession before it comes: its PDs stay at the level that it learnt. Only the realised
events tell, which is what monitoring watches.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--out", type=Path, required=True, help="folder of the results, one file a seed")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--write", action="store_true", help="write the section from the results that stand")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    targets = [given.out / f"recession-{seed}.json" for seed in given.seeds]
    if not given.write:
        for seed, target in zip(given.seeds, targets, strict=True):
            if not target.exists():
                target.write_text(json.dumps(seed_results(seed, given.customers), indent=1))
        return
    write_section("recession", section([json.loads(path.read_text()) for path in targets if path.exists()]))


if __name__ == "__main__":
    main()
