"""The oracle against slow sums, against the truth of simulated ledgers, and against peeping."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.features.labels import build_labels
from credrisk.ledger.ledger import Ledger
from credrisk.simulate import simulate_ledger
from credrisk.simulate.health import OWN_PERSISTENCE
from credrisk.simulate.oracle import latent_pd, visible_pd
from credrisk.simulate.oracle_delays import EDGES, HEALTH_GRID, DelayTables, delay_tables, squeeze_chance
from credrisk.simulate.oracle_evidence import LONG_AGO, Evidence, read_evidence
from credrisk.simulate.oracle_filter import (
    LOG_RATES,
    STATE_SD,
    STATES,
    STRIDE,
    filter_block,
    grid_places,
    order_table,
    transition,
)
from credrisk.simulate.oracle_future import Presence, booked_bad_debts
from credrisk.simulate.oracle_particles import draw_particles
from credrisk.simulate.oracle_signs import health_signs, market_path, monthly_failures
from credrisk.simulate.oracle_today import _not_asked
from credrisk.simulate.sales import SEASON

MONTHS, CUSTOMERS = 48, 1200
AS_OF = date(2024, 12, 31)
"""Eighteen months before the end: twelve judged, six for verdicts on placements."""


@cache
def world():
    return simulate_ledger(customers=CUSTOMERS, months=MONTHS - 6, seed=41)


@cache
def ledger() -> Ledger:
    return world().ledger()


@cache
def judged() -> pl.DataFrame:
    """Customers at risk on the date, and whether a bad debt was booked within a year and before leaving."""
    labels = build_labels(ledger(), dates=[AS_OF], output="polars").filter("bad_debt_at_risk")
    ends, on, left = months_after(AS_OF, 12), pl.col("bad_debt_on"), pl.col("left_on")
    event = ((on <= ends) & (left.is_null() | (on <= left))).fill_null(False)
    return labels.select("customer_id", event=event.cast(pl.Float64)).sort("customer_id")


@cache
def evidence() -> Evidence:
    return read_evidence(ledger(), AS_OF, tuple(judged()["customer_id"]))


@cache
def visible() -> np.ndarray:
    return visible_pd(ledger(), AS_OF, judged()["customer_id"].to_list(), particles=20, futures=32)


@cache
def latent() -> np.ndarray:
    return latent_pd(ledger(), world().truth, AS_OF, judged()["customer_id"].to_list(), futures=100)


def area(event: np.ndarray, score: np.ndarray) -> float:
    bad, good = score[event == 1], score[event == 0]
    return float((np.sign(bad[:, None] - good[None, :]) + 1).mean() / 2)


# What is judged


@pytest.mark.parametrize("oracle", [visible, latent])
def test_as_many_bad_debts_are_booked_as_the_oracle_expects(oracle) -> None:
    probability, event = oracle(), judged()["event"].to_numpy()
    sd = np.sqrt((probability * (1 - probability)).sum())
    assert abs(event.sum() - probability.sum()) < 3 * sd


@pytest.mark.parametrize("oracle", [visible, latent])
def test_the_events_fall_as_the_oracle_ranks_them(oracle) -> None:
    """Expected log score under the oracle's own probabilities against the one observed: calibration of every row."""
    probability, event = oracle(), judged()["event"].to_numpy()
    odds = np.log(probability / (1 - probability))
    excess = ((event - probability) * odds).sum()
    assert abs(excess) < 3.5 * np.sqrt((probability * (1 - probability) * odds**2).sum())


def test_seeing_all_is_better_than_seeing_the_books_and_that_than_nothing() -> None:
    event = judged()["event"].to_numpy()
    assert 0.6 < area(event, visible()) < area(event, latent()) + 0.05
    # The latent oracle knows whom the visible one can only suspect: on its own probabilities it is the sharper.
    sharpness = [float(np.mean(p * (1 - p))) for p in (latent(), visible())]
    assert sharpness[0] < sharpness[1]


# What it may see


def test_nothing_that_is_recorded_after_the_date_changes_the_answer() -> None:
    ids = judged()["customer_id"].to_list()[:150]
    cut = visible_pd(ledger().cut(AS_OF), AS_OF, ids, particles=8, futures=8)
    assert np.array_equal(cut, visible_pd(ledger(), AS_OF, ids, particles=8, futures=8))
    planted = dict(ledger().tables)
    late = AS_OF + timedelta(days=1)
    events = planted["credit_events"].head(1)
    rows = [events.with_columns(customer_id=pl.lit(i), kind=pl.lit("insolvency"), recorded_at=late) for i in ids[:50]]
    planted["credit_events"] = pl.concat([planted["credit_events"], *rows])
    history = planted["customer_history"].filter(pl.col("attribute") == "credit_limit").head(1)
    nil = [
        history.with_columns(customer_id=pl.lit(i), value=pl.lit("0"), valid_from=AS_OF, recorded_at=late) for i in ids
    ]
    planted["customer_history"] = pl.concat([planted["customer_history"], *nil])
    receipts = planted["receipts"].with_columns(
        amount=pl.when(pl.col("recorded_at") > AS_OF).then(2 * pl.col("amount")).otherwise("amount")
    )
    planted["receipts"] = receipts
    changed = visible_pd(ledger().replace(tables=planted), AS_OF, ids, particles=8, futures=8)
    assert np.array_equal(cut, changed)


