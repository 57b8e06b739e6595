"""What a contact can still win of an account that is expected to pay in so many days anyway.

Nobody who pays next week is brought forward by ten days, and a loss is avoided because money comes before the customer
fails, so that the days won say how much of it is.
"""

from __future__ import annotations

import polars as pl

from credrisk.decisions.expected_profit import DAYS_IN_YEAR

__all__ = ["avoided_share_by_days", "days_within_delay"]


def days_within_delay(days: pl.Expr, delay: pl.Expr) -> pl.Expr:
    """Return the days that a contact wins of ``delay`` expected days, where it wins ``days`` of a very long one.

    ``delay (1 - exp(-days / delay))``: as good as ``days`` where the delay is long, never more than the delay where it
    is short. Days that are lost (negative) stay as they are; so does everything where the delay is not known (null).
    """
    room = pl.max_horizontal(delay, pl.lit(1e-9))
    bounded = room * (1 - (-days / room).exp())
    return pl.when(delay.is_null() | (days <= 0)).then(days).otherwise(bounded)


def avoided_share_by_days(won: pl.Expr, delay: pl.Expr, pd_12m: pl.Expr, share: pl.Expr) -> pl.Expr:
    """Return the share of the expected loss of 12 months that is avoided when money comes ``won`` days sooner.

    With failures at the constant rate ``h`` that ``pd_12m`` says, the loss falls by the chance of failing between the
    new and the old day of payment: ``(exp(-h (delay - won)) - exp(-h delay)) / pd_12m``, ``h = -ln(1 - pd_12m) / 365``.
    Where the delay is not known, or the bad debt has happened (PD 1), it is ``share``; where the PD is 0, 0.
    """
    rate = -(1 - pd_12m).log() / DAYS_IN_YEAR
    sooner = ((-rate * (delay - won)).exp() - (-rate * delay).exp()) / pd_12m
    return pl.when(delay.is_null() | (pd_12m >= 1.0)).then(share).when(pd_12m <= 0.0).then(0.0).otherwise(sooner)
