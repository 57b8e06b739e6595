"""ECB Data Portal: what business loans cost in the countries of the euro area, and how banks set their standards.

The portal keeps the versions of every value with the moment from which each was valid, which dates them. What was
loaded in bulk long after its period is known from that load: late, never early. A figure of the euro area is given
to every country asked about that belonged to it in the period.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from credrisk.errors import SourceError
from credrisk.sources.http import HttpClient, Reply
from credrisk.sources.market_base import MarketAnswer, revisions
from credrisk.sources.market_periods import divided, number_of, period_end

__all__ = ["ECB_SERIES", "EURO_SINCE", "Ecb", "read_versions"]

EURO_SINCE: dict[str, date] = {
    **dict.fromkeys(("AT", "BE", "DE", "ES", "FI", "FR", "IE", "IT", "LU", "NL", "PT"), date(1999, 1, 1)),
    "GR": date(2001, 1, 1),
    "SI": date(2007, 1, 1),
    "CY": date(2008, 1, 1),
    "MT": date(2008, 1, 1),
    "SK": date(2009, 1, 1),
    "EE": date(2011, 1, 1),
    "LV": date(2014, 1, 1),
    "LT": date(2015, 1, 1),
    "HR": date(2023, 1, 1),
    "BG": date(2026, 1, 1),
}
"""Countries of the euro area and the day each joined."""

COLUMNS = ("KEY", "TIME_PERIOD", "OBS_VALUE", "VALID_FROM")
"""Read by name; there are others, and their order varies with the dataflow."""


@dataclass(frozen=True)
class EcbSeries:
    """A series: ``key`` has ``{country}`` where there is one for each country."""

    series: str
    flow: str
    key: str
    per: float
    unit: str


ECB_SERIES = (
    EcbSeries("interest_rate", "MIR", "M.{country}.B.A2A.A.R.A.2240.EUR.N", 100.0, "share a year: new business loans"),
    EcbSeries("lending_standards", "BLS", "Q.U2.ALL.O.E.Z.B3.ST.S.WFNET", 100.0, "net share of banks that tighten"),
)


class Ecb:
    """The source: series of the countries asked about; one of them outside the euro area gets ``none``."""

    name = "ecb"
    licence = "ECB statistics: free reuse with the source quoted"
    keeps_history = True
    reads: tuple[str, ...] = ()
    about = "Rates of business loans and lending standards in the euro area, with every version since it was public."
    site = "https://data.ecb.europa.eu"
    limits: ClassVar[Mapping[str, Sequence[tuple[int, float]]]] = {"data-api.ecb.europa.eu": ((1, 1.0),)}
    credential: str | None = None

    def __init__(
        self,
        client: HttpClient,
        *,
        url: str = "https://data-api.ecb.europa.eu/service",
        countries: Sequence[str] = tuple(EURO_SINCE),
        since: date = date(2000, 1, 1),
    ) -> None:
        self._client, self._url, self._countries, self._since = client, url.rstrip("/"), countries, since

    def series(self) -> tuple[MarketAnswer, ...]:
        """Answer for every series and country."""
        return tuple(self._series(wanted, country) for wanted in ECB_SERIES for country in self._countries)

    def _series(self, wanted: EcbSeries, country: str) -> MarketAnswer:
        if country not in EURO_SINCE:
            return MarketAnswer("none", "not of the euro area", wanted.series, country=country)
        key = wanted.key.format(country=country)
        try:
            reply = self._client.ask(
                f"{self._url}/data/{wanted.flow}/{key}",
                params={
                    "format": "csvdata",
                    "includeHistory": "true",
                    "startPeriod": self._since.isoformat(),
                    "detail": "dataonly",
                },
                accept="text/csv",
            )
            versions = list(read_versions(reply, f"{wanted.flow}.{key}"))
        except SourceError as error:
            return MarketAnswer("not_measured", str(error), wanted.series, country=country)
        known = [
            (end, divided(value, wanted.per), valid_from.date())
            for valid_from, end, value in sorted(versions, key=lambda version: version[0])
            if end >= EURO_SINCE[country]
        ]
        return MarketAnswer(
            "hit" if known else "none",
            "" if known else "the portal has no value",
            wanted.series,
            reply.url,
            reply.retrieved_at,
            revisions(known),
            country,
        )


def read_versions(reply: Reply, key: str) -> Iterator[tuple[datetime, date, float | None]]:
    """Read a CSV of one series with its history: valid from, end of the period, value (None: withdrawn or missing).

    Raises
    ------
    SourceError
        When the answer is no such table, of another series, or does not say since when its values were public.
    """
    if reply.kind in ("html", "json", "xml") or reply.status != 200:
        raise SourceError(f"{reply.url}: answered {reply.kind} with status {reply.status} instead of a table.")
    try:
        lines = csv.DictReader(io.StringIO(reply.body.decode("utf-8-sig")), strict=True, restkey="more")
        if missing := [name for name in COLUMNS if name not in (lines.fieldnames or ())]:
            raise SourceError(f"{reply.url}: the table lacks {', '.join(missing)}.")
        for line in lines:
            if "more" in line or None in line.values():
                raise SourceError(f"{reply.url}: the table breaks off.")
            if line["KEY"] != key:
                raise SourceError(f"{reply.url}: the table is about {line['KEY']}, not {key}.")
            withdrawn = line.get("ACTION", "").strip().casefold() == "delete"
            value = None if withdrawn else number_of(line["OBS_VALUE"])
            yield _moment(line["VALID_FROM"]), period_end(line["TIME_PERIOD"]), value
    except (UnicodeDecodeError, csv.Error):
        raise SourceError(f"{reply.url}: the table is not readable.") from None


def _moment(text: str) -> datetime:
    """Return the moment as stated; its day is the one at the portal's own place."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SourceError(f"{text!r} is no moment.") from None
    if moment.tzinfo is None:
        raise SourceError(f"{text!r} says no time zone.")
    return moment
