"""Which files of an export are line item lists, however they were saved, and what a file that is none lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from credrisk.errors import DataError
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.sap_headings import are_headings, said_to_lack
from credrisk.sources.erp.sap_list import LOOKED_AT, SapList, line_cells, text_lines, undo_list
from credrisk.sources.erp.sap_separated import first_lines, separated_rows

__all__ = ["headings_of", "no_list", "undone"]


def headings_of(one: ExportFile) -> tuple[str, ...]:
    """Return the headings of a line item list, from the beginning of a file; empty where it is none."""
    return next((cells for cells in _beginning(one) if are_headings(cells)), ())


def undone(one: ExportFile) -> SapList | None:
    """Undo the list of a file; None where it has no such headings."""
    if one.kind == "xlsx":
        return undo_list([tuple(cell or "" for cell in row) for row in one.sheet_frame.iter_rows()])
    if one.kind != "csv":
        return None
    found = undo_list(text_lines(one.text))
    if found is None and (rows := separated_rows(one.text, one.name)) is not None:
        found = undo_list(rows)
    return found


def no_list(files: Sequence[ExportFile]) -> DataError:
    """Return the refusal of files of which none is a list: what each lacks."""
    said = [f"{one.name}: {lacking}" for one in files if (lacking := said_to_lack(_beginning(one)))]
    return DataError(
        "no file has the headings of a line item list." + "".join(f" {one}." for one in said),
        remedy="save the list with its headings, or rename the columns to the headings in brackets; docs/erp-sap.md "
        "says how.",
    )


def _beginning(one: ExportFile) -> Iterator[tuple[str, ...]]:
    """Return the cells of the first lines, in every way in which they may be separated."""
    if one.kind == "xlsx":
        yield from (line_cells([cell or "" for cell in row]) for row in one.sheet_frame.head(LOOKED_AT).iter_rows())
    elif one.kind == "csv":
        lines = text_lines(one.beginning)
        yield from (line_cells(line) for line, _ in zip(lines, range(LOOKED_AT), strict=False))
        yield from first_lines(one.beginning)
