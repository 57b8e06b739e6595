"""Reports with a block for each customer: the customer stands in a heading above the lines, not in a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from credrisk.sources.mapping_headings import PAGE, cells_of, heading_texts, with_headings
from credrisk.sources.mapping_rules import Headings
from credrisk.sources.wizard.printed_lines import figures_in
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.source_table import SourceTable
from credrisk.sources.wizard.words import SURE_FROM, role_scores

__all__ = ["HEADINGS", "Blocks", "customer_blocks", "say_blocks", "with_blocks"]

HEADINGS = "headings"
"""What the user answers where it cannot be told: ``FILE.headings=COLUMN``."""
INTO = "customer heading"
_FEWEST = 2
_LABEL = r"^([^\d:]{3,30}):"
_SEVERAL = 0.1
"""Of the blocks so many may begin with two lines of words: a customer without lines stands above the next one."""


@dataclass(frozen=True)
class Blocks:
    """What was found of headings: the rule, or where they stand and why it cannot be told what they say."""

    rule: Headings | None = None
    doubt: str = ""


def customer_blocks(
    table: SourceTable, roles: Mapping[str, Role], repeated: pl.Series, answers: Mapping[str, str]
) -> Blocks:
    """Tell whether customers stand in headings: no column names them, and each line has a heading above it.

    Parameters
    ----------
    roles
        What the columns are without headings.
    repeated
        The rows that are the header again.
    answers
        ``FILE.headings``: the column in which the headings stand; empty where there are none.
    """
    said = answers.get(f"{table.key}.{HEADINGS}")
    if said == "" or not {"amount", "debit", "credit", "open_amount", "paid_amount"} & set(roles):
        return Blocks()
    if said is not None:  # a column that is not there is refused with those that are, once all files are understood
        return Blocks(_rule(table, said, "")) if said in table.frame.columns else Blocks()
    named = {roles[role].column for role in ("customer_id", "name") if role in roles}
    if any(roles[role].answered for role in ("customer_id", "name") if role in roles):
        return Blocks()
    cells = cells_of(table.frame)
    lines = figures_in(cells) >= _FEWEST
    labelled = _labelled(cells, lines)
    if labelled is not None and not named - {labelled[0]}:
        rule = _rule(table, *labelled)
        return Blocks(rule) if _covers(table, rule, lines) else Blocks()
    found = _alone(cells, lines, repeated)
    if found is None or named - {found[0]} or _filled_in_lines(cells, lines, found[0], named):
        return Blocks()
    column, excepted, doubled = found
    rule = replace(_rule(table, column, ""), excepted=excepted)
    if not _covers(table, rule, lines):
        return Blocks()
    if doubled:
        first = heading_texts(table.frame, rule).drop_nulls()[0]
        return Blocks(
            doubt=f"The customer seems to stand in rows of their own above the lines, in {column!r} (for example "
            f"{first!r}), but {doubled}, so it cannot be told which of them is the customer. If the last one above "
            f"the lines is: --answer '{table.key}.{HEADINGS}={column}'; else leave one of them in the export."
        )
    return Blocks(rule)


def with_blocks(table: SourceTable, rule: Headings) -> SourceTable:
    """Return the table as the mapping will read it, with the column of what the headings say."""
    return replace(table, file=replace(table.file, headings=rule), frame=with_headings(table.frame, rule))


def say_blocks(table: SourceTable, rule: Headings, notes: Notes) -> None:
    """Say how many headings were found, where, and how to say that they are none."""
    said = heading_texts(table.frame, rule).drop_nulls()
    label = f" begins with {rule.after!r}" if rule.after else " is filled alone"
    left = f"; no headings are {', '.join(map(repr, rule.excepted))}" if rule.excepted else ""
    notes.unsure.append(
        f"{table.key}: the customer stands in headings above the lines: {said.len():,} rows in which {rule.column!r}"
        f"{label}, {said.n_unique():,} different (for example {said[0]!r}), are given to the lines below them{left}. "
        f"If they name something else: --answer '{table.key}.{HEADINGS}='"
    )


def _rule(table: SourceTable, column: str, label: str) -> Headings:
    name, number = INTO, 1
    while name in table.frame.columns:
        number += 1
        name = f"{INTO} {number}"
    return Headings(column, name, label)


def _labelled(cells: pl.DataFrame, lines: pl.Series) -> tuple[str, str] | None:
    """Return the column in which rows begin with a label such as ``Customer:``, and the label."""
    found: dict[tuple[str, str], int] = {}
    words = cells.filter(~lines)
    first = pl.coalesce(pl.all())
    for column in cells.columns:
        texts = words.select(pl.when(first == pl.col(column)).then(pl.col(column)).alias("text")).to_series()
        for label, rows in texts.str.extract(_LABEL).drop_nulls().value_counts().iter_rows():
            scores = role_scores(label)
            if max(scores.get("customer_id", 0.0), scores.get("name", 0.0)) >= SURE_FROM:
                found[column, f"{label}:"] = rows
    best = max(found, key=lambda one: found[one], default=None)
    return best if best is not None and found[best] >= _FEWEST else None


def _alone(cells: pl.DataFrame, lines: pl.Series, repeated: pl.Series) -> tuple[str, tuple[str, ...], str] | None:
    """Return the column of rows with one filled cell, which of them are titles of pages, and what speaks against it."""
    filled = cells.select(pl.sum_horizontal(pl.all().is_not_null()).alias("filled")).to_series()
    text = cells.select(pl.coalesce(pl.all()).alias("text")).to_series()
    page = text.str.contains(PAGE).fill_null(False)
    places = {name: int(((filled == 1) & cells[name].is_not_null() & ~page).sum()) for name in cells.columns}
    column = max(places, key=lambda name: places[name])
    if places[column] < _FEWEST:
        return None
    alone = (filled == 1) & cells[column].is_not_null() & ~page
    what = pl.DataFrame({"text": text, "alone": alone, "line": lines, "header": repeated, "page": page})
    kept = what.filter((filled > 0) & ~pl.Series(page)).filter(pl.col("alone") | pl.col("line") | pl.col("header"))
    runs = kept.with_columns(run=pl.col("alone").rle_id())
    blocks = runs.group_by("run", maintain_order=True).agg(
        pl.col("alone").first(), pl.col("text"), header=pl.col("header").first(), rows=pl.len()
    )
    blocks = blocks.with_columns(before_header=pl.col("header").shift(-1).fill_null(False)).filter("alone")
    titles = blocks.filter("before_header")["text"].explode().unique().sort()
    ahead = blocks.filter(~pl.col("before_header"))
    several = ahead.filter(pl.col("rows") > 1).height
    doubled = f"in {several:,} of {ahead.height:,} blocks several such rows follow one another"
    return column, tuple(titles.to_list()), doubled if several > _SEVERAL * ahead.height else ""


def _filled_in_lines(cells: pl.DataFrame, lines: pl.Series, column: str, named: set[str]) -> bool:
    """Tell whether the customer stands in the lines themselves, so that a cell alone is a stray."""
    return column in named and 2 * int((cells[column].is_not_null() & lines).sum()) > int(lines.sum())


def _covers(table: SourceTable, rule: Headings, lines: pl.Series) -> bool:
    """Tell whether several headings differ, and each line stands below one."""
    said = heading_texts(table.frame, rule)
    below = said.forward_fill()
    return said.n_unique() > _FEWEST and not (below.is_null() & lines).any()
