"""The shipments of a year that a credit limit lets pass or turns away, and when each is paid.

In the simulator a limit holds back no order, so the demand in a simulated ledger is what customers wanted to buy. This
module turns it into one row a shipment, with the days of its payments counted from the day of the decision, for a world
in which nobody fails; failures are laid over it afterwards. Up to the failure of a customer it is what stands in the
ledger; after it, what the customer would have ordered and paid (:mod:`credrisk.simulate.unbroken`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.ledger.cover_terms import ranked_cover
from credrisk.simulate.clock import NEVER, Flags, Floats, Ints, Rows
from credrisk.simulate.unbroken import World, unbroken_world

if TYPE_CHECKING:
    from credrisk.simulate.simulator import Simulation

__all__ = ["Fates", "Payments", "Shipments", "Year", "redrawn_year", "simulated_year"]

SHIPPED = ("invoice", "debit_note", "down_payment")
FAILED_ONLY = ("write_off", "recovery")
KINDS = {"insolvency": 1, "stopped_paying": 2}


@dataclass
class Shipments(Rows):
    """One row a shipment, sorted by customer and day: what one order has delivered on one day; money in minor units."""

    customer: Ints
    day: Ints
    cents: Ints


@dataclass
class Payments(Rows):
    """One row an amount that a shipment, or the opening balance (shipment -1), is settled by on a day."""

    customer: Ints
    shipment: Ints
    day: Ints
    cents: Ints
    cash: Flags
    """False: a credit note, a discount, a deduction. It lowers the balance and earns nothing."""


@dataclass
class Fates(Rows):
    """What becomes of each customer: days counted from the day of the decision, NEVER where it does not happen."""

    failed: Ints
    delivered_until: Ints
    """Last day of deliveries: the failure, or some weeks later where nobody has noticed yet."""
    kind: Ints
    """0 none, 1 insolvency, 2 stopped paying."""
    lgd: Floats
    """Share of the balance that is never recovered; NaN without a failure."""


@dataclass(frozen=True)
class Year:
    """A year's demand in a world without failures, and the failures that came.

    Attributes
    ----------
    customer_id
        Customers of the day (n), sorted.
    month_starts
        (months + 1,) first day of each month counted from the day of the decision (the first is 1), and the day after
        the end.
    shipments, payments
        What would be bought and how it would be paid. Payments of the opening balance come with shipment -1.
    opening
        (n,) balance on the evening of the day of the decision, minor units: sunk, but it takes up the limit.
    fates
        What became of each customer.
    left
        (n,) day of leaving in good standing.
    intensity
        (n, months) true failures a month.
    insured
        (n, months) what cover in force at the start of the month would pay at most, minor units.
    """

    customer_id: list[str]
    month_starts: Ints
    shipments: Shipments
    payments: Payments
    opening: Ints
    fates: Fates
    left: Ints
    intensity: Floats
    insured: Floats

    @property
    def last_day(self) -> int:
        """Last day of the year, counted from the day of the decision."""
        return int(self.month_starts[-1]) - 1


def simulated_year(simulation: Simulation, *, as_of: date, months: int = 12) -> tuple[Year, World]:
    """Return the year after ``as_of`` of a simulation, and the world without failures behind it.

    The simulation should run on for some months after the year, so that late entries are in its books.
    """
    world = unbroken_world(simulation.parameters, as_of=as_of)
    customers = simulation.truth["customers"].filter(pl.col("opened_on") <= as_of).sort("customer_id")
    ids = customers["customer_id"].to_list()
    place = pl.DataFrame({"customer_id": ids, "customer": np.arange(len(ids))})
    numbers = np.array([int(name[1:]) - 1 for name in ids])
    origin = (as_of - date(1970, 1, 1)).days
    fates, left = _fates(world, numbers, origin)
    rates = _rates(simulation)
    documents = _documents(simulation, place, rates, origin)
    settled = _settled(simulation, documents, origin)
    starts = _month_starts(as_of, months)
    first = int(world.clock.month_of(np.array([origin + 1]))[0])
    shipments, payments, opening = _assembled(documents, settled, world, numbers, fates, origin, int(starts[-1]) - 1)
    insured = _insured(simulation, place, rates, as_of, starts)
    year = Year(
        customer_id=ids,
        month_starts=starts,
        shipments=shipments,
        payments=payments,
        opening=opening,
        fates=fates,
        left=left,
        intensity=world.health.intensity[numbers, first : first + months],
        insured=insured,
    )
    return year, world


def redrawn_year(year: Year, world: World, *, as_of: date) -> Year:
    """Return ``year`` with the demand, payments and intensities of a redrawn world; who had failed stays so."""
    numbers = np.array([int(name[1:]) - 1 for name in year.customer_id])
    origin = (as_of - date(1970, 1, 1)).days
    months = len(year.month_starts) - 1
    rows = _world_rows(world, numbers, origin)
    shipments, payments, opening = _split(*rows, len(numbers), year.last_day)
    first = world.clock.warm_up
    gone = year.fates.failed <= 0
    alive = Fates(
        failed=np.where(gone, year.fates.failed, NEVER),
        delivered_until=np.where(gone, year.fates.delivered_until, NEVER),
        kind=np.where(gone, year.fates.kind, 0),
        lgd=np.where(gone, year.fates.lgd, np.nan),
    )
    return replace(
        year,
        shipments=shipments,
        payments=payments,
        opening=opening,
        fates=alive,
        left=np.where(year.left <= 0, year.left, NEVER),
        intensity=world.health.intensity[numbers, first : first + months],
    )


def _month_starts(as_of: date, months: int) -> Ints:
    return np.array([(months_after(as_of, k) - as_of).days + 1 for k in range(months + 1)], dtype=np.int64)


def _fates(world: World, numbers: Ints, origin: int) -> tuple[Fates, Ints]:
    known = world.outcomes.take(numbers)
    lives = known.failed == NEVER
    left = np.where(known.left == NEVER, NEVER, known.left - origin)
    return Fates(
        failed=np.where(lives, NEVER, known.failed - origin),
        delivered_until=np.where(lives, NEVER, known.deliveries_until - origin),
        kind=known.kind,
        lgd=known.lgd,
    ), left


def _rates(simulation: Simulation) -> pl.DataFrame:
    rates = simulation.tables["rates"].select("currency", pl.col("date").alias("rate_date"), "rate")
    return rates.sort("rate_date")


def _translated(rows: pl.DataFrame, rates: pl.DataFrame, day: str) -> pl.DataFrame:
    """Add ``rate``: units of the ledger's currency, as of ``day``; 1 for its own."""
    joined = rows.sort(day).join_asof(
        rates, left_on=day, right_on="rate_date", by="currency", strategy="backward", check_sortedness=False
    )
    return joined.with_columns(pl.col("rate").fill_null(1.0))


