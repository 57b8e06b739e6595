"""``docs/data-model.md``, written from the declaration of the tables so that it cannot fall behind it.

Run ``python -m benchmarks.documents`` after a change of the tables.
"""

from __future__ import annotations

from credrisk.ledger.coverage import SETTING_KEYS
from credrisk.ledger.intake import REASONS
from credrisk.ledger.simple import ALIASES, CLOSING, PAYMENTS, SETTLEMENT
from credrisk.ledger.tables import TABLES, Column, Table

__all__ = ["data_model"]

_OPENING = """\
# The data model

This page is written from the declaration in `credrisk/ledger/tables.py`; change it there.

A ledger is a folder with one CSV (`.csv`, `.csv.gz`, `.tsv`, `.txt`) or Parquet file per table, an Excel workbook
with one sheet per table, a DuckDB file, a stored ledger ([credrisk store](large.md)), or a dict of pandas, Polars or
Arrow tables. Only `customers` and
`documents` are required. Names of tables and columns are compared in small letters, with blanks, hyphens and points
as underscores: `Document Date` is `document_date`. Columns that a table does not know are not used, and a finding
names them.

Inside, money is whole minor units (cents) of the row's currency; in files it is in major units (`1234.56`).
"""

_SIMPLE = """\
## The simple form

Most people can export invoices with the date on which they were paid, or payments that name their invoice. Either
is enough; it becomes receipts and applications, with ids made from the data, and the tie-out states them as
derived.

- **Settled documents.** `documents` may have the columns below. Each settled document gives one receipt (`settled:`
  and the document's id) and one application of the kind payment. A settled credit note is cash paid back: beside
  the invoices it was set off against, the cash sums to what was paid. If there is a table `receipts`, these columns
  are not used, and a finding says so.
- **Payments.** A table `payments` as below, instead of receipts. Rows with one payment_id, customer, date and
  currency are one receipt. A payment without a document is unapplied cash and needs its customer; where the other
  lines of the payment and day are all of one and are no fewer, that one is taken and a finding says so. A table
  `applications` beside it may hold what closes documents without cash: credit notes, write-offs, discounts,
  deductions, offsets. Cash there is refused, for it would count twice.
- **Applications without receipts.** Where there is a table `applications` but no `receipts`, each `from_id` that is
  no document becomes a receipt for each day on which it was applied (and entered): what is taken back later does not
  change what had been received before. The first keeps the id; the others have their day behind it.
- **Amounts left open.** A write-off, discount or deduction whose amount is empty and whose `left_open` says yes closes
  all that is left open of its document on the day on which it is known, after all else of that day. What is paid
  later takes it back by as much on its own day: a recovery. Where nothing is left the row is set aside, so of two
  the earlier counts.
- **Recoveries.** An application of the kind recovery to a document that is written off takes the write-off back by as
  much, on the day on which it is known, where nothing in the export does: a row of the kind reversal.
  Else the customer would seem to be owed the money. A payment there stays one, and a credit.
- **No table of customers.** Documents with a column `customer_name` give the customers.
"""

