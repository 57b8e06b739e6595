"""What the collection queue's ranking is worth where the truth of every contact is known.

``python benchmarks/queue_value.py --out FOLDER`` simulates, ``--write`` puts the section into docs/results.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from queue_lists import LOGGED_CONTACTS, RULES, Day, measured, simple_lists, worth_of
from queue_oracle import TEACHERS, visible_gains
from queue_seed import CUSTOMERS, fit_models, known_on
from sections import write_section

from credrisk.simulate.contact_world_gains import CASH_DAYS
from credrisk.simulate.contact_world_mechanism import WORLDS
from credrisk.simulate.contact_world_oracle import best_contacts, chosen_gain

SEEDS = tuple(range(1, 21))
QUEUE = "queue, expected days to pay"
PLAIN, FLOOR = "queue, priors only", "queue, places for small accounts"
ORACLES = ("oracle", "clairvoyant", "sees what may be seen")
BAR = 0.93


def oracle_list(gains: pl.DataFrame, day: Day) -> pl.DataFrame:
    best = best_contacts(gains, capacity=day.capacity, among=day.free["customer_id"])
    return best.select("customer_id", "action")


def seed_results(seed: int, folder: Path) -> dict[str, Any]:
    """Return what each list of one seller is worth, in every world."""
    day = Day.of(seed, folder)
    expected, by_days = pl.read_parquet(folder / f"expected-{seed}.parquet"), day.world.gains()
    lists = {
        QUEUE: day.queue(),
        PLAIN: day.queue(days_known=False),
        FLOOR: day.queue(floor=True),
        **simple_lists(day.plain, day.capacity, seed),
        "oracle": oracle_list(expected, day),
        "clairvoyant": oracle_list(by_days, day),
        "sees what may be seen": oracle_list(visible_gains([seed], folder), day),
    }
    found: dict[str, Any] = {"seed": seed, "capacity": day.capacity, "free": day.free.height}
    found["past_due"] = day.plain.filter(pl.col("past_due") > 0).height
    found["usual"] = worth_of(lists, expected, by_days)
    for name in (QUEUE, "oracle", "clairvoyant"):
        found["usual"][name]["gain_by_known_days"] = chosen_gain(by_days, lists[name])
    shown = {key: lists[key] for key in lists if key in (QUEUE, PLAIN) or key.startswith(("largest", "random"))}
    for name in WORLDS[1:]:
        gains = day.world.in_world(name).gains()
        found[name] = worth_of({**shown, "clairvoyant": oracle_list(gains, day)}, gains, gains)
    return found


def measured_results(seed: int, folder: Path) -> dict[str, Any]:
    """Return what the list with measured effects is worth in every world, and what the measurement says."""
    day = Day.of(seed, folder)
    found: dict[str, Any] = {"seed": seed}
    largest = {"largest first": simple_lists(day.plain, day.capacity, seed)["largest first"]}
    for name in WORLDS:
        gains = day.world.in_world(name).gains()
        effects = measured(day.world, name)
        worth = worth_of({"queue": day.queue(effects=effects), **largest}, gains, gains)
        found[name] = {
            "ranking": effects.ranking,
            "statuses": _statuses(effects.report()),
            "together": effects.pooled["status"][0],
            "level": effects.level,
            "gain": worth["queue"]["gain"],
            "contacts": worth["queue"]["contacts"],
            "largest": worth["largest first"]["gain"],
        }
    return found


def year_results(seed: int, folder: Path) -> dict[str, Any]:
    """Return what the list is worth with effects measured from a year of logged lists, in the usual world."""
    day = Day.of(seed, folder)
    effects, expected = (
        measured(day.world, "usual", contacts=None),
        pl.read_parquet(folder / f"expected-{seed}.parquet"),
    )
    return {
        "seed": seed,
        "offers": int(effects.report()["offers"].sum()),
        "ranking": effects.ranking,
        "statuses": _statuses(effects.report()),
        "together": effects.pooled["status"][0],
        "level": effects.level,
        "gain": chosen_gain(expected, day.queue(effects=effects)),
    }


def _statuses(report: pl.DataFrame) -> dict[str, str]:
    return dict(report.select("action", "status").iter_rows())


def values(found: list[dict[str, Any]], name: str, figure: str = "gain", world: str = "usual") -> np.ndarray:
    return np.array([seed[world][name][figure] for seed in found])


def _student(size: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, size - 1))


def told(differences: np.ndarray, digits: int = 0, sign: str = "+") -> str:
    """Return the mean with its 95 % interval over seeds (Student)."""
    error = _student(len(differences)) * differences.std(ddof=1) / np.sqrt(len(differences))
    mean = differences.mean()
    return f"{mean:{sign},.{digits}f} ({mean - error:{sign},.{digits}f} to {mean + error:{sign},.{digits}f})"


def above_zero(differences: np.ndarray) -> bool:
    error = _student(len(differences)) * differences.std(ddof=1) / np.sqrt(len(differences))
    return bool(differences.mean() - error > 0)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def usual_table(found: list[dict[str, Any]]) -> str:
    rows = []
    oracle, seen = values(found, "oracle"), values(found, "sees what may be seen")
    ours = values(found, QUEUE)
    for name in (QUEUE, PLAIN, FLOOR, *RULES, *ORACLES):
        gain = values(found, name)
        ahead = "" if name == QUEUE else told(ours - gain)
        cash = [f"{values(found, name, f'cash_{cut}').mean() / 1000:,.0f}" for cut in CASH_DAYS]
        rows.append(
            [
                name,
                f"{gain.mean():,.0f}",
                f"{gain.sum() / oracle.sum():.3f}",
                f"{np.median(gain / oracle):.3f}",
                f"{gain.sum() / seen.sum():.3f}",
                ahead,
                *cash,
                f"{values(found, name, 'contacts').mean():.0f}",
            ]
        )
    head = [
        "list",
        "true gain",
        "of the oracle",
        "median seed",
        "of who sees the same",
        "queue ahead by",
        "cash 30",
        "60",
        "90",
        "by hand",
    ]
    return table(head, rows)


def worlds_table(found: list[dict[str, Any]]) -> str:
    rows = []
    for name in WORLDS[1:]:
        largest = values(found, "largest first", world=name)
        scale = np.abs(values(found, "largest first", world="usual")).mean()
        for shown in (QUEUE, PLAIN, "largest first", "random", "clairvoyant"):
            gain = values(found, shown, world=name)
            rows.append(
                [
                    name,
                    shown,
                    f"{gain.mean():,.0f}",
                    "" if shown == "largest first" else told(gain - largest),
                    "" if shown == "largest first" else f"{100 * (gain - largest).mean() / scale:+.1f} %",
                ]
            )
    return table(["world", "list", "true gain", "more than largest first", "in % of its usual gain"], rows)


def measured_table(logged: list[dict[str, Any]], scale: float) -> str:
    """Return what measuring does: how the list is ranked, what is found, and the list against largest first."""
    rows = []
    for world in WORLDS:
        told_of = [seed[world] for seed in logged]
        kinds = [kind for one in told_of for kind in one["statuses"].values()]
        more = np.array([one["gain"] - one["largest"] for one in told_of])
        rows.append(
            [
                world,
                f"{sum(one['ranking'] == 'gain' for one in told_of)} of {len(told_of)}",
                ", ".join(f"{kinds.count(kind)} {kind.replace('_', ' ')}" for kind in sorted(set(kinds))),
                _together(told_of),
                f"{np.mean([one['contacts'] for one in told_of]):.0f}",
                told(more),
                f"{100 * more.mean() / scale:+.1f} %",
            ]
        )
    head = ["world", "measured effects steer", "actions found", "level of all by hand (sellers told apart)", "by hand"]
    return table([*head, "more than largest first", "of its usual gain"], rows)


def _together(told_of: list[dict[str, Any]]) -> str:
    """Return the mean level at which the priors are used, its range, and how many sellers tell it from the belief."""
    levels = [one["level"] for one in told_of]
    apart = sum(one["together"] not in ("as_believed", "not_identified") for one in told_of)
    return f"{np.mean(levels):.2f}, {min(levels):.2f} to {max(levels):.2f} ({apart})"


def year_part(found: list[dict[str, Any]], years: list[dict[str, Any]]) -> str:
    """Return what a year of logged lists gives, against priors, as shares of who sees the same; by expected gains."""
    if not years:
        return ""
    plain = {seed["seed"]: seed["usual"] for seed in found}
    years = [year for year in years if year["seed"] in plain]
    seen, priors = (
        sum(plain[year["seed"]][name]["gain"] for year in years) for name in ("sees what may be seen", QUEUE)
    )
    gain, more = sum(year["gain"] for year in years), [y["gain"] - plain[y["seed"]][QUEUE]["gain"] for y in years]
    kinds = [kind for year in years for kind in year["statuses"].values()]
    counts = ", ".join(f"{kinds.count(kind)} {kind.replace('_', ' ')}" for kind in sorted(set(kinds)))
    offers = np.mean([year["offers"] for year in years])
    return f"""With **a year of weekly lists** logged ({offers:,.0f} offers, a tenth of the places
at random), usual world, seeds {years[0]["seed"]} to {years[-1]["seed"]} ({len(years)} sellers): measured effects steer
for {sum(y["ranking"] == "gain" for y in years)} (actions: {counts}; level {_together(years)}). Share of who sees
the same: {gain / seen:.3f} with measured effects, {priors / seen:.3f} with priors; paired difference
{told(np.array(more))}.

