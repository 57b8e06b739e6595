"""What keeps the model from the best there is: the features, their form, or the few bad debts to learn from?

    python benchmarks/truth_ceiling.py --seeds 51 52 53 54 --out FOLDER   # measure these seeds, one after the other
    python benchmarks/truth_ceiling.py --out FOLDER --write               # write the section `truth-ceiling`

Estimates are fitted to the oracle's own probabilities instead of events, on half of the seeds, and judged on the
others: what then is missing to the oracle is missing in the features, not in the evidence. Seeds are others than those
of ``truth.py``.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np
import polars as pl
from sections import write_section
from truth import MONTHS, table
from truth_seed import HORIZON, START, VERDICT_MONTHS, weighted_auc

from credrisk.dates import months_after
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.simulate.oracle import visible_pd
from credrisk.simulate.simulator import simulate_ledger

MONTHS_BACK = (18, 9, 0)
"""Dates of a ledger that are learnt from, in months before the last; only the last is judged."""
ROUNDS = 250
FREE = {
    "objective": "cross_entropy",
    "learning_rate": 0.06,
    "num_leaves": 16,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 2.0,
    "max_bin": 63,
    "num_threads": 1,
    "seed": 0,
    "verbosity": -1,
}
APART = "payment_strain"
"""The question on what all payments together show, shown apart."""


def measure(seed: int, customers: int) -> pl.DataFrame:
    """Return features and the oracle's PD of every customer at risk on the dates of one ledger."""
    ledger = simulate_ledger(customers=customers, months=MONTHS + VERDICT_MONTHS, start=START, seed=seed).ledger()
    last = date.fromordinal(months_after(START, MONTHS - HORIZON).toordinal() - 1)
    ends = tuple(date.fromordinal(months_after(START, MONTHS - HORIZON - back).toordinal() - 1) for back in MONTHS_BACK)
    panel = build_panel(ledger.cut(last), calendar=Calendar(ends), output="polars")
    labels = build_labels(ledger, dates=ends, output="polars")
    at_risk = labels.filter("bad_debt_at_risk").select("customer_id", "as_of").sort("as_of", "customer_id")
    found = []
    for day in ends:
        ids = tuple(at_risk.filter(pl.col("as_of") == day)["customer_id"])
        pd = visible_pd(ledger, day, ids, months=HORIZON)
        found.append(pl.DataFrame({"customer_id": ids, "as_of": [day] * len(ids), "oracle": pd}))
    rows = pl.concat(found).join(panel, on=["customer_id", "as_of"], how="left", maintain_order="left")
    return rows.with_columns(seed=pl.lit(seed, pl.Int64))


def ceiling(rows: pl.DataFrame, features: list[str], *, additive: bool, constrained: bool) -> np.ndarray:
    """Return the share of the oracle's expected AUC - 0.5 by judged seed, learning from its PD on the others."""
    settings = dict(FREE)
    if additive:
        settings["interaction_constraints"] = [[place] for place in range(len(features))]
    if constrained:
        entries, directions = catalogue(features), {"higher": 1, "lower": -1, "none": 0}
        settings["monotone_constraints"] = [directions[entries[name].worse] for name in features]
    seeds = rows["seed"].unique().sort().to_list()
    learn, judge = rows.filter(pl.col("seed").is_in(seeds[::2])), rows.filter(~pl.col("seed").is_in(seeds[::2]))
    values = learn.select(pl.col(features).cast(pl.Float32)).to_numpy()
    data = lightgbm.Dataset(values, learn["oracle"].to_numpy())
    model = lightgbm.train(settings, data, (4 if additive else 1) * ROUNDS)
    shares = []
    for own in judge.filter(pl.col("as_of") == pl.col("as_of").max()).partition_by("seed", maintain_order=True):
        oracle = own["oracle"].to_numpy()
        score = model.predict(own.select(pl.col(features).cast(pl.Float32)).to_numpy())
        shares.append((weighted_auc(oracle, score) - 0.5) / (weighted_auc(oracle, oracle) - 0.5))
    return np.array(shares)


def section(rows: pl.DataFrame) -> str:
    entries = {name: entry for name, entry in catalogue().items() if name in rows.columns}
    every = list(entries)
    others = [name for name, entry in entries.items() if entry.question != APART]
    kinds = {
        "all but payment strain, any function": (others, False, False),
        "all but payment strain, a sum of curves, directions kept": (others, True, True),
        "all features, any function": (every, False, False),
        "all features, worse directions kept": (every, False, True),
        "all features, a sum of one curve a feature": (every, True, False),
        "all features, a sum of curves, directions kept (the model's form)": (every, True, True),
        "payment strain alone": ([name for name in every if name not in others], False, False),
    }
    told = []
    for name, (features, additive, constrained) in kinds.items():
        found = ceiling(rows, features, additive=additive, constrained=constrained)
        told.append([name, str(len(features)), f"{found.mean():.3f}", f"{found.min():.3f} to {found.max():.3f}"])
    seeds = ", ".join(str(seed) for seed in rows["seed"].unique().sort())
    shown = table(["learnt from the oracle's own PD", "features", "share", "lowest to highest"], told)
    return f"""## What keeps the model from the best there is

Written by `python benchmarks/truth_ceiling.py`; do not edit it. Share of the visible oracle's (expected AUC - 0.5)
within {HORIZON} months that an estimate reaches which is fitted to the oracle's own probabilities instead of events:
{rows.height:,} rows of seeds {seeds}, every other seed learnt from, the last date of the others judged. No event is
needed, so what is missing to 1 is missing in the features or in the form, and what a model fitted on some hundred bad
debts misses beyond it is the price of so few.

{shown}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=tuple(range(51, 59)))
    parser.add_argument("--out", type=Path, required=True, help="folder of the results, one file a seed")
    parser.add_argument("--customers", type=int, default=4000)
    parser.add_argument("--write", action="store_true", help="write the section from the results that stand")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    paths = [given.out / f"seed-{seed}.parquet" for seed in given.seeds]
    if given.write:
        rows = pl.concat([pl.read_parquet(path) for path in paths if path.exists()])
        write_section("truth-ceiling", section(rows))
        return
    for seed, path in zip(given.seeds, paths, strict=True):
        if not path.exists():
            measure(seed, given.customers).write_parquet(path)


if __name__ == "__main__":
    main()
