"""What people write into a cell, read back: days, amounts and choices in the ways they are written, or a fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from credrisk.ledger.parse_amounts import number_evidence, read_numbers

__all__ = ["CellReader", "code_of", "plain_text"]

ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T]00:00:00(?:\.0+)?)?")
DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
SERIAL = re.compile(r"(\d{5})(?:\.0+)?")
FACTOR = re.compile(r"\d+(?:[.,]\d+)?")
FIRST_SERIAL, LAST_SERIAL = 36_526, 73_050
"""2000-01-01 and 2099-12-31 as a spreadsheet counts days: a date cell whose format was lost holds such a number."""
DAY_ZERO = date(1899, 12, 30)
YES, NO = ("yes", "y", "true", "1", "x"), ("no", "n", "false", "0")


class CellReader:
    """The cells of one row by the name of their column; what cannot be read is a fault with its address.

    Parameters
    ----------
    cells
        Name of the column -> its text, and the address of the cell for messages.
    faults
        To which every fault is added.
    """

    def __init__(self, cells: Mapping[str, tuple[str, str]], faults: list[str]) -> None:
        self.cells, self.faults = cells, faults

    def text(self, name: str) -> str | None:
        """Return the text, None where nothing stands."""
        return self.cells.get(name, ("", ""))[0] or None

    def code(self, name: str, codes: tuple[str, ...]) -> str | None:
        """Return one of the codes, as ``No answer`` for ``no_answer``."""
        given, cell = self.cells.get(name, ("", ""))
        word = code_of(given)
        if word and word not in codes:
            self._fault(cell, f"one of {', '.join(codes).replace('_', ' ')}", given)
            return None
        return word or None

    def flag(self, name: str) -> bool | None:
        """Return yes or no."""
        given, cell = self.cells.get(name, ("", ""))
        found = True if given.casefold() in YES else False if given.casefold() in NO else None
        if given and found is None:
            self._fault(cell, "yes or no", given)
        return found

    def day(self, name: str) -> date | None:
        """Return a day: a date cell, its number, or text such as 2026-03-31 or 31.03.2026."""
        given, cell = self.cells.get(name, ("", ""))
        if not given:
            return None
        found = _day(given)
        if found is None:
            hint = " (with slashes the month and the day cannot be told apart)" if "/" in given else ""
            self._fault(cell, f"a date such as 2026-03-31{hint}", given)
        return found

    def amount(self, name: str, currency: str | None = None) -> float | None:
        """Return an amount: a number cell, or text with a decimal point or comma, and no currency but ``currency``."""
        given, cell = self.cells.get(name, ("", ""))
        if not given:
            return None
        texts = pl.Series([given])
        proof = number_evidence(texts)
        if proof.undecided:
            self._fault(cell, "an amount that reads one way only, such as 1234 or 1234.50", given)
            return None
        number, _, said, _, fault = read_numbers(texts, decimal_comma=proof.second > 0).row(0)
        if fault is not None or number is None:
            rule = "a number with three decimals at most" if fault == "too_many_decimals" else "a number"
            self._fault(cell, rule, given)
            return None
        if said is not None and said != currency:
            self._fault(cell, f"an amount in {currency or 'the currency of the list, which need not be named'}", given)
            return None
        return float(number)

    def factor(self, name: str) -> float | None:
        """Return a small number, with a decimal point or comma."""
        given, cell = self.cells.get(name, ("", ""))
        if not given:
            return None
        if not FACTOR.fullmatch(given):
            self._fault(cell, "a number such as 1.5", given)
            return None
        return float(given.replace(",", "."))

    def whole(self, name: str) -> int | None:
        """Return a whole number from 1."""
        given, cell = self.cells.get(name, ("", ""))
        if not given:
            return None
        if not re.fullmatch(r"\d{1,9}(?:\.0+)?", given) or float(given) < 1:
            self._fault(cell, "a whole number from 1", given)
            return None
        return int(float(given))

    def _fault(self, cell: str, rule: str, given: str) -> None:
        self.faults.append(f"{cell} must be {rule}; got {_short(given)}")


def plain_text(text: str | None) -> str:
    """Return the text of a cell without blanks around it; nothing is an empty text."""
    return "" if text is None else text.strip()


def code_of(text: str) -> str:
    """Return words as a code: small letters with underscores."""
    return re.sub(r"[\s\-]+", "_", text.strip().lower())


def _day(given: str) -> date | None:
    try:
        if found := ISO.fullmatch(given):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := DOTTED.fullmatch(given):
            return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None
    if (found := SERIAL.fullmatch(given)) and FIRST_SERIAL <= int(found[1]) <= LAST_SERIAL:
        return DAY_ZERO + timedelta(days=int(found[1]))
    return None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
