"""Xero: records of its accounting interface (JSON or XML), or the tables of a connector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from credrisk.errors import DataError
from credrisk.sources.erp import xero_notices as notices
from credrisk.sources.erp.bodies import read_each, text
from credrisk.sources.erp.closing_words import stated_names
from credrisk.sources.erp.connector_tables import last_sync, table_not_needed
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.xero_bodies import Answer, answer_of, looks_like_answer
from credrisk.sources.erp.xero_ledger import post
from credrisk.sources.erp.xero_tables import is_table, is_telling_table, table_records
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "xero"
ABOUT = "Xero: records of its accounting interface, or the tables of a connector."
VERIFIED = "tested on recorded extracts"
SURE = 0.9
LEAST = 0.6
"""Share of :data:`SURE` for a single own file among many others."""


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely files are of Xero: the share of them that look like it, if any."""
    own = [file for file in files if _is_own(file)]
    if not any(is_telling_table(file) or not is_table(file) for file in own):
        return 0.0
    return SURE * (LEAST + (1 - LEAST) * len(own) / len(files))


def read(files: Sequence[ExportFile], *, bad_debt_accounts: str = "", currency: str = "") -> Imported:
    """Turn an export of Xero into the ledger's tables.

    Parameters
    ----------
    bad_debt_accounts
        Names or codes of accounts that mean a write-off, separated by commas, where their name does not say so; ``*``
        at the end for all that begin so.
    currency
        The company's own currency, where its ``Organisation`` is not in the export.

    Returns
    -------
    Imported
        Tables, sums, findings and the account of every record. Purchases, drafts, and submitted, voided and deleted
        records are left out and counted.

    Raises
    ------
    DataError
        When a file is damaged or an error message, or when nothing is of Xero.
    """
    postings = Postings()
    tables = [file for file in files if file.kind in ("csv", "xlsx") and is_table(file)]
    bodies = [file for file in files if file not in tables and (file.kind != "csv" or looks_like_answer(file))]
    bodies = [file for file in bodies if file.kind != "xlsx"]
    answers = read_each(bodies, answer_of)
    records = [record for answer in answers for record in answer.records] + table_records(tables, postings)
    if not records:
        raise DataError("there is no record of Xero in the export.", remedy="export Invoices, Payments and Contacts.")
    post(records, postings, bad_debt_accounts=stated_names(bad_debt_accounts))
    for plural in _missing_pages(answers):
        postings.notice(notices.PAGE_NOT_THERE, plural)
    days = [answer.day for answer in answers if answer.day] + [day for file in tables if (day := last_sync(file))]
    others = [table_not_needed(file) for file in files if file not in bodies and file not in tables]
    companies = (record.body for record in records if record.kind == "Organisation")
    own = currency or next(filter(None, (text(body, "BaseCurrency") for body in companies)), None)
    settings = {"extracted_on": max(days)} if days else {}
    return postings.imported(whole_files=others, settings=settings | ({"currency": own} if own else {}))


def _is_own(file: ExportFile) -> bool:
    try:
        return is_table(file) or (file.kind != "xlsx" and looks_like_answer(file))
    except DataError:  # damaged: read() says which file it is
        return False


def _missing_pages(answers: Iterable[Answer]) -> list[str]:
    pages = [page for answer in answers for page in answer.pages]
    there = {(plural, page) for plural, page, _ in pages}
    return sorted(
        {plural for plural, _, count in pages if any((plural, page) not in there for page in range(1, count + 1))}
    )
