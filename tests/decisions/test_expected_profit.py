"""Expected loss of an exposure against figures worked by hand."""

from __future__ import annotations

import polars as pl
import pytest

from credrisk.decisions.expected_profit import expected_loss, lgd_of_exposure
from credrisk.decisions.policy import Policy

ECONOMICS = Policy.default().economics


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
