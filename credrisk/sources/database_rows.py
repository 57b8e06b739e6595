"""Rows of a database as Polars frames: decimals stay exact, a time zone becomes UTC, nothing else is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

__all__ = ["decimals", "frame_of_rows", "plain_types", "put_together"]

_AS_THEY_ARE = (str, bool, float, date, datetime)
_INT64 = 2**63


def frame_of_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Return one chunk of rows, as database drivers give them, as a frame.

    Decimals are Decimal of the chunk's largest scale; what no table can hold (UUIDs, arrays) is text.
    """
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    return pl.DataFrame([_series(name, values) for name, values in zip(names, columns, strict=True)])


def plain_types(frame: pl.DataFrame) -> pl.DataFrame:
    """Return an Arrow result with texts for enumerations and times without a zone (UTC)."""
    changed = []
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
            changed.append(pl.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None))
        elif dtype in (pl.Categorical, pl.Enum):
            changed.append(pl.col(name).cast(pl.String))
    return frame.with_columns(changed)


def put_together(chunks: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the chunks as one frame; a column whose kind differs between them is text, whole numbers exact."""
    chunks = [chunk for chunk in chunks if chunk.height] or list(chunks[:1])
    casts = {}
    for name in chunks[0].columns:
        kinds = {chunk.schema[name] for chunk in chunks} - {pl.Null()}
        if len(kinds) <= 1 and not any(chunk.schema[name] == pl.Null for chunk in chunks):
            continue
        casts[name] = _common(kinds)
    return pl.concat([chunk.cast(casts) for chunk in chunks])  # type: ignore[arg-type]


def decimals(texts: pl.Series) -> pl.Series:
    """Return numbers written as plain text as exact decimals; texts where one of them is no number."""
    if not texts.str.contains(r"^-?\d{1,28}(\.\d{1,10})?$").fill_null(True).all():
        return texts
    scale = texts.str.extract(r"\.(\d+)$").str.len_chars().max()
    return texts.cast(pl.Decimal(38, int(scale) if isinstance(scale, int) else 0))


def _common(kinds: Iterable[pl.DataType]) -> pl.DataType:
    kinds = list(kinds)
    if kinds and all(isinstance(kind, pl.Decimal) for kind in kinds):
        return pl.Decimal(38, max(kind.scale for kind in kinds if isinstance(kind, pl.Decimal)))
    return kinds[0] if len(kinds) == 1 else pl.String()


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return pl.Series(name, [None] * len(values), dtype=pl.Null)
    if kinds == {Decimal}:
        return decimals(pl.Series(name, [None if v is None else format(v, "f") for v in values], dtype=pl.String))
    if kinds == {datetime}:
        return pl.Series(name, [v if v is None or v.tzinfo is None else _utc(v) for v in values])
    if kinds == {int} and all(v is None or -_INT64 <= v < _INT64 for v in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if len(kinds) == 1 and kinds <= set(_AS_THEY_ARE):
        return pl.Series(name, values)
    if kinds <= {bytes, bytearray, memoryview}:
        return pl.Series(name, [None if v is None else bytes(v) for v in values], dtype=pl.Binary)
    return pl.Series(name, [None if v is None else str(v) for v in values], dtype=pl.String)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
