"""What every entry of a collector is held to: days, amounts, codes and texts, each refused with its rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.ledger.money import EXPONENTS, minor_factor

__all__ = [
    "LONGEST_NOTE",
    "checked_amount",
    "checked_day",
    "exact_money",
    "of_code",
    "one_line",
    "payload",
    "refuse_above",
]

LONGEST_NOTE = 4_000


def payload(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content without what is empty."""
    return {name: value for name, value in content.items() if value is not None}


def checked_day(parameter: str, given: date | str | None, today: date) -> date:
    """Return a day that is not after ``today``; ``today`` where none is given."""
    day = today if given is None else to_date(given, parameter)
    if day > today:
        raise ParameterError(parameter, f"not after {today}, the day of the entry", day.isoformat())
    return day


def checked_amount(parameter: str, amount: float, currency: str) -> float:
    """Return an amount above 0 that has no more decimals than its currency."""
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or not 0 < amount < math.inf:
        raise ParameterError(parameter, "an amount above 0", amount)
    rounded = round(float(amount), EXPONENTS[currency])
    if abs(rounded - amount) > 1e-9 * max(1.0, abs(amount)) or rounded <= 0:
        raise ParameterError(parameter, f"an amount with at most {EXPONENTS[currency]} decimals ({currency})", amount)
    return rounded


def refuse_above(parameter: str, amount: float, most: float, currency: str, what: str) -> None:
    """Refuse an amount above ``most`` by half a minor unit or more."""
    if amount > most + 0.5 / minor_factor(currency):
        raise ParameterError(parameter, f"at most {exact_money(most, currency)}, {what}", amount)


def exact_money(amount: float, currency: str) -> str:
    """Write an amount to its last decimal: a bound that is rounded would contradict the refusal."""
    decimals = 0 if amount == round(amount) else EXPONENTS[currency]
    return f"{amount:,.{decimals}f} {currency}"


def of_code(parameter: str, given: str, codes: tuple[str, ...]) -> str:
    """Return a code in its usual writing (``No answer`` is ``no_answer``)."""
    code = str(given).strip().lower().replace(" ", "_").replace("-", "_")
    if code not in codes:
        raise ParameterError(parameter, f"one of {', '.join(codes)}", given)
    return code


def one_line(parameter: str, given: str | None) -> str | None:
    """Return text on one line, what cannot be printed as a blank; None where nothing is left."""
    if given is None:
        return None
    said = " ".join("".join(one if one.isprintable() else " " for one in str(given)).split())
    if len(said) > LONGEST_NOTE:
        raise ParameterError(parameter, f"at most {LONGEST_NOTE:,} characters", f"{len(said):,} characters")
    return said or None
