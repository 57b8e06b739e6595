"""The memo of a chosen customer as a sheet of the workbook: formulas that look its figures up in the other sheets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from credrisk.injection import FORMULA_STARTS
from credrisk.reports.limit_names import CAP, EMPTY, KEPT, LIMIT_NAMES, NOT_MEASURED, RULES
from credrisk.reports.months import day_in_words
from credrisk.reports.sheets import Book, Table
from credrisk.reports.views import NUMERIC, as_text

__all__ = ["write_memo_sheet"]

CHOICE = "$B$4"
CHOICE_ROW, NAME_ROW, START_ROW = 3, 4, 6
WIDTHS = (27, 19, 7, 90)
HELPERS = 5
"""Column (from 0) of the hidden cells that say in which row of a sheet the customer stands."""
CHARACTERS_A_LINE = 105
LINE_HEIGHT, MOST_LINES = 12.5, 12

SIDE_BY_SIDE = "The limits side by side"
BEFORE_HOLDS = "Were a figure different: limits by the policy, before a hold on raises and without regard to today's"
BINDS = {name: name.removesuffix("_limit") for name in LIMIT_NAMES}
"""What stands in the column of the binding constraint where the limit of the key binds."""
ALL = {"cap": CAP, **RULES}
LABELS = {("limits", "expected_loss"): "Expected loss at limit", ("scores", "expected_loss"): "Expected loss today"}

SECTIONS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Recommendation",
        "limits",
        (
            ("recommended_limit", ""),
            ("current_limit", ""),
            ("change", ""),
            ("action", ""),
            ("binding", ""),
            ("review_on", ""),
            ("expires_on", ""),
            ("seasonal_limit", ""),
            ("seasonal_from", ""),
            ("seasonal_to", ""),
            ("temporary_limit", ""),
            ("temporary_until", ""),
            ("expected_loss", ""),
            ("expected_profit", ""),
            ("reasons", ""),
        ),
    ),
    (
        SIDE_BY_SIDE,
        "limits",
        (
            ("need", "need_arithmetic"),
            ("capacity_limit", "capacity_arithmetic"),
            ("peer_limit", "peer_arithmetic"),
            ("cover_limit", "cover_arithmetic"),
            ("expected_profit_limit", "expected_profit_arithmetic"),
            ("loss_appetite_limit", "loss_appetite_arithmetic"),
            ("portfolio_limit", "portfolio_arithmetic"),
        ),
    ),
    (
        BEFORE_HOLDS,
        "limits",
        tuple(
            (f"limit_if_{change}", "")
            for change in ("pd_doubled", "pd_halved", "margin_up", "margin_down", "lgd_up", "lgd_down")
        ),
    ),
    (
        "Risk",
        "scores",
        (
            ("status", ""),
            ("grade", ""),
            ("pd_3m", ""),
            ("pd_6m", ""),
            ("pd_12m", ""),
            ("pd_source", ""),
            ("expected_loss", ""),
            ("dbt_12m", ""),
            ("reason_1", ""),
            ("reason_2", ""),
            ("reason_3", ""),
        ),
    ),
    (
        "Balance",
        "ageing",
        (
            ("open_balance", ""),
            ("not_due", ""),
            ("past_due", ""),
            ("past_due_over_90", ""),
            ("unapplied_cash", ""),
            ("net_balance", ""),
        ),
    ),
    ("Policy", "limits", (("policy_version", ""), ("policy_hash", ""))),
)
"""Heading, the sheet that is looked into, and its columns, each with the column of its arithmetic."""


def write_memo_sheet(book: Book, sheet: Any, tables: Mapping[str, Table]) -> None:
    """Write the sheet; the customer is chosen in one cell, and every other cell follows.

    A figure that was not measured reads "not measured"; where an empty one means something else, such as that there is
    no bound, it reads so, in the words of the page. The limit that binds is marked, or a row names the rule that does.
    Beside each formula stands its value for the customer that is chosen at first, the first of the sheet Limits, for
    readers that do not calculate.
    """
    limits = tables["limits"]
    subtitle = f"As of {day_in_words(book.pack.as_of)}. Amounts in {book.pack.currency}. Choose a customer in B4."
    book.title(sheet, "Credit memo", subtitle)
    sheet.hide_gridlines(2)
    for place, width in enumerate(WIDTHS):
        sheet.set_column(place, place, width)
    if limits.frame.is_empty() or not limits.columns or "customer_id" not in limits.frame.columns:
        book.text(sheet, CHOICE_ROW, 0, "Nothing was measured.", "subtitle")
        return
    chosen = str(limits.frame["customer_id"][0])
    rows = _rows(tables, chosen)
    book.text(sheet, CHOICE_ROW, 0, "Customer no.", "label")
    quoted = chosen.startswith(FORMULA_STARTS)
    sheet.write_string(CHOICE_ROW, 1, chosen, book.format("choice", quoted=quoted))
    sheet.data_validation(
        CHOICE_ROW, 1, CHOICE_ROW, 1, {"validate": "list", "source": f"={limits.cells('customer_id')}"}
    )
    _write_helpers(book, sheet, tables, rows)
    if "name" in limits.frame.columns:
        book.text(sheet, NAME_ROW, 0, "Customer", "label")
        _write_value(book, sheet, NAME_ROW, 1, limits, "name", rows)
    row = START_ROW
    for heading, key, columns in SECTIONS:
        present = [pair for pair in columns if key in rows and pair[0] in tables[key].frame.columns]
        if present:
            row = _write_section(book, sheet, row, heading, tables[key], present, rows)
            if heading == SIDE_BY_SIDE and "binding" in limits.frame.columns:
                row = _write_rule(book, sheet, row, limits, rows)
            row += 1
    for label in ("Prepared by, date", "Decided by, role, date", "Limit decided"):
        book.text(sheet, row, 0, label, "label")
        for place in (1, 2, 3):
            sheet.write_blank(row, place, None, book.format("signed"))
        sheet.set_row(row, 24)
        row += 1
    book.print_setup(sheet, header_row=0, last_row=row - 1, last_column=len(WIDTHS) - 1)
    sheet.set_portrait()
    sheet.fit_to_pages(1, 1)


def _rows(tables: Mapping[str, Table], chosen: str) -> dict[str, dict[str, Any]]:
    """Return the chosen customer's row of each table that has customers; an empty one where it is not there."""
    found = {}
    for key in ("limits", "scores", "ageing"):
        frame = tables[key].frame
        if "customer_id" in frame.columns and not frame.is_empty():
            own = frame.filter(frame["customer_id"] == chosen)
            found[key] = own.row(0, named=True) if own.height else {}
    return found


