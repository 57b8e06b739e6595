"""A letter as plain text and as one HTML page."""

from __future__ import annotations

import textwrap

from credrisk.reports.letters.content import Letter, LetterTable
from credrisk.reports.letters.wording import Wordings

__all__ = ["letter_html", "letter_text", "text_table"]

WIDTH = 78
LONGEST_CELL = 24
"""Characters of a cell before it goes on in the next line."""


def letter_text(letter: Letter, wordings: Wordings) -> str:
    """Return the letter as plain text, lines of at most 78 characters where its words allow."""
    tables = [text_table(table) for table in letter.tables]
    ageing = [text_table(table) for table in letter.ageing]
    text = wordings.page("letter.txt", letter=letter, tables=tables, ageing=ageing, folded=folded)
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for place, line in enumerate(lines) if line or lines[place - 1]]
    return "\n".join(kept) + "\n"


def letter_html(letter: Letter, wordings: Wordings) -> str:
    """Return the letter as one page that needs nothing beside it, every text escaped."""
    page = wordings.page("letter.html", letter=letter)
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


def folded(paragraph: str) -> str:
    """Return a paragraph in lines of at most 78 characters."""
    return "\n".join(textwrap.wrap(paragraph, WIDTH, break_on_hyphens=False)) or ""


def text_table(table: LetterTable) -> str:
    """Return a table in columns of fixed width; a long cell goes on below, nothing is cut."""
    rows = [[textwrap.wrap(cell, LONGEST_CELL) or [""] for cell in row] for row in (table.headings, *table.rows)]
    widths = [max(len(line) for row in rows for line in row[place]) for place in range(len(table.headings))]
    lines = [table.title] if table.title else []
    for number, row in enumerate(rows):
        for depth in range(max(len(cell) for cell in row)):
            cells = [cell[depth] if depth < len(cell) else "" for cell in row]
            aligned = (
                cell.rjust(width) if place in table.numeric else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
            )
            lines.append("  ".join(aligned))
        if number == 0:
            lines.append("-" * len(lines[-1]))
    whole = len(lines[-1])
    if table.sums:
        lines.append("-" * whole)
    for label, amount in table.sums:
        lines.append(f"{label}  {amount.rjust(whole - len(label) - 2)}")
    return "\n".join([*lines, *([folded(table.note)] if table.note else [])])
