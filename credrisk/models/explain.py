"""Why a customer's rate is what it is: contributions of the features, and the largest ones in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from credrisk.features.catalogue import Feature, catalogue
from credrisk.wording import in_words

__all__ = ["reason", "reasons"]


def reasons(parts: np.ndarray, values: np.ndarray, features: Sequence[str], *, top: int, currency: str) -> pl.DataFrame:
    """Return the ``top`` reasons of each row in words.

    Parameters
    ----------
    parts, values
        Contributions to the log rate and the values behind them, shape (n_rows, n_features).
    features
        Their names, all in the catalogue.
    top
        Reasons a row at most.
    currency
        Currency of the money features.

    Returns
    -------
    polars.DataFrame
        ``row`` (position), ``rank`` (1 = the largest), ``feature``, ``value`` (null where not measured),
        ``contribution`` (log rate against the average row) and ``says``. Only features that raise the rate are
        given, unless none does: then those that move it most. Equal contributions keep the catalogue's order.
    """
    entries = catalogue(features)
    raises_some = (parts > 0).any(axis=1, keepdims=True)
    strength = np.where(raises_some, parts, np.abs(parts))
    order = np.argsort(-strength, axis=1, kind="stable")[:, : min(top, len(features))]
    picked = np.take_along_axis(strength, order, axis=1)
    row, rank = np.nonzero(picked > 0)
    column = order[row, rank]
    value = values[row, column]
    says = [
        reason(entries[features[place]], number, currency)
        for place, number in zip(column.tolist(), value.tolist(), strict=True)
    ]
    return pl.DataFrame(
        {
            "row": row,
            "rank": rank + 1,
            "feature": [features[place] for place in column.tolist()],
            "value": pl.Series(value, dtype=pl.Float64).fill_nan(None),
            "contribution": pl.Series(parts[row, column], dtype=pl.Float64),
            "says": pl.Series(says, dtype=pl.String),
        },
        schema_overrides={"row": pl.Int64, "rank": pl.Int64, "feature": pl.String},
    )


def reason(entry: Feature, value: float, currency: str) -> str:
    """Put one value into the catalogue's sentence."""
    if np.isnan(value):
        return f"{entry.name.replace('_', ' ')}: not measured ({entry.null})"
    return entry.says.replace("{value}", in_words(value, entry.unit, currency))
