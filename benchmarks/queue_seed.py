"""What a seller knows on the day of the queue, with models fitted on the past of another simulated seller."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from credrisk.features.calendar import Calendar
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.past_shares import past_share
from credrisk.models.payment_items import payment_items
from credrisk.models.payment_timing import PaymentTiming
from credrisk.pipeline.probabilities import fitted, training_calendar
from credrisk.simulate.contact_world import ContactWorld

__all__ = ["MODEL_SEED", "Models", "Seen", "fit_models", "seen_on"]

MODEL_SEED = 900
"""The seller whose past the models are fitted on; it is judged nowhere."""
EVERY = 2
"""Every second month is a training date."""
OUTSIDE = ("in_default", "recovering")


@dataclass(frozen=True)
class Models:
    """The library's own models: bad debt within 12 months, payment days, bad debts among past defaults."""

    bad_debt: BadDebtModel
    timing: PaymentTiming
    shares: dict[str, float]


@dataclass(frozen=True)
class Seen:
    """The ledger up to the day, a row a customer in ``scores``, and ``days`` until what is open will be paid."""

    ledger: Ledger
    scores: pl.DataFrame
    items: pl.DataFrame


def fit_models(folder: Path, *, customers: int) -> Models:
    """Fit the models on the history of ``MODEL_SEED``, or read them where they were fitted before."""
    if not (folder / "shares.json").exists():
        world = ContactWorld.of(seed=MODEL_SEED, customers=customers)
        known, day = world.simulation.ledger().cut(world.as_of), world.as_of
        whole = training_calendar(known.settings, day)
        calendar = Calendar(whole.ends[::-1][::EVERY][::-1])
        panel = build_panel(known, calendar=calendar, output="polars")
        labels = build_labels(known, dates=calendar, output="polars")
        fitted(panel, labels, target="bad_debt", currency=known.settings.currency).save(
            folder / "bad_debt", overwrite=True
        )
        items = payment_items(known, as_of=day)
        PaymentTiming().fit(items, as_of=day).save(folder / "timing", overwrite=True)
        shares = {status: past_share(labels, status=status, horizons=[12]).probabilities[12] for status in OUTSIDE}
        (folder / "shares.json").write_text(json.dumps(shares))
    shares = json.loads((folder / "shares.json").read_text())
    return Models(BadDebtModel.load(folder / "bad_debt"), PaymentTiming.load(folder / "timing"), shares)


def seen_on(world: ContactWorld, models: Models) -> Seen:
    """Return what the models say on ``world.as_of`` from the ledger cut at that day."""
    day = world.as_of
    known = world.simulation.ledger().cut(day)
    calendar = Calendar((day,))
    panel = build_panel(known, calendar=calendar, output="polars")
    labels = build_labels(known, dates=calendar, output="polars")
    status = labels.select("customer_id", "status", "bad_debt_at_risk")
    at_risk = panel.join(status.filter("bad_debt_at_risk"), on="customer_id", how="semi")
    chances = models.bad_debt.predict_pd(at_risk, horizons=[3, 6, 12], output="polars")
    chances = pl.concat([at_risk.select("customer_id"), chances.select("pd_12m")], how="horizontal")
    scores = (
        panel.select("customer_id")
        .join(status.drop("bad_debt_at_risk"), on="customer_id", how="left")
        .join(chances, on="customer_id", how="left")
        .with_columns(
            pd_12m=pl.coalesce("pd_12m", pl.col("status").replace_strict(models.shares, default=None)),
            p_late30_12m=pl.lit(None, pl.Float64),
        )
    )
    return Seen(known, scores, _remaining(known, models, world))


def _remaining(known: Ledger, models: Models, world: ContactWorld) -> pl.DataFrame:
    """Return ``customer_id, due_on, open_amount`` and expected days of what is open, cut at the model's horizon."""
    items = payment_items(known, as_of=world.as_of)
    made = models.timing.distribution(items, as_of=world.as_of)
    still = 1.0 - np.cumsum(made.paid, axis=1)
    days = 1.0 + np.clip(still, 0.0, 1.0)[:, :-1].sum(axis=1)
    return (
        pl.DataFrame({"item_id": made.item_id, "days": days, "p_open": made.later_or_never})
        .join(items.select("item_id", "customer_id", "due_on", "open_amount"), on="item_id")
        .select("customer_id", "item_id", "due_on", "open_amount", "days", "p_open")
    )
