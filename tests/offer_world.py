"""A small world of offers whose truth is known: what each account would pay under every action, in closed form.

An account pays all it owes after an exponential time whose mean follows from its covariates and from a customer's own
habit, which is not logged. An action multiplies that mean by ``1 - pull``. So the expected days open within 90 days are
``mean x (1 - exp(-90 / mean))``, with and without the action, and the share paid by a day ``1 - exp(-day / mean)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

__all__ = ["REASONS", "OfferWorld", "Pulls", "days_open", "paid_by", "target_of"]

FIRST = date(2024, 1, 1)
REASONS = ("not_received", "their_process", "cannot_pay", "will_not_pay")
Pulls = Mapping[str, float | Mapping[str, float]]
"""Pull of each action; where it depends on the reason of non-payment, by reason."""

TOP_SHARE = 0.2


def days_open(mean: np.ndarray) -> np.ndarray:
    """Expected days until paid, cut at 90."""
    return mean * -np.expm1(-90 / mean)


def paid_by(mean: np.ndarray, day: float) -> np.ndarray:
    return -np.expm1(-day / mean)


@dataclass(frozen=True)
class OfferWorld:
    """Offers as they are logged, and the mean time to payment under each action, shape (n_rows, n_actions)."""

    offers: pl.DataFrame
    actions: tuple[str, ...]
    mean: np.ndarray
    chances: np.ndarray
    """The true chance of each action."""

    @classmethod
    def draw(
        cls,
        seed: int,
        *,
        customers: int,
        dates: int,
        rule: str,
        pulls: Pulls,
        explore: float = 0.10,
        log: bool = True,
        reasons: bool = False,
        spacing: int = 14,
    ) -> OfferWorld:
        """Draw a log.

        ``rule``: ``top`` (the largest amount x PD get the first action, but for the share ``explore`` that is drawn
        evenly among all actions), ``confounded`` (chances between 5 and 95 % that rise with amount, age and PD),
        ``hidden`` (they follow the customer's habit, which is not logged), ``fixed`` (the top rule without exploring).
        """
        random = np.random.default_rng(seed)
        size, actions = customers * dates, ("none", *pulls)
        owner = np.repeat(np.arange(customers), dates)
        day = np.tile(np.arange(dates), customers)
        habit = random.normal(0, 0.5, customers)[owner]
        amount = np.exp(random.normal(8.5, 0.9, customers)[owner] + random.normal(0, 0.5, size))
        pd = np.clip(np.exp(random.normal(-3.3, 0.8, customers)[owner] + random.normal(0, 0.3, size)), 1e-3, 0.6)
        age = np.round(random.gamma(1.5, 25, size) + 1)
        broken = random.poisson(0.4 * (1 + 3 * pd), size)
        risk = (np.log(pd) + 3.3) / 0.85
        reason = np.array(REASONS)[random.integers(0, len(REASONS), size)]
        log_mean = 3.1 + 0.25 * risk + 0.004 * (age - 37) + 0.15 * broken + 0.4 * habit
        log_mean += 0.15 * np.tanh((np.log(amount) - 8.5) / 1.0)
        pull = np.zeros((size, len(actions)))
        for arm, action in enumerate(actions[1:], start=1):
            own = pulls[action]
            pull[:, arm] = [own[name] for name in reason] if isinstance(own, Mapping) else own
        mean = np.exp(log_mean)[:, None] * (1 - pull)

        count = len(actions)
        first = np.eye(count)
        score = amount * pd
        if rule in ("top", "fixed"):
            top = np.zeros(size, dtype=bool)
            for number in range(dates):
                here = np.flatnonzero(day == number)
                top[here[np.argsort(-score[here])[: int(TOP_SHARE * len(here))]]] = True
            share = explore if rule == "top" else 0.0
            chances = (1 - share) * first[np.where(top, 1, 0)] + share / count
        else:
            index = -0.6 + 0.7 * (np.log(amount) - 8.5) + 0.8 * risk + 0.012 * (age - 37)
            index = 1.6 * habit * 2 - 0.5 if rule == "hidden" else index
            offered = np.clip(1 / (1 + np.exp(-index)), 0.05, 0.95)
            chances = np.column_stack([1 - offered, *[offered / (count - 1)] * (count - 1)])
        arm = (random.random(size)[:, None] > np.cumsum(chances, axis=1)).sum(axis=1).clip(0, count - 1)
        own = (np.arange(size), arm)
        time = mean[own] * random.exponential(1.0, size)
        probability = chances[own] if log else np.full(size, np.nan)
        offers = pl.DataFrame(
            {
                "customer_id": [f"C{number:05d}" for number in owner],
                "date": [FIRST + timedelta(days=spacing * int(number)) for number in day],
                "action": np.array(actions)[arm],
                "probability": probability,
                "amount": amount,
                "age_days": age,
                "pd": pd,
                "lgd": 0.5,
                "broken_promises": broken,
                "open_days_90": np.minimum(time, 90.0),
                **{f"paid_{horizon}": (time <= horizon).astype(float) for horizon in (30, 60, 90)},
            }
        ).with_columns(pl.col("probability").fill_nan(None))
        if reasons:
            offers = offers.with_columns(reason=pl.Series(reason))
        return cls(offers, actions, mean, chances)

    def won(self, action: str) -> np.ndarray:
        """The days that an action is expected to win each row, against none."""
        return days_open(self.mean[:, 0]) - days_open(self.mean[:, self.actions.index(action)])

    def value(self, target: np.ndarray, outcome: str = "paid_90") -> np.ndarray:
        """The expected outcome of each row under the target's chances."""
        own = days_open(self.mean) if outcome == "open_days_90" else paid_by(self.mean, float(outcome[5:]))
        return (target * own).sum(axis=1)


def target_of(world: OfferWorld, score: np.ndarray, *, share: float = TOP_SHARE) -> pl.DataFrame:
    """The first action for the highest scores of each day, nothing for the others; in the order of the offers."""
    rank = pl.col("score").rank("ordinal", descending=True).over("date")
    found = world.offers.select("date", score=pl.Series(score)).with_columns(
        chosen=(rank <= (pl.len().over("date") * share).floor()).cast(pl.Float64)
    )
    others = dict.fromkeys(world.actions[2:], 0.0)
    return found.select(
        (1 - pl.col("chosen")).alias("none"),
        pl.col("chosen").alias(world.actions[1]),
        *(pl.lit(value).alias(action) for action, value in others.items()),
    )
