"""Files of licensed providers become ratings, facts and events of the ledger, known from the day you received them.

A provider's own date is never the day of knowledge: yesterday's report states a score of last spring, and you could
not have acted on it in spring. Nothing is lost in silence: what was read is kept or set aside with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import ParameterError, SourceError
from credrisk.frames import as_polars
from credrisk.ledger.findings import Finding
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.tables import TABLES
from credrisk.progress import Progress, silent
from credrisk.sources.licensed import coface, creditsafe, creditsafe_soap, dnb, experian, table
from credrisk.sources.licensed.body import Body, open_body
from credrisk.sources.licensed.report import Rating, Report
from credrisk.sources.licensed.scales import place_on

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PROVIDERS", "LicensedResult", "read_licensed"]

PROVIDERS = ("coface", "creditsafe", "dnb", "experian")
SUFFIXES = (".csv", ".html", ".json", ".txt", ".tsv", ".xml")
SET_ASIDE = {name: pl.String() for name in ("file", "provider", "entity", "name", "scale", "value", "reason")}
ANSWERS = {
    "file": pl.String(),
    "provider": pl.String(),
    "entity": pl.String(),
    "name": pl.String(),
    "status": pl.String(),
    "reason": pl.String(),
    "received_on": pl.Date(),
}


@dataclass(frozen=True)
class LicensedResult:
    """Rows of the ledger's tables ``ratings``, ``facts`` and ``events``; what each file was; what was noticed.

    Attributes
    ----------
    set_aside
        Ratings that were read and not kept, with the reason; read = kept + set aside.
    answers
        One row a company in a file: ``hit``, ``none`` (the provider says that it has none) or ``not_measured``.
    """

    ratings: pl.DataFrame
    facts: pl.DataFrame
    events: pl.DataFrame
    set_aside: pl.DataFrame
    answers: pl.DataFrame
    findings: tuple[Finding, ...]

    @property
    def read(self) -> int:
        """How many ratings were read."""
        return self.ratings.height + self.set_aside.height

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames to put beside the other tables for ``Ledger.read``."""
        return {"ratings": self.ratings, "facts": self.facts, "events": self.events}


def read_licensed(
    files: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    provider: str | None = None,
    received_on: date | str | None = None,
    matches: pl.DataFrame | pd.DataFrame | None = None,
    progress: Progress = silent,
) -> LicensedResult:
    """Read reports of licensed providers.

    Parameters
    ----------
    files
        A file, a folder (read with its folders), or several. JSON, XML and CSV; anything else is reported.
    provider
        ``coface``, ``creditsafe``, ``dnb`` or ``experian``: refuse files of another one, and the provider of a CSV
        without that column. Default: recognised by the content.
    received_on
        The day on which you received the files, from which they are known. Default: what the file itself states (CSV),
        else the day on which the file was last written, which a finding says.
    matches
        Rows with ``customer_id``, ``register`` (the provider), ``entity`` (its id of the company) and, where stated,
        ``score`` and ``zone`` (only ``auto`` counts). Without it a report belongs to every customer with its D-U-N-S or
        company number.

    Raises
    ------
    ParameterError
        For an unknown provider, or when there is no file.
    """
    if provider is not None and provider not in PROVIDERS:
        raise ParameterError("provider", f"one of {', '.join(PROVIDERS)}", provider)
    paths = _paths(files)
    given = to_date(received_on) if received_on is not None else None
    gathered = _Gathered(_ties(matches))
    for done, path in enumerate(paths):
        progress("Reading reports", done, len(paths))
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        try:
            body = open_body(path)
            contents = body.content if isinstance(body.content, list) else [body.content]
            if not contents:
                raise SourceError(f"{path.name} is an empty list.")
        except SourceError as error:
            gathered.answer(path, provider or "", None, "not_measured", str(error), given or written)
            continue
        for content in contents:
            named, found = _reports(replace(body, content=content), provider)
            if isinstance(found, SourceError):
                status = "none" if isinstance(found, creditsafe_soap.NotFoundError) else "not_measured"
                gathered.answer(path, named, None, status, str(found), given or written)
                continue
            for report in found:
                gathered.assumed += given is None and report.received_on is None
                gathered.add(path, report, given or report.received_on or written)
    progress("Reading reports", len(paths), len(paths))
    return gathered.result()


