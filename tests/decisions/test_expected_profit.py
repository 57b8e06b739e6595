"""Break-even PD, profit of a sale and expected loss, against figures worked by hand."""

from __future__ import annotations

import doctest

import polars as pl
import pytest

from credrisk.decisions import expected_profit as module
from credrisk.decisions.expected_profit import break_even_pd, expected_loss, lgd_of_exposure, sale_profit
from credrisk.decisions.policy import Policy

ECONOMICS = Policy.default().economics


@pytest.mark.parametrize(
    ("margin", "lgd", "percentage"), [(0.10, 1.0, 10.0), (0.10, 0.8, 12.2), (0.30, 1.0, 30.0), (0.30, 0.8, 34.9)]
)
def test_published_break_even_vectors(margin, lgd, percentage):
    assert 100 * break_even_pd(margin, lgd, carry=0.0) == pytest.approx(percentage, abs=0.05)


def test_a_sale_earns_nothing_at_break_even_and_only_below_it():
    carry = ECONOMICS.cost_of_funds * 45 / 365
    cut_off = break_even_pd(ECONOMICS.margin, ECONOMICS.lgd_uninsured, carry=carry)
    rows = pl.DataFrame({"pd": [cut_off, cut_off - 0.001, cut_off + 0.001], "days": [45.0] * 3})
    profit = rows.select(sale_profit(pl.col("pd"), pl.col("days"), ECONOMICS, ECONOMICS.lgd_uninsured)).to_series()
    assert profit[0] == pytest.approx(0, abs=1e-12)
    assert profit[1] > 0 > profit[2]


def test_carry_above_the_margin_leaves_no_pd():
    assert break_even_pd(0.01, 0.8, carry=0.02) < 0


@pytest.mark.parametrize(
    ("exposure", "covered", "loss"),
    [(1000.0, 0.0, 0.1 * 770), (1000.0, 400.0, 0.1 * (40 + 0.77 * 600)), (300.0, 400.0, 0.1 * 30), (0.0, 400.0, 0.0)],
)
def test_expected_loss_by_cover(exposure, covered, loss):
    row = pl.DataFrame({"exposure": [exposure], "covered": [covered]})
    found = row.select(
        loss=expected_loss(pl.col("exposure"), pl.col("covered"), pl.lit(0.1), ECONOMICS),
        lgd=lgd_of_exposure(pl.col("exposure"), pl.col("covered"), ECONOMICS),
    ).row(0)
    assert found[0] == pytest.approx(loss)
    assert found[1] == (None if exposure == 0 else pytest.approx(loss / 0.1 / exposure))


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(module).failed == 0
