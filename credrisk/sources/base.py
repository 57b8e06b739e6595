"""The contract of an outside source: what it is asked, what it answers, and what it must never pretend.

A source answers for one customer at a time: facts and events with the day on which anyone could have known them, or
``none`` when it truly has nothing. Anything that went wrong is ``not_measured`` with the reason, never "no bad news".
:func:`ask_source` does the rest for every source: errors, the as-of date, the contract's columns, the order.
``docs/sources.md`` shows a whole source in fifty lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, Protocol

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import DataError, ParameterError, SourceError
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.tables import TABLES
from credrisk.progress import Progress, silent

__all__ = ["ANSWERS", "TOO_LATE", "Answer", "Source", "SourceResult", "answer_row", "ask_source", "confidence_of"]

Status = Literal["hit", "none", "not_measured"]

ANSWERS: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "source": pl.String(),
    "part": pl.String(),
    "entity": pl.String(),
    "status": pl.String(),
    "reason": pl.String(),
    "url": pl.String(),
    "retrieved_at": pl.Date(),
    "licence": pl.String(),
    "match_confidence": pl.Float64(),
    "covers_from": pl.Date(),
}
"""Columns of the answers: one row per customer and part of the source."""

ENTITY_IDS = ("customer_id", "cik", "lei", "company_number", "duns")
"""Taken from the customer where the source's rows leave them out."""

TOO_LATE = "what it says begins on {covers_from}, after {as_of}; it says nothing about the time before"
ONLY_TODAY = "shows only today's state, so it cannot say what was known on {as_of}"


@dataclass(frozen=True)
class Answer:
    """What a source says about one customer, or about one part of what it was asked.

    Attributes
    ----------
    status
        ``hit``: the source knows the entity; ``none``: it answered that it has nothing; ``not_measured``: it could
        not be asked, refused, or answered something unreadable.
    reason
        In words, for ``none`` and ``not_measured``.
    part
        Which part of the source ("" when it has one).
    entity
        The source's own id of the entity.
    match_confidence
        0 to 1: how surely the entity is the customer; 1 when the id was given.
    facts, events
        Rows of the ledger's tables ``facts`` and ``events``; ``known_at`` is the day on which it became public. What
        the answer or the customer says may be left out of them: entity ids, ``source``, ``licence``, ``entity``,
        ``match_confidence``, ``retrieved_at``.
    covers_from
        First day that the answer speaks of, for a source that reaches back only so far (a feed, the press of the last
        months) or lists only what is in force; None where all that became public on any day is still there. About an
        earlier day a hit or none is ``not_measured``; the rows that were known by then stay.
    """

    status: Status
    reason: str = ""
    part: str = ""
    entity: str = ""
    url: str = ""
    retrieved_at: date | None = None
    match_confidence: float | None = None
    facts: Sequence[Mapping[str, Any]] = ()
    events: Sequence[Mapping[str, Any]] = ()
    covers_from: date | None = None


class Source(Protocol):
    """What a source must have: three attributes (class attributes do) and :meth:`ask`."""

    @property
    def name(self) -> str:
        """Short and lasting: the ``source`` of its facts and events."""
        ...

    @property
    def licence(self) -> str:
        """Under which its data may be used."""
        ...

    @property
    def keeps_history(self) -> bool:
        """Whether it states itself since when each fact was public.

        One that only shows today's state does not: its facts and events are known from the day they were fetched,
        and it is not asked about an earlier day. :func:`ask_source` enforces both.
        """
        ...

    def ask(self, customer: Mapping[str, Any]) -> Sequence[Answer]:
        """Answer for one customer (a row of ``customers``, ids as text), one answer a part.

        An error of the class :class:`~credrisk.errors.SourceError` becomes ``not_measured``.
        """
        ...


