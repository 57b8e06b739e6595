"""Small simulations shared by the tests, and the canonical ledger made from one without the readers."""

from __future__ import annotations

from functools import cache

import polars as pl
from small_ledgers import ledger_of

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.tables import TABLES
from credrisk.simulate import Simulation, simulate_ledger


@cache
def small() -> Simulation:
    return simulate_ledger(customers=250, months=24, seed=3)


@cache
def large() -> Simulation:
    return simulate_ledger(customers=2000, months=36, seed=1)


def cents(column: str) -> pl.Expr:
    return (pl.col(column) * 100).round().cast(pl.Int64)


def canonical(simulation: Simulation) -> Ledger:
    tables = {
        name: frame.with_columns(cents(column) for column in TABLES[name].money if column in frame.columns).to_dicts()
        for name, frame in simulation.tables.items()
    }
    settings = simulation.settings
    return ledger_of(
        currency=settings["currency"],
        covers_from=settings["covers_from"],
        covers_to=settings["covers_to"],
        static=tuple(settings["static"].split(",")),
        **tables,
    )
