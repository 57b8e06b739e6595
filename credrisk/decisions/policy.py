"""The credit policy as data: a versioned TOML file that every decision cites."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from credrisk.decisions.policy_appetite import (
    Appetite,
    Authority,
    Order,
    check_appetite,
    check_authority,
    check_order,
)
from credrisk.decisions.policy_claims import Claims
from credrisk.decisions.policy_collection import Collection, check_collection
from credrisk.decisions.policy_dunning import Dunning, check_dunning
from credrisk.decisions.policy_grades import Grade, PolicyGrade, check_policy_grades, check_scale
from credrisk.decisions.policy_limits import Demand, Economics, Exposure, LimitRules, check_economics, check_limit
from credrisk.decisions.policy_reader import build, key_error, plain
from credrisk.decisions.policy_shipped import DEFAULT, default_text
from credrisk.decisions.policy_text import parsed
from credrisk.decisions.policy_values import Text
from credrisk.errors import ParameterError

__all__ = ["DEFAULT", "Policy", "default_text"]


@dataclass(frozen=True)
class Policy:
    """A credit policy, checked as a whole.

    Attributes
    ----------
    version
        The file's own version text.
    grades
        The master scale, best grade first.
    authority
        Who may decide what; :func:`~credrisk.decisions.authority.authority_for` reads it.
    policy_grade, economics, exposure, limit, demand, appetite, order, claims, collection, dunning
        The sections of the file; ``docs/policy.md`` says what each means.

    Examples
    --------
    >>> Policy.default().economics.margin
    0.25
    >>> Policy.default().changed({"economics.margin": 0.1}).economics.margin
    0.1
    """

    version: Text
    authority: tuple[Authority, ...]
    grades: tuple[Grade, ...]
    policy_grade: PolicyGrade
    economics: Economics
    exposure: Exposure
    limit: LimitRules
    demand: Demand
    appetite: Appetite
    order: Order
    claims: Claims
    collection: Collection
    dunning: Dunning

    def __post_init__(self) -> None:
        check_scale(self.grades)
        check_authority(self.authority, self.grade_names)
        check_policy_grades(self.policy_grade, self.grade_names)
        check_economics(self.economics)
        check_limit(self.limit, self.grade_names)
        check_appetite(self.appetite, self.limit)
        check_order(self.order)
        check_collection(self.collection)
        check_dunning(self.dunning)

    @classmethod
    def default(cls) -> Policy:
        """Return the policy that ships with credrisk."""
        return _shipped()

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Policy:
        """Read a policy from a TOML file; the mark that some editors put before UTF-8 text does no harm.

        Raises
        ------
        ParameterError
            When there is no such file, or a key is unknown, missing or breaks its rule (the message names it).
        DataError
            When the file is not text in UTF-8, or a line is not TOML: with the line, and how to write it.
        """
        path = Path(path)
        if not path.is_file():
            raise ParameterError("policy", "an existing TOML file", str(path))
        content = parsed(path.read_bytes(), path.name)
        try:
            return cls.of(content)
        except ParameterError as error:
            named = f"{path.name}: {error.parameter}"
            raise ParameterError(named, error.rule, error.given, remedy=error.remedy) from None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Policy:
        """Return the policy that a mapping as of the parsed file states."""
        return build(cls, content)

    def content(self) -> dict[str, Any]:
        """Return the policy as the file holds it: tables, lists and plain values."""
        return dict(plain(self))

    def changed(self, changes: Mapping[str, Any]) -> Policy:
        """Return a copy with some keys (``{"economics.margin": 0.1}``) given other values, checked as a file is."""
        content = self.content()
        for key, value in changes.items():
            *sections, name = key.split(".")
            table: Any = content
            for section in sections:
                table = table.get(section) if isinstance(table, dict) else None
            if not isinstance(table, dict):
                raise key_error(key, "a key of the policy", value, remedy="name a key of a section that there is.")
            table[name] = value
        return Policy.of(content)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content, the same however the file is laid out or commented."""
        canonical = json.dumps(self.content(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()

    @property
    def grade_names(self) -> tuple[str, ...]:
        """Names of the grades, the best first."""
        return tuple(grade.name for grade in self.grades)


@cache
def _shipped() -> Policy:
    return Policy.read(DEFAULT)
