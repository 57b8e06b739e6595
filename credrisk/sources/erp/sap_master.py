"""Master and credit data of customers in SAP: KNA1, KNB1, KNKK, UKM and the terms of payment.

Attributes that change (terms, limit, clerk) are known only as of the extract, or of the day that SAP gives for the last
change; before, they are empty.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.sources.erp.account import FileAccount
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.sap_values import bare_number, dates_of

__all__ = ["MASTER", "master_tables"]

MASTER = {
    "KNA1": frozenset(("kunnr", "name1")),
    "KNB1": frozenset(("kunnr", "bukrs", "akont")),
    "KNKK": frozenset(("kunnr", "kkber", "klimk")),
    "UKM": frozenset(("partner", "credit_sgmnt", "credit_limit")),
    "T052": frozenset(("zterm", "ztag1")),
}
"""Tables by the columns that tell them."""
_CUSTOMERS = {
    "name": "name1",
    "country": "land1",
    "street": "stras",
    "postcode": "pstlz",
    "city": "ort01",
    "industry": "brsch",
    "vat_id": "stceg",
    "opened_on": "erdat",
}
HISTORY = ("customer_id", "attribute", "value", "valid_from", "recorded_at")


def master_tables(
    files: Sequence[ExportFile], *, seen: pl.Series, extracted_on: str, findings: list[Finding]
) -> tuple[dict[str, pl.DataFrame], list[FileAccount]]:
    """Return ``customers`` and ``customer_history``, as far as there are files for them.

    Parameters
    ----------
    seen
        Customers with items; the others are left out.
    extracted_on
        The day from which undated attributes are known.
    """
    found: dict[str, list[tuple[ExportFile, pl.DataFrame]]] = {name: [] for name in MASTER}
    for one in files:
        if one.kind not in ("csv", "xlsx", "json", "jsonl"):
            continue
        names = {name: name.lower() for name in one.header}
        header = frozenset(names.values())
        kind = next((name for name, fields in MASTER.items() if fields <= header and "belnr" not in header), None)
        if kind is not None:
            found[kind].append((one, one.cells.frame.rename(names)))
    accounts: list[FileAccount] = []
    customers = seen.unique().to_frame("customer_id")
    tables = {}
    if found["KNA1"]:
        tables["customers"] = _customers(found["KNA1"], customers, findings, accounts)
    history = [
        _terms(found["KNB1"], found["T052"], customers, extracted_on, accounts),
        _clerks(found["KNB1"], customers, extracted_on),
        _limits(found["KNKK"], ("kunnr", "kkber", "klimk", ""), customers, extracted_on, findings, accounts),
        _limits(
            found["UKM"],
            ("partner", "credit_sgmnt", "credit_limit", "limit_chg_date"),
            customers,
            extracted_on,
            findings,
            accounts,
        ),
    ]
    whole = pl.concat(history)
    if whole.height:
        tables["customer_history"] = whole.unique().sort(*HISTORY)
    return tables, accounts


def _customers(
    found: Sequence[tuple[ExportFile, pl.DataFrame]],
    seen: pl.DataFrame,
    findings: list[Finding],
    accounts: list[FileAccount],
) -> pl.DataFrame:
    frames = []
    for one, frame in found:
        there = {ours: name for ours, name in _CUSTOMERS.items() if name in frame.columns}
        made = frame.select(
            bare_number(pl.col("kunnr")).alias("customer_id"),
            *(pl.col(name).alias(ours) for ours, name in there.items()),
        )
        dated = [name for name in ("opened_on",) if name in there]
        made = dates_of(made, dated, file=one.name, workbook=one.kind == "xlsx", date_order="", findings=findings).drop(
            f"{name}_fault" for name in dated
        )
        kept = made.join(seen, on="customer_id", how="semi")
        single = kept.unique("customer_id", keep="first", maintain_order=True)
        frames.append(single)
        accounts.append(_account("customers", one, made, kept, single))
    return pl.concat(frames, how="diagonal").unique("customer_id", keep="first", maintain_order=True)


def _account(table: str, one: ExportFile, made: pl.DataFrame, kept: pl.DataFrame, single: pl.DataFrame) -> FileAccount:
    return FileAccount(
        table,
        one.name,
        read=one.cells.read,
        used=single.height,
        blank=one.cells.blank,
        merged=kept.height - single.height,
        set_aside=len(one.cells.ragged),
        left_out={"without items, or without a value": made.height - kept.height},
    )


def _terms(
    found: Sequence[tuple[ExportFile, pl.DataFrame]],
    terms: Sequence[tuple[ExportFile, pl.DataFrame]],
    seen: pl.DataFrame,
    day: str,
    accounts: list[FileAccount],
) -> pl.DataFrame:
    """Return the net days of the customers' terms of payment: the longest of the three in T052."""
    days = pl.DataFrame(schema={"zterm": pl.String, "value": pl.String})
    for one, frame in terms:
        longest = pl.max_horizontal(
            pl.col(name).str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
            for name in ("ztag1", "ztag2", "ztag3")
            if name in frame.columns
        )
        # With a day limit a key has several rows; then its days depend on the day of the month and are not one number.
        listed = frame.select("zterm", value=longest.cast(pl.String)).drop_nulls()
        single = listed.unique().filter(pl.len().over("zterm") == 1)
        days = pl.concat([days, single])
        accounts.append(
            FileAccount(
                "terms of payment",
                one.name,
                read=one.cells.read,
                used=single.height,
                blank=one.cells.blank,
                merged=listed.filter(pl.col("zterm").is_in(single["zterm"].to_list())).height - single.height,
                set_aside=len(one.cells.ragged),
                left_out={
                    "several rows of days, or none": frame.height
                    - listed.filter(pl.col("zterm").is_in(single["zterm"].to_list())).height
                },
            )
        )
    parts = [pl.DataFrame(schema=dict.fromkeys(HISTORY, pl.String()))]
    for one, frame in found:
        made = frame.select(
            bare_number(pl.col("kunnr")).alias("customer_id"), *(n for n in ("zterm",) if n in frame.columns)
        )
        kept = made.join(seen, on="customer_id", how="semi")
        accounts.append(_account("customer_history", one, made, kept, kept))
        if "zterm" in kept.columns:
            known = kept.join(days.unique("zterm"), on="zterm").select("customer_id", "value").unique()
            parts.append(_history(_only(known), "terms_days", day))
    return pl.concat(parts)


