"""Tables of SAP as extracts: BSID and BSAD, BSEG with BKPF, or ACDOCA, with the customers' master and credit data.

Files are told by the technical names of their columns (``KUNNR``, ``BELNR``), capitals or not, whatever the files are
called. Entry is CPUDT; due is the baseline date plus the longest of the terms; SHKZG is the sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.findings import Finding, few
from credrisk.sources.erp.cells import LINE, Cells
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.sap_headers import DocumentHeaders, bad_debt_lines, document_headers
from credrisk.sources.erp.sap_ledger import MAJOR
from credrisk.sources.erp.sap_master import master_tables
from credrisk.sources.erp.sap_rows import ItemFile, items_read, last_day, sap_import
from credrisk.sources.erp.sap_settings import settings_of
from credrisk.sources.erp.sap_values import bare_number, document_id
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "sap_tables"
ABOUT = "Extracts of SAP's tables: BSID/BSAD, BSEG with BKPF, or ACDOCA; KNA1, KNB1, KNKK, UKM, T052."
VERIFIED = "headers tested on a connector's tables; contents from documentation, unverified"

ITEM_FIELDS = (frozenset(("kunnr", "belnr", "gjahr", "shkzg")), frozenset(("kunnr", "belnr", "gjahr", "wsl")))
_FIELDS = {
    "company": ("bukrs", "rbukrs"),
    "number": ("belnr",),
    "year": ("gjahr",),
    "line": ("buzei", "docln"),
    "customer_id": ("kunnr",),
    "type": ("blart", "h_blart"),
    "key": ("bschl",),
    "special": ("umskz",),
    "account_type": ("koart",),
    "status": ("bstat", "h_bstat"),
    "ledger": ("rldnr",),
    "deleted": ("_fivetran_deleted",),
    "sign": ("shkzg", "drcrk"),
    "document_date": ("bldat", "h_bldat"),
    "posting_date": ("budat", "h_budat"),
    "recorded_at": ("cpudt", "timestamp"),
    "baseline": ("zfbdt",),
    "due_date": ("netdt",),
    "milli": ("wrbtr", "wsl"),
    "discount": ("wskto",),
    "local_milli": ("dmbtr", "hsl"),
    "local_currency": ("hwaer", "h_hwaer", "rhcur"),
    "currency": ("waers", "h_waers", "rwcur"),
    "cleared_on": ("augdt",),
    "clearing": ("augbl",),
    "clearing_year": ("auggj",),
    "clearing_known": ("augcp",),
    "ref_number": ("rebzg",),
    "ref_year": ("rebzj",),
    "ref_line": ("rebzz",),
    "offset_account": ("gkont",),
    "order_id": ("vbel2",),
    "terms_1": ("zbd1t",),
    "terms_2": ("zbd2t",),
    "terms_3": ("zbd3t",),
}
_NEEDED = ("number", "year", "customer_id", "posting_date", "milli", "currency")
_LEADING = ("0L", "")
_NOTED = "S"


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely these files are tables of SAP: by the technical names of items."""
    return 0.9 if any(_is_items(one) for one in files) else 0.0


