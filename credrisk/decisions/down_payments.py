"""Which down payments and open orders fall due by which month end."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.frames import given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["down_payment_schedule"]


@overload
def down_payment_schedule(
    ledger: Ledger, *, as_of: date | str, output: Literal["pandas"] = "pandas"
) -> pd.DataFrame: ...
@overload
def down_payment_schedule(ledger: Ledger, *, as_of: date | str, output: Literal["polars"]) -> pl.DataFrame: ...
def down_payment_schedule(ledger: Ledger, *, as_of: date | str, output: str = "pandas") -> Any:
    """Return the open down payments by due date, and beside them the open orders by delivery.

    Parameters
    ----------
    ledger
        It is cut at ``as_of``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``month_end``, ``due_on`` (a down payment's due date; an order's requested delivery, its order date where none
        is stated), ``customer_id``, ``what`` (``down_payment`` or ``order``), ``id``, ``order_id`` (of a down payment:
        the order it belongs to), ``amount`` (what is open, in the ledger's currency) and ``days_past_due`` (0 where it
        is not due yet). By due date. Of an order what is not delivered yet counts, the whole order where that is not
        stated; closed orders are left out.

    Raises
    ------
    DataError
        When a currency has no rate.
    """
    day = to_date(as_of)
    seen = ledger.cut(day)
    order_of = seen.table("documents").select("document_id", "order_id")
    payments = (
        open_items(seen, item_movements(seen))
        .filter((pl.col("document_kind") == "down_payment") & (pl.col("residual") > 0))
        .join(order_of, on="document_id", how="left", maintain_order="left")
        .select(
            "customer_id",
            "currency",
            "order_id",
            due_on="due_date",
            what=pl.lit("down_payment"),
            id="document_id",
            amount="residual",
        )
    )
    orders = (
        seen.table("orders")
        .filter(pl.col("closed_on").is_null())
        .select(
            "customer_id",
            "currency",
            "order_id",
            due_on=pl.coalesce("requested_delivery", "order_date"),
            what=pl.lit("order"),
            id="order_id",
            amount=pl.coalesce("open_amount", "amount"),
        )
        .filter(pl.col("amount") > 0)
    )
    whole = in_ledger_currency(pl.concat([payments, orders]), ["amount"], seen, day)
    return given_out(
        whole.select(
            pl.col("due_on").dt.month_end().alias("month_end"),
            "due_on",
            "customer_id",
            "what",
            "id",
            "order_id",
            "amount",
            (pl.lit(day) - pl.col("due_on")).dt.total_days().clip(lower_bound=0).alias("days_past_due"),
        ).sort("due_on", "what", "id"),
        output,
    )
