"""The supervisor's view of a team on one day: measures, fair comparison, contact funnel, audit, capacity, overrides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from credrisk.decisions.audit_checks import account_checks
from credrisk.decisions.audit_sample import audit_sample
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.hand_outcomes import HandOutcomes, hand_outcomes
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue
from credrisk.decisions.queue_collectors import collectors_of
from credrisk.decisions.queue_rerank import QueueDifference, QueueWeights, queue_diff, rerank
from credrisk.decisions.recorded import with_recorded
from credrisk.decisions.team_accounts import NOBODY, account_owners
from credrisk.decisions.team_capacity import CapacityCurve, capacity_curve, contact_of
from credrisk.decisions.team_case_mix import CaseMix, case_mix
from credrisk.decisions.team_cash import Expectation
from credrisk.decisions.team_measures import EVERYBODY, WEEKS, TeamMeasures, team_measures
from credrisk.ledger.ledger import Ledger
from credrisk.progress import Progress, silent

__all__ = ["TeamReview", "team_review"]

AUDITED = 20
DAY_MINUTES = 300.0
"""Minutes of one more collector where nobody works today. Convention."""

CASES: tuple[tuple[str, QueueWeights], ...] = (
    ("Time alone: the loss avoided does not count", QueueWeights(expected_loss_avoided=0.0)),
    ("Losses alone: time does not count", QueueWeights(time_value=0.0)),
    ("Goodwill does not count", QueueWeights(goodwill=0.0)),
    ("Goodwill counts double", QueueWeights(goodwill=2.0)),
)
"""Other orders that the page shows beside the model's; any other by :func:`~credrisk.decisions.queue_rerank.rerank`."""


@dataclass(frozen=True)
class TeamReview:
    """What a supervisor looks at.

    Attributes
    ----------
    measures
        Of the period, for the team and each collector.
    case_mix
        The collectors against what their own accounts let expect.
    checks
        Every account with something past due or worked on, with what is wrong.
    audit
        The accounts drawn for an audit, with ``inclusion_probability``.
    audit_seed
        Of that draw.
    hand
        What became of what was moved by hand; None without a log.
    queue
        Today's queue; None where no scores were given.
    capacity
        What more time would gain; None where no scores were given.
    orders
        Today's list under other weights and capacities: ``case, contacts, came, went, gain, change`` (by the model's
        own measure, in money). Empty where no scores were given.
    policy
        That was applied.
    lacks
        What is not measured and why.
    """

    measures: TeamMeasures
    case_mix: CaseMix
    checks: pl.DataFrame
    audit: pl.DataFrame
    audit_seed: int
    hand: HandOutcomes | None
    queue: pl.DataFrame | None
    capacity: CapacityCurve | None
    orders: pl.DataFrame
    policy: Policy
    lacks: tuple[str, ...]

    @property
    def as_of(self) -> date:
        """The day of the review."""
        return self.measures.end


def team_review(
    ledger: Ledger,
    *,
    as_of: date | str,
    weeks: int = WEEKS,
    scores: Any = None,
    policy: Policy | None = None,
    collectors: Any = None,
    entries: Sequence[Entry] | None = None,
    hand: Any = None,
    expected_by: Expectation = "forecast",
    audited: int = AUDITED,
    seed: int = 0,
    progress: Progress = silent,
) -> TeamReview:
    """Review the work of a team over the weeks up to ``as_of``.

    Parameters
    ----------
    ledger
        It is cut at ``as_of`` here.
    weeks
        Length of the period.
    scores
        Of ``as_of``, as for :func:`~credrisk.decisions.queue.collection_queue`; None: the queue's parts are left out.
    policy
        The shipped one where none is given.
    collectors
        Who works today and how long, as for :func:`~credrisk.decisions.queue.collection_queue`: capacity is then
        counted in minutes; None: in contacts.
    entries
        Of the decision log; None where there is none. Later ones are passed over. Contacts, promises and disputes that
        were recorded in it count like those of the ledger.
    hand
        Pins, boosts and exclusions in force, as :func:`~credrisk.decisions.supervisor_hand.hand_of` returns them: what
        they change in the model's order is shown.
    expected_by
        See :func:`~credrisk.decisions.team_cash.team_cash`.
    audited
        Accounts to draw for an audit.
    seed
        Of that draw.
    progress
        Is told each stage.

    Raises
    ------
    ParameterError, DataError
        As the parts do.
    """
    rules = policy or Policy.default()
    if entries is not None:
        ledger = with_recorded(ledger, entries, as_of=as_of)
    progress("Measuring the period", 0, 0)
    measures = team_measures(ledger, as_of=as_of, weeks=weeks, policy=rules, expected_by=expected_by)
    owned = measures.cash.with_columns(
        collector=pl.when(pl.col("collector") != NOBODY).then("collector"),
    )
    progress("Comparing and auditing", 0, 0)
    seen = ledger.cut(measures.end)
    owners = account_owners(ledger, start=measures.start, end=measures.end)
    checks = account_checks(seen, owners, start=measures.start, end=measures.end, policy=rules, entries=entries)
    audit = audit_sample(checks, size=audited, seed=seed) if checks.height else checks
    outcomes = hand_outcomes(entries, ledger, as_of=measures.end) if entries is not None else None
    lacks = list(measures.lacks)
    if entries is None:
        lacks.append("No decision log was given: overrides by hand, write-offs and authority are not checked.")
    if checks.height and checks["note_missing"].is_null().all():
        lacks.append("The contacts have no notes: missing notes are not checked.")
    queue, curve, orders = None, None, pl.DataFrame(schema=ORDERS)
    if scores is None:
        lacks.append("No scores were given: the value of more time and other orders of the queue are left out.")
    else:
        progress("Trying other orders of the queue", 0, 0)

        def listed(by_hand: Any, capacity: int | None = None) -> pl.DataFrame:
            return collection_queue(
                ledger,
                as_of=measures.end,
                scores=scores,
                policy=rules,
                capacity=capacity,
                collectors=collectors,
                hand=by_hand,
                output="polars",
            )

        queue = listed(None)
        # With a place for everybody each account shows what a contact by hand would gain.
        whole = listed(None, queue.height) if collectors is None else queue
        curve = _capacity(whole, measures, rules, collectors)
        lacks += curve.lacks
        orders = _orders(queue, measures, rules, in_minutes=collectors is not None)
        if hand is not None and len(hand):
            orders = pl.concat([orders, _handed(queue, listed(hand))])
    return TeamReview(
        measures=measures,
        case_mix=case_mix(owned),
        checks=checks,
        audit=audit,
        audit_seed=seed,
        hand=outcomes,
        queue=queue,
        capacity=curve,
        orders=orders,
        policy=rules,
        lacks=tuple(lacks),
    )


