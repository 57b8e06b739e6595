"""An executed notebook as Markdown, as a repository shows it: the story, its tables, its charts as files beside it."""

from __future__ import annotations

import base64
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from credrisk.reports.notebook_page import Block, blocks_of

__all__ = ["marked", "notebook_markdown"]

OWN_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)")
SVG_SIZE = re.compile(r'<svg\b[^>]*?viewBox="([-\d.]+) ([-\d.]+) ([-\d.]+) ([-\d.]+)"[^>]*>')


def notebook_markdown(notebook: Any, *, pictures: str, links: str) -> tuple[str, dict[str, bytes]]:
    """Return an executed notebook as Markdown without code, and its charts by file name (SVG on white, or PNG).

    Parameters
    ----------
    pictures
        Name of the folder beside the page in which the charts will lie.
    links
        Put before the notebook's own relative links, such as ``../../notebooks/``.
    """
    parts: list[str] = []
    charts: dict[str, bytes] = {}
    for block in blocks_of(notebook, code=False):
        if block.kind == "markdown":
            parts.append(OWN_LINK.sub(rf"]({links}\1)", block.body))
        elif block.kind in ("svg", "png"):
            name = f"{len(charts) + 1:02d}.{block.kind}"
            drawn = _on_white(block.body).encode("utf-8") if block.kind == "svg" else base64.b64decode(block.body)
            charts[name] = drawn
            parts.append(f"![{_label(block)}]({pictures}/{name})")
        else:
            parts.append(_written(block))
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n", charts


def marked(text: str) -> str:
    """Return text on one line in which Markdown and HTML find nothing to act on."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$])", r"\\\1", " ".join(text.split()))


def _written(block: Block) -> str:
    if block.markdown:
        return block.markdown
    if block.kind == "html":
        return _table(block.body)
    return f"```\n{block.body.rstrip()}\n```" if block.body.strip() else ""


class _Rows(HTMLParser):
    """The text of the cells of a table, row by row; of anything else nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def _table(html: str) -> str:
    """Return the table of a data frame: its first row is the heading, figures stand to the right.

    The row that pandas gives the name of an index is laid over the blank ones of the heading.
    """
    reader = _Rows()
    reader.feed(html)
    rows = [row for row in reader.rows if row]
    if not rows:
        return ""
    heads, body = rows[0], rows[1:]
    if body and len(body[0]) == len(heads) and not any(cell.strip() for cell in body[0][1:]):
        heads, body = [head.strip() or name for head, name in zip(heads, body[0], strict=True)], body[1:]
    right = [all(re.match(r"[-–\d]", row[place].strip() or "-") for row in body) for place in range(len(heads))]
    lines = [heads, ["---:" if figures else ":---" for figures in right], *body]
    cells = [[text if place == 1 else marked(text) or " " for text in line] for place, line in enumerate(lines)]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def _label(block: Block) -> str:
    """Return what a chart says, for those who cannot see it."""
    if block.kind == "png":
        return "Chart"
    told = [re.search(rf"<{tag}\b[^>]*>(.*?)</{tag}>", block.body, flags=re.DOTALL) for tag in ("title", "desc")]
    words = ". ".join(unescape(found[1]).strip().rstrip(".") for found in told if found)
    return marked(words) or "Chart"


def _on_white(svg: str) -> str:
    """Return a chart as a file of its own that can be read on a dark page too."""
    found = SVG_SIZE.search(svg)
    if found is None:
        return svg
    left, top, width, height = found.groups()
    ground = f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="#ffffff"/>'
    whole = svg[: found.end()] + ground + svg[found.end() :]
    return whole if "xmlns=" in whole else whole.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
