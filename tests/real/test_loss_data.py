"""Two public credit data sets through the library's estimators: small parts, later periods, against plain answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from beside import SHARED

from credrisk.features import catalogue as module
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.measures import auc, by_score, log_loss

pytestmark = pytest.mark.real

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.firm_years import declare_ratios, firm_years, read_items, z_score  # noqa: E402
from benchmarks.plain_models import OneStep  # noqa: E402
from benchmarks.sba import losses  # noqa: E402
from benchmarks.small_business_loans import COLUMNS, declare_columns, features, months_to, read_loans  # noqa: E402

FIRMS, LOANS = SHARED / "data" / "american-bankruptcy", SHARED / "data" / "sba-loans"


@pytest.fixture(autouse=True)
def nothing_declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "_declared", {})
    return


def measured(event: np.ndarray, probability: np.ndarray) -> tuple[float, float]:
    once = np.ones((1, len(event)))
    return float(auc(*by_score(event, probability, once))[0]), float(log_loss(event, probability, once)[0])


def test_ratios_of_firm_years_by_hand() -> None:
    items = read_items(FIRMS)
    assert items.height == 65_275
    assert items["bankrupt"].sum() == 491
    rows = firm_years(items)
    for place in (0, 1234, 50_000):
        raw, X = items.row(place, named=True), rows.X.row(place, named=True)
        assert X["working_capital_to_assets"] == pytest.approx((raw["current"] - raw["short"]) / raw["assets"])
        assert X["liabilities_at_market"] == pytest.approx(raw["liabilities"] / (raw["liabilities"] + raw["market"]))
        z = (
            6.56 * (raw["current"] - raw["short"]) / raw["assets"]
            + 3.26 * raw["retained"] / raw["assets"]
            + 6.72 * raw["ebit"] / raw["assets"]
            + 1.05 * (raw["assets"] - raw["liabilities"]) / raw["liabilities"]
        )
        assert z_score(items, "altman_z_services")[place] == pytest.approx(z)
        assert rows.as_of[place] == np.datetime64(date(raw["year"] + 1, 4, 30))
    first = items["firm"].to_numpy()[1:] != items["firm"].to_numpy()[:-1]
    assert rows.X["sales_growth_year"].is_null().to_numpy()[1:][first].all()


def test_later_failures_are_ranked_better_than_by_altman() -> None:
    """Learnt on 2003 and 2004, looked at 2006 and 2007: the test years belong to the benchmark."""
    declare_ratios()
    rows = firm_years(read_items(FIRMS))
    train, check = rows.years(2003, 2004), rows.years(2006, 2007)
    model = BadDebtModel(horizons=(12,), rung="booster")
    model.fit(train.X, train.outcome(), as_of=train.as_of, groups=train.firm)
    ours = measured(check.event, model.predict_pd(check.X)["pd_12m"].to_numpy())
    plain = measured(check.event, OneStep("z_services").fit(train.X, train.event).probability(check.X))
    assert check.event.sum() > 80
    assert ours[0] > plain[0]
    assert ours[1] < plain[1]
    assert model.explain(check.X[:5], top=1, output="polars").height == 5


def test_loans_are_read_without_what_was_known_later() -> None:
    loans = read_loans(LOANS)
    assert loans.height == 22_000
    assert loans["charged_off_on"].is_not_null().sum() == 4_399
    assert loans["severity"].is_between(0, 1).all()
    assert (loans["severity"].is_not_null() == loans["charged_off_on"].is_not_null()).all()
    X = features(loans)
    assert X.columns == list(COLUMNS)
    # What is recorded of later times changes no column.
    later = ("Term", "ChgOffDate", "ChgOffPrinGr", "MIS_Status", "DisbursementDate", "DisbursementGross")
    changed = loans.with_columns(pl.col(name).shift(1).alias(name) for name in later)
    assert features(changed).equals(X)
    event, months = months_to(loans, date(2006, 1, 1))
    bad = loans["charged_off_on"].to_numpy() <= np.datetime64("2006-01-01")
    assert (event == bad).all()
    days = (np.datetime64("2006-01-01") - loans["approved_on"].to_numpy()[~bad]).astype("timedelta64[D]").astype(int)
    np.testing.assert_allclose(months[~bad], np.maximum(days, 1) / 30.4375)


def test_loans_later_charged_off_are_ranked_above_the_others() -> None:
    declare_columns()
    loans = read_loans(LOANS)
    early = loans["approved_on"] < date(2006, 1, 1)
    event, months = months_to(loans.filter(early), date(2006, 1, 1))
    outcome = pl.DataFrame({"event": event, "months": months})
    approved = loans["approved_on"].filter(early).to_numpy()
    model = BadDebtModel(horizons=(12, 36)).fit(features(loans).filter(early), outcome, as_of=approved)
    later = loans.filter(~early)
    came, after = months_to(later, date(2030, 1, 1))
    happened = ((came == 1) & (after <= 36)).astype(int)
    found, _ = measured(happened, model.predict_pd(features(loans).filter(~early))["pd_36m"].to_numpy())
    # Hanley and McNeil: with 127 events the standard error is about 0.026.
    assert found > 0.5 + 3 * 0.026


def test_the_loss_of_loans_beats_one_mean_for_all() -> None:
    severity, _, found, _ = losses(read_loans(LOANS))
    error = {name: float(np.abs(expected - severity).mean()) for name, expected in found.items()}
    assert error["credrisk"] < error["one mean for all"]
    assert error["credrisk"] < error["mean of the segment"]
