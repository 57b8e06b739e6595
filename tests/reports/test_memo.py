"""The memo says what its rows say, lets nothing through, needs nothing from outside, and says what it lacks."""

from __future__ import annotations

import doctest
import re
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from reports.memos import HOSTILE, TABLES, bare, hostile, plausible
from reports.test_html import Page

from credrisk.decisions.policy import Policy
from credrisk.reports import memo_files
from credrisk.reports.limit_names import BINDING, HOLDS, RULES
from credrisk.reports.memo import memo_page, write_memo
from credrisk.reports.memo_account import UNLESS, counted_parts, figure_groups, lacking
from credrisk.reports.memo_denial import AGENCY_NOTICE, denial_of
from credrisk.reports.memo_files import memo_file_names
from credrisk.reports.memo_limits import (
    basis_of_sensitivity,
    headline_of,
    limit_bars,
    outcome_tiles,
    sensitivity,
    terms_of_limit,
)
from credrisk.reports.memo_outside import happenings, statements
from credrisk.reports.memo_signatures import signatures

MAKE = {"plausible": plausible, "hostile": hostile, "bare": bare}


def said(memo) -> str:
    return " ".join(" ".join(Page(memo_page(memo)).words).split()).replace("\u00a0", " ")


@pytest.mark.parametrize("name", MAKE)
def test_the_page_is_whole_and_needs_nothing_from_outside(name):
    text = memo_page(MAKE[name]())
    page = Page(text)
    assert page.faults == []
    assert not re.search(r"<(script|link|iframe|object|img)\b", text)
    for tag, given in page.tags:
        assert not any(attribute.startswith("on") for attribute in given), tag
        assert tag != "a" or given["href"].startswith(("https://", "http://"))
    assert "@page { size: A4 portrait" in text


def test_the_same_memo_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_memo(tmp_path / f"{name}.html", plausible())
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_hostile_texts_are_texts():
    text = memo_page(hostile())
    assert "<script" not in text
    assert "<img" not in text
    assert "49" not in re.findall(r"&#34;Sons&#34; (\S+) 7", text)
    assert "{{ 7*7 }}" in text
    assert "javascript:" not in memo_page(plausible())
    assert " ".join(HOSTILE.split()) in said(hostile())


def test_the_page_holds_the_figures_of_its_rows():
    words, memo = said(plausible()), plausible()
    for part in (
        "Raise to 140,000 EUR from 100,000 EUR",
        "What binds: the customer's need.",
        "1.23 %",
        "95 % interval 0.40 % to 3.10 %",
        "80 % interval: 0.80 % to 2.00 %.",
        "Within 3 months 0.30 %, within 6 months 0.60 %.",
        "On 31 March 2025: PD 0.51 %",
        "30 September 2026",
        "lapses on 29 November 2026 without one",
        "Limit for the season: 200,000 EUR from 1 November 2026 to 31 December 2026.",
        "PD twice as high 120,000 EUR",
        "4,093,742 EUR 31 December 2024 4,385,999 EUR (31 December 2023) 4 July 2025 register",
        "25 July 2025 Payment judgment Judgment for an unpaid debt 26 July 2025 register",
        "Payment record with us",
        "12 CFR 1002.9(a)(3)(ii)",
        f"Policy version 1, hash {memo.policy.hash}",
        "132 k EUR is at stake, 132 % of the limit of 100 k EUR",
    ):
        assert part in words, part
    assert "Long ago" not in words  # more than 36 months back
    assert "not of the model" not in words  # the model's own reasons stand there
    assert AGENCY_NOTICE not in words  # nothing is refused


def test_a_memo_of_next_to_nothing_says_what_it_lacks():
    words = said(bare())
    for sentence in UNLESS.values():
        assert sentence in words
    for part in (
        "No limit of this customer is on file.",
        "Grant nothing",
        "the policy's figure: none is measured",
        "The list of limits holds no sensitivity.",
        "No statement and no other outside figure of this customer is known.",
        "No event of this customer in the last 36 months is known.",
        "Exposure today: Nothing is owed, on order or held.",
    ):
        assert part in words, part
    assert "nan" not in words.lower().split()
    assert "None" not in words


