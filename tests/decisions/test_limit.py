"""Credit limits against a slow calculation by hand, and what must hold for every customer."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest
from decisions.cases import features_of, scores_of
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from credrisk.decisions.cover_layer import CONTRACT
from credrisk.decisions.limit import recommend_limits
from credrisk.decisions.limit_curves import limit_curves
from credrisk.decisions.limit_inputs import limit_inputs
from credrisk.decisions.policy import Policy
from credrisk.errors import DataError, ParameterError

POLICY = Policy.default()
AS_OF = date(2025, 3, 31)


def limits(scores, features, policy=POLICY, **evidence) -> pl.DataFrame:
    return recommend_limits(
        scores, features=features, as_of=AS_OF, currency="EUR", policy=policy, **evidence, output="polars"
    )


def one(score=None, feature=None, policy=POLICY, **evidence) -> dict:
    return limits(scores_of(score or {}), features_of(feature or {}), policy, **evidence).row(0, named=True)


def contracts_of(**limit_of: float) -> pl.DataFrame:
    """Return insurance that pays in full up to a limit, by customer."""
    rows = [
        {"customer_id": customer, "kind": "insurance", "limit": limit, "insured_share": 1.0}
        for customer, limit in limit_of.items()
    ]
    return pl.DataFrame(rows, schema={"customer_id": pl.String, **CONTRACT})


def slow_limit(score: dict, feature: dict, covered: float, by_profit: float | None, policy: Policy) -> dict:
    """The same decision for one customer, step by step in plain Python (a measured PD, every feature known).

    The limit of expected profit is taken as given: :mod:`test_profit_limit` has it.
    """
    rules, money, cap = policy.limit, policy.economics, policy.appetite.single_name
    days = max(feature["terms_days"] + max(feature["dbt_12m"], 0), 1)
    monthly = max(feature["invoiced_12m"] / 12, feature["invoiced_3m"] / 3, 0)
    yearly = max(0.0, feature["invoiced_12m"] * 12 / min(12, max(3, feature["tenure_months"])))
    need = monthly * days / 30.4
    if feature["not_due"] > need:
        need = feature["not_due"]
    today = feature["credit_limit"]
    new = feature["tenure_months"] < rules.new_customer.months and today is None
    trial = max(rules.new_customer.limit, covered)
    wanted = need
    if new:
        wanted = max(need, rules.new_customer.limit) if need > 0 else trial
    stopped = score["status"] in ("in_default", "bad_debt")
    prob = 1.0 if score["status"] == "bad_debt" else score["pd_12m"]
    insured_lgd = money.lgd_by_cover["insurance"] if covered else 0.0

    # the first unit of limit: the turns of the year that are paid, against the loss at cost of the unpaid one
    # (sales over the expected peak: level and spread are the prior's, as no peak is known)
    turns, carry = 365 / days, money.cost_of_funds * days / 365
    if yearly > 0 and not new:
        prior = policy.demand.prior_log_sd**2 + 0.5**2 + 0.25**2
        turns = min(turns, yearly / (need * math.exp(prior / 2)))
    lived = 1.0 if prob < 1e-12 else prob / -math.log1p(-min(prob, 1 - 1e-12))
    paid = max((1 - prob) * turns, turns * lived - prob) if not stopped else 0.0
    first_unit = paid * (money.margin - carry) - prob * (money.lgd_uninsured * (1 - money.margin) + carry)

    sold = yearly if yearly > 0 and not new else wanted * 365 / days
    budget = rules.max_expected_loss_share * money.margin * sold
    by_loss = math.inf
    if prob > 0:
        # walk up the limit: insured euros first, each losing the insured rate, then the others; at cost
        uninsured, insured = (prob * lgd * (1 - money.margin) for lgd in (money.lgd_uninsured, insured_lgd))
        insured_loss = insured * covered
        by_loss = budget / insured if budget < insured_loss else covered + (budget - insured_loss) / uninsured
    bounds = [wanted, by_loss, cap, math.inf if by_profit is None else by_profit, trial if new else math.inf]
    limit = math.floor(min(bounds) / rules.step + 1e-9) * rules.step
    # never granted or raised out of proportion to the need; but what is on file already is not cut below the minimum
    minimum = min(rules.minimum, math.ceil(rules.generous_multiple * wanted / rules.step - 1e-9) * rules.step)
    minimum = max(minimum, min(rules.minimum, today or 0.0))
    if first_unit > 0:
        limit = max(limit, minimum)
    if stopped:
        limit = 0.0
    if today is not None and not stopped:
        close = abs(limit - today) <= rules.keep_tolerance * today
        most = min(rules.generous_multiple * wanted, *bounds[1:])
        roomy = limit <= today <= most and first_unit > 0
        arrears = feature["oldest_open_days"] > 15 or feature["share_past_due"] > 0.10
        if (limit > 0 and today <= cap and (close or roomy)) or (limit > today and arrears):
            limit = today
    if stopped:
        action = "stop"
    elif today is None:
        action = "grant" if limit > 0 else "keep"
    else:
        action = "raise" if limit > today else "lower" if limit < today else "keep"
    return {
        "need": need,
        "loss_appetite_limit": by_loss,
        "recommended_limit": limit,
        "change": limit - (today or 0.0),
        "action": action,
    }


amounts = st.integers(0, 3_000_000).map(float)
a_score = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["at_risk", "at_risk", "at_risk", "in_default", "bad_debt"]),
        "pd_12m": st.sampled_from([0.0, 0.001, 0.01, 0.05, 0.12, 0.2, 0.31, 0.6, 1.0]) | st.floats(0, 1),
    }
)
a_feature = st.fixed_dictionaries(
    {
        "invoiced_3m": amounts,
        "invoiced_12m": amounts,
        "terms_days": st.integers(0, 120).map(float),
        "dbt_12m": st.integers(-30, 90).map(float),
        "not_due": amounts,
        "oldest_open_days": st.sampled_from([0.0, 15.0, 16.0]),
        "share_past_due": st.sampled_from([0.0, 0.10, 0.11]),
        "credit_limit": st.none() | amounts,
        "tenure_months": st.sampled_from([0.0, 5.0, 6.0, 40.0]),
    }
)
a_cover = st.sampled_from([0.0, 5_000.0, 250_000.0])
customers = st.lists(st.tuples(a_score, a_feature, a_cover), min_size=1, max_size=12)


def of_cases(cases, policy=POLICY, **score) -> pl.DataFrame:
    covered = {f"c{place}": amount for place, (_, _, amount) in enumerate(cases, start=1) if amount}
    return limits(
        scores_of(*(s | score for s, _, _ in cases)),
        features_of(*(f for _, f, _ in cases)),
        policy,
        contracts=contracts_of(**covered),
    )


@given(customers)
@settings(max_examples=30, deadline=None)
def test_agrees_with_the_slow_calculation(cases):
    found = of_cases(cases)
    by_id = {row["customer_id"]: row for row in found.iter_rows(named=True)}
    for place, (score, feature, covered) in enumerate(cases, start=1):
        row = by_id[f"c{place}"]
        expected = slow_limit(score, feature, covered, row["expected_profit_limit"], POLICY)
        if math.isinf(expected["loss_appetite_limit"]):
            expected["loss_appetite_limit"] = None
        for name, value in expected.items():
            wanted = value if value is None or isinstance(value, str) else pytest.approx(value, rel=1e-9, abs=1e-6)
            assert row[name] == wanted, name


@given(customers, st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_a_higher_pd_never_raises_a_limit(cases, worse):
    before = of_cases(cases)
    raised = [(s | {"pd_12m": max(s["pd_12m"], worse)}, f, covered) for s, f, covered in cases]
    after = of_cases(raised)
    for name in ("recommended_limit", "expected_profit_limit", "limit_if_pd_doubled", "limit_if_lgd_down"):
        assert (after[name].fill_null(math.inf) <= before[name].fill_null(math.inf)).all(), name


@given(customers)
@settings(max_examples=20, deadline=None)
def test_the_limit_moves_with_the_figures_behind_it(cases):
    """Far out, where next to nothing is wanted, profit is flat to rounding: there a margin may move it by one step."""
    found = of_cases(cases)
    step = POLICY.limit.step
    for lower, higher, flat in (
        ("pd_doubled", "pd_halved", 0),
        ("margin_down", "margin_up", step),
        ("lgd_up", "lgd_down", 0),
    ):
        assert (found[f"limit_if_{lower}"] <= found[f"limit_if_{higher}"] + flat).all()


@given(customers)
@settings(max_examples=20, deadline=None)
def test_cap_steps_and_stops_hold(cases):
    policy = POLICY.changed({"appetite.single_name": 100_000.0})
    found = of_cases(cases, policy)
    assert (found["recommended_limit"] <= 100_000).all()
    stopped = found.filter(pl.col("action") == "stop")
    assert stopped.height == sum(s["status"] in ("in_default", "bad_debt") for s, _, _ in cases)
    assert (stopped["recommended_limit"] == 0).all()
    assert (stopped["expected_profit_limit"] == 0).all()
    moved = found.filter(pl.col("action").is_in(["grant", "raise"]))
    assert (moved["recommended_limit"] % policy.limit.step == 0).all()
    assert found.filter(pl.col("current_limit").is_null())["action"].is_in(["grant", "keep", "stop"]).all()


@given(customers)
@settings(max_examples=20, deadline=None)
def test_no_grant_or_raise_outruns_the_need_and_no_figure_is_a_negative_zero(cases):
    found = of_cases([(s, f | {"tenure_months": 40.0}, covered) for s, f, covered in cases])
    more = found.filter(pl.col("action").is_in(["grant", "raise"]))
    roof = POLICY.limit.generous_multiple * more["need"] + POLICY.limit.step
    assert (more["recommended_limit"] < roof).all()
    assert_no_negative_zeros(found)


@given(customers, st.sampled_from([None, 0.4]))
@settings(max_examples=20, deadline=None)
def test_without_a_margin_nobody_gets_an_unsecured_limit(cases, margin):
    policy = POLICY.changed({"economics.margin": 0.0})
    found = of_cases(cases, policy)
    assert (found["recommended_limit"] == 0).all()
    assert (found["expected_profit_limit"] == 0).all()


def assert_no_negative_zeros(found: pl.DataFrame) -> None:
    for column in found.select(pl.col(pl.Float64)).iter_columns():
        assert not np.signbit(column.drop_nulls().filter(column.drop_nulls() == 0).to_numpy()).any(), column.name


def test_a_stop_holds_no_negative_zero():
    assert_no_negative_zeros(limits(scores_of({"status": "bad_debt", "pd_12m": 1.0}), features_of({})))


@given(customers, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_changes_nothing(cases, random):
    scores, features = scores_of(*(s for s, _, _ in cases)), features_of(*(f for _, f, _ in cases))
    order = list(range(len(cases)))
    random.shuffle(order)
    assert_frame_equal(limits(scores, features), limits(scores[order], features[order[::-1]]))


def test_the_need_by_hand():
    # 120,000 a year = 10,000 a month; 30 days of terms + 7 late = 37 days; 10,000 x 37 / 30.4 = 12,171.05
    row = one(feature={"dbt_12m": 7.0})
    assert row["need"] == pytest.approx(12_171.05, abs=0.01)
    assert row["recommended_limit"] == 12_000
    assert row["binding"] == "need"
    assert "10,000 EUR a month x (30 days of terms + 7 days late) / 30.4" in row["reasons"]


def test_a_season_raises_the_need_and_early_payment_does_not_lower_it():
    # the last quarter's 20,000 a month is above the year's 10,000; paying early counts as on time
    assert one(feature={"invoiced_3m": 60_000.0, "dbt_12m": -9.0})["need"] == pytest.approx(20_000 * 30 / 30.4)


def test_the_loss_appetite_scales_with_the_pd():
    feature = {"invoiced_12m": 3.6e6, "invoiced_3m": 0.0, "terms_days": 90.0}
    low, high = one({"pd_12m": 0.20}, feature), one({"pd_12m": 0.30}, feature)
    assert low["loss_appetite_limit"] == pytest.approx(1.5 * high["loss_appetite_limit"])
    assert low["binding"] == high["binding"] == "loss_appetite"
    # 10 % of the yearly margin of 25 % of 3.6m, over PD x LGD of the cost
    assert low["loss_appetite_limit"] == pytest.approx(0.10 * 0.25 * 3.6e6 / (0.20 * 0.77 * 0.75))


@pytest.mark.parametrize("yearly", [80_000.0, 160_000.0, 400_000.0])
@pytest.mark.parametrize(("share", "deductible"), [(1.0, 0.0), (0.9, 0.0), (0.9, 9_000.0), (0.5, 1_000.0)])
def test_the_loss_appetite_knows_which_part_of_a_limit_is_insured(yearly, share, deductible):
    cover = {"customer_id": "c1", "kind": "insurance", "limit": 40_000.0}
    cover |= {"insured_share": share, "deductible": deductible}
    contracts = pl.DataFrame([cover], schema={"customer_id": pl.String, **CONTRACT})
    row = one({"pd_12m": 0.3}, {"invoiced_12m": yearly, "invoiced_3m": 0.0}, contracts=contracts)
    # walk up the limit in steps of a tenth of a euro, each losing at cost what cover leaves of it
    unit = np.arange(0.05, 120_000.0, 0.1)
    paid = np.where((unit > deductible / share) & (unit < 40_000), share, 0.0)
    lost = np.cumsum(0.3 * 0.75 * (0.77 * (1 - paid) + 0.10 * paid)) * 0.1
    reached = unit[np.searchsorted(lost, 0.10 * 0.25 * yearly)]
    assert row["loss_appetite_limit"] == pytest.approx(reached, abs=0.2)


def test_an_endless_limit_earns_the_margin_of_the_sales_foretold():
    free = POLICY.changed({"economics.cost_of_funds": 0.0})
    scores, features = scores_of({"pd_12m": 0.0}), features_of({"terms_days": 7.0})
    curves = limit_curves(limit_inputs(scores, features=features, as_of=AS_OF, policy=free), policy=free)
    # all but the demand beyond four standard deviations
    assert curves.profit[0, -1] == pytest.approx(0.25 * 120_000, rel=1e-3)
    assert curves.profit.max() <= 0.25 * 120_000


def test_the_loss_appetite_leaves_a_profitable_account_its_need():
    row = one({"pd_12m": 0.20})
    assert (row["recommended_limit"], row["binding"]) == (9_500, "need")
    assert row["expected_profit"] > 4 * row["expected_loss"]


def test_a_flat_margin_is_said_to_tell_customers_apart_by_their_pd_only():
    thin = POLICY.changed({"economics.margin": 0.02})
    row = one({"pd_12m": 0.5}, policy=thin)
    assert (row["expected_profit_limit"], row["recommended_limit"], row["binding"]) == (0, 0, "expected_profit")
    assert "only a PD cut-off" in row["reasons"]
    assert "payment in advance" in row["reasons"]
    assert "only a PD cut-off" not in one()["reasons"]  # said where it binds, not in every row
    assert "apart by their PD only" in one()["expected_profit_arithmetic"]
    own = pl.DataFrame({"customer_id": ["c1"], "margin_rate": [0.02]}).with_columns(
        pl.lit(None, pl.String).alias(name) for name in ("industry", "country", "segment")
    )
    row = one({"pd_12m": 0.5}, attributes=own)
    assert (row["margin"], row["margin_source"], row["recommended_limit"]) == (0.02, "own", 0)
    assert "flat" not in row["reasons"] + row["expected_profit_arithmetic"]


def test_no_margin_no_unsecured_limit():
    row = one({"pd_12m": 0.001}, policy=POLICY.changed({"economics.margin": 0.0}))
    assert row["recommended_limit"] == 0


def test_cover_carries_a_risk_that_would_not_pay_uninsured():
    thin = POLICY.changed({"economics.margin": 0.04})
    bare, insured = (
        one({"pd_12m": 0.5}, policy=thin, contracts=contracts_of(**covered)) for covered in ({}, {"c1": 4_000.0})
    )
    assert (bare["expected_profit_limit"], bare["recommended_limit"]) == (0, 0)
    assert (insured["expected_profit_limit"], insured["cover_limit"]) == (pytest.approx(4_000, rel=0.05), 4_000)
    assert insured["recommended_limit"] in (3_500, 4_000)
    assert "at most 4,000 EUR" in insured["cover_arithmetic"]


@pytest.mark.parametrize(("status", "binding"), [("in_default", "in_default"), ("bad_debt", "bad_debt")])
def test_a_default_stops_supply(status, binding):
    row = one({"status": status, "pd_12m": 0.0})
    assert (row["action"], row["recommended_limit"], row["binding"]) == ("stop", 0, binding)
    assert row["pd_used_source"] == binding
    assert row["reasons"].startswith("Stop")


@pytest.mark.parametrize(
    ("measured", "used", "words"),
    [(0.201, 0.201, "PD 20.1 % within 12 months: so many"), (None, 0.5, "the policy's 50.0 % in default")],
)
def test_in_default_the_limit_uses_the_pd_of_the_scores(measured, used, words):
    row = one({"status": "in_default", "pd_12m": measured})
    assert (row["pd_used"], row["action"]) == (used, "stop")
    assert words in row["reasons"]


def test_without_a_pd_the_policy_grade_stands_in_and_is_marked():
    row = one({"pd_12m": None, "p_late30_12m": 0.30})
    assert (row["grade_used"], row["pd_used"], row["pd_used_source"]) == ("D", 0.032, "policy_grade")
    assert "No PD measured: the policy's grade D with 3.2 % stands in." in row["reasons"]


def test_an_expert_card_is_named():
    assert "expert card" in one({"pd_source": "expert_card"})["reasons"]
    assert "expert card" not in one()["reasons"]


def test_a_new_customer_gets_a_trial_limit():
    unknown = {"invoiced_3m": 0.0, "invoiced_12m": None, "tenure_months": 1.0, "credit_limit": None}
    row = one({"pd_12m": 0.001}, unknown)
    assert (row["recommended_limit"], row["binding"], row["action"]) == (5_000, "new_customer", "grant")
    assert row["review_on"] == date(2025, 6, 30)
    assert row["change"] == 5_000
    assert one({"status": "not_yet_customer", "pd_12m": None}, unknown | {"tenure_months": None})["action"] == "grant"


@pytest.mark.parametrize(("bought", "limit"), [({"invoiced_3m": 0.0, "invoiced_12m": 0.0}, 20_000), ({}, 9_500)])
def test_the_trial_limit_is_the_insured_amount_where_that_is_higher(bought, limit):
    young = {"tenure_months": 1.0, "credit_limit": None}
    row = one({"pd_12m": 0.001}, young | bought, contracts=contracts_of(c1=20_000.0))
    assert (row["recommended_limit"], row["action"]) == (limit, "grant")
    assert ("the insured amount" in row["reasons"]) == (limit == 20_000)


def test_a_new_customer_with_a_limit_on_file_is_not_cut_to_the_trial_limit():
    row = one(feature={"tenure_months": 1.0, "credit_limit": 10_000.0})
    assert (row["recommended_limit"], row["binding"], row["action"]) == (10_000, "need", "keep")


def test_the_minimum_does_not_outrun_the_need():
    small = {"invoiced_3m": 0.0, "invoiced_12m": 1_094.4}  # 1,094.4 / 12 x 30 / 30.4 = 90
    row = one(feature=small | {"credit_limit": None})
    assert row["need"] == pytest.approx(90)
    assert (row["recommended_limit"], row["binding"], row["action"]) == (500, "minimum", "grant")
    assert "no more than 3 times the need" in row["reasons"]
    assert one(feature=small | {"credit_limit": 100.0})["recommended_limit"] == 500
    # a limit on file at or below the minimum is left alone: what is not drawn costs nothing
    assert one(feature=small | {"credit_limit": 800.0})["action"] == "keep"


@pytest.mark.parametrize("nothing", [0.0, None])
def test_no_purchases_no_grant(nothing):
    row = one(feature={"invoiced_3m": nothing, "invoiced_12m": nothing, "credit_limit": None})
    assert (row["recommended_limit"], row["action"]) == (0, "keep")
    assert "No purchases to grant a limit for." in row["reasons"]


def test_an_unmeasured_need_keeps_the_limit_of_today():
    unknown = {"invoiced_3m": None, "invoiced_12m": None, "credit_limit": 20_000.0}
    row = one(feature=unknown)
    assert (row["need"], row["recommended_limit"], row["action"]) == (None, 20_000, "keep")
    assert "could not be measured" in row["reasons"]


def test_what_is_in_flight_counts_as_need():
    row = one(feature={"not_due": 40_000.0})
    assert row["need"] == 40_000
    assert "the balance not yet due" in row["reasons"]


@pytest.mark.parametrize(("today", "action", "limit"), [(10_000, "keep", 10_000), (8_000, "raise", 9_500)])
def test_a_small_difference_keeps_the_limit(today, action, limit):
    row = one(feature={"credit_limit": float(today)})  # the policy gives 10,000 x 30 / 30.4 = 9,868, so 9,500
    assert (row["action"], row["recommended_limit"]) == (action, limit)


@pytest.mark.parametrize(
    ("days", "share", "raised"),
    [(15.0, 0.10, True), (16.0, 0.01, False), (1.0, 0.11, False), (None, None, True), (None, 0.5, False)],
)
def test_no_raise_while_things_are_past_due(days, share, raised):
    late = {"oldest_open_days": days, "share_past_due": share, "past_due": 4_080.0, "credit_limit": 7_000.0}
    row = one(feature=late)
    if raised:
        assert (row["action"], row["recommended_limit"], row["binding"]) == ("raise", 9_500, "need")
    else:
        assert (row["action"], row["recommended_limit"], row["binding"]) == ("keep", 7_000, "arrears")
        assert "no raise while 4,080 EUR is past due" in row["reasons"]


def test_no_raise_while_recovering_from_a_default():
    row = one({"status": "recovering", "pd_12m": None}, {"credit_limit": 7_000.0})
    assert (row["action"], row["recommended_limit"], row["binding"]) == ("keep", 7_000, "recovering")
    assert "no raise while the customer is recovering" in row["reasons"]
    assert one({"status": "recovering", "pd_12m": None})["action"] == "lower"


def test_arrears_do_not_stand_in_the_way_of_a_lower_limit():
    late = {"oldest_open_days": 80.0, "share_past_due": 1.0, "past_due": 4_080.0, "credit_limit": 50_000.0}
    assert one(feature=late)["action"] == "lower"


def test_a_dormant_good_customer_is_lowered_to_the_minimum():
    row = one(feature={"invoiced_3m": 0.0, "invoiced_12m": 0.0})
    assert (row["recommended_limit"], row["binding"], row["action"]) == (1_000, "minimum", "lower")


def test_a_balance_above_the_limit_is_said_and_the_release_left_to_the_order():
    within, beyond = one(feature={"net_balance": 10_400.0}), one(feature={"net_balance": 12_000.0})
    assert "credrisk order" not in within["reasons"]
    # 12,000 less the limit of 9,500
    assert "The balance of 12,000 EUR is 2,500 EUR more than the limit" in beyond["reasons"]
    assert "`credrisk order`" in beyond["reasons"]
    assert "is paid" not in beyond["reasons"]


@pytest.mark.parametrize(("prob", "review"), [(0.001, date(2026, 3, 31)), (0.03, date(2025, 9, 30))])
def test_review_by_grade(prob, review):
    assert one({"pd_12m": prob})["review_on"] == review


def test_the_policy_is_cited():
    row = one()
    assert (row["policy_version"], row["policy_hash"]) == (POLICY.version, POLICY.hash)


def test_pandas_in_pandas_out_and_other_dates_left_aside():
    features = pl.concat([features_of({}), features_of({"credit_limit": 1.0})]).with_columns(
        as_of=pl.Series([AS_OF, date(2025, 2, 28)])
    )
    found = recommend_limits(
        scores_of({}).to_pandas(), features=features.to_pandas(), as_of="2025-03-31", currency="EUR"
    )
    assert isinstance(found, pd.DataFrame)
    assert found["current_limit"].tolist() == [50_000.0]
    assert_frame_equal(
        pl.from_pandas(found).select("need", "recommended_limit"),
        limits(scores_of({}), features_of({})).select("need", "recommended_limit"),
    )


def test_a_customer_without_features_is_still_decided():
    found = limits(scores_of({}, {}), features_of({}))
    assert found.height == 2
    assert found.row(1, named=True)["current_limit"] is None


def test_no_customers():
    assert limits(scores_of(), features_of()).height == 0


def test_bad_tables_are_refused():
    with pytest.raises(DataError, match=r"features.*terms_days"):
        limits(scores_of({}), features_of({}).drop("terms_days"))
    with pytest.raises(DataError, match="more than one row"):
        limits(scores_of({"customer_id": "x"}, {"customer_id": "x"}), features_of({}))
    with pytest.raises(DataError, match="not of its column's type"):
        limits(scores_of({}).with_columns(pd_12m=pl.lit("high")), features_of({}))
    with pytest.raises(ParameterError, match="scores"):
        limits([1], features_of({}))
    with pytest.raises(ParameterError, match="output"):
        recommend_limits(scores_of({}), features=features_of({}), as_of=AS_OF, currency="EUR", output="arrow")


def test_a_limit_above_the_cap_is_not_kept_for_being_close():
    row = one({"pd_12m": 0.0}, {"invoiced_12m": 9e8, "credit_limit": 2_100_000.0})
    assert (row["recommended_limit"], row["action"], row["binding"]) == (2_000_000, "lower", "cap")


@pytest.mark.parametrize("bound", ["portfolio", "capacity"])
def test_the_tolerance_keeps_no_limit_that_budgets_or_own_funds_do_not_carry(bound):
    policy = POLICY.changed({"limit.capacity_binds": True})
    own_funds = {
        "customer_id": "c1",
        "tangible_net_worth": 9_500.0 / policy.limit.capacity_net_worth_share["C"],
        "working_capital": None,
        "intangibles_known": True,
        "statement_age_days": 100.0,
    }
    evidence = {
        "portfolio": {"portfolio": pl.DataFrame({"customer_id": ["c1"], "limit": [9_500.0]})},
        "capacity": {"statements": pl.DataFrame([own_funds])},
    }[bound]
    busy = {"invoiced_12m": 1.2e6, "invoiced_3m": 3e5}
    row = one({}, busy | {"credit_limit": 10_000.0}, policy, **evidence)
    assert (row["recommended_limit"], row["action"], row["binding"]) == (9_500, "lower", bound)
    assert one({}, busy | {"credit_limit": 9_500.0}, policy, **evidence)["action"] == "keep"


def test_of_who_bought_nothing_for_a_year_the_arithmetic_says_what_is_taken_instead():
    row = one({}, {"invoiced_12m": 0.0, "invoiced_3m": 0.0, "credit_limit": 76_000.0})
    assert "10 % of the months" in row["expected_profit_arithmetic"]
    assert "50 % of the limit on file is taken to be wanted, 38,000 EUR" in row["expected_profit_arithmetic"]
    for words in ("one month of ten", "No monthly peak is known"):
        assert words not in row["expected_profit_arithmetic"]
        assert words in one()["expected_profit_arithmetic"]
    # fewer months than one of ten see a purchase: no amount is exceeded in one of ten
    ends = [date(2024 + month // 12, month % 12 + 1, 28) for month in range(3, 15)]
    rare = [{"customer_id": "c1", "month_end": day, "peak": 0.0, "limit": 50_000.0} for day in ends]
    rare[5] |= {"peak": 20_000.0}
    found = one({}, {"not_due": 1.0}, peaks=pl.DataFrame(rare))
    assert "one month of ten" not in found["expected_profit_arithmetic"]
