"""The names of legal entities with the days from and to which they held, as rows of a register to match against.

A name that GLEIF lists without a day has none here: an account is never matched to a name before it was borne because
of a day that somebody guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from credrisk.frames import given_out
from credrisk.sources.gleif_changes import Modification
from credrisk.sources.gleif_events import LEGAL_NAME
from credrisk.sources.gleif_records import LeiRecord

__all__ = ["REGISTER_COLUMNS", "gleif_register"]

REGISTER_COLUMNS: dict[str, pl.DataType] = {
    "register": pl.String(),
    "entity": pl.String(),
    "id_column": pl.String(),
    "name": pl.String(),
    "name_kind": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "country": pl.String(),
    "postcode": pl.String(),
    "city": pl.String(),
    "street": pl.String(),
    "legal_form": pl.String(),
    "status": pl.String(),
    "parent": pl.String(),
}
"""What matching reads: one row a name of an entity."""


def gleif_register(
    records: Sequence[LeiRecord],
    *,
    logs: Mapping[str, Sequence[Modification]] | None = None,
    parents: Mapping[str, str] | None = None,
    output: str = "pandas",
) -> Any:
    """Return the names of records as a register.

    Parameters
    ----------
    logs
        By LEI the log of changes: it dates the names better than the events of the record do.
    parents
        By LEI the LEI of the direct parent.

    Returns
    -------
    pandas.DataFrame
        The columns :data:`REGISTER_COLUMNS`; ``valid_from`` and ``valid_to`` are inclusive and empty where unknown.
    """
    rows = []
    for record in records:
        renamed = _renamed(record, (logs or {}).get(record.lei, ()))
        former = [name.name for name in record.names if name.kind == "former"]
        for name in record.names:
            from_day = renamed.get("") if name.kind == "legal" else None
            to_day = None
            if name.kind == "former":
                to_day = renamed.get(name.name) or (renamed.get("") if len(former) == 1 else None)
            rows.append(
                {
                    "register": "gleif",
                    "entity": record.lei,
                    "id_column": "lei",
                    "name": name.name,
                    "name_kind": name.kind,
                    "valid_from": from_day,
                    "valid_to": to_day,
                    **record.address,
                    "legal_form": record.legal_form,
                    "status": record.entity_status,
                    "parent": (parents or {}).get(record.lei),
                }
            )
    frame = pl.DataFrame(rows, schema=REGISTER_COLUMNS).unique().sort("entity", "name_kind", "name")
    return given_out(frame, output)


def _renamed(record: LeiRecord, log: Sequence[Modification]) -> dict[str, date]:
    """Return by former name the day on which it ended, and under "" the day of the last change."""
    ended = {
        line.old: line.published
        for line in sorted(log, key=lambda line: line.published)
        if line.field.endswith(LEGAL_NAME) and line.kind == "UPDATE" and line.old
    }
    events = [
        event.effective
        for event in record.events
        if event.type == "CHANGE_LEGAL_NAME" and event.status == "COMPLETED" and event.effective
    ]
    last = [*events, *([max(ended.values())] if ended and not events else [])]
    return {**ended, **({"": max(last)} if last else {})}
