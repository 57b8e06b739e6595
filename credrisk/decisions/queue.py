"""Today's collection queue: the contacts that gain the most money, under capacity."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

import polars as pl

from credrisk.decisions.contact_value import Effects, action_values
from credrisk.decisions.holds import with_chased, with_holds
from credrisk.decisions.inputs import no_negative_zeros
from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_collection import Collection
from credrisk.decisions.queue_basis import QueueBasis, queue_basis
from credrisk.decisions.queue_collectors import collectors_of
from credrisk.decisions.queue_layout import laid_out, ranked, with_choice
from credrisk.decisions.queue_reasons import queue_reasons
from credrisk.decisions.queue_selection import checked_capacity, coverage_slots, select
from credrisk.decisions.queue_talking_points import talking_points
from credrisk.decisions.queue_units import (
    GAIN,
    WEIGHTED,
    best_by_hand_and_automatic,
    unit_options,
    units_of,
    with_own_gain,
    with_score,
    with_weighted_score,
)
from credrisk.decisions.queue_weights import QueueWeights
from credrisk.decisions.queue_workforce import one_pool, workforce
from credrisk.decisions.supervisor_hand import with_hand
from credrisk.errors import ParameterError
from credrisk.frames import given_out
from credrisk.ledger.ledger import Ledger

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RankedEffects", "collection_queue", "coverage_slots", "draw_seed", "queue_from"]

ASSIGNMENTS = ("owned", "free")
MOST_EXPLORED = 0.5


class RankedEffects(Effects, Protocol):
    """What was measured of the actions, and whether the list may be ranked by it."""

    @property
    def ranking(self) -> str:
        """``gain``, or ``amount_x_timing`` where ranking by measured effects has not shown itself no worse.

        In the latter case ``of`` gives the policy's priors.
        """


@overload
def collection_queue(
    ledger: Ledger,
    *,
    as_of: date | str,
    scores: pd.DataFrame | pl.DataFrame,
    policy: Policy | None = None,
    capacity: int | None = None,
    collectors: pd.DataFrame | pl.DataFrame | None = None,
    assignment: str = "owned",
    hand: pd.DataFrame | pl.DataFrame | None = None,
    effects: RankedEffects | None = None,
    explore: float | None = None,
    seed: int | None = None,
    weights: QueueWeights | None = None,
    output: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...
@overload
def collection_queue(
    ledger: Ledger,
    *,
    as_of: date | str,
    scores: pd.DataFrame | pl.DataFrame,
    policy: Policy | None = None,
    capacity: int | None = None,
    collectors: pd.DataFrame | pl.DataFrame | None = None,
    assignment: str = "owned",
    hand: pd.DataFrame | pl.DataFrame | None = None,
    effects: RankedEffects | None = None,
    explore: float | None = None,
    seed: int | None = None,
    weights: QueueWeights | None = None,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def collection_queue(
    ledger: Ledger,
    *,
    as_of: date | str,
    scores: pd.DataFrame | pl.DataFrame,
    policy: Policy | None = None,
    capacity: int | None = None,
    collectors: pd.DataFrame | pl.DataFrame | None = None,
    assignment: str = "owned",
    hand: pd.DataFrame | pl.DataFrame | None = None,
    effects: RankedEffects | None = None,
    explore: float | None = None,
    seed: int | None = None,
    weights: QueueWeights | None = None,
    output: str = "pandas",
) -> Any:
    """Rank the accounts of ``scores`` by the money that contacting them now is expected to gain.

    Parameters
    ----------
    ledger
        The ledger; it is cut at ``as_of`` here.
    scores
        One row per customer: ``customer_id, status, pd_12m, p_late30_12m``, and ``name, dbt_12m, lgd,
        expected_days_to_pay`` (:func:`~credrisk.models.days_to_pay.expected_days_to_pay`) where there.
        Only these customers are ranked, so that a collector's own portfolio can be passed.
    policy
        The shipped policy where none is given.
    capacity
        Contacts that can be made by hand today, whoever makes them; the policy's ``capacity_per_day`` where none is
        given. Not with ``collectors``.
    collectors
        Who works today: ``collector, minutes_per_day`` and, where there, ``languages``, ``skills`` (lists such as
        ``en;de``) and ``away_until`` (the first day back). Capacity is then in minutes of each, by the policy's
        ``minutes`` of an action; an account that cannot have its best action today may have another.
    assignment
        ``owned``: an account is for whoever looks after it (the dated attribute ``collector``), if here and able;
        ``free``: for anybody who is able. Who gains most by whom is found by prices of everybody's minutes, see
        :mod:`credrisk.decisions.queue_assignment`.
    hand
        Pins, boosts and exclusions, as :func:`~credrisk.decisions.supervisor_hand.hand_of` returns them.
    effects
        Measured effects of the actions. Where its ``ranking`` says ``amount_x_timing``, they are the policy's priors
        and the list is ranked by the time value alone.
    explore
        Share of the capacity, at most 0.5, that is drawn at random among those that may be contacted with a gain and
        that nothing else has put on the list. Default: nothing is drawn.
    seed
        Of the draw. Default: the number of the day, so that the same list comes out again.
    weights
        Other than the model's own, to try out: wherever the gain decides (who, which action, mail or somebody's time,
        nobody at a loss) the weighted one does. ``gain`` and its parts stay the model's, ``weighted_gain`` (beyond
        that of the mail, without the boost) is added, and ``ranked_by`` says ``weighted_gain``.
    output
        ``"pandas"`` or ``"polars"``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per customer; money float64 in major units of the ledger's currency. First those to contact today
        (``contact_today``): those near an insurer's deadline, the pinned, then by ``gain_beyond_mail`` (with the
        boost), ties by ``customer_id``; then the others in the same way; last the held, by past due.

        ``rank``: null when held. ``slot``: ``insurer``, ``pin``, ``gain``, ``coverage`` (a place kept for small
        accounts never, or longest ago, contacted), ``explore`` (drawn) or ``automatic`` (its action takes nobody's
        time, so capacity does not bound it), null when not contacted today. Nobody is contacted at a loss, but for a
        pin. ``action``: the one that is done today, else the one with the highest gain; null when held.
        ``gain = expected_loss_avoided + time_value - cost - goodwill``, see
        :func:`~credrisk.decisions.contact_value.action_values`; it is the gain against doing nothing.
        ``gain_beyond_mail``: the gain less what the account would gain anyway by what goes out by itself, where an
        action by hand is done; contacts by hand are chosen by it, and nobody is contacted by hand where it is not above
        0, but for a pin. ``effect_source``: where the effect of the action comes
        from, ``policy_prior`` where it is not measured. ``chased``: what may be asked for. ``hold`` and ``held``: see
        :func:`~credrisk.decisions.holds.with_holds`. ``oldest_open_days``: null when nothing is open, 0 when nothing is
        past due. ``reasons`` in words.

        ``collector_today``: who makes the contact (without ``collectors``: who looks after the account); null for what
        goes out by itself. ``minutes``: of the contact, on one row of each payables desk, 0 on its others.
        ``selection_probability``: chance of a contact by hand today under this list's own rule, exact; null when held.
        ``desk``: the payables desk (``ap_contact_id``), which gets one contact for all its accounts. ``hand``: what the
        supervisor laid down, in words. ``insurer_deadline``: see
        :func:`~credrisk.decisions.queue_insurers.insurer_deadlines`. ``rolls_over_60``, ``rolls_over_90``: money that
        passes 60 (90) days past due within 30 days unless it is paid. ``ranked_by``: ``gain`` or ``amount_x_timing``.
        ``talking_points``: three sentences for the talk, null when held.

    Raises
    ------
    DataError
        When columns are missing, a customer has several rows or is not in the ledger, a currency has no rate, or the
        collectors or the hand do not hold what they must.
    ParameterError
        When a parameter breaks its rule.
    """
    basis = queue_basis(ledger, as_of=as_of, scores=scores, policy=policy)
    return queue_from(
        basis,
        capacity=capacity,
        collectors=collectors,
        assignment=assignment,
        hand=hand,
        effects=effects,
        explore=explore,
        seed=seed,
        weights=weights,
        output=output,
    )


def queue_from(
    basis: QueueBasis,
    *,
    capacity: int | None = None,
    collectors: pd.DataFrame | pl.DataFrame | None = None,
    assignment: str = "owned",
    hand: pd.DataFrame | pl.DataFrame | None = None,
    effects: RankedEffects | None = None,
    explore: float | None = None,
    seed: int | None = None,
    weights: QueueWeights | None = None,
    output: str = "pandas",
) -> Any:
    """Choose from what is known of the accounts: the same list as :func:`collection_queue`, without the look-ups.

    For trying out: one basis serves every capacity, hand and weighting of its day. Parameters, result and errors are
    those of :func:`collection_queue`.
    """
    day, policy = basis.as_of, basis.policy
    rules = policy.collection
    contacts = _capacity(capacity, rules, collectors)
    owned, share, seed = _choices(assignment, explore, seed, day)
    people = collectors_of(collectors, as_of=day) if collectors is not None else None
    accounts = with_hand(basis.accounts, hand, as_of=day)
    currency = basis.ledger.settings.currency
    accounts = with_holds(with_chased(accounts), rules, as_of=day, currency=currency)
    free = accounts.filter(pl.col("hold").is_null())
    ranked_by = GAIN if effects is None else effects.ranking
    values = own = with_score(action_values(free, policy, effects=effects), free, ranked_by=ranked_by)
    if weights is not None:
        ranked_by = WEIGHTED
        values = with_weighted_score(own, free, weights, rules)
    options, units = unit_options(values, rules), units_of(free, rules, as_of=day)
    by_hand = pl.col("uses_capacity")
    if people is None:
        options = best_by_hand_and_automatic(options, units)
        force = one_pool(options.filter(by_hand), contacts)
    else:
        force = workforce(options.filter(by_hand), units, people, owned=owned)
    selection = select(units, options, force, rules=rules, as_of=day, explore=share, seed=seed)
    queue = with_choice(accounts, values, selection, rules, in_contacts=people is None)
    unfit = pl.col("hold").is_null() & pl.col("gain").is_null()
    queue = queue.with_columns(
        held=pl.when(unfit).then(pl.lit("no action of the policy fits its age")).otherwise("held"),
        hold=pl.when(unfit).then(pl.lit("no_action")).otherwise("hold"),
    )
    queue = _with_odds(ranked(queue), basis)
    if weights is not None:
        queue = with_own_gain(queue, own)
    queue = queue.with_columns(
        reasons=queue_reasons(currency, contacts_known=basis.ledger.has("contacts")),
        talking_points=talking_points(currency, as_of=day),
    )
    more = () if weights is None else ("weighted_gain",)
    return given_out(no_negative_zeros(laid_out(queue, policy, ranked_by, more)), output)


def draw_seed(as_of: date, seed: int | None) -> int:
    """Return the seed of the draw: as given, else the number of the day, so that a list can be made again."""
    return as_of.toordinal() if seed is None else seed


def _capacity(capacity: int | None, rules: Collection, collectors: Any) -> int:
    if capacity is not None and collectors is not None:
        raise ParameterError("capacity", "left out with collectors: theirs is in minutes", capacity)
    contacts = rules.capacity_per_day if capacity is None else capacity
    return checked_capacity(contacts)


def _choices(assignment: str, explore: float | None, seed: int | None, day: date) -> tuple[bool, float, int]:
    if assignment not in ASSIGNMENTS:
        raise ParameterError("assignment", f"one of {', '.join(ASSIGNMENTS)}", assignment)
    share = 0.0 if explore is None else explore
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= MOST_EXPLORED:
        raise ParameterError("explore", f"a share of the capacity from 0 to {MOST_EXPLORED:g}", explore)
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise ParameterError("seed", "a whole number of at least 0", seed)
    return assignment == "owned", float(share), draw_seed(day, seed)


def _with_odds(queue: pl.DataFrame, basis: QueueBasis) -> pl.DataFrame:
    """Add ``p_promise_kept``: of the least likely open promise of an account that is held for one, null where unknown.

    The odds do not change the hold, which is the policy's; they are told.
    """
    unknown = pl.lit(None, pl.Float64).alias("p_promise_kept")
    if not (queue["hold"] == "promise").any() or basis.odds is None:
        return queue.with_columns(unknown)
    return queue.join(basis.odds, on="customer_id", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("hold") == "promise").then("p_promise_kept").alias("p_promise_kept")
    )