def _day(column: str, origin: int) -> pl.Expr:
    return (pl.col(column).cast(pl.Date).cast(pl.Int32) - origin).cast(pl.Int64)


def _documents(simulation: Simulation, place: pl.DataFrame, rates: pl.DataFrame, origin: int) -> pl.DataFrame:
    """Return every positive document: its shipment's key, day, amount in minor units of the ledger's currency."""
    again = simulation.tables["document_changes"].filter(pl.col("field") == "rebilled_as")["value"]
    documents = simulation.tables["documents"].filter(
        (pl.col("amount") > 0) & ~pl.col("document_id").is_in(again.to_list())
    )
    documents = _translated(documents, rates, "document_date").join(place, on="customer_id")
    return documents.select(
        "document_id",
        "customer",
        "kind",
        pl.coalesce("order_id", "document_id").alias("order"),
        _day("document_date", origin).alias("day"),
        _day("due_date", origin).alias("due"),
        (pl.col("amount") * pl.col("rate") * 100).round().cast(pl.Int64).alias("cents"),
        "rate",
    ).sort("customer", "day", "document_id")


def _settled(simulation: Simulation, documents: pl.DataFrame, origin: int) -> pl.DataFrame:
    """Return what each document is settled by: ``document_id, day, cents, cash``.

    Cash counts on the day of its receipt, at the earliest on the day after delivery, and net of what was taken back
    from the document; a bounced payment counts as not made. A credit note that was billed anew is no settlement: the
    new bill is paid for the old one.
    """
    changes = simulation.tables["document_changes"].filter(pl.col("field") == "rebilled_as")
    renamed = changes.select(to_document_id="value", old="document_id")
    applied = simulation.tables["applications"].join(renamed, on="to_document_id", how="left")
    rebilled = pl.col("to_document_id").is_in(renamed["old"].to_list()) & (pl.col("kind") == "credit_note")
    late = pl.col("from_id").is_null() & (pl.col("kind") == "reversal")
    applied = applied.filter(~rebilled & ~pl.col("kind").is_in(FAILED_ONLY) & ~late)
    receipts = simulation.tables["receipts"].select(from_id="receipt_id", received="date")
    applied = applied.join(receipts, on="from_id", how="left").with_columns(
        document_id=pl.coalesce("old", "to_document_id"),
        on=pl.coalesce("received", "applied_on"),
        cash=pl.col("kind").is_in(["payment", "reversal", "offset"]),
    )
    net = applied.group_by("document_id", "from_id", "on", "cash").agg(pl.col("amount").sum())
    joined = net.filter(pl.col("amount").abs() > 0.001).join(
        documents.select("document_id", "rate", shipped="day"), on="document_id"
    )
    return joined.select(
        "document_id",
        pl.max_horizontal(_day("on", origin), pl.col("shipped") + 1).alias("day"),
        (pl.col("amount") * pl.col("rate") * 100).round().cast(pl.Int64).alias("cents"),
        "cash",
    ).sort("document_id", "day", "cash", "cents")


