"""What stands on a letter, every text ready: one structure for PDF, Word, HTML, plain text and e-mail."""

from __future__ import annotations

from dataclasses import dataclass

from credrisk.reports.letters.languages import Language

__all__ = ["Letter", "LetterTable"]


@dataclass(frozen=True)
class LetterTable:
    """A table of a letter.

    Attributes
    ----------
    title
        Above it, empty for none.
    headings, rows
        Texts; every row has as many cells as there are headings.
    numeric
        Places of the columns that are aligned to the right.
    sums
        Lines below the rows, label and amount; the last is the one that counts.
    widths
        Share of the width that each column takes.
    note
        Below it, empty for none.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...]
    sums: tuple[tuple[str, str], ...]
    widths: tuple[float, ...]
    note: str = ""


@dataclass(frozen=True)
class Letter:
    """A letter with its texts.

    Attributes
    ----------
    customer_id, language
        Whose it is, and what it is written in.
    sender
        The fields of :data:`~credrisk.reports.letters.sender.SENDER_FIELDS`.
    address
        Lines of the address.
    email
        Of the recipient, empty where not known.
    facts
        What stands beside the address: label and text.
    subject, before, after, closing
        The wording: paragraphs before and after the tables.
    tables, ageing
        The items by currency, and the account by age by currency.
    payment
        How to pay: label and text.
    fields
        What the templates were given, for mail merge: name and text.
    """

    customer_id: str
    language: Language
    sender: dict[str, str]
    address: tuple[str, ...]
    email: str
    facts: tuple[tuple[str, str], ...]
    subject: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    closing: str
    tables: tuple[LetterTable, ...]
    ageing: tuple[LetterTable, ...]
    payment: tuple[tuple[str, str], ...]
    fields: dict[str, str]

    @property
    def return_line(self) -> str:
        """The sender's address on one line, as above a window."""
        town = " ".join(part for part in (self.sender["postcode"], self.sender["city"]) if part)
        return " · ".join(part for part in (self.sender["name"], self.sender["street"], town) if part)

    @property
    def letterhead(self) -> tuple[str, ...]:
        """What stands under the sender's name."""
        sender, words = self.sender, self.language.words
        town = " ".join(part for part in (sender["postcode"], sender["city"]) if part)
        place = ", ".join(part for part in (town, sender["country"]) if part)
        shown = [name for name in ("phone", "email", "website") if sender[name]]
        named = [self.language.labelled(words[name], sender[name]) for name in shown]
        return tuple(line for line in (sender["street"], place, *named) if line)

    @property
    def footer(self) -> str:
        """The sender's numbers, at the foot of each page."""
        words, shown = self.language.words, [name for name in ("registration", "vat_id") if self.sender[name]]
        named = [self.language.labelled(words[name], self.sender[name]) for name in shown]
        return " · ".join((self.sender["name"], *named))

    def page(self, number: str, pages: str) -> str:
        """Return ``Page 1 of 3`` in the letter's language."""
        return self.language.words["page"].format(page=number, pages=pages)
