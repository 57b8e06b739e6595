"""The project folder: one ledger over all its extracts, what every extract changed, and whatever belongs to the work.

``project.json`` names the store that counts; it is replaced in one step after everything else is written, so a process
killed at any moment leaves the folder as it was before or after the update. What a killed update left is removed by the
next one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.atomic import new_folder, write_text
from credrisk.dates import to_date
from credrisk.errors import DataError, ParameterError
from credrisk.injection import harmless
from credrisk.ledger.content_hash import content_hash
from credrisk.ledger.findings import Finding
from credrisk.ledger.ledger import Ledger, LedgerSettings
from credrisk.ledger.native_readers import panics_as_errors
from credrisk.ledger.rule_in_part import finding_of, refuse_rule_in_part, settled_by_rule
from credrisk.ledger.store import settings_of, settings_text
from credrisk.ledger.vanished import Vanished, open_beyond, refuse_vanished, said_of, vanished
from credrisk.ledger.versions import (
    CHANGES,
    COUNTS,
    Extract,
    Updated,
    first_versions,
    known_then,
    next_versions,
)
from credrisk.ledger.write import write_quarantine

__all__ = ["PROJECT_FILE", "Project", "Update", "is_project", "make_project", "open_project"]

FORMAT = "credrisk-project-1"
PROJECT_FILE = "project.json"
_LOCK = ".lock"
_STORES, _UPDATES = "store", "updates"


@dataclass(frozen=True)
class Update:
    """What an extract brought to a project.

    Attributes
    ----------
    number
        Of the update, from 1; of the earlier one where the extract was brought in before.
    day
        Of the extract.
    changes
        Rows of history that are not as before: change (``back_dated``, ``missing_before``, ``changed``, ``due_date``,
        ``deleted``, ``new_table``), table, key, column, before, after, amount (major units), currency, happened_on,
        and the first and last as-of date (inclusive) on which figures would have been others.
    counts
        Per table: rows of the extract, unchanged, new, back_dated, missing_before, changed, deleted, not_in_extract
        (kept: the extract does not cover their dates).
    settings
        Of the project's ledger afterwards.
    quarantined
        Rows of the extract that were set aside.
    again
        The extract was there already, and nothing was changed.
    gap
        First and last day between this extract and the one before that neither covers; None where there is none.
    vanished
        What so large a part of the history would end as that an extract of a part is more likely; such an update
        must be accepted.
    open_beyond
        Documents that were open and that the extract neither holds nor covers: what was paid on them since is unknown.
    """

    number: int
    day: date
    changes: pl.DataFrame
    counts: pl.DataFrame
    settings: LedgerSettings
    quarantined: int = 0
    again: bool = False
    gap: tuple[date, date] | None = None
    vanished: tuple[Vanished, ...] = ()
    open_beyond: tuple[Vanished, ...] = ()


@dataclass(frozen=True)
class Project:
    """A project folder, as its ``project.json`` states it."""

    folder: Path
    updates: tuple[Mapping[str, Any], ...]

    def ledger(self, known_at: date | str | None = None) -> Ledger:
        """Return the project's ledger, as it is known now, or as it was known on a day (inclusive).

        Settings are those of the first extract that covers the day; before the first extract, rows count from their
        own dates.

        Raises
        ------
        DataError
            When no extract was brought in yet, or the store is damaged.
        """
        if not self.updates:
            raise DataError(
                f"the project {self.folder} holds no extract yet.", remedy=f"credrisk update {self.folder} EXTRACT."
            )
        day = None if known_at is None else to_date(known_at, "known_at")
        settled = [self._settings(update) for update in self.updates]
        settings = next((one for one in settled if day is not None and one.covers_to >= day), settled[-1])
        last = self.updates[-1]
        findings = [finding for update in self.updates for finding in _told(update, last=update is last)]
        if last["quarantined"]:
            findings.append(
                Finding(
                    "error",
                    "",
                    "set_aside_by_update",
                    f"the extract of {last['day']} had rows that failed the contract.",
                    int(last["quarantined"]),
                    remedy=f"{self.folder / _UPDATES / _name(last['number'])}/quarantine.csv has each with its reason.",
                )
            )
        return Ledger(known_then(self.versions(), day), settings, findings=tuple(findings))

    def versions(self) -> dict[str, pl.DataFrame]:
        """Return every version of every row, by table."""
        folder = self.folder / _STORES / _name(len(self.updates))
        try:
            with panics_as_errors(f"the store {folder}"):
                return {file.stem: pl.read_parquet(file) for file in sorted(folder.glob("*.parquet"))}
        except (OSError, pl.exceptions.PolarsError) as damaged:
            raise DataError(f"the store {folder} cannot be read ({damaged}).", remedy="restore it.") from None

    def update(
        self,
        ledger: Ledger,
        *,
        day: date | str | None = None,
        partial: bool = False,
        source: str = "",
        accept_deleted: bool = False,
        dry_run: bool = False,
    ) -> Update:
        """Bring the next extract in: new rows, changed ones as new versions, and what is gone; nothing is lost.

        Parameters
        ----------
        ledger
            The extract, read and checked; it stands on its own.
        day
            On which the extract was made; else what the ledger states (``extracted_on``).
        partial
            The extract holds only some of the rows of the days it covers: none is taken as deleted.
        source
            Name of the extract, for the record.
        accept_deleted
            The rows that are not there are gone from the books, however many.
        dry_run
            Only tell what would change.

        Raises
        ------
        ParameterError
            When the extract is older than the last, or in another currency.
        DataError
            When another update is running, so much would be taken as deleted that the extract rather holds a part, or
            the extract lacks rows of the project and its payments settle the oldest debt.
        """
        made = ledger.settings.extracted_on if day is None else to_date(day, "day")
        covers = f"{ledger.settings.covers_to} {' '.join(ledger.settings.static)}{' partial' if partial else ''}"
        digest = sha256(f"{content_hash(ledger)} {covers}".encode()).hexdigest()
        with self._alone() if not dry_run else contextlib.nullcontext():
            now = open_project(self.folder)
            same = [one for one in now.updates if one["content"] == digest]
            known = next((one for one in same if one is now.updates[-1] or one["day"] == made.isoformat()), None)
            if known is not None:
                return _again(known, now._settings(now.updates[-1]))
            now._refuse(ledger, made)
            settings, gap = now._settings_after(ledger, made)
            found = now._compared(ledger, made, partial=partial)
            refuse_rule_in_part(ledger, found.tables, found.absent, made)
            update = Update(
                len(now.updates) + 1,
                made,
                found.changes,
                found.counts,
                settings,
                ledger.quarantine.height,
                gap=gap,
                vanished=() if found.absent is None else vanished(now.versions(), found.tables, found.absent),
                open_beyond=now._open_beyond(found, ledger),
            )
            if not dry_run:
                if not accept_deleted:
                    refuse_vanished(update.vanished, ledger.settings, made)
                now._put(update, found, ledger, source=source, digest=digest)
            return update

    def _compared(self, ledger: Ledger, day: date, *, partial: bool) -> Updated:
        if self.updates:
            covered = self._settings(self.updates[-1]).covers_to
            return next_versions(self.versions(), Extract(ledger, day, covered, partial))
        counts = [
            {**dict.fromkeys(COUNTS, 0), "table": name, "rows": ledger.tables[name].height, "new": frame.height}
            for name, frame in ledger.tables.items()
        ]
        schema = {"table": pl.String, **dict.fromkeys(COUNTS, pl.Int64)}
        return Updated(first_versions(ledger), pl.DataFrame(schema=CHANGES), pl.DataFrame(counts, schema=schema))

    def _open_beyond(self, found: Updated, ledger: Ledger) -> tuple[Vanished, ...]:
        """Return the open documents of which the extract says nothing, though it covers days that none did before."""
        if found.absent is None or found.absent.partial:
            return ()
        later = ledger.settings.covers_to > self._settings(self.updates[-1]).covers_to
        return open_beyond(found.tables, found.absent) if later else ()

    def _refuse(self, ledger: Ledger, day: date) -> None:
        if not self.updates:
            return
        last = self.updates[-1]
        if day < date.fromisoformat(last["day"]):
            rule = f"on or after the day of the last extract, {last['day']}: extracts come in their order"
            raise ParameterError("day", rule, day.isoformat())
        own = self._settings(last).currency
        if ledger.settings.currency != own:
            raise ParameterError("ledger", f"in the project's currency, {own}", ledger.settings.currency)

    def _settings_after(self, ledger: Ledger, day: date) -> tuple[LedgerSettings, tuple[date, date] | None]:
        new = dataclasses.replace(ledger.settings, extracted_on=day)
        if not self.updates:
            return new, None
        before, one = self._settings(self.updates[-1]), timedelta(days=1)
        if new.covers_from > before.covers_to + one:  # a label that reached over the gap would lack what happened in it
            return new, (before.covers_to + one, new.covers_from - one)
        first, last = min(before.covers_from, new.covers_from), max(before.covers_to, new.covers_to)
        static = new.static or before.static
        return dataclasses.replace(new, static=static, covers_from=first, covers_to=last), None

    def _put(self, update: Update, found: Updated, ledger: Ledger, *, source: str, digest: str) -> None:
        """Write the store and the record of the update, and make them count in one last step."""
        name = _name(update.number)
        for leftover in (self.folder / _STORES / name, self.folder / _UPDATES / name):
            shutil.rmtree(leftover, ignore_errors=True)
        with new_folder(self.folder / _STORES / name) as draft:
            for table, frame in found.tables.items():
                frame.write_parquet(draft / f"{table}.parquet")
        with new_folder(self.folder / _UPDATES / name) as draft:
            for what, frame in (("changes", found.changes), ("counts", found.counts)):
                texts = [column for column, dtype in frame.schema.items() if dtype == pl.String]
                frame.with_columns(harmless(text) for text in texts).write_csv(draft / f"{what}.csv")
            if ledger.quarantine.height:
                write_quarantine(ledger, draft / "quarantine.csv")
        entry = {
            "number": update.number,
            "day": update.day.isoformat(),
            "source": source,
            "content": digest,
            "changes": update.changes.height,
            "quarantined": update.quarantined,
            "vanished": [dataclasses.asdict(one) for one in update.vanished],
            "open_beyond": [dataclasses.asdict(one) for one in update.open_beyond],
            "oldest_first": settled_by_rule(ledger, self.updates[-1:], found.absent),
            **json.loads(settings_text(update.settings)),
        }
        write_text(self.folder / PROJECT_FILE, _text((*self.updates, entry)))
        for folder in (self.folder / _STORES).iterdir():
            # The store before stays: a command that has begun to read it can end.
            if folder.name not in (name, _name(update.number - 1)):
                shutil.rmtree(folder, ignore_errors=True)
        for draft in (*self.folder.glob(f".{PROJECT_FILE}.*"), *(self.folder / _UPDATES).glob(".*")):
            shutil.rmtree(draft, ignore_errors=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the project's lock; it is the system's, and goes with the process that holds it."""
        with contextlib.closing(sqlite3.connect(self.folder / _LOCK, timeout=0, isolation_level=None)) as lock:
            try:
                lock.execute("begin exclusive")
            except sqlite3.OperationalError:
                raise DataError(f"another update of {self.folder} is running.", remedy="wait until it ends.") from None
            yield
            lock.execute("rollback")

    def _settings(self, update: Mapping[str, Any]) -> LedgerSettings:
        return settings_of(json.dumps(update), str(self.folder))


