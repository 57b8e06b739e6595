"""How fast limits are set for 100 thousand customers at once, how near to the optimum, and whether the budgets hold.

    python benchmarks/portfolio_limits.py [portfolio-limits] [portfolio-limits-tail] [portfolio-limits-highs]

Writes these sections of docs/performance.md, in a quarter of an hour on a free machine. The book is
drawn: sizes, PDs, margins and terms as wide as those of a trade ledger, one customer in five in a group of three,
20 industries, 30 countries. Budgets and caps are set so that they bind.
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sections import PERFORMANCE, write_section

from credrisk.decisions.budgets import Budgets
from credrisk.decisions.default_scenarios import tail_loss
from credrisk.decisions.factor_model import FactorModel, factor_model
from credrisk.decisions.limit_curves import LimitCurves, limit_curves
from credrisk.decisions.policy import Policy
from credrisk.decisions.portfolio_limits import PortfolioLimits, optimise_limits, optimum
from credrisk.decisions.unit_economics import survived_share

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from limit_oracle import whole_programme

LARGE, SMALL, SCENARIOS = 100_000, 10_000, 1_000
FRESH, FRESH_LARGE, AT_ONCE = 50_000, 10_000, 5_000
SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Book:
    curves: LimitCurves
    model: FactorModel
    most: np.ndarray
    budgets: Budgets


def book(customers: int, seed: int) -> Book:
    random, policy = np.random.default_rng(seed), Policy.default()
    pd = np.clip(random.lognormal(-4.2, 1.0, customers), 1e-4, 0.9)
    none = np.full(customers, np.nan)
    demand = random.normal(9.5, 1.3, customers)
    ids = [f"C{place:06d}" for place in range(customers)]
    inputs = pl.DataFrame(
        {
            "customer_id": ids,
            "stopped": False,
            "pd": pd,
            "survived": survived_share(pd, none, none),
            "pd_next": pd,
            "margin": random.uniform(0.02, 0.2, customers),
            "days_unpaid": random.uniform(20, 100, customers),
            "lgd": policy.economics.lgd_uninsured,
            "demand_log_mean": demand,
            "demand_log_sd": random.uniform(0.3, 0.7, customers),
            "demand_share": random.uniform(0.7, 1.0, customers),
            "ead_log_mean": demand + 0.3,
            "ead_log_sd": 0.7,
            "cover_from": 0.0,
            "cover_to": np.where(random.random(customers) < 0.2, np.exp(demand), 0.0),
            "cover_share": 0.9,
            "cover_lgd": 0.1,
        }
    ).with_columns(cover_share=pl.when(pl.col("cover_to") > 0).then("cover_share").otherwise(0.0))
    curves = limit_curves(inputs, policy=policy)
    grouped = customers // 5
    members = pl.DataFrame(
        {
            "customer_id": ids,
            "group": [f"G{place // 3:06d}" if place < grouped else None for place in range(customers)],
            "industry": [f"industry {code}" for code in random.integers(0, 20, customers)],
            "country": [f"country {code}" for code in random.integers(0, 30, customers)],
        }
    )
    appetite = policy.appetite
    model = factor_model(
        pd, members=members, customer_id=ids, correlation=appetite.correlation, group_link=appetite.group_link
    )
    most = np.exp(demand + 0.8)
    free = optimise_limits(curves, members=members, budgets=Budgets(), most=most)
    tail = tail_loss(model.scenarios(SCENARIOS, seed=seed, stream=90).losses(free.loss_if_default), 0.95)
    sums = members.with_columns(limit=free.limit)
    industries, countries, groups = (
        sums.group_by(kind).agg(pl.col("limit").sum()).filter(pl.col(kind).is_not_null())["limit"]
        for kind in ("industry", "country", "group")
    )
    budgets = Budgets(
        expected_loss=0.7 * float(free.expected_loss.sum()),
        tail_loss=0.65 * tail,
        single_name=float(np.quantile(free.limit, 0.999)),
        group=float(groups.quantile(0.9)),
        industry=float(industries.quantile(0.7)),
        country=float(countries.quantile(0.7)),
    )
    return Book(curves, model, most, budgets)


def fresh_losses(model: FactorModel, limits: PortfolioLimits, count: int = FRESH) -> np.ndarray:
    parts = [
        model.scenarios(AT_ONCE, seed=4711, stream=100 + part).losses(limits.loss_if_default)
        for part in range(count // AT_ONCE)
    ]
    return np.concatenate(parts)


def caps_broken(limits: PortfolioLimits) -> int:
    broken = int((limits.limit > limits.budgets.single_name).sum())
    broken += int(limits.expected_loss.sum() > limits.budgets.expected_loss)
    for cap in limits.problem.caps.values():
        broken += int((cap.sums(limits.limit) > cap.most).sum())
    return broken


def large() -> list[str]:
    drawn = book(LARGE, SEEDS[0])
    started = time.perf_counter(), time.process_time()
    found = optimise_limits(
        drawn.curves, budgets=drawn.budgets, model=drawn.model, scenarios=SCENARIOS, most=drawn.most, seed=1
    )
    wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    losses = fresh_losses(drawn.model, found, FRESH_LARGE)
    caps, budgets = found.problem.caps, found.budgets
    rules = 2 + sum(len(cap.most) for cap in caps.values())
    held, judged_at = found.tail_budget / budgets.tail_loss, tail_loss(losses, 0.95) / budgets.tail_loss
    print(f"large: {wall:.1f} s, {cpu:.1f} s of processor, {memory:.2f} GiB, gap {found.gap:.1e}", flush=True)
    return [
        "| What | Measured |",
        "|---|---|",
        f"| wall time, scenarios drawn and judged included | {wall:.0f} s (processor: {cpu:.0f} s) |",
        f"| memory of the process at its highest | {memory:.1f} GiB |",
        f"| gap to the bound | {found.gap:.1e} |",
        f"| budgets and caps broken | {caps_broken(found)} of {rules:,} |",
        f"| prices: expected loss, tail loss | {found.prices.expected_loss:.2f}, {found.prices.tail_loss:.2f} |",
        f"| caps that bind | {sum(int((p > 0).sum()) for p in found.prices.caps.values()):,} |",
        f"| tail budget the scenarios were held to | {100 * held:.1f} % of the stated |",
        f"| tail loss in {FRESH_LARGE:,} further fresh scenarios | {100 * judged_at:.1f} % of the budget |",
    ]


def small() -> list[str]:
    rows = ["| Seed | Profit, share of the programme's | Here | HiGHS, whole programme |", "|---|---|---|---|"]
    for seed in SEEDS[:2]:
        drawn = book(SMALL, seed)
        scenarios = drawn.model.scenarios(SCENARIOS, seed=seed)
        problem = drawn.budgets.problem(drawn.curves, drawn.model.members, scenarios, most=drawn.most)
        started = time.perf_counter()
        answer = optimum(problem)
        own = time.perf_counter() - started
        started = time.perf_counter()
        best = whole_programme(problem)
        oracle = time.perf_counter() - started
        short = (best - answer.profit.sum()) / best
        print(f"small {seed}: {short:.2e} short, gap {answer.gap:.1e}, {own:.1f} s, HiGHS {oracle:.1f} s", flush=True)
        rows.append(f"| {seed} | 1 - {short:.1e} | {own:.1f} s | {oracle:.0f} s |")
    return rows


def judged() -> list[str]:
    rows = [
        "| Seed | Tail loss where optimised | In fresh scenarios | Without the correction | Years beyond the budget |",
        "|---|---|---|---|---|",
    ]
    for seed in SEEDS:
        drawn = book(2_000, seed)
        shared = {"budgets": drawn.budgets, "most": drawn.most}
        found = optimise_limits(drawn.curves, model=drawn.model, scenarios=SCENARIOS, seed=seed, **shared)
        trusting = optimise_limits(
            drawn.curves,
            members=None,
            model=drawn.model,
            scenarios=drawn.model.scenarios(SCENARIOS, seed=seed),
            **shared,
        )
        budget = drawn.budgets.tail_loss
        losses, flattered = fresh_losses(drawn.model, found), fresh_losses(drawn.model, trusting)
        cells = (found.tail_in_sample, tail_loss(losses, 0.95), tail_loss(flattered, 0.95))
        shares = " | ".join(f"{100 * cell / budget:.1f} %" for cell in cells)
        rows.append(f"| {seed} | {shares} | {100 * (losses > budget).mean():.1f} % |")
        print(rows[-1], flush=True)
    return rows


PARTS = {
    "portfolio-limits": (
        large,
        f"""## Limits of a portfolio

`python benchmarks/portfolio_limits.py` on a machine of 2 cores that had other work to do: compare the processor time. A
drawn book of {LARGE:,} customers; budgets for expected and tail loss (95 %, {SCENARIOS:,} scenarios) and caps on names,
groups, industries and countries bind.""",
    ),
    "portfolio-limits-tail": (
        judged,
        f"""### Whether the tail budget holds

2,000 customers: the tail loss as a share of its budget, at the true parameters in {FRESH:,} fresh scenarios. A tail
budget bounds the mean of the worst 5 % of the years, so that the loss is beyond it in fewer than 5 %.""",
    ),
    "portfolio-limits-highs": (
        small,
        f"""### Against the whole linear programme

{SMALL:,} customers, the same {SCENARIOS:,} scenarios and all caps: HiGHS on the upper envelope of the curves (no limits
can earn more).""",
    ),
}
"""By section of docs/performance.md: what measures it, and what stands above the table."""


def main() -> None:
    for name in sys.argv[1:] or PARTS:
        measured, words = PARTS[name]
        write_section(name, words + "\n\n" + "\n".join(measured()), page=PERFORMANCE)


if __name__ == "__main__":
    main()
