"""Ids of an export: which columns identify a row, whether zeros were lost from them, and which files share them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import polars as pl

from credrisk.sources.wizard.content import MOSTLY, Content
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.understood import Understood

__all__ = [
    "id_rule",
    "id_texts",
    "identifying",
    "lost_zeros",
    "number_by_content",
    "numbering",
    "overlap",
    "shared_numbers",
]

_FLOAT = r"^\d+\.0+$"
_DIGITS = r"^\d+$"
_MOST_CANDIDATES = 12
_NUMBER = r"^\S*\d\S*$"
"""A number of a document is one word with a digit in it; a remark or a name is not."""
_LONGEST_NUMBER = 40
SHARED_FROM = 0.5
"""Ids of two files belong together when at least this share of one is found in the other."""


def id_rule(content: Content, *, pad: int = 0) -> Any:
    """Return the rule of an id made from one column."""
    keys: dict[str, Any] = {"part_before": content.part} if content.part else {}
    filled = content.texts.drop_nulls()
    if filled.len() and filled.str.contains(_FLOAT).all():
        keys["whole_number"] = True
    if pad:
        keys["pad_zeros"] = pad
    return {"column": content.name, **keys} if keys else content.name


def id_texts(content: Content) -> pl.Series:
    """Return a column's ids as the rule makes them, but for zeros."""
    filled = content.texts.drop_nulls()
    whole = filled.len() and filled.str.contains(_FLOAT).all()
    return content.texts.str.replace(r"\.0+$", "") if whole else content.texts


def lost_zeros(columns: Iterable[Content]) -> int:
    """Return to how many digits ids must be filled up: where some have leading zeros and shorter ones lost theirs.

    0 where nothing was lost, or where an id with and one without zeros stand for two things in one column.
    """
    contents = list(columns)
    values = [id_texts(one).drop_nulls().unique() for one in contents]
    digits = pl.concat([one.filter(one.str.contains(_DIGITS)) for one in values]) if values else pl.Series([""])
    if digits.is_empty():
        return 0
    zeroed = digits.filter(digits.str.starts_with("0") & (digits.str.len_chars() > 1))
    widths = zeroed.str.len_chars().unique().to_list()
    longest = int(digits.str.len_chars().max() or 0)  # type: ignore[arg-type] # lengths are whole numbers
    if len(widths) != 1 or widths[0] != longest or (digits.str.len_chars() == longest).all():
        return 0
    both = any(_twice(one.filter(one.str.contains(_DIGITS)), longest) for one in values if _is_key(one, contents))
    return 0 if both else longest


def identifying(understood: Understood, rows: pl.Series) -> tuple[str, ...]:
    """Return the columns that together identify each of the rows: the document's number, or it and one or two more.

    Rows alike in every column count once. Without a number that does it, the customer and a column of numbers (its
    place in the customer's order) are tried. Empty where nothing identifies them.
    """
    frame = _different(understood, rows)
    main = understood.roles["document_id"].column if understood.has("document_id") else None
    customer = understood.roles["customer_id"].column if understood.has("customer_id") else None
    if main and _unique(frame, (main,)):
        return (main,)
    if understood.further is not None:
        return ()  # rows of one number are lines; where some are not, no other column may tell them apart
    taken = {role.column for name, role in understood.roles.items() if name not in ("document_id", "customer_id")}
    others = [
        name
        for name in frame.columns
        if name not in taken | {main, customer} and frame[name].null_count() == 0 and _is_part(understood, name)
    ][:_MOST_CANDIDATES]
    first = [main, customer] if main and frame[main].null_count() == 0 else [customer]
    for start in (name for name in first if name):
        rest = [name for name in (customer, *others) if name and name != start]
        for size in (1, 2):
            for more in combinations(rest, size):
                if _unique(frame, (start, *more)):
                    return (start, *more)
    return ()


