"""A company's public events on a line of time, one lane a family, bad news marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from credrisk.dates import months_after
from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import Chart, Size, head, sheet
from credrisk.reports.months import day_in_words, month_in_words
from credrisk.reports.style import ACCENT, INK, MARK, MUTED, RULE
from credrisk.wording import counted

__all__ = ["LANES", "TIMELINE", "Moment", "timeline_chart"]

TIMELINE = Size(800, 210, titled=False)
"""As wide as an A4 page."""

LANES = {
    "sanctions": "Sanctions",
    "insolvency": "Insolvency",
    "judgment": "Judgments",
    "default": "Debt default",
    "delisting": "Delisting",
    "auditor": "Auditor",
    "late_filing": "Late filing",
    "management": "Management",
    "filing": "Filings",
    "lei": "LEI",
    "news": "News",
    "": "Other",
}
"""Families from the worst down, and what their lane is called."""
APART_DAYS = 12
"""Events of one lane that lie nearer than this are told as one mark with their number."""


@dataclass(frozen=True)
class Moment:
    """An event: its family, the day it was known, and whether it is bad news."""

    family: str
    known_at: date
    adverse: bool


def timeline_chart(moments: Sequence[Moment], *, as_of: date, months: int, size: Size = TIMELINE) -> Chart:
    """Draw the events known in the last months; those of a family that are days apart share a mark with their number.

    Raises
    ------
    EvidenceError
        When none is known in these months.
    """
    first = months_after(as_of, -months)
    shown = sorted(
        (each for each in moments if first < each.known_at <= as_of), key=lambda each: (each.family, each.known_at)
    )
    if not shown:
        raise EvidenceError(f"No event is known in the last {months} months.")
    adverse = [each for each in shown if each.adverse]
    finding = f"{counted(len(shown), 'event')} known in {months} months, "
    finding += (
        f"{len(adverse)} adverse, the last on {day_in_words(max(a.known_at for a in adverse))}"
        if adverse
        else ("none of them adverse")
    )
    counts = Counter(LANES.get(each.family, LANES[""]) for each in shown)
    alt = "Timeline by family: " + ", ".join(f"{name} {number}" for name, number in counts.items()) + "."
    lanes = [family for family in LANES if any(_lane(each) == family for each in shown)]
    tall = Size(size.width, max(120, 62 + 27 * len(lanes)), size.titled)
    with sheet(finding, alt, size=tall, unit="") as (chart, axes):
        for row, family in enumerate(lanes):
            axes.axhline(row, color=RULE, linewidth=0.8, zorder=1)
            for days in _together([each for each in shown if _lane(each) == family]):
                bad, place = any(each.adverse for each in days), (days[0].known_at - first).days
                colour, marker = (MARK, "D") if bad else (ACCENT, "o")
                axes.plot([place], [row], marker=marker, markersize=6.2, color=colour, markeredgewidth=0, zorder=3)
                if len(days) > 1:
                    axes.annotate(
                        str(len(days)),
                        (place, row),
                        xytext=(0, 4.5),
                        textcoords="offset points",
                        ha="center",
                        va="bottom",
                        fontsize=6.8,
                        color=colour,
                    )
        span = (as_of - first).days
        axes.set_yticks(range(len(lanes)), [LANES[family] for family in lanes], color=INK)
        axes.set_ylim(len(lanes) - 0.45, -0.75)
        axes.set_xlim(-0.012 * span, 1.012 * span)
        ticks = [months_after(as_of, -back) for back in range(months - months % 6, -1, -6)]
        axes.set_xticks([(day - first).days for day in ticks], [month_in_words(day) for day in ticks])
        axes.spines["left"].set_visible(False)
        head(axes, "by the day each became known", _legend())
        axes.tick_params(axis="x", colors=MUTED)
    return chart


def _lane(moment: Moment) -> str:
    return moment.family if moment.family in LANES else ""


def _together(moments: Sequence[Moment]) -> list[list[Moment]]:
    """Return the moments in runs: a new one begins where more than a few days have passed since the run's first."""
    runs: list[list[Moment]] = []
    for each in moments:
        near = runs and (each.known_at - runs[-1][0].known_at).days <= APART_DAYS
        if near and runs[-1][0].adverse == each.adverse:
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def _legend() -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], marker="D", markersize=5.5, color=MARK, linestyle="", label="adverse"),
        Line2D([], [], marker="o", markersize=5.5, color=ACCENT, linestyle="", label="other"),
    ]
