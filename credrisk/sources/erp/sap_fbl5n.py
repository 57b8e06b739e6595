"""FBL5N: the list of a customer's line items, as saved from the SAP GUI, in seven languages.

Text with bars, tabs, semicolons or commas, or a workbook; open and cleared items; headings, dates and amounts as the
user has them set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.findings import Finding
from credrisk.sources.erp.cells import LINE, Cells
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.sap_headings import own_columns
from credrisk.sources.erp.sap_list import SapList
from credrisk.sources.erp.sap_list_files import headings_of, no_list, undone
from credrisk.sources.erp.sap_rows import SPECIAL, ItemFile, items_read, sap_import
from credrisk.sources.erp.sap_settings import checked_terms, settings_of
from credrisk.sources.erp.sap_totals import subtotal_findings
from credrisk.sources.erp.sap_values import bare_number, document_id
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "sap_fbl5n"
ABOUT = "SAP's customer line item list (FBL5N), saved as text, spreadsheet or workbook, in seven languages."
VERIFIED = "from documentation, unverified"

_SAP_ONLY = frozenset(("type", "clearing", "key", "special", "milli", "local_amount", "company"))
"""Columns that lists of other systems have not all."""
_SURE_WITH = 3
_CREDIT = ("H", "C", "A")
"""How SAP writes credit in a column of its own: Haben, crédit, avere."""


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely these files are such lists: by headings that SAP has, more surely with bars and rules."""
    return max((_score(one) for one in files), default=0.0)


def read(
    files: Sequence[ExportFile],
    *,
    date_order: str = "",
    decimal_mark: str = "",
    terms_days: str = "",
    types: str = "",
    bad_debt_accounts: str = "",
    unexplained: str = "unknown",
    currency: str = "",
    extracted_on: str = "",
    covers_from: str = "",
    covers_to: str = "",
) -> Imported:
    """Make the ledger's tables; several lists (open and cleared, or by company) are put together.

    Parameters
    ----------
    date_order
        ``day_first`` or ``month_first``, where the dates of a list do not say it.
    decimal_mark
        ``point`` or ``comma``, where the amounts of a list do not say it.
    terms_days
        Days from the document date to the due date, where the list has no net due date.
    types, bad_debt_accounts, unexplained, currency, extracted_on, covers_from, covers_to
        See docs/erp-sap.md.

    Raises
    ------
    DataError
        When the list lacks what cannot be told: the account, due dates, the dates of clearings.
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
    days = checked_terms(terms_days)
    findings: list[Finding] = []
    parts, names = [], []
    for one in files:
        found = undone(one)
        if found is None:
            continue
        part = _part(one, found, date_order, decimal_mark, currency.upper(), findings)
        findings += subtotal_findings(
            found, _amount_columns(one, found, "any"), file=one.name, decimal_mark=decimal_mark
        )
        parts.append(part)
        names += [line.account for line in found.items if "name" in line.account]
    if not parts:
        raise no_list(files)
    parts = _with_days(parts, days)
    return sap_import(
        parts,
        files=[one.name for one in files],
        settings=settings,
        findings=findings,
        tables=_customers(parts, names),
    )


def _score(one: ExportFile) -> float:
    sure = len(own_columns(headings_of(one)).keys() & _SAP_ONLY)
    return 0.9 if sure >= _SURE_WITH else 0.4 if sure else 0.0


def _part(
    one: ExportFile, found: SapList, date_order: str, decimal_mark: str, currency: str, findings: list[Finding]
) -> ItemFile:
    columns = _amount_columns(one, found, currency)
    rows = [
        {name: line.cells[place] or None for name, place in columns.items()}
        | {f"{name} above": line.account.get(name) for name in ("customer_id", "company")}
        | {LINE: line.number}
        for line in found.items
    ]
    text = {name: pl.String() for name in (*columns, "customer_id above", "company above")}
    frame = pl.DataFrame(rows, schema=text | {LINE: pl.Int64()}).with_columns(
        pl.coalesce(*(name for name in (f"{column}", f"{column} above") if name in text)).alias(column)
        for column in ("customer_id", "company")
    )
    if "currency" not in columns:
        frame = frame.with_columns(currency=pl.lit(currency))
    if "posting_date" not in columns:
        frame = frame.with_columns(posting_date="document_date")
    if frame["customer_id"].null_count() == frame.height:
        raise DataError(
            f"{one.name} says of no item whose it is.",
            remedy="add the column Account to the layout, or save the list with the block above each account.",
        )
    frame = frame.drop("customer_id above", "company above")
    if "cleared_on" in columns and "clearing" not in columns and frame["cleared_on"].drop_nulls().len():
        raise DataError(
            f"{one.name} says when items were cleared, and not by which document.",
            columns=(found.header[columns["cleared_on"]],),
            remedy="add the column Clearing Document (Ausgleichsbeleg) to the layout.",
        )
    ours = tuple(name for name in frame.columns if name != LINE)
    cells = Cells(ours, frame, found.blank, tuple(found.ragged))
    part = items_read(
        one,
        cells,
        columns={name: name for name in ours},
        date_order=date_order,
        decimal_mark=decimal_mark,
        findings=findings,
        left_out=[(SPECIAL, _noted())] if "special" in columns else [],
    )
    layout = {"headings, titles and account blocks": found.frame, "subtotals": len(found.totals)}
    named = set(found.columns.values())
    return replace(
        part,
        read=found.read,
        left_out=part.left_out | layout,
        unused=tuple(name for place, name in enumerate(found.header) if name and place not in named),
        items=_signed(part.items).with_columns(row=pl.col(LINE)),
    )


def _signed(items: pl.DataFrame) -> pl.DataFrame:
    """Give amounts their sign where a column says debit or credit and the amounts have none (tables shown in SE16N)."""
    items = items.with_columns(pl.col("type").str.to_uppercase())
    if "sign" not in items.columns or (items["milli"] < 0).any():
        return items
    return items.with_columns(milli=pl.when(pl.col("sign").is_in(_CREDIT)).then(-pl.col("milli")).otherwise("milli"))


def _noted() -> pl.Expr:
    """Return whether an item is neither ordinary nor a down payment: bills of exchange, guarantees, requests."""
    return ~pl.col("special").is_in(["", "A"])


def _amount_columns(one: ExportFile, found: SapList, currency: str) -> dict[str, int]:
    """Return the columns to be read, the amount being that in the document's currency where the list names it."""
    columns = dict(found.columns)
    local_amount, local_currency = columns.pop("local_amount", None), columns.pop("local_currency", None)
    places = (("local_milli", local_amount), ("local_currency", local_currency))
    local = [(name, place) for name, place in places if place is not None]
    if len(local) == len(places) and {"milli", "currency"} <= set(columns):
        return _dated(one, columns | dict(local))
    if local_amount is not None and ("milli" not in columns or "currency" not in columns):
        columns["milli"] = local_amount
        columns.pop("currency", None)
        if local_currency is not None:
            columns["currency"] = local_currency
    if "currency" not in columns and not currency:
        raise DataError(
            f"{one.name} names no currency" + (f"; {said}." if (said := _of_documents(found)) else "."),
            remedy="add the column of the currency to the layout, or --set currency=EUR.",
        )
    return _dated(one, columns)


