"""How cash that names no debt settles the debts of one account, event by event: the oldest first.

What is known on a day rests on what was known by then alone, so a ledger cut at any day says the same of the days
before. Where something known later names what it closes, the cash that the rule had put there is free again from that
day on.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

__all__ = ["BACK", "CASH", "CLOSED", "CLOSING", "DEBT", "NOTE", "RECEIPT", "USED", "Applied", "Event", "settled"]

DEBT, CLOSED, USED, CASH, BACK = range(5)
"""What happens on a day, in this order: new debts; what names the debt that it closes; what names the credit note that
it uses up; cash and credit notes that name nothing; money taken back."""
NOTE = "document:"
"""Before the number of a credit note among the sources, so that a receipt may have the same number."""
RECEIPT = "receipt:"
CLOSING = "closing:"
"""Before the kind and number of a write-off, discount or deduction: it is no money, so what finds no debt is gone."""


class Event(NamedTuple):
    """One line of an account.

    Attributes
    ----------
    seen
        The day from which it is known.
    what, own, number, units
        One of the five, its own day, its number (of the debt, or of the source) and its amount: above 0, below 0 where
        what had closed a debt or used a credit note is taken back.
    """

    seen: date
    what: int
    own: date
    number: str
    units: int


class Applied(NamedTuple):
    """An application: above 0 settles the document, below 0 takes back (or closes a credit note that is paid out)."""

    source: str
    document: str
    units: int
    applied_on: date
    recorded_at: date


@dataclass
class _Piece:
    """What the rule has put on a debt."""

    source: str
    document: str
    units: int
    day: date


@dataclass
class _Waiting:
    day: date
    source: str
    units: int


@dataclass
class _Account:
    left: dict[str, int] = field(default_factory=dict)
    dated: dict[str, date] = field(default_factory=dict)
    queue: list[tuple[date, str]] = field(default_factory=list)
    waiting: deque[_Waiting] = field(default_factory=deque)
    put: list[_Piece] = field(default_factory=list)
    of_debt: dict[str, list[_Piece]] = field(default_factory=lambda: defaultdict(list))
    of_source: dict[str, list[_Piece]] = field(default_factory=lambda: defaultdict(list))
    received: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    """By kind and amount the receipts and write-offs of it that were not taken back, in order."""
    spoken_for: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What is used of a credit note on the day on which it comes, before it does."""
    closings: bool = False
    """Whether one may be among what waits."""
    short: int = 0
    """Money taken back beyond all that was there: the next cash makes it good."""


def settled(events: Iterable[Event]) -> Iterator[Applied]:
    """Return what is applied in one account, whose events come by day and, within it, in the order of their kinds.

    Debts are settled by their own day and number. Cash that meets none waits. Money taken back is that of the last
    receipt of exactly this amount; else it is taken from what waits (a credit note that waits is thereby paid out),
    then from the debts that cash settled last, which are open again; what is left, the next cash makes good.
    """
    account = _Account()
    for event in events:
        if event.what == DEBT:
            account.left[event.number], account.dated[event.number] = event.units, event.own
            heapq.heappush(account.queue, (event.own, event.number))
        elif event.what == CLOSED:
            account.left[event.number] -= event.units
            yield from _freed(account, event)
        elif event.what == USED:
            yield from _used_up(account, event)
        elif event.what == CASH:
            _received(account, event)
        else:
            yield from _taken_back(account, event)
        yield from _spent(account, event.seen)


def _received(account: _Account, event: Event) -> None:
    if event.number.startswith(NOTE):
        free = event.units - account.spoken_for[event.number]
    else:
        account.received[_kind(event.number), event.units].append(event.number)
        closing = event.number.startswith(CLOSING)
        made_good = 0 if closing else min(account.short, event.units)
        free = event.units - made_good
        account.short -= made_good
        account.closings |= closing
    if free > 0:
        account.waiting.append(_Waiting(event.own, event.number, free))


def _spent(account: _Account, seen: date) -> Iterator[Applied]:
    """Apply what waits to the oldest debt, until one of the two is used up."""
    while account.waiting and account.queue:
        _, number = account.queue[0]
        if account.left[number] <= 0:
            heapq.heappop(account.queue)
            continue
        first = account.waiting[0]
        share = min(first.units, account.left[number])
        account.left[number] -= share
        first.units -= share
        if not first.units:
            account.waiting.popleft()
        day = max(first.day, account.dated[number])
        _put(account, first.source, number, share, day)
        yield Applied(first.source, number, share, day, seen)
    if account.closings:
        yield from _displaced(account, seen)


def _put(account: _Account, source: str, document: str, units: int, day: date) -> None:
    piece = _Piece(source, document, units, day)
    account.put.append(piece)
    account.of_debt[document].append(piece)
    account.of_source[source].append(piece)


