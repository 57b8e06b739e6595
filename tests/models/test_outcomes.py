from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hazard_world import make_world

from credrisk.errors import DataError, ParameterError
from credrisk.models.outcomes import DAYS_PER_MONTH, observed_incidence, recensored, survival_outcome, training_rows

AS_OF = date(2024, 1, 31)


def labels_of(*rows: tuple[str | None, str | None, str]) -> pl.DataFrame:
    def day(text: str | None) -> date | None:
        return None if text is None else date.fromisoformat(text)

    return pl.DataFrame(
        {
            "customer_id": [f"C{n}" for n in range(len(rows))],
            "as_of": AS_OF,
            "bad_debt_at_risk": True,
            "bad_debt_on": pl.Series([day(on) for on, _, _ in rows], dtype=pl.Date),
            "left_on": pl.Series([day(left) for _, left, _ in rows], dtype=pl.Date),
            "observed_to": pl.Series([day(end) for _, _, end in rows], dtype=pl.Date),
        }
    )


def test_the_first_event_counts() -> None:
    outcome = survival_outcome(
        labels_of(
            ("2024-03-31", None, "2025-12-31"),
            (None, "2024-05-31", "2025-12-31"),
            ("2024-06-30", "2024-05-31", "2025-12-31"),
            ("2024-05-31", "2024-05-31", "2025-12-31"),
            (None, None, "2025-12-31"),
            ("2026-02-01", None, "2025-12-31"),
        ),
        target="bad_debt",
    )
    assert outcome["event"].to_list() == [1, 2, 2, 1, 0, 0]
    days = [60, 121, 121, 121, 700, 700]
    assert outcome["months"].to_list() == pytest.approx([d / DAYS_PER_MONTH for d in days])
    assert outcome.dtypes == [pl.Int8, pl.Float64]


def test_the_end_of_observation_of_the_target_comes_before_the_general_one() -> None:
    labels = labels_of(("2024-06-30", None, "2024-12-31")).with_columns(bad_debt_observed_to=date(2024, 4, 30))
    outcome = survival_outcome(labels, target="bad_debt")
    assert outcome.row(0) == (0, pytest.approx(90 / DAYS_PER_MONTH))


def test_training_rows_keep_those_at_risk_and_observed() -> None:
    labels = labels_of(
        ("2024-03-31", None, "2025-12-31"), (None, None, "2024-01-31"), (None, None, "2025-12-31")
    ).with_columns(bad_debt_at_risk=pl.Series([True, True, False]))
    panel = labels.select("customer_id", "as_of", dbt_12m=pl.lit(4.0))
    rows = training_rows(panel, labels, target="bad_debt")
    assert rows.groups.to_list() == ["C0"]
    assert rows.X.columns == ["dbt_12m"]
    assert rows.as_of.to_list() == [AS_OF]
    from_pandas = training_rows(panel.to_pandas(), labels.to_pandas(), target="bad_debt")
    assert from_pandas.X.equals(rows.X)
    assert from_pandas.y.equals(rows.y)


def test_a_doubled_row_or_a_missing_column_is_named() -> None:
    labels = labels_of((None, None, "2025-12-31"))
    panel = labels.select("customer_id", "as_of", dbt_12m=pl.lit(4.0))
    with pytest.raises(DataError, match=r"two rows at one date.*C0"):
        training_rows(pl.concat([panel, panel]), labels, target="bad_debt")
    with pytest.raises(DataError, match="bad_debt_on"):
        training_rows(panel, labels.drop("bad_debt_on"), target="bad_debt")
    with pytest.raises(ParameterError, match="one of bad_debt, default, late30"):
        survival_outcome(labels, target="insolvency")
    with pytest.raises(DataError, match="twice"):
        training_rows(
            pd.DataFrame([["a", AS_OF, 1.0]], columns=["customer_id", "as_of", "as_of"]), labels, target="late30"
        )


def test_recensored_labels_do_not_depend_on_what_came_later() -> None:
    world = make_world(customers=80, months=24, base=0.03, seed=3)
    known_on = date(2023, 1, 31)
    labels = world.labels
    changed = labels.with_columns(
        bad_debt_on=pl.when(pl.col("bad_debt_on") > known_on).then(pl.lit(date(2023, 2, 1))).otherwise("bad_debt_on"),
        left_on=pl.when(pl.col("left_on") > known_on).then(None).otherwise("left_on"),
        observed_to=pl.col("observed_to").dt.offset_by("90d"),
    )
    assert not changed.equals(labels)
    assert recensored(changed, known_on, target="bad_debt").equals(recensored(labels, known_on, target="bad_debt"))
    rows = training_rows(world.panel, recensored(labels, known_on, target="bad_debt"), target="bad_debt")
    ends = rows.as_of + (rows.y["months"] * DAYS_PER_MONTH * 86_400_000).round().cast(pl.Duration("ms"))
    assert ends.max() == known_on
    assert rows.as_of.max() < known_on


def test_recensoring_leaves_open_what_awaited_its_verdict() -> None:
    waits = "2024-02-10/2024-05-10 2024-06-20/2024-12-17"
    labels = labels_of((None, None, "2025-12-31")).with_columns(
        bad_debt_observed_to=date(2025, 12, 31), bad_debt_waits=pl.lit(waits)
    )
    ends = {"2024-02-09": "2024-02-09", "2024-02-10": "2024-02-09", "2024-05-09": "2024-02-09"}
    ends |= {"2024-05-10": "2024-05-10", "2024-06-20": "2024-06-19", "2024-12-17": "2024-12-17"}
    for day, end in ends.items():
        known = recensored(labels, date.fromisoformat(day), target="bad_debt")
        assert known["bad_debt_observed_to"].to_list() == [date.fromisoformat(end)], day


def test_the_observed_incidence_is_the_estimate_of_aalen_and_johansen() -> None:
    """By hand: of 5 at risk one fails in month 1; of 4 one leaves in month 2; of 3 one is censored, of 2 one fails."""
    y = pl.DataFrame({"event": [1, 2, 0, 1, 0], "months": [1.0, 2.0, 3.0, 4.0, 5.0]})
    assert observed_incidence(y, 3) == pytest.approx(1 / 5)
    assert observed_incidence(y, 4) == pytest.approx(1 / 5 + 4 / 5 * 3 / 4 * 1 / 2)
    rate = 3 / 15
    later = observed_incidence(y, 4) + 0.3 * 2 / 3 * -np.expm1(-rate * 7)
    assert observed_incidence(y, 12) == pytest.approx(later)


def test_the_observed_incidence_takes_leaving_into_account() -> None:
    """Without censoring it is the plain share, which a rate that ignores leaving overstates."""
    rng = np.random.default_rng(1)
    fails, leaves = rng.exponential(50, 4000), rng.exponential(8, 4000)
    y = pl.DataFrame({"event": np.where(fails < leaves, 1, 2), "months": np.minimum(fails, leaves)})
    share = y.select(((pl.col("event") == 1) & (pl.col("months") <= 12)).mean()).item()
    assert observed_incidence(y, 12) == pytest.approx(share, abs=1e-12)
