"""What is asked of a database: one SELECT a table, in a mapping file, and nothing that could change a row there.

Databases differ in how they read quotation marks and comments. A query in which they could differ about where a text
ends is refused, so that no statement hides in what looks like a text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from credrisk.errors import ParameterError
from credrisk.sources.mapping_file import map_of, read_toml
from credrisk.sources.mapping_rules import ImportMap, near_misses
from credrisk.sources.mapping_targets import TARGETS

__all__ = ["Query", "QueryMap", "read_queries", "single_select"]

_LAYOUT = ("dates", "decimal", "thousands", "empty")
"""Keys of a query that say how its text columns are written, as for a file."""
_TOP = ("queries", "settings", "tables", "rates")
_TOKENS = re.compile(
    r"""(?P<text>'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])|(?P<comment>--[^\n]*|/\*.*?\*/)"""
    r"""|(?P<word>[A-Za-z_][\w$]*)|(?P<other>.)""",
    re.DOTALL,
)
_READS_DIFFERENTLY = (
    (re.compile(r"\\['\"`]"), "a backslash before a quotation mark"),
    (re.compile(r"\$\w*\$"), "texts between dollar signs"),
    (re.compile(r"/\*(?:(?!\*/).)*/\*|/\*!", re.DOTALL), "a comment within a comment, or one that is run"),
    (re.compile(r"--[^\s-]"), "-- without a blank behind it"),
)
_CHANGES = frozenset(
    {
        "insert",
        "update",
        "delete",
        "merge",
        "into",
        "drop",
        "alter",
        "create",
        "truncate",
        "grant",
        "revoke",
        "exec",
        "execute",
        "call",
        "copy",
        "attach",
        "detach",
        "install",
        "shutdown",
        "backup",
        "restore",
        "dbcc",
        "kill",
        "commit",
        "rollback",
    }
)


@dataclass(frozen=True)
class Query:
    """One query of the mapping: its name there, and the statement."""

    name: str
    sql: str


@dataclass(frozen=True)
class QueryMap:
    """A mapping of queries, read and checked.

    Attributes
    ----------
    direct
        Queries whose columns are called as the ledger's: each is the table it is named after.
    rules
        How the other queries become tables, their names as the keys of source files.
    """

    name: str
    queries: tuple[Query, ...]
    direct: frozenset[str]
    rules: ImportMap


def read_queries(mapping: str | PathLike[str]) -> QueryMap:
    """Read and check a mapping file of queries; ``docs/database.md`` has its format.

    Raises
    ------
    ParameterError
        When the file is not TOML, a key in it is unknown, a query is no single SELECT, or no table reads it.
    """
    content, name = read_toml(mapping), Path(mapping).name
    for key in content:
        if key not in _TOP:
            rule = f"made of the keys {', '.join(_TOP)}{near_misses(key, _TOP)}"
            raise ParameterError(f"{name}: the file", rule, key)
    given = content.pop("queries", None)
    if not isinstance(given, dict) or not given:
        raise ParameterError(f"{name}: queries", "given: at least one [queries.NAME] with its sql", given or "nothing")
    queries, layouts = [], {}
    for key, entry in given.items():
        sql, layouts[key] = _parts(f"{name}: queries.{key}", entry)
        queries.append(Query(key, single_select(sql, f"{name}: queries.{key}")))
    tables = content.get("tables", {})
    used = _files_of(tables, list(given))
    files = {key: {"path": key, **layouts[key]} for key in given if key in used}
    rules = map_of({**content, "files": files}, name, tables_needed=bool(tables))
    direct = [key for key in given if key not in used]
    for key in direct:
        if key not in TARGETS:
            rule = f"a table of the ledger ({', '.join(TARGETS)}), or the 'file' of one of [tables]"
            raise ParameterError(f"{name}: queries.{key}", rule + near_misses(key, TARGETS), key)
        if key in tables:
            raise ParameterError(f"{name}: queries.{key}", f"the 'file' of [tables.{key}], or without it", key)
        if layouts[key]:
            rule = "without dates, decimal, thousands and empty, which are for queries that [tables] reads"
            raise ParameterError(f"{name}: queries.{key}", rule, sorted(layouts[key]))
    return QueryMap(name, tuple(queries), frozenset(direct), rules)


def single_select(sql: str, place: str) -> str:
    """Return the statement without a semicolon at its end, or refuse it.

    Raises
    ------
    ParameterError
        When it is not one SELECT (or WITH ... SELECT), or could be read in two ways.
    """
    for pattern, what in _READS_DIFFERENTLY:
        if pattern.search(sql):
            raise ParameterError(place, f"without {what}, which databases read differently", _short(sql))
    words, ended, last = list[str](), False, 0
    for token in _TOKENS.finditer(sql):
        kind, text = token.lastgroup, token.group()
        if kind == "comment" or text.isspace():
            continue
        if ended:
            raise ParameterError(place, "one statement", _short(sql))
        if kind == "other" and text in "'\"`[":
            raise ParameterError(place, "a query whose texts and quoted names end", _short(sql))
        if text == "#" and re.match(r".*['\"`;]", sql[token.end() :]):
            rule = "without # before a quotation mark or semicolon, which databases read differently"
            raise ParameterError(place, rule, _short(sql))
        if text == ";":
            ended = True
            continue
        last = token.end()
        if kind == "word":
            words.append(text.lower())
    if not words or words[0] not in ("select", "with"):
        raise ParameterError(place, "one SELECT, or WITH ... SELECT: only rows are read", _short(sql))
    if changing := sorted(_CHANGES & set(words)):
        rule = f"a SELECT that changes nothing: put a column called {changing[0]} into quotation marks"
        raise ParameterError(place, rule, _short(sql))
    return sql[:last].strip()


def _parts(place: str, entry: Any) -> tuple[str, dict[str, Any]]:
    """Return the statement of a query and how its texts are written."""
    if isinstance(entry, str):
        return entry, {}
    if not isinstance(entry, dict) or not isinstance(entry.get("sql"), str):
        raise ParameterError(place, "a query, or a table with its sql", entry)
    rest = {key: value for key, value in entry.items() if key != "sql"}
    for key in rest:
        if key not in _LAYOUT:
            rule = f"made of the keys sql, {', '.join(_LAYOUT)}{near_misses(key, ('sql', *_LAYOUT))}"
            raise ParameterError(place, rule, key)
    return str(entry["sql"]), rest


def _files_of(tables: Any, queries: list[str]) -> set[str]:
    """Return the queries that a table reads: those named as its ``file``; the only one where none is named."""
    used: set[str] = set()
    for entry in tables.values() if isinstance(tables, dict) else ():
        for one in entry if isinstance(entry, list) else [entry]:
            if isinstance(one, dict):
                file = one.get("file", queries[0] if len(queries) == 1 else None)
                used |= {key for key in queries if key == file}
    return used


def _short(sql: str) -> str:
    flat = " ".join(sql.split())
    return flat if len(flat) <= 120 else flat[:117] + "..."