@pytest.mark.parametrize("table", TABLES)
def test_each_missing_table_is_told_with_what_follows(table):
    assert lacking((table,), {"industry": "food"}, {"dbt_12m": 1.0, "net_worth": 1.0}, {"current_limit": 1.0}) == [
        UNLESS[table]
    ]
    assert lacking((), {"industry": "food"}, {"dbt_12m": 1.0, "net_worth": 1.0}, {"current_limit": 1.0}) == []


def test_figures_stand_beside_those_of_then_and_of_the_industry():
    memo = plausible()
    groups = {
        group.heading: {line[0]: line[1:] for line in group.lines}
        for group in figure_groups(memo.now, memo.before, memo.exposure, memo.policy, "EUR")
    }
    assert groups["Payment"]["Days beyond terms, 3 months"] == ("0", "–", "6")
    assert groups["Balance"]["Past due"] == ("12,000 EUR", "0 EUR", "–")
    assert groups["Exposure"]["Less security (not counted)"][0] == "63,000 EUR"
    assert "Oldest open item, days past due" not in groups["Balance"]


@pytest.mark.parametrize("flag", ["open_orders", "less_security", "delivered_not_invoiced", "less_unapplied_cash"])
@pytest.mark.parametrize("counts", [True, False])
def test_only_the_parts_that_the_policy_counts_are_drawn(flag, counts):
    policy = Policy.default().changed({f"exposure.{flag}": counts})
    names = {"less_security": "security", "less_unapplied_cash": "unapplied"}
    name = names.get(flag, {"delivered_not_invoiced": "delivered_uninvoiced"}.get(flag, flag))
    counted = counted_parts(plausible().exposure, policy)
    assert (name in counted) == counts
    assert {"open_items", "exposure"} <= set(counted)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"action": "grant", "current_limit": None}, "Grant 140,000 EUR"),
        ({"action": "lower", "recommended_limit": 90_000.0}, "Lower to 90,000 EUR from 100,000 EUR"),
        ({"action": "lower", "recommended_limit": 0.0}, "Withdraw the limit of 100,000 EUR"),
        ({"action": "keep", "recommended_limit": 100_000.0}, "Keep 100,000 EUR"),
        ({"action": "keep", "current_limit": None, "recommended_limit": 0.0}, "Grant nothing"),
        ({"action": "stop", "recommended_limit": 0.0}, "Stop: no new shipments on credit"),
        ({"action": None}, "No limit was recommended"),
    ],
)
def test_the_headline_says_what_to_do(change, sentence):
    assert headline_of({**plausible().limits, **change}, "EUR")["sentence"] == sentence


def test_the_limits_stand_side_by_side_with_their_arithmetic():
    bars = {bar.heading: bar for bar in limit_bars(plausible().limits, Policy.default(), "EUR")}
    five = ["Need", "Financial capacity", "Peers", "Cover", "Expected profit"]
    assert list(bars) == [*five, "Loss appetite", "Portfolio", "Single-name cap", "Limit today", "Recommended limit"]
    assert bars["Portfolio"].amount == "budgets do not bind"
    assert [heading for heading, bar in bars.items() if bar.binds] == ["Need"]
    assert bars["Need"].share == 1.0
    assert bars["Cover"].share == pytest.approx(63_000 / 142_310)
    assert bars["Loss appetite"].share > 1
    assert (bars["Peers"].amount, bars["Peers"].share) == ("not measured", None)
    assert bars["Peers"].says == "Only 4 customers compare; 10 are needed."
    assert bars["Expected profit"].amount == "no bound"
    assert bars["Recommended limit"].amount == "140,000 EUR"
    alone = {bar.heading: bar for bar in limit_bars({"need": 0.0}, Policy.default(), "EUR")}
    assert alone["Need"].share == 0
    assert "Nothing is known to measure it on." in alone["Cover"].says


def test_what_can_bind_has_words():
    from credrisk.decisions.recommendation import BOUNDS

    assert {"need" if name == "wanted" else name for name in BOUNDS} <= set(BINDING)
    assert set(RULES) | set(HOLDS) <= set(BINDING)


