"""Why an account has not paid, and what each action does to the days until it pays: the parameters of a contact world.

They were fixed before the ranking of the queue was looked at, and none is taken from the shipped policy's priors of
reach, days or avoided share, so that a queue which ranks by those priors is not judged by itself.

==================== ==================================================================================================
parameter            where it comes from
==================== ==================================================================================================
``reach``            e-mail, letter, call: as in the simulator's own collection (:data:`collection.REACHED`). A notice
                     that supply stops finds its reader more often than a call, a manager less often than a clerk.
``response``         share of the remaining delay that a reached customer gives up. The simulator's own collection takes
                     0.55 from a customer that is able to pay and 0.10 from one that is not; here a call takes as
                     much, told apart by reason: who has no invoice or whose process is slow reacts much, who cannot pay
                     little, who disputes or waits for our correction hardly. Pressure (stop of supply, management,
                     agency) moves who will not pay, and does little for who cannot.
``unreached_share``  an attempt that reaches nobody works a little (collection: 0.03 to 0.13 of the delay).
``able_floor``       a customer in bad health gives up less for every reason (collection: 0.10 against 0.55).
``least_days``       money is never here before so many days after the contact (as in the simulator's own collection).
``reason_weights``   lack of funds is what most sellers name first (57.9 % of respondents of a trade survey of western
                     Europe, 2016, several answers allowed); 11 % of late invoices never arrived (survey of finance
                     heads); the rest is set so that slow processes come next, and disputes and own errors last, as the
                     simulator's own rates of disputes and wrong postings have it.
``recovered_share``  share of the balance of a customer that has stopped paying (not of an insolvent's) that pressure
                     brings in beyond what comes by itself: set low, for the recoveries are in the true loss already.
costs                what the seller pays: bookkeeping, not an effect. As in the shipped policy.
==================== ==================================================================================================
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from credrisk.errors import ParameterError
from credrisk.simulate.clock import Floats, Ints

__all__ = ["ACTIONS", "NONE", "REASONS", "WORLDS", "ContactAction", "Mechanism", "world_mechanism"]

REASONS = ("cannot_pay", "will_not_pay", "dispute", "our_error", "their_process", "not_received")
WORLDS = ("usual", "zero", "negative", "by_reason")
NONE = "none"
"""The action of who is left alone."""


@dataclass(frozen=True)
class ContactAction:
    """One action: its true effect, and what it costs (money in major units of the ledger's currency)."""

    name: str
    reach: float
    response: tuple[float, float, float, float, float, float]
    """By reason, in the order of :data:`REASONS`; negative: the payment is put off by this share of the delay."""
    uses_capacity: bool
    cost: float
    fee_share: float
    goodwill: float
    from_days: int
    """Age of the oldest past-due item from which it is used."""
    to_days: int
    recovered_share: float = 0.0


ACTIONS = (
    ContactAction("reminder_email", 0.35, (0.05, 0.06, 0.00, 0.02, 0.30, 0.60), False, 0.10, 0.0, 0.0, -5, 60),
    ContactAction("letter", 0.25, (0.08, 0.15, 0.02, 0.02, 0.35, 0.60), True, 4.0, 0.0, 0.0, 10, 3650),
    ContactAction("call", 0.60, (0.14, 0.30, 0.05, 0.08, 0.55, 0.80), True, 12.0, 0.0, 0.0, 5, 3650),
    ContactAction("stop_supply_notice", 0.75, (0.22, 0.65, 0.02, 0.00, 0.55, 0.60), True, 15.0, 0.0, 150.0, 45, 3650),
    ContactAction("escalation", 0.50, (0.20, 0.60, 0.15, 0.15, 0.60, 0.70), True, 60.0, 0.0, 50.0, 60, 3650, 0.01),
    ContactAction("agency", 0.65, (0.25, 0.55, 0.00, 0.00, 0.30, 0.30), True, 25.0, 0.2, 300.0, 120, 3650, 0.05),
)


@dataclass(frozen=True)
class ReasonWeights:
    """Weights of the reasons of an account: ``base`` for everybody, and what its state adds."""

    base: tuple[float, float, float, float, float, float] = (0.15, 0.20, 0.08, 0.12, 0.45, 0.22)
    weakness: float = 2.0
    """Added to ``cannot_pay`` by 1 - ability to pay."""
    squeeze: float = 4.0
    """Added to ``cannot_pay`` while the customer pays nobody."""
    late_habit: tuple[float, float] = (0.15, 0.60)
    """Added to ``will_not_pay`` and ``their_process`` of customers that pay late by habit."""
    disputed: float = 3.0
    """Added to ``dispute`` by the disputed share of what is past due."""


@dataclass(frozen=True)
class Mechanism:
    """What happens when an account is contacted."""

    actions: tuple[ContactAction, ...] = ACTIONS
    unreached_share: float = 0.10
    able_floor: float = 0.60
    least_days: float = 2.0
    reasons: ReasonWeights = field(default_factory=ReasonWeights)

    @property
    def hash(self) -> str:
        """Return the first 16 digits of the SHA-256 of all parameters."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def place(self, name: str) -> int:
        """Return the place of an action; -1 for ``none``."""
        names = [action.name for action in self.actions]
        if name != NONE and name not in names:
            raise ParameterError("action", f"one of {', '.join([NONE, *names])}", name)
        return names.index(name) if name != NONE else -1

    def kept_shares(self, action: int, reason: Ints, health: Floats) -> tuple[Floats, Floats]:
        """Return the share of its remaining delay that each account keeps: where it is reached, and where it is not."""
        given_up = np.array(self.actions[action].response)[reason]
        given_up = given_up * (self.able_floor + (1 - self.able_floor) * able(health))
        return 1 - given_up, 1 - self.unreached_share * given_up

    def reason_shares(self, health: Floats, *, squeezed: Floats, late_habit: Floats, disputed: Floats) -> Floats:
        """Return the chance of each reason (accounts, 6); the arguments are 0 or 1, ``disputed`` a share."""
        rules = self.reasons
        weights = np.tile(np.array(rules.base), (len(health), 1))
        weights[:, 0] += rules.weakness * (1 - able(health)) + rules.squeeze * squeezed
        weights[:, 1] += rules.late_habit[0] * late_habit
        weights[:, 4] += rules.late_habit[1] * late_habit
        weights[:, 2] += rules.disputed * disputed
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def able(health: Floats) -> Floats:
    """Return how able a customer is to pay (0 to 1), as in the simulator's own collection."""
    return np.asarray(1 / (1 + np.exp(-2.5 * (health + 0.6))))


def world_mechanism(world: str) -> Mechanism:
    """Return the mechanism of one of :data:`WORLDS`.

    ``usual``; ``zero`` (no contact does anything); ``negative`` (every contact puts the payment off by a tenth of the
    remaining delay); ``by_reason`` (only a missing invoice and a slow process react, disputes and own errors get
    worse).
    """
    responses = {
        "zero": (0.0,) * 6,
        "negative": (-0.1,) * 6,
        "by_reason": (0.0, 0.0, -0.2, -0.2, 0.8, 0.8),
    }
    if world == "usual":
        return Mechanism()
    if world not in responses:
        raise ParameterError("world", f"one of {', '.join(WORLDS)}", world)
    same = tuple(replace(action, response=responses[world], recovered_share=0.0) for action in ACTIONS)
    return Mechanism(actions=same)
