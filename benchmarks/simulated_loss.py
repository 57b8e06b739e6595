"""Loss given default, exposure at default and expected loss on simulated ledgers, against what came and the truth.

    python -m benchmarks.simulated_loss

Everything is learnt from the ledger cut on one day; what came is read from the whole ledger a year and more later.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from benchmarks.sections import write_section
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.expected_loss import expected_loss
from credrisk.models.exposure_at_default import ExposureAtDefault
from credrisk.models.loss_given_default import LossGivenDefault
from credrisk.models.outcomes import training_rows
from credrisk.models.workouts import workouts_of
from credrisk.simulate import simulate_ledger

SEEDS, CUSTOMERS, MONTHS = range(1, 9), 1500, 60
CUT, END, KNOWN = date(2026, 6, 30), date(2027, 6, 30), date(2027, 12, 31)
"""Learnt by ``CUT``; what came until ``END`` is read on the ledgers' last day: a placement's verdict takes 180 days."""

EXPOSURES = ("net_balance", "peak_balance_12m", "credit_limit", "covered")
BEHAVIOUR = ("dbt_12m", "dbt_trend", "share_past_due", "oldest_open_days", "broken_promises_12m", "days_late_sd_12m")
BEHAVIOUR += ("share_paid_late_30_12m", "days_since_last_payment", "utilisation", "invoiced_trend", "open_balance")

log = logging.getLogger("simulated_loss")


def one(seed: int) -> dict[str, float]:
    """Return what was foretold and what came on one ledger."""
    simulation = simulate_ledger(customers=CUSTOMERS, months=MONTHS, seed=seed)
    ledger = simulation.ledger()
    known = ledger.cut(CUT)
    panel = build_panel(known, features=[*EXPOSURES, *BEHAVIOUR], output="polars")
    labels = build_labels(known, dates=sorted(panel["as_of"].unique()), output="polars")
    at_risk = labels.filter("bad_debt_at_risk").select("customer_id", "as_of")
    panel = panel.join(at_risk, on=["customer_id", "as_of"], how="semi")
    rows = training_rows(panel.select("customer_id", "as_of", *BEHAVIOUR), labels, target="bad_debt")
    model = BadDebtModel(target="bad_debt").fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    lgd = LossGivenDefault(discount_rate=0.0).fit(ledger, as_of=CUT)
    past = workouts_of(ledger, target="bad_debt", workout_months=36, as_of=CUT)
    ead = ExposureAtDefault().fit(panel, past)
    today = panel.filter(pl.col("as_of") == CUT)
    scores = today.select("customer_id").with_columns(
        pd_12m=pl.Series(model.predict_pd(today.select(BEHAVIOUR))["pd_12m"].to_numpy())
    )
    foretold = expected_loss(scores, panel=today, lgd=lgd, ead=ead, output="polars")

    truth = simulation.truth["outcomes"].select("customer_id", true="lgd")
    learnt = lgd.defaults_.join(truth, on="customer_id", how="inner").drop_nulls("true")
    later = workouts_of(ledger, target="bad_debt", workout_months=36, as_of=KNOWN)
    owed = pl.concat(
        [
            later.defaults.select("customer_id", "default_on", "exposure"),
            later.without_exposure.with_columns(exposure=pl.lit(0.0)),
        ]
    ).filter((pl.col("default_on") > CUT) & (pl.col("default_on") <= END))
    came = foretold.customers.join(owed, on="customer_id", how="inner").join(truth, on="customer_id", how="left")
    lost = came["exposure"] * came["true"].fill_null(lgd.overall_)
    total = foretold.portfolio.row(0, named=True)
    return {
        "defaults_learnt": learnt.height,
        "finished": float(learnt["finished"].mean()),  # type: ignore[arg-type]
        "lgd": float(learnt["lgd"].mean()),  # type: ignore[arg-type]
        "lgd_as_if_finished": 1 - float(learnt["recovered"].mean()),  # type: ignore[operator, arg-type]
        "lgd_true": float(learnt["true"].mean()),  # type: ignore[arg-type]
        "lgd_error": float(learnt["true"].std()) / np.sqrt(learnt.height),  # type: ignore[arg-type]
        "defaults_came": came.height,
        "ead": float(came["ead"].sum()),
        "exposure": float(came["exposure"].sum()),
        "balance": float(came.join(today, on="customer_id")["net_balance"].sum()),
        "expected_loss": total["expected_loss"],
        "low": total["expected_loss_low"],
        "high": total["expected_loss_high"],
        "p99": total["loss_p99"],
        "p50": total["loss_p50"],
        "lost": float(lost.sum()),
        "bad_expected": float(scores["pd_12m"].sum()),
    }


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    found = []
    for seed in SEEDS:
        found.append({"seed": seed, **one(seed)})
        log.info("%s", found[-1])
    frame = pl.DataFrame(found)
    sums = frame.sum()
    rows = [
        [
            str(row["seed"]),
            f"{row['defaults_learnt']} ({100 * row['finished']:.0f} %)",
            f"{row['lgd']:.3f}",
            f"{row['lgd_true']:.3f} ± {row['lgd_error']:.3f}",
            f"{row['lgd_as_if_finished']:.3f}",
            f"{row['bad_expected']:.0f} / {row['defaults_came']}",
            f"{row['ead'] / row['exposure']:.2f}",
            f"{row['expected_loss'] / 1000:,.0f} ({row['low'] / 1000:,.0f} to {row['high'] / 1000:,.0f})",
            f"{row['lost'] / 1000:,.0f}",
            f"{row['p99'] / 1000:,.0f}",
        ]
        for row in found
    ]
    head = ["ledger", "past bad debts (finished)", "LGD estimated", "true", "open workouts taken as finished"]
    head += ["bad debts foretold / came", "EAD foretold / came", "expected loss (thousand)", "lost", "P99 of the year"]
    total = {name: float(sums[name][0]) for name in ("ead", "exposure", "balance", "expected_loss", "lost")}
    gap = float((frame["lgd"] - frame["lgd_true"]).mean())  # type: ignore[arg-type]
    naive = float((frame["lgd_as_if_finished"] - frame["lgd_true"]).mean())  # type: ignore[arg-type]
    text = "\n".join(
        [
            "### Loss, exposure and expected loss on simulated ledgers\n",
            f"{len(found)} simulated ledgers of {CUSTOMERS:,} customers, known to {CUT}; the year after is foretold. "
            "The estimated loss given default is the mean over the past bad debts, open workouts completed, without "
            "discount (the truth has none); ± is the standard error of the true mean at that number.\n",
            table(head, rows),
            f"All ledgers together: LGD off by {gap:+.3f} on average ({naive:+.3f} if open workouts were taken as "
            f"finished); exposure at default foretold / came {total['ead'] / total['exposure']:.2f} (the balance of "
            f"the day as exposure: {total['balance'] / total['exposure']:.2f}); expected loss / lost "
            f"{total['expected_loss'] / total['lost']:.2f}. Losses of a year rest on few large customers, so single "
            "ledgers scatter; the interval is that of the expected loss, not of the year's.\n",
            "Written by `benchmarks/simulated_loss.py`.",
        ]
    )
    write_section("loss-simulated", text)


if __name__ == "__main__":
    main()
