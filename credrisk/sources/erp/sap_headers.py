"""What only the whole document says: its dates and type (BKPF), what it cancels, and its lines on bad-debt accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from credrisk.sources.erp.account import FileAccount
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.sap_items import among_accounts
from credrisk.sources.erp.sap_values import bare_number, dates_of, document_id

__all__ = ["DocumentHeaders", "bad_debt_lines", "document_headers"]

HEADER_FIELDS = frozenset(("bukrs", "belnr", "gjahr", "blart", "budat"))
_CARRIED = ("blart", "bldat", "budat", "cpudt", "waers", "hwaer", "bstat")
_REVERSED, _REVERSING = "1", "2"
"""Values of BKPF-XREVERSAL: the document was reversed, the document is the reversal."""


@dataclass(frozen=True)
class DocumentHeaders:
    """Documents as their headers say.

    Attributes
    ----------
    fields
        ``document`` (its id) and the fields that items may lack, as text.
    cancellations
        ``document, reverses, cancelled_by`` (ids of documents).
    entered
        ``document, entered``: the day of entry.
    """

    fields: pl.DataFrame
    cancellations: pl.DataFrame
    entered: pl.DataFrame


def document_headers(files: Sequence[ExportFile], *, date_order: str) -> tuple[DocumentHeaders, list[FileAccount]]:
    """Read the files that are headers of documents (BKPF), and cancellations from journal items (ACDOCA)."""
    frames, accounts, cancelled = [], [], []
    for one in files:
        if one.kind not in ("csv", "xlsx", "json", "jsonl"):
            continue
        names = {name: name.lower() for name in one.header}
        header = frozenset(names.values())
        if {"belnr", "gjahr", "xreversing", "awref_rev"} <= header:
            cancelled.append(_of_journal(one.cells.frame.rename(names)))
        if not header.issuperset(HEADER_FIELDS) or header & {"buzei", "docln", "kunnr"}:
            continue
        frame = one.cells.frame.rename(names)
        made = frame.select(
            document=_id("belnr", "gjahr"),
            partner=_id("stblg", "stjah") if {"stblg", "stjah"} <= header else pl.lit(None, pl.String),
            mark=pl.col("xreversal") if "xreversal" in header else pl.lit(None, pl.String),
            **{name: pl.col(name) if name in header else pl.lit(None, pl.String) for name in _CARRIED},
        )
        single = made.unique("document", keep="first", maintain_order=True)
        frames.append(single)
        accounts.append(
            FileAccount(
                "document headers",
                one.name,
                read=one.cells.read,
                used=single.height,
                blank=one.cells.blank,
                merged=made.height - single.height,
                set_aside=len(one.cells.ragged),
            )
        )
    shape = dict.fromkeys(("document", "partner", "mark", *_CARRIED), pl.String())
    whole = pl.concat([pl.DataFrame(schema=shape), *frames]).unique("document", keep="first", maintain_order=True)
    links = pl.concat([_linked(whole), *cancelled]).unique("document", keep="first", maintain_order=True)
    dated = dates_of(
        whole.with_columns(entered="cpudt"),
        ["entered"],
        file="the document headers",
        workbook=True,
        date_order=date_order,
        findings=[],
    )
    return DocumentHeaders(dated.select("document", *_CARRIED), links, dated.select("document", "entered")), accounts


def bad_debt_lines(files: Sequence[ExportFile], accounts: tuple[str, ...]) -> pl.DataFrame:
    """Return the documents with a line on a bad-debt account: ``document, loss_account``."""
    found = [pl.DataFrame(schema={"document": pl.String, "loss_account": pl.String})]
    for one in files:
        if not accounts or one.kind not in ("csv", "xlsx", "json", "jsonl"):
            continue
        names = {name: name.lower() for name in one.header}
        header = frozenset(names.values())
        account = next((name for name in ("hkont", "racct", "saknr") if name in header), None)
        if account is None or not {"belnr", "gjahr", "koart"} <= header:
            continue
        lines = one.cells.frame.rename(names).with_columns(loss_account=bare_number(pl.col(account)))
        company = "bukrs" if "bukrs" in header else "rbukrs"
        hit = lines.filter(among_accounts(pl.col("loss_account"), accounts), pl.col("koart").str.to_uppercase() == "S")
        found.append(hit.select(document=_id("belnr", "gjahr", company), loss_account="loss_account"))
    return pl.concat(found).unique("document", keep="first", maintain_order=True)


def _linked(headers: pl.DataFrame) -> pl.DataFrame:
    """Tell which of two linked documents is the reversal: by its mark, else the one with the higher number."""
    numbers = [
        pl.col(name).str.extract(r"-(\d+)-\d+$").cast(pl.Int64, strict=False) for name in ("document", "partner")
    ]
    later = (numbers[0] > numbers[1]).fill_null(False)
    reversing = (
        pl.when(pl.col("mark").is_in([_REVERSED, _REVERSING])).then(pl.col("mark") == _REVERSING).otherwise(later)
    )
    return headers.filter(pl.col("partner").is_not_null()).select(
        "document",
        reverses=pl.when(reversing).then("partner"),
        cancelled_by=pl.when(~reversing).then("partner"),
    )


def _of_journal(items: pl.DataFrame) -> pl.DataFrame:
    """Return the cancellations that journal items of S/4HANA name (XREVERSING, AWREF_REV)."""
    company = "rbukrs" if "rbukrs" in items.columns else "bukrs"
    made = items.filter(pl.col("xreversing").str.to_uppercase() == "X").select(
        document=_id("belnr", "gjahr", company), reverses=_id("awref_rev", "gjahr", company)
    )
    backwards = made.select(document="reverses", reverses=pl.lit(None, pl.String), cancelled_by="document")
    forwards = made.with_columns(cancelled_by=pl.lit(None, pl.String))
    return pl.concat([forwards, backwards]).filter(pl.col("document").is_not_null())


def _id(number: str, year: str, company: str = "bukrs") -> pl.Expr:
    known = bare_number(pl.col(number))
    return pl.when(known.is_not_null()).then(document_id(pl.col(company), known, bare_number(pl.col(year))))
