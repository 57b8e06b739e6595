"""How a table becomes a sheet: title, live totals, frozen headings, filter, formats, print set-up."""

from __future__ import annotations

import dataclasses
import math
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from os import PathLike
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from credrisk.atomic import new_file
from credrisk.injection import FORMULA_STARTS
from credrisk.ledger.money import EXPONENTS
from credrisk.reports.columns import Column, columns_of
from credrisk.reports.pack import Pack
from credrisk.reports.paper import ROW_HEIGHT, pages_high
from credrisk.reports.style import ACCENT, INK, MARK, MUTED, RULE
from credrisk.reports.totals import has_values, total
from credrisk.reports.views import NUMERIC, SMALLEST_P, as_text

__all__ = ["FIRST_ROW", "HEADER_ROW", "TOTAL_ROW", "Book", "Table", "new_workbook", "write_table"]

TOTAL_ROW, HEADER_ROW, FIRST_ROW = 2, 3, 4
"""Rows (from 0) of every table sheet: title, subtitle, totals, headings, data."""

LONGEST_TEXT = 32_767
_SUM_OF_SHOWN = 109
_BARS = {
    "ageing": ("past_due", "#edc994"),
    "scores": ("expected_loss", "#eab9a2"),
    "queue": ("gain", "#b3d0df"),
    "pack_queue": ("gain", "#b3d0df"),
}
_HEAT = {
    "scores": ("pd_12m",),
    "roll_rates": ("rate",),
    "migration": ("share",),
    "utilisation": ("utilisation",),
}
"""By table the columns whose cells are the darker the higher."""
_HEAT_OVER = {"cohorts": "open_"}
"""By table how the names of columns begin whose cells are the darker the higher, over all of them."""
ENTRY = {"bg_color": "#fbf7ec", "border": 1, "border_color": RULE}
"""Cells that people fill in."""
_LINE_HEIGHT, _HIGHEST_ROW = 12.0, 409.0
"""Points of one line of 9-point text, and the most that a row may have."""
_CHARACTERS_A_WIDTH = 1.3
"""Characters of 9-point Arial that fit into one unit of column width, on the safe side."""
_TITLE_WIDTH, _SUBTITLE_WIDTH, _EMPTY_WIDTH = 1.6, 0.85, 8.43
"""Units of column width of a character of the title and of the line under it, and of a column without a width."""
_CENTS = {0: "#,##0;-#,##0", 2: "#,##0.00;-#,##0.00", 3: "#,##0.000;-#,##0.000"}
"""Formats of exact amounts by the decimals of their currency."""
_TITLE_HEIGHT = 24
_NO_ROWS = "Nothing to list."
_HALVES = {
    "money": (0.499999, "0;0"),
    "days": (0.499999, "0;0"),
    "percent": (0.000499999, "0.0%;0.0%"),
    "probability": (0.0000499999, "0.00%;0.00%"),
}
"""By kind the most that is rounded to zero, and the format in which it has no minus."""
_HEADER_HEIGHT = 36  # two lines, and under them the button of the filter


@dataclass(frozen=True)
class Table:
    """A frame and the sheet it goes to.

    Attributes
    ----------
    columns
        Known once it is written.
    formulas
        Column -> the formula of each of its cells. Cells of the same row stand in braces by the names of their columns:
        ``{past_due}/{open_balance}``; ``{total_past_due}`` is the sum above a column. The frame holds the value, for
        readers that do not calculate.
    as_values
        Rows (from 0) in which values stand where the others have formulas.
    """

    key: str
    sheet: str
    title: str
    subtitle: str
    frame: pl.DataFrame
    columns: tuple[Column, ...] = ()
    formulas: Mapping[str, str] = field(default_factory=dict)
    as_values: frozenset[int] = frozenset()

    def cells(self, name: str) -> str:
        """Return the range of a column, as a formula on another sheet names it."""
        letter = xl_col_to_name(next(i for i, column in enumerate(self.columns) if column.name == name))
        return f"'{self.sheet}'!${letter}${FIRST_ROW + 1}:${letter}${FIRST_ROW + self.frame.height}"


