"""The panel of a stored ledger of any size, partition by partition, over the cores, resumable.

The ledger is split to disk by groups of customers that belong together; partition by partition the very functions run
that a ledger in memory goes through, in spawned processes, so the numbers are the same to the last bit. Features of the
industry take a stage of their own: first every partition gives what is compared, then the medians are taken date by
date, then each partition is worked out whole. To work out again what is compared costs less than to keep it on disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from datetime import date
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.atomic import new_file, refuse_existing, write_text
from credrisk.engines.processes import Processes
from credrisk.errors import ParameterError
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue, fingerprint
from credrisk.features.panel import full_panel, narrow_panel, panel_calendar
from credrisk.features.peers import peer_medians
from credrisk.ledger.ledger import LedgerSettings
from credrisk.ledger.store import StoredLedger, open_stored
from credrisk.pipeline.partition_read import partition_rows
from credrisk.pipeline.partition_split import INDEX_FILE, split
from credrisk.progress import Progress, silent

__all__ = ["memory_bytes", "panel_parts", "refuse_other_than_parts"]

BYTES_A_ROW, BYTES_A_CELL = 700, 20
"""Estimates of what a document or application, and a value of the panel, take while a partition is worked out."""
LEAST_ROWS_A_PART, MOST_ROWS_A_PART = 20_000, 600_000
UNITS = {"KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}


def memory_bytes(text: str) -> int:
    """Return the bytes of a size such as ``2GB`` or ``512MB``.

    Raises
    ------
    ParameterError
        When it is no such size, or under 256 MB.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT])I?B", text.strip().upper())
    size = int(float(found[1]) * UNITS[f"{found[2]}B"]) if found else 0
    if size < 256 * 2**20:
        raise ParameterError("memory", "a size from 256MB up, such as 2GB", text)
    return size


