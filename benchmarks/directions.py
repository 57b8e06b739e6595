"""Does a direction of the catalogue cost anything? A constraint that worsens out-of-time log loss is to be dropped.

    python benchmarks/directions.py

Simulated ledgers that no figure of docs/results.md rests on. On each the booster is fitted on what was known at the
middle of the dates whose 12 months are over, and its probabilities for 12 months are judged on the later half of them.
It is fitted again without the directions of one group of features (a trade question), then, where the group costs
something, without those of one feature at a time. The loss with a direction less that without it is paired row by row;
its interval resamples customers. With so many comparisons some intervals lie above 0 by chance, so a feature is named
only if its interval lies above 0 on other ledgers again. What was found is kept in benchmarks/directions.json; the
features that lost their direction stand in `DIRECTIONS_DROPPED` of the catalogue, and so on docs/features.md.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sections import write_section  # noqa: E402
from credrisk.atomic import write_text  # noqa: E402
from credrisk.dates import months_after  # noqa: E402
from credrisk.features.catalogue import Feature, catalogue  # noqa: E402
from credrisk.features.labels import build_labels  # noqa: E402
from credrisk.features.panel import build_panel  # noqa: E402
from credrisk.models import booster  # noqa: E402
from credrisk.models.bad_debt import BadDebtModel  # noqa: E402
from credrisk.models.intervals import expand, interval_edges  # noqa: E402
from credrisk.models.outcomes import TARGET_FIRST, training_rows  # noqa: E402
from credrisk.models.rows import Rows, read_rows  # noqa: E402
from credrisk.pipeline.probabilities import training_calendar  # noqa: E402
from credrisk.simulate import simulate_ledger  # noqa: E402

SEEDS, OTHER_SEEDS = (301, 302), (303, 304)
SIZE = {"customers": 1200, "months": 48}
TARGETS = ("bad_debt", "default")
MONTHS, EPOCH = 12, date(1970, 1, 1)
EVERY = 3
"""Every third month is a row: the months between add little and cost much."""
SAMPLES = 500
KEPT = ROOT / "benchmarks" / "directions.json"


@dataclasses.dataclass(frozen=True)
class Case:
    """A ledger and a target: what is learnt from and what is judged."""

    seed: int
    target: str
    features: tuple[str, ...]
    early: Rows
    later: Rows
    event: np.ndarray

    def losses(self, free: Iterable[str]) -> np.ndarray:
        """Return the log loss of each later row of the booster fitted without the directions of ``free``."""
        freed, edges, default = set(free), interval_edges((MONTHS,)), BadDebtModel()
        settings = booster.BoosterSettings(
            default.trees, default.leaves, default.learning_rate, default.shrinkage_events, 1, self.seed
        )

        def entries(names: Iterable[str]) -> dict[str, Feature]:
            return {
                name: dataclasses.replace(entry, worse="none") if name in freed else entry
                for name, entry in catalogue(names).items()
            }

        with patch.object(booster, "catalogue", entries):
            fitted = booster.fit_booster(
                self.early.values,
                self.features,
                expand(self.early, edges),
                edges=edges,
                first_events=len(self.early.first_event_days(MONTHS)),
                settings=settings,
            )
        expected = np.exp(fitted.log_intensity(self.later.values)) @ np.diff(edges)
        # -log of the probability of what came: exp(-expected) is that of no event.
        return np.where(self.event, -np.log(-np.expm1(-expected)), expected)


def cases(seeds: Iterable[int]) -> list[Case]:
    found = []
    for seed in seeds:
        ledger = simulate_ledger(**SIZE, seed=seed).ledger()
        calendar = training_calendar(ledger.settings, ledger.settings.covers_to)
        panel = build_panel(ledger, calendar=calendar, output="polars")
        labels = build_labels(ledger, dates=calendar, output="polars")
        days = sorted(calendar.ends)[::-1][::EVERY]
        panel, labels = (frame.filter(pl.col("as_of").is_in(days)) for frame in (panel, labels))
        for target in TARGETS:
            given = training_rows(panel, labels, target=target)
            values, names = given.X.to_numpy(), tuple(given.X.columns)
            tells = np.array([np.unique(column[~np.isnan(column)]).size > 1 for column in values.T])
            rows = read_rows(values[:, tells], given.y, as_of=given.as_of, groups=given.groups)
            # Only dates whose 12 months are over: of later ones the events are known sooner than that none came.
            last = (months_after(ledger.settings.covers_to, -MONTHS) - EPOCH).days
            judged = np.unique(rows.day[rows.day <= last])
            cut = int(judged[len(judged) // 2])
            later = rows.take((rows.day >= cut) & (rows.day <= last))
            later = later.take((later.months >= MONTHS) | (later.event != 0))
            event = (later.event == TARGET_FIRST) & (later.months <= MONTHS)
            features = tuple(name for name, kept in zip(names, tells, strict=True) if kept)
            found.append(Case(seed, target, features, rows.known_on(cut), later, event))
            print(
                f"seed {seed}, {target}: {len(found[-1].early)} rows, then {len(later)}, {event.sum()} events",
                flush=True,
            )
    return found


def cost(given: list[Case], whole: list[np.ndarray], free: Iterable[str]) -> dict[str, float]:
    """Return by how much the directions of ``free`` raise the mean log loss, with the interval over customers."""
    free = list(free)
    differences = [before - case.losses(free) for case, before in zip(given, whole, strict=True)]
    random, sums, counts = np.random.default_rng(0), [], []
    for case, difference in zip(given, differences, strict=True):
        _, customer = np.unique(case.later.group, return_inverse=True)
        total, count = np.bincount(customer, difference), np.bincount(customer)
        weight = random.multinomial(len(count), np.full(len(count), 1 / len(count)), SAMPLES)
        sums.append(weight @ total)
        counts.append(weight @ count)
    means = np.sum(sums, axis=0) / np.sum(counts, axis=0)
    low, high = np.quantile(means, (0.025, 0.975))
    return {"cost": float(np.concatenate(differences).mean()), "low": float(low), "high": float(high)}


def measure() -> dict[str, Any]:
    given = cases(SEEDS)
    directed = {name: entry for name, entry in catalogue().items() if entry.worse != "none"}
    groups, others = dict[str, list[str]](), list[Case]()
    for name, entry in directed.items():
        groups.setdefault(entry.question, []).append(name)
    found: dict[str, Any] = {"seeds": SEEDS, "size": SIZE, "features": len(directed), "targets": {}}
    for target in TARGETS:
        own = [case for case in given if case.target == target]
        whole = [case.losses(()) for case in own]
        by_group = {question: cost(own, whole, names) for question, names in groups.items()}
        costly = [question for question, figures in by_group.items() if figures["low"] > 0]
        single = {name: cost(own, whole, [name]) for question in costly for name in groups[question]}
        suspects = [name for name, figures in single.items() if figures["low"] > 0]
        again = {}
        if suspects:
            others = others or cases(OTHER_SEEDS)
            other = [case for case in others if case.target == target]
            before = [case.losses(()) for case in other]
            again = {name: cost(other, before, [name]) for name in suspects}
        found["targets"][target] = {
            "loss": float(np.concatenate(whole).mean()),
            "rows": int(sum(len(losses) for losses in whole)),
            "events": int(sum(case.event.sum() for case in own)),
            "all": cost(own, whole, directed),
            "groups": by_group,
            "features": single,
            "again": again,
            "dropped": [name for name, figures in again.items() if figures["low"] > 0],
        }
        print(target, json.dumps(found["targets"][target]["groups"], indent=1), flush=True)
    return found


def said(figures: Mapping[str, float]) -> str:
    return f"{1000 * figures['cost']:+.2f} ({1000 * figures['low']:+.2f} to {1000 * figures['high']:+.2f})"


def section(found: Mapping[str, Any]) -> str:
    """Return the text of the page of results."""
    size = found["size"]
    lines = [
        "## Directions of the features",
        "",
        "Written by `python benchmarks/directions.py`, which says how. By how much the directions of the catalogue",
        "raise the log loss of the booster on later dates, in thousandths of a nat a row, with 95 % intervals over",
        f"customers; below 0 they help: {len(found['seeds'])} ledgers of {size['customers']:,} customers, simulated,",
        f"over {size['months']} months, {found['features']} features with a direction, "
        + "; ".join(
            f"{target.replace('_', ' ')}: {own['rows']:,} later rows, {own['events']:,} events, loss {own['loss']:.4f}"
            for target, own in found["targets"].items()
        )
        + ".",
        "",
    ]
    rows = ["| directions of | " + " | ".join(f"`{target}`" for target in found["targets"]) + " |"]
    rows.append("|---" * (1 + len(found["targets"])) + "|")
    rows.append("| all features | " + " | ".join(said(own["all"]) for own in found["targets"].values()) + " |")
    for question in next(iter(found["targets"].values()))["groups"]:
        cells = " | ".join(said(own["groups"][question]) for own in found["targets"].values())
        rows.append(f"| {question} | {cells} |")
    single = [
        f"- `{name}` ({target}): {said(figures)}"
        for target, own in found["targets"].items()
        for name, figures in own["features"].items()
    ]
    again = [
        f"- `{name}` ({target}): {said(figures)}"
        for target, own in found["targets"].items()
        for name, figures in own["again"].items()
    ]
    tail = ["", "Of groups whose interval lies above 0, feature by feature:", "", *single] if single else []
    tail += ["", f"Those above 0, on {len(OTHER_SEEDS)} other ledgers:", "", *again] if again else []
    dropped = sorted({name for own in found["targets"].values() for name in own["dropped"]})
    names = ", ".join(f"`{name}`" for name in dropped)
    verdict = f"Directions that cost log loss beyond the interval, and did so again: {names or 'none'}."
    return "\n".join([*lines, *rows, *tail, "", verdict])


if __name__ == "__main__":
    result = measure()
    write_text(KEPT, json.dumps(result, indent=1) + "\n")
    write_section("directions", section(result))
    print(section(result))
