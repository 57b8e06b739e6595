"""The watch: the bounds of each change of behaviour, public news by known_at, whom to tell, and what is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from public_world import AS_OF, ledger, ledger_tables, write_public

from credrisk.dates import days_after
from credrisk.decisions.policy import Policy
from credrisk.decisions.watch import CHANGES, watch
from credrisk.decisions.watch_behaviour import AGES, FEATURES, behaviour_changes
from credrisk.decisions.watch_public import public_changes
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.public_beside import beside
from credrisk.sources.public_folder import PublicFolder, read_public

SINCE = date(2025, 9, 30)


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> PublicFolder:
    return read_public(write_public(tmp_path_factory.mktemp("watch") / "public"))


@pytest.fixture(scope="module")
def whole(public) -> Ledger:
    return beside(ledger(), public.path)


@pytest.fixture(scope="module")
def found(whole, public):
    return watch(whole, since=SINCE, answers=public.answers)


def kinds(found, customer: str) -> dict[str, str]:
    own = found.changes.filter(pl.col("customer_id") == customer)
    return dict(own.select("kind", "severity").iter_rows())


def test_what_changed_with_the_bakery(found):
    assert kinds(found, "A1") == {
        "winding_up_petition": "urgent",
        "slower": "serious",
        "rating": "serious",
        "figures": "watch",
        "charge_registered": "watch",
        "adverse_news": "watch",
        "accounts_overdue": "watch",
        "officer_resigned": "note",
    }
    slower = found.changes.filter(pl.col("kind") == "slower").row(0, named=True)
    assert (slower["before"], slower["after"]) == (2.0, 45.0)
    assert slower["what"] == "pays 45 days beyond terms, 2 days beyond terms before"
    rating = found.changes.filter(pl.col("kind") == "rating").row(0, named=True)
    assert rating["what"] == "creditsafe common value D, B before"


def test_a_line_a_customer_the_most_urgent_first_then_the_most_at_stake(found):
    assert found.customers["customer_id"].to_list() == ["A1", "C1"]
    first = found.customers.row(0, named=True)
    assert (first["severity"], first["changes"], first["exposure"], first["past_due"]) == ("urgent", 8, 8000.0, 4000.0)
    assert first["headline"] == "winding up petition: Petition of a creditor to wind up the company"
    assert found.changes.columns == list(CHANGES)
    assert found.watched == 4


def test_whom_to_tell(found):
    told = dict(found.changes.select("kind", "tell").iter_rows())
    assert told["winding_up_petition"] == (
        "credit analyst; desk 1 (collector); Imaginary Insurance (insurer: by the policy's duty to report)"
    )
    assert told["slower"] == "desk 1 (collector)"
    assert told["dissolution"] == "credit analyst; desk 2 (collector)"  # no cover, so no insurer
    # 60 days after the due date (15 March + 30 days is later) of the oldest open item, due on 17 March 2026
    deadline = found.customers.row(0, named=True)["insurer_deadline"]
    assert deadline == days_after(date(2026, 3, 17), 60)


def test_the_role_that_may_decide_grows_with_the_money_and_the_grade(whole, public):
    policy = Policy.default()
    grades = pl.DataFrame(
        {"customer_id": ["A1", "C1"], "status": ["at_risk"] * 2, "grade": ["F", "A"], "pd_12m": [0.2, 0.01]}
    )
    earlier = grades.with_columns(grade=pl.Series(["B", "D"]), pd_12m=0.005)
    found = watch(whole, since=SINCE, policy=policy, scores=grades, scores_before=earlier)
    told = {(one, kind): tell for one, kind, tell in found.changes.select("customer_id", "kind", "tell").iter_rows()}
    assert told["A1", "grade_worse"] == "credit manager"
    assert found.changes.filter(pl.col("kind") == "grade_worse")["severity"].to_list() == ["serious"]
    assert found.changes.filter(pl.col("kind") == "grade_worse")["what"].to_list() == ["grade F, B before"]
    assert found.changes.filter(pl.col("kind") == "pd_rose")["customer_id"].to_list() == ["A1"]
    assert kinds(found, "C1")["grade_better"] == "better"
    assert told["C1", "dissolution"].startswith("credit analyst")
    assert "grade and probability" not in found.unmeasured["what"].to_list()


def test_what_was_known_on_the_earlier_day_is_no_news_and_the_later_is_unknown(whole):
    for since, as_of, expected in (
        (date(2026, 3, 25), date(2026, 3, 26), True),
        (date(2026, 3, 26), date(2026, 3, 31), False),
        (date(2026, 3, 24), date(2026, 3, 25), False),
    ):
        found = watch(whole, since=since, as_of=as_of)
        assert ("winding_up_petition" in found.changes["kind"].to_list()) is expected
    assert "NOT KNOWN YET" not in " ".join(watch(whole, since=SINCE).changes["what"])
    assert "winding_up_order" in watch(whole, since=AS_OF, as_of=date(2026, 4, 12)).changes["kind"].to_list()


def test_future_rows_change_nothing(whole, found, public):
    cut = watch(whole.cut(AS_OF), since=SINCE, answers=public.answers)
    assert cut.changes.equals(found.changes)
    assert cut.customers.equals(found.customers)


def test_the_order_of_rows_changes_nothing(public, found):
    shuffled = {name: frame.reverse() for name, frame in ledger_tables().items()}
    read = Ledger.read(
        shuffled, currency="GBP", covers_from="2024-02-01", covers_to=AS_OF, extracted_on=AS_OF, static=("industry",)
    )
    again = watch(beside(read, public.path), since=SINCE, answers=public.answers)
    assert again.changes.equals(found.changes)


def test_what_was_not_measured_is_counted(found):
    rows = [tuple(row) for row in found.unmeasured.iter_rows()]
    assert ("grade and probability", "the results of two runs are needed (--results and --before)", 4) in rows
    assert ("companies_house", "refused (429)", 1) in rows
    assert ("opensanctions", "no key is set", 1) in rows
    assert ("courtlistener", "not asked about", 3) in rows


def test_one_reason_at_many_addresses_is_counted_once(whole):
    def refused(customer: str, *paths: str) -> list[dict[str, object]]:
        said = [f"https://api.example.org{path}: answered status 404." for path in paths]
        each = {"customer_id": customer, "source": "own", "status": "not_measured", "retrieved_at": AS_OF}
        return [each | {"part": str(place), "reason": reason} for place, reason in enumerate(said)]

    answers = pl.DataFrame([*refused("A1", "/a/1?x=1", "/b/1"), *refused("B1", "/a/2")])
    rows = [tuple(row) for row in watch(whole, since=SINCE, answers=answers).unmeasured.iter_rows()]
    assert [row for row in rows if row[0] == "own" and "404" in row[1]] == [
        ("own", "api.example.org: answered status 404.", 2)
    ]


def test_without_a_record_of_lookups_that_is_said(whole):
    rows = watch(whole, since=SINCE).unmeasured
    assert ("public information", "who was looked up is not recorded", 4) in [tuple(row) for row in rows.iter_rows()]


def test_a_ledger_that_is_not_newer_is_not_compared(whole):
    found = watch(whole, since=AS_OF, as_of=date(2026, 4, 12))
    assert set(found.changes["area"]) == {"public"}
    assert ("behaviour", f"the ledger ends on {AS_OF}, not after {AS_OF}", 4) in [
        tuple(row) for row in found.unmeasured.iter_rows()
    ]


def test_nothing_changed_is_an_empty_list():
    quiet = watch(ledger(), since=date(2026, 3, 28), as_of=date(2026, 3, 30))
    assert quiet.customers.is_empty()
    assert quiet.changes.columns == list(CHANGES)


@pytest.mark.parametrize("since", ["2026-03-31", "2026-04-01", "2020-01-01"])
def test_a_day_that_is_not_before_or_not_covered_is_refused(since):
    with pytest.raises(ParameterError, match="since"):
        watch(ledger(), since=since)
    with pytest.raises(ParameterError, match="material"):
        watch(ledger(), since=SINCE, material=-1.0)


BASE = (
    dict.fromkeys(FEATURES, 0.0)
    | {f"{name}_before": 0.0 for name in FEATURES}
    | {"broken": 0, "broken_money": 0.0, "exposure": 1e6, "days": 30.0}
)


def told(**changed) -> dict[str, str]:
    row = {"customer_id": "X"} | BASE | changed
    floats = {name: pl.Float64 for name in row if name not in ("customer_id", "broken")}
    both = pl.DataFrame([row], schema={"customer_id": pl.String, **floats, "broken": pl.Int64})
    frame = behaviour_changes(both, currency="EUR", material=500.0, scored=False)
    return dict(frame.select("kind", "severity").iter_rows())


def test_the_bounds_of_each_change():
    never = {"days_beyond_report_overdue": None, "days_beyond_stop_shipment": None, "days_since_cover_cut": None}
    calm = never | {f"{name}_before": None for name in never}
    assert told(**calm) == {}
    assert told(past_due=499.0, **calm) == {}
    assert told(past_due=500.0, **calm) == {"past_due": "watch"}
    assert told(past_due=5_600.0, past_due_before=5_000.0, **calm) == {}  # a fifth more: no quarter
    assert told(past_due=0.0, past_due_before=900.0, **calm) == {"past_due": "better"}
    assert told(dbt_3m=9.9, **calm) == {}
    assert told(dbt_3m=10.0, **calm) == {"slower": "watch"}
    assert told(dbt_3m=30.0, **calm) == {"slower": "serious"}
    assert told(dbt_3m=40.0, exposure=499.0, **calm) == {}
    assert told(dbt_3m=9.0, dbt_3m_before=-30.0, **calm) == {}  # early before, in time now
    assert told(dbt_3m=2.0, dbt_3m_before=12.0, **calm) == {"faster": "better"}
    assert told(dbt_3m=90.0, dbt_3m_before=None, **calm) == {}
    assert told(disputed_open=800.0, **calm) == {"dispute": "watch"}
    assert told(over_limit=499.0, **calm) == {}
    assert told(over_limit=500.0, **calm) == {"over_limit": "watch"}
    assert told(over_limit=501.0, over_limit_before=500.0, **calm) == {}
    assert told(**calm | {"days_since_cover_cut": 29.0}) == {"cover_cut": "serious"}
    assert told(**calm | {"days_since_cover_cut": 30.0}) == {}  # cut on the earlier day: known then
    assert told(broken=1, broken_money=700.0, **calm) == {"broken_promise": "watch"}


def test_an_item_that_passes_an_age_is_told_once_where_its_money_matters():
    calm = {
        f"days_beyond_{name}{end}": None for name in ("report_overdue", "stop_shipment") for end in ("", "_before")
    } | {"days_since_cover_cut": None}
    rich = calm | {"past_due": 1_000.0, "past_due_before": 1_000.0}
    for age in AGES:
        assert told(oldest_open_days=age, oldest_open_days_before=age - 1.0, **rich) == {}
        expected = "serious" if age == AGES[-1] else "watch"
        assert told(oldest_open_days=age + 1.0, oldest_open_days_before=age, **rich) == {"overdue_age": expected}
        assert told(oldest_open_days=age + 20.0, oldest_open_days_before=age + 1.0, **rich) == {}
    assert told(oldest_open_days=100.0, past_due=499.0, past_due_before=499.0, **calm) == {}


def test_the_insurers_term_and_stop():
    stop = {"days_beyond_stop_shipment": None, "days_beyond_stop_shipment_before": None, "days_since_cover_cut": None}
    term = "days_beyond_report_overdue"
    assert told(**{term: -8.0, f"{term}_before": -38.0}, **stop) == {}
    assert told(**{term: -7.0, f"{term}_before": -38.0}, **stop) == {"insurer_term": "serious"}
    assert told(**{term: 0.0, f"{term}_before": -3.0}, **stop) == {}
    assert told(**{term: 1.0, f"{term}_before": -3.0}, **stop) == {"insurer_term": "urgent"}
    assert told(**{term: 31.0, f"{term}_before": 1.0}, **stop) == {}
    assert told(**{term: 5.0, f"{term}_before": None}, **stop) == {"insurer_term": "urgent"}
    none = {term: None, f"{term}_before": None, "days_since_cover_cut": None}
    assert told(days_beyond_stop_shipment=0.0, days_beyond_stop_shipment_before=-1.0, **none) == {
        "stop_shipment": "serious"
    }


def test_a_promise_broken_in_between_is_told_and_one_broken_before_is_not():
    tables = ledger_tables()
    tables["promises"] = pl.DataFrame(
        {
            "promise_id": ["P1", "P2"],
            "customer_id": ["A1", "A1"],
            "document_id": ["A1-01", "A1-01"],
            "made_on": [date(2025, 8, 1), date(2026, 3, 16)],
            "due_on": [date(2025, 8, 20), date(2026, 3, 20)],
            "amount": [1_000.0, 1_500.0],
        }
    )
    read = Ledger.read(tables, currency="GBP", covers_from="2024-02-01", covers_to=AS_OF, extracted_on=AS_OF)
    found = watch(read, since=date(2026, 2, 28))
    (broken,) = found.changes.filter(pl.col("kind") == "broken_promise").iter_rows(named=True)
    assert broken["what"] == "a promise of 1,500 GBP was broken"
    assert "broken_promise" not in watch(read, since=date(2026, 3, 30)).changes["kind"].to_list()


def test_reading_the_folder_of_a_watch_needs_no_answers(tmp_path: Path):
    folder = write_public(tmp_path / "public")
    (folder / "answers.csv").unlink()
    assert "answers" not in read_public(folder).has


def test_a_doubtful_match_is_said(whole):
    doubtful = dict(whole.tables)
    doubtful["events"] = doubtful["events"].with_columns(match_confidence=pl.lit(0.6))
    found = watch(whole.replace(tables=doubtful), since=date(2026, 3, 25))
    assert found.customers["headline"].to_list() == [
        "winding up petition: Petition of a creditor to wind up the company (that this is the customer is 60 % sure: "
        "check first)"
    ]


def test_what_another_source_told_before_the_time_looked_at_is_no_news(whole):
    def petition(source: str, happened: date, known: date) -> dict[str, object]:
        return {"customer_id": "B1", "kind": "Winding-up petition", "source": source, "happened_on": happened,
                "known_at": known, "url": None, "text": "a petition"}  # fmt: skip

    rows = [
        petition("gazette", date(2025, 9, 20), date(2025, 9, 20)),
        petition("companies_house_profile", date(2025, 9, 12), date(2025, 10, 6)),
    ]
    events = whole.table("events").clear()

    def told(*given: dict[str, object]) -> list[str]:
        frame = pl.concat([events, pl.DataFrame(given, schema_overrides={"url": pl.String})], how="diagonal")
        return public_changes(
            facts=whole.table("facts"), events=frame, ratings=whole.table("ratings"), since=SINCE, as_of=AS_OF
        ).filter(pl.col("customer_id") == "B1")["source"].to_list()  # fmt: skip

    assert told(rows[1]) == ["companies_house_profile"]
    assert told(*rows) == []
    assert told(*rows, petition("companies_house", date(2026, 1, 5), date(2026, 1, 7))) == ["companies_house"]
