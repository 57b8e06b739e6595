"""Bankruptcy within a year of US listed firms: the library's model beside plain ones, tested on later years only.

    python -m benchmarks.bankruptcy

Every choice (from which year to learn, size of a model, strength of a penalty) is made inside 1999 to 2007: learn to
2004, check on 2006 and 2007. The test on 2009 to 2014 is computed once, with what was chosen.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.firm_years import FirmYears, declare_ratios, firm_years, read_items
from benchmarks.paired import Compared, compare
from benchmarks.plain_models import Logistic, OneStep, Plain, PlainBooster
from benchmarks.sections import write_section
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.measures import auc, by_score, log_loss

FOLDER = Path(__file__).parents[1].parent / "shared" / "data" / "american-bankruptcy"
LEARN_TO, CHECK = 2004, (2006, 2007)
TRAIN_TO, TEST = 2007, (2009, 2014)
STARTS = (1999, 2001, 2003)
"""Years from which to learn: the earliest ones hold far fewer failures than later ones, so they may mislead."""

MEASURES = ("auc", "average_precision", "capture_10pct", "log_loss", "brier", "calibration_in_the_large")

log = logging.getLogger("bankruptcy")


class Library:
    """The library's model with its own calibration, through the same two calls as the plain ones."""

    def __init__(self, **parameters: object) -> None:
        self.model = BadDebtModel(target="bad_debt", horizons=(12,), rung="booster", **parameters)  # type: ignore[arg-type]

    def fit(self, rows: FirmYears) -> Library:
        self.model.fit(rows.X, rows.outcome(), as_of=rows.as_of, groups=rows.firm, currency="USD")
        return self

    def probability(self, rows: FirmYears) -> np.ndarray:
        found: np.ndarray = self.model.predict_pd(rows.X)["pd_12m"].to_numpy()
        return found


class OnRows:
    """A plain model on rows."""

    def __init__(self, model: Plain) -> None:
        self.model = model

    def fit(self, rows: FirmYears) -> OnRows:
        self.model.fit(rows.X, rows.event)
        return self

    def probability(self, rows: FirmYears) -> np.ndarray:
        return self.model.probability(rows.X)


Maker = Callable[[], Library | OnRows]

PENALTIES: dict[str, Maker] = {
    f"C = {c:g}": lambda c=c: OnRows(Logistic(c))  # type: ignore[misc]
    for c in (0.001, 0.003, 0.01, 0.03, 0.1, 1.0)
}

CHOSEN_BY_AUC = ("logistic regression, chosen by AUC",)
"""All others are chosen by log loss; a strong penalty helps a regression's order and spoils its level."""

CANDIDATES: dict[str, dict[str, Maker]] = {
    "credrisk": {
        f"{trees} trees of {leaves} leaves": lambda trees=trees, leaves=leaves, rate=rate: Library(  # type: ignore[misc]
            trees=trees, leaves=leaves, learning_rate=rate
        )
        for trees, rate in ((80, 0.1), (160, 0.05), (200, 0.1), (300, 0.05))
        for leaves in (4, 8)
    },
    "logistic regression": PENALTIES,
    "logistic regression, chosen by AUC": PENALTIES,
    "LightGBM, 100 trees": {"as it comes": lambda: OnRows(PlainBooster(100))},
    "LightGBM, 200 trees": {"as it comes": lambda: OnRows(PlainBooster(200))},
    "LightGBM, tuned": {
        f"{trees} trees of {leaves} leaves, rate 0.03": lambda trees=trees, leaves=leaves: OnRows(  # type: ignore[misc]
            PlainBooster(trees, num_leaves=leaves, learning_rate=0.03, min_data_in_leaf=50, lambda_l2=5.0)
        )
        for trees in (100, 200, 400)
        for leaves in (4, 8)
    },
    "Altman Z''": {"one logistic step": lambda: OnRows(OneStep("z_services"))},
    "Altman Z": {"one logistic step": lambda: OnRows(OneStep("z_listed"))},
}


def measured(event: np.ndarray, probability: np.ndarray) -> tuple[float, float]:
    """Return log loss and AUC."""
    once = np.ones((1, len(event)))
    return float(log_loss(event, probability, once)[0]), float(auc(*by_score(event, probability, once))[0])


def chosen(rows: FirmYears) -> pl.DataFrame:
    """Return the criterion of every candidate and first year on the check years."""
    check = rows.years(*CHECK)
    found = []
    for name, makers in CANDIDATES.items():
        for setting, make in makers.items():
            for start in STARTS:
                began = time.perf_counter()
                fitted = make().fit(rows.years(start, LEARN_TO))
                loss, ranked = measured(check.event, fitted.probability(check))
                criterion = -ranked if name in CHOSEN_BY_AUC else loss
                found.append({"model": name, "setting": setting, "start": start, "criterion": criterion})
                taken = time.perf_counter() - began
                log.info("%s, %s, from %d: %.5f, AUC %.4f (%.0f s)", name, setting, start, loss, ranked, taken)
    return pl.DataFrame(found)


