"""The section of the credit policy that the collection queue follows: capacity, holds, and what a collector can do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from credrisk.decisions.policy_reader import key_error
from credrisk.decisions.policy_values import (
    Age,
    AnyText,
    AtLeastOneWhole,
    Count,
    Flag,
    NotNegative,
    Share,
    ShareAboveZero,
    Text,
    check_rising,
    check_unique,
)

__all__ = ["OTHER_CHANNEL", "Action", "Collectability", "Collection", "check_collection"]

OTHER_CHANNEL = "other"


@dataclass(frozen=True)
class Action:
    """One thing a collector can do, with the prior of its effect on a customer who is reached."""

    name: Text
    says: Text
    channel: Text
    uses_capacity: Flag
    minutes: NotNegative
    skill: AnyText
    cost: NotNegative
    fee_share: Share
    goodwill: NotNegative
    reach: Share
    days_accelerated: NotNegative
    loss_avoided_share: Share
    from_days: Age
    to_days: Age
    broken_promises_count: Flag


@dataclass(frozen=True)
class Collectability:
    """Share of a defaulted balance still collected, by days past due; linear between, level beyond."""

    ages_days: tuple[NotNegative, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Collection:
    """The collection queue; money in major units of the ledger's currency."""

    capacity_per_day: Count
    minimum_balance: NotNegative
    small_balance: NotNegative
    coverage_floor_share: Share
    coverage_minimum_gain: NotNegative
    coverage_cycle_days: AtLeastOneWhole
    coverage_target_share: Share
    due_soon_days: Count
    due_soon_effect_share: Share
    dispute_hold_share: ShareAboveZero
    promise_grace_days: Count
    insurer_notice_days: Count
    contacts_by_hand_30_days: AtLeastOneWhole
    broken_promise_ages_days: Count
    broken_promise_account_days: Count
    quiet_days_no_answer: Count
    quiet_days: dict[str, Count]
    collectability: Collectability
    actions: tuple[Action, ...]


def check_collection(collection: Collection) -> None:
    """Refuse a curve of collectability that rises, and actions whose channel or ages do not hold together."""
    ages, shares = collection.collectability.ages_days, collection.collectability.shares
    check_rising("collection.collectability.ages_days", ages)
    if len(shares) != len(ages):
        raise key_error("collection.collectability.shares", f"as many as ages_days ({len(ages)})", list(shares))
    if any(later > earlier for earlier, later in pairwise(shares)):
        raise key_error("collection.collectability.shares", "falling, or level, with age", list(shares))
    if shares[0] <= 0:
        raise key_error("collection.collectability.shares", "above 0 at the first age", list(shares))
    if OTHER_CHANNEL not in collection.quiet_days:
        raise key_error(f"collection.quiet_days.{OTHER_CHANNEL}", "present: it holds for channels not named", "nothing")
    check_unique("collection.actions.name", (action.name for action in collection.actions))
    for place, action in enumerate(collection.actions, start=1):
        if action.channel not in collection.quiet_days:
            channels = ", ".join(collection.quiet_days)
            raise key_error(
                f"collection.actions[{place}].channel", f"a channel of quiet_days ({channels})", action.channel
            )
        if action.uses_capacity and action.minutes == 0:
            raise key_error(f"collection.actions[{place}].minutes", "above 0 where uses_capacity is true", 0.0)
        if action.to_days < action.from_days:
            raise key_error(f"collection.actions[{place}].to_days", "at least from_days", action.to_days)
