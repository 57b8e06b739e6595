"""Everything that a log of offers tells about its actions: days won overall and by cell, shares paid, sensitivity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.models.contact_effect import ESTIMATED, ActionEffect, Chances, contact_effects, offered_chances
from credrisk.models.contact_effect_cells import CellEffects, cells_of, shrunk_effects
from credrisk.models.hidden_confounding import residual_t, robustness_value
from credrisk.models.offer_nuisance import expected_outcomes
from credrisk.models.offer_rows import OfferRows
from credrisk.models.overlap import Estimate, clustered

__all__ = ["ALPHA", "Study", "study_of"]

DAYS_OPEN = "open_days_90"
ALPHA = 0.05


@dataclass(frozen=True)
class Study:
    """The effects in a log, with what they were worked out from.

    Attributes
    ----------
    rows
        Offers whose days open are known.
    effects
        Of every action, on the days open (negative: paid earlier).
    cells
        Of every action with an estimate, days won (positive: paid earlier), shrunk to the prior.
    """

    rows: OfferRows
    chances: Chances
    expected: np.ndarray
    effects: tuple[ActionEffect, ...]
    cells: Mapping[str, CellEffects]

    def of(self, action: str) -> ActionEffect:
        """Return the effect of an action."""
        return next(effect for effect in self.effects if effect.action == action)

    def days_won(self, action: str) -> Estimate | None:
        """Return the days that the offer of an action wins on average over accounts; null without an estimate."""
        found = self.of(action).estimate
        return None if found is None else _turned(found)

    def days_won_by_money(self, action: str, amount: np.ndarray) -> Estimate | None:
        """Return the days won on average over money: every account counts by its amount."""
        effect = self.of(action)
        if effect.estimate is None:
            return None
        weight = amount[effect.region] / amount[effect.region].mean()
        won = -effect.scores
        mean = float((weight * won).mean())
        return clustered(weight * (won - mean), self.rows.customer[effect.region], mean)

    def robustness(self, action: str) -> float | None:
        """Return the robustness value at which the 95 % interval reaches zero; null where chances were logged."""
        effect = self.of(action)
        if effect.estimate is None or self.chances.source != ESTIMATED:
            return None
        if effect.estimate.lower <= 0 <= effect.estimate.upper:
            return 0.0
        arm = self.rows.actions.index(action)
        used = effect.region & ((self.rows.arm == arm) | (self.rows.arm == 0))
        chance = self.chances.estimated[used, arm]
        chance = chance / (chance + self.chances.estimated[used, 0])
        offered = (self.rows.arm[used] == arm) - chance
        usual = chance * self.expected[used, arm] + (1 - chance) * self.expected[used, 0]
        left = self.rows.column(DAYS_OPEN)[used] - usual
        t, degrees = residual_t(offered, left, self.rows.customer[used])
        return robustness_value(t, degrees, level=ALPHA)

    def other_outcome(self, outcome: str, eligible: Mapping[str, np.ndarray]) -> dict[str, Estimate | None]:
        """Return the effect of each action on a share paid or lost, for rows where that is known."""
        found = self.rows.column(outcome)
        known = ~np.isnan(found)
        if not known.any():
            return dict.fromkeys(self.rows.actions[1:])
        chances = Chances(self.chances.source, self.chances.own[known], self.chances.estimated[known])
        open_to = {action: mask[known] for action, mask in eligible.items()}
        effects = contact_effects(self.rows.of(known), found[known], chances, eligible=open_to)
        return {effect.action: effect.estimate for effect in effects}


def study_of(rows: OfferRows, *, prior_days: Mapping[str, float], eligible: Mapping[str, np.ndarray]) -> Study:
    """Measure every action of the offers on the days open, overall and by cell.

    Parameters
    ----------
    rows
        Offers with ``open_days_90`` known for each.
    prior_days
        The believed effect of an offer of each action, in days won.
    eligible
        Rows to which each action is open.
    """
    outcome = rows.column(DAYS_OPEN)
    chances, expected = offered_chances(rows), expected_outcomes(rows, outcome)
    effects = contact_effects(rows, outcome, chances, eligible=dict(eligible), expected=expected)
    seen = cells_of(rows.frame)
    cells = {
        effect.action: shrunk_effects(
            -effect.scores,
            seen.filter(pl.Series(effect.region)),
            rows.customer[effect.region],
            prior_days=prior_days[effect.action],
            seen=seen,
        )
        for effect in effects
        if effect.estimate is not None
    }
    return Study(rows, chances, expected, tuple(effects), cells)


def _turned(found: Estimate) -> Estimate:
    return Estimate(-found.value, found.se, -found.upper, -found.lower, found.p_value, found.clusters)