def _clerks(found: Sequence[tuple[ExportFile, pl.DataFrame]], seen: pl.DataFrame, day: str) -> pl.DataFrame:
    parts = [pl.DataFrame(schema=dict.fromkeys(HISTORY, pl.String()))]
    for _, frame in found:
        if "busab" in frame.columns:
            made = frame.select(bare_number(pl.col("kunnr")).alias("customer_id"), value="busab").drop_nulls()
            parts.append(_history(_only(made.join(seen, on="customer_id", how="semi").unique()), "collector", day))
    return pl.concat(parts)


def _limits(
    found: Sequence[tuple[ExportFile, pl.DataFrame]],
    names: tuple[str, str, str, str],
    seen: pl.DataFrame,
    day: str,
    findings: list[Finding],
    accounts: list[FileAccount],
) -> pl.DataFrame:
    """Return the credit limits; a customer with limits in several areas or segments has none that is one number."""
    parts = [pl.DataFrame(schema=dict.fromkeys(HISTORY, pl.String()))]
    for one, frame in found:
        customer, area, limit, changed = names
        made = frame.select(
            bare_number(pl.col(customer)).alias("customer_id"),
            pl.col(area).alias("area"),
            pl.col(limit).str.strip_chars().alias("value"),
            (pl.col(changed) if changed in frame.columns else pl.lit(None, pl.String)).alias("changed"),
        )
        kept = made.join(seen, on="customer_id", how="semi").filter(pl.col("value").is_not_null())
        single = kept.filter(pl.len().over("customer_id") == 1)
        several = kept.filter(pl.len().over("customer_id") > 1)
        if several.height:
            findings.append(
                Finding(
                    "warning",
                    "customer_history",
                    "several_limits",
                    f"customers have limits in several areas or segments in {one.name}; none of them was taken.",
                    several["customer_id"].n_unique(),
                    few(several["customer_id"]),
                    remedy="export the one area that this ledger is about.",
                )
            )
        accounts.append(
            FileAccount(
                "customer_history",
                one.name,
                read=one.cells.read,
                used=single.height,
                blank=one.cells.blank,
                set_aside=len(one.cells.ragged),
                left_out={
                    "without items, or without a value": made.height - kept.height,
                    "limits in several areas": several.height,
                },
            )
        )
        since = dates_of(
            single, ["changed"], file=one.name, workbook=one.kind == "xlsx", date_order="", findings=findings
        ).with_columns(pl.col("changed").cast(pl.String))
        parts.append(_history(since.select("customer_id", "value", "changed"), "credit_limit", day))
    return pl.concat(parts)


def _only(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep the customers whose rows agree (company codes may differ)."""
    return rows.filter(pl.len().over("customer_id") == 1)


def _history(rows: pl.DataFrame, attribute: str, day: str) -> pl.DataFrame:
    since = pl.coalesce("changed", pl.lit(day)) if "changed" in rows.columns else pl.lit(day)
    return rows.select(
        "customer_id", attribute=pl.lit(attribute), value=pl.col("value"), valid_from=since, recorded_at=since
    )
