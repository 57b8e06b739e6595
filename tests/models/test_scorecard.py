"""The scorecard: its points, what they stand for, and the same card as SQL and Python."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hazard_world import World, make_world
from sklearn.base import clone

from credrisk.errors import DataError, EvidenceError, ModelFileError, ParameterError
from credrisk.features.catalogue import catalogue
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.binning import Bins, bin_variable, information_value
from credrisk.models.horizon_outcome import horizon_counts
from credrisk.models.outcomes import TrainingRows
from credrisk.models.points_card import Scale, bin_names
from credrisk.models.points_view import model_points
from credrisk.models.pooling import BinRules
from credrisk.models.rows import read_rows
from credrisk.models.scorecard import Scorecard
from credrisk.models.scorecard_choice import CONDUCT, unfounded

INDUSTRIES = ["retail", 'he said "no"; --', "it's {building}", "food"]


@cache
def world() -> World:
    return make_world(customers=700, base=0.012, seed=4)


@cache
def rows() -> TrainingRows:
    """The small world with a category, a special value and some nulls."""
    plain = world().rows()
    rng = np.random.default_rng(0)
    height = plain.X.height
    industry = pl.Series("industry", rng.choice(INDUSTRIES, height).tolist())
    X = plain.X.with_columns(
        industry,
        odd_code=pl.when(pl.Series(rng.random(height) < 0.1)).then(999.0).otherwise("dbt_12m"),
        dbt_12m=pl.when(pl.Series(rng.random(height) > 0.05)).then("dbt_12m"),
    )
    return TrainingRows(X, plain.y, plain.as_of, plain.groups)


def fit(data: TrainingRows, **parameters: object) -> Scorecard:
    return Scorecard(**parameters).fit(data.X, data.y, as_of=data.as_of, groups=data.groups)  # type: ignore[arg-type]


@cache
def fitted(whole: bool = True) -> Scorecard:
    """Return a card over every kind of variable."""
    return fit(
        rows(),
        whole_points=whole,
        variables=("dbt_12m", "share_past_due", "industry", "odd_code"),
        specials={"odd_code": (999.0,)},
        bins=BinRules(least_events=1),
    )


def hard_rows() -> pl.DataFrame:
    """Return rows at every bound, next to it, and with every kind of missing and unseen value."""
    frames = [rows().X.select("dbt_12m", "share_past_due", "industry", "odd_code").head(500)]
    for bins in fitted().card_.variables:
        if bins.levels is None:
            at = [x for cut in bins.cuts for x in (np.nextafter(cut, -np.inf), cut, np.nextafter(cut, np.inf))]
            frames.append(
                frames[0]
                .head(1)
                .select(pl.exclude(bins.variable))
                .join(pl.DataFrame({bins.variable: [None, 999.0, -1e300, 1e300, *at]}), how="cross")
                .select(frames[0].columns)
            )
    odd = frames[0].head(2).with_columns(industry=pl.Series([None, "never seen"], dtype=pl.String))
    return pl.concat([*frames, odd])


def test_the_published_scale() -> None:
    """600 points at odds of 50:1, 20 points to double: factor 28.8539, offset 487.123 (Siddiqi, chapter 6)."""
    scale = Scale(good_bad_odds=50, points_to_double=20, score_at_odds=600)
    assert round(scale.factor, 4) == 28.8539
    assert round(scale.offset, 3) == 487.123
    assert scale.probability(np.array([600.0, 620.0, 580.0])) == pytest.approx([1 / 51, 1 / 101, 1 / 26])


@pytest.mark.parametrize("whole", [True, False])
def test_points_sum_to_the_score_in_every_row_and_give_the_probability(whole: bool) -> None:
    card = fitted(whole)
    points = card.points(hard_rows(), output="polars")
    parts = points.select(pl.exclude("score")).to_numpy()
    assert np.abs(parts.sum(axis=1) - points["score"].to_numpy()).max() <= 1e-9
    if whole:
        assert (parts == np.round(parts)).all()
    odds = 50 * 2 ** ((points["score"].to_numpy() - 600) / 20)
    assert card.predict_pd(hard_rows())["pd_12m"].to_numpy() == pytest.approx(1 / (1 + odds), rel=1e-12)
    assert (card.predict_proba(hard_rows())[:, 1] == card.predict_pd(hard_rows())["pd_12m"]).all()


def test_points_are_those_that_the_table_prints() -> None:
    card, table = fitted(), fitted().table(output="polars")
    assert table.row(0, named=True)["points"] == card.card_.base
    given = card.points(rows().X, output="polars")
    for bins in card.card_.variables:
        lines = table.filter(pl.col("variable") == bins.variable)
        printed = lines["points"].to_numpy()[bins.place(rows().X[bins.variable])]
        assert (given[f"points_{bins.variable}"].to_numpy() == printed).all()
        assert lines["variable_iv"][0] == pytest.approx(lines["iv"].sum())
        assert lines["share"].sum() == pytest.approx(1.0)


def test_unrounded_points_are_factor_times_coefficient_times_weight_of_evidence() -> None:
    table = fitted(False).table(output="polars").slice(1)
    expected = 20 / math.log(2) * table["coefficient"] * table["woe"]
    assert table["points"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9)
    assert (table["coefficient"] > 0).all()


def test_expected_bads_are_the_observed_ones() -> None:
    data, card = rows(), fitted(False)
    read = read_rows(np.arange(data.X.height, dtype=float)[:, None], data.y, as_of=data.as_of, groups=data.groups)
    counts = horizon_counts(read, 12)
    pd_12m = card.predict_proba(data.X)[:, 1][read.values[:, 0].astype(int)]
    assert ((counts.good + counts.bad) * pd_12m).sum() == pytest.approx(counts.bad.sum(), rel=1e-6)
    rounded = fitted(True).predict_proba(data.X)[:, 1].mean()
    assert rounded == pytest.approx(card.predict_proba(data.X)[:, 1].mean(), rel=0.05)


def test_the_card_finds_what_drives_the_truth_and_ranks_almost_as_well() -> None:
    data = world().rows()
    card = fit(data)
    assert {bins.variable for bins in card.card_.variables} >= {"dbt_12m", "share_past_due"}
    truth = world().true_probability(data.groups.to_list(), 12)
    found = card.predict_proba(data.X)[:, 1]
    assert np.corrcoef(np.log(found), np.log(truth))[0, 1] > 0.85
    # 320 or so events: the standard error of the mean is about 6 %, three of them 18 %.
    assert found.mean() == pytest.approx(truth.mean(), rel=0.18)
    assert card.evidence_["split_on"] is not None
    assert card.evidence_["slope"] > 0


def test_no_two_variables_tell_the_same_story() -> None:
    data = world().rows()
    doubled = data.X.with_columns(
        dbt_6m=pl.col("dbt_12m") * 1.01, oldest_open_days=pl.col("share_past_due") * 100, past_due=pl.lit(5.0)
    )
    card = fit(TrainingRows(doubled, data.y, data.as_of, data.groups))
    chosen = [bins.variable for bins in card.card_.variables]
    assert len({"dbt_12m", "dbt_6m"} & set(chosen)) == 1
    assert len({"share_past_due", "oldest_open_days"} & set(chosen)) == 1
    decisions = dict(card.choice_.select("variable", "decision").iter_rows())
    assert decisions["past_due"] == "says too little"
    assert sum("the same question" in said for said in decisions.values()) >= 2
    assert decisions[chosen[0]] == "chosen"


def test_a_variable_that_knows_the_outcome_is_set_aside() -> None:
    data = world().rows()
    leak = (data.y["event"] == 1).cast(pl.Float64)
    card = fit(TrainingRows(data.X.with_columns(past_due=leak), data.y, data.as_of, data.groups))
    decisions = dict(card.choice_.select("variable", "decision").iter_rows())
    assert decisions["past_due"].startswith("too good to be true")


def test_a_feature_without_a_direction_of_risk_has_to_be_asked_for() -> None:
    data = world().rows()
    strong = data.X.with_columns(utilisation=pl.col("dbt_12m"))
    left_alone = fit(TrainingRows(strong, data.y, data.as_of, data.groups))
    line = left_alone.choice_.row(by_predicate=pl.col("variable") == "utilisation", named=True)
    assert (line["iv"], line["decision"]) == (None, "no direction of risk is declared")
    asked = fit(TrainingRows(strong.drop("dbt_12m"), data.y, data.as_of, data.groups), worse={"utilisation": "higher"})
    assert "utilisation" in {bins.variable for bins in asked.card_.variables}


def test_the_order_of_rows_and_columns_changes_nothing() -> None:
    data = rows()
    order = np.random.default_rng(1).permutation(data.X.height)
    shuffled = TrainingRows(
        data.X.select(sorted(data.X.columns, reverse=True))[order], data.y[order], data.as_of[order], data.groups[order]
    )
    parameters = {"variables": ("dbt_12m", "share_past_due"), "whole_points": False}
    assert fit(shuffled, **parameters).card_ == fit(data, **parameters).card_


def test_nothing_after_the_split_reaches_the_choice() -> None:
    """Later outcomes turned round change the verdict on later rows, never the information value of the earlier."""
    data = world().rows()
    card = fit(data)
    day = pl.lit(card.evidence_["split_on"]).str.to_date()
    later = pl.select(pl.lit(data.as_of) >= day).to_series()
    turned = data.X.with_columns(dbt_12m=pl.when(later).then(-pl.col("dbt_12m")).otherwise("dbt_12m"))
    found = fit(TrainingRows(turned, data.y, data.as_of, data.groups)).choice_
    line = found.row(by_predicate=pl.col("variable") == "dbt_12m", named=True)
    before = card.choice_.row(by_predicate=pl.col("variable") == "dbt_12m", named=True)
    assert line["iv"] == before["iv"]
    assert line["later_iv"] < 0 < before["later_iv"]
    assert line["decision"] == "says too little of the later rows"


@pytest.mark.parametrize("whole", [True, False])
def test_sql_gives_the_same_points_row_by_row(whole: bool) -> None:
    card, frame = fitted(whole), hard_rows().with_row_index("row")
    with duckdb.connect() as base:
        base.execute("CREATE SCHEMA book")
        base.register("given", frame.to_arrow())
        base.execute('CREATE TABLE book."my customers" AS SELECT * FROM given')
        scored = pl.DataFrame(base.sql(f"{card.to_sql('book.my customers')} ORDER BY row").to_arrow_table())
    expected = card.points(frame, output="polars")
    for name in expected.columns:
        assert (scored[name].to_numpy() == expected[name].to_numpy()).all(), name
    assert scored["pd_12m"].to_numpy() == pytest.approx(card.predict_proba(frame)[:, 1], rel=1e-12)
    with pytest.raises(ParameterError, match="table must be"):
        card.to_sql("book. ")


@pytest.mark.parametrize("whole", [True, False])
def test_python_gives_the_same_points_row_by_row(whole: bool) -> None:
    card, frame = fitted(whole), hard_rows()
    space: dict[str, object] = {}
    text = card.to_python()
    exec(compile(text, "card", "exec"), space)  # noqa: S102 - the text under test
    assert [line for line in text.splitlines() if line.startswith(("import", "from"))] == ["import math"]
    expected = card.points(frame, output="polars").with_columns(pd_12m=card.predict_proba(frame)[:, 1])
    for row, wanted in zip(frame.iter_rows(named=True), expected.iter_rows(named=True), strict=True):
        found = space["score"](row)  # type: ignore[operator]
        assert found.pop("pd_12m") == pytest.approx(wanted.pop("pd_12m"), rel=1e-12)
        assert found == wanted
    missing = space["score"]({**row, "dbt_12m": float("nan")})  # type: ignore[operator]
    assert missing == space["score"]({**row, "dbt_12m": None})  # type: ignore[operator]


def test_contributions_sum_to_the_log_odds_of_bad() -> None:
    card = fitted(False)
    parts = card.contributions(hard_rows(), output="polars")
    chance = card.predict_proba(hard_rows())[:, 1]
    log_odds = np.log(chance) - np.log1p(-chance)
    assert parts.to_numpy().sum(axis=1) == pytest.approx(log_odds, abs=1e-9)
    at_home = card.contributions(rows().X, output="polars").select(pl.exclude("base"))
    # The card's shares are those of the weighted rows, so the plain mean is near 0 but not on it.
    assert np.abs(at_home.mean().to_numpy()).max() < 0.1


def test_a_saved_card_scores_the_same_and_a_changed_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    fitted(False).save(file)
    again = Scorecard.load(file)
    assert again.card_ == fitted(False).card_
    assert (again.score_points(hard_rows()) == fitted(False).score_points(hard_rows())).all()
    assert again.to_sql("t") == fitted(False).to_sql("t")
    with pytest.raises(ParameterError, match="overwritten"):
        fitted().save(file)
    text = file.read_text(encoding="utf-8")
    rng = np.random.default_rng(0)
    for place in rng.choice(len(text), 60, replace=False).tolist():
        changed = text[:place] + chr((ord(text[place]) + 1) % 128) + text[place + 1 :]
        file.write_text(changed, encoding="utf-8")
        with pytest.raises(ModelFileError):
            Scorecard.load(file)
        file.write_text(text[:place], encoding="utf-8")
        with pytest.raises(ModelFileError):
            Scorecard.load(file)
    with pytest.raises(ModelFileError, match="cannot be read"):
        Scorecard.load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("card", "base"), "600"),
        (("card", "base"), True),
        (("card", "points", 0, 0), None),
        (("card", "points", 0), []),
        (("card", "variables", 0, "cuts"), [5.0, 1.0]),
        (("card", "variables", 0, "variable"), 7),
        (("card", "variables", 2, "levels"), [["a"], ["a"]]),
        (("card", "scale", "good_bad_odds"), -1.0),
        (("parameters", "months"), 0),
        (("parameters", "target"), "none"),
        (("parameters", "target"), ["bad_debt"]),
        (("parameters", "iv_bounds"), 3),
        (("parameters", "iv_bounds"), [0.5, 0.1]),
        (("parameters", "iv_bounds"), [0.1, 0.5, 0.9]),
        (("parameters", "iv_bounds"), "ab"),
        (("parameters", "most_variables"), "x"),
        (("parameters", "most_variables"), 0),
        (("parameters", "whole_points"), 1),
        (("evidence",), [[1, 2]]),
        (("feature_names",), []),
        (("catalogue",), "0"),
        (("card", "coefficients"), [1.0]),
    ],
)
def test_a_wrong_card_with_a_right_hash_is_refused_too(tmp_path: Path, path: tuple[object, ...], value: object) -> None:
    from credrisk.models.scorecard_store import _hash, _text_of

    file = tmp_path / "card.json"
    fitted().save(file)
    whole = json.loads(file.read_text(encoding="utf-8"))
    place = whole["content"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    whole["sha256"] = _hash(whole["content"])
    file.write_text(_text_of(whole), encoding="utf-8")
    with pytest.raises(ModelFileError):
        Scorecard.load(file)


def test_too_little_evidence_is_no_card() -> None:
    data = world().rows()
    hit = data.groups.filter(data.y["event"] == 1).unique().sort().head(9)
    keep = ~data.groups.is_in(data.groups.filter(data.y["event"] == 1).unique().implode()) | data.groups.is_in(
        hit.implode()
    )
    few = TrainingRows(data.X.filter(keep), data.y.filter(keep), data.as_of.filter(keep), data.groups.filter(keep))
    with pytest.raises(EvidenceError, match="a scorecard needs 10 or more"):
        fit(few)
    noise = data.X.select(dbt_12m=pl.lit(1.0) + 0 * pl.col("dbt_12m"))
    with pytest.raises(EvidenceError, match="No variable tells"):
        fit(TrainingRows(noise, data.y, data.as_of, data.groups))


def nulls_that_tell(data: TrainingRows) -> tuple[pl.Series, pl.Series]:
    """Return one value, and values that mean nothing: most bad rows have none, of the others half."""
    rng = np.random.default_rng(1)
    bad = data.y["event"].to_numpy() == 1
    single = pl.Series(np.where(rng.random(len(bad)) < np.where(bad, 0.9, 0.5), np.nan, 0.3)).fill_nan(None)
    drawn = np.where(rng.random(len(bad)) < np.where(bad, 0.9, 0.5), np.nan, rng.random(len(bad)))
    return single, pl.Series(drawn).fill_nan(None)


def test_a_variable_does_not_live_on_its_nulls_alone() -> None:
    data = world().rows()
    single, noise = nulls_that_tell(data)
    X = data.X.with_columns(unearned_discount_share_12m=single, dispute_rate_12m=noise)
    null_rows = TrainingRows(X, data.y, data.as_of, data.groups)
    for dates in (data.as_of, None):
        card = Scorecard().fit(X, data.y, as_of=dates, groups=data.groups)
        names = {bins.variable for bins in card.card_.variables}
        assert names >= {"dbt_12m", "share_past_due"}
        assert not names & {"unearned_discount_share_12m", "dispute_rate_12m"}
        decisions = dict(card.choice_.select("variable", "decision").iter_rows())
        assert decisions["unearned_discount_share_12m"] == "does not tell one value from another"
    with pytest.raises(EvidenceError, match="by its nulls alone"):
        fit(null_rows, variables=("unearned_discount_share_12m",))
    given = fit(null_rows, variables=("dbt_12m", "unearned_discount_share_12m"))
    assert [bins.variable for bins in given.card_.variables] == ["dbt_12m"]


def test_values_on_fewer_than_ten_events_give_no_points() -> None:
    none = (0.0, 0.0, 0.0)
    bins = Bins("x", (1.0,), None, (), (0.4, 0.4, 0.2), (4.0, 5.9, 90.0), (0.01, 0.02, 0.5), none, none)
    assert unfounded(bins) == "fewer than 10 events have a value"
    assert unfounded(replace(bins, events=(4.0, 6.0, 90.0))) == ""
    assert "does not tell" in unfounded(replace(bins, share=(0.8, 0.0, 0.2), events=(50.0, 0.0, 50.0)))


def test_the_information_value_without_the_nulls_is_that_of_the_other_rows() -> None:
    data = rows()
    read = read_rows(np.arange(data.X.height, dtype=float)[:, None], data.y, as_of=data.as_of, groups=data.groups)
    counts, column = horizon_counts(read, 12), data.X["dbt_12m"][read.values[:, 0].astype(int)]
    bins = bin_variable(column, counts, worse="higher", rules=BinRules(shrinkage=1e-12))
    place = bins.place(column)
    good, bad = (np.bincount(place, w, len(bins))[:-1] for w in (counts.good, counts.bad))
    assert bins.measured_iv == pytest.approx(information_value(good, bad).sum(), rel=1e-6)
    assert bins.measured_iv != pytest.approx(bins.total_iv, rel=1e-6)


def test_the_sellers_own_conduct_is_no_candidate_unless_it_is_asked_for() -> None:
    data = world().rows()
    conduct = ("contacts_12m", "attempts_since_reached", "reached_share_12m")
    copies = {name: pl.col("dbt_12m") * (-1 if name.startswith("reached") else 1) for name in conduct}
    X = data.X.with_columns(**copies)
    both = TrainingRows(X, data.y, data.as_of, data.groups)
    card = fit(both)
    decisions = dict(card.choice_.select("variable", "decision").iter_rows())
    assert {decisions[name] for name in conduct} == {CONDUCT}
    assert "dbt_12m" in {bins.variable for bins in card.card_.variables}
    asked = fit(both, variables=("attempts_since_reached",))
    assert [bins.variable for bins in asked.card_.variables] == ["attempts_since_reached"]


def test_excluded_variables_stay_out() -> None:
    card = fit(rows(), exclude=("dbt_12m", "industry", "dso_12m"))
    assert not {bins.variable for bins in card.card_.variables} & {"dbt_12m", "industry"}
    decisions = dict(card.choice_.select("variable", "decision").iter_rows())
    assert decisions["dbt_12m"] == decisions["industry"] == "excluded"
    with pytest.raises(DataError, match="dbt_12"):
        fit(rows(), exclude=("dbt_12",))
    with pytest.raises(ParameterError, match="exclude"):
        fit(rows(), exclude=("dbt_12m",), variables=("dbt_12m",))


def test_few_events_are_warned_of() -> None:
    data = world().rows()
    bad = data.groups.filter(data.y["event"] == 1).unique().sort()
    keep = ~data.groups.is_in(bad.slice(20).implode())
    few = TrainingRows(data.X.filter(keep), data.y.filter(keep), data.as_of.filter(keep), data.groups.filter(keep))
    card = fit(few, variables=("dbt_12m",))
    assert card.evidence_["warning"].startswith(f"Only {card.evidence_['events']} distinct events within 12 months")
    assert fit(data).evidence_["warning"] is None


def test_without_dates_the_choice_rests_on_all_rows_and_says_so() -> None:
    data = world().rows()
    card = Scorecard().fit(data.X, data.y, groups=data.groups)
    assert card.evidence_["slope"] == 1.0
    assert card.evidence_["split_on"] is None
    assert "without dates" in card.evidence_["reason"]


def test_wrong_parameters_and_frames_are_named() -> None:
    data = world().rows()
    for parameters, said in (
        ({"points_to_double": 0}, "points_to_double"),
        ({"good_bad_odds": float("nan")}, "good_bad_odds"),
        ({"months": 0}, "months"),
        ({"iv_bounds": (1, 0.5)}, "iv_bounds"),
        ({"most_variables": 2.5}, "most_variables"),
        ({"target": "x"}, "target"),
        ({"variables": ("dbt_12m", "dbt_12m")}, "variables"),
    ):
        with pytest.raises(ParameterError, match=said):
            fit(data, **parameters)
    with pytest.raises(DataError, match="customer_id goes to groups"):
        fit(TrainingRows(data.X.with_columns(customer_id=data.groups), data.y, data.as_of, data.groups))
    with pytest.raises(DataError, match="dso_12m"):
        fit(data, variables=("dso_12m",))
    with pytest.raises(DataError, match="share_past_due"):
        fitted().points(rows().X.drop("share_past_due"))
    with pytest.raises(ParameterError, match="horizons"):
        fitted().predict_pd(rows().X, horizons=[6])


def test_it_is_an_estimator_and_keeps_the_index() -> None:
    card = Scorecard(points_to_double=40, variables=("dbt_12m", "share_past_due"))
    assert clone(card).get_params() == card.get_params()
    data = world().rows()
    card.fit(data.X.to_pandas(), data.y.to_pandas(), as_of=data.as_of.to_pandas(), groups=data.groups.to_pandas())
    frame = pd.DataFrame({"dbt_12m": [5.0, 50.0], "share_past_due": [0.1, 0.9]}, index=["a", "b"])
    assert card.points(frame).index.tolist() == ["a", "b"]
    assert card.predict_pd(frame).index.tolist() == ["a", "b"]
    assert card.points(frame)["score"]["a"] > card.points(frame)["score"]["b"]


@pytest.mark.parametrize(
    ("variable", "cuts", "words"),
    [
        ("dbt_12m", (-5.0, 12.5), ["up to -5 days", "above -5 days up to 12.5 days", "above 12.5 days"]),
        ("share_past_due", (0.0, 0.25), ["up to 0 %", "above 0 % up to 25 %", "above 25 %"]),
        ("past_due", (1200.0,), ["up to 1,200 EUR", "above 1,200 EUR"]),
        ("broken_promises_12m", (0.0, 1.0, 3.0), ["0", "1", "2 to 3", "4 or more"]),
        ("my_own", (0.001,), ["up to 0.001", "above 0.001"]),
    ],
)
def test_bins_in_words(variable: str, cuts: tuple[float, ...], words: list[str]) -> None:
    none = (0.0,) * (len(cuts) + 2)
    bins = Bins(variable, cuts, None, (), none, none, none, none, none)
    assert bin_names(bins, "EUR") == [*words, catalogue()[variable].null if variable in catalogue() else "not measured"]


@pytest.mark.parametrize("rung", ["expert_card", "penalised_regression", "booster"])
def test_points_of_a_model_sum_to_a_score_that_its_rate_gives(rung: str) -> None:
    data = world().rows()
    model = BadDebtModel(rung=rung, trees=10).fit(data.X, data.y, as_of=data.as_of, groups=data.groups)  # type: ignore[arg-type]
    points = model_points(model, data.X, output="polars")
    parts = points.select(pl.exclude("score")).to_numpy()
    assert np.abs(parts.sum(axis=1) - points["score"].to_numpy()).max() <= 1e-9
    widths = np.diff([0, 1, 3, 6, 12]) / 12
    rate = model.log_intensities(data.X) @ widths
    events = 12 * np.exp(rate)
    assert points["score"].to_numpy() == pytest.approx(600 - 20 * np.log2(50 * events), abs=1e-6)