def tested(rows: FirmYears, best: pl.DataFrame) -> tuple[Compared, dict[str, object]]:
    """Return the measures of the chosen models on the test years, and how the library's model came out."""
    test = rows.years(*TEST)
    probabilities, about = {}, {}
    for name, setting, start in best.select("model", "setting", "start").iter_rows():
        train = rows.years(start, TRAIN_TO)
        fitted = CANDIDATES[name][setting]().fit(train)
        probabilities[name] = fitted.probability(test)
        if isinstance(fitted, Library):
            model = fitted.model
            about = {"rung": model.rung_, "events": model.evidence_["first_events"], "calibration": model.calibration_}
            about |= {"train_rate": float(train.event.mean()), "test_rate": float(test.event.mean())}
            about |= {"rows": len(test.event), "firms": len(np.unique(test.firm)), "failures": int(test.event.sum())}
    return compare(test.event, probabilities, test.firm, MEASURES), about


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    declare_ratios()
    rows = firm_years(read_items(FOLDER))
    found = chosen(rows)
    best = found.sort("criterion").group_by("model", maintain_order=True).first()
    order = list(CANDIDATES)
    best = best.sort(pl.col("model").replace_strict(order, list(range(len(order)))))
    compared, about = tested(rows, best)
    write_section("bankruptcy", text_of(best, compared, about))


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def text_of(best: pl.DataFrame, compared: Compared, about: dict[str, object]) -> str:
    models = best["model"].to_list()
    ours, others = models[0], models[1:]
    heads = ["", "chosen inside 1999-2007", "AUC", "average precision", "captured in the worst tenth"]
    settings = {row["model"]: f"from {row['start']}, {row['setting']}" for row in best.iter_rows(named=True)}
    ranks = [
        [m, settings[m], *(compared.cell(m, x) for x in ("auc", "average_precision", "capture_10pct"))] for m in models
    ]
    levels = [
        [
            m,
            compared.cell(m, "log_loss", 4),
            compared.cell(m, "brier", 5),
            compared.cell(m, "calibration_in_the_large", 2),
        ]
        for m in models
    ]
    differences = [
        [
            m,
            compared.difference(ours, m, "auc"),
            compared.difference(ours, m, "log_loss", 5),
            compared.difference(ours, m, "brier", 6),
            compared.difference(ours, m, "capture_10pct"),
        ]
        for m in others
    ]
    calibration = about["calibration"]
    test_rate, train_rate = (100 * float(about[name]) for name in ("test_rate", "train_rate"))  # type: ignore[arg-type]
    return "\n".join(
        [
            "## Bankruptcy of US listed firms within a year\n",
            f"{len(models)} models on the same ratios of 18 accounting items, test on the firm-years {TEST[0]} to "
            f"{TEST[1]}: {about['rows']:,} firm-years of {about['firms']:,} firms, {about['failures']} failures "
            f"({test_rate:.2f} % a year; in the years learnt from {train_rate:.2f} %). The last year learnt from is "
            f"{TRAIN_TO}; 2008 is left out, so that no label of a training row falls into the test. Every choice was "
            f"made inside 1999 to {TRAIN_TO} (learn to {LEARN_TO}, log loss on {CHECK[0]} and {CHECK[1]}), the first "
            "year of learning included, for the source holds hardly any failure of the first years; none was made on "
            "the test. Intervals: 95 %, firms resampled. LightGBM is the mean of five seeds, rows and columns sampled "
            "at 80 %; the tuned one had the same choices as the others, with at least 50 rows a leaf.\n",
            f"`credrisk` is `BadDebtModel` with declared columns: rung {about['rung']}, {about['events']} failures, "
            f"calibration {calibration.method} ({calibration.reason}).\n",  # type: ignore[attr-defined]
            table(heads, ranks),
            table(["", "log loss", "Brier", "observed / predicted"], levels),
            "`credrisk` less the other, on the same resamples (AUC and capture: above 0 is better; log loss and Brier: "
            "below 0 is better):\n",
            table(["less", "AUC", "log loss", "Brier", "captured in the worst tenth"], differences),
            "Written by `benchmarks/bankruptcy.py` from the data that `american-bankruptcy/ABOUT.md` describes "
            "(Lombardo et al. 2022, CC BY 4.0); the label is the last firm-year of a failed firm.",
        ]
    )


if __name__ == "__main__":
    main()
