"""Does monitoring speak when something is wrong, and keep quiet when nothing is?

    python benchmarks/monitoring.py

Simulated ledgers; a model is fitted a year before the end and monitored at the end, with nothing changed, with a
recession from the day of fitting, and with the company information of a tenth of the customers missing. Writes the
section ``monitoring`` of docs/results.md; about half a minute a seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from sections import write_section

from credrisk.dates import months_after
from credrisk.decisions.policy import Policy
from credrisk.features.calendar import Calendar
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.monitoring import Monitoring, monitor
from credrisk.models.outcomes import training_rows
from credrisk.models.reference import reference_of
from credrisk.pipeline.probabilities import training_calendar
from credrisk.pipeline.validating import master_scale_of
from credrisk.simulate.simulator import Simulation, simulate_ledger

CUSTOMERS, MONTHS, SEEDS = 1500, 48, tuple(range(101, 109))
CASES = {
    "calm": "nothing changed",
    "recession": "recession from the day of fitting",
    "missing": "company information of 10 % of the customers missing",
}


@dataclass(frozen=True)
class Told:
    """What monitoring said in one case of one seed."""

    case: str
    found: Monitoring

    @property
    def subjects(self) -> list[str]:
        """What alarms and attention were about, without the horizon or the trade question."""
        raised = self.found.alerts.filter(pl.col("severity") != "note")["subject"].to_list()
        return sorted({subject.split(":")[0].split(",")[0] for subject in raised})


def cases(seed: int, customers: int, months: int) -> Iterator[Told]:
    """Yield the three cases of one seed."""
    calm = simulate_ledger(customers=customers, months=months, seed=seed)
    worse = simulate_ledger(
        customers=customers, months=months, seed=seed, scenario="recession", change_month=months - 11
    )
    for case, simulation, later in (
        ("calm", calm, calm.ledger()),
        ("recession", worse, worse.ledger()),
        ("missing", calm, without_company_information(calm, seed)),
    ):
        yield Told(case, judged(simulation.ledger(), later))


def without_company_information(simulation: Simulation, seed: int) -> Ledger:
    """Return the ledger without the facts and events of a tenth of the customers."""
    tables = dict(simulation.tables)
    ids = tables["customers"]["customer_id"].unique().sort()
    gone = np.random.default_rng(seed).choice(ids.to_numpy(), size=len(ids) // 10, replace=False).tolist()
    for name in ("facts", "events"):
        tables[name] = tables[name].filter(~pl.col("customer_id").is_in(gone))
    return Ledger.read({**tables, "settings": simulation.settings_table()})


def judged(ledger: Ledger, later: Ledger, *, target: str = "bad_debt") -> Monitoring:
    """Fit a year before the end of ``ledger`` and monitor at the end of ``later``."""
    last = ledger.settings.covers_to
    day = months_after(last, -12)
    known = ledger.cut(day)
    calendar = training_calendar(known.settings, day)
    panel = build_panel(known, calendar=calendar, output="polars")
    rows = training_rows(panel, build_labels(known, dates=calendar, output="polars"), target=target)
    model = BadDebtModel(target=target).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    customers = known.table("customers")
    reference = reference_of(
        model, rows.X, as_of=rows.as_of, customers=rows.groups, observed_to=day, attributes=customers
    )
    dates = Calendar.months_back(last, 14)
    return monitor(
        model,
        build_panel(later, calendar=dates, output="polars"),
        build_labels(later, dates=dates, output="polars"),
        reference=reference,
        scale=master_scale_of(Policy.default()) if target == "bad_debt" else None,
        as_of=last,
        attributes=later.table("customers"),
    )


def section(told: list[Told], customers: int, months: int, seeds: int) -> str:
    """Return the section: how often what was raised, and the events that came for those expected."""
    lines = []
    for case, words in CASES.items():
        own = [one for one in told if one.case == case]
        ratio = [one.found.realised.filter(pl.col("months") == 12)["observed_to_expected"].mean() for one in own]
        alarms = sum(one.found.worst == "alarm" for one in own)
        raised = sum(one.found.worst != "" for one in own)
        counts = {subject: sum(subject in one.subjects for one in own) for one in own for subject in one.subjects}
        most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        why = ", ".join(f"{subject} {count}" for subject, count in most) or "nothing"
        lines.append(f"| {words} | {np.mean(ratio):.2f} | {alarms} | {raised} | {why} |")
    table = "\n".join(lines)
    return f"""## Monitoring: alerts where something is wrong, quiet where nothing is

Written by `python benchmarks/monitoring.py`; do not edit it. {seeds} simulated ledgers of {customers:,} customers over
{months} months a case; the model of bad debts is fitted a year before the end and monitored at the end. In the
recession the market factor falls by three standard deviations from the day of fitting.

| case | came true / expected, 12 months | ledgers with an alarm | with an alarm or attention | about (ledgers) |
|---|---|---|---|---|
{table}
"""


def main() -> None:
    """Measure every seed and write the section."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--customers", type=int, default=CUSTOMERS)
    asked.add_argument("--months", type=int, default=MONTHS)
    asked.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    asked.add_argument("--print", action="store_true", help="print the section, write nothing")
    given = asked.parse_args()
    told = [one for seed in given.seeds for one in cases(seed, given.customers, given.months)]
    text = section(told, given.customers, given.months, len(given.seeds))
    if given.print:
        print(text)
    else:
        write_section("monitoring", text)


if __name__ == "__main__":
    main()
