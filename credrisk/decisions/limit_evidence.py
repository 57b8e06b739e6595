"""What a ledger knows about its customers' limits beside scores and features, taken at once."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.cover_layer import contracts_in_force
from credrisk.decisions.insolvency import said_by_registers
from credrisk.decisions.limit_history import limit_history
from credrisk.decisions.margins import customer_attributes
from credrisk.features.labels import LabelSettings
from credrisk.features.monthly_peaks import monthly_peaks
from credrisk.features.own_funds import own_funds
from credrisk.ledger.ledger import Ledger
from credrisk.models.exposure_at_default import ExposureAtDefault
from credrisk.models.workouts import workouts_of

__all__ = ["LimitEvidence", "draw_of_past_defaults", "limit_evidence"]

WORKOUT_MONTHS = 24
"""A default within so many months of the customer's last one is the same one."""


class LimitEvidence(TypedDict):
    """Parameters of :func:`~credrisk.decisions.limit.recommend_limits` that a ledger answers."""

    contracts: pl.DataFrame
    peaks: pl.DataFrame
    attributes: pl.DataFrame
    statements: pl.DataFrame
    history: pl.DataFrame
    registers: pl.DataFrame
    exposure_at_default: ExposureAtDefault | None


def limit_evidence(
    ledger: Ledger, *, as_of: date | str, exposure_at_default: ExposureAtDefault | None = None
) -> LimitEvidence:
    """Return what is known at ``as_of``: cover, monthly peaks, margins, own funds, past limits, what registers say.

    Parameters
    ----------
    exposure_at_default
        Handed on; :func:`draw_of_past_defaults` fits it.

    Examples
    --------
    >>> recommend_limits(scores, features=today, **limit_evidence(ledger, as_of=day))  # doctest: +SKIP
    """
    day = to_date(as_of)
    return LimitEvidence(
        contracts=contracts_in_force(ledger, as_of=day),
        peaks=monthly_peaks(ledger, as_of=day),
        attributes=customer_attributes(ledger, as_of=day),
        statements=own_funds(ledger, as_of=day),
        history=limit_history(ledger, as_of=day),
        registers=said_by_registers(ledger.cut(day)),
        exposure_at_default=exposure_at_default,
    )


def draw_of_past_defaults(
    ledger: Ledger, *, panel: pl.DataFrame, labels: pl.DataFrame, as_of: date, settings: LabelSettings | None = None
) -> ExposureAtDefault | None:
    """Fit what failing customers draw on the bad debts known at ``as_of``; None where there is none.

    Parameters
    ----------
    panel, labels
        Month-ends up to ``as_of``; those at risk count: ``customer_id, as_of`` and ``net_balance, peak_balance_12m,
        credit_limit`` of the one, ``status`` of the other.
    """
    past = workouts_of(ledger, target="bad_debt", workout_months=WORKOUT_MONTHS, as_of=as_of, settings=settings)
    if past.defaults.is_empty() and past.without_exposure.is_empty():
        return None
    at_risk = labels.filter(pl.col("status") == "at_risk").select("customer_id", "as_of")
    seen = panel.select("customer_id", "as_of", "net_balance", "peak_balance_12m", "credit_limit")
    return ExposureAtDefault().fit(seen.join(at_risk, on=["customer_id", "as_of"], how="semi"), past)
