"""What can honestly be said about the effect of contacts, and off-policy values, where the truth is known.

    python benchmarks/contact_effects.py [SEEDS]

Writes the section ``contact-effects`` of docs/results.md. The world is that of tests/offer_world.py: an account pays
after an exponential time that an action shortens by a pull; what every account would pay under every action is known in
closed form.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from sections import write_section

from credrisk.decisions.contact_effect_prior import eligible_rows, offer_priors
from credrisk.decisions.contact_effects import ContactEffects, measure_contact_effects
from credrisk.decisions.policy import Policy
from credrisk.models.contact_effect_study import study_of
from credrisk.models.off_policy import METHODS, logged_value
from credrisk.models.offer_nuisance import expected_outcomes
from credrisk.models.offer_rows import offer_rows

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from offer_world import OfferWorld, Pulls, target_of

AS_OF = date(2026, 12, 31)
POLICY = Policy.default()
CALL, THREE = {"call": 0.25}, {"call": 0.25, "letter": 0.10, "escalation": 0.35}
ZERO, ZERO_THREE = {"call": 0.0}, {"call": 0.0, "letter": 0.0, "escalation": 0.0}
NEGATIVE = {"call": -0.25}
BY_REASON = {"call": {"not_received": 0.60, "their_process": 0.40, "cannot_pay": 0.0, "will_not_pay": -0.15}}
WORLDS: dict[str, Pulls] = {"usual": CALL, "zero": ZERO, "negative": NEGATIVE, "by reason": BY_REASON}
OFFERS, DATES = 40_000, 5
REASONED = 20_000
FEWER = 5
"""Seeds of what takes long and is no bar."""
MEASURED = 10_000
CONTACTS, CONTACTED = 500, 0.2
FRESH = 4_000


def off_policy(seeds: list[int]) -> str:
    found: dict[tuple[str, str], list[tuple[float, float, float, bool]]] = {}
    for seed in seeds:
        world = OfferWorld.draw(seed, customers=OFFERS // DATES, dates=DATES, rule="top", pulls=CALL)
        offers, rows = world.offers, offer_rows(world.offers, outcomes=("paid_90",))
        amount, expected = offers["amount"].to_numpy(), expected_outcomes(rows, rows.column("paid_90"))
        for name, score in {
            "amount x PD (the logged rule without its exploration)": amount * offers["pd"].to_numpy(),
            "largest first": amount,
            "oldest first": offers["age_days"].to_numpy(),
        }.items():
            target = target_of(world, score)
            truth = float((amount * world.value(target.to_numpy())).mean())
            nobody = np.tile(np.eye(2)[0], (len(amount), 1))
            gain = truth - float((amount * world.value(nobody)).mean())
            # As off_policy_value has it, with what is expected learnt once for the three targets.
            valued = logged_value(
                rows,
                target.to_numpy()[rows.place],
                rows.column("paid_90"),
                expected=expected,
                money=rows.column("amount"),
            )
            for method in METHODS:
                own = valued.estimate(method, rows.customer)
                error, inside = own.value - truth, own.lower <= truth <= own.upper
                found.setdefault((name, method), []).append((error / truth, error / gain, valued.ess, inside))
        print("off-policy", seed, flush=True)
    lines = [
        "| target | method | root mean square error | effective sample size | 95 % interval holds the truth | error "
        "over what the list gains |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for (name, method), rows in found.items():
        error, of_gain, ess, inside = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
        lines.append(
            f"| {name} | {method.upper()} | {_root(error):.2%} | {ess.mean():,.0f} | "
            f"{inside.sum():.0f} of {len(rows)} | {_root(of_gain):.0%} |"
        )
    return "\n".join(lines)


@dataclass
class Tally:
    """What was said of an action over the seeds."""

    inside: list[bool] = field(default_factory=list)
    error: list[float] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    unidentified: int = 0
    bound: list[float] = field(default_factory=list)


def tallied(seeds: list[int], *, rule: str, pulls: Pulls, log: bool, offers: int) -> dict[str, Tally]:
    """Measure each action of a world over the seeds; ``found`` is the sign of an effect that was claimed, else 0."""
    tallies = {action: Tally() for action in pulls}
    prior_days = dict(offer_priors(POLICY).select("action", "prior_days").iter_rows())
    for seed in seeds:
        world = OfferWorld.draw(seed, customers=offers // DATES, dates=DATES, rule=rule, pulls=pulls, log=log)
        rows = offer_rows(world.offers)
        study = study_of(rows, prior_days=prior_days, eligible=eligible_rows(rows, POLICY))
        said = {row["action"]: row for row in _report(study)}
        for action, tally in tallies.items():
            won, row = study.days_won(action), said[action]
            if won is None:
                tally.unidentified += 1
                continue
            truth = float(world.won(action)[rows.place][study.of(action).region].mean())
            tally.inside.append(won.lower <= truth <= won.upper)
            tally.error.append(won.value - truth)
            tally.truth.append(truth)
            tally.found.append(int(np.sign(won.value)) if row["shown"] else 0)
            if (bound := study.robustness(action)) is not None:
                tally.bound.append(bound)
        print(rule, log, offers, seed, flush=True)
    return tallies


def _report(study) -> list[dict[str, object]]:
    from credrisk.models.contact_effect import holm
    from credrisk.models.contact_effect_study import ALPHA

    won = {effect.action: study.days_won(effect.action) for effect in study.effects}
    measured = {action: found for action, found in won.items() if found is not None}
    adjusted = dict(zip(measured, holm(np.array([found.p_value for found in measured.values()])), strict=True))
    return [{"action": action, "shown": adjusted.get(action, 1.0) <= ALPHA} for action in won]


def effects(seeds: list[int]) -> str:
    cases: list[tuple[str, str, Pulls, bool]] = [
        ("usual, chances logged, 10 % exploration", "top", CALL, True),
        ("usual, three actions, chances logged, 10 % exploration", "top", THREE, True),
        ("usual, logged confounders, chances unknown", "confounded", CALL, False),
        ("usual, three actions, logged confounders, chances unknown", "confounded", THREE, False),
        ("zero, chances logged", "top", ZERO, True),
        ("zero, logged confounders, chances unknown", "confounded", ZERO, False),
        ("zero, three actions, logged confounders, chances unknown", "confounded", ZERO_THREE, False),
        ("negative, chances logged", "top", NEGATIVE, True),
        ("negative, logged confounders, chances unknown", "confounded", NEGATIVE, False),
        ("usual, confounder not logged, chances unknown", "hidden", CALL, False),
    ]
    lines = [
        "| world and log | action | true days won | root mean square error | 95 % interval holds the truth "
        "| said to help | said to harm | no measurable effect |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, rule, pulls, log in cases:
        for action, tally in tallied(seeds, rule=rule, pulls=pulls, log=log, offers=MEASURED).items():
            signs = np.array(tally.found)
            lines.append(
                f"| {name} | {action} | {np.mean(tally.truth):.1f} | {_root(np.array(tally.error)):.2f} | "
                f"{sum(tally.inside)} of {len(tally.inside)} | {(signs > 0).sum()} | {(signs < 0).sum()} | "
                f"{(signs == 0).sum()} |"
            )
            if tally.bound and rule in ("hidden", "confounded"):
                print(name, action, "robustness value", np.mean(tally.bound), flush=True)
    return "\n".join(lines)


def no_overlap(seeds: list[int]) -> str:
    lines = [
        "| list | chances | offers | `not_identified` |",
        "|---|---|---:|---:|",
    ]
    for offers, log in ((1_000, False), (3_000, False), (MEASURED, False), (MEASURED, True)):
        tally = tallied(seeds, rule="fixed", pulls=CALL, log=log, offers=offers)["call"]
        lines.append(
            f"| the highest amount x PD, always and only | {'logged' if log else 'unknown'} | {offers:,} | "
            f"{tally.unidentified} of {len(seeds)} |"
        )
    return "\n".join(lines)


def by_reason(seeds: list[int]) -> str:
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in seeds[:FEWER]:
        world = OfferWorld.draw(
            seed, customers=REASONED // DATES, dates=DATES, rule="top", pulls=BY_REASON, log=True, reasons=True
        )
        effects = measure_contact_effects(world.offers, policy=POLICY, as_of=AS_OF)
        own = effects.of(world.offers.with_row_index("row").with_columns(customer_id=pl.col("row")))
        days = own.filter(pl.col("action") == "call")["measured_days"].to_numpy()
        truth = world.won("call")
        for reason in world.offers["reason"].unique().sort():
            chosen = (world.offers["reason"] == reason).to_numpy()
            found.setdefault(reason, []).append((float(days[chosen].mean()), float(truth[chosen].mean())))
        print("by reason", seed, flush=True)
    lines = ["| reason | true days won | measured, mean over seeds | root mean square error |", "|---|---:|---:|---:|"]
    for reason, pairs in found.items():
        measured, truth = np.array(pairs).T
        lines.append(
            f"| {reason.replace('_', ' ')} | {truth.mean():.1f} | {measured.mean():.1f} | "
            f"{_root(measured - truth):.1f} |"
        )
    return "\n".join(lines)


def ranking(seeds: list[int]) -> str:
    lines = [
        "| world | logged contacts | effects steer the list | gain over that of largest first, mean | worst seed | "
        "largest first, share of the best possible |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, pulls in WORLDS.items():
        for contacts, own_seeds in ((CONTACTS, seeds), (int(CONTACTED * MEASURED), seeds[:FEWER])):
            steered, gains = 0, []
            for seed in own_seeds:
                customers = round(contacts / CONTACTED / DATES)
                world = OfferWorld.draw(seed, customers=customers, dates=DATES, rule="top", pulls=pulls, reasons=True)
                effects = measure_contact_effects(world.offers, policy=POLICY, as_of=AS_OF)
                steered += effects.ranking == "gain"
                fresh = OfferWorld.draw(seed + 5_000, customers=FRESH, dates=1, rule="fixed", pulls=pulls, reasons=True)
                gains.append(_gains(effects, fresh))
            own, largest, best = np.array(gains).T
            over = (own - largest) / np.abs(largest)
            of_best = "" if best.mean() <= 0 else f"{largest.sum() / best.sum():.2f}"
            lines.append(
                f"| {name} | {contacts:,} | {steered} of {len(own_seeds)} | {over.mean():+.1%} | "
                f"{over.min():+.1%} | {of_best} |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines)


def _gains(effects: ContactEffects, world: OfferWorld) -> tuple[float, float, float]:
    """Return the true gain of the list by the effects, of largest first, and of the best list, on fresh accounts."""
    accounts = world.offers.filter(pl.col("age_days") >= 5)
    kept = (world.offers["age_days"] >= 5).to_numpy()
    prior = offer_priors(POLICY).row(by_predicate=pl.col("action") == "call", named=True)
    amount, risk = (accounts[name].to_numpy() for name in ("amount", "pd"))
    worth = POLICY.economics.cost_of_funds / 365 + risk * 0.5 * prior["prior_share"] / prior["prior_days"]
    truth = amount * worth * world.won("call")[kept] - prior["cost"]
    used = effects.of(accounts).filter(pl.col("action") == "call")
    believed = amount * worth * used["days_accelerated"].to_numpy() - prior["cost"]
    timing = np.where(believed > 0, amount * used["days_accelerated"].to_numpy(), -np.inf)
    capacity = int(CONTACTED * len(amount))

    def of(score: np.ndarray, least: float) -> float:
        chosen = np.argsort(-score)[:capacity]
        return float(truth[chosen[score[chosen] > least]].sum())

    own = of(believed, 0.0) if effects.ranking == "gain" else of(timing, -np.inf)
    return own, of(amount, -np.inf), of(truth, 0.0)


def _root(values: np.ndarray) -> float:
    return float(np.sqrt(np.square(values).mean()))


PARTS: dict[str, tuple[str, Callable[[list[int]], str]]] = {
    "off_policy": (
        "**Off-policy value.** {offers:,} logged offers, the highest fifth of every day by amount x PD called, 10 % "
        "explored (chances 5 and 95 %): money received within 90 days per offer under another list, against the truth. "
        "The last column sets the same error against the little that any list gains over calling nobody: a log values "
        "the money of a list well and its gain badly, which is why differences of lists are judged with their error.",
        off_policy,
    ),
    "effects": (
        "**Effects of an offer on the days open (cut at 90).** {measured:,} offers each. Tests at 5 % after Holm over "
        "the actions. The last world is the warning: what steered the list there is not in the log, the chances are "
        "not either, and no method sees that.",
        effects,
    ),
    "no_overlap": ("**No overlap.** A list that follows a rule without exploring.", no_overlap),
    "by_reason": (
        "**By reason of non-payment**, known before the list, {reasoned:,} offers, {fewer} seeds, chances logged: "
        "cells shrunk to the policy's prior of 5 days.",
        by_reason,
    ),
    "ranking": (
        "**The list that follows.** True gain (definition of the queue) of the list that the measured effects and "
        "their gate lead to on 4,000 fresh accounts, capacity one fifth, against calling the largest. In the zero "
        "and the negative world calling only costs; there the figure is the share of that cost that is saved.",
        ranking,
    ),
}


def main() -> None:
    seeds = list(range(1, int(sys.argv[1]) + 1 if len(sys.argv) > 1 else 21))
    sizes = {"offers": OFFERS, "measured": MEASURED, "reasoned": REASONED, "fewer": FEWER}
    parts = [f"{text.format(**sizes)}\n\n{work(seeds)}" for text, work in PARTS.values()]
    head = (
        "## Effects of contacts and off-policy values\n\n"
        f"Known truth: `tests/offer_world.py`; {len(seeds)} seeds; written by `benchmarks/contact_effects.py`. The "
        "method is on [contact-effects.md](contact-effects.md)."
    )
    write_section("contact-effects", "\n\n".join([head, *parts]))


if __name__ == "__main__":
    main()
