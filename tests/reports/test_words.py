"""Figures and headings in words."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from reports.packs import AS_OF, plausible

from credrisk.reports.buckets import bucket_heading, buckets_among
from credrisk.reports.columns import TABLES, columns_of
from credrisk.reports.headline import headline_of
from credrisk.reports.measures import in_figures, measure_of, what_was_tested
from credrisk.reports.months import day_in_words, month_in_words
from credrisk.reports.quality import tie_out
from credrisk.reports.style import axis_unit, bucket_colours, cut_at_word, short_money, truncated, whole_figure
from credrisk.reports.totals import total
from credrisk.reports.views import as_text, view_of
from credrisk.reports.worklist import groups_told, held_back, nothing_to_ask, to_contact


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (None, "EUR", "not measured"),
        (float("nan"), "EUR", "not measured"),
        (0.0, "EUR", "0 EUR"),
        (12.5, "EUR", "12.50 EUR"),
        (999.0, "EUR", "999 EUR"),
        (12_345.0, "EUR", "12.3 k EUR"),
        (999_600.0, "EUR", "1 m EUR"),
        (-824_000.0, "USD", "-824 k USD"),
        (1_240_000.0, "EUR", "1.24 m EUR"),
        (3.2e9, "JPY", "3.2 bn JPY"),
        (9.007e15, "JPY", "9,010 tn JPY"),
    ],
)
def test_short_money(amount, currency, words):
    assert short_money(amount, currency) == words


def test_axis_unit_keeps_the_figures_short():
    assert axis_unit(14_200_000, "EUR") == (1e6, "million EUR")
    assert axis_unit(1_500, "EUR") == (1.0, "EUR")
    assert axis_unit(-30_000, "EUR") == (1e3, "thousand EUR")


def test_dates_do_not_follow_the_locale():
    assert day_in_words(date(2026, 3, 31)) == "31 March 2026"
    assert month_in_words(date(2025, 12, 1)) == "Dec 2025"


def test_truncated_marks_the_cut():
    assert truncated("short name", 24) == "short name"
    assert truncated("a name that is much too long", 10) == "a name th…"
    assert len(truncated("x" * 500, 24)) == 24
    assert cut_at_word("more than the customer, who is new, can carry", 26) == "more than the customer…"
    assert cut_at_word("more than the customer can", 26) == "more than the customer can"
    assert cut_at_word("a " + "x" * 500, 24) == truncated("a " + "x" * 500, 24)


def test_bucket_colours_run_from_grey_to_dark():
    for count in (1, 2, 5, 8):
        colours = bucket_colours(count)
        assert len(colours) == len(set(colours)) == count
        light = [sum(int(colour[place : place + 2], 16) for place in (1, 3, 5)) for colour in colours[1:]]
        assert light == sorted(light, reverse=True)


def test_bucket_names_are_ordered_by_age():
    names = [
        "past_due_over_90",
        "past_due_61_90",
        "past_due",
        "not_due",
        "past_due_1_30",
        "past_due_31_60",
        "net_balance",
    ]
    expected = ["not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90"]
    assert buckets_among(names) == expected
    assert (
        buckets_among(["past_due_over_60", "past_due_over_90", "past_due_1_60", "past_due_61_90"])[-1]
        == "past_due_over_90"
    )
    assert [bucket_heading(name) for name in expected[:2]] == ["Not due", "1-30 days"]


@pytest.mark.parametrize("table", TABLES)
def test_headings_are_unique_so_that_a_sheet_can_be_read_back(table):
    headings = [column.heading for column in TABLES[table]]
    assert len(headings) == len(set(headings))
    assert all(column.definition.endswith(".") and len(column.definition) <= 255 for column in TABLES[table])


def test_undeclared_columns_are_shown_under_their_own_names():
    frame = pl.DataFrame(
        {"customer_id": ["C1"], "share_x": [0.1], "pd_24m": [0.1], "seen_on": [AS_OF], "past_due_1_15": [1.0]}
    )
    kinds = {column.name: (column.kind, column.heading) for column in columns_of("scores", frame)}
    assert kinds["share_x"] == ("percent", "Share x")
    assert kinds["pd_24m"][0] == "probability"
    assert kinds["seen_on"][0] == "date"
    assert kinds["past_due_1_15"] == ("money", "1-15 days")


def test_cells_in_words():
    assert as_text(None, "money") is None
    assert as_text(float("nan"), "money") is None
    assert as_text(-0.2, "money") == "0"
    assert as_text(1234567.5, "money") == "1,234,568"
    assert as_text(0.0123, "probability") == "1.23 %"
    assert as_text(0.5, "probability") == "50.0 %"
    assert as_text(0.0, "p_value") == "< 0.001"
    assert as_text(0.0009, "p_value") == "< 0.001"
    assert as_text(0.001, "p_value") == "0.001"
    assert as_text(0.25, "p_value") == "0.250"
    assert [as_text(value, "number") for value in (1.52, 0.524, -0.0001, 1234.5)] == [
        "1.520",
        "0.524",
        "0.000",
        "1,234.500",
    ]
    assert [whole_figure(value) for value in (70_000, 2_782.4, 0.0, -0.7, 0.42)] == [
        "70,000",
        "2,782",
        "0",
        "-1",
        "0.42",
    ]
    assert as_text("in_default", "state") == "in default"
    assert as_text("Desk_2", "text") == "Desk_2"
    assert as_text(["a", "b"], "text") == "a; b"
    assert as_text(AS_OF, "date") == "2026-03-31"


def test_a_view_keeps_the_first_rows_and_joins_the_reasons():
    scores = plausible(60).scores
    view = view_of("scores", scores, ["customer_id", "name", "pd_12m", "grade", "reasons"])
    assert [column.name for column in view.columns] == ["name", "pd_12m", "grade", "reasons"]
    assert (len(view.rows), view.total) == (25, 60)
    first = scores.row(0, named=True)
    name, pd_12m, _, reasons = view.rows[0]
    assert (name.text, name.below) == (first["name"], first["customer_id"])
    assert float(pd_12m.sort) == first["pd_12m"]
    assert reasons.text == f"{first['reason_1']}; {first['reason_2']}; {first['reason_3']}"


def test_a_view_leaves_out_what_is_null_throughout():
    scores = plausible(10).scores.with_columns(pl.lit(None, dtype=pl.String).alias("grade"))
    view = view_of("scores", scores, ["customer_id", "name", "pd_12m", "grade"])
    assert [column.name for column in view.columns] == ["name", "pd_12m"]


def test_tie_out_names_the_table_that_does_not():
    intake = plausible(5).intake
    assert tie_out(intake).startswith("Ties out")
    wrong = intake.with_columns(
        pl.when(pl.col("table") == "receipts").then(1.0).otherwise("money_quarantined").alias("money_quarantined")
    )
    assert tie_out(wrong) == "Does not tie out: money of receipts. Read must equal kept plus set aside."
    assert tie_out(pl.DataFrame()) == ""


def test_total_does_not_depend_on_the_order():
    values = [1e15, 0.1, -1e15, 0.2, 0.3, None]
    sums = {total(pl.DataFrame({"x": order}), "x") for order in (values, values[::-1], sorted(values[:5]))}
    assert len(sums) == 1


def test_measures_in_words():
    assert measure_of("capture_10").words == "Capture at 10 %"
    assert measure_of("Capture at 10 %").percent
    assert measure_of("AUC").words == "AUC"
    assert in_figures("capture_10", 0.55) == "55 %"
    assert in_figures("brier", 0.01874) == "0.019"
    assert in_figures("auc", None) is None


def test_headline_equals_the_frames():
    pack = plausible()
    ageing = pack.ageing.to_pandas()
    debits = ageing[["not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90"]].sum()
    figures = pack.headline
    assert figures["Open balance"][0] == f"{ageing.open_balance.sum() / 1e6:.3g} m EUR"
    assert figures["Past due"][0] == f"{100 * (1 - debits['not_due'] / debits.sum()):.1f} %"
    assert figures["Over 90 days"][0] == f"{100 * debits['past_due_over_90'] / debits.sum():.1f} %"
    assert figures["Expected loss"][0] == f"{pack.scores['expected_loss'].sum() / 1e3:.3g} k EUR"
    assert figures["Limits to change"][0] == str((pack.limits["action"] != "keep").sum())
    assert figures["Contacts today"][0] == "40"
    assert figures["Contacts today"][1].endswith("12 held back")


def test_headline_of_nothing_says_not_measured():
    nothing = pl.DataFrame()
    figures = headline_of(
        ageing=nothing, history=nothing, scores=nothing, limits=nothing, queue=nothing, currency="EUR"
    )
    assert {value for value, _ in figures.values()} == {"not measured"}


def test_the_reader_is_told_when_another_kind_of_model_was_tested():
    folds = pl.DataFrame({"rung": ["expert_card", "expert_card", None]})
    said = what_was_tested(folds, "penalised_regression")
    assert said.startswith("What was tested is the expert card")
    assert said.endswith("the model in use is the penalised regression.")
    assert what_was_tested(folds, "expert_card") == ""
    assert what_was_tested(folds, "") == ""
    assert what_was_tested(pl.DataFrame(), "booster") == ""


def test_who_is_held_back_has_something_to_ask_for_and_the_groups_add_up_to_all_customers():
    """Two insolvent: one owes 50, one owes nothing. One promised in part what is not due yet. One waits."""
    queue = pl.DataFrame(
        {
            "rank": [1, 2, 3, None, None, None, None, None],
            "contact_today": [True, True, False, False, False, False, False, False],
            "slot": ["gain", "automatic", None, None, None, None, None, None],
            "hold": [None, None, None, "dispute", "insolvency", "insolvency", "nothing_due", "frequency"],
            "past_due": [10.0, 10.0, 10.0, 20.0, 50.0, 0.0, 0.0, 0.0],
            "chased": [10.0, 10.0, 10.0, 0.0, 50.0, 0.0, 0.0, 30.0],
        }
    )
    assert held_back(queue) == [("dispute", 1), ("frequency", 1), ("insolvency", 1)]
    assert nothing_to_ask(queue) == 2
    told = groups_told(queue, None)
    assert told == ["1 automatic e-mail beside them", "1 waits", "3 held back", "2 with nothing to ask for"]
    assert to_contact(queue, None).height + sum(int(words.split()[0]) for words in told) == queue.height


@pytest.mark.parametrize(
    ("pack", "portfolio"),
    [
        ("dso", "portfolio_dso"),
        ("cei", "portfolio_effectiveness"),
        ("roll_rates", "portfolio_roll_rates"),
        ("migration", "portfolio_migration"),
        ("concentration", "portfolio_concentration"),
        ("concentration_summary", "portfolio_concentration_summary"),
        ("bad_debt_ratio", "portfolio_bad_debt"),
        ("utilisation", "portfolio_utilisation"),
    ],
)
def test_a_measure_has_one_name_and_one_definition_wherever_it_stands(pack, portfolio):
    words = {column.name: (column.heading, column.definition, column.kind) for column in TABLES[portfolio]}
    for column in TABLES[pack]:
        assert (column.heading, column.definition, column.kind) == words[column.name]
