"""What a credit limit of any height is worth to the seller, customer by customer.

Credit that is granted but not used costs nothing, so a limit is judged by what is drawn: by the good, who pay the
margin turn after turn, and by the bad, who draw before they fail. The next unit of limit ``x`` earns within the year

    gain x P(demand > x | good) - (loss(x) + funding of what the failing leave unpaid) x P(EAD > x | bad)

(:mod:`credrisk.decisions.unit_economics`), where ``loss(x)`` is lower within the layer that cover pays for. The profit
of a limit is the integral up to it, in closed form for lognormal demand and exposure at default. Later years of the
customer who survives count again, ``policy.economics.repeat_orders_years`` of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from credrisk.decisions.expected_profit import DAYS_IN_YEAR
from credrisk.decisions.lognormal import expected_below
from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_limits import Economics
from credrisk.decisions.unit_economics import UnitEconomics, survived_share, unit_economics
from credrisk.errors import DataError, ParameterError

__all__ = ["CURVE_INPUTS", "LimitCurves", "limit_curves"]

CURVE_INPUTS = {
    "pd": "PD within 12 months",
    "survived": "share of the coming year the customer is expected to live through",
    "pd_next": "PD of the year after, of who survives this one",
    "margin": "share of the sale",
    "days_unpaid": "days from the sale to the payment, above 0",
    "turns": "sales of a year per unit of limit in use; null (or no such column): 365 / days_unpaid",
    "lgd": "share lost of an uninsured balance",
    "demand_log_mean": "mean of the log of the exposure the customer wants (money); null without any demand",
    "demand_log_sd": "its standard deviation",
    "demand_share": "share of months in which it wants any",
    "ead_log_mean": "mean of the log of the exposure at default, were there no limit",
    "ead_log_sd": "its standard deviation",
    "cover_from": "exposure from which cover pays (the deductible / share)",
    "cover_to": "exposure up to which cover pays",
    "cover_share": "share that cover pays between the two; 0 without cover",
    "cover_lgd": "share lost of the insured part all the same",
}
"""Columns that the curves are drawn from, all float64, one row a customer."""

MAY_BE_ABSENT = {"ead_share": "share of failing customers that owe anything"}
"""Further columns, float64; 1 where they are absent."""

MAY_BE_NULL = ("demand_log_mean", "ead_log_mean", "turns")

LOWEST, HIGHEST = 3.0, 4.0
"""The grid runs from so many standard deviations (of the log) below the mean to so many above it."""
NARROWEST = 1e-3
"""Standard deviations of the log are taken to be at least this."""
NO_DEMAND = np.log(1000.0)
"""Where nothing is known of the demand the grid stands about this amount; nothing is earned on it."""


@dataclass(frozen=True)
class LimitCurves:
    """Expected profit and draw at default of a limit on a grid of limits per customer, linear between its points.

    Attributes
    ----------
    customer_id
        n ids.
    limit
        (n, K + 1), money; 0 in the first column, strictly rising along a row up to well above any demand.
    profit
        (n, K + 1), expected profit at that limit: of 12 months, and of the later years that the policy counts. Not
        concave in general; 0 at the limit 0.
    draw_at_default
        (n, K + 1), the exposure at default below the limit, E[min(EAD, limit) | bad], its insured part counted by what
        it loses in proportion to an uninsured one; rising from 0.
    pd, lgd
        (n,) 12-month PD, and the loss per unit of uninsured exposure (LGD x loss basis x (1 - tax relief)):
        the expected loss of a limit is ``pd * lgd * draw_at_default``.
    """

    customer_id: list[str]
    limit: np.ndarray
    profit: np.ndarray
    draw_at_default: np.ndarray
    pd: np.ndarray
    lgd: np.ndarray

    def at(self, limits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return profit and draw at default at one limit a customer; beyond the grid they stay as at its end."""
        limits = np.asarray(limits, dtype=float)
        if limits.shape != self.pd.shape or not (limits >= 0).all():
            raise ParameterError("limits", f"{len(self.pd)} amounts of 0 or more, one a customer", limits.shape)
        held = np.minimum(limits, self.limit[:, -1])
        cell = np.clip((self.limit <= held[:, None]).sum(axis=1) - 1, 0, self.limit.shape[1] - 2)
        row = np.arange(len(held))
        low, high = self.limit[row, cell], self.limit[row, cell + 1]
        part = (held - low) / (high - low)
        profit, draw = (
            values[row, cell] * (1 - part) + values[row, cell + 1] * part
            for values in (self.profit, self.draw_at_default)
        )
        return profit, draw


def limit_curves(inputs: pl.DataFrame, *, policy: Policy, points: int = 64) -> LimitCurves:
    """Return the value of every limit to every customer.

    Parameters
    ----------
    inputs
        One row a customer: ``customer_id``, the columns of :data:`CURVE_INPUTS`, and ``stopped``: true where nothing
        may be shipped on credit (in default, bad debt), so that no limit earns anything.
    points
        Points of the grid above 0.

    Raises
    ------
    DataError
        When columns are missing or hold nulls that are not allowed.

    Notes
    -----
    A higher PD lowers the profit of every further unit, so that it never raises the best limit.
    """
    if points < 2:
        raise ParameterError("points", "2 or more", points)
    ids, known, stopped = curve_columns(inputs)
    limit = limit_grid(known, points)
    profit, draw, unit = value_of(drawn_below(limit, known), known, stopped, policy.economics)
    return LimitCurves(ids, limit, profit, draw, known["pd"], unit.uninsured)


