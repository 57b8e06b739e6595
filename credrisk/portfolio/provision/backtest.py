"""Were past provisions enough? Each is made again as of its day and compared with what its items then lost.

Nothing known after the day is used for a provision; what was lost is read from the ledger as it stands now. Beside the
chosen method stand a flat rate (losses over balances, all buckets alike), the plain matrix (the ledger's own rates of
the day without a prior) and the roll rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import month_end, months_after, to_date
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.portfolio.provision.outcomes import History
from credrisk.portfolio.provision.pool import IMPAIRED, NO_LOSS, WHOLE
from credrisk.portfolio.provision.provide import measured_rates
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.wording import counted

__all__ = ["Backtest", "provision_backtest"]


@dataclass(frozen=True)
class Backtest:
    """Past provisions against what was then lost; money in major units of ``currency``.

    Attributes
    ----------
    dates
        One row a past day on which something was exposed: ``as_of, observed_to, balance`` (what was exposed),
        ``allowance, allowance_low, allowance_high`` (its rates at the ends of their intervals), ``lost`` (written off
        in the window, less recoveries), ``still_open`` (not settled at its end), ``still_open_loss`` (at the rate that
        its state then had),
        ``outcome`` (lost and this), ``ratio`` (allowance / outcome; null where nothing was lost), ``within`` (the
        outcome lies in the interval), ``flat, plain, roll_rates`` (the rivals' allowances) and ``own_month_ends`` (how
        many with open items the rates of the day rested on; 0: published rates alone).
    buckets
        ``state, balance, allowance, outcome, ratio`` summed over the days with own evidence (over all where none has),
        and ``error`` (mean over these days of the absolute error).
    methods
        ``method, allowance, outcome, ratio, error``: over the days with own evidence.
    notes
        What could not be compared.
    """

    currency: str
    window_months: int
    dates: Any
    buckets: Any
    methods: Any
    notes: tuple[str, ...]


def provision_backtest(
    ledger: Ledger,
    *,
    as_of: date | str,
    settings: ProvisionSettings | None = None,
    every_months: int = 3,
    output: str = "pandas",
) -> Backtest:
    """Return how past provisions compare with what was lost afterwards.

    Parameters
    ----------
    as_of
        The day up to which outcomes are known; only month-ends whose whole observation window lies before it count.
    every_months
        Months between the past days, counted back from the last one that can be judged.

    Notes
    -----
    Every choice is today's; the estimates of today are left out, for what somebody would have forecast then, or
    expected of one customer (scenarios, stated recoveries, later collections), is not known. So the allowance of a past
    day is what :func:`~credrisk.portfolio.provision.movement.provision_movement` starts from where its opening is
    worked out again, but for cents. Items are those of the pool and credit-impaired ones, net of credits, cash and what
    their disputes were then expected to take off (where the settings take that for dilution): what was credited is no
    loss on either side. Of a loss as much counts as was exposed of its item, after tax relief, integral cover and
    discounting. Segments are those of the past day.
    """
    check_output(output)
    day, chosen = to_date(as_of), settings or ProvisionSettings.default()
    window = chosen.observation_months
    days = _past_days(ledger, day, window, every_months)
    states = (*chosen.buckets, IMPAIRED, NO_LOSS)
    factor = float(minor_factor(ledger.settings.currency))
    rows, cells, empty = [], [], 0
    history = History(ledger, chosen)
    for past in days:
        rates, months = measured_rates(ledger, as_of=past, settings=chosen, history=history)
        end = months_after(past, window)
        found = history.outcomes(starts=[past], window_months=window, as_of=end, segments_on=past)
        found = _exposed(found, history.exposed_share(past), chosen)
        later, _ = measured_rates(ledger, as_of=end, settings=chosen, history=history)
        table = _by_cell(found, rates, later, chosen, factor)
        if not table["balance"].sum():
            empty += 1
            continue
        cells.append(table.with_columns(as_of=pl.lit(past), evidence=pl.lit(months[chosen.method])))
        rows.append({"as_of": past, "observed_to": end, "own_month_ends": months[chosen.method]} | _sums(table))
    frames = _shown(rows, cells, states)
    notes = []
    if not days:
        notes.append(
            f"No past month-end is {window} months old within the ledger's coverage: no provision can be judged yet."
        )
    elif not rows:
        notes.append("Nothing was exposed at any past day: no provision can be judged yet.")
    elif not any(row["own_month_ends"] for row in rows):
        notes.append(
            "At no past day had a month-end with open items been followed for a full window: every past rate was the "
            "published one."
        )
    if rows and empty:
        notes.append(f"Left out: {counted(empty, 'past day')} at which nothing was exposed.")
    if rows and (chosen.recovery or any(one.multiplier != 1 or one.value is not None for one in chosen.scenarios)):
        notes.append(
            "Past provisions are made by today's choices but without today's forecast and stated recoveries: those of "
            "then are not known."
        )
    dates, buckets, methods = (given_out(frame, output) for frame in frames)
    return Backtest(ledger.settings.currency, window, dates, buckets, methods, tuple(notes))


def _past_days(ledger: Ledger, day: date, window: int, every: int) -> list[date]:
    last = month_end(months_after(day, -window))
    last = last if months_after(last, window) <= day else months_after(last, -1)
    back = [months_after(last, -step * every) for step in range(240)]
    return sorted(past for past in back if past >= ledger.settings.covers_from)


def _exposed(found: pl.DataFrame, shares: pl.DataFrame, settings: ProvisionSettings) -> pl.DataFrame:
    """Return the outcomes of what was exposed; customers from whom no loss was expected stand apart."""
    money = ("weight", "lost", "still_open")
    part = found.join(shares, on="document_id", how="left", maintain_order="left").with_columns(
        pl.col(name) * pl.col("share") for name in money
    )
    if settings.standard != "cecl" or not settings.zero_loss:
        return part
    free = pl.col("customer_id").is_in(list(settings.zero_loss)) & (pl.col("state") != IMPAIRED)
    return part.with_columns(state=pl.when(free).then(pl.lit(NO_LOSS)).otherwise("state"))


def _by_cell(
    found: pl.DataFrame, rates: pl.DataFrame, later: pl.DataFrame, settings: ProvisionSettings, factor: float
) -> pl.DataFrame:
    """Return balance, allowances and outcome by segment and state."""
    own = _rates_of(rates, settings.method)
    other = _rates_of(rates, "roll_rate").select("segment", "state", rolled="rate")
    after = _rates_of(later, settings.method).select("segment", end_state="state", end_rate="rate")
    joined = _with_rates(found, after, ["segment", "end_state"], "end_rate")
    table = (
        joined.with_columns(end_loss=pl.col("still_open") * pl.col("end_rate"))
        .group_by("segment", "state")
        .agg(
            balance=pl.sum("weight"), lost=pl.sum("lost"), still_open=pl.sum("still_open"), end_loss=pl.sum("end_loss")
        )
        .sort("segment", "state")
    )
    for frame, names in ((own, ("rate", "low", "high", "own_rate")), (other, ("rolled",))):
        for name in names:
            table = _with_rates(table, frame.select("segment", "state", name), ["segment", "state"], name)
    free = pl.col("state") == NO_LOSS
    table = table.with_columns(
        pl.when(free).then(0.0).otherwise(name).alias(name) for name in ("rate", "low", "high", "own_rate", "rolled")
    )
    whole = rates.filter((pl.col("method") == settings.method) & (pl.col("segment") == WHOLE))
    observed = float(whole["observed"].sum())
    flat = float((whole["observed"] * whole["own_rate"].fill_null(0.0)).sum()) / observed if observed else None
    money = ("balance", "lost", "still_open", "end_loss")
    return table.with_columns(*(pl.col(name) / factor for name in money)).with_columns(
        allowance=pl.col("balance") * pl.col("rate"),
        allowance_low=pl.col("balance") * pl.col("low"),
        allowance_high=pl.col("balance") * pl.col("high"),
        plain=pl.col("balance") * pl.col("own_rate").fill_null(0.0),
        roll_rates=pl.col("balance") * pl.col("rolled"),
        flat=pl.when(free).then(0.0).otherwise(pl.col("balance") * (flat if flat is not None else np.nan)),
        outcome=pl.col("lost") + pl.col("end_loss"),
    )


def _rates_of(rates: pl.DataFrame, method: str) -> pl.DataFrame:
    return rates.filter(pl.col("method") == method)


def _with_rates(frame: pl.DataFrame, rates: pl.DataFrame, key: list[str], name: str) -> pl.DataFrame:
    """Join a rate by segment and state; that of a segment never seen is the whole's."""
    whole = rates.filter(pl.col("segment") == WHOLE).drop("segment").rename({name: "whole"})
    return (
        frame.join(rates, on=key, how="left", maintain_order="left")
        .join(whole, on=key[1:], how="left", maintain_order="left")
        .with_columns(pl.coalesce(name, "whole").alias(name))
        .drop("whole")
    )


