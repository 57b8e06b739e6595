"""Is a model worth having where a ledger holds about 25 bad debts? Twenty simulated ledgers, out of time.

    python benchmarks/small_evidence.py

Writes the section ``small-evidence`` of docs/results.md, in about three minutes.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from sections import write_section

from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.measures import auc, by_score, log_loss
from credrisk.models.validation import validate
from credrisk.pipeline.probabilities import training_calendar
from credrisk.simulate.simulator import simulate_ledger

CUSTOMERS, MONTHS, SEEDS = 1500, 48, range(1, 21)
"""At the date of the fold such a ledger has seen about 25 bad debts. Seeds 101 to 120 served to choose the beliefs."""

MODELS = {"auto": "what credrisk takes", "expert_card": "expert card", "penalised_regression": "penalised regression"}
BASE = "base_rate"


def one_ledger(seed: int) -> dict[str, float | str]:
    """Return log loss and AUC of every model, and of the base rate, on one ledger."""
    ledger = simulate_ledger(customers=CUSTOMERS, months=MONTHS, seed=seed).ledger()
    calendar = training_calendar(ledger.settings, ledger.settings.covers_to)
    panel = build_panel(ledger, calendar=calendar, output="polars")
    labels = build_labels(ledger, dates=calendar, output="polars")
    found: dict[str, float | str] = {}
    for rung in MODELS:
        model = BadDebtModel(rung=rung, horizons=(12,))  # type: ignore[arg-type]
        back = validate(panel, labels, model=model, folds=1, samples=1)
        event = back.predictions["event"].to_numpy()
        one = np.ones((1, len(event)))
        for name, column in ((rung, "pd_12m"), (BASE, BASE)):
            told = back.predictions[column].to_numpy()
            found[f"{name} log_loss"] = float(log_loss(event, told, one)[0])
            found[f"{name} auc"] = float(auc(*by_score(event, told, one))[0])
            found[f"{name} predicted"] = float(told.mean())
        found |= {"observed": float(event.mean()), "events": float(back.folds["train_events"][0])}
        if rung == "auto":
            found |= {"tests": float(back.folds["events"][0]), "rung": str(back.folds["rung"][0])}
    return found


def interval(differences: np.ndarray, *, samples: int = 10_000) -> tuple[float, float]:
    """Return the 95 % interval of a mean over ledgers, by resampling the ledgers."""
    drawn = np.random.default_rng(0).integers(0, len(differences), (samples, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def document(found: pl.DataFrame) -> str:
    rows = []
    for name in (*MODELS, BASE):
        loss, order = found[f"{name} log_loss"].to_numpy(), found[f"{name} auc"].to_numpy()
        ratio = found["observed"].sum() / found[f"{name} predicted"].sum()
        ranked = "" if name == BASE else f"{order.mean():.3f} ({order.min():.2f} to {order.max():.2f})"
        rows.append(f"| {MODELS.get(name, 'base rate')} | {loss.mean():.5f} | {ranked} | {ratio:.2f} |")
    paired = []
    for name, other in (("auto", BASE), ("auto", "expert_card"), ("expert_card", BASE)):
        less = found[f"{name} log_loss"].to_numpy() - found[f"{other} log_loss"].to_numpy()
        low, high = interval(less)
        names = f"{MODELS[name]} less {MODELS.get(other, 'base rate')}"
        paired.append(
            f"| {names} | {less.mean():+.5f} | {low:+.5f} to {high:+.5f} | {(less < 0).sum()} of {len(less)} |"
        )
    rungs = ", ".join(f"{count} of the {rung}" for rung, count in found["rung"].value_counts(sort=True).iter_rows())
    return f"""## Small evidence

Written by `python benchmarks/small_evidence.py`; do not edit it. {len(found)} simulated ledgers of {CUSTOMERS:,}
customers over {MONTHS} months, bad debt within 12 months: fitted once, with what was known at the middle of the
testable dates, and tested on all later dates whose 12 months are observed. At that date a ledger had seen
{found["events"].mean():.0f} distinct bad debts ({found["events"].min():.0f} to {found["events"].max():.0f}); the test
rows hold {found["tests"].mean():.0f}. `auto` made {rungs}. The beliefs of the regression were chosen on other seeds.

| | mean log loss | AUC | observed / predicted |
| --- | --- | --- | --- |
{chr(10).join(rows)}

The same ledgers, pair by pair (95 % intervals by resampling the ledgers):

| log loss of | mean difference | 95 % interval | better on ledgers |
| --- | --- | --- | --- |
{chr(10).join(paired)}
"""


if __name__ == "__main__":
    write_section("small-evidence", document(pl.DataFrame([one_ledger(seed) for seed in SEEDS])))