def _write_helpers(book: Book, sheet: Any, tables: Mapping[str, Table], rows: Mapping[str, Any]) -> None:
    """Write where the customer stands in each sheet; a wildcard in its number stands for itself."""
    wanted = CHOICE
    for sign in ("~", "*", "?"):
        wanted = f'SUBSTITUTE({wanted},"{sign}","~{sign}")'
    for place, key in enumerate(rows):
        table = tables[key]
        ids = table.frame["customer_id"].to_list()
        chosen = str(tables["limits"].frame["customer_id"][0])
        value = ids.index(chosen) + 1 if chosen in ids else 0
        formula = f"=IFERROR(MATCH({wanted},{table.cells('customer_id')},0),0)"
        sheet.write_formula(CHOICE_ROW, HELPERS + place, formula, book.format("count"), value)
    sheet.set_column(HELPERS, HELPERS + len(rows) - 1, None, None, {"hidden": True})


def _write_section(
    book: Book,
    sheet: Any,
    row: int,
    heading: str,
    table: Table,
    columns: list[tuple[str, str]],
    rows: Mapping[str, Mapping[str, Any]],
) -> int:
    for place in range(len(WIDTHS)):
        sheet.write_blank(row, place, None, book.format("section"))
    book.text(sheet, row, 0, heading, "section")
    sheet.set_row(row, 20)
    headings = {column.name: column for column in table.columns}
    for name, arithmetic in columns:
        row += 1
        label = LIMIT_NAMES.get(name) or LABELS.get((table.key, name), headings[name].heading)
        book.text(sheet, row, 0, label, "label")
        if name in LIMIT_NAMES and "binding" in table.frame.columns:
            _write_mark(book, sheet, row, table, name, rows)
        long = headings[name].kind == "long" or name.startswith("reason") or name == "policy_hash"
        _write_value(book, sheet, row, 3 if long else 1, table, name, rows)
        lines = _lines(table, name) if long else 1
        if arithmetic and arithmetic in table.frame.columns:
            _write_value(book, sheet, row, 3, table, arithmetic, rows)
            lines = max(lines, _lines(table, arithmetic))
        if lines > 1:
            sheet.set_row(row, LINE_HEIGHT * lines + 2)
    return row + 1