def _sums(table: pl.DataFrame) -> dict[str, Any]:
    names = (
        "balance",
        "allowance",
        "allowance_low",
        "allowance_high",
        "lost",
        "still_open",
        "flat",
        "plain",
        "roll_rates",
        "outcome",
    )
    total = {name: float(table[name].sum()) for name in names}
    total["still_open_loss"] = float(table["end_loss"].sum())
    return total


def _shown(
    rows: list[dict[str, Any]], cells: list[pl.DataFrame], states: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    ratio = pl.when(pl.col("outcome") > 0).then(pl.col("allowance") / pl.col("outcome"))
    dates = pl.DataFrame(rows, schema=_DATES).with_columns(pl.col(pl.Float64).fill_nan(None))
    dates = dates.with_columns(ratio=ratio, within=pl.col("outcome").is_between("allowance_low", "allowance_high"))
    if not cells:
        return dates, pl.DataFrame(schema=_BUCKETS), pl.DataFrame(schema=_METHODS)
    every = pl.concat(cells)
    if every["evidence"].max():
        every = every.filter(pl.col("evidence") > 0)
    order = {state: place for place, state in enumerate(states)}
    error = (pl.col("allowance") - pl.col("outcome")).abs()
    by_day = every.group_by("as_of", "state").agg(pl.sum("balance", "allowance", "outcome"))
    buckets = (
        by_day.sort("as_of", "state")
        .group_by("state", maintain_order=True)
        .agg(pl.sum("balance", "allowance", "outcome"), error=error.mean())
        .with_columns(ratio=ratio, place=pl.col("state").replace_strict(order, return_dtype=pl.Int64))
        .sort("place")
        .select(list(_BUCKETS))
    )
    judged = dates.filter(pl.col("own_month_ends") > 0)
    methods = []
    for name in ("allowance", "plain", "roll_rates", "flat"):
        if judged.height and judged[name].null_count() == 0:
            amount, outcome = float(judged[name].sum()), float(judged["outcome"].sum())
            methods.append(
                {
                    "method": {"allowance": "chosen", "plain": "plain_matrix"}.get(name, name),
                    "allowance": amount,
                    "outcome": outcome,
                    "ratio": amount / outcome if outcome > 0 else None,
                    "error": float(np.mean(np.abs((judged[name] - judged["outcome"]).to_numpy()))),
                }
            )
    return dates, buckets, pl.DataFrame(methods, schema=_METHODS)


_DATES = pl.Schema(
    {
        "as_of": pl.Date,
        "observed_to": pl.Date,
        "balance": pl.Float64,
        "allowance": pl.Float64,
        "allowance_low": pl.Float64,
        "allowance_high": pl.Float64,
        "lost": pl.Float64,
        "still_open": pl.Float64,
        "still_open_loss": pl.Float64,
        "outcome": pl.Float64,
        "flat": pl.Float64,
        "plain": pl.Float64,
        "roll_rates": pl.Float64,
        "own_month_ends": pl.Int64,
    }
)
_BUCKETS = pl.Schema(
    {
        "state": pl.String,
        "balance": pl.Float64,
        "allowance": pl.Float64,
        "outcome": pl.Float64,
        "ratio": pl.Float64,
        "error": pl.Float64,
    }
)
_METHODS = pl.Schema(
    {
        "method": pl.String,
        "allowance": pl.Float64,
        "outcome": pl.Float64,
        "ratio": pl.Float64,
        "error": pl.Float64,
    }
)
