"""What stands written off on each item, what was taken back of it, and what came in on it without opening it again.

A reversal that comes from nothing, and a negative write-off, take back no more than stands written off then: so a
cheque that bounced before the write-off takes none of it back, with or without its receipt. On one day cash given back
comes first, then write-offs, then what is taken back of them, so that of what moves on one day the net stands.

What is left below 0 on an item is no credit of the customer as far as write-offs stand there: it came in on what was
written off, and settles no other invoice.
"""

from __future__ import annotations

import polars as pl

__all__ = ["below_written_off", "paid_or_given_back", "with_written_off"]


def with_written_off(moves: pl.DataFrame) -> pl.DataFrame:
    """Add what each movement takes back of write-offs, and what it moves below 0 on what is written off.

    Parameters
    ----------
    moves
        :func:`~credrisk.ledger.movements.item_movements` of a ledger. What is added to a movement does not depend on
        later ones.

    Returns
    -------
    polars.DataFrame
        The movements in their order, with Int64 minor units: ``taken_back``, 0 or more, what the movement takes back of
        write-offs; ``below``, by how much it raises what is left below 0 on the item as far as write-offs stand there;
        ``recovered``, its cash on what is written off: all of a recovery, and of payments (less when they are given
        back) what they move below 0.
    """
    numbered = moves.with_row_index("row")
    written = moves.filter(pl.col("kind") == "write_off")["document_id"].unique()
    touched = numbered.filter(pl.col("document_id").is_in(written.implode())).with_columns(step=_step())
    touched = touched.with_columns(turn=_turn()).sort("document_id", "date", "turn", maintain_order=True)
    total = pl.col("step").cum_sum().over("document_id")
    touched = touched.with_columns(total=total, left=pl.col("amount").cum_sum().over("document_id"))
    lowest = pl.min_horizontal(pl.col("total").cum_min().over("document_id"), pl.lit(0))
    touched = touched.with_columns(standing=pl.col("total") - lowest)
    touched = touched.with_columns(beyond=pl.min_horizontal("standing", (-pl.col("left")).clip(0)))
    before = {name: pl.col(name).shift(1).over("document_id").fill_null(0) for name in ("standing", "beyond")}
    found = touched.select(
        "row",
        taken_back=pl.when(pl.col("step") < 0).then(before["standing"] - pl.col("standing")).otherwise(0),
        below=pl.col("beyond") - before["beyond"],
    )
    return (
        numbered.join(found, on="row", how="left", maintain_order="left")
        .drop("row")
        .with_columns(pl.col("taken_back", "below").fill_null(0))
        .with_columns(recovered=_recovered())
    )


def below_written_off(moves: pl.DataFrame) -> pl.DataFrame:
    """Return ``document_id, below``: what is left below 0 on items as far as write-offs stand there, at the end."""
    return with_written_off(moves).group_by("document_id").agg(pl.sum("below")).filter(pl.col("below") != 0)


def _step() -> pl.Expr:
    """Return what a movement would add to what stands written off, were all of it there to be taken back."""
    bare = (pl.col("kind") == "reversal") & (pl.col("from_kind") == "none")
    return (
        pl.when(pl.col("kind") == "write_off")
        .then(-pl.col("amount"))
        .when(bare)
        .then(-pl.col("amount").clip(0))
        .otherwise(0)
    )


def paid_or_given_back() -> pl.Expr:
    """Return whether a movement is cash that the books call a payment, or cash given back."""
    kind, source = pl.col("kind"), pl.col("from_kind")
    return (kind == "payment") & (source != "document") | (kind == "reversal") & (source == "receipt")


def _recovered() -> pl.Expr:
    recovery = pl.col("kind") == "recovery"
    return pl.when(recovery).then(-pl.col("amount")).when(paid_or_given_back()).then("below").otherwise(0)


def _turn() -> pl.Expr:
    """Return the place of a movement within its day."""
    back = (pl.col("kind") == "reversal") & (pl.col("from_kind") != "none")
    return (
        pl.when(pl.col("kind") == "document")
        .then(0)
        .when(back)
        .then(1)
        .when((pl.col("kind") == "write_off") & (pl.col("amount") < 0))
        .then(2)
        .when(pl.col("step") < 0)
        .then(3)
        .otherwise(4)
    )
