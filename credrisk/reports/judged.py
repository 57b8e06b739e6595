"""Whom a list of probabilities counts among those who owe, and whom it leaves out."""

from __future__ import annotations

import polars as pl

from credrisk.reports.totals import total
from credrisk.wording import counted, money

__all__ = ["judged_told"]

STATES = {
    "in_default": "in default",
    "recovering": "recovering from a default",
    "bad_debt": "with a bad debt already",
    "inactive": "inactive",
    "not_yet_customer": "not yet customers",
}


def judged_told(owing: pl.DataFrame, *, judged: pl.Series, states: pl.DataFrame, currency: str) -> str:
    """Say how many of those who owe something the model judges, and who the others are, with their money.

    Parameters
    ----------
    owing
        ``customer_id, open_balance`` of those who owe something.
    judged
        The ids of those who have a probability of the model.
    states
        ``customer_id, status`` on the day, as :attr:`credrisk.pipeline.model_of_day.ModelOfDay.states` has them.

    Returns
    -------
    str
        One or two sentences; the largest money that is left out comes first.
    """
    within = owing.filter(pl.col("customer_id").is_in(judged.implode()))
    everyone = counted(owing.height, "customer that owes", "customers that owe")
    said = (
        f"The model judges {within.height:,} of {everyone} something, "
        f"{money(total(within, 'open_balance'), currency)} of {money(total(owing, 'open_balance'), currency)}."
    )
    if within.height == owing.height:
        return said
    others = (
        owing.join(within, on="customer_id", how="anti")
        .join(states, on="customer_id", how="left")
        .group_by(pl.col("status").replace_strict(STATES, default="without a probability", return_dtype=pl.String))
        .agg(customers=pl.len(), open_balance=pl.col("open_balance").sort().sum())
        .sort("open_balance", "status", descending=[True, False])
    )
    told = "; ".join(
        f"{row['customers']:,} {row['status']}, {money(row['open_balance'], currency)}"
        for row in others.iter_rows(named=True)
    )
    return f"{said} Not the others: {told}."
