"""One simulated ledger and what its seller knows on the day of the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.limit_evidence import LimitEvidence, draw_of_past_defaults, limit_evidence
from credrisk.features.calendar import Calendar
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.partition_links import company_groups
from credrisk.pipeline.probabilities import fitted, training_calendar
from credrisk.simulate.simulator import Simulation, simulate_ledger

__all__ = ["AS_OF", "HORIZON", "Known", "fit_scores", "known_on", "simulated"]

START, HISTORY, HORIZON, BOOKED = date(2019, 1, 1), 48, 12, 3
"""Months of history, months that are replayed, and months after them for entries that come late."""
AS_OF = date.fromordinal(months_after(START, HISTORY).toordinal() - 1)
EVERY = 2
"""Every second month is a training date."""


@dataclass(frozen=True)
class Known:
    """What a seller knows on the day: one row a customer in ``scores`` and ``features``."""

    ledger: Ledger
    scores: pl.DataFrame
    features: pl.DataFrame
    evidence: LimitEvidence
    groups: pl.DataFrame


def simulated(seed: int, customers: int) -> Simulation:
    return simulate_ledger(customers=customers, months=HISTORY + HORIZON + BOOKED, start=START, seed=seed)


def fit_scores(ledger: Ledger, folder: Path) -> None:
    """Fit the probability of bad debt on what was known on the day; write scores and panel for :func:`known_on`."""
    known = ledger.cut(AS_OF)
    whole = training_calendar(known.settings, AS_OF)
    calendar = Calendar(whole.ends[::-1][::EVERY][::-1])
    panel = build_panel(known, calendar=calendar, output="polars")
    labels = build_labels(known, dates=calendar, output="polars")
    model = fitted(panel, labels, target="bad_debt", currency=known.settings.currency)
    today = panel.filter(pl.col("as_of") == AS_OF)
    status = labels.filter(pl.col("as_of") == AS_OF).select("customer_id", "status", "bad_debt_at_risk")
    at_risk = today.join(status.filter("bad_debt_at_risk"), on="customer_id", how="semi")
    chances = model.predict_pd(at_risk, horizons=[3, 6, 12], output="polars")
    chances = pl.concat([at_risk.select("customer_id"), chances], how="horizontal")
    scores = today.select("customer_id").join(status.drop("bad_debt_at_risk"), on="customer_id", how="left")
    scores = scores.join(chances, on="customer_id", how="left").with_columns(p_late30_12m=pl.lit(None, pl.Float64))
    folder.mkdir(parents=True, exist_ok=True)
    balances = panel.select("customer_id", "as_of", "net_balance", "peak_balance_12m", "credit_limit")
    for name, frame in {"balances": balances, "labels": labels, "features": today, "scores": scores}.items():
        frame.write_parquet(folder / f"{name}.parquet")


def known_on(ledger: Ledger, folder: Path) -> Known:
    """Gather what limits are worked out from; the scores are those of :func:`fit_scores`."""
    known = ledger.cut(AS_OF)
    read = {name: pl.read_parquet(folder / f"{name}.parquet") for name in ("balances", "labels", "features", "scores")}
    drawn = draw_of_past_defaults(known, panel=read["balances"], labels=read["labels"], as_of=AS_OF)
    return Known(
        ledger=known,
        scores=read["scores"],
        features=read["features"],
        evidence=limit_evidence(known, as_of=AS_OF, exposure_at_default=drawn),
        groups=company_groups(known),
    )
