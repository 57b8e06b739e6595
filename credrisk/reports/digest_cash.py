"""The digest's cash: what came in against what had been forecast, for the day and for the week."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from credrisk.decisions.collectable import in_ledger_currency
from credrisk.errors import CredriskError, DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.models.cash_forecast import CashForecast, cash_forecast, cash_received
from credrisk.models.payment_items import CASH, payment_items
from credrisk.models.payment_timing import PaymentTiming
from credrisk.reports.digest_part import DigestPart, Window
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.style import short_money, whole_figure
from credrisk.wording import percent

__all__ = ["cash_part"]

WEEK = 7


def cash_part(ledger: Ledger, window: Window, *, timing: PaymentTiming | None, forecast: bool) -> DigestPart:
    """Return what came in, against the forecasts made on the eve of the window and a week ago.

    Parameters
    ----------
    ledger
        Cut at the day.
    timing
        A model of the day of payment; None, or one that was fitted after the forecasts: it is fitted on what was known
        on the earlier of these days.
    forecast
        False: nothing is forecast.
    """
    code = ledger.settings.currency
    total = _came_in(ledger, window)
    came = f"{short_money(total, code)} came in"
    span = "on the day" if window.days == 1 else f"within {window.days} days"
    if not forecast:
        return DigestPart("Cash", "Cash", short_money(total, code), f"{came} {span}; no forecast was asked for.")
    try:
        week_ago = window.day - timedelta(days=WEEK)
        first = min(week_ago, window.since)
        # One model for both: what was known on the earlier day is known on the later one.
        model = timing if timing is not None and _fits(timing, first) else _forecast(ledger, first, None).timing
        day = _against(ledger, window.since, window, model)
        week = _week(ledger, week_ago, model)
    except DataError:
        raise
    except CredriskError as why:
        said = f"{came} {span}; it cannot be held against a forecast: {str(why).rstrip('.')}."
        return DigestPart("Cash", "Cash", short_money(total, code), said)
    got, expected = day
    rows = [
        (_days(window), whole_figure(got), whole_figure(expected), whole_figure(got - expected), ""),
        week[0],
    ]
    table = ShortTable(
        f"Cash on the items that were open when the forecast was made ({code})",
        ("Days", "Received", "Forecast", "More or less", "P10 to P90"),
        tuple(rows),
        (1, 2, 3, 4),
    )
    share = f", {percent(got / expected)} of the {short_money(expected, code)} forecast" if expected > 0 else ""
    finding = f"{came} {span}, {short_money(got, code)} of it on items that were open before{share}."
    return DigestPart("Cash", "Cash", short_money(total, code), finding, table, alarm=week[1])


def _came_in(ledger: Ledger, window: Window) -> float:
    received = ledger.table("receipts").filter(window.holds("date"))
    sums = received.group_by("currency").agg(pl.col("amount").sum()).sort("currency")
    return float(in_ledger_currency(sums, ["amount"], ledger, window.day)["amount"].sum())


def _fits(timing: PaymentTiming, made_on: date) -> bool:
    return str(timing.evidence_["fitted_on"]) <= made_on.isoformat()


def _forecast(ledger: Ledger, made_on: date, timing: PaymentTiming | None) -> CashForecast:
    return cash_forecast(ledger, as_of=made_on, weeks=1, timing=timing, draws=1_000)


def _against(ledger: Ledger, made_on: date, window: Window, timing: PaymentTiming) -> tuple[float, float]:
    """Return what came in the window on the items open on its eve, and what had been expected."""
    found = _forecast(ledger, made_on, timing)
    made = timing.distribution(payment_items(ledger, as_of=made_on), as_of=made_on)
    amount = dict(found.items.select("item_id", "forecast_amount").rows())
    money = np.array([amount.get(item, 0.0) for item in made.item_id])
    expected = float(made.paid[:, : window.days].sum(axis=1) @ money)
    moved = item_movements(ledger).filter(
        pl.col("document_id").is_in(pl.Series(made.item_id, dtype=pl.String).implode())
        & (pl.col("kind").is_in(CASH) | ((pl.col("kind") == "reversal") & (pl.col("from_kind") == "receipt")))
        & window.holds("event_date")
    )
    sums = moved.group_by("currency").agg(amount=-pl.col("amount").sum()).sort("currency")
    # At the rates of the day of the forecast, as the forecast is.
    return float(in_ledger_currency(sums, ["amount"], ledger, made_on)["amount"].sum()), expected


def _week(ledger: Ledger, made_on: date, timing: PaymentTiming | None) -> tuple[tuple[str, ...], bool]:
    """Return the row of the last week, and whether it lies below what one week in ten does."""
    found = _forecast(ledger, made_on, timing)
    week = found.weeks.row(0, named=True)
    got = float(cash_received(ledger, found.items["item_id"], as_of=made_on, weeks=1)[0])
    low, high = week["p10"], week["p90"]
    span = "" if low is None else f"{whole_figure(low)} to {whole_figure(high)}"
    expected = week["expected"]
    row = (f"the last {WEEK} days", whole_figure(got), whole_figure(expected), whole_figure(got - expected), span)
    return row, low is not None and got < low


def _days(window: Window) -> str:
    return "the day" if window.days == 1 else f"the last {window.days} days"
