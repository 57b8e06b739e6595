"""Customer by customer: the ageing by original and current due dates, and the books' balance where it was given."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from credrisk.ledger.money import EXPONENTS, major_units
from credrisk.portfolio.ageing import bucket_names, column_of
from credrisk.portfolio.reconciliation.control import EVERY_COMPANY, ControlAccount
from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed, noticed

__all__ = ["customer_balance_findings", "customer_balances", "given_balances"]

KEY = ("customer_id", "currency")


def customer_balances(
    day: Day, items: pl.DataFrame, *, accounts: Sequence[ControlAccount], edges: Sequence[int]
) -> pl.DataFrame:
    """Return one row a customer and currency with an open item, unapplied cash or a balance in the books.

    Parameters
    ----------
    items
        From :func:`~credrisk.portfolio.reconciliation.due_dates.with_current_due_dates`.

    Returns
    -------
    polars.DataFrame
        ``customer_id, name, currency``, the buckets, ``late_fees, open_credits, open_items, unapplied_cash,
        net_balance, past_due, past_due_current`` (by current due dates), ``in_the_books, difference`` (books less
        ledger; null where no balance of single customers was given for the currency), float64 major units, by customer.
    """
    columns = [*bucket_names(edges), "late_fees", "open_credits"]
    late = [name for name in columns if name.startswith("past_due")]
    aged = items.with_columns(place=column_of(edges, day.as_of))
    current = items.with_columns(due_date="current_due_date").with_columns(place=column_of(edges, day.as_of))
    sums = aged.group_by(KEY).agg(
        pl.col("amount").filter(pl.col("place") == name).sum().alias(name) for name in columns
    )
    younger = current.filter(pl.col("place").is_in(late)).group_by(KEY).agg(past_due_current=pl.col("amount").sum())
    books = given_balances(accounts).group_by(KEY).agg(in_the_books=pl.col("books").sum())
    whole = (
        day.balances.join(sums, on=KEY, how="left")
        .join(younger, on=KEY, how="left")
        .join(books, on=KEY, how="full", coalesce=True)
        .with_columns(pl.exclude(*KEY, "in_the_books").fill_null(0))
        .with_columns(past_due=pl.sum_horizontal(late), told=pl.col("currency").is_in(books["currency"].implode()))
        .with_columns(in_the_books=pl.when("told").then(pl.col("in_the_books").fill_null(0)))
        .with_columns(difference=pl.col("in_the_books") - pl.col("net_balance"))
    )
    money = [*columns, "open_items", "unapplied_cash", "net_balance", "past_due", "past_due_current"]
    names = day.seen.table("customers").select("customer_id", "name")
    return (
        whole.join(names, on="customer_id", how="left")
        .sort(*KEY)
        .select(
            *(KEY[0], "name", KEY[1]), *(major_units(n, "currency") for n in (*money, "in_the_books", "difference"))
        )
    )


def customer_balance_findings(day: Day, accounts: Sequence[ControlAccount]) -> list[Noticed]:
    """Return the customers whose balance in the books is not that of the ledger, company by company where told."""
    found = []
    for account in accounts:
        if not account.customers:
            continue
        mine = [
            frame.filter(
                pl.col("currency") == account.currency,
                pl.lit(account.company == EVERY_COMPANY) | (pl.col("company") == account.company),
            )
            for frame in (day.items, day.cash)
        ]
        owed = pl.concat(
            [mine[0].select("customer_id", "amount"), mine[1].select("customer_id", amount=-pl.col("amount"))]
        )
        books = pl.DataFrame(account.customers, schema={"customer_id": pl.String, "books": pl.Int64}, orient="row")
        both = (
            owed.group_by("customer_id")
            .agg(ledger=pl.col("amount").sum())
            .join(books, on="customer_id", how="full", coalesce=True)
            .with_columns(pl.col("ledger", "books").fill_null(0))
            .filter(pl.col("ledger") != pl.col("books"))
        )
        found.append(_rows(both, account))
    if not found:
        return []
    rows = pl.concat(found)
    return noticed(
        rows,
        "error",
        "customers",
        "customer_balance_differs",
        "balances of customers are others in the books than in the ledger; the money is the sum of the gaps without "
        "their signs.",
        remedy="compare the open items of these customers in the ERP with those of the export, those of the amount of "
        "the gap first.",
        stake="gap",
    )


def given_balances(accounts: Sequence[ControlAccount]) -> pl.DataFrame:
    """Return ``company, currency, customer_id, books`` (Int64 minor units) of the accounts given by customer."""
    rows = [(one.company, one.currency, *pair) for one in accounts for pair in one.customers]
    schema = {"company": pl.String, "currency": pl.String, "customer_id": pl.String, "books": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _rows(both: pl.DataFrame, account: ControlAccount) -> pl.DataFrame:
    places = EXPONENTS[account.currency]

    def said(name: str) -> pl.Expr:
        return pl.col(name).map_elements(lambda minor: f"{minor / 10**places:,.{places}f}", return_dtype=pl.String)

    gap = pl.col("books") - pl.col("ledger")
    place = "" if account.company == EVERY_COMPANY else f" in company {account.company}"
    note = pl.concat_str(pl.lit("books "), said("books"), pl.lit(", ledger "), said("ledger"), pl.lit(place))
    own = {
        "id": pl.col("customer_id"),
        "customer_id": pl.col("customer_id"),
        "date": pl.lit(None, pl.Date),
        "amount": gap,
        "currency": pl.lit(account.currency),
        "note": note,
    }
    return both.select(*(own[name].alias(name) for name in ROWS), gap.abs().alias("gap"))
