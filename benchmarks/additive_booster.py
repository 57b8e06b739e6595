"""Curves or free trees: does a booster whose trees look at one feature each lose anything against one that combines?

    python benchmarks/additive_booster.py

Writes the section ``additive-booster`` of docs/results.md, in five minutes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from sections import write_section
from sklearn.base import clone

from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.bad_debt_fit import FitSettings
from credrisk.models.blend import BlendIntensity, blended, booster_weight
from credrisk.models.booster import dataset, interval_columns, parameters
from credrisk.models.outcomes import PREFIXES, Target
from credrisk.models.validation import validate
from credrisk.pipeline.probabilities import IN_WORDS, training_calendar
from credrisk.simulate.simulator import simulate_ledger

CUSTOMERS, MONTHS, SEEDS = 4000, 60, (301, 302, 303)
"""None of these seeds took part in choosing the number of trees and leaves."""

FOLDS, SAMPLES, ROWS = 2, 1000, 60_000
"""Dates of the back-test, resamples of the customers, rows times intervals learnt from (all events, and a sample)."""

TARGETS: tuple[Target, ...] = ("bad_debt", "default")


@dataclass(frozen=True)
class FreeTrees:
    """LightGBM's own prediction of trees that combine features, and what is added to it in each interval."""

    booster: Any
    widths: np.ndarray
    intercepts: np.ndarray

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        intervals = np.tile(interval_columns(self.widths), (len(values), 1))
        rows = np.column_stack([np.repeat(values, len(self.widths), axis=0), intervals])
        raw = self.booster.predict(rows, raw_score=True, num_threads=1)
        return np.asarray(raw).reshape(len(values), len(self.widths)) + self.intercepts


class FreeSettings(FitSettings):
    """The same fit and the same regression, but for trees that look at several features and learn from all rows."""

    def intensity(
        self, rung: str, rows: Any, expanded: Any, features: tuple[str, ...], edges: np.ndarray, first_events: int
    ) -> BlendIntensity:
        widths = np.diff(edges)
        chosen = parameters(features, expanded, first_events=first_events, settings=self.booster)
        del chosen["interaction_constraints"]
        data = dataset(rows.values, features, expanded, widths=widths, settings=self.booster)
        trained = lightgbm.train(chosen, data, num_boost_round=self.booster.trees)
        trees: Any = FreeTrees(trained, widths, np.zeros(len(widths)))
        beside: Any = super().intensity("penalised_regression", rows, expanded, features, edges, first_events)
        return blended(trees, beside, booster_weight(first_events), rows.values, expanded)


class FreeBooster(BadDebtModel):
    """The same model but for its trees."""

    def _settings(self) -> FitSettings:
        return FreeSettings(**vars(super()._settings()))


MODELS: Mapping[str, BadDebtModel] = {
    "curves": BadDebtModel(rung="booster", horizons=(12,), max_rows=ROWS),
    "free": FreeBooster(rung="booster", horizons=(12,), max_rows=ROWS, trees=80, leaves=8),
}
"""The free booster as it was the default before; on another ledger 160 trees did no better."""


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


def compare(seed: int) -> dict[str, tuple[pl.DataFrame, dict[str, float]]]:
    """Return the losses on one simulated ledger by target."""
    ledger = simulate_ledger(customers=CUSTOMERS, months=MONTHS, seed=seed).ledger()
    calendar = training_calendar(ledger.settings, ledger.settings.covers_to)
    panel = build_panel(ledger, calendar=calendar, output="polars")
    labels = build_labels(ledger, dates=calendar, output="polars")
    return {target: losses(panel, labels, target, MODELS) for target in TARGETS}


def section(found: list[dict[str, tuple[pl.DataFrame, dict[str, float]]]]) -> str:
    curves, free = MODELS["curves"], MODELS["free"]
    lines = [
        "## Curves or free trees",
        "",
        "Written by `python benchmarks/additive_booster.py`; do not edit it.",
        "",
        f"The booster's trees ({curves.trees} of {curves.leaves} leaves) look at one feature each, and the interval",
        "ahead, so that its log rate is a sum of curves that tables hold exactly. Here it stands beside a booster free",
        f"to combine features ({free.trees} trees of {free.leaves} leaves; 160 did no better on another ledger). Both",
        "are averaged with the same penalised regression, as the model is.",
        f"{len(found)} simulated ledgers of {CUSTOMERS:,} customers over {MONTHS} months, whose seeds took no part in",
        f"choosing any size; walk-forward over {FOLDS} dates, both learning from the same {ROWS:,} rows times",
        "intervals (every event, a sample of the rest). Log loss of the 12-month probability on the later months; a",
        f"difference above zero: the curves are worse. Intervals are paired, from {SAMPLES:,} resamples of the",
        "customers of every ledger.",
        "",
        "| target | log loss of the curves | of free trees | difference | 95 % interval | CPU time of the curves |",
        "|---|---|---|---|---|---|",
    ]
    for target in TARGETS:
        tables = [ledger[target][0] for ledger in found]
        own, other = (float(np.mean([table[name].mean() for table in tables])) for name in MODELS)
        mean, low, high = paired(tables, "curves", "free")
        spent = [sum(ledger[target][1][name] for ledger in found) for name in MODELS]
        lines.append(
            f"| {IN_WORDS[target]} | {own:.5f} | {other:.5f} | {mean:+.5f} | {low:+.5f} to {high:+.5f} | "
            f"{spent[0] / spent[1]:.1f} x that of free trees |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    write_section("additive-booster", section([compare(seed) for seed in SEEDS]))
