"""Why a project takes cash and write-offs that settled the oldest debt only from an extract of everything it holds.

What a payment or a write-off without an invoice settles depends on all debts and all cash of its customer. An extract
that lacks some of them puts it on another document than the extract before, and the project would hold it twice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from credrisk.errors import IDS_SHOWN, DataError
from credrisk.ledger.absent import Absent
from credrisk.ledger.findings import Finding
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.oldest_first import CLOSES_OLDEST, OLDEST_FIRST
from credrisk.ledger.tables import TABLES

__all__ = ["finding_of", "refuse_rule_in_part", "settled_by_rule"]

_NAMED = ("documents", "receipts")
_BY_RULE = (OLDEST_FIRST, CLOSES_OLDEST)
_RECORDED = [one.name for one in dataclasses.fields(Finding) if one.name != "evidence"]


def settled_by_rule(ledger: Ledger, before: Sequence[Mapping[str, Any]], absent: Absent | None) -> list[dict[str, Any]]:
    """Return what a project records of its cash that settled the oldest debt, by currency.

    What the extract before (the last of ``before``) recorded holds on where the project keeps rows that this one lacks.
    """
    own = [{name: getattr(one, name) for name in _RECORDED} for one in ledger.findings if one.code in _BY_RULE]
    return own or [one for update in before if _lacking(absent) for one in update.get(OLDEST_FIRST, ())]


def finding_of(recorded: Mapping[str, Any]) -> Finding:
    """Return the finding that a project recorded."""
    return Finding(**{**recorded, "ids": tuple(recorded["ids"])})


def refuse_rule_in_part(ledger: Ledger, tables: Mapping[str, pl.DataFrame], absent: Absent | None, day: date) -> None:
    """Refuse an extract of a part whose payments settled the oldest debt.

    Parameters
    ----------
    tables
        What the project would hold.
    day
        Of the extract.

    Raises
    ------
    DataError
        When the project keeps documents or receipts that the extract lacks.
    """
    lacking = _lacking(absent)
    if not lacking or not any(one.code in _BY_RULE for one in ledger.findings):
        return
    cash = any(one.code == OLDEST_FIRST for one in ledger.findings)
    what = "payments settle" if cash else "write-offs that name no invoice close"
    instead = (
        'leave the cash of this extract on account: without_invoice = "on_account" under [settings] of the mapping, or '
        "in the table settings"
        if cash
        else "export the invoice that each of them closes"
    )
    dates = [tables[name][str(TABLES[name].event)] for name in _NAMED if name in tables]
    first = str(pl.concat(dates).min())
    said = " and ".join(f"{len(ids):,} {name if len(ids) > 1 else name[:-1]}" for name, ids in lacking.items())
    raise DataError(
        f"the extract of {day} lacks {said} of the project, and its {what} the oldest debt of their customer: "
        "without the debts and the cash from before, they settle others, and the project would hold the same money "
        "twice. Nothing was written.",
        ids=next(iter(lacking.values()))[:IDS_SHOWN],
        remedy=f"export everything from the project's first day on, {first}, say so (--covers-from {first}, or "
        f"covers_from under [settings] of the mapping), and mend rows that were set aside; or {instead}.",
    )


def _lacking(absent: Absent | None) -> dict[str, list[str]]:
    """Return the documents and receipts that a project keeps though the extract lacks them, by table."""
    if absent is None:
        return {}
    kept = {name: absent.kept[name].unique().sort().to_list() for name in _NAMED if name in absent.kept}
    return {name: ids for name, ids in kept.items() if ids}
