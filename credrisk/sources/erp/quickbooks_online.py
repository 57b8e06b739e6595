"""QuickBooks Online: records of its interface (JSON or XML), a connector's tables, the report of aged receivables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from credrisk.errors import DataError
from credrisk.sources.erp import quickbooks_notices as notices
from credrisk.sources.erp.bodies import Record, read_each, text
from credrisk.sources.erp.closing_words import stated_names
from credrisk.sources.erp.connector_tables import last_sync, table_not_needed
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.open_item_report import snapshot_settings
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.quickbooks_bodies import LARGEST_PAGE, Answer, answer_of, looks_like_answer
from credrisk.sources.erp.quickbooks_ledger import post
from credrisk.sources.erp.quickbooks_report import post_report
from credrisk.sources.erp.quickbooks_tables import is_table, is_telling_table, table_records
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "quickbooks_online"
ABOUT = "QuickBooks Online: records of its interface, tables of a connector, or the report of aged receivables."
VERIFIED = "tested on recorded extracts"
SURE = 0.9
LEAST = 0.6
"""Share of :data:`SURE` for a single own file among many others."""


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely files are of QuickBooks Online: the share of them that look like it, if any."""
    own = [file for file in files if _is_own(file)]
    if not any(file.kind not in ("csv", "xlsx") or is_telling_table(file) for file in own):
        return 0.0
    return SURE * (LEAST + (1 - LEAST) * len(own) / len(files))


def read(
    files: Sequence[ExportFile], *, receivable_accounts: str = "", bad_debt_accounts: str = "", currency: str = ""
) -> Imported:
    """Turn an export of QuickBooks Online into the ledger's tables.

    Parameters
    ----------
    receivable_accounts
        Names or ids of accounts of receivables, separated by commas, where neither their type nor their name says so.
    bad_debt_accounts
        Names of accounts, or of items on credit memos, that mean a write-off; ``*`` at the end for all that begin so.
    currency
        The company's own currency, where neither its preferences nor its exchange rates say it.

    Returns
    -------
    Imported
        Tables, sums, findings and the account of every record. Records of other kinds (bills, estimates, ...), deleted
        and voided ones, and sales that were paid on the spot are left out and counted.

    Raises
    ------
    DataError
        When a file is damaged or an error message, when nothing is of QuickBooks, or when a report is not one of open
        items.
    """
    postings = Postings()
    bodies = [file for file in files if file.kind in ("json", "jsonl", "xml")]
    tables = [file for file in files if file.kind in ("csv", "xlsx") and is_table(file)]
    answers = read_each(bodies, answer_of)
    records = [record for answer in answers for record in answer.records]
    days = [answer.time[:10] for answer in answers if answer.time]
    if tables:
        records += table_records(tables, postings)
        days += [day for file in tables if (day := last_sync(file))]
    others = [table_not_needed(file) for file in files if file not in bodies and file not in tables]
    reports = [answer for answer in answers if answer.report is not None]
    if not records and not reports:
        raise DataError("there is no record of QuickBooks in the export.", remedy="export invoices and payments.")
    if not records:
        as_of = _post_reports(reports, postings)
        settings = snapshot_settings(as_of) | ({"currency": currency} if currency else {})
        return postings.imported(whole_files=others, settings=settings)
    by_rates = post(
        records,
        postings,
        receivable_accounts=stated_names(receivable_accounts),
        bad_debt_accounts=stated_names(bad_debt_accounts),
    )
    for answer in reports:
        postings.notice(notices.REPORT_UNUSED, answer.file)
        postings.leave_out(Record("report", {}, answer.file, 1), "a report beside the records")
    settings = {"extracted_on": max(days)} if days else {}
    if own := currency or _home_currency(records) or by_rates:
        settings["currency"] = own
    for file, kind in _missing_pages(answers):
        postings.notice(notices.PAGE_NOT_THERE, f"{kind} in {file}")
    return postings.imported(whole_files=others, settings=settings)


def _home_currency(records: Sequence[Record]) -> str | None:
    """Return the currency that the company's preferences state."""
    preferences = (record.body for record in records if record.kind == "Preferences")
    return next(filter(None, (text(body, "CurrencyPrefs", "HomeCurrency") for body in preferences)), None)


def _is_own(file: ExportFile) -> bool:
    try:
        return is_table(file) if file.kind in ("csv", "xlsx") else looks_like_answer(file)
    except DataError:  # damaged: read() says which file it is
        return False


def _post_reports(reports: Sequence[Answer], postings: Postings) -> str:
    if len(reports) > 1:
        raise DataError(
            f"there are {len(reports)} reports ({', '.join(one.file for one in reports[:3])}, ...); "
            "a picture is of one day.",
            remedy="give one report, or export the records themselves.",
        )
    return post_report(reports[0].file, reports[0].report or {}, postings)


def _missing_pages(answers: Iterable[Answer]) -> list[tuple[str, str]]:
    """Return where records are missing: pages shorter than they state, and full ones without the next."""
    pages = [(answer.file, *page) for answer in answers for page in answer.pages]
    starts = {(kind, first) for _, kind, first, _, _ in pages}
    return [
        (file, kind or "records")
        for file, kind, first, there, stated in pages
        if kind
        and (
            (stated is not None and there < stated < LARGEST_PAGE)
            or (there >= LARGEST_PAGE and (kind, first + there) not in starts)
        )
    ]