class Book:
    """The open workbook with its cell formats, made once each.

    ``printed_rows`` is how many rows of a long table go on paper, the first ones; every row where None.
    """

    def __init__(self, file: Any, pack: Pack, *, printed_rows: int | None = None) -> None:
        self.file, self.pack, self.printed_rows = file, pack, printed_rows
        self._formats: dict[str, Any] = {}
        decimals = EXPONENTS.get(pack.currency, 2)
        cents = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        base = {"font_name": "Arial", "font_size": 9, "font_color": INK, "valign": "top"}
        figure, said = {**base, "align": "right"}, {**base, "align": "left", "indent": 1}
        head = {**base, "bold": True, "text_wrap": True, "valign": "top", "bg_color": ACCENT, "font_color": "#ffffff"}
        sums = {**base, "bold": True, "bottom": 1, "bottom_color": RULE}
        middle = {
            "valign": "vcenter"
        }  # of single lines under a rule; in tables the rows of long texts start at the top
        self._looks: dict[str, dict[str, Any]] = {
            "plain": {**said, **middle},
            "id": said,
            "code": said,
            "text": said,
            "wrapped": {**said, "text_wrap": True},
            "long": {**said, "text_wrap": True},
            "state": said,
            "money": {**figure, "num_format": "#,##0;-#,##0"},
            "cents": {**figure, **middle, "num_format": f"{cents};-{cents}"},
            "percent": {**figure, "num_format": "0.0%"},
            "probability": {**figure, "num_format": "0.00%"},
            "days": {**figure, "num_format": "#,##0"},
            "count": {**figure, "num_format": "#,##0"},
            "number": {**figure, "num_format": "#,##0.000"},
            "p_value": {**figure, "num_format": f'[<{SMALLEST_P}]"< {SMALLEST_P}";0.000'},
            "date": {**said, "num_format": "yyyy-mm-dd", "align": "left"},
            **{f"cents_{places}": {**figure, "num_format": look} for places, look in _CENTS.items()},
            "date_right": {**figure, **middle, "num_format": "yyyy-mm-dd"},
            "text_right": {**figure, **middle},
            "choice": {**figure, **middle, **ENTRY, "bold": True},
            "entry_state": {**said, **ENTRY},
            "entry_id": {**said, **ENTRY},
            "entry_text": {**said, **ENTRY, "text_wrap": True},
            "entry_date": {**said, **ENTRY, "num_format": "yyyy-mm-dd", "align": "left"},
            "entry_number": {**figure, **ENTRY, "num_format": "0.###"},
            "entry_count": {**figure, **ENTRY, "num_format": "0"},
            "entry_money": {**figure, **ENTRY, "num_format": f"{cents};-{cents}"},
            "signed": {**said, "bottom": 1, "bottom_color": INK},
            "header": {**head, "align": "left", "indent": 1},
            "header_right": {**head, "align": "right"},
            "total": {**sums, "num_format": "#,##0;-#,##0", "align": "right"},
            "total_label": {**sums, "indent": 1},
            "title": {**base, "font_size": 16, "bold": True},
            "subtitle": {**base, "font_color": MUTED},
            "section": {**base, "font_size": 12, "bold": True, "bottom": 1, "bottom_color": INK},
            "label": {**said, **middle, "font_color": MUTED},
            "link": {**said, **middle, "font_color": ACCENT, "underline": 1},
            "figure": {**figure, **middle, "bold": True},
            "warning": {**said, **middle, "text_wrap": True, "bg_color": "#fbf7ec"},
        }
        self._looks |= {f"{look}_middle": {**self._looks[look], **middle} for look in (*NUMERIC, "wrapped")}

    def format(self, look: str, *, quoted: bool = False) -> Any:
        """Return the cell format called ``look``; ``quoted`` keeps a text a text when the cell is edited."""
        key = f"{look}'" if quoted else look
        if key not in self._formats:
            self._formats[key] = self.file.add_format(
                {**self._looks[look], **({"quote_prefix": True} if quoted else {})}
            )
        return self._formats[key]

    def text(self, sheet: Any, row: int, column: int, text: str, look: str = "plain") -> None:
        """Write a text as a text, whatever it begins with."""
        if text:
            sheet.write_string(
                row, column, text[:LONGEST_TEXT], self.format(look, quoted=text.startswith(FORMULA_STARTS))
            )

    def value(self, sheet: Any, row: int, place: int, value: Any, kind: str, currency: str | None = None) -> None:
        """Write a value in its kind's format (``cents`` by its currency); nothing where it was not measured."""
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return
        if isinstance(value, date):
            sheet.write_datetime(row, place, value, self.format("date"))
        elif kind.removesuffix("_middle") in NUMERIC and not isinstance(value, (str, bool)):
            look = f"cents_{EXPONENTS.get(currency or self.pack.currency, 2)}" if kind == "cents" else kind
            sheet.write_number(row, place, value, self.format(look))
        else:
            plain = isinstance(value, str) and kind != "state"
            text = value if plain else as_text(value, "state" if kind == "state" else "long") or ""
            self.text(sheet, row, place, text, kind if kind in self._looks else "plain")

    def title(self, sheet: Any, title: str, subtitle: str) -> None:
        """Write the two lines above a table."""
        sheet.set_row(0, _TITLE_HEIGHT)
        self.text(sheet, 0, 0, title, "title")
        self.text(sheet, 1, 0, subtitle, "subtitle")

    def print_setup(self, sheet: Any, *, header_row: int, last_row: int, last_column: int, pages: int = 0) -> None:
        """Set up the paper: landscape A4, one page wide (and ``pages`` high), headings on every page, page numbers."""
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, pages)
        sheet.print_area(0, 0, max(last_row, header_row), last_column)
        sheet.repeat_rows(header_row)
        name = self.pack.title.replace("&", "&&")[:80]
        sheet.set_footer(f'&L&"Arial"&8{name}, {self.pack.as_of.isoformat()}&C&"Arial"&8&A&R&"Arial"&8&P / &N')


