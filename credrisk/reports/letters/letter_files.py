"""A folder of letters: a file a letter and format, an index, mail-merge data, and who got none and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from credrisk.decisions.dunning import DunningProposal
from credrisk.errors import ParameterError
from credrisk.injection import harmless, one_way
from credrisk.ledger.money import EXPONENTS
from credrisk.progress import Progress, silent
from credrisk.reports.letters.content import Letter
from credrisk.reports.letters.email_draft import email_draft
from credrisk.reports.letters.pdf import characters_without_glyph, letter_pdf
from credrisk.reports.letters.plain import letter_html, letter_text
from credrisk.reports.letters.sender import missing_details
from credrisk.reports.letters.word import letter_docx
from credrisk.reports.letters.wording import Wordings
from credrisk.reports.memo_files import file_stems

__all__ = ["FORMATS", "LISTS", "boxes_in", "letter_notes", "read_formats", "write_letters", "write_lists"]

FORMATS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html",
    "txt": "text/plain",
    "eml": "message/rfc822",
}
"""Formats of a letter, and their types."""

ATTACHED = ("pdf", "docx")
"""What goes with an e-mail draft where it is asked for too."""

MOST_NAMED = 8
"""Characters, and customers, that a warning names."""

LISTS = ("letters.csv", "items.csv", "not-sent.csv", "mail-merge.csv", "promises.ics")


def read_formats(text: str) -> tuple[str, ...]:
    """Read ``pdf,docx``: formats in the order of :data:`FORMATS`, each once."""
    asked = [part.strip().lower() for part in text.split(",") if part.strip()]
    for name in asked:
        if name not in FORMATS:
            raise ParameterError("format", f"out of {', '.join(FORMATS)}, separated by commas", name)
    if not asked:
        raise ParameterError("format", f"out of {', '.join(FORMATS)}, separated by commas", text)
    return tuple(name for name in FORMATS if name in asked)


def write_letters(
    folder: Path,
    letters: Sequence[Letter],
    *,
    formats: Sequence[str],
    on: date,
    wordings: Wordings,
    kind: str = "letter",
    progress: Progress = silent,
) -> dict[str, list[str]]:
    """Write each letter into ``folder`` in each format; return the names by customer."""
    stems = file_stems([letter.customer_id for letter in letters])
    makers: dict[str, Callable[[Letter], bytes]] = {
        "pdf": lambda letter: letter_pdf(letter, on=on),
        "docx": lambda letter: letter_docx(letter, on=on),
        "html": lambda letter: letter_html(letter, wordings).encode("utf-8"),
        "txt": lambda letter: letter_text(letter, wordings).encode("utf-8"),
    }
    names: dict[str, list[str]] = {}
    for done, letter in enumerate(letters, start=1):
        made = {f"{kind}-{stems[letter.customer_id]}.{name}": makers[name](letter) for name in formats if name != "eml"}
        if "eml" in formats:
            attached = [
                (name, FORMATS[name.rpartition(".")[2]], content)
                for name, content in made.items()
                if name.rpartition(".")[2] in ATTACHED
            ]
            made[f"{kind}-{stems[letter.customer_id]}.eml"] = email_draft(letter, wordings, attachments=attached)
        for name, content in made.items():
            (folder / name).write_bytes(content)
        names[letter.customer_id] = list(made)
        progress("Writing the letters", done, len(letters))
    return names


def letter_notes(letter: Letter, formats: Sequence[str]) -> list[str]:
    """Return what is missing on a letter, in words."""
    notes = []
    if len(letter.address) < 2:
        notes.append("no postal address: only the name is on it")
    if "eml" in formats and not letter.email:
        notes.append("no e-mail address: the draft has no recipient")
    if missing := missing_details(letter.sender):
        notes.append(f"the sender's details lack: {', '.join(missing)}")
    if "pdf" in formats and (lacking := characters_without_glyph(letter)):
        codes = " ".join(f"U+{ord(character):04X}" for character in lacking[:5])
        notes.append(f"the PDF shows a box for characters that its font lacks: {codes}")
    return notes


def boxes_in(letters: Sequence[Letter]) -> list[str]:
    """Say whose PDF shows a box, by the characters that its fonts lack: the letter reads wrong until that is mended."""
    lacking: dict[str, list[str]] = {}
    for letter in letters:
        if found := characters_without_glyph(letter):
            lacking.setdefault(found, []).append(letter.customer_id)
    return [
        f"The PDF of {_some(customers)} shows a box for what its fonts lack: "
        f"{' '.join(f'{one} (U+{ord(one):04X})' for one in characters[:MOST_NAMED])}"
        f"{' ...' if len(characters) > MOST_NAMED else ''}. With --format docx or html the reader's own fonts show it."
        for characters, customers in sorted(lacking.items(), key=lambda one: one[1])
    ]


def _some(customers: list[str]) -> str:
    more = f" and {len(customers) - MOST_NAMED} more" if len(customers) > MOST_NAMED else ""
    return ", ".join(customers[:MOST_NAMED]) + more


def write_lists(
    folder: Path,
    letters: Sequence[Letter],
    proposal: DunningProposal,
    *,
    names: dict[str, list[str]],
    formats: Sequence[str],
) -> None:
    """Write ``letters.csv``, ``items.csv``, ``not-sent.csv`` and ``mail-merge.csv``; no cell runs as a formula."""
    decimals = EXPONENTS[proposal.currency]
    accounts = proposal.customers(output="polars").with_columns(pl.col(pl.Float64).round(decimals))
    index = accounts.filter(pl.col("hold").is_null()).select(
        "customer_id",
        "name",
        "level",
        "level_name",
        "channel",
        "language",
        "language_source",
        "last_level_says",
        "items",
        "oldest_days",
        "past_due",
        "asked",
        pl.lit(proposal.currency).alias("currency"),
    )
    told = pl.DataFrame(
        {
            "customer_id": [letter.customer_id for letter in letters],
            "written_in": [letter.language.code for letter in letters],
            "total": [letter.fields["letter_total"] for letter in letters],
            "files": ["; ".join(names[letter.customer_id]) for letter in letters],
            "notes": ["; ".join(letter_notes(letter, formats)) for letter in letters],
        },
        schema=dict.fromkeys(("customer_id", "written_in", "total", "files", "notes"), pl.String()),
    )
    _write(folder / "letters.csv", index.join(told, on="customer_id", how="left", maintain_order="left"))
    items = proposal.items(output="polars").filter("on_letter").drop("on_letter")
    _write(folder / "items.csv", items)
    _write(
        folder / "not-sent.csv", accounts.filter(pl.col("hold").is_not_null()).drop("level", "level_name", "channel")
    )
    _write(folder / "mail-merge.csv", _mail_merge(letters))


def _mail_merge(letters: Sequence[Letter]) -> pl.DataFrame:
    """Return the merge fields, a row a letter, as text."""
    rows = [{"customer_id": letter.customer_id, **letter.fields} for letter in letters]
    columns = list(dict.fromkeys(name for row in rows for name in row)) or ["customer_id"]
    cells = [{name: row.get(name, "") for name in columns} for row in rows]
    return pl.DataFrame(cells, dict.fromkeys(columns, pl.String))


def _write(path: Path, table: pl.DataFrame) -> None:
    """Write a table with the mark by which a spreadsheet knows UTF-8."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    shown = table.with_columns(one_way("name")) if "name" in texts else table
    shown.with_columns(harmless(name) for name in texts).write_csv(path, include_bom=True)
