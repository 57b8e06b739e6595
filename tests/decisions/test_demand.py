"""What customers want, estimated from what they were let have: against a simulation in which the demand is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from credrisk.dates import months_after
from credrisk.decisions.demand import demand_estimates
from credrisk.decisions.demand_book import Book, Months
from credrisk.decisions.lognormal import quantile
from credrisk.decisions.need import with_usual_need, with_yearly_sales
from credrisk.decisions.policy import Policy
from credrisk.features.monthly_peaks import monthly_peaks
from credrisk.features.panel import build_panel
from credrisk.simulate import simulate_ledger

POLICY = Policy.default()
DAY = date(2025, 12, 31)


def peaks_of(peak: np.ndarray, limit: np.ndarray | float | None = None) -> pl.DataFrame:
    """Return monthly peaks (customers, months) as the ledger gives them, ids c0, c1, ..."""
    customers, months = peak.shape
    held = np.broadcast_to(np.nan if limit is None else limit, peak.shape)
    ends = [months_after(DAY, place - months + 1) for place in range(months)]
    return pl.DataFrame(
        {
            "customer_id": np.repeat([f"c{place}" for place in range(customers)], months),
            "month_end": ends * customers,
            "peak": peak.reshape(-1),
            "limit": held.reshape(-1),
        }
    ).with_columns(pl.col("limit").fill_nan(None))


def estimates(peaks: pl.DataFrame, usual, policy=POLICY) -> pl.DataFrame:
    customers = pl.DataFrame({"customer_id": [f"c{place}" for place in range(len(usual))], "usual": usual})
    return demand_estimates(customers.cast({"usual": pl.Float64}), peaks, policy=policy)


def world(rng, customers=1_500, log_sd=0.4, months=24):
    level = rng.normal(9.0, 1.0, customers)
    wanted = np.exp(rng.normal(level[:, None], log_sd, (customers, months)))
    usual = np.exp(level + rng.normal(0, 0.3, customers))
    return level, wanted, usual


@pytest.mark.parametrize("tightness", [0.0, 0.3])
def test_the_level_is_found_behind_the_limit(tightness):
    rng = np.random.default_rng(1)
    level, wanted, usual = world(rng)
    limit = np.exp(level + tightness)[:, None]
    # an order that does not fit is refused: the peak stops a little below the limit
    seen = np.minimum(wanted, limit * rng.uniform(0.92, 1.0, wanted.shape))
    found = estimates(peaks_of(seen, limit), usual)
    error = found["demand_log_mean"].to_numpy() - level
    naive = np.log(seen[:, -12:]).mean(axis=1) - level
    # a peak within a tenth of the limit counts as stopped by it, so that the level comes out a little too high
    assert -0.01 < error.mean() < 0.08
    assert naive.mean() < -0.05
    assert abs(error.mean()) < abs(naive.mean()) / 2
    assert found["demand_censored"].mean() > 1


def test_the_level_of_who_stood_at_its_limit_all_year_is_no_higher_than_what_was_seen_or_sales_imply():
    peak = np.full((3, 12), 20_000.0)
    found = estimates(peaks_of(peak, np.array([[20_500.0], [40_000.0], [20_500.0]])), [11_500.0, 11_500.0, 90_000.0])
    assert found["demand_censored"].to_list() == [12, 0, 12]
    mean = found["demand_log_mean"]
    assert mean[0] == pytest.approx(np.log(20_000.0))
    assert mean[1] <= mean[0]
    assert np.log(20_000.0) < mean[2] < np.log(90_000.0) + 0.5


def test_limits_that_hold_nobody_censor_nothing():
    rng = np.random.default_rng(2)
    level, wanted, usual = world(rng)
    found = estimates(peaks_of(wanted, np.exp(level)[:, None]), usual)
    assert found["demand_censored"].sum() == 0
    error = found["demand_log_mean"].to_numpy() - level
    assert abs(error.mean()) < 4 * error.std() / np.sqrt(len(error)) + 0.01
    assert found["demand_month_sd"].mean() == pytest.approx(0.4, abs=0.02)


def test_what_is_wanted_next_year_lies_within_the_distribution_as_often_as_it_says():
    rng = np.random.default_rng(4)
    level, wanted, usual = world(rng, customers=3_000, months=12)
    found = estimates(peaks_of(wanted), usual)
    following = rng.normal(level, 0.4)
    place = (following - found["demand_log_mean"].to_numpy()) / found["demand_log_sd"].to_numpy()
    # without a second year the prior drift of 0.25 makes it a little wider than need be
    assert 0.90 < (np.abs(place) < 1.645).mean() < 0.97


def test_no_months_leave_the_sales_and_few_months_lean_on_them():
    rng = np.random.default_rng(3)
    level, wanted, usual = world(rng, customers=200, months=12)
    many, few = wanted.copy(), wanted.copy()
    few[:, :-1] = np.nan  # a single month
    few_of = peaks_of(few).drop_nans("peak")
    own, little, nothing = (
        estimates(frame, usual)["demand_log_mean"].to_numpy() for frame in (peaks_of(many), few_of, few_of.head(0))
    )
    assert nothing == pytest.approx(np.log(usual))
    scatter = [(each - level).std() for each in (own, little, nothing)]
    assert scatter[0] < scatter[1] < scatter[2]


def test_nobody_known_wants_nothing():
    found = estimates(peaks_of(np.zeros((1, 12))), [None])
    assert found["demand_log_mean"].to_list() == [None]
    assert found["demand_months"].to_list() == [0]
    assert 0 < found["demand_share"][0] < 0.2
    assert estimates(peaks_of(np.zeros((1, 12))).head(0), [None])["demand_log_mean"].to_list() == [None]
    assert estimates(peaks_of(np.zeros((1, 12))).head(0), []).height == 0


def test_remainders_are_no_demand_and_months_without_a_limit_say_nothing():
    peak = np.full((1, 12), 1_000.0)
    peak[0, :6] = 3.0
    found = estimates(peaks_of(peak), [1_000.0])
    assert found["demand_months"].to_list() == [6]
    assert found["demand_log_mean"][0] == pytest.approx(np.log(1_000.0))
    peak[0, :6] = 0.0
    shares = [estimates(peaks_of(peak, limit), [1_000.0])["demand_share"][0] for limit in (5_000.0, 0.0)]
    assert shares[0] == pytest.approx((6 + 3 * 7 / 13) / 15)
    assert shares[1] == pytest.approx((6 + 3) / 9)  # the six months under a limit of 0 are left aside


def test_one_customer_alone_rests_on_the_prior():
    found = estimates(peaks_of(np.full((1, 12), 1_000.0)), [1_000.0])
    assert found["demand_log_mean"][0] == pytest.approx(np.log(1_000.0))
    # twelve equal months weigh twice as much as the prior's six; the prior is that of the policy, nearly
    prior = POLICY.demand.prior_log_sd**2 * 20 / 21
    assert found["demand_month_sd"][0] == pytest.approx(np.sqrt(6 / 18 * prior))


def test_the_spread_of_the_book_is_found():
    rng = np.random.default_rng(6)
    _, wanted, usual = world(rng, customers=4_000, log_sd=0.6)
    months = Months.of(wanted, np.full_like(wanted, np.nan), tolerance=0.1)
    book = Book.of(months, usual, POLICY.demand)
    assert book.log_sd == pytest.approx(0.6, rel=0.05)
    assert book.drift == pytest.approx(0.6 * np.sqrt(2 / 12), rel=0.15)
    assert book.autocorrelation < 0.1
    # levels scatter about the sales by 0.3, and by what twelve months leave open
    assert book.level_sd == pytest.approx(np.hypot(0.3, 0.6 / np.sqrt(12)), rel=0.07)


def test_the_year_after_in_the_simulator_lies_below_the_quantiles_as_often_as_they_say():
    """Out of time: the months of the following year, of customers that go on buying, against what was foretold."""
    ledger = simulate_ledger(customers=200, months=38, seed=11).ledger()
    day = months_after(ledger.settings.covers_to, -12)
    features = ["invoiced_3m", "invoiced_12m", "terms_days", "dbt_12m", "not_due"]
    rows = with_usual_need(build_panel(ledger, as_of=day, features=features, output="polars"), POLICY)
    usual = rows.select("customer_id", usual=pl.max_horizontal("need_by_sales", "in_flight"))
    found = demand_estimates(usual, monthly_peaks(ledger, as_of=day), policy=POLICY).drop_nulls("demand_log_mean")
    buys = build_panel(ledger, as_of=ledger.settings.covers_to, features=["invoiced_3m"], output="polars")
    after = monthly_peaks(ledger, as_of=ledger.settings.covers_to, months=12)
    after = after.join(buys.filter(pl.col("invoiced_3m") > 0), on="customer_id", how="semi")
    after = after.join(found, on="customer_id")
    known = [after[name].to_numpy() for name in ("demand_log_mean", "demand_log_sd", "demand_share")]
    customers = after["customer_id"].n_unique()
    for probability in (0.5, 0.9, 0.95):
        below = (after["peak"].to_numpy() <= quantile(probability, *known)).mean()
        # the months of a customer move together: as if each customer were a single draw
        error = np.sqrt(probability * (1 - probability) / customers)
        assert below == pytest.approx(probability, abs=3 * error), probability


def test_the_sales_of_a_year_are_the_last_twelve_months_and_of_the_young_their_months_scaled_up():
    rows = pl.DataFrame(
        {
            "invoiced_12m": [1_200.0, 1_200.0, 300.0, None, None, -50.0],
            "invoiced_3m": [900.0, 900.0, 300.0, 100.0, None, 0.0],
            "tenure_months": [40.0, None, 1.0, 40.0, 40.0, 40.0],
        }
    )
    assert with_yearly_sales(rows)["yearly_sales"].to_list() == [1_200.0, 1_200.0, 1_200.0, 400.0, None, 0.0]
    assert with_yearly_sales(rows.head(1).with_columns(tenure_months=6.0))["yearly_sales"].item() == 2_400.0
