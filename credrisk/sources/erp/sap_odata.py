"""Items of S/4HANA's OData services, as JSON: what was posted on customer accounts, and what cancelled what.

The names are those of ``A_OperationalAcctgDocItemCube`` and of the order-to-cash services, with or without a capital
letter first. Billing documents, where they are in the export, tell which posting cancels which: a clearing date alone
never means that somebody paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.findings import Finding
from credrisk.sources.erp.account import FileAccount
from credrisk.sources.erp.cells import LINE, Cells, cells_of_objects
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.sap_rows import ItemFile, items_read, sap_import
from credrisk.sources.erp.sap_settings import checked_terms, settings_of
from credrisk.sources.erp.sap_values import bare_number, dates_of, document_id
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "sap_odata"
ABOUT = "Journal items, billing documents and customers of S/4HANA's OData services, as JSON or JSON lines."
VERIFIED = "tested on a recorded extract"

_WRAPS = frozenset(("d", "results", "value"))
"""Names under which OData puts the rows of an answer."""
_TYPE = frozenset(("accountingdocumenttype",))
ITEM_KEYS = frozenset(("accountingdocument", "accountingdocumentitem", "companycode", "customer", "postingdate"))
BILLING_KEYS = frozenset(("billingdocument", "billingdocumenttype", "accountingdocument"))
PARTNER_KEYS = frozenset(("businesspartner", "customer", "businesspartnerfullname"))
ADDRESS_KEYS = frozenset(("businesspartner", "addressid", "country"))
_NAMES = {
    "company": ("companycode",),
    "number": ("accountingdocument",),
    "year": ("fiscalyear",),
    "line": ("accountingdocumentitem",),
    "customer_id": ("customer",),
    "type": ("accountingdocumenttype",),
    "key": ("postingkey",),
    "special": ("specialglcode",),
    "account_type": ("financialaccounttype",),
    "document_date": ("documentdate",),
    "posting_date": ("postingdate",),
    "recorded_at": ("accountingdocumentcreationdate",),
    "due_date": ("netduedate",),
    "milli": ("amountintransactioncurrency",),
    "discount": ("cashdiscountamount",),
    "local_milli": ("amountincompanycodecurrency",),
    "local_currency": ("companycodecurrency",),
    "currency": ("transactioncurrency",),
    "cleared_on": ("clearingdate",),
    "clearing": ("clearingaccountingdocument", "clearingjournalentry"),
    "clearing_known": ("clearingcreationdate",),
    "ref_number": ("invoicereference",),
    "ref_year": ("invoicereferencefiscalyear",),
    "ref_line": ("invoiceitemreference",),
    "offset_account": ("offsettingaccount",),
    "order_id": ("salesdocument",),
    "billing": ("referencedocument", "documentreferenceid"),
    "reverse_number": ("reversedocument",),
    "reverse_year": ("reversedocumentfiscalyear",),
    "is_reversal": ("isreversal",),
}


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely these files are of OData services: JSON with the names of journal items."""
    return 0.95 if any(_is_items(one) for one in files) else 0.0


def read(
    files: Sequence[ExportFile],
    *,
    terms_days: str = "",
    types: str = "",
    bad_debt_accounts: str = "",
    unexplained: str = "unknown",
    currency: str = "",
    extracted_on: str = "",
    covers_from: str = "",
    covers_to: str = "",
) -> Imported:
    """Make the ledger's tables.

    Parameters
    ----------
    terms_days
        Days from the document date to the due date, for items without ``netDueDate``.
    types, bad_debt_accounts, unexplained, currency, extracted_on, covers_from, covers_to
        See docs/erp-sap.md.

    Raises
    ------
    DataError
        When there are no items, or no due dates and no ``terms_days``.
    """
    settings = settings_of(
        types=types,
        bad_debt_accounts=bad_debt_accounts,
        unexplained=unexplained,
        currency=currency,
        extracted_on=extracted_on,
        covers_from=covers_from,
        covers_to=covers_to,
    )
    findings: list[Finding] = []
    days = checked_terms(terms_days)
    items = [one for one in files if _is_items(one)]
    if not items:
        raise DataError(
            "no file holds journal items.", columns=sorted(ITEM_KEYS), remedy="docs/erp-sap.md says what to export."
        )
    billing, of_billing = _billing([one for one in files if _has(one, BILLING_KEYS)])
    parts: list[ItemFile] = []
    copies: list[FileAccount] = []
    for one in sorted(items, key=lambda file: not _has(file, _TYPE)):
        cells = _cells(one)
        if parts and "accountingdocumenttype" not in cells.header:
            copies.append(_copy(one, cells, parts))
            continue
        parts.append(_part(one, cells, billing, days, findings))
    customers, of_customers = _customers(files, findings)
    tables = {"customers": customers} if customers is not None else {}
    return sap_import(
        parts,
        files=[one.name for one in files],
        settings=settings,
        findings=findings,
        tables=tables,
        accounts=[*copies, *of_billing, *of_customers],
    )


