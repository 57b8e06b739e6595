"""A data frame that a notebook shows by itself, laid out as the tables of the pages are."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from credrisk.reports.notebook_table import NotebookTable

__all__ = ["frame_table"]

FRAME = 'class="dataframe"'


class _Rows(HTMLParser):
    """The text of the cells of a table, row by row; of anything else nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a row or a cell."""
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        """End a cell."""
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        """Add to the cell."""
        if self.inside:
            self.rows[-1][-1] += data


def frame_table(html: str) -> NotebookTable | None:
    """Return the table of a data frame as pandas writes it to HTML, figures to the right; None for any other HTML.

    The row in which pandas names the index is laid over the blank ones of the heading; missing figures are dashes.
    """
    if FRAME not in html:
        return None
    reader = _Rows()
    reader.feed(html)
    rows = [[cell.strip() for cell in row] for row in reader.rows if row]
    if not rows:
        return None
    heads, body = rows[0], rows[1:]
    if body and len(body[0]) == len(heads) and not any(body[0][1:]):
        heads, body = [head or name for head, name in zip(heads, body[0], strict=True)], body[1:]
    body = [["–" if cell in ("NaN", "None", "NaT") else cell for cell in row] for row in body]
    right = (
        place
        for place in range(len(heads))
        if all(re.fullmatch(r"–|-?[\d,]*\.?\d+( ?%)?", row[place]) for row in body if place < len(row))
    )
    return NotebookTable("", tuple(head.replace("_", " ") for head in heads), tuple(map(tuple, body)), tuple(right))
