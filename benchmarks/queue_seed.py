"""What a seller knows on the day of the queue, with models fitted on the past of another simulated seller."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from credrisk.features.calendar import Calendar
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.days_to_pay import expected_days_to_pay
from credrisk.models.past_shares import past_share
from credrisk.models.payment_items import payment_items
from credrisk.models.payment_timing import PaymentTiming
from credrisk.pipeline.probabilities import fitted, training_calendar
from credrisk.simulate.contact_world import ContactWorld
from credrisk.simulate.contact_world_oracle import expected_gains

__all__ = ["CUSTOMERS", "MODEL_SEED", "Models", "fit_models", "known_on", "world_of"]

CUSTOMERS = 3000
MODEL_SEED = 900
"""The seller whose past the models are fitted on; it is judged nowhere."""
EVERY = 2
"""Every second month is a training date."""
DRAWS = 300
OUTSIDE = ("in_default", "recovering")


@dataclass(frozen=True)
class Models:
    """The library's own models: bad debt within 12 months, payment days, bad debts among past defaults."""

    bad_debt: BadDebtModel
    timing: PaymentTiming
    shares: dict[str, float]


def world_of(seed: int, world: str = "usual") -> ContactWorld:
    return ContactWorld.of(seed=seed, customers=CUSTOMERS, world=world)


def fit_models(folder: Path) -> Models:
    """Fit the models on the history of ``MODEL_SEED``, or read them where they were fitted before."""
    if not (folder / "shares.json").exists():
        world = world_of(MODEL_SEED)
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


def known_on(seed: int, models: Models, folder: Path) -> None:
    """Write what the seller knows on the day, ``scores``, and the oracle's ``expected`` gains."""
    world = world_of(seed)
    day, ledger = world.as_of, world.simulation.ledger().cut(world.as_of)
    calendar = Calendar((day,))
    panel = build_panel(ledger, calendar=calendar, output="polars")
    labels = build_labels(ledger, dates=calendar, output="polars")
    status = labels.select("customer_id", "status", "bad_debt_at_risk")
    at_risk = panel.join(status.filter("bad_debt_at_risk"), on="customer_id", how="semi")
    chances = models.bad_debt.predict_pd(at_risk, horizons=[3, 6, 12], output="polars")
    chances = pl.concat([at_risk.select("customer_id"), chances.select("pd_12m")], how="horizontal")
    items = payment_items(ledger, as_of=day)
    delays = expected_days_to_pay(models.timing.distribution(items, as_of=day), items, as_of=day)
    scores = (
        panel.select("customer_id")
        .join(status.drop("bad_debt_at_risk"), on="customer_id", how="left")
        .join(chances, on="customer_id", how="left")
        .join(delays, on="customer_id", how="left")
        .with_columns(
            pd_12m=pl.coalesce("pd_12m", pl.col("status").replace_strict(models.shares, default=None)),
            p_late30_12m=pl.lit(None, pl.Float64),
        )
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in {"expected": expected_gains(world, draws=DRAWS), "scores": scores}.items():
        frame.write_parquet(folder / f"{name}-{seed}.parquet")
