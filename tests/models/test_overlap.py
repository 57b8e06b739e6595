"""Effective sample size, errors by customer and separation, against slow oracles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from credrisk.models.overlap import clustered, clustered_covariance, effective_sample_size, separation


def test_equal_weights_are_worth_their_number_and_one_heavy_row_is_worth_one() -> None:
    assert effective_sample_size(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_sample_size(np.array([1e9, 1.0, 1.0])) == pytest.approx(1, abs=1e-6)
    assert effective_sample_size(np.zeros(3)) == 0.0


def test_error_by_customer_is_that_of_a_loop_over_customers() -> None:
    random = np.random.default_rng(1)
    customer, values = random.integers(0, 9, 60), random.normal(size=60)
    found = clustered(values, customer, float(values.mean()))
    names = sorted(set(customer.tolist()))
    sums = [sum(values[i] - values.mean() for i in range(60) if customer[i] == name) for name in names]
    se = (len(names) / (len(names) - 1) * sum(s * s for s in sums)) ** 0.5 / 60
    assert found.se == pytest.approx(se)
    assert found.clusters == len(names)
    assert found.upper - found.value == pytest.approx(t.ppf(0.975, len(names) - 1) * se)


def test_one_row_per_customer_gives_the_usual_error_of_a_mean() -> None:
    values = np.random.default_rng(2).normal(size=40)
    found = clustered(values, np.arange(40), float(values.mean()))
    assert found.se == pytest.approx(values.std(ddof=1) / 40**0.5)


def test_rows_copied_within_a_customer_tell_nothing_more() -> None:
    values, customer = np.random.default_rng(3).normal(size=30), np.arange(30)
    once = clustered(values, customer, float(values.mean()))
    twice = clustered(np.repeat(values, 4), np.repeat(customer, 4), float(values.mean()))
    assert twice.se == pytest.approx(once.se)


def test_one_customer_gives_no_error_and_an_endless_interval() -> None:
    found = clustered(np.array([1.0, 2.0]), np.array([5, 5]), 1.5)
    assert np.isnan(found.se)
    assert (found.lower, found.upper, found.p_value) == (-np.inf, np.inf, 1.0)


def test_covariance_of_one_column_is_the_square_of_its_error() -> None:
    random = np.random.default_rng(4)
    customer, values = random.integers(0, 12, 50), random.normal(size=50)
    centred = (values - values.mean()) / 50
    found = clustered(values, customer, float(values.mean()))
    assert clustered_covariance(centred[:, None], customer)[0, 0] == pytest.approx(found.se**2)


def test_separation_counts_the_pairs_in_order() -> None:
    random = np.random.default_rng(5)
    score, offered = random.integers(0, 6, 40).astype(float), random.random(40) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in score[offered] for b in score[~offered]]
    assert separation(score, offered) == pytest.approx(np.mean(pairs))
    assert separation(score, np.ones(40, dtype=bool)) == 1.0
