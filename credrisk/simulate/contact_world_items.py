"""What each account owes, in pieces that are paid on one day each if nobody asks for them after a given day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.simulate.accounts import draw_accounts
from credrisk.simulate.clock import NEVER, Clock, Flags, Ints, Rows, Streams
from credrisk.simulate.collection import Plan, collect, draw_dunning_stops, plan_payments, squeezes
from credrisk.simulate.disputes import Quarrels, draw_disputes, draw_rebates
from credrisk.simulate.failure import draw_outcomes
from credrisk.simulate.health import draw_health
from credrisk.simulate.rates import draw_rates
from credrisk.simulate.sales import DOCUMENT_KINDS, draw_sales
from credrisk.simulate.unbroken import World, surviving

if TYPE_CHECKING:
    from credrisk.simulate.simulator import Simulation

__all__ = ["Behind", "Pieces", "behind", "pieces_of"]

CREDIT = DOCUMENT_KINDS.index("credit_note")


@dataclass
class Pieces(Rows):
    """One row an amount that is paid on one day; days counted from 1970, money in minor units of the ledger's currency.

    A document is one piece, or two where it is paid in parts, and one more for what a dispute holds back.
    """

    customer: Ints
    document: Ints
    """Row of the document behind; -1 for what only the ledger knows (late fees)."""
    due: Ints
    known: Ints
    """Day from which the document is in the books."""
    cents: Ints
    day: Ints
    """Day of payment if nobody asks and the customer does not fail; NEVER where it had failed before."""
    disputed_from: Ints
    disputed_to: Ints
    """In dispute from the first day to the second (exclusive); NEVER where it is not disputed."""
    moves: Flags
    """Whether a contact can move it: not what waits for the end of a dispute, nor what is here and not yet posted."""


@dataclass(frozen=True)
class Behind:
    """What is true of a simulation, up to a day with its collection and after it without.

    Attributes
    ----------
    world
        Clock, accounts, health, outcomes (failures after the day included), rates; documents and the plan of payments
        when nobody is contacted after the day and nobody fails after it.
    meant
        The plan of payments had nobody ever been contacted.
    quarrels
        Disputes, and what is paid or credited after them.
    squeezed
        (customers, months) whether what falls due in the month waits until the customer can pay again.
    """

    world: World
    meant: Plan
    quarrels: Quarrels
    squeezed: Flags


def behind(simulation: Simulation, *, as_of: date) -> Behind:
    """Return the truth behind a simulation whose collection ends on the evening of ``as_of``.

    Raises
    ------
    ParameterError
        When the simulation ran under a scenario, or the day is not within it.
    """
    parameters = simulation.parameters
    if "scenario" in parameters:
        raise ParameterError("simulation", "one without a scenario", parameters["scenario"])
    clock = Clock.of(date.fromisoformat(parameters["start"]), int(parameters["months"]))
    day = (as_of - date(1970, 1, 1)).days
    if not clock.start <= day < clock.end:
        raise ParameterError("as_of", f"from {clock.day(clock.start)} to the day before {clock.day(clock.end)}", as_of)
    streams = Streams(int(parameters["seed"]))
    accounts = draw_accounts(streams("accounts"), customers=int(parameters["customers"]), clock=clock)
    health = draw_health(streams("health"), accounts, clock)
    outcomes = draw_outcomes(streams("outcomes"), accounts, health, clock)
    _, sold = draw_sales(streams("sales"), accounts, health, outcomes, clock)
    quarrels = draw_disputes(streams("disputes"), accounts, outcomes, sold)
    quarrels = draw_rebates(streams("rebates"), accounts, outcomes, quarrels, clock)
    documents = quarrels.documents
    meant = plan_payments(streams("payments"), accounts, health, documents, quarrels.held, clock)
    payments = streams("payments")
    payments.normal(size=len(documents))  # plan_payments draws these before it draws the squeezes
    squeezed = squeezes(payments, health) > 0
    stops = draw_dunning_stops(streams("dunning stops"), accounts, clock)
    alive = surviving(outcomes, as_of)
    until = replace(clock, end=day)
    plan, *_ = collect(streams("collection"), accounts, health, alive, documents, meant, stops, until)
    rates = draw_rates(streams("rates"), clock, parameters["currency"])
    return Behind(World(clock, accounts, health, outcomes, rates, documents, plan), meant, quarrels, squeezed)


def pieces_of(simulation: Simulation, truth: Behind, open_items: pl.DataFrame, *, as_of: date) -> Pieces:
    """Return the pieces of what is open on ``as_of`` and of every document that enters the books after it.

    Parameters
    ----------
    open_items
        What the ledger shows as open on the day: ``document_id`` and ``open`` (major units of the ledger's currency,
        above 0). No more than that is owed; what the truth says is paid already waits only for its posting.
    """
    world, day = truth.world, (as_of - date(1970, 1, 1)).days
    row, open_cents, unmatched = _matched(simulation, truth, open_items)
    known = world.documents.recorded <= day
    cap = np.where(known, 0, NEVER)
    cap = np.where(np.isin(np.arange(len(cap)), row), 0, cap)
    cap[row] = open_cents
    parts = _parts(truth, day)
    order = np.lexsort((parts.day, parts.document))
    parts = parts.take(order)
    before = _running(parts.document, parts.cents)
    cents = np.clip(cap[parts.document] - before, 0, parts.cents)
    parts.cents = cents
    owed = np.bincount(parts.document, cents, minlength=len(cap)).astype(np.int64)
    unposted = row[open_cents > owed[row]]
    here = _whole(truth, unposted, (open_cents - owed[row])[open_cents > owed[row]], day)
    return parts.take(cents > 0).plus(here, _unmatched(simulation, truth, unmatched, day))


def _matched(simulation: Simulation, truth: Behind, open_items: pl.DataFrame) -> tuple[Ints, Ints, pl.DataFrame]:
    """Return the row of each open document with its open minor units, and the open items without one."""
    documents = truth.world.documents
    key = ["customer", "day", "due", "recorded", "kind"]
    rows = pl.DataFrame({name: getattr(documents, name) for name in key}).with_row_index("row").cast(pl.Int64)
    rows = rows.with_columns(turn=pl.col("row").rank("ordinal").over(key).cast(pl.Int64))
    kinds = {name: code for code, name in enumerate(DOCUMENT_KINDS)}
    epoch = {"day": "document_date", "due": "due_date", "recorded": "recorded_at"}
    ledger = (
        simulation.tables["documents"]
        .with_columns(
            customer=pl.col("customer_id").str.slice(1).cast(pl.Int64) - 1,
            kind=pl.col("kind").replace_strict(kinds, return_dtype=pl.Int64),
            **{name: pl.col(column).cast(pl.Int32).cast(pl.Int64) for name, column in epoch.items()},
        )
        .with_columns(turn=pl.col("document_id").rank("ordinal").over(key).cast(pl.Int64))
    )
    found = open_items.join(
        ledger.select("document_id", *key, "turn"), on="document_id", how="left", maintain_order="left"
    ).join(rows, on=[*key, "turn"], how="left", maintain_order="left")
    cents = (pl.col("open") * 100).round().cast(pl.Int64)
    there = found.filter(pl.col("row").is_not_null()).with_columns(cents=cents)
    lost = found.filter(pl.col("row").is_null()).with_columns(cents=cents)
    return there["row"].to_numpy().astype(np.int64), there["cents"].to_numpy().astype(np.int64), lost


def _parts(truth: Behind, day: int) -> Pieces:
    """Return what is still to be paid in cash after ``day`` by the plan, in minor units of the ledger's currency."""
    world, quarrels = truth.world, truth.quarrels
    documents, plan, settled = world.documents, world.plan, quarrels.settlements
    rate = world.rates[world.accounts.currency[documents.customer], world.clock.month_of(np.full(len(documents), day))]
    row = np.arange(len(documents))
    never = np.full(len(row), NEVER)
    opened, resolved = never.copy(), never.copy()
    opened[quarrels.disputes.document] = quarrels.disputes.opened
    resolved[quarrels.disputes.document] = quarrels.disputes.resolved

    def pieces(which: Ints, cents: Ints, on: Ints, moves: bool) -> Pieces:
        return Pieces(
            customer=documents.customer[which],
            document=which,
            due=documents.due[which],
            known=documents.recorded[which],
            cents=np.round(cents * rate[which]).astype(np.int64),
            day=on,
            disputed_from=never[which] if moves else opened[which],
            disputed_to=never[which] if moves else resolved[which],
            moves=np.full(len(which), moves),
        )

    # What is paid in one sum stands in the plan as the last part; a first part of nothing drops out.
    main = pieces(row, plan.first_cents, plan.first, True).plus(pieces(row, plan.last_cents, plan.last, True))
    held = pieces(settled.document, settled.cents, settled.day, False)
    return main.plus(held).take(
        np.concatenate([main.cents > 0, held.cents > 0])
        & (np.concatenate([main.day, held.day]) > day)
        & (documents.kind[np.concatenate([main.document, held.document])] != CREDIT)
    )


