"""The cash that each account was expected to bring over a period, seen from its beginning, and what it brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency
from credrisk.decisions.promise_state import CAME
from credrisk.decisions.roll_over import THRESHOLDS_DAYS, roll_over
from credrisk.decisions.team_shares import expected_by_shares
from credrisk.errors import EvidenceError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.models.cash_forecast import CashForecast, cash_forecast
from credrisk.models.payment_timing import PaymentTiming

__all__ = ["DAYS_A_WEEK", "Expectation", "TeamCash", "rolling_over", "team_cash"]

DAYS_A_WEEK = 7
Expectation = Literal["forecast", "share_table"]


@dataclass(frozen=True)
class TeamCash:
    """Cash against what was expected, on the invoices that were open when the period began.

    Attributes
    ----------
    accounts
        ``customer_id, open`` (when the period began), ``expected, actual`` (cash in the period) and ``variance`` of the
        actual about the expected, up to a common factor: within an account the items are taken to go together. Money in
        major units of the ledger's currency; only accounts with something expected or received.
    source
        ``forecast`` (the payment timing model, fitted and applied on what was known when the period began) or
        ``share_table`` (shares by age and habit of earlier periods); None where neither could be made.
    p10, p90
        Within which the cash of all was expected 8 times in 10; None where the forecast gives no range.
    timing
        The fitted model, for forecasts from the end of the period.
    lacks
        What could not be said, and why.
    """

    accounts: pl.DataFrame
    source: str | None
    p10: float | None
    p90: float | None
    timing: PaymentTiming | None
    lacks: tuple[str, ...]


ACCOUNTS = {
    "customer_id": pl.String,
    "open": pl.Float64,
    "expected": pl.Float64,
    "actual": pl.Float64,
    "variance": pl.Float64,
}


def team_cash(
    ledger: Ledger,
    *,
    start: date,
    end: date,
    timing: PaymentTiming | None = None,
    expected_by: Expectation = "forecast",
) -> TeamCash:
    """Return expected and actual cash of every account from the day after ``start`` to ``end``, whole weeks.

    Parameters
    ----------
    ledger
        It is cut here: at ``start`` for what is expected, at ``end`` for what came.
    timing
        A model fitted on what was known by ``start``; None: it is fitted here.
    expected_by
        ``forecast``: the customers' own past; the table stands in where no model can be fitted. ``share_table``: only
        what is common to all accounts of an age and a broad habit, so that a collector whose customers have paid well
        for long is not measured by his own success.

    Raises
    ------
    ParameterError
        When ``expected_by`` is neither.

    Notes
    -----
    Cash that lay unapplied when the period began had come before and counts on neither side.
    """
    weeks = (end - start).days // DAYS_A_WEEK
    if expected_by not in get_args(Expectation):
        raise ParameterError("expected_by", f"one of {', '.join(get_args(Expectation))}", expected_by)
    lacks: list[str] = []
    try:
        made = cash_forecast(ledger, as_of=start, weeks=weeks, timing=timing)
    except EvidenceError as none:
        made = None
        lacks.append(f"No forecast from the payment timing model: {none}")
    if made is not None and expected_by == "forecast":
        if made.no_range:
            lacks.append(f"No range of the expected cash: {made.no_range}.")
        last = made.weeks.row(-1, named=True)
        came = _came(ledger, made.items["item_id"], start=start, end=end)
        accounts = _of_forecast(made).join(came, on="customer_id", how="left")
        accounts = accounts.with_columns(pl.col("actual").fill_null(0.0).clip(lower_bound=0.0))
        low, high = last["cumulated_p10"], last["cumulated_p90"]
        return TeamCash(accounts.select(*ACCOUNTS), "forecast", low, high, made.timing, tuple(lacks))
    fitted = made.timing if made is not None else None
    try:
        shares = expected_by_shares(ledger, start=start, days=weeks * DAYS_A_WEEK)
    except EvidenceError as none:
        lacks.append(f"No table of expected shares: {none}")
        return TeamCash(pl.DataFrame(schema=ACCOUNTS), None, None, None, fitted, tuple(lacks))
    came = _came(ledger, shares["document_id"], start=start, end=end)
    accounts = (
        shares.group_by("customer_id")
        .agg(
            open=pl.col("open").sum(),
            expected=(pl.col("open") * pl.col("share")).sum(),
            variance=(pl.col("open") * (pl.col("share") * (1 - pl.col("share"))).sqrt()).sum() ** 2,
        )
        .join(came, on="customer_id", how="left")
        .with_columns(pl.col("actual").fill_null(0.0).clip(lower_bound=0.0))
        .sort("customer_id")
    )
    return TeamCash(accounts.select(*ACCOUNTS), "share_table", None, None, fitted, tuple(lacks))


def _of_forecast(made: CashForecast) -> pl.DataFrame:
    share = pl.col("p_within_the_weeks").clip(0.0, 1.0)
    amount = pl.col("forecast_amount")
    return (
        made.items.group_by("customer_id")
        .agg(
            open=amount.sum(),
            expected=(amount * share).sum(),
            variance=(amount * (share * (1 - share)).sqrt()).sum() ** 2,
        )
        .filter(pl.col("open") > 0)
        .sort("customer_id")
    )


def _came(ledger: Ledger, documents: pl.Series, *, start: date, end: date) -> pl.DataFrame:
    """Return ``customer_id, actual``: the cash that came on these documents in the period, as known at its end."""
    seen = ledger.cut(end)
    moves = item_movements(seen).filter(
        pl.col("document_id").is_in(documents.implode())
        & CAME
        & (pl.col("event_date") > start)
        & (pl.col("event_date") <= end)
    )
    sums = moves.group_by("customer_id", "currency").agg(actual=-pl.col("amount").sum())
    return in_ledger_currency(sums, ["actual"], seen, start).group_by("customer_id").agg(pl.col("actual").sum())


def rolling_over(ledger: Ledger, timing: PaymentTiming, *, as_of: date) -> pl.DataFrame:
    """Return what passes 60 and 90 days past due within the next 30 days, by account.

    Returns
    -------
    polars.DataFrame
        ``customer_id, rolls_over_60, rolls_over_90``: the ``expected_amount`` of
        :func:`~credrisk.decisions.roll_over.roll_over`; where the model knows no chance of some item of an account, all
        that passes. By customer.
    """
    money = pl.coalesce("expected_amount", "amount")
    return (
        roll_over(ledger, as_of=as_of, timing=timing, output="polars")
        .group_by("customer_id")
        .agg(
            money.filter(pl.col("threshold_days") == days).sum().alias(f"rolls_over_{days}") for days in THRESHOLDS_DAYS
        )
        .sort("customer_id")
    )
