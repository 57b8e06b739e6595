"""What a run says of its own probabilities."""

from __future__ import annotations

import polars as pl
import pytest

from credrisk.models.validation import METRICS
from credrisk.pipeline.probabilities import level_note


def metrics(value: float | None, low: float | None, high: float | None) -> pl.DataFrame:
    row = {"model": "model", "measure": "calibration_in_the_large", "value": value, "low": low, "high": high}
    return pl.DataFrame([row | {"rows": 900, "events": 22, "reason": None}], schema=METRICS)


@pytest.mark.parametrize(("value", "low", "high", "side"), [(1.84, 1.1, 2.75, "low"), (0.6, 0.4, 0.8, "high")])
def test_a_level_that_chance_does_not_explain_is_said(value: float, low: float, high: float, side: str) -> None:
    said = level_note(metrics(value, low, high), "bad debt")
    assert f"too {side}" in said
    assert f"for every 100 expected {100 * value:.0f} came" in said
    assert "22 distinct events" in said


def test_a_level_within_chance_or_not_measured_is_not() -> None:
    assert level_note(metrics(1.2, 0.8, 1.7), "bad debt") == ""
    assert level_note(metrics(None, None, None), "bad debt") == ""


def test_a_difference_that_rounding_hides_is_not_told() -> None:
    assert level_note(metrics(1.004, 1.001, 1.0049), "bad debt") == ""
