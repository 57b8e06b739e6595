"""How charts look: nothing cut off, nothing on top of anything else, colours apart for every eye and in grey."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from defusedxml import ElementTree
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from reports.chart_cases import COUNTS, cases

from credrisk.reports.charts import Chart, to_svg
from credrisk.reports.charts.canvas import look

EVERY = {count: cases(count) for count in COUNTS}
NAMES = sorted(EVERY[1])
SMALLEST_TYPE = 6.4
"""Points; on a sheet of full size."""


def texts(chart: Chart) -> Iterator[tuple[Text, object]]:
    """Yield what is written and where, in pixels."""
    with look():
        renderer = FigureCanvasAgg(chart).get_renderer()
        chart.draw(renderer)
        undrawn = {label for axes in chart.axes for axis in (axes.xaxis, axes.yaxis) for label in outside(axis)}
    for found in chart.findobj(Text):
        if found.get_visible() and found.get_text().strip() and found not in undrawn:
            yield found, found.get_window_extent(renderer)


def outside(axis: Axis) -> Iterator[Text]:
    """Yield the labels of ticks beyond the ends of an axis, which matplotlib keeps but does not draw."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True):
        if not low - slack <= place <= high + slack:
            yield label


def faults(chart: Chart) -> list[str]:
    """Name what is cut off by the sheet, what lies on other words, and what is too small."""
    placed, found = list(texts(chart)), []
    width, height = chart.bbox.width, chart.bbox.height
    for text, box in placed:
        if box.x0 < -2 or box.x1 > width + 2 or box.y0 < -2 or box.y1 > height + 2:
            found.append(f"cut off: {text.get_text()!r}")
        if text.get_fontsize() < SMALLEST_TYPE:
            found.append(f"small: {text.get_text()!r} {text.get_fontsize()}")
    for (one, x), (other, y) in itertools.combinations(placed, 2):
        across, down = min(x.x1, y.x1) - max(x.x0, y.x0), min(x.y1, y.y1) - max(x.y0, y.y0)
        if across > 2 and down > 3:
            found.append(f"overlap: {one.get_text()!r} / {other.get_text()!r}")
    return found


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font:UserWarning")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", COUNTS)
def test_nothing_is_cut_off_and_nothing_overlaps(count, name):
    chart = EVERY[count][name]()
    assert faults(chart) == []
    root = ElementTree.fromstring(to_svg(chart, name=name))
    assert root.get("role") == "img"
    assert chart.finding
    assert chart.alt
    assert "<script>" not in to_svg(chart, name=name)
    assert "\u202e" not in to_svg(chart, name=name)
