"""A replayed year against the slow, obvious reading of it, and the true expectations against redrawn failures."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import polars as pl
import pytest

from credrisk.errors import DataError, ParameterError
from credrisk.simulate import Simulation, simulate_ledger
from credrisk.simulate.clock import NEVER
from credrisk.simulate.limit_oracle import TrueCurves, best_at_true_loss, true_curves
from credrisk.simulate.limit_replay import Economics, limits_of, replay, replay_limits, with_failures
from credrisk.simulate.limit_scaling import scaled_to_loss
from credrisk.simulate.limit_timeline import Timeline
from credrisk.simulate.limit_truth import MEAN_LGD, expected_under_truth, failure_days
from credrisk.simulate.shipments import Fates, Year, redrawn_year, simulated_year
from credrisk.simulate.unbroken import World, expected_intensity, redrawn_world

AS_OF = date(2024, 6, 30)
ECONOMICS = Economics(margin=0.2, cost_of_funds=0.08, loss_share=0.8, lgd_covered=0.1)


@cache
def simulation() -> Simulation:
    return simulate_ledger(customers=400, months=33, start=date(2023, 1, 1), seed=12)


@cache
def the_year() -> tuple[Year, World]:
    return simulated_year(simulation(), as_of=AS_OF)


def monthly(year: Year) -> np.ndarray:
    size = len(year.customer_id)
    return np.bincount(year.shipments.customer, year.shipments.cents, minlength=size) / 1200


@cache
def some_limits() -> np.ndarray:
    """Unlimited, none, and three that bind for some."""
    year, _ = the_year()
    rng = np.random.default_rng(1)
    sales = monthly(year)
    luck = np.exp(rng.normal(size=len(sales)))
    return np.column_stack([np.full(len(sales), 1e12), 0 * sales, 2 * sales, sales * luck, np.full(len(sales), 9000.0)])


def covered_loss(old: float, new: float, insured: float, lgd: float) -> float:
    """Loss on old and new balance less that on the old one alone."""

    def loss(balance: float) -> float:
        within = min(balance, insured)
        return ECONOMICS.lgd_covered * within + lgd * (balance - within)

    return loss(old + new) - loss(old)


def slow_replay(year: Year, fates: Fates, limit: np.ndarray) -> dict[str, np.ndarray]:
    """Walk through the days of every customer; money in cents, funds charged every night."""
    names = "accepted lost_sales paid credited open_at_end lost_balance loss funding"
    found = {name: np.zeros(len(limit)) for name in names.split()}
    for c in range(len(limit)):
        fails = fates.failed[c]
        mine = np.flatnonzero(year.shipments.customer == c)
        due = np.flatnonzero(year.payments.customer == c)
        old, open_of = int(year.opening[c]), dict.fromkeys(mine, 0)
        for day in range(1, year.last_day + 1):
            for p in due[year.payments.day[due] == day] if day < fails else []:
                number, cents = year.payments.shipment[p], year.payments.cents[p]
                if number < 0:
                    old -= cents
                elif open_of[number] > 0:
                    open_of[number] -= cents
                    found["paid" if year.payments.cash[p] else "credited"][c] += cents
            for s in mine[year.shipments.day[mine] == day] if day <= fates.delivered_until[c] else []:
                cents = year.shipments.cents[s]
                fits = old + sum(open_of.values()) + cents <= round(limit[c] * 100)
                found["accepted" if fits else "lost_sales"][c] += cents
                open_of[s] = cents if fits else 0
            if day < fails:
                found["funding"][c] += sum(open_of.values()) * ECONOMICS.cost_of_funds / 365
        left = sum(open_of.values())
        if fails <= year.last_day:
            found["lost_balance"][c] = left
            month = max(np.searchsorted(year.month_starts, fails, side="right") - 1, 0)
            lost = covered_loss(old, left, year.insured[c, month], fates.lgd[c])
            found["loss"][c] = ECONOMICS.loss_share * lost
        else:
            found["open_at_end"][c] = left
    # Of a shipment that is open at night on the last day the day itself has not passed.
    return {name: value / 100 for name, value in found.items()}


@pytest.mark.parametrize("rule", range(5))
def test_the_replay_is_the_slow_walk_through_the_days(rule: int) -> None:
    year, _ = the_year()
    limits = some_limits()[:, [rule]]
    real = replay(year, limits, ECONOMICS)
    slow = slow_replay(year, year.fates, limits[:, 0])
    for name, value in slow.items():
        if name == "funding":
            # The walk charges the night of the last day as well: one day more on what is open at the end.
            last_night = real.open_at_end[:, 0] * ECONOMICS.cost_of_funds / 365
            np.testing.assert_allclose(real.funding[:, 0] + last_night, value, rtol=1e-9, atol=1e-6)
        else:
            np.testing.assert_allclose(getattr(real, name)[:, 0], value, rtol=1e-9, atol=1e-6, err_msg=name)
    profit = ECONOMICS.margin * slow["paid"] - slow["loss"] - real.funding[:, 0]
    np.testing.assert_allclose(real.profit[:, 0], profit, rtol=1e-9, atol=1e-6)


def test_money_ties_out_and_limits_do_what_they_say() -> None:
    year, _ = the_year()
    real = replay(year, some_limits(), ECONOMICS)
    settled = real.paid + real.credited + real.open_at_end + real.lost_balance
    np.testing.assert_allclose(real.accepted, settled, atol=1e-6)
    demand = real.accepted + real.lost_sales
    np.testing.assert_allclose(demand, demand[:, [0]] * np.ones((1, 5)), atol=1e-6)
    assert (real.lost_sales[:, 0] == 0).all()
    assert (real.accepted[:, 1] == 0).all()
    assert (real.profit[:, 1] == 0).all()
    assert 0 < real.accepted[:, 2].sum() < real.accepted[:, 0].sum()


def test_demand_of_survivors_is_what_the_ledger_invoiced() -> None:
    year, _ = the_year()
    own = pl.DataFrame({"customer_id": year.customer_id, "failed": year.fates.failed == NEVER})
    tables = simulation().tables
    home = tables["documents"].filter(pl.col("currency") == "EUR")
    again = tables["document_changes"].filter(pl.col("field") == "rebilled_as")["value"].to_list()
    ends = date.fromordinal(AS_OF.toordinal() + year.last_day)
    invoiced = (
        home.filter(
            pl.col("kind").is_in(["invoice", "debit_note", "down_payment"])
            & ~pl.col("document_id").is_in(again)
            & (pl.col("document_date") > AS_OF)
            & (pl.col("document_date") <= ends)
        )
        .group_by("customer_id")
        .agg(pl.col("amount").sum())
    )
    real = replay(year, some_limits()[:, [0]], ECONOMICS)
    joined = own.with_columns(ours=pl.Series(real.accepted[:, 0])).filter("failed").join(invoiced, on="customer_id")
    assert joined.height > 200
    np.testing.assert_allclose(joined["ours"].to_numpy(), joined["amount"].to_numpy(), atol=0.01)


def test_opening_balance_is_what_the_ledger_has_open() -> None:
    year, _ = the_year()
    tables = simulation().tables
    home = tables["documents"].filter((pl.col("currency") == "EUR") & (pl.col("amount") > 0))
    old = home.filter(pl.col("document_date") <= AS_OF)
    # Cash counts on its receipt's day here and on its application's day in the books: compare who has neither late.
    received = tables["receipts"].select(from_id="receipt_id", received="date")
    applied = tables["applications"].join(received, on="from_id", how="left")
    day = pl.coalesce("received", "applied_on")
    by_then = applied.filter((day <= AS_OF) & (pl.col("kind") == "payment")).group_by("to_document_id")
    paid = by_then.agg(pl.col("amount").sum()).rename({"to_document_id": "document_id", "amount": "paid"})
    odd = applied.filter(pl.col("kind") != "payment")["to_document_id"].unique().to_list()
    open_of = old.join(paid, on="document_id", how="left").with_columns(
        rest=pl.col("amount") - pl.col("paid").fill_null(0.0), odd=pl.col("document_id").is_in(odd)
    )
    plain = open_of.group_by("customer_id").agg(pl.col("rest").sum(), pl.col("odd").any()).filter(~pl.col("odd"))
    ours = pl.DataFrame({"customer_id": year.customer_id, "ours": year.opening / 100}).join(plain, on="customer_id")
    assert ours.height > 50
    np.testing.assert_allclose(ours["ours"].to_numpy(), ours["rest"].to_numpy(), atol=0.02)


def test_after_a_failure_the_year_goes_on_in_a_world_without_it() -> None:
    year, _ = the_year()
    fates = year.fates
    fails = np.flatnonzero((fates.failed > 0) & (fates.failed <= 270) & (year.left == NEVER))
    assert len(fails) > 5
    later = [(year.shipments.day[year.shipments.customer == c] > fates.delivered_until[c]).sum() for c in fails]
    assert np.mean(np.array(later) > 0) > 0.5
    real = with_failures(year, fates)
    assert (real.shipments.day <= fates.delivered_until[real.shipments.customer]).all()
    assert (real.payments.day < fates.failed[real.payments.customer]).all()
    # Nothing that happened before the failure is another than in the ledger's world.
    assert (np.bincount(year.payments.shipment[year.payments.shipment >= 0], minlength=1) >= 1).mean() > 0.95


def redrawn_fates(year: Year, rng: np.random.Generator) -> Fates:
    """Draw failures month by month from the true intensities, days evenly within the month, as the simulator does."""
    n, months = year.intensity.shape
    happens = rng.random((n, months)) < -np.expm1(-year.intensity)
    month = happens.argmax(axis=1)
    length = year.month_starts[month + 1] - year.month_starts[month]
    failed = year.month_starts[month] + (rng.random(n) * length).astype(np.int64)
    fails = happens.any(axis=1) & (failed < year.left) & (year.fates.failed > 0)
    kind = np.where(fails, rng.integers(1, 3, n), 0)
    lingers = np.where(kind == 2, rng.integers(10, 40, n), 0)
    gone = year.fates.failed <= 0
    return Fates(
        failed=np.where(gone, year.fates.failed, np.where(fails, failed, NEVER)),
        delivered_until=np.where(gone, year.fates.delivered_until, np.where(fails, failed + lingers, NEVER)),
        kind=np.where(gone, year.fates.kind, kind),
        lgd=np.where(gone, year.fates.lgd, np.array([np.nan, *MEAN_LGD])[kind]),
    )


def test_true_expectations_are_the_mean_over_redrawn_failures() -> None:
    year, _ = the_year()
    limits, rng, draws = some_limits(), np.random.default_rng(4), 400
    expected = expected_under_truth(year, limits, ECONOMICS)
    found = np.zeros((draws, 3, limits.shape[1]))
    for draw in range(draws):
        came = replay(Year(**{**year.__dict__, "fates": redrawn_fates(year, rng)}), limits, ECONOMICS)
        found[draw] = came.loss.sum(axis=0), came.lost_balance.sum(axis=0), came.profit.sum(axis=0)
    ours = np.array([expected.loss.sum(axis=0), expected.exposure.sum(axis=0), expected.profit.sum(axis=0)])
    error = found.std(axis=0, ddof=1) / np.sqrt(draws)
    # Two days stand for the failures of a month, and one number of days of unnoticed deliveries for each of them:
    # beside four standard errors that may cost 3 % of a loss.
    assert (np.abs(ours - found.mean(axis=0)) <= 4 * error + 0.03 * ours[[0, 1, 0]]).all()


def test_chances_of_failure_are_those_of_the_intensities() -> None:
    year, _ = the_year()
    days = failure_days(year)
    stays = (year.fates.failed > 0) & (year.left == NEVER)
    np.testing.assert_allclose(days.survives[stays], np.exp(-year.intensity[stays].sum(axis=1)), rtol=1e-12)
    assert (days.survives[year.fates.failed <= 0] == 1).all()
    assert abs(days.lingers.mean() - 24.5) < 1
    assert pytest.approx((0.8519, 0.6444), abs=1e-4) == MEAN_LGD


def test_scaled_limits_lose_what_is_asked_for() -> None:
    year, _ = the_year()
    limits = some_limits()[:, 2:]
    whole = expected_under_truth(year, some_limits()[:, [0]], ECONOMICS).loss.sum()
    scaled = scaled_to_loss(year, limits, whole / 2, ECONOMICS)
    np.testing.assert_allclose(scaled.loss, whole / 2, rtol=0.01)
    np.testing.assert_allclose(scaled.limits, limits * scaled.factor)
    again = expected_under_truth(year, scaled.limits, ECONOMICS).loss.sum(axis=0)
    np.testing.assert_allclose(again, scaled.loss, rtol=1e-12)


def test_a_rule_that_cannot_lose_so_much_turns_nothing_away() -> None:
    year, _ = the_year()
    limits = some_limits()[:, [2]] * (np.arange(len(year.customer_id)) % 2)[:, None]
    whole = expected_under_truth(year, some_limits()[:, [0]], ECONOMICS).loss.sum()
    scaled = scaled_to_loss(year, limits, whole, ECONOMICS)
    assert scaled.loss[0] < whole
    rows = np.flatnonzero(limits[:, 0] > 0)
    assert (replay(year, scaled.limits, ECONOMICS).lost_sales[rows, 0] == 0).all()


def best_limits(curves: TrueCurves, loss: float) -> np.ndarray:
    """Return the limits (n,) of highest expected profit whose expected loss is at most ``loss``.

    Each customer takes the limit that is best at a price of loss; the price is raised until the budget holds. That is
    the optimum but for the step of the last customer.
    """
    row = np.arange(len(curves.limit))

    def chosen(price: float) -> np.ndarray:
        return np.asarray(np.argmax(curves.profit - price * curves.loss, axis=1))

    if curves.loss[row, chosen(0.0)].sum() <= loss:
        return np.asarray(curves.limit[row, chosen(0.0)])
    low, high = 0.0, 1.0
    while curves.loss[row, chosen(high)].sum() > loss:
        low, high = high, high * 4
    for _ in range(60):
        price = (low + high) / 2
        low, high = (price, high) if curves.loss[row, chosen(price)].sum() > loss else (low, price)
    return np.asarray(curves.limit[row, chosen(high)])


def test_the_best_limits_are_the_best_of_all_combinations() -> None:
    rng = np.random.default_rng(5)
    gain, loss = rng.random((5, 4)).cumsum(axis=1), rng.random((5, 4)).cumsum(axis=1)
    gain[:, 0] = loss[:, 0] = 0
    curves = TrueCurves(np.tile(np.arange(4.0), (5, 1)), gain, loss)
    choices = np.stack(np.meshgrid(*[np.arange(4)] * 5, indexing="ij"), axis=-1).reshape(-1, 5)
    gains, losses = gain[np.arange(5), choices].sum(axis=1), loss[np.arange(5), choices].sum(axis=1)
    for budget in losses.max() * np.array([0.3, 0.6, 1.1]):
        chosen = best_limits(curves, budget).astype(int)
        got, lost = gain[np.arange(5), chosen].sum(), loss[np.arange(5), chosen].sum()
        assert lost <= budget
        # Optimal for what it loses: no combination earns more and loses no more.
        assert got >= gains[losses <= lost + 1e-12].max() - 1e-12


def test_no_rule_beats_the_clairvoyant_in_true_expectation() -> None:
    year, _ = the_year()
    curves = true_curves([year], ECONOMICS)
    rules = some_limits()[:, 2:]
    budget = 0.5 * curves.loss[:, -1].sum()
    best = best_at_true_loss(curves, year, budget, ECONOMICS)
    others = scaled_to_loss(year, rules, budget, ECONOMICS)
    told = expected_under_truth(year, np.column_stack([best, others.limits]), ECONOMICS)
    profits, losses = told.profit.sum(axis=0), told.loss.sum(axis=0)
    np.testing.assert_allclose(losses, budget, rtol=0.02)
    assert (profits[0] > profits[1:]).all()
    # The year's own curves reckon its loss rightly: the price told by the year is theirs.
    own = expected_under_truth(year, best_limits(curves, losses[0])[:, None], ECONOMICS)
    np.testing.assert_allclose(own.profit.sum(), profits[0], rtol=1e-3)


def test_redrawn_futures_have_the_health_and_the_intensity_to_expect() -> None:
    year, world = the_year()
    drawn = [redrawn_world(world, as_of=AS_OF, months=12, seed=seed) for seed in range(20)]
    first = drawn[0].clock.warm_up
    today = world.clock.month_of(np.array([(AS_OF - date(1970, 1, 1)).days]))[0]
    for other in drawn[:2]:
        np.testing.assert_allclose(other.health.health[:, first - 1], world.health.health[:, today], rtol=1e-9)
    mean = np.mean([other.health.intensity[:, first : first + 12] for other in drawn], axis=0)
    exact = expected_intensity(world, as_of=AS_OF, months=12)
    # Lognormal means settle slowly: over all customers and the first months, within 15 %.
    np.testing.assert_allclose(mean[:, :3].sum(axis=0), exact[:, :3].sum(axis=0), rtol=0.15)
    future = redrawn_year(year, drawn[0], as_of=AS_OF)
    assert (future.fates.failed[year.fates.failed > 0] == NEVER).all()
    assert future.shipments.cents.sum() == pytest.approx(year.shipments.cents.sum(), rel=0.25)


def test_limits_by_name_and_the_frame_of_a_replay() -> None:
    year, _ = the_year()
    sales = monthly(year)
    limits = pl.DataFrame({"customer_id": year.customer_id[:100], "limit": 2 * sales[:100]})
    frame = replay_limits(simulation(), limits, as_of=AS_OF, economics=ECONOMICS)
    assert frame["customer_id"].to_list() == year.customer_id
    assert frame["accepted"][:100].sum() > 0
    assert frame["accepted"][100:].sum() == 0
    direct = replay(year, limits_of(year, limits)[:, None], ECONOMICS)
    assert frame.select("profit").to_series().to_numpy() == pytest.approx(direct.profit[:, 0])
    assert frame["expected_loss"].min() >= 0
    with pytest.raises(DataError, match="several limits"):
        limits_of(year, pl.concat([limits, limits]))
    with pytest.raises(ParameterError, match="months"):
        replay_limits(simulation(), limits, as_of=date(2025, 3, 31), economics=ECONOMICS)


def test_a_payment_of_the_day_makes_room_for_its_deliveries() -> None:
    year, _ = the_year()
    passed = Timeline.of(year).passed(some_limits())
    assert passed.shape == (len(year.shipments), 5)
    assert passed[:, 0].all()
    assert not passed[:, 1].any()


def test_a_scenario_is_refused() -> None:
    other = simulate_ledger(customers=60, months=30, seed=1, scenario="recession")
    with pytest.raises(ParameterError, match="without a scenario"):
        simulated_year(other, as_of=date(2024, 6, 30))