def _displaced(account: _Account, seen: date) -> Iterator[Applied]:
    """Let a write-off that finds nothing open close what cash had settled last: it was not paid, so the cash waits.

    What was written off beyond all debts is gone.
    """
    closing = [one for one in account.waiting if one.source.startswith(CLOSING)]
    account.waiting = deque(one for one in account.waiting if not one.source.startswith(CLOSING))
    account.closings = False
    for one in closing:
        cash = (piece for piece in reversed(account.put) if piece.units and _kind(piece.source) == _kind(RECEIPT))
        while one.units and (piece := next(cash, None)) is not None:
            share = min(piece.units, one.units)
            piece.units -= share
            one.units -= share
            day = max(one.day, piece.day)
            yield Applied(piece.source, piece.document, -share, day, seen)
            account.waiting.append(_Waiting(day, piece.source, share))
            _put(account, one.source, piece.document, share, day)
            yield Applied(one.source, piece.document, share, day, seen)


def _freed(account: _Account, event: Event) -> Iterator[Applied]:
    """Free what the rule had put on a debt that something else closes; a debt that is open again waits for cash."""
    pieces = account.of_debt[event.number]
    while account.left[event.number] < 0 and (piece := _last(pieces)) is not None:
        share = min(piece.units, -account.left[event.number])
        day = max(event.own, piece.day)
        piece.units -= share
        account.left[event.number] += share
        account.waiting.append(_Waiting(day, piece.source, share))
        account.closings |= piece.source.startswith(CLOSING)
        yield Applied(piece.source, event.number, -share, day, event.seen)
    if account.left[event.number] > 0:
        heapq.heappush(account.queue, (account.dated[event.number], event.number))


def _used_up(account: _Account, event: Event) -> Iterator[Applied]:
    """Take from a credit note what something else uses of it: what waits first, then what the rule had set off."""
    if event.units < 0:
        account.waiting.append(_Waiting(event.own, event.number, -event.units))
        return
    rest = event.units - _from_waiting(account, event.number, event.units)
    back = list(_reopened(account, account.of_source[event.number], rest, event, event.number))
    account.spoken_for[event.number] += rest + sum(one.units for one in back)
    yield from back


def _taken_back(account: _Account, event: Event) -> Iterator[Applied]:
    """Take money back: the receipt of this amount, else what waits, else what cash settled last.

    A write-off that is taken back is one of its kind alone; beyond what these closed there is nothing to take back.
    """
    rest, pieces, closing = event.units, account.put, event.number.startswith(CLOSING)
    if same := account.received[_kind(event.number), rest]:
        source = same.pop()
        pieces = account.of_source[source]
        rest -= _from_waiting(account, source, rest)
    elif not closing:
        while rest and account.waiting:
            last = account.waiting[-1]
            share = min(last.units, rest)
            rest -= share
            last.units -= share
            if last.source.startswith(NOTE):
                day = max(event.own, last.day)
                yield Applied(event.number, last.source.removeprefix(NOTE), -share, day, event.seen)
            if not last.units:
                account.waiting.pop()
    back = list(_reopened(account, pieces, rest, event, event.number))
    account.short += 0 if closing else rest + sum(one.units for one in back)
    yield from back


def _from_waiting(account: _Account, source: str, units: int) -> int:
    """Take money of one source from what waits, and return how much that was."""
    taken = 0
    for one in account.waiting:
        if one.source == source:
            share = min(one.units, units - taken)
            one.units -= share
            taken += share
    account.waiting = deque(one for one in account.waiting if one.units)
    return taken


def _reopened(account: _Account, pieces: list[_Piece], units: int, event: Event, source: str) -> Iterator[Applied]:
    """Take money from debts, the last one first; they are open again. What others than cash closed stays."""
    kept = list[_Piece]()
    while units and (piece := _last(pieces)) is not None:
        if piece.source != source and _kind(piece.source) != _kind(source):
            kept.append(pieces.pop())
            continue
        share = min(piece.units, units)
        units -= share
        piece.units -= share
        account.left[piece.document] += share
        heapq.heappush(account.queue, (account.dated[piece.document], piece.document))
        yield Applied(source, piece.document, -share, max(event.own, piece.day), event.seen)
    pieces.extend(reversed(kept))


def _kind(source: str) -> str:
    """Return what a source is, of what stands before its number."""
    return ":".join(source.split(":", 2)[: 2 if source.startswith(CLOSING) else 1])


def _last(pieces: list[_Piece]) -> _Piece | None:
    """Return the last piece of which something is left; those before it that are used up are dropped."""
    while pieces and not pieces[-1].units:
        pieces.pop()
    return pieces[-1] if pieces else None
