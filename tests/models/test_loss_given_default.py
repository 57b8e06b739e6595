"""Loss given default: hand-made workouts, a slow oracle of the curve, a world with known recoveries, the simulator."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from math import exp
from typing import Any

import numpy as np
import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.models.credibility import WORTH, nested_means
from credrisk.models.loss_given_default import PRIOR_LGD, PRIOR_WORTH, LossGivenDefault
from credrisk.models.outcomes import DAYS_PER_MONTH
from credrisk.models.recovery_curve import CURVE_WORTH, MONTHS_TO_FADE, completed, hazards, paid_of
from credrisk.models.workouts import Workouts, workouts_of
from credrisk.simulate import Simulation, simulate_ledger


def workouts(rows: list[tuple[int, list[tuple[int, float]]]], *, exposure: float = 1000.0) -> Workouts:
    """Return workouts from (age in days, [(day, share), ...]) each."""
    flows = [(n, day, share) for n, (_, came) in enumerate(rows) for day, share in came]
    defaults = pl.DataFrame(
        {
            "number": range(len(rows)),
            "customer_id": [f"C{n}" for n in range(len(rows))],
            "default_on": [date(2020, 1, 1)] * len(rows),
            "exposure": [exposure] * len(rows),
            "age_days": [age for age, _ in rows],
            "covered": [False] * len(rows),
        },
        schema_overrides={"number": pl.Int64, "customer_id": pl.String, "default_on": pl.Date, "age_days": pl.Int64}
        | {"exposure": pl.Float64, "covered": pl.Boolean},
    )
    schema = {"number": pl.Int64, "age_days": pl.Int64, "share": pl.Float64}
    nothing = pl.DataFrame(schema={"customer_id": pl.String, "default_on": pl.Date})
    return Workouts(defaults, pl.DataFrame(flows, schema=schema, orient="row"), nothing)


OLD = 1200


@pytest.mark.parametrize(
    ("came", "rate", "cost", "expected"),
    [
        ([(365, 1.0)], 0.08, 0.0, 1 - 1 / 1.08),
        ([(365, 1.0)], 0.0, 0.25, 0.25),
        ([(100, 0.2), (300, 0.3)], 0.0, 0.0, 0.5),
        ([(100, 0.6), (130, -0.6)], 0.0, 0.0, 1.0),
        ([(100, 0.6), (130, -0.2), (400, 0.1)], 0.0, 0.0, 0.5),
        ([(10, 0.8), (20, 0.7)], 0.0, 0.0, 0.0),
        ([], 0.08, 0.1, 1.0),
    ],
    ids=["late cure", "agency fee", "parts", "bounced", "partly taken back", "more than was owed", "nothing"],
)
def test_the_loss_of_a_finished_workout(
    came: list[tuple[int, float]], rate: float, cost: float, expected: float
) -> None:
    model = LossGivenDefault(discount_rate=rate, collection_cost_share=cost).fit_workouts(workouts([(OLD, came)]))
    found = model.defaults_.row(0, named=True)
    assert found["lgd"] == pytest.approx(expected, abs=1e-12)
    assert found["finished"]
    assert found["cured"] == (sum(share for _, share in came) >= 0.99)
    shrunk = (expected + PRIOR_WORTH * PRIOR_LGD["bad_debt"].mean) / (1 + PRIOR_WORTH)
    assert model.overall_ == pytest.approx(shrunk)
    assert model.cells_["lgd"].to_list() == pytest.approx([shrunk])


def slow_curve(rows: list[tuple[int, list[tuple[int, float]]]], months: int, prior: float) -> list[float]:
    """Return the hazards month by month, default by default."""
    found = []
    end = exp(-months / MONTHS_TO_FADE)
    to_come = [(1 - prior) * (exp(-k / MONTHS_TO_FADE) - end) / (1 - end) for k in range(months + 1)]
    for month in range(months):
        top, bottom = CURVE_WORTH * (1 - (1 - to_come[month]) / (1 - to_come[month + 1])), CURVE_WORTH
        for age, came in rows:
            if age < (month + 1) * DAYS_PER_MONTH:
                continue
            earlier = sum(s for day, s in came if day <= month * DAYS_PER_MONTH)
            during = sum(s for day, s in came if month * DAYS_PER_MONTH < day <= (month + 1) * DAYS_PER_MONTH)
            top, bottom = top + during, bottom + 1 - earlier
        found.append(top / bottom)
    return found


def test_the_curve_and_the_completion_against_a_slow_oracle() -> None:
    rng = np.random.default_rng(5)
    rows = []
    for _ in range(60):
        age = int(rng.integers(1, 500))
        days = np.sort(rng.choice(np.arange(1, 500), 3, replace=False))
        rows.append((age, [(int(day), float(rng.uniform(0, 0.3))) for day in days if day <= age]))
    given, months, rate, prior = workouts(rows), 12, 0.1, 0.6
    paid = paid_of(given.flows, given.defaults["age_days"].to_numpy(), months=months, discount_rate=rate)
    kept = [(age, [(min(day, int(months * DAYS_PER_MONTH)), s) for day, s in came]) for age, came in rows]
    hazard = hazards(paid, np.ones((1, len(rows))), np.array([prior]))
    np.testing.assert_allclose(hazard[0], slow_curve(kept, months, prior), rtol=1e-12)
    came = completed(paid, hazard, discount_rate=rate)[0]
    for number, (age, parts) in enumerate(rows):
        value = sum(share * 1.1 ** (-day / 365) for day, share in parts)
        left, begun = 1 - sum(share for _, share in parts), age / DAYS_PER_MONTH
        for month in range(months):
            if month + 1 <= begun:
                continue
            share = hazard[0, month] * min(1.0, month + 1 - begun)
            value += left * share * 1.1 ** (-(month + 0.5) * DAYS_PER_MONTH / 365)
            left *= 1 - share
        assert came[number] == pytest.approx(value, abs=1e-12)


def test_open_workouts_are_neither_finished_nor_left_out() -> None:
    """Recoveries come evenly over three years; ages run from a month to five years."""
    rng = np.random.default_rng(2)
    n, size = 400, 5
    true = rng.beta(2, 3, n)
    rows = []
    for share in true:
        age = int(rng.integers(30, 1800))
        days = np.sort(rng.integers(1, 1080, size))
        rows.append((age, [(int(day), (1 - share) / size) for day in days if day <= age]))
    model = LossGivenDefault(discount_rate=0.0).fit_workouts(workouts(rows))
    error = true.std() / np.sqrt(n)
    finished = model.defaults_["finished"].to_numpy()
    assert 0.3 < finished.mean() < 0.7
    assert abs(model.overall_ - true.mean()) < 3 * error
    as_if_finished = 1 - model.defaults_["recovered"].mean()
    assert as_if_finished - true.mean() > 5 * error
    low, high = model.cells_.select("lgd_low", "lgd_high").row(0)
    assert low < true.mean() < high
    assert 2 * error < high - low < 10 * error
    outstanding = model.curve_["outstanding"].to_numpy()
    assert (np.diff(outstanding) <= 0).all()
    assert model.curve_["defaults"][0] == n


def test_without_defaults_the_prior_says_so() -> None:
    model = LossGivenDefault().fit_workouts(workouts([]))
    found = model.predict(pl.DataFrame({"customer_id": ["A"]}), output="polars").row(0, named=True)
    assert found["lgd"] == pytest.approx(0.77)
    assert 0.3 < found["lgd_low"] < 0.6 < 0.9 < found["lgd_high"] < 1
    assert found["lgd_defaults"] == 0
    assert found["lgd_source"].startswith("no past default in the ledger: the prior of 0.77 (a survey")
    assert model.overall_by_money_ is None


def test_segments_are_shrunk_to_the_whole_and_unseen_ones_take_it() -> None:
    rows = [(OLD, [(1, 0.9)])] * 12 + [(OLD, [])] * 3
    segments = pl.DataFrame({"customer_id": [f"C{n}" for n in range(15)], "segment": ["good"] * 12 + ["bad"] * 3})
    model = LossGivenDefault(discount_rate=0.0).fit_workouts(workouts(rows), segments=segments.to_pandas())
    overall = (12 * 0.1 + 3 + PRIOR_WORTH * 0.77) / (15 + PRIOR_WORTH)
    asked = pl.DataFrame({"customer_id": ["a", "b", "c"], "segment": ["good", "bad", "new"]})
    found = model.predict(asked, output="polars")
    expected = [(1.2 + WORTH * overall) / 22, (3 + WORTH * overall) / 13, overall]
    assert found["lgd"].to_list() == pytest.approx(expected)
    # A segment never seen takes the one around it, here the whole.
    assert found["lgd_defaults"].to_list() == [12, 3, 15]
    assert (found["lgd_low"] <= found["lgd"]).all()
    assert (found["lgd"] <= found["lgd_high"]).all()
    doubled = pl.concat([segments, segments])
    with pytest.raises(DataError, match="two segments"):
        LossGivenDefault().fit_workouts(workouts(rows), segments=doubled)


def test_the_worth_of_the_mean_around_a_group_is_measured_where_there_are_enough() -> None:
    """Groups that differ much keep their own means, groups that do not take the one around them; by hand for two."""
    rng = np.random.default_rng(4)
    names = ["a"] * 40 + ["b"] * 20
    for apart in (0.5, 0.0):
        loss = 0.3 + apart * (np.array(names) == "b") + rng.normal(0, 0.05, 60)
        found = nested_means([(n,) for n in names], loss[None], np.ones((1, 60)), np.array([0.4]), seed=0)
        a, b = loss[:40], loss[40:]
        within = (((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / 58
        spread = 40 * (a.mean() - loss.mean()) ** 2 + 20 * (b.mean() - loss.mean()) ** 2
        between = (spread - within) / (60 - (40**2 + 20**2) / 60)
        worth = 100.0 if between <= 0 else min(max(within / between, 1.0), 100.0)
        assert found.worths == pytest.approx((worth,))
        assert (worth == 1.0) == (apart > 0)
        expected = [0.4, *((own.sum() + worth * 0.4) / (len(own) + worth) for own in (a, b))]
        assert found.draws[0] == pytest.approx(expected)


def test_groups_within_groups_shrink_to_the_one_around_them() -> None:
    paths = [("x", "1")] * 2 + [("x", "2")] + [("y", "1")] * 2
    value = np.array([[0.1, 0.3, 0.5, 0.9, 1.0]])
    found = nested_means(paths, value, np.ones((1, 5)), np.array([0.6]), seed=0)
    mean = dict(zip(found.paths, found.draws[0], strict=True))
    assert mean[("x",)] == pytest.approx((0.9 + WORTH * 0.6) / (3 + WORTH))
    assert mean[("x", "1")] == pytest.approx((0.4 + WORTH * mean[("x",)]) / (2 + WORTH))
    assert mean[("y",)] == pytest.approx((1.9 + WORTH * 0.6) / (2 + WORTH))
    assert found.paths[found.nearest(("y", "1"))] == ("y",)
    assert found.paths[found.nearest(("x", "9"))] == ("x",)
    assert found.paths[found.nearest(("z", "1"))] == ()


@pytest.mark.parametrize(
    "wrong",
    [{"target": "late30"}, {"discount_rate": -0.1}, {"collection_cost_share": 1.0}, {"prior_lgd": 1.0}, {"samples": 9}],
)
def test_a_parameter_outside_its_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        LossGivenDefault(**wrong)


def test_what_is_asked_before_fitting_is_refused() -> None:
    with pytest.raises(ParameterError, match="fitted"):
        LossGivenDefault().predict(pl.DataFrame({"customer_id": ["A"]}))


def books(**more: Any) -> Ledger:
    """Return two insolvencies on 2023-06-01: A with everything that can happen to a balance, B owing nothing."""
    documents = [
        {"document_id": "A1", "customer_id": "A", "document_date": "2023-03-01", "amount": 100_00},
        {"document_id": "A2", "customer_id": "A", "document_date": "2023-05-01", "amount": 60_00},
        {"document_id": "A3", "customer_id": "A", "document_date": "2023-04-01", "amount": -10_00},
        {"document_id": "A4", "customer_id": "A", "document_date": "2023-08-01", "amount": 500_00},
        {"document_id": "A5", "customer_id": "A", "document_date": "2023-07-01", "amount": -20_00},
        {"document_id": "B1", "customer_id": "B", "document_date": "2023-03-01", "amount": 70_00},
    ]
    receipts = [
        {"receipt_id": "R1", "customer_id": "A", "date": "2023-05-20", "amount": 30_00},
        {"receipt_id": "R2", "customer_id": "A", "date": "2023-09-01", "amount": 25_00},
        {"receipt_id": "R3", "customer_id": "A", "date": "2023-10-01", "amount": 5_00},
        {"receipt_id": "R4", "customer_id": "A", "date": "2023-08-01", "amount": 500_00},
        {"receipt_id": "R5", "customer_id": "B", "date": "2023-04-01", "amount": 70_00},
    ]
    applications = [
        # Received before the default, applied after it: it was not owed on the day.
        {"from_id": "R1", "to_document_id": "A1", "amount": 30_00, "applied_on": "2023-06-20"},
        {"from_id": "A5", "to_document_id": "A2", "amount": 20_00, "applied_on": "2023-07-02", "kind": "credit_note"},
        {"to_document_id": "A1", "amount": 70_00, "applied_on": "2023-08-15", "kind": "write_off"},
        {"to_document_id": "A1", "amount": -25_00, "applied_on": "2023-09-01", "kind": "reversal"},
        {"from_id": "R2", "to_document_id": "A1", "amount": 25_00, "applied_on": "2023-09-01", "kind": "recovery"},
        # Cash before delivery after the default is no recovery.
        {"from_id": "R4", "to_document_id": "A4", "amount": 500_00, "applied_on": "2023-08-01"},
        {"from_id": "R5", "to_document_id": "B1", "amount": 70_00, "applied_on": "2023-04-01"},
    ]
    events = [{"customer_id": who, "date": "2023-06-01", "kind": "insolvency", "amount": 1} for who in ("A", "B")]
    events.append({"customer_id": "A", "date": "2023-09-01", "kind": "recovery", "amount": 25_00})
    tables = {"documents": documents, "receipts": receipts, "applications": applications, "credit_events": events}
    return ledger_of(**tables | more)


def found_in(ledger: Ledger, as_of: date = date(2025, 12, 31)) -> Workouts:
    return workouts_of(ledger, target="bad_debt", workout_months=24, as_of=as_of)


def test_what_is_owed_and_what_came_in_by_hand() -> None:
    """Owed: 100 + 60 - 10 (open credit) - 30 (earlier cash) - 20 (credited later) = 100; came 25 and, unapplied, 5."""
    found = found_in(books())
    row = found.defaults.row(0, named=True)
    assert (row["customer_id"], row["default_on"], row["exposure"]) == ("A", date(2023, 6, 1), 100.0)
    assert found.flows.rows() == [(0, 92, 0.25), (0, 122, pytest.approx(0.05))]
    assert found.without_exposure.rows() == [("B", date(2023, 6, 1))]


def test_recoveries_of_the_credit_file_count_where_the_books_show_none() -> None:
    kept = [row for row in books().table("applications").to_dicts() if row["kind"] not in ("recovery", "reversal")]
    found = found_in(
        books(applications=kept, receipts=books().table("receipts").filter(pl.col("receipt_id") != "R2").to_dicts())
    )
    assert found.flows["share"].to_list() == pytest.approx([0.25, 0.05])


def test_only_what_was_known_counts() -> None:
    day = date(2023, 8, 31)
    early = found_in(books(), day)
    assert early.flows.is_empty()
    assert early.defaults["exposure"].to_list() == [100.0]
    assert early.defaults["age_days"].to_list() == [91]
    again = found_in(books().cut(day), day)
    assert again.defaults.equals(early.defaults)


def test_money_of_another_currency_takes_the_rate_of_the_default() -> None:
    rates = [{"currency": "USD", "date": d, "rate": r} for d, r in (("2023-01-01", 0.5), ("2023-07-01", 0.9))]
    documents = [
        {"document_id": "A1", "customer_id": "A", "document_date": "2023-03-01", "amount": 100_00, "currency": "USD"}
    ]
    receipts = [{"receipt_id": "R1", "customer_id": "A", "date": "2023-12-01", "amount": 40_00, "currency": "USD"}]
    applications = [{"from_id": "R1", "to_document_id": "A1", "amount": 40_00, "applied_on": "2023-12-01"}]
    events = [{"customer_id": "A", "date": "2023-06-01", "kind": "insolvency", "amount": 1}]
    found = found_in(
        ledger_of(documents=documents, receipts=receipts, applications=applications, credit_events=events, rates=rates)
    )
    assert found.defaults["exposure"].to_list() == [50.0]
    assert found.flows["share"].to_list() == pytest.approx([0.4])


def written_off(*moves: tuple[str, int, str], more: Any = ()) -> Workouts:
    """Return the workouts of an invoice of 10,000 with write-offs and reversals on it: (day, amount, recorded on)."""
    documents = [{"document_id": "A1", "customer_id": "A", "document_date": "2020-03-01", "amount": 10_000_00}, *more]
    applications = [
        {"to_document_id": "A1", "amount": amount, "applied_on": day, "recorded_at": date.fromisoformat(seen or day)}
        | {"kind": "write_off" if amount > 0 else "reversal"}
        for day, amount, seen in moves
    ]
    events = [{"customer_id": "A", "date": "2023-06-01", "kind": "insolvency", "amount": 1}]
    return found_in(ledger_of(documents=documents, applications=applications, credit_events=events if more else []))


NEW = {"document_id": "A2", "customer_id": "A", "document_date": "2023-05-01", "amount": 70_00}


@pytest.mark.parametrize(
    ("moves", "more", "exposure"),
    [
        ([("2023-06-01", 10_000_00, "")], [], 10_000.0),
        ([("2023-02-01", 400_00, ""), ("2023-06-01", 9_600_00, "")], [], 10_000.0),
        # Seen later than it happened: the day of default is the day it is known.
        ([("2023-05-01", 10_000_00, "2023-06-01")], [], 10_000.0),
        # What was taken back before the default is not counted twice.
        (
            [("2023-02-01", 400_00, ""), ("2023-03-01", -400_00, ""), ("2023-06-01", 10_000_00, "")],
            [],
            1e4,
        ),
        # A write-off that is over a year old is not this default's; one taken back again is owed.
        ([("2020-06-01", 400_00, ""), ("2023-06-01", 9_600_00, "")], [], 9_600.0),
        (
            [("2020-06-01", 400_00, ""), ("2023-03-01", -400_00, ""), ("2023-06-01", 10_000_00, "")],
            [],
            1e4,
        ),
        # Written off within the year, seen after the insolvency.
        ([("2023-05-01", 10_000_00, "2023-06-20")], [NEW], 10_070.0),
    ],
    ids=["the day", "months before", "seen late", "taken back", "old", "old taken back", "seen after"],
)
def test_the_write_offs_that_make_the_default_were_owed(
    moves: list[tuple[str, int, str]], more: list[dict[str, Any]], exposure: float
) -> None:
    found = written_off(*moves, more=more)
    last = found.defaults.filter(pl.col("default_on") == date(2023, 6, 1))
    assert last["exposure"].to_list() == [exposure]
    assert found.without_exposure.is_empty()


def test_a_write_off_of_the_workout_before_is_not_owed_again() -> None:
    """The second default falls within a year of the first one's write-off, after its workout of six months."""
    documents = [{"document_id": "A1", "customer_id": "A", "document_date": "2022-03-01", "amount": 10_000_00}]
    documents += [
        {"document_id": f"A{n}", "customer_id": "A", "document_date": f"2023-{n:02d}-01", "amount": 800_00}
        for n in (7, 11)
    ]
    applications = [
        {"to_document_id": who, "amount": amount, "applied_on": day, "kind": "write_off"}
        for who, amount, day in (("A1", 10_000_00, "2023-01-10"), ("A11", 800_00, "2023-12-01"))
    ]
    receipts = [{"receipt_id": "R", "customer_id": "A", "date": "2023-07-01", "amount": 800_00}]
    applications.append({"from_id": "R", "to_document_id": "A7", "amount": 800_00, "applied_on": "2023-07-01"})
    ledger = ledger_of(documents=documents, applications=applications, receipts=receipts)
    found = workouts_of(ledger, target="bad_debt", workout_months=6, as_of=date(2025, 12, 31)).defaults
    assert found.select("default_on", "exposure").rows() == [
        (date(2023, 1, 10), 10_000.0),
        (date(2023, 12, 1), 800.0),
    ]


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "limit", "covered"),
    [
        ("2023-01-01", "2023-12-31", 100, True),
        ("2023-01-01", None, 100, True),
        ("2023-01-01", "2023-05-31", 100, False),
        ("2023-06-02", None, 100, False),
        ("2023-01-01", None, 0, False),
    ],
)
def test_cover_counts_when_in_force_on_the_day(valid_from: str, valid_to: str, limit: int, covered: bool) -> None:
    cover = {"cover_id": "V", "customer_id": "A", "kind": "insurance", "valid_from": valid_from, "valid_to": valid_to}
    assert found_in(books(cover=[cover | {"limit": limit}])).defaults["covered"].to_list() == [covered]


