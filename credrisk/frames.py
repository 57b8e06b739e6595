"""Frames at the border of the library: pandas or Polars comes in, pandas (or Polars on request) goes out."""

from __future__ import annotations

from typing import Any

import polars as pl

from credrisk.errors import DataError, ParameterError

__all__ = ["as_polars", "check_output", "given_out", "without_minus_zero"]


def as_polars(frame: Any, parameter: str) -> pl.DataFrame:
    """Take a pandas or Polars frame as a Polars frame; the index of a pandas frame is not taken.

    Raises
    ------
    ParameterError
        When it is neither.
    DataError
        When two columns have one name.
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    if hasattr(frame, "columns") and hasattr(frame, "to_numpy"):
        if not frame.columns.is_unique:
            doubled = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
            raise DataError("Columns occur twice.", table=parameter, columns=doubled, remedy="keep one of each.")
        taken: pl.DataFrame = pl.from_pandas(frame.reset_index(drop=True))
        return taken
    raise ParameterError(parameter, "a pandas or Polars frame", type(frame).__name__)


def check_output(output: str) -> None:
    """Refuse any other ``output`` than ``pandas`` and ``polars``: before the work, where that takes long."""
    if output not in ("pandas", "polars"):
        raise ParameterError("output", "'pandas' or 'polars'", output)


def given_out(frame: pl.DataFrame, output: str, *, like: Any = None) -> Any:
    """Return ``frame`` as pandas (with the index of a pandas ``like``), or as Polars on request."""
    check_output(output)
    if output == "polars":
        return frame
    given = frame.to_pandas()
    if not isinstance(like, pl.DataFrame) and hasattr(like, "index"):
        given.index = like.index
    return given


def without_minus_zero(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose floats hold 0.0 where they held -0.0, as a share of nothing rounds to; null stays null."""
    # Adding 0.0 would do, but Polars leaves such a sum out.
    figure = pl.selectors.float()
    return frame.with_columns(pl.when(figure == 0).then(0.0).otherwise(figure).name.keep())
