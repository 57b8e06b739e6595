"""What a key of the credit policy may hold: the kinds of value that its sections are made of, and rules across keys."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Annotated

from credrisk.decisions.policy_reader import any_text, flag, key_error, number, text, whole

__all__ = [
    "Age",
    "AnyNumber",
    "AnyText",
    "AtLeastOne",
    "AtLeastOneWhole",
    "Count",
    "Flag",
    "Months",
    "NotNegative",
    "Positive",
    "Share",
    "ShareAboveZero",
    "ShareBelowOne",
    "Text",
    "check_grades_of",
    "check_rising",
    "check_unique",
]

Text = Annotated[str, text()]
AnyText = Annotated[str, any_text()]
AnyNumber = Annotated[float, number(-math.inf)]
NotNegative = Annotated[float, number(0)]
Positive = Annotated[float, number(0, above=True)]
Share = Annotated[float, number(0, 1)]
ShareAboveZero = Annotated[float, number(0, 1, above=True)]
ShareBelowOne = Annotated[float, number(0, 1, below=True)]
AtLeastOne = Annotated[float, number(1)]
Flag = Annotated[bool, flag()]
Count = Annotated[int, whole(0)]
AtLeastOneWhole = Annotated[int, whole(1)]
Months = Annotated[int, whole(1, 1200)]
Age = Annotated[int, whole(-365, 36_500)]


def check_rising(key: str, values: Iterable[float]) -> None:
    """Refuse ``values`` that do not rise from entry to entry."""
    values = list(values)
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise key_error(key, "rising from entry to entry", values)


def check_unique(key: str, names: Iterable[str]) -> None:
    """Refuse ``names`` of which one stands twice."""
    names = list(names)
    if len(set(names)) < len(names):
        raise key_error(key, "different names", names)


def check_grades_of(key: str, table: Mapping[str, float], grades: tuple[str, ...]) -> None:
    """Refuse a table by grade that names a grade which is not on the scale."""
    for grade in table:
        if grade not in grades:
            raise key_error(f"{key}.{grade}", f"a grade of the scale ({', '.join(grades)})", table[grade])
