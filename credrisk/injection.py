"""A text that a spreadsheet would run as a formula gets a leading apostrophe in every CSV we write."""

from __future__ import annotations

import polars as pl

__all__ = ["harmless"]

FORMULA = r"^'*[=+\-@\t\r]"
"""Also texts that begin with apostrophes already: so that taking one off again gives the text back."""
PLAIN_NUMBER = r"^[+-]?\d+(?:[.,]\d+)?$"


def harmless(text: str) -> pl.Expr:
    """Return the text column with an apostrophe before what a spreadsheet would run; a plain number is harmless."""
    risky = pl.col(text).str.contains(FORMULA) & ~pl.col(text).str.contains(PLAIN_NUMBER)
    return pl.when(risky).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(text)
