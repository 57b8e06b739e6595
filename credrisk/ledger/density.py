"""Which days a ledger covers, told from how densely it posts: a stray date must not stretch the coverage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from credrisk.dates import months_after
from credrisk.ledger.findings import Finding, few
from credrisk.ledger.money import minor_factor

__all__ = ["covered_days"]

DENSE_SHARE = 0.1
"""A month belongs to the coverage if it has this share of the usual monthly postings."""
FEWEST_POSTINGS = 20
"""Fewer postings tell no density: their first and last date are taken."""
LONGEST_GAP = 12
"""Months without any posting that part a few stray rows from the rest."""
LONGEST_GAP_OF_FEW = 24
STRAY_SHARE = 0.1
"""A part of the ledger with more of the postings than this is not stray."""

_POSTED = {"documents": ("document_id", "document_date"), "receipts": ("receipt_id", "date")}


def covered_days(
    tables: Mapping[str, pl.DataFrame], *, from_given: date | None, to_given: date | None, findings: list[Finding]
) -> tuple[date | None, date | None]:
    """Return the first and last day for which documents and receipts are there; null without any.

    From the first to the last month whose postings reach a tenth of the usual month's (the median of the middle half
    of the months that have any), without a few rows that more than twelve empty months part from the rest. Fewer than
    twenty postings are covered from the first to the last, and a gap of more than 24 months is a warning. What lies
    outside is a warning too, except beyond a bound that was given.
    """
    postings = _postings(tables)
    if postings.is_empty():
        return None, None
    few_rows = postings.height < FEWEST_POSTINGS
    months = postings.group_by(month=pl.col("day").dt.truncate("1mo")).agg(rows=pl.len().cast(pl.Int64)).sort("month")
    dense = months if few_rows else _dense(months)
    kept = _without_strays(dense, LONGEST_GAP_OF_FEW if few_rows else LONGEST_GAP, any_size=few_rows)
    first, last = _span(postings, kept)
    early = pl.lit(from_given is None) & (pl.col("day") < first)
    late = pl.lit(to_given is None) & (pl.col("day") > last)
    outside = postings.filter(early | late)
    if few_rows:
        first, last = _span(postings, months)
    findings += _strays(outside, first, last, counted=few_rows)
    return first, last


def _postings(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    parts = [
        tables[name].select(pl.lit(name).alias("table"), pl.col(key).alias("id"), "currency", "amount", day=day)
        for name, (key, day) in _POSTED.items()
        if name in tables
    ]
    return pl.concat(parts).drop_nulls("day") if parts else pl.DataFrame({"day": []}, schema={"day": pl.Date})


def _dense(months: pl.DataFrame) -> pl.DataFrame:
    quarter = months.height // 4
    usual = months["rows"].slice(quarter, months.height - 2 * quarter).median()
    reached = months.filter(pl.col("rows") >= DENSE_SHARE * pl.lit(usual))["month"]
    return months.filter(pl.col("month").is_between(reached.min(), reached.max()))


def _without_strays(months: pl.DataFrame, gap: int, *, any_size: bool) -> pl.DataFrame:
    """Leave out the parts of the months that a gap divides from the largest, where they are small."""
    number = pl.col("month").dt.year().cast(pl.Int64) * 12 + pl.col("month").dt.month()
    parts = months.with_columns(part=(number.diff().fill_null(1) > gap + 1).cast(pl.Int64).cum_sum())
    sizes = parts.group_by("part").agg(pl.col("rows").sum()).sort("rows", "part", descending=True)
    limit = STRAY_SHARE * float(sizes["rows"].sum())
    main = sizes.filter((pl.int_range(pl.len()) == 0) | (pl.lit(not any_size) & (pl.col("rows") > limit)))["part"]
    return parts.filter(pl.col("part").is_between(main.min(), main.max()))


def _span(postings: pl.DataFrame, months: pl.DataFrame) -> tuple[date, date]:
    start, end = months["month"].min(), months["month"].max()
    within = postings["day"].filter((postings["day"] >= start) & (postings["day"] < months_after(end, 1)))  # type: ignore[arg-type]
    return within.min(), within.max()  # type: ignore[return-value]


def _strays(rows: pl.DataFrame, first: date, last: date, *, counted: bool) -> list[Finding]:
    message = (
        f"a few postings are more than {LONGEST_GAP_OF_FEW} months from the rest, and stretch the days taken to be "
        f"covered ({first} to {last})."
        if counted
        else f"postings are sparse before {first} or after {last}, taken to be the first and last day covered."
    )
    return [
        Finding(
            "warning",
            str(table),
            "stray_postings" if counted else "sparse_postings",
            message,
            part.height,
            few(part["id"]),
            int(part["amount"].sum()) / minor_factor(str(currency)),
            str(currency),
            "correct the dates, or state covers_from and covers_to.",
        )
        for (table, currency), part in sorted(rows.group_by("table", "currency"), key=lambda group: str(group[0]))
    ]
