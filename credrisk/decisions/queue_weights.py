"""How much each part of a contact's gain counts: the model's own measure, or what a supervisor tries out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from credrisk.decisions.policy_collection import Collection
from credrisk.errors import ParameterError

__all__ = ["QueueWeights", "weighted_money"]


@dataclass(frozen=True)
class QueueWeights:
    """How much each part of the gain counts; the model's own order is 1, 1, 1, 1, 0, 0.

    Attributes
    ----------
    expected_loss_avoided, time_value, cost, goodwill
        Factors of these parts, at least 0.
    age
        Money added for each day that the oldest item is past due.
    small_account
        Money added for an account with less past due than the policy's ``small_balance``.
    """

    expected_loss_avoided: float = 1.0
    time_value: float = 1.0
    cost: float = 1.0
    goodwill: float = 1.0
    age: float = 0.0
    small_account: float = 0.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
                raise ParameterError(f"weights.{name}", "a number of at least 0", value)

    @classmethod
    def of(cls, given: Mapping[str, float]) -> QueueWeights:
        """Return the model's own weights but for those given.

        Raises
        ------
        ParameterError
            When a name is none of these, or a weight is not a number of at least 0.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        for name in given:
            if name not in names:
                raise ParameterError("weights", f"some of {', '.join(names)}", name)
        return cls(**given)

    def changes(self) -> dict[str, float]:
        """Return the weights that are not the model's own, by name."""
        own = dataclasses.asdict(QueueWeights())
        return {name: value for name, value in dataclasses.asdict(self).items() if value != own[name]}


def weighted_money(weights: QueueWeights, rules: Collection) -> pl.Expr:
    """Return the weighted gain of a contact.

    Of rows with the parts of the gain, ``oldest_open_days`` (null: nothing is open) and ``past_due``. The parts are
    added as the model adds them, so that its own weights give its own figure to the last bit.
    """
    small = (pl.col("past_due") > 0) & (pl.col("past_due") < rules.small_balance)
    return (
        weights.expected_loss_avoided * pl.col("expected_loss_avoided")
        + weights.time_value * pl.col("time_value")
        - weights.cost * pl.col("cost")
        - weights.goodwill * pl.col("goodwill")
        + weights.age * pl.col("oldest_open_days").fill_null(0.0)
        + weights.small_account * small.cast(pl.Float64)
    )
