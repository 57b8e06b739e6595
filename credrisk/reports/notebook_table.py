"""How a notebook shows a table, a sentence or a chart: as the pages do, in JupyterLab, on paper and in Markdown.

A notebook's cell ends in one of these. A chart that cannot be drawn says why, in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl
import polars.selectors as cs

from credrisk.errors import EvidenceError
from credrisk.frames import as_polars
from credrisk.reports.case_page import case_table
from credrisk.reports.style import INK, MUTED, RULE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NotebookTable", "NotebookText", "chart_or_why", "in_notebook", "marked", "notebook_table", "said"]

CELL = f"padding:3px 10px 3px 2px;border-bottom:1px solid {RULE};vertical-align:top;"
HEAD = f"padding:3px 10px 3px 2px;border-bottom:1px solid {INK};vertical-align:bottom;font-weight:600;"
TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums;margin:4px 0 10px;"
CAPTION = "font-weight:600;margin:8px 0 2px;"
NOTE = f"color:{MUTED};margin:2px 0 4px;max-width:760px;"
NUMBER = re.compile(r"^\d+  ")
"""Of the answers of a run: in a notebook they stand under a heading of their own."""
WIDE = 48
"""Characters above which a cell is prose, which may be broken into lines."""
SHORT = 24
"""Characters up to which a cell keeps to one line."""


class Laid(Protocol):
    """A table in words: what the pages and the commands show as well."""

    @property
    def title(self) -> str: ...
    @property
    def headings(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> tuple[tuple[str, ...], ...]: ...
    @property
    def right(self) -> tuple[int, ...]: ...


@dataclass(frozen=True)
class NotebookTable:
    """A table in words that a notebook shows; everything in it is text and escaped.

    Attributes
    ----------
    right
        The columns, by place, that stand to the right.
    note
        A sentence above the table: its unit, what is left out.
    dates
        The columns whose cells keep to one line.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...]
    note: str = ""
    dates: tuple[int, ...] = ()

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        parts = [f'<p style="{CAPTION}">{escape(self.title)}</p>'] if self.title else []
        if self.note:
            parts.append(f'<p style="{NOTE}">{escape(self.note)}</p>')
        if not self.rows:
            return "".join([*parts, f'<p style="{NOTE}">None.</p>'])
        heads = "".join(self._cell("th", place, name, HEAD) for place, name in enumerate(self.headings))
        rows = ("".join(self._cell("td", place, text, CELL) for place, text in enumerate(row)) for row in self.rows)
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        label = escape(self.title or "Table", quote=True)
        table = (
            f'<table aria-label="{label}" style="{TABLE}"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
        )
        return "".join([*parts, f'<div class="scroll" style="overflow-x:auto">{table}</div>'])

    def _cell(self, tag: str, place: int, text: str, style: str) -> str:
        if place in self.right:
            style += "text-align:right;" + ("white-space:nowrap;" if tag == "td" else "")
        else:
            style += "text-align:left;" + ("min-width:260px;max-width:520px;" if len(text) > WIDE else "")
            short = place in self.dates or len(text) <= SHORT
            style += "white-space:nowrap;" if tag == "td" and short else ""
        scope = ' scope="col"' if tag == "th" else ""
        return f'<{tag}{scope} style="{style}">{escape(text)}</{tag}>'

    def _repr_markdown_(self) -> str:
        """Show the table where HTML is not."""
        parts = [f"**{marked(self.title)}**"] if self.title else []
        if self.note:
            parts.append(marked(self.note))
        if not self.rows:
            return "\n\n".join([*parts, "None."])
        rule = ["---:" if place in self.right else ":---" for place in range(len(self.headings))]
        lines = [[marked(text) or " " for text in row] for row in (self.headings, *self.rows)]
        lines.insert(1, rule)
        return "\n\n".join([*parts, "\n".join("| " + " | ".join(line) + " |" for line in lines)])

    def __repr__(self) -> str:
        """Return the table as lines of text."""
        return "\n".join([self.title, *(" | ".join(row) for row in (self.headings, *self.rows))])


@dataclass(frozen=True)
class NotebookText:
    """Sentences that a notebook shows as text, one a line."""

    sentences: tuple[str, ...]

    def _repr_html_(self) -> str:
        """Show the sentences in a notebook."""
        lines = "".join(f'<p style="margin:2px 0;max-width:760px">{escape(one)}</p>' for one in self.sentences)
        return f'<div style="font-variant-numeric:tabular-nums">{lines}</div>'

    def _repr_markdown_(self) -> str:
        """Show the sentences where HTML is not."""
        return "\n\n".join(marked(one) for one in self.sentences)

    def __repr__(self) -> str:
        """Return the sentences as lines of text."""
        return "\n".join(self.sentences)


def notebook_table(
    title: str,
    frame: pd.DataFrame | pl.DataFrame,
    columns: Sequence[tuple[str, str, str]],
    *,
    rows: int | None = None,
    note: str = "",
) -> NotebookTable:
    """Lay out columns of a frame, each as name, heading and kind.

    Parameters
    ----------
    frame
        Any rows; they are shown in their order, text escaped, null as a dash.
    columns
        Kinds as :func:`credrisk.reports.case_page.case_table` has them: ``money`` (whole units), ``share``,
        ``days``, ``count``, ``number`` (two decimals), ``exact`` (those of the row's ``currency``), ``date`` and
        ``text``.
    rows
        How many are shown at most; the note says how many are left out. Default: all.
    note
        A sentence above the table.
    """
    days = [name for name, _, kind in columns if kind == "date"]
    whole = as_polars(frame, "frame").with_columns(
        cs.float().fill_nan(None), cs.by_name(days, require_all=False).cast(pl.Date)
    )
    shown = whole.head(rows) if rows is not None else whole
    left = f"The first {shown.height:,} of {whole.height:,}." if shown.height < whole.height else ""
    return in_notebook(case_table(title, shown, columns), note=" ".join(filter(None, (note, left))))


def in_notebook(table: Laid, *, note: str = "") -> NotebookTable:
    """Return a table that a page or a command shows as one that a notebook shows; reasons become its last column."""
    rows, headings = table.rows, table.headings
    reasons: tuple[str, ...] = getattr(table, "reasons", ())
    if any(reasons):
        headings = (*headings, "Why")
        rows = tuple((*row, reason) for row, reason in zip(rows, reasons, strict=True))
    said_above = " ".join(filter(None, (getattr(table, "note", ""), note)))
    return NotebookTable(
        NUMBER.sub("", table.title), headings, rows, table.right, said_above, getattr(table, "dates", ())
    )


def said(*sentences: str) -> NotebookText:
    """Return sentences that a notebook shows as text; empty ones are left out."""
    return NotebookText(tuple(one for one in sentences if one))


def chart_or_why(draw: Callable[..., Any], *given: Any, **settings: Any) -> Any:
    """Return the chart that ``draw`` draws of what is given, or the reason in words why there is none."""
    try:
        return draw(*given, **settings)
    except EvidenceError as reason:
        return said(f"Not measured: {reason}")


def marked(text: str) -> str:
    """Return text on one line in which Markdown and HTML find nothing to act on."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$])", r"\\\1", " ".join(text.split()))