def _assembled(
    documents: pl.DataFrame, settled: pl.DataFrame, world: World, numbers: Ints, fates: Fates, origin: int, last: int
) -> tuple[Shipments, Payments, Ints]:
    """Join the ledger's documents with those that a failure within the year cut off, and settle what it left open."""
    fails = (fates.failed > 0) & (fates.failed <= last)
    extra, paid = _world_rows(world, numbers, origin)
    lost = extra.filter(pl.Series(fails[extra["customer"].to_numpy()]))
    until = pl.Series(fates.delivered_until[lost["customer"].to_numpy()])
    cut_off = lost.filter(lost["day"] > until)
    delays = lost.join(paid.group_by("document_id").agg(pl.col("day").max().alias("paid")), on="document_id")
    delays = delays.select("customer", "due", delay=pl.col("paid") - pl.col("due")).sort("due")

    failed = pl.Series("failed", np.where(fails, fates.failed, NEVER)[documents["customer"].to_numpy()])
    kept = settled.join(documents.select("document_id", failed=failed), on="document_id").filter(
        pl.col("day") < pl.col("failed")
    )
    owed = documents.with_columns(failed).filter(pl.col("failed") < NEVER)
    owed = owed.join(kept.group_by("document_id").agg(done=pl.col("cents").sum()), on="document_id", how="left")
    owed = owed.with_columns(rest=pl.col("cents") - pl.col("done").fill_null(0)).filter(pl.col("rest") > 0)
    # A failed customer's open invoices would have been paid as late as its others that fell due about then.
    owed = owed.sort("due").join_asof(delays, on="due", by="customer", strategy="nearest", check_sortedness=False)
    stand_in = owed.select(
        "document_id",
        day=pl.max_horizontal(pl.col("due") + pl.col("delay").fill_null(0), "failed", pl.col("day") + 1),
        cents="rest",
        cash=pl.lit(True),
    )
    columns = ["document_id", "customer", "kind", "order", "day", "cents"]
    rows = pl.concat([documents.select(columns), cut_off.select(columns)])
    money = pl.concat(
        [kept.select(settled.columns), stand_in, paid.join(cut_off.select("document_id"), on="document_id")]
    )
    return _split(rows, money, len(numbers), last)


