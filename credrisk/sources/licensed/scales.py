"""On which scale a provider's score stands, which end of it is good, and where that is published.

``risk`` is the place on the scale: 0 its best, 1 its worst. It is no probability, and two scales are not comparable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["SCALES", "Place", "Scale", "place_on"]


@dataclass(frozen=True)
class Scale:
    """A scale: its ends and which of them is good; ``values`` are codes that are no place on it, with their meaning."""

    provider: str
    lowest: float
    highest: float
    better: Literal["higher", "lower"]
    source: str
    letters: str = ""
    """The grades from the lowest to the highest, where they are letters."""
    values: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Place:
    """A value on its scale: as a number, as ``risk``, and why it has none."""

    number: float | None
    risk: float | None
    reason: str = ""


_DIRECT = "D&B Direct 2.0, predictive analytics"
_BIS = "Experian Business Information Services, score information"

SCALES: Mapping[str, Scale] = {
    "common_rating": Scale(
        "creditsafe", 1, 4, "lower", "Creditsafe international score: A very low risk to D high risk", letters="ABCD"
    ),
    "debtor_risk_assessment": Scale(
        "coface",
        0,
        10,
        "higher",
        "Coface Central Europe: from 0 (company in default) to 10 (the best evaluation possible)",
        values=((99, "not available"),),
    ),
    "delinquency_class": Scale("dnb", 1, 5, "lower", _DIRECT),
    "delinquency_percentile": Scale("dnb", 1, 100, "higher", _DIRECT),
    "failure_class": Scale("dnb", 1, 5, "lower", _DIRECT),
    "failure_percentile": Scale("dnb", 1, 100, "higher", _DIRECT),
    "financial_stability_risk": Scale(
        "experian",
        1,
        100,
        "higher",
        _BIS,
        values=((998, "a bankruptcy in the last two years"), (999, "too little information")),
    ),
    "intelliscore": Scale(
        "experian",
        1,
        100,
        "higher",
        _BIS,
        values=((998, "a bankruptcy in the last two years"), (999, "too little information")),
    ),
    "intelliscore_v3": Scale(
        "experian",
        300,
        850,
        "higher",
        _BIS,
        values=((998, "a bankruptcy in the last two years"), (999, "too little information")),
    ),
    "paydex": Scale("dnb", 0, 100, "higher", f"{_DIRECT}: 80 is prompt, above it before the terms"),
    "provider_score": Scale("creditsafe", 0, 100, "higher", "Creditsafe local score where it runs from 0 to 100"),
    "risk_indicator": Scale("dnb", 1, 4, "lower", "D&B rating: the last figure, 1 the lowest risk"),
}
"""Scales by name."""

NUMBER = re.compile(r"-?\d+(\.\d+)?")


def place_on(scale: str, value: str) -> Place:
    """Return the place of a value as the provider writes it; a text such as ``Not Rated`` has none."""
    known = SCALES.get(scale)
    if known is None:
        number = float(value) if NUMBER.fullmatch(value) else None
        return Place(number, None, f"the scale {scale} is not known")
    if known.letters and value.upper() in tuple(known.letters):
        number = float(known.letters.index(value.upper()) + 1)
    elif not known.letters and NUMBER.fullmatch(value):
        number = float(value)
    else:
        return Place(None, None, f"{value} is no value of the scale")
    for code, meaning in known.values:
        if number == code:
            return Place(number, None, meaning)
    if not known.lowest <= number <= known.highest:
        return Place(number, None, f"{value} is outside the scale of {known.lowest:g} to {known.highest:g}")
    share = (number - known.lowest) / (known.highest - known.lowest)
    return Place(number, 1 - share if known.better == "higher" else share)
