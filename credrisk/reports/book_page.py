"""The monthly pack as one HTML page: sections that answer a question each, tables of every customer, a card for each.

The page is one file that needs nothing beside it and reaches nothing: its policy forbids every request and runs only
the script whose hash it names. Texts of the ledger stand in it as data and are set as text.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from os import PathLike
from pathlib import Path

from credrisk.atomic import write_text
from credrisk.reports.book import Book
from credrisk.reports.book_answers import asked
from credrisk.reports.book_cards import BLOCK, packed
from credrisk.reports.book_data import in_page, page_data
from credrisk.reports.book_sections import book_sections
from credrisk.reports.buckets import bucket_heading, buckets_among
from credrisk.reports.months import day_in_words
from credrisk.reports.page import rendered
from credrisk.reports.style import bucket_colours

__all__ = ["book_page", "write_book_page"]

SCRIPTS = ("book_data.js", "book_filters.js", "book_table.js", "book_card.js", "book.js")


def write_book_page(path: str | PathLike[str], book: Book) -> int:
    """Write the page (UTF-8): the same bytes for the same book. Returns its size in bytes."""
    write_text(path, book_page(book))
    return Path(path).stat().st_size


def book_page(book: Book) -> str:
    """Return the page as text."""
    script = _script()
    allowed = base64.b64encode(hashlib.sha256(f"\n{script}\n".encode()).digest()).decode("ascii")
    buckets = buckets_among(book.ageing.columns)
    colours = bucket_colours(len(buckets))
    data = page_data(book) | {
        "block": BLOCK,
        "buckets": [
            {"name": name, "heading": bucket_heading(name), "colour": colour}
            for name, colour in zip(buckets, colours, strict=True)
        ],
    }
    questions = asked(book)
    return rendered(
        "book.html",
        currency=book.currency,
        book=book,
        as_of=day_in_words(book.as_of),
        covers=tuple(day_in_words(day) for day in book.covers) if book.covers else (),
        sections=book_sections(book, questions),
        headline=[(label, value, note) for label, (value, note) in book.headline.items()],
        data=in_page(data),
        cards=in_page(packed(book)),
        script=script,
        allowed=allowed,
    )


def _script() -> str:
    """Return the page's script as :func:`rendered` leaves it, so that its hash is that of what stands in the page."""
    folder = resources.files("credrisk.reports") / "templates"
    lines = "\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS).split("\n")
    return "\n".join(line.rstrip() for line in lines if line.strip())