def _world_rows(world: World, numbers: Ints, origin: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return documents and payments of a world in the form of the ledger's; amounts in the ledger's currency."""
    place = np.full(len(world.accounts), -1, dtype=np.int64)
    place[numbers] = np.arange(len(numbers))
    sold, plan = world.documents, world.plan
    rate = world.rates[world.accounts.currency[sold.customer], world.clock.month_of(sold.day)]
    names = np.array([f"W{row}" for row in range(len(sold))])
    rows = pl.DataFrame(
        {
            "document_id": names,
            "customer": place[sold.customer],
            "kind": np.repeat("invoice", len(sold)),
            "order": np.array([f"W{row}" for row in sold.order]),
            "day": sold.day - origin,
            "due": sold.due - origin,
            "cents": np.round(sold.cents * rate).astype(np.int64),
        },
        schema_overrides={"document_id": pl.String, "order": pl.String},
    ).filter(pl.col("customer") >= 0)
    parts = [
        pl.DataFrame(
            {
                "document_id": names,
                "day": np.where(day < NEVER, day - origin, NEVER),
                "cents": np.round(cents * rate).astype(np.int64),
                "cash": np.repeat(cash, len(names)),
            },
            schema_overrides={"document_id": pl.String},
        )
        for day, cents, cash in (
            (plan.first, plan.first_cents, True),
            (plan.last, plan.last_cents, True),
            (plan.last, plan.discount_cents, False),
        )
    ]
    return rows, pl.concat(parts).filter(pl.col("cents") > 0)


def _split(rows: pl.DataFrame, money: pl.DataFrame, n: int, last: int) -> tuple[Shipments, Payments, Ints]:
    """Split documents and what settles them into opening balance and shipments of the year, whole cents throughout."""
    new = (pl.col("day") > 0) & (pl.col("day") <= last) & pl.col("kind").is_in(SHIPPED)
    shipped = rows.filter(new).with_columns(row=pl.struct("customer", "day", "order").rank("dense").cast(pl.Int64) - 1)
    merged = shipped.group_by("row").agg(pl.col("customer").first(), pl.col("day").first(), pl.col("cents").sum())
    merged = merged.sort("row")
    shipments = Shipments(*(merged[name].to_numpy().astype(np.int64) for name in ("customer", "day", "cents")))

    of_new = money.join(shipped.select("document_id", "customer", "row", whole="cents"), on="document_id")
    of_new = _within(of_new)
    old = rows.filter(pl.col("day") <= 0)
    of_old = money.join(old.select("document_id", "customer", whole="cents"), on="document_id")
    of_old = _within(of_old).with_columns(row=pl.lit(-1, pl.Int64))
    opening = np.zeros(n, dtype=np.int64)
    np.add.at(opening, old["customer"].to_numpy(), old["cents"].to_numpy())
    before = of_old.filter(pl.col("day") <= 0)
    np.subtract.at(opening, before["customer"].to_numpy(), before["cents"].to_numpy())
    later = pl.concat([of_new, of_old.filter(pl.col("day") > 0).select(of_new.columns)])
    later = later.filter(pl.col("day") < NEVER).sort("customer", "day", "row", "cents", "cash")
    customer, row, day, cents = (
        later[name].to_numpy().astype(np.int64) for name in ("customer", "row", "day", "cents")
    )
    payments = Payments(customer, row, day, cents, later["cash"].to_numpy())
    return shipments, payments, opening


def _within(money: pl.DataFrame) -> pl.DataFrame:
    """Cut what settles a document at its amount: translation and double payments may pass it."""
    money = money.sort("document_id", "day", "cash", "cents")
    before = pl.col("cents").cum_sum().over("document_id") - pl.col("cents")
    room = (pl.col("whole") - before).clip(lower_bound=0)
    cut = money.with_columns(cents=pl.min_horizontal("cents", room)).filter(pl.col("cents") != 0)
    return cut.drop("whole")


def _insured(simulation: Simulation, place: pl.DataFrame, rates: pl.DataFrame, as_of: date, starts: Ints) -> Floats:
    """Return what cover in force at each month's start pays at most (n, months), minor units; lapsed cover nothing."""
    cover = ranked_cover(simulation.tables["cover"])
    insured = np.zeros((place.height, len(starts) - 1))
    for month, start in enumerate(starts[:-1]):
        day = date.fromordinal(as_of.toordinal() + int(start))
        began = cover.filter(pl.col("valid_from") <= day)
        last = began.unique(["customer_id", "cover_id"], keep="last", maintain_order=True)
        force = last.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") >= day)).with_columns(day=pl.lit(day))
        force = _translated(force, rates, "day").join(place, on="customer_id")
        pays = force.select(
            "customer",
            pays=((pl.col("limit") * pl.col("insured_share") - pl.col("deductible").fill_null(0.0)) * pl.col("rate"))
            .clip(lower_bound=0)
            .mul(100)
            .round(),
        )
        np.add.at(insured[:, month], pays["customer"].to_numpy(), pays["pays"].to_numpy())
    return insured