_RULES = """\
## How cells are read

Every rule that was applied is reported as a finding. A cell that fails puts its row into the quarantine, whole,
with the reason; rows and money read are exactly those kept and those set aside, and the reading stops if they are
not.

**Text files.** UTF-8, UTF-16, else Windows-1252, else Latin-1. Separators: comma, semicolon, tab or bar, whichever
splits the header into the most known columns. A line longer than 1 MB (a parameter) is refused before anything is
parsed. A line with more or fewer cells than the header is set aside as it stands (`ragged_line`), and so is each
line that stray quotation marks put together with others into one cell. Rows without any value are passed over.

**Dates.** `2024-03-07` (also with `/` or `.`, with or without a time), `20240307`, `20240307.0`, `7/3/2024`,
`07.03.24` (two-digit years below 80 are 20..), `7-Mar-2024`; in workbooks also Excel's day numbers. Whether day or
month comes first is decided over the whole column: by the setting `date_order`; else by what its values prove (a
part above 12), the majority where they prove both; else by other date columns of the table, then of the file; else
the reading stops and asks for the setting. The contradicting rows are set aside. Where a single row decides for
others, a warning names it. Days that systems write for no date are empty, and counted in a note: `00000000`,
`0001-01-01`, `1753-01-01`, 1899-12-30 to 1900-01-02, `9999-12-31`. Years outside 1900 to 2100 are impossible dates.

**Amounts.** `1,234.56`, `1.234,56`, `1 234,56`, `1'234.56`, a minus before or behind (also the Unicode minus),
parentheses for negative amounts, a currency sign or code (which must agree with the row's currency). Which mark is
the decimal is decided over the whole column as for dates (`1,234` alone proves nothing; the setting is
`decimal_mark`). Text becomes minor units by exact decimal arithmetic. An amount with more decimals than its
currency has is set aside; a float, or the tail that floats leave in text, is rounded only within a millionth of a
minor unit. Amounts beyond 2**53 minor units stop the reading.

**Ids.** Blanks at the ends are dropped; a float column of whole numbers becomes the integers' text. An id of digits
that refers to nothing is matched with the one id that differs only by leading zeros. `nan`, `NULL` and the like are
empty.

**Codes** are in small letters, currency and country in capitals. **Flags** are yes or no, true or false, 1 or 0, `x`,
or the same words in German, French or Spanish. **Free text** is only trimmed. Values of the
attributes credit_limit, terms_days and margin_rate are numbers; their decimal mark is decided as that of amounts, but
where nothing decides it only their rows are set aside (`ambiguous_number`).

**Copies and conflicts.** Of rows alike in every column one is kept (`duplicate_row`). Rows with one id and other
content are all set aside (`conflicting_id`), with two exceptions. Of documents and receipts whose `recorded_at` is
given, one that was known before all others with its id is kept: a number used again later does not change the past.
Of `customers` one row is kept: each column gets its most frequent value (the first in alphabetical order, where
several are), a currency on which the rows differ becomes the ledger's, and an error names the accounts. Applications,
payments and credit events have no id of their own, so
equal rows are kept with a warning: two payments of one amount on one day can both be real, and a copy shows as an
over-applied document.

**References.** A row that names an unknown customer, document or receipt is set aside, and so is one that refers to
a row that was itself set aside (`refers_to_quarantined`). One exception: an application from a receipt or credit note
that is there to a document that is not is kept, with a warning (`unseen_document`); it lowers what is left of its
source and no open item, so that a receipt for an invoice older than the ledger does not look unapplied.

**Signs and kinds.** Credit notes are negative, other documents positive. Positive credit notes are turned if all
are positive; if only some are, these are set aside. If all debit documents are negative, all signs are turned (tax
and settled amount with them, where they have the amount's sign); a single negative invoice among positive ones is
a credit note. Where every document is negative, an error asks for the sign. A document without a kind is an
invoice, or a credit note if negative. If every application has the sign the other way round (payments negative, no
reversal negative), all are turned; if only some have, they are kept and an error names them. An application from a
receipt is a payment, from a credit note a credit note, unless its kind says otherwise; without `from_id` the kind is
needed.

**What is filled.** `recorded_at` from the row's own date; `currency` from the document or customer, else the
ledger's. An account that was opened after its first document is taken to be opened when that was known, with a
warning.

**Coverage.** Where `covers_from` or `covers_to` is not stated, it is told from density: from the first to the last
month whose documents and receipts reach a tenth of the usual month's (the median of the middle half of the months
that have any), without a few rows that more than twelve empty months part from the rest. What lies outside is a
warning. Fewer than twenty postings are covered from the first to the last.

**Formulas.** Texts that a spreadsheet would run (beginning with `=`, `+`, `-`, `@`, tab or carriage return) are
written to CSV with an apostrophe before them, and it is taken off when they are read.
"""


def data_model() -> str:
    """Return the page ``docs/data-model.md``."""
    parts = [_OPENING, "## Tables\n"]
    parts += [_table(table) for table in TABLES.values()]
    parts += [_SIMPLE, "Columns that `documents` may have beside its own:\n\n" + _rows(SETTLEMENT)]
    parts += ["Columns that `applications` may have beside its own:\n\n" + _rows(CLOSING), _table(PAYMENTS)]
    parts += ["Other names accepted:\n\n" + _aliases(), "## Settings\n\n" + _settings(), _RULES]
    parts.append("## Reasons in the quarantine\n\n" + _lines(REASONS))
    return "\n".join(parts)


def _table(table: Table) -> str:
    need = "Required. " if table.required else ""
    event = f" Happened on `{table.event}`." if table.event else ""
    known = f" Known on `{table.known}`." if table.known else ""
    key = ", ".join(f"`{name}`" for name in table.key)
    return f"### {table.name}\n\n{need}One row is {table.row}. Key: {key}.{event}{known}\n\n{_rows(table.columns)}"


def _rows(columns: tuple[Column, ...]) -> str:
    lines = ["| column | kind | required | meaning |", "|---|---|---|---|"]
    lines += [f"| {c.name} | {c.kind} | {'yes' if c.required else ''} | {_meaning(c)} |" for c in columns]
    return "\n".join(lines) + "\n"


def _meaning(column: Column) -> str:
    notes = [column.note] if column.note else []
    if column.choices:
        notes.append("one of " + ", ".join(column.choices))
    if column.bounds:
        notes.append(column.bounds)
    if column.derived:
        notes.append("filled on the way in")
    if column.visible_from:
        notes.append(f"visible from `{column.visible_from}`")
    if not column.dated:
        notes.append("known as of the extract only, unless declared static")
    return "; ".join(notes)


def _aliases() -> str:
    return _lines(
        {f"{table}.{alias}": f"`{name}`" for table, names in ALIASES.items() for alias, name in names.items()}
    )


def _settings() -> str:
    return "An optional table `settings` with the columns key and value:\n\n" + _lines(SETTING_KEYS)


def _lines(words: dict[str, str]) -> str:
    return "\n".join(f"- `{name}`: {said}" for name, said in words.items()) + "\n"
