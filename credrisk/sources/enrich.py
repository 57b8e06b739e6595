"""Public company information for the whole customer list: who still has to be asked, and the run that asks them.

Each source works through its customers in a thread of its own, so that hosts are asked side by side and none of them
faster than it allows. Every answer is in the journal before the next question goes out: a run that was interrupted goes
on where it was, and one that is repeated asks only for what has grown old or was not measured.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.frames import as_polars
from credrisk.ledger.ledger import Ledger
from credrisk.progress import Progress, silent
from credrisk.sources.answer_store import STORE_FILE, AnswerStore, Kept
from credrisk.sources.asked import Budget
from credrisk.sources.asking import Work, asked_by, work_through
from credrisk.sources.base import ENTITY_IDS, SourceResult
from credrisk.sources.enrich_output import refuse_foreign, summary_of, write_public
from credrisk.sources.public_state import public_state, with_unasked
from credrisk.sources.registry import FREE, MARKET_SOURCES, SOURCES, SourceCard, card_of, opened, source_card

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Enriched", "enrich", "enrichment_plan"]


@dataclass(frozen=True)
class Enriched:
    """What a run brought.

    Attributes
    ----------
    state
        Facts, events and answers as of the day asked for, from this run and all before it.
    summary
        One row per source and part: customers by status, then, on a source's first row, what this run asked:
        ``customers_asked, answered, from_cache, failed``.
    files
        What was written.
    costs
        By source that was asked and is not free: what its questions cost, in words; ``summary`` counts them.
    unfinished
        Sources that did not get through, because no further request was allowed.
    seconds
        Wall time.
    """

    state: SourceResult
    summary: pl.DataFrame
    files: tuple[Path, ...]
    costs: Mapping[str, str]
    unfinished: tuple[str, ...]
    seconds: float

    @property
    def nothing_measured(self) -> bool:
        """Tell whether every answer is ``not_measured``."""
        return bool((self.state.answers["status"] == "not_measured").all())


def enrich(
    ledger: Ledger | pl.DataFrame | pd.DataFrame,
    sources: Sequence[str | type[Any]] | None = None,
    *,
    out: str | PathLike[str],
    matches: pl.DataFrame | pd.DataFrame | None = None,
    as_of: date | str | None = None,
    contact: str | None = None,
    cache_folder: str | PathLike[str] = ".credrisk-cache",
    offline: bool = False,
    refresh_after: timedelta | None = None,
    max_requests: int | None = None,
    progress: Progress = silent,
) -> Enriched:
    """Ask public sources about every customer, keep every answer, and write what was known as of a day.

    Parameters
    ----------
    ledger
        A ledger, or its customers: ``customer_id`` and the ids and names that the sources read.
    sources
        Names of :data:`~credrisk.sources.registry.SOURCES`, ``module:Class`` of your own, or classes. Default: those
        that need no key or have theirs, and for which the customers have an id.
    out
        Folder for the journal (``store.sqlite``) and the tables ``facts.csv``, ``events.csv``, ``answers.csv``.
    matches
        What ``credrisk match`` found: its ids are used where the ledger gives none.
    as_of
        Write what was known at the end of that day. A source that shows only today's state is then not asked; what it
        showed on or before the day is in the journal, if it was asked by then. Default: today.
    contact
        Who is asking, such as ``Example Trading credit@example.com``; default: ``CREDRISK_CONTACT``.
    offline
        Ask the cache alone.
    refresh_after
        Age from which a hit or none is asked for again. Default: by source, a day for news and filings, a week for
        registers. What was not measured is always asked for again.
    max_requests
        Stop after so many requests; the next run goes on.

    Raises
    ------
    ParameterError
        When a source does not exist, its key is not set, nobody says who is asking, or another run uses the folder.
    """
    started = time.monotonic()
    refuse_foreign(Path(out))
    rows = _customers(ledger, matches)
    cards = chosen_cards(sources, rows)
    limit = to_date(as_of) if as_of is not None else None
    today = datetime.now(UTC).date()
    budget = Budget(max_requests)
    with AnswerStore(Path(out)) as store, ExitStack() as stack:
        works = [
            Work(
                card,
                todo,
                *stack.enter_context(
                    opened(card, cache_folder=cache_folder, contact=contact, offline=offline, budget=budget)
                ),
            )
            for card, todo in _due(cards, rows, store.kept(), today=today, limit=limit, refresh_after=refresh_after)
        ]

        def written() -> tuple[SourceResult, tuple[Path, ...]]:
            state = with_unasked(public_state(store, rows, as_of=limit), cards, rows, limit)
            return state, write_public(Path(out), state)

        work_through(works, store, today, progress=progress, one_is_through=written)
        progress("Writing", 0, 0)
        state, files = written()
        asked = {
            work.card.name: (work.done, work.client.answered, work.client.from_cache, work.client.failed)
            for work in works
        }
    unfinished = tuple(work.card.name for work in works if work.unfinished)
    costs = {work.card.name: work.card.cost for work in works if work.client.answered and work.card.cost != FREE}
    return Enriched(state, summary_of(state.answers, asked), files, costs, unfinished, time.monotonic() - started)


def enrichment_plan(
    ledger: Ledger | pl.DataFrame | pd.DataFrame,
    sources: Sequence[str | type[Any]] | None = None,
    *,
    out: str | PathLike[str],
    matches: pl.DataFrame | pd.DataFrame | None = None,
    as_of: date | str | None = None,
    refresh_after: timedelta | None = None,
) -> pl.DataFrame:
    """Return what a run would ask: per source the customers due, the requests expected and the least time they take.

    Returns
    -------
    polars.DataFrame
        ``source, customers, due, requests, seconds``. A question is one request as long as nothing is known of the
        source, then the mean of those asked before; the cache may answer some.
    """
    rows = _customers(ledger, matches)
    limit = to_date(as_of) if as_of is not None else None
    cards = chosen_cards(sources, rows)
    kept: list[Kept] = []
    if (Path(out) / STORE_FILE).exists():
        with AnswerStore(Path(out)) as store:
            kept = store.kept()
    due = _due(cards, rows, kept, today=datetime.now(UTC).date(), limit=limit, refresh_after=refresh_after)
    planned = []
    for card, todo in due:
        with_id = [row for row in todo if card.entity_id is None or _given(row, card.entity_id)]
        before = [one for one in kept if one.source == card.name and one.status != "not_measured"]
        customers, cost = len({one.customer_id for one in before}), sum(one.requests for one in before)
        requests = round(len(with_id) * (cost / customers if cost else 1.0))
        planned.append((card.name, len(rows), len(with_id), requests, card.seconds_for(requests)))
    schema = {"source": pl.String, "customers": pl.Int64, "due": pl.Int64, "requests": pl.Int64, "seconds": pl.Float64}
    return pl.DataFrame(planned, schema=schema, orient="row")


def chosen_cards(sources: Sequence[str | type[Any]] | None, rows: Sequence[Mapping[str, Any]]) -> list[SourceCard]:
    """Return the cards of the sources to ask: those named, or those that can answer something here."""
    if sources is None:
        every = [source_card(name) for name in SOURCES]
        cards = [
            card
            for card in every
            if card.is_set_up() and (card.entity_id is None or any(_given(row, card.entity_id) for row in rows))
        ]
        if not cards:
            ids = sorted({card.entity_id for card in every if card.entity_id})
            rule = f"named, or a ledger whose customers have one of {', '.join(ids)} (credrisk match finds them)"
            raise ParameterError("source", rule, "none")
        return cards
    cards = [source_card(one) if isinstance(one, str) else card_of(one) for one in sources]
    names = [card.name for card in cards]
    if not cards or len(set(names)) < len(names):
        raise ParameterError("source", "one or more, each once", names)
    for card in cards:
        if card.name in MARKET_SOURCES:
            raise ParameterError("source", "one that is asked about customers; credrisk market asks it", card.name)
        if not card.key_is_set():
            rule = f"one whose key is set: CREDRISK_{card.credential} in the environment, or in the keyring"
            raise ParameterError("source", rule, card.name)
        if not card.is_set_up():
            raise ParameterError("source", f"one that is set up: {card.set_up_by} in the environment", card.name)
    return cards


def _customers(
    ledger: Ledger | pl.DataFrame | pd.DataFrame, matches: pl.DataFrame | pd.DataFrame | None
) -> list[dict[str, Any]]:
    frame = ledger.table("customers") if isinstance(ledger, Ledger) else as_polars(ledger, "customers")
    if "customer_id" not in frame.columns:
        raise ParameterError("customers", "a frame with the column customer_id", frame.columns)
    if matches is not None:
        from credrisk.sources.matching.applying import apply_matches

        frame = apply_matches(frame, matches, output="polars")
    as_text = [pl.col(name).cast(pl.String) for name in ENTITY_IDS if name in frame.columns]
    rows = frame.with_columns(as_text).sort("customer_id").to_dicts()
    ids = [row["customer_id"] for row in rows]
    if None in ids or len(set(ids)) < len(ids):
        raise ParameterError("customers", "one row per customer_id, none empty", f"{len(ids)} rows")
    return rows


def _due(
    cards: Iterable[SourceCard],
    rows: Sequence[dict[str, Any]],
    kept: Iterable[Kept],
    *,
    today: date,
    limit: date | None,
    refresh_after: timedelta | None,
) -> list[tuple[SourceCard, list[dict[str, Any]]]]:
    """Return by source the customers that have to be asked about, those without an answer first, then the oldest.

    So a source that allows few requests a day gets round to everybody. Nobody is due where it cannot know the day.
    """
    known: dict[tuple[str, str], list[Kept]] = {}
    for one in kept:
        known.setdefault((one.source, one.customer_id), []).append(one)
    due = []
    for card in cards:
        past = limit is not None and limit < today and not card.keeps_history
        age = card.refresh_after if refresh_after is None else refresh_after
        waiting = []
        for row in () if past else rows:
            last = _last_answers(card, row, known)
            if _is_due(card, row, last, today, age):
                measured = [one.retrieved_at or one.asked_on for one in last if one.status != "not_measured"]
                waiting.append((min(measured, default=date.min), row))
        due.append((card, [row for _, row in sorted(waiting, key=lambda one: one[0])]))
    return due


def _last_answers(
    card: SourceCard, row: Mapping[str, Any], known: Mapping[tuple[str, str], Sequence[Kept]]
) -> list[Kept]:
    """Return the last answer of each part to the question as it would be put now."""
    asked = {name: _plain(value) for name, value in asked_by(card, row).items()}
    answers = known.get((card.name, row["customer_id"]), ())
    same = [one for one in answers if {name: _plain(value) for name, value in one.asked.items()} == asked]
    return list({one.part: one for one in same}.values())


def _is_due(card: SourceCard, row: Mapping[str, Any], last: Sequence[Kept], today: date, age: timedelta) -> bool:
    """Tell whether a customer has to be asked about: never, by other ids, without an answer, or too long ago."""
    if last and card.entity_id is not None and not _given(row, card.entity_id):
        return False  # the source has said that it has no id to ask by
    return not last or any(
        one.status == "not_measured" or today - (one.retrieved_at or one.asked_on) >= age for one in last
    )


def _given(row: Mapping[str, Any], name: str) -> bool:
    return bool(_plain(row.get(name)))


def _plain(value: Any) -> str:
    return "" if value is None else str(value).strip()
