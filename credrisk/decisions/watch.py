"""What changed since last time, in behaviour and in public information: why it matters, what is at stake, whom to tell.

Nothing known after the day counts, and what was known on the earlier day is no news. What could not be compared or
was not measured is counted: an empty list is good news only as far as somebody looked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.exposure_today import exposure_today
from credrisk.decisions.policy import Policy
from credrisk.decisions.promise_state import promises_with_state
from credrisk.decisions.watch_behaviour import FEATURES, behaviour_changes
from credrisk.decisions.watch_gaps import UNMEASURED, not_compared
from credrisk.decisions.watch_layout import CHANGES, laid_out
from credrisk.decisions.watch_public import public_changes
from credrisk.errors import ParameterError
from credrisk.features.calendar import Calendar
from credrisk.features.entities import entity_rows
from credrisk.features.panel import build_panel
from credrisk.features.rows import LedgerRows
from credrisk.features.thresholds import Threshold
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.movements import item_movements
from credrisk.ledger.rates import Rates
from credrisk.progress import Progress, silent

__all__ = ["CHANGES", "MATERIAL", "Watch", "watch"]

MATERIAL = Threshold(500.0, "EUR", "material")
"""Changes of less money are not told: the amount from which an overdue may be a default."""


@dataclass(frozen=True)
class Watch:
    """What changed in ``(since, as_of]``.

    Attributes
    ----------
    ledger_to
        The last day of the ledger: behaviour is compared on it and on ``since``.
    changes
        A row a change (:data:`CHANGES`), the most urgent first, then the most money at stake. ``exposure`` is the
        money at stake with the customer by the policy; ``tell`` whom to tell, joined by semicolons.
    customers
        A row a customer with a change, in the same order: ``customer_id, name, severity, changes, headline, exposure,
        past_due, tell, insurer_deadline, currency``.
    unmeasured
        ``what, reason, customers``: what could not be compared, or was not measured, and for how many.
    watched
        How many customers were looked at.
    """

    since: date
    as_of: date
    ledger_to: date
    currency: str
    material: float
    changes: pl.DataFrame
    customers: pl.DataFrame
    unmeasured: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=UNMEASURED))
    watched: int = 0


def watch(
    ledger: Ledger,
    *,
    since: date | str,
    as_of: date | str | None = None,
    policy: Policy | None = None,
    scores: pl.DataFrame | None = None,
    scores_before: pl.DataFrame | None = None,
    answers: pl.DataFrame | None = None,
    material: float | None = None,
    progress: Progress = silent,
) -> Watch:
    """Return what changed since a day.

    Parameters
    ----------
    ledger
        With the public tables beside its own.
    since, as_of
        What was known at the end of ``since`` is no news; nothing known after ``as_of`` is told (default: the last
        day of the ledger). ``as_of`` may lie after the ledger's last day, where behaviour is then measured.
    policy
        Says what exposure is, and who decides on a limit. Default: the one shipped.
    scores, scores_before
        Scores of two runs, on ``as_of`` and on ``since``: without both, grade and probability are not compared.
    answers
        Who was asked about whom and what came of it (:data:`credrisk.sources.base.ANSWERS`).
    material
        Changes of less money are not told, in major units of the ledger's currency. Default: EUR 500.

    Raises
    ------
    ParameterError
        When ``since`` is not before ``as_of`` or lies before what the ledger covers.
    """
    settings = ledger.settings
    first, day = to_date(since, "since"), to_date(as_of) if as_of is not None else settings.covers_to
    if not first < day:
        raise ParameterError("since", f"before {day}, the day that is looked at", str(first))
    if first < settings.covers_from:
        raise ParameterError("since", f"on or after {settings.covers_from}, where the ledger begins", str(first))
    rules, known = policy or Policy.default(), ledger.cut(day)
    ledger_to, rows = known.settings.covers_to, LedgerRows(known)
    amount = _material(known, material)
    progress("Comparing behaviour", 0, 0)
    both = _both(known, first, rules).with_columns(days=pl.lit((ledger_to - first).days))
    scored = scores is not None and scores_before is not None
    if scores is not None and scores_before is not None:
        both = _with_scores(both, scores, scores_before, rules)
    behaviour = behaviour_changes(both, currency=settings.currency, material=amount, scored=scored)
    behaviour = behaviour.with_columns(
        happened_on=pl.lit(None, pl.Date), known_at=pl.lit(ledger_to), source=pl.lit("ledger")
    )
    progress("Comparing public information", 0, 0)
    outside = {name: entity_rows(rows, name) for name in ("facts", "events", "ratings")}
    public = public_changes(**outside, since=first, as_of=day).with_columns(area=pl.lit("public"))
    changes = pl.concat([behaviour, public], how="diagonal")
    progress("Finding whom to tell", 0, 0)
    changes, customers = laid_out(known, changes, both, rules, scores, ledger_to)
    return Watch(
        since=first,
        as_of=day,
        ledger_to=ledger_to,
        currency=settings.currency,
        material=amount,
        changes=changes,
        customers=customers,
        unmeasured=not_compared(both, answers, scored=scored, since=first, ledger_to=ledger_to, as_of=day),
        watched=both.height,
    )


def _material(known: Ledger, given: float | None) -> float:
    if given is not None:
        if not given >= 0:
            raise ParameterError("material", "an amount of at least 0", given)
        return given
    day = np.array([known.settings.covers_to], dtype="datetime64[D]").astype(np.int64)
    return float(MATERIAL.on(Rates(known), day)[0]) / minor_factor(known.settings.currency)


def _both(known: Ledger, since: date, policy: Policy) -> pl.DataFrame:
    """Return the features of every customer on the ledger's last day and, with ``_before``, on the earlier one."""
    last = known.settings.covers_to
    days = (since, last) if since < last else (last,)
    panel = build_panel(known, calendar=Calendar(days), features=FEATURES, output="polars")
    now, before = panel.filter(pl.col("as_of") == last), panel.filter(pl.col("as_of") == since)
    if since >= last:  # the ledger is not newer: nothing of it can be compared
        before = now.with_columns(pl.lit(None, pl.Float64).alias(name) for name in FEATURES)
    names = {name: f"{name}_before" for name in FEATURES}
    both = now.drop("as_of").join(
        before.select("customer_id", *FEATURES).rename(names), on="customer_id", maintain_order="left"
    )
    both = both.with_columns(pl.col("customer_id").cast(pl.String))
    stake = exposure_today(known, as_of=last, policy=policy, output="polars").select("customer_id", "exposure")
    for found in (_broken(known, since, policy), stake):
        both = both.join(found, on="customer_id", how="left", maintain_order="left")
    return both.with_columns(pl.col("exposure").fill_null(0.0))


