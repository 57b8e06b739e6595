"""SAP's printed list of line items, undone: which lines are items, of which account, and which are totals and frame.

A list saved from the SAP GUI has bars between columns and rules of dashes, pages that repeat the headings, a block of
lines above each account, and subtotals marked with asterisks; saved as a spreadsheet, the same with tabs.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as package_files
from itertools import pairwise

__all__ = ["ListLine", "SapList", "columns_of", "text_lines", "undo_list"]

NAMED_FROM = 4
"""A line with so many headings that are known is the line of headings."""
SHORTEST_BEGINNING = 6
"""A heading that was cut off is known by its beginning from so many letters on."""
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


@cache
def _headings() -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    """Return what every known heading holds, and by the first letters which columns begin so."""
    text = (package_files("credrisk.sources.erp") / "sap_headers.toml").read_text(encoding="utf-8")
    known = {
        _folded(name): column
        for column, languages in tomllib.loads(text).items()
        for names in languages.values()
        for name in names
    }
    beginnings: dict[str, set[str]] = {}
    for name, column in known.items():
        for end in range(SHORTEST_BEGINNING, len(name)):
            beginnings.setdefault(name[:end], set()).add(column)
    return known, {name: frozenset(columns) for name, columns in beginnings.items()}


def columns_of(header: Iterable[str]) -> dict[str, int]:
    """Return what columns hold, with the place of each; the first of several counts."""
    known, beginnings = _headings()
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        folded = _folded(name)
        column = known.get(folded)
        if column is None and len(only := beginnings.get(folded, frozenset())) == 1:
            (column,) = only
        if column is not None:
            places.setdefault(column, place)
    return places


def undo_list(lines: Iterable[str | Sequence[str]]) -> SapList | None:
    """Undo a list; None where no line of headings is among the first.

    Parameters
    ----------
    lines
        Lines as text (with bars or tabs), or as cells (of a workbook).
    """
    rows = list(lines)
    start = next((place for place, line in enumerate(rows[:LOOKED_AT]) if _is_headings(_cells(line))), None)
    if start is None:
        return None
    headings = rows[start]
    header = _cells(headings)
    found = SapList(header, columns_of(header))
    account: dict[str, str] = {}
    before_items = True
    for number, line in enumerate(rows, start=1):
        cells = _placed(line, headings, len(header))
        filled = [cell for cell in _cells(line) if cell]
        if not filled or (isinstance(line, str) and _RULE.match(line)):
            found.blank += 1
        elif _cells(line) == header or _is_headings(_cells(line)):
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


def _is_headings(cells: Sequence[str]) -> bool:
    columns = columns_of(cells)
    return len(columns) >= NAMED_FROM and "number" in columns and bool({"milli", "local_amount"} & set(columns))


def _has_bars_or_number(line: str | Sequence[str], cells: tuple[str, ...] | None, found: SapList) -> bool:
    """Tell whether a line without a document number belongs to the table: it has an amount, or bars like the table."""
    if cells is None:
        return isinstance(line, str) and line.count("|") >= NAMED_FROM
    amounts = [found.columns[name] for name in ("milli", "local_amount") if name in found.columns]
    return any(re.search(r"\d", cells[place]) for place in amounts)


def _cells(line: str | Sequence[str]) -> tuple[str, ...]:
    if not isinstance(line, str):
        return tuple((cell or "").strip() for cell in line)
    text = _ICON.sub("", line.rstrip("\r\n"))
    if text.lstrip().startswith("|"):
        return tuple(cell.strip() for cell in text.strip().removeprefix("|").removesuffix("|").split("|"))
    return tuple(cell.strip() for cell in text.split("\t"))


def _placed(line: str | Sequence[str], headings: str | Sequence[str], width: int) -> tuple[str, ...] | None:
    """Return the cells of a line under the headings, by the places of the bars where a text has bars of its own."""
    cells = _cells(line)
    if len(cells) == width:
        return cells
    if not isinstance(line, str) or not isinstance(headings, str) or "|" not in headings:
        if len(cells) < width and not (isinstance(line, str) and "|" in line):
            return (*cells, *[""] * (width - len(cells)))
        return None
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
    column = _headings()[0].get(_folded(parts[0]))
    value = parts[1].strip()
    if column == "name":
        return {"name": value}
    if column not in ("customer_id", "company") or not value or " " in value.split("/")[0].strip():
        return {}
    return {column: value.split("/")[0].strip()}


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def text_lines(text: str) -> Iterator[str]:
    """Return the lines of a text; page feeds end none."""
    yield from text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "").removesuffix("\n").split("\n")
