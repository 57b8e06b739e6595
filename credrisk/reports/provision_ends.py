"""The matrix at both ends of a movement, in words: a table of buckets and a sentence that says what moved it most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from credrisk.portfolio.provision.pool import state_in_words
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.style import truncated
from credrisk.wording import percent

if TYPE_CHECKING:
    from credrisk.reports.provision_pack import ProvisionPack

__all__ = ["ends_in_words", "ends_table"]

SEGMENT = 24
TOLD = 3
"""Buckets that the sentence names."""


def ends_table(pack: ProvisionPack) -> ShortTable:
    """Return exposure, rate and allowance of each bucket at both ends, and what of the change each of them made."""
    ends, movement = pack.ends, pack.movement
    if ends is None or movement is None:
        return ShortTable("", (), (), ())
    several = ends["segment"].n_unique() > 1
    rows = [
        (
            *((truncated(row["segment"], SEGMENT),) if several else ()),
            _bucket(row["state"]),
            *(pack.exact(row[name] or 0.0) for name in ("exposed_then", "exposed_now")),
            *("–" if row[name] is None else percent(row[name], 2) for name in ("rate_then", "rate_now")),
            *(pack.exact(row[name] or 0.0) for name in ("allowance_then", "allowance_now", "by_exposure", "by_rate")),
        )
        for row in ends.iter_rows(named=True)
    ]
    sums = {name: float(ends[name].fill_null(0.0).sum()) for name in ends.columns if name not in ("segment", "state")}
    total = [pack.exact(sums[name]) for name in ("exposed_then", "exposed_now")]
    total += ["", "", *(pack.exact(sums[f"allowance_{end}"]) for end in ("then", "now"))]
    total += [pack.exact(sums[name]) for name in ("by_exposure", "by_rate")]
    rows.append((*(("Total", "") if several else ("Total",)), *total))
    headings = (
        *(("Segment",) if several else ()),
        "Bucket",
        *(f"{figure} {end}" for figure in ("Exposed", "Rate", "Allowance") for end in ("then", "now")),
        "Change by exposure",
        "Change by rate",
    )
    first = 2 if several else 1
    return ShortTable(
        f"The matrix then, {movement.opening_on}, and now, {movement.closing_on} ({pack.found.currency})",
        headings,
        tuple(rows),
        tuple(range(first, len(headings))),
        (len(rows) - 1,),
    )


def ends_in_words(pack: ProvisionPack) -> str:
    """Say what exposure and rates did to the allowance, and which buckets moved it most; "" without a movement."""
    if pack.ends is None or pack.ends.is_empty():
        return ""
    change = pl.col("by_exposure") + pl.col("by_rate")
    moved = (
        pack.ends.group_by("state")
        .agg(pl.sum("by_exposure", "by_rate"))
        .with_columns(change=change)
        .filter(pl.col("change").round(2) != 0)
        .sort(pl.col("change").abs(), "state", descending=[True, False])
    )
    exposure, rate = (pack.exact(float(pack.ends[name].sum())) for name in ("by_exposure", "by_rate"))
    said = f"What is exposed moved the allowance by {exposure} {pack.found.currency}, at the opening's rates; rates by "
    said += f"{rate}."
    if moved.height:
        first = moved.head(TOLD).select("state", "change").iter_rows()
        said += f" Most of it: {', '.join(f'{state_in_words(state)} {pack.exact(amount)}' for state, amount in first)}."
    return said


def _bucket(state: str) -> str:
    words = state_in_words(state)
    return words[:1].upper() + words[1:]
