"""Days of sales outstanding beside the best possible: the gap between them is lateness, what collection can change."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, height_lines, month_axis, sheet
from credrisk.reports.charts.labels import name_lines
from credrisk.reports.months import month_in_words, year_before
from credrisk.reports.style import ACCENT, INK, MARK, MUTED

__all__ = ["dso_gap_chart"]

_GAP = "#f6dcc8"


def dso_gap_chart(family: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw DSO over three months and the best possible DSO of the same method, the gap between them shaded.

    Parameters
    ----------
    family
        As :func:`credrisk.portfolio.dso.dso_family` gives it.

    Raises
    ------
    EvidenceError
        When fewer than two dates are measured, or the last one is not.
    """
    names = ("dso_3m", "best_possible_dso_3m")
    ordered = family.sort("as_of")
    if ordered.is_empty() or any(ordered[name][-1] is None for name in names):
        raise EvidenceError("The days of sales of the last month-end are not measured.")
    known = ordered.drop_nulls(names)
    if known.height < 2:
        raise EvidenceError("Fewer than two month-ends have days of sales.")
    months: list[date] = known["as_of"].to_list()
    dso, best = (known[name].to_list() for name in names)
    gaps = [own - possible for own, possible in zip(dso, best, strict=True)]
    then = year_before(months)
    finding = f"{gaps[-1]:.0f} of {dso[-1]:.0f} days of sales {'is' if f'{gaps[-1]:.0f}' == '1' else 'are'} lateness"
    if then < len(months) - 1:
        finding += f"; in {month_in_words(months[then])} {gaps[then]:.0f} of {dso[then]:.0f}"
    alt = (
        f"Two lines from {month_in_words(months[0])} to {month_in_words(months[-1])}, the gap shaded: DSO over three "
        f"months, last {dso[-1]:.1f} days; best possible DSO, last {best[-1]:.1f}. The gap was {min(gaps):.1f} to "
        f"{max(gaps):.1f} days."
    )
    with sheet(finding, alt, size=size, unit="Days of sales, over three months") as (chart, axes):
        places = range(len(months))
        axes.fill_between(places, best, dso, color=_GAP, linewidth=0.0)
        axes.plot(places, best, color=MUTED, linewidth=1.3, linestyle=(0, (4, 2)))
        axes.plot(places, dso, color=ACCENT, linewidth=1.9)
        axes.plot([len(months) - 1], dso[-1:], "o", color=ACCENT, markersize=4.5)
        low, high = min(0.0, *best, *dso), max(*dso, *best)
        axes.set_ylim(low, high * 1.08)
        ends = (f"{dso[-1]:.0f} DSO", dso[-1], ACCENT), (f"{best[-1]:.0f} best possible", best[-1], INK)
        name_lines(axes, [*ends, (f"{gaps[-1]:.0f} late", (dso[-1] + best[-1]) / 2, MARK)])
        height_lines(axes)
        month_axis(axes, months, labels=4)
    return chart
