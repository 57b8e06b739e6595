"""The limit at which expected profit stops growing, and how it moves when a figure behind it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.decisions.expected_profit import DAYS_IN_YEAR
from credrisk.decisions.limit_curves import Drawn, curve_columns, drawn_below, limit_grid, value_of
from credrisk.decisions.policy import Policy
from credrisk.decisions.sentences import money_words, percent_words, sentences
from credrisk.decisions.unit_economics import CERTAIN

__all__ = ["SENSITIVITIES", "ProfitLimits", "profit_arithmetic"]

POINTS, FINER = 64, 32
"""Points of the grid, and parts into which each cell beside the best point is cut: the best limit is exact to a
fraction of a percent, and a higher PD cannot raise it."""

STEP, MOST_MARGIN = 0.2, 0.999
"""Margin and LGD are changed by a fifth; a margin stays below the whole sale."""

Change = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


def _scaled_pd(known: dict[str, np.ndarray], times: float) -> dict[str, np.ndarray]:
    """Return the PDs multiplied, at most 1, and the share of the year lived through by a hazard that does the same."""
    pd = np.minimum(known["pd"] * times, 1.0)
    before, after = (-np.log1p(-np.minimum(each, CERTAIN)) for each in (known["pd"], pd))
    hazards = np.divide(after, before, out=np.ones_like(after), where=before > 0)
    following = np.minimum(known["pd_next"] * times, 1.0)
    return {"pd": pd, "survived": known["survived"] ** hazards, "pd_next": following}


SENSITIVITIES: dict[str, Change] = {
    "pd_doubled": lambda known: _scaled_pd(known, 2.0),
    "pd_halved": lambda known: _scaled_pd(known, 0.5),
    "margin_up": lambda known: {"margin": np.minimum(known["margin"] * (1 + STEP), MOST_MARGIN)},
    "margin_down": lambda known: {"margin": known["margin"] * (1 - STEP)},
    "lgd_up": lambda known: {"lgd": np.minimum(known["lgd"] * (1 + STEP), 1.0)},
    "lgd_down": lambda known: {"lgd": known["lgd"] * (1 - STEP)},
}
"""What is asked of each limit, by the columns that it changes."""


@dataclass(frozen=True)
class ProfitLimits:
    """The integrals of a book, taken once, from which best limits follow for its own figures and for changed ones."""

    customer_id: list[str]
    known: dict[str, np.ndarray]
    stopped: np.ndarray
    grid: np.ndarray
    below: Drawn
    policy: Policy

    @classmethod
    def of(cls, inputs: pl.DataFrame, *, policy: Policy) -> ProfitLimits:
        """Take the integrals of the customers of :func:`~credrisk.decisions.limit_inputs.limit_inputs`."""
        ids, known, stopped = curve_columns(inputs)
        grid = limit_grid(known, POINTS)
        return cls(ids, known, stopped, grid, drawn_below(grid, known), policy)

    def best(self, change: Change | None = None) -> np.ndarray:
        """Return the limit of the highest expected profit; 0 where none earns, infinite where more always does.

        Parameters
        ----------
        change
            What to change about the figures; see :data:`SENSITIVITIES`.
        """
        known = self.known if change is None else self.known | change(self.known)
        profit = value_of(self.below, known, self.stopped, self.policy.economics)[0]
        # Flat to rounding is no growth: far out neither is anything wanted nor drawn.
        slack = 1e-12 * np.abs(profit).max(axis=1, initial=0.0)
        place = (profit >= profit.max(axis=1)[:, None] - slack[:, None]).argmax(axis=1)
        rows, last = np.arange(len(place)), self.grid.shape[1] - 1
        # Each cell is cut by itself: neighbouring best points share the cut of the cell between them.
        low, high = (self.grid[rows, np.clip(place + beside, 0, last)][:, None] for beside in (-1, 1))
        middle, parts = self.grid[rows, place][:, None], np.linspace(0.0, 1.0, FINER + 1)
        finer = np.concatenate([low + (middle - low) * parts, middle + (high - middle) * parts[1:]], axis=1)
        local = value_of(drawn_below(finer, known), known, self.stopped, self.policy.economics)[0]
        best = finer[rows, local.argmax(axis=1)]
        best = np.where(profit.max(axis=1) > 0, best, np.where(local.max(axis=1) > 0, best, 0.0))
        return np.where(place == last, np.inf, best)

    def at(self, limits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return expected profit, expected loss and draw at default of one limit a customer, in closed form."""
        ladder = np.concatenate([self.grid, limits[:, None]], axis=1)
        order = np.argsort(ladder, axis=1, kind="stable")
        rising = np.take_along_axis(ladder, order, axis=1)
        profit, draw, unit = value_of(drawn_below(rising, self.known), self.known, self.stopped, self.policy.economics)
        rows, place = np.arange(len(limits)), (order == self.grid.shape[1]).argmax(axis=1)
        return profit[rows, place], unit.loss * draw[rows, place], draw[rows, place]

    def first_unit(self) -> np.ndarray:
        """Return what the first unit of limit in demand, uninsured, is expected to earn in the year."""
        unit = value_of(self.below, self.known, self.stopped, self.policy.economics)[2]
        earned: np.ndarray = unit.gain - unit.loss - unit.funding
        return earned


