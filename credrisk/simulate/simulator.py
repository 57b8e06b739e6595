"""Simulate the receivables ledger of one seller, with the truth beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path

import numpy as np
import polars as pl

from credrisk.atomic import new_folder
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.tables import TABLES
from credrisk.progress import Progress, silent
from credrisk.simulate.accounts import CURRENCIES, HABITS, Accounts, draw_accounts
from credrisk.simulate.books import close_books
from credrisk.simulate.cash import book_cash
from credrisk.simulate.clock import Clock, Streams
from credrisk.simulate.collection import collect, draw_dunning_stops, plan_payments
from credrisk.simulate.deductions import charge_late_fees, pay_short
from credrisk.simulate.disputes import draw_disputes, draw_rebates
from credrisk.simulate.export import Books
from credrisk.simulate.failure import FAILURE_KINDS, Outcomes, draw_outcomes
from credrisk.simulate.health import Health, draw_health
from credrisk.simulate.limits import draw_cover, draw_history
from credrisk.simulate.market import draw_market
from credrisk.simulate.names import company_names
from credrisk.simulate.rates import draw_rates
from credrisk.simulate.sales import draw_sales
from credrisk.simulate.scenarios import Scenario, draw_scenario
from credrisk.simulate.statements import draw_events, draw_facts
from credrisk.simulate.write_off import post_failures

__all__ = ["Simulation", "simulate_ledger"]

STAGES = 6


@dataclass(frozen=True)
class Simulation:
    """A simulated ledger and what was true behind it.

    Attributes
    ----------
    tables
        Polars frames by table name in the form of an ERP export: money as float64 major units, two decimals.
    truth
        ``customers`` (habit and loadings), ``health`` (customer and month, while it is a customer: health, true
        failure intensity a month, market factor) and ``outcomes`` (failure, its kind, true loss given default,
        departure); under a scenario also ``changes`` (what changed, from when, for whom: a null customer is
        everybody). None of it is in ``tables``.
    settings
        What the ledger states about itself, by key.
    parameters
        The arguments that make it again.
    """

    tables: Mapping[str, pl.DataFrame]
    truth: Mapping[str, pl.DataFrame]
    settings: Mapping[str, str]
    parameters: Mapping[str, str]

    def settings_table(self) -> pl.DataFrame:
        """Return the settings as the ledger's optional table ``settings`` (key, value)."""
        return pl.DataFrame({"key": list(self.settings), "value": list(self.settings.values())})

    def ledger(self) -> Ledger:
        """Return the tables read as a ledger."""
        return Ledger.read({**self.tables, "settings": self.settings_table()})

    def write(self, folder: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the tables as CSV, ``settings.csv``, a data card ``README.md``, and ``truth/`` as Parquet below.

        The folder appears whole or not at all.

        Raises
        ------
        ParameterError
            When the folder exists, is not empty, and ``overwrite`` is false.
        """
        from credrisk.simulate.card import data_card

        card = data_card(self)
        with new_folder(folder, overwrite=overwrite) as draft:
            for name, frame in self.tables.items():
                frame.write_csv(draft / f"{name}.csv", float_precision=2 if TABLES[name].money else None)
            self.settings_table().write_csv(draft / "settings.csv")
            (draft / "README.md").write_bytes(card.encode("utf-8"))
            self._write_truth(draft / "truth")

    def _write_truth(self, folder: Path) -> None:
        folder.mkdir()
        for name, frame in self.truth.items():
            frame.write_parquet(folder / f"{name}.parquet", compression="zstd")


def simulate_ledger(
    *,
    customers: int = 600,
    months: int = 36,
    start: date = date(2023, 1, 1),
    seed: int = 1,
    currency: str = "EUR",
    scenario: str = "none",
    change_month: int | None = None,
    progress: Progress = silent,
) -> Simulation:
    """Simulate a ledger with known truth.

    Customers have a latent financial health that drives failures, payment delays and orders; collectors, disputes,
    late and wrong postings blur what the books show of it. Given health, everything else is independent of failure
    until the day of failure, so the true intensity is a fair bound for any model.

    Parameters
    ----------
    customers
        Accounts in all, at least 50; about one in seven opens within the months.
    months
        Covered months, at least 12.
    start
        First covered day, the first of a month.
    seed
        The same seed gives the same tables, byte for byte. Each part has its own random stream.
    currency
        The ledger's currency: EUR, GBP or USD. About 8 % of customers are invoiced in one of the other two.
    scenario
        What changes on the way: ``none``; ``recession`` (the market factor is pulled down); ``policy_change`` (shorter
        terms and tighter limits for old and new accounts, more contacts); ``new_segment`` (new accounts of a weaker
        and later kind). See :mod:`credrisk.simulate.scenarios`.
    change_month
        Covered month (1 is the first) on whose first day it begins; None is two thirds of the way.

    Raises
    ------
    ParameterError
        When a parameter is outside its range.
    """
    _check(customers, months, start, seed, currency)
    clock, streams = Clock.of(start, months), Streams(seed)
    progress("customers", 0, STAGES)
    accounts = draw_accounts(streams("accounts"), customers=customers, clock=clock)
    change, accounts = draw_scenario(streams("scenario"), scenario, accounts, clock, change_month=change_month)
    health = draw_health(streams("health"), accounts, clock, pull=change.pull if scenario == "recession" else None)
    outcomes = draw_outcomes(streams("outcomes"), accounts, health, clock)
    rates = draw_rates(streams("rates"), clock, currency)
    ids = np.array([f"C{number:0{len(str(customers))}d}" for number in range(1, customers + 1)])

    progress("orders and invoices", 1, STAGES)
    orders, sold = draw_sales(streams("sales"), accounts, health, outcomes, clock)
    quarrels = draw_disputes(streams("disputes"), accounts, outcomes, sold)
    quarrels = draw_rebates(streams("rebates"), accounts, outcomes, quarrels, clock)

    progress("payments and collection", 2, STAGES)
    documents = quarrels.documents
    meant = plan_payments(streams("payments"), accounts, health, documents, quarrels.held, clock)
    stops = draw_dunning_stops(streams("dunning stops"), accounts, clock)
    plan, contacts, promises, extensions = collect(
        streams("collection"),
        accounts,
        health,
        outcomes,
        documents,
        meant,
        stops,
        clock,
        tighter=None if change.quiet_days is None else (change.begins, change.quiet_days),
    )
    plan, short, later, deductions = pay_short(streams("short payments"), accounts, outcomes, documents, plan)
    with_fees, fees_paid, fees_waived = charge_late_fees(streams("late fees"), accounts, outcomes, documents, plan)
    plan = plan.extended(len(with_fees))

    progress("cash", 3, STAGES)
    receipts, applications = book_cash(
        streams("cash"),
        accounts,
        outcomes,
        with_fees,
        plan,
        quarrels.settlements.plus(later, fees_paid),
        quarrels.credit_notes.plus(fees_waived),
        rates,
        clock,
    )
    credit_events, receipts, applications = post_failures(
        streams("failures"), accounts, outcomes, with_fees, plan, receipts, applications.plus(deductions)
    )

    progress("credit file", 4, STAGES)
    books = Books(
        clock=clock,
        currency=currency,
        ids=ids,
        names=company_names(streams("names"), accounts.industry),
        accounts=accounts,
        orders=orders,
        documents=with_fees,
        receipts=receipts,
        applications=applications,
        disputes=quarrels.disputes.plus(short),
        rebilled=quarrels.rebilled,
        extensions=extensions,
        contacts=contacts,
        promises=promises,
        credit_events=credit_events,
        cover=draw_cover(streams("cover"), accounts, health, outcomes, clock),
        rates=rates,
        history=draw_history(streams("history"), accounts, health, outcomes, with_fees, stops, ids, clock, change),
        facts=draw_facts(streams("statements"), accounts, health, outcomes, clock),
        events=draw_events(streams("notices"), accounts, health, outcomes, clock),
        market=draw_market(streams("market"), accounts, health, clock),
    )
    progress("books", 5, STAGES)
    tables = close_books(books)
    settings = {
        "currency": currency,
        "covers_from": clock.day(clock.start).isoformat(),
        "covers_to": clock.day(clock.end).isoformat(),
        "extracted_on": clock.day(clock.end).isoformat(),
        "static": "industry,seller_entity",
    }
    parameters = {
        "customers": str(customers),
        "months": str(months),
        "start": start.isoformat(),
        "seed": str(seed),
        "currency": currency,
    }
    if scenario != "none":
        parameters |= {"scenario": scenario, "change_month": str(change_month or 2 * months // 3 + 1)}
    truth = _truth(ids, accounts, health, outcomes, clock)
    if scenario != "none":
        truth["changes"] = _changes(ids, change)
    progress("done", STAGES, STAGES)
    return Simulation(tables, truth, settings, parameters)


def _check(customers: int, months: int, start: date, seed: int, currency: str) -> None:
    if customers < 50:
        raise ParameterError("customers", "at least 50", customers)
    if months < 12:
        raise ParameterError("months", "at least 12", months)
    if start.day != 1 or start.year < 1980:
        raise ParameterError("start", "the first day of a month, 1980 or later", start.isoformat())
    if seed < 0:
        raise ParameterError("seed", "a whole number from 0", seed)
    if currency not in CURRENCIES:
        raise ParameterError("currency", f"one of {', '.join(CURRENCIES)}", currency)


def _changes(ids: np.ndarray, change: Scenario) -> pl.DataFrame:
    """Return what the scenario changed, a null customer for everybody."""
    return change.changes.select(
        pl.col("starts").cast(pl.Int32).cast(pl.Date).alias("starts_on"),
        "what",
        pl.Series("customer_id", [ids[k] if k >= 0 else None for k in change.changes["customer"]], dtype=pl.String),
        "before",
        "after",
    )


def _truth(
    ids: np.ndarray, accounts: Accounts, health: Health, outcomes: Outcomes, clock: Clock
) -> dict[str, pl.DataFrame]:
    """Return what was true, for the covered months and from each customer's opening."""
    opened = pl.Series(accounts.opened).cast(pl.Int32).cast(pl.Date)
    customers = pl.DataFrame(
        {
            "customer_id": ids,
            "opened_on": opened,
            "habit": [HABITS[k] for k in accounts.habit],
            "habit_days": accounts.habit_days.round(2),
            "mean_health": accounts.mean_health.round(4),
            "market_loading": accounts.market_loading.round(4),
            "dispute_rate": accounts.dispute_rate.round(4),
            "orders_a_month": accounts.orders_a_month.round(4),
        },
        schema_overrides={"customer_id": pl.String},
    )
    kept = slice(clock.warm_up, None)
    months = clock.months - clock.warm_up
    path = pl.DataFrame(
        {
            "customer_id": np.repeat(ids, months),
            "month_end": np.tile(clock.month_ends[kept], len(ids)),
            "health": health.health[:, kept].ravel().round(3),
            "intensity": health.intensity[:, kept].ravel().round(6),
            "factor": np.tile(health.market[kept].round(4), len(ids)),
        },
        schema_overrides={"customer_id": pl.String},
    ).with_columns(pl.col("month_end").cast(pl.Int32).cast(pl.Date))
    gone = np.repeat(np.minimum(outcomes.failed, outcomes.left), months)
    alive = (path["month_end"].to_numpy() >= np.repeat(opened.to_numpy(), months)) & (
        np.tile(clock.month_starts[:-1][kept], len(ids)) <= gone
    )
    path = path.filter(pl.Series(alive))
    day = {"failed_on": outcomes.failed, "left_on": outcomes.left}
    ends = pl.DataFrame(
        {
            "customer_id": ids,
            "kind": [FAILURE_KINDS[k] or None for k in outcomes.kind],
            "lgd": outcomes.lgd.round(4),
            **day,
        },
        schema_overrides={"customer_id": pl.String, "kind": pl.String},
    ).select(
        "customer_id",
        *(pl.when(pl.col(c) <= clock.end).then(pl.col(c)).cast(pl.Int32).cast(pl.Date).alias(c) for c in day),
        "kind",
        pl.col("lgd").fill_nan(None),
    )
    return {"customers": customers, "health": path, "outcomes": ends}
