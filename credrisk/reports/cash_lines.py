"""Where the open debit items of a cash forecast go, line by line in words."""

from __future__ import annotations

import polars as pl

__all__ = ["lines_in_words"]

FAILS, NOT_GIVEN = "never: customer fails", "never: customer fails (not given)"


def lines_in_words(totals: pl.DataFrame) -> pl.DataFrame:
    """Return the totals of a cash forecast; without chances of failure that line has no amount and says why.

    Parameters
    ----------
    totals
        As :class:`~credrisk.models.cash_forecast.CashForecast` holds them: the line is 0 where no failures were given,
        and a 0 alone reads as if none were expected.
    """
    unsaid = (pl.col("line") == FAILS) & (pl.col("amount") == 0)
    return totals.with_columns(
        line=pl.when(unsaid).then(pl.lit(NOT_GIVEN)).otherwise("line"), amount=pl.when(~unsaid).then("amount")
    )
