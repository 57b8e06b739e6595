"""Headings with labels, in one cell or several (``A/C:``, ``ALDERM01``, ``Name:``): where they stand, what follows."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from credrisk.sources.mapping_headings import cells_of, rows_above
from credrisk.sources.wizard.words import SURE_FROM, role_scores

__all__ = ["labelled_rows", "labels_behind", "most_labelled", "with_lead"]

_LABEL = r"^([^\d:]{3,30}):"
_LATER = r"\s([^\s\d:]{2,20}:)(?:\s|$)"
_MOSTLY = 0.5
_FEWEST = 2


def with_lead(frame: pl.DataFrame, lead: Sequence[Sequence[str]]) -> pl.DataFrame:
    """Return the cells of a table as text, those of the lines above its header first."""
    cells = cells_of(frame)
    return pl.concat([cells_of(rows_above(lead, frame.columns)).select(cells.columns), cells])


def labelled_rows(cells: pl.DataFrame, column: str, label: str) -> pl.Series:
    """Tell the rows of which the first filled cell is in a column and begins with a label."""
    begins = (pl.coalesce(pl.all()) == pl.col(column)) & pl.col(column).str.starts_with(label)
    return cells.select(begins.fill_null(False).alias("labelled")).to_series()


def most_labelled(cells: pl.DataFrame, lines: pl.Series) -> tuple[str, str] | None:
    """Return the column in which most rows begin with a label such as ``Customer:``, and the label; None without two.

    A label that begins most of the lines themselves heads nothing.

    Parameters
    ----------
    lines
        Which rows have as many figures as a line of the list; a heading with numbers may be among them.
    """
    found: dict[tuple[str, str], int] = {}
    first = pl.coalesce(pl.all())
    for column in cells.columns:
        texts = cells.select(pl.when(first == pl.col(column)).then(pl.col(column)).alias("text")).to_series()
        for label, rows in texts.str.extract(_LABEL).drop_nulls().value_counts().iter_rows():
            scores = role_scores(label)
            if max(scores.get("customer_id", 0.0), scores.get("name", 0.0)) < SURE_FROM:
                continue
            headed = labelled_rows(cells, column, f"{label}:")
            if 2 * int((lines & headed).sum()) <= int(lines.sum()):
                found[column, f"{label}:"] = rows
    best = max(found, key=lambda one: found[one], default=None)
    return best if best is not None and found[best] >= _FEWEST else None


def labels_behind(cells: pl.DataFrame, texts: pl.Series) -> tuple[str, tuple[str, ...]]:
    """Return the label of the name in headings, and the labels of what is neither number nor name, behind it.

    Parameters
    ----------
    cells
        The rows of the headings.
    texts
        What they say behind the label of the customer.
    """
    after = cells.select(pl.exclude(cells.columns[0]))
    whole = [text for column in after.get_columns() for text in column.drop_nulls().unique() if text.endswith(":")]
    single = texts.str.extract_all(_LATER).explode().drop_nulls().str.strip_chars().unique().to_list()
    kept = [one for one in single if not any(text.endswith(f" {one}") for text in whole)]
    places = {label: texts.str.find(label, literal=True).drop_nulls() for label in sorted({*whole, *kept})}
    labels = [label for label, place in places.items() if place.len() >= _MOSTLY * texts.len()]
    labels.sort(key=lambda label: int(places[label].min() or 0))  # type: ignore[arg-type] # places are numbers
    name = next((one for one in labels if role_scores(one.rstrip(":")).get("name", 0.0) >= SURE_FROM), "")
    return name, tuple(labels[labels.index(name) + 1 :] if name else labels)
