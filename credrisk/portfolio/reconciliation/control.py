"""The balances of the control accounts as the general ledger states them: given by amount or read from a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.delimited import RAGGED, read_delimited
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.names import plain_name
from credrisk.ledger.parse_amounts import number_evidence, read_numbers, to_minor
from credrisk.ledger.parse_values import filled_text

__all__ = ["EVERY_COMPANY", "EVERY_CURRENCY", "ControlAccount", "control_accounts", "read_control_accounts"]

EVERY_CURRENCY = "all"
"""A balance in the ledger's currency that stands for what is owed in every currency."""
EVERY_COMPANY = "all"
COLUMNS = ("company", "currency", "account", "customer_id", "amount")
_LINE_BYTES = 1_000_000


@dataclass(frozen=True)
class ControlAccount:
    """The balance of the control account(s) of one company and currency.

    Attributes
    ----------
    amount
        Minor units; what customers owe is positive.
    currency
        ISO 4217, or :data:`EVERY_CURRENCY`: then the amount is in the ledger's currency.
    company
        As in ``seller_entity``, or :data:`EVERY_COMPANY`.
    account
        Its number or name, for the report.
    customers
        Where the balance was given by customer: (customer number, minor units), one pair a customer.
    """

    amount: int
    currency: str
    company: str = EVERY_COMPANY
    account: str = ""
    customers: tuple[tuple[str, int], ...] = ()