def read(
    files: Sequence[ExportFile],
    *,
    date_order: str = "",
    decimal_mark: str = "",
    types: str = "",
    bad_debt_accounts: str = "",
    unexplained: str = "unknown",
    currency: str = "",
    extracted_on: str = "",
    covers_from: str = "",
    covers_to: str = "",
) -> Imported:
    """Make the ledger's tables; the settings are those of docs/erp-sap.md.

    Raises
    ------
    DataError
        When no row is an item of a customer account, or dates or amounts can be read in two ways.
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
    headers, accounts = document_headers(files, date_order=date_order)
    losses = bad_debt_lines(files, settings.bad_debt_accounts)
    parts = []
    for one in files:
        if _is_items(one):
            part = _part(one, headers, date_order, decimal_mark, findings)
            parts.append(replace(part, items=_with_losses(part.items, losses)))
    if not parts:
        raise DataError(
            "no file holds items of customer accounts.",
            columns=("KUNNR", "BELNR", "GJAHR", "SHKZG or WSL"),
            remedy="docs/erp-sap.md says which tables and columns to export.",
        )
    parts = _with_documents(parts, headers)
    items = pl.concat([part.items.select("customer_id", "recorded_at", "posting_date", "cleared_on") for part in parts])
    stated = settings.stated.get("extracted_on") or ("" if items.is_empty() else last_day(items).isoformat())
    tables, of_master = master_tables(files, seen=items["customer_id"], extracted_on=stated, findings=findings)
    return sap_import(
        parts,
        files=[one.name for one in files],
        settings=settings,
        findings=findings,
        tables=tables,
        accounts=[*accounts, *of_master],
    )


def _is_items(one: ExportFile) -> bool:
    return one.kind in ("csv", "xlsx", "json", "jsonl") and _has_items(frozenset(name.lower() for name in one.header))


def _has_items(header: frozenset[str]) -> bool:
    return any(fields <= header for fields in ITEM_FIELDS)


def _part(
    one: ExportFile, headers: DocumentHeaders, date_order: str, decimal_mark: str, findings: list[Finding]
) -> ItemFile:
    _refuse_without_company(one)
    cells = _with_headers(one.cells, headers)
    columns = {ours: name for ours, names in _FIELDS.items() for name in names if name in cells.header}
    lacking = [_FIELDS[name][0].upper() for name in _NEEDED if name not in columns]
    if "sign" not in columns and "wrbtr" in cells.header:
        lacking.append("SHKZG")
    if lacking:
        raise DataError(
            f"{one.name} lacks columns that items need.",
            columns=lacking,
            remedy="export them too; what BSEG has not, BKPF has.",
        )
    text = {name: pl.col(name).str.to_uppercase() for name in columns}
    left_out = [
        ("deleted in the source", text["deleted"] == "TRUE") if "deleted" in text else None,
        ("not on a customer account", text["account_type"] != "D") if "account_type" in text else None,
        ("not on a customer account", pl.col("customer_id").is_null()),
        ("in another ledger than the leading one", ~text["ledger"].is_in(_LEADING)) if "ledger" in text else None,
        ("noted items", text["status"] == _NOTED) if "status" in text else None,
        ("special G/L items but for down payments", ~text["special"].is_in(["", "A"])) if "special" in text else None,
    ]
    part = items_read(
        one,
        cells,
        columns=columns,
        date_order=date_order,
        decimal_mark=decimal_mark,
        findings=findings,
        left_out=[one for one in left_out if one is not None],
        stored_decimals=True,
    )
    shown = part.items.with_columns(
        pl.lit(None, pl.Date if name == "baseline" else pl.String).alias(name)
        for name in _FIELDS
        if name not in part.items.columns
    )
    return replace(part, items=_signed(shown, one, findings))


def _refuse_without_company(one: ExportFile) -> None:
    names = {name.lower() for name in one.header}
    if not {"bukrs", "rbukrs"} & names:
        raise DataError(f"{one.name} has no company code.", columns=("BUKRS",), remedy="export BUKRS too.")


def _with_headers(cells: Cells, headers: DocumentHeaders) -> Cells:
    """Return the cells under small letters, with what only the document header has (BSEG has neither date nor type)."""
    frame = cells.frame.rename({name: name.lower() for name in cells.header})
    company = "bukrs" if "bukrs" in frame.columns else "rbukrs"
    keys = [pl.col(company), bare_number(pl.col("belnr")), bare_number(pl.col("gjahr"))]
    joined = frame.with_columns(_document=document_id(*keys)).join(
        headers.fields, left_on="_document", right_on="document", how="left", maintain_order="left", suffix="_header"
    )
    both = [name for name in headers.fields.columns if f"{name}_header" in joined.columns]
    joined = joined.with_columns(pl.coalesce(name, f"{name}_header").alias(name) for name in both)
    joined = joined.drop("_document", *(f"{name}_header" for name in both))
    return replace(cells, header=tuple(name for name in joined.columns if name != LINE), frame=joined)


def _signed(items: pl.DataFrame, one: ExportFile, findings: list[Finding]) -> pl.DataFrame:
    """Give amounts their sign, items their due date, id, and the item they refer to."""
    credit = pl.col("sign").str.to_uppercase() == "H"
    signed = items.select((pl.col("milli") < 0).any() & ~((pl.col("milli") < 0) & ~credit).any()).item()
    amount = pl.col("milli") if signed else pl.when(credit).then(-pl.col("milli")).otherwise("milli")
    unsaid = items.filter(~pl.col("sign").str.to_uppercase().is_in(["S", "H"]).fill_null(False))
    if unsaid.height and not signed:
        findings.append(
            Finding(
                "error",
                "documents",
                "no_sign",
                f"items of {one.name} do not say debit or credit (SHKZG is neither S nor H); they count as debits.",
                unsaid.height,
                few(unsaid["number"]),
                float(unsaid["milli"].sum()) / MAJOR,
                remedy="export SHKZG.",
            )
        )
    days = [pl.col(f"terms_{step}").str.replace(r"\.0+$", "").cast(pl.Int64, strict=False) for step in (1, 2, 3)]
    # The last filled of the three terms is the net one; they rise, so it is the largest.
    base = pl.coalesce("baseline", "document_date", "posting_date")
    due = pl.coalesce("due_date", base + pl.duration(days=pl.max_horizontal(*days).fill_null(0)))
    own = [pl.col("company"), pl.col("number"), bare_number(pl.col("year"))]
    line = pl.coalesce(bare_number(pl.col("ref_line")), pl.lit("1"))
    reference = bare_number(pl.col("ref_number"))
    referred = [
        pl.col("company"),
        reference,
        pl.coalesce(bare_number(pl.col("ref_year")), bare_number(pl.col("year"))),
        line,
    ]
    return items.with_columns(
        milli=amount,
        due_date=due,
        document_date=pl.coalesce("document_date", "posting_date"),
        document=document_id(*own),
        item=document_id(*own, bare_number(pl.col("line"))),
        invoice=pl.when(reference.is_not_null()).then(document_id(*referred)),
        offset_account=bare_number(pl.col("offset_account")),
        special=pl.col("special").str.to_uppercase(),
        type=pl.col("type").str.to_uppercase(),
        row=pl.col(LINE),
    )


def _with_losses(items: pl.DataFrame, losses: pl.DataFrame) -> pl.DataFrame:
    """Take the bad-debt account of the same document for the other side, where the item does not name one."""
    found = items.join(losses, on="document", how="left", maintain_order="left")
    return found.with_columns(offset_account=pl.coalesce("loss_account", "offset_account")).drop("loss_account")


def _with_documents(parts: Sequence[ItemFile], headers: DocumentHeaders) -> list[ItemFile]:
    """Say of every item what its document cancels, what cancels it, and when its clearing was entered."""
    entered = headers.entered.rename({"document": "clearing_document"})
    made = []
    for part in parts:
        year = pl.coalesce(bare_number(pl.col("clearing_year")), pl.col("cleared_on").dt.year().cast(pl.String))
        cleared = pl.when(pl.col("clearing").is_not_null()).then(
            document_id(pl.col("company"), pl.col("clearing"), year)
        )
        items = (
            part.items.drop("reverses", "cancelled_by")
            .join(headers.cancellations, on="document", how="left", maintain_order="left")
            .with_columns(clearing_document=cleared)
            .join(entered, on="clearing_document", how="left", maintain_order="left")
            .with_columns(clearing_known=pl.coalesce("clearing_known", "entered"))
        )
        made.append(replace(part, items=items))
    return made
