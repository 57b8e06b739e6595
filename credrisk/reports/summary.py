"""The first sheet: key figures, the ageing with live sums and its chart, and what was not measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credrisk.reports.answers import answers
from credrisk.reports.buckets import bucket_heading, buckets_among
from credrisk.reports.months import day_in_words
from credrisk.reports.sheets import Book, Table
from credrisk.reports.style import INK, MUTED, RULE, bucket_colours
from credrisk.reports.totals import has_values, total

__all__ = [
    "WIDTHS",
    "write_ageing_block",
    "write_answers",
    "write_notes",
    "write_pairs",
    "write_section",
    "write_summary",
]

WIDTHS = (31, 19, 13, 74)


def write_summary(book: Book, sheet: Any, tables: Mapping[str, Table]) -> None:
    """Write the summary; its sums are formulas over the sheet Ageing."""
    pack = book.pack
    sheet.hide_gridlines(2)
    for place, width in enumerate(WIDTHS):
        sheet.set_column(place, place, width)
    covers = (
        f" The ledger covers {day_in_words(pack.covers[0])} to {day_in_words(pack.covers[1])}." if pack.covers else ""
    )
    book.title(sheet, pack.title, f"As of {day_in_words(pack.as_of)}. Amounts in {pack.currency}.{covers}")
    row = write_answers(book, sheet, 3)
    row = _key_figures(book, sheet, row)
    row = write_ageing_block(book, sheet, row, tables["ageing"])
    row = write_notes(book, sheet, row)
    row = write_pairs(book, sheet, row, "Versions and settings", pack.settings)
    book.print_setup(sheet, header_row=0, last_row=row, last_column=len(WIDTHS) - 1)
    sheet.fit_to_pages(1, 1)
    sheet.activate()


def write_section(book: Book, sheet: Any, row: int, heading: str) -> int:
    """Write the heading of a section and return the row after it."""
    for place in range(len(WIDTHS)):
        sheet.write_blank(row, place, None, book.format("section"))
    book.text(sheet, row, 0, heading, "section")
    sheet.set_row(row, 20)
    return row + 1


def write_answers(book: Book, sheet: Any, row: int) -> int:
    """Write the three answers in a sentence each."""
    row = write_section(book, sheet, row, "Three answers")
    for answer in answers(book.pack):
        book.text(sheet, row, 0, answer.question, "label")
        book.text(sheet, row, 1, answer.sentence, "plain")
        row += 1
    return row + 1


def _key_figures(book: Book, sheet: Any, row: int) -> int:
    if not book.pack.headline:
        return row
    row = write_section(book, sheet, row, "Key figures")
    for label, (value, note) in book.pack.headline.items():
        book.text(sheet, row, 0, label, "label")
        book.text(sheet, row, 1, value, "figure")
        book.text(sheet, row, 2, note, "plain")
        row += 1
    return row + 1


def write_ageing_block(book: Book, sheet: Any, row: int, table: Table) -> int:
    """Write the ageing of the whole book as sums over its sheet, with the chart."""
    frame = table.frame
    buckets = buckets_among(frame.columns)
    if not buckets or frame.is_empty():
        return row
    row = write_section(book, sheet, row, f"Ageing, {book.pack.currency}")
    first, every = row, f"$B${row + 1}:$B${row + len(buckets)}"
    sums = {name: total(frame, name) for name in frame.columns if frame.schema[name].is_numeric()}
    debits = sum(sums[name] for name in buckets)
    for name in buckets:
        book.text(sheet, row, 0, bucket_heading(name), "label")
        sheet.write_formula(row, 1, f"=SUM({table.cells(name)})", book.format("cents"), sums[name])
        share = f'=IF(SUM({every})=0,"",B{row + 1}/SUM({every}))'
        sheet.write_formula(row, 2, share, book.format("percent"), sums[name] / debits if debits else "")
        row += 1
    for name, heading in (
        ("late_fees", "Late fees"),
        ("open_credits", "Open credits"),
        ("open_balance", "Open balance"),
        ("unapplied_cash", "Unapplied cash"),
        ("net_balance", "Net balance"),
    ):
        if has_values(frame, name):
            book.text(sheet, row, 0, heading, "label")
            sheet.write_formula(row, 1, f"=SUM({table.cells(name)})", book.format("cents"), sums[name])
            row += 1
    _chart(book, sheet, first, buckets)
    return max(row, first + 11) + 1


def _chart(book: Book, sheet: Any, first: int, buckets: list[str]) -> None:
    chart = book.file.add_chart({"type": "bar"})
    count = len(buckets)
    chart.add_series(
        {
            "categories": [sheet.get_name(), first, 0, first + count - 1, 0],
            "values": [sheet.get_name(), first, 1, first + count - 1, 1],
            "points": [{"fill": {"color": colour}} for colour in bucket_colours(count)],
            "gap": 45,
            "data_labels": {"value": True, "num_format": "#,##0", "font": {"color": INK, "size": 9, "name": "Arial"}},
        }
    )
    quiet = {"color": MUTED, "size": 9, "name": "Arial"}
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_y_axis({"reverse": True, "num_font": quiet, "line": {"color": RULE}, "major_tick_mark": "none"})
    chart.set_legend({"none": True})
    chart.set_title({"none": True})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size({"width": 520, "height": 210})
    sheet.insert_chart(
        first, 3, chart, {"x_offset": 6, "y_offset": 4, "description": "Open debit items by days past due"}
    )


def write_notes(book: Book, sheet: Any, row: int) -> int:
    """Write what was not measured, or on little evidence."""
    if not book.pack.notes:
        return row
    row = write_section(book, sheet, row, "Not measured, or on little evidence")
    for note in book.pack.notes:
        sheet.merge_range(row, 0, row, len(WIDTHS) - 1, "", book.format("warning"))
        book.text(sheet, row, 0, note, "warning")
        sheet.set_row(row, 15 * max(1, -(-len(note) // 130)))
        row += 1
    return row + 1


def write_pairs(book: Book, sheet: Any, row: int, heading: str, pairs: Mapping[str, str]) -> int:
    """Write labels with their texts."""
    if not pairs:
        return row
    row = write_section(book, sheet, row, heading)
    for label, text in pairs.items():
        book.text(sheet, row, 0, label, "label")
        book.text(sheet, row, 1, text, "plain")
        row += 1
    return row
