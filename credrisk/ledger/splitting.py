"""A text file split into cells, piece by piece, and held in little memory."""

from __future__ import annotations

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.text_files import TextFile

__all__ = ["split_cells"]

PACKED_FROM = 50_000
"""Rows of a piece from which columns are packed."""
_REPEATED = 3
"""How often each text of a column must be there on average."""
_BLOCK = 1 << 24
_LARGEST_BLOCK = 1 << 30


def split_cells(
    file: TextFile, separator: str, width: int, table: str, packed: bool
) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Split into text cells; what does not have the header's number of cells comes back as (record, line)."""
    import pyarrow as pa

    try:
        cells, ragged = _split(file, separator, width, packed, _BLOCK)
    except pa.ArrowInvalid as refusal:
        whole = min(file.size + 1, _LARGEST_BLOCK)
        if not file.quoted or whole <= _BLOCK:
            raise _unsplit(file, refusal, table) from None
        try:  # a record of many lines is longer than a block
            cells, ragged = _split(file, separator, width, packed, whole)
        except pa.ArrowInvalid as again:
            raise _unsplit(file, again, table) from None
    if file.odd_quotes:
        _refuse_open_quote(cells, ragged, table, file.path.name)
    return cells, ragged


def _unsplit(file: TextFile, refusal: Exception, table: str) -> DataError:
    said = str(refusal).splitlines()[0]
    return DataError(f"the file {file.path.name} cannot be split into cells ({said}).", table=table)


def _split(
    file: TextFile, separator: str, width: int, packed: bool, block: int
) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    ragged: list[tuple[int, str]] = []

    def keep_line(row: arrow_csv.InvalidRow) -> str:
        ragged.append((row.number, row.text))
        return "skip"

    names = [str(position) for position in range(width)]
    packing = _Packing(names, packed)
    with (
        file.open() as stream,
        arrow_csv.open_csv(
            stream,
            read_options=arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=block),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values=file.quoted, invalid_row_handler=keep_line
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
            ),
        ) as batches,
    ):
        for batch in batches:
            packing.add(pl.DataFrame(pl.from_arrow(batch), schema=dict.fromkeys(names, pl.String)))
    return packing.frame(), ragged


def _cast(part: pl.DataFrame, kinds: pl.Schema) -> pl.DataFrame:
    return part.with_columns(part[name].cast(kind) for name, kind in kinds.items())


class _Packing:
    """Pieces of a table put together; in a large one, columns whose texts repeat become categories."""

    def __init__(self, names: list[str], packed: bool) -> None:
        self._names, self._packed = names, packed
        self._parts: list[pl.DataFrame] = []
        self._kinds: pl.Schema | None = None

    def add(self, part: pl.DataFrame) -> None:
        """Add the next rows."""
        if self._packed and self._kinds is None and part.height >= PACKED_FROM:
            repeated = [name for name in self._names if part[name].n_unique() * _REPEATED <= part.height]
            self._kinds = pl.Schema({name: pl.Categorical(pl.Categories.random()) for name in repeated})
            self._parts = [_cast(earlier, self._kinds) for earlier in self._parts]
        self._parts.append(_cast(part, self._kinds) if self._kinds else part)

    def frame(self) -> pl.DataFrame:
        """Return the whole table."""
        if not self._parts:
            return pl.DataFrame(schema=dict.fromkeys(self._names, pl.String))
        return pl.concat(self._parts)


def _refuse_open_quote(cells: pl.DataFrame, ragged: list[tuple[int, str]], table: str, name: str) -> None:
    """An unclosed quotation mark would swallow the rest of the file into one cell: refuse rather than lose rows."""
    swallowed = [line for _, line in ragged[-1:] if line.count('"') % 2 and "\n" in line.rstrip("\r\n")]
    swallowed += [cell for cell in cells.row(-1) if "\n" in cell or "\r" in cell] if cells.height else []
    if swallowed:
        raise DataError(
            f"a quotation mark in {name} is opened and never closed; the rest of the file would be one cell.",
            table=table,
            ids=(swallowed[0][:40].replace("\n", " "),),
            remedy="close the quotation mark, or double it where it belongs to the text.",
        )
