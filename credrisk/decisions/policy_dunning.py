"""The section of the credit policy that dunning follows: the ladder of letters, when they rest, in which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from credrisk.decisions.policy_reader import key_error, may_be_empty, one_of
from credrisk.decisions.policy_values import AtLeastOneWhole, Count, Flag, NotNegative, Text, check_rising, check_unique

__all__ = ["LANGUAGES", "WORDINGS", "Dunning", "Level", "check_dunning"]

LANGUAGES = ("de", "en", "es", "fr")
"""Languages for which letters are shipped."""

WORDINGS = ("reminder", "demand", "final")
"""Texts that are shipped: courteous, firm, the last before a third party."""

Language = Annotated[str, one_of(*LANGUAGES)]


@dataclass(frozen=True)
class Level:
    """One rung of the ladder; the first is level 1."""

    name: Text
    says: Text
    wording: Text
    channel: Annotated[str, one_of("email", "letter")]
    from_days: AtLeastOneWhole
    minimum_amount: NotNegative
    pay_within_days: AtLeastOneWhole


@dataclass(frozen=True)
class Dunning:
    """When whom gets which letter; money in major units of the ledger's currency."""

    minimum_days_between: Count
    quiet_days_after_contact: Count
    step_by_step: Flag
    default_language: Language
    language_by_country: Annotated[dict[str, Language], may_be_empty()]
    levels: tuple[Level, ...]


def check_dunning(dunning: Dunning) -> None:
    """Refuse a ladder whose rungs do not rise, or have one name."""
    check_unique("dunning.levels.name", (level.name for level in dunning.levels))
    check_rising("dunning.levels.from_days", [level.from_days for level in dunning.levels])
    for place, level in enumerate(dunning.levels, start=1):
        if not level.wording.replace("_", "").isalnum():
            key = f"dunning.levels[{place}].wording"
            raise key_error(key, "letters, digits and _, as it names a template", level.wording)
