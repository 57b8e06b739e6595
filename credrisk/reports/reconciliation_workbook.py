"""The reconciliation as a workbook: tie-outs, findings and every single row of them."""

from __future__ import annotations

from os import PathLike

from credrisk.reports.months import day_in_words
from credrisk.reports.pack import Pack
from credrisk.reports.reconciliation_page import ReconciliationPack
from credrisk.reports.reconciliation_terms import RECONCILIATION_TERMS
from credrisk.reports.sheets import Book, Table, new_workbook, write_table
from credrisk.reports.workbook import write_definitions

__all__ = ["MOST_ROWS", "write_reconciliation_workbook"]

MOST_ROWS = 100_000
"""More rows than these take gigabytes to write and nobody reads them there: the rest is in the CSV file beside it."""
_SHEETS = {
    "accounts": ("Balances", "Customers' balances and control accounts"),
    "lines": ("Tie-out", "From the ageing to the control account, line by line"),
    "possible": ("Differences", "What the control accounts may hold otherwise"),
    "hints": ("Hints", "Postings that what is not explained may come from"),
    "findings": ("Findings", "What was found, worst first"),
    "rows": ("Rows", "Every row of the findings"),
    "customers": ("Customers", "Ageing and balance of every customer"),
    "due_dates": ("Due dates", "Ageing by original and by current due dates"),
    "moved": ("Changed due dates", "Open documents whose due date was changed"),
    "split": ("One customer", "Accounts that may be one customer"),
    "groups": ("Groups", "Groups by their topmost parent"),
    "cut_off": ("Cut-off", "Dated in one month, entered in a later one"),
}


def write_reconciliation_workbook(path: str | PathLike[str], pack: ReconciliationPack) -> None:
    """Write ``pack`` as ``.xlsx``: the same bytes for the same pack; texts are never formulas."""
    found = pack.found
    said = {"Not tested": " ".join(found.lacks) or "Nothing is missing."}
    book_pack = Pack(found.as_of, found.currency, title=pack.title, definitions=RECONCILIATION_TERMS | said)
    when = f"As of {day_in_words(found.as_of)}. Amounts in the currency beside them."
    frames = pack.tables()
    with new_workbook(path, title=f"{pack.title} as of {found.as_of.isoformat()}", day=found.as_of) as file:
        book = Book(file, book_pack)
        written = []
        for name, (sheet, title) in _SHEETS.items():
            frame = frames[f"reconciliation_{name}"]
            cut = f" The first {MOST_ROWS:,} rows; all are in the CSV file." if frame.height > MOST_ROWS else ""
            written.append(
                write_table(book, Table(f"reconciliation_{name}", sheet, title, when + cut, frame.head(MOST_ROWS)))
            )
        write_definitions(book, written)
