"""Limits of a whole ledger under the policy's budgets, with the frontier and what other worlds would change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.budgets import FEWEST, Budgets, too_few_parts
from credrisk.decisions.company_group import company_groups_today
from credrisk.decisions.factor_model import FactorModel, factor_model, pd_in_bad_year
from credrisk.decisions.limit_curves import LimitCurves, limit_curves
from credrisk.decisions.limit_evidence import LimitEvidence, draw_of_past_defaults, limit_evidence
from credrisk.decisions.limit_frontier import tail_by_correlation
from credrisk.decisions.limit_inputs import limit_inputs
from credrisk.decisions.limit_owed import owed_above
from credrisk.decisions.limit_words import bridge_sentence, owed_sentence, price_sentences, today_sentence
from credrisk.decisions.margins import margins_of_nobody
from credrisk.decisions.members import UNKNOWN
from credrisk.decisions.policy import Policy
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
from credrisk.pipeline.portfolio_answer import LedgerLimits, WhatIf, outcome_of
from credrisk.pipeline.probabilities import training_calendar
from credrisk.progress import Progress, silent
from credrisk.wording import money, percent

__all__ = [
    "WHAT_IFS",
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
    if _wanting(found.inputs) < FEWEST:
        return found  # how so few fail together is no question of a correlation
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
    total_need = _sum(inputs.filter(~pl.col("stopped")), "wanted")
    need_by = {kind: _need_by(kind, inputs) for kind in ("industry", "country")}
    budgets = Budgets.from_policy(
        policy,
        sales_12m=sales_12m,
        total_need=total_need,
        customers=_wanting(inputs),
        need_by_industry=need_by["industry"],
        need_by_country=need_by["country"],
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
    if (wanting := _wanting(inputs)) < FEWEST:
        few = [
            f"Of {inputs.height:,} customers {wanting:,} may have a limit: the others are stopped, or need none. With "
            f"fewer than {FEWEST} the policy's shares make no budget; its amounts hold."
        ]
    else:
        few = _without_cap(need_by, total_need, policy)
    return replace(found, sentences=(*few, *_sentences(found, as_polars(scores, "scores"), policy), *of_nobody))


def _wanting(inputs: pl.DataFrame) -> int:
    return inputs.filter(~pl.col("stopped") & (pl.col("wanted") > 0)).height


def _need_by(kind: str, inputs: pl.DataFrame) -> dict[str, float]:
    """Return what the customers of each known industry or country need in limits."""
    known = inputs.filter(~pl.col("stopped") & (pl.col("wanted") > 0) & (pl.col(kind) != UNKNOWN).fill_null(False))
    return dict(known.sort("customer_id").group_by(kind, maintain_order=True).agg(pl.col("wanted").sum()).iter_rows())


def _without_cap(need_by: Mapping[str, Mapping[str, float]], total_need: float, policy: Policy) -> list[str]:
    """Say which share of the policy makes no cap, since too few industries or countries are known to keep it."""
    said = []
    for kind, share in (("industry", policy.appetite.industry_share), ("country", policy.appetite.country_share)):
        number = len(need_by[kind])
        if number and share < 1 and too_few_parts(share, need_by[kind], total_need):
            many = "industries" if kind == "industry" else "countries"
            there = f"1 {kind}" if number == 1 else f"{number} {many}"
            said.append(
                f"The customers are of {there}: a cap of {percent(share)} of the need on each would cut limits "
                f"whatever the mix, so there is none (appetite.{kind}_share)."
            )
    return said


def _sentences(found: LedgerLimits, scores: pl.DataFrame, policy: Policy) -> tuple[str, ...]:
    """Say what binds, what is owed above the limits, what one more of each budget earns, and what changes."""
    currency, limits = found.currency, found.limits
    binds, *prices = price_sentences(limits, currency=currency)
    measured = "expected_loss" in scores.columns and scores["expected_loss"].count() > 0
    scored = _sum(scores, "expected_loss") if measured else None
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
    """Return the sum of what is above 0; a column that a CSV file holds nothing of is read as text."""
    return float(frame[column].cast(pl.Float64).fill_null(0.0).clip(lower_bound=0).sort().sum())
