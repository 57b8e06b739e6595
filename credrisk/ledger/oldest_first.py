"""What payments without an invoice settle where the ledger says so: the oldest debt of the customer first.

Many lists say who paid and not what for. Left on account such cash leaves every invoice open for ever; applied to the
oldest invoice first, as a statement of account does, ageing and days to pay are right but for what the customer meant.
It is a convention, so it holds only where the setting ``without_invoice`` is ``oldest_first``. Where payments and
invoices share a code (lettering, a matching number), that tells which belong together, and the order is that of their
days.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import polars as pl

from credrisk.ledger.ledger import empty_table

__all__ = ["OLDEST_FIRST", "WITHOUT_INVOICE", "applied_by_code", "applied_oldest_first"]

OLDEST_FIRST = "oldest_first"
WITHOUT_INVOICE = ("on_account", OLDEST_FIRST)
"""What the setting may say: the cash stays on account, or settles the oldest debt."""

_DOCUMENT, _CLOSED, _CASH = range(3)
"""What happens on a day, in this order: new debts, what names its document, cash that names none."""


class _Event(NamedTuple):
    seen: date
    what: int
    own: date
    number: str
    """The document, or the receipt of the cash."""
    units: int


class _Applied(NamedTuple):
    receipt: str
    document: str
    units: int
    applied_on: date
    recorded_at: date


def applied_oldest_first(
    documents: pl.DataFrame, receipts: pl.DataFrame, applications: Sequence[pl.DataFrame]
) -> pl.DataFrame:
    """Return the applications that settle the oldest debt with cash that is not applied.

    Parameters
    ----------
    documents, receipts
        As the contract has them, amounts in minor units.
    applications
        What is applied already: it goes before, and cash that the rule had put on such a document is free again from
        that day on.

    Returns
    -------
    polars.DataFrame
        The table ``applications``, of kind payment. Debts of one customer and currency are settled by document date and
        number; cash that meets no debt waits for the next one. What takes money back takes it from the cash that
        waits, then from the debt that was settled last. Each row is known on the day on which its document and cash
        are, and depends on nothing later, so a ledger cut at any day says the same of the days before.
    """
    done = _done(applications)
    used = done.filter(from_kind="receipt").group_by("from_id").agg(used=pl.col("amount").sum())
    left = pl.col("amount") - pl.col("used").fill_null(0)
    cash = receipts.join(used, left_on="receipt_id", right_on="from_id", how="left").with_columns(amount=left)
    return _applied(documents, _of_receipts(cash, _OWN), done, _OWN)


def applied_by_code(
    documents: pl.DataFrame, unnamed: pl.DataFrame, applications: Sequence[pl.DataFrame]
) -> pl.DataFrame:
    """Return the applications of payments and credit notes to the debts with which they share a code (lettering).

    Parameters
    ----------
    documents
        With the code ``matched_by``; credit notes that have one are set off against the debts of the code.
    unnamed
        Lines of receipts that name no document: ``receipt_id, customer_id, currency, date, recorded_at, amount,
        matched_by``.
    applications
        What is applied already; see :func:`applied_oldest_first`, whose order holds within a code.
    """
    by = [*_OWN, "matched_by"]
    coded = documents.filter(pl.col("matched_by").is_not_null())
    notes = coded.filter(pl.col("amount") < 0).select(
        *by,
        seen=pl.max_horizontal("document_date", "recorded_at"),
        what=pl.lit(_CASH),
        own="document_date",
        number=pl.concat_str(pl.lit(_NOTE), "document_id"),
        units=-pl.col("amount"),
    )
    cash = pl.concat([_of_receipts(unnamed.filter(pl.col("matched_by").is_not_null()), by), notes])
    return _applied(coded, cash, _done(applications), by)


_OWN = ["customer_id", "currency"]
_RECEIPT, _NOTE = "receipt:", "document:"
"""What stands before the number of cash, and of a credit note, while both are settled together."""


def _done(applications: Sequence[pl.DataFrame]) -> pl.DataFrame:
    columns = ("from_id", "from_kind", "to_document_id", "amount", "applied_on", "recorded_at")
    return pl.concat([frame.select(columns) for frame in applications], how="vertical_relaxed")


def _of_receipts(cash: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    return cash.filter(pl.col("amount") != 0).select(
        *by,
        seen=pl.max_horizontal("date", "recorded_at"),
        what=pl.lit(_CASH),
        own="date",
        number=pl.concat_str(pl.lit(_RECEIPT), "receipt_id"),
        units="amount",
    )


def _applied(documents: pl.DataFrame, cash: pl.DataFrame, done: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    debts = documents.filter(pl.col("amount") > 0).select(
        *by,
        seen=pl.max_horizontal("document_date", "recorded_at"),
        what=pl.lit(_DOCUMENT),
        own="document_date",
        number="document_id",
        units="amount",
    )
    debts = debts.join(cash, on=by, how="semi")
    closed = done.join(debts.select(*by, "number", first="seen"), left_on="to_document_id", right_on="number").select(
        *by,
        seen=pl.max_horizontal("applied_on", "recorded_at", "first"),
        what=pl.lit(_CLOSED),
        own="applied_on",
        number="to_document_id",
        units="amount",
    )
    events = pl.concat([debts, closed, cash], how="vertical_relaxed").sort(
        *by, "seen", "what", "own", "number", "units"
    )
    made = [
        (*applied, key[1])
        for key, rows in events.group_by(by, maintain_order=True)
        for applied in _settled(_Event(*row) for row in rows.drop(by).iter_rows())
    ]
    shape = empty_table("applications").schema
    names = ("from_id", "to_document_id", "amount", "applied_on", "recorded_at", "currency")
    frame = pl.DataFrame(made, schema={name: shape[name] for name in names}, orient="row")
    each = [name for name in names if name != "amount"]
    frame = frame.group_by(each).agg(pl.col("amount").sum()).filter(pl.col("amount") != 0).sort(each)
    note = pl.col("from_id").str.starts_with(_NOTE)
    return frame.with_columns(
        pl.col("from_id").str.replace(rf"^(?:{_NOTE}|{_RECEIPT})", ""),
        kind=pl.when(note).then(pl.lit("credit_note")).otherwise(pl.lit("payment")),
        from_kind=pl.when(note).then(pl.lit("document")).otherwise(pl.lit("receipt")),
    )


@dataclass
class _Account:
    """What one customer owes in one currency, and its cash that waits."""

    left: dict[str, int] = field(default_factory=dict)
    dated: dict[str, date] = field(default_factory=dict)
    queue: list[tuple[date, str]] = field(default_factory=list)
    waiting: list[tuple[date, str, int]] = field(default_factory=list)
    put: list[tuple[str, str, int]] = field(default_factory=list)
    """What the rule has applied, in order: receipt, document, units."""


def _settled(events: Iterable[_Event]) -> Iterator[_Applied]:
    """Return what is applied, event by event."""
    account = _Account()
    for event in events:
        if event.what == _DOCUMENT:
            account.left[event.number], account.dated[event.number] = event.units, event.own
            heapq.heappush(account.queue, (event.own, event.number))
        elif event.what == _CLOSED:
            account.left[event.number] -= event.units
            yield from _given_back(account, event)
            if account.left[event.number] > 0:  # what was closed is open again
                heapq.heappush(account.queue, (account.dated[event.number], event.number))
        elif event.units > 0:
            account.waiting.append((event.own, event.number, event.units))
        else:
            yield from _taken_back(account, event)
        yield from _spent(account, event.seen)


def _spent(account: _Account, seen: date) -> Iterator[_Applied]:
    """Apply the cash that waits to the oldest debt, until one of the two is used up."""
    while account.waiting and account.queue:
        _, number = account.queue[0]
        if account.left[number] <= 0:
            heapq.heappop(account.queue)
            continue
        day, receipt, units = account.waiting[0]
        share = min(units, account.left[number])
        account.left[number] -= share
        account.put.append((receipt, number, share))
        account.waiting[0] = (day, receipt, units - share)
        if share == units:
            account.waiting.pop(0)
        yield _Applied(receipt, number, share, max(day, account.dated[number]), seen)


def _given_back(account: _Account, event: _Event) -> Iterator[_Applied]:
    """Free the cash that the rule had put on a document of which somebody says what closes it."""
    for place in range(len(account.put) - 1, -1, -1):
        receipt, number, units = account.put[place]
        if number != event.number or account.left[number] >= 0:
            continue
        share = min(units, -account.left[number])
        account.left[number] += share
        account.put[place] = (receipt, number, units - share)
        account.waiting.append((event.own, receipt, share))
        yield _Applied(receipt, number, -share, event.own, event.seen)
    account.put = [one for one in account.put if one[2]]


def _taken_back(account: _Account, event: _Event) -> Iterator[_Applied]:
    """Take money back from the cash that waits, then from the debts that were settled last, which are open again."""
    rest = -event.units
    while rest and account.waiting:
        day, receipt, units = account.waiting[-1]
        share = min(units, rest)
        rest -= share
        account.waiting[-1] = (day, receipt, units - share)
        if share == units:
            account.waiting.pop()
    while rest and account.put:
        receipt, number, units = account.put[-1]
        share = min(units, rest)
        rest -= share
        account.put[-1] = (receipt, number, units - share)
        if share == units:
            account.put.pop()
        account.left[number] += share
        heapq.heappush(account.queue, (account.dated[number], number))
        yield _Applied(event.number, number, -share, event.own, event.seen)
