"""The sheet Charts of the pack's workbook: the spreadsheet's own charts, over the cells of the other sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from credrisk.reports.buckets import bucket_heading, buckets_among
from credrisk.reports.months import day_in_words
from credrisk.reports.sheets import FIRST_ROW, Book, Table
from credrisk.reports.style import ACCENT, BASELINE, INK, MARK, MUTED, RULE, bucket_colours, truncated
from credrisk.reports.totals import has_values

__all__ = ["write_charts"]

WIDE, HIGH = 560, 380
"""Pixels of a chart; two stand side by side on a page."""
ROWS_A_CHART = 21
MONTHS = 24
LARGEST = 30
NAME = 26
"""Characters of a name below a bar."""
HELPER = 20
"""Column of the sheet, hidden and beyond what is printed, with names that are cut."""
FONT = {"name": "Arial", "size": 9, "color": MUTED}


def write_charts(book: Book, sheet: Any, tables: Mapping[str, Table]) -> None:
    """Write the charts that there is something to draw for, two on a row."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 17, 9)
    book.title(sheet, "Charts", f"As of {day_in_words(book.pack.as_of)}. Amounts in {book.pack.currency}.")
    drawn = [
        chart
        for chart in (
            _ageing(book, tables.get("History")),
            _dso(book, tables.get("DSO") or tables.get("History")),
            _pareto(book, sheet, tables.get("Top by customer") or tables.get("Ageing")),
            _cash(book, tables.get("Cash")),
        )
        if chart is not None
    ]
    if not drawn:
        book.text(sheet, 3, 0, "Nothing was measured.", "subtitle")
    for number, (chart, says) in enumerate(drawn):
        place = 3 + ROWS_A_CHART * (number // 2), 9 * (number % 2)
        sheet.insert_chart(*place, chart, {"description": says, "x_offset": 2, "y_offset": 2})
    rows = 3 + ROWS_A_CHART * max(1, -(-len(drawn) // 2))
    book.print_setup(sheet, header_row=0, last_row=rows, last_column=17)
    sheet.fit_to_pages(1, 1)


def _ageing(book: Book, table: Table | None) -> tuple[Any, str] | None:
    """Draw what is past due by age, month by month."""
    if table is None or table.frame.height < 2:
        return None
    buckets = buckets_among(table.frame.columns)
    last = min(table.frame.height, MONTHS)
    chart = book.file.add_chart({"type": "column", "subtype": "stacked"})
    for name, colour in zip(buckets, bucket_colours(len(buckets)), strict=True):
        chart.add_series(
            {
                "name": bucket_heading(name),
                "categories": _range(table, "as_of", last),
                "values": _range(table, name, last),
                "fill": {"color": colour},
                "border": {"none": True},
                "gap": 25,
            }
        )
    _dress(chart, "Open debit items by days past due", _money_axis(book, table, "open_balance"))
    chart.set_x_axis(_time_axis())
    return chart, f"Open debit items at the last {last} month-ends, stacked by days past due"


def _dso(book: Book, table: Table | None) -> tuple[Any, str] | None:
    """Draw DSO against the best possible: the gap is lateness."""
    names = ("dso_3m", "best_possible_dso_3m")
    if table is None or table.frame.height < 2 or not all(has_values(table.frame, name) for name in names):
        return None
    last = min(table.frame.height, MONTHS)
    chart = book.file.add_chart({"type": "line"})
    for name, label, colour in ((names[0], "DSO", ACCENT), (names[1], "Best possible DSO", BASELINE)):
        chart.add_series(
            {
                "name": label,
                "categories": _range(table, "as_of", last),
                "values": _range(table, name, last),
                "line": {"color": colour, "width": 2.25, "dash_type": "solid" if colour == ACCENT else "dash"},
            }
        )
    _dress(chart, "Days of sales outstanding, three months", {"num_format": "0", "min": 0})
    chart.set_x_axis(_time_axis())
    return chart, "DSO and best possible DSO, days, at month-ends; the gap between them is lateness"


def _pareto(book: Book, sheet: Any, table: Table | None) -> tuple[Any, str] | None:
    """Draw the largest balances and, where known, their share in all."""
    if table is None or not table.frame.height:
        return None
    amount = "amount" if "amount" in table.frame.columns else "past_due"
    if not has_values(table.frame, amount):
        return None
    last = min(table.frame.height, LARGEST)
    title = "largest debtors" if amount == "amount" else "largest past-due balances"
    chart = book.file.add_chart({"type": "column"})
    named = "name" in table.frame.columns and not table.frame["name"].head(last).null_count()
    name = "name" if named else "key" if "key" in table.frame.columns else "customer_id"
    bars = {"categories": _names(book, sheet, table, name, last), "values": _range(table, amount, last)}
    chart.add_series({"name": "Amount", **bars, "fill": {"color": ACCENT}, "border": {"none": True}, "gap": 25})
    if has_values(table.frame, "cumulative"):
        line = book.file.add_chart({"type": "line"})
        line.add_series(
            {
                "name": "Share in all",
                "values": _range(table, "cumulative", last),
                "line": {"color": MARK, "width": 2},
                "y2_axis": True,
            }
        )
        line.set_y2_axis({"num_format": "0%", "min": 0, "max": 1, "num_font": FONT, "line": {"none": True}})
        chart.combine(line)
    chart.show_hidden_data()
    _dress(chart, f"The {last} {title}", _money_axis(book, table, amount))
    chart.set_x_axis({"num_font": {**FONT, "size": 7, "rotation": -90}, "line": {"color": RULE}})
    return chart, f"The {last} {title} in falling order"


def _cash(book: Book, table: Table | None) -> tuple[Any, str] | None:
    """Draw the cash of the weeks to come with its range."""
    if table is None or not table.frame.height or not has_values(table.frame, "expected"):
        return None
    last = table.frame.height
    chart = book.file.add_chart({"type": "column"})
    weeks = _range(table, "week_from", last)
    look = {"fill": {"color": ACCENT}, "border": {"none": True}, "gap": 40}
    chart.add_series({"name": "Expected", "categories": weeks, "values": _range(table, "expected", last), **look})
    if has_values(table.frame, "p10") and has_values(table.frame, "p90"):
        line = book.file.add_chart({"type": "line"})
        for name, label, dash in (("p10", "P10", "round_dot"), ("p90", "P90", "dash")):
            shape = {"color": INK, "width": 1.25, "dash_type": dash}
            line.add_series({"name": label, "categories": weeks, "values": _range(table, name, last), "line": shape})
        chart.combine(line)
    _dress(chart, "Cash expected of the items open today, by week", _money_axis(book, table, "expected"))
    font = {**FONT, "rotation": -45}
    chart.set_x_axis({"text_axis": True, "num_font": font, "num_format": "d mmm", "line": {"color": RULE}})
    return chart, f"Cash expected in each of {last} weeks, with the range from P10 to P90"


def _range(table: Table, name: str, rows: int) -> list[Any]:
    """Return the first rows of a column, as a chart names them."""
    place = next((place for place, column in enumerate(table.columns) if column.name == name), 0)
    return [table.sheet, FIRST_ROW, place, FIRST_ROW + rows - 1, place]


def _names(book: Book, sheet: Any, table: Table, name: str, rows: int) -> list[Any]:
    """Return the cells that name the bars: those of the table, or formulas that cut them where one is long."""
    given = [str(text) for text in table.frame[name].head(rows).to_list()]
    cells = _range(table, name, rows)
    if max(map(len, given)) <= NAME:
        return cells
    for place, text in enumerate(given):
        cell = xl_rowcol_to_cell(FIRST_ROW + place, cells[2])
        whole = f"{quote_sheetname(table.sheet)}!{cell}"
        formula = f'=IF(LEN({whole})>{NAME},LEFT({whole},{NAME - 1})&"…",{whole})'
        sheet.write_formula(FIRST_ROW + place, HELPER, formula, book.format("plain"), truncated(text, NAME))
    sheet.set_column(HELPER, HELPER, 9, None, {"hidden": True})
    return ["Charts", FIRST_ROW, HELPER, FIRST_ROW + rows - 1, HELPER]


def _money_axis(book: Book, table: Table, name: str) -> dict[str, Any]:
    largest = max((abs(value) for value in table.frame[name].drop_nulls().to_list()), default=0.0)
    for size, mask, word in ((1e6, '0.0,,"', " m"), (1e4, '#,##0,"', " k")):
        if largest >= size:
            return {"num_format": f'{mask}{word}"', "name": book.pack.currency, "name_font": FONT}
    return {"num_format": "#,##0", "name": book.pack.currency, "name_font": FONT}


def _time_axis() -> dict[str, Any]:
    return {
        "date_axis": True,
        "num_format": "mmm yy",
        "major_unit": 3,
        "major_unit_type": "months",
        "num_font": FONT,
        "line": {"color": RULE},
        "major_tick_mark": "none",
    }


def _dress(chart: Any, title: str, y_axis: Mapping[str, Any]) -> None:
    chart.set_title({"name": title, "name_font": {"name": "Arial", "size": 11, "color": INK}, "overlay": False})
    chart.set_y_axis(
        {
            **y_axis,
            "num_font": FONT,
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": RULE}},
        }
    )
    chart.set_legend({"position": "bottom", "font": FONT})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size({"width": WIDE, "height": HIGH})
