"""What does public company information add, for customers with little payment history and for all? Out of time.

    python benchmarks/firmographics.py --seeds 1 --out FOLDER     # measure this seed
    python benchmarks/firmographics.py --out FOLDER --write       # write the section `firmographics` of docs/results.md

A seed that stands in FOLDER is not measured again; about 2 GiB and some minutes a seed.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from paired import Compared, compare
from sections import write_section
from truth import table, told
from truth_seed import START, VERDICT_MONTHS, weighted_auc

from credrisk.dates import months_after
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue, from_company_information
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.outcomes import recensored, training_rows
from credrisk.pipeline.probabilities import training_calendar
from credrisk.simulate.oracle import latent_pd
from credrisk.simulate.simulator import Simulation, simulate_ledger

CUSTOMERS, SEEDS = 4_000, tuple(range(1, 10))
FITTED_AFTER, TESTED_AFTER, HORIZON = 48, (48, 51, 54), 12
"""Months from the start: the last day known to the models, and the days whose twelve months judge them."""
FEW_INVOICES, SETTLED_MONTHS, YOUNG_MONTHS = 6, 24, 12
"""Thin payment history: fewer invoices settled in so many months, or an account younger than this."""
MODELS = {
    "with": "fitted with company information",
    "without": "fitted without",
    "off": "fitted with, source switched off",
}
PAIRS = (
    ("with", "without", "with against without"),
    ("off", "with", "switched off against with"),
    ("off", "without", "switched off against fitted without"),
)
MEASURES = ("auc", "log_loss")
FORMS = {"auc": "{:+.3f}", "log_loss": "{:+.5f}"}
PARTS = {
    "thin": pl.col("thin"),
    "thin, with a statement": pl.col("thin") & pl.col("statement"),
    "not thin": ~pl.col("thin"),
    "all": pl.lit(True),
}


def month_before(months: int) -> date:
    """Return the last day of the month that ends so many months after the start."""
    return date.fromordinal(months_after(START, months).toordinal() - 1)


def thin(ledger: Ledger, as_of: date, panel: pl.DataFrame) -> pl.DataFrame:
    """Return ``customer_id`` and ``as_of`` of the customers with little payment history on a day."""
    items = item_movements(ledger.cut(as_of)).filter(pl.col("document_kind") == "invoice")
    settled = (
        items.group_by("customer_id", "document_id")
        .agg(left=pl.col("amount").sum(), last=pl.col("date").max())
        .filter(pl.col("left") <= 0, pl.col("last") > months_after(as_of, -SETTLED_MONTHS))
        .group_by("customer_id")
        .agg(settled=pl.len())
    )
    today = panel.filter(pl.col("as_of") == as_of).join(settled, on="customer_id", how="left")
    few = pl.col("settled").fill_null(0) < FEW_INVOICES
    young = (pl.col("tenure_months") < YOUNG_MONTHS).fill_null(False)
    return today.filter(few | young).select("customer_id", "as_of")


def seed_results(seed: int, customers: int) -> tuple[dict[str, Any], pl.DataFrame]:
    """Return what was measured on a seed, and every score."""
    months = TESTED_AFTER[-1] + HORIZON + VERDICT_MONTHS
    simulation = simulate_ledger(customers=customers, months=months, start=START, seed=seed)
    ledger = simulation.ledger()
    fitted_on, tested_on = month_before(FITTED_AFTER), [month_before(after) for after in TESTED_AFTER]
    known = ledger.cut(fitted_on)
    calendar = training_calendar(known.settings, fitted_on)
    labels = build_labels(known, dates=calendar, output="polars")
    train = training_rows(
        build_panel(known, calendar=calendar, output="polars"),
        recensored(labels, fitted_on, target="bad_debt"),
        target="bad_debt",
    )
    outside = [name for names in from_company_information(train.X.columns).values() for name in names]
    own = [name for name in train.X.columns if name not in outside]
    given: dict[str, Any] = {"as_of": train.as_of, "groups": train.groups, "currency": ledger.settings.currency}
    models = {
        name: BadDebtModel().fit(train.X.select(used), train.y, **given)
        for name, used in (("with", train.X.columns), ("without", own))
    }
    rows = tested_rows(ledger, tested_on)
    blank = rows.with_columns(pl.lit(None, pl.Float64).alias(name) for name in outside)
    scores = {
        name: model.predict_pd(frame.select(used), horizons=[HORIZON], output="polars").to_series()
        for name, model, frame, used in (
            ("with", models["with"], rows, train.X.columns),
            ("without", models["without"], rows, own),
            ("off", models["with"], blank, train.X.columns),
        )
    }
    found = rows.select(
        "customer_id",
        "as_of",
        "event",
        "thin",
        "open_balance",
        statement=pl.col("statement_age_days").is_not_null(),
    ).with_columns(**scores, chance=true_chances(simulation, rows))
    rungs = {name: model.rung_ for name, model in models.items()}
    told_of = {"seed": seed, "customers": customers, "train_events": models["with"].evidence_["first_events"]}
    return told_of | {"rungs": rungs}, found


def true_chances(simulation: Simulation, rows: pl.DataFrame) -> np.ndarray:
    """Return the true probability of a bad debt within the horizon of each row, hidden state and all."""
    ledger, chance = simulation.ledger(), np.empty(rows.height)
    for day in rows["as_of"].unique():
        own = (rows["as_of"] == day).to_numpy()
        ids = tuple(rows.filter(own)["customer_id"])
        chance[own] = latent_pd(ledger, simulation.truth, day, ids, months=HORIZON)
    return chance


def tested_rows(ledger: Ledger, days: list[date]) -> pl.DataFrame:
    """Return the features, outcome and payment history of the customers at risk on the test days."""
    calendar = Calendar(tuple(days))
    panel = build_panel(ledger, calendar=calendar, output="polars")
    labels = build_labels(ledger, dates=calendar, output="polars")
    ends = {day: months_after(day, HORIZON) for day in days}
    on, left, end = pl.col("bad_debt_on"), pl.col("left_on"), pl.col("ends")
    tests = (
        labels.with_columns(ends=pl.col("as_of").replace_strict(ends, return_dtype=pl.Date))
        .filter(pl.col("bad_debt_at_risk") & (pl.col("bad_debt_observed_to") >= end))
        .with_columns(event=((on <= end) & (left.is_null() | (on <= left))).fill_null(False).cast(pl.Float64))
    )
    short = pl.concat([thin(ledger, day, panel) for day in days]).with_columns(thin=pl.lit(True))
    rows = tests.select("customer_id", "as_of", "event").join(panel, on=["customer_id", "as_of"])
    return (
        rows.join(short, on=["customer_id", "as_of"], how="left")
        .with_columns(pl.col("thin").fill_null(False))
        .sort("customer_id", "as_of")
    )


def pooled(rows: pl.DataFrame, *, by_truth: bool) -> Compared:
    """Return the measures on the rows of all seeds, with resamples of customers.

    By the truth every row is a bad debt with its true chance and none with the rest: what the measures come to on
    average over the years that were possible, of which one came.
    """
    event, chance, size = rows["event"].to_numpy(), None, 1
    if by_truth:
        true, size = rows["chance"].to_numpy(), 2
        event, chance = np.repeat([1.0, 0.0], rows.height), np.concatenate([true, 1 - true])
    scores = {name: np.tile(rows[name].to_numpy(), size) for name in MODELS}
    return compare(event, scores, np.tile(rows["customer"].to_numpy(), size), MEASURES, row_weight=chance)


def over_seeds(rows: pl.DataFrame, measure: str, model: str, other: str) -> str:
    """Return the mean difference over seeds by the truth, with its 95 % interval (Student's t)."""
    differences = []
    for (_,), own in rows.group_by("seed", maintain_order=True):
        true, one, two = (own[name].to_numpy() for name in ("chance", model, other))
        if measure == "auc":
            differences.append(weighted_auc(true, one) - weighted_auc(true, two))
        else:
            differences.append(float(np.mean(expected_loss(true, one) - expected_loss(true, two))))
    return told(np.array(differences), FORMS[measure])


def expected_loss(chance: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the log loss of each row on average over what may come."""
    loss: np.ndarray = -(chance * np.log(probability) + (1 - chance) * np.log1p(-probability))
    return loss


def verdict(rows: pl.DataFrame) -> str:
    """Say for whom the gain in AUC is beyond chance, by what came and by the truth."""
    said = []
    for part, words in (("thin", "thin payment history"), ("thin, with a statement", "those of them with a statement")):
        own, told_of = rows.filter(PARTS[part]), []
        for by_truth, how in ((False, "by what came"), (True, "by the truth")):
            drawn = pooled(own, by_truth=by_truth)
            gain = drawn.drawn["with"]["auc"] - drawn.drawn["without"]["auc"]
            shown = "beyond chance" if np.nanquantile(gain[1:], 0.025) > 0 else "**not beyond chance**"
            told_of.append(f"{drawn.difference('with', 'without', 'auc')} {how} ({shown})")
        told_of.append(f"{over_seeds(own, 'auc', 'with', 'without')} by the truth over seeds")
        said.append(f"- {words}: {', '.join(told_of)}")
    return "The gain in AUC, with 95 % intervals:\n\n" + "\n".join(said)


def section(found: list[dict[str, Any]], rows: pl.DataFrame) -> str:
    """Return the text of the section."""
    levels, gains = [], []
    for part, chosen in PARTS.items():
        own = rows.filter(chosen)
        came, truth = pooled(own, by_truth=False), pooled(own, by_truth=True)
        share = own["statement"].sum() / max(own.height, 1)
        size = [f"{own['customer'].n_unique():,}", f"{own['event'].sum():.0f}", f"{100 * share:.0f} %"]
        for name, words in MODELS.items():
            cells = [drawn.cell(name, "auc") for drawn in (came, truth)]
            levels.append([part, words, *size, *cells, came.cell(name, "log_loss", 5)])
        for name, other, words in PAIRS:
            for measure, label, digits in (("auc", "AUC", 3), ("log_loss", "log loss", 5)):
                cells = [drawn.difference(name, other, measure, digits) for drawn in (came, truth)]
                gains.append([part, words, label, *cells, over_seeds(own, measure, name, other)])
    count = sum(len(names) for names in from_company_information().values())
    seeds = ", ".join(str(seed["seed"]) for seed in found)
    head = ["payment history", "", "customers", "bad debts", "with a statement"]
    rungs = sorted({rung for seed in found for rung in seed["rungs"].values()})
    learnt = [seed["train_events"] for seed in found]
    return f"""## What public company information adds

Written by `python benchmarks/firmographics.py`; do not edit it. Simulated ledgers of {found[0]["customers"]:,}
customers, seeds {seeds}. Two models are fitted on what was known after {FITTED_AFTER} months (bad debts to learn from:
{min(learnt)} to {max(learnt)} a seed; rung: {", ".join(rung.replace("_", " ") for rung in rungs)}), one with the
features that need company information ({count} of the {len(catalogue())} of the catalogue), one without. Both are
judged on the customers at risk {", ".join(map(str, TESTED_AFTER[:-1]))} and {TESTED_AFTER[-1]} months after the start
by the {HORIZON} months after each. A third line takes the first model and gives it no company information. Thin payment
history, as laid down before looking: fewer than {FEW_INVOICES} invoices settled in the last {SETTLED_MONTHS} months, or
an account younger than {YOUNG_MONTHS} months. The simulator publishes yearly statements of some customers (six figures,
months late), notices of insolvency, judgments and market series; no ratings and no news.

One year has few bad debts among customers with thin history, and luck moves what was seen by more than the models
differ. So the measures stand beside what they come to by the truth: the simulator's own probability of a bad debt given
everything, hidden health included.

{verdict(rows)}

{table([*head, "AUC", "AUC by the truth", "log loss"], levels)}
The differences, paired on the same rows: over resampled customers of all seeds by what came and by the truth, and over
seeds by the truth.

{table(["payment history", "", "", "by what came", "by the truth", "by the truth, over seeds"], gains)}"""


def main() -> None:
    """Measure seeds, or write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--out", type=Path, required=True, help="folder of the results, two files a seed")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--write", action="store_true", help="write the section from the results that stand")
    parser.add_argument("--show", action="store_true", help="print the section instead of writing it")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    places = [given.out / f"firmographics-{seed}" for seed in given.seeds]
    if not (given.write or given.show):
        for seed, place in zip(given.seeds, places, strict=True):
            if not place.with_suffix(".json").exists():
                told_of, rows = seed_results(seed, given.customers)
                rows.write_parquet(place.with_suffix(".parquet"))
                place.with_suffix(".json").write_text(json.dumps(told_of, indent=1))
        return
    stand = [place for place in places if place.with_suffix(".json").exists()]
    found = [json.loads(place.with_suffix(".json").read_text()) for place in stand]
    rows = pl.concat(
        pl.read_parquet(place.with_suffix(".parquet")).with_columns(
            seed=pl.lit(seed["seed"]), customer=pl.concat_str(pl.lit(f"{seed['seed']} "), "customer_id")
        )
        for place, seed in zip(stand, found, strict=True)
    )
    text = section(found, rows)
    if given.show:
        print(text)
    else:
        write_section("firmographics", text)


if __name__ == "__main__":
    main()
