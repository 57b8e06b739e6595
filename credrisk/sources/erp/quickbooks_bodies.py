"""The records in bodies of the QuickBooks Online interface: single ones, answers to queries, change data capture.

JSON and XML alike. Of a record that is there several times the latest version counts, and one that was
deleted stays so. An error message among the files means that something is missing, so nothing is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from credrisk.errors import DataError
from credrisk.sources.erp.bodies import Body, Record, many, nested, text
from credrisk.sources.erp.files import ExportFile

__all__ = ["KINDS", "Answer", "answer_of", "is_deleted", "latest", "looks_like_answer"]

KINDS = (
    "Account",
    "Bill",
    "BillPayment",
    "Budget",
    "Class",
    "CompanyInfo",
    "CreditCardPayment",
    "CreditMemo",
    "Customer",
    "CustomerType",
    "Department",
    "Deposit",
    "Employee",
    "Estimate",
    "ExchangeRate",
    "Invoice",
    "Item",
    "JournalCode",
    "JournalEntry",
    "Payment",
    "PaymentMethod",
    "Preferences",
    "Purchase",
    "PurchaseOrder",
    "RefundReceipt",
    "SalesReceipt",
    "TaxAgency",
    "TaxCode",
    "TaxRate",
    "Term",
    "TimeActivity",
    "Transfer",
    "Vendor",
    "VendorCredit",
)
"""Entities of the QuickBooks Online accounting interface."""
WRAPPERS = ("QueryResponse", "CDCResponse", "IntuitResponse")
FAULTS = ("Fault", "fault")
LARGEST_PAGE = 1000
"""Most records that one answer to a query holds."""
_BY_STEM = {kind.lower().removesuffix("s"): kind for kind in KINDS}


@dataclass
class Answer:
    """What one file holds.

    Attributes
    ----------
    records
        Its records, numbered from 1.
    report
        The body of a report, else None.
    time
        When the interface answered, as it writes it.
    pages
        Of answers to queries: kind, first place, records in it, and the number of records that it states.
    """

    file: str
    records: list[Record] = field(default_factory=list)
    report: Body | None = None
    time: str | None = None
    pages: list[tuple[str, int, int, int | None]] = field(default_factory=list)


def looks_like_answer(file: ExportFile) -> bool:
    """Tell from its keys or tags whether a file is a body of this interface."""
    header = set(file.header)
    if file.kind == "xml":
        return file.header[0] in (*KINDS, "IntuitResponse") or ("Fault" in header and "Error" in header)
    wrapped = header <= {*KINDS, *WRAPPERS, "time"}  # other systems have columns called Customer or Item
    bare = {"Id", "SyncToken", "MetaData"} <= header
    report = {"Header", "Columns", "Rows"} <= header
    fault = bool(header & set(FAULTS)) and len(header) <= 2
    return (wrapped and header != {"time"}) or bare or report or fault


def answer_of(file: ExportFile) -> Answer:
    """Return the records of one file.

    Raises
    ------
    DataError
        When it is damaged, an error message, or holds nothing of QuickBooks.
    """
    answer = Answer(file.name)
    if file.kind == "xml":
        root = file.xml()
        tag, body = root.tag.rpartition("}")[2], nested(root)
        _take(answer, body if tag == "IntuitResponse" else {tag: body}, file)
    else:
        for body in file.objects():
            _take(answer, body, file)
    if not answer.records and answer.report is None and not answer.pages:
        raise DataError(
            f"{file.name} holds no record and no report of QuickBooks.",
            remedy="save the answers of the interface as they are, or take the file out of the export.",
        )
    return answer


def latest(records: Iterable[Record]) -> tuple[list[Record], list[Record]]:
    """Return the latest version of every record, and the versions that it stands for.

    A deletion comes last whatever its token; among the others the highest ``SyncToken`` counts, then the last
    change, then the last in the order of the files. Records without an id are versions of nothing.
    """
    best: dict[tuple[str, str], Record] = {}
    kept, older = [], []
    for record in records:
        number = text(record.body, "Id")
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


def is_deleted(body: Body) -> bool:
    """Tell whether a record says that it was deleted."""
    return (text(body, "status") or "").lower() == "deleted"


def _version(body: Body) -> tuple[bool, int, str]:
    token = text(body, "SyncToken") or ""
    return is_deleted(body), int(token) if token.isdecimal() else -1, text(body, "MetaData", "LastUpdatedTime") or ""


def _take(answer: Answer, body: Any, file: ExportFile) -> None:
    if not isinstance(body, dict):
        raise DataError(f"{file.name} holds no object of QuickBooks.")
    for key in FAULTS:
        if key in body:
            raise _fault(file.name, body[key])
    answer.time = max(filter(None, (answer.time, text(body, "time"))), default=None)
    if {"Header", "Columns", "Rows"} <= body.keys():
        answer.report = body
        return
    if "Report" in body:
        answer.report = body["Report"]
        return
    found = list(_records(body))
    bare = _BY_STEM.get(re.sub(r"[^a-z]", "", file.stem).removesuffix("s"))
    if not found and bare is not None and not any(key in body for key in WRAPPERS):
        found = [(bare, body)]
    for kind, one in found:
        answer.records.append(Record(kind, one, file.name, len(answer.records) + 1))
    answer.pages += _pages(body)


def _records(body: Body, depth: int = 0) -> Iterator[tuple[str, Body]]:
    """Yield the records in a body, wrapped however deep; not the ones inside records."""
    for key, value in body.items():
        if key in KINDS:
            yield from ((key, one) for one in many(value if isinstance(value, list) else [value]))
        elif key in WRAPPERS and depth < len(WRAPPERS):
            for part in many(value if isinstance(value, list) else [value]):
                yield from _records(part, depth + 1)


def _pages(body: Body) -> Iterator[tuple[str, int, int, int | None]]:
    for part in [
        *many(body, "QueryResponse"),
        *(one for cdc in many(body, "CDCResponse") for one in many(cdc, "QueryResponse")),
    ]:
        counts = {key: len(list(many(part, key))) for key in part if key in KINDS}
        stated, first = text(part, "maxResults"), text(part, "startPosition") or "1"
        kind = next(iter(counts), "")
        yield (
            kind,
            int(first) if first.isdecimal() else 1,
            sum(counts.values()),
            int(stated) if stated is not None and stated.isdecimal() else None,
        )


def _fault(name: str, fault: Any) -> DataError:
    errors: Sequence[Body] = [*many(fault, "Error"), *many(fault, "error")]
    said = "; ".join(
        ": ".join(filter(None, (text(one, "code"), text(one, "Message") or text(one, "message"), _detail(one))))
        for one in errors
    )
    kind = text(fault, "type") or "fault"
    return DataError(
        f"{name} is an error message of QuickBooks, not an export ({kind}: {said or 'no details'}).",
        remedy="ask the interface again, and put its answer in the place of this file.",
    )


def _detail(error: Body) -> str | None:
    return text(error, "Detail") or text(error, "detail")
