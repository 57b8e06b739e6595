"""The credit pack: one workbook that a credit manager can filter, sum, print and send on."""

from __future__ import annotations

from os import PathLike

import polars as pl

from credrisk.reports.columns import TABLES, Column, with_names
from credrisk.reports.limit_changes import largest_change_first
from credrisk.reports.measures import measure_of, model_words, not_measured, what_was_tested
from credrisk.reports.memo_sheet import write_memo_sheet
from credrisk.reports.months import day_in_words
from credrisk.reports.pack import Pack
from credrisk.reports.quality import tie_out, worst_first
from credrisk.reports.sheets import Book, Table, new_workbook, write_table
from credrisk.reports.summary import write_summary
from credrisk.reports.worklist_sheet import worklist_table, write_worklist

__all__ = ["tables_of", "write_definitions", "write_workbook"]

DEFINITIONS = (
    "What terms and columns mean, and the name of each column in the CSV files. "
    "Words such as at risk or expert card are written with underscores there."
)
ALIKE = {"ageing_by": "By ...", "concentration": "Top by ..."}
"""Tables of which there are several sheets with the same columns: how they are told together."""


def write_workbook(path: str | PathLike[str], pack: Pack) -> None:
    """Write ``pack`` as ``.xlsx``: the same bytes for the same pack.

    Sheets: Summary, Memo (of the customer chosen there), Ageing, Scores, Limits, Queue, Worklist, Findings, Intake,
    Back-test, History, Definitions. A heading says in words what the column holds; the sheet Definitions gives its
    name in the CSV. Text is written as text whatever it begins with, never as a formula. A cell is empty where
    nothing was measured. Totals are formulas over the rows that the filter shows, with their values beside them for
    readers that do not calculate.
    """
    with new_workbook(
        path,
        title=f"{pack.title}: credit pack as of {pack.as_of.isoformat()}",
        day=pack.as_of,
        subject=f"Receivables as of {pack.as_of.isoformat()}, amounts in {pack.currency}",
        keywords="credit risk, receivables, credit limits, collection queue",
    ) as file:
        book = Book(file, pack)
        summary = file.add_worksheet("Summary")
        memo = file.add_worksheet("Memo")
        tables = tables_of(pack).values()
        written = [(write_worklist if table.key == "worklist" else write_table)(book, table) for table in tables]
        by_key = {table.key: table for table in written}
        write_summary(book, summary, by_key)
        write_memo_sheet(book, memo, by_key)
        write_definitions(book, written)


def tables_of(pack: Pack) -> dict[str, Table]:
    """Return the tables that every workbook of a run has, by their keys, in the order of their sheets."""
    as_of = day_in_words(pack.as_of)
    amounts = f"As of {as_of}. Amounts in {pack.currency}."
    scores, limits, queue = pack.scores, pack.limits, pack.queue
    if {"expected_loss", "customer_id"} <= set(scores.columns):
        scores = scores.sort(["expected_loss", "customer_id"], descending=[True, False], nulls_last=True)
    if {"recommended_limit", "customer_id"} <= set(limits.columns):
        limits = largest_change_first(limits)
    if "rank" in queue.columns:
        queue = queue.sort("rank", nulls_last=True, maintain_order=True)
    ageing = with_names(pack.ageing, pack.scores)
    if {"past_due", "customer_id"} <= set(ageing.columns):
        ageing = ageing.sort(["past_due", "customer_id"], descending=[True, False], nulls_last=True)
    history = pack.history.sort("as_of", descending=True) if "as_of" in pack.history.columns else pack.history
    found = f"As of {as_of}. Amounts in the currency beside them. {tie_out(pack.intake)}".strip()
    tables = [
        Table("ageing", "Ageing", "Who owes how much, and how old it is", f"{amounts} Largest past due first.", ageing),
        Table(
            "scores", "Scores", "Who is likely to become a bad debt", f"{amounts} Largest expected loss first.", scores
        ),
        Table("limits", "Limits", "Which credit limits should change", f"{amounts} Largest change first.", limits),
        Table("queue", "Queue", "Whom to contact today", f"{amounts} Largest gain first, held back at the end.", queue),
        worklist_table(pack, f"{amounts} Fill in the shaded cells; credrisk log worklist takes them into the log."),
        Table("findings", "Findings", "What was found in the data", found, worst_first(pack.findings)),
        Table("intake", "Intake", "Read, kept and set aside", found, pack.intake),
        Table(
            "metrics",
            "Back-test",
            f"How good the probabilities of {pack.judged} are",
            _backtest(pack),
            _in_words(pack.metrics),
        ),
        Table("folds", "Back-test folds", "What each fold of the back-test rests on", _backtest(pack), pack.folds),
        Table("history", "History", "The portfolio month by month", f"Amounts in {pack.currency}.", history),
    ]
    return {table.key: table for table in tables}


def _backtest(pack: Pack) -> str:
    missing = not_measured(pack.metrics, pack.notes)
    said = "Out of time, baselines on the same rows, 95 % intervals by customer."
    return missing or f"{said} {what_was_tested(pack.folds, pack.in_use)}".strip()


def _in_words(metrics: pl.DataFrame) -> pl.DataFrame:
    """Return the measures with model and measure in words."""
    words = {"model": model_words, "measure": lambda name: measure_of(name).words}
    return metrics.with_columns(
        pl.col(name).map_elements(say, return_dtype=pl.String) for name, say in words.items() if name in metrics.columns
    )


def write_definitions(book: Book, written: list[Table]) -> None:
    """Write the sheet that says what terms and columns mean; of those only the terms go on paper that cuts tables."""
    sheet = book.file.add_worksheet("Definitions")
    sheet.hide_gridlines(2)
    for place, width in enumerate((15, 26, 24, 96)):
        sheet.set_column(place, place, width)
    book.title(sheet, "Definitions", DEFINITIONS)
    row = 3
    rows: list[tuple[str, str, str, str]] = [
        ("General", term, "", text) for term, text in book.pack.definitions.items()
    ]
    for table in written:
        columns: tuple[Column, ...] = table.columns or TABLES[table.key]
        where = ALIKE.get(table.key, table.sheet)
        rows += [(where, column.heading, column.name, column.definition) for column in columns]
    rows = list(dict.fromkeys(rows))
    for place, heading in enumerate(("Sheet", "Term or heading", "Column in the CSV", "Meaning")):
        sheet.write_string(row, place, heading, book.format("header"))
    for values in rows:
        row += 1
        for place, text in enumerate(values):
            book.text(sheet, row, place, text, "wrapped" if place == 3 else "plain")
    sheet.autofilter(3, 0, row, 3)
    sheet.freeze_panes(4, 0)
    last_row = row if book.printed_rows is None else 3 + len(book.pack.definitions)
    book.print_setup(sheet, header_row=3, last_row=last_row, last_column=3)
