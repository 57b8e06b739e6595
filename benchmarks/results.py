"""How good the probabilities are: simulated ledgers with known truth, and the shipped sample.

    python benchmarks/results.py

Writes the section ``ledgers`` of docs/results.md, in two to four minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from hidden_truth import true_probabilities
from scipy.stats import spearmanr
from sections import write_section

from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.measures import RANKING_MEASURES, by_score
from credrisk.models.outcomes import PREFIXES, Target
from credrisk.models.rungs import RUNGS
from credrisk.models.validation import BASELINES, Validation, validate
from credrisk.pipeline.probabilities import IN_WORDS, TARGETS, training_calendar
from credrisk.simulate.simulator import simulate_ledger

ROOT = Path(__file__).parents[1]
SMALL, SMALL_SEEDS = {"customers": 1200, "months": 48}, (1, 2, 3, 4, 5, 6)
LARGE, LARGE_SEEDS = {"customers": 4000, "months": 60}, (7, 8)
RANKED = ("auc", "capture_10pct")

INTRODUCTION = f"""## The three targets on whole ledgers

Written by `python benchmarks/results.py`; do not edit it. Every figure is of a walk-forward back-test over 12 months:
fitted on what was known at a date, tested on later dates whose 12 months are observed.

**What these ledgers are.** Simulated: {len(SMALL_SEEDS)} of {SMALL["customers"]:,} customers over {SMALL["months"]}
months, {len(LARGE_SEEDS)} of {LARGE["customers"]:,} over {LARGE["months"]}, and the sample in `data/sample`. In the
simulator a hidden financial health drives failures, delays and orders, and habits, disputes, collectors and wrong
postings blur what the books show of it. So the truth is known, and the models can be held to it. It does not say how
often real customers fail, or how well real ledgers foretell it: no real bad debts were at hand. The back-test of your
own ledger does, and `credrisk run` makes it.

`truth` is the probability of failure within 12 months given the hidden health of the day. No ledger shows as much, so
it bounds what a model can reach for bad debts. Its level is not that of bad debts: a failure is booked as one up to
some months later, or never when next to nothing was owed. For the other two targets it is only one ranking among
others, for many pay late in good health.

