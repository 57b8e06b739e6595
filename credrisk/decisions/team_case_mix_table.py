"""The rows of the comparison of collectors: ratio, limits, place, and what difference could have been seen."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import polars as pl

__all__ = ["COLUMNS", "judged", "left_out", "student_quantile", "without_figures"]

POWER = 0.8

Array = npt.NDArray[Any]


def student_quantile(probability: float, freedom: float) -> float:
    """Return Student's quantile, with at least one degree of freedom."""
    from scipy.stats import t

    return float(t.ppf(probability, max(freedom, 1.0)))


def judged(
    sums: pl.DataFrame,
    fit: pl.DataFrame,
    own: Array,
    apart: Array,
    team: float,
    quantiles: tuple[float, float],
    freedom: float,
) -> pl.DataFrame:
    """Return the sums with ratio, limits, z, verdict and detectable difference of the collectors in ``fit``."""
    near, far = quantiles
    seen = near + student_quantile(POWER, freedom)
    own_error, apart_error = (pl.Series(values, dtype=pl.Float64) for values in (own, apart))
    ratio = fit["capped_actual"] / fit["capped_expected"]
    verdicts = fit.select("collector").with_columns(
        ratio=ratio,
        ratio_low=(ratio - near * own_error).clip(lower_bound=0.0),
        ratio_high=ratio + near * own_error,
        standard_error=apart_error,
        low_95=(team - near * apart_error).clip(lower_bound=0.0),
        high_95=team + near * apart_error,
        low_998=(team - far * apart_error).clip(lower_bound=0.0),
        high_998=team + far * apart_error,
        z=(ratio - team) / apart_error,
        detectable=seen * apart_error / team if team > 0 else pl.Series([None] * fit.height, dtype=pl.Float64),
    )
    side = pl.when(pl.col("z") > 0).then(pl.lit("above")).otherwise(pl.lit("below"))
    verdict = (
        pl.when(pl.col("z").abs() > far)
        .then(pl.format("{}_998", side))
        .when(pl.col("z").abs() > near)
        .then(pl.format("{}_95", side))
        .otherwise(pl.lit("within"))
    )
    joined = sums.join(verdicts, on="collector", how="left", maintain_order="left")
    return joined.with_columns(verdict=pl.when(pl.col("z").is_not_null()).then(verdict)).select(COLUMNS)


COLUMNS = [
    "collector",
    "accounts",
    "effective_accounts",
    "expected",
    "actual",
    "plain_ratio",
    "ratio",
    "ratio_low",
    "ratio_high",
    "standard_error",
    "low_95",
    "high_95",
    "low_998",
    "high_998",
    "z",
    "verdict",
    "detectable",
    "lacks",
]


def without_figures(sums: pl.DataFrame, why: str) -> pl.DataFrame:
    """Return the sums without any figure of comparison, and why."""
    blank = [
        pl.lit(None, pl.String if name == "verdict" else pl.Float64).alias(name)
        for name in COLUMNS[COLUMNS.index("plain_ratio") : COLUMNS.index("lacks")]
    ]
    return sums.with_columns(*blank, lacks=pl.coalesce("lacks", pl.lit(why))).select(COLUMNS)


def left_out(sums: pl.DataFrame) -> tuple[str, ...]:
    """Say of which collectors no figure is given."""
    return tuple(
        f"No ratio of {name}: {why}."
        for name, why in sums.filter(pl.col("lacks").is_not_null())["collector", "lacks"].rows()
    )
