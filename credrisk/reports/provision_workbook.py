"""The provision as a workbook whose matrix is live: change a scenario or a rate and the allowance follows.

Balances, steps, rates, rounding, sums and checks are formulas; items, movement, journal and evidence are values. The
sheet Checks holds every difference that must be 0, and says which of them a change of yours moves.
"""

from __future__ import annotations

from os import PathLike
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_rowcol_to_cell

from credrisk.portfolio.provision.exposures import STEPS
from credrisk.portfolio.provision.pool import IMPAIRED, state_in_words
from credrisk.reports.pack import Pack
from credrisk.reports.provision_pack import STEPS_IN_WORDS, ProvisionPack
from credrisk.reports.provision_sheets import FIRST, LONG, ProvisionSheets
from credrisk.reports.provision_tables import tables_of
from credrisk.reports.sheets import Book, new_workbook
from credrisk.wording import counted

__all__ = ["MOST_ITEMS", "write_provision_workbook"]

MOST_ITEMS = 100_000
"""More items than these are in the CSV file beside the workbook only."""

ALONE_STAYS = "Probabilities add up to 1; the matrix follows. Allowance alone is as measured, by the figures given."
MEASURED = ("past", "rate", "allowance", "coverage", "summed", "check")
"""Columns of the matrix after what is exposed."""


def write_provision_workbook(path: str | PathLike[str], pack: ProvisionPack) -> None:
    """Write ``pack`` as ``.xlsx``: the same bytes for the same pack; texts from the ledger are never formulas."""
    found = pack.found
    with new_workbook(path, title=f"{pack.title} as of {found.as_of.isoformat()}", day=found.as_of) as file:
        book = Book(file, Pack(found.as_of, found.currency, title=pack.title))
        _Workbook(book, pack).write()


