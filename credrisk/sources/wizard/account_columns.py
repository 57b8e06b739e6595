"""Columns of general-ledger accounts, such as the contra account of each row: their numbers are never amounts."""

from __future__ import annotations

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.words import marks, plain

__all__ = ["holds_accounts"]

_CODE = r"^[1-9]\d{3,9}$"
_ROWS_EACH = 3
"""An account is in so many rows on average, or more; amounts repeat less."""
_FEWEST_ROWS = 12


def holds_accounts(content: Content, *, named_amount: bool) -> bool:
    """Tell whether a column holds accounts: its header says so, or codes of one length that repeat over the rows.

    Parameters
    ----------
    named_amount
        Whether the header is one of amounts: then what stands in the column does not speak against it.
    """
    if any(plain(one) in marks("other_account") for one in content.headings):
        return True
    values = content.texts.drop_nulls()
    if named_amount or values.len() < _FEWEST_ROWS or not values.str.contains(_CODE).all():
        return False
    return values.str.len_chars().n_unique() == 1 and values.len() >= _ROWS_EACH * values.n_unique()
