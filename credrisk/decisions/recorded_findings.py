"""What is said of the entries of a decision log that are held against a ledger: contradictions, and the tie-out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl

from credrisk.decisions.recorded_rows import RecordedRow, row_id
from credrisk.ledger.findings import Finding, few, sorted_findings
from credrisk.ledger.intake import intake_of, quarantine_findings, quarantine_of
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.movements import item_movements

__all__ = ["contradictions", "with_record"]

SOURCE = "decision log"
PAID = {
    "promises": "promises name a document of which nothing was open when they were recorded.",
    "disputes": "disputes name a document of which nothing was open when they were recorded.",
}
ABOVE = {
    "promises": "promises name more than was open of their document when they were recorded.",
    "disputes": "disputes name more than was open of their document when they were recorded.",
}
LOOK = "look at the entry and the document; what is wrong in the log is put right by another entry."


def contradictions(ledger: Ledger, rows: Sequence[RecordedRow]) -> list[Finding]:
    """Return the findings on entries that contradict what the ledger showed on the day on which they were written."""
    named = [row for row in rows if row.table in PAID and row.values.get("document_id") is not None]
    found = [*_impossible_dates(rows)]
    if not named:
        return found
    frame = pl.DataFrame(
        {
            "place": range(len(named)),
            "table": [row.table for row in named],
            "key": [row_id(row.entry) for row in named],
            "document_id": [row.values["document_id"] for row in named],
            "day": [row.day for row in named],
            "amount": pl.Series([row.values.get("amount") for row in named], dtype=pl.Int64),
        }
    )
    documents = frame.select("document_id").unique()
    moved = item_movements(_of_documents(ledger, documents))
    by_day = (
        moved.group_by("document_id", "currency", day="date")
        .agg(pl.col("amount").sum())
        .sort("document_id", "day")
        .with_columns(left=pl.col("amount").cum_sum().over("document_id"))
        .select("document_id", "currency", "day", "left")
        .sort("day", "document_id")
    )
    held = frame.sort("day", "place").join_asof(
        by_day, on="day", by="document_id", strategy="backward", check_sortedness=False
    )
    left = pl.col("left").fill_null(0)
    for name in PAID:
        own = held.filter(pl.col("table") == name)
        for code, wrong, words in (
            ("recorded_for_paid_document", left <= 0, PAID[name]),
            ("recorded_above_open", (left > 0) & (pl.col("amount") > left).fill_null(False), ABOVE[name]),
        ):
            found += _findings(name, code, words, own.filter(wrong))
    return found


def with_record(
    ledger: Ledger, kept: Sequence[RecordedRow], aside: Sequence[RecordedRow], found: Sequence[Finding]
) -> Ledger:
    """Return the ledger with the entries set aside in its quarantine, their tie-out in its intake, and the findings."""
    if not kept and not aside:
        return ledger
    quarantine, intake = _quarantine(aside), _intake(kept, aside)
    own = ledger.quarantine if ledger.quarantine.width else quarantine_of(())
    ties = ledger.intake if ledger.intake.width else intake_of({}, {})
    return ledger.replace(
        quarantine=pl.concat([own, quarantine]),
        intake=pl.concat([ties, intake.select(ties.columns).cast(dict(ties.schema))]),
        findings=sorted_findings([*ledger.findings, *found, *quarantine_findings(quarantine)]),
    )


def _of_documents(ledger: Ledger, documents: pl.DataFrame) -> Ledger:
    """Return the ledger with nothing but these documents and what was applied to them, or from them."""
    names = documents["document_id"].implode()
    applications = ledger.table("applications").filter(
        pl.col("to_document_id").is_in(names) | pl.col("from_id").is_in(names)
    )
    own = ledger.table("documents").filter(pl.col("document_id").is_in(names))
    receipts = ledger.table("receipts").join(applications, left_on="receipt_id", right_on="from_id", how="semi")
    return ledger.replace(tables={"documents": own, "applications": applications, "receipts": receipts})


def _impossible_dates(rows: Sequence[RecordedRow]) -> list[Finding]:
    """Find promises due before they were made, and what is said to have happened after it was written down."""
    early = [row for row in rows if row.table == "promises" and row.values["due_on"] < row.values["made_on"]]
    event = {"contacts": "date", "promises": "made_on", "disputes": "opened_on"}
    ahead = [row for row in rows if row.table in event and row.values[event[row.table]] > row.day]
    found = []
    if early:
        words = "promises are due before they were made."
        found.append(Finding("warning", "promises", "promise_due_before_made", words, len(early), _few(early)))
    for name in event:
        own = [row for row in ahead if row.table == name]
        if own:
            words = "entries speak of a day after the one on which they were written; they are seen from that day."
            found.append(Finding("warning", name, "recorded_ahead", words, len(own), _few(own), remedy=LOOK))
    return found


def _few(rows: Sequence[RecordedRow]) -> tuple[str, ...]:
    return few(pl.Series([row_id(row.entry) for row in rows]))


def _findings(table: str, code: str, words: str, rows: pl.DataFrame) -> list[Finding]:
    found = []
    for (currency,), part in sorted(rows.group_by("currency"), key=lambda group: str(group[0][0])):
        known = part["amount"].drop_nulls()
        money = int(known.sum()) / minor_factor(str(currency)) if known.len() and currency else None
        of = str(currency) if money is not None else ""
        found.append(Finding("warning", table, code, words, part.height, few(part["key"]), money, of, LOOK))
    return found


def _quarantine(aside: Sequence[RecordedRow]) -> pl.DataFrame:
    schema = quarantine_of(()).schema
    rows = [
        {
            "table": row.table,
            "source": SOURCE,
            "row": row.entry.number,
            "key": row_id(row.entry),
            "reason": row.reason,
            "column": row.column,
            "value": row.value,
            "amount": _amount(row),
            "currency": _currency(row),
            "content": row.entry.payload,
        }
        for row in aside
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _intake(kept: Sequence[RecordedRow], aside: Sequence[RecordedRow]) -> pl.DataFrame:
    """Return one line for each kind and currency: entries and money read, kept and set aside."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for what, rows in (("kept", kept), ("quarantined", aside)):
        for row in rows:
            line = counts.setdefault((row.entry.kind, _currency(row)), Counter())
            for step in ("read", what):
                line[f"rows_{step}"] += 1
                line[f"money_{step}"] += _amount(row) or 0
    lines: list[dict[str, Any]] = []
    for (kind, currency), line in sorted(counts.items()):
        zero = {name: 0 for name in intake_of({}, {}).columns if name not in ("table", "currency")}
        lines.append({"table": f"{SOURCE}: {kind}", "currency": currency, **zero, **line})
    return pl.DataFrame(lines, schema=intake_of({}, {}).schema, orient="row")


def _amount(row: RecordedRow) -> float | None:
    given = row.entry.content.get("amount")
    return None if isinstance(given, bool) or not isinstance(given, (int, float)) else float(given)


def _currency(row: RecordedRow) -> str:
    given = row.entry.content.get("currency") or row.values.get("currency")
    return str(given) if given and _amount(row) is not None else ""
