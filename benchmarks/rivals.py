"""Does the forward intensity beat what people use? The usual rivals on the same rows of simulated ledgers.

    python benchmarks/rivals.py [--keep FOLDER]

Writes the section ``rivals`` of docs/results.md. About a minute a small ledger and five a large one; ``--keep`` names a
folder that holds the figures of each ledger, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from sections import write_section

from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.measures import auc, brier, by_score, capture_10pct, log_loss
from credrisk.models.resampling import resamples_of
from credrisk.models.rivals import RIVALS, rival_predictions
from credrisk.models.rungs import rung_for
from credrisk.models.validation import validate
from credrisk.pipeline.probabilities import training_calendar
from credrisk.simulate.simulator import simulate_ledger

SIZES = {"1,200 customers, 48 months": (1200, 48, range(1, 7)), "4,000 customers, 60 months": (4000, 60, range(1, 4))}
SAMPLES = 200
OWN = ("expert_card", "penalised_regression", "booster")
MODEL = "credrisk"
NAMES = {
    MODEL: "**credrisk** (what `auto` takes)",
    "expert_card": "its expert card",
    "penalised_regression": "its penalised regression",
    "booster": "its booster",
    "direct_booster": "LightGBM for the horizon, same size and directions",
    "plain_lightgbm": "LightGBM for the horizon as it comes",
    "logistic_regression": "logistic regression, all features",
    "ageing": "ageing alone (oldest open item)",
    "average_days_late": "average days late alone",
    "paydex_style": "PAYDEX-style index alone",
    "altman_z": "Altman Z alone",
    "base_rate": "base rate",
}
MEASURES = {
    "auc": "AUC",
    "log_loss": "log loss",
    "brier": "Brier",
    "capture": "events in the top 10 %",
    "money": "bad money in the top 10 %",
}
LOWER_IS_BETTER = ("log_loss", "brier")


def money_captured(score: np.ndarray, money: np.ndarray, bad: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the share of the open money of the events that stands in the tenth of the rows ranked highest."""
    order = np.argsort(-score, kind="stable")
    drawn = weight[:, order]
    before = np.cumsum(drawn, axis=1) - drawn
    taken = np.clip(0.1 * drawn.sum(axis=1, keepdims=True) - before, 0.0, drawn)
    owed = (money * bad)[order]
    share: np.ndarray = (taken @ owed) / np.maximum(drawn @ owed, 1e-300)
    return share


def one_ledger(customers: int, months: int, seed: int) -> pl.DataFrame:
    """Return every measure of every model on the rows as they are (sample 0) and on resamples of the customers."""
    ledger = simulate_ledger(customers=customers, months=months, seed=seed).ledger()
    calendar = training_calendar(ledger.settings, ledger.settings.covers_to)
    panel = build_panel(ledger, calendar=calendar, output="polars")
    labels = build_labels(ledger, dates=calendar, output="polars")
    key = ["fold", "customer_id", "as_of"]
    told: dict[str, np.ndarray] = {}
    for rung in OWN:
        model = BadDebtModel(rung=rung, horizons=(12,))  # type: ignore[arg-type]
        back = validate(panel, labels, model=model, folds=2, samples=1)
        rows = back.predictions.sort(key)
        told[rung] = rows["pd_12m"].to_numpy()
    told["base_rate"] = rows["base_rate"].to_numpy()
    taken = {fold["fold"]: rung_for(fold["train_events"]) for fold in back.folds.iter_rows(named=True)}
    by_fold = [taken[fold] for fold in rows["fold"]]
    told[MODEL] = np.array([told[rung][place] for place, rung in enumerate(by_fold)])
    others = rival_predictions(panel, labels, back).sort(key)
    told |= {name: others[name].to_numpy() for name in RIVALS if not others[name].has_nulls()}
    event = rows["event"].to_numpy()
    money = rows.select("customer_id", "as_of").join(
        panel, on=["customer_id", "as_of"], how="left", maintain_order="left"
    )
    owed = money["open_balance"].fill_null(0.0).clip(lower_bound=0.0).to_numpy()
    weight = resamples_of(rows["customer_id"].to_numpy(), samples=SAMPLES, seed=seed).weights()
    found = []
    for name, probability in told.items():
        parts = [_measures(event, probability, owed, part) for part in np.array_split(weight, 20)]
        columns = {measure: np.concatenate([part[measure] for part in parts]) for measure in MEASURES}
        found.append(pl.DataFrame({"model": name, "sample": np.arange(len(weight))} | columns))
    events = float(np.mean([fold["train_events"] for fold in back.folds.iter_rows(named=True)]))
    return pl.concat(found).with_columns(seed=pl.lit(seed), train_events=pl.lit(events))


