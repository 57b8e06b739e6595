"""Names beside points and the ends of lines: each where it is free, none on top of another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from credrisk.reports.charts.canvas import POINTS_PER_PIXEL, Size
from credrisk.reports.style import ACCENT, BASELINE, INK, MUTED
from credrisk.reports.style import MARK as CALLING

__all__ = ["name_lines", "name_points"]

TYPE, LETTER, LINE, MARK = 7.4, 5.0, 11.0, 8.0
"""Points: the type, the width of a letter in it, a line, and a mark."""
WIDE, TALL = 0.86, 0.66
"""Shares of a sheet that its axes take, about; what is laid out later is not known here."""
PLACES = ((1, 0.55), (1, -0.55), (-1, 0.55), (-1, -0.55), (1, 1.5), (-1, 1.5), (1, -1.5), (-1, -1.5))
"""Side of the point, and lines above it: in the order in which they are tried."""

Box = tuple[float, float, float, float]


def name_lines(axes: Axes, ends: Sequence[tuple[str, float, str]]) -> None:
    """Write words beside the ends of lines, moved up where they would touch; the limits of the axes are set.

    Parameters
    ----------
    ends
        Words, height and colour of each line; what is drawn in a colour that calls is written in bold.
    """
    last, lowest = axes.lines[0].get_xdata()[-1], -math.inf  # type: ignore[index]
    bottom, top = axes.get_ylim()
    for words, height, colour in sorted(ends, key=lambda end: (end[1], end[0])):
        # Words beside a height of 0 stand on the axis, not across the labels below it.
        place = max(height, lowest, bottom + (top - bottom) * (0.04 + 0.05 * words.count("\n")))
        lowest = place + (top - bottom) * (0.085 + 0.06 * words.count("\n"))
        axes.annotate(
            words,
            (last, place),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=colour if colour != BASELINE else MUTED,
            fontsize=TYPE,
            fontweight="bold" if colour in (ACCENT, CALLING) else "normal",
        )


def name_points(
    axes: Axes, points: Sequence[tuple[float, float]], names: Mapping[int, str], *, first: Sequence[int], size: Size
) -> None:
    """Write names beside the points of axes whose limits are set.

    Parameters
    ----------
    points
        All that are drawn, in the units of the axes: no name covers one.
    names
        By place in ``points``; others stay without.
    first
        Places whose names are written before the others.
    """
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    wide, tall = (share * side * POINTS_PER_PIXEL for share, side in ((WIDE, size.width), (TALL, size.height)))
    at = [((x - left) / (right - left) * wide, (y - low) / (high - low) * tall) for x, y in points]
    taken: list[Box] = [(x - MARK / 2, x + MARK / 2, y - MARK / 2, y + MARK / 2) for x, y in at]
    for place in sorted(names, key=lambda each: (each not in first, each)):
        x, y = at[place]
        reach = LETTER * len(names[place])
        for side, lines in PLACES:
            begin = x + 6 if side > 0 else x - 6 - reach
            box = (begin, begin + reach, y + (lines - 0.5) * LINE, y + (lines + 0.5) * LINE)
            if box[0] >= 0 and box[1] <= wide and box[2] >= 0 and not any(_meet(box, other) for other in taken):
                taken.append(box)
                axes.annotate(
                    names[place],
                    points[place],
                    xytext=(6 * side, LINE * lines),
                    textcoords="offset points",
                    ha="left" if side > 0 else "right",
                    va="center",
                    color=INK,
                    fontsize=TYPE,
                )
                break


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