def _paths(files: str | PathLike[str] | Iterable[str | PathLike[str]]) -> list[Path]:
    several = [files] if isinstance(files, str | PathLike) else list(files)
    found: set[Path] = set()
    for one in map(Path, several):
        if one.is_dir():
            found |= {path for path in one.rglob("*") if path.is_file() and path.suffix.lower() in SUFFIXES}
        elif one.is_file():
            found.add(one)
        else:
            raise ParameterError("files", "files or folders that exist", str(one))
    if not found:
        raise ParameterError("files", f"at least one file ({', '.join(SUFFIXES)})", [str(one) for one in several])
    return sorted(found)


def _reports(body: Body, provider: str | None) -> tuple[str, list[Report] | SourceError]:
    """Return whose a file is ("" when unknown) and its reports, or why there are none."""
    named = provider or ""
    try:
        if body.kind == "csv":
            found: list[Report] = table.reports(body.content, provider=provider)
        else:
            named, read = _reader(body)
            found = read(body.content) if provider in (None, named) else []
        others = {named, *(report.provider for report in found)} - {provider, ""}
        if provider is not None and others:
            raise SourceError(f"{body.path.name} is of {', '.join(sorted(others))}, not {provider}.")
    except SourceError as error:
        return named, error
    return named, found


def _reader(body: Body) -> tuple[str, Any]:
    """Return the provider of a JSON or XML content, and the function that reads it."""
    readers = XML_READERS if body.kind == "xml" else JSON_READERS
    for name, recognised, reports in readers:
        if recognised(body.content):
            return name, reports
    raise SourceError(f"{body.path.name} is of no provider that is known.")


XML_READERS = (
    ("creditsafe", creditsafe_soap.recognised, creditsafe_soap.reports),
    ("coface", coface.recognised, coface.reports),
)
JSON_READERS = (
    ("dnb", dnb.recognised, dnb.reports),
    ("creditsafe", creditsafe.recognised, creditsafe.reports),
    ("experian", experian.recognised, experian.reports),
    ("coface", coface.recognised_json, coface.reports_json),
)


def _ties(matches: pl.DataFrame | pd.DataFrame | None) -> dict[tuple[str, str], list[tuple[str, float | None]]]:
    if matches is None:
        return {}
    frame = as_polars(matches, "matches")
    missing = [name for name in ("customer_id", "register", "entity") if name not in frame.columns]
    if missing:
        raise ParameterError("matches", "a frame with customer_id, register and entity", frame.columns)
    if "zone" in frame.columns:
        frame = frame.filter(pl.col("zone") == "auto")
    tied: dict[tuple[str, str], list[tuple[str, float | None]]] = {}
    for row in frame.filter(pl.col("register").is_in(PROVIDERS)).iter_rows(named=True):
        key = (row["register"], str(row["entity"]))
        tied.setdefault(key, []).append((str(row["customer_id"]), row.get("score")))
    return tied


