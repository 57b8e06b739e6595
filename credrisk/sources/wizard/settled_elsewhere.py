"""Dates of settlement beside the documents are not read where receipts and what they apply say when each was paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from credrisk.sources.wizard.proposal import Notes, TableProposal

__all__ = ["settled_by_receipts"]

_SETTLED = ("settled_on", "settled_amount")


def settled_by_receipts(
    tables: Sequence[TableProposal], answers: Mapping[str, str], notes: Notes
) -> list[TableProposal]:
    """Return the documents without the days on which they were settled where another file gives receipts.

    A column that the user named stays, for the ledger to say that it is not used.
    """
    paying = sorted({one.file for one in tables if one.table == "receipts"})
    made: list[TableProposal] = []
    for one in tables:
        asked = any(f"{one.file}.{thing}" in answers for thing in ("settled_on", "paid_amount"))
        if not paying or one.table != "documents" or "settled_on" not in one.columns or asked:
            made.append(one)
            continue
        rule = one.columns["settled_on"]
        name = rule["column"] if isinstance(rule, Mapping) else rule
        taken = f"{one.file}: what has a {name} is taken to be paid in full"
        notes.unsure[:] = [said for said in notes.unsure if said != taken]
        notes.sure.append(f"{one.file}: {name} is not used, for {' and '.join(paying)} says when what was paid")
        made.append(replace(one, columns={name: rule for name, rule in one.columns.items() if name not in _SETTLED}))
    return made