@contextmanager
def new_workbook(
    path: str | PathLike[str], *, title: str, day: date, subject: str = "", keywords: str = ""
) -> Iterator[xlsxwriter.Workbook]:
    """Open a workbook for writing and put it at ``path`` once all is written; texts never become formulas or links.

    ``day`` is the day of its creation, so that the same contents are the same bytes.
    """
    with new_file(path) as draft:
        file = xlsxwriter.Workbook(str(draft), {"strings_to_formulas": False, "strings_to_urls": False})
        said = {"title": title, "subject": subject, "author": "credrisk", "keywords": keywords}
        created = datetime(day.year, day.month, day.day)
        file.set_properties({**{name: text for name, text in said.items() if text}, "created": created})
        yield file
        file.close()


def write_table(book: Book, table: Table) -> Table:
    """Write a table to its sheet and return it with the columns that were written."""
    sheet = book.file.add_worksheet(table.sheet)
    sheet.hide_gridlines(2)
    every = columns_of(table.key, table.frame)
    columns = (*(c for c in every if c.printed), *(c for c in every if not c.printed))
    table = dataclasses.replace(table, columns=columns, frame=_to_the_cent(book, table.frame, columns))
    book.title(sheet, table.title, table.subtitle)
    if not columns:
        book.text(sheet, HEADER_ROW, 0, "Nothing was measured.", "subtitle")
        sheet.set_column(0, 0, 30)
        return table
    height, last = table.frame.height, len(columns) - 1
    heights = _heights(table)
    for row, points in enumerate(heights):
        if points != ROW_HEIGHT:
            sheet.set_row(FIRST_ROW + row, points)
    for place, column in enumerate(columns):
        _write_column(book, sheet, table, place, column)
    sheet.set_row(HEADER_ROW, _HEADER_HEIGHT)
    sheet.autofilter(HEADER_ROW, 0, HEADER_ROW + max(height, 1), last)
    named = next((place for place, column in enumerate(columns) if column.name == "name"), -1)
    sheet.freeze_panes(FIRST_ROW, named + 1)
    _paint(book, sheet, table)
    _paint_over(sheet, table)
    _without_minus(book, sheet, table)
    printed = max((place for place, column in enumerate(columns) if column.printed), default=last)
    if printed == last:
        printed += _columns_beside(table)
    on_paper = height if book.printed_rows is None else min(height, book.printed_rows)
    widths = [_width(one, table.frame[one.name].to_list()) for one in columns[: printed + 1]]
    widths += [_EMPTY_WIDTH] * (printed + 1 - len(widths))
    pages = pages_high(widths, (_TITLE_HEIGHT, ROW_HEIGHT, ROW_HEIGHT, _HEADER_HEIGHT, *heights[:on_paper]))
    last_row = HEADER_ROW + on_paper
    book.print_setup(sheet, header_row=HEADER_ROW, last_row=last_row, last_column=printed, pages=pages)
    if not height:
        book.text(sheet, TOTAL_ROW, 0, _NO_ROWS, "subtitle")
    return table


