"""Sheets of the provision's workbook and what they are made of: headings, formulas, tables of words, and the checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_rowcol_to_cell

from credrisk.ledger.money import EXPONENTS
from credrisk.portfolio.provision.disclosure import LINES_IN_WORDS
from credrisk.portfolio.provision.pool import IMPAIRED
from credrisk.reports.months import day_in_words
from credrisk.reports.provision_pack import ProvisionPack
from credrisk.reports.sheets import Book

__all__ = ["DECIMALS", "FIRST", "LINE", "LONG", "ProvisionSheets"]

FIRST = 4
"""Row (from 0) of the headings of every sheet."""
LONG, LINE = 70, 12.5
"""Characters that fit into the widest column, and the points of a line."""
MERGED = 95
"""Characters of a line of a note under the movement, over its four columns."""
DECIMALS = 6
"""Of a formula's cached value, which spreadsheets work out anew, and of a rate that is given in per cent."""


class ProvisionSheets:
    """Writes sheets that hold values; each check is noted as it is written, and a sheet of its own holds them all."""

    def __init__(self, book: Book, pack: ProvisionPack) -> None:
        self.book, self.pack, self.found = book, pack, pack.found
        self.when = f"As of {day_in_words(pack.found.as_of)}, amounts in {pack.found.currency}."
        self.checks: list[tuple[str, str, str]] = []
        self.total = ""
        self.places = EXPONENTS.get(pack.found.currency, 2)
        impaired = pack.found.items.filter(pl.col("state") == IMPAIRED)
        self.impaired = impaired.select("segment", "customer_id").n_unique() if impaired.height else 0
        cents = "#,##0" + (f".{'0' * self.places}" if self.places else "")
        bold = {"font_name": "Arial", "font_size": 9, "bold": True, "align": "right", "valign": "vcenter", "top": 1}
        self.totals = {
            "total_cents": book.file.add_format({**bold, "num_format": f"{cents};-{cents}"}),
            "total_count": book.file.add_format({**bold, "num_format": "#,##0"}),
        }

    def _sheet(self, name: str, title: str, subtitle: str) -> Any:
        sheet = self.book.file.add_worksheet(name)
        sheet.hide_gridlines(2)
        self.book.title(sheet, title, subtitle)
        return sheet

    def _heads(self, sheet: Any, headings: Sequence[str], right: Sequence[int], widths: Sequence[float]) -> None:
        sheet.set_row(FIRST, 38)
        for place, (heading, width) in enumerate(zip(headings, widths, strict=True)):
            look = "header_right" if place in right else "header"
            sheet.write_string(FIRST, place, heading, self.book.format(look))
            sheet.set_column(place, place, width)
        sheet.freeze_panes(FIRST + 1, 1)

    def _formula(self, sheet: Any, row: int, column: int, formula: str, look: str, value: float) -> str:
        style = self.totals[look] if look in self.totals else self.book.format(look)
        sheet.write_formula(row, column, formula, style, round(value, DECIMALS))
        return str(xl_rowcol_to_cell(row, column))

    @staticmethod
    def _sum_of(sheet: str, column: str, rows: int, **equal: str) -> str:
        """Return the sum of a column where others equal cells: letter by letter, for SUMIFS takes * and > as signs."""
        last = FIRST + 1 + max(rows, 1)
        span = f"${FIRST + 2}:{{0}}${last}"
        same = "*".join(f"EXACT({sheet}!${place}{span.format('$' + place)},{cell})" for place, cell in equal.items())
        return f"=SUMPRODUCT({same}*{sheet}!${column}{span.format('$' + column)})"

    def _finish(self, sheet: Any, last_row: int, last_column: int) -> None:
        self.book.print_setup(sheet, header_row=FIRST, last_row=last_row, last_column=last_column)

    def _movement(self) -> None:
        movement = self.pack.movement
        if movement is None:
            return
        title = f"Movement of the allowance, {movement.opening_on} to {movement.closing_on}"
        sheet = self._sheet("Movement", title, self.when)
        self._heads(sheet, ("Line", "Pool", "Specific", "Total"), (1, 2, 3), (44, 17, 17, 17))
        rows = list(movement.table.iter_rows())
        start, end = FIRST + 1, FIRST + len(rows)
        for line, (name, *amounts) in enumerate(rows, start=start):
            self.book.text(sheet, line, 0, LINES_IN_WORDS[name])
            for place, amount in enumerate(amounts[:2], start=1):
                if name == "closing":
                    top, bottom = xl_rowcol_to_cell(start, place), xl_rowcol_to_cell(line - 1, place)
                    self._formula(sheet, line, place, f"=SUM({top}:{bottom})", "cents", amount)
                else:
                    self.book.value(sheet, line, place, amount, "cents", self.found.currency)
            self._formula(sheet, line, 3, f"=B{line + 1}+C{line + 1}", "cents", amounts[2])
        self.checks.append(
            (
                "Movement's closing less the matrix",
                f"=ROUND(Movement!D{end + 1}-{self.total},{self.places})",
                "What it did to the allowance, less instead of more: movement and journal stay as measured",
            )
            if self.found.matrix.height
            else ("Movement's closing", f"=ROUND(Movement!D{end + 1},{self.places})", "0")
        )
        last = end + 1 + len(movement.notes)
        for line, note in enumerate(movement.notes, start=end + 2):
            sheet.merge_range(line, 0, line, 3, "", self.book.format("wrapped"))
            self.book.text(sheet, line, 0, note, "wrapped")
            sheet.set_row(line, LINE * -(-len(note) // MERGED) + 2)
        self._finish(sheet, last, 3)

    def _journal(self) -> None:
        journal = self.pack.journal
        if journal is None or journal.is_empty():
            return
        sheet = self._sheet("Journal", "Journal entry", self.when)
        self._heads(sheet, ("Entry", "Account", "Role", "Text", "Debit", "Credit"), (4, 5), (14, 12, 20, 62, 16, 16))
        for line, row in enumerate(journal.iter_rows(named=True), start=FIRST + 1):
            self.book.text(sheet, line, 0, row["entry"].replace("_", " "))
            self.book.text(sheet, line, 1, row["account"])
            self.book.text(sheet, line, 2, row["role"].replace("_", " "))
            long = len(row["text"]) > LONG
            self.book.text(sheet, line, 3, row["text"], "wrapped_middle" if long else "plain")
            if long:
                sheet.set_row(line, LINE * -(-len(row["text"]) // LONG) + 2)
            for place, name in ((4, "debit"), (5, "credit")):
                if row[name]:
                    self.book.value(sheet, line, place, row[name], "cents", self.found.currency)
        last = FIRST + journal.height
        self.book.text(sheet, last + 1, 0, "Sum", "total_label")
        for place, name in ((4, "debit"), (5, "credit")):
            top, bottom = xl_rowcol_to_cell(FIRST + 1, place), xl_rowcol_to_cell(last, place)
            self._formula(sheet, last + 1, place, f"=SUM({top}:{bottom})", "total_cents", float(journal[name].sum()))
        self.checks.append(
            (
                "Debits less credits",
                f"=ROUND(Journal!E{last + 2}-Journal!F{last + 2},{self.places})",
                "0: the journal stays as measured",
            )
        )
        self._finish(sheet, last + 1, 5)

    def _texts(
        self, name: str, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]
    ) -> None:
        """Write a table of words; figures in it are numbers where they can be."""
        sheet = self._sheet(name, title, self.when)
        longest = [
            max(len(heading) * 0.7, *(len(row[place]) for row in rows)) for place, heading in enumerate(headings)
        ]
        self._heads(sheet, headings, right, [min(max(width + 3, 11), LONG) for width in longest])
        for line, row in enumerate(rows, start=FIRST + 1):
            for place, cell in enumerate(row):
                number = _number(cell) if place in right else None
                if number is None:
                    long = len(cell) > LONG
                    look = "text_right" if place in right else "wrapped_middle" if long else "plain"
                    self.book.text(sheet, line, place, cell, look)
                    if long:
                        sheet.set_row(line, 2 * LINE)
                elif cell.endswith("%"):
                    self.book.value(sheet, line, place, round(number / 100, DECIMALS), "probability_middle")
                else:
                    look = (
                        "cents"
                        if "." in cell and self.places == 2
                        else "number_middle"
                        if "." in cell
                        else "count_middle"
                    )
                    self.book.value(sheet, line, place, number, look, self.found.currency)
        self._finish(sheet, FIRST + len(rows), len(headings) - 1)

    def _choices(self) -> None:
        sheet = self._sheet(
            "Choices", "What an auditor will ask about", "Contested choices, what was not measured, settings."
        )
        self._heads(sheet, ("Subject", "Paragraph", "What was done"), (), (32, 34, 110))
        rows = [(choice.subject, choice.paragraph, choice.words) for choice in self.found.contested]
        rows += [("Note", "", note) for note in self.found.notes]
        rows += [("For the notes to the accounts", "", sentence) for sentence in self.pack.statements]
        rows += [(label, "", text) for label, text in self.pack.settings.items()]
        for line, row in enumerate(rows, start=FIRST + 1):
            for place, text in enumerate(row):
                if place == 2 and text.replace(".", "", 1).isdecimal():
                    sheet.write_number(line, place, float(text), self.book.format("plain"))
                else:
                    self.book.text(sheet, line, place, text, "wrapped" if place == 2 else "plain")
            sheet.set_row(line, LINE * max(1, -(-len(row[2]) // 130)) + 2)
        self._finish(sheet, FIRST + len(rows), 2)

    def _check_sheet(self) -> None:
        said = "Each line is a formula over the sheets before. After a change of a blue figure see the last column."
        sheet = self._sheet("Checks", "What must be 0", said)
        self._heads(sheet, ("Check", "Difference", "After a change of a blue figure"), (1,), (76, 16, LONG))
        for line, (words, formula, after) in enumerate(self.checks, start=FIRST + 1):
            self.book.text(sheet, line, 0, words)
            self._formula(sheet, line, 1, formula, "cents", 0.0)
            self.book.text(sheet, line, 2, after, "wrapped_middle")
            sheet.set_row(line, LINE * -(-len(after) // LONG) + 2)
        last = FIRST + len(self.checks)
        red = self.book.file.add_format({"bg_color": "#f6d5c5", "bold": True})
        sheet.conditional_format(FIRST + 1, 1, last, 1, {"type": "cell", "criteria": "!=", "value": 0, "format": red})
        self._finish(sheet, last, 2)


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "").removesuffix("%").strip())
    except ValueError:
        return None