def _of_documents(found: SapList) -> str:
    """Say that the currency of the list is that of the documents, where the amounts are in the company's own."""
    place = found.columns.get("currency")
    if place is None:
        return ""
    codes = ", ".join(sorted({line.cells[place] for line in found.items if line.cells[place]}))
    return f"its amounts are in local currency, and {found.header[place]} ({codes}) is that of the documents"


def _dated(one: ExportFile, columns: dict[str, int]) -> dict[str, int]:
    if not {"document_date", "posting_date"} & set(columns):
        raise DataError(f"{one.name} has no document date.", remedy="add the column Document Date to the layout.")
    columns.setdefault("document_date", columns.get("posting_date", -1))
    return columns


def _with_days(parts: Sequence[ItemFile], terms_days: int | None) -> list[ItemFile]:
    """Give every item its id, due date and day of clearing, as far as the lists say them."""
    identified = [_with_ids(part.items) for part in parts]
    documents = _documents(identified)
    made = []
    for part, own in zip(parts, identified, strict=True):
        posted = _meant(own, pl.col("clearing"), documents, unlikely=pl.col("its_date") < pl.col("posting_date"))
        items = own.with_columns(
            cleared_on=pl.when(pl.col("clearing").is_not_null()).then(pl.coalesce("cleared_on", posted["its_date"]))
        )
        undated = items.filter(pl.col("clearing").is_not_null(), pl.col("cleared_on").is_null())
        if undated.height:
            raise DataError(
                f"{part.file.name} shows cleared items without the date of their clearing.",
                rows=undated.height,
                ids=undated["number"].head(5).to_list(),
                remedy="add the column Clearing date to the layout.",
            )
        if terms_days is not None:
            terms = pl.col("document_date") + pl.duration(days=terms_days)
            items = items.with_columns(pl.col("due_date").fill_null(terms))
        unknown = items.filter(pl.col("due_date").is_null(), pl.col("milli") > 0)
        if unknown.height:
            raise DataError(
                f"{part.file.name} has items without a net due date.",
                rows=unknown.height,
                ids=unknown["number"].head(5).to_list(),
                remedy="add the column Net Due Date to the layout, or state the terms: --set terms_days=30.",
            )
        items = items.with_columns(pl.col("due_date").fill_null(pl.col("document_date")))
        made.append(replace(part, items=items))
    return _with_references(made)


