"""Texts that a spreadsheet would run as a formula: an apostrophe before them in a CSV, marked as text in a workbook."""

from __future__ import annotations

import polars as pl

__all__ = ["ESCAPED", "FORMULA_STARTS", "harmless", "harmless_texts", "one_way"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_STARTS = r"[=+\-@\t\r]"
FORMULA = rf"^'*{_STARTS}"
"""Also texts that begin with apostrophes already: so that taking one off again gives the text back."""
ESCAPED = rf"^'+{_STARTS}"
"""What :func:`harmless` wrote: reading takes one apostrophe off."""
TURNING = r"[\x{202a}-\x{202e}\x{2066}-\x{2069}]"
"""Marks that turn the direction of writing, and with it that of the cells beside them."""
PLAIN_NUMBER = r"^[+-]?\d+(?:[.,]\d+)?$"


def harmless(text: str) -> pl.Expr:
    """Return the text column with an apostrophe before what a spreadsheet would run; a plain number is harmless."""
    risky = pl.col(text).str.contains(FORMULA) & ~pl.col(text).str.contains(PLAIN_NUMBER)
    return pl.when(risky).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(text)


def one_way(names: str) -> pl.Expr:
    """Return the column of names without marks that turn the direction of writing; ids are to stay as they are."""
    return pl.col(names).str.replace_all(TURNING, "").alias(names)


def harmless_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every text column :func:`harmless`, to be written as a CSV."""
    return frame.with_columns(harmless(name) for name, kind in frame.schema.items() if kind == pl.String)
