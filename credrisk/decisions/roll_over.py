"""Who will pass 60 or 90 days past due within 30 days, and how much money goes with it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import LATE_FEE, in_ledger_currency, open_items
from credrisk.errors import ParameterError
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

if TYPE_CHECKING:
    import pandas as pd

    from credrisk.models.payment_timing import PaymentTiming

__all__ = ["HORIZON_DAYS", "THRESHOLDS_DAYS", "crossing_items", "crossing_money", "roll_over"]

THRESHOLDS_DAYS = (60, 90)
HORIZON_DAYS = 30


@overload
def roll_over(
    ledger: Ledger,
    *,
    as_of: date | str,
    horizon_days: int = HORIZON_DAYS,
    timing: PaymentTiming | None = None,
    output: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...
@overload
def roll_over(
    ledger: Ledger,
    *,
    as_of: date | str,
    horizon_days: int = HORIZON_DAYS,
    timing: PaymentTiming | None = None,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def roll_over(
    ledger: Ledger,
    *,
    as_of: date | str,
    horizon_days: int = HORIZON_DAYS,
    timing: PaymentTiming | None = None,
    output: str = "pandas",
) -> Any:
    """Return the accounts with money that is not more than 60 (90) days past due today and will be, unless it is paid.

    Parameters
    ----------
    ledger
        It is cut at ``as_of`` here.
    horizon_days
        Days ahead, the last included; at least 1.
    timing
        A fitted model of the day of payment; None: nothing is said of how likely it is.

    Returns
    -------
    polars.DataFrame or pandas.DataFrame
        One row a customer and threshold, the largest amount first: ``customer_id, threshold_days`` (60 or 90),
        ``amount`` (open debit items that pass it, in major units of the ledger's currency, credits and cash not yet
        applied not taken off), ``disputed`` (of it), ``items, passes_on`` (the first day on which one is more than
        ``threshold_days`` past its due date), ``expected_amount`` (amount that is still open then by the model) and
        ``probability`` (that at least the item most likely to be open then is); both null without a model.

    Notes
    -----
    An item due on day d is more than k days past due from d + k + 1 on. The probability that an item is still open then
    is 1 less that of being paid in cash on an earlier day; that it is credited or written off is not taken off.
    """
    check_output(output)
    day = to_date(as_of)
    if isinstance(horizon_days, bool) or not isinstance(horizon_days, int) or horizon_days < 1:
        raise ParameterError("horizon_days", "a whole number of at least 1", horizon_days)
    seen = ledger.cut(day)
    items = crossing_items(open_items(seen, item_movements(seen)), as_of=day, horizon_days=horizon_days)
    items = in_ledger_currency(items, ["residual", "disputed"], seen, day)
    items = items.with_columns(p_open=_still_open(items, seen, timing, day))
    table = (
        items.with_columns(expected=pl.col("residual") * pl.col("p_open"))
        .sort("customer_id", "threshold_days", "document_id")
        .group_by("customer_id", "threshold_days", maintain_order=True)
        .agg(
            amount=pl.col("residual").sum(),
            disputed=pl.col("disputed").sum(),
            items=pl.len().cast(pl.Int64),
            passes_on=pl.col("passes_on").min(),
            expected_amount=pl.when(pl.col("expected").is_not_null().all()).then(pl.col("expected").sum()),
            probability=pl.when(pl.col("p_open").is_not_null().all()).then(pl.col("p_open").max()),
        )
        .sort("amount", "customer_id", "threshold_days", descending=[True, False, False])
    )
    return given_out(table, output)


def crossing_items(items: pl.DataFrame, *, as_of: date, horizon_days: int = HORIZON_DAYS) -> pl.DataFrame:
    """Return the open debit items that pass a threshold after ``as_of`` and within the horizon, with ``passes_on``.

    As in the ageing, fee notes for late payment are none.
    """
    owed = items.filter(~pl.col("document_kind").is_in(["credit_note", LATE_FEE]) & (pl.col("residual") > 0))
    last = as_of + timedelta(days=horizon_days)
    return pl.concat(
        owed.with_columns(
            threshold_days=pl.lit(days, pl.Int64), passes_on=pl.col("due_date").dt.offset_by(f"{days + 1}d")
        ).filter((pl.col("passes_on") > as_of) & (pl.col("passes_on") <= last))
        for days in THRESHOLDS_DAYS
    )


def crossing_money(items: pl.DataFrame, ledger: Ledger, *, as_of: date) -> pl.DataFrame:
    """Return ``customer_id, rolls_over_60, rolls_over_90``: money of the open items that pass within 30 days.

    ``items`` are all open items of a ledger cut at ``as_of``.
    """
    crossing = (
        crossing_items(items, as_of=as_of)
        .group_by("customer_id", "currency", "threshold_days")
        .agg(pl.col("residual").sum())
    )
    return (
        in_ledger_currency(crossing, ["residual"], ledger, as_of)
        .sort("customer_id", "currency")
        .group_by("customer_id", maintain_order=True)
        .agg(
            pl.col("residual").filter(pl.col("threshold_days") == days).sum().alias(f"rolls_over_{days}")
            for days in THRESHOLDS_DAYS
        )
    )


def _still_open(items: pl.DataFrame, seen: Ledger, timing: PaymentTiming | None, day: date) -> pl.Series:
    """Return the probability that each item is not paid in cash before the day on which it passes; null if unknown."""
    nothing = pl.Series("p_open", [None] * items.height, dtype=pl.Float64)
    if timing is None or items.is_empty():
        return nothing
    from credrisk.models.payment_items import payment_items

    # Of all accounts: the model draws a customer's habits towards those of everybody whom it is given.
    made = timing.distribution(payment_items(seen, as_of=day), as_of=day)
    place = {item: number for number, item in enumerate(made.item_id.tolist())}
    found = items.select("document_id", "passes_on")
    result: list[float | None] = []
    days = {passes: made.paid_by(passes - timedelta(days=1)) for passes in found["passes_on"].unique().to_list()}
    for document, passes in found.iter_rows():
        number = place.get(document)
        result.append(None if number is None else float(1.0 - np.clip(days[passes][number], 0.0, 1.0)))
    return pl.Series("p_open", result, dtype=pl.Float64)
