"""A recovery on what is written off is income, and no credit of the customer: the write-off is taken back by as much.

Books do the one or the other: they take the write-off back before the cash is posted, or post the recovery beside an
item that stands at nothing. The second would leave the item below nothing, as if the customer were owed the money. Here
it becomes the first: on the day on which the recovery is known a row takes the write-off back. Cash that is booked as a
payment stays as it is booked: the control account holds it as a credit.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.ledger.findings import Finding, by_currency
from credrisk.ledger.ledger import empty_table
from credrisk.ledger.visibility import visible_from

__all__ = ["taken_back_by_recoveries"]

_SEEN = visible_from("applications")


def taken_back_by_recoveries(tables: Mapping[str, pl.DataFrame], findings: list[Finding]) -> pl.DataFrame:
    """Return the applications that take write-offs back by the recoveries on them, and tell them in a note.

    Parameters
    ----------
    tables
        The ledger's own, ``documents`` and ``applications`` among them, amounts in minor units.

    Returns
    -------
    polars.DataFrame
        Columns of ``applications``: kind ``reversal``, from nothing, one row an item and day on which rows of it are
        known. Together the rows up to a day take back as much as the item lies below nothing by the books, at most what
        stands written off on it, and nothing where recoveries that are known since the first write-off do not explain
        all of it (written off twice, or beyond what was open). So where the books take the write-off back themselves, a
        day later, the row of that day is a ``write_off`` again and the item stands as they say.
    """
    applications = tables.get("applications")
    shape = empty_table("applications")
    if applications is None or not applications.height:
        return shape
    written = applications.filter((pl.col("kind") == "write_off") & (pl.col("amount") > 0))
    owed = tables["documents"].filter(pl.col("amount") > 0)
    rows = applications.join(
        owed.join(written, left_on="document_id", right_on="to_document_id", how="semi").select(
            to_document_id="document_id", whole="amount", seen_document=visible_from("documents")
        ),
        on="to_document_id",
        how="inner",
    )
    off = (pl.col("kind") == "write_off") | ((pl.col("kind") == "reversal") & (pl.col("from_kind") == "none"))
    days = (
        rows.group_by("to_document_id", "currency", "whole", day=pl.max_horizontal(_SEEN, "seen_document"))
        .agg(
            pl.col("applied_on").max(),
            moved=pl.col("amount").sum(),
            off=pl.col("amount").filter(off).sum(),
            cash=pl.col("amount").filter(pl.col("kind") == "recovery").sum(),
            begins=((pl.col("kind") == "write_off") & (pl.col("amount") > 0)).any(),
        )
        .sort("to_document_id", "day")
        .with_columns(begun=pl.col("begins").cum_max().over("to_document_id"))
    )
    below = pl.col("moved").cum_sum() - pl.col("whole")
    came = pl.when("begun").then("cash").otherwise(0).cum_sum()
    most = (
        pl.when(below <= came).then(pl.min_horizontal(below, pl.col("off").cum_sum())).otherwise(0).clip(lower_bound=0)
    )
    back = (
        days.with_columns(back=most.over("to_document_id"))
        .with_columns(amount=-pl.col("back").diff().fill_null(pl.col("back")).over("to_document_id"))
        .filter(pl.col("amount") != 0)
        .select("to_document_id", "applied_on", "amount", "currency", recorded_at="day")
        .with_columns(
            pl.when(pl.col("amount") < 0)
            .then(pl.lit("reversal"))
            .otherwise(pl.lit("write_off"))
            .cast(shape.schema["kind"])
            .alias("kind"),
            pl.lit("none", shape.schema["from_kind"]).alias("from_kind"),
        )
    )
    findings += by_currency(
        back.with_columns(amount=-pl.col("amount")),
        "note",
        "applications",
        "recovered",
        "recoveries came in on items that were written off: the write-offs are taken back by as much, so that no "
        "customer is shown to be owed the money.",
        ids="to_document_id",
    )
    return pl.concat([shape, back], how="diagonal")
