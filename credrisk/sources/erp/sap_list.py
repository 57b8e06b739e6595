"""SAP's printed list of line items, undone: which lines are items, of which account, and which are totals and frame.

A list saved from the SAP GUI has bars between columns and rules of dashes, pages that repeat the headings, a block of
lines above each account, and subtotals marked with asterisks; saved as a spreadsheet, the same with tabs. With commas
or semicolons it is a table that a spreadsheet saved again (:mod:`credrisk.sources.erp.sap_separated`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from credrisk.sources.erp.sap_headings import AMOUNTS, NAMED_FROM, are_headings, columns_of

__all__ = ["LOOKED_AT", "ListLine", "SapList", "line_cells", "text_lines", "undo_list"]

LOOKED_AT = 400
"""Lines in which the headings must be."""
_RULE = re.compile(r"^[\s|+\-=_]*[-=_]{3,}[\s|+\-=_]*$")
_STARS = re.compile(r"^\*{1,9}$")
_ICON = re.compile(r"@[0-9A-Z]{2}(?:\\Q[^@]*)?@")


@dataclass(frozen=True)
class ListLine:
    """A line of the list with its cells; ``account`` are the values of the block above it, by column."""

    number: int
    cells: tuple[str, ...]
    account: dict[str, str]


@dataclass
class SapList:
    """A list, undone.

    Attributes
    ----------
    header
        Headings as they are; ``columns`` says what they hold, by place.
    items, totals
        Lines with a document number; lines with asterisks, by how many.
    ragged
        Lines between the headings and the end that have other cells than the headings.
    frame, blank
        Numbers of lines: headings, titles and account blocks; blank ones and rules.
    """

    header: tuple[str, ...]
    columns: dict[str, int]
    items: list[ListLine] = field(default_factory=list)
    totals: list[ListLine] = field(default_factory=list)
    ragged: list[tuple[int, str]] = field(default_factory=list)
    frame: int = 0
    blank: int = 0

    @property
    def read(self) -> int:
        """Lines of the list."""
        return len(self.items) + len(self.totals) + len(self.ragged) + self.frame + self.blank


def undo_list(lines: Iterable[str | Sequence[str]]) -> SapList | None:
    """Undo a list; None where no line of headings is among the first.

    Parameters
    ----------
    lines
        Lines as text (with bars or tabs), or as cells (of a workbook, or of text with semicolons or commas).
    """
    rows = list(lines)
    start = next((place for place, line in enumerate(rows[:LOOKED_AT]) if are_headings(line_cells(line))), None)
    if start is None:
        return None
    headings = rows[start]
    header = line_cells(headings)
    found = SapList(header, columns_of(header))
    account: dict[str, str] = {}
    before_items = True
    for number, line in enumerate(rows, start=1):
        cells = _placed(line, headings, len(header))
        filled = [cell for cell in line_cells(line) if cell]
        if not filled or (isinstance(line, str) and _RULE.match(line)):
            found.blank += 1
        elif line_cells(line) == header or are_headings(line_cells(line)):
            found.frame += 1
        elif said := _said_of_account(filled):
            found.frame += 1
            account = {**({} if "customer_id" in said else account), **said}
        elif _STARS.match(filled[0]) and cells is not None:
            found.totals.append(ListLine(number, cells, account))
        elif cells is not None and cells[found.columns["number"]]:
            found.items.append(ListLine(number, cells, account))
            before_items = False
        elif number - 1 < start or before_items or not _has_bars_or_number(line, cells, found):
            found.frame += 1
        elif cells is not None:
            found.totals.append(ListLine(number, cells, account))
        else:
            found.ragged.append((number, line if isinstance(line, str) else "\t".join(line)))
    return found


def _has_bars_or_number(line: str | Sequence[str], cells: tuple[str, ...] | None, found: SapList) -> bool:
    """Tell whether a line without a document number belongs to the table: it has an amount, bars, or as many cells."""
    if cells is None:
        barred = isinstance(line, str) and line.count("|") >= NAMED_FROM
        return barred or sum(bool(cell) for cell in line_cells(line)) >= NAMED_FROM
    amounts = [found.columns[name] for name in AMOUNTS if name in found.columns]
    return any(re.search(r"\d", cells[place]) for place in amounts)


def line_cells(line: str | Sequence[str]) -> tuple[str, ...]:
    """Return the cells of a line, at its bars or tabs, without blanks and quotation marks around them."""
    if not isinstance(line, str):
        return tuple((cell or "").strip() for cell in line)
    text = _ICON.sub("", line.rstrip("\r\n"))
    if text.lstrip().startswith("|"):
        return tuple(cell.strip() for cell in text.strip().removeprefix("|").removesuffix("|").split("|"))
    return tuple(_unquoted(cell.strip()) for cell in text.split("\t"))


def _unquoted(cell: str) -> str:
    """Undo the quotation marks that a spreadsheet puts around a cell with a comma when it saves text with tabs."""
    quoted = len(cell) > 1 and cell.startswith('"') and cell.endswith('"')
    return cell[1:-1].replace('""', '"').strip() if quoted else cell


def _placed(line: str | Sequence[str], headings: str | Sequence[str], width: int) -> tuple[str, ...] | None:
    """Return the cells of a line under the headings, by the places of the bars where a text has bars of its own."""
    cells = line_cells(line)
    if len(cells) == width:
        return cells
    if not isinstance(line, str) or not isinstance(headings, str) or "|" not in headings:
        barred = isinstance(line, str) and "|" in line
        if len(cells) < width and not barred:
            return (*cells, *[""] * (width - len(cells)))
        return cells[:width] if not barred and not any(cells[width:]) else None
    bars = [place for place, letter in enumerate(headings) if letter == "|"]
    text = line.rstrip("\r\n")
    if len(bars) != width + 1 or any(text[place : place + 1] != "|" for place in bars):
        return None
    return tuple(text[left + 1 : right].strip() for left, right in pairwise(bars))


def _said_of_account(filled: Sequence[str]) -> dict[str, str]:
    """Return what a line of the block above an account says: the customer, the company code or the name."""
    parts = filled if len(filled) > 1 else re.split(r"\s*:\s*|\s{2,}|(?<=\D)\s(?=\d)", filled[0], maxsplit=1)
    if not 2 <= len(parts) <= 3:
        return {}
    column = next(iter(columns_of(parts[:1])), None)
    value = parts[1].strip()
    if column == "name":
        return {"name": value}
    if column not in ("customer_id", "company") or not value or " " in value.split("/")[0].strip():
        return {}
    return {column: value.split("/")[0].strip()}


def text_lines(text: str) -> Iterator[str]:
    """Return the lines of a text; page feeds end none."""
    yield from text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "").removesuffix("\n").split("\n")
