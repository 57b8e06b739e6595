"""Limits of a whole ledger under the policy's budgets, with the frontier and what other worlds would change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.budgets import FEWEST, Budgets
from credrisk.decisions.company_group import company_groups_today
from credrisk.decisions.default_scenarios import DefaultScenarios, tail_loss
from credrisk.decisions.factor_model import FactorModel, factor_model, pd_in_bad_year
from credrisk.decisions.limit_curves import LimitCurves, limit_curves
from credrisk.decisions.limit_evidence import LimitEvidence, draw_of_past_defaults, limit_evidence
from credrisk.decisions.limit_frontier import tail_by_correlation
from credrisk.decisions.limit_inputs import limit_inputs
from credrisk.decisions.limit_owed import OwedAbove, owed_above
from credrisk.decisions.limit_words import bridge_sentence, owed_sentence, price_sentences, today_sentence
from credrisk.decisions.margins import margins_of_nobody
from credrisk.decisions.policy import Policy
from credrisk.decisions.portfolio_bounds import portfolio_bounds
from credrisk.decisions.portfolio_limits import PortfolioLimits, optimise_limits
from credrisk.decisions.profit_limit import ProfitLimits
from credrisk.decisions.recommendation import own_limit, with_bounds
from credrisk.decisions.unit_economics import survived_share
from credrisk.errors import ParameterError
from credrisk.features.label_settings import LabelSettings
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.frames import as_polars
from credrisk.ledger.ledger import Ledger, LedgerSettings
from credrisk.pipeline.probabilities import training_calendar
from credrisk.progress import Progress, silent
from credrisk.wording import money

__all__ = [
    "WHAT_IFS",
    "LedgerLimits",
    "WhatIf",
    "held_back",
    "ledger_limits",
    "portfolio_members",
    "portfolio_of",
    "sales_of_year",
]

WHAT_IFS = {
    "budget-20": "Loss budgets a fifth lower",
    "recession": "Recession (one year in twenty)",
    "no-insurer": "Credit insurance gone",
}
BAD_YEAR = 0.95
"""The recession: only 5 % of the years are worse."""
LESS = 0.8
INSURANCE = "insurance"
DAYS_IN_YEAR = 365
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


def portfolio_members(ledger: Ledger, attributes: pl.DataFrame) -> pl.DataFrame:
    """Return ``customer_id, group, industry, country`` as the ledger, cut at the day, and its attributes tell them.

    Groups are those in force, as for the exposure of a group and its orders: who has left one counts no more. A group
    is called after the first of its customers; a customer alone in it has none.
    """
    groups = company_groups_today(ledger).select(
        "customer_id", group=pl.when(pl.col("accounts") > 1).then(pl.col("customer_id").min().over("group"))
    )
    known = attributes.select("customer_id", "industry", "country")
    return groups.join(known, on="customer_id", how="left", maintain_order="left")


def held_back(bounds: pl.DataFrame) -> list[str]:
    """Say how many customers' limits are held to the portfolio's; nothing where nobody's is."""
    held = bounds["limit"].count()
    if not held:
        return []
    whose = "One customer's limit is" if held == 1 else f"The limits of {held:,} customers are"
    return [f"{whose} held to what budgets and caps leave, whatever is on file today."]


def sales_of_year(features: pl.DataFrame, settings: LedgerSettings, as_of: date) -> float:
    """Return what was invoiced in the last 12 months; of a ledger that covers fewer days, at the same rate."""
    covered = min((as_of - settings.covers_from).days + 1, DAYS_IN_YEAR)
    return _sum(features, "invoiced_12m") * DAYS_IN_YEAR / max(covered, 1)


