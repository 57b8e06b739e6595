"""What is owed already above the limits, and what of it is expected to be lost: no limit changes that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.decisions.limit_curves import LimitCurves

__all__ = ["OwedAbove", "owed_above"]


@dataclass(frozen=True)
class OwedAbove:
    """Balances above the limits: ``amount`` and ``expected_loss`` (n,), in the customers' order.

    A limit of L is expected to lose PD x loss x E[min(exposure at default, L)]. A balance B above L is owed all the
    same, so that ``expected_loss`` = PD x loss x (B - L) comes on top, its insured part by what it loses.
    """

    amount: np.ndarray
    expected_loss: np.ndarray

    @property
    def customers(self) -> int:
        """How many owe more than their limit, by a whole unit of money at least."""
        return int((self.amount >= 1).sum())


def owed_above(inputs: pl.DataFrame, limits: np.ndarray, curves: LimitCurves) -> OwedAbove:
    """Return what each customer owes above its limit (n,), and the expected loss of 12 months on it.

    Parameters
    ----------
    inputs
        Of :func:`~credrisk.decisions.limit_inputs.limit_inputs`, the rows that ``curves`` were drawn from: balance,
        layer of cover and LGDs.
    """

    def column(name: str) -> np.ndarray:
        return inputs[name].cast(pl.Float64).fill_null(0.0).to_numpy()

    balance = np.maximum(column("net_balance"), 0.0)
    amount = np.maximum(balance - limits, 0.0)
    low, high = column("cover_from"), np.maximum(column("cover_to"), column("cover_from"))
    in_layer = np.clip(np.maximum(balance, limits), low, high) - np.clip(limits, low, high)
    uninsured = column("lgd")
    less = np.divide(column("cover_lgd"), uninsured, out=np.zeros_like(uninsured), where=uninsured > 0)
    lost = amount - (1 - np.minimum(less, 1.0)) * column("cover_share") * in_layer
    return OwedAbove(amount, curves.pd * curves.lgd * lost)