def test_a_date_that_ends_no_covered_month_is_refused() -> None:
    for wrong in (date(2024, 12, 30), date(2030, 1, 31)):
        with pytest.raises(ParameterError, match="as_of"):
            visible_pd(ledger(), wrong, ["C0001"])


def test_the_same_seed_gives_the_same_numbers() -> None:
    ids = judged()["customer_id"].to_list()[:40]
    one, two = (visible_pd(ledger(), AS_OF, ids, particles=8, futures=8, seed=3) for _ in range(2))
    assert np.array_equal(one, two)


# Its parts


def test_the_law_of_payment_is_one_and_weaker_customers_pay_later() -> None:
    tables = delay_tables()
    mass = (np.exp(tables.density.astype(float)) * np.diff(EDGES)[:, None]).sum(axis=2)
    assert np.allclose(mass, 1.0, atol=1e-3)
    assert (np.diff(tables.tail, axis=2) <= 1e-6).all()
    known = (HEALTH_GRID > -3) & (HEALTH_GRID < 2)
    assert (np.diff(tables.mean_days[known]) < 0).all()


def test_true_health_explains_the_payments_of_a_fresh_ledger_best() -> None:
    """The log likelihood of the delays of customers not used in the tables peaks at their true health."""
    seen, tables, items = evidence(), delay_tables(), evidence().items
    truth = pl.DataFrame({"customer_id": seen.ids}).join(
        world().truth["customers"], on="customer_id", maintain_order="left"
    )
    path = (
        world()
        .truth["health"]
        .with_columns(month=(pl.col("month_end").dt.year() - 2023) * 12 + pl.col("month_end").dt.month() - 1)
    )
    place = pl.DataFrame({"customer_id": seen.ids, "customer": np.arange(len(seen))})
    wide = np.full((len(seen), seen.clock.months), np.nan)
    rows = path.join(place, on="customer_id").filter(pl.col("month") < seen.clock.months)
    wide[rows["customer"].to_numpy(), rows["month"].to_numpy()] = rows["health"].to_numpy()
    used = ~items.unpaid & (items.discount != 1) & ~np.isnan(wide[items.customer, items.month])
    who, month = items.customer[used], items.month[used]
    bins = DelayTables.bins((items.paid - items.due)[used] - truth["habit_days"].to_numpy()[who])
    told = []
    for shift in (-0.75, 0.0, 0.75):
        health = np.clip(np.rint((wide[who, month] + shift + 5) / 0.125), 0, len(HEALTH_GRID) - 1).astype(int)
        chance = squeeze_chance(HEALTH_GRID)[health]
        group = seen.run[who] * 3 + 1
        plain, tight = (np.exp(tables.density[k, group, bins, health].astype(float)) for k in (0, 1))
        told.append(np.log((1 - chance) * plain + chance * tight).mean())
    assert told[1] > max(told[0], told[2])


def test_the_filter_equals_a_sum_written_out_month_by_month() -> None:
    """Posterior and evidence of a few customers against plain loops over months, states and documents."""
    seen, tables = evidence(), delay_tables()
    place = pl.DataFrame({"customer_id": seen.ids, "customer": np.arange(len(seen))})
    cut = ledger().cut(AS_OF)
    signs, market = health_signs(cut, seen, place), market_path(cut, seen)
    drawn = draw_particles(np.random.default_rng(5), seen, 3)
    which = slice(10, 14)
    block = filter_block(seen, drawn, signs, tables, market, which)
    counts, step, items = order_table(), transition(), seen.items
    for row, customer in enumerate(range(which.start, which.stop)):
        for one in range(3):
            state = np.exp(-0.5 * (STATES / STATE_SD) ** 2)
            state /= state.sum()
            total = drawn.log_weight[customer, one]
            for month in range(seen.clock.months):
                if month:
                    state = state @ step
                low = grid_places(drawn, which, market[month])[row, one]
                likelihood = np.ones(len(STATES))
                for k in range(len(STATES)):
                    h = low + STRIDE * k
                    log_told = float(signs[customer, month, h])
                    orders = seen.orders[customer, month]
                    if orders >= 0:
                        rate = np.log(drawn.rate[customer, one] * SEASON[seen.clock.calendar_months[month]])
                        nearest = int(np.argmin(np.abs(LOG_RATES - rate)))
                        log_told += float(counts[orders, nearest, h])
                    plain = tight = 0.0
                    for item in np.flatnonzero((items.customer == customer) & (items.month == month)):
                        if items.unpaid[item] or items.discount[item] == 1:
                            continue
                        days = items.paid[item] - items.due[item] - drawn.habit_days[customer, one]
                        cell = (seen.run[customer] * 3 + drawn.spread[customer, one], DelayTables.bins(days), h)
                        plain, tight = plain + tables.density[0][cell], tight + tables.density[1][cell]
                    chance = squeeze_chance(HEALTH_GRID)[h]
                    likelihood[k] = np.exp(log_told) * ((1 - chance) * np.exp(plain) + chance * np.exp(tight))
                state = state * likelihood
                total += np.log(state.sum())
                state /= state.sum()
            expected = np.log(np.maximum(state, 1e-30)) + total
            sure = state > 1e-6
            assert np.allclose(block.log_weight[row, one][sure], expected[sure], atol=5e-3)


