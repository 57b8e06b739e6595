"""Reports in blocks: a row that names the customer, and its lines below; what it says is given to each of these lines.

Such a row has one filled cell (``00337 Alto Auto, Inc.``), or begins with a label (``Customer:``). Numbers of pages are
never taken for one. With a label the first may also stand above the header of the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from credrisk.ledger.parse_values import as_text
from credrisk.sources.mapping_rules import Headings

__all__ = ["PAGE", "cells_of", "heading_above", "heading_texts", "rows_above", "with_headings"]

_OF_PAGES = r"page|pg|p|seite|blatt|pagina|página|pág|pag|blad|blz|folha|foglio|hoja|feuille"
PAGE = rf"(?i)^(?:{_OF_PAGES})[.:]?\s*\d+(?:\s*(?:/|of|von|de|di|van|sur)\s*\d+)?$"
"""How the number of a printed page is written."""


def cells_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the cells as text, null where there is nothing."""
    flat = [one for one in frame.get_columns() if not (one.dtype.is_nested() or one.dtype in (pl.Binary, pl.Object))]
    texts = pl.DataFrame(
        {one.name: as_text(one).str.replace_all("\u00a0", " ", literal=True).str.strip_chars() for one in flat}
    )
    return texts.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in texts.columns)


def heading_texts(frame: pl.DataFrame, rule: Headings) -> pl.Series:
    """Return what each heading says, null in every other row."""
    cells = cells_of(frame)
    own = pl.col(rule.column)
    if rule.after:
        first = pl.coalesce(pl.all()) == own
        is_heading = (first & own.str.starts_with(rule.after)).fill_null(False)
        said = pl.concat_str(
            own.str.strip_prefix(rule.after), pl.exclude(rule.column), separator=" ", ignore_nulls=True
        )
    else:
        alone = pl.sum_horizontal(pl.all().is_not_null()) == 1
        is_heading = alone & own.is_not_null() & ~own.str.contains(PAGE) & ~own.is_in(list(rule.excepted))
        said = own
    if rule.until:
        said = said.str.replace(rf"\s(?:{'|'.join(map(re.escape, rule.until))})[\s\S]*$", "")
    bare = said.str.replace_all(r"\s+", " ").str.strip_chars()
    return cells.select(pl.when(is_heading & (bare != "")).then(bare).alias(rule.into)).to_series()


def rows_above(lead: Sequence[Sequence[str]], columns: Sequence[str]) -> pl.DataFrame:
    """Return the lines above the header as rows of the columns below it."""
    padded = [[cell or None for cell in (*row, *[""] * len(columns))][: len(columns)] for row in lead]
    return pl.DataFrame(padded, schema=dict.fromkeys(columns, pl.String), orient="row")


def heading_above(lead: Sequence[Sequence[str]], columns: Sequence[str], rule: Headings) -> str:
    """Return what the last heading with a label says in the lines above the header; empty where none does."""
    if not rule.after or not lead:
        return ""
    said = heading_texts(rows_above(lead, columns), rule).drop_nulls()
    return str(said[-1]) if said.len() else ""


def with_headings(frame: pl.DataFrame, rule: Headings, *, above: str = "") -> pl.DataFrame:
    """Return a frame with the column of what the heading above each row says; the headings themselves have none.

    Parameters
    ----------
    above
        What a heading above the header says: it is given to the rows before the next one.
    """
    said = heading_texts(frame, rule)
    filled = said.forward_fill().fill_null(above) if above else said.forward_fill()
    below = pl.select(pl.when(said.is_null()).then(filled).alias(rule.into)).to_series()
    return frame.with_columns(below)
