"""Any export becomes ledger tables by a mapping file: no code for a source, and no row lost on the way.

The tables come out as text (numbers where the export has them as numbers), ready for
:meth:`credrisk.Ledger.read`, which checks them and quarantines what fails. Here a row is either used, or counted in
the summary with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.parse_dates import NO_DATE, NO_DAY
from credrisk.progress import Progress, silent
from credrisk.sources.mapping_file import read_map
from credrisk.sources.mapping_instalments import split_instalments
from credrisk.sources.mapping_last_day import with_last_day
from credrisk.sources.mapping_left_open import with_left_open, without_left_open
from credrisk.sources.mapping_merge import CONFLICTS, merge_rows
from credrisk.sources.mapping_read import find_files, read_export, refuse_without_rows
from credrisk.sources.mapping_rules import ColumnRule, ImportMap, SourceFile, TableRule, near_misses
from credrisk.sources.mapping_several import share_among_named
from credrisk.sources.mapping_taken_back import name_what_was_paid
from credrisk.sources.mapping_targets import TARGETS
from credrisk.sources.mapping_values import (
    as_text,
    blank,
    condition,
    formats_of,
    origin,
    read_date,
    rule_value,
    terms_of,
)
from credrisk.sources.packed_export import opened_export
from credrisk.sources.terms_in_words import TERMS_FORMS

__all__ = ["SUMMARY", "Imported", "import_with_map", "sums_of", "tables_of"]

SUMMARY = {
    "table": pl.String,
    "file": pl.String,
    "read": pl.Int64,
    "blank": pl.Int64,
    "left_out": pl.Int64,
    "merged": pl.Int64,
    "used": pl.Int64,
    "left_out_unless": pl.String,
}
SUMS = {
    "table": pl.String,
    "file": pl.String,
    "column": pl.String,
    "currency": pl.String,
    "rows": pl.Int64,
    "unread": pl.Int64,
    "amount": pl.Float64,
}
EXAMPLES = 5
_LINE = "\0line"
MISFIT_FROM = 3
"""From so many values on, a date column without a single readable one means that the stated format is wrong."""


@dataclass(frozen=True)
class Imported:
    """What a mapping made of an export.

    Attributes
    ----------
    tables
        Polars frames by table name, for ``Ledger.read``; ``settings`` (key, value) among them when the mapping states
        any.
    summary
        One row per table and file: rows read = blank + left_out (by ``where``) + merged (into another row of the same
        ``one_row_per``, or a further line of one) + used.
    sums
        Money columns of the rows that ``where`` kept, by table, file, column and currency: rows, rows whose amount
        is empty or not a plain number (``unread``), and the sum of the rest in major units.
    conflicts
        What merging had to decide: table, column, the key, the value chosen, the other values, rows that differ.
    unused_columns
        Columns of each source file that no rule reads.
    set_aside
        Rows that an importer of an accounting system could not use, in the columns of ``Ledger.quarantine``. A mapping
        sets nothing aside: ``Ledger.read`` does.
    numberless
        Money of documents that only an empty number leaves out, in the columns of ``sums``.
    """

    tables: dict[str, pl.DataFrame]
    summary: pl.DataFrame
    sums: pl.DataFrame
    conflicts: pl.DataFrame
    unused_columns: dict[str, tuple[str, ...]]
    set_aside: pl.DataFrame = field(default_factory=pl.DataFrame)
    numberless: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SUMS))


def import_with_map(
    mapping: str | PathLike[str] | ImportMap,
    source: str | PathLike[str],
    *,
    max_line_bytes: int = 1_000_000,
    progress: Progress = silent,
) -> Imported:
    """Turn an export into the ledger's tables by a mapping file.

    Parameters
    ----------
    mapping
        The TOML mapping file; ``docs/sources.md`` has its format.
    source
        Folder or zip with the exports, or one export file when the mapping names one file only.
    max_line_bytes
        A CSV with a longer line is refused before it is parsed.

    Returns
    -------
    Imported
        The tables and the account of every row. Rows keep the order of the export; merged rows are sorted by key.

    Raises
    ------
    ParameterError
        When the mapping names a file or column that is not there (the message lists what is, and near misses).
    DataError
        When an export cannot be read, no file of it has a row, a value is missing from a value map, or no value of a
        date column (of three or more) fits its format.

    Examples
    --------
    >>> imported = import_with_map("examples/mappings/ibm-ar.toml", "exports/")  # doctest: +SKIP
    >>> ledger = Ledger.read(imported.tables)  # doctest: +SKIP
    """
    rules = read_map(mapping)
    exports: dict[str, list[tuple[str, pl.DataFrame]]] = {}
    with opened_export(Path(source)) as place:
        for done, (file, paths) in enumerate(_places(rules, place).items()):
            progress("reading exports", done, len(rules.files))
            exports[file.key] = [(path.name, read_export(file, path, max_line_bytes=max_line_bytes)) for path in paths]
    read = [(name, frame) for frames in exports.values() for name, frame in frames]
    if read and all(frame.is_empty() for _, frame in read):
        refuse_without_rows(list(dict.fromkeys(name for name, _ in read)))
    return tables_of(rules, exports)


def tables_of(rules: ImportMap, exports: Mapping[str, Sequence[tuple[str, pl.DataFrame]]]) -> Imported:
    """Turn frames that were read already into the ledger's tables; see :func:`import_with_map`.

    Parameters
    ----------
    exports
        By the key of the source file, its exports: name and frame.
    """
    files = {file.key: file for file in rules.files}
    tables: dict[str, pl.DataFrame] = {}
    lines: dict[str, pl.DataFrame] = {}
    accounts: list[dict[str, object]] = []
    conflicts: list[pl.DataFrame] = []
    sums, lost = [pl.DataFrame(schema=SUMS)], [pl.DataFrame(schema=SUMS)]
    split = any(rule.instalments for rule in rules.tables)
    for name in TARGETS:
        parts = [rule for rule in rules.tables if rule.table == name]
        if not parts:
            continue
        made = [
            _apply(rule, files[rule.file], export, frame, rules.name)
            for rule in parts
            for export, frame in exports[rule.file]
        ]
        sums += [sums_of(name, part.export, without_left_open(part.frame)) for part in made]
        lost += [_lost_by(part, made) for part in made if not part.numberless.is_empty()]
        frame = _together([part.frame for part in made], name)
        used = [part.frame.height for part in made]
        if parts[0].one_row_per:
            frame, used, decided = merge_rows(name, frame, parts[0].one_row_per, used)
            conflicts.append(decided)
        elif split:
            places = [f"{rule.file}/{export}" for rule in parts for export, _ in exports[rule.file]]
            lines[name] = pl.concat(
                part.lines.to_frame("line").select(pl.lit(place).alias("file"), "line")
                for place, part in zip(places, made, strict=True)
            )
        tables[name] = frame
        accounts += [
            {**part.account, "used": kept, "merged": part.frame.height - kept + part.further}
            for part, kept in zip(made, used, strict=True)
        ]
    tables = name_what_was_paid(share_among_named(tables, _split_at(rules)))
    if split:
        tables = split_instalments(tables, lines)
    tables = with_left_open(with_last_day(rules, tables))
    if rules.rates:
        stated = pl.DataFrame(rules.rates, schema=["currency", "date", "rate"], orient="row")
        tables["rates"] = _together([tables["rates"], stated], "rates") if "rates" in tables else stated
    if rules.settings:
        tables["settings"] = pl.DataFrame(rules.settings, schema=["key", "value"], orient="row")
    return Imported(
        tables,
        pl.DataFrame(accounts, schema=SUMMARY),
        pl.concat(sums),
        pl.concat(conflicts) if conflicts else pl.DataFrame(schema=CONFLICTS),
        _unused(rules, exports),
        numberless=pl.concat(lost),
    )


def _split_at(rules: ImportMap) -> dict[str, tuple[str, ...]]:
    """Return by table what may stand between two numbers of documents in one cell."""
    marks: dict[str, tuple[str, ...]] = {}
    for rule in rules.tables:
        for column in rule.columns:
            if column.split_at:
                marks[rule.table] = (*marks.get(rule.table, ()), *column.split_at)
    return marks


def _places(rules: ImportMap, source: Path) -> dict[SourceFile, list[Path]]:
    if source.is_file():
        # Several sheets of one workbook are one file.
        if len({file.path for file in rules.files}) != 1:
            raise ParameterError("source", f"a folder: {rules.name} reads {len(rules.files)} files", str(source))
        return {file: [source] for file in rules.files}
    return {file: find_files(file, source, rules.name) for file in rules.files}


@dataclass(frozen=True)
class _Part:
    export: str
    frame: pl.DataFrame
    account: dict[str, object]
    lines: pl.Series
    """Of each row the place in the export from which it was made."""
    further: int
    """Rows that are further lines of what a row before them is."""
    numberless: pl.DataFrame
    """Documents that were left out for an empty number alone: their places, amounts and currencies."""


def _apply(rule: TableRule, file: SourceFile, export: str, frame: pl.DataFrame, name: str) -> _Part:
    _columns_exist(rule, export, frame, name)
    filled = frame.with_columns(pl.int_range(pl.len()).alias(_LINE)).filter(~blank(frame, file))
    kept = filled.filter(condition(test, filled, file) for test in rule.where) if rule.where else filled
    for column in rule.columns:
        _values_listed(column, kept, file, export)
        _days_read(column, kept, file, export)
    kinds = {name: column.kind for name, column in TARGETS[rule.table].items()}
    values = [rule_value(column, kinds[column.target], kept, file) for column in rule.columns]
    made = kept.with_columns(values).select(_LINE, *(column.target for column in rule.columns))
    if rule.lines:
        made = made.unique([column.target for column in rule.columns], keep="first", maintain_order=True)
    lines, made = made[_LINE], made.drop(_LINE)
    for column in rule.columns:
        if kinds[column.target] == "date" and column.constant is None:
            _dates_fit(column, made[column.target], file, export)
    account = {
        "table": rule.table,
        "file": export,
        "read": frame.height,
        "blank": frame.height - filled.height,
        "left_out": filled.height - kept.height,
        "left_out_unless": " and ".join(test.words for test in rule.where),
    }
    return _Part(export, made, account, lines, kept.height - made.height, _numberless(rule, file, filled))


def _numberless(rule: TableRule, file: SourceFile, filled: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are documents but for their number: a line of totals has no customer or no date."""
    columns = {column.target: column for column in rule.columns}
    needed = {"document_id", "customer_id", "document_date", "amount"}
    if rule.table != "documents" or not needed <= columns.keys():
        return pl.DataFrame()
    number = columns["document_id"].sources
    numbered = [test for test in rule.where if test.empty is False and test.column in number and not test.others]
    if not numbered:
        return pl.DataFrame()
    others = [replace(test, empty=None) if test in numbered else test for test in rule.where]
    lost = filled.filter(condition(test, filled, file) for test in others)
    lost = lost.filter(pl.any_horizontal(as_text(test.column, lost, file).is_null() for test in numbered))
    kinds = {name: column.kind for name, column in TARGETS[rule.table].items()}
    wanted = [columns[name] for name in (*sorted(needed - {"document_id"}), "currency") if name in columns]
    made = lost.select(_LINE, *(rule_value(column, kinds[column.target], lost, file) for column in wanted))
    return made.drop_nulls(["customer_id", "document_date", "amount"])


