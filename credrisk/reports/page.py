"""A page as one HTML file: the templates filled, the charts drawn into it, or the reason why one is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from credrisk.errors import EvidenceError
from credrisk.reports.style import FONTS

if TYPE_CHECKING:
    from credrisk.reports.charts import Chart

__all__ = ["Plate", "drawn", "rendered"]


@dataclass(frozen=True)
class Plate:
    """A chart with its title, or the reason why there is none."""

    subject: str
    finding: str
    svg: str
    missing: str = ""


def drawn(*drawings: tuple[str, str, Callable[[], Chart]]) -> list[Plate]:
    """Draw charts, each given as its name (unique on the page), its subject and how it is drawn."""
    from credrisk.reports.charts import to_svg

    plates = []
    for name, subject, draw in drawings:
        try:
            chart = draw()
        except EvidenceError as reason:
            plates.append(Plate(subject, "", "", missing=str(reason)))
        else:
            plates.append(Plate(subject, chart.finding, to_svg(chart, name=name)))
    return plates


def rendered(template: str, *, currency: str, **values: Any) -> str:
    """Return a template of the package filled with ``values``, everything in them escaped."""
    import jinja2

    folder = resources.files("credrisk.reports") / "templates"
    units = rf"(\d) (%|[kmbt]n? {currency}|{currency}|days?)(?!\w)"  # a figure stays with its unit
    loader = jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8"))
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["tied"] = lambda text: re.sub(units, "\\1\u00a0\\2", text)
    page = environment.get_template(template).render(fonts=FONTS, **values)
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"