class _Gathered:
    """What the files gave so far."""

    def __init__(self, ties: Mapping[tuple[str, str], Sequence[tuple[str, float | None]]]) -> None:
        self._ties = ties
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("ratings", "facts", "events")}
        self._aside: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []
        self._unplaced: dict[tuple[str, str, str], int] = {}
        self.assumed = 0

    def answer(self, path: Path, provider: str, report: Report | None, status: str, reason: str, day: date) -> None:
        self._answers.append(
            {
                "file": path.name,
                "provider": provider,
                "entity": report.entity if report else "",
                "name": report.name if report else "",
                "status": status,
                "reason": reason,
                "received_on": day,
            }
        )

    def add(self, path: Path, report: Report, day: date) -> None:
        if not (report.ratings or report.facts or report.events):
            self.answer(
                path, report.provider, report, "not_measured", "the report holds no score, figure or event", day
            )
            return
        tied = self._ties.get((report.provider, report.entity), [])
        owners: list[dict[str, Any]] = [{"customer_id": one, "match_confidence": score} for one, score in tied]
        if not owners and report.ids:
            owners = [{**report.ids, "match_confidence": 1.0}]
        if not owners:
            reason = f"no customer is known for {report.entity}; give it in matches"
            self.answer(path, report.provider, report, "not_measured", reason, day)
            for rating in report.ratings:
                self._set_aside(path, report, rating, reason)
            return
        self.answer(path, report.provider, report, "hit", "", day)
        for rating in report.ratings:
            self._rating(path, report, rating, owners, day)
        for name, rows in (("facts", report.facts), ("events", report.events)):
            for row in rows:
                when = {"happened_on": row.get("happened_on") or day} if name == "events" else {}
                for owner in owners:
                    base = {"known_at": day, "source": report.provider, "retrieved_at": day}
                    told = {**base, **row, **when, **owner, "entity": report.entity, "licence": _licence(report)}
                    self._rows[name].append(told)

    def _rating(
        self, path: Path, report: Report, rating: Rating, owners: Sequence[Mapping[str, Any]], day: date
    ) -> None:
        rated_on = rating.rated_on or day
        if rated_on > day:
            reason = f"rated on {rated_on}, after the day of receipt {day}: state received_on"
            self._set_aside(path, report, rating, reason)
            return
        place = place_on(rating.scale, rating.value)
        risk = None if rating.remark else place.risk
        if risk is None:
            key = (report.provider, rating.scale, rating.remark or place.reason)
            self._unplaced[key] = self._unplaced.get(key, 0) + 1
        for owner in owners:
            self._rows["ratings"].append(
                {
                    **owner,
                    "provider": report.provider,
                    "scale": rating.scale,
                    "rated_on": rated_on,
                    "known_at": day,
                    "value": rating.value,
                    "value_number": place.number,
                    "risk": risk,
                    "risk_class": rating.risk_class,
                    "limit_amount": rating.limit_amount,
                    "limit_currency": rating.limit_currency,
                    "report_reference": report.reference,
                    "retrieved_at": day,
                    "entity": report.entity,
                    "licence": _licence(report),
                }
            )

    def _set_aside(self, path: Path, report: Report, rating: Rating, reason: str) -> None:
        named = {"file": path.name, "provider": report.provider, "entity": report.entity, "name": report.name}
        self._aside.append({**named, "scale": rating.scale, "value": rating.value, "reason": reason})

    def result(self) -> LicensedResult:
        kept, twice = {}, {}
        for name, rows in self._rows.items():
            kept[name], twice[name] = _one_each(name, _frame(name, rows))
        again = {"file": "", "name": "", "reason": "another value of the same score, day and receipt is kept"}
        stated = ("provider", "entity", "scale", "value")
        aside = [*self._aside, *({**again, **row} for row in twice["ratings"].select(stated).iter_rows(named=True))]
        return LicensedResult(
            kept["ratings"],
            kept["facts"],
            kept["events"],
            pl.DataFrame(aside, schema=SET_ASIDE),
            pl.DataFrame(self._answers, schema=ANSWERS).sort("file", "entity", maintain_order=True),
            tuple(self._findings(len(aside), twice["facts"].height + twice["events"].height)),
        )

    def _findings(self, aside: int, twice: int) -> Iterator[Finding]:
        unread = sum(one["status"] == "not_measured" for one in self._answers)
        if unread:
            message = f"{unread} reports are not measured: see answers"
            yield Finding("warning", "ratings", "report_not_measured", message, rows=unread)
        if aside:
            yield Finding("warning", "ratings", "rating_set_aside", f"{aside} ratings were set aside", rows=aside)
        if twice:
            message = "figures or events that another report states otherwise for the same day were left out"
            yield Finding("warning", "facts", "stated_twice", message, rows=twice)
        if self.assumed:
            message = "the day of receipt is the day on which the file was last written"
            remedy = "give received_on where files were copied or written anew"
            yield Finding("note", "ratings", "received_on_assumed", message, rows=self.assumed, remedy=remedy)
        for (provider, scale, reason), rows in sorted(self._unplaced.items()):
            message = f"{provider} {scale}: no risk, {reason}"
            yield Finding("note", "ratings", "rating_without_risk", message, rows=rows)


def _licence(report: Report) -> str:
    return f"licensed by {report.provider} to you; not to be passed on"


def _frame(name: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    schema = {column.name: DTYPES[column.kind] for column in TABLES[name].columns}
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)


def _one_each(name: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep one row a key, the first in the order of its values; equal rows are one."""
    key = list(TABLES[name].key)
    ordered = frame.unique().sort(*key, *(column for column in frame.columns if column not in key))
    first = ordered.select(first=pl.struct(key).is_first_distinct())["first"]
    return ordered.filter(first), ordered.filter(~first)
