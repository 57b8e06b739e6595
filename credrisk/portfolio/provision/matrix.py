"""The provision matrix: rate times balance, to the cent, and the share of each item in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.errors import ParameterError
from credrisk.portfolio.provision.overlay import weighted_rates
from credrisk.portfolio.provision.settings import Scenario

__all__ = ["allowance_of", "provision_matrix", "shared_out"]

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


def provision_matrix(
    balances: Mapping[str, float],
    rates: Mapping[str, float],
    *,
    scenarios: Sequence[Scenario] = (Scenario("as in the past", 1.0),),
) -> pl.DataFrame:
    """Return the loss allowance of given balances at given loss rates, as IFRS 9 B5.5.35 and ASC 326-20-55-37 do it.

    Parameters
    ----------
    balances
        Amount by bucket, in major units with two decimals.
    rates
        Historical loss rate by bucket, 0 to 1.
    scenarios
        The forecast: probabilities and multipliers of the rates.

    Returns
    -------
    polars.DataFrame
        ``bucket, balance, historical_rate, rate, allowance``, in the order of the balances.

    Raises
    ------
    ParameterError
        When a bucket has no rate, or one beyond 0 to 1.

    Examples
    --------
    >>> provision_matrix({"not_due": 1000.0}, {"not_due": 0.003})["allowance"].to_list()
    [3.0]
    """
    for bucket in balances:
        if bucket not in rates or not 0 <= rates[bucket] <= 1:
            raise ParameterError("rates", f"a rate from 0 to 1 for {bucket}", rates.get(bucket))
    past = np.array([rates[bucket] for bucket in balances], dtype=np.float64)
    weighted = weighted_rates(past, tuple(scenarios))
    amounts = np.array(list(balances.values()), dtype=np.float64)
    return pl.DataFrame(
        {
            "bucket": list(balances),
            "balance": amounts,
            "historical_rate": past,
            "rate": weighted,
            "allowance": allowance_of(np.rint(amounts * 100), weighted) / 100,
        }
    )
