"""How a table of the ledger is declared: its columns, their kinds, and from when each value may be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Column", "Table", "currency_column", "known_column"]

Kind = Literal["id", "text", "code", "date", "money", "number", "integer", "flag"]
"""``code`` is text from a short list or register (currency, country); ``money`` is Int64 minor units in the ledger;
``flag`` is yes or no."""


@dataclass(frozen=True)
class Column:
    """One column: its kind, whether it must be filled, and from when its values may be seen.

    Attributes
    ----------
    required
        The column must be present and filled in every row.
    choices
        The only values allowed (lower case); empty means free.
    visible_from
        A date column of the same table: the value is filled in later and is hidden before that date.
    dated
        False for master data that carries no date: known only as of the extract, hidden before it
        unless the ledger's settings declare the column static.
    derived
        Filled by credrisk on the way in, not expected from the user.
    minimum, maximum
        Bounds of a number, inclusive.
    above
        Bound that a number must exceed.
    """

    name: str
    kind: Kind
    note: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    visible_from: str = ""
    dated: bool = True
    derived: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None

    @property
    def bounds(self) -> str:
        """The bounds in words; empty where there are none."""
        said = {"at least": self.minimum, "at most": self.maximum, "above": self.above}
        return " and ".join(f"{words} {bound:g}" for words, bound in said.items() if bound is not None)


@dataclass(frozen=True)
class Table:
    """One table: its key, the date something happened and the date it was known.

    Attributes
    ----------
    event
        Column with the date on which the row happened ("" where the table has none).
    known
        Column with the date on which the row was known ("" = the event date is assumed).
    refers
        Foreign keys: column -> (table, column).
    money_of
        The column of this table that names the currency of its money columns.
    """

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    event: str = ""
    known: str = ""
    money_of: str = ""
    refers: tuple[tuple[str, str], ...] = ()
    required: bool = False

    def column(self, name: str) -> Column:
        """Return the column called ``name``."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the declared order."""
        return tuple(column.name for column in self.columns)

    @property
    def money(self) -> tuple[str, ...]:
        """Names of the money columns."""
        return tuple(column.name for column in self.columns if column.kind == "money")


def known_column(note: str = "when the row was entered; the event date where the export lacks it") -> Column:
    """Return the column of the day on which a row was known."""
    return Column("recorded_at", "date", note)


def currency_column(of: str) -> Column:
    """Return the column of the currency of a row's money, that of something else where it is empty."""
    return Column("currency", "code", f"ISO 4217; the currency of {of} where empty")
