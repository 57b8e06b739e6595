"""Cells become values: each column read by the rule of its kind, and every rule that was applied reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.completion import NUMERIC_ATTRIBUTES
from credrisk.ledger.findings import Finding, Severity, few
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.parse_amounts import (
    DECIMAL_MARK,
    accounting_zeros,
    number_evidence,
    number_proof,
    read_float_amounts,
    read_numbers,
    to_minor,
)
from credrisk.ledger.parse_dates import DATE_ORDER, date_evidence, date_proof, date_texts, read_dates
from credrisk.ledger.parse_values import (
    Read,
    as_text,
    filled_text,
    read_codes,
    read_figures,
    read_flags,
    read_ids,
    read_texts,
)
from credrisk.ledger.style import Decision, Evidence, Question, settle
from credrisk.ledger.tables import Column
from credrisk.ledger.working import GOOD, Working

__all__ = ["Styles", "money_in_minor_units", "read_cells"]

_SAID = {
    "stray_blanks": "blanks before or behind the value were dropped",
    "empty_words": "words such as NULL and nan were read as empty",
    "float_ids": "whole numbers with decimals (200706844.0) were read as the ids they stand for",
    "compact": "dates written as 20190307 were read",
    "year_last": "dates written day, month, year (or month, day, year) were read",
    "month_name": "dates with the name of the month were read",
    "excel_serial": "Excel's day numbers were read as dates",
    "empty": "dates such as 00000000, 1900-01-01 and 9999-12-31 were read as empty",
    "float_tail": "amounts with the tail that floats leave in text (2309.7899999999995) were rounded, none by more "
    "than a millionth of the currency's unit",
    "formatted": "amounts with thousands marks, signs behind, parentheses or currency signs were read",
}
_GROUNDS = {
    "column": "its own values prove it",
    "one row": "a single row proves it, and decides for all others",
    "majority": "most of its values prove it; those that prove the other were set aside",
    "setting": "the ledger's setting says so",
    "table": "other columns of the table prove it",
    "file": "other tables of the file prove it",
}
_NUMERIC = ("money", "number", "integer")
_HELD_LATER = (("documents", "due_date"), ("applications", "amount"))
"""Required columns that may be empty for some kinds: held when the kind is known."""
_NINE_DECIMALS = r"^-?\d+\.\d{9}$"
_FLOAT_TAIL = r"^-?\d+[.,]\d{0,3}?(?:0{6}|9{6})\d*[1-9]$"
_PLAIN_AMOUNT = r"^-?\d+(?:[.,]\d+)?$"


class Styles:
    """How the source writes dates and numbers, gathered over all its columns before any is read."""

    def __init__(self, tables: Iterable[Working], settings: Mapping[str, str]) -> None:
        self._settings = {q.setting: _answer(q, settings.get(q.setting)) for q in (DATE_ORDER, DECIMAL_MARK)}
        self._own: dict[tuple[str, str, str], Evidence] = {}
        self._scopes: dict[str, str] = {}
        for working in tables:
            self._scopes[working.name] = working.scope
            if working.name == "customer_history":
                figures = number_evidence(_attribute_numbers(working))
                self._own[DECIMAL_MARK.setting, working.name, "value"] = figures
            for column in working.table.columns:
                raw = working.cells(column.name)
                if raw.dtype != pl.String or raw.null_count() == raw.len():
                    continue
                if column.kind == "date":
                    self._own[DATE_ORDER.setting, working.name, column.name] = date_evidence(date_texts(raw))
                elif column.kind in _NUMERIC:
                    self._own[DECIMAL_MARK.setting, working.name, column.name] = number_evidence(filled_text(raw))

    def decide(self, question: Question, table: str, column: str, texts: pl.Series) -> Decision:
        """Decide how a column is read; see :func:`credrisk.ledger.style.settle`."""
        own = self._own.get((question.setting, table, column), Evidence())
        return settle(
            question,
            table=table,
            column=column,
            own=own,
            setting=self._settings[question.setting],
            in_table=self._pool(question, lambda name: name == table),
            in_file=self._pool(question, lambda name: self._scopes[name] == self._scopes[table]),
            texts=texts,
        )

    def _pool(self, question: Question, inside: object) -> Evidence:
        pooled = Evidence()
        for (setting, name, _), evidence in self._own.items():
            if setting == question.setting and inside(name):  # type: ignore[operator]
                pooled += evidence
        return pooled


def read_cells(working: Working, styles: Styles, findings: list[Finding]) -> None:
    """Read every column of a table but its money, which waits for the currency in thousandths of the unit."""
    for column in working.table.columns:
        raw = working.raw[column.name]
        if raw.null_count() == raw.len():
            _put_nothing(working, column)
        elif column.kind == "date":
            _put_dates(working, column, styles, findings)
        elif column.kind == "money":
            _put_amounts(working, column, working.cells(column.name), styles, findings)
        else:
            read = _read_once(working, column, styles) or _plain(working, column, working.cells(column.name), styles)
            working.put(column.name, read.values, read.fault)
            _hold_bounds(working, column)
            for rule, rows in read.rules.items():
                _note(findings, working, column, rule, rows)
    if working.name == "customer_history":
        _settle_attributes(working, styles, findings)
    for column in working.table.columns:
        if column.required and (working.name, column.name) not in _HELD_LATER:
            working.set_aside(pl.when(pl.col(column.name).is_null()).then(pl.lit("missing_value")), column.name)


def money_in_minor_units(working: Working, currency_of: Mapping[str, str]) -> None:
    """Turn the amounts into minor units of their currency, exactly.

    Parameters
    ----------
    currency_of
        Money column -> the column of the frame with its currency, where that is not ``currency``.

    Raises
    ------
    DataError
        When an amount is beyond 2**53 minor units.
    """
    for name in working.table.money:
        currency = _one_or_each(working.frame, currency_of.get(name, "currency"))
        minor, fault = to_minor(pl.col(name), currency)
        said = pl.col(f"_said {name}")
        other = (
            pl.when(said.is_not_null() & (said != currency) & pl.col(name).is_not_null())
            .then(pl.lit("other_currency"))
            .otherwise(fault)
        )
        read = working.frame.select(minor.alias("minor"), other.alias("fault"))
        large = working.frame.filter(pl.lit(read["fault"]) == "too_large")
        if large.height:
            refuse_large(working, name, large)
        working.frame = working.frame.drop(f"_said {name}")
        working.put(name, read["minor"], read["fault"])


def _one_or_each(frame: pl.DataFrame, column: str) -> pl.Expr:
    """Return the one code of a column, where it has only one: it need not be looked up for every row."""
    codes = frame[column]
    alike = codes.len() > 0 and codes.null_count() == 0 and codes.min() == codes.max()
    return pl.lit(codes[0], pl.String) if alike else pl.col(column)


def refuse_large(working: Working, column: str, rows: pl.DataFrame) -> None:
    """Stop at amounts that could not be added up exactly."""
    key = working.table.key[0]
    ids = rows[key].cast(pl.String).drop_nulls().sort().to_list() if key in rows.columns else []
    raise DataError(
        "amounts beyond 2**53 minor units cannot be added up exactly.",
        table=working.name,
        columns=[column],
        rows=rows.height,
        ids=ids,
        remedy="correct these amounts in the source (an id or a telephone number in the wrong column, perhaps).",
    )


def _plain(working: Working, column: Column, raw: pl.Series, styles: Styles) -> Read:
    escaped = working.origin == "text"
    if column.kind == "id":
        return read_ids(raw, escaped=escaped)
    if column.kind == "text":
        return read_texts(raw, escaped=escaped)
    if column.kind == "code":
        return read_codes(raw, name=column.name, choices=column.choices, escaped=escaped)
    if column.kind == "flag":
        return read_flags(raw)
    decision = styles.decide(DECIMAL_MARK, working.name, column.name, as_text(raw))
    return read_figures(raw, decimal_comma=decision.answer == 1, whole=column.kind == "integer")


def _read_once(working: Working, column: Column, styles: Styles) -> Read | None:
    """Read each different text of a packed column once; None where a rule changed some, whose rows must be counted."""
    distinct = working.distinct(column.name)
    if distinct.places is None:
        return None
    read = _plain(working, column, distinct.texts, styles)
    return None if any(read.rules.values()) else Read(distinct.spread(read.values), distinct.spread(read.fault), {})


def _hold_bounds(working: Working, column: Column) -> None:
    value, outside = pl.col(column.name), pl.lit(False)
    if column.minimum is not None:
        outside |= value < column.minimum
    if column.maximum is not None:
        outside |= value > column.maximum
    if column.above is not None:
        outside |= value <= column.above
    if column.bounds:
        working.set_aside(pl.when(outside).then(pl.lit("out_of_range")), column.name)


def _put_nothing(working: Working, column: Column) -> None:
    """Set a column that the source does not have, or left empty throughout."""
    nothing = [pl.lit(None, DTYPES[column.kind]).alias(column.name)]
    if column.kind == "money":
        nothing.append(pl.lit(None, pl.String).alias(f"_said {column.name}"))
    working.frame = working.frame.with_columns(nothing)


def _put_dates(working: Working, column: Column, styles: Styles, findings: list[Finding]) -> None:
    distinct = working.distinct(column.name)
    texts = filled_text(date_texts(distinct.texts))
    decision = styles.decide(DATE_ORDER, working.name, column.name, texts)
    read = read_dates(texts, month_first=decision.answer == 1, workbook=working.origin == "workbook")
    working.put(column.name, distinct.spread(read["value"]), distinct.spread(read["fault"]))
    rules = distinct.spread(read["rule"]).drop_nulls().to_frame("rule")
    counts = dict(rules.group_by("rule").len().sort("rule").iter_rows())
    for rule, rows in counts.items():
        if rule == "year_last" and decision.ground != "nothing to decide":
            proof = texts.to_frame("text").select(date_proof(pl.col("text")).fill_null(False)).to_series()
            proving = distinct.spread(proof)
            _note_style(findings, working, column, DATE_ORDER, decision, rows, proving)
        elif rule != "iso":
            _note(findings, working, column, rule, rows)


def _put_amounts(working: Working, column: Column, raw: pl.Series, styles: Styles, findings: list[Finding]) -> None:
    if raw.dtype.is_float():
        read = read_float_amounts(raw)
    else:
        texts = filled_text(as_text(raw))
        if working.origin == "workbook":
            texts = _as_the_cell_shows(texts)
        decision = styles.decide(DECIMAL_MARK, working.name, column.name, texts)
        zeroed = texts.to_frame("t").select(accounting_zeros(pl.col("t"))).to_series()
        read = read_numbers(zeroed, decimal_comma=decision.answer == 1)
        formatted = int((~texts.str.contains(_PLAIN_AMOUNT) & read["fault"].is_null()).sum())
        tails = int((texts.str.contains(_FLOAT_TAIL) & read["fault"].is_null()).sum())
        if tails:
            _note(findings, working, column, "float_tail", tails)
        if formatted:
            _note(findings, working, column, "formatted", formatted)
        if decision.answer == 1 or decision.ground not in ("nothing to decide", "column"):
            _note_style(
                findings, working, column, DECIMAL_MARK, decision, texts.drop_nulls().len(), number_proof(texts)
            )
    large = working.frame.filter(GOOD & (pl.lit(read["fault"]) == "too_large"))
    if large.height:
        refuse_large(working, column.name, large)
    working.put(f"_said {column.name}", read["said"])
    working.put(column.name, read["milli"], read["fault"])


def _as_the_cell_shows(texts: pl.Series) -> pl.Series:
    """Undo what happens to numbers of a worksheet whose column also holds texts: they come with nine decimals.

    The shortest decimal of the same float64 is what the cell was given (1090606301.269999981 is 1090606301.27).
    """
    shortest = pl.col("t").cast(pl.Float64, strict=False).cast(pl.String)
    long = pl.col("t").str.contains(_NINE_DECIMALS)
    return texts.to_frame("t").select(pl.when(long).then(shortest).otherwise("t")).to_series()


def _attribute_numbers(working: Working) -> pl.Series:
    """Return the texts of the values whose attribute is numeric, null for the others; no texts where they are typed."""
    value = working.cells("value")
    if value.dtype != pl.String:
        return pl.repeat(None, value.len(), dtype=pl.String, eager=True)
    attribute = filled_text(working.raw["attribute"]).str.to_lowercase()
    texts = pl.DataFrame({"text": filled_text(value), "attribute": attribute})
    return texts.select(pl.when(pl.col("attribute").is_in(NUMERIC_ATTRIBUTES)).then("text")).to_series()


def _settle_attributes(working: Working, styles: Styles, findings: list[Finding]) -> None:
    """Decide which decimal mark the numeric attributes have; where nothing does, their rows are set aside later."""
    texts = _attribute_numbers(working)
    try:
        decision = styles.decide(DECIMAL_MARK, working.name, "value", texts.drop_nulls())
    except DataError:
        working.decimal_comma = None
        return
    working.decimal_comma = decision.answer == 1
    if decision.answer == 1 or decision.ground not in ("nothing to decide", "column"):
        column = working.table.column("value")
        _note_style(findings, working, column, DECIMAL_MARK, decision, texts.drop_nulls().len(), number_proof(texts))


def _note(findings: list[Finding], working: Working, column: Column, rule: str, rows: int) -> None:
    findings.append(Finding("note", working.name, rule, f"{column.name}: {_SAID[rule]}.", rows))


def _note_style(
    findings: list[Finding],
    working: Working,
    column: Column,
    question: Question,
    decision: Decision,
    rows: int,
    deciding: pl.Series,
) -> None:
    """Say how a column was read and why; where a single row decided, name it (``deciding`` are the rows that prove)."""
    reading, ground = question.words[decision.answer], _GROUNDS[decision.ground]
    severity: Severity = "warning" if decision.ground in ("one row", "majority", "table", "file") else "note"
    ids: tuple[str, ...] = ()
    if decision.ground == "one row":
        ids = few(as_text(working.cells(working.key)).filter(deciding))
    findings.append(
        Finding(
            severity,
            working.name,
            question.setting,
            f"{column.name}: read {'with ' if question is DECIMAL_MARK else ''}{reading}; {ground}.",
            rows,
            ids,
            remedy="" if severity == "note" else f"state {question.setting} in the table `settings` to be sure.",
        )
    )


def _answer(question: Question, given: str | None) -> int | None:
    if given is None:
        return None
    words = given.strip().lower().replace(" ", "_").replace("-", "_")
    if words not in question.answers:
        raise DataError(
            f"the setting {question.setting} is {given!r}.",
            table="settings",
            remedy=f"it must be {question.answers[0]} or {question.answers[1]}.",
        )
    return question.answers.index(words)
