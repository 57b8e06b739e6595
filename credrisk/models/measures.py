"""Measures of a probability or a ranking, on weighted rows: many resamples of the customers at once.

``weight``, shape (n_samples, n_rows), says how often each row was drawn in each resample of customers. A measure of a
ranking takes the weights of events and others by distinct score (:func:`by_score`), a measure of a probability the
rows; each returns one number a sample, NaN where it is not defined.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from credrisk.errors import ParameterError

__all__ = [
    "PROBABILITY_MEASURES",
    "RANKING_MEASURES",
    "auc",
    "average_precision",
    "brier",
    "brier_parts",
    "by_score",
    "calibration_in_the_large",
    "calibration_slope",
    "capture_10pct",
    "captured",
    "gini",
    "h_measure",
    "h_measure_by_rate",
    "ks",
    "log_loss",
    "taken_first",
]

RankingMeasure = Callable[[np.ndarray, np.ndarray], np.ndarray]
ProbabilityMeasure = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

SMALLEST_PROBABILITY = 1e-9
"""Probabilities are kept this far from 0 and 1 in logs."""


def by_score(event: np.ndarray, score: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the others and of the events by distinct score, rising: (n_samples, n_scores) each.

    Raises
    ------
    ParameterError
        When a score is NaN: what was not measured has no place in an order.
    """
    if np.isnan(score).any():
        raise ParameterError("score", "a number in every row", "NaN")
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


def gini(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Gini coefficient, or accuracy ratio: 2 x AUC - 1."""
    return 2 * auc(good, bad) - 1


def h_measure(good: np.ndarray, bad: np.ndarray, *, severity_ratio: float | None = 1.0) -> np.ndarray:
    """H-measure: the share of the loss of deciding blindly that the ranking saves, over a stated belief about costs.

    Parameters
    ----------
    severity_ratio
        How much worse a good customer refused is than a bad one accepted, where the belief is densest: the cost share
        follows a Beta(2, 1 + 1 / severity_ratio). 1 is the Beta(2, 2) of Hand [1]_; None takes bad / good of the rows,
        the default of Hand and Anagnostopoulos [2]_, which fits rare events.

    References
    ----------
    .. [1] Hand, D. J. (2009). Measuring classifier performance: a coherent alternative to the area under the ROC
       curve. Machine Learning 77, 103-123.
    .. [2] Hand, D. J., Anagnostopoulos, C. (2014). A better Beta for the H measure of classification performance.
       Pattern Recognition Letters 40, 41-46.
    """
    from scipy.special import betainc
    from sklearn.isotonic import isotonic_regression

    found = np.full(len(good), np.nan)
    for place, (others, events) in enumerate(zip(good, bad, strict=True)):
        drawn = others + events > 0
        others, events = others[drawn], events[drawn]
        if not (others.sum() > 0 and events.sum() > 0):
            continue
        weight = others + events
        share_bad = events.sum() / weight.sum()
        ratio = share_bad / (1 - share_bad) if severity_ratio is None else severity_ratio
        a, b = 2.0, 1 + 1 / ratio
        # The convex hull of the ROC curve: pooled rates of events, rising with the score. A threshold above a pool is
        # best for the costs between its rate and the next one's.
        pooled = np.clip(isotonic_regression(events / weight, sample_weight=weight), 0.0, 1.0)
        ends = np.append(np.flatnonzero(np.diff(pooled)), len(pooled) - 1)
        bounds = np.concatenate([[0.0], pooled[ends], [1.0]])
        wrongly_refused = 1 - np.concatenate([[0.0], np.cumsum(others)[ends]]) / others.sum()
        wrongly_accepted = np.concatenate([[0.0], np.cumsum(events)[ends]]) / events.sum()
        refused = a / (a + b) * np.diff(betainc(a + 1, b, bounds))
        accepted = b / (a + b) * np.diff(betainc(a, b + 1, bounds))
        loss = (1 - share_bad) * wrongly_refused @ refused + share_bad * wrongly_accepted @ accepted
        blind = (1 - share_bad) * a / (a + b) * betainc(a + 1, b, share_bad)
        blind += share_bad * b / (a + b) * (1 - betainc(a, b + 1, share_bad))
        found[place] = 1 - loss / blind
    return found


def h_measure_by_rate(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """H-measure with the severity ratio at bad / good of the rows (Hand and Anagnostopoulos 2014)."""
    return h_measure(good, bad, severity_ratio=None)


def capture_10pct(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Share of the events among the tenth of the rows with the highest scores; ties at the border count in part."""
    return captured(good + bad, bad, share=0.1)


def captured(rows: np.ndarray, amount: np.ndarray, *, share: float) -> np.ndarray:
    """Share of ``amount`` (events, or the money that went bad) in the ``share`` of the rows with the highest scores.

    Both by distinct score, rising, shape (n_samples, n_scores), as :func:`by_score` gives them.
    """
    return _ratio(taken_first(rows, amount, share=share), amount.sum(axis=1))


def taken_first(rows: np.ndarray, amount: np.ndarray, *, share: float) -> np.ndarray:
    """Amount in the ``share`` of the rows with the highest scores; ties at the border count in part."""
    rows, amount = rows[:, ::-1], amount[:, ::-1]
    before = np.cumsum(rows, axis=1) - rows
    room = np.clip(share * rows.sum(axis=1, keepdims=True) - before, 0.0, rows)
    taken: np.ndarray = (amount * room / np.maximum(rows, 1e-300)).sum(axis=1)
    return taken


def brier(event: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean squared difference between probability and event."""
    return _ratio(weight @ (probability - event) ** 2, weight.sum(axis=1))


def brier_parts(event: np.ndarray, probability: np.ndarray, group: np.ndarray) -> dict[str, float]:
    """Take the Brier score apart over groups of rows: what is lost by wrong levels, what is won by telling apart.

    Returns
    -------
    dict
        ``brier = reliability - resolution + uncertainty + within_variance - within_covariance``, exactly: Murphy's
        three parts [1]_ and the two that stay within the groups where a group holds several probabilities [2]_.

    References
    ----------
    .. [1] Murphy, A. H. (1973). A new vector partition of the probability score. J. Applied Meteorology 12, 595-600.
    .. [2] Stephenson, D. B., Coelho, C. A. S., Jolliffe, I. T. (2008). Two extra components in the Brier score
       decomposition. Weather and Forecasting 23, 752-757.
    """
    number = np.unique(group, return_inverse=True)[1]
    rows = np.bincount(number)
    forecast, observed = (np.bincount(number, side) / rows for side in (probability, event))
    base, n = event.mean(), len(event)
    apart, moved = probability - forecast[number], event - observed[number]
    return {
        "brier": float(((probability - event) ** 2).mean()),
        "reliability": float(rows @ (forecast - observed) ** 2 / n),
        "resolution": float(rows @ (observed - base) ** 2 / n),
        "uncertainty": float(base * (1 - base)),
        "within_variance": float((apart**2).mean()),
        "within_covariance": float(2 * (apart * moved).mean()),
    }


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