def _part(one: ExportFile, cells: Cells, billing: pl.DataFrame, days: int | None, findings: list[Finding]) -> ItemFile:
    columns = {ours: name for ours, names in _NAMES.items() for name in names if name in cells.header}
    left_out = []
    if "account_type" in columns:
        left_out.append(("not on a customer account", pl.col("account_type") != "D"))
    part = items_read(
        one,
        cells,
        columns=columns,
        date_order="",
        decimal_mark="point",
        findings=findings,
        left_out=left_out,
    )
    found = part.items.with_columns(
        pl.lit(None, pl.String).alias(name) for name in _NAMES if name not in part.items.columns
    )
    found = found.join(billing, left_on="billing", right_on="billing_document", how="left", maintain_order="left")
    due = pl.col("due_date")
    if days is not None:
        due = due.fill_null(pl.col("document_date") + pl.duration(days=days))
    referred = bare_number(pl.col("ref_number"))
    reversing = pl.col("is_reversal").str.to_lowercase().is_in(["true", "x"]).fill_null(False)
    number = bare_number(pl.col("reverse_number"))
    year = pl.coalesce(bare_number(pl.col("reverse_year")), "year")
    other = pl.when(number.is_not_null()).then(document_id(pl.col("company"), number, year))
    found = found.with_columns(
        item=document_id(pl.col("company"), pl.col("number"), pl.col("year"), bare_number(pl.col("line"))),
        document=document_id(pl.col("company"), pl.col("number"), pl.col("year")),
        due_date=due,
        recorded_at=pl.coalesce("recorded_at", "billed_on"),
        reverses=pl.coalesce("cancels", pl.when(reversing).then(other)),
        cancelled_by=pl.coalesce("cancelled", pl.when(~reversing).then(other)),
        clearing_known=pl.coalesce("clearing_known", pl.when(pl.col("clearing").is_not_null()).then("cancelled_on")),
        row=pl.col(LINE),
        invoice=pl.when(referred.is_not_null()).then(
            document_id(
                pl.col("company"),
                referred,
                pl.coalesce(bare_number(pl.col("ref_year")), "year"),
                pl.coalesce(bare_number(pl.col("ref_line")), pl.lit("1")),
            )
        ),
    )
    without = found.filter(pl.col("due_date").is_null())
    if without.height:
        raise DataError(
            f"items of {one.name} have no netDueDate.",
            rows=without.height,
            ids=without["item"].head(5).to_list(),
            remedy="export netDueDate, or state the terms of payment: --set terms_days=30.",
        )
    return replace(part, items=found)


def _billing(files: Sequence[ExportFile]) -> tuple[pl.DataFrame, list[FileAccount]]:
    """Return for every billing document the day of its entry, what it cancels, and what cancels it, since when."""
    names = ("billing_document", "billed_on", "cancels", "cancelled", "cancelled_on")
    shape = dict.fromkeys(names, pl.String()) | {"billed_on": pl.Date(), "cancelled_on": pl.Date()}
    frames, read = [], []
    for one in files:
        cells = _cells(one)
        wanted = ("billingdocument", "accountingdocument", "companycode", "fiscalyear", "cancelledbillingdocument")
        day = ["creationdate"] if "creationdate" in cells.header else []
        frame = cells.frame.select(
            *(pl.col(name) if name in cells.header else pl.lit(None, pl.String).alias(name) for name in wanted), *day
        )
        dated = dates_of(frame, day, file=one.name, workbook=False, date_order="", findings=[])
        frames.append(dated.with_columns(creationdate=pl.col("creationdate") if day else pl.lit(None, pl.Date)))
        read.append((one.name, cells))
    if not frames:
        return pl.DataFrame(schema=shape), []
    together = pl.concat([frame.select(*wanted, "creationdate") for frame in frames])
    one_each = together.unique("billingdocument", keep="first", maintain_order=True)
    posted = document_id(pl.col("companycode"), bare_number(pl.col("accountingdocument")), pl.col("fiscalyear"))
    known = one_each.select(
        billing_document="billingdocument", billed_on="creationdate", posted=posted, of="cancelledbillingdocument"
    )
    cancelled = (
        known.select(billing_document="of", cancelled="posted", cancelled_on="billed_on")
        .drop_nulls(["billing_document", "cancelled"])
        .unique("billing_document")
    )
    origin = known.select(of="billing_document", cancels="posted")
    result = known.join(origin, on="of", how="left").join(cancelled, on="billing_document", how="left")
    accounts = []
    seen = 0
    for name, cells in read:
        fresh = (
            together[: seen + cells.frame.height].unique("billingdocument").height
            - together[:seen].unique("billingdocument").height
        )
        seen += cells.frame.height
        accounts.append(
            FileAccount(
                "links and days of entry",
                name,
                read=cells.read,
                used=fresh,
                blank=cells.blank,
                merged=cells.frame.height - fresh,
                set_aside=len(cells.ragged),
            )
        )
    return result.select(names), accounts


