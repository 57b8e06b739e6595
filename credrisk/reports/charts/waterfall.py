"""How a figure comes about step by step: bars that float from one level to the next, the result at the bottom."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from credrisk.reports.style import INK, MUTED, RULE

__all__ = ["Step", "draw_waterfall", "signed"]

HEIGHT = 0.62
LEADING = 10.5
"""Points from line to line."""


@dataclass(frozen=True)
class Step:
    """One bar: what it is called, what it adds (of a result: how far it reaches), how that is written, its colour."""

    heading: str
    amount: float
    written: str
    colour: str
    result: bool = False


def draw_waterfall(axes: Axes, steps: Sequence[Step]) -> None:
    """Draw the steps from the top down: a result from 0, any other from where the one before it ended."""
    level, spans = 0.0, list[tuple[float, float]]()
    for step in steps:
        begin, end = (0.0, step.amount) if step.result else (level, level + step.amount)
        if step.result and math.isclose(end, level, rel_tol=1e-9, abs_tol=1e-9):
            end = level
        spans.append((begin, end))
        level = end
    lowest, highest = min(min(span) for span in spans), max(max(span) for span in spans)
    width = (highest - lowest) or 1.0
    for place, (step, (begin, end)) in enumerate(zip(steps, spans, strict=True)):
        axes.barh(place, abs(end - begin), left=min(begin, end), height=HEIGHT, color=step.colour)
        _write_heading(axes, step.heading.split("\n"), place)
        axes.annotate(
            step.written,
            (max(begin, end), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=7.9,
            fontweight="bold" if step.result else "normal",
        )
        if place + 1 < len(steps) and end in spans[place + 1]:  # a result that is not of this sum stands by itself
            axes.plot([end, end], [place + HEIGHT / 2, place + 1 - HEIGHT / 2], color=MUTED, linewidth=0.7)
    axes.axvline(0.0, color=RULE, linewidth=0.8, zorder=0)
    axes.set_yticks([])
    axes.set_ylim(len(steps) - 0.45, -0.6)
    axes.set_xlim(lowest - 0.02 * width, highest + 0.2 * width)
    axes.set_xticks([])
    axes.spines[["left", "bottom"]].set_visible(False)


def _write_heading(axes: Axes, lines: Sequence[str], place: int) -> None:
    """Write the lines one by one: each is flush right then, whatever the reader's font is."""
    for number, line in enumerate(lines):
        axes.annotate(
            line,
            (0.0, place),
            xycoords=("axes fraction", "data"),
            xytext=(-6, LEADING * ((len(lines) - 1) / 2 - number)),
            textcoords="offset points",
            ha="right",
            va="center",
            color=INK,
            fontsize=7.9,
            annotation_clip=False,
        )


def signed(amount: float, write: Callable[[float], str]) -> str:
    """Write what a step adds, with its sign."""
    return f"{'+' if amount >= 0 else '-'}{write(abs(amount))}"