def is_project(source: str | PathLike[str]) -> bool:
    """Tell whether ``source`` is a project folder: it holds a ``project.json``."""
    return (Path(source) / PROJECT_FILE).is_file()


def open_project(folder: str | PathLike[str]) -> Project:
    """Open a project folder.

    Raises
    ------
    DataError
        When it is none, or its ``project.json`` is of another format.
    """
    place = Path(folder)
    if not is_project(place):
        raise DataError(
            f"{folder} is no project: it holds no {PROJECT_FILE}.", remedy=f"credrisk init {folder} makes one."
        )
    try:
        content = json.loads((place / PROJECT_FILE).read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise KeyError(content["format"])
        return Project(place, tuple(content["updates"]))
    except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError):
        raise DataError(
            f"{place / PROJECT_FILE} is not of the format {FORMAT}.", remedy="restore it from a backup."
        ) from None


def make_project(folder: str | PathLike[str], files: Mapping[str, str]) -> Project:
    """Make a project folder without an extract, whole or not at all.

    Parameters
    ----------
    files
        Texts beside the ledger, by name: the policy, the mapping, a page for people.

    Raises
    ------
    ParameterError
        When the folder is there and not empty.
    """
    with new_folder(folder) as draft:
        for name in (_STORES, _UPDATES, "models", "public"):
            (draft / name).mkdir()
        for name, text in files.items():
            write_text(draft / name, text)
        (draft / _LOCK).touch()
        write_text(draft / PROJECT_FILE, _text(()))
    return open_project(folder)