def number_by_content(understood: Understood, rows: pl.Series, notes: Notes) -> Understood:
    """Return the file with the column that numbers its documents, where no header says so but one column alone does.

    A column whose header says that it is the number gives way only where it does not tell nine of ten rows apart.
    Among several columns the one counts that others name (payments their invoice), then the first of text.
    """
    frame, said = _different(understood, rows), understood.content("document_id")
    if said is not None and (
        understood.roles["document_id"].answered or frame[said.name].n_unique() >= MOSTLY * frame.height
    ):
        return understood
    taken = {role.column for role in understood.roles.values()}
    free = [one for name, one in understood.contents.items() if name not in taken and one.kind in ("text", "number")]
    numbers = [one for one in free if _numbers_rows(one, frame)]
    if not numbers:
        return understood
    named = {
        one.name for one in numbers for other in free if other is not one and overlap(other, one.texts) >= SHARED_FROM
    }
    found = max(numbers, key=lambda one: (one.name in named, one.kind == "text"))
    notes.unsure.append(
        f"{understood.key}: {found.name} is taken for the number of the document; it differs in all "
        f"{frame.height:,} documents"
    )
    return replace(understood, roles={**understood.roles, "document_id": Role(found.name, 100.0)})


def numbering(understood: Understood, rows: pl.Series) -> Content | None:
    """Return the first column not known as anything that numbers some rows: a word with a digit, another in each."""
    frame = pl.DataFrame({name: one.texts for name, one in understood.contents.items()}).filter(rows)
    return next((one for one in understood.of_kind("text", "number") if _numbers_rows(one, frame)), None)


def _numbers_rows(content: Content, frame: pl.DataFrame) -> bool:
    """Tell whether a column can be the number of the documents: a word with a digit, and another one in each."""
    texts = frame[content.name]
    if texts.is_empty() or texts.null_count() or texts.n_unique() < texts.len():
        return False
    fits = texts.str.contains(_NUMBER if content.kind == "text" else rf"{_DIGITS}|{_FLOAT}")
    return bool((fits & (texts.str.len_chars() <= _LONGEST_NUMBER)).all())


def _different(understood: Understood, rows: pl.Series) -> pl.DataFrame:
    """Return the cells of the rows as text; rows alike in every column once."""
    return pl.DataFrame({name: one.texts for name, one in understood.contents.items()}).filter(rows).unique()


def shared_numbers(understood: Understood, rows: pl.Series, owed: pl.Series) -> tuple[list[str], list[str]]:
    """Return the numbers of documents that several rows share, sorted: those of instalments, and the others.

    Instalments are of one customer and currency, are all owed (above 0), and each falls due on a day of its own: what a
    mapping with ``instalments = true`` tells apart. Of the others the ledger sets the rows aside.

    Parameters
    ----------
    owed
        Which rows have an amount above 0.
    """
    columns = {"number": understood.contents[understood.column("document_id")].texts, "owed": owed}
    owner = "customer_id" if understood.has("customer_id") else "name"
    one = [role for role in (owner, "currency") if understood.has(role)]
    due = ["due_date"] if understood.has("due_date") else []
    columns |= {role: understood.contents[understood.column(role)].texts for role in (*one, *due)}
    twice = pl.DataFrame(columns).filter(rows).filter(pl.col("number").is_not_null() & pl.col("number").is_duplicated())
    told = pl.lit(bool(due) and understood.has(owner)) & pl.col("owed").all()
    for role in due:
        told &= (pl.col(role).n_unique() == pl.len()) & pl.col(role).is_not_null().all()
    for role in one:
        told &= pl.col(role).n_unique() == 1
    found = twice.group_by("number").agg(told=told).sort("number")
    return found.filter("told")["number"].to_list(), found.filter(~pl.col("told"))["number"].to_list()


def overlap(column: Content, ids: pl.Series) -> float:
    """Return the share of a column's different values that are among the ids, leading zeros aside."""
    values = id_texts(column).drop_nulls().unique().str.strip_chars_start("0")
    if values.is_empty():
        return 0.0
    return float(values.is_in(ids.drop_nulls().str.strip_chars_start("0").unique().to_list()).mean() or 0.0)  # type: ignore[arg-type] # the mean of truth values


def _is_part(understood: Understood, name: str) -> bool:
    content = understood.contents[name]
    return content.kind == "text" or (content.kind == "number" and content.whole)


def _unique(frame: pl.DataFrame, names: Sequence[str]) -> bool:
    part = frame.select(names)
    return bool(frame.height) and not any(part[name].null_count() for name in names) and part.n_unique() == frame.height


def _is_key(values: pl.Series, contents: Sequence[Content]) -> bool:
    """Tell whether the values are those of a column that lists each once: a master file."""
    return any(one.distinct == one.filled and one.filled == values.len() for one in contents)


def _twice(values: pl.Series, width: int) -> bool:
    return values.str.zfill(width).n_unique() < values.n_unique()
