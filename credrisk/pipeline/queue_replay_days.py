"""In how many days accounts are expected to pay, on the days after a forecast, for those that have not paid since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.models.payment_items import payment_items
from credrisk.models.payment_timing import PaymentTiming

__all__ = ["DaysAhead", "days_ahead"]

YOUNG_DAYS = 30
"""Money billed after the forecast is taken to be paid like items that are past due by at most so many days then."""

TAIL_DAYS = 14
"""Beyond the horizon items go on closing at the pace of its last so many days."""

FLOOR = 1e-9


@dataclass(frozen=True)
class DaysAhead:
    """The forecast of one day, to be asked on later ones.

    Attributes
    ----------
    made_on
        Day of the forecast.
    customer_id, due_on, amount
        Of the items open then; amounts in major units of the ledger's currency.
    still_open
        Chance of being open after 0, 1, 2 ... days, shape (n_items, n_days).
    horizon_days
        At which expected days are cut.
    young
        Expected days of items that are past due by at most ``YOUNG_DAYS``.
    """

    made_on: date
    customer_id: pl.Series
    due_on: np.ndarray
    amount: np.ndarray
    still_open: np.ndarray
    horizon_days: int
    young: float

    def on(self, day: date, accounts: pl.DataFrame) -> pl.DataFrame:
        """Add ``expected_days_to_pay`` from ``day`` on, by money, to accounts with ``customer_id, past_due``.

        An item of the forecast counts with its amount times the chance that it is open still, and with its days given
        that it is; what is past due beyond that was billed since and counts with ``young``. Of accounts with nothing
        past due the items due later count.
        """
        gone = (day - self.made_on).days
        now = self.still_open[:, gone]
        days = self.still_open[:, gone : gone + self.horizon_days].sum(axis=1) / np.maximum(now, FLOOR)
        late = self.due_on < np.datetime64(day)
        items = pl.DataFrame({"customer_id": self.customer_id, "late": late, "open": self.amount * now, "days": days})
        weighted = (pl.col("open") * pl.col("days")).sum()
        sums = items.group_by("customer_id", "late").agg(open=pl.col("open").sum(), weighted=weighted)
        asked = accounts.with_columns(late=pl.col("past_due") > 0)
        known = asked.join(sums, on=["customer_id", "late"], how="left", maintain_order="left")
        money = pl.col("open").fill_null(0.0)
        since = pl.when("late").then((pl.col("past_due") - money).clip(lower_bound=0.0)).otherwise(0.0)
        total = money + since
        expected = pl.when(total > 0).then((pl.col("weighted").fill_null(0.0) + since * self.young) / total)
        return known.with_columns(expected_days_to_pay=expected.fill_null(self.young)).drop("late", "open", "weighted")


def days_ahead(ledger: Ledger, timing: PaymentTiming, *, as_of: date, days: int) -> DaysAhead:
    """Forecast the items open at the end of ``as_of``, to be asked up to ``days`` days later."""
    items = payment_items(ledger, as_of=as_of)
    made = timing.distribution(items, as_of=as_of)
    chosen = pl.DataFrame({"item_id": made.item_id, "customer_id": made.customer_id}).join(
        items.select("item_id", "due_on", "open_amount"), on="item_id", how="left", maintain_order="left"
    )
    horizon = made.paid.shape[1]
    open_after = np.clip(1.0 - np.cumsum(made.paid, axis=1), 0.0, 1.0)
    pace = (np.maximum(open_after[:, -1], FLOOR) / np.maximum(open_after[:, -1 - TAIL_DAYS], FLOOR)) ** (1 / TAIL_DAYS)
    later = open_after[:, -1:] * pace[:, None] ** np.arange(1, days + 2)
    still = np.concatenate([np.ones((len(open_after), 1)), open_after, later], axis=1)
    due = chosen["due_on"].cast(pl.Date).to_numpy().astype("datetime64[D]")
    amount = chosen["open_amount"].cast(pl.Float64).to_numpy()
    expected = still[:, :horizon].sum(axis=1)
    age = (np.datetime64(as_of) - due).astype(int)
    recent = (age > 0) & (age <= YOUNG_DAYS) & (amount > 0)
    if not recent.any():
        recent = amount > 0
    young = float(np.average(expected[recent], weights=amount[recent])) if recent.any() else float(horizon)
    return DaysAhead(as_of, chosen["customer_id"], due, amount, still, horizon, young)
