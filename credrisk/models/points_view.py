"""The intensity model in points: what each feature gives or takes, on the scale of a scorecard.

Exact for any model whose contributions sum to its log rate, row by row: a feature's points are minus ``factor`` times
its contribution. For the additive booster and the regression they depend on that feature alone, so they are a card
that could be printed; where the calibration is a curve they hold for the row in hand only. ``points_base`` holds what
comes without a sign, which takes more points from a customer the safer it is. A customer without a payment
record has the points of ``no_payment_record`` in place of those of the record's figures.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.frames import check_output
from credrisk.models.points_card import Scale

__all__ = ["model_points"]


def model_points(
    model: Any,
    X: Any,
    *,
    good_bad_odds: float = 50.0,
    score_at_odds: float = 600.0,
    points_to_double: float = 20.0,
    output: Literal["pandas", "polars"] = "pandas",
) -> Any:
    """Return the points of each feature and the score that they sum to.

    Parameters
    ----------
    model
        Fitted :class:`~credrisk.models.bad_debt.BadDebtModel`: ``contributions`` and ``measured_horizons_`` are used.
    X
        The features the model was fitted on.
    good_bad_odds, score_at_odds, points_to_double
        ``score_at_odds`` points stand for one expected event in ``good_bad_odds`` customers over the longest horizon
        that was measured; ``points_to_double`` more points halve the rate.

    Returns
    -------
    frame
        ``points_base``, ``points_<feature>`` for every contribution of the model (``no_payment_record`` among them
        where it tells that), and ``score``:

            score = offset - factor x (ln(longest horizon measured in months) + mean log monthly rate)

        where factor = points_to_double / ln 2, offset = score_at_odds - factor x ln(good_bad_odds), and the mean is
        that over the horizon intervals, weighted by their width.

    Notes
    -----
    The score ranks by the rate. For rare events the expected number of events is close to the odds bad:good; take
    probabilities from ``predict_pd``, never from this score.
    """
    check_output(output)
    scale = Scale(good_bad_odds, points_to_double, score_at_odds)
    parts: pl.DataFrame = model.contributions(X, output="polars")
    months = float(max(model.measured_horizons_))
    frame = parts.select(
        (scale.offset - scale.factor * (pl.col("base") + np.log(months))).alias("points_base"),
        *((0.0 - scale.factor * pl.col(name)).alias(f"points_{name}") for name in parts.columns if name != "base"),
    )
    frame = frame.with_columns(score=pl.Series(frame.to_numpy().sum(axis=1), dtype=pl.Float64))
    if output == "polars":
        return frame
    given = frame.to_pandas()
    if hasattr(X, "index") and not isinstance(X, pl.DataFrame):
        given.index = X.index
    return given
