"""Charts of the portfolio: what is open and how old, how that went month by month, how many days of sales."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import polars as pl

from credrisk.errors import EvidenceError
from credrisk.reports.buckets import bucket_heading, buckets_among
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, height_lines, month_axis, sheet
from credrisk.reports.charts.labels import name_lines
from credrisk.reports.months import month_in_words, year_before
from credrisk.reports.style import (
    ACCENT,
    BASELINE,
    CASH,
    CREDITS,
    FEES,
    INK,
    MUTED,
    bucket_colours,
    short_figure,
    short_money,
)
from credrisk.reports.totals import has_values, total
from credrisk.wording import percent

__all__ = ["ageing_chart", "dso_chart", "past_due_history_chart"]


def ageing_chart(ageing: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw the open balance by age: a bar a bucket; late fees, credits and unapplied cash apart from them.

    Parameters
    ----------
    ageing
        One row a customer, or one in all, with the ageing columns in major units of ``currency``.

    Raises
    ------
    EvidenceError
        When there is no bucket, or nothing is open.
    """
    buckets = buckets_among(ageing.columns)
    sums = {name: total(ageing, name) for name in buckets}
    debits = sum(sums.values())
    if not buckets or debits <= 0:
        raise EvidenceError("No open debit item at the as-of date.")
    past_due, oldest = debits - sums.get("not_due", 0.0), buckets[-1]
    finding = (
        f"{percent(past_due / debits, 1)} of open invoices are past due; "
        f"{percent(sums[oldest] / debits, 1)} {bucket_heading(oldest).lower()}"
    )
    bars = [
        (bucket_heading(name), sums[name], colour)
        for name, colour in zip(buckets, bucket_colours(len(buckets)), strict=True)
    ]
    apart = [
        (heading, total(ageing, name) * sign, colour)
        for name, heading, colour, sign in (
            ("late_fees", "Late fees", FEES, 1.0),
            ("open_credits", "Open credits", CREDITS, 1.0),
            ("unapplied_cash", "Unapplied cash", CASH, -1.0),
        )
        if has_values(ageing, name) and (name != "late_fees" or total(ageing, name))
    ]
    words = [f"{heading} {short_money(amount, currency)}" for heading, amount, _ in [*bars, *apart]]
    alt = f"Bars of the open balance by days past due: {', '.join(words)}."
    with sheet(finding, alt, size=size, unit=f"{currency}, and share of open debit items") as (chart, axes):
        places = [*range(len(bars)), *(len(bars) + 0.45 + place for place in range(len(apart)))]
        every = [*bars, *apart]
        widths = [amount for _, amount, _ in every]
        axes.barh(places, widths, height=0.72, color=[colour for _, _, colour in every])
        span = max([*widths, 0.0]) - min([*widths, 0.0])
        for place, (_, amount, _), width in zip(places, every, widths, strict=True):
            share = f" · {percent(amount / debits, 1)}" if place < len(bars) else ""
            axes.text(
                max(width, 0.0) + 0.015 * span, place, f"{short_figure(amount)}{share}", va="center", fontsize=7.9
            )
        axes.set_xlim(min([*widths, 0.0]) - 0.01 * span, max(widths) + 0.36 * span)
        axes.axvline(0, color=MUTED, linewidth=0.8)
        if apart:
            axes.axhline(len(bars) - 0.28, color=MUTED, linewidth=0.6, linestyle=(0, (2, 3)))
        axes.set_yticks(places, [heading for heading, _, _ in every], color=INK)
        axes.set_xticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.invert_yaxis()
    return chart


def _months(history: pl.DataFrame, known: pl.Expr, missing: str) -> tuple[pl.DataFrame, list[date]]:
    """Return the history from its first month with a value on; the last one must have a value."""
    ordered = history.sort("as_of")
    first = ordered.select(known.arg_true().first()).item()
    if first is None or not ordered.tail(1).select(known).item():
        raise EvidenceError(missing)
    ordered = ordered.slice(first)
    if ordered.height < 2:
        raise EvidenceError("The history holds a single month-end.")
    return ordered, ordered["as_of"].to_list()


