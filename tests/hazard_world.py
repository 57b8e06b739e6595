"""A small world with a known monthly rate: what a model should find can be computed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.special import ndtr, ndtri

from credrisk.dates import month_end, months_after
from credrisk.models.outcomes import DAYS_PER_MONTH, TrainingRows, training_rows

NOISE = ("invoiced_trend", "terms_days", "days_since_last_payment", "dso_3m", "invoices_12m", "utilisation")


@dataclass(frozen=True)
class World:
    """Panel and labels as the builders give them, and the customers' true monthly rates."""

    panel: pl.DataFrame
    labels: pl.DataFrame
    end: date
    rates: dict[str, float]
    leaving_rate: float

    def rows(self, target: str = "bad_debt") -> TrainingRows:
        return training_rows(self.panel, self.labels, target=target)

    def true_probability(self, customers: list[str], months: float) -> np.ndarray:
        rate = np.array([self.rates[customer] for customer in customers])
        total = rate + self.leaving_rate
        return rate / total * -np.expm1(-total * months)


def true_log_rate(panel: pl.DataFrame, base: float, strength: float = 1.0) -> np.ndarray:
    """Log monthly rate as a function of two of the features; the others are noise.

    Its standard deviation is 0.94 times ``strength``: a factor of 2.6 a standard deviation at 1, of 1.5 at 0.43.
    """
    share = np.clip(panel["share_past_due"].to_numpy(), 1e-6, 1 - 1e-6)
    return np.log(base) + strength * (0.8 * (panel["dbt_12m"].to_numpy() - 10) / 15 + 0.5 * ndtri(share))


def make_world(
    *,
    customers: int = 400,
    months: int = 30,
    base: float = 0.01,
    leaving_rate: float = 0.01,
    seed: int = 1,
    strength: float = 1.0,
    targets: tuple[str, ...] = ("bad_debt",),
) -> World:
    """Draw customers with a constant rate each, seen at month-ends until their event, their leaving or the end."""
    rng = np.random.default_rng(seed)
    first = date(2022, 1, 31)
    dates = [month_end(months_after(first, month)) for month in range(months)]
    end = months_after(first, months)
    names = [f"C{number:04d}" for number in range(customers)]
    base_features = pl.DataFrame(
        {
            "customer_id": names,
            "dbt_12m": rng.normal(10, 15, customers).round(1),
            "share_past_due": ndtr(rng.normal(size=customers)).round(4),
        }
    )
    rates = np.exp(true_log_rate(base_features, base, strength))
    joined = rng.integers(0, max(1, months // 2), customers)
    start = [dates[month] for month in joined]
    frames = {target: rng.exponential(1 / rates) for target in targets}
    left = rng.exponential(1 / leaving_rate, customers)

    def day(offset: np.ndarray) -> list[date | None]:
        days = np.ceil(np.minimum(offset, 1000) * DAYS_PER_MONTH)
        found = [begin + timedelta(days=float(d)) for begin, d in zip(start, days, strict=True)]
        return [when if when <= end else None for when in found]

    ends = base_features.with_columns(
        pl.Series("started", start),
        pl.Series("left_on", day(left), dtype=pl.Date),
        *(pl.Series(f"{target}_on", day(offset), dtype=pl.Date) for target, offset in frames.items()),
    )
    grid = ends.join(pl.DataFrame({"as_of": dates}), how="cross").filter(
        (pl.col("as_of") >= pl.col("started"))
        & (pl.col("left_on").is_null() | (pl.col("left_on") > pl.col("as_of")))
        & pl.all_horizontal(
            pl.col(f"{target}_on").is_null() | (pl.col(f"{target}_on") > pl.col("as_of")) for target in targets
        )
    )
    grid = grid.sort("customer_id", "as_of")
    noise = {name: rng.normal(20, 8, grid.height) for name in NOISE}
    panel = grid.select("customer_id", "as_of", "dbt_12m", "share_past_due").with_columns(
        pl.Series(name, np.where(rng.random(grid.height) < 0.1, np.nan, values)).fill_nan(None)
        for name, values in noise.items()
    )
    labels = grid.select(
        "customer_id",
        "as_of",
        "left_on",
        *(f"{target}_on" for target in targets),
        *(pl.lit(True).alias(f"{target}_at_risk") for target in targets),
        observed_to=pl.lit(end),
    )
    return World(panel, labels, end, dict(zip(names, rates.tolist(), strict=True)), leaving_rate)
