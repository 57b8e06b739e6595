"""What stands in the place of a chart that cannot be drawn: that it was not measured, and why. Never empty axes."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, sheet
from credrisk.reports.style import MUTED

__all__ = ["chart_or_reason"]


def chart_or_reason(draw: Callable[[], Chart], *, subject: str, size: Size = NOTEBOOK) -> Chart:
    """Draw a chart, or say in its place that it was not measured and why.

    Parameters
    ----------
    draw
        Returns the chart, or raises :class:`~credrisk.errors.EvidenceError` with the reason.
    subject
        What the chart is about, for the sheet that says why there is none.
    """
    try:
        return draw()
    except EvidenceError as reason:
        why = str(reason)
    finding = f"{subject}: not measured"
    with sheet(finding, why, size=size, unit="") as (chart, axes):
        axes.set_axis_off()
        axes.set_xticks([])
        axes.set_yticks([])
        lines = textwrap.wrap(why, max(20, size.width // 8))[:6]
        axes.text(
            0.5,
            0.5,
            "\n".join(lines if size.titled else ["Not measured", *lines]),
            ha="center",
            va="center",
            transform=axes.transAxes,
            color=MUTED,
            linespacing=1.5,
        )
    return chart
