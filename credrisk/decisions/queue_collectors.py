"""Who works today: minutes, languages and skills of each collector, and who is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars

__all__ = ["Collector", "collectors_of", "read_collectors"]

COLUMNS = ("collector", "minutes_per_day", "languages", "skills", "away_until")
NEEDED = COLUMNS[:2]
MOST_MINUTES = 1440.0


@dataclass(frozen=True)
class Collector:
    """One who makes contacts.

    Attributes
    ----------
    minutes
        For contacts today; 0 while away.
    languages
        Lower-case codes such as ``de``; empty: any.
    skills
        Lower-case words of the policy's actions and of the customers.
    """

    name: str
    minutes: float
    languages: frozenset[str]
    skills: frozenset[str]

    def able(self, language: str | None, skills: frozenset[str]) -> bool:
        """Tell whether the collector speaks the language (None: any) and has all the skills."""
        return (language is None or not self.languages or language in self.languages) and skills <= self.skills


def read_collectors(path: str | PathLike[str]) -> pl.DataFrame:
    """Read the list of collectors from a CSV file (comma or semicolon; lists within a cell by ``;`` or ``|``).

    Raises
    ------
    ParameterError
        When there is no such file.
    DataError
        When it is no CSV in UTF-8, or columns are missing.
    """
    path = Path(path)
    if not path.is_file():
        raise ParameterError("collectors", "an existing CSV file", str(path))
    try:
        content = path.read_bytes().decode("utf-8-sig")
        first = content.split("\n", 1)[0]
        separator = ";" if first.count(";") > first.count(",") else ","
        return pl.read_csv(content.encode(), separator=separator, infer_schema=False)
    except (UnicodeDecodeError, pl.exceptions.PolarsError) as wrong:
        raise DataError(
            f"{path.name} is no CSV file in UTF-8: {wrong}",
            table="collectors",
            remedy=f"write it with the columns {', '.join(COLUMNS)}, one row a collector.",
        ) from None


def collectors_of(frame: Any, *, as_of: date) -> list[Collector]:
    """Return the collectors of a frame ``collector, minutes_per_day[, languages, skills, away_until]``, by name.

    ``away_until`` is the first day back: who is away on ``as_of`` has no minutes.

    Raises
    ------
    DataError
        When columns are missing or unknown, a name is empty or stands twice, minutes are not from 0 to 1440, or a
        date cannot be read.
    """
    given = as_polars(frame, "collectors")
    missing = [name for name in NEEDED if name not in given.columns]
    unknown = [name for name in given.columns if name not in COLUMNS]
    if missing or unknown:
        raise DataError(
            "columns are missing." if missing else "columns are not known.",
            table="collectors",
            columns=missing or unknown,
            remedy=f"name them {', '.join(COLUMNS)}; the last three may be left out.",
        )
    absent = [pl.lit(None, pl.String).alias(name) for name in COLUMNS if name not in given.columns]
    texts = given.with_columns(absent).select(pl.col(name).cast(pl.String).str.strip_chars() for name in COLUMNS)
    found = [_collector(row, as_of) for row in texts.iter_rows(named=True)]
    if not found:
        raise DataError("nobody is in it.", table="collectors", remedy="add a row a collector.")
    names = [each.name for each in found]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise DataError("a collector has more than one row.", table="collectors", ids=double, remedy="keep one.")
    return sorted(found, key=lambda each: each.name)


def _collector(row: dict[str, str | None], as_of: date) -> Collector:
    name = row["collector"] or ""
    if not name:
        raise DataError("a row has no name.", table="collectors", columns=["collector"], remedy="name the collector.")
    try:
        minutes = float(row["minutes_per_day"] or "")
    except ValueError:
        minutes = -1.0
    if not 0.0 <= minutes <= MOST_MINUTES:
        raise DataError(
            f"minutes_per_day must be a number from 0 to {MOST_MINUTES:.0f}; got {row['minutes_per_day']!r}.",
            table="collectors",
            ids=[name],
            remedy="state the minutes for contacts in a day, such as 300.",
        )
    away = row["away_until"] or ""
    try:
        back = date.fromisoformat(away[:10]) if away else None
    except ValueError:
        raise DataError(
            f"away_until must be a date such as 2026-03-31; got {away!r}.", table="collectors", ids=[name]
        ) from None
    here = back is None or back <= as_of
    return Collector(name, minutes if here else 0.0, _words(row["languages"]), _words(row["skills"]))


def _words(cell: str | None) -> frozenset[str]:
    parts = (cell or "").replace("|", ";").replace(",", ";").lower().split(";")
    return frozenset(part.strip() for part in parts if part.strip())