"""


def told_bar(logged: list[dict[str, Any]], scale: float) -> str:
    """Say in which worlds the list with measured effects is below largest first by more than 1 % of its usual gain."""
    more = {name: np.mean([seed[name]["gain"] - seed[name]["largest"] for seed in logged]) for name in WORLDS}
    below = [f"{name} ({100 * value / scale:.1f} %)" for name, value in more.items() if value < -0.01 * scale]
    return f"missed in the world {' and '.join(below)}" if below else "met in every world"


def measured_part(logged: list[dict[str, Any]], scale: float) -> str:
    if not logged:
        return ""
    return f"""### With measured effects

Effects by `measure_contact_effects` from {LOGGED_CONTACTS} contacts of weekly lists of the year before (six actions, a
tenth of the places drawn at random), {len(logged)} sellers, gains by the true payment days. Where they may not steer,
the list is ranked by amount x timing with the priors, those of contacts by hand at the level that all of these
together are found to have (shrunk to 1). Bar: never below largest first by more than 1 %.

{measured_table(logged, scale)}

On the mean of the sellers the bar is {told_bar(logged, scale)}.

"""


def mean_of(found: list[dict[str, Any]], figure: str) -> str:
    return f"{np.mean([seed[figure] for seed in found]):.0f}"


def verdicts(found: list[dict[str, Any]]) -> str:
    ours, seen = values(found, QUEUE), values(found, "sees what may be seen")
    share, of_seen = ours.sum() / values(found, "oracle").sum(), ours.sum() / seen.sum()
    by_days = "gain_by_known_days"
    known = values(found, QUEUE, by_days).sum() / values(found, "clairvoyant", by_days).sum()
    met, reached = ("met" if share >= BAR else "missed"), ("at least" if of_seen >= BAR else "below")
    plain, largest = values(found, PLAIN), values(found, "largest first")
    better = ", ".join(f"{name} {'yes' if above_zero(ours - values(found, name)) else 'no'}" for name in RULES)
    return f"""- **At least {BAR} of the oracle: {met}, {share:.3f}**
  (of the clairvoyant, by its payment days: {known:.3f}). Of who sees the same columns: {of_seen:.3f}, {reached} {BAR}.