def _to_the_cent(book: Book, frame: pl.DataFrame, columns: tuple[Column, ...]) -> pl.DataFrame:
    """Return the frame with amounts rounded to the smallest unit: sums have tails such as 0.810000001."""
    decimals = EXPONENTS.get(book.pack.currency, 2) if "currency" not in frame.columns else max(EXPONENTS.values())
    amounts = [one.name for one in columns if one.kind in ("money", "cents") and frame.schema[one.name].is_float()]
    return frame.with_columns(pl.col(name).round(decimals) + 0.0 for name in amounts)


def _columns_beside(table: Table) -> int:
    """Return how many empty columns have to be printed beside a narrow table, for its title to be read whole."""
    widths = sum(_width(column, table.frame[column.name].to_list()) for column in table.columns)
    said = max(_TITLE_WIDTH * len(table.title), _SUBTITLE_WIDTH * len(table.subtitle))
    return max(0, math.ceil((said - widths) / _EMPTY_WIDTH))


def _write_column(book: Book, sheet: Any, table: Table, place: int, column: Column) -> None:
    values = table.frame[column.name].to_list()
    sheet.set_column(place, place, _width(column, values))
    sheet.write_string(
        HEADER_ROW, place, column.heading, book.format("header_right" if column.kind in NUMERIC else "header")
    )
    help_text = {"validate": "any", "input_title": column.heading[:32], "input_message": column.definition[:255]}
    sheet.data_validation(HEADER_ROW, place, HEADER_ROW, place, help_text)
    coded = table.frame["currency"].to_list() if "currency" in table.frame.columns else [None] * len(values)
    template = table.formulas.get(column.name)
    letters = {one.name: xl_col_to_name(index) for index, one in enumerate(table.columns)} if template else {}
    for row, (value, currency) in enumerate(zip(values, coded, strict=True), start=FIRST_ROW):
        if template and value is not None and row - FIRST_ROW not in table.as_values:
            cells = {name: f"{letter}{row + 1}" for name, letter in letters.items()}
            cells |= {f"total_{name}": f"${letter}${TOTAL_ROW + 1}" for name, letter in letters.items()}
            look = f"cents_{EXPONENTS.get(book.pack.currency, 2)}" if column.kind == "cents" else column.kind
            sheet.write_formula(row, place, f"={template.format_map(cells)}", book.format(look), value)
        else:
            book.value(sheet, row, place, value, column.kind, currency)
    if place == 0 and any(c.total for c in table.columns) and table.key != "history" and values:
        book.text(sheet, TOTAL_ROW, 0, "Shown rows", "total_label")
    if column.total and has_values(table.frame, column.name) and table.key != "history":
        letter = xl_col_to_name(place)
        formula = f"=SUBTOTAL({_SUM_OF_SHOWN},{letter}{FIRST_ROW + 1}:{letter}{FIRST_ROW + len(values)})"
        sheet.write_formula(TOTAL_ROW, place, formula, book.format("total"), total(table.frame, column.name))


