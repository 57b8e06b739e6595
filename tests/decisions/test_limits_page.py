"""The worked example of docs/limits.md, figure by figure, by the code and against the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from decisions.test_limit_curves import INPUT, inputs_of
from scipy.stats import norm

from credrisk.decisions.policy import Policy
from credrisk.decisions.profit_limit import ProfitLimits
from credrisk.decisions.unit_economics import survived_share, unit_economics

PAGE = " ".join((Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8").split())
POLICY = Policy.default()
NONE = np.array([np.nan])
DEMAND = np.log(30_000.0)


def unit(pd: float):
    survived = survived_share(np.array([pd]), NONE, NONE)
    figures = {"margin": 0.10, "turns": 10.0, "days_unpaid": 36.5, "lgd": 0.77, "cover_lgd": 0.0}
    arrays = {name: np.array([value]) for name, value in figures.items()}
    return survived[0], unit_economics(POLICY.economics, pd=np.array([pd]), survived=survived, **arrays)


def best(pd: float, ead_log_mean: float, ead_log_sd: float) -> float:
    row = INPUT | {
        "pd": pd,
        "survived": unit(pd)[0],
        "margin": 0.10,
        "days_unpaid": 36.5,
        "demand_log_mean": DEMAND,
        "demand_log_sd": 0.5,
        "ead_log_mean": ead_log_mean,
        "ead_log_sd": ead_log_sd,
    }
    return ProfitLimits.of(inputs_of(row), policy=POLICY).best()[0]


def test_the_unit_and_the_fractile():
    survived, money = unit(0.05)
    fractile = 1 - (money.loss[0] + money.funding[0]) / money.gain[0]
    for words in (
        f"0.05 / -log(0.95) = {survived:.4f}",
        f"10 x 0.9748 - 0.05) = {10 * survived - 0.05:.3f}",
        f"x (0.10 - 0.0080) = {money.gain[0]:.4f}",
        f"0.05 x 0.77 x 0.90 = {money.loss[0]:.4f}",
        f"0.05 x 0.0080 = {money.funding[0]:.4f}",
        f"/ 0.8922 = {fractile:.4f}",
        f"30,000 x exp(0.5 x {norm.ppf(fractile):.3f}) = {round(30_000 * np.exp(0.5 * norm.ppf(fractile)), -2):,.0f}",
    ):
        assert words in PAGE, words


@pytest.mark.parametrize("pd", [0.05, 0.25, 0.50])
def test_the_limits(pd):
    _, money = unit(pd)
    closed = 30_000 * np.exp(0.5 * norm.ppf(1 - (money.loss[0] + money.funding[0]) / money.gain[0]))
    drawn_up = best(pd, np.log(39_000) - 0.7**2 / 2, 0.7)
    assert best(pd, 60.0, 0.5) == pytest.approx(closed, rel=0.005)
    digits = -3 if drawn_up > 100_000 else -2
    for found in (round(closed, -2), round(drawn_up, digits)):
        assert f"{found:,.0f}" in PAGE, found
