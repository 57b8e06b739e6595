"""What was changed in a workbook of the pack that nobody is asked to change: cells by their marks, rows, columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from xlsxwriter.utility import xl_rowcol_to_cell

from credrisk.reports.book_stamp import FORMULA, Marked, ReadStamp, mark_of
from credrisk.reports.cell_reader import plain_text
from credrisk.reports.sheet_cells import Cells, SheetCells
from credrisk.wording import counted

__all__ = ["FilledSheet", "changed_elsewhere", "changed_rows"]

SHOWN = 5
HEADING_ROWS = 20
MOST_COMPARED = 250_000
"""Pairs of rows that are held against each other to find which became which; with more they are taken in order."""
ALIKE = 0.5
"""Share of cells that a changed row must have in common with one as it was written to be taken for it."""
Marks = tuple[str, ...]


@dataclass(frozen=True)
class FilledSheet:
    """A sheet that people fill in: its cells, and the columns by their place."""

    name: str
    cells: Cells
    header: int
    names: Mapping[int, str]

    def rows(self) -> list[tuple[int, dict[str, tuple[str, str]]]]:
        """Return the rows with a customer: place from 0, and by column the text and the address of the cell."""
        found = []
        for number, row in enumerate(self.cells[self.header + 1 :], start=self.header + 1):
            values = {name: (plain_text(row[at]), self.address(number, at)) for at, name in self.names.items()}
            if values["customer_id"][0]:
                found.append((number, values))
        return found

    def address(self, row: int, column: int) -> str:
        """Return where a cell stands, for messages."""
        return f"{self.name}!{xl_rowcol_to_cell(row, column)}"


def changed_rows(sheet: FilledSheet, read: ReadStamp, formulas: Collection[str]) -> list[str]:
    """Say which cells were changed on a sheet that people fill in, and which rows and columns are gone or came."""
    written = read.columns.get(sheet.name, ())
    marks = read.marks.get(sheet.name, {})
    places = _places(sheet.cells[sheet.header], written)
    cells: list[str] = []
    strange: list[str] = []
    here = set()
    for number, values in sheet.rows():
        customer = values["customer_id"][0]
        here.add(customer)
        own = marks.get(customer)
        if own is None:
            strange.append(customer)
            continue
        now = _marks(sheet.cells[number], number, written, places, formulas)
        cells += [
            f"{sheet.address(number, places[column.heading])} ({column.heading} of {customer})"
            for column, before, after in zip(written, own, now, strict=False)
            if column.heading in places and before != after
        ]
    gone = [customer for customer in marks if customer not in here]
    notes = _of_cells(cells)
    for rows, said in ((gone, "no longer there; nothing is decided on them"), (strange, "not of this pack")):
        if rows:
            verb = "is" if len(rows) == 1 else "are"
            notes.append(f"{counted(len(rows), 'row')} of {sheet.name} {verb} {said}: {_some(rows)}.")
    return notes + _of_columns(sheet.name, written, places)


def changed_elsewhere(book: SheetCells, read: ReadStamp, filled_in: Collection[str]) -> list[str]:
    """Say what was changed on the sheets in which nothing is to be filled in; they may be sorted and filtered."""
    others = [name for name in read.columns if name not in filled_in]
    notes = []
    for name in others:
        if name in book.names:
            notes += _changed_table(book, name, read)
    gone = [name for name in others if name not in book.names]
    return notes + ([f"Sheets are no longer there: {_some(gone)}."] if gone else [])


def _changed_table(book: SheetCells, name: str, read: ReadStamp) -> list[str]:
    """Say what was changed on a sheet whose rows have no key: each is known by its marks."""
    written, cells = read.columns[name], book.read(name)
    if not written:
        return []
    found = [_places(row, written) for row in cells[:HEADING_ROWS]]
    header = max(range(len(found)), key=lambda place: len(found[place]), default=0)
    places = found[header] if found else {}
    if not places:
        return [f"The headings of {name} are no longer there: what was changed below them is not known."]
    formulas = book.formulas(name) if any(column.formulas for column in written) else frozenset()
    kept = [at for at, column in enumerate(written) if column.heading in places]
    left = Counter(tuple(marks[at] for at in kept) for marks in read.marks.get(name, {}).values())
    other: list[tuple[int, Marks]] = []
    for number, row in enumerate(cells[header + 1 :], start=header + 1):
        if not any(plain_text(text) for text in row):
            continue
        now = _marks(row, number, [written[at] for at in kept], places, formulas)
        if left[now]:
            left[now] -= 1
        else:
            other.append((number, now))
    changed, strange, gone = _paired(other, list(left.elements()))
    headings = [written[at].heading for at in kept]
    told = [
        f"{name}!{xl_rowcol_to_cell(number, places[headings[at]])} ({headings[at]})"
        for number, differs in changed
        for at in differs
    ]
    notes = _of_cells(told)
    if gone:
        notes.append(f"{counted(gone, 'row')} of {name} {'is' if gone == 1 else 'are'} no longer there.")
    if strange:
        where = _some([f"row {number + 1}" for number in strange])
        verb = "is" if len(strange) == 1 else "are"
        notes.append(f"{counted(len(strange), 'row')} of {name} {verb} not of this pack: {where}.")
    return notes + _of_columns(name, written, places)


def _paired(
    here: Sequence[tuple[int, Marks]], written: Sequence[Marks]
) -> tuple[list[tuple[int, list[int]]], list[int], int]:
    """Find which row as it was written each changed row comes from.

    Returns the changed rows with the places of their changed cells, the rows that are like none, and how many of those
    written are left over.
    """
    left = list(written)
    compared = len(here) * len(left) <= MOST_COMPARED
    changed, strange = [], []
    for number, now in here:
        alike = [_common(now, before) for before in (left if compared else left[:1])]
        best = max(alike, default=0)
        if not best or best < ALIKE * len(now):
            strange.append(number)
            continue
        before = left.pop(alike.index(best))
        changed.append((number, [at for at, (old, new) in enumerate(zip(before, now, strict=True)) if old != new]))
    return changed, strange, len(left)


def _common(now: Marks, before: Marks) -> int:
    return sum(old == new for old, new in zip(before, now, strict=True))


def _marks(
    row: Sequence[str | None],
    number: int,
    columns: Sequence[Marked],
    places: Mapping[str, int],
    formulas: Collection[str],
) -> Marks:
    """Return the marks of a row's cells as they are now; none of a column that is gone."""
    marks = []
    for column in columns:
        at = places.get(column.heading)
        if at is None:
            marks.append("")
        elif column.formulas and xl_rowcol_to_cell(number, at) in formulas:
            marks.append(mark_of(FORMULA, "text"))
        else:
            marks.append(mark_of(plain_text(row[at]), column.kind))
    return tuple(marks)


def _places(headings: Sequence[str | None], columns: Sequence[Marked]) -> dict[str, int]:
    """Return where each heading stands."""
    wanted = {column.heading for column in columns}
    found: dict[str, int] = {}
    for place, text in enumerate(headings):
        if plain_text(text) in wanted:
            found.setdefault(plain_text(text), place)
    return found


def _of_cells(cells: Sequence[str]) -> list[str]:
    if not cells:
        return []
    verb, count = ("was", "counts") if len(cells) == 1 else ("were", "count")
    return [
        f"{counted(len(cells), 'cell')} that nobody is asked to change {verb} changed, and {count} for nothing: "
        f"{_some(cells)}."
    ]


def _of_columns(name: str, columns: Sequence[Marked], places: Mapping[str, int]) -> list[str]:
    lost = [column.heading for column in columns if column.heading not in places]
    return [f"Columns of {name} are no longer there: {_some(lost)}."] if lost else []


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:SHOWN]) + (f" and {len(texts) - SHOWN:,} more" if len(texts) > SHOWN else "")