ORDERS = {
    "case": pl.String,
    "contacts": pl.Int64,
    "came": pl.Int64,
    "went": pl.Int64,
    "gain": pl.Float64,
    "change": pl.Float64,
}


def _capacity(queue: pl.DataFrame, measures: TeamMeasures, policy: Policy, collectors: Any) -> CapacityCurve:
    """Return the curve: in minutes where it is known who works how long, else in contacts."""
    rules = policy.collection
    if collectors is None:
        capacity = float(rules.capacity_per_day)
        one_more = max(capacity / _team(measures), 1.0)
    else:
        people = [each.minutes for each in collectors_of(collectors, as_of=measures.end)]
        capacity = sum(people)
        here = [minutes for minutes in people if minutes > 0]
        one_more = sum(here) / len(here) if here else DAY_MINUTES
    return capacity_curve(
        queue,
        as_of=measures.end,
        minutes={action.name: action.minutes for action in rules.actions if action.uses_capacity},
        in_minutes=collectors is not None,
        capacity=capacity,
        one_more=one_more,
        coverage_target_share=rules.coverage_target_share,
        coverage_cycle_days=rules.coverage_cycle_days,
        currency=measures.currency,
    )


def _team(measures: TeamMeasures) -> int:
    """Return how many collectors have accounts or made contacts."""
    return max(measures.table.filter(~pl.col("collector").is_in([NOBODY, EVERYBODY])).height, 1)


def _handed(model: pl.DataFrame, handed: pl.DataFrame) -> pl.DataFrame:
    """Return the line of what the supervisor's hand changes in the list that is made."""
    return pl.DataFrame([_order("The list with the supervisor's hand", queue_diff(model, handed))], schema=ORDERS)


def _order(case: str, found: QueueDifference) -> dict[str, Any]:
    counts = {which: found.table.filter(pl.col("change") == which).height for which in ("in", "out")}
    return {
        "case": case,
        "contacts": found.contacts_after,
        "came": counts["in"],
        "went": counts["out"],
        "gain": found.gain_after,
        "change": found.gain_after - found.gain_before,
    }


def _orders(queue: pl.DataFrame, measures: TeamMeasures, policy: Policy, *, in_minutes: bool) -> pl.DataFrame:
    """Return what today's list would be under other weights, and with one collector more and less.

    All of them are made in contacts: as many as the policy allows in a day, or, where collectors work by minutes, as
    the list has by hand.
    """
    by_hand = [action.name for action in policy.collection.actions if action.uses_capacity]
    made = queue.filter(pl.col("contact_today") & pl.col("action").is_in(by_hand))
    listed = made.select(contact_of(made)).to_series().n_unique()
    contacts = listed if in_minutes else policy.collection.capacity_per_day
    each = max(round(contacts / _team(measures)), 1)

    def tried(**options: Any) -> pl.DataFrame:
        return rerank(queue, as_of=measures.end, policy=policy, output="polars", **({"capacity": contacts} | options))

    model = tried()
    cases = [(case, tried(weights=weights)) for case, weights in CASES]
    for words, count in (("more", contacts + each), ("less", max(contacts - each, 0))):
        cases.append((f"One collector {words} ({count} contacts)", tried(capacity=count)))
    rows: list[dict[str, Any]] = [
        {
            "case": "The model's order",
            "contacts": int(model["contact_today"].sum()),
            "came": 0,
            "went": 0,
            "gain": float(model.filter("contact_today")["gain"].sum()),
            "change": 0.0,
        }
    ]
    rows += [_order(case, queue_diff(model, other)) for case, other in cases]
    return pl.DataFrame(rows, schema=ORDERS)
