"""Labels as they were known earlier are the labels of the ledger cut at that day: nothing later enters a fold."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from features.ledgers_for_labels import FIRST, random_ledger
from small_ledgers import ledger_of

from credrisk.features.calendar import Calendar
from credrisk.features.labels import TARGETS, build_labels
from credrisk.ledger.ledger import Ledger
from credrisk.models.outcomes import recensored, survival_outcome
from credrisk.models.rows import read_rows
from credrisk.simulate.simulator import simulate_ledger


def assert_known_then(ledger: Ledger, dates: list[date], day: date) -> int:
    """Compare with the cut ledger; return how many events a comparison of event dates alone would have leaked."""
    full = build_labels(ledger, dates=dates, output="polars")
    cut = build_labels(ledger.cut(day), dates=[end for end in dates if end < day], output="polars")
    for target in TARGETS:
        same = ["customer_id", "as_of", "at_risk", "status", "left_on", "observed_to"]
        same += [f"{target}_{name}" for name in ("at_risk", "on", "known_on", "observed_to")]
        known = recensored(full, day, target=target).join(cut, on=["customer_id", "as_of"], how="semi")
        assert known.select(same).equals(cut.select(same)), (target, day)
        assert survival_outcome(known, target=target)[:, :2].equals(survival_outcome(cut, target=target)[:, :2])
        assert_rows_known_then(full, cut, day, target)
    early = full.join(cut, on=["customer_id", "as_of"], how="inner", suffix="_cut")
    return early.filter((pl.col("bad_debt_on") <= day) & pl.col("bad_debt_on_cut").is_null()).height


def assert_rows_known_then(full: pl.DataFrame, cut: pl.DataFrame, day: date, target: str) -> None:
    """The training rows inside a model, taken back to ``day``, are those of the cut ledger."""

    def rows_of(labels: pl.DataFrame) -> tuple[list[date], pl.DataFrame, np.ndarray, pl.Series]:
        y = survival_outcome(labels, target=target)
        observed = (y["months"] > 0) & labels[f"{target}_at_risk"]
        return (
            labels.filter(observed)["as_of"],
            y.filter(observed),
            np.zeros((observed.sum(), 1)),
            labels.filter(observed)["customer_id"],
        )

    def read(labels: pl.DataFrame) -> tuple[list[float], ...]:
        as_of, y, values, groups = rows_of(labels)
        rows = read_rows(values, y, as_of=as_of, groups=groups)
        rows = rows.known_on((day - date(1970, 1, 1)).days)
        return rows.day.tolist(), rows.event.tolist(), rows.months.tolist()

    early = full.filter(pl.col("as_of") < day)
    if early.is_empty():
        return
    assert read(early) == read(cut)


@pytest.mark.parametrize("seed", range(12))
def test_random_ledgers(seed: int) -> None:
    dates = [FIRST + timedelta(days=31 * n) for n in range(24)]
    ledger = random_ledger(seed, customers=6)
    for day in (200, 330, 460, 590, 700):
        assert_known_then(ledger, dates, FIRST + timedelta(days=day))


def test_simulated_ledgers() -> None:
    leaked = 0
    for seed in (1, 2):
        ledger = simulate_ledger(customers=150, months=30, seed=seed).ledger()
        ends = list(Calendar.month_ends(ledger.settings.covers_from, ledger.settings.covers_to).ends)
        for place in (10, 15, 20, 25):
            leaked += assert_known_then(ledger, ends, ends[place])
    assert leaked > 0, "no event was waiting for its verdict: the test compares nothing"


def test_a_failed_placement_is_unknown_until_its_verdict() -> None:
    invoice = {"document_id": "I", "customer_id": "A", "document_date": "2024-01-01", "due_date": "2024-03-25"}
    ledger = ledger_of(
        documents=[invoice | {"amount": 300_000}],
        credit_events=[{"customer_id": "A", "date": "2024-04-10", "kind": "placement", "amount": 300_000}],
        covers_from="2024-01-01",
        covers_to="2025-06-30",
    )
    labels = build_labels(ledger, dates=["2024-03-31"], output="polars")
    verdict = date(2024, 4, 10) + timedelta(days=180)
    assert labels["bad_debt_on"].item() == date(2024, 4, 10)
    assert labels["bad_debt_known_on"].item() == verdict
    for day, on, end in (
        (verdict - timedelta(days=1), None, date(2024, 4, 9)),
        (verdict, date(2024, 4, 10), verdict),
        (date(2024, 4, 9), None, date(2024, 4, 9)),
    ):
        known = recensored(labels, day, target="bad_debt")
        assert (known["bad_debt_on"].item(), known["bad_debt_observed_to"].item()) == (on, end)
