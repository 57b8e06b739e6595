"""The accounting choices of a provision as data: a commented TOML file, checked as a whole."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

from credrisk.dates import to_date
from credrisk.errors import DataError, ParameterError
from credrisk.ledger.credit_tables import COVER, CREDIT_EVENTS
from credrisk.portfolio.ageing import bucket_names

__all__ = ["Accounts", "ProvisionSettings", "Scenario", "settings_text"]

DEFAULT = Path(__file__).with_name("default_settings.toml")
CLOSE = 1e-9
"""How far the probabilities of the scenarios may be from 1 in all."""

CHOICES = {
    "standard": ("ifrs9", "cecl"),
    "segment_by": ("none", "country", "industry", "seller_entity", "currency", "segment", "insured"),
    "method": ("cohort", "roll_rate"),
    "credits": ("oldest_first", "not_netted"),
    "disputed": ("dilution", "in_pool"),
    "late_fees": ("excluded", "in_pool"),
    "vat": ("gross", "relief"),
}
SECTIONS = ("matrix", "impaired", "discount", "cover", "overlay", "cecl", "accounts")
EVENTS = CREDIT_EVENTS.column("kind").choices
COVERS = COVER.column("kind").choices


@dataclass(frozen=True)
class Scenario:
    """A state of the world: its probability and what it makes of the historical loss rates.

    ``value`` is the level of the series in it, where the overlay is linked to one; then ``multiplier`` stays 1.
    """

    name: str
    probability: float
    multiplier: float = 1.0
    value: float | None = None


@dataclass(frozen=True)
class Accounts:
    """Accounts of the general ledger that the journal entry posts to."""

    receivables: str = "1200"
    allowance: str = "1290"
    impairment_loss: str = "6900"
    recoveries: str = "6910"
    exchange_difference: str = "6950"
    cash: str = "1000"


@dataclass(frozen=True)
class ProvisionSettings:
    """The accounting choices; ``docs/provision.md`` says what each means and which paragraph it answers.

    Attributes
    ----------
    standard
        ``ifrs9`` (simplified approach) or ``cecl`` (ASC 326-20).
    edges
        Last day past due of each bucket but the last.
    segment_by
        What splits the pool; ``none`` for one pool.
    method
        ``cohort`` or ``roll_rate``: where the historical loss rates come from. The other one is shown beside it.
    observation_months, history_months
        How long a month-end is followed, and how far back they go.
    credits, disputed, late_fees, vat
        What of an open item is exposed to credit loss.
    events, past_due_days, recovery
        Which items leave the pool as credit-impaired, and what is expected to come in of them by customer.
    effective_rate, over_terms_days, financing_component
        Which items are discounted, and by how much a year.
    integral
        Kinds of cover that are part of the contract and netted.
    scenarios, elasticity
        The forecast.
    public_business_entity, current_conditions_persist, later_collections_to, zero_loss
        Elections and arguments of CECL.
    accounts
        Accounts of the journal entry.

    Examples
    --------
    >>> ProvisionSettings().standard, ProvisionSettings.default().edges
    ('ifrs9', (30, 60, 90))
    """

    version: str = "1"
    standard: str = "ifrs9"
    edges: tuple[int, ...] = (30, 60, 90)
    segment_by: str = "none"
    method: str = "cohort"
    observation_months: int = 12
    history_months: int = 36
    credits: str = "oldest_first"
    disputed: str = "dilution"
    late_fees: str = "excluded"
    vat: str = "gross"
    events: tuple[str, ...] = EVENTS[:4]
    past_due_days: int = 0
    recovery: Mapping[str, float] = field(default_factory=dict)
    effective_rate: float = 0.0
    over_terms_days: int = 365
    financing_component: bool = False
    integral: tuple[str, ...] = ()
    scenarios: tuple[Scenario, ...] = (Scenario("as in the past", 1.0),)
    elasticity: float = 0.0
    public_business_entity: bool = True
    current_conditions_persist: bool = False
    later_collections_to: date | None = None
    zero_loss: Mapping[str, str] = field(default_factory=dict)
    accounts: Accounts = Accounts()

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ParameterError(name, f"one of {', '.join(allowed)}", getattr(self, name))
        bucket_names(self.edges)
        _check_numbers(self)
        _check_accounts(self.accounts)
        _check_scenarios(self)
        _check_standard(self)

    @classmethod
    def default(cls) -> ProvisionSettings:
        """Return the settings that ship with credrisk."""
        return _shipped()

    @classmethod
    def read(cls, path: str | PathLike[str]) -> ProvisionSettings:
        """Read the settings from a TOML file; a key that it leaves out is as shipped.

        Raises
        ------
        ParameterError
            When there is no such file, a key is unknown or breaks its rule (the message names it).
        DataError
            When the file is no TOML in UTF-8.
        """
        path = Path(path)
        if not path.is_file():
            raise ParameterError("settings", "an existing TOML file", str(path))
        try:
            content = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise DataError(f"{path.name} is no TOML in UTF-8: {error}.", remedy="mend the line it names") from None
        return cls.of(content)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> ProvisionSettings:
        """Return the settings that a mapping as of the parsed file states."""
        known = {entry.name: entry for entry in dataclasses.fields(cls)}
        given: dict[str, Any] = {}
        for key, value in content.items():
            if key in ("version", "standard"):
                given[key] = value
            elif key == "accounts" and isinstance(value, dict):
                given["accounts"] = _accounts(value)
            elif key in SECTIONS and isinstance(value, dict):
                for name, inner in value.items():
                    target = "scenarios" if (key, name) == ("overlay", "scenario") else name
                    if target not in known or target in ("version", "standard", "accounts"):
                        raise ParameterError(f"{key}.{name}", "a key of the shipped file", inner)
                    given[target] = inner
            else:
                raise ParameterError(key, f"one of version, standard, {', '.join(SECTIONS)}", value)
        return cls(**{name: _typed(name, value) for name, value in given.items()})

    def changed(self, **changes: Any) -> ProvisionSettings:
        """Return a copy with some settings changed, checked again."""
        return dataclasses.replace(self, **changes)

    @property
    def buckets(self) -> tuple[str, ...]:
        """Names of the buckets from ``not_due``."""
        return tuple(bucket_names(self.edges))

    def said(self) -> dict[str, str]:
        """Return every setting as text, in the order of the file."""
        plain = {name: getattr(self, name) for name in (entry.name for entry in dataclasses.fields(self))}
        return {name: _in_words(value) for name, value in plain.items()}


@cache
def _shipped() -> ProvisionSettings:
    return ProvisionSettings.of(tomllib.loads(settings_text()))


def settings_text() -> str:
    """Return the shipped settings file, comments and all, to copy and edit."""
    return DEFAULT.read_text(encoding="utf-8")


def _typed(name: str, value: Any) -> Any:
    if name == "scenarios":
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise ParameterError("overlay.scenario", "a table of scenarios", value)
        return tuple(_scenario(entry) for entry in value)
    if name == "later_collections_to":
        return to_date(value, "cecl.later_collections_to") if value else None
    if name in ("edges", "events", "integral"):
        if not isinstance(value, list):
            raise ParameterError(name, "a list", value)
        return tuple(value)
    return value


def _scenario(entry: Mapping[str, Any]) -> Scenario:
    unknown = sorted(set(entry) - {place.name for place in dataclasses.fields(Scenario)})
    if unknown or not {"name", "probability"} <= set(entry):
        raise ParameterError("overlay.scenario", "name, probability and multiplier or value", dict(entry))
    return Scenario(**entry)


def _accounts(entry: Mapping[str, Any]) -> Accounts:
    unknown = sorted(set(entry) - {place.name for place in dataclasses.fields(Accounts)})
    if unknown:
        raise ParameterError(f"accounts.{unknown[0]}", "an account of the shipped file", entry[unknown[0]])
    return Accounts(**{name: str(value) for name, value in entry.items()})


def _number(name: str, value: Any, low: float, high: float, *, whole: bool = False) -> None:
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise ParameterError(name, f"a {'whole ' if whole else ''}number from {low:g} to {high:g}", value)


def _check_numbers(settings: ProvisionSettings) -> None:
    for name, low, high in (
        ("observation_months", 1, 60),
        ("history_months", 1, 240),
        ("past_due_days", 0, 3650),
        ("over_terms_days", 0, 36500),
    ):
        _number(name, getattr(settings, name), low, high, whole=True)
    _number("effective_rate", settings.effective_rate, 0, 1)
    _number("elasticity", settings.elasticity, -100, 100)
    for name in ("financing_component", "public_business_entity", "current_conditions_persist"):
        if not isinstance(getattr(settings, name), bool):
            raise ParameterError(name, "true or false", getattr(settings, name))
    for customer, share in settings.recovery.items():
        _number(f"impaired.recovery.{customer}", share, 0, 1)
    for customer, reason in settings.zero_loss.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ParameterError(f"cecl.zero_loss.{customer}", "the reason, in words", reason)
    for name, allowed in (("events", EVENTS), ("integral", COVERS)):
        wrong = [value for value in getattr(settings, name) if value not in allowed]
        if wrong:
            raise ParameterError(name, f"some of {', '.join(allowed)}", wrong[0])


def _check_accounts(accounts: Accounts) -> None:
    """Income and expense may share an account; one of the balance sheet stands for nothing else."""
    chart = dataclasses.asdict(accounts)
    for name, number in chart.items():
        if not number.strip():
            raise ParameterError(f"accounts.{name}", "the number of an account", number)
    for name in ("allowance", "receivables", "cash"):
        same = [other for other in chart if other != name and chart[other].strip() == chart[name].strip()]
        if same:
            raise ParameterError(f"accounts.{name}", f"another account than accounts.{same[0]}", chart[name])


def _check_scenarios(settings: ProvisionSettings) -> None:
    if not settings.scenarios:
        raise ParameterError("scenarios", "at least one", settings.scenarios)
    for scenario in settings.scenarios:
        if not isinstance(scenario.name, str) or not scenario.name.strip():
            raise ParameterError("overlay.scenario.name", "a name", scenario.name)
        _number(f"probability of {scenario.name}", scenario.probability, 0, 1)
        _number(f"multiplier of {scenario.name}", scenario.multiplier, 0, 100)
        if scenario.value is not None:
            _number(f"value of {scenario.name}", scenario.value, -1e12, 1e12)
    names = [scenario.name.strip() for scenario in settings.scenarios]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ParameterError("overlay.scenario.name", "one name for each scenario", twice[0])
    total = sum(scenario.probability for scenario in settings.scenarios)
    if abs(total - 1) > CLOSE:
        raise ParameterError("scenarios", "probabilities that add up to 1 (IFRS 9 5.5.17(a), B5.5.42)", round(total, 9))
    linked = [scenario.value is not None for scenario in settings.scenarios]
    if any(linked) and not all(linked):
        raise ParameterError("scenarios", "all with a value of the series, or none", settings.scenarios)
    both = [scenario.name for scenario in settings.scenarios if scenario.value is not None and scenario.multiplier != 1]
    if both:
        raise ParameterError("overlay.scenario", "each with a value of the series or a multiplier", ", ".join(both))
    if all(linked) != (settings.elasticity != 0):
        rule = "other than 0 where the scenarios have values of a series, and 0 where they have none"
        raise ParameterError("elasticity", rule, settings.elasticity)


def _check_standard(settings: ProvisionSettings) -> None:
    if settings.standard == "ifrs9":
        return
    if "insurance" in settings.integral:
        raise ParameterError(
            "integral",
            "without insurance under CECL: freestanding credit insurance is never netted (ASC 326-20-30-12)",
            settings.integral,
        )
    if settings.later_collections_to is not None:
        if settings.public_business_entity:
            raise ParameterError(
                "later_collections_to",
                "empty for a public business entity: ASU 2025-05 gives the election to other entities only",
                settings.later_collections_to.isoformat(),
            )
        if not settings.current_conditions_persist:
            raise ParameterError(
                "later_collections_to",
                "set only with current_conditions_persist: ASU 2025-05 ties the election to the practical expedient",
                settings.later_collections_to.isoformat(),
            )
    moved = [entry.name for entry in settings.scenarios if entry.multiplier != 1 or entry.value is not None]
    if settings.current_conditions_persist and moved:
        raise ParameterError(
            "scenarios",
            "one with the multiplier 1 where current_conditions_persist is elected (ASU 2025-05): the expedient "
            "assumes that conditions do not change",
            ", ".join(moved),
        )


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, Accounts):
        return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in dataclasses.asdict(value).items())
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {inner}" for key, inner in value.items())
    if isinstance(value, tuple) and isinstance(value[0], Scenario):
        return "; ".join(
            f"{entry.name}: {entry.probability:.0%} x {entry.multiplier:g}"
            + (f" at {entry.value:g}" if entry.value is not None else "")
            for entry in value
        )
    if isinstance(value, tuple):
        return ", ".join(str(inner) for inner in value)
    return str(value)
