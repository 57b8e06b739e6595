"""Fits the score of a match and its two borders on invented companies; writes credrisk/sources/matching/weights.json.

One set of invented masters fits the weights, another the border of the automatic zone. No labelled pair of the real
world is read. Run: python benchmarks/match_fit.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
from match_names import invented_register, master_of
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression

from credrisk.sources.matching.by_name import ranked
from credrisk.sources.matching.pairs import compared_pairs
from credrisk.sources.matching.register import register_of
from credrisk.sources.matching.scoring import FEATURES, Weights, feature_matrix

TARGET = Path(__file__).parents[1] / "credrisk" / "sources" / "matching" / "weights.json"
SIZES = ((60_000, 12_000), (4_000, 1_500))
"""Entities and customers of each invented register: a large one, and a small one in which rare words look common."""
REVIEW = 0.10
"""Proposals less likely than that would waste the reader's time."""
MARGIN = 2.0
"""Log odds by which the first has to lead the second."""
SURE = 0.995
"""The lower bound of precision that the automatic zone has to hold here: stricter than the 0.98 asked for on real
pairs, which are harder than invented ones."""
LEAST = 0.9
"""And no pair by itself less likely than that."""


def gathered(seed: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return pairs, entries and customers of several invented registers, one below the other."""
    pairs, entries, masters = [], [], []
    first_customer = first_entry = 0
    for number, (entities, customers) in enumerate(SIZES):
        master, listing = master_of(invented_register(entities, seed + number), customers, seed + number)
        listed = register_of(listing).sort("entity")
        moved = (pl.col("customer") + first_customer, pl.col("entry") + first_entry)
        pairs.append(compared_pairs(master, listed).with_columns(moved))
        entries.append(listed)
        masters.append(master)
        first_customer += master.height
        first_entry += listed.height
    return pl.concat(pairs), pl.concat(entries), pl.concat(masters)


def lower_bound(right: int, of: int) -> float:
    """Return the lower end of the 95 % interval of Clopper and Pearson for a share."""
    return float(beta.ppf(0.025, right, of - right + 1)) if right else 0.0


def is_true(frame: pl.DataFrame, entity: pl.Series, master: pl.DataFrame) -> pl.Series:
    return (master["truth"].gather(frame["customer"]) == entity).fill_null(False)


def main() -> None:
    pairs, entries, master = gathered(101)
    truth = is_true(pairs, entries["entity"].gather(pairs["entry"]), master)
    model = LogisticRegression(C=1.0, max_iter=2000).fit(feature_matrix(pairs), truth.to_numpy())
    given = {name: round(float(weight), 4) for name, weight in zip(FEATURES, model.coef_[0], strict=True)}
    draft = Weights(given, round(float(model.intercept_[0]), 4), 1.0, REVIEW, MARGIN)

    pairs, entries, master = gathered(202)
    firsts = ranked(pairs, entries, by=draft).filter(pl.col("place") == 1)
    firsts = firsts.with_columns(right=is_true(firsts, firsts["entity"], master))
    free = firsts.filter(pl.col("held").is_null() & (pl.col("lead") >= MARGIN)).sort("score", descending=True)
    bounds = [lower_bound(right, n) for n, right in enumerate(free["right"].cast(pl.Int64).cum_sum(), start=1)]
    lowest = float(free["score"][int(np.flatnonzero(np.array(bounds) >= SURE)[-1])])
    fitted = draft._replace(auto=max(LEAST, round(lowest, 3)))
    TARGET.write_text(json.dumps(fitted._asdict(), indent=1) + "\n", encoding="utf-8")

    listed = int(master["truth"].is_not_null().sum())
    auto = free.filter(pl.col("score") >= fitted.auto)
    review = firsts.filter(pl.col("score") >= REVIEW).join(auto, on="customer", how="anti")
    for zone, frame in (("auto", auto), ("review", review)):
        right = int(frame["right"].sum())
        print(f"{zone}: {frame.height} of {master.height}, right {right}, recall {right / listed:.3f}")
    bound = lower_bound(int(auto["right"].sum()), auto.height)
    print(f"auto from {fitted.auto} (bound alone {lowest:.3f}), bound {bound:.4f}")


if __name__ == "__main__":
    main()
