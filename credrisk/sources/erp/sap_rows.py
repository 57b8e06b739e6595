"""Rows of an export of SAP become items on customer accounts, or are left out or set aside, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.findings import Finding, few
from credrisk.sources.erp.account import NO_ROWS_ASIDE, FileAccount, imported, money_sums, not_read
from credrisk.sources.erp.cells import LINE, Cells
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.sap_items import ITEM
from credrisk.sources.erp.sap_ledger import MAJOR, ledger_of_items
from credrisk.sources.erp.sap_rates import company_currency, posted_rates
from credrisk.sources.erp.sap_settings import Settings
from credrisk.sources.erp.sap_types import unknown_types
from credrisk.sources.erp.sap_values import amounts_of, bare_number, currency_shift, dates_of
from credrisk.sources.mapping import Imported

__all__ = ["SPECIAL", "ItemFile", "items_read", "last_day", "sap_import"]

_DATES = ("document_date", "posting_date", "recorded_at", "due_date", "cleared_on", "clearing_known", "baseline")
_NUMBERS = ("number", "customer_id", "clearing")
SPECIAL = "special G/L items but for down payments"
"""Why such items are left out: they are shown on their own accounts in the balance sheet."""
_NEEDED = ("number", "customer_id", "posting_date", "currency", "milli")


@dataclass
class ItemFile:
    """One file of items: its rows in ITEM's columns as far as it has them, and its account.

    Attributes
    ----------
    items
        The items with LINE; rows that were left out or set aside are not among them.
    left_out
        Number of rows by reason.
    aside
        Rows set aside, in the columns of the ledger's quarantine.
    """

    file: ExportFile
    read: int
    blank: int
    items: pl.DataFrame
    left_out: dict[str, int] = field(default_factory=dict)
    aside: pl.DataFrame = field(default_factory=lambda: NO_ROWS_ASIDE)
    unused: tuple[str, ...] = ()


def items_read(
    file: ExportFile,
    cells: Cells,
    *,
    columns: Mapping[str, str],
    date_order: str,
    decimal_mark: str,
    findings: list[Finding],
    left_out: Sequence[tuple[str, pl.Expr]] = (),
    stored_decimals: bool = False,
) -> ItemFile:
    """Read the cells of a file by the names that its columns have there.

    Parameters
    ----------
    columns
        For columns of ITEM (and others that ``left_out`` needs) the name in the file; ``milli`` for the amount.
    left_out
        Reason and test (on the columns as text, under their names here); the first that holds counts.
    stored_decimals
        Whether amounts may be in SAP's stored form (two decimals for every currency).
    """
    frame = cells.frame.select(
        *(pl.col(name).alias(ours) for ours, name in columns.items()), pl.col(LINE), pl.lit(file.name).alias("file")
    )
    frame = frame.with_columns(bare_number(pl.col(name)) for name in _NUMBERS if name in frame.columns)
    frame = frame.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in ITEM.items() if name not in frame.columns
    )
    reason = pl.lit(None, pl.String)
    for words, test in reversed(left_out):
        reason = pl.when(test.fill_null(False)).then(pl.lit(words)).otherwise(reason)
    codes = pl.col("currency", "local_currency").cast(pl.String).str.to_uppercase()
    frame = frame.with_columns(codes, out=reason)
    amounts = [name for name in ("milli", "discount", "local_milli") if name in columns]
    frame = amounts_of(frame, amounts, file=file.name, decimal_mark=decimal_mark)
    if stored_decimals:
        for code, shifted in (("currency", ["milli", "discount"]), ("local_currency", ["local_milli"])):
            there = [name for name in shifted if name in amounts]
            if there:
                frame = currency_shift(frame, there, file=file.name, currency=code, findings=findings)
    findings += _special(file, frame.filter(out=SPECIAL))
    counts = frame.filter(pl.col("out").is_not_null()).group_by("out").len().sort("out")
    kept = frame.filter(pl.col("out").is_null()).drop("out")
    dates = [name for name in _DATES if name in columns]
    kept = dates_of(kept, dates, file=file.name, workbook=file.kind == "xlsx", date_order=date_order, findings=findings)
    faults = [f"{name}_fault" for name in (*dates, *amounts)]
    fault = pl.coalesce(*faults, *(_missing(name) for name in _NEEDED))
    at = pl.coalesce(
        *(pl.when(pl.col(name).is_not_null()).then(pl.lit(name.removesuffix("_fault"))) for name in faults),
        *(pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in _NEEDED),
    )
    kept = kept.with_columns(reason=fault, at=at)
    bad = kept.filter(pl.col("reason").is_not_null())
    return ItemFile(
        file,
        cells.read,
        cells.blank,
        kept.filter(pl.col("reason").is_null()).drop("reason", "at", *faults, *(f"{name}_text" for name in amounts)),
        dict(counts.iter_rows()),
        pl.concat([_ragged(file, cells), _aside(file, cells, bad, columns)]),
        tuple(name for name in cells.header if name not in set(columns.values())),
    )


def _special(file: ExportFile, rows: pl.DataFrame) -> list[Finding]:
    """Name the money of special G/L items, which are left out: bills of exchange, guarantees, requests."""
    groups = rows.group_by(pl.col("currency").fill_null("")).agg(
        rows=pl.len(), money=pl.col("milli").abs().sum(), numbers=pl.col("number")
    )
    return [
        Finding(
            "warning",
            "documents",
            "special_items",
            f"special G/L items of {file.name} were left out (bills of exchange, guarantees, down-payment requests); "
            "their amounts are added up without sign.",
            count,
            few(pl.Series(numbers)),
            money / MAJOR,
            currency,
            "if they are exposure of yours, add them to what the ledger shows.",
        )
        for currency, count, money, numbers in groups.sort("currency").iter_rows()
    ]


def _missing(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_null()).then(pl.lit("missing_value"))


def _ragged(file: ExportFile, cells: Cells) -> pl.DataFrame:
    rows = [
        {"table": "items", "source": file.name, "row": row, "reason": "ragged_line", "content": line}
        for row, line in cells.ragged
    ]
    return pl.DataFrame(rows, schema=NO_ROWS_ASIDE.schema).with_columns(
        pl.col("key", "column", "currency").fill_null("")
    )


def _aside(file: ExportFile, cells: Cells, bad: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    whole = cells.frame.select(LINE, content=pl.struct(cells.header).struct.json_encode()) if cells.header else None
    if whole is None or bad.is_empty():
        return NO_ROWS_ASIDE
    names = pl.col("at").replace_strict(dict(columns), default=None, return_dtype=pl.String)
    shown = bad.join(whole, on=LINE, how="left").with_columns(column=names.fill_null(pl.col("at")))
    cell = cells.frame.unpivot(index=LINE, variable_name="column", value_name="value")
    return (
        shown.join(cell, on=[LINE, "column"], how="left")
        .select(
            table=pl.lit("items"),
            source="file",
            row=LINE,
            key=pl.col("number").fill_null(""),
            reason="reason",
            column="column",
            value="value",
            amount=pl.col("milli") / MAJOR,
            currency=pl.col("currency").fill_null(""),
            content="content",
        )
        .cast(NO_ROWS_ASIDE.schema)
    )


def sap_import(
    parts: Sequence[ItemFile],
    *,
    files: Sequence[str],
    settings: Settings,
    findings: list[Finding],
    tables: Mapping[str, pl.DataFrame],
    accounts: Sequence[FileAccount] = (),
) -> Imported:
    """Put the items of all files together and make the ledger of them.

    Parameters
    ----------
    parts
        Their items have every column of ITEM filled as far as it is known, ``item`` and ``document`` too.
    files
        Names of all files of the export.
    settings
        Where the currency is not stated, it is that of the company codes, else of most items; where the day of the
        extract is not, the last day on which anything was entered.
    tables
        Customers and other tables that do not come from items; customers without a row there get one.
    accounts
        Of the files that hold no items.

    Raises
    ------
    DataError
        When there is no item.
    """
    whole = pl.concat([part.items.select(list(ITEM)).cast(dict(ITEM)) for part in parts])  # type: ignore[arg-type]
    if whole.is_empty():
        raise DataError(
            "no row of the export is an item of a customer account.",
            rows=sum(part.read for part in parts),
            remedy="docs/erp-sap.md says what an export of items must hold.",
        )
    kept = _one_each(whole)
    undated = kept.filter(pl.col("clearing").is_not_null(), pl.col("cleared_on").is_null())
    if undated.height:
        raise DataError(
            "cleared items have no date of their clearing.",
            rows=undated.height,
            ids=undated["item"].head(5).to_list(),
            remedy="export the clearing date too.",
        )
    made = ledger_of_items(kept, settings)
    findings += [*made.findings, *unknown_types(made.outcomes, types=settings.types)]
    result = dict(tables) | made.tables
    result["customers"] = _customers(kept, tables.get("customers"), findings)
    own = settings.stated.get("currency") or company_currency(kept)
    rates = posted_rates(kept, own)
    if rates.height:
        result["rates"] = rates
    stated = {"currency": own, "extracted_on": last_day(kept).isoformat(), "static": "country", **settings.stated}
    accounts = [*(_account(part, kept) for part in parts), *accounts]
    findings += not_read(files, accounts)
    aside = pl.concat([part.aside for part in parts])
    findings += _aside_findings(aside)
    return imported(
        result,
        accounts,
        sums=_sums(parts, kept, made.outcomes),
        findings=findings,
        set_aside=aside,
        unused_columns={part.file.name: part.unused for part in parts},
        settings=stated,
    )


def last_day(items: pl.DataFrame) -> date:
    """Return the last day on which anything of the items was entered, posted or cleared."""
    days = items.select(pl.max_horizontal(pl.col("recorded_at", "posting_date", "cleared_on").max())).item()
    return cast("date", days)


def _one_each(items: pl.DataFrame) -> pl.DataFrame:
    """Keep one row of each item: an item that an earlier file shows open and a later one cleared is cleared."""
    order = items.sort(
        pl.col("clearing").is_null(), pl.col("cleared_on"), "file", "row", descending=[False, True, False, False]
    )
    return order.unique("item", keep="first", maintain_order=True).sort("item")


def _account(part: ItemFile, kept: pl.DataFrame) -> FileAccount:
    used = kept.filter(file=part.file.name).height
    return FileAccount(
        "items",
        part.file.name,
        read=part.read,
        used=used,
        blank=part.blank,
        merged=part.items.height - used,
        set_aside=part.aside.height,
        left_out=part.left_out,
    )


def _sums(parts: Sequence[ItemFile], kept: pl.DataFrame, outcomes: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the money of the items read, and of what they became, by file and currency."""
    in_major = pl.col("posted").cast(pl.Decimal(38, 3)) / MAJOR
    rows = []
    for part in parts:
        read = part.items.select("currency", amount=pl.col("milli").cast(pl.Decimal(38, 3)) / MAJOR)
        rows.append(money_sums("items read", part.file.name, "amount", rows=read))
        own = outcomes.filter(file=part.file.name).with_columns(amount=in_major)
        rows += [
            money_sums(str(outcome), part.file.name, "amount", rows=group)
            for (outcome,), group in sorted(own.group_by("outcome"), key=lambda pair: str(pair[0][0]))
        ]
    return rows


