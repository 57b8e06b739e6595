"""The day of payment: counts against a slow oracle, a proper distribution, censoring used, nothing known later."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from models.payment_worlds import FIRST, geometric_world, habit_world

from credrisk.errors import DataError, EvidenceError, ParameterError
from credrisk.models.payment_bands import BAND_FROM, BAND_TO, BANDS, BandCounts, band_of
from credrisk.models.payment_dependence import Dependence, fit_dependence, fit_stretch
from credrisk.models.payment_distribution import BEYOND, PaymentDistribution
from credrisk.models.payment_history import ITEM_FEATURES, PaymentHistory
from credrisk.models.payment_items import NEVER, items_of
from credrisk.models.payment_timing import PaymentTiming

SMALL = {"trees": 30, "leaves": 7, "horizon_days": 120}
AS_OF = FIRST + timedelta(days=200)


def number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


@cache
def world() -> pl.DataFrame:
    return habit_world(items=1500, days=260, customers=40, seed=1)


@cache
def fitted() -> PaymentTiming:
    return PaymentTiming(**SMALL).fit(world(), as_of=AS_OF)


def test_bands_follow_each_other():
    days = np.arange(-200, 700)
    band = band_of(days)
    assert ((BAND_FROM[band] <= days) & (days < BAND_TO[band])).all()
    single = (days >= -30) & (days <= 30)
    assert (BAND_FROM[band][single] == days[single]).all()


def test_counts_agree_with_counting_day_by_day():
    items = items_of(habit_world(items=60, days=120, customers=3, seed=2))
    counts = BandCounts(items, items.customer)
    for day in (number(FIRST) + 1, number(FIRST) + 70, number(FIRST) + 300):
        paid, other, at_risk = counts.at(np.arange(3), np.full(3, day))
        slow_paid, slow_risk = np.zeros((3, BANDS)), np.zeros((3, BANDS))
        for row in range(len(items)):
            for at in range(items.opened[row], min(items.known[row] + 1, day)):
                slow_risk[items.customer[row], band_of(at - items.due[row])] += 1
            if items.known[row] < day:
                slow_paid[items.customer[row], band_of(items.settled[row] - items.due[row])] += 1
        np.testing.assert_allclose(paid, slow_paid, atol=1e-6)
        np.testing.assert_allclose(at_risk, slow_risk, atol=1e-6)
        assert not other.any()


def test_features_agree_with_a_slow_count():
    items = items_of(world())
    history = PaymentHistory(items, half_life_days=45.0, prior_days=2.0)
    which = np.flatnonzero(items.opened > number(FIRST) + 100)[:40]
    start = items.opened[which]
    values = dict(zip(ITEM_FEATURES, history.features(which, start).T, strict=True))
    for place, (item, day) in enumerate(zip(which, start, strict=True)):
        same = items.customer == items.customer[item]
        before = np.flatnonzero(same & (items.known < day))
        late = (items.settled - items.due)[before][np.argsort(items.known[before], kind="stable")]
        every = (items.settled - items.due)[items.known < day]
        assert values["mean_days_late"][place] == pytest.approx((late.sum() + 2 * every.mean()) / (len(late) + 2))
        assert values["mean_days_late_last_3"][place] == pytest.approx(late[-3:].mean())
        assert values["median_days_late"][place] == np.quantile(late, 0.5, method="inverted_cdf")
        is_open = same & (items.opened < day) & (items.known >= day)
        assert values["open_items"][place] == is_open.sum()
        overdue = is_open & (items.due < day)
        assert values["open_past_due"][place] == overdue.sum()
        if overdue.any():
            mean = (day - items.due[overdue]).mean()
            assert values["mean_days_past_due_open"][place] == pytest.approx(mean)


def test_it_is_a_distribution_and_never_falls_with_the_date():
    made = fitted().distribution(world(), as_of=AS_OF)
    assert len(made) > 100
    assert (made.paid >= 0).all()
    np.testing.assert_allclose(made.paid.sum(axis=1) + made.otherwise + made.later_or_never, 1.0, atol=1e-12)
    by_day = np.array([made.paid_by(number(AS_OF) + ahead) for ahead in range(-1, 130)])
    assert (np.diff(by_day, axis=0) >= 0).all()
    assert (by_day[0] == 0).all()
    np.testing.assert_allclose(by_day[-1], made.paid.sum(axis=1))
    low, middle, high = (made.quantile(share) for share in (0.1, 0.5, 0.9))
    assert (low <= middle).all()
    assert ((middle <= high) | (high == BEYOND)).all()


def test_open_items_count_as_at_risk():
    """With one hazard the truth is known: dropping what is open makes it look faster than it is."""
    hazard, frame = 1 / 40, geometric_world(items=2500, days=120, hazard=1 / 40, customers=30, seed=3)
    as_of = FIRST + timedelta(days=119)
    asked = geometric_world(items=1, days=1, hazard=hazard, customers=1, seed=4).with_columns(
        item_id=pl.lit("asked"), opened_on=as_of, due_on=as_of, settled_on=pl.lit(None, pl.Date)
    )
    paid_only = frame.filter(pl.col("settled_on") <= as_of)
    truth = 1 - (1 - hazard) ** 30
    error = np.sqrt(truth * (1 - truth) / paid_only.height)
    found = {}
    for name, learnt in (("ours", frame), ("dropped", paid_only)):
        rows = pl.concat([learnt, asked])
        model = PaymentTiming(**SMALL).fit(rows, as_of=as_of)
        starts = pl.Series([*[None] * learnt.height, as_of])
        found[name] = float(model.distribution(rows, starts=starts).paid_by(number(as_of) + 29)[0])
    assert abs(found["ours"] - truth) < 8 * error  # one item's own forecast: twice four standard errors of the mean
    assert found["dropped"] - truth > 8 * error


def test_what_happens_later_changes_nothing():
    later = pl.col("settled_on") > AS_OF
    changed = world().with_columns(
        settled_on=pl.when(later).then(pl.col("settled_on") + pl.duration(days=17)).otherwise("settled_on")
    )
    more = habit_world(items=200, days=50, customers=40, seed=9).with_columns(
        item_id=pl.format("X{}", "item_id"),
        opened_on=pl.col("opened_on") + pl.duration(days=201),
        settled_on=pl.col("settled_on") + pl.duration(days=201),
    )
    changed = pl.concat([changed, more])
    first = fitted().distribution(world(), as_of=AS_OF)
    for model in (fitted(), PaymentTiming(**SMALL).fit(changed, as_of=AS_OF)):
        again = model.distribution(changed, as_of=AS_OF)
        np.testing.assert_array_equal(first.item_id, again.item_id)
        np.testing.assert_array_equal(first.paid, again.paid)
        assert model.tail_ == fitted().tail_


def test_payments_of_the_first_forecast_day_are_not_used():
    frame = world()
    day = FIRST + timedelta(days=180)
    starts = frame.select(pl.when(pl.col("opened_on") == day).then("opened_on").alias("start"))["start"]
    assert starts.drop_nulls().len() > 1
    changed = frame.with_columns(
        settled_on=pl.when((pl.col("settled_on") == day) & (pl.col("opened_on") < day))
        .then(pl.lit(day + timedelta(days=40)))
        .otherwise("settled_on")
    )
    first, again = (fitted().distribution(rows, starts=starts) for rows in (frame, changed))
    np.testing.assert_array_equal(first.paid, again.paid)


def test_the_order_of_the_rows_changes_nothing():
    mixed = world().sample(fraction=1.0, shuffle=True, seed=5)
    table = PaymentTiming(**SMALL).fit(mixed, as_of=AS_OF).predict(mixed, as_of=AS_OF).sort("item_id")
    assert table.equals(fitted().predict(world(), as_of=AS_OF).sort("item_id"))


def test_coverage_and_error_on_customers_with_habits():
    starts = world().select(pl.when(pl.col("opened_on") > AS_OF).then("opened_on").alias("start"))["start"]
    made = fitted().distribution(world(), starts=starts)
    settled = items_of(world()).settled[starts.is_not_null().to_numpy()]
    low, high = made.interval_80()
    inside = ((low <= settled) & ((settled <= high) | (high == BEYOND))).mean()
    # The tail itself was learnt on some 300 items: both samples err.
    assert abs(inside - 0.8) < 4 * np.sqrt(0.16 * (1 / len(made) + 1 / 300))
    known_habit = 4 * np.sqrt(2 / np.pi)  # mean absolute deviation of the normal part, were the habit known
    error = np.abs(made.median_day() - settled).mean()
    assert error < 1.35 * known_habit
    assert error < np.abs(settled - made.due).mean() / 2


def test_few_payments_give_the_shrunk_habits_and_none_an_error():
    few = world().head(150)
    model = PaymentTiming(**SMALL).fit(few, as_of=AS_OF)
    assert model.rung_ == "shrunk_habits"
    assert model.predict(few, as_of=AS_OF).height > 0
    with pytest.raises(EvidenceError, match="No invoice was paid"):
        PaymentTiming(**SMALL).fit(few, as_of=FIRST - timedelta(days=1))


def test_closing_without_cash_is_no_payment():
    frame = world().with_columns(by_cash=pl.Series(np.random.default_rng(6).random(world().height) > 0.3))
    made = PaymentTiming(**SMALL).fit(frame, as_of=AS_OF).distribution(frame, as_of=AS_OF)
    share = made.otherwise.sum() / (made.otherwise.sum() + made.paid.sum())
    assert abs(share - 0.3) < 4 * np.sqrt(0.21 / 1000)  # learnt from some thousand closed items
    assert fitted().distribution(world(), as_of=AS_OF).otherwise.max() < 1e-9


def test_items_that_break_the_rules_are_refused():
    with pytest.raises(DataError, match="amount is not above 0"):
        items_of(world().with_columns(amount=pl.lit(0.0)))
    with pytest.raises(DataError, match="occurs twice"):
        items_of(pl.concat([world(), world().head(1)]))
    with pytest.raises(DataError, match="missing"):
        items_of(world().drop("due_on"))
    starts = pl.Series([FIRST - timedelta(days=1), *[None] * (world().height - 1)])
    with pytest.raises(DataError, match="not open"):
        fitted().distribution(world(), starts=starts)
    with pytest.raises(ParameterError, match="horizon_days"):
        PaymentTiming(horizon_days=0).fit(world(), as_of=AS_OF)
    with pytest.raises(ParameterError, match="but not both"):
        fitted().distribution(world())


def test_the_shared_shock_is_found_again():
    """Uniform distributions over 100 days and drawn places with a known correlation."""
    random = np.random.default_rng(7)
    customers, each, shared = 300, 6, 0.3
    customer = np.repeat(np.arange(customers), each)
    own = random.standard_normal(customers)[customer]
    score = np.sqrt(shared) * own + np.sqrt(1 - shared) * random.standard_normal(len(customer))
    from scipy.special import ndtr

    ids = np.array([f"I{place}" for place in range(len(customer))])
    start = np.full(len(customer), 20_000)
    made = PaymentDistribution(
        ids, ids, start, start, np.full((len(customer), 100), 0.01), np.zeros(len(customer)), 0.1
    )
    paid_on = start + np.minimum((100 * ndtr(score)).astype(int), 99)
    found = fit_dependence(made, paid_on, last=30_000, customer=customer)
    # Standard error of a correlation from k groups of n, of the mean of n(n-1)/2 products: below sqrt(2/k)/(n-1) here.
    tolerance = 4 * np.sqrt(2 / customers) * (1 + (each - 1) * shared) / np.sqrt(each * (each - 1))
    assert abs(found.market + found.customer - shared) < tolerance
    assert found.market < 0.05
    late = fit_dependence(made, np.where(score > 1, NEVER, paid_on), last=20_083, customer=customer)
    assert abs(late.market + late.customer - shared) < 1.5 * tolerance  # a sixth is not known yet


def test_weeks_that_miss_together_stretch_the_range():
    """Uniform over 28 days; in the second world whoever would be paid in an odd week is paid a week later."""
    random = np.random.default_rng(8)
    items, weeks = 3000, 22
    start = 20_000 + random.integers(0, 7 * (weeks - 4), items)
    ids = np.array([f"I{place}" for place in range(items)])
    made = PaymentDistribution(ids, ids, start, start, np.full((items, 28), 1 / 28), np.zeros(items), 0.1)
    paid_on = start + random.integers(0, 28, items)
    amount = np.ones(items)
    alone = Dependence(0.0, 0.0, 0)

    def stretch(paid: np.ndarray) -> float:
        return fit_stretch(made, paid, last=20_000 + 7 * weeks, amount=amount, dependence=alone)

    # A standard deviation from k squares is off by 1 / sqrt(2 k).
    assert stretch(paid_on) < 1 + 4 / np.sqrt(2 * (weeks - 2))
    odd = (paid_on - 20_000) // 7 % 2 == 1
    assert stretch(np.where(odd, paid_on + 7, paid_on)) == 3.0
    few = fit_stretch(made, paid_on, last=20_000 + 60, amount=amount, dependence=alone)
    assert few == 1.0
