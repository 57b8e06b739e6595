"""What cleared what: the clearings of SAP's customer accounts as applications, each of its own kind.

A clearing says only that items were closed together. Which credit closed which debit is taken in this order: what the
postings say themselves (a reversal and the document it cancels, an invoice reference), then equal amounts, then the
earliest due date first; within the customer, then across the customers of one clearing. What is left has no counterpart
in the export.
"""

from __future__ import annotations

import polars as pl

__all__ = ["MATCH", "clearing_days", "matches", "overlaps"]

MATCH: dict[str, pl.DataType] = {
    "debit": pl.String(),
    "credit": pl.String(),
    "milli": pl.Int64(),
    "how": pl.String(),
}
"""A debit item closed by a credit item, the amount in thousandths, and how it was told: link, equal, order."""

_GROUP = ("company", "clearing", "cleared_on", "currency")


def matches(items: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Match the debits of every clearing with its credits, and open partial payments with their invoice.

    Parameters
    ----------
    items
        Items with ``item, document, company, customer_id, currency, milli, due_date, posting_date, clearing,
        cleared_on, invoice, reverses``; ``milli`` is what is to be matched.

    Returns
    -------
    tuple
        The matches (:data:`MATCH`), and the cleared items of which something is left: ``item, milli``.
    """
    found: list[pl.DataFrame] = []
    left = items
    for step in (_linked, _equal, _in_order, _across):
        made = step(left)
        found.append(made.select(list(MATCH)))
        left = _less(left, made)
    rest = left.filter(pl.col("clearing").is_not_null(), pl.col("milli") != 0).select("item", "milli")
    return pl.concat(found), rest


def clearing_days(items: pl.DataFrame) -> pl.DataFrame:
    """Return the day on which each clearing was known: ``company, clearing, cleared_on, known``.

    Where the export has the day of entry of the clearing, or its document among the items, that; else null.
    """
    cleared = items.filter(pl.col("clearing").is_not_null())
    stated = cleared.group_by(_GROUP[:3]).agg(stated=pl.col("clearing_known").max())
    own = (
        cleared.filter(pl.col("number") == pl.col("clearing")).group_by(_GROUP[:3]).agg(own=pl.col("recorded_at").max())
    )
    return stated.join(own, on=_GROUP[:3], how="left").select(*_GROUP[:3], known=pl.coalesce("stated", "own"))


def _linked(items: pl.DataFrame) -> pl.DataFrame:
    """Match what the postings say belongs together: a reversal with its document, a credit with its invoice."""
    ends = pl.col("item", "milli", "currency", "document", "clearing")
    targets = items.select(ends.name.prefix("to_"))
    by_item = items.filter(pl.col("invoice").is_not_null(), pl.col("milli") < 0).join(
        targets, left_on="invoice", right_on="to_item", how="inner", coalesce=False
    )
    cancels = items.filter(pl.col("reverses").is_not_null()).join(
        targets, left_on="reverses", right_on="to_document", how="inner", coalesce=False
    )
    together = pl.col("clearing").eq_missing(pl.col("to_clearing"))
    pairs = pl.concat([cancels, by_item], how="diagonal").filter(
        together, pl.col("currency") == pl.col("to_currency"), pl.col("milli").sign() == -pl.col("to_milli").sign()
    )
    pairs = pairs.with_columns(
        debit=pl.when(pl.col("milli") > 0).then("item").otherwise("to_item"),
        credit=pl.when(pl.col("milli") > 0).then("to_item").otherwise("item"),
        size=pl.min_horizontal(pl.col("milli").abs(), pl.col("to_milli").abs()),
        exact=pl.col("milli") == -pl.col("to_milli"),
    ).sort(pl.col("reverses").is_null(), ~pl.col("exact"), "posting_date", "debit", "credit")
    pairs = pairs.unique("credit", keep="first", maintain_order=True)
    # Several partial payments of one invoice: each takes what those before it left of the debit.
    whole = items.select(debit="item", whole="milli")
    taken = pairs.join(whole, on="debit", maintain_order="left").with_columns(
        before=pl.col("size").cum_sum().over("debit") - pl.col("size")
    )
    sized = taken.with_columns(milli=pl.min_horizontal("size", pl.col("whole") - pl.col("before")))
    return sized.filter(pl.col("milli") > 0).select("debit", "credit", "milli", how=pl.lit("link"))


def _equal(items: pl.DataFrame) -> pl.DataFrame:
    """Match debits and credits of one amount, the first due with the first posted."""
    by = [*_GROUP, "customer_id"]
    debits, credits_ = _sides(items)
    numbered = [
        side.sort("order", "item").with_columns(turn=pl.int_range(pl.len()).over(*by, "milli"))
        for side in (debits, credits_)
    ]
    return (
        numbered[0]
        .join(numbered[1], on=[*by, "milli", "turn"])
        .select(debit="item", credit="item_right", milli="milli", how=pl.lit("equal"))
    )


def _in_order(items: pl.DataFrame) -> pl.DataFrame:
    return _one_after_the_other(items, [*_GROUP, "customer_id"])


def _across(items: pl.DataFrame) -> pl.DataFrame:
    return _one_after_the_other(items, list(_GROUP))


def _one_after_the_other(items: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    debits, credits_ = _sides(items)
    laid = overlaps(debits.sort("order", "item"), credits_.sort("order", "item"), by=by)
    return laid.select(debit="first", credit="second", milli="milli", how=pl.lit("order"))


def overlaps(first: pl.DataFrame, second: pl.DataFrame, *, by: list[str]) -> pl.DataFrame:
    """Lay the amounts of two tables end to end in each group, in their order, and return what overlaps.

    Parameters
    ----------
    first, second
        ``item``, ``milli`` (positive) and the columns of ``by``.

    Returns
    -------
    polars.DataFrame
        ``first, second`` (items) and ``milli``, the length of their overlap.
    """
    ends = [side.with_columns(end=pl.col("milli").cum_sum().over(by)) for side in (first, second)]
    cuts = (
        pl.concat([side.select(*by, "end") for side in ends])
        .unique()
        .sort(*by, "end")
        .with_columns(milli=pl.col("end") - pl.col("end").shift(1, fill_value=0).over(by))
        .sort("end")
    )
    for name, side in zip(("first", "second"), ends, strict=True):
        placed = side.select(*by, "end", pl.col("item").alias(name)).sort("end")
        cuts = cuts.join_asof(placed, on="end", by=by, strategy="forward", check_sortedness=False)
    return cuts.drop_nulls(["first", "second"]).select("first", "second", "milli")


def _sides(items: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the cleared debits, by due date, and the cleared credits, by posting date, with positive amounts."""
    cleared = items.filter(pl.col("clearing").is_not_null())
    keep = ["item", *_GROUP, "customer_id", "milli", "order"]
    debits = cleared.filter(pl.col("milli") > 0).with_columns(order=pl.coalesce("due_date", "posting_date"))
    credits_ = cleared.filter(pl.col("milli") < 0).with_columns(order="posting_date", milli=-pl.col("milli"))
    return debits.select(keep), credits_.select(keep)


def _less(items: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Take what was matched from the items."""
    taken = pl.concat(
        [made.select(item="debit", taken=-pl.col("milli")), made.select(item="credit", taken=pl.col("milli"))]
    )
    return (
        items.join(taken.group_by("item").agg(pl.col("taken").sum()), on="item", how="left", maintain_order="left")
        .with_columns(milli=pl.col("milli") + pl.col("taken").fill_null(0))
        .drop("taken")
    )
