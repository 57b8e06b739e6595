"""Which law gives how much for a late payment, by contract date: the dated rule tables, read and checked."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

from credrisk.errors import DataError, ParameterError

__all__ = ["FixedSum", "LateFeeRules", "LatePaymentLaw", "Rate", "Reference", "StateCap", "late_fee_rules"]

SHIPPED = Path(__file__).with_name("late_fee_rules.toml")

DAY_COUNTS = ("actual/actual", "actual/365")
RATE_OF = ("half_year", "start")
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "a text"),
    "float": ((int, float), "a number, such as 9.2"),
    "bool": ((bool,), "true or false"),
    "date": ((date,), "a date without quotes, such as 2014-07-29"),
    "date | None": ((date, type(None)), "a date without quotes, such as 2014-07-29"),
}
"""What a field of a row takes, by its annotation, and how that is said."""


@dataclass(frozen=True)
class Rate:
    """A reference rate in percent a year, from one day to another, both included."""

    start: date
    end: date
    percent: float
    source: str
    unverified: bool = False


@dataclass(frozen=True)
class Reference:
    """A reference rate with its history, the oldest first, without gaps."""

    name: str
    says: str
    source: str
    rates: tuple[Rate, ...]

    @property
    def last_day(self) -> date:
        """Return the last day for which a rate is known."""
        return self.rates[-1].end


@dataclass(frozen=True)
class FixedSum:
    """The sum for the costs of recovery of a debt from ``from_amount`` (included) upwards."""

    from_amount: float
    sum: float


@dataclass(frozen=True)
class LatePaymentLaw:
    """What one law gives for contracts from a day on.

    Attributes
    ----------
    law
        Country of the governing law, ISO 3166 two letters.
    contract_from, documents_from
        The rule holds for contracts concluded on or after the first, and for documents of older contracts dated on or
        after the second (None: never).
    points
        Percentage points over the reference.
    rate_of
        ``half_year``: each day has the rate of its half-year; ``start``: the rate of the first day of interest stays.
    round_up_to
        The rate is rounded up to a multiple of this many points; 0 leaves it.
    day_count
        ``actual/actual`` (366 in a leap year) or ``actual/365``.
    weekend_moves
        Whether a due date on a Saturday or Sunday moves to the next Monday.
    fixed
        By the size of the debt in ``fixed_currency``; empty where the law gives none.
    unverified
        Whether the rule itself rests on a secondary source.
    """

    law: str
    name: str
    contract_from: date
    documents_from: date | None
    reference: Reference
    points: float
    rate_of: str
    round_up_to: float
    day_count: str
    weekend_moves: bool
    source: str
    day_count_source: str
    fixed_currency: str
    fixed_source: str
    fixed: tuple[FixedSum, ...]
    unverified: bool
    note: str


@dataclass(frozen=True)
class StateCap:
    """The highest contract rate of a state of the US for a debt of more than ``above`` US dollars."""

    state: str
    above: float
    percent: float
    source: str
    note: str


@dataclass(frozen=True)
class LateFeeRules:
    """All tables.

    Attributes
    ----------
    laws
        In the order in which a later one takes the place of an earlier one of the same country.
    caps
        Of each state the lowest debt first.
    left_out
        Country and the reason why it has no rule.
    """

    laws: tuple[LatePaymentLaw, ...]
    caps: tuple[StateCap, ...]
    left_out: Mapping[str, str]

    @classmethod
    def read(cls, path: str | PathLike[str]) -> LateFeeRules:
        """Read tables of one's own, written like the shipped ``late_fee_rules.toml``.

        Raises
        ------
        ParameterError
            When there is no such file.
        DataError
            When it is no TOML, a key is missing or unknown, or a table contradicts itself.
        """
        place = Path(path)
        if not place.is_file():
            raise ParameterError("rules", "an existing TOML file", str(path))
        try:
            return cls.of(tomllib.loads(place.read_text(encoding="utf-8-sig")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
            raise DataError(f"{place.name} is no TOML file: {wrong}.", remedy="copy the shipped file.") from None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> LateFeeRules:
        """Return the tables that a mapping as of the parsed file states."""
        parts = ("sources", "references", "laws", "left_out", "states")
        for part in parts:
            if part not in content:
                raise _wrong(f"{part} is missing")
            kind: type = list if part in ("laws", "states") else dict
            if not isinstance(content[part], kind):
                raise _wrong(f"{part} is no {'list of tables' if kind is list else 'table'}")
        sources = dict(content["sources"])
        references = {
            name: _reference(name, told, sources) for name, told in sorted(dict(content["references"]).items())
        }
        laws = tuple(_law(told, references, sources) for told in content["laws"])
        caps = tuple(
            StateCap(**_named(told, StateCap, "states") | {"source": _source(told, sources)})
            for told in content["states"]
        )
        for earlier, later in pairwise(laws):
            if earlier.law == later.law and earlier.contract_from >= later.contract_from:
                raise _wrong(f"the rules of {later.law} do not rise by contract_from")
        return cls(laws, tuple(sorted(caps, key=lambda cap: (cap.state, cap.above))), dict(content["left_out"]))

    def countries(self) -> tuple[str, ...]:
        """Return the countries that have a rule."""
        return tuple(dict.fromkeys(law.law for law in self.laws))

    def states(self) -> tuple[str, ...]:
        """Return the states of the US that have a cap."""
        return tuple(dict.fromkeys(cap.state for cap in self.caps))


def late_fee_rules() -> LateFeeRules:
    """Return the tables that ship with credrisk.

    Examples
    --------
    >>> [law.points for law in late_fee_rules().laws if law.law == "DE"]
    [8.0, 9.0]
    """
    return _shipped()


@cache
def _shipped() -> LateFeeRules:
    return LateFeeRules.read(SHIPPED)


def _reference(name: str, told: Mapping[str, Any], sources: Mapping[str, str]) -> Reference:
    if not isinstance(told, Mapping):
        raise _wrong(f"references: {name} is no table")
    rates = tuple(
        Rate(
            _day(row, "from"),
            _day(row, "to"),
            _number(row, "percent"),
            _source(row, sources),
            bool(row.get("unverified", False)),
        )
        for row in _rows(told, "rates")
    )
    for earlier, later in pairwise(rates):
        if later.start != earlier.end + timedelta(days=1):
            raise _wrong(f"{name}: the rate from {later.start} does not follow on the one to {earlier.end}")
    for rate in rates:
        starts, ends = (rate.start.month, rate.start.day), (rate.end.month, rate.end.day)
        if starts not in ((1, 1), (7, 1)) or ends not in ((6, 30), (12, 31)) or rate.end < rate.start:
            raise _wrong(f"{name}: {rate.start} to {rate.end} are no whole half-years")
    if not rates:
        raise _wrong(f"{name}: no rate")
    return Reference(name, str(told.get("says", name)), _source(told, sources), rates)


def _law(told: Mapping[str, Any], references: Mapping[str, Reference], sources: Mapping[str, str]) -> LatePaymentLaw:
    given = _named({"documents_from": None, **told} if isinstance(told, Mapping) else told, LatePaymentLaw, "laws")
    if given["reference"] not in references:
        raise _wrong(f"{given['law']}: no reference {given['reference']}")
    given["reference"] = references[given["reference"]]
    for key in ("source", "day_count_source"):
        given[key] = _source(told, sources, key)
    given["fixed"] = tuple(FixedSum(_number(row, "from_amount"), _number(row, "sum")) for row in _rows(told, "fixed"))
    if given["fixed"]:
        given["fixed_source"] = _source(told, sources, "fixed_source")
    for key, allowed in (("day_count", DAY_COUNTS), ("rate_of", RATE_OF)):
        if given[key] not in allowed:
            raise _wrong(f"{given['law']}: {key} is none of {', '.join(allowed)}")
    starts = [row.from_amount for row in given["fixed"]]
    if starts and (starts[0] != 0 or starts != sorted(set(starts))):
        raise _wrong(f"{given['law']}: the fixed sums do not rise from 0")
    return LatePaymentLaw(**given)


def _named(told: Mapping[str, Any], kind: type[Any], table: str) -> dict[str, Any]:
    if not isinstance(told, Mapping):
        raise _wrong(f"{table}: {told!r} is no table")
    names = {field.name for field in dataclasses.fields(kind)}
    for key in sorted(names ^ set(told)):
        raise _wrong(f"{table}: {key} is {'missing' if key in names else 'unknown'}")
    for field in dataclasses.fields(kind):
        takes, words = KINDS.get(str(field.type), ((object,), ""))
        value = told[field.name]
        if not isinstance(value, takes) or (isinstance(value, bool) and bool not in takes and takes != (object,)):
            raise _wrong(f"{table}: {field.name} is not {words}")
    return dict(told)


def _rows(told: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = told.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise _wrong(f"{key} is no list of tables")
    return rows


def _number(row: Mapping[str, Any], key: str) -> float:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(f"{key} of the row {dict(row)} is no number, such as 9.2")
    return float(value)


def _source(told: Mapping[str, Any], sources: Mapping[str, str], key: str = "source") -> str:
    if told.get(key) not in sources:
        raise _wrong(f"no source {told.get(key)!r}")
    return sources[told[key]]


def _day(row: Mapping[str, Any], key: str) -> date:
    day = row.get(key)
    if not isinstance(day, date):
        raise _wrong(f"{key} of a rate is no date")
    return day


def _wrong(problem: str) -> DataError:
    return DataError(f"the rules of late fees: {problem}.", remedy="write them as the shipped late_fee_rules.toml.")
