"""Texts that do harm where they are shown: formulas to a spreadsheet, marks that turn the direction of writing.

A formula gets an apostrophe before it in a CSV, and is marked as text in a workbook.
"""

from __future__ import annotations

import polars as pl

__all__ = ["DIRECTIONS", "ESCAPED", "FORMULA_STARTS", "harmless", "harmless_texts", "one_way"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_STARTS = r"[=+\-@\t\r]"
FORMULA = rf"^'*{_STARTS}"
"""Also texts that begin with apostrophes already: so that taking one off again gives the text back."""
ESCAPED = rf"^'+{_STARTS}"
"""What :func:`harmless` wrote: reading takes one apostrophe off."""
DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Marks that turn the direction of writing, and with it that of the cells beside them, for ``str.translate``."""
PLAIN_NUMBER = r"^[+-]?\d+(?:[.,]\d+)?$"


def harmless(text: str) -> pl.Expr:
    """Return the text column with an apostrophe before what a spreadsheet would run; a plain number is harmless."""
    risky = pl.col(text).str.contains(FORMULA) & ~pl.col(text).str.contains(PLAIN_NUMBER)
    return pl.when(risky).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(text)


def one_way(names: str) -> pl.Expr:
    """Return the column of names without marks that turn the direction of writing; ids are to stay as they are."""
    return pl.col(names).str.replace_all(f"[{''.join(map(chr, DIRECTIONS))}]", "").alias(names)


def harmless_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every text column :func:`harmless`, to be written as a CSV."""
    return frame.with_columns(harmless(name) for name, kind in frame.schema.items() if kind == pl.String)
