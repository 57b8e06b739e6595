"""Censored means and variances against maximum likelihood found by a general optimiser, and against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from credrisk.decisions.censored import censored_moments


def moments(values, counted=None, censored=None, **options):
    values = np.atleast_2d(np.asarray(values, dtype=float))
    counted = np.ones_like(values, dtype=bool) if counted is None else np.atleast_2d(counted)
    censored = np.zeros_like(values, dtype=bool) if censored is None else np.atleast_2d(censored)
    rows = len(values)
    given = {
        "worth": 1.0,
        "prior_mean": np.zeros(rows),
        "prior_precision": np.zeros(rows),
        "prior_variance": 0.25,
        "prior_weight": 0.0,
        "highest": np.full(rows, np.inf),
    }
    return censored_moments(values, counted=counted, censored=censored, **given | options)


def test_nothing_censored_is_the_plain_mean_and_variance():
    values = np.random.default_rng(1).normal(size=(5, 12))
    mean, variance = moments(values)
    assert mean == pytest.approx(values.mean(axis=1))
    assert variance == pytest.approx(values.var(axis=1))


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_maximum_likelihood(seed):
    rng = np.random.default_rng(seed)
    wanted = rng.normal(2.0, 0.5, 40)
    bound = 2.2
    censored = wanted >= bound
    seen = np.minimum(wanted, bound)

    def unlikely(guess):
        mean, log_sd = guess
        sd = np.exp(log_sd)
        free = norm.logpdf(seen[~censored], mean, sd).sum()
        return -free - norm.logsf(seen[censored], mean, sd).sum()

    best = minimize(unlikely, [2.0, np.log(0.5)], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}).x
    mean, variance = moments(seen, censored=censored)
    assert mean[0] == pytest.approx(best[0], abs=1e-4)
    assert np.sqrt(variance[0]) == pytest.approx(np.exp(best[1]), abs=1e-4)


def test_the_true_mean_is_found_behind_the_limit():
    rng = np.random.default_rng(3)
    wanted = rng.normal(5.0, 0.4, (3_000, 12))
    limit = 5.1
    found, _ = moments(np.minimum(wanted, limit), censored=wanted >= limit, prior_weight=6.0, prior_variance=0.16)
    error = found.std() / np.sqrt(len(found))
    naive = np.minimum(wanted, limit).mean()
    assert found.mean() == pytest.approx(5.0, abs=4 * error + 0.02)  # 12 months each: a small bias of the estimator
    assert naive < 4.9


def test_beliefs_pull_in_proportion():
    mean, variance = moments(
        [[4.0, 4.0, 4.0, 4.0]], prior_mean=np.array([2.0]), prior_precision=np.array([16.0]), prior_weight=1e9
    )
    # four figures of variance 0.25 have the precision 16 that the belief has
    assert mean[0] == pytest.approx(3.0)
    assert variance[0] == pytest.approx(0.25, rel=1e-6)
    half, _ = moments(
        [[4.0] * 4], prior_mean=np.array([2.0]), prior_precision=np.array([16.0]), prior_weight=1e9, worth=0.5
    )
    assert half[0] == pytest.approx((8 * 4 + 16 * 2) / 24)


def test_rows_of_nothing_or_of_nothing_but_bounds_have_an_answer():
    values, none = np.array([[3.0, 3.0], [3.0, 3.0]]), np.array([[False, False], [True, True]])
    believed = {"prior_weight": 6.0, "prior_mean": np.array([1.5, 0.0]), "highest": np.array([np.inf, 3.25])}
    mean, variance = moments(values, counted=none, censored=none, **believed)
    assert mean[0] == 1.5
    assert variance[0] == 0.25
    assert mean[1] == 3.25
    assert np.isfinite(variance).all()