@cache
def simulated() -> tuple[Simulation, Ledger]:
    simulation = simulate_ledger(customers=900, months=60, seed=3)
    return simulation, simulation.ledger()


def test_against_the_simulators_truth() -> None:
    simulation, ledger = simulated()
    model = LossGivenDefault(discount_rate=0.0).fit(ledger)
    truth = simulation.truth["outcomes"].select("customer_id", true="lgd").drop_nulls()
    both = model.defaults_.join(truth, on="customer_id", how="inner")
    assert both.height > 25
    # What was recovered within 1,000 days is all there will be: each loss is the true one, but for cash that stopped
    # or started between the default and the closing of its books.
    old = both.filter(pl.col("age_days") > 1000)
    assert (old["lgd"] - old["true"]).abs().median() < 0.002
    # Open workouts are right on average.
    error = float(both["true"].std()) / np.sqrt(both.height)  # type: ignore[arg-type]
    young = both.filter(~pl.col("finished"))
    assert abs(young["lgd"].mean() - young["true"].mean()) < 3 * young["true"].std() / np.sqrt(young.height)  # type: ignore[operator]
    assert abs(model.overall_ - both["true"].mean()) < 3 * error  # type: ignore[operator]


def test_the_past_is_the_same_from_a_ledger_cut_then() -> None:
    _, ledger = simulated()
    day = ledger.settings.covers_to - timedelta(days=400)
    now, then = LossGivenDefault().fit(ledger, as_of=day), LossGivenDefault().fit(ledger.cut(day))
    assert now.defaults_.equals(then.defaults_)
    assert now.cells_.equals(then.cells_)


@pytest.mark.parametrize("target", ["default", "bad_debt"])
def test_open_workouts_turn_out_as_completed(target: Any) -> None:
    """Known 30 months before the end: what was then open is finished now, and lost what was expected, on average."""
    _, ledger = simulated()
    then = LossGivenDefault(target=target, discount_rate=0.0).fit(ledger, as_of=date(2025, 6, 30)).defaults_
    now = LossGivenDefault(target=target, discount_rate=0.0).fit(ledger).defaults_
    open_then = then.filter(~pl.col("finished")).select("customer_id", "default_on", expected="lgd")
    both = open_then.join(now, on=["customer_id", "default_on"], how="inner")
    assert both.height > 10
    assert both["age_days"].min() > 900  # type: ignore[operator]
    gap = (both["lgd"] - both["expected"]).to_numpy()
    assert abs(gap.mean()) < 3 * gap.std(ddof=1) / np.sqrt(len(gap))
    # Taken as finished they would have lost far more.
    left = both.join(then.select("customer_id", "default_on", then="recovered"), on=["customer_id", "default_on"])
    assert (1 - left["then"]).mean() > both["lgd"].mean()  # type: ignore[operator]
