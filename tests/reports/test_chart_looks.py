"""How charts look: nothing cut off, nothing on top of anything else, colours apart for every eye and in grey."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from defusedxml import ElementTree
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.text import Text
from reports.chart_cases import COUNTS, NAMED, WITHOUT_CATEGORIES, cases
from reports.colour_vision import VISIONS, difference, lightness, seen

from credrisk.errors import EvidenceError
from credrisk.reports import charts
from credrisk.reports.charts import NOTEBOOK, PAGE, Chart, chart_or_reason, to_svg
from credrisk.reports.charts.canvas import look
from credrisk.reports.style import ACCENT, INK, MARK, MUTED, SERIES, bucket_colours

EVERY = {count: cases(count) for count in COUNTS}
NAMES = sorted(EVERY[1])
SMALLEST_TYPE = 6.4
"""Points; on a sheet of full size."""
FAR = 15.0
"""CIEDE2000 that two series told apart by colour keep for every eye: ten times what is just seen side by side."""
GREY = 8.0
"""L* between them in a grey print."""
STEP = 15.0
"""L* from one age to the next that says more than hue: they are in order, and so is their darkness."""


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
@pytest.mark.parametrize(
    ("count", "name"), [(count, name) for name in NAMES for count in ((3,) if name in WITHOUT_CATEGORIES else COUNTS)]
)
def test_nothing_is_cut_off_and_nothing_overlaps(count, name):
    chart = EVERY[count][name]()
    assert faults(chart) == []
    assert chart.finding
    assert chart.alt
    assert alike(chart) == []


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font:UserWarning")
@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_chart_is_an_image_with_a_name_and_hostile_names_stay_text(name):
    text = to_svg(EVERY[40][name](), name=name)
    assert ElementTree.fromstring(text).get("role") == "img"
    assert "<script>" not in text
    assert "\u202e" not in text


def alike(chart: Chart) -> list[tuple[object, object]]:
    """Return the pairs of a legend that an eye or a grey print does not tell apart, and nothing else does."""
    found = []
    for legend in (axes.get_legend() for axes in chart.axes):
        for one, other in itertools.combinations(legend.legend_handles if legend else [], 2):
            (own, as_own), (its, as_its) = drawn_as(one), drawn_as(other)
            grey = abs(lightness(own) - lightness(its))
            if as_own == as_its and grey < STEP and (apart(own, its) < FAR or grey < GREY):
                found.append((own, its))
    return found


def drawn_as(handle) -> tuple[tuple[float, float, float], object]:
    """Return the colour of a legend's handle, and what else tells it apart: area, dashes, mark."""
    if isinstance(handle, Line2D):
        return to_rgb(handle.get_color()), (handle.get_linestyle(), handle.get_marker())
    return to_rgb(
        handle.get_facecolor()[:3] if not hasattr(handle, "get_facecolors") else handle.get_facecolor()[0][:3]
    ), "area"


def apart(one, other) -> float:
    return min(difference(seen(one, vision), seen(other, vision)) for vision in VISIONS)


def test_lines_of_equal_rank_are_apart_for_every_eye():
    for one, other in itertools.combinations(SERIES, 2):
        assert apart(to_rgb(one), to_rgb(other)) >= FAR, (one, other)


@pytest.mark.parametrize("count", range(3, 9))
def test_ages_grow_darker_step_by_step(count):
    ages = [to_rgb(colour) for colour in bucket_colours(count)]
    steps = [lightness(one) - lightness(other) for one, other in itertools.pairwise(ages)]
    assert min(steps) >= 7


def test_words_are_dark_enough_to_read():
    # WCAG 2.2, 1.4.3: at least 4.5 to 1 on white.
    for colour in (INK, MUTED, ACCENT, MARK):
        assert contrast(colour) >= 4.5, colour


def contrast(colour: str) -> float:
    """Return the contrast on white: relative luminance is Y of CIE XYZ."""
    grey = (lightness(to_rgb(colour)) + 16) / 116
    luminance = grey**3 if grey > 6 / 29 else 3 * (6 / 29) ** 2 * (grey - 4 / 29)
    return 1.05 / (luminance + 0.05)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
        ((50.0, -0.001, 2.49), (50.0, 0.0011, -2.49), 4.7461),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_of_colours_is_the_published_one(one, other, expected):
    # Sharma, Wu and Dalal (2005), table 1: pairs 1, 13, 9, 17, 23 and 34.
    assert difference(np.array(one), np.array(other)) == pytest.approx(expected, abs=5e-5)


def test_red_and_green_look_alike_to_a_dichromat():
    red, green = (0.80, 0.33, 0.30), (0.48, 0.52, 0.18)
    apart_to = {vision: difference(seen(red, vision), seen(green, vision)) for vision in VISIONS}
    assert apart_to["normal"] > 40
    assert apart_to["deuteranopia"] < 0.4 * apart_to["normal"]


@pytest.mark.parametrize("size", [NOTEBOOK, PAGE], ids=["notebook", "page"])
def test_what_is_not_measured_is_said_in_place_of_a_chart(size):
    def nothing() -> Chart:
        raise EvidenceError("The ledger holds no table of promises, so that none can be judged. " * 6)

    chart = chart_or_reason(nothing, subject="Promises <kept>", size=size)
    assert faults(chart) == []
    assert chart.finding == "Promises <kept>: not measured"
    assert not chart.axes[0].axison
    assert "Promises &lt;kept&gt;: not measured</title>" in to_svg(chart, name="x")
    assert chart_or_reason(EVERY[3]["gain"], subject="x").finding == EVERY[3]["gain"]().finding


def test_the_page_of_charts_names_every_chart_and_no_other():
    page = (Path(__file__).parents[2] / "docs" / "charts.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+_chart|funnel_plot)`", page)) - {"timeline_chart"}
    assert named == {name for name in charts.__all__ if name.endswith("_chart") or name == "funnel_plot"}
    assert {name.removesuffix("_chart").removesuffix("_plot") for name in named} <= set(NAMES)
