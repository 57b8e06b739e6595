"""What is shown and offered where a type is asked: rows of it, both sides of what evens out, likely meanings first."""

from __future__ import annotations

import polars as pl

from credrisk.sources.mapping_types_in_words import has_words
from credrisk.sources.wizard.roles import MONEY
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import marks

__all__ = ["in_words", "likeliest", "samples"]

_USUAL = ("invoice", "payment", "credit_note", "write_off")
"""What most types are, in the order in which they are offered."""
_CLOSING = ("discount", "deduction", "offset")
_SAID = {"says_write_off": "write_off", "says_returned": "payment_reversal", "says_credit_note": "credit_note"}
"""By the list of words of a text beside the rows, what they are then likely to be."""
_MOST = 0.5
_CENT = 0.005
_SHOWN = 2


def likeliest(understood: Understood, value: str, numbers: pl.Series | None) -> tuple[str, ...]:
    """Return what a type may mean, the likeliest first: what a text beside it says, then what its signs speak for.

    Parameters
    ----------
    numbers
        The amounts of its rows that are not 0; None where no column is the amount.
    """
    rows = _rows_of(understood, value)
    said: tuple[str, ...] = ()
    for name, kind in _SAID.items():
        for text in understood.contents.values():
            if text.kind == "text" and text.name != understood.column("kind") and not said:
                told = int(has_words(text.texts.filter(rows), marks(name)).sum())
                said = (kind,) if told > _MOST * int(rows.sum()) else ()
    usual: tuple[str, ...] = _USUAL
    if _evens_out(numbers):
        usual = ("payment", *_USUAL)
    elif numbers is not None and not numbers.is_empty():
        negative = 2 * int((numbers < 0).sum()) > numbers.len()
        if understood.about == "payments":  # what came in is positive there
            usual = ("payment_reversal", *_USUAL) if negative else (*_USUAL[1:], *_CLOSING, "invoice")
        elif negative:
            usual = (*_USUAL[1:], *_CLOSING, "invoice")
    return tuple(dict.fromkeys((*said, *usual)))


def in_words(kind: str, numbers: pl.Series | None) -> str:
    """Return a meaning in words; of rows that even out a payment is a transfer."""
    if kind == "payment" and _evens_out(numbers):
        return "payment, or its transfer: each row counts by its sign, from the account to the invoice"
    return kind.replace("_", " ")


def samples(understood: Understood, value: str, signed: pl.Series | None) -> str:
    """Return two rows of a type as they stand; of one that evens out one of each side, with what stands on each."""
    rows = _rows_of(understood, value)
    places = pl.int_range(rows.len(), eager=True)
    shown, said = places.filter(rows).head(_SHOWN).to_list(), ""
    if signed is not None and _evens_out(signed.filter(rows & (signed != 0).fill_null(False))):
        above, below = (rows & side.fill_null(False) for side in (signed > 0, signed < 0))
        shown = [places.filter(side)[0] for side in (above, below)]
        moved = float(signed.filter(above).sum())
        said = f" {moved:,.2f} above 0 in {int(above.sum()):,}, and as much below in {int(below.sum()):,}: a transfer?"
    money = {understood.column(thing) for thing in MONEY if understood.has(thing)}  # its header may say the side
    cells = [
        " | ".join(
            f"{name} {one.texts[place]}" if name in money else str(one.texts[place])
            for name, one in understood.contents.items()
            if one.texts[place] is not None
        )
        for place in shown
    ]
    return f"{said} Such as: {'; '.join(cells)}." if cells else said


def _rows_of(understood: Understood, value: str) -> pl.Series:
    return understood.own & (understood.contents[understood.column("kind")].texts == value).fill_null(False)


def _evens_out(numbers: pl.Series | None) -> bool:
    """Tell whether rows stand on both sides and add up to nothing: what is taken from one place is put in another."""
    return numbers is not None and numbers.len() > 1 and abs(float(numbers.sum())) < _CENT
