"""Chart of one customer's reasons: from the average customer to this one, what raises its risk and what lowers it."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from credrisk.errors import EvidenceError
from credrisk.frames import as_polars
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, sheet
from credrisk.reports.charts.waterfall import Step, draw_waterfall
from credrisk.reports.style import BASELINE, CASH, INK, MARK, truncated
from credrisk.wording import percent

__all__ = ["reason_waterfall_chart"]

MEMO = Size(700, 210, titled=False)
"""As wide as an A4 page."""
MOST_STEPS = 8
LINES = 2


def reason_waterfall_chart(
    steps: Any,
    *,
    name: str = "This customer",
    probability: float | None = None,
    event: str = "bad debt",
    size: Size = NOTEBOOK,
) -> Chart:
    """Draw what each trade question multiplies the average customer's rate by, on a scale of factors.

    Parameters
    ----------
    steps
        As :func:`credrisk.models.reason_steps.reason_steps` returns them, at most eight and the rest.
    name
        What the customer is called.
    probability
        Its probability within 12 months, for the title.

    Raises
    ------
    EvidenceError
        When no step is told.
    """
    frame = as_polars(steps, "steps")
    if frame.is_empty():
        raise EvidenceError("Nothing tells this customer from the average one.")
    rows = list(frame.head(MOST_STEPS + 1).iter_rows(named=True))
    total = math.fsum(row["contribution"] for row in rows)
    named = [row for row in rows if row["question"] is not None]
    raised = [row for row in named if row["contribution"] > 0]
    called = truncated(name, 30)
    finding = f"{called}: {_factor(total)} times the average rate of {event}"
    if probability is not None:
        finding = (
            f"{called}: {percent(probability, 1)} within 12 months, {_factor(total)} times the average rate of {event}"
        )
    if raised:
        finding += f"; {truncated(raised[0]['says'].partition(', ')[0], 64)}"
    said = "; ".join(f"{row['says']}: {_times(row['contribution'])}" for row in rows)
    alt = f"Waterfall from the average customer: {said}; together {_times(total)}."
    bars = [
        Step(
            _heading(row["says"], max(24, size.width // 15)),
            row["contribution"],
            _times(row["contribution"]),
            BASELINE if row["question"] is None else MARK if row["contribution"] > 0 else CASH,
        )
        for row in rows
    ]
    bars.append(Step(called, total, _times(total), INK, result=True))
    with sheet(finding, alt, size=_tall(size, len(bars)), unit="") as (chart, axes):
        draw_waterfall(axes, bars)
        head(axes, "Times the average customer's rate (left of the line lowers, right raises)")
    return chart


def _tall(size: Size, bars: int) -> Size:
    """Give every bar room for two lines of words."""
    return Size(size.width, max(size.height, 96 * size.titled + 36 + 30 * bars), size.titled)


def _heading(says: str, length: int) -> str:
    lines = textwrap.wrap(truncated(says, LINES * length - 6), length, break_long_words=True)
    return "\n".join(lines[:LINES])


def _factor(log_rate: float) -> str:
    factor = math.exp(log_rate)
    return f"{factor:,.0f}" if factor >= 20 else f"{factor:.1f}" if factor >= 9.95 else f"{factor:.2f}"


def _times(log_rate: float) -> str:
    return f"x {_factor(log_rate)}"
