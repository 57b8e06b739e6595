"""How much risk the company is ready to carry: budgets for losses and caps on limits, in money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from credrisk.decisions.default_scenarios import DefaultScenarios
from credrisk.decisions.limit_problem import Cap, LimitProblem, capped_curves
from credrisk.decisions.members import Members
from credrisk.errors import ParameterError

if TYPE_CHECKING:
    from credrisk.decisions.limit_curves import LimitCurves
    from credrisk.decisions.policy import Policy

__all__ = ["FEWEST", "Budgets", "too_few_parts"]

Array = npt.NDArray[np.float64]

KINDS = ("group", "industry", "country")

FEWEST = 10
"""Customers below which the policy's shares make no budget: one failure is more than any share of such a book."""


@dataclass(frozen=True)
class Budgets:
    """Budgets and caps of a portfolio; None means that there is none.

    Attributes
    ----------
    expected_loss
        Expected loss of 12 months, at most.
    tail_loss, tail_level
        Mean loss of the worst ``1 - tail_level`` of the years, at most.
    single_name
        The highest limit of one customer.
    group, industry, country
        The highest sum of the limits of one group, industry or country: one amount for all, or an amount by name (a
        name that is not in it has no cap). They are caps on limits, not on what is expected to be drawn, since a limit
        is what may be drawn. Customers of unknown industry or country and those without a group are held to none.
    """

    expected_loss: float | None = None
    tail_loss: float | None = None
    tail_level: float = 0.95
    single_name: float | None = None
    group: float | Mapping[str, float] | None = None
    industry: float | Mapping[str, float] | None = None
    country: float | Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        for name in ("expected_loss", "tail_loss", "single_name", *KINDS):
            given = getattr(self, name)
            amounts = given.values() if isinstance(given, Mapping) else [] if given is None else [given]
            for amount in amounts:
                if not amount >= 0:
                    raise ParameterError(name, "0 or more, or left out", amount)

    @classmethod
    def from_policy(
        cls,
        policy: Policy,
        *,
        sales_12m: float,
        total_need: float,
        customers: int,
        need_by_industry: Mapping[str, float],
        need_by_country: Mapping[str, float],
    ) -> Budgets:
        """Turn the shares of the policy's appetite into money; an industry or country share of 1 is no cap.

        Without sales, or without need, there is nothing to take a share of, and of fewer than :data:`FEWEST` customers
        a share says nothing: then there is no such budget. Neither is there a cap where there are :func:`too_few_parts`
        to keep it. The amounts of the policy hold for any book.

        Parameters
        ----------
        sales_12m
            What was invoiced in the last 12 months, all customers together.
        total_need
            What the customers need in limits, all together.
        customers
            How many customers want a limit.
        need_by_industry, need_by_country
            What the customers of each known industry and country need in limits.
        """
        appetite, enough = policy.appetite, customers >= FEWEST

        def of_sales(share: float) -> float | None:
            return share * sales_12m if enough and sales_12m > 0 else None

        def cap(share: float, need_by: Mapping[str, float]) -> float | None:
            held = enough and share < 1 and total_need > 0 and not too_few_parts(share, need_by, total_need)
            return share * total_need if held else None

        return cls(
            expected_loss=of_sales(appetite.expected_loss_share),
            tail_loss=of_sales(appetite.tail_loss_share),
            tail_level=appetite.tail_level,
            single_name=appetite.single_name,
            group=appetite.group,
            industry=cap(appetite.industry_share, need_by_industry),
            country=cap(appetite.country_share, need_by_country),
        )

    def losses_times(self, factor: float) -> Budgets:
        """Return the same with both loss budgets multiplied."""
        return replace(
            self,
            expected_loss=None if self.expected_loss is None else factor * self.expected_loss,
            tail_loss=None if self.tail_loss is None else factor * self.tail_loss,
        )

    def highest(self, customers: int, most: Array | None) -> Array:
        """Return the highest limit of each customer, (n,): the single-name cap, or its own ``most`` if lower."""
        single_name = np.inf if self.single_name is None else self.single_name
        return np.full(customers, single_name) if most is None else np.minimum(most, single_name)

    def problem(
        self, curves: LimitCurves, members: Members, scenarios: DefaultScenarios | None, *, most: Array | None = None
    ) -> LimitProblem:
        """Put the customers' curves and these budgets together; nobody gets more than ``most`` (n,)."""
        limit, profit, loss = capped_curves(curves, self.highest(len(curves.pd), most))
        caps = {kind: _cap(kind, getattr(self, kind), members) for kind in KINDS if getattr(self, kind) is not None}
        return LimitProblem(
            limit,
            profit,
            loss,
            np.asarray(curves.pd, dtype=np.float64),
            caps,
            np.inf if self.expected_loss is None else self.expected_loss,
            np.inf if self.tail_loss is None else self.tail_loss,
            self.tail_level,
            scenarios,
        )


def too_few_parts(share: float, need_by: Mapping[str, float], total_need: float) -> bool:
    """Say whether a cap of ``share`` on each part could not be kept without cutting somebody, whatever the mix.

    All parts at their cap, and the need of whom no part is known, come to less than the whole need: a seller to one
    industry cannot spread what it sells, and the cap would cut every limit by the same share.
    """
    unknown = total_need - sum(need_by.values())
    return len(need_by) * share * total_need + max(0.0, unknown) < total_need * (1 - 1e-9)


def _cap(kind: str, given: float | Mapping[str, float], members: Members) -> Cap:
    code = getattr(members, kind)
    names: tuple[str, ...] = getattr(members, f"{kind}_names")
    if kind != "group":
        code, names = np.where(code == len(names) - 1, -1, code).astype(np.int32), names[:-1]
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise ParameterError(f"budgets.{kind}", f"by {kind} of the portfolio", unknown[0])
        most = np.array([given.get(name, np.inf) for name in names])
        held = np.isfinite(most)
        renumbered = np.where(held, np.cumsum(held) - 1, -1).astype(np.int32)
        code = np.append(renumbered, np.int32(-1))[code].astype(np.int32)
        return Cap(code, most[held], tuple(name for name, kept in zip(names, held, strict=True) if kept))
    return Cap(code, np.full(len(names), float(given)), names)
