"""A proposed mapping as data: tables and rules to be written, what is sure and unsure of it, and what must be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from credrisk.sources.mapping_rules import SourceFile

__all__ = ["FileAmounts", "Notes", "Proposal", "Question", "TableProposal"]


@dataclass(frozen=True)
class Question:
    """Something that only the user can decide.

    Attributes
    ----------
    key
        By which it is answered, such as ``dates.invoices``.
    words
        The question.
    evidence
        What the export says about it.
    choices
        Answers with what each means; empty: any text that ``free`` describes.
    proposal
        What is taken when nobody answers; empty: the mapping cannot be written without an answer.
    """

    key: str
    words: str
    evidence: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    free: str = ""
    proposal: str = ""

    @property
    def blocking(self) -> bool:
        """Whether nothing can be written before it is answered."""
        return not self.proposal


@dataclass
class Notes:
    """What is said about a proposal while it is made.

    Attributes
    ----------
    sure, unsure
        Decisions in words; of the unsure ones also why.
    missing
        What the export lacks, and what that costs.
    questions
        What to ask.
    """

    sure: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


@dataclass(frozen=True)
class TableProposal:
    """How one file feeds one table.

    Attributes
    ----------
    columns
        Rules as the mapping file writes them: a source column, or a table of keys.
    where
        Conditions as the mapping file writes them.
    instalments
        Whether rows of one number with different due dates are instalments.
    remarks
        By target column, what stands as a comment beside it.
    """

    table: str
    file: str
    columns: Mapping[str, Any]
    where: tuple[Mapping[str, Any], ...] = ()
    one_row_per: str = ""
    instalments: bool = False
    remarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileAmounts:
    """The amounts of a file: of all its rows, and of those that are neither documents nor clearings.

    Attributes
    ----------
    columns
        The columns that the amounts are made of.
    total, left_out
        Sums in the signs of the file.
    """

    file: str
    columns: str
    rows: int
    total: float
    rows_left_out: int
    left_out: float


@dataclass(frozen=True)
class Proposal:
    """A whole mapping, proposed.

    Attributes
    ----------
    files
        The files that are read, and how.
    settings
        What the ledger states about itself.
    unread
        Files of the export that no table is made of, with the reason.
    amounts
        What the amounts of each file add up to, and how much of it is used for nothing.
    sure, unsure, missing, questions
        As in :class:`Notes`.
    """

    source: str
    files: tuple[SourceFile, ...]
    tables: tuple[TableProposal, ...]
    settings: Mapping[str, str]
    unread: Mapping[str, str]
    amounts: tuple[FileAmounts, ...]
    sure: tuple[str, ...]
    unsure: tuple[str, ...]
    missing: tuple[str, ...]
    questions: tuple[Question, ...]

    @property
    def blocking(self) -> tuple[Question, ...]:
        """The questions without which nothing can be written."""
        return tuple(one for one in self.questions if one.blocking)
