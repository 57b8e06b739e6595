"""Measures of a probability or a ranking, on weighted rows: many resamples of the customers at once.

``weight``, shape (n_samples, n_rows), says how often each row was drawn in each resample of customers. A measure of a
ranking takes the weights of events and others by distinct score (:func:`by_score`), a measure of a probability the
rows; each returns one number a sample, NaN where it is not defined.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = [
    "PROBABILITY_MEASURES",
    "RANKING_MEASURES",
    "auc",
    "average_precision",
    "brier",
    "by_score",
    "calibration_in_the_large",
    "calibration_slope",
    "capture_10pct",
    "customer_weights",
    "ks",
    "log_loss",
]

RankingMeasure = Callable[[np.ndarray, np.ndarray], np.ndarray]
ProbabilityMeasure = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

SMALLEST_PROBABILITY = 1e-9
"""Probabilities are kept this far from 0 and 1 in logs."""


def customer_weights(group: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Return weights, shape (1 + samples, n_rows): first the rows as they are, then resamples of whole customers."""
    number = np.unique(group, return_inverse=True)[1]
    count = int(number.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=samples)
    return np.vstack([np.ones(len(group)), drawn[:, number].astype(float)])


def by_score(event: np.ndarray, score: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the others and of the events by distinct score, rising: (n_samples, n_scores) each."""
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    starts = np.concatenate([[0], np.nonzero(ranked[1:] > ranked[:-1])[0] + 1])
    sorted_weight, sorted_event = weight[:, order], event[order]
    bad = np.add.reduceat(sorted_weight * sorted_event, starts, axis=1)
    return np.add.reduceat(sorted_weight, starts, axis=1) - bad, bad


def auc(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Probability that a random event row scores above a random other row; ties count half."""
    below = np.cumsum(good, axis=1) - good
    return _ratio((bad * (below + 0.5 * good)).sum(axis=1), bad.sum(axis=1) * good.sum(axis=1))


def average_precision(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Precision averaged over the events, from the highest score down; tied rows share one precision."""
    good, bad = good[:, ::-1], bad[:, ::-1]
    hits = np.cumsum(bad, axis=1)
    precision = hits / np.maximum(hits + np.cumsum(good, axis=1), 1e-300)
    return _ratio((precision * bad).sum(axis=1), bad.sum(axis=1))


def ks(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Largest distance between the score distributions of events and the others (Kolmogorov-Smirnov)."""
    share_good = _ratio(np.cumsum(good, axis=1), good.sum(axis=1, keepdims=True))
    share_bad = _ratio(np.cumsum(bad, axis=1), bad.sum(axis=1, keepdims=True))
    distance: np.ndarray = np.abs(share_good - share_bad).max(axis=1)
    return distance


def capture_10pct(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Share of the events among the tenth of the rows with the highest scores; ties at the border count in part."""
    good, bad = good[:, ::-1], bad[:, ::-1]
    rows = good + bad
    before = np.cumsum(rows, axis=1) - rows
    room = np.clip(0.1 * rows.sum(axis=1, keepdims=True) - before, 0.0, rows)
    return _ratio((bad * room / np.maximum(rows, 1e-300)).sum(axis=1), bad.sum(axis=1))


def brier(event: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean squared difference between probability and event."""
    return _ratio(weight @ (probability - event) ** 2, weight.sum(axis=1))


def log_loss(event: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean negative log likelihood (natural log)."""
    kept = np.clip(probability, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    loss = -(event * np.log(kept) + (1 - event) * np.log1p(-kept))
    return _ratio(weight @ loss, weight.sum(axis=1))


def calibration_in_the_large(event: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Observed events divided by expected ones; 1 is right, above 1 the probabilities are too low."""
    return _ratio(weight @ event, weight @ probability)


def calibration_slope(event: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Slope of the event on the log odds in a logistic regression; 1 is right, below 1 the spread is overstated.

    NaN where a sample has no event, only events, or one probability only.
    """
    kept = np.clip(probability, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    odds = np.log(kept) - np.log1p(-kept)
    spread = odds.std()
    hits = weight @ event
    solvable = (hits > 0) & (hits < weight.sum(axis=1)) & (spread > 1e-9)
    slope = np.full(len(weight), np.nan)
    if not solvable.any():
        return slope
    x = (odds - odds.mean()) / spread
    drawn = weight[solvable]
    theta = np.zeros((len(drawn), 2))
    theta[:, 0] = np.log(hits[solvable] / (drawn.sum(axis=1) - hits[solvable]))
    for _ in range(30):
        fitted = 1 / (1 + np.exp(-np.clip(theta[:, :1] + theta[:, 1:] * x, -30, 30)))
        surplus = drawn * (fitted - event)
        curve = drawn * fitted * (1 - fitted) + 1e-12
        gradient = np.stack([surplus.sum(axis=1), surplus @ x], axis=1)
        a, b, c = curve.sum(axis=1), curve @ x, curve @ x**2
        determinant = np.maximum(a * c - b * b, 1e-12)
        step = (
            np.stack([c * gradient[:, 0] - b * gradient[:, 1], a * gradient[:, 1] - b * gradient[:, 0]], axis=1)
            / determinant[:, None]
        )
        theta -= np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-9:
            break
    slope[solvable] = theta[:, 1] / spread
    return slope


RANKING_MEASURES: dict[str, RankingMeasure] = {
    "auc": auc,
    "average_precision": average_precision,
    "ks": ks,
    "capture_10pct": capture_10pct,
}
"""Measures of an order, for probabilities and plain baselines alike."""

PROBABILITY_MEASURES: dict[str, ProbabilityMeasure] = {
    "brier": brier,
    "log_loss": log_loss,
    "calibration_slope": calibration_slope,
    "calibration_in_the_large": calibration_in_the_large,
}
"""Measures that need a probability."""


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    ratio: np.ndarray = np.full(np.broadcast(top, bottom).shape, np.nan)
    np.divide(top, bottom, out=ratio, where=bottom > 0)
    return ratio
