"""`credrisk discounts`: which prompt-payment discounts customers took, whether they had earned them, what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite, PolicyPath
from credrisk.cli.public import policy_for

if TYPE_CHECKING:
    import polars as pl

__all__ = ["discounts_command"]

SHOWN = 15
SAYS = {
    "earned": "earned in time",
    "too_much": "above the terms",
    "late": "taken late",
    "unpaid": "not paid yet",
    None: "terms not known",
}
"""What a state means, in the order in which they are shown."""


def discounts_command(
    ledger: LedgerPath,
    as_of: AsOf = None,
    discount_rate: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--discount-rate",
            metavar="SHARE",
            help="The discount by the terms (0.02 is 2 %), of customers without the attribute discount_rate.",
            show_default=False,
        ),
    ] = None,
    discount_days: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--discount-days",
            metavar="DAYS",
            help="Days from the invoice within which it may be taken, of customers without the attribute "
            "discount_days.",
            show_default=False,
        ),
    ] = None,
    cost_of_funds: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--cost-of-funds",
            metavar="SHARE",
            help="What your own money costs a year (0.08 is 8 %). Default: the policy's.",
            show_default=False,
        ),
    ] = None,
    policy: PolicyPath = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="FILE", help="Write every discount here (CSV).", show_default=False),
    ] = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """List the prompt-payment discounts that customers took: earned or not, and what they cost you a year.

    A discount of 2 % for paying in 10 days instead of 30 buys 20 days for 2/98 of the money: 37 % a year. It pays only
    where your own money costs more, or where the customer would have paid much later than agreed. One taken after the
    window, or above the terms, is unearned: the rest of the invoice is still owed, and may be asked for.

    The terms are discount_rate and discount_days in the customer history (as on the day of the invoice), else the two
    options; without them there is no verdict, for what may be deducted stands in the contract.

    Example: credrisk discounts data/sample --as-of 2025-12-31 --discount-rate 0.02 --discount-days 10

    Example: credrisk discounts data/sample --discount-rate 0.03 --discount-days 14 --out discounts.csv
    """
    import polars as pl

    from credrisk.atomic import new_file, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import covered_day, read_known
    from credrisk.decisions.discount_earned import discounts_taken
    from credrisk.injection import harmless

    if out is not None:
        refuse_existing(out, overwrite)
    rules = policy_for(ledger, policy)
    funds = rules.economics.cost_of_funds if cost_of_funds is None else cost_of_funds
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        day = covered_day(read.settings, as_of)
        progress("Looking at the discounts", 0, 0)
        found = discounts_taken(
            read,
            as_of=day,
            cost_of_funds=funds,
            discount_rate=discount_rate,
            discount_days=discount_days,
            output="polars",
        )
    _print(found, day=day.isoformat(), funds=funds)
    if out is not None:
        texts = [harmless(column) for column, dtype in found.schema.items() if dtype == pl.String]
        with new_file(out, overwrite=overwrite) as draft:
            found.with_columns(texts).write_csv(draft)
        console.print(f"Written to {out}", markup=False)


def _print(found: pl.DataFrame, *, day: str, funds: float) -> None:
    import polars as pl

    from credrisk.cli.console import console, print_table
    from credrisk.wording import counted, money, percent

    if found.is_empty():
        console.print(f"No discount was taken by {day}.", markup=False)
        return
    sums = found.group_by("state", "currency").agg(
        pl.len().alias("documents"), pl.sum("discount"), pl.sum("unearned"), pl.col("annual_cost").median()
    )
    by_state = {name: place for place, name in enumerate(SAYS)}
    rows = [
        (
            SAYS[row["state"]],
            f"{row['documents']:,}",
            money(row["discount"], row["currency"]),
            "not known" if row["state"] is None else money(row["unearned"], row["currency"]),
            "" if row["annual_cost"] is None else percent(row["annual_cost"]),
        )
        for row in sorted(sums.iter_rows(named=True), key=lambda row: (row["currency"], by_state[row["state"]]))
    ]
    headings = ("discounts", "documents", "taken", "unearned", "cost a year")
    print_table(f"Discounts taken by {day}", headings, rows, right=(1, 2, 3, 4))
    owed = (
        found.filter(pl.col("unearned") > 0)
        .group_by("customer_id", "currency")
        .agg(pl.len().alias("documents"), pl.sum("unearned"))
        .sort("unearned", "customer_id", descending=[True, False])
    )
    if owed.height:
        more = f", the first {SHOWN} of {owed.height:,}" if owed.height > SHOWN else ""
        cells = [
            (row["customer_id"], f"{row['documents']:,}", money(row["unearned"], row["currency"]))
            for row in owed.head(SHOWN).iter_rows(named=True)
        ]
        title = f"Unearned discounts, the largest first{more}"
        print_table(title, ("customer", "documents", "unearned"), cells, right=(1, 2))
    priced = found.drop_nulls("annual_cost")
    if priced.height:
        console.print(
            f"Cost a year (median by line): what the discount is worth as interest on the days by which the money came "
            f"before the due date. {counted(priced.filter('pays').height, 'discount')} of {priced.height:,} cost less "
            f"than your own money at {percent(funds, 1)}.",
            markup=False,
        )
    unknown = found.filter(pl.col("state").is_null()).height
    if unknown:
        console.print(
            f"Note: the terms of {counted(unknown, 'discount')} are not known: give --discount-rate and "
            "--discount-days, or put both in the customer history.",
            style="yellow",
            markup=False,
        )
