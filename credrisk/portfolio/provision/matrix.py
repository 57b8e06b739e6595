"""The provision matrix: rate times balance, to the cent, and the share of each item in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["allowance_of", "shared_out"]

Array = npt.NDArray[Any]
NOISE, EPSILON = 1e-9, 4e-16
"""Half a cent in decimals may be a little less in binary: 0.003 x 500 is 1.5 exactly."""


def allowance_of(exposed: Array | float, rate: Array | float) -> Array:
    """Return rate x exposed rounded to whole minor units, half a unit up, as a spreadsheet rounds."""
    amount = np.asarray(exposed, dtype=np.float64) * rate
    return np.asarray(np.floor(amount + 0.5 + NOISE + EPSILON * amount))


def shared_out(exposed: Array, rate: Array | float) -> Array:
    """Return the allowance of each item of a cell: whole minor units that add up to that of the cell.

    Each is within one minor unit of its own rate x exposed.
    """
    running = allowance_of(np.cumsum(exposed), rate)
    shares: Array = np.diff(running, prepend=0.0)
    return shares
