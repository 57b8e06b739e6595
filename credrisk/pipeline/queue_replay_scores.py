"""What the lists of a replay know of customers: models fitted once on the past, asked again on every later day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from credrisk.errors import EvidenceError
from credrisk.features.calendar import Calendar
from credrisk.features.labels import LabelSettings, build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.days_to_pay import expected_days_to_pay
from credrisk.models.past_shares import past_share
from credrisk.models.payment_items import payment_items
from credrisk.models.payment_timing import PaymentTiming
from credrisk.pipeline.probabilities import fitted, training_calendar
from credrisk.progress import Progress, silent

__all__ = ["Scorer", "fit_scorer", "scores_on"]

HORIZON = 12
OUTSIDE = ("in_default", "recovering")
"""States to which the model does not apply: the ledger's own past says what became of such customers."""


@dataclass(frozen=True)
class Scorer:
    """What was learnt by ``fitted_on``; without a ``model`` where the ledger could not support one (``why_not``).

    ``timing`` forecasts the day of payment; None where too few payments were seen.
    """

    fitted_on: date
    model: BadDebtModel | None
    timing: PaymentTiming | None
    shares: Mapping[str, float] = field(default_factory=dict)
    why_not: str = ""


def fit_scorer(
    ledger: Ledger, *, as_of: date, settings: LabelSettings | None = None, progress: Progress = silent
) -> Scorer:
    """Fit bad debt and the day of payment on what was known by ``as_of``; later outcomes play no part."""
    known = ledger.cut(as_of)
    calendar = training_calendar(known.settings, as_of)
    panel = build_panel(known, calendar=calendar, output="polars", progress=progress)
    labels = build_labels(known, dates=calendar, settings=settings, output="polars")
    shares: dict[str, float] = {}
    for status in OUTSIDE:
        try:
            shares[status] = past_share(labels, status=status, horizons=[HORIZON]).probabilities[HORIZON]
        except EvidenceError:
            continue  # the policy's probability stands in, as in every run
    timing: PaymentTiming | None = None
    try:
        progress("Learning when invoices are paid", 0, 0)
        timing = PaymentTiming().fit(payment_items(known, as_of=as_of), as_of=as_of)
    except EvidenceError:
        pass  # the policy's priors then stand without a bound by the expected delay
    try:
        model = fitted(panel, labels, target="bad_debt", currency=known.settings.currency, progress=progress)
    except EvidenceError as error:
        return Scorer(as_of, None, timing, shares, str(error).rstrip("."))
    return Scorer(as_of, model, timing, shares)


def scores_on(ledger: Ledger, scorer: Scorer, *, as_of: date, settings: LabelSettings | None = None) -> pl.DataFrame:
    """Return what the collection queue wants to know of every customer on a day, from the ledger cut at it.

    Returns
    -------
    polars.DataFrame
        ``customer_id, status, pd_12m`` (null: the policy's grade stands in), ``p_late30_12m`` (null: not asked here),
        ``dbt_12m`` and ``expected_days_to_pay`` (null: nothing open, or not learnt). Sorted by ``customer_id``.
    """
    known = ledger.cut(as_of)
    calendar = Calendar((as_of,))
    panel = build_panel(known, calendar=calendar, output="polars")
    labels = build_labels(known, dates=calendar, settings=settings, output="polars")
    status = labels.select("customer_id", "status", "bad_debt_at_risk")
    scores = panel.select("customer_id", "dbt_12m").join(status, on="customer_id", how="left", maintain_order="left")
    at_risk = panel.join(status.filter("bad_debt_at_risk"), on="customer_id", how="semi")
    chances = pl.DataFrame(schema={"customer_id": pl.String, "pd_12m": pl.Float64})
    if scorer.model is not None and at_risk.height:
        found = scorer.model.predict_pd(
            at_risk.select(scorer.model.feature_names_in_.tolist()), horizons=[3, 6, HORIZON], output="polars"
        )
        chances = pl.concat([at_risk.select("customer_id"), found.select("pd_12m")], how="horizontal")
    stated = pl.col("status").replace_strict(dict(scorer.shares), default=None, return_dtype=pl.Float64)
    expected = pl.DataFrame(schema={"customer_id": pl.String, "expected_days_to_pay": pl.Float64})
    if scorer.timing is not None:
        items = payment_items(known, as_of=as_of)
        expected = expected_days_to_pay(scorer.timing.distribution(items, as_of=as_of), items, as_of=as_of)
    return (
        scores.join(chances, on="customer_id", how="left", maintain_order="left")
        .join(expected, on="customer_id", how="left", maintain_order="left")
        .with_columns(pd_12m=pl.coalesce("pd_12m", stated), p_late30_12m=pl.lit(None, pl.Float64))
        .select("customer_id", "status", "pd_12m", "p_late30_12m", "dbt_12m", "expected_days_to_pay")
        .sort("customer_id")
    )
