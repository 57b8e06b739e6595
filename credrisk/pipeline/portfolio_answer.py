"""What limits for a whole ledger come to: a row a customer, the budgets, the gain over today, and other worlds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from credrisk.decisions.budgets import Budgets
from credrisk.decisions.default_scenarios import DefaultScenarios, tail_loss
from credrisk.decisions.factor_model import FactorModel
from credrisk.decisions.limit_curves import LimitCurves
from credrisk.decisions.limit_owed import OwedAbove
from credrisk.decisions.portfolio_bounds import portfolio_bounds
from credrisk.decisions.portfolio_limits import PortfolioLimits

__all__ = ["LedgerLimits", "WhatIf", "outcome_of"]

SLACK = 1e-6
"""A budget is exceeded by more than this share of it, not by rounding."""


@dataclass(frozen=True)
class WhatIf:
    """Limits in another world, and what today's would do there.

    Attributes
    ----------
    means
        The other world in words.
    limits
        Set anew there.
    unchanged
        What the limits set today would earn and lose there: ``profit, expected_loss, tail_loss``.
    """

    means: str
    limits: PortfolioLimits
    unchanged: Mapping[str, float | None]


@dataclass(frozen=True)
class LedgerLimits:
    """Limits for all customers of a ledger on one day.

    Attributes
    ----------
    limits
        Under the budgets; in words in ``sentences``.
    inputs
        One row a customer: what its curve was drawn from (:func:`~credrisk.decisions.limit_inputs.limit_inputs`).
    own_bounds
        By customer which of its own bounds is the lowest: ``need, loss_appetite, new_customer, capacity,
        minimum``, or why it may not be raised.
    owed
        What is owed already above the limits, in the customers' order.
    curves, model
        What every limit earns, and how customers fail together.
    what_if
        By name.
    """

    as_of: date
    currency: str
    limits: PortfolioLimits
    inputs: pl.DataFrame
    own_bounds: pl.Series
    owed: OwedAbove
    curves: LimitCurves
    model: FactorModel
    sentences: tuple[str, ...]
    what_if: Mapping[str, WhatIf]

    def table(self) -> pl.DataFrame:
        """Return one row a customer, by customer_id: name, today's limit, the new one with its figures, what binds it.

        ``owed_above_limit`` is owed today beyond ``portfolio_limit``, and ``expected_loss_owed_above`` of it is
        expected to be lost on top of ``expected_loss``. Of own bounds ``binding`` names the one.
        """
        known = self.inputs.select("customer_id", "name", current_limit="credit_limit", pd_12m="pd")
        return (
            self.limits.customers()
            .with_columns(
                binding=pl.when(pl.col("binding") == "own_bounds").then(self.own_bounds).otherwise("binding"),
                owed_above_limit=pl.Series(self.owed.amount),
                expected_loss_owed_above=pl.Series(self.owed.expected_loss),
            )
            .join(known, on="customer_id", how="left", maintain_order="left")
            .select(
                "customer_id",
                "name",
                "current_limit",
                "portfolio_limit",
                "binding",
                "pd_12m",
                "expected_profit",
                "expected_loss",
                "loss_if_default",
                "owed_above_limit",
                "expected_loss_owed_above",
            )
        )

    def bounds(self, recommended: pl.DataFrame) -> pl.DataFrame:
        """Return ``customer_id, limit``: what the recommendations (``customer_id, recommended_limit``) are held to."""
        ids = pl.DataFrame({"customer_id": self.curves.customer_id})
        limits = ids.join(recommended.select("customer_id", "recommended_limit"), on="customer_id", how="left")
        amounts = limits["recommended_limit"].fill_null(0.0).to_numpy()
        return portfolio_bounds(self.limits, curves=self.curves, recommended=amounts)

    def on_file(self) -> dict[str, float | None] | None:
        """Return ``profit, expected_loss, tail_loss`` of the limits on file; None where nobody has one.

        As on the frontier the tail loss is that in the scenarios optimised on, and a limit counts up to the highest
        that its customer could get.
        """
        today = self.inputs["credit_limit"].fill_null(0.0).clip(lower_bound=0).to_numpy()
        today = np.minimum(today, self.limits.problem.limit[:, -1])
        if not today.any():
            return None
        found = self.limits
        level = found.budgets.tail_level
        return outcome_of(today, curves=self.curves, scenarios=found.problem.scenarios, level=level)

    def budget_table(self) -> pl.DataFrame:
        """Return the budgets (:meth:`PortfolioLimits.budget_table`) and, as ``owed_above``, the loss beside them."""
        lost = pl.DataFrame({"kind": ["owed_above"], "name": [""], "used": [float(self.owed.expected_loss.sum())]})
        return pl.concat([self.limits.budget_table(), lost], how="diagonal")

    def against_today(self) -> pl.DataFrame:
        """Return three rows of ``means, limits, profit, expected_loss, tail_loss``: on file, as set, the difference.

        By the same curves, the tail in the scenarios that judge; a limit on file counts in full, none as 0.
        """
        found = self.limits
        today = self.inputs["credit_limit"].fill_null(0.0).clip(lower_bound=0).to_numpy()
        rows = [
            {"means": means, "limits": float(amounts.sum())}
            | outcome_of(
                amounts,
                curves=self.curves,
                scenarios=found.fresh or found.problem.scenarios,
                level=found.budgets.tail_level,
            )
            for means, amounts in (("On file today", today), ("As set", found.limit))
        ]
        table = pl.DataFrame(rows, schema_overrides={"tail_loss": pl.Float64})
        figures = table.drop("means")
        difference = (figures[1] - figures[0]).with_columns(means=pl.lit("Difference")).select(table.columns)
        return pl.concat([table, difference])

    def what_if_table(self) -> pl.DataFrame:
        """Return one row a case: ``case, means, limits, profit, expected_loss, tail_loss``.

        The first row is today's answer; each what-if has one with these limits unchanged, which says where they break
        a budget of the case, and one with limits set anew.
        """
        now = self.limits
        rows: list[tuple[str | float | None, ...]] = [
            ("today", "As set", *_totals(now)),
        ]
        for name, found in self.what_if.items():
            same = found.unchanged
            kept = (float(now.limit.sum()), same["profit"], same["expected_loss"], same["tail_loss"])
            rows += [
                (name, f"{found.means}, limits unchanged{_broken(same, found.limits.budgets)}", *kept),
                (name, f"{found.means}, set anew", *_totals(found.limits)),
            ]
        names = ("limits", "profit", "expected_loss", "tail_loss")
        schema = {"case": pl.String, "means": pl.String, **dict.fromkeys(names, pl.Float64)}
        return pl.DataFrame(rows, schema=schema, orient="row")


def _broken(outcome: Mapping[str, float | None], budgets: Budgets) -> str:
    """Say which loss budgets an outcome exceeds; nothing where it keeps them."""
    names = []
    for name, words in (("expected_loss", "expected-loss"), ("tail_loss", "tail-loss")):
        used, budget = outcome[name], getattr(budgets, name)
        if used is not None and budget is not None and used > budget * (1 + SLACK):
            names.append(words)
    return f": over the {' and the '.join(names)} budget" if names else ""


def _totals(limits: PortfolioLimits) -> tuple[float, float, float, float | None]:
    sums = (float(values.sum()) for values in (limits.limit, limits.profit, limits.expected_loss))
    return (*sums, limits.tail_loss)  # type: ignore[return-value]


def outcome_of(
    amounts: np.ndarray, *, curves: LimitCurves, scenarios: DefaultScenarios | None, level: float
) -> dict[str, float | None]:
    """Return ``profit, expected_loss, tail_loss`` of any limits (n,)."""
    profit, draw = curves.at(amounts)
    loss = curves.lgd * draw
    tail = tail_loss(scenarios.losses(loss), level) if scenarios is not None else None
    return {"profit": float(profit.sum()), "expected_loss": float(curves.pd @ loss), "tail_loss": tail}
