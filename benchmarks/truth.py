"""How near does the model come to the best that a ledger allows? Simulated ledgers, out of time, beside the oracle.

    python benchmarks/truth.py --seeds 21 22 23 --out FOLDER     # measure these seeds, one after the other
    python benchmarks/truth.py --out FOLDER --write              # write the section `truth` of docs/results.md

A seed that stands in FOLDER is not measured again. At full size a seed takes up to 9 GiB with every training date, and
about 3 GiB with ``--every 3``. The section judges seeds 21 to 30, which nobody looked at while the model was made;
seeds 1 to 20 were looked at.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student
from sections import write_section
from truth_seed import GRADES, VERDICT_MONTHS, seed_results

from credrisk.models.validation import BASELINES

CUSTOMERS, MONTHS = 20_000, 60
SEEDS = tuple(range(21, 31))
PLAIN = (*BASELINES, "base_rate")
SHARE_BAR, RATIO_BAR = 0.90, (0.9, 1.1)


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return mean and 95 % interval over seeds (Student's t); no interval for one seed."""
    mean = float(values.mean())
    if len(values) < 2:
        return mean, np.nan, np.nan
    half = float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half


def told(values: np.ndarray, form: str = "{:.3f}") -> str:
    mean, low, high = interval(values)
    return form.format(mean) + ("" if np.isnan(low) else f" ({form.format(low)} to {form.format(high)})")


def values(found: list[dict[str, Any]], model: str, measure: str) -> np.ndarray:
    return np.array([seed["measures"][model][measure] for seed in found])


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def verdict(holds: bool) -> str:
    return "met" if holds else "**missed**"


def per_seed(found: list[dict[str, Any]]) -> str:
    names = ["model", *BASELINES, "visible_oracle", "latent_oracle"]
    rows = [
        [str(seed["seed"]), f"{seed['rows']:,}", f"{seed['events']:.0f}", str(seed["train_events"]), seed["rung"]]
        + [f"{seed['measures'][name]['auc']:.3f}" for name in names]
        + [f"{(seed['measures']['model']['auc'] - 0.5) / (seed['measures']['visible_oracle']['auc'] - 0.5):.2f}"]
        for seed in found
    ]
    means = [told(values(found, name, "auc")) for name in names]
    rows.append(["mean", "", "", "", "", *means, told(shares(found))])
    head = ["seed", "at risk", "bad debts", "learnt from", "rung", *(f"`{name}`" for name in names), "share"]
    return table(head, rows)


def shares(found: list[dict[str, Any]], measure: str = "auc", model: str = "model") -> np.ndarray:
    return (values(found, model, measure) - 0.5) / (values(found, "visible_oracle", measure) - 0.5)


def grades(found: list[dict[str, Any]]) -> tuple[str, list[float]]:
    """Return the table of grades over all seeds, and the ratio of mean PD to mean true PD of each."""
    rows, ratios = [], []
    for k in range(GRADES):
        mine = [seed["grades"]["model"][k] for seed in found]
        size = sum(grade["rows"] for grade in mine)
        pd, true = (sum(grade[name] * grade["rows"] for grade in mine) / size for name in ("pd", "true"))
        bad = sum(grade["events"] for grade in mine)
        ratios.append(pd / true)
        own = [f"{sum(seed['grades'][name][k]['p'] < 0.05 for seed in found)}" for name in ("model", "visible_oracle")]
        percents = [f"{100 * share:.2f} %" for share in (pd, true, bad / size)]
        rows.append([str(k + 1), f"{size:,}", *percents, f"{pd / true:.2f}", *own])
    head = ["grade", "rows", "mean PD", "mean true PD", "observed", "PD / true", "model rejected", "oracle rejected"]
    return table(head, rows), ratios


def shape(found: list[dict[str, Any]], ratios: list[float]) -> str:
    """Return what the ratios of the grades are beside that of all rows together: level and shape apart."""
    every = [grade for seed in found for grade in seed["grades"]["model"]]
    pd, true = (sum(grade[name] * grade["rows"] for grade in every) for name in ("pd", "true"))
    own = ", ".join(f"{ratio * true / pd:.2f}" for ratio in ratios)
    return f"""Of all rows together the ratio is {pd / true:.2f}: the level is the mean
of the years learnt from, and better or worse years are not foreseen. Over that level the grades stand at
{own}."""