- Paired 95 % interval above zero against: {better}.
- Without expected days to pay the shipped priors reach {plain.sum() / ours.sum():.3f} of the queue's gain with them,
  {100 * (plain - largest).mean() / largest.mean():+.0f} % against largest first with calls: they choose costly actions
  (a notice that supply stops, a call from management) where these do not pay.
- With no effect of any contact, or a harmful one, every list loses what it costs; nothing tells the queue before
  effects are measured."""


def section(found: list[dict[str, Any]], logged: list[dict[str, Any]], years: list[dict[str, Any]]) -> str:
    return f"""## The collection queue where the truth of every contact is known

Written by `python benchmarks/queue_value.py`; do not edit it. {len(found)} simulated sellers (seeds {found[0]["seed"]}
to {found[-1]["seed"]}) of {CUSTOMERS:,} customers, one day's list; what the world is and how the gain is counted stands
in [queue-value.md](queue-value.md). On average {mean_of(found, "past_due")} accounts are past due,
{mean_of(found, "free")} accounts past due or due soon may be contacted today (a promise, a dispute, quiet days hold the
others), and {mean_of(found, "capacity")} contacts (20 % of the past due) can be made by hand; a reminder by mail takes
nobody's time. All lists choose among the same accounts. Simple rules call their first ones and mail the rest: of all
actions the call serves them best on the development seeds 101 to 110. Scores and expected payment days come from the
library's own models, fitted on the past of another seller (seed 900). `true gain`: of the day's list over 12 months.
Cash: thousands beyond that without any contact within 30, 60, 90 days, expected over who is reached and who fails.
Means over sellers, paired 95 % intervals; shares are of the sums over sellers.

{usual_table(found)}

- `oracle` knows the hidden health, whether a customer pays nobody at the moment, who has failed unnoticed, the reason
  for not paying and the law of every action, and not the future; `clairvoyant` knows the payment days as well.
- `sees what may be seen`: a boosted regression that has learnt the true gains of {len(TEACHERS)} other sellers from
  the columns that the queue has. The best from these columns that was tried, not a bound.

{verdicts(found)}

{measured_part(logged, values(found, "largest first").mean())}{year_part(found, years)}
### Worlds in which contacts do nothing, do harm, or help for some reasons only

Gains by the true payment days.

{worlds_table(found)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--out", type=Path, required=True, help="folder of what is known and of the results")
    parser.add_argument("--write", action="store_true", help="write the section from the results that stand")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.write:
        write_section("queue-value", section(*(_read(given.out, kind) for kind in KINDS)))
        return
    models = fit_models(given.out / "models")
    for seed in (*TEACHERS, *given.seeds):
        if not (given.out / f"scores-{seed}.parquet").exists():
            known_on(seed, models, given.out)
        if seed in TEACHERS and not (given.out / f"plain-{seed}.parquet").exists():
            Day.of(seed, given.out)
    for kind, made in KINDS.items():
        for seed in given.seeds:
            target = given.out / f"{kind}-{seed}.json"
            if not target.exists():
                target.write_text(json.dumps(made(seed, given.out), indent=1))


KINDS = {"result": seed_results, "measured": measured_results, "year": year_results}


def _read(folder: Path, kind: str) -> list[dict[str, Any]]:
    found = (json.loads(path.read_text()) for path in folder.glob(f"{kind}-*.json"))
    return sorted(found, key=lambda seed: seed["seed"])


if __name__ == "__main__":
    main()
