"""How fast the bad-debt model scores, explains and trains, and how much memory a large panel takes.

    python benchmarks/model_speed.py

Writes the section ``model-speed`` of docs/performance.md, in ten to twenty minutes; the large panel takes 5 GB of disk
for that time. The ratio to plain LightGBM is taken within one run, on the same rows, trees and leaves.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from sections import PERFORMANCE, write_section

from credrisk.dates import month_end, months_after
from credrisk.features.catalogue import catalogue
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.booster import BoosterSettings, interval_columns, parameters
from credrisk.models.intervals import expand
from credrisk.models.outcomes import TrainingRows, training_rows
from credrisk.models.rows import feature_matrix, read_rows
from credrisk.pipeline.probabilities import training_calendar
from credrisk.simulate.simulator import simulate_ledger

CUSTOMERS, MONTHS, SEED = 4000, 60, 201
SCORED, EXPLAINED = 1_000_000, 100_000
PANEL_CUSTOMERS, PANEL_MONTHS, PANEL_PARTS, PANEL_FEATURES, PANEL_TREES = 500_000, 36, 25, 60, 20


def simulated_rows() -> tuple[pl.DataFrame, TrainingRows]:
    ledger = simulate_ledger(customers=CUSTOMERS, months=MONTHS, seed=SEED).ledger()
    calendar = training_calendar(ledger.settings, ledger.settings.covers_to)
    panel = build_panel(ledger, calendar=calendar, output="polars")
    return panel, training_rows(panel, build_labels(ledger, dates=calendar, output="polars"), target="bad_debt")


def training(rows: TrainingRows) -> tuple[dict[str, float], BadDebtModel]:
    """Time a whole fit, calibration included, and plain LightGBM on the matrix that the fit expands to."""
    model = BadDebtModel(rung="booster", horizons=(3, 6, 12))
    started = time.perf_counter(), time.process_time()
    model.fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    own = time.perf_counter() - started[0], time.process_time() - started[1]
    names, values = feature_matrix(rows.X)
    arrays = read_rows(values, rows.y, as_of=rows.as_of, groups=rows.groups)
    expanded = expand(arrays, model._fitted.edges)
    columns = interval_columns(np.diff(model._fitted.edges))
    matrix = np.column_stack([arrays.values[expanded.row], columns[expanded.interval]])
    settings = BoosterSettings(model.trees, model.leaves, model.learning_rate, model.shrinkage_events, 1, 0)
    plain = parameters(tuple(names), expanded, first_events=model.evidence_["first_events"], settings=settings)
    del plain["interaction_constraints"], plain["monotone_constraints"]
    label, weight = expanded.target / expanded.exposure, expanded.exposure * expanded.weight
    started = time.perf_counter(), time.process_time()
    lightgbm.train(plain, lightgbm.Dataset(matrix, label, weight=weight, params=plain), model.trees)
    beside = time.perf_counter() - started[0], time.process_time() - started[1]
    return {
        "rows": len(arrays),
        "entries": len(expanded),
        "features": len(names),
        "trees": model.trees,
        "leaves": model.leaves,
        "own": own[0],
        "own_cpu": own[1],
        "plain": beside[0],
        "plain_cpu": beside[1],
    }, model


def scoring(panel: pl.DataFrame, model: BadDebtModel) -> dict[str, float]:
    """Time the term structure of a million customers and the reasons of a hundred thousand, real rows drawn again."""
    drawn = panel.select(model.feature_names_in_.tolist()).sample(SCORED, with_replacement=True, seed=1)
    started = time.perf_counter()
    model.predict_pd(drawn, output="polars")
    scored = time.perf_counter() - started
    some = drawn.head(EXPLAINED)
    started = time.perf_counter()
    parts = model.contributions(some, output="polars")
    summed = time.perf_counter() - started
    started = time.perf_counter()
    model.explain(some, output="polars")
    explained = time.perf_counter() - started
    share = np.diff(model._fitted.edges) / model._fitted.edges[-1]
    apart = np.abs(parts.sum_horizontal().to_numpy() - model.log_intensities(some) @ share)
    return {"scored": scored, "summed": summed, "explained": explained, "apart": float(apart.max())}


def write_panel(folder: Path) -> None:
    """Write a panel of 18 million rows, float32, and its labels: a block drawn once, in each part under other ids."""
    (folder / "panel").mkdir()
    (folder / "labels").mkdir()
    first = date(2022, 1, 31)
    dates = [month_end(months_after(first, month)) for month in range(PANEL_MONTHS)]
    last = month_end(months_after(first, PANEL_MONTHS))
    each = PANEL_CUSTOMERS // PANEL_PARTS
    random = np.random.default_rng(0)
    habit = random.normal(size=each)
    month = np.ceil(random.exponential(1 / (0.001 * np.exp(0.8 * habit))))
    on = [months_after(first, int(m)) - timedelta(5) if m <= PANEL_MONTHS else None for m in month]
    keys = pl.DataFrame({"number": range(each), "bad_debt_on": pl.Series(on, dtype=pl.Date)})
    keys = keys.join(pl.DataFrame({"as_of": dates}), how="cross")
    columns = {}
    for place, name in enumerate(list(catalogue())[:PANEL_FEATURES]):
        column = random.standard_normal(keys.height, dtype=np.float32)
        if place < 10:
            column += np.repeat(habit, PANEL_MONTHS).astype(np.float32)
        if place % 3 == 0:
            column[random.random(keys.height, dtype=np.float32) < 0.2] = np.nan
        columns[name] = pl.Series(column).fill_nan(None)
    known = keys.with_columns(
        bad_debt_at_risk=pl.col("bad_debt_on").is_null() | (pl.col("bad_debt_on") > pl.col("as_of")),
        left_on=pl.lit(None, pl.Date),
        observed_to=pl.lit(last),
    )
    for part in range(PANEL_PARTS):
        ids = pl.format("C{}", (pl.col("number") + part * each).cast(pl.String).str.zfill(8)).alias("customer_id")
        frame = keys.select(ids, "as_of").with_columns(**columns)
        frame.write_parquet(folder / "panel" / f"part-{part:05d}.parquet", compression="lz4", statistics=False)
        labels = known.select(ids, pl.exclude("number"))
        labels.write_parquet(folder / "labels" / f"part-{part:05d}.parquet", compression="lz4")


def train_parts(folder: Path) -> dict[str, Any]:
    """Fit on the parts, in this process, and return its peak memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    model = BadDebtModel(rung="booster", trees=PANEL_TREES).fit_parts(folder / "panel", folder / "labels")
    return {
        "seconds": time.perf_counter() - started,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "before": before / 2**20,
        "features": len(model.feature_names_in_),
        "evidence": model.evidence_,
    }


