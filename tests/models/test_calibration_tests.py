"""Jeffreys' test, Holm's correction and the correlated null against published values, sums and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binom, norm

from credrisk.errors import ParameterError
from credrisk.models.calibration_tests import (
    events_tail,
    grade_test,
    holm,
    jeffreys_interval,
    jeffreys_p,
)


def test_jeffreys_intervals_meet_the_published_table() -> None:
    """Brown, Cai and DasGupta (2001), table 5, n = 10 (their modified ends at 0 and 1 event are left out)."""
    table = {2: (0.044, 0.503), 3: (0.093, 0.606), 4: (0.153, 0.696), 5: (0.224, 0.776)}
    for events, ends in table.items():
        assert [round(float(end), 3) for end in jeffreys_interval(events, 10)] == list(ends)
    assert float(jeffreys_interval(0, 10)[0]) == 0.0
    assert float(jeffreys_interval(10, 10)[1]) == 1.0


def test_the_p_value_at_the_end_of_the_interval_is_its_level() -> None:
    low, high = jeffreys_interval(7, 150)
    assert jeffreys_p(float(low), events=7, customers=150) == pytest.approx(0.025)
    assert jeffreys_p(float(high), events=7, customers=150) == pytest.approx(0.975)


def test_jeffreys_p_value_is_the_integral_of_the_posterior() -> None:
    rates = (np.arange(200_000) + 0.5) / 200_000
    posterior = beta(3.5, 97.5).pdf(rates)
    assert jeffreys_p(0.05, events=3, customers=100) == pytest.approx(posterior[rates < 0.05].mean() * 0.05, abs=1e-6)


def test_without_correlation_the_null_is_binomial() -> None:
    at_least, at_most = events_tail([0.02], [1000], 30, correlation=0.0)
    assert at_least == pytest.approx(binom.sf(29, 1000, 0.02), abs=1e-10)
    assert at_most == pytest.approx(binom.cdf(30, 1000, 0.02), abs=1e-10)
    two = events_tail([0.02, 0.02], [400, 600], 30, correlation=0.0)
    assert two == pytest.approx((at_least, at_most), abs=1e-10)


def test_the_correlated_null_meets_its_simulation() -> None:
    """Two years of a one-factor world, drawn 200,000 times: within four standard errors of the simulated share."""
    rng = np.random.default_rng(5)
    draws, correlation = 200_000, 0.12
    seen = np.zeros(draws, dtype=int)
    for pd, customers in ((0.02, 300), (0.03, 200)):
        factor = rng.normal(size=draws)
        given = norm.cdf((norm.ppf(pd) + np.sqrt(correlation) * factor) / np.sqrt(1 - correlation))
        seen += rng.binomial(customers, given)
    for events in (5, 12, 30):
        at_least, at_most = events_tail([0.02, 0.03], [300, 200], events, correlation=correlation)
        for exact, drawn in ((at_least, seen >= events), (at_most, seen <= events)):
            assert exact == pytest.approx(drawn.mean(), abs=4 * np.sqrt(exact * (1 - exact) / draws))


def test_correlation_makes_a_bad_year_less_surprising() -> None:
    alone = grade_test([0.02], [2000], 70, correlation=0.0)
    together = grade_test([0.02], [2000], 70)
    assert alone.p_too_low < 0.001
    assert together.p_too_low == alone.p_too_low
    assert together.p_too_low_correlated > 10 * alone.p_too_low_correlated


def test_certain_and_impossible_events() -> None:
    assert events_tail([0.0], [10], 0) == (1.0, 1.0)
    assert events_tail([0.0], [10], 1) == (0.0, 1.0)
    assert events_tail([1.0], [10], 10) == (1.0, 1.0)


def test_holm_meets_the_textbook_example() -> None:
    """The four p-values of the worked example in en.wikipedia.org/wiki/Holm-Bonferroni_method."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_parameters_are_checked() -> None:
    with pytest.raises(ParameterError, match="events"):
        jeffreys_p(0.1, events=11, customers=10)
    with pytest.raises(ParameterError, match="pd"):
        jeffreys_p(1.1, events=1, customers=10)
    with pytest.raises(ParameterError, match="correlation"):
        events_tail([0.1], [10], 1, correlation=1.0)
    with pytest.raises(ParameterError, match="customers"):
        grade_test([0.1], [0], 0)
