"""How much of what is owed hangs on few: the share of the largest debtors, or a bar for each where they are few."""

from __future__ import annotations

import polars as pl
from matplotlib.axes import Axes

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, sheet
from credrisk.reports.style import ACCENT, BASELINE, INK, MUTED, short_figure, truncated
from credrisk.wording import counted, percent

__all__ = ["concentration_chart"]

FEW = 12
"""Up to so many keys have a bar each."""
LETTER = 5.9
"""Pixels that a letter of names and figures takes, at most about."""
MARKED = (1, 5, 10, 50)
_FILL = "#e4eef4"


def concentration_chart(table: pl.DataFrame, *, currency: str, noun: str = "debtor", size: Size = NOTEBOOK) -> Chart:
    """Draw the share of the money that the largest owe together; up to twelve keys as bars.

    Parameters
    ----------
    table
        As :func:`credrisk.portfolio.concentration.concentration` gives it.
    noun
        What a key is: ``debtor``, ``group``, ...

    Raises
    ------
    EvidenceError
        When nothing is owed.
    """
    if table.is_empty():
        raise EvidenceError("Nothing is owed.")
    if table.height <= FEW:
        return _bars(table, currency, noun, size)
    shares = [100 * share for share in table["cumulative"].to_list()]
    count = len(shares)
    top = 10 if count > 10 else 5
    finding = f"The {top} largest of {counted(count, noun)} owe {percent(shares[top - 1] / 100)}"
    marks = [place for place in MARKED if place <= count]
    alt = f"Curve of the share owed by the largest of {counted(count, noun)}: " + ", ".join(
        f"{place} owe {shares[place - 1]:.1f} %" for place in marks
    )
    with sheet(finding, f"{alt}.", size=size, unit=f"% of what is owed ({currency})") as (chart, axes):
        axes.plot([0, *range(1, count + 1)], [0.0, *shares], color=ACCENT, linewidth=1.9)
        axes.fill_between([0, *range(1, count + 1)], [0.0, *shares], color=_FILL, linewidth=0.0)
        axes.plot([0, count], [0, 100], color=BASELINE, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_xlim(0, count)
        axes.set_ylim(0, 104)
        for place in marks:
            _mark(axes, place, shares[place - 1])
        axes.annotate(
            "if all owed the same",
            (count * 0.62, 62),
            xytext=(6, -9),
            textcoords="offset points",
            color=MUTED,
            fontsize=7.4,
        )
        axes.set_xlabel(f"Number of {noun}s, the largest first", fontsize=7.9)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
    return chart


def _mark(axes: Axes, place: int, share: float) -> None:
    axes.plot([place], [share], "o", color=ACCENT, markersize=4.2)
    axes.annotate(
        f"top {place}: {share:.0f} %",
        (place, share),
        xytext=(8, -6),
        textcoords="offset points",
        color=INK,
        fontsize=7.9,
        bbox={"facecolor": _FILL, "edgecolor": "none", "pad": 0.8},
    )


def _bars(table: pl.DataFrame, currency: str, noun: str, size: Size) -> Chart:
    largest = table.row(0, named=True)
    words = [truncated(str(row["name"] or row["key"] or "not told"), 26) for row in table.iter_rows(named=True)]
    count = table.height
    finding = f"{words[0]} owes {percent(largest['share'])} of what {counted(count, noun)} owe"
    if count == 1:
        finding = f"{words[0]} owes everything"
    alt = "Bars of what is owed: " + ", ".join(
        f"{name} {percent(share, 1)}" for name, share in zip(words, table["share"].to_list(), strict=True)
    )
    with sheet(finding, f"{alt}.", size=size, unit=f"{currency}, and share of what is owed") as (chart, axes):
        amounts, shares = table["amount"].to_list(), table["share"].to_list()
        labels = [
            f"{short_figure(amount)} · {percent(share, 1)}" for amount, share in zip(amounts, shares, strict=True)
        ]
        colours = [BASELINE if key is None else ACCENT for key in table["key"].to_list()]
        axes.barh(range(count), amounts, height=0.72, color=colours)
        for place, (amount, label) in enumerate(zip(amounts, labels, strict=True)):
            axes.annotate(label, (amount, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.9)
        # Names take what they need; of the rest the longest bar leaves room for the figures behind it.
        rest = size.width - LETTER * max(map(len, words)) - 2 * LETTER
        axes.set_xlim(0, max(amounts) / max(0.2, 1 - LETTER * (1 + max(map(len, labels))) / rest))
        axes.set_yticks(range(count), words, color=INK, parse_math=False)
        axes.set_xticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.invert_yaxis()
    return chart
