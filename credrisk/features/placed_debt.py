"""What was placed with a third party, what was paid of it within the days allowed, and on which day all of it was."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.features.label_settings import LabelSettings
from credrisk.features.open_items import Book, days_of, open_book
from credrisk.features.spans import pack, sum_on
from credrisk.features.write_offs import WriteOffs, write_offs_of
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.visibility import visible_from

__all__ = ["credit_events_of", "placed_debts", "placements_of", "threshold_on"]

Array = npt.NDArray[Any]

PAID_BY = ("payment", "recovery", "offset", "reversal")
"""Applications that bring in money, and what takes it back; credits, discounts and write-offs do not."""
EPOCH = date(1970, 1, 1)


def placed_debts(ledger: Ledger, *, customers: Collection[str], settings: LabelSettings | None = None) -> pl.DataFrame:
    """Return the placements of some customers that are not small, and how far they are paid by what the ledger tells.

    Returns
    -------
    polars.DataFrame
        ``customer_id, date, paid_share, paid_on, verdict_on``, sorted: the share of what was placed that was paid
        within the days allowed; the day since which all of it has been paid, or as much as counts as recovered, else
        null; and the day on which the verdict falls where nothing settles it before.
    """
    settings = settings or LabelSettings()
    book = open_book(ledger)
    write_offs = write_offs_of(book)
    numbers = book.numbered(pl.DataFrame({"customer_id": sorted(customers)}, schema={"customer_id": pl.String}))
    placed = placements_of(book, settings, write_offs).join(numbers, on="customer")
    flows = _paid(book, settings, write_offs, placed)
    rows = []
    columns = ("customer_id", "customer", "day", "amount", "paid")
    for name, customer, day, amount, paid in placed.select(columns).sort("customer", "day").iter_rows():
        whole = amount if round(paid) >= round(amount) else settings.placement_recovered_share * amount
        rows.append(
            (
                name,
                EPOCH + timedelta(days=day),
                paid / amount,
                _reached(flows, customer, day, whole),
                EPOCH + timedelta(days=day + settings.placement_recovery_days),
            )
        )
    schema = {
        "customer_id": pl.String,
        "date": pl.Date,
        "paid_share": pl.Float64,
        "paid_on": pl.Date,
        "verdict_on": pl.Date,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _reached(flows: list[pl.DataFrame], customer: int, day: int, whole: float) -> date | None:
    """Return since when what was paid of a placement has been ``whole`` or more, null where it is less."""
    mine = [
        flow.filter((pl.col("customer") == customer) & (pl.col("first") <= day) & (pl.col("moved") > day))
        for flow in flows
    ]
    since = None
    for moved in sorted({seen for flow in mine for seen in flow["moved"]}):
        paid = max(float(flow.filter(pl.col("moved") <= moved)["value"].sum()) for flow in mine)
        if round(paid) < round(whole):
            since = None
        elif since is None:
            since = EPOCH + timedelta(days=moved)
    return since


def placements_of(book: Book, settings: LabelSettings, write_offs: WriteOffs) -> pl.DataFrame:
    """Return the placements that are not small: ``customer, day, amount`` placed, ``paid`` within the days allowed."""
    placed = (
        credit_events_of(book, ["placement"])
        .group_by("customer", "day")
        .agg(pl.sum("amount"), pl.col("amount").is_null().any().alias("unstated"))
        .sort("customer", "day")
    )
    customer, day = placed["customer"].to_numpy(), placed["day"].to_numpy()
    amount = np.where(placed["unstated"].to_numpy(), _past_due(book, placed), placed["amount"].to_numpy())
    paid = [
        sum_on(*(flow[name].to_numpy() for name in ("customer", "first", "moved", "value")), at=(customer, day))
        for flow in _paid(book, settings, write_offs, placed)
    ]
    return placed.select(
        "customer",
        "day",
        amount=pl.Series(amount, dtype=pl.Float64),
        paid=pl.Series(np.maximum(*paid), dtype=pl.Float64),
    ).filter(pl.Series(amount > threshold_on(book, settings, day), dtype=pl.Boolean))


def _paid(book: Book, settings: LabelSettings, write_offs: WriteOffs, placed: pl.DataFrame) -> list[pl.DataFrame]:
    """Return what came in, as applied and as reported: ``value`` ``moved`` counts for placements since ``first``."""
    keys = pack(placed["customer"].to_numpy(), placed["day"].to_numpy())
    taken_back = write_offs.reversed.select("customer", "currency", "due", moved="day", amount=-pl.col("minor"))
    money = book.moves.filter(pl.col("kind").is_in(PAID_BY)).select(
        "customer", "currency", due=_day("due_date"), moved=_day("date"), amount="amount"
    )
    # A reversal takes a payment back, but not where it takes back a write-off.
    money = pl.concat([money, taken_back])
    reported = credit_events_of(book, ["recovery"]).rename({"day": "moved"})
    flows = []
    for rows, sign in ((money, -1.0), (reported, 1.0)):
        who, moved = rows["customer"].to_numpy(), rows["moved"].to_numpy()
        first = moved - settings.placement_recovery_days
        first = np.maximum(first, rows["due"].to_numpy() + 1) if "due" in rows.columns else first
        counts = np.searchsorted(keys, pack(who, moved)) > np.searchsorted(keys, pack(who, first))
        used = rows.filter(pl.Series(counts, dtype=pl.Boolean))
        value = used["amount"].fill_null(0).to_numpy()
        if "currency" in rows.columns:
            value = book.rates.translate_rows(value, used["currency"].to_numpy(), moved[counts])
        columns = {"customer": who, "first": first, "moved": moved}
        flows.append(pl.DataFrame({name: column[counts] for name, column in columns.items()} | {"value": sign * value}))
    return flows


def _past_due(book: Book, placed: pl.DataFrame) -> Array:
    """Return what was past due on the day of each placement that states no amount."""
    items, unstated = book.items, placed["unstated"].to_numpy()
    at = placed["customer"].to_numpy()[unstated], placed["day"].to_numpy()[unstated]
    balance = np.zeros(placed.height)
    for number, code in enumerate(book.currencies):
        mine = (items.residual > 0) & (items.currency == number)
        start = np.maximum(items.start, items.due + 1)[mine]
        left = sum_on(items.customer[mine], start, items.end[mine], items.residual[mine], at=at)
        balance[unstated] += book.rates.translate(left, code, at[1])
    return balance


def credit_events_of(book: Book, kinds: list[str]) -> pl.DataFrame:
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


def threshold_on(book: Book, settings: LabelSettings, day: Array) -> Array:
    """Return the threshold below which an event is small, in minor units of the ledger's currency on each day."""
    return settings.threshold("absolute_threshold").on(book.rates, day)


def _day(name: str) -> pl.Expr:
    return pl.col(name).to_physical().cast(pl.Int64)
