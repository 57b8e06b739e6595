"""Do limits by expected profit earn more than rules of thumb at the same risk? Replayed in the simulator.

    python benchmarks/limits.py --seeds 1 2 3 --out FOLDER      # measure these seeds, one after the other
    python benchmarks/limits.py --out FOLDER --write            # write the section `limits` of docs/results.md

A seed that stands in FOLDER is not measured again, nor is its model fitted again.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from limit_rules import RULES, curves_of, portfolio_limits, rules_of
from limit_seed import AS_OF, HORIZON, fit_scores, known_on, simulated
from sections import write_section
from truth import interval, table, told, verdict

from credrisk.decisions.policy import Policy
from credrisk.simulate.limit_oracle import best_at_true_loss, true_curves
from credrisk.simulate.limit_replay import Economics, limits_of, replay
from credrisk.simulate.limit_scaling import scaled_to_loss
from credrisk.simulate.limit_truth import expected_under_truth
from credrisk.simulate.shipments import Year, redrawn_year, simulated_year
from credrisk.simulate.unbroken import World, expected_intensity, redrawn_world

CUSTOMERS, SEEDS = 3_000, tuple(range(1, 21))
BUDGETS = {"none": None, "0.7": 0.7, "0.4": 0.4}
"""Share of the expected loss without a budget that the portfolio is held to, by the model's own reckoning."""
FUTURES = 12
"""Redrawn futures behind the oracle's curves."""
ORACLES = ("oracle", "clairvoyant")


def economics_of(policy: Policy) -> Economics:
    """Return the policy's economics as the replay counts them: flat margin, cost of what is lost, insurance."""
    given = policy.economics
    lost = 1.0 if given.loss_basis == "invoice" else 1 - given.margin
    return Economics(given.margin, given.cost_of_funds, lost * (1 - given.tax_relief), given.lgd_by_cover["insurance"])


def oracle_curves(year: Year, world: World, economics: Economics) -> dict[str, Any]:
    """Return the curves of both oracles."""
    futures = [
        redrawn_year(year, redrawn_world(world, as_of=AS_OF, months=HORIZON, seed=seed), as_of=AS_OF)
        for seed in range(FUTURES)
    ]
    number = np.array([int(name[1:]) - 1 for name in year.customer_id])
    accounts, day = world.accounts, (AS_OF - date(1970, 1, 1)).days
    today = int(world.clock.month_of(np.array([day]))[0])
    health = world.health.health[number, today]
    traits = [
        np.log(accounts.orders_a_month[number]) / 0.45,
        accounts.terms_at(number, np.full(len(number), day)) / 15,
        accounts.habit_days[number] / 6,
        health,
    ]
    intensity = expected_intensity(world, as_of=AS_OF, months=HORIZON)[number]
    return {
        "oracle": true_curves(futures, economics, intensity=intensity, alike=np.column_stack(traits)),
        "clairvoyant": true_curves([year], economics),
    }


def seed_results(seed: int, customers: int, folder: Path) -> dict[str, Any]:
    """Return the figures of every rule under every budget on one ledger."""
    policy = Policy.default()
    economics = economics_of(policy)
    simulation = simulated(seed, customers)
    ledger = simulation.ledger()
    if not (folder / "scores.parquet").exists():
        fit_scores(ledger, folder)
    known = known_on(ledger, folder)
    inputs, curves = curves_of(known, policy)
    rules = rules_of(known, inputs, policy)
    year, world = simulated_year(simulation, as_of=AS_OF, months=HORIZON)
    ids = inputs["customer_id"]

    def placed(values: np.ndarray) -> np.ndarray:
        return limits_of(year, pl.DataFrame({"customer_id": ids, "limit": values}))

    scaled = np.column_stack([placed(rules[name]) for name in RULES])
    oracles = oracle_curves(year, world, economics)
    open_to_all = expected_under_truth(year, np.full((len(year.customer_id), 1), 1e12), economics)
    found: dict[str, Any] = {
        "seed": seed,
        "customers": customers,
        "demand": float(year.shipments.cents.sum() / 100),
        "unlimited": {"loss": float(open_to_all.loss.sum()), "profit": float(open_to_all.profit.sum())},
        "pd": float(inputs.filter(~pl.col("stopped"))["pd"].sum()),
        "budgets": {},
    }
    for name, share in BUDGETS.items():
        ours = placed(portfolio_limits(curves, share))[:, None]
        budget = float(expected_under_truth(year, ours, economics).loss.sum())
        others = scaled_to_loss(year, scaled, budget, economics)
        best = [best_at_true_loss(oracles[oracle], year, budget, economics) for oracle in ORACLES]
        limits = np.column_stack([ours, others.limits, *best])
        came, expected = replay(year, limits, economics), expected_under_truth(year, limits, economics)
        factors = [1.0, *others.factor, 1.0, 1.0]
        found["budgets"][name] = {
            rule: {
                "profit": float(came.profit[:, k].sum()),
                "expected_profit": float(expected.profit[:, k].sum()),
                "expected_loss": float(expected.loss[:, k].sum()),
                "loss": float(came.loss[:, k].sum()),
                "lost_sales": float(came.lost_sales[:, k].sum()),
                "factor": float(factors[k]),
            }
            for k, rule in enumerate(["portfolio", *RULES, *ORACLES])
        }
    return found


def values(found: list[dict[str, Any]], budget: str, rule: str, figure: str) -> np.ndarray:
    return np.array([seed["budgets"][budget][rule][figure] for seed in found])


