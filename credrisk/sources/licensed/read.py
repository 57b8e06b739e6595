"""Files of licensed providers become ratings, facts and events of the ledger, known from the day you received them.

A provider's own date is never the day of knowledge: yesterday's report states a score of last spring, and you could
not have acted on it in spring. Nothing is lost in silence: what was read is kept or set aside with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import ParameterError, SourceError
from credrisk.frames import as_polars
from credrisk.progress import Progress, silent
from credrisk.sources.licensed import coface, creditsafe, creditsafe_soap, dnb, experian, table
from credrisk.sources.licensed.body import Body, open_body
from credrisk.sources.licensed.gathered import Gathered, LicensedResult
from credrisk.sources.licensed.report import Report

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PROVIDERS", "LicensedResult", "read_licensed"]

PROVIDERS = ("coface", "creditsafe", "dnb", "experian")
SUFFIXES = (".csv", ".html", ".json", ".txt", ".tsv", ".xml")


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
        The day on which you received the files, from which they are known; a day that a file itself states (CSV) goes
        before it. Default: the day on which the file was last written, which a finding says.
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
    gathered = Gathered(_ties(matches))
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
                gathered.add(path, report, report.received_on or given or written)
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
