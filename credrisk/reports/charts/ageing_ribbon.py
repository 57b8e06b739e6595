"""The open items over time by age, as a ribbon: the oldest at the bottom, where its growth is seen first."""

from __future__ import annotations

import polars as pl
from matplotlib.patches import Patch

from credrisk.errors import EvidenceError
from credrisk.reports.buckets import bucket_heading, buckets_among
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, height_lines, month_axis, sheet
from credrisk.reports.months import month_in_words, year_before
from credrisk.reports.style import axis_unit, bucket_colours, short_money
from credrisk.wording import percent

__all__ = ["ageing_ribbon_chart"]


def ageing_ribbon_chart(history: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw what is open on items, by bucket, at each date: the height is the money, the colours are the ages.

    Parameters
    ----------
    history
        As :func:`credrisk.portfolio.history.portfolio_history` gives it.

    Raises
    ------
    EvidenceError
        When there are fewer than two dates, or nothing is open at the last one.
    """
    buckets = buckets_among(history.columns)
    if history.height < 2 or not buckets:
        raise EvidenceError("The history holds fewer than two month-ends.")
    ordered = history.sort("as_of")
    months, sums = ordered["as_of"].to_list(), ordered.select(pl.sum_horizontal(buckets)).to_series().to_list()
    if sums[-1] <= 0:
        raise EvidenceError("No debit item was open at the last month-end.")
    late = [total - due for total, due in zip(sums, ordered["not_due"].to_list(), strict=True)]
    then = year_before(months)
    finding = (
        f"{short_money(late[-1], currency)} of {short_money(sums[-1], currency)} is past due "
        f"({percent(late[-1] / sums[-1], 1)})"
    )
    if sums[then] > 0 and then < len(months) - 1:
        finding += f"; in {month_in_words(months[then])} {percent(late[then] / sums[then], 1)}"
    oldest = buckets[-1]
    alt = (
        f"Ribbon of the open items by age from {month_in_words(months[0])} to {month_in_words(months[-1])}. Last: "
        + ", ".join(f"{bucket_heading(name)} {short_money(ordered[name][-1], currency)}" for name in buckets)
        + f". Highest {bucket_heading(oldest).lower()}: {short_money(ordered[oldest].max(), currency)}."  # type: ignore[arg-type]
    )
    divisor, words = axis_unit(max(sums), currency)
    colours = dict(zip(buckets, bucket_colours(len(buckets)), strict=True))
    with sheet(finding, alt, size=size, unit="") as (chart, axes):
        below = [0.0] * len(months)
        for name in reversed(buckets):
            upper = [low + amount / divisor for low, amount in zip(below, ordered[name].to_list(), strict=True)]
            axes.fill_between(range(len(months)), below, upper, color=colours[name], linewidth=0.0)
            axes.plot(range(len(months)), upper, color="white", linewidth=0.6)
            below = upper
        axes.set_ylim(0, max(below) * 1.04)
        height_lines(axes)
        axes.set_axisbelow(False)
        # The last one names the unit for all: five whole names are wider than the sheet.
        names = [*(bucket_heading(name).removesuffix(" days") for name in buckets[:-1]), bucket_heading(buckets[-1])]
        handles = [Patch(color=colours[name], label=label) for name, label in zip(buckets, names, strict=True)]
        head(axes, words[0].upper() + words[1:], handles)  # type: ignore[arg-type]
        month_axis(axes, months)
        axes.set_xlim(0, len(months) - 1)
    return chart