def _running(group: Ints, cents: Ints) -> Ints:
    """Return the sum of the earlier rows of the same group; the rows are sorted by group."""
    total = np.cumsum(cents) - cents
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else np.zeros(0, dtype=np.int64)
    return np.asarray(total - np.repeat(total[first], np.diff(np.r_[first, len(group)])))


def _whole(truth: Behind, row: Ints, cents: Ints, day: int) -> Pieces:
    """Return pieces that are paid on ``day`` itself: they are here and wait for their posting."""
    documents, never = truth.world.documents, np.full(len(row), NEVER)
    paid = np.full(len(row), day)
    return Pieces(
        documents.customer[row],
        row,
        documents.due[row],
        documents.recorded[row],
        cents,
        paid,
        never,
        never.copy(),
        np.zeros(len(row), dtype=bool),
    )


def _unmatched(simulation: Simulation, truth: Behind, lost: pl.DataFrame, day: int) -> Pieces:
    """Return what only the ledger knows, paid on the day on which the simulated ledger sees it closed."""
    applied = simulation.tables["applications"].select("applied_on", document_id="to_document_id")
    closes = (
        applied.filter(pl.col("applied_on").cast(pl.Int32) > day)
        .group_by("document_id")
        .agg(paid=pl.col("applied_on").max().cast(pl.Int32).cast(pl.Int64))
    )
    rows = lost.join(closes, on="document_id", how="left", maintain_order="left")
    size, customer = rows.height, rows["customer"].to_numpy().astype(np.int64)
    gone = truth.world.outcomes.failed[customer] <= day
    paid = np.where(gone, NEVER, rows["paid"].fill_null(NEVER).to_numpy())
    never = np.full(size, NEVER)
    return Pieces(
        customer,
        np.full(size, -1),
        rows["due"].to_numpy().astype(np.int64),
        rows["recorded"].to_numpy().astype(np.int64),
        rows["cents"].to_numpy().astype(np.int64),
        paid.astype(np.int64),
        never,
        never.copy(),
        np.zeros(size, dtype=bool),
    )
