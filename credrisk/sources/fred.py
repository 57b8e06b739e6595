"""FRED: how lending, delinquency and work went in the United States, as it was known on each day.

With a key the API gives every vintage: what was published when, and revised to what. Without one the CSV gives today's
vintage only, so everything is known from the day of retrieval; ``assume_release_lag`` dates it by a stated usual lag
instead, under the name ``fred_lagged``, since revised figures then stand where others were first published.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.fred_series import FRED_SERIES, FredSeries
from credrisk.sources.http import HttpClient, Reply
from credrisk.sources.market_base import MarketAnswer, revisions
from credrisk.sources.market_periods import day_of, divided, number_of

__all__ = ["Fred", "read_csv", "read_observations"]

EVER = ("1776-07-04", "9999-12-31")
"""FRED's own first and last day of real time: all vintages."""
PAGE = 100_000
"""Most observations that FRED gives at once."""
PAGES = 20
FIRST_RELEASE, ALL_VINTAGES = "4", "1"
DATE_HEADERS = ("observation_date", "DATE")
"""Of the CSV now, and until 2024."""

Observation = tuple[date, float | None, date | None]
"""FRED's date, the value (None: there is none) and the day from which it was public (None: not said)."""


class Fred:
    """The source: series of the United States.

    Parameters
    ----------
    keyed
        Whether the client sends a key to the API (``CREDRISK_FRED_KEY``). Without one the CSV is asked.
    assume_release_lag
        Without a key: date each value by the end of its period and the series' usual lag of release.
    since
        First date to ask for.
    """

    name = "fred"
    licence = "terms of the series' owners; FRED terms of use"
    keeps_history = True
    reads: tuple[str, ...] = ()
    about = "Lending standards, delinquency, rates and work in the United States, with every revision (with a key)."
    site = "https://fred.stlouisfed.org"
    limits: ClassVar[Mapping[str, Sequence[tuple[int, float]]]] = {
        "api.stlouisfed.org": ((120, 60.0),),
        "fred.stlouisfed.org": ((1, 1.0),),
    }
    credential = "FRED_KEY"
    secret_as = ("param", "api.stlouisfed.org", "api_key", "{secret}")

    def __init__(
        self,
        client: HttpClient,
        *,
        url: str = "https://api.stlouisfed.org",
        csv_url: str = "https://fred.stlouisfed.org",
        keyed: bool = False,
        assume_release_lag: bool = False,
        since: date = date(2000, 1, 1),
    ) -> None:
        if keyed and assume_release_lag:
            raise ParameterError("assume_release_lag", "left out with a key: the API says when", assume_release_lag)
        self._client, self._url, self._csv_url = client, url.rstrip("/"), csv_url.rstrip("/")
        self._keyed, self._lagged, self._since = keyed, assume_release_lag, since
        self.keeps_history = keyed or assume_release_lag
        self.name = "fred_lagged" if assume_release_lag else "fred"

    def series(self) -> tuple[MarketAnswer, ...]:
        """Answer for every series of :data:`~credrisk.sources.fred_series.FRED_SERIES`."""
        return tuple(self._series(wanted) for wanted in FRED_SERIES)

    def _series(self, wanted: FredSeries) -> MarketAnswer:
        lacking = MarketAnswer("not_measured", series=wanted.series, country="US", licence=wanted.licence)
        if self._lagged and wanted.lag_days is None:
            return replace(lacking, reason="every release estimates the whole past anew: no lag dates it")
        try:
            observations, reply = self._vintages(wanted) if self._keyed else self._today(wanted)
            rows = _rows(wanted, observations, reply.retrieved_at, lagged=self._lagged)
        except SourceError as error:
            return replace(lacking, reason=str(error))
        found = replace(lacking, url=reply.url, retrieved_at=reply.retrieved_at, rows=rows)
        return replace(found, status="hit") if rows else replace(found, status="none", reason="FRED has no value")

    def _vintages(self, wanted: FredSeries) -> tuple[list[Observation], Reply]:
        found: list[Observation] = []
        for page in range(PAGES):
            reply = self._client.ask(
                f"{self._url}/fred/series/observations",
                params={
                    "series_id": wanted.id,
                    "file_type": "json",
                    "realtime_start": EVER[0],
                    "realtime_end": EVER[1],
                    "observation_start": self._since.isoformat(),
                    "output_type": FIRST_RELEASE if wanted.first_release_only else ALL_VINTAGES,
                    "limit": str(PAGE),
                    "offset": str(page * PAGE),
                },
            )
            read, count = read_observations(reply)
            found += read
            if len(found) >= count:
                return found, reply
            if not read:
                break
        raise SourceError(f"{reply.url}: {len(found)} of {count} observations came.")

    def _today(self, wanted: FredSeries) -> tuple[list[Observation], Reply]:
        reply = self._client.ask(
            f"{self._csv_url}/graph/fredgraph.csv",
            params={"id": wanted.id, "cosd": self._since.isoformat()},
            accept="text/csv",
        )
        return read_csv(reply, wanted.id), reply


