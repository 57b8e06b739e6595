"""What of a receipt its rows do not apply: cash on account, where the total stands beside the parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from credrisk.sources.wizard.proposal import Notes, TableProposal, column_of
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["receipts_in_parts", "receipts_without_parts"]

_CENT = 0.005


def receipts_in_parts(
    understood: Understood, made: TableProposal, rows: pl.Series, *, alone: bool, notes: Notes
) -> list[TableProposal]:
    """Return receipts by their totals and what is applied of each; the payments as they are where nothing is left over.

    Parameters
    ----------
    made
        How payments are made of the parts applied.
    rows
        Which rows are payments.
    alone
        Whether no other file has payments: a ledger takes one form of them.
    """
    if not understood.has("receipt_total"):
        return [made]
    each = _receipts(understood, made, rows)
    said = _beyond(understood, each)
    if not said:
        return [made]
    total = understood.column("receipt_total")
    reason = _reason(understood, made, rows, each, alone=alone)
    if reason:
        notes.missing.append(f"{said} and left out, for {reason}")
        return [made]
    notes.sure.append(f"{said} and is cash on account")
    shared = {name: rule for name, rule in made.columns.items() if name not in ("payment_id", "document_id", "amount")}
    receipts = {"receipt_id": made.columns["payment_id"], **shared, "amount": _of_total(made.columns["amount"], total)}
    tables = [TableProposal("receipts", understood.key, receipts, made.where, one_row_per="receipt_id")]
    invoice = made.columns.get("document_id")
    if invoice is None:
        return tables
    applied = {
        "from_id": made.columns["payment_id"],
        "to_document_id": invoice,
        "applied_on": made.columns["date"],
        "amount": made.columns["amount"],
        "kind": {"constant": "payment"},
    }
    named = {"column": column_of(invoice), "empty": False}
    return [*tables, TableProposal("applications", understood.key, applied, (*made.where, named))]


def receipts_without_parts(
    understood: Understood, made: list[TableProposal], rows: pl.Series, notes: Notes
) -> list[TableProposal]:
    """Return the payments with those rows by their total on which no part is applied: cash on account.

    A total counts where its receipt has no other row. What of other receipts is beyond their parts is told.
    """
    if not understood.has("receipt_total"):
        return made
    total, contents = understood.contents[understood.column("receipt_total")], understood.contents
    split: list[TableProposal] = []
    unapplied_rows = pl.Series([False] * rows.len())
    for table in made:
        part = contents[column_of(table.columns["amount"])]
        number = table.columns.get("payment_id")
        alone = pl.Series([True] * rows.len()) if number is None else contents[column_of(number)].texts.is_unique()
        bare = rows & part.texts.is_null() & total.texts.is_not_null()
        for test in table.where:
            if isinstance(test.get("equals"), list):
                bare &= contents[test["column"]].texts.is_in(test["equals"]).fill_null(False)
        if part.name == total.name or not bare.any() or not alone.filter(bare).all():
            split.append(table)
            continue
        unapplied_rows |= bare
        applied = (*table.where, {"column": part.name, "empty": False})
        unapplied = (*table.where, {"column": part.name, "empty": True}, {"column": total.name, "empty": False})
        whole = {**table.columns, "amount": _of_total(table.columns["amount"], total.name)}
        split += [replace(table, where=applied), replace(table, columns=whole, where=unapplied)]
        said = f"{understood.key}: where {part.name} is empty nothing is applied, and {total.name} is the payment"
        notes.sure.extend([said] if said not in notes.sure else [])
    if made and (said := _beyond(understood, _receipts(understood, made[0], rows & ~unapplied_rows))):
        notes.missing.append(f"{said} and left out, for the file has rows of several types")
    return split


def _beyond(understood: Understood, each: pl.DataFrame) -> str:
    """Say how many receipts have more than their parts, and how much; nothing where none has."""
    over = each.filter((pl.col("whole") - pl.col("parts")).abs() > _CENT)
    if over.is_empty():
        return ""
    rest = over.select((pl.col("whole") - pl.col("parts")).sum()).item()
    said = f"{understood.key}: {counted(over.height, 'receipt')} {'is' if over.height == 1 else 'are'} applied in part"
    return f"{said}: of {understood.column('receipt_total')}, {rest:,.2f} in all is beyond the parts"


def _receipts(understood: Understood, made: TableProposal, rows: pl.Series) -> pl.DataFrame:
    """Return of each receipt its number, total and the sum of its parts, and whether the total is one."""
    contents = understood.contents
    part = contents[column_of(made.columns["amount"])].number
    number = made.columns.get("payment_id")
    return (
        pl.DataFrame(
            {
                "number": pl.Series([None] * rows.len()) if number is None else contents[column_of(number)].texts,
                "whole": contents[understood.column("receipt_total")].number,
                "part": pl.Series([0.0] * rows.len()) if part is None else part.fill_null(0.0),
            }
        )
        .filter(rows)
        .group_by("number")
        .agg(
            pl.col("whole").first(),
            parts=pl.col("part").sum(),
            one=(pl.col("whole").n_unique() == 1) & pl.col("whole").is_not_null().all(),
        )
    )


def _reason(understood: Understood, made: TableProposal, rows: pl.Series, each: pl.DataFrame, *, alone: bool) -> str:
    """Say why the totals cannot be receipts; nothing where they can."""
    if not alone:
        return "another file has payments too, and a ledger takes one form of them; join the files"
    if "payment_id" not in made.columns or each["number"].null_count():
        return "some rows have no number of the receipt"
    if "customer_id" not in made.columns:
        return "no column names the customer"
    if not each["one"].all():
        return "the total is not the same on all rows of a receipt"
    parts = [made.columns[name] for name in ("customer_id", "date", "currency") if name in made.columns]
    names = dict.fromkeys(column_of(rule) for rule in (made.columns["payment_id"], *parts))
    frame = pl.DataFrame([understood.contents[name].texts.alias(name) for name in names]).filter(rows)
    if frame.n_unique() > each.height:
        return f"rows of one {column_of(made.columns['payment_id'])} differ in {' or '.join(list(names)[1:])}"
    return ""


def _of_total(rule: Any, total: str) -> Any:
    return {**rule, "column": total} if isinstance(rule, Mapping) else total