def _told(update: Mapping[str, Any], *, last: bool) -> list[Finding]:
    """Return what an update did that the figures after it must be read with."""
    gone = [
        Finding(
            "warning",
            one.table,
            "deleted_by_update",
            f"{said_of(one)} ended with the extract of {update['day']}, accepted as deleted.",
            one.rows,
            money=one.money,
            currency=one.currency,
            remedy="if the extract held only a part, bring in a full one.",
        )
        for one in (Vanished(**entry) for entry in update.get("vanished", ()))
    ]
    unknown = [
        Finding(
            "warning",
            one.table,
            "not_covered_by_update",
            f"{said_of(one)} were open before the extract of {update['day']}, which neither holds nor covers them: "
            "they stay open, and what was paid on them since is unknown.",
            one.rows,
            money=one.money,
            currency=one.currency,
            remedy="bring in an extract that reaches back to the oldest open document.",
        )
        for one in (Vanished(**entry) for entry in update.get("open_beyond", ()) if last)
    ]
    return gone + unknown + [finding_of(entry) for entry in update.get("oldest_first", ()) if last]


def _again(known: Mapping[str, Any], settings: LedgerSettings) -> Update:
    none = pl.DataFrame(schema={"table": pl.String, **dict.fromkeys(COUNTS, pl.Int64)})
    day = date.fromisoformat(known["day"])
    return Update(int(known["number"]), day, pl.DataFrame(schema=CHANGES), none, settings, again=True)


def _name(number: int) -> str:
    return f"{number:04d}"


def _text(updates: tuple[Mapping[str, Any], ...]) -> str:
    return json.dumps({"format": FORMAT, "updates": list(updates)}, indent=1, ensure_ascii=False) + "\n"
