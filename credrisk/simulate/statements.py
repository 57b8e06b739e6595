"""What the outside world could know: yearly statements with a publication lag, notices and news."""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import Clock, Flags, Ints
from credrisk.simulate.failure import Outcomes
from credrisk.simulate.health import Health

__all__ = ["draw_events", "draw_facts"]

SOURCE = "register"
FLOWS = ("revenue", "net_income")
INSTANTS = ("total_assets", "current_assets", "current_liabilities", "equity")


def draw_facts(
    rng: np.random.Generator, accounts: Accounts, health: Health, outcomes: Outcomes, clock: Clock
) -> pl.DataFrame:
    """Draw the figures of yearly statements of the customers that publish.

    Margin, equity and liquidity follow the average health of the business year, with noise; weak companies publish
    later. Nothing is published after a failure.

    Returns
    -------
    polars.DataFrame
        ``customer, measure, period_start, period_end, value, known_at`` (days as numbers, money in whole units).
    """
    publisher = np.flatnonzero(accounts.publishes)
    size = len(publisher)
    scale = accounts.monthly_sales[publisher] * np.exp(rng.normal(3.6, 0.7, size))
    june = rng.random(size) < 0.15
    frames: list[pl.DataFrame] = []
    for first, last in _business_years(clock):
        shift = np.where(june, -184, 0)
        start, end = first + shift, last + shift
        state = _average(health, publisher, start, end, clock)
        noise = rng.normal(size=(5, size))
        scale = scale * np.exp(0.02 + 0.05 * state + 0.06 * noise[0])
        assets = scale * np.exp(-0.45 + 0.1 * noise[1])
        equity = assets * np.clip(0.32 + 0.11 * state + 0.1 * noise[2], -0.6, 0.85)
        current = assets * 0.55
        owed = current / np.clip(1.45 + 0.3 * state + 0.25 * noise[3], 0.35, 4.0)
        income = scale * np.clip(0.035 + 0.03 * state + 0.025 * noise[4], -0.4, 0.3)
        known = end + np.round(150 - 25 * np.clip(state, -2, 2) + rng.gamma(2.0, 25.0, size)).astype(np.int64)
        values = dict(zip((*FLOWS, *INSTANTS), (scale, income, assets, current, owed, equity), strict=True))
        seen = (known <= clock.end) & (known < outcomes.failed[publisher]) & (accounts.opened[publisher] <= clock.end)
        frames.extend(
            pl.DataFrame(
                {
                    "customer": publisher,
                    "measure": [measure] * size,
                    "period_start": start if measure in FLOWS else [None] * size,
                    "period_end": end,
                    "value": np.round(value).astype(np.int64),
                    "known_at": known,
                },
                schema_overrides={"period_start": pl.Int64},
            ).filter(seen)
            for measure, value in values.items()
        )
    return pl.concat(frames)


def _business_years(clock: Clock) -> list[tuple[int, int]]:
    """Return first and last day of the calendar years that end after a year before the start."""
    years = np.arange(clock.day(clock.start).year - 1, clock.day(clock.end).year + 1)
    firsts = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    nexts = (years - 1969).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return [(int(a), int(b) - 1) for a, b in zip(firsts, nexts, strict=True)]


def _average(health: Health, customer: Ints, start: Ints, end: Ints, clock: Clock) -> np.ndarray:
    """Return the mean health over the business year, as far as it was simulated."""
    total = np.concatenate([np.zeros((len(customer), 1)), health.health[customer].cumsum(axis=1)], axis=1)
    a, b = clock.month_of(start), clock.month_of(end) + 1
    row = np.arange(len(customer))
    return np.asarray((total[row, b] - total[row, a]) / (b - a))


def draw_events(
    rng: np.random.Generator, accounts: Accounts, health: Health, outcomes: Outcomes, clock: Clock
) -> pl.DataFrame:
    """Draw notices and news: insolvency notices, court judgments (more in bad health), changes of management (not).

    Returns
    -------
    polars.DataFrame
        ``customer, kind, happened_on, known_at, text`` (days as numbers).
    """
    n, months = len(accounts), clock.months
    alive = (clock.month_starts[:-1] >= accounts.opened[:, None]) & (
        clock.month_starts[1:] <= np.minimum(outcomes.failed, outcomes.left)[:, None]
    )
    judged = alive & (rng.random((n, months)) < np.minimum(0.0022 * np.exp(-0.9 * health.health), 0.1))
    managed = alive & (rng.random((n, months)) < 0.003)
    failed = np.flatnonzero(outcomes.kind == 1)
    day = outcomes.failed[failed]
    notice = pl.DataFrame({"customer": failed, "happened_on": day, "known_at": day + rng.integers(0, 12, len(day))})
    return pl.concat(
        [
            notice.with_columns(kind=pl.lit("insolvency_notice"), text=pl.lit("Proceedings opened")),
            _monthly(rng, judged, "payment_judgment", "Judgment for an unpaid debt", clock),
            _monthly(rng, managed, "management_change", "New managing director", clock),
        ]
    )


def _monthly(rng: np.random.Generator, happens: Flags, kind: str, text: str, clock: Clock) -> pl.DataFrame:
    customer, month = np.nonzero(happens)
    day = clock.month_starts[month] + rng.integers(0, 28, len(month))
    known = day + rng.integers(1, 40, len(month))
    frame = pl.DataFrame({"customer": customer, "happened_on": day, "known_at": known})
    return frame.with_columns(kind=pl.lit(kind), text=pl.lit(text))
