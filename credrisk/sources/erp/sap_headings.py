"""What the headings of a line item list mean, which of them are SAP's own, and which a refused list lacks."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files as package_files

__all__ = ["are_headings", "columns_of", "own_columns", "said_to_lack"]

NAMED_FROM = 4
"""A line with so many headings that are known is the line of headings."""
SHORTEST_BEGINNING = 6
"""A heading that was cut off is known by its beginning from so many letters on."""
AMOUNTS = ("milli", "local_amount")
PLAIN = "plain"
"""Under it stand headings that lists of any system may have: they are read, and are no sign of SAP."""
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_NEEDED = (
    ("the customer", ("customer_id",)),
    ("the document number", ("number",)),
    ("the document type", ("type",)),
    ("the document date", ("document_date", "posting_date")),
    ("the net due date", ("due_date",)),
    ("the amount", AMOUNTS),
    ("the clearing document", ("clearing",)),
    ("the clearing date", ("cleared_on",)),
)
"""What a list of open and cleared items says, in words, and the columns that say it."""


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Return what columns hold, with the place of each; the first of several counts, one of SAP's own before others."""
    places = own_columns(header)
    plain = _headings()[1]
    for place, name in enumerate(header):
        if (column := plain.get(_folded(name))) is not None:
            places.setdefault(column, place)
    return places


def own_columns(header: Sequence[str]) -> dict[str, int]:
    """Return the columns that are told by a heading of SAP's own, with the place of each."""
    known, _, beginnings = _headings()
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        folded = _folded(name)
        column = known.get(folded)
        if column is None and len(only := beginnings.get(folded, frozenset())) == 1:
            (column,) = only
        if column is not None:
            places.setdefault(column, place)
    return places


def are_headings(cells: Sequence[str]) -> bool:
    """Tell whether a line is that of the headings: four are known, a document number and an amount among them."""
    columns = columns_of(cells)
    return len(columns) >= NAMED_FROM and "number" in columns and any(name in columns for name in AMOUNTS)


def said_to_lack(lines: Iterable[Sequence[str]]) -> str:
    """Say of the line with the most known headings which these are, and what it lacks; empty where none has one."""
    best = max(lines, key=lambda cells: len(columns_of(cells)), default=())
    there = columns_of(best)
    if not there:
        return ""
    known = ", ".join(best[place] for place in sorted(there.values()))
    lacking = [f"{words} ({_examples(names[0])})" for words, names in _NEEDED if not set(names) & set(there)]
    return f"known are {known}; lacking are {', '.join(lacking)}"


def _examples(column: str) -> str:
    languages = _said()[column]
    return f"{languages['en'][0]}, {languages['de'][0]}"


@cache
def _said() -> dict[str, dict[str, list[str]]]:
    text = (package_files("credrisk.sources.erp") / "sap_headers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _headings() -> tuple[dict[str, str], dict[str, str], dict[str, frozenset[str]]]:
    """Return what SAP's headings hold, what the plain ones hold, and which columns of SAP begin with some letters."""
    own: dict[str, str] = {}
    plain: dict[str, str] = {}
    beginnings: dict[str, set[str]] = {}
    for column, languages in _said().items():
        for language, names in languages.items():
            for folded in {_folded(one) for name in names for one in (name, name.translate(_SPELT_OUT))}:
                (plain if language == PLAIN else own)[folded] = column
    for name, column in own.items():
        for end in range(SHORTEST_BEGINNING, len(name)):
            if name[:end] not in plain:
                beginnings.setdefault(name[:end], set()).add(column)
    return own, plain, {name: frozenset(columns) for name, columns in beginnings.items()}


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
