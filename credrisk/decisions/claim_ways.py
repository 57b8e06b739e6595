"""What an old claim is worth by each way of dealing with it: in-house, agency, court; today, net of costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from credrisk.decisions.contact_value import collected_share
from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_collection import Action
from credrisk.errors import EvidenceError, ParameterError
from credrisk.features.labels import LabelSettings
from credrisk.ledger.ledger import Ledger
from credrisk.models.placement_recovery import placement_recoveries
from credrisk.models.recovery_to_come import DEFAULT_FROM_DAYS, RecoveryToCome, own_recovery, recovery_by_age

__all__ = ["AGENCY", "FEWEST_PLACEMENTS", "ClaimWays"]

AGENCY = "agency"
"""The action of the policy whose fee, cost and annoyance an agency has."""

FEWEST_PLACEMENTS = 10
PRIOR_PLACEMENTS = 5.0
"""Placements that the policy's curve counts as beside one's own."""

SAMPLES = 200
DAYS_IN_YEAR = 365.0
MONTHS_IN_YEAR = 12.0


@dataclass(frozen=True)
class ClaimWays:
    """The curves by which claims are valued.

    Attributes
    ----------
    in_house
        What one's own collectors still bring in.
    agency_factor
        Shape (n_draws,): what agencies brought in over what the policy's curve says; 1 where it is not measured.
    agency_source
        In words.
    policy
        Costs, fees, delays and the cost of funds.
    """

    in_house: RecoveryToCome
    agency_factor: np.ndarray
    agency_source: str
    policy: Policy

    @classmethod
    def of(
        cls, ledger: Ledger, *, as_of: date, policy: Policy, settings: LabelSettings | None = None, seed: int = 0
    ) -> ClaimWays:
        """Learn the curves from the ledger's past; where it has too little, the policy's stand in and say so."""
        rules = policy.collection.collectability
        try:
            in_house = own_recovery(ledger, as_of=as_of, settings=settings, samples=SAMPLES, seed=seed)
        except EvidenceError as few:
            source = f"the policy's curve of collectability, a prior ({few})"
            in_house = recovery_by_age(rules.ages_days, rules.shares, source=source)
        placed = placement_recoveries(ledger, as_of=as_of)
        if placed.height < FEWEST_PLACEMENTS:
            source = (
                f"the policy's curve of collectability, a prior (only {placed.height} placements could be followed for "
                f"a year; {FEWEST_PLACEMENTS} are needed)"
            )
            return cls(in_house, np.ones(1), source, policy)
        factor = _agency_factor(placed, policy, seed=seed)
        source = f"{placed.height} own placements followed for a year: {factor[0]:.2f} of the policy's curve"
        return cls(in_house, factor, source, policy)

    @property
    def agency(self) -> Action:
        """Return the policy's action of placing with an agency.

        Raises
        ------
        ParameterError
            When the policy has no such action.
        """
        for action in self.policy.collection.actions:
            if action.name == AGENCY:
                return action
        raise ParameterError("policy", f"one with a collection action named {AGENCY!r}", self.policy.version)

    def discount(self, days: float) -> float:
        """Return what one unit in so many days is worth today."""
        return float((1 + self.policy.economics.cost_of_funds) ** (-days / DAYS_IN_YEAR))

    def continuing(self, claims: pl.DataFrame) -> np.ndarray:
        """Return the value of going on in-house, shape (n_draws, n_claims).

        From 90 days past due on by the recovery curve. A younger claim ``A`` of age ``a`` is paid by its 90th day
        unless it becomes a bad debt: A [(1 - pd) d(90 - a) + pd (1 - lgd) d(365)], with pd and lgd of the scores (the
        policy's uninsured rate where there is none). Less the cost of collecting what comes in.
        """
        economics = self.policy.economics
        amount, age, pd = (claims[name].to_numpy() for name in ("claim", "age_days", "pd_used"))
        lgd = claims["lgd"].fill_null(economics.lgd_uninsured).to_numpy()
        old = self.in_house.worth(age, discount_rate=economics.cost_of_funds)
        wait = np.maximum(DEFAULT_FROM_DAYS - age, 0.0)
        soon = (1 + economics.cost_of_funds) ** (-wait / DAYS_IN_YEAR)
        young = (1 - pd) * soon + pd * (1 - lgd) * self.discount(DAYS_IN_YEAR)
        share = np.where(age >= DEFAULT_FROM_DAYS, old, young[None, :])
        net: np.ndarray = amount * share * (1 - self.policy.claims.in_house_cost_share)
        return net

    def soon_in_house(self, claims: pl.DataFrame, *, days: int) -> np.ndarray:
        """Return the share that comes in-house within ``days``, as the recovery curve has it from 90 days past due."""
        return self.in_house.within(claims["age_days"].to_numpy(), days=days)

    def placed(self, claims: pl.DataFrame, *, later_days: int = 0) -> np.ndarray:
        """Return the value of placing each claim with an agency ``later_days`` from now, as it will be worth then.

        A c(age) (1 - fee) d(delay) - cost - goodwill, with c the policy's curve times what agencies brought in of it.
        """
        amount, age = claims["claim"].to_numpy(), claims["age_days"].to_numpy() + later_days
        share = np.minimum(
            self.agency_factor[:, None] * collected_share(age, self.policy.collection.collectability)[None, :], 1.0
        )
        delay = self.policy.claims.agency_months / MONTHS_IN_YEAR * DAYS_IN_YEAR
        fixed = self.agency.cost + self.agency.goodwill
        net: np.ndarray = amount * share * (1 - self.agency.fee_share) * self.discount(delay) - fixed
        return net

    def court(self, claims: pl.DataFrame) -> np.ndarray:
        """Return the value of suing, shape (n_claims,): all of it the policy's prior, so without an interval."""
        rules, amount = self.policy.claims, claims["claim"].to_numpy()
        delay = rules.legal_months / MONTHS_IN_YEAR * DAYS_IN_YEAR
        comes = amount * rules.legal_collected_share * self.discount(delay)
        net: np.ndarray = comes - rules.legal_cost - rules.legal_cost_share * amount
        return net


def _agency_factor(placed: pl.DataFrame, policy: Policy, *, seed: int) -> np.ndarray:
    """Return what agencies brought in over what the curve expected, the estimate first, then resamples.

    The prior counts as ``PRIOR_PLACEMENTS`` placements that bring in what the curve says.
    """
    expected = collected_share(placed["age_days"].to_numpy(), policy.collection.collectability)
    share, n = placed["share"].to_numpy(), placed.height
    rng = np.random.default_rng(seed)
    weight = np.vstack([np.ones((1, n)), rng.exponential(size=(SAMPLES, n))])
    prior = PRIOR_PLACEMENTS * float(expected.mean())
    factor: np.ndarray = (weight @ share + prior) / (weight @ expected + prior)
    return factor
