"""The sheet that every chart is drawn on: one size, one type, thin rules, the finding as its title."""

from __future__ import annotations

import io
import re
import textwrap
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import matplotlib as mpl
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.container import Container
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from credrisk.injection import DIRECTIONS
from credrisk.reports.months import month_in_words
from credrisk.reports.style import FONTS, INK, MUTED, RULE

__all__ = [
    "NOTEBOOK",
    "PAGE",
    "POINTS_PER_PIXEL",
    "Chart",
    "Size",
    "head",
    "height_lines",
    "month_axis",
    "sheet",
    "thinned",
    "to_svg",
]

POINTS_PER_PIXEL = 0.75
TEXT, SMALL = 8.6, 7.9
_LOOK: Mapping[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # the font that comes with matplotlib: the same widths on every machine
    "font.size": TEXT,
    "text.color": INK,
    "text.parse_math": False,  # a customer may be called $A$
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": SMALL,
    "axes.titlecolor": MUTED,
    "axes.unicode_minus": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "svg.fonttype": "none",
}


@dataclass(frozen=True)
class Size:
    """Width and height in CSS pixels; the page sets the title in its own type, a notebook needs it in the figure."""

    width: int
    height: int
    titled: bool


NOTEBOOK = Size(620, 380, titled=True)
PAGE = Size(384, 258, titled=False)


class Chart(Figure):
    """A matplotlib figure that knows what it shows.

    Attributes
    ----------
    finding
        The title: what the data say, in one sentence, with the figures.
    alt
        The same for those who cannot see it, with what is drawn.
    """

    finding: str = ""
    alt: str = ""

    def _repr_svg_(self) -> str:
        """Show the chart in a notebook."""
        return to_svg(self)


@contextmanager
def look() -> Iterator[None]:
    """Use matplotlib's defaults and the look of the reports, whatever the user's own settings are."""
    with matplotlib.style.context(["default", dict(_LOOK)]):
        yield


HEIGHT_PAD = 0.045
"""Inches above and below a chart: room for the tall lines of a reader's font."""
MONTHS_BELOW = 6.5
"""Points from the axis down to the names of months."""


@contextmanager
def sheet(finding: str, alt: str, *, size: Size, unit: str) -> Iterator[tuple[Chart, Axes]]:
    """Give a chart and its axes to draw on; ``unit`` stands above the axes, level, where it is read first."""
    with look():
        spacing = ConstrainedLayoutEngine(w_pad=0.02, h_pad=HEIGHT_PAD)
        inches = POINTS_PER_PIXEL / 72
        chart = Chart(figsize=(size.width * inches, size.height * inches), layout=spacing, facecolor="none")
        chart.finding, chart.alt = finding, alt
        axes = chart.add_subplot(facecolor="none")
        if size.titled:
            lines = textwrap.wrap(finding, max(20, int(size.width / 9.2)))
            chart.suptitle("\n".join(lines), x=0.012, ha="left", fontsize=TEXT + 2.4, fontweight="bold", color=INK)
        if unit:
            head(axes, unit)
        yield chart, axes


def head(axes: Axes, unit: str, handles: Sequence[Container] = ()) -> None:
    """Write the unit above the axes, level with the left edge of the sheet, and under it a legend in one row."""
    rise = 20 if handles else 6
    axes.set_title(" ", loc="left", pad=rise)  # keeps the room; the words themselves may begin left of the axes
    words = axes.annotate(
        unit,
        (0.008, 1.0),
        xycoords=("figure fraction", "axes fraction"),
        xytext=(0, rise),
        textcoords="offset points",
        color=MUTED,
        fontsize=SMALL,
        annotation_clip=False,
    )
    words.set_in_layout(False)
    if handles:
        legend = axes.legend(
            handles=list(handles),
            loc="lower left",
            bbox_to_anchor=(0.0, 0.99),
            ncols=len(handles),
            handlelength=0.9,
            handleheight=0.9,
            columnspacing=1.0,
            handletextpad=0.4,
            borderpad=0.0,
            borderaxespad=0.4,
        )
        legend.set_in_layout(False)


def thinned(count: int, most: int) -> list[int]:
    """Return the places of at most ``most`` labels in even steps, the last one always among them."""
    step = max(1, -(-count // max(most, 1)))
    return list(range(count - 1, -1, -step))[::-1]


def height_lines(axes: Axes) -> None:
    """Rule the axis of heights lightly: a few lines across, and no line along it."""
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="y", nbins=5)


def month_axis(axes: Axes, months: list[date], *, labels: int = 5) -> None:
    """Label the last month and up to ``labels`` in even steps up to it on an axis of positions 0, 1, 2 ..."""
    steps = max(1, -(-len(months) // labels))
    if steps > 2:
        steps = next(step for step in (3, 6, 12, 24, 60, 120, 1200) if step >= steps)
    places = list(range(len(months) - 1, -1, -steps))[::-1]
    axes.set_xticks(places, [month_in_words(months[place]) for place in places])
    axes.set_xlim(-0.7, len(months) - 0.3)
    # The first label reaches under the lowest one of the other axis: fonts with tall lines would touch.
    axes.tick_params(axis="x", pad=MONTHS_BELOW)


def to_svg(chart: Figure, *, name: str = "chart") -> str:
    """Return the chart as SVG text to set into a page: the same bytes for the same chart.

    Text stays text (in the page's own type), ids are unique to ``name`` and to what is drawn, and nothing is fetched
    from anywhere. It is an image to a screen reader, called by its finding and described by its alternative text.
    """
    with look(), mpl.rc_context({"svg.hashsalt": name, "svg.id": None}), warnings.catch_warnings():
        # The reader's fonts draw the text, so what matplotlib's own font lacks does not matter.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        draft = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        chart.savefig(draft, format="svg", metadata=nothing, facecolor="none", edgecolor="none")
    text = draft.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<style type=\"text/css\">.*?</style>", "", text, flags=re.DOTALL)  # would rule the whole page
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r"font-family: [^;\"]*", f"font-family: {FONTS}", text)
    text = re.sub(r' transform="rotate\(-?0 [^"]*"', "", text)
    text = re.sub(r"<defs>\s*</defs>\s*", "", text)
    finding, alt = (getattr(chart, name_of, "") for name_of in ("finding", "alt"))
    own = f"{name}-{zlib.crc32(f'{finding}{alt}'.encode()):08x}"  # a notebook shows many charts of one name
    opening = f'<svg role="img" aria-labelledby="{own}-t {own}-d" stroke-linejoin="round" stroke-linecap="butt"'
    told = f'<title id="{own}-t">{_spoken(finding or "Chart")}</title><desc id="{own}-d">{_spoken(alt)}</desc>'
    text = re.sub(r"(<svg[^>]*>)", lambda tag: f"{tag[1]}\n{told}", text.replace("<svg", opening, 1), count=1)
    return re.sub(r"\n\s*", "\n", text).strip()


def _spoken(text: str) -> str:
    """Write a text for SVG: escaped, without what XML does not allow and what turns the direction of writing."""
    return escape(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text.translate(DIRECTIONS)), quote=True)
