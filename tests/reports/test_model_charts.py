"""Charts of a model say what their frames hold, keep their words on the sheet, and refuse what they cannot draw."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from defusedxml import ElementTree
from models.test_master_scale import SCALE, moves

from credrisk.errors import EvidenceError
from credrisk.models.migration import migration_matrix
from credrisk.reports import charts
from credrisk.reports.charts import PAGE, to_svg

TERMS = pl.DataFrame({"pd_3m": [0.01, 0.05], "pd_6m": [0.02, 0.09], "pd_12m": [0.035, 0.16]})
DRIFT = pl.DataFrame({"feature": ["dbt_12m", "dso_3m"], "psi": [0.4, 0.05], "critical": [0.1, 0.1]})


def drawings():
    rng = np.random.default_rng(1)
    probability = rng.beta(1, 30, 400)
    return {
        "term": lambda: charts.term_structure_chart(TERMS, names=["North", "South"]),
        "scores": lambda: charts.score_distribution_chart(probability),
        "moves": lambda: charts.migration_chart(migration_matrix(*moves(), scale=SCALE).cells),
        "drift": lambda: charts.drift_chart(DRIFT),
    }


def test_findings_are_what_the_frames_hold() -> None:
    found = {name: draw().finding for name, draw in drawings().items()}
    assert found["term"] == "South is the riskiest: 16.0 % within 12 months"
    assert found["drift"] == "1 of 2 features have moved; most: dbt 12m"
    assert found["moves"] == "14 % were in the same grade at the end"
    assert "Half of the customers are below" in found["scores"]


def test_a_long_bar_that_always_moves_so_is_no_move_and_that_is_said() -> None:
    drift = pl.DataFrame(
        {"feature": ["statement_age_days", "tenure_months"], "psi": [3.22, 0.18], "limit": [3.5, 0.15]}
    )
    assert charts.drift_chart(drift).finding == (
        "1 of 2 features have moved; most: tenure months; statement age days (3.22) moves so at all times, "
        "usual up to 3.50"
    )


@pytest.mark.parametrize("name", list(drawings()))
def test_a_chart_is_sound_svg_and_the_same_every_time(name: str) -> None:
    first, second = (to_svg(drawings()[name](), name=name) for _ in range(2))
    assert first == second
    assert ElementTree.fromstring(first).tag.endswith("svg")
    assert drawings()[name]().alt


def test_what_cannot_be_drawn_says_why() -> None:
    for draw in (
        lambda: charts.term_structure_chart(TERMS.head(0)),
        lambda: charts.term_structure_chart(pl.DataFrame({"pd": [0.1]})),
        lambda: charts.score_distribution_chart(np.array([np.nan, 0.0])),
        lambda: charts.migration_chart(migration_matrix(*moves(), scale=SCALE).cells.head(0)),
        lambda: charts.drift_chart(DRIFT.head(0)),
    ):
        with pytest.raises(EvidenceError):
            draw()


def test_charts_fit_the_page_too() -> None:
    chart = charts.term_structure_chart(TERMS, size=PAGE)
    assert to_svg(chart, name="page").count(chart.finding) == 1  # what a screen reader calls it