def panel_parts(
    source: str | PathLike[str],
    out: str | PathLike[str],
    *,
    calendar: Calendar | None = None,
    as_of: date | str | None = None,
    features: Iterable[str] | None = None,
    memory: str = "2GB",
    workers: int | None = None,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Path:
    """Write :func:`~credrisk.features.panel.build_panel` of a stored ledger as a folder of Parquet files.

    Parameters
    ----------
    source
        Folder of a stored ledger (:func:`~credrisk.ledger.store.store_ledger`).
    out
        Folder to write: ``part-00000.parquet`` and so on, the rows of a part sorted by ``customer_id`` and ``as_of``,
        a customer in one part; ``as_of`` is a date, which pandas reads as an object unless its ``to_datetime`` or the
        dtype_backend ``pyarrow`` is asked for. It appears when everything is done. Until then the work lies beside it
        in ``.<name>.work``; after an interruption the same call takes it up where it stopped.
    calendar, as_of, features
        As in ``build_panel``. With one date no history is built.
    memory
        What the partitions may take in all processes together, by an estimate of their rows and values. A group of
        linked customers is never divided, and while the ledger is split its ids are in memory as numbers besides.
    workers
        How many processes; by default one a core.
    overwrite
        Allow ``out`` to be replaced.
    progress
        Called after each piece of work.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    ParameterError, DataError, CredriskError
        As ``build_panel`` does, or when the source is no stored ledger or a worker ended by itself.

    Examples
    --------
    >>> panel_parts("ledger", "panel", memory="4GB")  # doctest: +SKIP
    """
    target, stored = Path(out), open_stored(source)
    workers = workers or os.cpu_count() or 1
    if workers < 1:
        raise ParameterError("workers", "1 or more", workers)
    budget = memory_bytes(memory)
    refuse_other_than_parts(target, overwrite)
    ends, entries = panel_calendar(stored.settings, calendar, as_of), catalogue(features)
    compared = any(entry.question == "peers" for entry in entries.values())
    rows_a_part = _rows_a_part(stored, budget / workers, len(ends) * (len(entries) + 2))
    work = target.absolute().parent / f".{target.name}.work"
    _take_up(work, _identity(stored, ends, list(entries), rows_a_part))
    ledger, done = work / "ledger", work / "panel"
    done.mkdir(exist_ok=True)
    for draft in done.glob(".*"):
        # Of a worker that was killed while it wrote.
        shutil.rmtree(draft)
    with Processes(workers, __name__) as processes:
        if not (ledger / INDEX_FILE).exists():
            shutil.rmtree(ledger, ignore_errors=True)
            ledger.mkdir()
            split(stored, ledger, rows_a_part=rows_a_part, threads=workers, progress=progress)
        parts = range(int(json.loads((ledger / INDEX_FILE).read_text())["parts"]))
        about: dict[str, Any] = {"ledger": ledger, "settings": stored.settings, "ends": ends}
        medians = None
        if compared:
            medians = work / "medians.parquet"
            _compare(processes, partial(_piece, **about, folder=work / "compared"), medians, parts, ends, progress)
        compute = partial(_compute, **about, features=list(entries), medians=medians, folder=done)
        left = [part for part in parts if not _part_file(done, part).exists()]
        for number, _ in enumerate(processes.over(compute, left), len(parts) - len(left) + 1):
            progress("Computing features", number, len(parts))
    _put_in_place(done, target, overwrite)
    shutil.rmtree(work)
    return target


def _rows_a_part(stored: StoredLedger, budget: float, cells_a_customer: int) -> float:
    counts = {
        name: sum(pl.scan_parquet(file).select(pl.len()).collect().item() for file in files)
        for name, files in stored.files.items()
    }
    rows = max(1, counts["documents"] + counts.get("applications", 0))
    others = sum(counts.values()) - rows
    bytes_a_row = BYTES_A_ROW * (1 + others / rows) + counts["customers"] / rows * cells_a_customer * BYTES_A_CELL
    return float(max(LEAST_ROWS_A_PART, min(MOST_ROWS_A_PART, budget / bytes_a_row)))


def _compute(
    part: int,
    *,
    ledger: Path,
    settings: LedgerSettings,
    ends: Calendar,
    features: list[str],
    medians: Path | None,
    folder: Path,
) -> None:
    """Write the panel of one partition."""
    found = pl.read_parquet(medians) if medians else None
    panel = full_panel(partition_rows(ledger, part, settings), ends, catalogue(features), medians=found)
    with new_file(_part_file(folder, part)) as draft:
        panel.write_parquet(draft, compression="lz4")


def _piece(part: int, *, ledger: Path, settings: LedgerSettings, ends: Calendar, folder: Path) -> None:
    """Write what of one partition is compared with the industry, date by date."""
    compared = narrow_panel(partition_rows(ledger, part, settings), ends).drop_nulls("industry")
    with new_file(_part_file(folder, part)) as draft:
        compared.sort("as_of", maintain_order=True).write_parquet(
            draft, compression="lz4", row_group_size=max(1, compared.height // len(ends))
        )


def _compare(
    processes: Processes,
    piece: partial[None],
    target: Path,
    parts: range,
    ends: Calendar,
    progress: Progress,
) -> None:
    """Write the medians of the industries over all partitions, date by date."""
    if target.exists():
        return
    folder = piece.keywords["folder"]
    folder.mkdir(exist_ok=True)
    left = [part for part in parts if not _part_file(folder, part).exists()]
    for number, _ in enumerate(processes.over(piece, left), len(parts) - len(left) + 1):
        progress("Comparing customers", number, len(parts))
    found = [medians for _, medians in processes.over(partial(_medians_on, folder=folder), list(ends.ends))]
    with new_file(target) as draft:
        pl.concat(found).sort("industry", "as_of").write_parquet(draft)
    shutil.rmtree(folder)


def _medians_on(day: date, *, folder: Path) -> pl.DataFrame:
    files = sorted(folder.glob("part-*.parquet"))
    return peer_medians(pl.scan_parquet(files).filter(pl.col("as_of") == day).collect())


def _part_file(folder: Path, part: int) -> Path:
    return folder / f"part-{part:05d}.parquet"


def _identity(stored: StoredLedger, ends: Calendar, features: list[str], rows_a_part: float) -> str:
    """Return a hash of everything on which the work depends: only the same work is taken up again."""
    files = {
        str(file.absolute()): [file.stat().st_size, file.stat().st_mtime_ns]
        for parts in stored.files.values()
        for file in parts
    }
    said = [files, repr(stored.settings), [day.isoformat() for day in ends.ends], features, fingerprint(features)]
    return hashlib.sha256(json.dumps([*said, rows_a_part], sort_keys=True).encode()).hexdigest()


def _take_up(work: Path, identity: str) -> None:
    """Make the folder of the work ready; what another call left there goes."""
    stamp = work / "identity"
    if not (stamp.exists() and stamp.read_text() == identity):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        write_text(stamp, identity)


def _put_in_place(done: Path, target: Path, overwrite: bool) -> None:
    """Move the finished folder to its place; what stood there is replaced only if it was a panel of parts."""
    refuse_other_than_parts(target, overwrite)
    if target.exists():
        shutil.rmtree(target)
    os.replace(done, target)


def refuse_other_than_parts(target: Path, overwrite: bool) -> None:
    """Raise unless ``target`` can be written and is free, or holds nothing but a panel that may be overwritten."""
    refuse_existing(target, overwrite)
    if target.is_file():
        raise ParameterError("output", "the name of a folder, not of a file", str(target))
    names = sorted(path.name for path in target.iterdir()) if target.exists() else []
    others = [name for name in names if not re.fullmatch(r"part-\d{5}\.parquet", name)]
    if others:
        rule = f"a folder without other files; move these away first: {', '.join(others[:5])}"
        raise ParameterError("output", rule, str(target))
