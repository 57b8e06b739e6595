"""Truth and books fit together, and rates are where they should be."""

from __future__ import annotations

import math
from datetime import date

import polars as pl
import pytest
from simulate.simulated import large, small
from sklearn.metrics import roc_auc_score

from credrisk.errors import ParameterError
from credrisk.ledger.ledger import LedgerSettings
from credrisk.simulate import simulate_ledger
from credrisk.simulate.card import BUCKETS, ageing_by_month, key_figures
from credrisk.simulate.names import HEADS


def test_bad_debt_rate_is_in_the_aimed_range():
    figures, account_years = key_figures(large()), 2000 * 3
    rate = figures.bad_debts_a_year
    error = math.sqrt(0.02 * 0.98 / account_years)
    assert 0.015 - 2 * error < rate < 0.025 + 2 * error


def test_failures_are_as_many_as_the_true_intensity_says():
    truth = large().truth
    expected = truth["health"]["intensity"].sum()
    failed = truth["outcomes"]["failed_on"].count()
    assert abs(failed - expected) < 3 * math.sqrt(expected)


def test_true_intensity_ranks_the_failures_of_the_next_year():
    truth = large().truth
    as_of = date(2024, 12, 31)
    alive = truth["health"].filter(pl.col("month_end") == as_of).join(truth["outcomes"], on="customer_id")
    alive = alive.filter(pl.col("failed_on").is_null() | (pl.col("failed_on") > as_of))
    fails = alive["failed_on"].is_not_null()
    assert fails.sum() > 30
    assert roc_auc_score(fails, alive["intensity"]) > 0.7


def test_key_figures_are_plausible():
    figures = key_figures(large())
    assert 0.40 < figures.paid_late < 0.55
    assert 38 < figures.dso_days < 55
    assert 0.005 < figures.over_90 < 0.02
    assert figures.not_due > 0.75
    assert figures.over_90_customers > figures.bad_debts


def test_late_payment_rises_as_health_falls_but_habit_blurs_it():
    simulation = large()
    tables = simulation.tables
    received = tables["receipts"].select("date", from_id="receipt_id")
    paid = tables["applications"].filter(pl.col("kind") == "payment").join(received, on="from_id")
    last = paid.group_by(document_id="to_document_id").agg(pl.col("date").max())
    invoices = tables["documents"].filter(pl.col("kind") == "invoice").join(last, on="document_id")
    invoices = invoices.with_columns(
        days=(pl.col("date") - pl.col("due_date")).dt.total_days(), month_end=pl.col("due_date").dt.month_end()
    )
    joined = invoices.join(simulation.truth["health"], on=["customer_id", "month_end"]).join(
        simulation.truth["customers"].select("customer_id", "habit"), on="customer_id"
    )
    by_health = joined.group_by(pl.col("health").clip(-2.4, 1.4).round().alias("state")).agg(pl.col("days").mean())
    days = dict(by_health.iter_rows())
    assert days[-2.0] > days[-1.0] + 10 > days[0.0] + 15
    safe = joined.filter(pl.col("habit") == "slow_but_safe")
    assert safe["days"].mean() > 15
    assert safe["health"].mean() > joined["health"].mean() + 0.3


def test_failed_customers_pay_nothing_of_their_own_accord():
    simulation = large()
    failed = simulation.truth["outcomes"].filter(pl.col("failed_on").is_not_null())
    own = simulation.tables["receipts"].filter(pl.col("method").is_in(["transfer", "direct_debit", "cheque"]))
    after = own.join(failed, on="customer_id").filter(pl.col("date") >= pl.col("failed_on"))
    assert after.height == 0


def test_what_failed_customers_owe_is_closed_by_the_write_off():
    simulation = large()
    events = simulation.tables["credit_events"]
    written = events.filter(pl.col("kind") == "write_off_decision").select("customer_id", day="date", booked="amount")
    documents = simulation.tables["documents"].select("customer_id", to_document_id="document_id")
    posted = (
        simulation.tables["applications"].filter(pl.col("kind") == "write_off").join(documents, on="to_document_id")
    )
    sums = posted.group_by("customer_id").agg(pl.col("amount").sum().round(2), pl.col("applied_on").max())
    joined = written.join(sums, on="customer_id", how="full", coalesce=True)
    assert joined["amount"].null_count() == joined["booked"].null_count() == 0
    assert (joined["amount"] - joined["booked"]).abs().max() < 0.005
    assert (joined["applied_on"] == joined["day"]).all()


def test_recoveries_stay_within_one_less_the_true_loss():
    simulation = large()
    events = (
        simulation.tables["credit_events"]
        .group_by("customer_id")
        .agg(
            owed=pl.col("amount").filter(pl.col("kind") == "write_off_decision").sum(),
            got=pl.col("amount").filter(pl.col("kind") == "recovery").sum(),
        )
    )
    joined = events.filter(pl.col("owed") > 0).join(simulation.truth["outcomes"], on="customer_id")
    over = joined["got"] - joined["owed"] * (1 - joined["lgd"])
    assert joined.filter(pl.col("got") > 0).height > 20
    assert (over <= 1.0 + 0.0001 * joined["owed"]).all()  # the truth gives the loss to four decimals


