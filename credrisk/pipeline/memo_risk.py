"""What the bad-debt model says of chosen customers, now and a year before, for their memos."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import months_after
from credrisk.errors import EvidenceError
from credrisk.features.catalogue import catalogue
from credrisk.models.adverse_action import adverse_action_reasons
from credrisk.models.outcomes import TrainingRows, training_rows
from credrisk.models.pd_interval import pd_interval
from credrisk.models.reason_steps import reason_steps
from credrisk.models.what_changed import what_changed
from credrisk.pipeline.probabilities import Estimate
from credrisk.progress import Progress
from credrisk.reports.memo import MemoRisk

if TYPE_CHECKING:
    from credrisk.models.bad_debt import BadDebtModel

__all__ = ["LEVELS", "customer_risks"]

REASONS = 5
CHANGES = 4
STEPS = 6
MONTHS_BETWEEN = 12
LEAST_MONTHS_BETWEEN = 3
LEVELS = (0.8, 0.95)


def customer_risks(
    estimate: Estimate,
    panel: pl.DataFrame,
    labels: pl.DataFrame,
    customers: Sequence[str],
    as_of: date,
    *,
    refits: int,
    seed: int,
    progress: Progress,
) -> dict[str, MemoRisk]:
    """Return what the model says of each customer; of one that is not at risk, nothing."""
    before_on = _earlier(panel, as_of)
    model = estimate.model
    if model is None:
        why = f"No probability of a bad debt is measured: {estimate.why_not}."
        return {customer: MemoRisk(before_on=before_on, why_no_interval=why) for customer in customers}
    wanted = panel.join(labels.select("customer_id", "as_of", "bad_debt_at_risk"), on=["customer_id", "as_of"])
    wanted = wanted.filter(pl.col("customer_id").is_in(list(customers)) & pl.col("bad_debt_at_risk"))
    now = wanted.filter(pl.col("as_of") == as_of)
    before = wanted.filter(pl.col("as_of") == before_on)
    spans, why = _intervals(model, now, training_rows(panel, labels, target="bad_debt"), refits, seed, progress)
    reasons, reasons_before = _reasons(model, now), _reasons(model, before)
    changed, pd_before = _changes(model, before, now, before_on)
    denial, steps = _denial(model, now), _steps(model, now)
    told = model.predict_pd(_features(now), horizons=[12], output="polars")["pd_12m"] if now.height else ()
    pds = dict(zip(now["customer_id"], told, strict=True))
    words = f"{estimate.source.replace('_', ' ')}, {model.evidence_['first_events']} bad debts in the ledger"
    at_risk = set(now["customer_id"].to_list())
    return {
        customer: MemoRisk(
            model=words if customer in at_risk else "",
            interval=spans.get(customer, {}),
            why_no_interval=why if customer in at_risk else "",
            reasons=reasons.get(customer, ()),
            reasons_before=reasons_before.get(customer, ()),
            pd_before=pd_before.get(customer),
            before_on=before_on,
            changed=changed.get(customer, ()),
            denial=denial.get(customer, ()),
            steps=steps.get(customer, pl.DataFrame()),
            pd=pds.get(customer),
        )
        for customer in customers
    }


def _earlier(panel: pl.DataFrame, as_of: date) -> date | None:
    """Return the month-end a year before, or the first there is, three months before at the latest."""
    days = panel["as_of"].unique().sort()
    earlier = days.filter(
        (days >= months_after(as_of, -MONTHS_BETWEEN)) & (days <= months_after(as_of, -LEAST_MONTHS_BETWEEN))
    )
    return None if earlier.is_empty() else earlier[0]


def _features(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("customer_id", *catalogue())


def _intervals(
    model: BadDebtModel, now: pl.DataFrame, training: TrainingRows, refits: int, seed: int, progress: Progress
) -> tuple[dict[str, dict[float, tuple[float, float]]], str]:
    if refits == 0:
        return {}, "How far the probability may be off was not asked for."
    if now.is_empty():
        return {}, ""
    try:
        found = pd_interval(
            model,
            _features(now),
            training,
            horizons=[12],
            levels=LEVELS,
            samples=refits,
            seed=seed,
            progress=progress,
            output="polars",
        )
    except EvidenceError as reason:
        return {}, f"How far the probability may be off is not measured: {reason}"
    spans = {
        row["customer_id"]: {
            level: (row[f"pd_12m_low{100 * level:g}"], row[f"pd_12m_high{100 * level:g}"])
            for level in LEVELS
            if row[f"pd_12m_low{100 * level:g}"] is not None
        }
        for row in found.iter_rows(named=True)
    }
    missing = "How far the probability may be off is not measured: too few refits hold enough late events."
    return spans, "" if all(spans.values()) else missing


def _reasons(model: BadDebtModel, rows: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    if rows.is_empty():
        return {}
    told = model.explain(_features(rows), top=REASONS, output="polars").sort("row", "rank")
    return _in_order(rows, told.select("row", "says"))


def _steps(model: BadDebtModel, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {
        rows["customer_id"][place]: reason_steps(model, _features(rows[place : place + 1]), top=STEPS, output="polars")
        for place in range(rows.height)
    }


def _in_order(rows: pl.DataFrame, told: pl.DataFrame) -> dict[str, tuple[Any, ...]]:
    """Return what was told of each row, by customer: the sentence, or the tuple of the other columns."""
    found: dict[str, list[Any]] = {customer: [] for customer in rows["customer_id"]}
    ids = rows["customer_id"].to_list()
    for place, *words in told.iter_rows():
        found[ids[place]].append(words[0] if len(words) == 1 else tuple(words))
    return {customer: tuple(words) for customer, words in found.items()}


def _changes(
    model: BadDebtModel, before: pl.DataFrame, now: pl.DataFrame, before_on: date | None
) -> tuple[dict[str, tuple[str, ...]], dict[str, float | None]]:
    if now.is_empty() or before.is_empty() or before_on is None:
        return {}, {}
    there = now.filter(pl.col("customer_id").is_in(before["customer_id"].to_list()))
    if there.is_empty():
        return {}, {}
    found = what_changed(
        model, _features(before), _features(there), when=f"on {before_on.isoformat()}", top=CHANGES, output="polars"
    )
    earlier = dict(found.summary.select("customer_id", "pd_before").iter_rows())
    return _in_order(there, found.reasons.sort("row", "rank").select("row", "says")), earlier


def _denial(model: BadDebtModel, now: pl.DataFrame) -> dict[str, tuple[tuple[str, str], ...]]:
    if now.is_empty():
        return {}
    told = adverse_action_reasons(model, _features(now), output="polars")
    named = told.filter(pl.col("factor").is_not_null()).sort("row", "rank")
    return _in_order(now, named.select("row", "factor", "says"))