def control_accounts(given: Iterable[str], *, currency: str) -> tuple[ControlAccount, ...]:
    """Read balances as they are typed: ``1234.56``, ``USD=1234.56``, ``1000/USD=1234.56``, ``all=1234.56`` or a file.

    Raises
    ------
    ParameterError
        When one is neither an amount nor a file that is there.
    DataError
        As :func:`read_control_accounts`; when a company stands beside a total of all companies.
    """
    found: list[ControlAccount] = []
    for text in given:
        if Path(text).is_file():
            found += read_control_accounts(text, currency=currency)
            continue
        place, _, amount = text.rpartition("=")
        company, _, code = place.rpartition("/")
        cells = (company or None, code or None, None, None, amount)
        frame = pl.DataFrame([cells], schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
        rule = "a file (CSV) or an amount such as 1234.56, USD=1234.56, 1000/USD=1234.56 or all=1234.56"
        try:
            found += _accounts(frame, currency=currency, comma=False)
        except DataError:
            raise ParameterError("control_account", rule, text) from None
    return _summed(found)


def read_control_accounts(path: str | PathLike[str], *, currency: str) -> tuple[ControlAccount, ...]:
    """Read balances from a CSV file with the column ``amount`` and others where they matter.

    These are ``company, currency, account`` and ``customer_id`` (a debtors' trial balance: a row a customer). The
    currency is the ledger's where the cell is empty, and ``all`` for a balance of every currency stated in the
    ledger's. Several rows of one company and currency are added up.

    Raises
    ------
    DataError
        When it cannot be read, has no column ``amount``, a cell is no amount or no currency, or the amounts can be
        read with a decimal point and with a decimal comma.
    """
    table = read_delimited(Path(path), table="control accounts", known=frozenset(COLUMNS), max_line_bytes=_LINE_BYTES)
    places = {plain_name(name): str(place) for place, name in enumerate(table.header)}
    ragged = table.frame.filter(pl.col(RAGGED).is_not_null())
    if "amount" not in places or ragged.height:
        raise DataError(
            f"{Path(path).name} has no column amount."
            if "amount" not in places
            else "lines have more or fewer cells than the header.",
            table="control accounts",
            rows=ragged.height or None,
            remedy=f"write it as CSV with the columns {', '.join(COLUMNS)}; all but amount may be left out.",
        )
    nothing = pl.lit(None, pl.String)
    frame = table.frame.select(
        (filled_text(table.frame[places[name]]) if name in places else nothing).alias(name) for name in COLUMNS
    ).filter(pl.any_horizontal(pl.all().is_not_null()))
    proof = number_evidence(frame["amount"])
    if proof.answer is None and (proof.undecided or proof.first):
        raise DataError(
            "amounts such as 1,234 can be read in two ways; nothing in the file decides.",
            table="control accounts",
            columns=["amount"],
            rows=frame.height,
            remedy="write them with two decimals.",
        )
    return _summed(_accounts(frame, currency=currency, comma=proof.answer == 1))


def _accounts(frame: pl.DataFrame, *, currency: str, comma: bool) -> list[ControlAccount]:
    code = pl.col("currency").fill_null(currency).str.strip_chars()
    every = code.str.to_lowercase() == EVERY_CURRENCY
    named = frame.with_columns(
        currency=pl.when(every).then(pl.lit(EVERY_CURRENCY)).otherwise(code.str.to_uppercase()),
        company=pl.col("company").str.strip_chars().fill_null(EVERY_COMPANY),
        account=pl.col("account").fill_null(""),
    )
    unknown = named.filter(~pl.col("currency").is_in([*EXPONENTS, EVERY_CURRENCY]))
    if unknown.height:
        raise _wrong("a currency is not in ISO 4217", "currency", unknown, "write it as in EUR, or all.")
    counted_in = pl.col("currency").replace({EVERY_CURRENCY: currency})
    read = pl.concat([named, read_numbers(named["amount"], decimal_comma=comma)], how="horizontal")
    minor, fault = to_minor(pl.col("milli"), counted_in)
    read = read.with_columns(minor=minor, fault=pl.coalesce("fault", fault))
    wrong = read.filter(pl.col("fault").is_not_null() | pl.col("minor").is_null())
    if wrong.height:
        raise _wrong("an amount cannot be read", "amount", wrong, "write it as in 1234.56.")
    other = read.filter(pl.col("said").is_not_null() & (pl.col("said") != counted_in))
    if other.height:
        raise _wrong("an amount names another currency than its row", "amount", other, "make them agree.")
    mixed = read.filter(pl.col("customer_id").is_not_null(), pl.col("currency") == EVERY_CURRENCY)
    if mixed.height:
        raise _wrong("a customer's balance is of every currency", "customer_id", mixed, "state each currency.")
    rows = read.select("minor", "currency", "company", "account", "customer_id").iter_rows()
    return [
        ControlAccount(amount, code, company, account, () if customer is None else ((customer, amount),))
        for amount, code, company, account, customer in rows
    ]


def _wrong(problem: str, column: str, rows: pl.DataFrame, remedy: str) -> DataError:
    ids = [text or "(empty)" for text in rows[column].to_list()]
    return DataError(
        f"{problem}.", table="control accounts", columns=[column], rows=rows.height, ids=ids, remedy=remedy
    )


def _summed(accounts: Sequence[ControlAccount]) -> tuple[ControlAccount, ...]:
    """Add up the accounts of a company and currency; a total beside its parts would count them twice."""
    sums: dict[tuple[str, str], list[ControlAccount]] = {}
    for account in accounts:
        sums.setdefault((account.company, account.currency), []).append(account)
    totals = [("currency", {code for _, code in sums})]
    totals += [("company", {company for company, code in sums if code == each}) for _, each in sums]
    for name, among in totals:
        if "all" in among and len(among) > 1:
            others = sorted(among - {"all"})
            raise DataError(
                f"a balance for every {name} stands beside balances of single ones ({', '.join(others[:5])}).",
                table="control accounts",
                columns=[name],
                remedy=f"give either the total or each {name}.",
            )
    for (company, currency), parts in sums.items():
        if len({bool(part.customers) for part in parts}) > 1:
            raise DataError(
                f"some balances of {company}/{currency} name a customer and others do not.",
                table="control accounts",
                columns=["customer_id"],
                remedy="name the customer in every row, or in none.",
            )
    return tuple(
        ControlAccount(
            sum(part.amount for part in parts),
            currency,
            company,
            " + ".join(dict.fromkeys(part.account for part in parts if part.account)),
            _by_customer(parts),
        )
        for (company, currency), parts in sorted(sums.items())
    )


def _by_customer(parts: Sequence[ControlAccount]) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for customer, amount in (pair for part in parts for pair in part.customers):
        sums[customer] = sums.get(customer, 0) + amount
    return tuple(sorted(sums.items()))
