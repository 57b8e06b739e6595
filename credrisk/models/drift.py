"""Do today's customers look like those a model learnt from? Shares by band, nulls, the population stability index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from credrisk.errors import DataError, ParameterError

__all__ = [
    "ATTENTION",
    "MOVED",
    "MUCH",
    "NOT_JUDGED",
    "Bands",
    "bands_of",
    "critical_psi",
    "drift_in_words",
    "psi",
    "psi_of_shares",
]

ATTENTION, MUCH = 0.10, 0.25
"""PSI from which a shift is called moderate and large: a convention of the field (Siddiqi 2006, Credit risk scorecards,
p. 137), no test. :func:`critical_psi` says what chance alone makes of it."""

MOVED = ("moderate", "large")
NOT_JUDGED = "not judged"
"""In words, how far a feature has moved beyond what is usual; and where too few customers have a value."""

BANDS = 10
LEAST_COUNT = 0.5
"""Rows that an empty band counts as, so that one customer in a new band does not make the index infinite."""


@dataclass(frozen=True)
class Bands:
    """How the values of one column were spread: the reference that later values are held against.

    Attributes
    ----------
    edges
        Rising inner bounds; a band holds the values above a bound and up to the next. One band where it is empty.
    counts
        Rows by band, nulls last: len(edges) + 2 numbers.
    """

    edges: tuple[float, ...]
    counts: tuple[float, ...]

    @property
    def rows(self) -> float:
        """Rows in all."""
        return float(sum(self.counts))

    @property
    def null_share(self) -> float:
        """Share of nulls."""
        return self.counts[-1] / self.rows if self.rows else 0.0

    def count(self, values: np.ndarray) -> np.ndarray:
        """Return how many of ``values`` fall into each band, nulls (NaN) last."""
        known = values[~np.isnan(values)]
        counts = np.bincount(np.searchsorted(self.edges, known, side="left"), minlength=len(self.edges) + 1)
        return np.append(counts, len(values) - len(known)).astype(float)

    def as_json(self) -> dict[str, Any]:
        """Return plain lists."""
        return {"edges": list(self.edges), "counts": list(self.counts)}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Bands:
        """Read what :meth:`as_json` gave.

        Raises
        ------
        DataError
            When the numbers are no bands.
        """
        edges, counts = (np.asarray(stored[name], dtype=float) for name in ("edges", "counts"))
        sound = np.isfinite(edges).all() and np.isfinite(counts).all() and (counts >= 0).all()
        if not sound or len(counts) != len(edges) + 2 or (np.diff(edges) <= 0).any():
            raise DataError("The reference holds no sound bands.", columns=["edges", "counts"])
        return cls(tuple(edges.tolist()), tuple(counts.tolist()))


def bands_of(values: np.ndarray, *, bands: int = BANDS) -> Bands:
    """Return the bands of a column: about equally many rows each, equal values never parted, nulls apart."""
    known = values[~np.isnan(values)]
    edges: np.ndarray = np.array([])
    if len(known):
        edges = np.unique(np.quantile(known, np.arange(1, bands) / bands, method="inverted_cdf"))
        edges = edges[edges < known.max()]
    empty = Bands(tuple(edges.tolist()), ())
    return Bands(empty.edges, tuple(empty.count(values).tolist()))


def psi_of_shares(expected: np.ndarray, actual: np.ndarray) -> float:
    """Return the population stability index: sum over bands of (actual - expected) x ln(actual / expected).

    Both are counts or shares by band. A band that is empty on one side counts as half a row there; one that is empty
    on both sides is left out. NaN where a side has no rows.

    Source: Lewis, E. M. (1994), An introduction to credit scoring; it is the symmetric form of Kullback and Leibler's
    divergence (Jeffreys 1946).
    """
    expected, actual = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
    if expected.shape != actual.shape:
        raise ParameterError("expected and actual", "of the same bands", (expected.shape, actual.shape))
    if not (expected.sum() > 0 and actual.sum() > 0):
        return float("nan")
    used = (expected > 0) | (actual > 0)
    shares = []
    for side in (expected[used], actual[used]):
        held = np.where(side > 0, side, LEAST_COUNT if side.sum() > 1.5 else 1e-4)
        shares.append(held / held.sum())
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def psi(reference: Bands, values: np.ndarray, *, nulls: bool = True) -> float:
    """Return the population stability index of ``values`` against the reference.

    Nulls (NaN) are a band of their own, or left out: then it compares the values there are.
    """
    kept = None if nulls else -1
    return psi_of_shares(np.array(reference.counts)[:kept], reference.count(values)[:kept])


def drift_in_words(index: float, limit: float) -> str:
    """Return how far a feature has moved: ``usual`` up to the limit, whatever the index, else by its size.

    ``limit`` is what the index reached before, or what chance makes of it.
    """
    if index <= limit:
        return "usual"
    return "large" if index >= MUCH else "moderate" if index >= ATTENTION else "small"


def critical_psi(bands: int, expected_rows: float, actual_rows: float, *, level: float) -> float:
    """Return the PSI that chance alone exceeds with probability ``level`` if nothing changed.

    (1 / n + 1 / m) x the chi-squared quantile with bands - 1 degrees of freedom [1]_. Give customers, not rows, for
    rows of one customer are nearly copies.

    References
    ----------
    .. [1] Yurdakul, B. (2018). Statistical properties of population stability index. Western Michigan University,
       Dissertations 3208.
    """
    from scipy.special import chdtri

    if bands < 2 or not (expected_rows > 0 and actual_rows > 0):
        return 0.0
    return float((1 / expected_rows + 1 / actual_rows) * chdtri(bands - 1, level))
