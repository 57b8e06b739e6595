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
from truth_seed import START, VERDICT_MONTHS, measured

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
from credrisk.simulate.simulator import simulate_ledger

CUSTOMERS, SEEDS = 4_000, (1, 2, 3, 4, 5, 6)
FITTED_AFTER, TESTED_AFTER, HORIZON = 48, (48, 51, 54), 12
"""Months from the start: the last day known to the models, and the days whose twelve months judge them."""
FEW_INVOICES, SETTLED_MONTHS, YOUNG_MONTHS = 6, 24, 12
"""Thin payment history: fewer invoices settled in so many months, or an account younger than this."""
MODELS = {
    "with": "fitted with company information",
    "without": "fitted without",
    "off": "fitted with, source switched off",
}
MEASURES = ("auc", "log_loss")
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
    ledger = simulate_ledger(customers=customers, months=months, start=START, seed=seed).ledger()
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
    ).with_columns(**scores)
    rungs = {name: model.rung_ for name, model in models.items()}
    told_of = {"seed": seed, "customers": customers, "train_events": models["with"].evidence_["first_events"]}
    return told_of | {"rungs": rungs}, found


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


def pooled(rows: pl.DataFrame) -> Compared:
    """Return the measures on the rows of all seeds, with resamples of customers."""
    scores = {name: rows[name].to_numpy() for name in MODELS}
    return compare(rows["event"].to_numpy(), scores, rows["customer"].to_numpy(), MEASURES)


def over_seeds(rows: pl.DataFrame, measure: str, model: str, other: str) -> str:
    """Return the mean difference over seeds with its 95 % interval (Student's t); only seeds with an event."""
    differences = []
    for (_,), own in rows.group_by("seed", maintain_order=True):
        event, money = own["event"].to_numpy(), own["open_balance"].fill_null(0.0).clip(0.0).to_numpy()
        if event.sum() > 0:
            one, two = (measured(event, money, own[name].to_numpy())[measure] for name in (model, other))
            differences.append(one - two)
    return told(np.array(differences), "{:+.3f}" if measure == "auc" else "{:+.5f}")


def section(found: list[dict[str, Any]], rows: pl.DataFrame) -> str:
    """Return the text of the section."""
    digits = {"auc": 3, "log_loss": 5}
    levels, gains = [], []
    for part, chosen in PARTS.items():
        own = rows.filter(chosen)
        drawn = pooled(own)
        share = own["statement"].sum() / max(own.height, 1)
        size = [f"{own['customer'].n_unique():,}", f"{own['event'].sum():.0f}", f"{100 * share:.0f} %"]
        for name, words in MODELS.items():
            levels.append([part, words, *size, *(drawn.cell(name, measure, digits[measure]) for measure in MEASURES)])
        for name, other, words in (
            ("with", "without", "with against without"),
            ("off", "with", "switched off against with"),
            ("off", "without", "switched off against fitted without"),
        ):
            for measure in MEASURES:
                by_customer = drawn.difference(name, other, measure, digits[measure])
                label = {"auc": "AUC", "log_loss": "log loss"}[measure]
                gains.append([part, words, label, by_customer, over_seeds(own, measure, name, other)])
    count = sum(len(names) for names in from_company_information().values())
    seeds = ", ".join(str(seed["seed"]) for seed in found)
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

{table(["payment history", "", "customers", "bad debts", "with a statement", "AUC", "log loss"], levels)}
The differences, paired on the same rows: once over resampled customers, all seeds together, once over seeds.

{table(["payment history", "", "", "over customers", "over seeds"], gains)}"""


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