def test_sensitivity_and_limits_for_a_time_follow_the_columns():
    assert sensitivity(plausible().limits, "EUR") == [
        ("PD twice as high", "120,000 EUR"),
        ("margin a fifth higher", "140,000 EUR"),
    ]
    assert sensitivity({"limit_if_new_thing": 5.0, "limit_if_pd_doubled": None}, "EUR") == [("new thing", "5 EUR")]
    temporary = {
        "temporary_limit": 9_000.0,
        "temporary_until": date(2026, 5, 30),
        "temporary_arithmetic": "Two orders.",
    }
    assert terms_of_limit(temporary, "EUR") == ["Temporary limit: 9,000 EUR to 30 May 2026. Two orders."]
    assert terms_of_limit({"seasonal_limit": None}, "EUR") == []


@pytest.mark.parametrize(
    ("binding", "action", "first", "model_too"),
    [
        ("in_default", "stop", "Delinquent obligations with us", False),
        ("bad_debt", "stop", "Loss on earlier credit with us", False),
        ("need", "lower", "Level of purchases from us", False),
        ("capacity", "lower", "Financial statements", False),
        ("expected_profit", "lower", "Payment record with us", True),
        ("loss_appetite", "lower", "Payment record with us", True),
        ("need", "raise", "Payment record with us", True),
    ],
)
def test_the_principal_reason_is_what_decided(binding, action, first, model_too):
    model = (("Payment record with us", "pays 9 days beyond terms"),)
    limits = {"binding": binding, "action": action, "recommended_limit": 1.0}
    found = denial_of(limits, {"reason_1": "in default since 2025-09-14"}, {}, model, "EUR")
    assert found.adverse == (action != "raise")
    assert found.reasons[0][0] == first
    assert (model[0] in found.reasons) == model_too


def test_a_first_limit_that_is_refused_is_adverse():
    found = denial_of({"binding": "expected_profit", "action": "keep", "recommended_limit": 0.0}, {}, {}, (), "EUR")
    assert found.adverse
    assert found.reasons == ()
    words = said(replace(bare(), limits={**bare().limits, "binding": "expected_profit"}))
    assert "The model gives none. State what decided." in words
    assert AGENCY_NOTICE in words


@pytest.mark.parametrize(
    ("amount", "grade", "role"),
    [(20_000.0, "C", "credit analyst"), (20_000.0, "E", "credit manager"), (1_500_000.0, "A", "finance director")],
)
def test_the_matrix_says_who_signs(amount, grade, role):
    found = signatures({"recommended_limit": amount, "grade_used": grade}, Policy.default(), "EUR")
    assert [line.role for line in found.lines if line.asked] == [role]
    assert f"is decided by: {role}." in found.says
    assert [line.role for line in found.lines] == ["credit analyst", "credit manager", "finance director"]


def test_nobody_signs_beyond_the_matrix_or_without_a_limit():
    beyond = signatures({"recommended_limit": 9e6, "grade_used": "A"}, Policy.default(), "EUR")
    assert "nobody may decide it" in beyond.says
    assert not any(line.asked for line in beyond.lines)
    for nothing in (None, float("nan")):
        assert signatures({"recommended_limit": nothing}, Policy.default(), "EUR").lines == ()


def test_of_a_period_the_figure_made_known_last_counts():
    rows = {row.measure: row for row in statements(plausible().facts)}
    assert rows["Revenue"].value == "4,093,742 EUR"
    assert rows["Revenue"].url == "https://example.org/1"
    assert rows["Equity"].url == ""  # javascript:
    assert statements(pl.DataFrame()) == []
    assert happenings(pl.DataFrame(), date(2026, 3, 31)) == []


def test_file_names_are_safe_and_no_two_alike():
    ids = ["C1", "c1", "../C1", "a/b", "a\\b", "", " ", "ü" * 300, "x" * 300, "con.txt", HOSTILE]
    names = memo_file_names(ids)
    assert len({name.lower() for name in names.values()}) == len(ids)
    for name in names.values():
        assert re.fullmatch(r"memo-[A-Za-z0-9_-]{0,70}\.html", name), name
    assert memo_file_names(["C010"])["C010"] == "memo-C010.html"
    assert doctest.testmod(memo_files).failed == 0


