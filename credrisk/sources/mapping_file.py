"""The mapping file: how the columns of an export become the ledger's tables, written in TOML and read strictly.

``docs/sources.md`` teaches the format by example. Every unknown key, table or column is an error that names the key,
what there is and the nearest match, so that a typing error never becomes an empty column.
"""

from __future__ import annotations

import tomllib
from os import PathLike
from pathlib import Path
from typing import Any

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.sources.mapping_columns import ColumnReader
from credrisk.sources.mapping_instalments import NAMED
from credrisk.sources.mapping_keys import listed
from credrisk.sources.mapping_rules import Headings, ImportMap, SourceFile, TableRule, TypeInWords
from credrisk.sources.mapping_targets import TARGETS

__all__ = ["map_of", "map_of_text", "read_map", "read_toml"]

SETTINGS = ("currency", "covers_from", "covers_to", "extracted_on", "static", "without_invoice")


def read_map(mapping: str | PathLike[str] | ImportMap) -> ImportMap:
    """Read and check a mapping file.

    Raises
    ------
    ParameterError
        When the file is not TOML, or a key, table or column in it is unknown, missing or of the wrong type.
    """
    if isinstance(mapping, ImportMap):
        return mapping
    return map_of(read_toml(mapping), Path(mapping).name)


def read_toml(mapping: str | PathLike[str]) -> dict[str, Any]:
    """Read a mapping file as TOML, before any rule.

    Raises
    ------
    ParameterError
        When it cannot be read or is not TOML.
    """
    path = Path(mapping)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ParameterError("mapping", "a TOML file that can be read", f"{path} ({why})") from None
    return _parsed(text, path.name)


def map_of_text(text: str, name: str) -> ImportMap:
    """Read and check a mapping that is not on disk yet.

    Parameters
    ----------
    name
        What it is called in messages.

    Raises
    ------
    ParameterError
        As :func:`read_map`.
    """
    return map_of(_parsed(text, name), name)


def map_of(content: dict[str, Any], name: str, *, tables_needed: bool = True) -> ImportMap:
    """Check the content of a mapping file.

    Parameters
    ----------
    content
        The parsed TOML.
    name
        Of the file, for errors.
    tables_needed
        Refuse a mapping without files and tables; one of queries that name the ledger's own columns has none.

    Raises
    ------
    ParameterError
        As :func:`read_map`.
    """
    return _Reader(name, tables_needed).map(content)


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError("mapping", "valid TOML", f"{name}: {error}") from None


