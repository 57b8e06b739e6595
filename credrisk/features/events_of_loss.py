"""Bad debt: write-off, insolvency, a write-off decision, a placement that did not bring the money back.

Every event is dated by the day on which it could be known, so a ledger cut later than that day tells the same. The one
verdict that takes time is a placement's: it is dated at the placement and known 180 days later, or on the day of a
write-off, decision or insolvency within them. Until then the customer counts as in default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.features.default_state import past_due_spans
from credrisk.features.label_settings import LabelSettings
from credrisk.features.open_items import Book
from credrisk.features.placed_debt import credit_events_of, placements_of, threshold_on
from credrisk.features.spans import FAR, Spans, months_on, pack
from credrisk.features.write_offs import WriteOffs, write_offs_of

__all__ = ["Losses", "losses_of"]

Array = npt.NDArray[Any]

_EVENTS = pl.Schema(
    {
        "customer": pl.Int64,
        "day": pl.Int64,
        "known": pl.Int64,
        "amount": pl.Float64,
        "why": pl.String,
        "void": pl.Int64,
    }
)
"""``void`` is the day on which an event is over because its write-off was taken back; FAR where it was not."""


@dataclass(frozen=True)
class Losses:
    """What is known of bad debts by the last day of the ledger.

    Attributes
    ----------
    first
        The event that begins each spell of bad debt: ``customer, day, known, amount`` (minor units of the ledger's
        currency, null where unknown), ``why``; sorted by customer and day.
    bad
        Days on which a customer is known to be a bad debt, until it is back.
    undone
        The clean months after a spell that ended because a write-off was taken back.
    placed
        Days between a placement and its verdict.
    waits
        The placements whose verdict took time: ``customer, day, known``; sorted. Of two of a customer the earlier one
        never has the later verdict.
    """

    first: pl.DataFrame
    bad: Spans
    undone: Spans
    placed: Spans
    waits: pl.DataFrame


def losses_of(book: Book, settings: LabelSettings, *, invoices: Spans, last_day: int) -> Losses:
    """Return the bad debts of a book whose ledger ends on ``last_day``.

    A spell ends on the first day on which ``clean_months`` months have passed without anything past due, another
    event or a placement awaiting its verdict, and an invoice has been issued since the event. A spell of write-offs
    ends before that on the day on which they are taken back; the event stays, for it was one by what was known then.
    """
    write_offs = write_offs_of(book)
    sure = pl.concat([_written_off(book, settings, write_offs), _declared(book, settings)])
    placements = _verdicts(placements_of(book, settings, write_offs), sure, settings)
    where, placed_on, verdict = (placements[name].to_numpy() for name in ("customer", "day", "known"))
    placed = Spans.union((where, placed_on, verdict))
    failed = placements.filter(pl.col("failed") & (pl.col("known") <= last_day)).select(list(_EVENTS))
    events = (
        pl.concat([sure, failed])
        .sort("customer", "day", "why")
        .group_by("customer", "day", maintain_order=True)
        .agg(pl.min("known"), pl.max("amount", "void"), pl.col("why").unique(maintain_order=True).str.join(", "))
    )
    customer, day, known = (events[name].to_numpy() for name in ("customer", "day", "known"))
    spoilt = Spans.union(
        (sure["customer"].to_numpy(), sure["day"].to_numpy(), sure["day"].to_numpy() + 1),
        placed,
        past_due_spans(book, np.unique(customer), late_fees=settings.count_late_fees),
    )
    clean = spoilt.probation(settings.clean_months).end_of(customer, day)
    void = events["void"].to_numpy()
    back = np.minimum(np.maximum(clean, invoices.next_start(customer, day)), void)
    reach = np.maximum.accumulate(pack(customer, back))
    begins = np.r_[True, pack(customer, day)[1:] >= reach[:-1]][: len(day)]
    undone = (back == void) & (void < FAR)
    return Losses(
        first=events.filter(pl.Series(begins, dtype=pl.Boolean)),
        bad=Spans.union((customer, known, back)),
        undone=Spans.union((customer[undone], void[undone], months_on(void[undone], settings.clean_months))),
        placed=placed,
        waits=placements.filter(pl.col("known") > pl.col("day")).select("customer", "day", "known"),
    )


def _written_off(book: Book, settings: LabelSettings, write_offs: WriteOffs) -> pl.DataFrame:
    """Return the days on which the write-offs of the trailing months add up to more than the threshold.

    The loss is over (``void``) on the day on which so much of those write-offs is taken back that the rest is not.
    """
    counted = pl.lit(True) if settings.count_late_fees else pl.col("document_kind") != "late_fee"
    daily = write_offs.written.filter(counted).group_by("customer", "day").agg(pl.sum("amount")).sort("customer", "day")
    customer, day = daily["customer"].to_numpy(), daily["day"].to_numpy()
    total = np.r_[0.0, np.cumsum(daily["amount"].to_numpy())]
    since = months_on(day, -settings.write_off_months)
    trailing = total[1:] - total[np.searchsorted(pack(customer, day), pack(customer, since), side="right")]
    threshold, void = threshold_on(book, settings, day), np.full(len(day), FAR, dtype=np.int64)
    for who, back in write_offs.reversed.filter(counted).sort("customer", "day").group_by("customer"):
        origin, seen, amount = (back[name].to_numpy() for name in ("origin", "day", "amount"))
        for row in np.flatnonzero(customer == who[0]):
            inside = (origin > since[row]) & (origin <= day[row])
            trailing[row] -= amount[inside & (seen <= day[row])].sum()
            later = inside & (seen > day[row])
            over = np.flatnonzero(trailing[row] - np.cumsum(amount[later]) <= threshold[row])
            void[row] = seen[later][over[0]] if len(over) else FAR
    counts = trailing > threshold
    return pl.DataFrame(
        {"customer": customer, "day": day, "known": day, "amount": trailing, "why": "write-off", "void": void},
        schema=_EVENTS,
    ).filter(pl.Series(counts, dtype=pl.Boolean))


def _declared(book: Book, settings: LabelSettings) -> pl.DataFrame:
    """Return the insolvencies, and the write-off decisions that are not small."""
    rows = credit_events_of(book, ["insolvency", "write_off_decision"])
    least = pl.Series(threshold_on(book, settings, rows["day"].to_numpy()), dtype=pl.Float64)
    counts = rows.filter((pl.col("kind") == "insolvency") | (pl.col("amount") > least).fill_null(True))
    return counts.select(
        "customer",
        "day",
        "amount",
        known="day",
        why=pl.col("kind").str.replace_all("_", " "),
        void=pl.lit(FAR, dtype=pl.Int64),
    ).select(pl.col(name).cast(dtype) for name, dtype in _EVENTS.items())


def _verdicts(placements: pl.DataFrame, sure: pl.DataFrame, settings: LabelSettings) -> pl.DataFrame:
    """Return the placements with whether they ``failed``, the day on which that is ``known``, and ``void``.

    Where a write-off settled the verdict and was taken back, what was paid by the deadline decides again.
    """
    customer, day = placements["customer"].to_numpy(), placements["day"].to_numpy()
    stops = sure.group_by("customer", "day").agg(pl.max("void")).sort("customer", "day")
    stopped = Spans.single_days(stops["customer"].to_numpy(), stops["day"].to_numpy()).next_start(customer, day - 1)
    at = np.searchsorted(pack(stops["customer"].to_numpy(), stops["day"].to_numpy()), pack(customer, stopped))
    over = np.append(stops["void"].to_numpy(), FAR)[at]
    deadline = day + settings.placement_recovery_days
    known = np.minimum(stopped, deadline)
    short = placements["paid"].to_numpy() < settings.placement_recovered_share * placements["amount"].to_numpy()
    void = np.where(short | (over == FAR), FAR, np.maximum(over, deadline))
    return placements.with_columns(
        known=pl.Series(known, dtype=pl.Int64),
        failed=pl.Series((stopped <= deadline) | short, dtype=pl.Boolean),
        why=pl.lit("placement not recovered"),
        void=pl.Series(void, dtype=pl.Int64),
    )