def _helper(table: Table, rows: Mapping[str, Any]) -> str:
    """Return the cell that says in which row of a sheet the customer stands."""
    return f"${chr(ord('A') + HELPERS + list(rows).index(table.key))}${CHOICE_ROW + 1}"


def _write_mark(book: Book, sheet: Any, row: int, table: Table, name: str, rows: Mapping[str, Any]) -> None:
    """Mark the limit that binds."""
    helper, stem = _helper(table, rows), BINDS[name]
    shown = as_text(stem, "state")
    found = f"INDEX({table.cells('binding')},{helper})"
    formula = f'=IF({helper}=0,"",IF({found}="{shown}","binds",""))'
    value = "binds" if rows[table.key].get("binding") == stem else ""
    sheet.write_formula(row, 2, formula, book.format("text_right"), value)


def _write_rule(book: Book, sheet: Any, row: int, table: Table, rows: Mapping[str, Any]) -> int:
    """Write the rule that binds in place of the limits, or that today's limit is kept; the row after it."""
    helper, own = _helper(table, rows), rows[table.key]
    binding = f"INDEX({table.cells('binding')},{helper})"
    tests = [(f'{binding}="{as_text(name, "state")}"', rule, own.get("binding") == name) for name, rule in ALL.items()]
    if {"reasons", "action"} <= set(table.frame.columns):
        reasons, action = (f"INDEX({table.cells(name)},{helper})" for name in ("reasons", "action"))
        holds = own.get("action") == "keep"
        tests += [
            (
                f'AND({action}="keep",ISNUMBER(SEARCH("{words}",{reasons})))',
                rule,
                holds and words in str(own.get("reasons") or ""),
            )
            for words, rule in KEPT.items()
        ]
    book.text(sheet, row, 0, "Rule that decides", "label")
    for place, part, none in ((1, 0, "none"), (3, 1, "")):
        formula, value = f'"{none}"', none
        for test, rule, met in reversed(tests):
            formula = f'IF({test},"{rule[part]}",{formula})'
            value = rule[part] if met else value
        look = book.format("wrapped_middle" if place == 3 else "text_right")
        sheet.write_formula(row, place, f'=IF({helper}=0,"",{formula})', look, value)
    return row + 1


def _lines(table: Table, name: str) -> int:
    """Return how many lines the longest text of a column takes, for any customer may be chosen."""
    longest = max((len(text) for text in table.frame[name].drop_nulls().cast(str).to_list()), default=0)
    return min(max(1, math.ceil(longest / CHARACTERS_A_LINE)), MOST_LINES)


def _write_value(
    book: Book, sheet: Any, row: int, place: int, table: Table, name: str, rows: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write the formula that looks a figure up, and its value for the customer chosen at first."""
    column = next(each for each in table.columns if each.name == name)
    helper = _helper(table, rows)
    found = f"INDEX({table.cells(name)},{helper})"
    without = "" if place == 3 else EMPTY.get(name, NOT_MEASURED) if table.key == "limits" else NOT_MEASURED
    missing = f'"{without}"'
    formula = f'=IF({helper}=0,{missing},IF({found}="",{missing},{found}))'
    value = rows[table.key].get(name)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        value = without
    elif isinstance(value, date):
        value = (value - date(1899, 12, 30)).days  # as a spreadsheet counts days
    elif column.kind not in NUMERIC or isinstance(value, bool):
        value = as_text(value, "state" if column.kind == "state" else "long") or ""
    look = {"date": "date_right"}.get(column.kind, "text_right")
    look = f"{column.kind}_middle" if column.kind in NUMERIC else look
    sheet.write_formula(row, place, formula, book.format("wrapped_middle" if place == 3 else look), value)