def read_observations(reply: Reply) -> tuple[list[Observation], int]:
    """Read one page of ``series/observations`` and how many observations there are in all.

    Raises
    ------
    SourceError
        With FRED's own words where it refuses, or when the answer has another shape.
    """
    if reply.kind == "json" and reply.status != 200:
        raise SourceError(f"{reply.url}: status {reply.status}: {_message(reply)}")
    content = reply.json()
    try:
        stated = [(row["date"], row["value"], row["realtime_start"]) for row in content["observations"]]
        read: list[Observation] = [(day_of(day), number_of(value), day_of(known)) for day, value, known in stated]
        count = int(content["count"])
    except (KeyError, TypeError, ValueError, SourceError) as error:
        problem = error if isinstance(error, SourceError) else "the observations have another shape."
        raise SourceError(f"{reply.url}: {problem}") from None
    if early := next((day for day, _, known in read if known is not None and known < day), None):
        raise SourceError(f"{reply.url}: the value of {early} is said to be older than its period.")
    return read, count


def _message(reply: Reply) -> str:
    try:
        return str(json.loads(reply.body)["error_message"])[:200]
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def read_csv(reply: Reply, series_id: str) -> list[Observation]:
    """Read today's vintage of a series.

    Raises
    ------
    SourceError
        When the answer is no such table.
    """
    if reply.kind in ("html", "json", "xml") or reply.status != 200:
        raise SourceError(f"{reply.url}: answered {reply.kind} with status {reply.status} instead of a table.")
    try:
        lines = list(csv.reader(io.StringIO(reply.body.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise SourceError(f"{reply.url}: the table is not readable.") from None
    if not lines or len(lines[0]) != 2 or lines[0][0] not in DATE_HEADERS or lines[0][1] != series_id:
        raise SourceError(f"{reply.url}: the table does not begin with a date and {series_id}.")
    if any(len(line) != 2 for line in lines):
        raise SourceError(f"{reply.url}: the table breaks off.")
    try:
        read: list[Observation] = [(day_of(day), number_of(value), None) for day, value in lines[1:]]
    except SourceError as error:
        raise SourceError(f"{reply.url}: {error}") from None
    if len({day for day, _, _ in read}) < len(read):
        raise SourceError(f"{reply.url}: the table has two values for one date.")
    return read


def _rows(
    wanted: FredSeries, observations: Iterable[Observation], retrieved_at: date, *, lagged: bool
) -> list[dict[str, Any]]:
    known: list[tuple[date, float | None, date]] = []
    for day, value, said in observations:
        end = wanted.period_end(day)
        released = min(end + timedelta(days=wanted.lag_days or 0), retrieved_at) if lagged else retrieved_at
        known.append((end, divided(value, wanted.per), said or released))
    return revisions(known)