def _with_ids(items: pl.DataFrame) -> pl.DataFrame:
    year = pl.col("posting_date").dt.year().cast(pl.String)
    if "year" in items.columns:
        year = pl.coalesce(pl.col("year"), year)
    document = document_id(pl.coalesce("company", pl.lit("SAP")), pl.col("number"), year)
    items = items.with_columns(document=document)
    turn = (pl.int_range(pl.len()).over("document") + 1).cast(pl.String)
    line = pl.coalesce(bare_number(pl.col("line")), turn) if "line" in items.columns else turn
    return items.with_columns(item=document_id(pl.col("document"), line))


def _documents(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return every document of the lists with its number, customer, last posting date and largest item."""
    whole = pl.concat(
        [one.select("company", "number", "customer_id", "document", "item", "posting_date", "milli") for one in parts]
    )
    return (
        whole.sort("milli", "item", descending=[True, False])
        .group_by("company", "number", "customer_id", "document", maintain_order=True)
        .agg(its_item=pl.col("item").first(), its_date=pl.col("posting_date").max())
        .rename({"customer_id": "its_customer", "document": "its_document"})
    )


def _meant(items: pl.DataFrame, wanted: pl.Expr, documents: pl.DataFrame, *, unlikely: pl.Expr) -> pl.DataFrame:
    """Return for each item the document that a number means; numbers begin anew every year, and lists say no year.

    That of the item's own customer comes first, then one on the likely side of its posting date, then the nearest.
    Where the list names no company the customer must be the same. ``its_document, its_item, its_date``, null for none.
    """
    asked = items.select("company", "customer_id", "posting_date", number=wanted).with_row_index("place")
    pairs = asked.filter(pl.col("number").is_not_null()).join(documents, on=["company", "number"], nulls_equal=True)
    another = (pl.col("its_customer") != pl.col("customer_id")).fill_null(value=True)
    far = (pl.col("its_date") - pl.col("posting_date")).abs()
    best = (
        pairs.filter(~another | pl.col("company").is_not_null())
        .with_columns(another=another, unlikely=unlikely, far=far)
        .sort("place", "another", "unlikely", "far", "its_document")
        .unique("place", keep="first")
    )
    found = best.select("place", "its_document", "its_item", "its_date")
    return asked.select("place").join(found, on="place", how="left", maintain_order="left").drop("place")


def _with_references(parts: Sequence[ItemFile]) -> list[ItemFile]:
    """Find the items that invoice references name, and the documents that cancel others: lists say the number alone."""
    documents = _documents([part.items for part in parts])
    made = []
    for part in parts:
        items = part.items
        named = bare_number(pl.col("invoice"))
        wanted = pl.when(named != pl.col("number")).then(named)
        later = pl.col("its_date") > pl.col("posting_date")
        items = items.with_columns(invoice=_meant(items, wanted, documents, unlikely=later)["its_item"])
        if "reversal" in items.columns:
            items = items.with_columns(partner=bare_number(pl.col("reversal")))
            other = _meant(items, pl.col("partner"), documents, unlikely=pl.lit(value=False))["its_document"]
            own, its = (pl.col(name).cast(pl.Int64, strict=False) for name in ("number", "partner"))
            items = items.with_columns(
                reverses=pl.when(own > its).then(other),
                cancelled_by=pl.when(own < its).then(other),
            )
        made.append(replace(part, items=items))
    return made


def _customers(parts: Sequence[ItemFile], above: Sequence[dict[str, str]]) -> dict[str, pl.DataFrame]:
    """Return the customers with the names that the lists give, in a column or above each account."""
    said = [
        pl.DataFrame(
            {"customer_id": [one["customer_id"] for one in named], "name": [one["name"] for one in named]}
        ).with_columns(bare_number(pl.col("customer_id")))
        for named in ([one for one in above if "customer_id" in one],)
        if named
    ]
    said += [part.items.select("customer_id", "name") for part in parts if "name" in part.items.columns]
    if not said:
        return {}
    names = pl.concat(said).drop_nulls().unique().sort("customer_id", "name").unique("customer_id", keep="first")
    seen = pl.concat([part.items.select("customer_id") for part in parts]).unique()
    return {"customers": seen.join(names, on="customer_id", how="left").sort("customer_id")}
