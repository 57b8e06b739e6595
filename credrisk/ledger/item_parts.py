"""What is owed and what is in the customer's favour on each item, as changes from day to day."""

from __future__ import annotations

import numpy as np
import polars as pl

__all__ = ["debit_and_credit_parts"]


def debit_and_credit_parts(moves: pl.DataFrame, *, item: str, day: str) -> pl.DataFrame:
    """Split the movements of items into changes of a debit part and of a credit part.

    Whatever the kind of the item, what is left above 0 is debit and what is left below 0 (an open credit note, an
    invoice paid twice) is credit: a credit never hides the debit of another item in the same bucket.

    Parameters
    ----------
    moves
        Movements with ``amount``; the rows of an item stand together in the order of their days.
    item, day
        The columns that tell the item and the day.

    Returns
    -------
    polars.DataFrame
        The last movement of each item and day, all movements of the day netted, with ``debit`` and ``credit`` (Int64):
        by how much the part above 0 and the part below 0 changed that day. Their sum is what moved.
    """
    number = moves[item].rle_id().to_numpy().astype(np.int64)
    days, amounts = moves[day].to_physical().to_numpy(), moves["amount"].to_numpy()
    new_item = np.diff(number, prepend=-1) != 0
    last = np.ones(len(number), dtype=bool)
    last[:-1] = new_item[1:] | (days[1:] != days[:-1])
    running = np.cumsum(amounts, dtype=np.int64)
    before_item = (running - amounts)[new_item][number]
    left = (running - before_item)[last]
    parts, first_day = {}, np.diff(number[last], prepend=-1) != 0
    for name, level in (("debit", np.maximum(left, 0)), ("credit", np.minimum(left, 0))):
        earlier = np.concatenate([np.zeros(1, dtype=np.int64), level[:-1]])[: len(level)]
        parts[name] = pl.Series(level - np.where(first_day, 0, earlier), dtype=pl.Int64)
    return moves.filter(pl.Series(last, dtype=pl.Boolean)).with_columns(**parts)