def _copy(one: ExportFile, cells: Cells, parts: Sequence[ItemFile]) -> FileAccount:
    """Account for a file that shows items again, without their types: the rows of the items themselves count.

    Raises
    ------
    DataError
        When it holds an item that the others do not.
    """
    own = [pl.col("companycode"), bare_number(pl.col("accountingdocument")), pl.col("fiscalyear")]
    ids = cells.frame.select(item=document_id(*own, bare_number(pl.col("accountingdocumentitem"))))
    known = pl.concat([part.items.select("item") for part in parts])
    strange = ids.join(known, on="item", how="anti")
    if strange.height:
        raise DataError(
            f"{one.name} holds items that are not among the journal items, and no document types.",
            rows=strange.height,
            ids=strange["item"].head(5).to_list(),
            remedy="export accountingDocumentType with these items.",
        )
    return FileAccount("items (again)", one.name, read=cells.read, used=0, blank=cells.blank, merged=cells.frame.height)


def _customers(files: Sequence[ExportFile], findings: list[Finding]) -> tuple[pl.DataFrame | None, list[FileAccount]]:
    accounts: list[FileAccount] = []
    names = {
        "customer_id": "customer",
        "name": "businesspartnerfullname",
        "industry": "industry",
        "opened_on": "creationdate",
    }
    found = []
    for one in files:
        if not _has(one, PARTNER_KEYS):
            continue
        cells = _cells(one)
        there = {ours: name for ours, name in names.items() if name in cells.header}
        partners = cells.frame.select("businesspartner", *(pl.col(name).alias(ours) for ours, name in there.items()))
        dated = [name for name in ("opened_on",) if name in there]
        partners = dates_of(partners, dated, file=one.name, workbook=False, date_order="", findings=findings)
        used = partners.filter(pl.col("customer_id").is_not_null())
        found.append(used.with_columns(bare_number(pl.col("customer_id"))).drop(f"{name}_fault" for name in dated))
        accounts.append(_whole("customers", one, cells, used.height, "no customer number"))
    if not found:
        return None, accounts
    customers = pl.concat(found, how="diagonal").unique("customer_id", keep="first", maintain_order=True)
    for one in files:
        if not _has(one, ADDRESS_KEYS):
            continue
        cells = _cells(one)
        kept = {"country": "country", "postcode": "postalcode", "city": "cityname", "street": "streetname"}
        there = {ours: name for ours, name in kept.items() if name in cells.header}
        address = cells.frame.select("businesspartner", *(pl.col(name).alias(ours) for ours, name in there.items()))
        single = address.unique("businesspartner", keep="first", maintain_order=True)
        customers = customers.join(single, on="businesspartner", how="left", maintain_order="left")
        accounts.append(
            FileAccount(
                "customers",
                one.name,
                read=cells.read,
                used=single.height,
                blank=cells.blank,
                merged=address.height - single.height,
            )
        )
        break
    return customers.drop("businesspartner"), accounts


def _whole(table: str, one: ExportFile, cells: Cells, used: int, otherwise: str) -> FileAccount:
    return FileAccount(
        table, one.name, read=cells.read, used=used, blank=cells.blank, left_out={otherwise: cells.frame.height - used}
    )


def _is_items(one: ExportFile) -> bool:
    return _has(one, ITEM_KEYS)


def _has(one: ExportFile, keys: frozenset[str]) -> bool:
    if one.kind not in ("json", "jsonl"):
        return False
    header = one.header if one.kind == "jsonl" or not _WRAPS & set(one.header) else _cells(one).header
    return keys <= {name.lower() for name in header}


def _cells(one: ExportFile) -> Cells:
    """Return the objects as cells under names in small letters, without what OData wraps around them."""
    if one.kind == "json":
        body = one.json()
        while isinstance(body, dict) and (inner := _WRAPS & set(body)):
            body = body[min(inner)]
        rows = [row for row in (body if isinstance(body, list) else [body]) if isinstance(row, dict)]
        cells = cells_of_objects(rows)
    else:
        cells = one.cells
    names = {name: name.lower() for name in cells.header}
    return replace(cells, header=tuple(names.values()), frame=cells.frame.rename(names))
