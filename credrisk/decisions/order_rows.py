"""The orders of a sitting as they are given: a file or a frame read, every value that breaks a rule named by its row.

Dates and amounts are read by the declared rules of the ledger's own readers. What could be read in two ways, such as
``03/04/2026`` or ``1,234`` where no other row of the column decides it, is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.errors import DataError
from credrisk.frames import as_polars
from credrisk.ledger.delimited import RAGGED, ROW, read_delimited
from credrisk.ledger.names import plain_name
from credrisk.ledger.parse_amounts import number_evidence, read_numbers
from credrisk.ledger.parse_dates import date_evidence, read_dates
from credrisk.ledger.parse_values import filled_text, read_ids

__all__ = ["ORDERS", "ORDERS_OPTIONAL", "order_rows", "read_orders"]

TABLE = "orders"
ORDERS = ("customer_id", "amount")
ORDERS_OPTIONAL = ("order_id", "delivery", "terms_days", "currency")
LONGEST_LINE = 1_000_000
REMEDIES = {
    "amount": "write amounts as 12000.00.",
    "delivery": "write dates as 2025-12-31.",
    "terms_days": "write the days of the terms as a whole number such as 30.",
}


def read_orders(path: Path) -> tuple[pl.DataFrame, list[str]]:
    """Return the orders of a CSV file as text, for :func:`order_rows`, and the headings that are not read.

    The separator (comma, semicolon, tab or bar) and the encoding are found as for the tables of a ledger.

    Raises
    ------
    DataError
        When the file is no table, lacks a column, or a line has more or fewer cells than the header.
    """
    wanted = (*ORDERS, *ORDERS_OPTIONAL)
    found = read_delimited(path, table=TABLE, known=frozenset(wanted), max_line_bytes=LONGEST_LINE)
    ragged = found.frame.filter(pl.col(RAGGED).is_not_null())
    if ragged.height:
        raise DataError(
            f"row {ragged[ROW][0]} of {path.name} has more or fewer cells than the header: {ragged[RAGGED][0]!r}.",
            table=TABLE,
            rows=ragged.height,
            remedy="put a value that holds the separator in quotation marks.",
        )
    cells = found.frame.drop(ROW, RAGGED)
    plain = [plain_name(name) for name in found.header]
    twice = sorted({name for name in plain if name in wanted and plain.count(name) > 1})
    if twice:
        raise DataError(f"{path.name} has a column twice.", table=TABLE, columns=twice, remedy="leave one of them out.")
    cells.columns = [name if name in wanted else f"other {place}" for place, name in enumerate(plain)]
    missing = [name for name in ORDERS if name not in cells.columns]
    if missing:
        raise DataError(
            f"columns are missing from {path.name}; found: {', '.join(found.header)}.",
            table=TABLE,
            columns=missing,
            remedy="name them in the first line; columns are parted by a comma, semicolon or tab.",
        )
    unread = [given for given, name in zip(found.header, plain, strict=True) if name not in wanted]
    return cells.select(name for name in wanted if name in cells.columns), unread


def order_rows(orders: Any, *, as_of: date, owners: Mapping[str, str], currency: str) -> pl.DataFrame:
    """Return ``customer_id, amount, order_id, delivery, terms_days`` of orders that keep the rules.

    Parameters
    ----------
    orders
        A frame; values may be text.
    owners
        The customer of every order of the order book.
    currency
        The ledger's: amounts are in it, and a row that states another is refused.

    Raises
    ------
    DataError
        When columns are missing or a value breaks a rule: it names the row, counted from 1 below the header, the
        column, the value and the remedy.
    """
    given = as_polars(orders, TABLE)
    missing = [name for name in ORDERS if name not in given.columns]
    if missing:
        raise DataError("columns are missing.", table=TABLE, columns=missing, remedy="add them.")
    absent = [pl.lit(None, pl.String).alias(name) for name in ORDERS_OPTIONAL if name not in given.columns]
    given = given.with_columns(absent).select(*ORDERS, *ORDERS_OPTIONAL)
    rows = pl.DataFrame(
        [
            read_ids(given["customer_id"], escaped=True).values.alias("customer_id"),
            _amounts(given["amount"]),
            read_ids(given["order_id"], escaped=True).values.alias("order_id"),
            _dates(given["delivery"]),
            _terms(given["terms_days"]),
        ]
    )
    owner = pl.col("order_id").replace_strict(owners, default=None, return_dtype=pl.String)
    above = (pl.col("amount") > 0) & pl.col("amount").is_finite()
    _refuse(rows, given, "customer_id", pl.col("customer_id").is_null(), "a customer is missing", "name the customer.")
    _refuse(rows, given, "amount", ~above.fill_null(False), "an amount is not above 0", REMEDIES["amount"])
    _refuse(
        rows, given, "terms_days", (pl.col("terms_days") < 0).fill_null(False), "terms are below 0", "write 0 or more."
    )
    _refuse(
        rows,
        given,
        "delivery",
        (pl.col("delivery") < as_of).fill_null(False),
        f"a delivery lies before {as_of}",
        "write the day on which it will be delivered, or leave it empty.",
    )
    foreign = filled_text(given["currency"]).str.to_uppercase() != currency
    _refuse(
        rows,
        given,
        "currency",
        pl.lit(foreign).fill_null(False),
        f"an amount is not in {currency}, the currency of the ledger",
        f"write all amounts in {currency}.",
    )
    twice = pl.col("order_id").is_duplicated() & pl.col("order_id").is_not_null()
    _refuse(rows, given, "order_id", twice, "an order stands twice", "leave one of its rows out.")
    strange = (owner != pl.col("customer_id")).fill_null(False)
    _refuse(rows, given, "order_id", strange, "an order is another customer's", "see whose order it is.")
    return rows


def _refuse(rows: pl.DataFrame, given: pl.DataFrame, column: str, fault: pl.Expr, problem: str, remedy: str) -> None:
    wrong = rows.select(fault.alias("wrong")).to_series()
    if wrong.any():
        _complain(given[column], wrong, problem, remedy)


def _complain(given: pl.Series, wrong: pl.Series, problem: str, remedy: str) -> None:
    places = wrong.arg_true()
    value = given[int(places[0])]
    raise DataError(
        f"{problem}: row {places[0] + 1}, column {given.name}, value {'(empty)' if value is None else repr(value)}.",
        table=TABLE,
        columns=(given.name,),
        rows=len(places),
        remedy=remedy,
    )


def _amounts(given: pl.Series) -> pl.Series:
    if given.dtype.is_numeric():
        return given.cast(pl.Float64).alias("amount")
    texts = filled_text(given)
    evidence = number_evidence(texts)
    if evidence.answer is None and evidence.undecided:
        both = texts.str.contains(r"^\D*\d{1,3}[.,]\d{3}\D*$").fill_null(False)
        _complain(given, both, "an amount can be read in two ways", REMEDIES["amount"])
    read = read_numbers(texts, decimal_comma=evidence.answer == 1)
    _unread(given, read["fault"].is_not_null(), "an amount cannot be read", "amount")
    return read["number"].cast(pl.Float64).alias("amount")


def _dates(given: pl.Series) -> pl.Series:
    if given.dtype == pl.Date or isinstance(given.dtype, pl.Datetime):
        return given.cast(pl.Date).alias("delivery")
    texts = filled_text(given)
    evidence = date_evidence(texts)
    read = read_dates(texts, month_first=evidence.answer == 1, workbook=False)
    if evidence.answer is None and evidence.undecided:
        both = (read["rule"] == "year_last").fill_null(False)
        _complain(given, both, "a date can be read in two ways", REMEDIES["delivery"])
    _unread(given, read["fault"].is_not_null(), "a date cannot be read", "delivery")
    return read["value"].alias("delivery")


def _terms(given: pl.Series) -> pl.Series:
    texts = filled_text(given).str.replace(r"\.0+$", "")
    days = texts.cast(pl.Int64, strict=False)
    _unread(given, texts.is_not_null() & days.is_null(), "terms cannot be read", "terms_days")
    return days.alias("terms_days")


def _unread(given: pl.Series, wrong: pl.Series, problem: str, column: str) -> None:
    if wrong.any():
        _complain(given, wrong, problem, REMEDIES[column])
