"""HTML that a notebook shows by itself: data frames laid out as the tables of the pages are, and all as Markdown."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from credrisk.reports.notebook_table import NotebookTable, marked

__all__ = ["frame_table", "html_markdown"]

FRAME = 'class="dataframe"'
HIDDEN = ("script", "style")
PARAGRAPHS = ("p", "div", "li", "dt", "dd", "caption", "br", "h1", "h2", "h3", "h4")
MISSING = ("NaN", "None", "NaT")
FIGURE = r"–|-?[\d,]*\.?\d+( ?(%|[kmb]n?))?( [A-Z]{3})?"


class _Pieces(HTMLParser):
    """The paragraphs and tables of HTML in order: text, or rows of cells. Scripts and styles are no text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str | list[list[str]]] = []
        self.text, self.inside, self.hidden = "", False, False
        self.feed(html)
        self._end_paragraph()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row, a cell or a paragraph."""
        if tag in HIDDEN:
            self.hidden = True
        elif tag == "table":
            self._end_paragraph()
            self.pieces.append([])
        elif self._rows() is not None and tag == "tr":
            self._rows().append([])  # type: ignore[union-attr]
        elif tag in ("td", "th") and self._rows():
            self._rows()[-1].append("")  # type: ignore[index]
            self.inside = True
        elif tag in PARAGRAPHS:
            self._end_paragraph()

    def handle_endtag(self, tag: str) -> None:
        """End a cell or a paragraph."""
        if tag in HIDDEN:
            self.hidden = False
        elif tag in ("td", "th"):
            self.inside = False
        elif tag in PARAGRAPHS:
            self._end_paragraph()

    def handle_data(self, data: str) -> None:
        """Add to the cell or the paragraph."""
        if self.hidden:
            return
        if self.inside:
            self._rows()[-1][-1] += data  # type: ignore[index]
        else:
            self.text += data

    def _rows(self) -> list[list[str]] | None:
        last = self.pieces[-1] if self.pieces else None
        return last if isinstance(last, list) else None

    def _end_paragraph(self) -> None:
        if self.inside:
            return
        words, self.text = " ".join(self.text.split()), ""
        if words:
            self.pieces.append(words)


def frame_table(html: str) -> NotebookTable | None:
    """Return the table of a data frame as pandas writes it to HTML, figures to the right; None for any other HTML.

    The row in which pandas names the index is laid over the blank ones of the heading; missing figures are dashes.
    """
    rows = next((piece for piece in _Pieces(html).pieces if isinstance(piece, list)), None) if FRAME in html else None
    return _table(rows) if rows else None


def html_markdown(html: str) -> str:
    """Return HTML that a notebook shows as Markdown: its paragraphs and tables, and nothing that acts."""
    parts = []
    for piece in _Pieces(html).pieces:
        table = None if isinstance(piece, str) else _table(piece)
        parts.append(marked(piece) if isinstance(piece, str) else table._repr_markdown_() if table else "")
    return "\n\n".join(part for part in parts if part)


def _table(found: list[list[str]]) -> NotebookTable | None:
    rows = [[" ".join(cell.split()) for cell in row] for row in found if row]
    if not rows:
        return None
    heads, body = rows[0], rows[1:]
    if body and len(body[0]) == len(heads) and not any(body[0][1:]):
        heads, body = [head or name for head, name in zip(heads, body[0], strict=True)], body[1:]
    body = [["–" if cell in MISSING else cell for cell in row] for row in body]
    right = (
        place
        for place in range(len(heads))
        if all(re.fullmatch(FIGURE, row[place]) for row in body if place < len(row))
    )
    return NotebookTable("", tuple(head.replace("_", " ") for head in heads), tuple(map(tuple, body)), tuple(right))