def compared(found: list[dict[str, Any]], budget: str) -> tuple[str, bool]:
    """Return the table of one budget, and whether every interval of realised profit is above zero."""
    ours, rows, above = values(found, budget, "portfolio", "profit"), [], True
    expected = values(found, budget, "portfolio", "expected_profit")
    demand = np.array([seed["demand"] for seed in found])
    for rule in ("portfolio", *RULES, *ORACLES):
        ahead = ours - values(found, budget, rule, "profit")
        foreseen = expected - values(found, budget, rule, "expected_profit")
        if rule in RULES:
            above &= interval(ahead)[1] > 0
        level = values(found, budget, rule, "expected_loss") / values(found, budget, "portfolio", "expected_loss")
        gains = ["", "", ""]
        if rule != "portfolio":
            gains = [
                told(ahead / 1e6, "{:+.2f}"),
                told(100 * ahead / values(found, budget, rule, "profit"), "{:+.2f}"),
                told(foreseen / 1e6, "{:+.2f}"),
            ]
        rows.append(
            [
                f"`{rule}`",
                f"{values(found, budget, rule, 'profit').mean() / 1e6:.2f}",
                *gains,
                f"{100 * (values(found, budget, rule, 'lost_sales') / demand).mean():.1f} %",
                f"{values(found, budget, rule, 'loss').mean() / 1e3:.0f}",
                f"{level.mean():.3f}",
            ]
        )
    head = ["", "profit", "portfolio ahead by", "in %", "in true expectation", "sales lost", "losses"]
    return table([*head, "true EL / portfolio's"], rows), above


def regret(found: list[dict[str, Any]], budget: str, oracle: str) -> str:
    """Return what the oracle's limits earn more, in true expectation."""
    best = values(found, budget, oracle, "expected_profit")
    more = best - values(found, budget, "portfolio", "expected_profit")
    return f"{told(more / 1e6, '{:.2f}')} million, {told(100 * more / best, '{:.2f}')} % of its profit"


def section(found: list[dict[str, Any]]) -> str:
    policy = Policy.default()
    parts = []
    for budget, share in BUDGETS.items():
        text, above = compared(found, budget)
        used = values(found, budget, "portfolio", "expected_loss") / [seed["unlimited"]["loss"] for seed in found]
        regrets = "; ".join(f"to the {oracle} {regret(found, budget, oracle)}" for oracle in ORACLES)
        title = "No budget: only expected profit decides"
        if share is not None:
            title = f"Budget: {100 * share:.0f} % of the loss that the model expects without one"
        parts.append(
            f"""### {title}

True expected loss of the limits: {100 * used.mean():.0f} % of what unlimited credit would lose.

{text}
Above every rule, with the paired interval of realised profit above zero: {verdict(above)}. Regret in true
expectation: {regrets}.
"""
        )
    rules = "\n".join(f"- `{name}`: {says}." for name, says in RULES.items())
    seeds = ", ".join(str(seed["seed"]) for seed in found)
    demand = np.mean([seed["demand"] for seed in found]) / 1e6
    unlimited = np.mean([seed["unlimited"]["loss"] for seed in found]) / 1e3
    return f"""## Credit limits, replayed

Written by `python benchmarks/limits.py`; do not edit it. {len(found)} simulated ledgers (seeds {seeds}) of
{found[0]["customers"]:,} customers. The PD model is fitted on what was known after four years; limits are set on
that day and hold for the 12 months after. In the simulator limits hold back no order, so what customers wanted is
known: a shipment passes if balance and amount do not exceed the limit, else the sale is lost. What passes is paid on
its days, a failed customer pays nothing more and its true share is lost. Profit is margin
({100 * policy.economics.margin:.0f} %) on what is paid, less losses (basis: {policy.economics.loss_basis}), less cost
of funds, on new shipments only. Demand is {demand:.0f} million on average; unlimited credit is truly expected to lose
{unlimited:.0f} thousand.

Every rule is scaled by one factor until its **true expected loss** is that of the portfolio limits. Who is in default
has no limit under any rule. `portfolio` maximises expected profit under a budget for expected loss (`optimise_limits`);
the shipped appetite of {100 * policy.appetite.expected_loss_share:g} % of sales is no budget here, for unlimited credit
loses less. Tail budget and caps are left out, so that all rules are free of them.

{rules}
- `oracle`: the optimum of the true curves for who knows each customer's hidden health, traits and law of orders on the
  day, but not the future ({FUTURES} redrawn futures, the margin smoothed over like customers: near that optimum, not on
  it). The price of loss at which it loses as much as the portfolio is told to it.
- `clairvoyant`: knows the year's orders, payments and intensities as well, and only not who fails. Nothing beats it.

Money in millions, losses in thousands; means over ledgers with paired 95 % intervals. `true EL / portfolio's` says
how near the scaling came (single shipments pass or do not; a rule without a limit for somebody may never lose as much).

{chr(10).join(parts)}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--out", type=Path, required=True, help="folder of the results, one file a seed")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--write", action="store_true", help="write the section from the results that stand")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    targets = {seed: given.out / f"limits-{seed}.json" for seed in given.seeds}
    if not given.write:
        for seed, target in targets.items():
            if not target.exists():
                found = seed_results(seed, given.customers, given.out / f"known-{seed}")
                target.write_text(json.dumps(found, indent=1))
        return
    write_section("limits", section([json.loads(path.read_text()) for path in targets.values() if path.exists()]))


if __name__ == "__main__":
    main()
