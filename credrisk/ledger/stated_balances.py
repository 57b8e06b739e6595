"""What the export says is open today, held against what the ledger leaves open; today's balance makes no history."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.ledger.money import EXPONENTS, major_units
from credrisk.ledger.working import Working

__all__ = ["hold_against_stated", "open_items_alone"]

_DAYS_SAID = "the column open_amount, which is today's balance and no history,"


def hold_against_stated(documents: pl.DataFrame, applications: pl.DataFrame | None) -> list[Finding]:
    """Return a finding for each currency in which the balances that the documents state differ from the ledger's.

    Parameters
    ----------
    documents
        Amount and ``open_amount`` in minor units; a null is not compared. Of a credit note the sign does not matter.
    applications
        What clears them, on whatever day; None where there is nothing.
    """
    said = pl.when(pl.col("amount") < 0).then(-pl.col("open_amount").abs()).otherwise("open_amount")
    stated = documents.filter(pl.col("open_amount").is_not_null()).select(
        "document_id", "currency", "amount", said=said
    )
    cleared = _cleared(applications)
    held = stated.join(cleared, on="document_id", how="left").with_columns(
        left=pl.col("amount") - pl.col("cleared").fill_null(0)
    )
    apart = held.filter(pl.col("said") != pl.col("left"))
    return [_finding(apart.filter(currency=code), held.filter(currency=code)) for code in _codes(apart)]


def open_items_alone(documents: Working) -> bool:
    """Tell whether the documents are a list of open items: each states what is open of it, and none is settled."""
    if "open_amount" not in documents.given:
        return False
    told = documents.good.select(
        open_=(pl.col("open_amount") != 0).fill_null(False).all(), settled=pl.col("settled_on").is_not_null().any()
    ).row(0, named=True)
    return bool(told["open_"] and not told["settled"])


def _cleared(applications: pl.DataFrame | None) -> pl.DataFrame:
    """Return what was taken off each document; a credit note is used up by what is set off from it."""
    if applications is None:
        return pl.DataFrame(schema={"document_id": pl.String, "cleared": pl.Int64})
    to = applications.select(document_id="to_document_id", cleared="amount")
    used = pl.coalesce("from_amount", "amount") if "from_amount" in applications.columns else pl.col("amount")
    source = applications.filter(pl.col("from_kind") == "document").select(document_id="from_id", cleared=-used)
    return pl.concat([to, source]).group_by("document_id").agg(pl.col("cleared").sum())


def _codes(apart: pl.DataFrame) -> list[str]:
    return [code for code in apart["currency"].unique().sort().to_list() if code in EXPONENTS]


def _finding(apart: pl.DataFrame, held: pl.DataFrame) -> Finding:
    code = apart["currency"][0]
    sums = held.select(pl.col("left", "said").sum(), pl.lit(code).alias("currency"))
    left, said = (sums.select(major_units(name, "currency")).item() for name in ("left", "said"))
    part = apart.filter((pl.col("left") == pl.col("amount")) & (pl.col("said").abs() < pl.col("amount").abs()))
    paid = (
        f" {part.height:,} of them are paid, in whole or in part, without a date of payment, and stay open in full."
        if part.height
        else ""
    )
    return Finding(
        "warning",
        "documents",
        "balance_differs",
        f"the ledger leaves {left:,.2f} {code} open, {_DAYS_SAID} says {said:,.2f}: {apart.height:,} of "
        f"{held.height:,} documents differ.{paid}",
        apart.height,
        few(apart["document_id"]),
        round(left - said, 3),
        code,
        "export every payment with its date and the invoice it pays, or a date of payment for what is settled.",
    )
