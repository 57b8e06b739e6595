"""The run itself: every source in a thread of its own, every answer held to the contract and kept before the next."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from credrisk.errors import CredriskError, DataError, SourceError
from credrisk.progress import Progress
from credrisk.sources.answer_store import AnswerStore
from credrisk.sources.asked import AskedClient, BudgetSpent
from credrisk.sources.base import ENTITY_IDS, Answer, SourceResult, answer_row, ask_source
from credrisk.sources.registry import SourceCard

__all__ = ["Work", "asked_by", "work_through"]

POLL = 0.1
"""Seconds between two looks at what the threads have done."""
TOGETHER = 50
"""Customers handed at once to a source that asks about many with few requests (``ask_many``)."""
LAST_QUESTION = 10.0
"""Seconds for which an interrupted run waits for the questions that are under way."""

_IDS = dict.fromkeys(ENTITY_IDS, pl.String)
_log = logging.getLogger(__name__)


@dataclass
class Work:
    """One source's part of a run."""

    card: SourceCard
    todo: list[dict[str, Any]]
    source: Any
    client: AskedClient
    done: int = 0
    through: bool = False
    unfinished: bool = False
    error: BaseException | None = None
    thread: threading.Thread = field(default_factory=threading.Thread)


def asked_by(card: SourceCard, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what identifies the customer to the source, and how surely; of an unknown source all that ids are.

    A confidence of 1 is what counts where none is stated, so it makes no other question.
    """
    names = card.reads or tuple(name for name in (*ENTITY_IDS[1:], "name") if name in row)
    confidences = (f"confidence_{name}" for name in names)
    return {name: row.get(name) for name in (*names, *(one for one in confidences if row.get(one) not in (None, 1.0)))}


def work_through(
    works: Sequence[Work],
    store: AnswerStore,
    today: date,
    *,
    progress: Progress,
    one_is_through: Callable[[], object],
) -> None:
    """Let every source work through its customers in a thread of its own, and report what they do.

    Raises what a thread raised, after the others have put down the question that they were at.

    Parameters
    ----------
    one_is_through
        Called when a source has got through while others are still asking.
    """
    stop, told = threading.Event(), queue.Queue[Work]()
    busy = [work for work in works if work.todo]
    for work in busy:
        arguments = (work, store, today, stop, told)
        work.thread = threading.Thread(target=_ask_all, args=arguments, name=work.card.name, daemon=True)
        work.thread.start()
    try:
        while any(work.thread.is_alive() for work in busy) or not told.empty():
            try:
                work = told.get(timeout=POLL)
            except queue.Empty:
                continue
            if work.error is not None:
                raise work.error
            progress(f"Asking {work.card.name}", work.done, len(work.todo))
            if not work.through and work.done == len(work.todo):
                work.through = True
                if not all(other.through for other in busy):
                    one_is_through()
    finally:
        stop.set()
        until = time.monotonic() + LAST_QUESTION
        for work in busy:
            work.thread.join(max(0.0, until - time.monotonic()))


def _ask_all(work: Work, store: AnswerStore, today: date, stop: threading.Event, told: queue.Queue[Work]) -> None:
    at_once = TOGETHER if hasattr(work.source, "ask_many") else 1
    try:
        for first in range(0, len(work.todo), at_once):
            if stop.is_set():
                return
            rows = work.todo[first : first + at_once]
            before = work.client.answered
            given = _answers(work, rows)
            asked = work.client.answered - before
            for row, answers in zip(rows, given, strict=True):
                store.record(
                    [_checked(work.source, row, answer) for answer in answers],
                    asked=asked_by(work.card, row),
                    asked_on=today,
                    requests=asked,
                    keeps_history=work.card.keeps_history,
                )
                work.done, asked = work.done + 1, 0
            told.put(work)
    except BudgetSpent:
        work.unfinished = True
    except BaseException as error:
        work.error = error
        told.put(work)


def _answers(work: Work, rows: Sequence[dict[str, Any]]) -> Sequence[Sequence[Answer]]:
    """Ask about one customer, or several at once where the source can; per customer one answer a part.

    A source that fails in a way it should not have is not measured for these customers; the night goes on.
    """
    try:
        given = work.source.ask_many(rows) if hasattr(work.source, "ask_many") else [work.source.ask(rows[0])]
        return [answers or [Answer("not_measured", "the source gave no answer")] for answers in given]
    except SourceError as error:
        reason = str(error)
    except (BudgetSpent, CredriskError):
        raise
    except Exception as error:
        _log.exception("%s failed on customer %s", work.card.name, rows[0]["customer_id"])
        reason = f"the source's program failed ({type(error).__name__})"
    return [[Answer("not_measured", reason)]] * len(rows)


def _checked(source: Any, row: dict[str, Any], answer: Answer) -> tuple[dict[str, Any], SourceResult | None]:
    """Hold one answer to the contract of sources."""
    if not answer.facts and not answer.events:
        return answer_row(source, row, answer), None
    told = _Told(source, answer)
    try:
        result = ask_source(told, pl.DataFrame({name: [row.get(name)] for name in ENTITY_IDS}, schema=_IDS))
    except DataError as error:
        broken = Answer("not_measured", f"the answer breaks the contract: {error}", answer.part, answer.entity)
        return answer_row(source, row, broken), None
    return result.answers.row(0, named=True), result


class _Told:
    """A source that has answered already: the contract is checked on what it said."""

    def __init__(self, source: Any, answer: Answer) -> None:
        self.name, self.licence, self.keeps_history = source.name, source.licence, source.keeps_history
        self._answer = answer

    def ask(self, customer: Mapping[str, Any]) -> Sequence[Answer]:
        return [self._answer]