@pytest.mark.parametrize(
    ("change", "heading", "mark"),
    [
        ({"binding": "arrears", "action": "keep"}, "Hold for arrears", True),
        ({"binding": "in_default", "action": "stop"}, "Stop in default", True),
        ({"binding": "minimum", "action": "lower"}, "Policy's minimum", True),
        (
            {
                "action": "keep",
                "reasons": "Keep today's 100,000 EUR: the policy gives 96,000 EUR, within the tolerance of 10 %.",
            },
            "Today's limit kept",
            False,
        ),
    ],
)
def test_a_rule_that_decides_has_a_row(change, heading, mark):
    limits = {**plausible().limits, "recommended_limit": 100_000.0, **change}
    bars = {bar.heading: bar for bar in limit_bars(limits, Policy.default(), "EUR")}
    assert (bars[heading].binds, bars[heading].amount) == (mark, "100,000 EUR")
    assert [name for name, bar in bars.items() if bar.binds] == [heading if mark else "Need"]


def test_the_limits_were_a_figure_different_say_that_a_hold_is_left_aside():
    held = {**plausible().limits, "binding": "arrears", "action": "keep", "recommended_limit": 100_000.0}
    assert basis_of_sensitivity(held, "EUR") == (
        "These are the limits before the hold for arrears: while it lasts, today's 100,000 EUR stays in all of them."
    )
    assert "before the hold for arrears" in said(replace(plausible(), limits=held))
    assert "Today's limit is left aside in all of them." in said(plausible())


@pytest.mark.parametrize("basis", ["cost", "invoice"])
@pytest.mark.parametrize("relief", [0.0, 0.16])
def test_the_loss_appetite_is_worked_out(basis, relief):
    policy = Policy.default().changed({"economics.loss_basis": basis, "economics.tax_relief": relief})
    limits = {"loss_appetite_limit": 50_000.0, "pd_used": 0.1, "margin": 0.3, "cover_limit": 10_000.0}
    bar = next(each for each in limit_bars(limits, policy, "EUR") if each.heading == "Loss appetite")
    lost = 40_000 * 0.1 * policy.economics.lgd_uninsured * (0.7 if basis == "cost" else 1) * (1 - relief)
    assert bar.says.startswith("(50,000 EUR - 10,000 EUR cover) x PD 10.00 %")
    assert f"= {lost:,.0f} EUR; with what is lost of the cover all the same" in bar.says
    bare_of_cover = {**limits, "cover_limit": None}
    bar = next(each for each in limit_bars(bare_of_cover, policy, "EUR") if each.heading == "Loss appetite")
    assert f"= {lost / 0.8:,.0f} EUR: " in bar.says
    assert "of the account's yearly margin" in bar.says


def test_the_loss_of_today_stands_beside_that_of_the_limit():
    tiles = outcome_tiles({"expected_loss": 0.0}, {"ead": 58_791.0, "expected_loss": 4_913.0}, "EUR")
    assert tiles == [
        ("Expected loss today", "4,913 EUR", "12 months, on 58,791 EUR owed"),
        ("Expected loss at limit", "0 EUR", "12 months, at the recommended limit"),
    ]


def test_the_notice_is_promised_only_where_it_is_printed():
    assert "notice below" not in said(plausible())
    assert "with the notice of 12 CFR 1002.9(b)(1)" in said(plausible())
    lowered = replace(plausible(), limits={**plausible().limits, "action": "lower"})
    assert "with the notice below" in said(lowered)


def test_who_may_set_a_limit_may_lower_or_stop_one():
    stopped = {"recommended_limit": 0.0, "current_limit": 900_000.0, "grade_used": "G"}
    for limits in (stopped, {**stopped, "recommended_limit": 300_000.0}):
        found = signatures(limits, Policy.default(), "EUR")
        assert [line.role for line in found.lines if line.asked] == ["credit analyst"]
        assert "Whoever may set a limit may lower or stop one." in found.says
    assert "A limit other than the recommended one: up to 2,000,000 EUR finance director." in found.says


def test_a_grade_that_is_not_of_the_pd_says_where_it_comes_from():
    stopped = {**plausible().limits, "pd_used_source": "in_default", "grade_used": "G"}
    memo = replace(plausible(), limits=stopped, scores={"status": "in_default"}, notes=("A note on the policy.",))
    assert "in default: the worst grade by the policy, whatever the PD" in said(memo)
    assert "A note on the policy." in said(memo)


def test_what_registers_say_against_the_customer_stands_first_with_why_it_matters():
    words = said(plausible())
    assert "Payment judgment: Judgment for an unpaid debt" in words
    assert "Somebody else had to go to court to be paid" in words
    assert "Restated figures of the year to 2024-12-31: revenue" in words
    assert "Red flag" not in said(bare())
