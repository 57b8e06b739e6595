"""What an import noticed and set aside, written beside the tables, and brought forward when these are read."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.containers import Found
from credrisk.ledger.findings import SEVERITIES, Check, Finding
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.parse_values import filled_text

__all__ = ["FINDING_COLUMNS", "RECORDS", "earlier_findings", "records_of", "with_earlier"]

RECORDS = ("quarantine", "findings", "intake")
"""Names beside the tables of a ledger that are no tables of it: the record of its import."""
FINDING_COLUMNS = tuple(Check(()).to_frame(output="polars").columns)
_AT_IMPORT = "at import: "


def records_of(ledger: Ledger) -> dict[str, pl.DataFrame]:
    """Return what the reading of a ledger set aside, noticed and tied out, as tables."""
    noticed = Check(tuple(ledger.findings)).to_frame(output="polars")
    return {"quarantine": ledger.quarantine, "findings": noticed, "intake": ledger.intake}


def earlier_findings(found: Found | None) -> list[Finding]:
    """Return the findings of an import; none where the table is another one."""
    if found is None or not set(FINDING_COLUMNS) <= set(found.header):
        return []
    cells = found.frame.select(
        filled_text(found.frame[str(found.header.index(name))]).fill_null("").alias(name) for name in FINDING_COLUMNS
    )
    return [_finding(row) for row in cells.iter_rows(named=True) if row["severity"] in SEVERITIES]


def with_earlier(findings: list[Finding], earlier: list[Finding]) -> list[Finding]:
    """Return the findings and those of the import that are not noticed again."""
    again = {_same(finding) for finding in findings}
    return [*findings, *(finding for finding in earlier if _same(finding) not in again)]


def _finding(row: dict[str, str]) -> Finding:
    ids = tuple(row["ids"].split(", ")) if row["ids"] else ()
    return Finding(
        next(severity for severity in SEVERITIES if severity == row["severity"]),
        row["table"],
        row["code"],
        _AT_IMPORT + row["message"].removeprefix(_AT_IMPORT),
        int(float(row["rows"] or 0)),
        ids,
        float(row["money"]) if row["money"] else None,
        row["currency"],
        row["remedy"],
    )


def _same(finding: Finding) -> tuple[object, ...]:
    return finding.severity, finding.table, finding.code, finding.rows, finding.ids, finding.money, finding.currency
