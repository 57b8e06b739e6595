"""Lines of a printed report that are no rows of the list: numbers of pages, titles, footnotes, the end of it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from credrisk.sources.mapping_headings import PAGE, cells_of
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.words import marks
from credrisk.wording import counted

__all__ = ["figures_in", "left_out_by", "printed_lines", "say_printed"]

_FEWEST_FIGURES = 2
"""A row of a list of documents or payments has at least a date and an amount."""
_USUAL = 0.5
"""A list is one of figures where at least this share of its rows has as many."""
_MOST_CELLS = 3
"""So many cells a title or footnote fills at most, or half of the columns where that is more."""
_SHOWN = 4
_WORD = r"\p{L}{4,}"


def figures_in(cells: pl.DataFrame) -> pl.Series:
    """Count the cells of each row that may be dates, amounts or numbers: with a digit, and without a word beside it."""
    named_day = r"^\d{1,2}[-/. ]*(?:de )?\p{L}+\.?[-/., ]*(?:de )?\d{2,4}$"
    figure = (
        pl.all().str.contains(r"\d") & (~pl.all().str.contains(_WORD) | pl.all().str.contains(named_day))
    ) & ~pl.all().str.contains(PAGE)
    return cells.select(pl.sum_horizontal(figure.fill_null(False)).cast(pl.Int64).alias("figures")).to_series()


def printed_lines(frame: pl.DataFrame) -> pl.Series:
    """Tell the rows with a few cells of words and no figure, in a list whose rows have a date and an amount."""
    cells = cells_of(frame)
    if not cells.width:
        return pl.Series([False] * frame.height)
    figures = figures_in(cells)
    filled = cells.select(pl.sum_horizontal(pl.all().is_not_null()).cast(pl.Int64).alias("filled")).to_series()
    rows = int((filled > 0).sum())
    if not rows or int((figures >= _FEWEST_FIGURES).sum()) < _USUAL * rows:
        return pl.Series([False] * frame.height)
    return (figures == 0) & (filled > 0) & ((filled < _MOST_CELLS) | (2 * filled < cells.width))


def left_out_by(
    frame: pl.DataFrame, printed: pl.Series, columns: Sequence[str]
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return how a mapping leaves the printed lines out: columns that all are empty there, and texts of the others.

    Parameters
    ----------
    columns
        The dates and amounts that are read.
    """
    if not printed.any():
        return (), {}
    cells = cells_of(frame).filter(printed)
    nothing = list(marks("nothing"))
    texts = {
        name: tuple(cells[name].filter(~cells[name].str.to_lowercase().is_in(nothing)).drop_nulls().unique().sort())
        for name in columns
        if name in cells.columns
    }
    empty = tuple(name for name, said in texts.items() if not said)
    return empty, {name: said for name, said in texts.items() if said}


def say_printed(key: str, frame: pl.DataFrame, printed: pl.Series, notes: Notes) -> None:
    """Count and show the lines that are left out."""
    cells = cells_of(frame).filter(printed)
    if cells.is_empty():
        return
    whole = cells.select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True).alias("said")).to_series()
    counts = whole.str.replace_all(r"\d+", "#").value_counts().sort("count", "said", descending=[True, False])
    examples = [str(whole.filter(whole.str.replace_all(r"\d+", "#") == one)[0]) for one in counts["said"].head(_SHOWN)]
    more = f" and {counts.height - _SHOWN:,} others" if counts.height > _SHOWN else ""
    notes.unsure.append(
        f"{key}: {counted(cells.height, 'line')} of the printed page, without a date or an amount, "
        f"{'is' if cells.height == 1 else 'are'} left out: {', '.join(map(repr, examples))}{more}"
    )
