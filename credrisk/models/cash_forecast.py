"""How much cash the open invoices bring, week by week, and how sure that is.

Every open item has a distribution of its payment day; a week's cash is what falls into it. Its range comes from drawn
futures in which the items of a customer, and all items a little, are early or late together. The expected amounts of
the weeks, of what comes later or never, of what is closed without cash and of what is covered already add up to the
open debit items, to the cent; these and the open credits to the open balance of the ageing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.errors import DataError, EvidenceError, ParameterError
from credrisk.frames import as_polars
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.rates import Rates
from credrisk.models.payment_dependence import drawn_cash
from credrisk.models.payment_distribution import PaymentDistribution
from credrisk.models.payment_items import BILLED, CASH, payment_items
from credrisk.models.payment_timing import PAYMENTS_FOR_BOOSTER, PaymentTiming

__all__ = ["CashForecast", "cash_forecast", "cash_received"]

DAYS_A_WEEK = 7
LEAST_WEEKS_COVERED = 13
"""Weeks of the ledger under which no range is given: until then slow payers have not shown themselves, and nothing is
known of how weeks differ."""
BUCKETS = (0, 30, 60, 90)
"""Days past due after which the buckets of the ageing begin."""


@dataclass(frozen=True)
class CashForecast:
    """The cash expected from the items that are open today; invoices yet to be written are not in it.

    Attributes
    ----------
    weeks
        ``week`` (1, 2, ...), ``week_from``, ``week_to`` (both included), ``expected``, ``p10``, ``p50``, ``p90``,
        ``due`` (what falls due in it), ``cumulated_p10``, ``cumulated_expected``, ``cumulated_p90``. P10 and P90 are
        null where ``no_range`` says why.
    totals
        ``line, amount``: ``within the weeks``, ``later or never``, ``closed without cash``, ``never: customer fails``,
        ``covered by unapplied cash and credits``, ``not forecast``; their sum, ``open debit items`` (the buckets and
        late fees of the ageing); ``open credits`` (not above 0), and the sum of these two, ``open balance``, as in the
        ageing. Where there is a table of receipts, ``unapplied cash`` (taken off: not above 0) and the ``net balance``
        follow.
    items
        The table of :meth:`PaymentDistribution.table` with ``open_amount``, ``forecast_amount`` (less what is
        covered already), ``p_within_the_weeks`` and ``p_later_or_never``, which with ``p_closed_otherwise`` make 1.
        Were no failures given, the sums of the probabilities times ``forecast_amount`` are those lines of ``totals``.
        Days from the 10 % to the 90 % day and of the interval are null where ``no_range`` says why.
    as_of, currency
        The day it stands on, and the currency of all amounts.
    timing
        The model it rests on.
    no_range
        Why no P10, P90 and interval are given; None where they are.
    """

    weeks: pl.DataFrame
    totals: pl.DataFrame
    items: pl.DataFrame
    as_of: date
    currency: str
    timing: PaymentTiming
    no_range: str | None = None


def cash_forecast(
    ledger: Ledger,
    *,
    as_of: date | str,
    weeks: int = 13,
    timing: PaymentTiming | None = None,
    failure: Any = None,
    draws: int = 2_000,
    seed: int = 0,
) -> CashForecast:
    """Forecast the cash that the items open at the end of ``as_of`` bring in each of the next weeks.

    Parameters
    ----------
    weeks
        Weeks of seven days from the day after ``as_of`` on.
    timing
        A fitted model; None: it is fitted on this ledger as known by ``as_of``. One fitted earlier forecasts with the
        customers' histories as known by ``as_of``.
    failure
        Optional frame ``customer_id, probability``: the chance that a customer fails and pays nothing more of what is
        open. Customers without a row get none. What the ledger's own past says of items closed without cash and of
        items never paid is in the forecast already; this is for what it does not show.
    draws
        Futures drawn for the range.
    seed
        Seed of the draws.

    Raises
    ------
    EvidenceError
        When nothing is open, or no invoice was ever paid.
    ParameterError
        When a parameter breaks its rule, or the weeks reach beyond the model's horizon.

    Notes
    -----
    Unapplied cash and open credits of a customer cover its oldest items first. Amounts in other currencies count at
    the rate of the day. No P10 and P90 are given from a ledger of fewer than ``LEAST_WEEKS_COVERED`` weeks, or a model
    of fewer payments than its booster needs: they would look far surer than they are.
    """
    day = to_date(as_of)
    if weeks < 1:
        raise ParameterError("weeks", "1 or more", weeks)
    if draws < 100:
        raise ParameterError("draws", "100 or more", draws)
    seen = ledger.cut(day)
    every = payment_items(ledger, as_of=day)
    model = (
        PaymentTiming(horizon_days=max(180, DAYS_A_WEEK * weeks)).fit(every, as_of=day) if timing is None else timing
    )
    if DAYS_A_WEEK * weeks > model.horizon_days:
        raise ParameterError("weeks", f"within the {model.horizon_days} days that the model forecasts", weeks)
    made = model.distribution(every, as_of=day)
    amounts, balance, in_credit, unapplied, not_forecast = _amounts(seen, made, day)
    forecast = amounts["forecast"].to_numpy()
    fails = _failures(failure, made.customer_id)
    ends = DAYS_A_WEEK * np.arange(1, weeks + 1) - 1
    by_week = np.cumsum(made.paid, axis=1)[:, ends]
    shared = model.dependence_
    drawn = drawn_cash(by_week, forecast, made.customer_id, fails, shared, draws=draws, seed=seed)
    expected = np.diff(by_week, axis=1, prepend=0.0).T @ (forecast * (1.0 - fails))
    within = float(expected.sum())
    closed = float(made.otherwise @ (forecast * (1.0 - fails)))
    failed = float(forecast @ fails)
    lines = {
        "later or never": float(forecast.sum()) - within - closed - failed,
        "closed without cash": closed,
        "never: customer fails": failed,
        "covered by unapplied cash and credits": float((amounts["open"] - amounts["forecast"]).sum()),
        "not forecast": not_forecast,
    }
    factor = minor_factor(seen.settings.currency)
    cents = _to_cents(np.concatenate([expected, list(lines.values())]) * factor, round(balance * factor))
    shown, rest = cents[:weeks] / factor, cents[weeks:] / factor
    whole = int(cents.sum())
    tie = {"open debit items": whole, "open credits": in_credit, "open balance": whole + in_credit}
    if seen.has("receipts"):
        tie |= {"unapplied cash": -unapplied, "net balance": whole + in_credit - unapplied}
    totals = pl.DataFrame(
        {
            "line": ["within the weeks", *lines, *tie],
            "amount": [cents[:weeks].sum() / factor, *rest.tolist(), *(amount / factor for amount in tie.values())],
        }
    )
    due_week = (made.due - made.start) // DAYS_A_WEEK
    running = np.cumsum(drawn, axis=0)
    drawn, running = (_stretched(part, shared.stretch) for part in (drawn, running))
    table = pl.DataFrame(
        {
            "week": np.arange(1, weeks + 1),
            "week_from": [day + timedelta(days=1 + DAYS_A_WEEK * week) for week in range(weeks)],
            "week_to": [day + timedelta(days=DAYS_A_WEEK * (week + 1)) for week in range(weeks)],
            "expected": shown,
            **{f"p{level}": np.quantile(drawn, level / 100, axis=1) for level in (10, 50, 90)},
            "due": [float(forecast[due_week == week].sum()) for week in range(weeks)],
            "cumulated_p10": np.quantile(running, 0.1, axis=1),
            "cumulated_expected": np.cumsum(shown),
            "cumulated_p90": np.quantile(running, 0.9, axis=1),
        }
    )
    items = made.table().with_columns(
        open_amount=amounts["open"],
        forecast_amount=amounts["forecast"],
        p_within_the_weeks=by_week[:, -1],
        p_later_or_never=np.maximum(1.0 - by_week[:, -1] - made.otherwise, 0.0),
    )
    no_range = _no_range((day - seen.settings.covers_from).days + 1, model.evidence_["payments"])
    if no_range is not None:
        quantiles = ["p10", "p90", "cumulated_p10", "cumulated_p90"]
        table = table.with_columns(pl.lit(None, pl.Float64).alias(name) for name in quantiles)
        ends_of_items = ["p10_on", "p90_on", "interval_80_from", "interval_80_to"]
        items = items.with_columns(pl.lit(None, pl.Date).alias(name) for name in ends_of_items)
    return CashForecast(table, totals, items, day, seen.settings.currency, model, no_range)


def _no_range(days_covered: int, payments: int) -> str | None:
    """Return why P10 and P90 would be a guess, None where they are not."""
    reasons = []
    if days_covered < DAYS_A_WEEK * LEAST_WEEKS_COVERED:
        reasons.append(
            f"the ledger covers {days_covered} days until then, {DAYS_A_WEEK * LEAST_WEEKS_COVERED} are needed"
        )
    if payments < PAYMENTS_FOR_BOOSTER:
        reasons.append(f"{payments} payments are known, {PAYMENTS_FOR_BOOSTER} are needed")
    return "; ".join(reasons) or None


def cash_received(ledger: Ledger, items: pl.Series, *, as_of: date, weeks: int) -> np.ndarray:
    """Return what came in cash on the given items in each week after ``as_of``, in the ledger's currency.

    For back-tests: it reads the whole ledger, also what was known later. Cash that lay unapplied on ``as_of`` had come
    before. Amounts count at the rate of ``as_of``.
    """
    moves = (
        item_movements(ledger)
        .filter(
            pl.col("document_id").is_in(items.to_list())
            & (pl.col("kind").is_in(CASH) | ((pl.col("kind") == "reversal") & (pl.col("from_kind") == "receipt")))
            & (pl.col("event_date") > as_of)
        )
        .with_columns(week=((pl.col("event_date") - pl.lit(as_of)).dt.total_days() - 1) // DAYS_A_WEEK)
        .filter(pl.col("week") < weeks)
        .group_by("week", "currency")
        .agg(-pl.col("amount").sum())
        .sort("week", "currency")
    )
    days = np.full(moves.height, (as_of - date(1970, 1, 1)).days)
    money = Rates(ledger.cut(as_of)).translate_rows(moves["amount"].to_numpy(), moves["currency"].to_numpy(), days)
    return np.bincount(moves["week"].to_numpy(), money, weeks) / minor_factor(ledger.settings.currency)


def _amounts(seen: Ledger, made: PaymentDistribution, day: date) -> tuple[pl.DataFrame, float, int, int, float]:
    """Return what is open and to be forecast of each item, the open debit, credits and unapplied cash, the rest.

    Credits and unapplied cash are in cents; the rest is what is not forecast.
    """
    left = (
        item_movements(seen)
        .group_by("document_id")
        .agg(pl.col("customer_id", "currency", "document_kind", "due_date").first(), pl.col("amount").sum())
        .filter(pl.col("amount") != 0)
        .sort("document_id")
    )
    cash = cash_movements(seen).group_by("customer_id", "currency").agg(pl.col("amount").sum())
    factor = minor_factor(seen.settings.currency)
    rates = Rates(seen)

    def translated(frame: pl.DataFrame) -> pl.Series:
        days = np.full(frame.height, (day - date(1970, 1, 1)).days)
        money = rates.translate_rows(frame["amount"].to_numpy(), frame["currency"].to_numpy(), days)
        return pl.Series("amount", money, dtype=pl.Float64) / factor

    # Translated as the ageing does it, each bucket of a customer and its late fees as a whole, and shared out.
    late = (pl.lit(day) - pl.col("due_date")).dt.total_days()
    debits = left.filter(pl.col("amount") > 0).with_columns(
        bucket=pl.when(pl.col("document_kind") != "late_fee").then(pl.sum_horizontal(late > edge for edge in BUCKETS))
    )
    key = ["customer_id", "currency", "bucket"]
    whole = debits.group_by(key).agg(pl.col("amount").sum()).sort(key)
    whole = whole.with_columns(rate=translated(whole) / pl.col("amount"))
    debits = debits.join(whole.drop("amount"), on=key, how="left", nulls_equal=True).with_columns(
        amount=pl.col("amount") * pl.col("rate")
    )
    in_favour = left.filter(pl.col("amount") < 0)
    covering = pl.concat(
        [
            in_favour.select("customer_id", amount=-translated(in_favour)),
            cash.select("customer_id", amount=translated(cash)),
        ]
    )
    covering = covering.group_by("customer_id").agg(cover=pl.col("amount").sum().clip(lower_bound=0.0))
    wanted = pl.DataFrame({"document_id": pl.Series(made.item_id, dtype=pl.String)})
    ours = debits.join(wanted, on="document_id", how="semi").filter(pl.col("document_kind").is_in(BILLED))
    if ours.is_empty():
        raise EvidenceError(f"No invoice is open on {day}: there is no cash to forecast.")
    ours = (
        ours.join(covering, on="customer_id", how="left")
        .sort("customer_id", "due_date", "document_id")
        .with_columns(before=pl.col("amount").cum_sum().over("customer_id") - pl.col("amount"))
        .with_columns(covered=(pl.col("cover").fill_null(0.0) - pl.col("before")).clip(0.0, pl.col("amount")))
    )
    amounts = wanted.join(ours, on="document_id", how="left", maintain_order="left").select(
        open=pl.col("amount").fill_null(0.0),
        forecast=(pl.col("amount") - pl.col("covered")).fill_null(0.0),
    )
    balance = float(debits["amount"].sum())
    of_credits = (
        in_favour.group_by("customer_id", "currency").agg(pl.col("amount").sum()).sort("customer_id", "currency")
    )
    in_credit, unapplied = (round(float(translated(part).sum()) * factor) for part in (of_credits, cash))
    return amounts, balance, in_credit, unapplied, balance - float(amounts["open"].sum())


def _failures(failure: Any, customer_id: np.ndarray) -> np.ndarray:
    """Return the probability of failure of each item's customer."""
    if failure is None:
        return np.zeros(len(customer_id))
    given = as_polars(failure, "failure")
    missing = [name for name in ("customer_id", "probability") if name not in given.columns]
    if missing:
        raise DataError("Columns are missing.", table="failure", columns=missing, remedy="give them.")
    given = given.select(pl.col("customer_id").cast(pl.String), pl.col("probability").cast(pl.Float64))
    wrong = given.filter(pl.col("customer_id").is_duplicated() | ~pl.col("probability").is_between(0.0, 1.0))
    if wrong.height:
        ids = wrong["customer_id"].to_list()
        problem = "A customer occurs twice or its probability is not between 0 and 1."
        raise DataError(problem, table="failure", rows=wrong.height, ids=ids)
    asked = pl.DataFrame({"customer_id": pl.Series(customer_id, dtype=pl.String)})
    found = asked.join(given, on="customer_id", how="left", maintain_order="left")["probability"]
    return found.fill_null(0.0).to_numpy()


def _stretched(drawn: np.ndarray, stretch: float) -> np.ndarray:
    """Return the futures moved away from their mean, and never below nothing."""
    mean = drawn.mean(axis=1, keepdims=True)
    moved: np.ndarray = np.maximum(mean + stretch * (drawn - mean), 0.0)
    return moved


def _to_cents(amounts: np.ndarray, total: int) -> np.ndarray:
    """Round amounts so that they add up to ``total``: the largest remainders are rounded up."""
    whole: np.ndarray = np.floor(amounts)
    short = int(total - whole.sum())
    order = np.argsort(-(amounts - whole), kind="stable")
    whole[order[:short]] += 1
    return whole
