"""The pack's workbook: what a controller sums, checks and prints, and what comes back by `credrisk apply`."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike

from xlsxwriter.utility import xl_col_to_name

from credrisk.reports.book import Book as PackBook
from credrisk.reports.book_charts import write_charts
from credrisk.reports.book_cover import write_cover
from credrisk.reports.book_sheets import HAND_RULES, LIMIT_RULES, book_tables
from credrisk.reports.book_stamp import write_stamp
from credrisk.reports.entry_cells import write_entry_table
from credrisk.reports.memo_sheet import write_memo_sheet
from credrisk.reports.sheets import FIRST_ROW, Book, Table, new_workbook, write_table
from credrisk.reports.style import MARK
from credrisk.reports.workbook import write_definitions
from credrisk.reports.worklist_sheet import RULES as WORKLIST_RULES

__all__ = ["write_book_workbook"]

PRINTED_ROWS = 60
"""Rows of a sheet on paper: the largest, worst or latest; the whole tables are for the screen."""
EDITED = {"pack_limits": LIMIT_RULES, "pack_queue": HAND_RULES, "worklist": WORKLIST_RULES}
"""The sheets that come back: the rules of their cells to be filled in."""


def write_book_workbook(path: str | PathLike[str], pack: PackBook) -> None:
    """Write ``pack`` as ``.xlsx``: the same bytes for the same pack.

    Sheets: Cover (answers, live figures, checks, contents), Charts, Memo of a customer that is chosen there, the ageing
    by customer and by what else is known, open items, the measures of the portfolio, scores, limits, queue and
    worklist with cells to be filled in, promises, disputes, findings, back-test, history, definitions; hidden, a stamp
    of what it was made from. Parts that were not measured have no sheet; the cover says why. Text is written as text
    whatever it begins with. Beside every formula stands its value, for readers that do not calculate.
    """
    day = pack.as_of.isoformat()
    with new_workbook(
        path,
        title=f"{pack.title}: monthly pack as of {day}",
        day=pack.as_of,
        subject=f"Receivables as of {day}, amounts in {pack.currency}",
        keywords="credit risk, receivables, credit limits, collection queue, provision",
    ) as file:
        book = Book(file, pack, printed_rows=PRINTED_ROWS)
        cover, charts, memo = (file.add_worksheet(name) for name in ("Cover", "Charts", "Memo"))
        written = [_write(book, table) for table in book_tables(pack)]
        by_key = {table.key: table for table in written}
        by_sheet = {table.sheet: table for table in written}
        write_charts(book, charts, by_sheet)
        write_memo_sheet(book, memo, by_key | {"limits": replace(by_key["pack_limits"], key="limits")})
        write_definitions(book, written)
        write_cover(book, cover, pack, written)
        edited = [by_key[key] for key in EDITED]
        others = [table for table in written if table.key not in EDITED]
        write_stamp(book, pack, edited, [name for rules in EDITED.values() for name in rules], others)


def _write(book: Book, table: Table) -> Table:
    if table.key not in EDITED:
        return write_table(book, table)
    written = write_entry_table(book, table, EDITED[table.key])
    if written.columns and table.frame.height and table.key != "worklist":
        _warn_of_gaps(book, written)
    return written


def _warn_of_gaps(book: Book, table: Table) -> None:
    """Colour the cells that a decision still lacks: its reason, its end."""
    sheet = book.file.get_worksheet_by_name(table.sheet)
    letters = {column.name: xl_col_to_name(place) for place, column in enumerate(table.columns)}
    last, row = FIRST_ROW + table.frame.height - 1, FIRST_ROW + 1
    look = book.file.add_format({"bg_color": "#f6d9c6", "border": 1, "border_color": MARK})

    def warn(name: str, formula: str) -> None:
        place = next(place for place, column in enumerate(table.columns) if column.name == name)
        criteria = f"={formula}"
        sheet.conditional_format(
            FIRST_ROW, place, last, place, {"type": "formula", "criteria": criteria, "format": look}
        )

    def cell(name: str) -> str:
        return f"${letters[name]}{row}"

    if table.key == "pack_limits" and "recommended_limit" in letters:
        differs = f'AND({cell("new_limit")}<>"",{cell("new_limit")}<>{cell("recommended_limit")}'
        warn("limit_reason", f'{differs},TRIM({cell("limit_reason")})="")')
        return
    if table.key == "pack_queue":
        asked = f'OR({cell("hand_what")}<>"",{cell("new_place")}<>"")'
        for name in ("hand_until", "hand_reason"):
            warn(name, f'AND({asked},{cell(name)}="")')
        warn("hand_factor", f'AND({cell("hand_what")}="boost",{cell("hand_factor")}="")')
