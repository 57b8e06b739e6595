"""Reasons now against before, for a notice of denial, and of what has changed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hazard_world import make_world
from linear_model import LinearModel

from credrisk.errors import DataError, ParameterError
from credrisk.features.catalogue import catalogue
from credrisk.models.adverse_action import FACTORS, NO_REASON, OWN_CONDUCT, adverse_action_reasons
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.explain import NOTHING_RAISES, reasons, strongest
from credrisk.models.explained import explained, now_and_before
from credrisk.models.reason_words import ago, sentence_with_before
from credrisk.models.scorecard import Scorecard
from credrisk.models.what_changed import NOTHING_CHANGED, what_changed

NAN = float("nan")
YEAR = "a year ago"


@pytest.mark.parametrize(
    ("name", "value", "before", "words"),
    [
        ("dbt_6m", 41.0, 12.0, "pays 41 days beyond terms on average over 6 months, 12 a year ago"),
        ("dbt_6m", -3.0, -1.0, "pays 3 days before terms on average over 6 months, 1 a year ago"),
        (
            "dbt_6m",
            41.0,
            -5.0,
            "pays 41 days beyond terms on average over 6 months "
            "(a year ago: pays 5 days before terms on average over 6 months)",
        ),
        (
            "oldest_open_days",
            45.0,
            0.0,
            "the oldest open item is 45 days past due (a year ago: no open item is past due)",
        ),
        ("oldest_open_days", 45.0, 44.9, "the oldest open item is 45 days past due, the same a year ago"),
        ("oldest_open_days", 45.0, NAN, "the oldest open item is 45 days past due (not measured a year ago)"),
        ("oldest_open_days", NAN, NAN, "oldest open days not measured: no item is open above 0, late fees aside"),
        (
            "oldest_open_days",
            NAN,
            9.0,
            "oldest open days not measured: no item is open above 0, late fees aside "
            "(a year ago: the oldest open item is 9 days past due)",
        ),
        ("share_past_due", 0.4, 0.1, "40 % of what is open is past due, 10 % a year ago"),
        ("past_due", 12500.0, 800.0, "12,500 EUR is past due, 800 EUR a year ago"),
        ("broken_promises_12m", 3.0, 1.0, "promises to pay broken over 12 months: 3, 1 a year ago"),
        ("tenure_months", 24.0, 12.0, "a customer for 24 months"),
    ],
)
def test_now_beside_before(name: str, value: float, before: float, words: str) -> None:
    assert sentence_with_before(catalogue()[name], value, before, "EUR", YEAR) == words


def test_every_sentence_of_the_catalogue_reads_with_a_figure_of_before() -> None:
    for name, entry in catalogue().items():
        for value, before in ((7.0, 3.0), (7.0, 0.0), (0.0, 7.0), (7.0, NAN), (NAN, 7.0)):
            said = sentence_with_before(entry, value, before, "EUR", YEAR)
            assert "{" not in said, name
            assert " nan" not in said, name


def test_how_long_ago() -> None:
    assert [ago(months) for months in (1, 6, 12)] == ["a month ago", "6 months ago", "a year ago"]


def slow_strongest(parts: np.ndarray, named: np.ndarray, questions: list[str], top: int) -> list[tuple[int, int, int]]:
    """Rank a row at a time: questions by their sum told by their strongest feature, then the rest; ties in order."""
    found = []
    for row in range(len(parts)):
        leads = []
        for question in dict.fromkeys(questions):
            own = [i for i, asked in enumerate(questions) if asked == question]
            told = [i for i in own if named[row, i]]
            if told:
                best = max(told, key=lambda i: (parts[row, i], -i))
                leads.append((-sum(parts[row, i] for i in own), best))
        first = [place for _, place in sorted(leads)]
        rest = sorted(
            (i for i in range(len(questions)) if named[row, i] and i not in first), key=lambda i: (-parts[row, i], i)
        )
        found += [(row, rank, place) for rank, place in enumerate([*first, *rest][:top], 1)]
    return found


@pytest.mark.parametrize("seed", range(5))
def test_ranking_is_that_of_the_slow_way_ties_included(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = rng.integers(-2, 4, (200, 12)) / 4
    named = (parts > 0) & (rng.random(parts.shape) < 0.8)
    questions = [f"q{number}" for number in rng.integers(0, 5, 12)]
    row, rank, place = strongest(parts, named, questions, 4)
    found = sorted(zip(row.tolist(), rank.tolist(), place.tolist(), strict=True))
    assert found == slow_strongest(parts, named, questions, 4)


def test_rows_beyond_one_block_keep_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    features = ("dbt_6m", "oldest_open_days", "broken_promises_12m")
    parts, values = rng.normal(0, 0.3, (50, 3)), rng.gamma(1, 20, (50, 3))
    whole = reasons(parts, values, features, top=3, currency="EUR")
    monkeypatch.setattr("credrisk.models.explain.ROWS_AT_ONCE", 7)
    assert reasons(parts, values, features, top=3, currency="EUR").equals(whole)


MODEL = LinearModel(
    {"dbt_6m": 0.02, "dbt_12m": 0.01, "oldest_open_days": 0.03, "broken_promises_12m": 0.4, "tenure_months": -0.01},
    means={"dbt_6m": 5.0, "dbt_12m": 5.0, "oldest_open_days": 2.0, "tenure_months": 40.0},
    nulls={"oldest_open_days": 0.3},
)


def rows(*lines: tuple[str, float | None, float | None, float | None, float | None, float | None]) -> pl.DataFrame:
    names = ["customer_id", *MODEL.slopes]
    return pl.DataFrame(
        [dict(zip(names, line, strict=True)) for line in lines], schema_overrides=dict.fromkeys(names[1:], pl.Float64)
    )


def test_reasons_of_a_panel_name_the_year_before() -> None:
    then = rows(("A", 12.0, 9.0, 3.0, 0.0, 20.0), ("C", 0.0, 0.0, 0.0, 0.0, 9.0)).with_columns(as_of=date(2024, 12, 31))
    now = rows(("B", 30.0, 30.0, 0.0, 0.0, 2.0), ("A", 41.0, 30.0, None, 1.0, 32.0)).with_columns(
        as_of=date(2025, 12, 31)
    )
    today, before = now_and_before(pl.concat([now, then]), months=12, output="polars")
    assert today["customer_id"].to_list() == ["A", "B"]
    assert before["customer_id"].to_list() == ["A", None]
    found = explained(MODEL, today, before=before, output="polars")
    assert found["customer_id"].to_list() == ["A"] * 3 + ["B"] * 3
    said = found.filter(pl.col("customer_id") == "A")["says"].to_list()
    assert said[0] == "pays 41 days beyond terms on average over 6 months, 12 a year ago"
    assert said[1].startswith("promises to pay broken over 12 months: 1 (a year ago: no promise")
    assert said[2] == "a customer for 32 months"
    assert found.filter(pl.col("customer_id") == "B")["says"][0] == "pays 30 days beyond terms on average over 6 months"
    assert found.filter(pl.col("customer_id") == "A")["before"].to_list() == [12.0, 0.0, 20.0]


def test_frames_go_out_as_pandas_unless_polars_is_asked_for() -> None:
    then = rows(("A", 12.0, 9.0, 3.0, 0.0, 20.0), ("C", 0.0, 0.0, 0.0, 0.0, 9.0)).with_columns(as_of=date(2024, 12, 31))
    now = rows(("B", 30.0, 30.0, 0.0, 0.0, 2.0), ("A", 41.0, 30.0, None, 1.0, 32.0)).with_columns(
        as_of=date(2025, 12, 31)
    )
    panel = pl.concat([now, then])
    today, before = now_and_before(panel.to_pandas())
    assert [type(frame) for frame in (today, before)] == [pd.DataFrame] * 2
    assert today["customer_id"].tolist() == ["A", "B"]
    wanted = now_and_before(panel, output="polars")
    said = explained(MODEL, today, before=before, output="polars")
    assert said.equals(explained(MODEL, wanted[0], before=wanted[1], output="polars"))
    changes, same = what_changed(MODEL, before, today), what_changed(MODEL, *wanted[::-1], output="polars")
    for name in ("summary", "contributions", "reasons"):
        assert isinstance(getattr(changes, name), pd.DataFrame)
        assert isinstance(getattr(same, name), pl.DataFrame)
        assert list(getattr(changes, name).columns) == getattr(same, name).columns
    for call in (
        lambda: now_and_before(panel, output="numpy"),  # type: ignore[arg-type]
        lambda: what_changed(MODEL, before, today, output="numpy"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ParameterError, match="output"):
            call()


def test_a_panel_without_the_date_is_refused() -> None:
    panel = rows(("A", 1.0, 1.0, 1.0, 1.0, 1.0)).with_columns(as_of=date(2025, 12, 31))
    with pytest.raises(DataError, match="no date near 2024-12-31"):
        now_and_before(panel)
    with pytest.raises(DataError, match="no row of 2024-01-01"):
        now_and_before(panel, as_of="2024-01-01")


def test_reasons_for_a_denial_are_at_most_four_distinct_factors_that_were_scored() -> None:
    denied = rows(
        ("A", 41.0, 30.0, 60.0, 2.0, 12.0), ("B", None, None, None, 0.0, 60.0), ("C", 0.0, 0.0, 0.0, 0.0, 90.0)
    )
    found = adverse_action_reasons(MODEL, denied, output="polars")
    first = found.filter(pl.col("customer_id") == "A")
    assert first["factor"].to_list() == [
        "Amounts past due",
        "Payment record with us",
        "Promises to pay not kept",
        "Length and terms of the account with us",
    ]
    parts = [0.03 * 58, 0.02 * 36 + 0.01 * 25, 0.8, 0.28]
    assert first["contribution"].to_list() == pytest.approx(parts)
    assert first["share"].to_list() == pytest.approx([part / sum(parts) for part in parts])
    assert first["feature"][1] == "dbt_6m"
    not_on_record = found.filter(pl.col("customer_id") == "B")
    assert not_on_record["says"].to_list() == [
        "oldest open days not measured: no item is open above 0, late fees aside"
    ]
    assert found.filter(pl.col("customer_id") == "C")["says"].to_list() == [NO_REASON]
    for top in (0, 5):
        with pytest.raises(ParameterError, match="from 1 to 4"):
            adverse_action_reasons(MODEL, denied, top=top)


def test_a_notice_never_names_what_the_seller_did_itself() -> None:
    slopes = {"dbt_6m": 0.02, "contacts_12m": 0.1, "attempts_since_reached": 0.2, "reached_share_12m": -1.0}
    model = LinearModel(slopes, means={"dbt_6m": 5.0, "reached_share_12m": 0.5}, nulls={})
    denied = pl.DataFrame(
        {
            "customer_id": ["A", "B", "C"],
            "dbt_6m": [41.0, 0.0, 0.0],
            "contacts_12m": [9.0, 9.0, 0.0],
            "attempts_since_reached": [4.0, 4.0, 0.0],
            "reached_share_12m": [0.1, 0.1, 1.0],
        }
    )
    found = adverse_action_reasons(model, denied, output="polars")
    assert found["feature"].to_list() == ["dbt_6m", None, None]
    assert found["says"].to_list()[1:] == [OWN_CONDUCT, NO_REASON]
    payment, conduct = 0.02 * 36, 0.1 * 9 + 0.2 * 4 + 0.4
    assert found["share"][0] == pytest.approx(payment / (payment + conduct))
    assert found["left_out_share"].to_list() == pytest.approx([conduct / (payment + conduct), 1.0, 0.0])


def test_every_question_of_the_catalogue_has_a_factor_a_notice_can_name() -> None:
    assert {entry.question for entry in catalogue().values()} == set(FACTORS)


def test_what_changed_sums_to_the_change_and_says_what_it_did() -> None:
    before = rows(("A", 12.0, 9.0, 14.0, 1.0, 31.0), ("B", 5.0, 5.0, 0.0, 0.0, 40.0))
    after = rows(("B", 5.0, 5.0, 0.0, 0.0, 40.4), ("A", 15.0, 9.0, 45.0, 0.0, 32.0), ("N", 5.0, 5.0, 0.0, 0.0, 1.0))
    found = what_changed(MODEL, before, after, output="polars")
    assert found.summary["customer_id"].to_list() == ["B", "A", "N"]
    line = found.summary.row(1, named=True)
    assert line["change"] == pytest.approx(0.02 * 3 + 0.03 * 31 - 0.4 - 0.01, abs=1e-12)
    assert line["log_rate"] - line["log_rate_before"] == pytest.approx(line["change"], abs=1e-9)
    assert line["times"] == pytest.approx(np.exp(line["change"]))
    assert line["pd"] > line["pd_before"]
    parts = found.contributions.select(pl.exclude("row")).to_numpy()[:2].sum(axis=1)
    assert parts == pytest.approx(found.summary["change"].to_numpy()[:2], abs=1e-9)
    assert found.reasons.filter(pl.col("customer_id") == "A")["says"].to_list() == [
        "the oldest open item is 45 days past due, 14 a month ago: multiplies the rate by 2.5",
        "no promise to pay was broken over 12 months (a month ago: promises to pay broken over 12 months: 1): "
        "lowers the rate by 33 %",
        "pays 15 days beyond terms on average over 6 months, 12 a month ago: raises the rate by 6 %",
    ]
    assert found.reasons.filter(pl.col("customer_id") == "B")["says"].to_list() == [NOTHING_CHANGED]
    new = found.summary.row(2, named=True)
    assert (new["change"], new["pd_before"], new["why_not"]) == (None, None, "there is no row of before")
    assert new["pd"] is not None


def test_rows_that_cannot_be_matched_are_refused() -> None:
    one = rows(("A", 1.0, 1.0, 1.0, 1.0, 1.0))
    with pytest.raises(DataError, match="two rows"):
        what_changed(MODEL, pl.concat([one, one]), one)
    with pytest.raises(DataError, match="before has 2 rows"):
        what_changed(MODEL, pl.concat([one, one]).drop("customer_id"), one)


@pytest.mark.parametrize("rung", ["expert_card", "penalised_regression", "booster", "scorecard"])
def test_real_models_split_their_change_exactly(rung: str) -> None:
    world = make_world(customers=500, base=0.012, seed=4)
    data = world.rows()
    if rung == "scorecard":
        model = Scorecard().fit(data.X, data.y, as_of=data.as_of, groups=data.groups)
    else:
        model = BadDebtModel(rung=rung, trees=10).fit(data.X, data.y, as_of=data.as_of, groups=data.groups)  # type: ignore[arg-type]
    days = world.panel["as_of"].unique().sort()
    before, after = (world.panel.filter(pl.col("as_of") == days[place]) for place in (-4, -3))
    found = what_changed(model, before, after, output="polars")
    measured = found.summary.filter(pl.col("why_not").is_null())
    assert measured.height > 100
    difference = measured["log_rate"] - measured["log_rate_before"] - measured["change"]
    assert difference.abs().max() <= 1e-9
    parts = found.contributions.filter(found.summary["why_not"].is_null()).select(pl.exclude("row"))
    assert np.abs(parts.to_numpy().sum(axis=1) - measured["change"].to_numpy()).max() <= 1e-9
    denied = adverse_action_reasons(model, after, output="polars")
    assert denied.group_by("row").len()["len"].max() <= 4
    assert set(denied["row"]) == set(range(after.height))
    told = explained(model, after, before=before.join(after, on="customer_id", how="right").select(after.columns))
    assert set(told["row"]) == set(range(after.height))
    assert NOTHING_RAISES in set(told["says"])