def _lost_by(part: _Part, made: Sequence[_Part]) -> pl.DataFrame:
    """Return the money of documents without a number, but for those that another table of the same file takes."""
    taken = [other.lines for other in made if other is not part and other.export == part.export]
    rows = part.numberless.filter(~pl.col(_LINE).is_in(pl.concat(taken).implode())) if taken else part.numberless
    return sums_of("documents", part.export, rows)


def _columns_exist(rule: TableRule, export: str, frame: pl.DataFrame, name: str) -> None:
    there = f"a column of {export}, which has {', '.join(frame.columns)}"
    for column in rule.columns:
        for source in column.sources:
            if source not in frame.columns:
                raise ParameterError(f"{name}: {column.key}", there + near_misses(source, frame.columns), source)
    for test in rule.where:
        for one in test.columns:
            if one not in frame.columns:
                raise ParameterError(f"{name}: {rule.key}.where", there + near_misses(one, frame.columns), one)


def _values_listed(rule: ColumnRule, frame: pl.DataFrame, file: SourceFile, export: str) -> None:
    if rule.values is None or rule.otherwise is not None or rule.keep_others:
        return
    found = frame.select(origin(rule, frame, file).alias("value")).drop_nulls()
    strange = found.filter(~pl.col("value").is_in([key for key, _ in rule.values]))
    if strange.height:
        raise DataError(
            f"{export} holds values that {rule.key}.values does not list.",
            columns=rule.sources,
            rows=strange.height,
            ids=strange["value"].unique().sort().to_list(),
            remedy="list them, or say 'otherwise' or 'keep_others'.",
        )


