"""What is open on a day and how long past due, tied out to documents less applications."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.rates import Rates
from credrisk.portfolio.keys import By, check_by, key_columns, keyed, seller_of
from credrisk.portfolio.open_items import open_cash, open_items, with_agreed_due_dates

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["aged_lines", "ageing", "bucket_names", "bucket_on", "column_of"]

Basis = Literal["due", "agreed"]


def bucket_names(edges: Sequence[int]) -> list[str]:
    """Return the columns of debit items: ``not_due``, ``past_due_1_30``, ..., ``past_due_over_90``."""
    if not edges or list(edges) != sorted(set(edges)) or edges[0] < 1:
        raise ParameterError("edges", "days from 1 in rising order, such as (30, 60, 90)", tuple(edges))
    lower = [1, *(edge + 1 for edge in edges[:-1])]
    return ["not_due", *(f"past_due_{a}_{b}" for a, b in zip(lower, edges, strict=True)), f"past_due_over_{edges[-1]}"]


def bucket_on(edges: Sequence[int], day: date) -> pl.Expr:
    """Return the bucket in which an item with something left above 0 and a ``due_date`` stands on a day."""
    names = bucket_names(edges)
    late = (pl.lit(day) - pl.col("due_date")).dt.total_days()
    place = pl.lit(names[-1])
    for edge, name in reversed(list(zip((0, *edges), names[:-1], strict=True))):
        place = pl.when(late <= edge).then(pl.lit(name)).otherwise(place)
    return place


def column_of(edges: Sequence[int], day: date) -> pl.Expr:
    """Return the column of the ageing to which an open item (``due_date, document_kind, amount``) belongs on a day."""
    return (
        pl.when(pl.col("amount") < 0)
        .then(pl.lit("open_credits"))
        .when(pl.col("document_kind") == "late_fee")
        .then(pl.lit("late_fees"))
        .otherwise(bucket_on(edges, day))
    )


@overload
def ageing(
    ledger: Ledger,
    *,
    as_of: date | str,
    by: By = ...,
    edges: Sequence[int] = ...,
    basis: Basis = ...,
    translate: bool = ...,
    output: Literal["pandas"] = ...,
) -> pd.DataFrame: ...
@overload
def ageing(
    ledger: Ledger,
    *,
    as_of: date | str,
    by: By = ...,
    edges: Sequence[int] = ...,
    basis: Basis = ...,
    translate: bool = ...,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def ageing(
    ledger: Ledger,
    *,
    as_of: date | str,
    by: By = "customer",
    edges: Sequence[int] = (30, 60, 90),
    basis: Basis = "due",
    translate: bool = True,
    output: str = "pandas",
) -> Any:
    """Return the open balance by days past due as it could be known at the end of a day.

    Parameters
    ----------
    as_of
        The day, inclusive; a posting dated or recorded later does not exist yet.
    by
        One row per customer, one for all (``portfolio``), or one per group (ultimate parent), country, industry,
        segment, collector or company of the seller, as known on the day (null where it is not). ``currency`` gives one
        row per currency, never translated.
    edges
        Last day of each bucket but the last. Due on the as-of date is not past due; 30 days past due lies in 1-30.
    basis
        ``due``: original due date. ``agreed``: the latest due date of ``document_changes`` known by then.
    translate
        Whether amounts are translated into the ledger's currency at the rate of the day; else one row per currency.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``customer_id, name, country``, ``group, name`` or the key (nothing for the portfolio), ``currency``, the
        buckets (what is left above 0 on items of every kind but fee notes), ``past_due`` (their sum but for
        ``not_due``), ``late_fees`` (what is left above 0 on fee notes for late payment, due or not), ``open_credits``
        (what is left below 0: credit notes, invoices paid twice), ``open_balance`` (buckets plus late fees plus
        credits), ``unapplied_cash`` (null without a table of receipts), ``net_balance`` (open balance less unapplied
        cash) and ``share_past_due`` (of all buckets; null where they are 0). Float64 major units; sorted; only what
        has an open item or unapplied cash.

    Raises
    ------
    DataError
        When an item's movements differ from its amount less its applications, or a receipt's from its amount less
        what was applied from it (a document or receipt twice, for instance); when a rate is missing; when an agreed
        due date is no date.
    ParameterError
        When ``by``, ``basis`` or ``edges`` break their rules.

    Notes
    -----
    Each column of a customer (and company, by ``seller_entity``) is translated and rounded to minor units by itself and
    totals are their sums, so the row adds up. Every way to split the balance but by company gives the same total.

    Examples
    --------
    >>> ageing(ledger, as_of="2025-12-31", by="portfolio", edges=(15, 30, 60))  # doctest: +SKIP
    """
    check_output(output)
    check_by(by)
    day, buckets = to_date(as_of), bucket_names(edges)
    if basis not in get_args(Basis):
        raise ParameterError("basis", f"one of {', '.join(get_args(Basis))}", basis)
    seen = ledger.cut(day)
    translated = translate and by != "currency"
    wide = aged_lines(seen, day=day, by=by, edges=edges, basis=basis, translate=translated)
    if translated:
        wide = wide.with_columns(currency=pl.lit(seen.settings.currency))
    keys = [*key_columns(by), "currency"]
    return given_out(_table(keyed(wide, seen, by), keys, buckets, cash=seen.has("receipts")), output)


def aged_lines(
    seen: Ledger, *, day: date, by: By, edges: Sequence[int] = (30, 60, 90), basis: Basis = "due", translate: bool
) -> pl.DataFrame:
    """Return what each customer owes in each currency by column of the ageing, in minor units.

    Columns ``customer_id, currency`` (and ``seller_entity`` where it is the key), the buckets, ``late_fees,
    open_credits, unapplied_cash`` as Int64; on request each of them is translated, by itself, into the ledger's
    currency (``currency`` still tells what it was in).
    """
    cash, items = open_cash(seen), open_items(seen)
    if basis == "agreed":
        items = with_agreed_due_dates(items, seen)
    line = ["customer_id", "currency"]
    if by == "seller_entity":
        line, cash, items = [*line, by], seller_of(cash, seen), seller_of(items, seen)
    amounts = pl.concat(
        [
            items.select(*line, "amount", column=column_of(edges, day)),
            cash.select(*line, "amount", column=pl.lit("unapplied_cash")),
        ]
    )
    columns = [*bucket_names(edges), "late_fees", "open_credits", "unapplied_cash"]
    wide = (
        amounts.group_by(line)
        .agg(pl.col("amount").filter(pl.col("column") == name).sum().alias(name) for name in columns)
        .sort(line, nulls_last=True)
    )
    if not translate:
        return wide
    rates, days = Rates(seen), pl.repeat(day, wide.height, dtype=pl.Date, eager=True).to_physical().to_numpy()
    codes = wide["currency"].to_numpy()
    return wide.with_columns(
        pl.Series(name, rates.translate_rows(wide[name].to_numpy(), codes, days)).cast(pl.Int64) for name in columns
    )


def _table(wide: pl.DataFrame, keys: list[str], buckets: list[str], *, cash: bool) -> pl.DataFrame:
    totals = (
        wide.group_by(keys)
        .agg(pl.sum(*buckets, "late_fees", "open_credits", "unapplied_cash"))
        .sort(keys, nulls_last=True)
    )
    table = totals.with_columns(
        past_due=pl.sum_horizontal(buckets[1:]), open_balance=pl.sum_horizontal(*buckets, "late_fees", "open_credits")
    ).with_columns(net_balance=pl.col("open_balance") - pl.col("unapplied_cash"))
    debits = pl.sum_horizontal(buckets)
    money = [*buckets, "past_due", "late_fees", "open_credits", "open_balance", "unapplied_cash", "net_balance"]
    shown = table.with_columns(share_past_due=pl.when(debits > 0).then(pl.col("past_due") / debits)).select(
        *keys, *(major_units(name, "currency") for name in money), "share_past_due"
    )
    return shown if cash else shown.with_columns(unapplied_cash=pl.lit(None, dtype=pl.Float64))
