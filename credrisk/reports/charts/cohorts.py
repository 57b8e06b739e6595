"""Cohort curves: what of each month's invoices is still open as they age, the latest months in strong colour."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, sheet
from credrisk.reports.months import month_in_words
from credrisk.reports.style import ACCENT, BASELINE, INK, MARK, RULE, SERIES
from credrisk.wording import percent

__all__ = ["cohort_chart"]

AGES = 6
"""Months of age drawn: later almost nothing of most books is open, and the lines lie upon each other."""
COMPARED_AT = (3, 2, 1, 0)
COLOURS = (MARK, ACCENT, SERIES[4])
"""Of the latest month and the two before it."""


def cohort_chart(curves: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw the share still open by months of age, a line a month of invoice.

    Parameters
    ----------
    curves
        As :func:`credrisk.portfolio.cohorts.cohort_curves` gives it.

    Raises
    ------
    EvidenceError
        When fewer than two cohorts are covered.
    """
    months: list[date] = curves["cohort"].unique().sort().to_list()
    if len(months) < 2:
        raise EvidenceError("Fewer than two months of invoices are covered.")
    finding = _finding(curves, months)
    latest = [month for month in months if _last_age(curves, month) >= 1][-3:]
    told = "; ".join(f"{month_in_words(month)}: {_in_words(curves, month)}" for month in (months[0], *latest))
    between = f"{month_in_words(months[0])} to {month_in_words(months[-1])}"
    alt = f"Lines of the share still open by age, one for each month of invoice from {between}. {told}"
    with sheet(finding, f"{alt}.", size=size, unit="% of the month's invoices still open, square-root scale") as (
        chart,
        axes,
    ):
        for month in months:
            line = curves.filter((pl.col("cohort") == month) & (pl.col("age_months") <= AGES)).sort("age_months")
            colour, weight, order = BASELINE, 0.7, 2
            if month in latest:
                colour = COLOURS[latest[::-1].index(month)]
                weight, order = (2.0, 4) if month == latest[-1] else (1.4, 3)
            axes.plot(
                line["age_months"].to_list(),
                [100 * share for share in line["open_share"].to_list()],
                color=colour,
                linewidth=weight,
                alpha=0.55 if order == 2 else 1.0,
                zorder=order,
                marker="o" if order > 2 else None,
                markersize=3.2,
            )
        axes.set_xlim(-0.15, AGES + 0.15)
        # What matters is small and late: a square root shows it, and zero beside it, which a logarithm could not.
        axes.set_yscale("function", functions=(lambda share: np.sqrt(np.clip(share, 0, None)), np.square))
        axes.set_ylim(0, 104)
        axes.set_yticks([0, 1, 5, 10, 25, 50, 75, 100], ["0", "1", "5", "10", "25", "50", "75", "100"])
        axes.set_xticks(range(AGES + 1))
        axes.set_xlabel("Months after the month of invoice", fontsize=7.9)
        axes.grid(axis="y", color=RULE)
        axes.spines["left"].set_visible(False)
        _legend(axes, latest, len(months) - len(latest))
    return chart


def _legend(axes: Axes, latest: list[date], others: int) -> None:
    """Name the lines in a corner, each beside a piece of it: at their ends they lie upon each other."""
    told = [(month_in_words(month), colour) for month, colour in zip(latest[::-1], COLOURS, strict=False)]
    rows = [*told, (f"{others} months before", BASELINE)] if others else told
    lines = [
        Line2D([], [], color=colour, linewidth=1.6, marker="o", markersize=3.2)
        if colour != BASELINE
        else Line2D([], [], color=colour, linewidth=0.7)
        for _, colour in rows
    ]
    legend = axes.legend(
        lines, [words for words, _ in rows], loc="upper right", fontsize=7.9, labelcolor=INK, edgecolor="none",
        facecolor="white", framealpha=0.8,
    )  # fmt: skip
    legend.set_zorder(5)


def _last_age(curves: pl.DataFrame, month: date) -> int:
    return int(curves.filter(pl.col("cohort") == month)["age_months"].max())  # type: ignore[arg-type]


def _open_at(curves: pl.DataFrame, month: date, age: int) -> float | None:
    found = curves.filter((pl.col("cohort") == month) & (pl.col("age_months") == age))["open_share"]
    return float(found[0]) if len(found) else None


def _finding(curves: pl.DataFrame, months: list[date]) -> str:
    """Compare the latest cohort old enough with the same month a year before, or with the earliest."""
    for age in COMPARED_AT:
        old = [month for month in months if _last_age(curves, month) >= age]
        if len(old) < 2:
            continue
        month = old[-1]
        before = month.replace(year=month.year - 1)
        other = before if before in old else old[0]
        now, then = _open_at(curves, month, age), _open_at(curves, other, age)
        when = "at its end" if age == 0 else f"{age} month{'' if age == 1 else 's'} later"
        return (
            f"Of {month_in_words(month)}'s invoices {percent(now, 1)} were open {when}, of {month_in_words(other)}'s "
            f"{percent(then, 1)}"
        )
    raise EvidenceError("Fewer than two months of invoices are covered.")


def _in_words(curves: pl.DataFrame, month: date) -> str:
    line = curves.filter((pl.col("cohort") == month) & (pl.col("age_months") <= AGES)).sort("age_months")
    return ", ".join(
        f"{100 * share:.1f} % at {age}" for age, share in line.select("age_months", "open_share").iter_rows()
    )
