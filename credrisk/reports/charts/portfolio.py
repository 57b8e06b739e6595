"""Charts of the portfolio: what is open and how old, how that went month by month, how many days of sales."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, month_axis, sheet
from credrisk.reports.columns import bucket_heading, bucket_names
from credrisk.reports.style import (
    ACCENT,
    CASH,
    CREDITS,
    INK,
    MUTED,
    bucket_colours,
    month_in_words,
    short_figure,
    short_money,
)
from credrisk.reports.totals import total
from credrisk.wording import percent

__all__ = ["ageing_chart", "dso_chart", "past_due_history_chart"]


def ageing_chart(ageing: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw the open balance by age: a bar a bucket, credits and unapplied cash apart from them.

    Parameters
    ----------
    ageing
        One row a customer, or one in all, with the ageing columns in major units of ``currency``.

    Raises
    ------
    EvidenceError
        When there is no bucket, or nothing is open.
    """
    buckets = bucket_names(ageing.columns)
    sums = {name: total(ageing, name) for name in buckets}
    debits = sum(sums.values())
    if not buckets or debits <= 0:
        raise EvidenceError("No open debit item at the as-of date.")
    past_due, oldest = debits - sums.get("not_due", 0.0), buckets[-1]
    finding = (
        f"{percent(past_due / debits, 1)} of open invoices is past due; "
        f"{percent(sums[oldest] / debits, 1)} {bucket_heading(oldest).lower()}"
    )
    bars = [
        (bucket_heading(name), sums[name], colour)
        for name, colour in zip(buckets, bucket_colours(len(buckets)), strict=True)
    ]
    apart = [
        (heading, total(ageing, name) * sign, colour)
        for name, heading, colour, sign in (
            ("open_credits", "Open credits", CREDITS, 1.0),
            ("unapplied_cash", "Unapplied cash", CASH, -1.0),
        )
        if name in ageing.columns
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


def _months(history: pl.DataFrame, needed: list[str]) -> tuple[pl.DataFrame, list[date]]:
    if "as_of" not in history.columns or not set(needed) <= set(history.columns) or history.height < 2:
        raise EvidenceError("The ledger covers fewer than two month-ends.")
    ordered = history.sort("as_of")
    return ordered, ordered["as_of"].to_list()


def _year_before(months: list[date]) -> int:
    """Return the place of the month a year before the last one, or the first where history is shorter."""
    return max(0, len(months) - 13)


def past_due_history_chart(history: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw the share of open debit items in each past-due bucket, month by month, stacked.

    Raises
    ------
    EvidenceError
        When there are fewer than two months with open items.
    """
    buckets = bucket_names(history.columns)
    late = [name for name in buckets if name != "not_due"]
    debits = pl.sum_horizontal(buckets) if buckets else pl.lit(0.0)
    open_months = history.filter(debits > 0) if buckets else history.head(0)
    ordered, months = _months(open_months, ["as_of", "not_due"])
    shares = ordered.select(pl.col(name) / pl.sum_horizontal(buckets) for name in late)
    late_share = shares.select(pl.sum_horizontal(late)).to_series().to_list()
    then = _year_before(months)
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
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="y", nbins=5)
        head(axes, "% of open debit items", handles)
        month_axis(axes, months)
    return chart


def dso_chart(history: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw days of sales outstanding by count-back month by month, with the best possible DSO where there is one.

    Raises
    ------
    EvidenceError
        When fewer than two months have a DSO.
    """
    if "dso_countback" not in history.columns:
        raise EvidenceError("The history holds no days of sales outstanding.")
    ordered, months = _months(history.filter(pl.col("dso_countback").is_not_null()), ["dso_countback"])
    days = ordered["dso_countback"].to_list()
    then = _year_before(months)
    change = days[-1] - days[then]
    direction = "as" if abs(change) < 0.5 else f"{abs(change):.0f} {'more' if change > 0 else 'fewer'} than"
    finding = f"DSO is {days[-1]:.0f} days, {direction} in {month_in_words(months[then])}"
    best = "best_possible_dso_3m" if "best_possible_dso_3m" in ordered.columns else None
    alt = (
        f"Line of DSO from {month_in_words(months[0])} to {month_in_words(months[-1])}: lowest {min(days):.0f}, "
        f"highest {max(days):.0f}, last {days[-1]:.0f} days."
    )
    with sheet(finding, alt, size=size, unit="Days of sales outstanding") as (chart, axes):
        places = list(range(len(months)))
        lowest, highest = min(days), max(days)
        axes.plot(places, days, color=ACCENT, linewidth=1.8)
        axes.plot(places[-1:], days[-1:], "o", color=ACCENT, markersize=4.5)
        lines = [("days", days[-1], ACCENT)]
        if best is not None and ordered[best].drop_nulls().len() > 1:
            values = ordered[best].to_list()
            axes.plot(
                places,
                [float("nan") if value is None else value for value in values],
                color=MUTED,
                linewidth=1.2,
                linestyle=(0, (4, 2)),
            )
            known = [value for value in values if value is not None]
            lowest, highest = min(lowest, *known), max(highest, *known)
            lines.append(("if nothing\nwere past due", known[-1], MUTED))
        spread = max(highest - lowest, 0.15 * abs(highest), 1.0)
        axes.set_ylim(
            max(0.0, lowest - 0.35 * spread) if lowest >= 0 else lowest - 0.35 * spread, highest + 0.3 * spread
        )
        for heading, last, colour in lines:
            axes.annotate(
                f"{last:.0f} {heading}",
                (places[-1], last),
                xytext=(7, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                fontsize=8.6 if colour == ACCENT else 7.4,
                fontweight="bold" if colour == ACCENT else "normal",
            )
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="y", nbins=5)
        month_axis(axes, months)
    return chart