def past_due_history_chart(history: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw the share of open debit items in each past-due bucket, month by month, stacked.

    Raises
    ------
    EvidenceError
        When there are fewer than two months, or nothing is open at the last one.
    """
    buckets = buckets_among(history.columns)
    late = [name for name in buckets if name != "not_due"]
    if not {"as_of", "not_due"} <= set(history.columns):
        raise EvidenceError("The history holds no ageing.")
    debits = pl.sum_horizontal(buckets)
    ordered, months = _months(history, debits > 0, "No debit item was open at the last month-end.")
    shares = ordered.select(pl.when(debits > 0).then(pl.col(name) / debits).otherwise(0.0) for name in late)
    late_share = shares.select(pl.sum_horizontal(late)).to_series().to_list()
    then = year_before(months)
    change = 100 * (late_share[-1] - late_share[then])
    direction = "unchanged" if abs(change) < 0.05 else f"{abs(change):.1f} points {'up' if change > 0 else 'down'}"
    finding = f"{percent(late_share[-1], 1)} is past due, {direction} since {month_in_words(months[then])}"
    alt = (
        f"Stacked bars of the past-due share from {month_in_words(months[0])} to {month_in_words(months[-1])}; "
        f"lowest {percent(min(late_share), 1)}, highest {percent(max(late_share), 1)}, "
        f"last {percent(late_share[-1], 1)}."
    )
    with sheet(finding, alt, size=size, unit="") as (chart, axes):
        below = [0.0] * len(months)
        handles = []
        for name, colour in zip(late, bucket_colours(len(buckets))[1:], strict=True):
            heights = [100 * share for share in shares[name].to_list()]
            bars = axes.bar(
                range(len(months)), heights, bottom=below, width=0.8, color=colour, label=bucket_heading(name)
            )
            handles.append(bars)
            below = [low + high for low, high in zip(below, heights, strict=True)]
        axes.set_ylim(0, max(below) * 1.04 or 1.0)
        height_lines(axes)
        head(axes, "% of open debit items", handles)
        month_axis(axes, months)
    return chart


def dso_chart(history: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw days of sales outstanding by count-back month by month.

    Where the history has them, DSO over three months and the best possible DSO of the same method stand beside it:
    the gap between these two is what late payment costs in days.

    Raises
    ------
    EvidenceError
        When there are fewer than two months, or the last one has no DSO.
    """
    if not {"as_of", "dso_countback"} <= set(history.columns):
        raise EvidenceError("The history holds no days of sales outstanding.")
    known = pl.col("dso_countback").is_not_null()
    ordered, months = _months(history, known, "The days of sales of the last month-end are not measured.")
    days = _values(ordered, "dso_countback")
    then = year_before(months)
    # The change between the days as printed: 42 and then 40 are 2 fewer, whatever stands behind the point.
    change = math.nan if math.isnan(days[then]) else float(f"{days[-1]:.0f}") - float(f"{days[then]:.0f}")
    direction = "as" if change == 0 else f"{abs(change):.0f} {'more' if change > 0 else 'fewer'} than"
    finding = f"DSO by count-back is {days[-1]:.0f} days"
    if not math.isnan(change):
        finding += f", {direction} in {month_in_words(months[then])}"
    measured = [value for value in days if not math.isnan(value)]
    alt = (
        f"Line of DSO from {month_in_words(months[0])} to {month_in_words(months[-1])}: lowest {min(measured):.0f}, "
        f"highest {max(measured):.0f}, last {days[-1]:.0f} days."
    )
    lines: list[tuple[str, list[float], str, Any, float]] = [("days, count-back", days, ACCENT, "-", 1.8)]
    if {"dso_3m", "best_possible_dso_3m"} <= set(ordered.columns):
        lines.append(("over 3 months", _values(ordered, "dso_3m"), BASELINE, "-", 1.2))
        lines.append(("if nothing\nwere past due", _values(ordered, "best_possible_dso_3m"), MUTED, (0, (4, 2)), 1.2))
    lines = [line for line in lines if not math.isnan(line[1][-1])]
    with sheet(finding, alt, size=size, unit="Days of sales outstanding") as (chart, axes):
        for _, values, colour, dashes, weight in lines:
            axes.plot(range(len(months)), values, color=colour, linewidth=weight, linestyle=dashes)
        axes.plot([len(months) - 1], days[-1:], "o", color=ACCENT, markersize=4.5)
        every = [value for line in lines for value in line[1] if not math.isnan(value)]
        spread = max(max(every) - min(every), 0.15 * max(map(abs, every)), 1.0)
        low, high = min(every) - 0.25 * spread, max(every) + 0.2 * spread
        axes.set_ylim(max(0.0, low) if min(every) >= 0 else low, high)
        name_lines(
            axes, [(f"{values[-1]:.0f} {heading}", values[-1], colour) for heading, values, colour, _, _ in lines]
        )
        height_lines(axes)
        month_axis(axes, months, labels=4)
    return chart


def _values(history: pl.DataFrame, name: str) -> list[float]:
    return [float("nan") if value is None else float(value) for value in history[name].to_list()]
