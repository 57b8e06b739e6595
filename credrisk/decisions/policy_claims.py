"""The section of the credit policy on old debts: payment plan, settlement, agency, court."""

from __future__ import annotations

from dataclasses import dataclass

from credrisk.decisions.policy_values import AtLeastOneWhole, Count, NotNegative, Share, ShareAboveZero, ShareBelowOne

__all__ = ["Claims"]


@dataclass(frozen=True)
class Claims:
    """What is assumed of the ways to deal with an old debt; money in major units of the ledger's currency."""

    plan_months: AtLeastOneWhole
    plan_quantile: Share
    plan_minimum: NotNegative
    promise_kept: ShareAboveZero
    settlement_days: Count
    in_house_cost_share: ShareBelowOne
    agency_months: NotNegative
    legal_collected_share: Share
    legal_months: NotNegative
    legal_cost: NotNegative
    legal_cost_share: Share
