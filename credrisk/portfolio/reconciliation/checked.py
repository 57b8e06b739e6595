"""The findings of the reading and of the ledger's own check, with their rows, and what was entered after the day."""

from __future__ import annotations

import dataclasses

import polars as pl

from credrisk.ledger.findings import Finding
from credrisk.ledger.money import EXPONENTS
from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.differences import late_entries
from credrisk.portfolio.reconciliation.in_the_erp import IN_THE_ERP
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed, noticed, rows_of_table

__all__ = ["checked", "entered_after"]


def checked(day: Day) -> list[Noticed]:
    """The findings of the reading and of the ledger's own check, each with its rows where these can be told."""
    nothing, seen = pl.DataFrame(schema=ROWS), day.seen
    found = []
    for finding in seen.check().findings:
        if finding.evidence is not None:
            rows = rows_of_table(finding.table, finding.evidence)
        elif finding.code == "unseen_document":
            unseen = seen.table("applications").join(
                day.whole.table("documents"), left_on="to_document_id", right_on="document_id", how="anti"
            )
            rows = rows_of_table("applications", unseen.filter(pl.col("currency") == finding.currency))
        else:
            rows = _set_aside(day.whole.quarantine, finding)
        if remedy := IN_THE_ERP.get(finding.code):
            whole = f"{finding.remedy} In the ERP: {remedy}" if finding.remedy else remedy
            finding = dataclasses.replace(finding, remedy=whole)
        found.append(Noticed(finding, rows if rows.height else nothing))
    return found


def _set_aside(quarantine: pl.DataFrame, finding: Finding) -> pl.DataFrame:
    """Return the rows of the quarantine that a finding of the reading counts."""
    if quarantine.is_empty():
        return pl.DataFrame(schema=ROWS)
    columns = quarantine["column"].unique().to_list()
    named = [name for name in columns if f"({name})" in finding.message] or [""]
    mine = quarantine.filter(
        pl.col("table") == finding.table,
        pl.col("reason") == finding.code,
        pl.col("column").is_in(named),
        (pl.col("currency") == finding.currency) | pl.lit(not finding.currency),
    )
    factor = pl.col("currency").replace_strict({code: 10.0**e for code, e in EXPONENTS.items()}, default=None)
    return mine.select(
        id="key",
        customer_id=pl.lit(None, pl.String),
        date=pl.lit(None, pl.Date),
        amount=(pl.col("amount") * factor.cast(pl.Float64)).round().cast(pl.Int64),
        currency=pl.when(pl.col("amount").is_not_null()).then("currency"),
        note=pl.concat_str(
            pl.lit("row "),
            pl.col("row").cast(pl.String),
            pl.lit(" of "),
            "source",
            pl.lit(": "),
            pl.col("value").fill_null("empty"),
        ),
    )


def entered_after(day: Day) -> list[Noticed]:
    """Postings dated up to the day and entered after it: not in the ageing of the day, but in its period."""
    found: list[Noticed] = []
    for name, rows in late_entries(day.whole, as_of=day.as_of).items():
        note = pl.concat_str(pl.lit("entered on "), pl.col("recorded_at").dt.to_string("%Y-%m-%d"))
        found += noticed(
            rows_of_table(name, rows, note),
            "warning",
            name,
            "entered_after_the_day",
            f"{name} are dated up to {day.as_of} and were entered after it: the ageing of the day could not know them.",
            remedy="expect them between a report drawn on the day and the closed period; date later entries in the "
            "open period.",
        )
    return found
