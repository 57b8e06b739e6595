"""Collection effectiveness month by month: as published, and of cash alone."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, height_lines, month_axis, sheet
from credrisk.reports.charts.labels import name_lines
from credrisk.reports.months import month_in_words
from credrisk.reports.style import ACCENT, BASELINE, MUTED
from credrisk.wording import percent

__all__ = ["effectiveness_chart"]


def effectiveness_chart(table: pl.DataFrame, *, median: float | None = None, size: Size = NOTEBOOK) -> Chart:
    """Draw the index of each month, as published and of cash alone; between them lies what was no money.

    Parameters
    ----------
    table
        As :func:`credrisk.portfolio.effectiveness.collection_effectiveness_table` gives it for the portfolio.
    median
        A published median of the index, drawn as a thin line.

    Raises
    ------
    EvidenceError
        When fewer than two dates are measured, or the last one is not.
    """
    ordered = table.sort("as_of")
    if ordered.is_empty() or ordered["cei_cash"][-1] is None:
        raise EvidenceError("The collection effectiveness of the last month is not measured.")
    known = ordered.drop_nulls(["cei", "cei_cash"])
    if known.height < 2:
        raise EvidenceError("Fewer than two months have a collection effectiveness.")
    months: list[date] = known["as_of"].to_list()
    published, cash = ([100 * share for share in known[name].to_list()] for name in ("cei", "cei_cash"))
    finding = f"{percent(cash[-1] / 100, 1)} of what could be collected came in as cash"
    other = published[-1] - cash[-1]
    if abs(other) >= 0.05:
        finding += f"; {abs(other):.1f} points {'more' if other > 0 else 'less'} with credits and write-offs"
    alt = (
        f"Two lines from {month_in_words(months[0])} to {month_in_words(months[-1])}: the index as published, last "
        f"{published[-1]:.1f} %, and of cash alone, last {cash[-1]:.1f} %, lowest {min(cash):.1f} %."
    )
    with sheet(finding, alt, size=size, unit="% of what could be collected in the month") as (chart, axes):
        places = range(len(months))
        axes.fill_between(places, cash, published, color="#e3e8ed", linewidth=0.0)
        axes.plot(places, published, color=BASELINE, linewidth=1.3)
        axes.plot(places, cash, color=ACCENT, linewidth=1.9)
        axes.plot([len(months) - 1], cash[-1:], "o", color=ACCENT, markersize=4.5)
        every = [*published, *cash, *([100 * median] if median is not None else [])]
        low, high = min(every), max(every)
        span = max(high - low, 4.0)
        axes.set_ylim(low - 0.18 * span, high + 0.18 * span)
        if median is not None:
            axes.axhline(100 * median, color=MUTED, linewidth=0.9, linestyle=(0, (2, 3)))
            axes.annotate(
                f"published median {100 * median:.1f}",
                (0, 100 * median),
                xytext=(2, 3),
                textcoords="offset points",
                color=MUTED,
                fontsize=7.4,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
                zorder=4,
            )
        ends = (
            (f"{published[-1]:.0f} as published", published[-1], MUTED),
            (f"{cash[-1]:.0f} cash only", cash[-1], ACCENT),
        )
        name_lines(axes, ends)
        height_lines(axes)
        month_axis(axes, months, labels=4)
    return chart
