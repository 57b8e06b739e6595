"""Which group, industry and country each customer belongs to, as numbers that sums and factors run over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.errors import DataError
from credrisk.frames import as_polars

__all__ = ["UNKNOWN", "Members", "members_of"]

Codes = npt.NDArray[np.int32]
UNKNOWN = "unknown"
"""Industry or country of whom none is on file."""


@dataclass(frozen=True)
class Members:
    """Numbers (n,) of group, industry and country, and what they are called.

    A customer without a group has the number -1. One without industry or country belongs to ``unknown``, which shares
    a factor but is held to no cap; ``unknown`` stands last.
    """

    group: Codes
    industry: Codes
    country: Codes
    group_names: tuple[str, ...]
    industry_names: tuple[str, ...]
    country_names: tuple[str, ...]

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.group_names)

    @property
    def industries(self) -> int:
        """How many industries there are, ``unknown`` included."""
        return len(self.industry_names)

    @property
    def countries(self) -> int:
        """How many countries there are, ``unknown`` included."""
        return len(self.country_names)


def members_of(members: Any, customer_id: Sequence[str]) -> Members:
    """Number the groups, industries and countries of the customers, in their order.

    Parameters
    ----------
    members
        Frame ``customer_id, group, industry, country``; None, a missing column and a missing row mean unknown.

    Raises
    ------
    DataError
        When a customer has several rows.
    """
    rows = pl.DataFrame({"customer_id": list(map(str, customer_id))})
    if members is not None:
        frame = as_polars(members, "members")
        if "customer_id" not in frame.columns:
            raise DataError("A column is missing.", table="members", columns=["customer_id"])
        frame = frame.with_columns(pl.col("customer_id").cast(pl.String))
        twice = frame.filter(pl.col("customer_id").is_duplicated())["customer_id"].unique(maintain_order=True)
        if len(twice):
            raise DataError("A customer has several rows.", table="members", rows=len(twice), ids=twice.to_list())
        rows = rows.join(frame, on="customer_id", how="left", maintain_order="left")
    group, groups = _numbered(rows, "group", last=None)
    industry, industries = _numbered(rows, "industry", last=UNKNOWN)
    country, countries = _numbered(rows, "country", last=UNKNOWN)
    return Members(group, industry, country, groups, industries, countries)


def _numbered(rows: pl.DataFrame, name: str, *, last: str | None) -> tuple[Codes, tuple[str, ...]]:
    values = rows[name].cast(pl.String) if name in rows.columns else pl.Series(name, [None] * rows.height, pl.String)
    names = sorted(value for value in values.unique().to_list() if value is not None and value != last)
    ranks = {value: place for place, value in enumerate(names)}
    missing = -1 if last is None else len(names)
    codes = values.replace_strict(ranks, default=missing, return_dtype=pl.Int32).fill_null(missing).to_numpy()
    return np.ascontiguousarray(codes, dtype=np.int32), tuple(names if last is None else [*names, last])
