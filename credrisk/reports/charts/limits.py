"""Chart of the limits: what each size of a loss budget earns at most, and where the chosen limits and today's lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from matplotlib.ticker import MaxNLocator

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, sheet
from credrisk.reports.style import ACCENT, CASH, INK, MARK, axis_unit, short_figure, short_money
from credrisk.wording import percent

__all__ = ["limit_frontier_chart"]

CURVES: tuple[tuple[str, str, str, Any], ...] = (
    ("expected_loss", "expected loss", ACCENT, "-"),
    ("tail_loss", "tail loss", CASH, (0, (5, 2))),
)
HALF = 0.5
Point = Mapping[str, float | None]


def limit_frontier_chart(
    frontier: pl.DataFrame, *, chosen: Point, currency: str, today: Point | None = None, size: Size = NOTEBOOK
) -> Chart:
    """Draw the most profit by expected loss and by tail loss, with the chosen limits and today's.

    Parameters
    ----------
    frontier
        As :func:`credrisk.decisions.limit_frontier.limit_frontier` returns it.
    chosen, today
        ``profit, expected_loss, tail_loss`` of the limits set and of those on file; a tail loss may be None.

    Raises
    ------
    EvidenceError
        When no limit earns anything.
    """
    highest = float(frontier["profit"].max() or 0.0)  # type: ignore[arg-type]
    if frontier.is_empty() or highest <= 0:
        raise EvidenceError("No limit earns anything, so there is no frontier.")
    curves = {of: frontier.filter(pl.col("of") == of).sort("budget") for of, *_ in CURVES}
    curves = {of: curve for of, curve in curves.items() if curve.height}
    first = curves["expected_loss"]
    half = first.filter(pl.col("share") >= HALF).row(0, named=True)
    reached = f"half the expected loss would earn {percent(half['profit'] / highest)} of the most"
    finding = f"{short_money(chosen['profit'], currency)} expected profit; {reached}"
    losses = [float(value) for of, curve in curves.items() for value in curve[of].to_list()]
    points = [point for point in (chosen, today) if point is not None]
    losses += [float(point[of] or 0.0) for point in points for of in curves]
    across, across_unit = axis_unit(max(losses), currency)
    upward, upward_unit = axis_unit(max(highest, *(float(point["profit"] or 0.0) for point in points)), currency)
    alt = "; ".join(
        f"Most profit by {words}: "
        + ", ".join(
            f"{short_figure(row['profit'])} at {short_figure(row[of])}" for row in curves[of].iter_rows(named=True)
        )
        for of, words, *_ in CURVES
        if of in curves
    )
    with sheet(finding, f"{alt}.", size=size, unit="") as (chart, axes):
        handles: list[Any] = []
        for of, words, colour, dashes in CURVES:
            if of not in curves:
                continue
            along = [0.0, *(value / across for value in curves[of][of].to_list())]
            up = [0.0, *(value / upward for value in curves[of]["profit"].to_list())]
            handles += axes.plot(along, up, color=colour, linewidth=1.8, linestyle=dashes, label=f"by {words}")
        for point, marker, colour, words in (
            (chosen, "o", MARK, "limits set"),
            (today, "D", INK, "limits on file, to the need"),
        ):
            if point is None:
                continue
            places = [float(point[of] or 0.0) / across for of in curves if point[of] is not None]
            profit = float(point["profit"] or 0.0) / upward
            handles += axes.plot(
                places, [profit] * len(places), marker, color=colour, markersize=5, linestyle="none", label=words
            )
        head(axes, f"Expected profit of 12 months, {upward_unit}", handles)
        of_tail = " (tail loss in the scenarios optimised on; the table's is of fresh ones)" * ("tail_loss" in curves)
        axes.set_xlabel(f"Loss of 12 months, {across_unit}{of_tail}")
        axes.set_xlim(0, None)
        axes.set_ylim(min(0.0, *(float(point["profit"] or 0.0) / upward for point in points)), None)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
    return chart