Cells are means over the ledgers, with the lowest and the highest. One ledger has few events: its own AUC is easily off
by 0.05. These seeds took no part in choosing the card's points, the regression's variables or the number of events at
which the rung changes. Each rung was fitted on every ledger, also where `auto` would have taken another. `base_rate`
gives every row the mean rate of training: where it is off, later months were better or worse than earlier ones (for
frequent events it runs high besides, since some customers have most of them).
"""


def back_tests(
    ledger: Ledger, targets: Sequence[Target], rungs: Sequence[str], *, folds: int, samples: int
) -> dict[tuple[str, str], Validation]:
    """Return the back-test of every target and rung."""
    calendar = training_calendar(ledger.settings, ledger.settings.covers_to)
    panel = build_panel(ledger, calendar=calendar, output="polars")
    labels = build_labels(ledger, dates=calendar, output="polars")

    def back_test(target: Target, rung: Any) -> Validation:
        model = BadDebtModel(rung=rung, horizons=(12,))
        return validate(panel, labels, target=target, model=model, folds=folds, samples=samples)

    return {(target, rung): back_test(target, rung) for target in targets for rung in rungs}


def simulated(
    size: Mapping[str, int], seeds: Sequence[int], targets: Sequence[Target], rungs: Sequence[str]
) -> pl.DataFrame:
    """Return every measure by seed, target and model (baselines and the truth among them)."""
    found: list[dict[str, Any]] = []
    for seed in seeds:
        simulation = simulate_ledger(customers=size["customers"], months=size["months"], seed=seed)
        tests = back_tests(simulation.ledger(), targets, rungs, folds=2, samples=1)
        for (target, rung), back in tests.items():
            rows, key = back.predictions, {"seed": seed, "target": target}
            event, predicted = rows["event"].to_numpy(), rows[f"{PREFIXES[target]}_12m"].to_numpy()
            truth = true_probabilities(simulation.truth, rows)
            alive = ~np.isnan(truth)
            own = {
                "train_events": float(back.folds["train_events"].mean()),
                "predicted": predicted.mean(),
                "observed": event.mean(),
                "true": truth[alive].mean(),
                "rank_correlation": spearmanr(truth[alive], predicted[alive])[0],
            }
            found += [key | {"model": rung, "measure": name, "value": float(value)} for name, value in own.items()]
            metrics = back.metrics.select(pl.col("model").replace("model", rung), "measure", "value")
            once = metrics if rung == rungs[0] else metrics.filter(pl.col("model") == rung)
            found += [key | row for row in once.rows(named=True)]
            sides = by_score(event, np.nan_to_num(truth, nan=1.0), np.ones((1, len(event))))
            bound = {name: RANKING_MEASURES[name](*sides)[0] for name in RANKED if rung == rungs[0]}
            found += [key | {"model": "truth", "measure": name, "value": float(value)} for name, value in bound.items()]
    return pl.DataFrame(found)


def values(found: pl.DataFrame, target: str, model: str, measure: str) -> np.ndarray:
    """Return a measure on each ledger, by seed."""
    kept = found.filter((pl.col("target") == target) & (pl.col("model") == model) & (pl.col("measure") == measure))
    return kept.sort("seed")["value"].to_numpy()


def cell(numbers: np.ndarray) -> str:
    return f"{numbers.mean():.2f} ({numbers.min():.2f} to {numbers.max():.2f})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def ranking(found: pl.DataFrame, targets: Sequence[str], rungs: Sequence[str], measure: str) -> str:
    models = [*rungs, *BASELINES, "truth"]
    return table(
        ["", *(IN_WORDS[target] for target in targets)],
        [[f"`{model}`", *(cell(values(found, target, model, measure)) for target in targets)] for model in models],
    )


def against_baselines(found: pl.DataFrame, targets: Sequence[str], rungs: Sequence[str]) -> str:
    """Say of each rung and target by how much it beats the best plain baseline, or that it does not."""
    rows = []
    for target in targets:
        best = max(BASELINES, key=lambda name: values(found, target, name, "auc").mean())
        plain = values(found, target, best, "auc")
        for rung in rungs:
            ahead = values(found, target, rung, "auc") - plain
            verdict = "better" if ahead.mean() > 0 else "**not better**"
            count = f"{(ahead > 0).sum()} of {len(ahead)}"
            rows.append([IN_WORDS[target], f"`{rung}`", f"`{best}`", verdict, f"{ahead.mean():+.3f}", count])
    return table(["", "", "best plain baseline", "the model is", "by AUC", "ahead on ledgers"], rows)


def levels(found: pl.DataFrame, targets: Sequence[str], rungs: Sequence[str]) -> str:
    """Show predicted against observed events, and the order against the truth's."""
    rows = []
    for target in targets:
        for rung in rungs:
            predicted, observed, true = (values(found, target, rung, n) for n in ("predicted", "observed", "true"))
            percents = [f"{100 * share.mean():.1f} %" for share in (predicted, observed, true)]
            percents[2] = percents[2] if target == "bad_debt" else ""
            ratio = observed / predicted
            pooled = f"{observed.mean() / predicted.mean():.2f} ({ratio.min():.2f} to {ratio.max():.2f})"
            events = f"{values(found, target, rung, 'train_events').mean():.0f}"
            others = [cell(values(found, target, rung, name)) for name in ("calibration_slope", "rank_correlation")]
            rows.append([IN_WORDS[target], f"`{rung}`", events, *percents, pooled, *others])
        base = cell(values(found, target, "base_rate", "calibration_in_the_large"))
        rows.append([IN_WORDS[target], "`base_rate`", *[""] * 4, base, "", ""])
    head = ["", "", "events learnt from", "predicted", "observed", "true failures", "observed / predicted"]
    return table([*head, "calibration slope", "rank correlation with truth"], rows)


def sample() -> str:
    """Return the back-test of the shipped sample with its intervals."""
    ledger = Ledger.read(ROOT / "data" / "sample")
    measures = (*RANKED, "calibration_in_the_large")
    rows = []
    for (target, _), back in back_tests(ledger, TARGETS, ["auto"], folds=3, samples=200).items():
        rungs = ", ".join(back.folds["rung"].drop_nulls().unique().sort())
        for model in ("model", *BASELINES, "base_rate"):
            own = {row["measure"]: row for row in back.metrics.filter(pl.col("model") == model).rows(named=True)}
            told = ["{value:.2f} ({low:.2f} to {high:.2f})".format(**own[m]) if m in own else "" for m in measures]
            name = f"`{model}`" + (f" ({rungs})" if model == "model" else "")
            rows.append([IN_WORDS[target], name, str(back.metrics["events"][0]), *told])
    return table(["", "", "events", "AUC", "capture in the top tenth", "observed / predicted"], rows)


def document() -> str:
    parts = [INTRODUCTION]
    small, large = (SMALL, SMALL_SEEDS, TARGETS, RUNGS), (LARGE, LARGE_SEEDS, TARGETS[:2], RUNGS[1:])
    for size, seeds, targets, rungs in (small, large):
        found = simulated(size, seeds, targets, rungs)
        parts += [
            f"### {size['customers']:,} customers, {size['months']} months\n\n#### AUC\n",
            ranking(found, targets, rungs, "auc"),
            against_baselines(found, targets, rungs),
            "#### Share of the events in the tenth of the rows that ranks highest\n",
            ranking(found, targets, rungs, "capture_10pct"),
            "#### Level, sharpness, and order against the truth\n",
            levels(found, targets, rungs),
        ]
    intervals = "With 95 % intervals from resampling customers: where they overlap, the order of two models is open.\n"
    parts += [f"### The shipped sample\n\n{intervals}", sample()]
    return "\n".join(parts)


if __name__ == "__main__":
    write_section("ledgers", document())