class _Workbook(ProvisionSheets):
    """The sheets, in the order in which they are read; each check is noted as it is written."""

    def write(self) -> None:
        # Sheets are made in reading order; the matrix is filled once the rows it refers to are known.
        matrix = self._sheet("Matrix", self.pack.title, f"{self.when} Blue figures are yours to change.")
        scenarios = self._sheet("Scenarios", "The forecast", ALONE_STAYS)
        places = self._scenarios(scenarios)
        self._base()
        self._items()
        self._matrix(matrix, places)
        self._specific()
        self._movement()
        self._journal()
        tables = tables_of(self.pack)
        for key, name in (
            ("ends", "Both ends"),
            ("evidence", "Loss rates"),
            ("dilution", "Dilution"),
            ("backtest", "Past provisions"),
            ("pd_lines", "Against PD"),
            ("pd_customers", "By customer"),
        ):
            if key in tables:
                self._texts(name, tables[key].title, tables[key].headings, tables[key].rows, tables[key].right)
        self._choices()
        self._check_sheet()

    def _scenarios(self, sheet: Any) -> list[tuple[str, str]]:
        """Write the scenarios and return the cells of each one's probability and multiplier."""
        self._heads(
            sheet, ("Scenario", "Probability", "Loss rates times", "Allowance alone"), (1, 2, 3), (30, 13, 16, 18)
        )
        cells = []
        for row, entry in enumerate(self.found.scenarios, start=FIRST + 1):
            self.book.text(sheet, row, 0, entry.name)
            sheet.write_number(row, 1, entry.probability, self._own("0.0%"))
            sheet.write_number(row, 2, entry.multiplier, self._own("0.000"))
            alone = self.found.overlay.filter(pl.col("scenario") == entry.name)["allowance"]
            self.book.value(sheet, row, 3, alone[0], "cents", self.found.currency)
            place = row + 1
            cells.append((f"Scenarios!$B${place}", f"Scenarios!$C${place}"))
        last = FIRST + len(cells)
        total = f"=SUM(B{FIRST + 2}:B{last + 1})"
        self.book.text(sheet, last + 1, 0, "Sum", "total_label")
        self._formula(sheet, last + 1, 1, total, "percent_middle", 1.0)
        self.checks.append(
            ("Probabilities of the scenarios less 1", f"=ROUND(Scenarios!B{last + 2}-1,9)", "0 while they add up to 1")
        )
        self._finish(sheet, last + 1, 3)
        return cells

    def _own(self, number: str) -> Any:
        return self.book.file.add_format(
            {
                "font_name": "Arial",
                "font_size": 9,
                "font_color": "#1f5fbf",
                "align": "right",
                "valign": "vcenter",
                "num_format": number,
            }
        )

    def _matrix(self, sheet: Any, scenarios: list[tuple[str, str]]) -> None:
        found = self.found
        steps = [name for name in STEPS if found.matrix[name].sum()]
        headings = (
            "Segment",
            "Bucket",
            "Items",
            "Gross",
            *(f"less {STEPS_IN_WORDS[name].lower()}" for name in steps),
            "Exposed",
            "Rate before the forecast",
            "Rate",
            "Allowance",
            "of gross",
            "Items' sum",
            "Check",
        )
        widths = (22, 22, 8, 16, *(15 for _ in steps), 16, 10, 10, 15, 9, 15, 9)
        self._heads(sheet, headings, range(2, len(headings)), widths)
        names = ("segment", "state", "items", "gross", *steps, "exposed", *MEASURED)
        column = {name: place for place, name in enumerate(names)}
        for line, row in enumerate(found.matrix.iter_rows(named=True), start=FIRST + 1):
            self._bucket(sheet, line, row, column, scenarios)
        last_row = FIRST + found.matrix.height
        if found.matrix.height:
            self._matrix_checks(column, last_row + 1)
            scale = {"type": "2_color_scale", "min_color": "#ffffff", "max_color": "#f0c987"}
            sheet.conditional_format(FIRST + 1, column["rate"], last_row, column["rate"], scale)
            red = self.book.file.add_format({"bg_color": "#f6d5c5", "bold": True})
            unequal = {"type": "cell", "criteria": "!=", "value": 0, "format": red}
            sheet.conditional_format(FIRST + 1, column["check"], last_row + 1, column["check"], unequal)
        self._matrix_total(sheet, column, last_row)
        sheet.freeze_panes(FIRST + 1, 2)
        self._finish(sheet, last_row + 1, column["check"])

    def _bucket(
        self, sheet: Any, line: int, row: dict[str, Any], column: dict[str, int], scenarios: list[tuple[str, str]]
    ) -> None:
        """Write one row of the matrix: what is typed, and the formulas that follow it."""
        at = {name: xl_rowcol_to_cell(line, place) for name, place in column.items()}
        steps = [name for name in STEPS if name in column]
        self.book.text(sheet, line, 0, row["segment"])
        self.book.text(sheet, line, 1, state_in_words(row["state"]))
        self.book.value(sheet, line, 2, row["items"], "count_middle")
        for name in ("gross", *steps):
            self.book.value(sheet, line, column[name], row[name] + 0.0, "cents", self.found.currency)

        def formula(name: str, text: str, look: str, value: float) -> None:
            self._formula(sheet, line, column[name], text, look, value)

        formula("exposed", f"={at['gross']}{''.join(f'-{at[name]}' for name in steps)}", "cents", row["exposed"])
        if row["state"] == IMPAIRED:
            # Each customer has a rate of its own: the sheet Specific works them out.
            own = self._sum_of("Specific", "H", self.impaired, A=f"$A{line + 1}")
            formula("allowance", own, "cents", row["allowance"])
            mean = row["allowance"] / row["exposed"] if row["exposed"] else 0.0
            formula("rate", f"=IF({at['exposed']}=0,0,{at['allowance']}/{at['exposed']})", "probability_middle", mean)
        else:
            sheet.write_number(line, column["past"], row["historical_rate"], self._own("0.0000%"))
            weighted = "+".join(f"{p}*MIN(1,{at['past']}*{m})" for p, m in scenarios)
            formula("rate", f"={weighted}", "probability_middle", row["rate"])
            product = f"=ROUND({at['exposed']}*{at['rate']},{self.places})"
            formula("allowance", product, "cents", row["allowance"])
        share = f"=IF({at['gross']}=0,0,{at['allowance']}/{at['gross']})"
        formula("coverage", share, "probability_middle", row["coverage"] or 0.0)
        if self.found.items.height <= MOST_ITEMS:
            same = self._sum_of("Items", "I", self.found.items.height, C=f"$A{line + 1}", D=f"$B{line + 1}")
            formula("summed", same, "cents", row["allowance"])
            formula("check", f"=ROUND({at['allowance']}-{at['summed']},{self.places})", "cents", 0.0)

    def _matrix_total(self, sheet: Any, column: dict[str, int], last_row: int) -> None:
        """Write the sums below the matrix: none of rates, and of the checks what they differ by."""
        self.book.text(sheet, last_row + 1, 0, "Total", "total_label")
        if self.found.matrix.is_empty():
            return
        summed = ("summed", "check") if self.found.items.height <= MOST_ITEMS else ()
        for name, place in column.items():
            if name not in ("items", "gross", *STEPS, "exposed", "allowance", *summed):
                continue
            top, bottom = xl_rowcol_to_cell(FIRST + 1, place), xl_rowcol_to_cell(last_row, place)
            value = (
                0.0 if name == "check" else float(self.found.matrix["allowance" if name == "summed" else name].sum())
            )
            # Differences of opposite sign must not hide each other.
            added = f"=SUMPRODUCT(ABS({top}:{bottom}))" if name == "check" else f"=SUM({top}:{bottom})"
            self._formula(sheet, last_row + 1, place, added, "total_count" if name == "items" else "total_cents", value)

    def _matrix_checks(self, column: dict[str, int], total: int) -> None:
        """Note what must be 0 of the matrix: against its items, and against the ageing."""
        at = {name: f"Matrix!{xl_rowcol_to_cell(total, place)}" for name, place in column.items()}
        if self.found.items.height <= MOST_ITEMS:
            self.checks.append(
                (
                    "Matrix less its items, sum of the absolute differences",
                    f"={at['check']}",
                    "What it did to the buckets, each counted upwards: items stay as measured",
                )
            )
        left = f"ROUND({self.owed}-{at['gross']},{self.places})"
        words = "Open debit items of the ageing less what is not provided for less the matrix"
        if self.found.translated:
            # Up to what rounding may come to, which the sheet Base holds, never up to what was found.
            left = f"IF(ABS({left})<={self.allowed},0,{left})"
            words += f", beyond the rounding of {counted(self.found.translated, 'item')}"
        self.checks.append((words, f"={left}", "0: no rate is in it"))
        self.total = at["allowance"]

    def _base(self) -> None:
        """Write the way from the ageing to what is exposed, and note the cells that the check of the ageing takes."""
        sheet = self._sheet("Base", "From the ageing to what is exposed", self.when)
        self._heads(sheet, ("Line", self.found.currency), (1,), (LONG, 17))
        place = {}
        for row, (line, amount) in enumerate(self.found.base.iter_rows(), start=FIRST + 1):
            self.book.text(sheet, row, 0, STEPS_IN_WORDS[line])
            self.book.value(sheet, row, 1, amount + 0.0, "cents", self.found.currency)
            place[line] = f"Base!$B${row + 1}"
        last = FIRST + len(place)
        self.owed = f"{place['open_debit_items']}+{place['not_provided_for']}"
        if self.found.translated:
            last += 1
            self.allowed = f"Base!$B${last + 1}"
            words = f"Allowed: rounding of {counted(self.found.translated, 'translated item')}, one smallest unit each"
            self.book.text(sheet, last, 0, words)
            amount = self.found.translated / 10**self.places
            self.book.value(sheet, last, 1, amount, "cents", self.found.currency)
        self._finish(sheet, last, 1)

    def _items(self) -> None:
        items = self.found.items
        cut = f" The first {MOST_ITEMS:,}; all are in items.csv." if items.height > MOST_ITEMS else ""
        sheet = self._sheet("Items", "Every open item", self.when + cut)
        headings = ("Document", "Customer", "Segment", "Bucket", "Due", "Gross", "Exposed", "Rate", "Allowance")
        self._heads(sheet, headings, (5, 6, 7, 8), (18, 16, 22, 22, 12, 15, 15, 10, 15))
        shown = items.head(MOST_ITEMS)
        for line, row in enumerate(shown.iter_rows(named=True), start=FIRST + 1):
            self.book.text(sheet, line, 0, row["document_id"])
            self.book.text(sheet, line, 1, row["customer_id"])
            self.book.text(sheet, line, 2, row["segment"])
            self.book.text(sheet, line, 3, state_in_words(row["state"]))
            self.book.value(sheet, line, 4, row["due_date"], "date")
            for place, name in ((5, "gross"), (6, "exposed"), (8, "allowance")):
                self.book.value(sheet, line, place, row[name], "cents", self.found.currency)
            self.book.value(sheet, line, 7, row["rate"], "probability_middle")
        sheet.autofilter(FIRST, 0, FIRST + max(shown.height, 1), len(headings) - 1)
        self._finish(sheet, FIRST + shown.height, len(headings) - 1)

    def _specific(self) -> None:
        by_segment = (
            self.found.items.filter(pl.col("state") == IMPAIRED)
            .group_by("segment", "customer_id")
            .agg(pl.sum("exposed", "allowance"), pl.first("rate", "rate_source"))
            .join(self.found.specific.select("customer_id", "event", "impaired_on"), on="customer_id", how="left")
            .sort("segment", "customer_id")
        )
        sheet = self._sheet("Specific", "Credit-impaired customers, provided for by themselves", self.when)
        headings = ("Segment", "Customer", "Name", "Event", "Since", "Exposed", "Loss rate", "Allowance")
        self._heads(sheet, headings, (5, 6, 7), (22, 16, 32, 20, 12, 15, 11, 15))
        for line, row in enumerate(by_segment.iter_rows(named=True), start=FIRST + 1):
            self.book.text(sheet, line, 0, row["segment"])
            self.book.text(sheet, line, 1, row["customer_id"])
            self.book.text(sheet, line, 2, self.pack.named(row["customer_id"]))
            self.book.text(sheet, line, 3, row["event"].replace("_", " "))
            self.book.value(sheet, line, 4, row["impaired_on"], "date")
            self.book.value(sheet, line, 5, row["exposed"], "cents", self.found.currency)
            sheet.write_number(line, 6, row["rate"], self._own("0.0000%"))
            formula = f"=ROUND(F{line + 1}*G{line + 1},{self.places})"
            self._formula(sheet, line, 7, formula, "cents", row["allowance"])
        self._finish(sheet, FIRST + by_segment.height, 7)
