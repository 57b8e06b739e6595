"""Curves or free trees: does a booster whose trees look at one feature each lose anything against one that combines?

    python benchmarks/additive_booster.py

Writes the section ``additive-booster`` of docs/results.md, in about half an hour on two busy cores.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from sections import write_section
from sklearn.base import clone

from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.booster import BoosterSettings, dataset, interval_columns, parameters
from credrisk.models.outcomes import PREFIXES, Target
from credrisk.models.validation import validate
from credrisk.pipeline.probabilities import IN_WORDS, training_calendar
from credrisk.simulate.simulator import simulate_ledger

LEDGERS = ((4000, (301, 302, 303, 304)), (12_000, (401,)))
"""Customers and seeds. None of these seeds took part in choosing the number of trees and leaves."""

MONTHS, FOLDS, SAMPLES = 60, 2, 1000
TARGETS: tuple[Target, ...] = ("bad_debt", "default")


class FreeTrees:
    """LightGBM's own prediction of trees that combine features."""

    def __init__(self, booster: Any, widths: np.ndarray) -> None:
        self.booster, self.widths = booster, widths

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        intervals = np.tile(interval_columns(self.widths), (len(values), 1))
        rows = np.column_stack([np.repeat(values, len(self.widths), axis=0), intervals])
        raw = self.booster.predict(rows, raw_score=True, num_threads=1)
        return np.asarray(raw).reshape(len(values), len(self.widths))


class FreeBooster(BadDebtModel):
    """The same model but for its trees: each may look at several features."""

    def _fit_intensity(self, rows: Any, expanded: Any, first_events: int, prior: Any) -> Any:
        settings = BoosterSettings(
            self.trees, self.leaves, self.learning_rate, self.shrinkage_events, self.threads, self.seed
        )
        widths = np.diff(self._edges)
        chosen = parameters(self._features, expanded, first_events=first_events, settings=settings)
        del chosen["interaction_constraints"]
        data = dataset(rows.values, self._features, expanded, widths=widths, settings=settings)
        return FreeTrees(lightgbm.train(chosen, data, num_boost_round=self.trees), widths)


MODELS: Mapping[str, BadDebtModel] = {
    "curves": BadDebtModel(rung="booster", horizons=(12,)),
    "free trees, 80 of 8 leaves": FreeBooster(rung="booster", horizons=(12,), trees=80, leaves=8),
    "free trees, as many as the curves": FreeBooster(rung="booster", horizons=(12,)),
}
"""80 trees of 8 leaves were the best free ones of the sizes tried on other ledgers."""


def losses(
    panel: pl.DataFrame, labels: pl.DataFrame, target: Target, models: Mapping[str, BadDebtModel]
) -> tuple[pl.DataFrame, dict[str, float]]:
    """Return the log loss of every test row and model, one column a model, and the seconds each took."""
    found: list[pl.DataFrame] = []
    seconds: dict[str, float] = {}
    for name, model in models.items():
        started = time.process_time()
        rows = validate(panel, labels, target=target, model=clone(model), folds=FOLDS, samples=1).predictions
        seconds[name] = time.process_time() - started
        event, p = rows["event"].to_numpy(), rows[f"{PREFIXES[target]}_12m"].to_numpy()
        loss = -np.where(event > 0, np.log(p), np.log1p(-p))
        found.append(rows.select("fold", "customer_id", "as_of", pl.Series(name, loss)))
    joined = found[0]
    for other in found[1:]:
        joined = joined.join(other, on=["fold", "customer_id", "as_of"], how="inner", maintain_order="left")
    return joined, seconds


def paired(tables: list[pl.DataFrame], one: str, other: str) -> tuple[float, float, float]:
    """Return the mean difference of the log losses over the ledgers, with the 2.5 and 97.5 % of resampled customers."""
    random = np.random.default_rng(0)
    drawn = np.zeros(SAMPLES + 1)
    for table in tables:
        by_customer = table.group_by("customer_id", maintain_order=True).agg(
            difference=(pl.col(one) - pl.col(other)).sum(), rows=pl.len()
        )
        difference, rows = by_customer["difference"].to_numpy(), by_customer["rows"].to_numpy()
        count = len(rows)
        weight = np.vstack([np.ones(count), random.multinomial(count, np.full(count, 1 / count), SAMPLES)])
        drawn += (weight @ difference) / (weight @ rows) / len(tables)
    low, high = np.quantile(drawn[1:], [0.025, 0.975])
    return float(drawn[0]), float(low), float(high)


def section() -> str:
    lines = [
        "## Curves or free trees",
        "",
        "Written by `python benchmarks/additive_booster.py`; do not edit it.",
        "",
        "The booster's trees look at one feature each (and the interval ahead), so that its log rate is a sum of",
        "curves that tables hold exactly. Here it stands beside boosters free to combine features. Simulated ledgers",
        f"of {MONTHS} months, seeds not used in choosing any size; walk-forward over {FOLDS} dates, log loss of the",
        "12-month probability on later months. A difference above zero: the curves are worse. Intervals are paired,",
        f"from {SAMPLES:,} resamples of the customers of every ledger.",
        "",
        "| customers | ledgers | target | log loss, curves | beside | difference | 95 % interval | their time |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for customers, seeds in LEDGERS:
        found: dict[str, list[tuple[pl.DataFrame, dict[str, float]]]] = {target: [] for target in TARGETS}
        for seed in seeds:
            ledger = simulate_ledger(customers=customers, months=MONTHS, seed=seed).ledger()
            calendar = training_calendar(ledger.settings, ledger.settings.covers_to)
            panel = build_panel(ledger, calendar=calendar, output="polars")
            labels = build_labels(ledger, dates=calendar, output="polars")
            for target in TARGETS:
                found[target].append(losses(panel, labels, target, MODELS))
        for target in TARGETS:
            tables = [table for table, _ in found[target]]
            own = float(np.mean([table["curves"].mean() for table in tables]))
            for other in list(MODELS)[1:]:
                mean, low, high = paired(tables, "curves", other)
                ratio = sum(s["curves"] for _, s in found[target]) / sum(s[other] for _, s in found[target])
                lines.append(
                    f"| {customers:,} | {len(seeds)} | {IN_WORDS[target]} | {own:.5f} | {other} | {mean:+.5f} | "
                    f"{low:+.5f} to {high:+.5f} | {ratio:.2f} x |"
                )
    return "\n".join(lines)


if __name__ == "__main__":
    write_section("additive-booster", section())
