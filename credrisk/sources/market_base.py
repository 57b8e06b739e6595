"""The contract of a market source: dated values of series on countries and industries, each with its day of release.

A market source is asked once, not per customer. It answers per series and country: ``hit``, ``none`` (it has no such
series) or ``not_measured`` with the reason. :func:`ask_market` makes the ledger's table ``market`` of the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import DataError, SourceError
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.tables import TABLES
from credrisk.progress import Progress, silent
from credrisk.sources.base import Status

__all__ = ["MARKET_ANSWERS", "MarketAnswer", "MarketSource", "ask_market", "revisions"]

MARKET_ANSWERS: dict[str, pl.DataType] = {
    "source": pl.String(),
    "series": pl.String(),
    "country": pl.String(),
    "status": pl.String(),
    "reason": pl.String(),
    "rows": pl.Int64(),
    "last_period_end": pl.Date(),
    "last_known_at": pl.Date(),
    "url": pl.String(),
    "retrieved_at": pl.Date(),
    "licence": pl.String(),
}
"""Columns of the answers: one row per source, series and country."""


@dataclass(frozen=True)
class MarketAnswer:
    """What a market source says about one series of one country.

    Attributes
    ----------
    status, reason
        As of :class:`~credrisk.sources.base.Answer`.
    series
        As the ledger calls it: ``lending_standards``, ``interest_rate``, ...
    country
        ISO code; "" where it holds for every country.
    licence
        Under which this series may be used; default: that of the source.
    rows
        ``period_end``, ``value``, ``known_at``, and ``industry`` where it is of one.
    """

    status: Status
    reason: str = ""
    series: str = ""
    url: str = ""
    retrieved_at: date | None = None
    rows: Sequence[Mapping[str, Any]] = ()
    country: str = ""
    licence: str = ""


class MarketSource(Protocol):
    """What a market source must have: three attributes and :meth:`series`."""

    @property
    def name(self) -> str:
        """Short and lasting: the ``source`` of its rows."""
        ...

    @property
    def licence(self) -> str:
        """Under which its data may be used, where an answer does not say otherwise."""
        ...

    @property
    def keeps_history(self) -> bool:
        """Whether it states itself since when each value was public; if not, that is the day of retrieval."""
        ...

    def series(self) -> Sequence[MarketAnswer]:
        """Answer for every series it has; an error of one series is that series' ``not_measured``."""
        ...


def ask_market(
    sources: Sequence[MarketSource], *, as_of: date | str | None = None, progress: Progress = silent
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Ask market sources for their series.

    Parameters
    ----------
    as_of
        Keep only what was known at the end of that day (``known_at <= as_of``). A source that shows only today's state
        is not asked about the past.

    Returns
    -------
    tuple of polars.DataFrame
        The ledger's table ``market``, sorted by its key, and one answer per source, series and country
        (:data:`MARKET_ANSWERS`).

    Raises
    ------
    DataError
        When a source breaks the contract: a row without ``known_at``, two values for one key, or, from a source
        without history, something known before it was fetched.
    """
    limit = to_date(as_of) if as_of is not None else date.max
    answers: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for done, source in enumerate(sources):
        progress("asking for market series", done, len(sources))
        for answer in _answers(source, limit):
            kept = [dict(row) for row in answer.rows if _checked(source, answer, row) <= limit]
            stated = {"series": answer.series, "country": answer.country or None, "source": source.name}
            rows += [{**row, **stated} for row in kept]
            answers.append(_answer_row(source, answer, kept))
    progress("asking for market series", len(sources), len(sources))
    return _market(rows), pl.DataFrame(answers, schema=MARKET_ANSWERS, orient="row")


def revisions(observations: Iterable[tuple[date, float | None, date]]) -> list[dict[str, Any]]:
    """Return a market row for every value that became known or changed.

    Parameters
    ----------
    observations
        End of the period, value (None: there is none) and the day on which that became known; of one day the last
        counts. What says again what was known already makes no row, nor does a withdrawal: the ledger cannot say that
        there is no value any more, so the withdrawn one stays the last known.
    """
    rows: list[dict[str, Any]] = []
    latest: dict[date, dict[str, Any]] = {}
    for end, value, known_at in sorted(observations, key=lambda observed: observed[2]):
        before = latest.get(end)
        if before is not None and before["known_at"] == known_at:
            before["value"] = value
        elif value != (before["value"] if before else None):
            latest[end] = {"period_end": end, "value": value, "known_at": known_at}
            rows.append(latest[end])
    return [row for row in rows if row["value"] is not None]


def _answers(source: MarketSource, limit: date) -> Sequence[MarketAnswer]:
    if not source.keeps_history and limit < datetime.now(UTC).date():
        return (MarketAnswer("not_measured", f"shows only today's state, and {limit} is past"),)
    try:
        return source.series() or (MarketAnswer("not_measured", "the source gave no answer"),)
    except SourceError as error:
        return (MarketAnswer("not_measured", str(error)),)


def _checked(source: MarketSource, answer: MarketAnswer, row: Mapping[str, Any]) -> date:
    """Return the day on which a row was known."""
    known_at, end = row.get("known_at"), row.get("period_end")
    if not isinstance(known_at, date) or not isinstance(end, date) or row.get("value") is None or not answer.series:
        required = tuple(column.name for column in TABLES["market"].columns if column.required)
        raise DataError(f"{source.name} leaves required columns empty.", table="market", columns=required)
    if not source.keeps_history and (answer.retrieved_at is None or known_at < answer.retrieved_at):
        raise DataError(
            f"{source.name} shows only today's state, so nothing of it was known before it was fetched.",
            table="market",
            columns=("known_at",),
            remedy="set known_at to retrieved_at.",
        )
    return known_at


def _answer_row(source: MarketSource, answer: MarketAnswer, kept: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "source": source.name,
        "series": answer.series,
        "country": answer.country,
        "status": answer.status,
        "reason": answer.reason,
        "rows": len(kept),
        "last_period_end": max((row["period_end"] for row in kept), default=None),
        "last_known_at": max((row["known_at"] for row in kept), default=None),
        "url": answer.url,
        "retrieved_at": answer.retrieved_at,
        "licence": answer.licence or source.licence,
    }


def _market(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    table = TABLES["market"]
    schema = {column.name: DTYPES[column.kind] for column in table.columns}
    try:
        frame = pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema, orient="row")
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise DataError(f"a source gives values of the wrong type ({error}).", table="market") from None
    frame = frame.unique()
    twice = frame.filter(frame.select(table.key).is_duplicated())
    if twice.height:
        raise DataError("a source gives two values for one key.", table="market", columns=table.key, rows=twice.height)
    return frame.sort(list(table.key))