def _days_read(rule: ColumnRule, frame: pl.DataFrame, file: SourceFile, export: str) -> None:
    if not isinstance(rule.days, str):
        return
    given = frame.select(as_text(rule.days, frame, file).alias("days")).to_series().drop_nulls()
    if given.len() >= MISFIT_FROM and not terms_of(rule, frame, file):
        raise DataError(
            f"{export}: no value of {rule.days} says how many days {rule.key} is to be moved by.",
            columns=(rule.days,),
            rows=given.len(),
            ids=given.unique().sort().head(EXAMPLES).to_list(),
            remedy=f"days are written as {TERMS_FORMS}; say what other values mean with days_of, such as "
            f"days_of = {{ {given.sort()[0]!r} = 30 }}.",
        )


def _dates_fit(rule: ColumnRule, made: pl.Series, file: SourceFile, export: str) -> None:
    formats = formats_of(rule, file)
    given = made.drop_nulls().cast(pl.String)
    given = given.filter(~(given.str.contains(NO_DAY) | given.is_in(NO_DATE)))
    readable = given.to_frame("day").select(read_date(pl.col("day"), ())).to_series().count()
    if formats and given.len() >= MISFIT_FROM and not readable:
        raise DataError(
            f"{export}: no value of {rule.key} reads as {' or '.join(formats)}.",
            columns=rule.sources,
            rows=given.len(),
            ids=given.unique().sort().head(EXAMPLES).to_list(),
            remedy="state the export's own format in 'dates', such as '%d.%m.%Y' or 'day_first'.",
        )