def test_customers_that_left_order_no_more():
    simulation = large()
    left = simulation.truth["outcomes"].filter(pl.col("left_on").is_not_null())
    later = simulation.tables["orders"].join(left, on="customer_id").filter(pl.col("order_date") > pl.col("left_on"))
    assert left.height > 50
    assert later.height == 0


def test_statements_are_published_with_a_lag_and_say_something_of_health():
    simulation = large()
    facts = simulation.tables["facts"]
    lag = (facts["known_at"] - facts["period_end"]).dt.total_days()
    assert lag.min() > 60
    wide = facts.pivot(on="measure", index=["customer_id", "period_end"], values="value")
    wide = wide.with_columns(ratio=pl.col("equity") / pl.col("total_assets"), month_end=pl.col("period_end"))
    joined = wide.join(simulation.truth["health"], on=["customer_id", "month_end"])
    assert joined.select(pl.corr("ratio", "health")).item() > 0.3


def test_promises_are_kept_more_often_in_good_health():
    simulation = large()
    promises = simulation.tables["promises"].filter(pl.col("document_id").is_not_null())
    received = simulation.tables["receipts"].select("date", from_id="receipt_id")
    paid = simulation.tables["applications"].filter(pl.col("kind") == "payment").join(received, on="from_id")
    last = paid.group_by(document_id="to_document_id").agg(paid_on=pl.col("date").max())
    joined = promises.join(last, on="document_id", how="left").with_columns(
        kept=(pl.col("paid_on") <= pl.col("due_on")).fill_null(False), month_end=pl.col("made_on").dt.month_end()
    )
    joined = joined.join(simulation.truth["health"], on=["customer_id", "month_end"])
    weak, strong = (joined.filter(side)["kept"].mean() for side in (pl.col("health") < -1, pl.col("health") > 0))
    assert 0.2 < weak < strong - 0.1
    assert strong < 0.98


def test_the_ageing_of_the_card_equals_documents_less_applications():
    simulation = small()
    end = date.fromisoformat(simulation.settings["covers_to"])
    last = ageing_by_month(simulation).filter(pl.col("month_end") == end)
    rates = {
        "EUR": 1.0,
        **dict(simulation.tables["rates"].filter(pl.col("date") == end).select("currency", "rate").rows()),
    }
    total = 0.0
    currency = {}
    for row in simulation.tables["documents"].iter_rows(named=True):
        currency[row["document_id"]] = row["currency"]
        total += row["amount"] * rates[row["currency"]]
    receipts = {row["receipt_id"]: row for row in simulation.tables["receipts"].iter_rows(named=True)}
    total -= sum(row["amount"] * rates[row["currency"]] for row in receipts.values())
    for row in simulation.tables["applications"].iter_rows(named=True):
        if row["kind"] == "credit_note":
            continue
        total -= row["amount"] * rates[currency[row["to_document_id"]]]
        if row["from_id"] is not None:
            taken = row["amount"] if row["from_amount"] is None else row["from_amount"]
            total += taken * rates[receipts[row["from_id"]]["currency"]]
    net = last.select(pl.sum_horizontal(*BUCKETS) - pl.col("unapplied")).sum().item()
    assert net == pytest.approx(total, rel=1e-9)


def test_the_truth_is_not_in_the_tables():
    simulation = small()
    known = {column for frame in simulation.tables.values() for column in frame.columns}
    assert not known & {"health", "intensity", "factor", "habit", "failed_on", "left_on", "lgd", "mean_health"}


def test_names_are_unique_and_coined():
    names = large().tables["customers"]["name"]
    assert names.n_unique() == 2000
    assert names.str.contains(rf"^({'|'.join(HEADS)})\w+ [A-Z]\w+ \d{{4}}$").all()


def test_the_settings_fit_the_ledger():
    settings = small().settings_table()
    given = dict(settings.iter_rows())
    ledger = LedgerSettings(
        given["currency"], *(date.fromisoformat(given[k]) for k in ("covers_from", "covers_to", "extracted_on"))
    )
    assert ledger.covers_to == date(2024, 12, 31)


@pytest.mark.parametrize("currency", ["GBP", "USD"])
def test_other_currencies_of_the_ledger(currency):
    simulation = simulate_ledger(customers=60, months=12, seed=5, currency=currency)
    assert (simulation.tables["customers"]["currency"] == currency).mean() > 0.8
    assert currency not in set(simulation.tables["rates"]["currency"])


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"customers": 10}, "customers"),
        ({"months": 3}, "months"),
        ({"start": date(2023, 1, 15)}, "start"),
        ({"seed": -1}, "seed"),
        ({"currency": "JPY"}, "currency"),
    ],
)
def test_parameters_outside_their_range_are_refused(wrong, word):
    with pytest.raises(ParameterError, match=word):
        simulate_ledger(**wrong)