class _Reader(ColumnReader):
    """Turns the parsed TOML into rules; ``place`` in its methods is the key as the user wrote it."""

    def __init__(self, name: str, tables_needed: bool) -> None:
        super().__init__(name)
        self._tables_needed = tables_needed

    def map(self, content: dict[str, Any]) -> ImportMap:
        self._known(content, "", ("settings", "files", "tables", "rates", "format"))
        files = tuple(
            self._file(key, self._mapping(entry, f"files.{key}"))
            for key, entry in self._section(content, "files").items()
        )
        tables: list[TableRule] = []
        for table, entry in self._section(content, "tables").items():
            if table not in TARGETS:
                self._fail(f"tables.{table}", f"a table of the ledger ({', '.join(TARGETS)})", table, TARGETS)
            given = entry if isinstance(entry, list) else [entry]
            for number, one in enumerate(given):
                place = f"tables.{table}" + (f"[{number + 1}]" if isinstance(entry, list) else "")
                tables.append(self._table(table, place, self._mapping(one, place), files))
            if len({rule.one_row_per for rule in tables if rule.table == table}) > 1:
                self._fail(f"tables.{table}.one_row_per", "the same in every part of the table", "different lists")
            if len({rule.instalments for rule in tables if rule.table == table}) > 1:
                self._fail(f"tables.{table}.instalments", "the same in every part of the table", "true in some only")
        unread = [file.key for file in files if all(rule.file != file.key for rule in tables)]
        if unread:
            self._fail(f"files.{unread[0]}", "used as 'file' by at least one table", "a file that no table reads")
        said = self._mapping(content.get("format", {}), "format")
        self._known(said, "format", ("about", "verified"))
        about, verified = (self._text(said, "format", key, "") for key in ("about", "verified"))
        return ImportMap(
            self._name, files, tuple(tables), self._settings(content), self._rates(content), about, verified
        )

    def _file(self, key: str, entry: dict[str, Any]) -> SourceFile:
        place = f"files.{key}"
        names = (
            "path",
            "separator",
            "encoding",
            "sheet",
            "skip_rows",
            "dates",
            "decimal",
            "thousands",
            "empty",
            "headings",
            "types_in_words",
        )
        self._known(entry, place, names)
        if "path" not in entry:
            self._fail(f"{place}.path", "given: the name of the export or a pattern such as 'items-*.csv'", "nothing")
        separator = self._text(entry, place, "separator", ",")
        if len(separator) != 1:
            self._fail(f"{place}.separator", "one character", separator)
        decimal, thousands = self._text(entry, place, "decimal", ""), self._text(entry, place, "thousands", "")
        if decimal not in {"", ".", ","} or (thousands and thousands == decimal):
            self._fail(f"{place}.decimal", "'.' or ',', and another mark than thousands", decimal)
        if thousands and not decimal:
            self._fail(f"{place}.thousands", "given together with decimal", thousands)
        encoding = self._text(entry, place, "encoding", "utf-8-sig")
        try:
            "".encode(encoding)
        except LookupError:
            self._fail(f"{place}.encoding", "an encoding that Python knows, such as 'utf-8' or 'cp1252'", encoding)
        return SourceFile(
            key,
            self._text(entry, place, "path", ""),
            separator,
            encoding,
            self._text(entry, place, "sheet", "") or None,
            self._count(entry, place, "skip_rows"),
            self._dates(entry, place),
            decimal,
            thousands,
            tuple(self._scalar(one, f"{place}.empty") for one in listed(entry.get("empty", []))),
            self._headings(entry["headings"], f"{place}.headings") if "headings" in entry else None,
            tuple(
                self._type_in_words(one, f"{place}.types_in_words[{number + 1}]")
                for number, one in enumerate(listed(entry.get("types_in_words", [])))
            ),
        )

    def _type_in_words(self, value: Any, place: str) -> TypeInWords:
        entry = self._mapping(value, place, "a table such as { column = 'Type', value = 'Journal', by = 'Memo', ... }")
        names = ("column", "value", "by", "words", "into")
        self._known(entry, place, names)
        words = tuple(self._scalar(one, f"{place}.words") for one in listed(entry.get("words", [])))
        texts = [self._text(entry, place, name, "") for name in ("column", "value", "by", "into")]
        column, told, by, into = texts
        if not all((column, "value" in entry, by, into, words)) or not all(words):
            self._fail(place, f"complete: it needs {', '.join(names)}", entry)
        return TypeInWords(column, told, by, words, into)

    def _headings(self, value: Any, place: str) -> Headings:
        entry = self._mapping(value, place, "a table such as { column = 'A', into = 'customer' }")
        self._known(entry, place, ("column", "into", "after", "except", "until"))
        absent = [name for name in ("column", "into") if name not in entry or not isinstance(entry[name], str)]
        if absent:
            self._fail(place, "complete: it needs column (where headings stand) and into (a new name)", entry)
        if "after" in entry and "except" in entry:
            self._fail(place, "given after (a label) or except (what is no heading), not both", entry)
        excepted = tuple(self._scalar(one, f"{place}.except") for one in listed(entry.get("except", [])))
        until = tuple(self._scalar(one, f"{place}.until") for one in listed(entry.get("until", [])))
        return Headings(entry["column"], entry["into"], self._text(entry, place, "after", ""), excepted, until)

    def _table(self, table: str, place: str, entry: dict[str, Any], files: tuple[SourceFile, ...]) -> TableRule:
        self._known(entry, place, ("file", "columns", "where", "one_row_per", "instalments", "lines"))
        keys = [file.key for file in files]
        file = entry.get("file", keys[0] if len(keys) == 1 else None)
        if file not in keys:
            self._fail(f"{place}.file", f"one of the files ({', '.join(keys)})", file, keys)
        columns = self._mapping(entry.get("columns", {}), f"{place}.columns")
        self._known(columns, f"{place}.columns", TARGETS[table], what="columns of the table")
        absent = [name for name, column in TARGETS[table].items() if column.required and name not in columns]
        if absent:
            self._fail(f"{place}.columns", f"complete: {table} needs {', '.join(absent)}", list(columns))
        per = tuple(self._scalar(one, f"{place}.one_row_per") for one in listed(entry.get("one_row_per", [])))
        for name in per:
            if name not in columns:
                self._fail(f"{place}.one_row_per", f"columns made here ({', '.join(columns)})", name, columns)
        where = tuple(
            self._condition(one, f"{place}.where[{number + 1}]")
            for number, one in enumerate(listed(entry.get("where", [])))
        )
        rules = tuple(self._column(name, f"{place}.columns.{name}", value) for name, value in columns.items())
        for one in rules:
            if one.split_at and NAMED.get(table, ("",))[0] != one.target:
                rule = "given to the document alone that payments (document_id) or applications (to_document_id) name"
                self._fail(f"{one.key}.split_at", rule, list(one.split_at))
        instalments = entry.get("instalments", False)
        if not isinstance(instalments, bool) or (instalments and table != "documents"):
            self._fail(f"{place}.instalments", "true or false, of documents alone", instalments)
        if instalments and per:
            self._fail(f"{place}.instalments", "without 'one_row_per': rows are told apart, or made one", True)
        lines = entry.get("lines", False)
        if not isinstance(lines, bool) or (lines and per):
            self._fail(f"{place}.lines", "true or false, without 'one_row_per'", lines)
        return TableRule(table, place, file, rules, where, per, instalments, lines)

    def _settings(self, content: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        entry = self._mapping(content.get("settings", {}), "settings")
        self._known(entry, "settings", SETTINGS)
        kept = []
        for name in SETTINGS:
            if name in entry:
                text = ",".join(self._scalar(one, f"settings.{name}") for one in listed(entry[name]))
                if name in {"covers_from", "covers_to", "extracted_on"}:
                    text = to_date(text, f"{self._name}: settings.{name}").isoformat()
                kept.append((name, text))
        return tuple(kept)

    def _rates(self, content: dict[str, Any]) -> tuple[tuple[str, str, float], ...]:
        rates = []
        for number, one in enumerate(listed(content.get("rates", []))):
            place = f"rates[{number + 1}]"
            entry = self._mapping(one, place)
            self._known(entry, place, ("currency", "date", "rate"))
            absent = [name for name in ("currency", "date", "rate") if name not in entry]
            if absent:
                self._fail(place, f"complete: it needs {', '.join(absent)}", entry)
            rate = entry["rate"]
            if isinstance(rate, bool) or not isinstance(rate, int | float) or not rate > 0:
                self._fail(f"{place}.rate", "a positive number: units of the ledger's currency for one unit", rate)
            day = to_date(self._scalar(entry["date"], f"{place}.date"), f"{self._name}: {place}.date")
            rates.append((self._scalar(entry["currency"], f"{place}.currency"), day.isoformat(), float(rate)))
        return tuple(rates)

    def _section(self, content: dict[str, Any], name: str) -> dict[str, Any]:
        section = self._mapping(content.get(name, {}), name)
        if not section and self._tables_needed:
            self._fail(name, f"given: at least one [{name}.NAME]", "nothing")
        return section