def _customers(items: pl.DataFrame, given: pl.DataFrame | None, findings: list[Finding]) -> pl.DataFrame:
    seen = items.select("customer_id").unique().sort("customer_id")
    if given is None:
        return seen
    lacking = seen.join(given, on="customer_id", how="anti")
    if lacking.height:
        findings.append(
            Finding(
                "warning",
                "customers",
                "no_master_data",
                "customers of items are not in the master data; they have an id and nothing else.",
                lacking.height,
                few(lacking["customer_id"]),
                remedy="export the master data of all customers.",
            )
        )
    return pl.concat([given, lacking], how="diagonal")


def _aside_findings(aside: pl.DataFrame) -> list[Finding]:
    groups = aside.group_by("reason", "column", "currency").agg(
        rows=pl.len(), money=pl.col("amount").sum(), known=pl.col("amount").count(), keys=pl.col("key")
    )
    return [
        Finding(
            "error",
            "documents",
            one["reason"],
            f"rows of the export were set aside: {one['reason'].replace('_', ' ')} ({one['column'] or 'the line'}).",
            one["rows"],
            few(pl.Series(one["keys"])),
            round(one["money"], 3) if one["known"] else None,
            one["currency"] if one["known"] else "",
            "correct them in the source; the quarantine has each row whole.",
        )
        for one in groups.sort("reason", "column", "currency").iter_rows(named=True)
    ]