def profit_arithmetic(policy: Policy, currency: str) -> pl.Expr:
    """Return the arithmetic of ``expected_profit_limit`` in words."""
    turns = pl.coalesce("turns", DAYS_IN_YEAR / pl.col("days_unpaid")).round(1).cast(pl.String)
    best, usual, high = (pl.col(name) for name in ("expected_profit_limit", "demand_usual", "demand_high"))
    wanted = pl.format(
        "Forecast for the coming 12 months, so wider than the past months of the need: in a month with purchases about "
        "{} is wanted{}; who fails draws about {}.",
        money_words(usual, currency),
        # With purchases in fewer months than one of ten there is no such amount.
        pl.when(high > usual)
        .then(pl.format(", in one month of ten more than {}", money_words(high, currency)))
        .otherwise(pl.lit("")),
        money_words(pl.col("ead_usual"), currency),
    )
    comes_back = pl.format(
        "Nothing was bought for a year: should it come back, {} of the limit on file is taken to be wanted, {}, in {} "
        "of the months.",
        percent_words(pl.lit(policy.demand.idle_demand), 0),
        money_words(usual, currency),
        percent_words(pl.lit(policy.demand.idle_share), 0),
    )
    return sentences(
        pl.when(pl.col("stopped"))
        .then(pl.lit("In default or insolvent: no limit earns anything."))
        .when(pl.col("earns_always"))
        .then(pl.lit("Every further unit of limit earns, up to more than could ever be wanted: only the caps bind."))
        .when(pl.col("demand_usual").is_null())
        .then(pl.lit("Nothing is bought as far as is known, so that no limit earns anything."))
        .when(best > 0)
        .then(pl.format("Expected profit grows up to a limit of {}.", money_words(best, currency)))
        .otherwise(pl.lit("No limit earns anything.")),
        pl.format(
            "A unit in use turns over {} times a year at a margin of {} ({}); PD {}, {} lost of an uninsured balance.",
            turns,
            percent_words(pl.col("margin")),
            "margin_source",
            percent_words(pl.col("pd_used"), 2),
            percent_words(pl.col("lgd"), 0),
        ),
        pl.when(pl.col("margin_source") == "flat").then(
            pl.lit("The margin is flat, so that expected profit tells customers apart by their PD only.")
        ),
        pl.when("idle").then(comes_back).otherwise(wanted),
        pl.when(pl.col("demand_censored") > 0).then(
            pl.format(
                "{} of {} monthly peaks stood at the limit and count as at least so much.",
                "demand_censored",
                "demand_months",
            )
        ),
        pl.when((pl.col("demand_months") == 0) & ~pl.col("idle")).then(
            pl.lit("No monthly peak is known: sales and the prior stand in.")
        ),
    )