def _heights(table: Table) -> list[float]:
    """Return the points of each row by its longest wrapped text: readers of the file do not work them out."""
    wrapped = [(column, table.frame[column.name].to_list()) for column in table.columns if column.kind == "long"]
    widths = [_width(column, values) for column, values in wrapped]
    heights = []
    for row in range(table.frame.height):
        lines = [
            len(textwrap.wrap(str(values[row] or ""), max(int(width * _CHARACTERS_A_WIDTH), 8))) or 1
            for (_, values), width in zip(wrapped, widths, strict=True)
        ]
        most = max(lines, default=1)
        heights.append(min(_LINE_HEIGHT * most + 3, _HIGHEST_ROW) if most > 1 else ROW_HEIGHT)
    return heights


def _width(column: Column, values: list[Any]) -> float:
    """Return a width that fits every figure, and text up to the declared width; headings wrap between words."""
    longest = max((len(as_text(value, column.kind) or "") for value in values), default=0)
    word = max(len(word) for word in column.heading.split()) + 4
    if column.kind in NUMERIC:
        return max(word, longest + 3, 9)
    return max(word, min(column.width, 0.9 * longest + 3))


def _paint_over(sheet: Any, table: Table) -> None:
    """Darken the cells of neighbouring columns by one scale."""
    start = _HEAT_OVER.get(table.key)
    places = [place for place, column in enumerate(table.columns) if start and column.name.startswith(start)]
    if places and table.frame.height:
        span = (FIRST_ROW, places[0], HEADER_ROW + table.frame.height, places[-1])
        sheet.conditional_format(*span, {"type": "2_color_scale", "min_color": "#ffffff", "max_color": "#f0c987"})


def _without_minus(book: Book, sheet: Any, table: Table) -> None:
    """Show amounts and shares that are rounded to zero without a minus."""
    for place, column in enumerate(table.columns):
        half, zero = _HALVES.get(column.kind, (0.0, ""))
        values = [value for value in table.frame[column.name].to_list() if value is not None] if zero else []
        for first, last, among in (
            (FIRST_ROW, HEADER_ROW + table.frame.height, values),
            (TOTAL_ROW, TOTAL_ROW, [total(table.frame, column.name)] if column.total and values else []),
        ):
            if any(-half <= value < 0 for value in among):
                look = book.file.add_format({"num_format": zero})
                within = {"type": "cell", "criteria": "between", "minimum": -half, "maximum": 0, "format": look}
                sheet.conditional_format(first, place, last, place, within)


def _paint(book: Book, sheet: Any, table: Table) -> None:
    """Add data bars to the column that matters, and colour to what must not be overlooked."""
    height = table.frame.height
    if not height:
        return
    for place, column in enumerate(table.columns):
        span = (FIRST_ROW, place, HEADER_ROW + height, place)
        measure, colour = _BARS.get(table.key, ("", ""))
        if column.name == measure:
            bar = {"type": "data_bar", "bar_color": colour, "bar_solid": True, "min_type": "num", "min_value": 0}
            sheet.conditional_format(*span, {**bar, "bar_negative_color": "#cccccc", "bar_axis_position": "none"})
        if column.name in _HEAT.get(table.key, ()):
            scale = {"type": "2_color_scale", "min_color": "#ffffff", "max_color": "#f0c987"}
            sheet.conditional_format(*span, scale)
        for word in {"action": ("stop", "lower"), "severity": ("error",)}.get(column.name, ()):
            if table.key not in ("queue", "pack_queue"):
                look = book.file.add_format({"font_color": MARK, "bold": True})
                sheet.conditional_format(
                    *span, {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look}
                )
        if column.name == "change":
            look = book.file.add_format({"font_color": MARK})
            sheet.conditional_format(*span, {"type": "cell", "criteria": "<", "value": 0, "format": look})
