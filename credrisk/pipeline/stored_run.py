"""The tables of an earlier `credrisk run`, each value of the kind that it had, and what the run said of itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.decisions.policy import Policy
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.stored_results import RECORD, read_results, stored_table
from credrisk.reports.columns import TABLES, Kind

__all__ = ["StoredRun", "read_run"]

JUDGED = ("bad_debt", "default", "late30")
"""Of the targets that were judged, the report shows the first."""
OWN_NAMES = {"bad_debt": "bad debt", "default": "default", "late30": "late payment"}
TYPES: dict[Kind, type[pl.DataType]] = {
    "money": pl.Float64,
    "percent": pl.Float64,
    "probability": pl.Float64,
    "days": pl.Float64,
    "number": pl.Float64,
    "date": pl.Date,
}
TEXTS: frozenset[Kind] = frozenset({"id", "text", "long", "state", "code"})
TRUTHS = ("contact_today",)


@dataclass(frozen=True)
class StoredRun:
    """What a run left behind.

    Attributes
    ----------
    as_of
        The day of the run.
    scores, limits, queue
        The tables as the run had them, nulls typed.
    judged, metrics, folds, in_use
        The back-test of the first target that was judged, as in :class:`credrisk.reports.pack.Pack`.
    notes
        What the run said was not measured, or rests on little.
    origins
        Label -> text: models, policy, versions.
    stamp
        As in :class:`credrisk.reports.book.Book`.
    """

    as_of: date
    scores: pl.DataFrame
    limits: pl.DataFrame
    queue: pl.DataFrame
    judged: str
    metrics: pl.DataFrame
    folds: pl.DataFrame
    in_use: str
    notes: tuple[str, ...]
    origins: dict[str, str]
    stamp: dict[str, str]


def read_run(folder: Path, *, ledger: Ledger, policy: Policy, as_of: date | None = None) -> StoredRun:
    """Return a finished run of this ledger under this policy.

    Parameters
    ----------
    folder
        The ``--out`` folder of the run.
    ledger, policy, as_of
        As :func:`credrisk.pipeline.stored_results.read_results` takes them.

    Raises
    ------
    ParameterError
        When the folder holds no finished run, or one of another day, policy, currency or ledger.
    DataError
        When a file is not the one that the run wrote.
    """
    found = read_results(folder, ledger=ledger, policy=policy, as_of=as_of)
    content = (folder / RECORD).read_bytes()
    record: dict[str, Any] = json.loads(content)
    queue = stored_table(folder / "queue.csv", record["files"].get("queue.csv"))
    tables = {
        name: _typed(frame, name)
        for name, frame in {"scores": found.scores, "limits": found.limits, "queue": queue}.items()
    }
    target = next((name for name in JUDGED if record["targets"].get(name, {}).get("back_test")), JUDGED[0])
    judged = record["targets"].get(target, {})
    return StoredRun(
        as_of=found.as_of,
        **tables,
        judged=OWN_NAMES[target],
        metrics=_frame(judged.get("back_test", []), "metrics"),
        folds=_frame(judged.get("folds", []), "folds"),
        in_use=str(judged.get("source", "")) if judged.get("hash") else "",
        notes=tuple(str(note) for note in record.get("notes", [])),
        origins=_origins(record),
        stamp={
            "ledger": str(record["ledger"]["content_hash"]),
            "as_of": found.as_of.isoformat(),
            "policy": policy.hash,
            "policy_version": policy.version,
            "model": found.model or "",
            "run": hashlib.sha256(content).hexdigest(),
        },
    )


def _typed(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    kinds = {column.name: column.kind for column in TABLES[table]}
    changed = []
    for name in frame.columns:
        kind, cell = kinds.get(name, "text"), pl.col(name)
        if name in TRUTHS:
            changed.append(cell.cast(pl.Boolean))
        elif kind in TYPES:
            changed.append(cell.cast(TYPES[kind]))
        elif kind in TEXTS and name in kinds:
            changed.append(cell.cast(pl.String))
    return frame.with_columns(changed)


def _frame(rows: list[dict[str, Any]], table: str) -> pl.DataFrame:
    if not rows:
        return pl.DataFrame()
    frame = pl.DataFrame(rows, infer_schema_length=None)
    dates = [column.name for column in TABLES[table] if column.kind == "date" and column.name in frame.columns]
    return frame.with_columns(pl.col(name).cast(pl.String).str.to_date("%Y-%m-%d") for name in dates)


def _origins(record: dict[str, Any]) -> dict[str, str]:
    models = {
        f"Model for {target.replace('_', ' ')}": (
            f"{told['source'].replace('_', ' ')}, {told['evidence'].get('first_events', '?')} first events, "
            f"hash {str(told['hash'])[:12]}"
            if told.get("hash")
            else f"not measured: {told.get('why', 'no reason was kept')}"
        )
        for target, told in record["targets"].items()
    }
    policy, versions = record["policy"], record.get("versions", {})
    return {
        "credrisk": str(versions.get("credrisk", "")),
        "Policy": f"version {policy['version']}, hash {policy['hash'][:12]}",
        **models,
        "Ledger": f"content hash {str(record['ledger']['content_hash'])[:12]}",
    }