def _measures(event: np.ndarray, told: np.ndarray, owed: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
    sides = by_score(event, told, weight)
    return {
        "auc": auc(*sides),
        "log_loss": log_loss(event, told, weight),
        "brier": brier(event, told, weight),
        "capture": capture_10pct(*sides),
        "money": money_captured(told, owed, event, weight),
    }


def two_stage(found: pl.DataFrame, name: str, measure: str, *, draws: int = 2000) -> tuple[float, float, float]:
    """Return the mean over ledgers of credrisk less a rival, with its 95 % interval.

    Ledgers are drawn with replacement, and of each drawn one a resample of its customers.
    """
    own, other = (
        np.stack([part.sort("sample")[measure].to_numpy() for part in found.filter(model=who).partition_by("seed")])
        for who in (MODEL, name)
    )
    more = own - other
    random = np.random.default_rng(0)
    seeds = random.integers(0, len(more), (draws, len(more)))
    samples = random.integers(1, more.shape[1], (draws, len(more)))
    low, high = np.nanquantile(np.nanmean(more[seeds, samples], axis=1), [0.025, 0.975])
    return float(more[:, 0].mean()), float(low), float(high)


def tables(title: str, found: pl.DataFrame) -> str:
    plain = found.filter(sample=0)
    means = plain.group_by("model").agg(pl.col(name).mean() for name in MEASURES)
    rows, paired = [], []
    present = set(found["model"])
    missing = "; ".join(words for name, words in NAMES.items() if name not in present)
    lacking = f"\nNot measured, for the ledgers hold no value of the figure: {missing}.\n" if missing else ""
    for name, words in NAMES.items():
        if name not in present:
            continue
        (own,) = means.filter(model=name).iter_rows(named=True)
        cells = [f"{own[m]:.5f}" if m in LOWER_IS_BETTER else f"{own[m]:.3f}" for m in MEASURES]
        rows.append(f"| {words} | {' | '.join(cells)} |")
        if name != MODEL and not found.filter(model=name)["log_loss"].equals(found.filter(model=MODEL)["log_loss"]):
            apart = [_difference(found, name, measure) for measure in MEASURES]
            paired.append(f"| {words} | {' | '.join(apart)} |")
    ledgers = plain["seed"].n_unique()
    head = f"| {' | '.join(['', *MEASURES.values()])} |\n| {' | '.join(['---'] * (len(MEASURES) + 1))} |"
    return f"""### {title}: {ledgers} ledgers, {plain["train_events"].mean():.0f} events learnt from

{head}
{chr(10).join(rows)}

credrisk less each rival, and less each rung that it did not take, with the 95 % interval (ledgers and, within them,
customers resampled); **bold** where the whole interval is on credrisk's side, *italic* where it is on the other's:

{head}
{chr(10).join(paired)}
{lacking}"""


def _difference(found: pl.DataFrame, name: str, measure: str) -> str:
    middle, low, high = two_stage(found, name, measure)
    digits = 5 if measure in LOWER_IS_BETTER else 3
    text = f"{middle:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"
    sign = -1 if measure in LOWER_IS_BETTER else 1
    if low * sign > 0 and high * sign > 0:
        return f"**{text}**"
    return f"*{text}*" if low * sign < 0 and high * sign < 0 else text


def document(ledger: Callable[[int, int, int], pl.DataFrame], sizes: dict[str, tuple[int, int, Sequence[int]]]) -> str:
    parts = [INTRODUCTION]
    for title, (customers, months, seeds) in sizes.items():
        parts.append(tables(title, pl.concat([ledger(customers, months, seed) for seed in seeds])))
    return "\n".join(parts)


INTRODUCTION = """## Rivals on the same rows

Written by `python benchmarks/rivals.py`; do not edit it. Bad debt within 12 months on simulated ledgers, walk-forward
in two folds: at each fold's date every model learns from what was known then and is asked for the same later rows,
whose 12 months are observed. The rivals learn as people learn them, from rows with 12 observed months behind them; the
forward intensity also uses the younger ones. Each single figure is turned into a probability by one logistic step on
its normal score, nulls apart. Bad money is the open balance of the rows that went bad; the tenth of the rows reviewed
is that with the highest probabilities. Cells are means over the ledgers.
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path)
    keep = parser.parse_args().keep

    def kept(customers: int, months: int, seed: int) -> pl.DataFrame:
        if keep is None:
            return one_ledger(customers, months, seed)
        path = keep / f"{customers}_{months}_{seed}.parquet"
        if not path.exists():
            keep.mkdir(parents=True, exist_ok=True)
            one_ledger(customers, months, seed).write_parquet(path)
        return pl.read_parquet(path)

    write_section("rivals", document(kept, SIZES))
