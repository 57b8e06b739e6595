"""Loans to US small businesses: probability of a charge-off and loss given charge-off, by what was known at the time.

    python -m benchmarks.sba

Nothing was tuned: library and LightGBM run at their defaults, the regression at one stated penalty.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.paired import compare, interval
from benchmarks.plain_models import Logistic, PlainBooster
from benchmarks.sections import write_section
from benchmarks.small_business_loans import declare_columns, features, months_to, read_loans
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.loss_given_default import LossGivenDefault
from credrisk.models.resampling import resamples_of
from credrisk.models.workouts import Workouts

FOLDER = Path(__file__).parents[1].parent / "shared" / "data" / "sba-loans"

KNOWN_ON = date(2006, 1, 1)
"""Loans approved before are learnt from, by what was known on this day; those approved from it on are the test."""

MONTHS = 36
LOSS_KNOWN_ON = date(2008, 1, 1)
"""Charge-offs before are learnt from; those from it on are the test."""

PENALTY = 0.1
MEASURES = ("auc", "average_precision", "capture_10pct", "log_loss", "brier", "calibration_in_the_large")
SIZES = (25_000.0, 75_000.0, 200_000.0)
"""Bounds of the amount disbursed, in dollars, for the segments of the loss."""

YEARS = (2.0, 4.0)
"""Bounds of the years from disbursement to charge-off, for the segments of the loss."""


def probabilities(loans: pl.DataFrame) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, object]]:
    """Return the events of the test loans within 36 months of approval and what each model expected of them."""
    X = features(loans)
    early = (loans["approved_on"] < KNOWN_ON).to_numpy()
    train, test = X.filter(pl.Series(early)), X.filter(pl.Series(~early))
    event, months = months_to(loans.filter(pl.Series(early)), KNOWN_ON)
    later, after = months_to(loans.filter(pl.Series(~early)), date(2030, 1, 1))
    happened = ((later == 1) & (after <= MONTHS)).astype(int)
    approved = loans["approved_on"].to_numpy().astype("datetime64[D]")[early]
    model = BadDebtModel(target="bad_debt", horizons=(12, 24, MONTHS)).fit(
        train, pl.DataFrame({"event": event, "months": months}), as_of=approved, currency="USD"
    )
    found = {"credrisk": model.predict_pd(test)[f"pd_{MONTHS}m"].to_numpy()}
    # A fixed horizon has next to no complete label on that day; so the plain ones get the time observed as a column.
    seen = np.log(np.minimum(months, MONTHS))
    within = ((event == 1) & (months <= MONTHS)).astype(int)
    with_time = train.with_columns(log_months_seen=pl.Series(np.where(event == 1, _until(approved), seen)))
    at_horizon = test.with_columns(log_months_seen=pl.lit(float(np.log(MONTHS))))
    for name, plain in {
        "logistic regression": Logistic(PENALTY),
        "LightGBM, 100 trees": PlainBooster(100),
    }.items():
        found[name] = plain.fit(with_time, within).probability(at_horizon)
    found["one rate for all"] = np.full(len(happened), _rate(event, months))
    about = {"rung": model.rung_, "learnt": int(within.sum()), "train": int(early.sum())}
    about |= {"calibration": model.calibration_.method, "rate": float(happened.mean())}
    return happened, found, about


def _until(approved: np.ndarray) -> np.ndarray:
    """Return the log of the months for which a loan could have been seen, whether it was charged off or not."""
    days = (np.datetime64(KNOWN_ON, "D") - approved).astype(float)
    return np.asarray(np.log(np.clip(days / 30.4375, 1 / 30.4375, MONTHS)))


def _rate(event: np.ndarray, months: np.ndarray) -> float:
    """Return the share charged off within the horizon (Kaplan and Meier, by month)."""
    alive = 1.0
    for month in range(MONTHS):
        at_risk = np.clip(months - month, 0, 1).sum()
        hits = ((event == 1) & (months > month) & (months <= month + 1)).sum()
        alive *= 1 - hits / max(at_risk, 1)
    return float(1 - alive)


def losses(loans: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], dict[str, int]]:
    """Return severity and amount of the test charge-offs and what was expected of each on the day."""
    bad = loans.filter(
        pl.col("severity").is_not_null() & pl.col("disbursed_on").is_not_null() & (pl.col("DisbursementGross") > 0)
    )
    years = (pl.col("charged_off_on") - pl.col("disbursed_on")).dt.total_days() / 365.25
    size = np.searchsorted(SIZES, bad["DisbursementGross"].to_numpy())
    age = np.searchsorted(YEARS, bad.select(years).to_series().to_numpy())
    revolving = (bad["RevLineCr"] == "Y").fill_null(False).to_numpy().astype(int)
    segment = [f"{a} / {b} / {c}" for a, b, c in zip(age, size, revolving, strict=True)]
    bad = bad.with_columns(segment=pl.Series(segment))
    known = pl.col("charged_off_on") < LOSS_KNOWN_ON
    train, test = bad.filter(known), bad.filter(~known)
    model = LossGivenDefault(discount_rate=0.0, workout_months=1, by_cover=False).fit_workouts(
        _workouts(train), segments=train.select(customer_id="LoanNr_ChkDgt", segment="segment")
    )
    found = {"credrisk": model.predict(test.select(customer_id="LoanNr_ChkDgt", segment="segment"))["lgd"].to_numpy()}
    mean = train["severity"].mean()
    by_segment = test.join(train.group_by("segment").agg(own=pl.mean("severity")), on="segment", how="left")
    found["mean of the segment"] = by_segment["own"].fill_null(mean).to_numpy()
    found["one mean for all"] = np.full(test.height, mean)
    found["the prior of 0.77"] = np.full(test.height, model.prior.mean)
    about = {"train": train.height, "test": test.height, "segments": train["segment"].n_unique()}
    return test["severity"].to_numpy(), test["DisbursementGross"].to_numpy(), found, about


def _workouts(train: pl.DataFrame) -> Workouts:
    """Return the charge-offs as finished workouts: what was not charged off had come in by then."""
    rows = train.sort("LoanNr_ChkDgt").with_columns(number=pl.int_range(pl.len(), dtype=pl.Int64))
    defaults = rows.select(
        "number",
        customer_id="LoanNr_ChkDgt",
        default_on="charged_off_on",
        exposure="DisbursementGross",
        age_days=pl.lit(365, dtype=pl.Int64),
        covered=pl.lit(False),
    )
    flows = rows.select("number", age_days=pl.lit(1, dtype=pl.Int64), share=1 - pl.col("severity"))
    return Workouts(defaults, flows, defaults.select("customer_id", "default_on").clear())


def loss_rows(severity: np.ndarray, amount: np.ndarray, found: dict[str, np.ndarray]) -> list[list[str]]:
    weight = resamples_of(np.arange(len(severity)), samples=1000, seed=0).weights()
    rows = []
    ours = weight @ np.abs(found["credrisk"] - severity) / weight.sum(axis=1)
    for name, expected in found.items():
        error = weight @ np.abs(expected - severity) / weight.sum(axis=1)
        bias = weight @ (expected - severity) / weight.sum(axis=1)
        money = weight @ (amount * expected) / (weight @ (amount * severity))
        less = "" if name == "credrisk" else interval(ours - error, 4, sign="+")
        rows.append([name, interval(error), less, interval(bias, sign="+"), interval(money, 2)])
    return rows


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def main() -> None:
    declare_columns()
    loans = read_loans(FOLDER)
    event, found, about = probabilities(loans)
    compared = compare(event, found, np.arange(len(event)), MEASURES)
    ranks = [[m, *(compared.cell(m, x) for x in MEASURES[:3])] for m in found]
    levels = [
        [m, compared.cell(m, "log_loss", 4), compared.cell(m, "brier", 4), compared.cell(m, MEASURES[5], 2)]
        for m in found
    ]
    less = [
        [m, *(compared.difference("credrisk", m, x, d) for x, d in (("auc", 3), ("log_loss", 4), ("brier", 4)))]
        for m in list(found)[1:]
    ]
    severity, amount, expected, sizes = losses(loans)
    text = "\n".join(
        [
            "## Loans to US small businesses: probability and loss\n",
            f"### Charged off within {MONTHS} months of approval\n",
            f"Learnt from {about['train']:,} loans approved from 1997 to the end of 2005 by what was known on "
            f"{KNOWN_ON} ({about['learnt']} charge-offs; most loans are of 2004 and seen for one or two years); tested "
            f"on the {len(event):,} approved in 2006 ({event.sum()} charge-offs, {100 * event.mean():.1f} %). Columns: "
            "what stood in the application. The recorded term is left out, for of a loan that failed it says when. "
            f"`credrisk` is `BadDebtModel` at its defaults (rung {about['rung']}, calibration {about['calibration']}). "
            "The plain models get the months observed as a further column, for a fixed horizon has next to no complete "
            "label on that day. 95 % intervals, loans resampled.\n",
            table(["", "AUC", "average precision", "captured in the worst tenth"], ranks),
            table(["", "log loss", "Brier", "observed / predicted"], levels),
            "`credrisk` less the other (AUC: above 0 is better; log loss, Brier: below 0):\n",
            table(["less", "AUC", "log loss", "Brier"], less),
            "No model could know in January 2006 what came in 2008: the level is too low for all of them.\n",
            "### Loss given charge-off\n",
            "Principal charged off over the amount disbursed, gross of later recoveries and of the guarantee. Learnt "
            f"from {sizes['train']:,} charge-offs before {LOSS_KNOWN_ON}, tested on the {sizes['test']:,} after, in "
            f"{sizes['segments']} segments of amount, years since disbursement and kind of line. `credrisk` is "
            "`LossGivenDefault`: segment means each shrunk to the one around it.\n",
            table(
                ["", "mean absolute error", "`credrisk` less it", "bias of the mean", "expected / actual money"],
                loss_rows(severity, amount, expected),
            ),
            "Written by `benchmarks/sba.py` from the data that `sba-loans/ABOUT.md` describes (US Small Business "
            "Administration, as published with Li, Mickel and Taylor 2018; here the first 22,427 loans of the file).",
        ]
    )
    write_section("loss", text)


if __name__ == "__main__":
    main()
