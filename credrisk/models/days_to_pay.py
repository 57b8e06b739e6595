"""In how many days an account is expected to pay what it owes today, if it goes on as before."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.errors import DataError
from credrisk.frames import as_polars
from credrisk.models.payment_distribution import PaymentDistribution

__all__ = ["expected_days_to_pay"]


def expected_days_to_pay(made: PaymentDistribution, items: Any, *, as_of: date | str) -> pl.DataFrame:
    """Return the expected days until payment of each account's past-due items, by money.

    Parameters
    ----------
    made
        Forecast of the items open on ``as_of`` (:meth:`~credrisk.models.payment_timing.PaymentTiming.distribution`).
    items
        The items it was made for, with ``item_id, due_on`` and ``open_amount``
        (:func:`~credrisk.models.payment_items.payment_items`).
    as_of
        The day of the forecast.

    Returns
    -------
    polars.DataFrame
        ``customer_id, expected_days_to_pay``: of the items due before ``as_of``, of the others where none is past due.
        Days count from ``as_of`` and are cut at the horizon of the forecast, so that an item which may never be paid
        counts with the horizon, not with infinity. Sorted by id.

    Raises
    ------
    DataError
        When columns are missing, or a forecast item is not among the items.
    """
    day, table = to_date(as_of), as_polars(items, "items")
    missing = [name for name in ("item_id", "due_on", "open_amount") if name not in table.columns]
    if missing:
        raise DataError("Columns are missing.", table="items", columns=missing, remedy="take those of payment_items.")
    still_open = np.clip(1.0 - np.cumsum(made.paid, axis=1), 0.0, 1.0)
    days = 1.0 + still_open[:, :-1].sum(axis=1)
    forecast = pl.DataFrame(
        {"item_id": made.item_id, "customer_id": made.customer_id, "days": days},
        schema_overrides={"item_id": pl.String, "customer_id": pl.String},
    )
    joined = forecast.join(
        table.select("item_id", "due_on", "open_amount"), on="item_id", how="left", maintain_order="left"
    )
    strangers = joined.filter(pl.col("due_on").is_null())
    if strangers.height:
        raise DataError(
            "Forecast items are not among the items.",
            table="items",
            rows=strangers.height,
            ids=strangers["item_id"].to_list(),
        )
    late = pl.col("due_on") < day
    asked = joined.with_columns(late=late).filter(late | ~late.any().over("customer_id"))
    by_money = (pl.col("days") * pl.col("open_amount")).sum() / pl.col("open_amount").sum()
    return (
        asked.filter(pl.col("open_amount") > 0)
        .group_by("customer_id")
        .agg(expected_days_to_pay=by_money)
        .sort("customer_id")
    )
