"""The ledger with what was recorded since it was exported: contacts, promises, disputes, plans and the day's lists.

Nothing is lost: every entry of the decision log whose kind has a table is kept as a row, or set aside with its reason;
entries that contradict the ledger (a promise for a document that was paid already) are kept and said to do so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.recorded_findings import contradictions, with_record
from credrisk.decisions.recorded_rows import FILLS_IN, RecordedRow, recorded_rows
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import DTYPES, Ledger
from credrisk.ledger.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["recorded_tables", "with_recorded"]

Fault = tuple[str, str, str]
"""Reason, column and value, as the quarantine has them."""


def recorded_tables(
    log: DecisionLog | Sequence[Entry], *, as_of: date | str, currency: str | None = None
) -> dict[str, pl.DataFrame]:
    """Return the rows of the ledger's tables that a decision log holds.

    Parameters
    ----------
    log
        The log, or its entries.
    as_of
        Entries written after this day (UTC) are not seen, whatever day they speak of.
    currency
        Of amounts whose entry names none: the ledger's.

    Returns
    -------
    dict
        ``contacts``, ``promises``, ``disputes``, ``credit_events`` and ``queue_log`` where the log holds such entries:
        the declared columns, money in whole minor units, ``recorded_at`` the day of the entry, ids ``log-12-1f3a...``.
        They are not yet held against a ledger (:func:`with_recorded` does that); entries that cannot be read as a row
        are not among them. Disputes are resolved, and offers done, as far as the log itself says so.
    """
    rows = recorded_rows(_entries(log), as_of=to_date(as_of), currency=currency)
    kept, _ = _parted(rows, lambda row: None)
    tables = _frames(kept)
    for kind, name in (("dispute_resolved", "disputes"), ("queue_done", "queue_log")):
        if name in tables:
            tables[name] = _filled_in(tables[name], [row for row in kept if row.entry.kind == kind])
    return tables


def with_recorded(ledger: Ledger, log: DecisionLog | Sequence[Entry], *, as_of: date | str) -> Ledger:
    """Return the ledger with what was recorded in a decision log on or before ``as_of``.

    Parameters
    ----------
    ledger
        As it was read; it is not cut.
    log
        The log, or its entries.
    as_of
        Entries written after this day (UTC) are not seen, whatever day they speak of.

    Returns
    -------
    Ledger
        Its tables with the rows of :func:`recorded_tables`; disputes of the ledger that were recorded as resolved are
        so from the day of that entry. ``quarantine`` holds the entries set aside (an unknown customer or document,
        a value that cannot be read, a second offer to an account on one list), ``intake`` a line for each kind
        of entry, where entries read are those kept and those set aside, and ``findings`` says which entries contradict
        the ledger. Cutting the result at an earlier day shows what was recorded by then, and no more.

    Raises
    ------
    DataError
        When the file is no decision log.
    """
    day = to_date(as_of)
    rows = recorded_rows(_entries(log), as_of=day, currency=ledger.settings.currency)
    kept, aside = _parted(rows, _fault_in(ledger, rows))
    tables = dict(ledger.tables)
    for name, frame in _frames(kept).items():
        whole = pl.concat([ledger.table(name), frame])
        tables[name] = whole.sort(TABLES[name].key, nulls_last=False)
    for kind, name in (("dispute_resolved", "disputes"), ("queue_done", "queue_log")):
        changes = [row for row in kept if row.entry.kind == kind]
        if changes and name in tables:
            tables[name] = _filled_in(tables[name], changes)
    found = contradictions(ledger, [row for row in kept if row.entry.kind not in FILLS_IN])
    return with_record(ledger.replace(tables=tables), kept, aside, found)


def _entries(log: DecisionLog | Sequence[Entry]) -> Iterable[Entry]:
    if isinstance(log, DecisionLog):
        return log.read() if log.path.exists() else []
    if isinstance(log, (str, bytes)) or not isinstance(log, Sequence):
        raise ParameterError("log", "a DecisionLog or its entries", type(log).__name__)
    return log


def _parted(
    rows: Sequence[RecordedRow], fault: Callable[[RecordedRow], Fault | None]
) -> tuple[list[RecordedRow], list[RecordedRow]]:
    """Return the rows that are kept, and those set aside: unreadable, against the ledger, or said before."""
    kept, aside = [], []
    superseded = _superseded(rows)
    for row in rows:
        found = fault(row) if not row.reason else None
        if row.reason:
            aside.append(row)
        elif found is not None:
            aside.append(_with_fault(row, found))
        elif row.entry.number in superseded:
            aside.append(_with_fault(row, ("conflicting_id", "date", str(row.values.get("date", "")))))
        else:
            kept.append(row)
    return kept, aside


def _with_fault(row: RecordedRow, fault: Fault) -> RecordedRow:
    return RecordedRow(row.entry, row.table, row.day, row.values, *fault)


def _superseded(rows: Sequence[RecordedRow]) -> set[int]:
    """Return the numbers of the entries on an account's list that another one stands for.

    The last of the first day stands: a list that is made again on its day replaces the earlier one, and what is entered
    on a later day does not change the past.
    """
    standing: dict[tuple[object, ...], RecordedRow] = {}
    gone: set[int] = set()
    for row in rows:
        if row.reason or row.table != "queue_log":
            continue
        key = (row.entry.kind, row.values["customer_id"], row.values["date"])
        earlier = standing.get(key)
        if earlier is None:
            standing[key] = row
        elif row.day == earlier.day:
            gone.add(earlier.entry.number)
            standing[key] = row
        else:
            gone.add(row.entry.number)
    return gone


def _fault_in(ledger: Ledger, rows: Sequence[RecordedRow]) -> Callable[[RecordedRow], Fault | None]:
    """Return what tells why a row cannot stand in the ledger; None where it can."""
    customers = _there(ledger, "customers", "customer_id", (row.values.get("customer_id") for row in rows))
    named = pl.Series([row.values.get("document_id") for row in rows], dtype=pl.String).drop_nulls().unique()
    documents = ledger.table("documents").filter(pl.col("document_id").is_in(named.implode()))
    of_document = {row[0]: row[1:] for row in documents.select("document_id", "customer_id", "currency").rows()}
    there = {
        name: _there(ledger, name, TABLES[name].key[0], (row.values.get(TABLES[name].key[0]) for row in rows))
        for name in ("contacts", "promises", "disputes")
    }
    resolved = ledger.table("disputes").filter(
        pl.col("resolved_on").is_not_null() & pl.col("dispute_id").is_in(list(there["disputes"]))
    )
    over = dict(resolved.select("dispute_id", "resolved_on").rows())
    lists = pl.Series([row.values.get("date") for row in rows if row.table == "queue_log"], dtype=pl.Date).unique()
    on_lists = ledger.table("queue_log").filter(pl.col("date").is_in(lists.implode()))
    listed = set(on_lists.select("customer_id", "date").rows())
    opened = set(there["disputes"])
    offered = set(listed)

    def fault(row: RecordedRow) -> Fault | None:
        values, kind = row.values, row.entry.kind
        customer = values.get("customer_id")
        if kind == "dispute_resolved":
            return _of_dispute(row, opened, over)
        if kind != "dispute" and customer not in customers:
            return ("missing_value" if customer is None else "unknown_customer"), "customer_id", str(customer or "")
        document = values.get("document_id")
        if document is not None:
            if document not in of_document:
                return "unknown_document", "document_id", str(document)
            owner, currency = of_document[document]
            named = row.entry.customer_id if kind == "dispute" else customer
            if named is not None and named != owner:
                return "unknown_document", "document_id", str(document)
            if kind == "dispute" and values["currency"] != currency:
                return "other_currency", "currency", str(values["currency"])
        return _of_place(row, there, listed, offered, opened)

    return fault


def _there(ledger: Ledger, table: str, key: str, named: Iterable[Any]) -> set[Any]:
    """Return which of the ids that are named the table holds."""
    wanted = pl.Series(list(named), dtype=pl.String).drop_nulls().unique()
    return set(ledger.table(table).filter(pl.col(key).is_in(wanted.implode()))[key])


def _of_dispute(row: RecordedRow, opened: set[Any], over: dict[Any, date]) -> Fault | None:
    dispute = str(row.values["dispute_id"])
    if dispute not in opened:
        return "refers_to_quarantined", "dispute_id", dispute
    # One that the ledger shows as resolved on a later day was open when the entry was written.
    if dispute in over and over[dispute] <= row.day:
        return "conflicting_id", "dispute_id", dispute
    over[dispute] = row.day
    return None


def _of_place(
    row: RecordedRow, there: dict[str, set[Any]], listed: set[Any], offered: set[Any], opened: set[Any]
) -> Fault | None:
    """Tell whether the row's place is taken by one of the ledger, or what it fills in is not there."""
    values, name = row.values, row.table
    if name == "queue_log":
        place = (values["customer_id"], values["date"])
        if row.entry.kind == "queue_offer":
            offered.add(place)
            return ("duplicate_row", "date", str(values["date"])) if place in listed else None
        return None if place in offered else ("refers_to_quarantined", "date", str(values["date"]))
    key = TABLES[name].key[0]
    if name in there and values[key] in there[name]:
        return "duplicate_row", key, str(values[key])
    if row.entry.kind == "dispute":
        opened.add(values[key])
    return None


