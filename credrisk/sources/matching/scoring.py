"""How surely two compared names are one company, and what keeps a likely pair out of the automatic zone.

The score is a logistic function of :data:`FEATURES`. Its weights and the two borders were fitted on invented companies
(``benchmarks/match_fit.py``) before any labelled pair of the real world was looked at; they lie in ``weights.json``.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import polars as pl

__all__ = ["FEATURES", "KEPT_BACK", "Weights", "feature_matrix", "kept_back", "score", "weights"]

FEATURES = (
    "overlap",
    "shared_bits",
    "misspelt",
    "other_word",
    "shortened",
    "joined",
    "moved",
    "only_one",
    "telling",
    "number",
    "exact",
    "form_same",
    "form_differs",
    "country_same",
    "country_differs",
    "postcode_same",
    "postcode_differs",
    "city_same",
    "city_differs",
    "street_same",
    "street_differs",
    "letters_alike",
    "words_alike",
    "place_and_words",
)

KEPT_BACK = {
    "number": "a number that only one name has",
    "telling": "a word that only one name has and that tells sister companies apart",
    "only_one": "a word that only one name has",
    "other_word": "a word that differs by a letter and is a name of its own",
    "shortened": "a word that may be shortened",
    "form_differs": "another legal form",
    "form_open": "a legal form on one side alone, and no address that agrees",
    "country_differs": "another country",
    "country_unsaid": "no country on one side, and no address that agrees",
    "common": "a name of common words, and no address that agrees",
    "address_differs": "another postcode and another city",
}
"""What keeps a pair in the review zone whatever its score, in the words of the report; the first that holds is said."""

_COMMON_BITS = 15.0
"""Below that a name is shared by chance: one in 30,000 has it."""
_UNSAID_BITS = 18.0


class Weights(NamedTuple):
    """The fitted score: one weight a feature, the constant, and from which score a pair is automatic or for review."""

    weights: dict[str, float]
    constant: float
    auto: float
    review: float
    margin: float


@cache
def weights() -> Weights:
    """Return the fitted weights that come with the package."""
    return Weights(**json.loads(files(__package__).joinpath("weights.json").read_text(encoding="utf-8")))


def feature_matrix(pairs: pl.DataFrame) -> np.ndarray:
    """Return pairs x :data:`FEATURES`, float64, from the columns of ``pairs.compared_pairs``."""
    place = pl.col("postcode").eq(1) | pl.col("street").eq(1)
    derived = {
        "shared_bits": pl.col("shared_bits") / 10,
        "only_one": pl.col("only_one") / 10,
        **{f"{part}_same": pl.col(part) == 1 for part in ("form", "country", "postcode", "city", "street")},
        **{f"{part}_differs": pl.col(part) == -1 for part in ("form", "country", "postcode", "city", "street")},
        "place_and_words": place.cast(pl.Float64) * pl.col("overlap"),
    }
    frame = pairs.select(derived.get(name, pl.col(name)).cast(pl.Float64).alias(name) for name in FEATURES)
    return frame.to_numpy()


def score(pairs: pl.DataFrame, *, by: Weights | None = None) -> np.ndarray:
    """Return the probability, 0 to 1, that each pair is one company."""
    fitted = by or weights()
    given = np.array([fitted.weights[name] for name in FEATURES])
    logit = (feature_matrix(pairs) * given).sum(axis=1) + fitted.constant
    return np.asarray(1 / (1 + np.exp(-logit)))


def kept_back() -> pl.Expr:
    """Return the expression of the first of :data:`KEPT_BACK` that holds of a pair, null where none does."""
    agrees = (pl.col("postcode") == 1) | (pl.col("city") == 1) | (pl.col("street") == 1)
    holds = {
        "number": pl.col("number") > 0,
        "telling": pl.col("telling") > 0,
        "only_one": pl.col("only_one") > 0,
        "other_word": pl.col("other_word") > 0,
        "shortened": pl.col("shortened") > 0,
        "form_differs": pl.col("form") == -1,
        "form_open": pl.col("form_open") & ~agrees,
        "country_differs": pl.col("country") == -1,
        "country_unsaid": (pl.col("country") == 0) & ~agrees & (pl.col("shared_bits") < _UNSAID_BITS),
        "common": ~agrees & (pl.col("shared_bits") < _COMMON_BITS),
        "address_differs": (pl.col("postcode") == -1) & (pl.col("city") == -1),
    }
    return pl.coalesce(pl.when(holds[name]).then(pl.lit(said)) for name, said in KEPT_BACK.items())
