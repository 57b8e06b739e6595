"""How money, days and fixed words read in the language of a letter."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from credrisk.ledger.money import EXPONENTS

__all__ = ["FIXED_SPACE", "Language", "language_of"]

FIXED_SPACE = "\u00a0"

_MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
_MARKS = {"de": (".", ","), "en": (",", "."), "es": (".", ","), "fr": (FIXED_SPACE, ",")}
"""What stands between thousands, and before the decimals."""


@dataclass(frozen=True)
class Language:
    """A language of letters, with its fixed words by key."""

    code: str
    words: dict[str, str]

    def number(self, minor: int, currency: str) -> str:
        """Write minor units with all decimals of the currency and no code, as in a column of a table."""
        thousands, point = _MARKS[self.code]
        decimals = EXPONENTS.get(currency, 2)
        whole, rest = divmod(abs(minor), 10**decimals)
        text = f"{whole:,}".replace(",", thousands) + (f"{point}{rest:0{decimals}d}" if decimals else "")
        return f"-{text}" if minor < 0 else text

    def money(self, minor: int, currency: str) -> str:
        """Write minor units with the code of the currency, as in a sentence."""
        number = self.number(minor, currency)
        return f"{currency}{FIXED_SPACE}{number}" if self.code == "en" else f"{number}{FIXED_SPACE}{currency}"

    def day(self, day: date | None) -> str:
        """Write a date in full, empty where there is none."""
        if day is None:
            return ""
        month = _MONTHS[self.code].split()[day.month - 1]
        if self.code == "de":
            return f"{day.day}. {month} {day.year}"
        if self.code == "es":
            return f"{day.day} de {month} de {day.year}"
        number = "1er" if self.code == "fr" and day.day == 1 else str(day.day)
        return f"{number} {month} {day.year}"

    def short_day(self, day: date | None) -> str:
        """Write a date as in a column of a table; in English with the month's name, so that nobody misreads it."""
        if day is None:
            return ""
        if self.code == "en":
            return f"{day.day} {_MONTHS['en'].split()[day.month - 1][:3]} {day.year}"
        return day.strftime("%d.%m.%Y" if self.code == "de" else "%d/%m/%Y")

    def labelled(self, label: str, text: str) -> str:
        """Write what stands beside its label on one line; French sets a space before the colon."""
        return f"{label}{FIXED_SPACE if self.code == 'fr' else ''}: {text}"

    def listed(self, parts: list[str]) -> str:
        """Join amounts as in a sentence: ``EUR 1.00 and USD 2.00``."""
        return f" {self.words['and']} ".join(parts)


@cache
def language_of(code: str) -> Language:
    """Return a language for which letters are shipped."""
    folder = resources.files("credrisk.reports.letters") / "templates" / code
    words = tomllib.loads((folder / "words.toml").read_text(encoding="utf-8"))
    return Language(code, words)
