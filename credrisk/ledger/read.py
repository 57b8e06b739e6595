"""A ledger comes in: opened, matched, read by declared rules, checked against itself, tied out, passed at the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from os import PathLike
from typing import Any

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.cells import Styles, read_cells
from credrisk.ledger.columns import match_columns
from credrisk.ledger.containers import Found, open_source
from credrisk.ledger.contract import hold_to_contract
from credrisk.ledger.coverage import Stated, ledger_currency, ledger_settings, read_settings, without_invoice
from credrisk.ledger.delimited import RAGGED, ROW
from credrisk.ledger.findings import Finding, sorted_findings
from credrisk.ledger.intake import intake_of, quarantine_findings, quarantine_of, taken_as_they_are, tie_out
from credrisk.ledger.integrity import mend_leading_zeros
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.mangled_ids import note_mangled_ids
from credrisk.ledger.names import plain_name
from credrisk.ledger.no_documents import why_nothing_kept
from credrisk.ledger.project import is_project, open_project
from credrisk.ledger.record import FINDING_COLUMNS, earlier_findings, with_earlier
from credrisk.ledger.recovered import taken_back_by_recoveries
from credrisk.ledger.rules_unused import rules_unused
from credrisk.ledger.schema import pass_gate
from credrisk.ledger.simple import ACCEPTED, ALIASES, customers_from_documents
from credrisk.ledger.store import is_stored, open_stored, settings_text
from credrisk.ledger.tables import TABLES
from credrisk.ledger.working import Working

__all__ = ["read_ledger"]

_SMALLEST_BOUND = 1000


def read_ledger(
    source: str | PathLike[str] | Mapping[str, Any],
    *,
    currency: str | None = None,
    covers_from: date | str | None = None,
    covers_to: date | str | None = None,
    extracted_on: date | str | None = None,
    static: tuple[str, ...] | None = None,
    max_line_bytes: int = 1_000_000,
    known_at: date | str | None = None,
) -> Ledger:
    """Read a ledger; what fails the contract is set aside with its reason, and everything ties out.

    Parameters
    ----------
    source
        A folder with one CSV (``.csv``, ``.csv.gz``, ``.tsv``, ``.txt``) or Parquet file per table, a workbook with a
        sheet per table, a DuckDB file, the folder of a stored ledger or of a project (the rows are taken as they are:
        they passed the contract when they were stored), or a dict of pandas, Polars or Arrow tables by name. Names of
        tables and columns are compared in small letters, blanks and hyphens as underscores. Beside the declared tables
        there may be ``settings`` (key, value) and, in the simple form, ``payments``; ``findings`` that an import left
        there are brought forward ("at import: ...").
    currency
        Reporting currency; else that of ``settings``, else the most frequent one of the documents.
    covers_from, covers_to
        First and last day (inclusive) for which every posting is there; else from ``settings``, else the first and
        last date of the months densely posted, and a finding says so.
    extracted_on
        Day on which undated master data were true; else from ``settings``, else ``covers_to``.
    static
        Columns of ``customers`` that do not change over time.
    max_line_bytes
        Longest line of a text file, checked before it is parsed.
    known_at
        For a project folder: the rows as they were known on that day (inclusive); else as the last extract has them.

    Returns
    -------
    Ledger
        With the quarantine, the tie-out of rows and money, and the findings. The order of input rows makes no
        difference to any of them (but for the row numbers in the quarantine).

    Raises
    ------
    DataError
        When the source cannot be read as a ledger: missing or damaged, a required table or column missing, an empty
        file, an over-long line, a column of dates or amounts that can be read in two ways, no currency.
    """
    if max_line_bytes < _SMALLEST_BOUND:
        raise ParameterError("max_line_bytes", f"at least {_SMALLEST_BOUND}", max_line_bytes)
    stated = Stated(currency, covers_from, covers_to, extracted_on, static)
    if not isinstance(source, Mapping) and is_project(source):
        return _as_stored(open_project(source).ledger(known_at), stated)
    if known_at is not None:
        raise ParameterError("known_at", "given for a project folder only", str(known_at))
    if not isinstance(source, Mapping) and is_stored(source):
        return _as_stored(open_stored(source).ledger(), stated)
    known = {name: frozenset((*t.names, *ALIASES.get(name, {}))) for name, t in ACCEPTED.items()}
    known["settings"] = frozenset(("key", "value"))
    known["findings"] = frozenset(FINDING_COLUMNS)
    found, findings = open_source(source, columns_of=known, max_line_bytes=max_line_bytes)
    earlier = earlier_findings(found.pop("findings", None))
    settings = read_settings(found.pop("settings", None), findings)
    tables = _matched(found, findings)
    styles = Styles(tables.values(), settings)
    for working in tables.values():
        read_cells(working, styles, findings)
    made = _with_customers(tables, findings)
    mend_leading_zeros(tables, findings)
    note_mangled_ids(tables.values(), findings)
    code = ledger_currency(stated, settings, tables, findings)
    rule = without_invoice(settings)
    derived = hold_to_contract(tables, code, findings, without_invoice=rule)
    findings += rules_unused(tables, without_invoice=rule)
    kept = {name: _canonical(name, w.good) for name, w in tables.items() if name in TABLES}
    ties = {name: tie_out(w, kept.get(name, w.good)) for name, w in tables.items() if name not in made}
    for name, frame in derived.items():
        whole = pl.concat([kept[name], frame], how="vertical_relaxed") if name in kept else frame
        kept[name] = _canonical(name, whole)
    back = taken_back_by_recoveries(kept, findings)
    if back.height:
        kept["applications"] = _canonical(
            "applications", pl.concat([kept["applications"], back], how="vertical_relaxed")
        )
        derived["applications"] = pl.concat([derived.get("applications", back.clear()), back], how="diagonal_relaxed")
    derived |= {name: kept[name] for name in made}
    kept = {name: pass_gate(name, kept[name]) for name in TABLES if name in kept}
    quarantine = quarantine_of(tables.values())
    why_nothing = why_nothing_kept(kept["documents"], quarantine)
    lines = ledger_settings(stated, settings, code, kept, findings, why_nothing=why_nothing)
    return Ledger(
        tables=kept,
        settings=lines,
        quarantine=quarantine,
        intake=intake_of(ties, derived),
        findings=sorted_findings(with_earlier([*findings, *quarantine_findings(quarantine)], earlier)),
    )


def _as_stored(ledger: Ledger, stated: Stated) -> Ledger:
    """Return a stored ledger; what the caller states goes before what it states about itself."""
    findings = list[Finding](ledger.findings)
    own = json.loads(settings_text(ledger.settings))["settings"]
    settings = {name: value for name, value in own.items() if name != "static"} | {"static": ",".join(own["static"])}
    code = ledger_currency(stated, settings, {}, findings)
    ties = {name: taken_as_they_are(name, frame) for name, frame in ledger.tables.items()}
    return ledger.replace(
        settings=ledger_settings(stated, settings, code, ledger.tables, findings),
        quarantine=quarantine_of(()),
        intake=intake_of(ties, {}),
        findings=sorted_findings(findings),
    )


def _matched(found: Mapping[str, Found], findings: list[Finding]) -> dict[str, Working]:
    """Match every table's columns to its declaration, in the declared order of tables."""
    derivable = "documents" in found and "customer_name" in map(plain_name, found["documents"].header)
    missing = [n for n in ("customers", "documents") if n not in found and not (n == "customers" and derivable)]
    if missing:
        raise DataError(
            f"required tables are missing: {', '.join(missing)}. "
            f"The tables there: {', '.join(sorted(found)) or 'none'}.",
            remedy="name each file, sheet or entry after its table, and give a workbook itself, not its folder; an "
            "export with other names becomes a ledger by credrisk import --map; without a table of customers, "
            "documents must have the column customer_name.",
        )
    tables = {}
    for name, declared in ACCEPTED.items():
        if name not in found:
            continue
        table, aliases = found[name], ALIASES.get(name, {})
        raw, given, noted = match_columns(table.frame, table.header, declared, source=table.source, aliases=aliases)
        findings += noted
        tables[name] = Working(declared, table.source, table.scope, table.origin, raw, given)
    return tables


def _with_customers(tables: dict[str, Working], findings: list[Finding]) -> tuple[str, ...]:
    """Make the customers from the documents where there is no table of them; return the names of tables made."""
    if "customers" in tables:
        return ()
    made = customers_from_documents(tables["documents"].good)
    raw = made.with_columns(pl.int_range(1, pl.len() + 1).alias(ROW), pl.lit(None, pl.String).alias(RAGGED))
    customers = Working(TABLES["customers"], "documents", "documents", "typed", raw, ())
    customers.frame = pl.concat([customers.frame, made], how="horizontal")
    tables["customers"] = customers
    findings.append(
        Finding("note", "customers", "derived_rows", "customers were made from the names in documents.", made.height)
    )
    return ("customers",)


def _canonical(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the declared columns in the declared order, the rows by key and then by everything else."""
    table = TABLES[name]
    rest = [column for column in table.names if column not in table.key]
    return frame.select(table.names).sort(*table.key, *rest)
