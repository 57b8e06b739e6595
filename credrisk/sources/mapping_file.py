"""The mapping file: how the columns of an export become the ledger's tables, written in TOML and read strictly.

``docs/sources.md`` teaches the format by example. Every unknown key, table or column is an error that names the key,
what there is and the nearest match, so that a typing error never becomes an empty column.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.sources.mapping_instalments import NAMED
from credrisk.sources.mapping_rules import (
    ColumnRule,
    Condition,
    Headings,
    ImportMap,
    SourceFile,
    TableRule,
    fields_of,
    near_misses,
)
from credrisk.sources.mapping_targets import TARGETS
from credrisk.sources.terms_in_words import TERMS_FORMS, Terms, read_terms

__all__ = ["map_of", "map_of_text", "read_map", "read_toml"]

DATE_ORDERS = {
    "day_first": ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"),
    "month_first": ("%m/%d/%Y", "%m.%d.%Y", "%m-%d-%Y"),
    "year_first": ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"),
}
"""What stands for a group of date formats in ``dates``."""

COLUMN_KEYS = (
    "column",
    "constant",
    "template",
    "default",
    "part_before",
    "part_after",
    "split_at",
    "values",
    "otherwise",
    "keep_others",
    "dates",
    "plus_days",
    "minus_days",
    "default_plus_days",
    "default_minus_days",
    "days_of",
    "not_before",
    "not_after",
    "whole_number",
    "pad_zeros",
    "negative_where",
    "turn_sign",
    "turn_where",
)
SETTINGS = ("currency", "covers_from", "covers_to", "extracted_on", "static")


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


class _Reader:
    """Turns the parsed TOML into rules; ``place`` in its methods is the key as the user wrote it."""

    def __init__(self, name: str, tables_needed: bool) -> None:
        self._name, self._tables_needed = name, tables_needed

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
            tuple(self._scalar(one, f"{place}.empty") for one in _listed(entry.get("empty", []))),
            self._headings(entry["headings"], f"{place}.headings") if "headings" in entry else None,
        )

    def _headings(self, value: Any, place: str) -> Headings:
        entry = self._mapping(value, place, "a table such as { column = 'A', into = 'customer' }")
        self._known(entry, place, ("column", "into", "after", "except"))
        absent = [name for name in ("column", "into") if name not in entry or not isinstance(entry[name], str)]
        if absent:
            self._fail(place, "complete: it needs column (where headings stand) and into (a new name)", entry)
        if "after" in entry and "except" in entry:
            self._fail(place, "given after (a label) or except (what is no heading), not both", entry)
        excepted = tuple(self._scalar(one, f"{place}.except") for one in _listed(entry.get("except", [])))
        return Headings(entry["column"], entry["into"], self._text(entry, place, "after", ""), excepted)

    def _table(self, table: str, place: str, entry: dict[str, Any], files: tuple[SourceFile, ...]) -> TableRule:
        self._known(entry, place, ("file", "columns", "where", "one_row_per", "instalments"))
        keys = [file.key for file in files]
        file = entry.get("file", keys[0] if len(keys) == 1 else None)
        if file not in keys:
            self._fail(f"{place}.file", f"one of the files ({', '.join(keys)})", file, keys)
        columns = self._mapping(entry.get("columns", {}), f"{place}.columns")
        self._known(columns, f"{place}.columns", TARGETS[table], what="columns of the table")
        absent = [name for name, column in TARGETS[table].items() if column.required and name not in columns]
        if absent:
            self._fail(f"{place}.columns", f"complete: {table} needs {', '.join(absent)}", list(columns))
        per = tuple(self._scalar(one, f"{place}.one_row_per") for one in _listed(entry.get("one_row_per", [])))
        for name in per:
            if name not in columns:
                self._fail(f"{place}.one_row_per", f"columns made here ({', '.join(columns)})", name, columns)
        where = tuple(
            self._condition(one, f"{place}.where[{number + 1}]")
            for number, one in enumerate(_listed(entry.get("where", [])))
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
        return TableRule(table, place, file, rules, where, per, instalments)

    def _column(self, target: str, place: str, value: Any) -> ColumnRule:
        if isinstance(value, str):
            return ColumnRule(target, place, columns=(value,))
        entry = self._mapping(value, place, "a source column, or a table such as { column = ..., default = ... }")
        self._known(
            entry,
            place,
            COLUMN_KEYS,
        )
        origins = [name for name in ("column", "constant", "template") if name in entry]
        if len(origins) != 1:
            self._fail(place, "made from exactly one of column, constant and template", origins or "none of them")
        if entry.get("column") == []:
            self._fail(f"{place}.column", "a source column, or a list of some", [])
        shifts = [name for name in ("plus_days", "minus_days") if name in entry]
        if len(shifts) > 1:
            self._fail(place, "shifted by plus_days or minus_days, not both", shifts)
        days = entry.get(shifts[0]) if shifts else None
        if isinstance(days, bool) or not isinstance(days, int | str | None):
            self._fail(f"{place}.{shifts[0]}", "a whole number or a source column", days)
        sign = -1 if shifts == ["minus_days"] else 1
        fallback = "default_minus_days" if sign < 0 else "default_plus_days"
        for name in ("default_plus_days", "default_minus_days"):
            if name in entry and (name != fallback or not isinstance(days, str)):
                self._fail(f"{place}.{name}", "beside a column of days of the same direction", entry[name])
        if "days_of" in entry and not isinstance(days, str):
            self._fail(f"{place}.days_of", "beside a column of days", entry["days_of"])
        values = entry.get("values")
        if values is None and ("otherwise" in entry or "keep_others" in entry):
            self._fail(place, "given values where it has otherwise or keep_others", sorted(entry))
        if "otherwise" in entry and "keep_others" in entry:
            self._fail(place, "given otherwise or keep_others, not both", sorted(entry))
        parts = [name for name in ("part_before", "part_after") if name in entry]
        if len(parts) > 1 or any(self._text(entry, place, name, "") == "" for name in parts):
            self._fail(place, "given a separator in part_before or in part_after", parts)
        split_at = tuple(self._scalar(one, f"{place}.split_at") for one in _listed(entry.get("split_at", [])))
        if "" in split_at:
            self._fail(f"{place}.split_at", "what stands between two numbers, such as '/' or [',', '+']", "nothing")
        template = self._optional(entry, place, "template")
        if template is not None:
            try:
                fields = fields_of(template)
            except ValueError as error:
                self._fail(f"{place}.template", f"text with source columns in braces ({error})", template)
            if not fields or "" in fields:
                self._fail(f"{place}.template", "text with source columns in braces", template)
        negative, turned = entry.get("negative_where"), entry.get("turn_where")
        return ColumnRule(
            target,
            place,
            columns=tuple(self._scalar(one, f"{place}.column") for one in _listed(entry.get("column", []))),
            constant=self._scalar(entry["constant"], f"{place}.constant") if "constant" in entry else None,
            template=template,
            default=self._scalar(entry["default"], f"{place}.default") if "default" in entry else None,
            part_before=self._text(entry, place, "part_before", ""),
            part_after=self._text(entry, place, "part_after", ""),
            split_at=split_at,
            values=None if values is None else self._values(values, f"{place}.values"),
            otherwise=self._scalar(entry["otherwise"], f"{place}.otherwise") if "otherwise" in entry else None,
            keep_others=self._flag(entry, place, "keep_others"),
            dates=self._dates(entry, place),
            days=days if not isinstance(days, int) else sign * days,
            days_sign=sign,
            default_days=self._count(entry, place, fallback) if fallback in entry else None,
            days_of=self._days_of(entry.get("days_of", {}), f"{place}.days_of"),
            not_before=self._optional(entry, place, "not_before"),
            not_after=self._optional(entry, place, "not_after"),
            whole_number=self._flag(entry, place, "whole_number"),
            pad_zeros=self._count(entry, place, "pad_zeros"),
            negative_where=None if negative is None else self._condition(negative, f"{place}.negative_where"),
            turn_sign=self._flag(entry, place, "turn_sign"),
            turn_where=None if turned is None else self._condition(turned, f"{place}.turn_where"),
        )

    def _condition(self, value: Any, place: str) -> Condition:
        entry = self._mapping(value, place, "a table such as { column = 'Status', equals = 'open' }")
        self._known(entry, place, ("column", "equals", "not_equals", "empty"))
        tests = [name for name in ("equals", "not_equals", "empty") if name in entry]
        if "column" not in entry or not tests:
            self._fail(place, "given column and at least one of equals, not_equals and empty", entry)
        lists = {
            name: tuple(self._scalar(one, f"{place}.{name}") for one in _listed(entry[name]))
            for name in ("equals", "not_equals")
            if name in entry
        }
        empty = self._flag(entry, place, "empty") if "empty" in entry else None
        column, *others = (self._scalar(one, f"{place}.column") for one in _listed(entry["column"]) or [""])
        if others and tests != ["empty"]:
            self._fail(f"{place}.column", "one column, or several with 'empty' alone", entry["column"])
        return Condition(column, lists.get("equals"), lists.get("not_equals"), empty, tuple(others))

    def _settings(self, content: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        entry = self._mapping(content.get("settings", {}), "settings")
        self._known(entry, "settings", SETTINGS)
        kept = []
        for name in SETTINGS:
            if name in entry:
                text = ",".join(self._scalar(one, f"settings.{name}") for one in _listed(entry[name]))
                if name in {"covers_from", "covers_to", "extracted_on"}:
                    text = to_date(text, f"{self._name}: settings.{name}").isoformat()
                kept.append((name, text))
        return tuple(kept)

    def _rates(self, content: dict[str, Any]) -> tuple[tuple[str, str, float], ...]:
        rates = []
        for number, one in enumerate(_listed(content.get("rates", []))):
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

    def _values(self, value: Any, place: str) -> tuple[tuple[str, str], ...]:
        entry = self._mapping(value, place, "a table such as { Yes = 'open', No = '' }")
        return tuple((key, self._scalar(one, f"{place}.{key}")) for key, one in entry.items())

    def _days_of(self, value: Any, place: str) -> tuple[tuple[str, Terms], ...]:
        entry = self._mapping(value, place, "a table such as { 'as agreed' = 30 }")
        read = []
        for key, one in entry.items():
            terms = read_terms(self._scalar(one, f"{place}.{key}"))
            if terms is None:
                self._fail(f"{place}.{key}", f"days, or terms such as {TERMS_FORMS}", one)
            read.append((key, terms))
        return tuple(read)

    def _dates(self, entry: dict[str, Any], place: str) -> tuple[str, ...]:
        given = [self._scalar(one, f"{place}.dates") for one in _listed(entry.get("dates", []))]
        for one in given:
            if one not in DATE_ORDERS and "%" not in one:
                self._fail(f"{place}.dates", f"{', '.join(DATE_ORDERS)} or a format such as '%d.%m.%Y'", one)
        return tuple(form for one in given for form in DATE_ORDERS.get(one, (one,)))

    def _section(self, content: dict[str, Any], name: str) -> dict[str, Any]:
        section = self._mapping(content.get(name, {}), name)
        if not section and self._tables_needed:
            self._fail(name, f"given: at least one [{name}.NAME]", "nothing")
        return section

    def _mapping(self, value: Any, place: str, rule: str = "a TOML table") -> dict[str, Any]:
        if not isinstance(value, dict):
            self._fail(place, rule, value)
        return value

    def _known(self, entry: Mapping[str, Any], place: str, names: Iterable[str], what: str = "keys") -> None:
        known = list(names)
        for name in entry:
            if name not in known:
                self._fail(place or "the file", f"made of the {what} {', '.join(known)}", name, known)

    def _scalar(self, value: Any, place: str) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float | date):
            self._fail(place, "text, a number or a date", value)
        return value.isoformat() if isinstance(value, date) else str(value)

    def _text(self, entry: dict[str, Any], place: str, name: str, default: str) -> str:
        value = entry.get(name, default)
        if not isinstance(value, str):
            self._fail(f"{place}.{name}", "text", value)
        return value

    def _optional(self, entry: dict[str, Any], place: str, name: str) -> str | None:
        return self._text(entry, place, name, "") if name in entry else None

    def _flag(self, entry: dict[str, Any], place: str, name: str) -> bool:
        value = entry.get(name, False)
        if not isinstance(value, bool):
            self._fail(f"{place}.{name}", "true or false", value)
        return value

    def _count(self, entry: dict[str, Any], place: str, name: str) -> int:
        value = entry.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self._fail(f"{place}.{name}", "a whole number from 0", value)
        return value

    def _fail(self, place: str, rule: str, given: object, known: Iterable[str] = ()) -> NoReturn:
        hint = near_misses(given, known) if isinstance(given, str) else ""
        raise ParameterError(f"{self._name}: {place}", rule + hint, given)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
