"""What one unit of limit earns from the good and loses on the bad within the year.

A unit of limit that is in use is turned over so many times a year: ``365 / days unpaid`` times where it is in use all
the time, less where the account is at its peak for a few days only. Each turn earns the margin less its own cost of
funds, ``margin - funding x days / 365``. It is earned

* by who survives the year, all turns;
* by who fails, the turns before the failure: the term structure of the PD says how many. With the loss stated on the
  invoice, sales still unpaid at the failure have earned their margin and lose the whole invoice; with the loss stated
  at cost, they have earned nothing and lose the cost of the goods.

Where the failing customer has drawn the unit, ``PD x (LGD x basis x (1 - tax relief) + funding of the unpaid turn)`` is
lost. A higher PD lowers what is earned and raises what is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.decisions.expected_profit import DAYS_IN_YEAR
from credrisk.decisions.policy_limits import Economics

__all__ = ["CERTAIN", "UnitEconomics", "earned_turns", "next_year_pd", "survived_share", "unit_economics"]

CERTAIN = 1 - 1e-12
"""A PD of 1 counts as this, so that its hazard is finite."""


@dataclass(frozen=True)
class UnitEconomics:
    """Money per unit of limit and year, one figure a customer.

    Attributes
    ----------
    gain
        Earned while the unit is in demand: counts with P(demand > x | good).
    loss
        Expected loss where the failing customer has drawn an uninsured unit: counts with P(EAD > x | bad).
    funding
        Expected funding of the unit that the failing customer leaves unpaid, insured or not: counts with
        P(EAD > x | bad).
    uninsured, insured
        Share lost of an uninsured and of an insured unit once the customer has failed.
    """

    gain: np.ndarray
    loss: np.ndarray
    funding: np.ndarray
    uninsured: np.ndarray
    insured: np.ndarray


def survived_share(pd: np.ndarray, pd_3m: np.ndarray, pd_6m: np.ndarray) -> np.ndarray:
    """Return the share of the coming year that a customer is expected to live through, its mean survival.

    Between the points of the term structure the hazard is level, and so it is where a point is NaN: with the 12-month
    PD alone the share is ``PD / -log(1 - PD)``.
    """
    year = _hazard(pd)
    half = np.where(np.isnan(pd_6m), year / 2, np.minimum(_hazard(pd_6m), year))
    quarter = np.where(np.isnan(pd_3m), half / 2, np.minimum(_hazard(pd_3m), half))
    spans = ((0.25, np.zeros_like(year), quarter), (0.25, quarter, half), (0.5, half, year))
    total: np.ndarray = sum((span * _mean_survival(begin, end) for span, begin, end in spans), np.zeros_like(year))
    return total


def next_year_pd(pd: np.ndarray, pd_6m: np.ndarray) -> np.ndarray:
    """Return the PD of the year after, of who survives this one: that of the second half year goes on.

    Where the 6-month PD is NaN it is this year's. The risk of a doubtful customer mostly shows early, so that a
    survivor is worth more than an applicant: this is what makes a first order worth its risk (Brealey and Myers).
    """
    year = _hazard(pd)
    half = np.where(np.isnan(pd_6m), year / 2, np.minimum(_hazard(pd_6m), year))
    following: np.ndarray = -np.expm1(-2 * (year - half))
    return following


def earned_turns(pd: np.ndarray, survived: np.ndarray, turns: np.ndarray, *, basis: str) -> np.ndarray:
    """Return how many turns of the year are expected to earn their margin.

    On invoice basis ``turns x survived``. At cost a customer that fails has not paid its last turn:
    ``max((1 - PD) turns, turns x survived - PD)``.
    """
    made: np.ndarray = turns * survived
    paid: np.ndarray = np.maximum((1 - pd) * turns, made - pd)
    return made if basis == "invoice" else paid


def unit_economics(
    economics: Economics,
    *,
    pd: np.ndarray,
    survived: np.ndarray,
    margin: np.ndarray,
    turns: np.ndarray,
    days_unpaid: np.ndarray,
    lgd: np.ndarray,
    cover_lgd: np.ndarray,
) -> UnitEconomics:
    """Return what a unit of limit earns and loses; every array holds one figure a customer.

    Parameters
    ----------
    survived
        See :func:`survived_share`.
    margin
        Share of the sale.
    turns
        How often a unit of limit in use is turned over in a year.
    days_unpaid
        Days from the sale to the payment, above 0.
    lgd, cover_lgd
        Share of an uninsured and of an insured balance that is lost.
    """
    basis, kept = economics.loss_basis, 1 - economics.tax_relief
    at_stake = np.ones_like(margin) if basis == "invoice" else 1 - margin
    carry = economics.cost_of_funds * days_unpaid / DAYS_IN_YEAR
    earned = earned_turns(pd, survived, turns, basis=basis)
    uninsured = lgd * at_stake * kept
    return UnitEconomics(
        gain=earned * (margin - carry),
        loss=pd * uninsured,
        funding=pd * carry,
        uninsured=uninsured,
        insured=np.minimum(cover_lgd * at_stake * kept, uninsured),
    )


def _hazard(pd: np.ndarray) -> np.ndarray:
    hazard: np.ndarray = -np.log1p(-np.clip(pd, 0.0, CERTAIN))
    return hazard


def _mean_survival(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the mean of exp(-H) while the cumulated hazard H rises evenly from ``begin`` to ``end``."""
    rise = end - begin
    small = rise < 1e-6  # the quotient would lose its digits
    mean = np.where(small, 1 - rise / 2, -np.expm1(-rise) / np.where(small, 1.0, rise))
    survival: np.ndarray = np.exp(-begin) * mean
    return survival
