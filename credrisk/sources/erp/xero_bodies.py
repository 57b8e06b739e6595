"""The records in bodies of the Xero accounting interface, JSON and XML alike; error messages among them are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from credrisk.errors import DataError
from credrisk.sources.erp.bodies import Body, Record, day, many, nested, text
from credrisk.sources.erp.files import ExportFile

__all__ = ["IDS", "Answer", "answer_of", "best_versions", "inside", "looks_like_answer"]

IDS = {
    "Invoice": "InvoiceID",
    "Payment": "PaymentID",
    "CreditNote": "CreditNoteID",
    "Overpayment": "OverpaymentID",
    "Prepayment": "PrepaymentID",
    "Contact": "ContactID",
    "Account": "AccountID",
}
"""Kinds of records that are read, and the key of their id."""
PLURALS = {f"{kind}s": kind for kind in IDS}
OTHERS = {
    f"{kind}s": kind
    for kind in (
        "BankTransaction",
        "BankTransfer",
        "BatchPayment",
        "BrandingTheme",
        "ContactGroup",
        "ExpenseClaim",
        "Item",
        "Journal",
        "LinkedTransaction",
        "ManualJournal",
        "Organisation",
        "PurchaseOrder",
        "Quote",
        "Receipt",
        "RepeatingInvoice",
        "Report",
        "TaxRate",
        "User",
    )
} | {"TrackingCategories": "TrackingCategory", "Currencies": "Currency"}
_SINGULARS = PLURALS | OTHERS
ENVELOPE = {"ProviderName", "DateTimeUTC"}
_ERROR_KEYS = ("title", "detail", "message", "type")
_OLD_ERROR = "oauth_problem"


@dataclass
class Answer:
    """What one file holds: its records, when the interface answered, and of how many pages it is which.

    Attributes
    ----------
    pages
        Plural name, page, number of pages.
    """

    file: str
    records: list[Record] = field(default_factory=list)
    day: str | None = None
    pages: list[tuple[str, int, int]] = field(default_factory=list)


def looks_like_answer(file: ExportFile) -> bool:
    """Tell from its keys or tags whether a file is a body of this interface."""
    if file.kind == "csv":
        return file.header[:1] != () and file.header[0].startswith(_OLD_ERROR)
    header = set(file.header)
    if file.kind == "xml":
        return file.header[0] in ("Response", "ApiException")
    return bool(header & (PLURALS.keys() | OTHERS.keys()) and header & {*ENVELOPE, "Status", "pagination"}) or bool(
        header & set(IDS.values()) and header & {"UpdatedDateUTC", "CurrencyCode", "ContactStatus"}
    )


def answer_of(file: ExportFile) -> Answer:
    """Return the records of one file.

    Raises
    ------
    DataError
        When it is damaged, an error message, or holds nothing of Xero.
    """
    answer = Answer(file.name)
    if file.kind == "csv":
        raise _refused(file.name, unquote(file.text.strip().partition("\n")[0][:300]))
    for body in _bodies(file):
        _refuse_error(file.name, body)
        answer.day = max(filter(None, (answer.day, day(body, "DateTimeUTC"))), default=None)
        for kind, one in _records(body):
            answer.records.append(Record(kind, one, file.name, len(answer.records) + 1))
        page, pages = text(body, "pagination", "page"), text(body, "pagination", "pageCount")
        if page and pages and page.isdecimal() and pages.isdecimal():
            answer.pages.append((next((key for key in body if key in PLURALS), ""), int(page), int(pages)))
    if not answer.records:
        raise DataError(
            f"{file.name} holds no record of Xero.",
            remedy="save the answers of the interface as they are, or take the file out of the export.",
        )
    return answer


def inside(body: Any, plural: str) -> Iterator[Body]:
    """Yield what a record holds under a plural: a list in JSON, a tag with tags of the singular in XML."""
    held = body.get(plural) if isinstance(body, Mapping) else None
    singular = _SINGULARS.get(plural) or plural.removesuffix("s")
    if isinstance(held, Mapping) and singular in held:
        yield from many(held, singular)
    else:
        yield from many(body, plural)


def best_versions(records: Iterable[Record]) -> tuple[list[Record], list[Record]]:
    """Return one version of every record, and the versions that it stands for.

    The last changed counts, then the fullest, then the last in the order of the files.
    """
    best: dict[tuple[str, str], Record] = {}
    kept, older = [], []
    for record in records:
        number = text(record.body, IDS[record.kind]) if record.kind in IDS else None
        if number is None:
            kept.append(record)
            continue
        held = best.get((record.kind, number))
        newer = held is None or _version(record.body) >= _version(held.body)
        if held is not None:
            older.append(held if newer else record)
        if newer:
            best[record.kind, number] = record
    return [*kept, *best.values()], older


def _version(body: Body) -> tuple[str, int]:
    changed = text(body, "UpdatedDateUTC") or ""
    milliseconds = re.search(r"-?\d+", changed) if changed.startswith("/Date") else None
    return milliseconds[0].rjust(20, "0") if milliseconds else changed, len(body)


def _bodies(file: ExportFile) -> Iterator[Body]:
    if file.kind != "xml":
        yield from file.objects()
        return
    try:
        root = file.xml()
    except DataError:
        said = re.search(r"<ApiException\b.*?<Message>(.*?)</Message>", file.text, re.S)
        if said is None:
            raise
        raise _refused(file.name, said[1].strip()) from None
    body = nested(root)
    if root.tag == "ApiException":
        raise _refused(file.name, text(body, "Message") or "no details")
    yield body if isinstance(body, dict) else {}


def _records(body: Body) -> Iterator[tuple[str, Body]]:
    """Yield the records of an answer, or a record that stands alone (it has its own id beside the records it holds)."""
    alone = next((kind for kind, key in IDS.items() if key in body), None)
    if alone is not None:
        yield alone, body
        return
    for plural, kind in (PLURALS | OTHERS).items():
        yield from ((kind, one) for one in inside(body, plural))


def _refuse_error(name: str, body: Body) -> None:
    small = {key.lower(): value for key, value in body.items()}
    errors = [text(one, "Description") or text(one, "Message") for one in many(body, "Errors", "Error")]
    if any(errors):
        raise _refused(name, "; ".join(filter(None, errors)))
    status = str(small.get("status", "")).lower()
    if "errornumber" in small or (status.isdecimal() and int(status) >= 400):
        raise _refused(name, ": ".join(str(small[key]) for key in ("status", *_ERROR_KEYS) if small.get(key)))
    if status == "error":
        raise _refused(name, str(small.get("message") or "no details"))


def _refused(name: str, said: str) -> DataError:
    return DataError(
        f"{name} is an error message of Xero, not an export ({said}).",
        remedy="ask the interface again, and put its answer in the place of this file.",
    )