def test_the_posterior_covers_the_true_health() -> None:
    seen, tables = evidence(), delay_tables()
    place = pl.DataFrame({"customer_id": seen.ids, "customer": np.arange(len(seen))})
    cut = ledger().cut(AS_OF)
    signs, market = health_signs(cut, seen, place), market_path(cut, seen)
    drawn = draw_particles(np.random.default_rng(6), seen, 32)
    truth = world().truth["health"].filter(pl.col("month_end") == AS_OF).select("customer_id", "health")
    health = pl.DataFrame({"customer_id": seen.ids}).join(truth, on="customer_id", how="left", maintain_order="left")
    which = slice(0, 400)
    log_weight = (block := filter_block(seen, drawn, signs, tables, market, which)).log_weight
    weight = np.exp(log_weight - log_weight.max(axis=(1, 2), keepdims=True))
    weight /= weight.sum(axis=(1, 2), keepdims=True)
    grid = HEALTH_GRID[0] + 0.125 * (block.places[:, :, None] + STRIDE * np.arange(len(STATES)))
    mean = (weight * grid).sum(axis=(1, 2))
    sd = np.sqrt((weight * grid**2).sum(axis=(1, 2)) - mean**2)
    off = (health["health"].to_numpy()[which].astype(float) - mean) / sd
    off = off[~np.isnan(off)]
    assert abs(off.mean()) < 0.2
    assert 0.85 < off.std() < 1.2
    assert (sd < 0.8).mean() > 0.8  # the prior's is about 1.07


def test_a_busy_customer_of_steady_health_is_booked_as_the_hazard_says() -> None:
    """Orders every few days: insolvencies count when learned, placements 95 to 150 days after, nobody leaves."""
    seen, size = evidence(), 40_000
    busy = int(np.argmax(seen.open_money))
    who = np.full(size, busy)
    one = np.ones(size)
    now = Presence(
        who, 0.3 * one, 0.0 * one, 0.0 * one, 6.0 * one, np.random.default_rng(1).normal(size=size) * STATE_SD
    )
    found = booked_bad_debts(np.random.default_rng(2), seen, now, 0.0, delay_tables(), months=12).mean()
    rng, expected = np.random.default_rng(3), 0.0
    state, alive = rng.normal(size=size) * STATE_SD, np.ones(size)
    for month in range(12):
        state = OWN_PERSISTENCE * state + STATE_SD * np.sqrt(1 - OWN_PERSISTENCE**2) * rng.normal(size=size)
        fails = monthly_failures(0.3 + state)
        day = 30.42 * (month + rng.random(size))
        learned = day + np.minimum(rng.gamma(1.5, 5.0, size), 40) <= 365
        placed = day + rng.uniform(96, 150, size) <= 365
        expected += (alive * -np.expm1(-fails) * (0.5 * learned + 0.5 * placed)).mean()
        alive *= np.exp(-fails) * (1 - 0.04 / 12)
    assert found == pytest.approx(expected, rel=0.05)


def test_silent_mondays_are_counted() -> None:
    first, last = np.array([19_723, 19_724, 19_730]), np.array([19_723, 19_729, 19_744])
    for a, b, found in zip(first, last, _not_asked(first, last), strict=True):
        mondays = sum((int(day) + 3) % 7 == 0 for day in range(a, b + 1))
        assert found == pytest.approx(0.22**mondays)


def test_the_evidence_equals_what_plain_loops_find() -> None:
    seen, cut = evidence(), ledger().cut(AS_OF)
    documents = cut.table("documents")
    receipts = dict(cut.table("receipts").select("receipt_id", "date").iter_rows())
    epoch = date(1970, 1, 1)
    for customer in range(0, len(seen), 97):
        own = documents.filter(pl.col("customer_id") == seen.ids[customer])
        orders = cut.table("orders").filter(pl.col("customer_id") == seen.ids[customer])
        last = max((day for day in orders["order_date"]), default=None)
        assert seen.last_order[customer] == ((last - epoch).days if last else LONG_AGO)
        paid_days = set()
        for document in own.iter_rows(named=True):
            rows = cut.table("applications").filter(pl.col("to_document_id") == document["document_id"])
            for row in rows.filter(pl.col("kind").is_in(["payment", "offset"])).iter_rows(named=True):
                paid_days.add((receipts.get(row["from_id"], row["applied_on"]) - epoch).days)
        mine = seen.items.customer == customer
        assert set(seen.items.paid[mine & ~seen.items.unpaid]) <= paid_days
        assert (seen.items.paid[mine] <= seen.as_of).all()