def _together(frames: list[pl.DataFrame], table: str) -> pl.DataFrame:
    names = [name for name in TARGETS[table] if any(name in frame.columns for frame in frames)]
    mixed = {name for name in names if len({frame.schema[name] for frame in frames if name in frame.columns}) > 1}
    aligned = [
        frame.with_columns(pl.col(name).cast(pl.String) for name in sorted(mixed) if name in frame.columns)
        for frame in frames
    ]
    return pl.concat(aligned, how="diagonal").select(names)


def sums_of(table: str, export: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows, unread amounts and the sum of each money column of a table, by currency."""
    money = [name for name, column in TARGETS[table].items() if column.kind == "money"]
    currency = pl.col("currency") if "currency" in frame.columns else pl.lit("")
    parts = [pl.DataFrame(schema=SUMS)]
    for column in money:
        if column in frame.columns:
            amount = pl.col(column).cast(pl.Decimal(38, 6), strict=False)
            parts.append(
                frame.select(currency=currency.fill_null(""), amount=amount)
                .group_by("currency")
                .agg(
                    rows=pl.len().cast(pl.Int64),
                    unread=pl.col("amount").null_count().cast(pl.Int64),
                    amount=pl.col("amount").sum().cast(pl.Float64),
                )
                .sort("currency")
                .select(
                    pl.lit(table).alias("table"),
                    pl.lit(export).alias("file"),
                    pl.lit(column).alias("column"),
                    "currency",
                    "rows",
                    "unread",
                    "amount",
                )
            )
    return pl.concat(parts)


def _unused(rules: ImportMap, exports: Mapping[str, Sequence[tuple[str, pl.DataFrame]]]) -> dict[str, tuple[str, ...]]:
    read: dict[str, set[str]] = {}
    for rule in rules.tables:
        read.setdefault(rule.file, set()).update(rule.sources)
    return {export: _left(frame.columns, read[key]) for key, frames in exports.items() for export, frame in frames}


def _left(columns: Iterable[str], used: set[str]) -> tuple[str, ...]:
    return tuple(column for column in columns if column not in used)
