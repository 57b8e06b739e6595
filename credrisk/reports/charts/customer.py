"""Charts of one customer: what is at stake today, and how balance, payment and sales went month by month."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, height_lines, month_axis, sheet
from credrisk.reports.charts.waterfall import Step, draw_waterfall
from credrisk.reports.months import month_in_words, year_before
from credrisk.reports.style import (
    ACCENT,
    BASELINE,
    CASH,
    INK,
    MARK,
    MUTED,
    NOT_DUE,
    axis_unit,
    short_figure,
    short_money,
)
from credrisk.wording import percent, times_or_percent

__all__ = ["MEMO", "balance_and_limit_chart", "days_beyond_terms_chart", "exposure_chart", "sales_chart"]

MEMO = Size(340, 190, titled=False)
"""Two beside each other on an A4 page."""

STEPS = (
    ("open_items", "Open items", 1.0, ACCENT),
    ("delivered_uninvoiced", "Delivered,\nnot invoiced", 1.0, BASELINE),
    ("open_orders", "Open orders", 1.0, NOT_DUE),
    ("unapplied", "Unapplied cash", -1.0, CASH),
    ("security", "Security", -1.0, CASH),
)
"""The parts of the exposure in the order in which they are added up, and with which sign."""


def exposure_chart(parts: Mapping[str, Any], *, limit: float | None, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw the exposure as a waterfall from the open items to what the policy counts, the limit as a line.

    Parameters
    ----------
    parts
        ``exposure`` and what it is made of, as :func:`~credrisk.decisions.exposure_today.exposure_today` names it: the
        parts that the policy counts. One that is null or 0 is left out.

    Raises
    ------
    EvidenceError
        When nothing is owed, ordered or held.
    """
    shown = [
        (heading, sign * float(parts[name]), colour)
        for name, heading, sign, colour in STEPS
        if parts.get(name) not in (None, 0.0)
    ]
    exposure = parts.get("exposure")
    if not shown or exposure is None:
        raise EvidenceError("Nothing is owed, on order or held.")
    finding = f"{short_money(exposure, currency)} is at stake"
    if limit is not None and limit > 0:
        finding += f", {percent(exposure / limit)} of the limit of {short_money(limit, currency)}"
    words = [f"{heading.replace(chr(10), ' ')} {short_money(amount, currency)}" for heading, amount, _ in shown]
    alt = f"Waterfall: {', '.join(words)}; exposure {short_money(exposure, currency)}."
    steps = [Step(heading, amount, short_figure(amount), colour) for heading, amount, colour in shown]
    steps.append(Step("Exposure", exposure, short_figure(exposure), INK, result=True))
    with sheet(finding, alt, size=size, unit=currency) as (chart, axes):
        draw_waterfall(axes, steps)
        if limit is not None and limit > 0:
            left, right = axes.get_xlim()
            if limit > right:
                axes.set_xlim(left, left + 1.06 * (limit - left))
            axes.axvline(limit, color=MARK, linewidth=1.2, linestyle=(0, (3, 2)))
            beyond = limit > 0.6 * right
            axes.annotate(
                f"limit {short_figure(limit)}",
                (limit, -0.5),
                xytext=(-4 if beyond else 4, 0),
                textcoords="offset points",
                ha="right" if beyond else "left",
                va="bottom",
                color=MARK,
                fontsize=7.4,
                annotation_clip=False,
            )
    return chart


def _months(history: pl.DataFrame, name: str, missing: str) -> pl.DataFrame:
    """Return the history from the first month with a figure on; the last month must have one."""
    if not {"as_of", name} <= set(history.columns):
        raise EvidenceError(missing)
    ordered = history.sort("as_of")
    first = ordered.select(pl.col(name).is_not_null().arg_true().first()).item()
    if first is None or ordered[name][-1] is None:
        raise EvidenceError(missing)
    ordered = ordered.slice(first)
    if ordered.height < 2:
        raise EvidenceError("The history holds a single month-end.")
    return ordered


def _values(history: pl.DataFrame, name: str) -> list[float]:
    if name not in history.columns:
        return [math.nan] * history.height
    return [math.nan if value is None else float(value) for value in history[name].to_list()]