def calibration(found: list[dict[str, Any]]) -> str:
    rows = []
    for name in ("model", "visible_oracle", "latent_oracle"):
        rejected = ""
        if name in found[0]["grades"]:
            rejected = told(np.array([sum(g["p"] < 0.05 for g in seed["grades"][name]) for seed in found]), "{:.2f}")
        slope, level = (values(found, name, m) for m in ("calibration_slope", "calibration_in_the_large"))
        rows.append([f"`{name}`", told(slope, "{:.2f}"), told(level, "{:.2f}"), rejected])
    ahead = [
        np.abs(values(found, "model", "calibration_slope") - 1)
        - np.abs(values(found, "visible_oracle", "calibration_slope") - 1),
        np.array(
            [
                sum(g["p"] < 0.05 for g in seed["grades"]["model"])
                - sum(g["p"] < 0.05 for g in seed["grades"]["visible_oracle"])
                for seed in found
            ]
        ),
    ]
    rows.append(["model less oracle", f"distance from 1: {told(ahead[0], '{:+.2f}')}", "", told(ahead[1], "{:+.2f}")])
    head = ["", "calibration slope", "observed / predicted", f"Jeffreys rejections of {GRADES} grades at 5 %"]
    return table(head, rows)


def against(found: list[dict[str, Any]]) -> tuple[str, bool]:
    """Return what the model gains on every baseline, paired by seed, and whether every interval is above zero."""
    rows, above = [], True
    for name in (*PLAIN, "visible_oracle"):
        gain = -(values(found, "model", "log_loss") - values(found, name, "log_loss"))
        money = {m: values(found, "model", m) - values(found, name, m) for m in ("money_by_pd", "money_by_loss")}
        if name in PLAIN:
            above &= all(interval(v)[1] > 0 for v in (gain, money["money_by_loss"]))
        cells = [told(values(found, name, m)) for m in ("money_by_pd", "money_by_loss")]
        gains = [told(money[m], "{:+.3f}") for m in ("money_by_pd", "money_by_loss")]
        losses = [told(values(found, name, "log_loss"), "{:.5f}"), told(gain, "{:+.5f}")]
        rows.append([f"`{name}`", *losses, cells[0], gains[0], cells[1], gains[1]])
    own = [told(values(found, "model", m)) for m in ("money_by_pd", "money_by_loss")]
    rows.insert(0, ["`model`", told(values(found, "model", "log_loss"), "{:.5f}"), "", own[0], "", own[1], ""])
    head = ["", "log loss", "model's gain", "bad money, by PD", "model's gain", "bad money, by PD x balance"]
    return table([*head, "model's gain"], rows), above


def expected_money(found: list[dict[str, Any]]) -> tuple[str, bool]:
    """Return the bad money expected among the reviewed, and whether the model's gain is above zero on all baselines."""
    rows, above = [], True
    for name in ("model", *PLAIN, "visible_oracle"):
        cells = [f"`{name}`"]
        for measure in ("expected_money_by_pd", "expected_money_by_loss"):
            gain = values(found, "model", measure) - values(found, name, measure)
            cells += [told(values(found, name, measure)), "" if name == "model" else told(gain, "{:+.3f}")]
        if name in PLAIN:
            above &= interval(gain)[1] > 0
        rows.append(cells)
    head = ["", "bad money expected, by PD", "model's gain", "bad money expected, by PD x balance", "model's gain"]
    return table(head, rows), above