def large_panel() -> dict[str, Any]:
    """Write the panel and train on it in a child process."""
    with tempfile.TemporaryDirectory() as folder:
        write_panel(Path(folder))
        size = sum(path.stat().st_size for path in Path(folder, "panel").iterdir())
        command = [sys.executable, __file__, "--train-parts", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found | {"size": size / 2**30}


def verdict(value: float, bar: float) -> str:
    return "met" if value < bar else "**missed**"


def measure() -> tuple[dict[str, float], dict[str, float]]:
    """Train and score on a simulated ledger."""
    panel, rows = simulated_rows()
    trained, _ = training(rows)
    longer = BadDebtModel(rung="booster", horizons=(3, 6, 12, 24), trees=trained["trees"])
    longer.fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    return trained, scoring(panel, longer)


def section(trained: dict[str, float], scored: dict[str, float], large: dict[str, Any]) -> str:
    overhead = trained["own_cpu"] / trained["plain_cpu"] - 1
    evidence = large["evidence"]
    lines = [
        "## The bad-debt model",
        "",
        "Written by `python benchmarks/model_speed.py`; do not edit it. One thread for the model. Features: the whole",
        f"catalogue, rows of a simulated ledger of {CUSTOMERS:,} customers over {MONTHS} months (drawn again for",
        f"scoring); the large panel is drawn at random. Machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "when it ended; wall time except where CPU time is named.",
        "",
        "| what | measured | bar | |",
        "|---|---|---|---|",
        f"| probabilities within 3, 6, 12 and 24 months of {SCORED:,} customers, leaving included | "
        f"{scored['scored']:.1f} s ({SCORED / scored['scored']:,.0f} customers/s) | 60 s | "
        f"{verdict(scored['scored'], 60)} |",
        f"| contributions of every feature for {EXPLAINED:,} customers; largest gap between their sum and the log rate "
        f"{scored['apart']:.0e} | {scored['summed']:.1f} s | | |",
        f"| the three strongest reasons in words for {EXPLAINED:,} customers, contributions included | "
        f"{scored['explained']:.1f} s | 30 s | {verdict(scored['explained'], 30)} |",
        f"| training on {trained['rows']:,.0f} rows ({trained['entries']:,.0f} rows x intervals, "
        f"{trained['features']:.0f} features, {trained['trees']:.0f} trees of {trained['leaves']:.0f} leaves), "
        f"calibration included: CPU time over plain LightGBM on the expanded matrix ({trained['plain_cpu']:.1f} s) "
        f"| {trained['own_cpu']:.1f} s, {overhead:+.0%} | +30 % | {verdict(overhead, 0.3)} |",
        f"| training on {evidence['rows']:,} rows at risk of {large['features']} float32 features in Parquet parts "
        f"({large['size']:.1f} GiB on disk; every event row, {evidence['rows_used_share']:.1%} of the others; "
        f"{PANEL_TREES} trees in {large['seconds']:.0f} s): peak memory | {large['peak']:.1f} GiB | 8 GiB | "
        f"{verdict(large['peak'], 8)} |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train-parts"]:
        print(json.dumps(train_parts(Path(sys.argv[2]))))
    else:
        write_section("model-speed", section(*measure(), large_panel()), page=PERFORMANCE)
