"""Many rows of an export become one row of a ledger table, by a rule that does not depend on their order."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

__all__ = ["CONFLICTS", "merge_rows"]

CONFLICTS = {
    "table": pl.String,
    "column": pl.String,
    "id": pl.String,
    "chosen": pl.String,
    "others": pl.String,
    "rows": pl.Int64,
}


def merge_rows(
    table: str, frame: pl.DataFrame, per: Sequence[str], heights: Sequence[int]
) -> tuple[pl.DataFrame, list[int], pl.DataFrame]:
    """Make one row of all rows with the same key.

    In each column the most frequent value that is not empty is taken; among equally frequent ones the first by
    alphabet (or the smallest number). Rows whose key is empty are kept as they are.

    Parameters
    ----------
    heights
        Rows that each export gave, in the order of ``frame``.

    Returns
    -------
    tuple
        The merged frame sorted by key; how many output rows each export counts for (the first to name a key);
        the conflicts: per column and key the value chosen, the others with their counts, and the rows that differ.
    """
    keyed = pl.all_horizontal(pl.col(name).is_not_null() for name in per)
    numbered = frame.with_columns(
        export=pl.Series([number for number, rows in enumerate(heights) for _ in range(rows)], dtype=pl.Int64)
    )
    complete, keyless = numbered.filter(keyed), numbered.filter(~keyed)
    rest = [name for name in frame.columns if name not in per]
    merged = (
        complete.group_by(list(per))
        .agg(*(pl.col(name).drop_nulls().mode().min() for name in rest), pl.col("export").min())
        .sort(list(per))
    )
    out = pl.concat([merged.select(numbered.columns), keyless])
    counts = [int((out["export"] == number).sum()) for number in range(len(heights))]
    conflicts = [pl.DataFrame(schema=CONFLICTS), *(_conflicts(table, complete, per, name) for name in rest)]
    return out.drop("export"), counts, pl.concat(conflicts)


def _conflicts(table: str, frame: pl.DataFrame, per: Sequence[str], name: str) -> pl.DataFrame:
    counted = (
        frame.filter(pl.col(name).is_not_null())
        .group_by([*per, name])
        .agg(rows=pl.len())
        .sort([*per, "rows", name], descending=[*[False] * len(per), True, False])
        .with_columns(pl.col(name).cast(pl.String))
    )
    others = pl.format("{} ({})", name, "rows").slice(1).str.join(", ")
    return (
        counted.group_by(list(per), maintain_order=True)
        .agg(chosen=pl.col(name).first(), others=others, count=pl.len(), rows=pl.col("rows").slice(1).sum())
        .filter(pl.col("count") > 1)
        .select(
            table=pl.lit(table),
            column=pl.lit(name),
            id=pl.concat_str([pl.col(key).cast(pl.String) for key in per], separator=" "),
            chosen="chosen",
            others="others",
            rows=pl.col("rows").cast(pl.Int64),
        )
    )
