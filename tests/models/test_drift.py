"""The population stability index against published values and against what chance makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from credrisk.errors import DataError, ParameterError
from credrisk.models.drift import Bands, bands_of, critical_psi, drift_in_words, psi, psi_of_shares


def test_psi_meets_a_published_value() -> None:
    """The test of the package strappy 0.0.3: 6 and 5 rows, then 5 and 4: 0.00041."""
    assert round(psi_of_shares(np.array([6, 5]), np.array([5, 4])), 5) == 0.00041


def test_psi_is_the_sum_over_the_bands() -> None:
    expected, actual = np.array([0.2, 0.3, 0.5]), np.array([0.25, 0.25, 0.5])
    by_hand = 0.05 * np.log(0.25 / 0.2) - 0.05 * np.log(0.25 / 0.3)
    assert psi_of_shares(expected, actual) == pytest.approx(by_hand)
    assert psi_of_shares(expected, expected) == 0.0


def test_a_new_band_counts_as_large_but_finite() -> None:
    assert 0.25 < psi_of_shares(np.array([100, 100, 0]), np.array([80, 80, 40])) < 5
    assert np.isnan(psi_of_shares(np.zeros(3), np.ones(3)))
    with pytest.raises(ParameterError, match="same bands"):
        psi_of_shares(np.ones(3), np.ones(4))


def test_bands_hold_the_rows_once_and_nulls_apart() -> None:
    values = np.array([0.0] * 60 + list(range(1, 31)) + [np.nan] * 10)
    bands = bands_of(values)
    assert bands.rows == 100
    assert bands.null_share == pytest.approx(0.1)
    assert bands.counts[0] == 60
    assert psi(bands, values) == 0.0
    assert bands_of(np.full(5, np.nan)).counts == (0.0, 5.0)
    assert bands_of(np.full(5, 2.0)).counts == (5.0, 0.0)


def test_chance_alone_exceeds_the_critical_value_as_often_as_it_says() -> None:
    """Of 2,000 pairs of samples of one world 5 % lie above it: four standard deviations are 2 points."""
    rng = np.random.default_rng(7)
    reference = bands_of(rng.normal(size=20_000))
    limit = critical_psi(10, 20_000, 600, level=0.05)
    above = np.mean([psi(reference, rng.normal(size=600)) > limit for _ in range(2000)])
    assert above == pytest.approx(0.05, abs=0.02)


def test_bands_go_to_json_and_back_and_damage_is_found() -> None:
    bands = bands_of(np.arange(50.0))
    assert Bands.of_json(bands.as_json()) == bands
    with pytest.raises(DataError, match="no sound bands"):
        Bands.of_json({"edges": [2, 1], "counts": [1, 1, 1, 1]})


@pytest.mark.parametrize(
    ("index", "limit", "words"),
    [(6.49, 7.0, "usual"), (0.05, 0.01, "small"), (0.1, 0.01, "moderate"), (0.25, 0.01, "large"), (0.0, 0.0, "usual")],
)
def test_a_large_index_that_is_nothing_unusual_is_not_called_small(index: float, limit: float, words: str) -> None:
    assert drift_in_words(index, limit) == words