def _frames(rows: Sequence[RecordedRow]) -> dict[str, pl.DataFrame]:
    made: dict[str, pl.DataFrame] = {}
    for name in TABLES:
        own = [row.values for row in rows if row.table == name and row.entry.kind not in FILLS_IN]
        if own:
            schema = {column.name: DTYPES[column.kind] for column in TABLES[name].columns}
            whole = [{column: values.get(column) for column in schema} for values in own]
            made[name] = pl.DataFrame(whole, schema=schema, orient="row").sort(TABLES[name].key, nulls_last=False)
    return made


def _filled_in(frame: pl.DataFrame, changes: Sequence[RecordedRow]) -> pl.DataFrame:
    """Return the rows with the columns that the changes fill in; what was filled in by then stays as it is."""
    if not changes:
        return frame
    table = TABLES[changes[0].table]
    key = list(table.key)
    filled = [column for column in changes[0].values if column not in key]
    since = next(table.column(column).visible_from for column in filled if table.column(column).visible_from)
    schema = {column: frame.schema[column] for column in (*key, *filled)}
    rows = [{name: row.values.get(name) for name in schema} for row in changes]
    new = pl.DataFrame(rows, schema=schema, orient="row").unique(key, keep="first", maintain_order=True)
    joined = frame.join(new, on=key, how="left", suffix="_new", maintain_order="left")
    first = pl.col(f"{since}_new").is_not_null() & (pl.col(since).is_null() | (pl.col(since) > pl.col(f"{since}_new")))
    return joined.with_columns(
        pl.when(first).then(pl.col(f"{column}_new")).otherwise(pl.col(column)).alias(column) for column in filled
    ).select(frame.columns)
