"""Eurostat: bankruptcies and registrations of firms by country and sector, and unemployment.

Eurostat shows only the latest figure of each period. So everything is known from the day of retrieval, and the past
becomes visible only through the snapshots you keep. Changes of law and of counting are in these indices too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.http import HttpClient, Reply
from credrisk.sources.json_stat import cells
from credrisk.sources.market_base import MarketAnswer
from credrisk.sources.market_periods import divided, period_end

__all__ = ["EUROSTAT_SERIES", "GEO", "Eurostat"]

GEO = {
    code: {"GR": "EL"}.get(code, code)
    for code in (
        *("AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT"),
        *("LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
}
"""Eurostat's code of each country that it has figures of: its own for Greece."""

ALL_SECTORS = "B-S_X_O_S94"
"""Industry and services without public administration and membership organisations, as NACE Rev. 2 codes."""


@dataclass(frozen=True)
class EurostatSeries:
    """A series: the dataset, which slice of it, and what its figures are divided by."""

    series: str
    dataset: str
    since: str
    slice: tuple[tuple[str, str], ...]
    per: float
    unit: str


_FIRMS = (("freq", "Q"), ("s_adj", "SCA"), ("unit", "I21"))
EUROSTAT_SERIES = (
    EurostatSeries(
        "bankruptcy_index", "sts_rb_q", "2000-Q1", (*_FIRMS, ("indic_bt", "BKRT")), 1.0, "index, 2021 = 100"
    ),
    EurostatSeries(
        "registration_index", "sts_rb_q", "2000-Q1", (*_FIRMS, ("indic_bt", "REG")), 1.0, "index, 2021 = 100"
    ),
    EurostatSeries(
        "unemployment_rate",
        "une_rt_m",
        "2000-01",
        (("freq", "M"), ("s_adj", "SA"), ("age", "TOTAL"), ("sex", "T"), ("unit", "PC_ACT")),
        100.0,
        "share of the labour force",
    ),
)


class Eurostat:
    """The source: series of the countries asked about.

    Parameters
    ----------
    industries
        What your ledger calls the sectors, by NACE code as Eurostat writes it (``{"F": "Construction"}``); default:
        by those codes.
    """

    name = "eurostat"
    licence = "Eurostat: free reuse with the source acknowledged (CC BY 4.0)"
    keeps_history = False
    reads: tuple[str, ...] = ()
    about = "Bankruptcies and registrations of firms by country and sector, and unemployment; latest figures only."
    site = "https://ec.europa.eu/eurostat"
    limits: ClassVar[Mapping[str, Sequence[tuple[int, float]]]] = {"ec.europa.eu": ((1, 1.0),)}
    credential: str | None = None

    def __init__(
        self,
        client: HttpClient,
        *,
        url: str = "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0",
        countries: Sequence[str] = tuple(GEO),
        industries: Mapping[str, str] | None = None,
    ) -> None:
        if industries is not None and len(set(industries.values())) < len(industries):
            raise ParameterError("industries", "one NACE code for each industry of the ledger", dict(industries))
        self._client, self._url, self._countries, self._industries = client, url.rstrip("/"), countries, industries

    def series(self) -> tuple[MarketAnswer, ...]:
        """Answer for every series and country; a series is asked once for all of them."""
        return tuple(answer for wanted in EUROSTAT_SERIES for answer in self._series(wanted))

    def _series(self, wanted: EurostatSeries) -> list[MarketAnswer]:
        asked = [country for country in self._countries if country in GEO]
        answers = [
            MarketAnswer("none", "no country that Eurostat has figures of", wanted.series, country=country)
            for country in self._countries
            if country not in GEO
        ]
        if not asked:
            return answers
        query = [("format", "JSON"), ("lang", "EN"), ("sinceTimePeriod", wanted.since), *wanted.slice]
        query += [("geo", GEO[country]) for country in asked]
        try:
            reply = self._client.ask(f"{self._url}/data/{wanted.dataset}?{urlencode(query)}")
            rows = self._rows(wanted, reply)
        except SourceError as error:
            return answers + [
                MarketAnswer("not_measured", str(error), wanted.series, country=country) for country in asked
            ]
        for country in asked:
            own = rows.get(GEO[country], [])
            answers.append(
                MarketAnswer(
                    "hit" if own else "none",
                    "" if own else "Eurostat has no figure of this country",
                    wanted.series,
                    reply.url,
                    reply.retrieved_at,
                    own,
                    country,
                )
            )
        return answers

    def _rows(self, wanted: EurostatSeries, reply: Reply) -> dict[str, list[dict[str, Any]]]:
        """Return the rows by Eurostat's code of the country."""
        if reply.kind == "json" and reply.status != 200:
            raise SourceError(f"{reply.url}: status {reply.status}: {_message(reply)}")
        content = reply.json()
        rows: dict[str, list[dict[str, Any]]] = {}
        try:
            for where, figure in cells(content):
                if any(where[name] != code for name, code in wanted.slice):
                    raise SourceError("the cube holds another slice than was asked for.")
                sector = where.get("nace_r2", ALL_SECTORS)
                names = self._industries if self._industries is not None else {sector: sector}
                if sector != ALL_SECTORS and sector not in names:
                    continue
                rows.setdefault(where["geo"], []).append(
                    {
                        "period_end": period_end(where["time"]),
                        "value": divided(figure, wanted.per),
                        "known_at": reply.retrieved_at,
                        "industry": None if sector == ALL_SECTORS else names[sector],
                    }
                )
        except KeyError as missing:
            raise SourceError(f"{reply.url}: the cube lacks the dimension {missing}.") from None
        except SourceError as error:
            raise SourceError(f"{reply.url}: {error}") from None
        return rows


def _message(reply: Reply) -> str:
    """Return Eurostat's own words for a refusal."""
    try:
        content = json.loads(reply.body)
        errors = content["error"]
        return "; ".join(str(error["label"]) for error in errors)[:200]
    except (ValueError, KeyError, TypeError):
        return "no reason given"
