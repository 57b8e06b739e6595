"""How far chance could have moved a ratio of sums: resamples of whole customers, and of months where there are many.

The items of a customer are no independent draws, so a resample takes whole customers, all their money at once, each as
often as a Poisson draw of mean 1 says. A ratio pooled over months moves with the months too (a crisis, a holiday), so
months are resampled beside the customers: Owen's pigeonhole bootstrap, which is on the wide side rather than on the
narrow one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["FEWEST_CUSTOMERS", "SAMPLES", "resampled_sums", "spread_of"]

Array = npt.NDArray[Any]

SAMPLES = 500
SEED = 20
FEWEST_CUSTOMERS = 10
"""With fewer customers a resample only shuffles the same few names, so no interval is given."""
LEVEL = 0.95
_AT_ONCE = 4_000_000


def resampled_sums(amounts: Array) -> Array:
    """Return the column sums over resampled customers.

    How often a customer is drawn is Poisson with mean 1, by its place alone: whoever comes after it in the order
    changes nothing. With customers in the order in which they were first seen, what is told of a day does not depend on
    who came later.

    Parameters
    ----------
    amounts
        What each customer adds to each sum, of shape (customers, sums), customers in a fixed order.

    Returns
    -------
    numpy.ndarray
        Shape (SAMPLES, sums).
    """
    generator, sums = np.random.default_rng(SEED), np.zeros((SAMPLES, amounts.shape[1]))
    at_once = _AT_ONCE // SAMPLES
    for start in range(0, len(amounts), at_once):
        mine = amounts[start : start + at_once]
        sums += generator.poisson(1.0, size=(len(mine), SAMPLES)).astype(np.float64).T @ mine
    return sums


def spread_of(parts: Array, wholes: Array) -> tuple[Array, Array]:
    """Return the 2.5 and 97.5 % points of the ratio of resampled sums, of shape (ratios); NaN without a whole.

    Parameters
    ----------
    parts, wholes
        Of shape (SAMPLES, ratios), or (SAMPLES, months, ratios): then months are resampled too and pooled.
    """
    if parts.ndim == 3:
        months = parts.shape[1]
        drawn = np.random.default_rng(SEED + 1).multinomial(months, np.full(months, 1 / months), size=len(parts))
        parts, wholes = (np.einsum("sm,smr->sr", drawn, sums) for sums in (parts, wholes))
    ratios = np.where(wholes > 0, parts, np.nan) / np.where(wholes > 0, wholes, 1.0)
    ends = np.full((2, ratios.shape[1]), np.nan)
    some = ~np.isnan(ratios).all(axis=0)
    ends[:, some] = np.nanquantile(ratios[:, some], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return ends[0], ends[1]
