"""A desk laid down in a folder, so that a page opens from it without computing any probability again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.policy import Policy
from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.widgets.desk import Desk, open_desk

if TYPE_CHECKING:
    from credrisk.models.payment_timing import PaymentTiming

__all__ = ["PLACE", "read_desk", "write_desk"]

PLACE = "CREDRISK_DESK"
"""Environment variable with the folder, for the kernel of a page."""

TABLES, SCORES, SETTINGS, TIMING = "tables.parquet", "scores.parquet", "desk.json", "timing"


def write_desk(folder: Path, desk: Desk, *, scores: pl.DataFrame, timing: PaymentTiming | None = None) -> None:
    """Write what a desk is opened from: the ledger as known on its day, the scores, the policy and the settings.

    Parameters
    ----------
    folder
        An empty folder; whoever may read it may read the ledger.
    scores, timing
        What the desk was opened with.
    """
    desk.basis.ledger.write(folder / TABLES)
    scores.write_parquet(folder / SCORES)
    if timing is not None:
        timing.save(folder / TIMING)
    settings = {
        "as_of": desk.as_of.isoformat(),
        "capacity": desk.capacity,
        "currency": desk.currency,
        "policy": desk.policy.content(),
        "timing": timing is not None,
        "log": str(desk.log.path.resolve()) if desk.log is not None else None,
        "notes": list(desk.notes),
    }
    (folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")


def read_desk(folder: Path) -> Desk:
    """Open the desk that :func:`write_desk` laid down.

    Raises
    ------
    DataError
        When the folder holds none.
    """
    from credrisk.models.payment_timing import PaymentTiming

    try:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(f"{folder} holds no desk.", remedy="open it with credrisk app.") from None
    return open_desk(
        Ledger.read(folder / TABLES, currency=settings["currency"]),
        as_of=settings["as_of"],
        scores=pl.read_parquet(folder / SCORES),
        policy=Policy.of(settings["policy"]),
        capacity=settings["capacity"],
        timing=PaymentTiming.load(folder / TIMING) if settings["timing"] else None,
        log=DecisionLog(settings["log"]) if settings["log"] else None,
        notes=tuple(settings["notes"]),
    )