@dataclass(frozen=True)
class SourceResult:
    """Facts and events in the ledger's columns, sorted by key, and one answer per customer and part."""

    facts: pl.DataFrame
    events: pl.DataFrame
    answers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ANSWERS))

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames to put beside the other tables for ``Ledger.read``."""
        return {"facts": self.facts, "events": self.events}


def ask_source(
    source: Source, customers: pl.DataFrame, *, as_of: date | str | None = None, progress: Progress = silent
) -> SourceResult:
    """Ask a source about every customer.

    Parameters
    ----------
    customers
        Rows with ``customer_id`` and whatever ids and names the source reads. Sorted and asked by ``customer_id``.
    as_of
        Keep only what was known at the end of that day (``known_at <= as_of``). For a day before today (UTC) a source
        that shows only today's state is not asked at all: every answer is ``not_measured``.

    Raises
    ------
    ParameterError
        Without ``customer_id``, or when it is not unique.
    DataError
        When the source breaks the contract: a fact without ``known_at``, an unknown column, or, from a source
        without history, something known before it was fetched.
    """
    if "customer_id" not in customers.columns:
        raise ParameterError("customers", "a frame with the column customer_id", customers.columns)
    ids_as_text = [pl.col(name).cast(pl.String) for name in ENTITY_IDS if name in customers.columns]
    rows = customers.with_columns(ids_as_text).sort("customer_id").to_dicts()
    ids = [row["customer_id"] for row in rows]
    if None in ids or len(set(ids)) < len(ids):
        raise ParameterError("customers", "one row per customer_id, none empty", f"{len(ids)} rows")
    limit = to_date(as_of) if as_of is not None else date.max
    silent_then = not source.keeps_history and limit < datetime.now(UTC).date()
    unasked = Answer("not_measured", ONLY_TODAY.format(as_of=limit))
    gathered: dict[str, list[dict[str, Any]]] = {"facts": [], "events": [], "answers": []}
    for done, customer in enumerate(rows):
        progress(f"asking {source.name}", done, len(rows))
        for answer in (unasked,) if silent_then else _answers(source, customer):
            answer = _as_of_day(answer, limit)
            filled = _filled(source, customer, answer)
            for table, given in (("facts", answer.facts), ("events", answer.events)):
                gathered[table] += [{**filled, **row} for row in given]
            gathered["answers"].append(answer_row(source, customer, answer))
    progress(f"asking {source.name}", len(rows), len(rows))
    facts, events = (_contract(source, table, gathered[table], limit) for table in ("facts", "events"))
    return SourceResult(facts, events, pl.DataFrame(gathered["answers"], schema=ANSWERS, orient="row"))


def confidence_of(customer: Mapping[str, Any], id_column: str) -> float:
    """Return how surely the id in ``id_column`` is the customer's: ``confidence_<id column>``, 1 where nothing is said.

    Raises
    ------
    SourceError
        When it is no number from 0 to 1; so the customer is not measured.
    """
    column = f"confidence_{id_column}"
    stated = customer.get(column)
    try:
        confidence = 1.0 if stated is None else float(stated)
    except (TypeError, ValueError):
        confidence = -1.0
    if not 0 <= confidence <= 1:
        raise SourceError(f"{column} is no number from 0 to 1: {stated!r}")
    return confidence


def _as_of_day(answer: Answer, limit: date) -> Answer:
    """Return what an answer says about a day: of one before :attr:`Answer.covers_from` it says nothing."""
    if answer.status == "not_measured" or answer.covers_from is None or answer.covers_from <= limit:
        return answer
    return replace(answer, status="not_measured", reason=TOO_LATE.format(covers_from=answer.covers_from, as_of=limit))


def _answers(source: Source, customer: Mapping[str, Any]) -> Sequence[Answer]:
    try:
        return source.ask(customer) or (Answer("not_measured", "the source gave no answer"),)
    except SourceError as error:
        return (Answer("not_measured", str(error)),)


def _filled(source: Source, customer: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    ids = {name: customer.get(name) for name in ENTITY_IDS}
    return {
        **ids,
        "source": source.name,
        "licence": source.licence,
        "entity": answer.entity or None,
        "match_confidence": answer.match_confidence,
        "retrieved_at": answer.retrieved_at,
    }


def answer_row(source: Source, customer: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """Return the row of :data:`ANSWERS` of one answer."""
    return {
        "customer_id": customer["customer_id"],
        "source": source.name,
        "part": answer.part,
        "entity": answer.entity,
        "status": answer.status,
        "reason": answer.reason,
        "url": answer.url,
        "retrieved_at": answer.retrieved_at,
        "licence": source.licence,
        "match_confidence": answer.match_confidence,
        "covers_from": answer.covers_from,
    }


def _contract(source: Source, name: str, rows: Sequence[Mapping[str, Any]], limit: date) -> pl.DataFrame:
    table = TABLES[name]
    unknown = sorted({column for row in rows for column in row} - set(table.names))
    if unknown:
        raise DataError(f"{source.name} gives columns that the table does not have.", table=name, columns=unknown)
    schema = {column.name: DTYPES[column.kind] for column in table.columns}
    try:
        frame = pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{source.name} gives values of the wrong type ({error}).", table=name) from None
    required = [column.name for column in table.columns if column.required]
    bare = frame.filter(pl.any_horizontal(pl.col(column).is_null() for column in required))
    if bare.height:
        ids = bare["customer_id"].unique().sort().to_list()
        raise DataError(f"{source.name} leaves required columns empty.", table=name, columns=required, ids=ids)
    if not source.keeps_history:
        early = frame.filter((pl.col("known_at") < pl.col("retrieved_at")).fill_null(True))
        if early.height:
            raise DataError(
                f"{source.name} shows only today's state, so nothing of it was known before it was fetched.",
                table=name,
                columns=("known_at", "retrieved_at"),
                rows=early.height,
                remedy="set known_at to retrieved_at.",
            )
    kept = frame.filter(pl.col("known_at") <= limit).unique()
    twice = kept.filter(kept.select(table.key).is_duplicated())
    if twice.height:
        ids = twice["customer_id"].unique().sort().to_list()
        raise DataError(f"{source.name} gives two values for one key.", table=name, columns=table.key, ids=ids)
    return kept.sort(list(table.key))
