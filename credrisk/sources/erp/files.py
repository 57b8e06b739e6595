"""The files of an export, whatever they come in: one file, a folder or a zip; text, workbook, JSON or XML.

Nothing is unpacked to disk, links that lead out of the folder are refused, and what is unpacked in memory is bounded.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.encodings import Encoding, decode
from credrisk.ledger.native_readers import panics_as_errors
from credrisk.ledger.packing import LARGEST_UNPACKED, hold_workbook
from credrisk.sources.erp.archives import content_of, hold_members, open_zip
from credrisk.sources.erp.cells import Cells, cells_of_objects, cells_of_text, guess_separator, header_of_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["ExportFile", "open_export"]

Kind = Literal["csv", "xlsx", "json", "jsonl", "xml"]
"""``csv`` is every text of lines, also with tabs or bars; ``xlsx`` every workbook (one entry for each sheet)."""

LARGEST_FILE = LARGEST_UNPACKED
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_TEXT = (".csv", ".tsv", ".txt", ".tab", ".dat", ".asc", ".json", ".jsonl", ".ndjson", ".xml", *WORKBOOKS)
_BEGINNING = 4096
_FIRST_LINES = 1 << 17
_HEADER_OBJECTS = 20
_HOLDERS = ("value", "data", "items", "message", "records", "result")
"""Keys under which interfaces put their rows."""
_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class ExportFile:
    """One table or body of an export.

    Attributes
    ----------
    path
        The file on disk: of a member of a zip, the zip.
    name
        Name in messages and sums: the path inside the folder or zip; of a workbook with several sheets, with the
        sheet behind it.
    kind
        What its content is, whatever its suffix says (SAP calls tab-separated text ``.xls``).
    member
        Name inside the zip, else empty.
    sheet
        Sheet of the workbook, else empty.
    """

    path: Path
    name: str
    kind: Kind
    member: str = ""
    sheet: str = ""

    @property
    def stem(self) -> str:
        """The file's name in small letters, without folders and endings."""
        last = re.split(r"[/\\]", self.member or self.name.removesuffix(f" [{self.sheet}]"))[-1].lower()
        return re.sub(r"(\.(gz|csv|tsv|txt|tab|dat|asc|jsonl|json|ndjson|xml|xlsx|xlsm|xls|xlsb|ods))+$", "", last)

    @cached_property
    def raw(self) -> bytes:
        """The content, unpacked.

        Raises
        ------
        DataError
            When it is damaged, encrypted or larger than the bound.
        """
        return content_of(self.path, self.member, LARGEST_FILE)

    @cached_property
    def _decoded(self) -> tuple[str, Encoding]:
        return decode(self.raw)

    @property
    def text(self) -> str:
        """The content as text, without a byte order mark."""
        return self._decoded[0]

    @cached_property
    def beginning(self) -> str:
        """The first lines as text, read without the rest of the file."""
        return decode(content_of(self.path, self.member, _FIRST_LINES, cut=True), cut=True)[0]

    @property
    def encoding(self) -> Encoding | None:
        """The encoding by which :attr:`text` was read; None where it was not (a workbook, XML, a file not needed)."""
        told: tuple[str, Encoding] | None = self.__dict__.get("_decoded")
        return told and told[1]

    @cached_property
    def separator(self) -> str:
        """Of text: comma, semicolon, tab or bar, whichever splits the first filled line into the most cells."""
        return guess_separator(self.beginning)

    @cached_property
    def header(self) -> tuple[str, ...]:
        """Column names: the first filled line or row, the keys of the first objects, the tags of an XML body."""
        if self.kind == "xml":
            root = self.xml()
            return tuple(dict.fromkeys([_local(root.tag), *(_local(child.tag) for child in root)]))
        if self.kind in ("json", "jsonl"):
            first = [one for one, _ in zip(self.objects(), range(_HEADER_OBJECTS), strict=False)]
            return tuple(dict.fromkeys(key for one in first for key in one))
        if self.kind == "csv":
            return header_of_text(self.beginning, self.separator)
        return self.cells.header

    @cached_property
    def sheet_frame(self) -> pl.DataFrame:
        """The sheet as text, every row from its first filled one, without a header."""
        return _sheet_frame(self.path, self.raw if self.member else None, self.sheet, self.name)

    @cached_property
    def cells(self) -> Cells:
        """The table as text cells; nested values of JSON are JSON text. Not for XML."""
        if self.kind == "xlsx":
            return Cells.of_lines(self.sheet_frame)
        if self.kind in ("json", "jsonl"):
            return cells_of_objects(self.objects())
        if self.kind == "xml":
            raise DataError(f"{self.name} is XML, not a table.")
        return cells_of_text(self.text, self.separator, self.name)

    @cached_property
    def held_cells(self) -> Cells:
        """The table as text cells; of a JSON answer that holds its rows under a key (``value``, ``data``), the rows.

        Raises
        ------
        DataError
            When it is JSON without rows.
        """
        if self.kind != "json":
            return self.cells
        body = self.json()
        if isinstance(body, dict):
            found = next((body[key] for key in _HOLDERS if isinstance(body.get(key), list)), None)
            body = [body] if found is None else found
        if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
            raise DataError(f"{self.name} holds no rows.", remedy="export the answer of the interface as it is.")
        return cells_of_objects(body)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Return the rows as dicts: of tables, text by column; of JSON, the objects as they are."""
        if self.kind in ("json", "jsonl"):
            return self.objects()
        return self.cells.frame.iter_rows(named=True)

    def json(self) -> Any:
        """Return the parsed JSON body.

        Raises
        ------
        DataError
            When it is not JSON; the message names the line.
        """
        try:
            return json.loads(self.text)
        except (json.JSONDecodeError, RecursionError) as refusal:
            raise DataError(f"{self.name} is no whole JSON ({refusal}).", remedy="export it again.") from None

    def objects(self) -> Iterator[dict[str, Any]]:
        """Return the objects of JSON lines, or of a JSON array; a single object is one of one."""
        if self.kind == "jsonl":
            yield from self._lines()
            return
        body = self.json()
        for one in body if isinstance(body, list) else [body]:
            if not isinstance(one, dict):
                raise DataError(f"{self.name} holds a {type(one).__name__} where an object is wanted.")
            yield one

    def xml(self) -> Element:
        """Return the root of the XML body, parsed without entities or outside references."""
        from xml.etree.ElementTree import ParseError

        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import fromstring

        try:
            root: Element = fromstring(self.raw)
        except (ParseError, DefusedXmlException, ValueError, LookupError) as refusal:
            raise DataError(f"{self.name} is no plain XML ({refusal}).", remedy="export it again.") from None
        return root

    def _lines(self) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(self.text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                one = json.loads(line)
            except (json.JSONDecodeError, RecursionError) as refusal:
                raise DataError(
                    f"line {number} of {self.name} is no whole JSON ({refusal}).", remedy="export it again."
                ) from None
            if not isinstance(one, dict):
                raise DataError(f"line {number} of {self.name} holds no object.")
            yield one


def open_export(source: str | PathLike[str]) -> list[ExportFile]:
    """Return the files of an export: of one file, a folder with all its subfolders, or a zip; sorted by name.

    Files of other kinds, hidden ones and empty ones are passed over.

    Raises
    ------
    ParameterError
        When there is nothing at the place, or no file that could be an export.
    DataError
        When a file is empty, damaged, encrypted or too large, or a link leads out of the folder.
    """
    path = Path(source)
    if not path.exists():
        raise ParameterError("source", "a file, folder or zip that is there", str(path))
    if path.is_dir():
        found = [one for entry in _inside(path) for one in _opened(entry, entry.relative_to(path).as_posix())]
    elif _is_plain_zip(path):
        found = list(_zipped(path))
    else:
        found = list(_opened(path, path.name))
    if not found and path.is_file() and not path.stat().st_size:
        raise DataError(f"{path.name} is empty.", remedy="export it again.")
    if not found:
        raise ParameterError("source", "an export: text, workbook, JSON or XML, or a folder or zip of them", str(path))
    return sorted(found, key=lambda one: one.name)


def _inside(folder: Path) -> Iterator[Path]:
    home = folder.resolve()
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith((".", "~$", "__MACOSX")) for part in path.relative_to(folder).parts)
        if hidden or not path.is_file() or not _plain_suffix(path.name):
            continue
        if not path.resolve().is_relative_to(home):
            raise DataError(
                f"{path.relative_to(folder)} is a link that leads out of the folder {home.name}.", remedy="copy it in."
            )
        yield path


def _opened(path: Path, name: str) -> Iterator[ExportFile]:
    kind = _kind(content_of(path, "", _BEGINNING, cut=True), name)
    if kind == "xlsx":
        yield from _sheets(path, name, "", None)
    elif kind:
        yield ExportFile(path, name, kind)


def _zipped(path: Path) -> Iterator[ExportFile]:
    with open_zip(path) as book:
        members = [one for one in book.infolist() if one.filename and not one.is_dir()]
    hold_members(path.name, members)
    for name in sorted(one.filename for one in members if not one.filename.startswith("__MACOSX")):
        if not _plain_suffix(name) or re.split(r"[/\\]", name)[-1].startswith("."):
            continue
        kind = _kind(content_of(path, name, _BEGINNING, cut=True), name)
        if kind == "xlsx":
            yield from _sheets(path, name, name, content_of(path, name, LARGEST_FILE))
        elif kind:
            yield ExportFile(path, name, kind, member=name)


def _plain_suffix(name: str) -> bool:
    return re.sub(r"\.gz$", "", name.lower()).endswith(_TEXT)


def _is_plain_zip(path: Path) -> bool:
    return not path.name.lower().endswith(WORKBOOKS) and zipfile.is_zipfile(path)


def _kind(beginning: bytes, name: str) -> Kind | None:
    if beginning.startswith((_OLE, _ZIP)):
        return "xlsx" if name.lower().endswith(WORKBOOKS) else None
    text = decode(beginning, cut=True)[0].strip()
    if not text:
        return None
    if text.startswith("<"):
        return "xml"
    if text.startswith(("{", "[")):
        first, _, rest = text.partition("\n")
        whole = first.rstrip().endswith("}") and first.startswith("{")
        lines = name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson"))
        return "jsonl" if lines or (whole and rest.lstrip().startswith("{")) else "json"
    return "csv"


def _book(path: Path, content: bytes | None, name: str) -> Any:
    import fastexcel

    hold_workbook(path if content is None else content, name)
    try:
        with panics_as_errors(name):
            return fastexcel.read_excel(path if content is None else content)
    except (fastexcel.FastExcelError, OSError, ValueError) as refusal:
        raise DataError(
            f"the workbook {name} cannot be read ({str(refusal).splitlines()[0]}).",
            remedy="open it in a spreadsheet program, save it as .xlsx without a password, and try again.",
        ) from None


def _sheets(path: Path, name: str, member: str, content: bytes | None) -> Iterable[ExportFile]:
    sheets = _book(path, content, name).sheet_names
    for sheet in sheets:
        yield ExportFile(path, name if len(sheets) == 1 else f"{name} [{sheet}]", "xlsx", member, sheet)


def _sheet_frame(path: Path, content: bytes | None, sheet: str, name: str) -> pl.DataFrame:
    import fastexcel

    try:
        with panics_as_errors(name):
            loaded = _book(path, content, name).load_sheet(sheet, header_row=None, dtypes="string")
            return pl.DataFrame(loaded.to_polars())
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError) as refusal:
        raise DataError(f"the sheet {name} cannot be read ({str(refusal).splitlines()[0]}).") from None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
