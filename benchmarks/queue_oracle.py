"""The oracle that knows only what may be seen: it has learnt the true gains of other sellers from the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from credrisk.simulate.contact_world_mechanism import ACTIONS

__all__ = ["TEACHERS", "visible_gains"]

TEACHERS = tuple(range(201, 223))
"""Sellers whose true gains are learnt; none of them is judged."""
COLUMNS = (
    "chased",
    "past_due",
    "disputed",
    "unapplied_cash",
    "oldest_open_days",
    "pd_used",
    "expected_days_to_pay",
    "broken_promises_12m",
    "days_since_contact",
)
STATUSES = {"at_risk": 0.0, "recovering": 1.0, "in_default": 2.0, "bad_debt": 3.0}
ROUNDS, ROUNDS_OF_FEW, FEW = 300, 60, 2000
LEAST = 50.0


def visible_gains(seeds: Sequence[int], folder: Path) -> pl.DataFrame:
    """Return the gain to expect of every action given what may be seen: ``seed, customer_id, action, gain, ...``.

    A boosted regression a action, of the benefit for each unit of money asked for; weighted by the root of the money.
    """
    import lightgbm

    seen = pl.concat([_seen(seed, folder) for seed in (*TEACHERS, *seeds)], how="vertical_relaxed")
    truth = pl.concat(
        [
            pl.read_parquet(folder / f"expected-{seed}.parquet").with_columns(seed=pl.lit(seed, pl.Int64))
            for seed in (*TEACHERS, *seeds)
        ]
    )
    found = []
    for action in ACTIONS:
        mine = truth.filter((pl.col("action") == action.name) & pl.col("allowed"))
        rows = seen.join(mine, on=["seed", "customer_id"], how="inner")
        money = rows["chased"].clip(LEAST).to_numpy()
        # A fee depends on what comes in, so it is learnt with the benefit; the other costs are known.
        certain = action.cost + action.goodwill
        target = (rows["gain"].to_numpy() + certain) / money
        values = rows.select(*COLUMNS, "state").to_numpy().astype(float)
        known = np.isin(rows["seed"].to_numpy(), TEACHERS)
        model = lightgbm.train(
            {
                "objective": "regression",
                "num_leaves": 12,
                "learning_rate": 0.04,
                "min_data_in_leaf": 80,
                "lambda_l2": 10.0,
                "bagging_fraction": 0.7,
                "bagging_freq": 1,
                "feature_fraction": 0.7,
                "seed": 1,
                "num_threads": 1,
                "verbose": -1,
            },
            lightgbm.Dataset(values[known], target[known], weight=np.sqrt(money[known])),
            ROUNDS if known.sum() > FEW else ROUNDS_OF_FEW,
        )
        gain = model.predict(values) * money - certain
        found.append(
            rows.select("seed", "customer_id", "action", "allowed", "uses_capacity").with_columns(gain=pl.Series(gain))
        )
    return pl.concat(found).filter(pl.col("seed").is_in(list(seeds)))


def _seen(seed: int, folder: Path) -> pl.DataFrame:
    scores = pl.read_parquet(folder / f"scores-{seed}.parquet")
    plain = pl.read_parquet(folder / f"plain-{seed}.parquet").filter(pl.col("hold").is_null())
    return plain.join(
        scores.select("customer_id", "status", "expected_days_to_pay"), on="customer_id", how="left"
    ).select(
        pl.lit(seed, pl.Int64).alias("seed"),
        "customer_id",
        *COLUMNS[:-1],
        days_since_contact=(pl.col("as_of") - pl.col("last_contact_on")).dt.total_days(),
        state=pl.col("status").replace_strict(STATUSES, default=4.0, return_dtype=pl.Float64),
    )
