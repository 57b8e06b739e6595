"""Public company information beside a ledger: a folder's facts, events, market series and ratings join its tables.

The folder is what ``credrisk enrich`` writes (and ``credrisk market``, ``credrisk ratings``). Its rows are held to the
same contract as the ledger's own. Where the ledger states the same thing by the same key, the ledger's row counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.cells import Styles, read_cells
from credrisk.ledger.columns import match_columns
from credrisk.ledger.containers import Found, open_source
from credrisk.ledger.findings import Finding, sorted_findings
from credrisk.ledger.intake import count_read, intake_of, quarantine_findings, quarantine_of, tie_out
from credrisk.ledger.integrity import set_aside_duplicates
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.schema import pass_gate
from credrisk.ledger.tables import TABLES
from credrisk.ledger.working import GOOD, Working

__all__ = ["LICENSED", "PUBLIC_TABLES", "with_public_tables"]

PUBLIC_TABLES = ("facts", "events", "market", "ratings")
"""Tables of the ledger that a folder of public information may hold."""
LICENSED = {"facts": "licensed_facts", "events": "licensed_events"}
"""Files of figures and events from licensed reports: tables of their own, for those above are written anew."""

REJECTED = "rejected_match"
"""Reason for which a row is set aside: a person said that its company is not the customer."""
OWN_FIRST = "in_the_ledger"
"""Reason for which a row is set aside: the ledger states its own."""
MAX_LINE_BYTES = 1_000_000
_QUARANTINE_ORDER = ("table", "key", "reason", "column", "content", "row")


def with_public_tables(
    ledger: Ledger | str | PathLike[str] | Mapping[str, Any],
    folder: str | PathLike[str],
    *,
    refused: Callable[[pl.DataFrame], pl.Series] | None = None,
) -> Ledger:
    """Return the ledger with the tables of a folder of public information beside its own.

    As :func:`credrisk.sources.public_beside.with_public`, which sees to the customers' ids too.

    Parameters
    ----------
    refused
        Tells of rows about companies which are set aside: what a person said is not the customer.

    Raises
    ------
    DataError
        When the folder holds none of these tables, or one cannot be read.
    """
    own = ledger if isinstance(ledger, Ledger) else Ledger.read(ledger)
    found, findings = _opened(Path(folder))
    joined = _with(own, {name: found[name] for name in PUBLIC_TABLES if name in found}, findings, refused)
    licensed = {name: found[file] for name, file in LICENSED.items() if file in found}
    return _with(joined, licensed, [], refused) if licensed else joined


def _with(
    own: Ledger,
    found: Mapping[str, Found],
    findings: list[Finding],
    refused: Callable[[pl.DataFrame], pl.Series] | None,
) -> Ledger:
    workings = {}
    for name, table in found.items():
        raw, given, noted = match_columns(table.frame, table.header, TABLES[name], source=table.source, aliases={})
        findings += noted
        workings[name] = Working(TABLES[name], table.source, table.scope, table.origin, raw, given)
    styles = Styles(workings.values(), {"decimal_mark": "point"})
    tables = dict(own.tables)
    ties = {}
    for name, working in workings.items():
        read_cells(working, styles, findings)
        count_read(working)
        if refused is not None and name != "market":
            working.set_aside(pl.when(GOOD & pl.lit(refused(working.frame))).then(pl.lit(REJECTED)), "entity")
        set_aside_duplicates(working, findings)
        if own.has(name):
            _own_rows_first(working, own.table(name))
        kept = working.good.select(TABLES[name].names)
        ties[name] = tie_out(working, kept)
        together = pl.concat([own.table(name), kept])
        rest = [column for column in TABLES[name].names if column not in TABLES[name].key]
        tables[name] = pass_gate(name, together.sort(*TABLES[name].key, *rest))
    quarantine = quarantine_of(workings.values())
    return own.replace(
        tables={name: tables[name] for name in TABLES if name in tables},
        quarantine=_joined(own.quarantine, quarantine).sort(*_QUARANTINE_ORDER),
        intake=_added(own.intake, intake_of(ties, {})),
        findings=sorted_findings([*own.findings, *findings, *quarantine_findings(quarantine)]),
    )


def _opened(folder: Path) -> tuple[dict[str, Found], list[Finding]]:
    names = {path.name.partition(".")[0] for path in folder.iterdir()} if folder.is_dir() else set[str]()
    if not names & {*PUBLIC_TABLES, *LICENSED.values()}:
        if "answers" in names:  # everybody was asked about, and nothing was found
            return {}, []
        raise DataError(
            f"the folder {folder} holds no public information: none of {', '.join(PUBLIC_TABLES)}.",
            remedy="give the folder that credrisk enrich LEDGER --out FOLDER wrote.",
        )
    files = {**dict(zip(PUBLIC_TABLES, PUBLIC_TABLES, strict=True)), **{file: name for name, file in LICENSED.items()}}
    known = {file: frozenset(TABLES[name].names) for file, name in files.items()}
    found, findings = open_source(folder, columns_of=known, max_line_bytes=MAX_LINE_BYTES)
    return found, [finding for finding in findings if finding.code != "not_a_table"]


def _own_rows_first(working: Working, own: pl.DataFrame) -> None:
    """Set aside the rows whose key the ledger has itself."""
    key = list(working.table.key)
    shared = working.frame.select(key).join(
        own.select(key).unique().with_columns(_own=pl.lit(True)),
        on=key,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )["_own"]
    working.set_aside(pl.when(GOOD & pl.lit(shared)).then(pl.lit(OWN_FIRST)), key[0])


def _joined(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([first, second]) if first.width else second


def _added(own: pl.DataFrame, public: pl.DataFrame) -> pl.DataFrame:
    """Return the tie-out of both, one row per table and currency."""
    together = _joined(own, public)
    columns = [pl.col(name) for name in together.columns if name not in ("table", "currency")]
    sums = [pl.when(column.count() > 0).then(column.sum()) for column in columns]  # no money stays none, not 0
    return together.group_by("table", "currency", maintain_order=True).agg(sums)