def _broken(known: Ledger, since: date, policy: Policy) -> pl.DataFrame:
    """Return promises whose last day, grace included, passed unpaid since: its number and the money promised."""
    last = known.settings.covers_to
    grace = policy.collection.promise_grace_days
    states = promises_with_state(known, last, movements=item_movements(known), grace_days=grace)
    newly = states.filter((pl.col("state") == "broken") & (pl.col("deadline") >= since) & (pl.col("deadline") < last))
    return newly.group_by("customer_id").agg(
        broken=pl.len().cast(pl.Int64), broken_money=pl.col("promised").sum().cast(pl.Float64)
    )


def _with_scores(both: pl.DataFrame, scores: pl.DataFrame, before: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    names = pl.Enum(policy.grade_names)
    for frame, end in ((scores, ""), (before, "_before")):
        own = frame.select(
            "customer_id",
            pl.col("status").cast(pl.String).alias(f"status{end}"),
            pl.col("grade").cast(names).to_physical().cast(pl.Int64).alias(f"grade{end}"),
            pl.col("grade").cast(pl.String).alias(f"grade_words{end}"),
            pl.col("pd_12m").cast(pl.Float64).alias(f"pd_12m{end}"),
        )
        both = both.join(own, on="customer_id", how="left", maintain_order="left")
    return both
