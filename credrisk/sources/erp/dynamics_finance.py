"""Microsoft Dynamics 365 Finance: customer transactions and settlements, or the picture of a day, and the customers."""

from __future__ import annotations

from collections.abc import Sequence

from credrisk.dates import to_date
from credrisk.errors import DataError, ParameterError
from credrisk.sources.erp.bodies import Record, day
from credrisk.sources.erp.closing_words import stated_names
from credrisk.sources.erp.dynamics_ledger import post
from credrisk.sources.erp.dynamics_tables import SNAPSHOTS, TABLES, TELLING
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.named_tables import fitting_table, header_of, not_needed, read_tables, unused_columns
from credrisk.sources.erp.open_item_report import OpenItem, post_open_item, read_amount, snapshot_settings
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.settled_items import Customer, post_customers
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "dynamics_finance"
ABOUT = "Microsoft Dynamics 365 Finance: CustTrans and CustSettlement, or the open transactions of a day; customers."
VERIFIED = "from documentation, unverified (the grid All customers tested on a recorded extract)"
SURE = 0.85
LEAST = 0.6
"""Share of :data:`SURE` for a single own file among many others."""
_SIGNS = {True: "credit note", False: "invoice"}


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely files are of Dynamics 365 Finance: the share of its tables, if a telling one is there."""
    own = [(table.kind, file) for file in files if (table := fitting_table(file, TABLES)) is not None]
    if not any(_is_telling(kind, file) for kind, file in own):
        return 0.0
    return SURE * (LEAST + (1 - LEAST) * len(own) / len(files))


def read(
    files: Sequence[ExportFile], *, write_off_words: str = "", report_date: str = "", payment_words: str = ""
) -> Imported:
    """Turn an export of Dynamics 365 Finance into the ledger's tables.

    Parameters
    ----------
    write_off_words, payment_words
        Types or descriptions of transactions that mean a write-off or a payment, separated by commas, where their
        name does not say so (another language).
    report_date
        Day of an aging snapshot or of CustTransOpen, which the file does not state: ``2025-12-31``.

    Returns
    -------
    Imported
        With CustTrans the history; of a snapshot alone a ledger of its one day. What is open today (CustTransOpen) is
        left out beside CustTrans.

    Raises
    ------
    ParameterError
        When a snapshot has no day.
    DataError
        When a file is damaged, or nothing is of Dynamics 365 Finance.
    """
    postings = Postings()
    by_kind = read_tables(files, TABLES, postings)
    if not any(by_kind.values()):
        raise DataError("there is no table of Dynamics 365 Finance in the export.", remedy="export CustTrans.")
    settings: dict[str, str] = {}
    customers = _customers(by_kind["customer"], postings)
    pictures = [record for kind in SNAPSHOTS for record in by_kind[kind]]
    if by_kind["transaction"]:
        for record in pictures:
            postings.leave_out(record, "what is open today: not used beside the transactions")
        items = post(
            by_kind["transaction"],
            by_kind["settlement"],
            postings,
            write_offs=stated_names(write_off_words),
            payments=stated_names(payment_words),
        )
        post_customers(customers, items, postings)
    else:
        for record in by_kind["settlement"]:
            postings.set_aside(record, "unknown_document", "transaction", table="applications", key=None)
        if pictures:
            settings = snapshot_settings(_report_date(report_date))
            _snapshot(pictures, settings["extracted_on"], {one.customer_id for one in customers}, postings)
        post_customers(customers, (), postings)
    return postings.imported(
        whole_files=not_needed(files, TABLES), settings=settings, unused_columns=unused_columns(files, TABLES)
    )


def _is_telling(kind: str, file: ExportFile) -> bool:
    return kind in TELLING and set(TELLING[kind]) <= header_of(file)


def _report_date(written: str) -> str:
    if not written:
        raise ParameterError(
            "report_date",
            "the day of the snapshot, such as 2025-12-31",
            written,
            remedy="add --set report_date=2025-12-31.",
        )
    return to_date(written, "report_date").isoformat()


def _snapshot(records: Sequence[Record], as_of: str, customers: set[str], postings: Postings) -> None:
    named: set[str] = set()
    for record in records:
        body = record.body
        amount, key = read_amount(body.get("amount")), body.get("key") or body.get("reference") or str(record.row)
        kind = body.get("type") or _SIGNS[not isinstance(amount, str) and (amount or 0) < 0]
        item = OpenItem(
            key, kind, body.get("customer"), day(body, "date"), day(body, "due"), amount, body.get("currency")
        )
        post_open_item(record, item, as_of, postings)
        if item.customer_id and item.customer_id not in customers | named:
            named.add(item.customer_id)
            postings.add("customers", record, customer_id=item.customer_id, name=body.get("name"))


def _customers(records: Sequence[Record], postings: Postings) -> list[Customer]:
    made: dict[str, Customer] = {}
    for record in records:
        body = record.body
        key = body.get("id")
        if key is None:
            postings.set_aside(record, "missing_value", "customer_id", table="customers", key=None)
        elif key in made:
            postings.merge(record)
        else:
            cells = {name: body.get(name) for name in ("name", "currency", "country", "street", "postcode", "city")}
            made[key] = Customer(key, record, {**cells, "payer_id": body.get("payer"), "vat_id": body.get("vat_id")})
    return list(made.values())
