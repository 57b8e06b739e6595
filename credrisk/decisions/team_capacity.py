"""What more time on the telephone would gain: the queue's gain against capacity, and the time that coverage takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars

__all__ = ["CapacityCurve", "capacity_curve", "contact_of"]

NEEDED = ("customer_id", "action", "gain", "past_due", "hold", "last_contact_on")
WORK_SHARE = 5 / 7
"""Days of work in a day of the calendar."""


@dataclass(frozen=True)
class CapacityCurve:
    """Today's queue worked further and further down.

    Attributes
    ----------
    curve
        ``contacts, used`` (minutes or contacts), ``gain`` (money, all contacts up to here together), ``marginal`` (of
        the last contact, money per unit of ``used``). The first row is 0. Concave: each unit gains no more than the one
        before.
    unit
        ``minutes`` or ``contacts``.
    today, gain_today
        The team's capacity, and what the best contacts within it gain.
    one_more, value_of_one_more
        Capacity of one more collector, and what that adds to the gain of the day.
    gain_of_all
        What every worthwhile contact together would gain, and
    to_coverage
        Capacity a day of work that reaches the coverage target within its cycle; None where ``lacks`` says why.
    sentences
        The same in words.
    lacks
        What could not be said, and why.
    """

    curve: pl.DataFrame
    unit: str
    today: float
    gain_today: float
    one_more: float
    value_of_one_more: float
    gain_of_all: float
    to_coverage: float | None
    sentences: tuple[str, ...]
    lacks: tuple[str, ...]


def capacity_curve(
    queue: Any,
    *,
    as_of: date,
    minutes: Mapping[str, float],
    in_minutes: bool,
    capacity: float,
    one_more: float,
    coverage_target_share: float,
    coverage_cycle_days: int,
    currency: str,
) -> CapacityCurve:
    """Return what the queue gains at every capacity.

    Parameters
    ----------
    queue
        As :func:`~credrisk.decisions.queue.collection_queue` returns it, pandas or Polars. The accounts of a ``desk``
        take one contact. Its ``gain_beyond_mail`` counts where it is there, else its ``gain``.
    as_of
        The day of the queue.
    minutes
        What each action takes that is done by hand; others take nobody's time and are no part of the curve.
    in_minutes
        Whether capacity is counted in minutes; else in contacts.
    capacity
        What the team has today, in that unit.
    one_more
        What one more collector adds, in the same unit, above 0.
    coverage_target_share
        Share of the past-due accounts that are not held which should have been contacted within the cycle, 0 to 1.
    coverage_cycle_days
        Days of the cycle, days of work (five in seven) and others, at least 1.
    currency
        For the words.

    Raises
    ------
    DataError
        When a column is missing.
    ParameterError
        When a parameter breaks its rule.

    Notes
    -----
    Contacts are taken by gain per unit, best first, so that the curve is concave and its slope is the value of one more
    unit. A contact is whole: between two points the curve is a straight line. It is the value of the day: one who is
    there every day works the backlog down, and then gains what newly falls due allows, which today's queue does not
    show.
    """
    rows = as_polars(queue, "queue")
    missing = [name for name in NEEDED if name not in rows.columns]
    if missing:
        raise DataError("Columns are missing.", table="queue", columns=missing, remedy="give the queue as it came.")
    _check(capacity, one_more, coverage_target_share, coverage_cycle_days)
    unit = "minutes" if in_minutes else "contacts"
    usual = float(np.mean(list(minutes.values()))) if in_minutes and minutes else 1.0
    takes = pl.col("action").replace_strict(dict(minutes), default=None, return_dtype=pl.Float64)
    free = rows.filter(pl.col("hold").is_null()).with_columns(
        contact=contact_of(rows),
        by_hand=pl.col("action").is_in(list(minutes)),
        gain="gain_beyond_mail" if "gain_beyond_mail" in rows.columns else "gain",
        takes=takes if in_minutes else pl.lit(1.0),
    )
    worth = (
        free.filter("by_hand", pl.col("gain") > 0, pl.col("takes") > 0)
        .sort("gain", "customer_id", descending=[True, False])
        .group_by("contact", maintain_order=True)
        .agg(pl.col("gain").sum(), pl.col("takes").first())
        .with_columns(each=pl.col("gain") / pl.col("takes"))
        .sort("each", "contact", descending=[True, False])
    )
    used = np.concatenate([[0.0], worth["takes"].cum_sum().to_numpy()])
    gain = np.concatenate([[0.0], worth["gain"].cum_sum().to_numpy()])
    curve = pl.DataFrame(
        {
            "contacts": np.arange(len(used)),
            "used": used,
            "gain": gain,
            "marginal": [None, *worth["each"].to_list()],
        },
        schema_overrides={"marginal": pl.Float64},
    )
    now, then = (float(np.interp(at, used, gain)) for at in (capacity, capacity + one_more))
    to_coverage, owed = _to_coverage(free, as_of, coverage_target_share, coverage_cycle_days, usual)
    lacks: tuple[str, ...] = ()
    if not in_minutes:
        lacks = ("No list of collectors with their minutes was given, so capacity is counted in contacts.",)
    if to_coverage is None:
        lacks = (*lacks, "No account is past due and free to be contacted: there is nothing to cover.")
    made = CapacityCurve(
        curve, unit, float(capacity), now, float(one_more), then - now, float(gain[-1]), to_coverage, (), lacks
    )
    said = _said(made, owed, coverage_target_share, coverage_cycle_days, currency)
    return CapacityCurve(**{**vars(made), "sentences": said})


def _check(capacity: float, one_more: float, share: float, cycle: int) -> None:
    rules = {
        "capacity": (capacity, 0 <= capacity < math.inf, "a number of at least 0"),
        "one_more": (one_more, 0 < one_more < math.inf, "a number above 0"),
        "coverage_target_share": (share, 0 <= share <= 1, "between 0 and 1"),
        "coverage_cycle_days": (cycle, cycle >= 1, "at least 1"),
    }
    for name, (value, holds, rule) in rules.items():
        if not holds:
            raise ParameterError(name, rule, value)


def contact_of(rows: pl.DataFrame) -> pl.Expr:
    """Return what one contact serves: the payables desk, else the account."""
    own = pl.format("c:{}", "customer_id")
    if "desk" not in rows.columns:
        return own
    return pl.when(pl.col("desk").is_not_null()).then(pl.format("d:{}", "desk")).otherwise(own)


def _to_coverage(free: pl.DataFrame, as_of: date, share: float, cycle: int, usual: float) -> tuple[float | None, int]:
    """Return the capacity a day of work that covers the target's share, and the contacts still to be made.

    A cycle contacts every one that counts once: the shortest contacts first, up to the share.
    """
    late = (
        free.filter(pl.col("past_due") > 0)
        .group_by("contact")
        .agg(pl.col("takes").filter("by_hand").min(), pl.col("last_contact_on").max())
    )
    if late.is_empty():
        return None, 0
    covered = late.filter(pl.col("last_contact_on") > as_of - timedelta(days=cycle)).height
    wanted = math.ceil(share * late.height - 1e-9)
    shortest = late["takes"].fill_null(usual).sort().head(wanted)
    return float(shortest.sum()) / (cycle * WORK_SHARE), max(wanted - covered, 0)


def _said(made: CapacityCurve, owed: int, share: float, cycle: int, currency: str) -> tuple[str, ...]:
    unit, worth = made.unit, made.curve["used"][-1]
    said = [
        f"The team has {made.today:,.0f} {unit} a day; {worth:,.0f} {unit} are worth their cost today. The best within "
        f"capacity gain {made.gain_today:,.0f} {currency} of the {made.gain_of_all:,.0f} {currency} of all.",
        f"One more collector ({made.one_more:,.0f} {unit}) would add {made.value_of_one_more:,.0f} {currency} that "
        f"day. Day after day it is less: the backlog is worked down, and what newly falls due is not in today's queue.",
    ]
    if made.to_coverage is not None:
        enough = "the team has that" if made.to_coverage <= made.today else "the team has less"
        said.append(
            f"To contact {100 * share:.0f} % of the past-due accounts every {cycle} days takes "
            f"{made.to_coverage:,.1f} {unit} a day of work: {enough}. Still to be contacted in this cycle: {owed:,}."
        )
    return tuple(said)
