"""The data card of a simulated ledger: what it is, how it was made, and its key figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from credrisk.dates import month_end, months_after
from credrisk.wording import percent

if TYPE_CHECKING:
    from credrisk.simulate.simulator import Simulation

__all__ = ["BUCKETS", "KeyFigures", "ageing_by_month", "data_card", "key_figures"]

BUCKETS = {
    "not_due": (-100_000, 0),
    "past_due_1_30": (0, 30),
    "past_due_31_60": (30, 60),
    "past_due_61_90": (60, 90),
    "past_due_over_90": (90, 100_000),
}
"""Days past due above the first number, up to and including the second."""
OVER_90_LEAST, OVER_90_SHARE = 500.0, 0.01


@dataclass(frozen=True)
class KeyFigures:
    """What a credit manager would ask first about a ledger; shares are of one.

    Attributes
    ----------
    bad_debts
        Customers with an insolvency or a write-off in the books.
    bad_debts_a_year
        The same per account and year.
    over_90_customers
        Customers that at some month-end owe more than 500 and more than 1 % of their debit balance over 90 days past
        due, after unapplied cash and open credits (disputed items included).
    paid_late
        Share of the paid invoices whose last receipt came after the due date.
    not_due, past_due, over_90
        Medians over the month-ends of the share of the debit balance.
    dso_days
        Median over the month-ends from the third of net balance / invoiced in three months x days.
    """

    documents: int
    bad_debts: int
    bad_debts_a_year: float
    over_90_customers: int
    paid_late: float
    not_due: float
    past_due: float
    over_90: float
    dso_days: float


def ageing_by_month(simulation: Simulation) -> pl.DataFrame:
    """Return what each customer owes at each month-end by days past due.

    Returns
    -------
    polars.DataFrame
        ``customer_id, month_end``, the buckets of debit documents and ``unapplied`` (cash and open credit notes,
        positive), in the ledger's currency at the month-end's rate; rows only where something is open.
    """
    tables, ends = simulation.tables, _month_ends(simulation)
    moves, cash = _item_moves(tables), _cash_moves(tables)
    items = tables["documents"].select("document_id", "customer_id", "currency", "due_date")
    frames: list[pl.DataFrame] = []
    for end in ends:
        rates = tables["rates"].filter(pl.col("date") == end).select("currency", "rate")
        balance = moves.filter(pl.col("seen") <= end).group_by("document_id").agg(pl.col("cents").sum())
        aged = items.join(balance.filter(pl.col("cents") != 0), on="document_id").with_columns(
            days=(pl.lit(end) - pl.col("due_date")).dt.total_days()
        )
        free = cash.filter(pl.col("seen") <= end).select(
            "customer_id", "currency", cents=-pl.col("cents"), days=pl.lit(None, pl.Int64)
        )
        rows = pl.concat([aged.select("customer_id", "currency", "cents", "days"), free])
        money = pl.col("cents") / 100 * pl.col("rate").fill_null(1.0)
        debit = pl.col("days").is_not_null() & (pl.col("cents") > 0)
        sums = [
            money.filter(debit & (pl.col("days") > low) & (pl.col("days") <= high)).sum().alias(name)
            for name, (low, high) in BUCKETS.items()
        ]
        unapplied = (-money).filter(~debit).sum().alias("unapplied")
        by_customer = rows.join(rates, on="currency", how="left").group_by("customer_id").agg(*sums, unapplied)
        frames.append(by_customer.with_columns(month_end=pl.lit(end)))
    return pl.concat(frames).select("customer_id", "month_end", *BUCKETS, "unapplied").sort("customer_id", "month_end")


def _month_ends(simulation: Simulation) -> list[date]:
    first = month_end(date.fromisoformat(simulation.settings["covers_from"]))
    return [months_after(first, k) for k in range(int(simulation.parameters["months"]))]


def _cents(column: str) -> pl.Expr:
    return (pl.col(column) * 100).round().cast(pl.Int64)


def _item_moves(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return what raises and lowers each document, with the day from which it is in the books."""
    opened = tables["documents"].select("document_id", "recorded_at", _cents("amount").alias("cents"))
    applied = tables["applications"].with_columns(cents=_cents("amount"))
    lowered = applied.select("recorded_at", document_id="to_document_id", cents=-pl.col("cents"))
    used = applied.filter(pl.col("kind") == "credit_note").select("recorded_at", "cents", document_id="from_id")
    legs = pl.concat([leg.select("document_id", "recorded_at", "cents") for leg in (lowered, used)])
    known = opened.select("document_id", known="recorded_at")
    legs = legs.join(known, on="document_id").with_columns(seen=pl.max_horizontal("recorded_at", "known"))
    return pl.concat(
        [opened.select("document_id", "cents", seen="recorded_at"), legs.select("document_id", "cents", "seen")]
    )


