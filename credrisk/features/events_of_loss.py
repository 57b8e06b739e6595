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
from credrisk.features.open_items import Book, days_of
from credrisk.features.spans import Spans, months_on, pack
from credrisk.ledger.money import minor_factor
from credrisk.ledger.visibility import visible_from

__all__ = ["Losses", "losses_of"]

Array = npt.NDArray[Any]

PAID_BY = ("payment", "recovery", "offset", "reversal")
"""Applications that bring in money, and what takes it back; credits, discounts and write-offs do not."""

_EVENTS = pl.Schema({"customer": pl.Int64, "day": pl.Int64, "known": pl.Int64, "amount": pl.Float64, "why": pl.String})


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
    placed
        Days between a placement and its verdict.
    waits
        The placements whose verdict took time: ``customer, day, known``; sorted. Of two of a customer the earlier one
        never has the later verdict.
    """

    first: pl.DataFrame
    bad: Spans
    placed: Spans
    waits: pl.DataFrame


def losses_of(book: Book, settings: LabelSettings, *, invoices: Spans, last_day: int) -> Losses:
    """Return the bad debts of a book whose ledger ends on ``last_day``.

    A spell ends on the first day on which ``clean_months`` months have passed without anything past due, another
    event or a placement awaiting its verdict, and an invoice has been issued since the event.
    """
    sure = pl.concat([_write_offs(book, settings), _declared(book, settings)])
    placements = _verdicts(_placements(book, settings), sure, settings)
    where, placed_on, verdict = (placements[name].to_numpy() for name in ("customer", "day", "known"))
    placed = Spans.union((where, placed_on, verdict))
    failed = placements.filter(pl.col("failed") & (pl.col("known") <= last_day)).select(list(_EVENTS))
    events = (
        pl.concat([sure, failed])
        .sort("customer", "day", "why")
        .group_by("customer", "day", maintain_order=True)
        .agg(pl.min("known"), pl.max("amount"), pl.col("why").unique(maintain_order=True).str.join(", "))
    )
    customer, day, known = (events[name].to_numpy() for name in ("customer", "day", "known"))
    spoilt = Spans.union(
        (sure["customer"].to_numpy(), sure["day"].to_numpy(), sure["day"].to_numpy() + 1),
        placed,
        past_due_spans(book, np.unique(customer)),
    )
    clean = spoilt.probation(settings.clean_months).end_of(customer, day)
    back = np.maximum(clean, invoices.next_start(customer, day))
    begins = np.r_[True, (customer[1:] != customer[:-1]) | (day[1:] >= back[:-1])][: len(day)]
    return Losses(
        first=events.filter(pl.Series(begins, dtype=pl.Boolean)),
        bad=Spans.union((customer, known, back)),
        placed=placed,
        waits=placements.filter(pl.col("known") > pl.col("day")).select("customer", "day", "known"),
    )


def _write_offs(book: Book, settings: LabelSettings) -> pl.DataFrame:
    """Return the days on which the write-offs of the trailing months add up to more than the threshold."""
    rows = book.moves.filter((pl.col("kind") == "write_off") & (pl.col("document_kind") != "credit_note"))
    day = days_of(rows["date"])
    amount = -book.rates.translate_rows(rows["amount"].to_numpy(), rows["currency"].to_numpy(), day)
    daily = (
        pl.DataFrame({"customer": rows["customer"], "day": day, "amount": amount})
        .group_by("customer", "day")
        .agg(pl.sum("amount"))
        .sort("customer", "day")
    )
    customer, day = daily["customer"].to_numpy(), daily["day"].to_numpy()
    total = np.r_[0.0, np.cumsum(daily["amount"].to_numpy())]
    since = np.searchsorted(
        pack(customer, day), pack(customer, months_on(day, -settings.write_off_months)), side="right"
    )
    trailing = total[1:] - total[since]
    counts = (daily["amount"].to_numpy() > 0) & (trailing > _threshold(book, settings))
    return _events(customer[counts], day[counts], trailing[counts], "write-off")


def _declared(book: Book, settings: LabelSettings) -> pl.DataFrame:
    """Return the insolvencies, and the write-off decisions that are not small."""
    rows = _credit_events(book, ["insolvency", "write_off_decision"])
    counts = rows.filter(
        (pl.col("kind") == "insolvency") | (pl.col("amount") > _threshold(book, settings)).fill_null(True)
    )
    return counts.select(
        "customer", "day", pl.col("day").alias("known"), "amount", pl.col("kind").str.replace_all("_", " ").alias("why")
    ).cast(_EVENTS)


def _placements(book: Book, settings: LabelSettings) -> pl.DataFrame:
    """Return the placements that are not small: ``customer, day, amount`` placed, ``paid`` within the days allowed."""
    rows = _credit_events(book, ["placement"])
    placed = (
        rows.group_by("customer", "day")
        .agg(pl.sum("amount"), pl.col("amount").is_null().any().alias("unstated"))
        .sort("customer", "day")
    )
    past_due = pl.col("due") < pl.col("day")
    moves = (
        book.moves.join(placed.select("customer", "day"), on="customer", how="inner")
        .with_columns(due=_day("due_date"), moved=_day("date"))
        .filter(past_due)
    )
    by = ["customer", "day"]
    at_placement = moves.filter(pl.col("moved") <= pl.col("day"))
    standing = (
        at_placement.group_by([*by, "document_id", "currency"])
        .agg(pl.sum("amount"))
        .filter(pl.col("amount") > 0)
        .sort([*by, "document_id"])
    )
    balance = standing.with_columns(balance=_at_home(book, standing, "day")).group_by(by).agg(pl.sum("balance"))
    within = (pl.col("moved") > pl.col("day")) & (pl.col("moved") <= pl.col("day") + settings.placement_recovery_days)
    brought = moves.filter(within & pl.col("kind").is_in(PAID_BY))
    paid = brought.with_columns(paid=-_at_home(book, brought, "moved")).group_by(by).agg(pl.sum("paid"))
    reported = (
        _credit_events(book, ["recovery"])
        .rename({"day": "moved", "amount": "recovered"})
        .join(placed.select(by), on="customer", how="inner")
        .filter(within)
        .group_by(by)
        .agg(pl.sum("recovered"))
    )
    for part in (balance, paid, reported):
        placed = placed.join(part, on=by, how="left", maintain_order="left")
    return placed.select(
        *by,
        amount=pl.when("unstated").then(pl.col("balance").fill_null(0.0)).otherwise("amount"),
        paid=pl.max_horizontal(pl.col("paid", "recovered").fill_null(0.0)),
    ).filter(pl.col("amount") > _threshold(book, settings))


def _verdicts(placements: pl.DataFrame, sure: pl.DataFrame, settings: LabelSettings) -> pl.DataFrame:
    """Return the placements with whether they ``failed`` and the day on which that is ``known``."""
    customer, day = placements["customer"].to_numpy(), placements["day"].to_numpy()
    stopped = Spans.single_days(sure["customer"].to_numpy(), sure["day"].to_numpy()).next_start(customer, day - 1)
    deadline = day + settings.placement_recovery_days
    known = np.minimum(stopped, deadline)
    short = placements["paid"].to_numpy() < settings.placement_recovered_share * placements["amount"].to_numpy()
    return placements.with_columns(
        known=pl.Series(known, dtype=pl.Int64),
        failed=pl.Series((stopped <= deadline) | short, dtype=pl.Boolean),
        why=pl.lit("placement not recovered"),
    )


def _credit_events(book: Book, kinds: list[str]) -> pl.DataFrame:
    """Return ``customer, day, kind, amount`` (minor units of the ledger's currency, null where not stated)."""
    rows = book.numbered(
        book.ledger.table("credit_events")
        .with_columns(seen=visible_from("credit_events"))
        .filter(pl.col("kind").is_in(kinds))
    )
    day = days_of(rows["seen"])
    amount = book.rates.translate_rows(rows["amount"].fill_null(0).to_numpy(), rows["currency"].to_numpy(), day)
    return rows.select(
        "customer",
        pl.Series("day", day, dtype=pl.Int64),
        "kind",
        amount=pl.when(pl.col("amount").is_not_null()).then(pl.Series(amount, dtype=pl.Float64)),
    )


def _events(customer: Array, day: Array, amount: Array, why: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"customer": customer, "day": day, "known": day, "amount": amount, "why": [why] * len(day)}, schema=_EVENTS
    )


def _at_home(book: Book, rows: pl.DataFrame, day: str) -> pl.Series:
    """Return the rows' amounts in minor units of the ledger's currency, at the rate of the day in column ``day``."""
    translated = book.rates.translate_rows(rows["amount"].to_numpy(), rows["currency"].to_numpy(), rows[day].to_numpy())
    return pl.Series(translated, dtype=pl.Float64)


def _day(name: str) -> pl.Expr:
    return pl.col(name).to_physical().cast(pl.Int64)


def _threshold(book: Book, settings: LabelSettings) -> float:
    return settings.absolute_threshold * minor_factor(book.rates.currency)
