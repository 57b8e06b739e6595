"""One column of a table that people read, and the columns that several tables share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["AS_OF", "CURRENCY", "CUSTOMER_ID", "NAME", "POLICY", "USED", "Column", "Kind", "money_column"]

Kind = Literal[
    "id",
    "code",
    "state",
    "text",
    "long",
    "money",
    "cents",
    "percent",
    "probability",
    "days",
    "count",
    "number",
    "p_value",
    "date",
]


@dataclass(frozen=True)
class Column:
    """How one column is shown.

    Attributes
    ----------
    name
        Column of the frame and of the CSV.
    heading
        Heading in words, unique within its table.
    kind
        Decides number format and alignment. ``money`` is whole units, ``cents`` every decimal of the currency that
        the table's column ``currency`` names; ``percent`` has one decimal, ``probability`` two; ``state`` is one of
        a few words whose underscores are written as blanks.
    width
        Width in characters of the workbook's column.
    definition
        One sentence.
    printed
        Whether the column belongs to the printed page; the others stand to the right of it.
    total
        Whether a sum over customers means something.
    """

    name: str
    heading: str
    kind: Kind
    width: int
    definition: str
    printed: bool = True
    total: bool = False


def money_column(name: str, heading: str, definition: str, *, printed: bool = True, total: bool = True) -> Column:
    """Return a column of money; a sum over customers means something unless ``total`` is false."""
    return Column(name, heading, "money", 13, definition, printed, total)


CUSTOMER_ID = Column("customer_id", "Customer no.", "id", 13, "Customer number of the ledger.")
NAME = Column("name", "Customer", "text", 30, "Name in the customer master.")
AS_OF = Column("as_of", "As of", "date", 11, "Day that the row speaks of.", printed=False)
CURRENCY = Column("currency", "Currency", "code", 9, "Currency of the amounts.", printed=False)
USED = (
    Column(
        "grade_used",
        "Grade used",
        "code",
        7,
        "Grade of the decision: by the PD; in default or bad debt the policy's worst; without a PD by its rules.",
        printed=False,
    ),
    Column("pd_used_source", "PD used from", "state", 14, "Where the PD of the decision comes from.", printed=False),
)
POLICY = (
    Column("policy_version", "Policy version", "code", 9, "Version of the policy that was applied.", printed=False),
    Column("policy_hash", "Policy hash", "code", 18, "Fingerprint of that policy.", printed=False),
)