def balance_and_limit_chart(history: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw the net balance of the month-ends and the limit that was in force.

    Raises
    ------
    EvidenceError
        When there are fewer than two months, or no balance on the last one.
    """
    ordered = _months(history, "net_balance", "The balance of the last month-end is not measured.")
    months = ordered["as_of"].to_list()
    balance, limit = _values(ordered, "net_balance"), _values(ordered, "credit_limit")
    over = sum(owed > most for owed, most in zip(balance, limit, strict=True) if not math.isnan(most))
    last = short_money(abs(balance[-1]), currency)
    finding = f"The account is {last} in credit" if balance[-1] < 0 else f"{last} owed"
    finding += f"; above the limit at {over} of {len(months)} month-ends" if over else ""
    limited = any(not math.isnan(each) for each in limit)
    if limited and not over:
        finding += f"; never above the limit in {len(months)} month-ends"
    alt = (
        f"Line of the net balance from {month_in_words(months[0])} to {month_in_words(months[-1])}: lowest "
        f"{short_money(min(balance), currency)}, highest {short_money(max(balance), currency)}."
    )
    divisor, unit = axis_unit(max(abs(value) for value in [*balance, *limit] if not math.isnan(value)), currency)
    with sheet(finding, alt, size=size, unit="") as (chart, axes):
        places = range(len(months))
        (line,) = axes.plot(
            places, [value / divisor for value in balance], color=ACCENT, linewidth=1.8, label="balance"
        )
        handles: list[Any] = [line]
        if limited:
            (steps,) = axes.plot(
                places,
                [value / divisor for value in limit],
                color=MARK,
                linewidth=1.2,
                linestyle=(0, (3, 2)),
                drawstyle="steps-post",
                label="limit",
            )
            handles.append(steps)
        _finish(axes, handles, unit, months, floor=min(0.0, min(balance)) / divisor)
    return chart


def days_beyond_terms_chart(history: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw the days beyond terms of what was paid in three months, beside the median of the industry.

    Raises
    ------
    EvidenceError
        When there are fewer than two months, or nothing was paid in the last three.
    """
    ordered = _months(history, "dbt_3m", "Nothing was paid in the last three months.")
    months = ordered["as_of"].to_list()
    days, peers = _values(ordered, "dbt_3m"), _values(ordered, "industry_dbt_3m")
    then, now = days[year_before(months)], days[-1]
    finding = f"Pays {_days_words(now)}"
    if not math.isnan(then):
        finding += f", {_days_words(then)} in {month_in_words(months[year_before(months)])}"
    known = [value for value in days if not math.isnan(value)]
    alt = f"Line of days beyond terms: lowest {min(known):.0f}, highest {max(known):.0f}, last {now:.0f}."
    with sheet(finding, alt, size=size, unit="") as (chart, axes):
        places = range(len(months))
        (line,) = axes.plot(places, days, color=ACCENT, linewidth=1.8, marker="o", markersize=2.2, label="customer")
        handles: list[Any] = [line]
        if any(not math.isnan(each) for each in peers):
            (beside,) = axes.plot(places, peers, color=BASELINE, linewidth=1.2, label="industry, median")
            handles.append(beside)
        axes.axhline(0, color=MUTED, linewidth=0.6)
        _finish(axes, handles, "days, paid in 3 months", months)
    return chart


def _days_words(days: float) -> str:
    shown = float(f"{days:.0f}")
    if shown == 0:
        return "on terms"
    return f"{abs(shown):.0f} {'day' if abs(shown) == 1 else 'days'} {'beyond terms' if shown > 0 else 'early'}"


def sales_chart(history: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw the sales of three months at each month-end, as a month's mean, beside those of a year before.

    Raises
    ------
    EvidenceError
        When there are fewer than two months, or the sales of the last three are not measured.
    """
    ordered = _months(history, "invoiced_3m", "The sales of the last three months are not measured.")
    months = ordered["as_of"].to_list()
    sales = [value / 3 for value in _values(ordered, "invoiced_3m")]
    earlier = [math.nan] * min(12, len(sales)) + sales[:-12]
    finding = f"{short_money(sales[-1], currency)} a month"
    then = earlier[-1]
    if not math.isnan(then) and then > 0:
        finding += f", {times_or_percent(sales[-1] / then)} a year before"
    known = [value for value in sales if not math.isnan(value)]
    alt = (
        f"Line of sales a month: lowest {short_money(min(known), currency)}, highest "
        f"{short_money(max(known), currency)}, last {short_money(sales[-1], currency)}."
    )
    divisor, unit = axis_unit(max(abs(value) for value in known), currency)
    with sheet(finding, alt, size=size, unit="") as (chart, axes):
        places = range(len(months))
        (line,) = axes.plot(places, [value / divisor for value in sales], color=ACCENT, linewidth=1.8, label="sales")
        handles: list[Any] = [line]
        if any(not math.isnan(each) for each in earlier):
            before = [value / divisor for value in earlier]
            (dashed,) = axes.plot(
                places, before, color=BASELINE, linewidth=1.2, linestyle=(0, (4, 2)), label="a year before"
            )
            handles.append(dashed)
        _finish(axes, handles, f"{unit}, mean of 3 months", months, floor=min(0.0, min(known)) / divisor)
    return chart


def _finish(axes: Any, handles: list[Any], unit: str, months: list[Any], *, floor: float | None = None) -> None:
    height_lines(axes)
    if floor is not None:
        axes.set_ylim(floor, max(axes.get_ylim()[1], floor + 1e-9))
    head(axes, unit, handles)
    month_axis(axes, months, labels=4)