def curve_columns(inputs: pl.DataFrame) -> tuple[list[str], dict[str, np.ndarray], np.ndarray]:
    """Return ids, the columns of the curves as arrays and who is stopped; without demand nothing is wanted."""
    if "turns" not in inputs.columns:
        inputs = inputs.with_columns(turns=pl.lit(None, pl.Float64))
    missing = [name for name in ("customer_id", "stopped", *CURVE_INPUTS) if name not in inputs.columns]
    if missing:
        raise DataError("columns are missing.", table="inputs", columns=missing, remedy="build it with limit_inputs.")
    names = [*CURVE_INPUTS, *MAY_BE_ABSENT]
    absent = [pl.lit(1.0).alias(name) for name in MAY_BE_ABSENT if name not in inputs.columns]
    frame = inputs.with_columns(absent).with_columns(pl.col(names).cast(pl.Float64).fill_nan(None))
    holes = [name for name in ("customer_id", "stopped", *CURVE_INPUTS) if name not in MAY_BE_NULL]
    holes = [name for name in holes if frame[name].null_count()]
    if holes:
        raise DataError("a figure that every customer must have is null.", table="inputs", columns=holes)
    known = {name: frame[name].to_numpy().astype(float) for name in names}
    known["turns"] = np.where(np.isnan(known["turns"]), DAYS_IN_YEAR / known["days_unpaid"], known["turns"])
    nothing = np.isnan(known["demand_log_mean"])
    known["demand_share"] = np.where(nothing, 0.0, known["demand_share"])
    known["demand_log_mean"] = np.where(nothing, NO_DEMAND, known["demand_log_mean"])
    # Who buys nothing owes nothing when it fails; else the demand stands in for what is not known of the draw.
    unknown = np.isnan(known["ead_log_mean"])
    known["ead_share"] = np.where(unknown & nothing, 0.0, known["ead_share"])
    known["ead_log_mean"] = np.where(unknown, known["demand_log_mean"], known["ead_log_mean"])
    for name in ("demand_log_sd", "ead_log_sd"):
        known[name] = np.maximum(known[name], NARROWEST)
    return frame["customer_id"].to_list(), known, frame["stopped"].to_numpy()


def limit_grid(known: dict[str, np.ndarray], points: int) -> np.ndarray:
    """Return 0 and ``points`` limits a customer, evenly spaced in the log, about its demand; PD plays no part.

    They end where next to nothing more is wanted: beyond, only the failing draw.
    """
    low = known["demand_log_mean"] - LOWEST * known["demand_log_sd"]
    high = known["demand_log_mean"] + HIGHEST * known["demand_log_sd"]
    steps = np.exp(low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, points))
    return np.concatenate([np.zeros((len(low), 1)), steps], axis=1)


@dataclass(frozen=True)
class Drawn:
    """What is expected to lie below each of some limits (n, points): the integrals that every value is made of.

    Attributes
    ----------
    wanted
        Of the demand of the good.
    drawn
        Of the exposure at default.
    insured
        The part of ``drawn`` that cover pays for.
    """

    wanted: np.ndarray
    drawn: np.ndarray
    insured: np.ndarray


def drawn_below(limit: np.ndarray, known: dict[str, np.ndarray]) -> Drawn:
    """Return what is expected to lie below each limit of (n, points)."""
    column = {name: values[:, None] for name, values in known.items()}
    wanted = expected_below(limit, column["demand_log_mean"], column["demand_log_sd"], column["demand_share"])
    failing = column["ead_log_mean"], column["ead_log_sd"], column["ead_share"]
    drawn = expected_below(limit, *failing)
    # What is drawn below a limit rises with it, so that the layer which cover pays for is a cut of it.
    ends = np.stack([known["cover_from"], np.maximum(known["cover_to"], known["cover_from"])], axis=1)
    low, high = np.hsplit(expected_below(ends, *failing), 2)
    return Drawn(wanted, drawn, column["cover_share"] * (np.clip(drawn, low, high) - low))


def unit_of(known: dict[str, np.ndarray], stopped: np.ndarray, economics: Economics, *, later: bool) -> UnitEconomics:
    """Return what a unit of limit earns and loses this year, or ``later`` in the year after."""
    pd, survived = known["pd"], known["survived"]
    if later:
        pd, survived = known["pd_next"], survived_share(known["pd_next"], *(np.full_like(pd, np.nan),) * 2)
    same = {name: known[name] for name in ("margin", "turns", "days_unpaid", "lgd", "cover_lgd")}
    unit = unit_economics(economics, pd=pd, survived=survived, **same)
    return replace(unit, gain=np.where(stopped, np.minimum(unit.gain, 0.0), unit.gain))


def value_of(
    below: Drawn, known: dict[str, np.ndarray], stopped: np.ndarray, economics: Economics
) -> tuple[np.ndarray, np.ndarray, UnitEconomics]:
    """Return profit and draw at default of rising limits, and the economics of a unit."""
    unit = unit_of(known, stopped, economics, later=False)
    less = np.divide(unit.insured, unit.uninsured, out=np.zeros_like(unit.insured), where=unit.uninsured > 0)
    draw = below.drawn - (1 - less)[:, None] * below.insured

    def profit_of(unit: UnitEconomics) -> np.ndarray:
        lost = unit.loss[:, None] * draw + unit.funding[:, None] * below.drawn
        profit: np.ndarray = unit.gain[:, None] * below.wanted - lost
        return profit

    profit = profit_of(unit)
    if economics.repeat_orders_years > 0:
        following = profit_of(unit_of(known, stopped, economics, later=True))
        worth = economics.repeat_orders_years * (1 - known["pd"]) / (1 + economics.cost_of_funds)
        # A later year's unit is granted only while it earns something then.
        earned = np.maximum(np.diff(following, axis=1, prepend=0.0), 0.0)
        profit = profit + worth[:, None] * np.cumsum(earned, axis=1)
    return profit, draw, unit