def ledger_limits(
    ledger: Ledger,
    *,
    scores: Any,
    as_of: date | str | None = None,
    policy: Policy | None = None,
    loss_budget: float | None = None,
    tail_budget: float | None = None,
    what_if: Sequence[str] = (),
    settings: LabelSettings | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> LedgerLimits:
    """Set the limits of all customers of a ledger at once.

    Parameters
    ----------
    scores
        Frame of a run at ``as_of``: ``customer_id, status, pd_12m, p_late30_12m`` and what else
        :func:`~credrisk.decisions.limit_inputs.limit_inputs` uses.
    loss_budget, tail_budget
        In money of the ledger. Default: the policy's shares of the last 12 months' sales.
    what_if
        Of :data:`WHAT_IFS`.

    Raises
    ------
    ParameterError
        When a what-if is not known.
    """
    wrong = [name for name in what_if if name not in WHAT_IFS]
    if wrong:
        raise ParameterError("what_if", f"one of {', '.join(WHAT_IFS)}", wrong[0])
    day = to_date(as_of) if as_of is not None else ledger.settings.covers_to
    rules, known = policy or Policy.default(), ledger.cut(day)
    progress("Computing features", 0, 0)
    calendar = training_calendar(known.settings, day)
    panel = build_panel(known, calendar=calendar, output="polars")
    labels = build_labels(known, dates=calendar, settings=settings, output="polars")
    drawn = draw_of_past_defaults(known, panel=panel, labels=labels, as_of=day, settings=settings)
    evidence = limit_evidence(known, as_of=day, exposure_at_default=drawn)
    today = panel.filter(pl.col("as_of") == day)
    members = portfolio_members(known, evidence["attributes"])
    found = portfolio_of(
        scores,
        features=today,
        sales_12m=sales_of_year(today, known.settings, day),
        evidence=evidence,
        members=members,
        as_of=day,
        currency=known.settings.currency,
        policy=rules,
        loss_budget=loss_budget,
        tail_budget=tail_budget,
        what_if=what_if,
        seed=seed,
        progress=progress,
    )
    progress("Asking how sure the tail is", 0, 0)
    return replace(found, sentences=(*found.sentences, _tail_at_both_ends(found, members, rules, seed)))


def portfolio_of(
    scores: Any,
    *,
    features: pl.DataFrame,
    evidence: LimitEvidence,
    members: pl.DataFrame,
    sales_12m: float,
    as_of: date,
    currency: str,
    policy: Policy,
    loss_budget: float | None = None,
    tail_budget: float | None = None,
    what_if: Sequence[str] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> LedgerLimits:
    """Set the limits from scores, features and evidence that are there already: see :func:`ledger_limits`.

    ``sales_12m`` (:func:`sales_of_year`) is what the policy's budgets are shares of.

    Nobody gets more than the recommendation would give at most (need, capacity where it binds, loss appetite, trial, or
    the policy's minimum): limits beyond these would use up the budgets of others. All are whole steps of the policy.
    """

    def inputs_of(known: LimitEvidence) -> pl.DataFrame:
        return limit_inputs(scores, features=features, as_of=as_of, policy=policy, **known)

    inputs = inputs_of(evidence)
    budgets = Budgets.from_policy(
        policy,
        sales_12m=sales_12m,
        total_need=_sum(inputs.filter(~pl.col("stopped")), "wanted"),
        customers=_wanting(inputs),
    )
    budgets = _stated(budgets, loss_budget, tail_budget)

    def solve(rows: pl.DataFrame, within: Budgets) -> tuple[LimitCurves, FactorModel, PortfolioLimits]:
        curves = limit_curves(rows, policy=policy)
        appetite = policy.appetite
        model = factor_model(
            curves.pd,
            members=members,
            customer_id=curves.customer_id,
            correlation=appetite.correlation,
            group_link=appetite.group_link,
        )
        found = optimise_limits(
            curves,
            budgets=within,
            model=model,
            scenarios=appetite.scenarios,
            most=_own_limits(rows, policy, as_of)["limit"].to_numpy(),
            seed=seed,
            step=policy.limit.step,
            progress=progress,
        )
        return curves, model, found

    curves, model, limits = solve(inputs, budgets)
    worlds: dict[str, Callable[[], tuple[pl.DataFrame, Budgets]]] = {
        "budget-20": lambda: (inputs, budgets.losses_times(LESS)),
        "recession": lambda: (in_recession(inputs, policy), budgets),
        "no-insurer": lambda: (inputs_of(_uninsured(evidence)), budgets),
    }
    other = {}
    for name in what_if:
        progress(f"What if: {WHAT_IFS[name][0].lower()}{WHAT_IFS[name][1:]}", 0, 0)
        there, _, anew = solve(*worlds[name]())
        same = outcome_of(limits.limit, curves=there, scenarios=anew.fresh, level=budgets.tail_level)
        other[name] = WhatIf(WHAT_IFS[name], anew, same)
    own, owed = _own_limits(inputs, policy, as_of)["binding"], owed_above(inputs, limits.limit, curves)
    found = LedgerLimits(as_of, currency, limits, inputs, own, owed, curves, model, (), other)
    of_nobody = margins_of_nobody(evidence["attributes"], policy.economics)
    few = []
    if _wanting(inputs) < FEWEST:
        few = [f"With fewer than {FEWEST} customers the policy's shares make no budget; its amounts hold."]
    return replace(found, sentences=(*few, *_sentences(found, as_polars(scores, "scores"), policy), *of_nobody))


def _wanting(inputs: pl.DataFrame) -> int:
    return inputs.filter(~pl.col("stopped") & (pl.col("wanted") > 0)).height


def _sentences(found: LedgerLimits, scores: pl.DataFrame, policy: Policy) -> tuple[str, ...]:
    """Say what binds, what is owed above the limits, what one more of each budget earns, and what changes."""
    currency, limits = found.currency, found.limits
    binds, *prices = price_sentences(limits, currency=currency)
    scored = _sum(scores, "expected_loss") if "expected_loss" in scores.columns else None
    in_all = float(limits.expected_loss.sum() + found.owed.expected_loss.sum())
    bridge = bridge_sentence(scored, in_all, basis=policy.economics.loss_basis, currency=currency)
    on_file = found.inputs["credit_limit"]
    gain = []
    if on_file.null_count() < len(on_file):
        then, now, _ = found.against_today().iter_rows(named=True)
        gain = [today_sentence(now, then, without=on_file.null_count(), currency=currency)]
    return (binds, owed_sentence(found.owed, currency=currency), *prices, bridge, *gain)


def _tail_at_both_ends(found: LedgerLimits, members: pl.DataFrame, policy: Policy, seed: int) -> str:
    """Say what the tail loss would be at the lowest and at the highest correlation that the policy thinks possible."""
    appetite = policy.appetite
    tails = tail_by_correlation(
        found.limits,
        found.curves,
        correlations=appetite.correlation_range,
        group_link=appetite.group_link,
        members=members,
        seed=seed,
    )
    ends = [f"{money(tail, found.currency)} at {rho:g}" for rho, tail in tails.iter_rows()]
    return (
        f"The asset correlation of {appetite.correlation:g} is a prior: the tail loss would be {ends[0]} and {ends[1]}."
    )


def in_recession(inputs: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Put every customer's PD of the coming year at the bad end of the factors; the year after is a usual one again."""
    pd, survived = inputs["pd"].to_numpy(), inputs["survived"].to_numpy()
    bad = np.where(
        pd < 1,
        pd_in_bad_year(np.minimum(pd, 1 - 1e-9), correlation=policy.appetite.correlation, quantile=BAD_YEAR),
        1.0,
    )
    none = np.full(len(pd), np.nan)
    level, worse = (1 - survived_share(values, none, none) for values in (pd, bad))
    missed = np.divide(worse, level, out=np.ones_like(pd), where=level > 0) * (1 - survived)
    return inputs.with_columns(pd=pl.Series(bad), survived=pl.Series(np.clip(1 - missed, 0.0, 1.0)))


def _uninsured(evidence: LimitEvidence) -> LimitEvidence:
    return {**evidence, "contracts": evidence["contracts"].filter(pl.col("kind") != INSURANCE)}


def _own_limits(inputs: pl.DataFrame, policy: Policy, as_of: date) -> pl.DataFrame:
    """Return ``limit, binding`` of each customer: what its own bounds in the recommendation leave it."""
    rows = inputs.with_columns(portfolio_limit=pl.lit(None, pl.Float64))
    return own_limit(with_bounds(rows, ProfitLimits.of(rows, policy=policy), policy), policy, as_of=as_of)


def _stated(budgets: Budgets, loss_budget: float | None, tail_budget: float | None) -> Budgets:
    if loss_budget is not None:
        budgets = replace(budgets, expected_loss=loss_budget)
    return budgets if tail_budget is None else replace(budgets, tail_loss=tail_budget)


def _sum(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].fill_null(0.0).clip(lower_bound=0).sort().sum())