def _cash_moves(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return what raises and lowers each customer's unapplied cash."""
    receipts = tables["receipts"].with_columns(cents=_cents("amount"))
    applied = tables["applications"].with_columns(cents=-_cents("amount"), other=-_cents("from_amount"))
    payer = receipts.select("customer_id", "currency", from_id="receipt_id")
    used = applied.join(payer, on="from_id").with_columns(cents=pl.coalesce("other", "cents"))
    columns = ["customer_id", "currency", "cents", "recorded_at"]
    return pl.concat([receipts.select(columns), used.select(columns)]).rename({"recorded_at": "seen"})


def key_figures(simulation: Simulation) -> KeyFigures:
    """Compute the key figures of a simulation from its tables alone."""
    tables = simulation.tables
    ageing = ageing_by_month(simulation)
    month = ageing.group_by("month_end").agg(pl.col(*BUCKETS, "unapplied").sum()).sort("month_end")
    debit = pl.sum_horizontal(*BUCKETS)
    median = month.select(
        not_due=(pl.col("not_due") / debit).median(),
        past_due=(1 - pl.col("not_due") / debit).median(),
        over_90=(pl.col("past_due_over_90") / debit).median(),
    ).row(0, named=True)
    over = pl.col("past_due_over_90") - pl.col("unapplied")
    late = ageing.filter((over > OVER_90_LEAST) & (over > OVER_90_SHARE * debit))
    bad = _bad_debts(tables)
    years = int(simulation.parameters["months"]) / 12
    return KeyFigures(
        documents=tables["documents"].height,
        bad_debts=bad,
        bad_debts_a_year=bad / tables["customers"].height / years,
        over_90_customers=late["customer_id"].n_unique(),
        paid_late=_paid_late(tables),
        dso_days=_dso(tables, month.with_columns(net=debit - pl.col("unapplied"))),
        **median,
    )


def _bad_debts(tables: Mapping[str, pl.DataFrame]) -> int:
    events = tables["credit_events"].filter(pl.col("kind").is_in(["insolvency", "write_off_decision"]))
    return events["customer_id"].n_unique()


def _paid_late(tables: Mapping[str, pl.DataFrame]) -> float:
    paid = (
        tables["applications"]
        .filter(pl.col("kind") == "payment")
        .join(tables["receipts"].select("date", from_id="receipt_id"), on="from_id")
    )
    last = paid.group_by(document_id="to_document_id").agg(pl.col("date").max())
    invoices = tables["documents"].filter(pl.col("kind") == "invoice").join(last, on="document_id")
    return float(invoices.select((pl.col("date") > pl.col("due_date")).mean()).item())


def _dso(tables: Mapping[str, pl.DataFrame], month: pl.DataFrame) -> float:
    rates = tables["rates"].select("currency", "rate", month_end="date")
    sales = (
        tables["documents"]
        .with_columns(month_end=pl.col("document_date").dt.month_end())
        .join(rates, on=["currency", "month_end"], how="left")
        .group_by("month_end")
        .agg(invoiced=(pl.col("amount") * pl.col("rate").fill_null(1.0)).sum())
    )
    days = (
        month.join(sales, on="month_end", how="left")
        .sort("month_end")
        .with_columns(
            quarter=pl.col("invoiced").rolling_sum(3), length=pl.col("month_end").dt.day().cast(pl.Int64).rolling_sum(3)
        )
    )
    return float(days.select((pl.col("net") / pl.col("quarter") * pl.col("length")).median()).item())


def data_card(simulation: Simulation) -> str:
    """Return the data card in Markdown: origin, command, rows, key figures, licence, known limits."""
    given, figures = simulation.parameters, key_figures(simulation)
    months, stated = int(given["months"]), simulation.settings
    arguments = [f"--customers {given['customers']}", f"--months {months}", f"--seed {given['seed']}"]
    arguments += [f"--start {given['start']}"] if given["start"] != DEFAULT_START else []
    arguments += [f"--currency {given['currency']}"] if given["currency"] != DEFAULT_CURRENCY else []
    if "scenario" in given:
        arguments += [f"--scenario {given['scenario']}", f"--change-month {given['change_month']}"]
    rows = [f"| `{name}` | {frame.height:,} |" for name, frame in simulation.tables.items()]
    truth = [f"| `truth/{name}.parquet` | {frame.height:,} |" for name, frame in simulation.truth.items()]
    failures = simulation.truth["outcomes"]["failed_on"].count()
    return CARD.format(
        customers=f"{int(given['customers']):,}",
        months=months,
        covers_from=stated["covers_from"],
        covers_to=stated["covers_to"],
        currency=given["currency"],
        arguments=" ".join(arguments),
        rows="\n".join(rows + truth),
        documents=f"{figures.documents:,}",
        bad_debts=figures.bad_debts,
        failures=failures,
        bad_debts_a_year=percent(figures.bad_debts_a_year, 1),
        over_90_customers=figures.over_90_customers,
        paid_late=percent(figures.paid_late),
        not_due=percent(figures.not_due, 1),
        past_due=percent(figures.past_due, 1),
        over_90=percent(figures.over_90, 2),
        dso_days=f"{figures.dso_days:.1f}",
    )


DEFAULT_START, DEFAULT_CURRENCY = "2023-01-01", "EUR"
CARD = """# Data card: an invented receivables ledger

The ledger of one invented seller with {customers} invented business customers over {months} months
({covers_from} to {covers_to}), reporting currency {currency}. **Nothing in it is real.** Every company, name, amount
and event was drawn at random; no row comes from, or was fitted to, the books of anybody. Names are coined words with
the account's number, made so that they cannot be taken for real firms.

Made by, and remade byte for byte (with the same version of credrisk and its libraries) by:

    credrisk simulate data/sample {arguments}

## Tables

| table | rows |
|---|---:|
{rows}

One CSV file per table in the form of an ERP export: UTF-8, ISO dates, money in major units with two decimals.
`settings.csv` states the currency and the days covered. Documents dated before the first day are the opening balance:
they carry the amount that was open then. Credit limits are in the reporting currency, all other money in the currency
of its row. `truth/` holds what no ledger shows (habit, latent health, true failure intensity, outcome); it is there to
measure models against and must never be used as an input.

## Key figures

| figure | value |
|---|---:|
| documents | {documents} |
| customers with an insolvency or a write-off in the books | {bad_debts} |
| the same per account and year | {bad_debts_a_year} |
| true failures, with those that owed nothing or are not yet in the books | {failures} |
| customers over 90 days past due at some month-end (above 500 and 1 %, net of unapplied) | {over_90_customers} |
| invoices paid late, of those paid | {paid_late} |
| not due, share of the debit balance, median month-end | {not_due} |
| past due | {past_due} |
| over 90 days past due | {over_90} |
| days sales outstanding, three months, median month-end | {dso_days} |

## How it works, in short

Each customer has a latent financial health: a mean-reverting state with a market factor and an industry factor. The
failure intensity is exponential in health, with a floor. Invoices are paid by habit, later as health falls, with
noise; orders fall and get erratic. A few big customers are slow by habit but safe. Disputes do not depend on health.
Collectors contact late payers every week, which brings payments forward; promises are kept or broken. Cash is
sometimes posted late, applied late, applied wrongly and corrected, returned by the bank, paid twice and refunded. Half
of the failures are insolvencies; in the other half the customer stops paying and is placed, then written off. A part
is recovered later.

## Where the numbers come from

The aims are published figures: medians of the Credit Research Foundation (days sales outstanding 38 to 39, 88 to 91 %
of the balance not due, 0.6 to 0.7 % over 91 days), of which the simulated seller falls a little short; what collection
agencies say is still collected of an account a year old (23 to 29 %; the mean recovery here is 25 %); placement with a
collector about 97 to 129 days past due. Bad debt is narrower than Dun & Bradstreet's definition of bad (10 % of the
money 91 or more days late, legal relief, or ceased without paying). The rate of failure and all that links payment to
health are credrisk's own judgement. Each parameter is in `docs/simulator.md`.

## Known limits

- Given health, failure comes without further warning: real customers often show more signs in their last weeks.
- Members of a group share part of their health, but parents neither support them nor pull them down.
- Credit limits do not hold back orders, and collectors do not stop deliveries; a customer that stops paying still
  orders for a few weeks.
- Health is constant within a month, the market factor is one path, and seasons are the same for all industries.
- Cover is recorded but no claims are paid.
- Rates of failure, lateness and loss are plausible, not estimated: do not quote them as facts on any market.

## Licence

The data in this folder are dedicated to the public domain under CC0-1.0.
"""
