"""Reports with a block for each customer: the customer stands in a heading above the lines, not in a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from credrisk.errors import ParameterError
from credrisk.sources.mapping_headings import PAGE, cells_of, heading_above, heading_texts, with_headings
from credrisk.sources.mapping_rules import Headings
from credrisk.sources.wizard.heading_labels import labelled_rows, labels_behind, most_labelled, with_lead
from credrisk.sources.wizard.printed_lines import figures_in
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.source_table import SourceTable
from credrisk.wording import counted

__all__ = ["HEADINGS", "Blocks", "customer_blocks", "say_blocks", "with_blocks"]

HEADINGS = "headings"
"""What the user answers where it cannot be told: ``FILE.headings=COLUMN``."""
INTO = "customer heading"
_FEWEST = 2
_SEVERAL = 0.1
"""Of the blocks so many may begin with two lines of words: a customer without lines stands above the next one."""


@dataclass(frozen=True)
class Blocks:
    """What was found of headings: the rule, or where they stand and why it cannot be told what they say.

    Attributes
    ----------
    name
        The label before the customer's name, where number and name have one each.
    """

    rule: Headings | None = None
    doubt: str = ""
    name: str = ""


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
    if said is not None and said not in table.frame.columns:
        return Blocks()  # refused with the columns that are there, once all files are understood
    named = {roles[role].column for role in ("customer_id", "name") if role in roles}
    if said is None and any(roles[role].answered for role in ("customer_id", "name") if role in roles):
        return Blocks()
    cells = cells_of(table.frame)
    lines = figures_in(cells) >= _FEWEST
    with_top = with_lead(table.frame, table.lead)
    labelled = most_labelled(with_top, figures_in(with_top) >= _FEWEST)
    if said is not None:
        return _answered(table, said, labelled, cells)
    if labelled is not None and not named - {labelled[0]}:
        blocks = _behind_label(table, *labelled)
        lines &= ~labelled_rows(cells, *labelled)
        return blocks if blocks.rule is not None and _covers(table, blocks.rule, lines) else Blocks()
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
    frame = with_headings(table.frame, rule, above=heading_above(table.lead, table.frame.columns, rule))
    return replace(table, file=replace(table.file, headings=rule), frame=frame)


def say_blocks(table: SourceTable, rule: Headings, notes: Notes) -> None:
    """Say how many headings were found, where, and how to say that they are none."""
    said = _texts(table, rule).drop_nulls()
    label = f" begins with {rule.after!r}" if rule.after else " is filled alone"
    top = ", the first of them above the header," if heading_above(table.lead, table.frame.columns, rule) else ","
    left = f"; no headings are {', '.join(map(repr, rule.excepted))}" if rule.excepted else ""
    notes.unsure.append(
        f"{table.key}: the customer stands in headings above the lines: {said.len():,} rows in which {rule.column!r}"
        f"{label}, {said.n_unique():,} different (for example {said[0]!r}){top} are given to the lines below "
        f"them{left}. If they name something else: --answer '{table.key}.{HEADINGS}='"
    )


def _rule(table: SourceTable, column: str, label: str) -> Headings:
    name, number = INTO, 1
    while name in table.frame.columns:
        number += 1
        name = f"{INTO} {number}"
    return Headings(column, name, label)


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


def _behind_label(table: SourceTable, column: str, label: str) -> Blocks:
    """Return the headings behind a label, parted where the name has a label of its own; what follows is left out."""
    rule, cells = _rule(table, column, label), with_lead(table.frame, table.lead)
    name, until = labels_behind(cells.filter(labelled_rows(cells, column, label)), _texts(table, rule).drop_nulls())
    return Blocks(replace(rule, until=until), name=name)


def _answered(table: SourceTable, column: str, labelled: tuple[str, str] | None, cells: pl.DataFrame) -> Blocks:
    """Return the headings in the column that the user named.

    Raises
    ------
    ParameterError
        When none stands there, with where some do.
    """
    if labelled is not None and labelled[0] == column:
        return _behind_label(table, *labelled)
    rule = _rule(table, column, "")
    if heading_texts(table.frame, rule).drop_nulls().len():
        return Blocks(rule)
    filled = cells.select(pl.sum_horizontal(pl.all().is_not_null()).alias("filled")).to_series()
    alone = {name: int(((filled == 1) & cells[name].is_not_null()).sum()) for name in cells.columns}
    there = [f"{name!r} is filled alone in {counted(rows, 'row')}" for name, rows in alone.items() if rows]
    if labelled is not None:
        there.insert(0, f"{labelled[0]!r} begins with {labelled[1]!r}")
    rule_said = f"a column in which headings stand ({'; '.join(there) or f'{table.key} has none'})"
    raise ParameterError("answer", rule_said, f"{table.key}.{HEADINGS}={column}")


def _filled_in_lines(cells: pl.DataFrame, lines: pl.Series, column: str, named: set[str]) -> bool:
    """Tell whether the customer stands in the lines themselves, so that a cell alone is a stray."""
    return column in named and 2 * int((cells[column].is_not_null() & lines).sum()) > int(lines.sum())


def _covers(table: SourceTable, rule: Headings, lines: pl.Series) -> bool:
    """Tell whether several headings differ, and each line stands below one."""
    said = _texts(table, rule)
    below = said.forward_fill().tail(lines.len())
    return said.drop_nulls().n_unique() >= _FEWEST and not (below.is_null() & lines).any()


def _texts(table: SourceTable, rule: Headings) -> pl.Series:
    """Return what the heading above the header says, null where there is none, then each row of the file."""
    first = heading_above(table.lead, table.frame.columns, rule) or None
    return pl.concat([pl.Series(rule.into, [first], dtype=pl.String), heading_texts(table.frame, rule)])
