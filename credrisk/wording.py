"""How figures read in sentences and cells: money, days, shares, dates."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

from credrisk.ledger.money import EXPONENTS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["counted", "exact_amount", "hosts_only", "in_words", "money", "percent", "times_or_percent"]


def money(amount: float | None, currency: str) -> str:
    """Write an amount in major units: ``12,345 EUR``; decimals only below 100."""
    if amount is None or math.isnan(amount):
        return "not measured"
    decimals = EXPONENTS.get(currency, 2) if abs(amount) < 100 and amount != round(amount) else 0
    text = f"{amount:,.{decimals}f}"
    return f"{text.removeprefix('-') if float(text.replace(',', '')) == 0 else text} {currency}"


def exact_amount(amount: float, currency: str) -> str:
    """Write an amount in major units with every decimal of its currency: ``1,234.50``, in JPY ``1,235``."""
    return f"{amount:,.{EXPONENTS.get(currency, 2)}f}"


def percent(share: float | None, decimals: int = 0) -> str:
    """Write a share of one as a percentage: ``12 %``; no zero has a minus."""
    if share is None or math.isnan(share):
        return "not measured"
    return f"{round(100 * share, decimals) + 0.0:.{decimals}f} %"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun: ``1 customer``, ``1,204 customers``; ``plural`` where it takes more than an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def times_or_percent(ratio: float) -> str:
    """Write how much more or less than one a ratio is: ``12 % less than``, ``12 % more than``, ``15 times as much as``.

    From three times on a percentage would have to be read twice; ``as much as`` where it reads as no change.
    """
    change = ratio - 1
    if abs(change) < 0.005:
        return "as much as"
    if ratio >= 3:
        return f"{ratio:.0f} times as much as" if ratio >= 10 else f"{ratio:.1f} times as much as"
    return f"{percent(abs(change))} {'more' if change > 0 else 'less'} than"


def in_words(value: float | date | None, unit: str, currency: str = "") -> str:
    """Write a value with its unit as the catalogue names it (money in major units)."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "not measured"
    if isinstance(value, date):
        return value.isoformat()
    if unit == "money":
        return money(value, currency)
    if unit == "share":
        return percent(value)
    if unit in {"days", "months", "count"}:
        singular = abs(round(value)) == 1
        name = "" if unit == "count" else (f" {unit[:-1]}" if singular else f" {unit}")
        return f"{value:,.0f}{name}"
    return f"{value:,.2f}"


def hosts_only(text: pl.Expr) -> pl.Expr:
    """Write the host alone for each address of a web page in a text, so that reasons of many customers count together.

    ``https://api.example.org/companies/17: answered status 404.`` becomes ``api.example.org: answered status 404.``
    """
    return text.str.replace_all(r"https?://([^/\s?#]+)\S*?(:?)(\s|$)", "${1}${2}${3}")