def section(found: list[dict[str, Any]]) -> str:
    share, (graded, ratios), (compared, above) = shares(found), grades(found), against(found)
    inside = sum(RATIO_BAR[0] <= ratio <= RATIO_BAR[1] for ratio in ratios)
    expected, expected_above = expected_money(found)
    excluded = np.mean([seed["excluded_rows"] / seed["rows"] for seed in found])
    beyond = np.array([seed["beyond"]["weight"] for seed in found])
    seconds = {name: np.mean([seed["seconds"][name] for seed in found]) for name in found[0]["seconds"]}
    failures = np.mean([seed["failures_a_year"] for seed in found])
    events = np.mean([seed["events"] / seed["rows"] for seed in found])
    seeds = ", ".join(str(seed["seed"]) for seed in found)
    step = sorted({seed["every"] for seed in found})
    dates = "every month" if step == [1] else f"every {' or '.join(map(str, step))} months"
    thinned = "" if step == [1] else " What every month would change was not measured."
    size = f"{found[0]['customers']:,} customers and {found[0]['months']} months"
    full = found[0]["customers"] == CUSTOMERS and {seed["seed"] for seed in found} >= set(SEEDS)
    smaller = f"""
**Not the full size.** The bars are set for {CUSTOMERS:,} customers and {len(SEEDS)} seeds. On less there are fewer bad
debts to learn from and the intervals are wide: what is met or missed here is not settled.
"""
    return f"""## How near the model comes to the best there is

Written by `python benchmarks/truth.py`; do not edit it. Simulated ledgers of {size}, seeds
{seeds}: nobody looked at them while the model was made. The model, with its defaults, is fitted on what was known
12 months before the end (training dates {dates}), scores the customers at risk on that day, and is judged by the
bad debts booked in the 12 months after ({100 * events:.2f} % of them).{thinned} Of all customers,
{100 * failures:.1f} % truly fail in a year. {VERDICT_MONTHS} further months are simulated only to hear the verdicts on
placements. Intervals are of 95 % over seeds.
{"" if full else smaller}
`visible_oracle` is the best that the visible ledger allows, `latent_oracle` is told the hidden health, and both say the
probability of the same booked event ([simulator.md](simulator.md)). `share` is (AUC - 0.5) of the model over
that of the visible oracle. Plain baselines are made probabilities by the training years (isotonic).

### Ranking

{per_seed(found)}
Bar: mean share at least {SHARE_BAR:.2f}. Measured {share.mean():.3f}: {verdict(share.mean() >= SHARE_BAR)}.
Expected over the years that the oracle thinks possible, which one year's luck does not touch: share
{told(shares(found, "expected_auc"))}. What keeps the model from more is taken apart in the section on the ceiling.

The oracle excludes a bad debt for {100 * excluded:.1f} % of the customers at risk: those that were placed with a
collector and paid. The simulator places customers that do not fail only if they never will, and the oracle knows it. In
a real ledger a placement foretells no good, so the model is not allowed to learn it. Without these customers the share
is {told(shares(found, "auc_not_excluded"))}; the bar is judged with them.

Latent oracle's AUC between 0.75 and 0.85: {verdict(0.75 <= values(found, "latent_oracle", "auc").mean() <= 0.85)}.

Does the model know anything that the oracle does not? In a logistic regression of the event on both log odds the
model's weight is {told(beyond, "{:+.2f}")}; nearly 0 where the oracle is what it claims to be.

### Grades

Seven equal grades by the model's PD, over all seeds; beside them in how many seeds a two-sided Jeffreys test at 5 %
rejects the grade: of the model's grades, and of seven equal grades by the oracle's PD.

{graded}
Bar: mean PD over mean true PD between {RATIO_BAR[0]} and {RATIO_BAR[1]} in each of at least seven grades. Measured:
{inside} of {GRADES} inside: {verdict(inside == GRADES)}. {shape(found, ratios)}

### Calibration beside the truth's own on the same draws

{calibration(found)}
### Log loss, and bad money among the tenth that is reviewed

Share of the open balance of the day of those that went bad, among the tenth of the customers ranked highest: by PD
alone, and by PD x open balance. A gain above 0 is the model's.

{compared}
Bar: paired interval above zero against every baseline, in log loss and in bad money (by PD x balance):
{verdict(above)}.

All are treated alike: each baseline is made a probability first, then both are ranked by it, and by it times the
balance. In a year a handful of bad debts holds most of the bad money, so luck decides which method caught it. Expected,
with the oracle's PD x balance of every customer in place of who happened to go bad:

{expected}
Expected bad money (by PD x balance) above every baseline, paired interval above zero: {verdict(expected_above)}.
Time of a seed on two shared cores: {seconds["simulate"]:.0f} s simulating and reading, {seconds["model"]:.0f} s panel,
labels and model, {seconds["oracles"]:.0f} s both oracles.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--out", type=Path, required=True, help="folder of the results, one file a seed")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--every", type=int, default=1, help="months between training dates; more takes less memory")
    parser.add_argument("--write", action="store_true", help="write the section from the results that stand")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if not given.write:
        for seed in given.seeds:
            target = given.out / f"seed-{seed}.json"
            if not target.exists():
                results, rows = seed_results(seed, customers=given.customers, months=MONTHS, every=given.every)
                rows.write_parquet(target.with_suffix(".parquet"))
                target.write_text(json.dumps(results, indent=1))
        return
    paths = [given.out / f"seed-{seed}.json" for seed in given.seeds]
    write_section("truth", section([json.loads(path.read_text()) for path in paths if path.exists()]))


if __name__ == "__main__":
    main()
