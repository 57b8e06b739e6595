"""The overnight run on a server of this machine: what is asked, kept, taken up again, refreshed, and written."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sources import notices
from sources.local_server import LocalServer, Said
from sources.notices import Board, Notices, hang, notice, unknown

from credrisk.errors import DataError, ParameterError
from credrisk.sources import asking
from credrisk.sources import enrich as enriching
from credrisk.sources.answer_store import STORE_FILE, AnswerStore
from credrisk.sources.base import Answer
from credrisk.sources.enrich import Enriched, enrich, enrichment_plan

CONTACT = "Example Trading credit@example.com"
TODAY = datetime.now(UTC).date()
CUSTOMERS = pl.DataFrame({"customer_id": ["C1", "C2", "C3"], "company_number": ["1", "2", None]})


@pytest.fixture
def run(server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(notices.ADDRESS, server.url)
    hang(server, "1", notice())
    unknown(server, "2")

    def one(*sources: Any, customers: pl.DataFrame = CUSTOMERS, fresh_cache: bool = False, **options: Any) -> Enriched:
        cache = tmp_path / (f"cache{len(server.seen)}" if fresh_cache else "cache")
        settings = {"out": tmp_path / "public", "cache_folder": cache, "contact": CONTACT}
        return enrich(customers, list(sources) or [Notices], **{**settings, **options})

    return one


def statuses(result: Enriched) -> dict[str, str]:
    return dict(result.state.answers.select("customer_id", "status").rows())


def test_every_customer_gets_an_answer_and_what_was_found_is_a_table_of_the_ledger(run: Any, tmp_path: Path) -> None:
    result = run()
    assert statuses(result) == {"C1": "hit", "C2": "none", "C3": "not_measured"}
    event = result.state.events.row(0, named=True)
    assert (event["customer_id"], event["company_number"], event["known_at"]) == ("C1", "1", date(2024, 3, 5))
    assert (event["source"], event["licence"], event["retrieved_at"]) == ("notices", "CC0 1.0", TODAY)
    assert (event["entity"], event["match_confidence"]) == ("1", 1.0)
    assert {path.name for path in result.files} == {"events.csv", "answers.csv"}
    assert {path.name for path in (tmp_path / "public").iterdir()} >= {STORE_FILE, "events.csv", "answers.csv"}
    assert result.summary.row(0, named=True) == {
        "source": "notices",
        "part": "",
        "hit": 1,
        "none": 1,
        "not_measured": 1,
        "customers_asked": 3,
        "answered": 2,
        "from_cache": 0,
        "failed": 0,
    }
    assert not result.nothing_measured


def test_a_second_run_asks_nobody_and_writes_the_same(run: Any, server: LocalServer) -> None:
    first = run()
    before = {path: path.read_bytes() for path in first.files}
    asked = len(server.seen)
    second = run(fresh_cache=True)
    assert len(server.seen) == asked
    assert {path: path.read_bytes() for path in second.files} == before
    assert second.summary["customers_asked"].to_list() == [0]


def test_what_was_not_measured_is_asked_again_and_stays_unmeasured_until_answered(
    run: Any, server: LocalServer
) -> None:
    path = hang(server, "2", notice())
    server.say(path, Said(b"<html><title>Sorry</title>", 200, "text/html"), Said(b'{"notices": []}'))
    first = run().state.answers.row(1, named=True)
    assert (first["status"], "answered a web page" in first["reason"]) == ("not_measured", True)
    assert statuses(run())["C2"] == "hit"
    assert server.count("/notices/1.json") == 1


def test_old_answers_are_asked_again_and_a_failure_then_does_not_erase_them(run: Any, server: LocalServer) -> None:
    run()
    hang(server, "1", notice(), notice("strike_off_notice", "2024-06-01"))
    again = run(refresh_after=timedelta(0), fresh_cache=True)
    assert again.state.events["kind"].to_list() == ["petition", "strike_off_notice"]
    server.say("/notices/1.json", Said(b"busy", 404, "text/plain"))
    failed = run(refresh_after=timedelta(0), fresh_cache=True)
    assert failed.state.events.equals(again.state.events)
    row = failed.state.answers.row(0, named=True)
    assert row["status"] == "not_measured"
    assert f"what it said on {TODAY} stays" in row["reason"]


class Undated(Notices):
    """A source that forgets to say when it read."""

    def ask(self, customer: Mapping[str, Any]) -> list[Answer]:
        return [Answer("none", "nothing") if customer["company_number"] else Answer("not_measured", "no number")]


def test_an_answer_that_does_not_say_when_it_was_read_grows_old_from_the_day_of_the_question(run: Any) -> None:
    assert run(Undated).summary["customers_asked"].to_list() == [3]
    assert run(Undated).summary["customers_asked"].to_list() == [0]
    assert run(Undated, refresh_after=timedelta(0)).summary["customers_asked"].to_list() == [2]


def test_what_a_dated_source_no_longer_lists_was_known_all_the_same(run: Any, server: LocalServer) -> None:
    hang(server, "1", notice("gone", "2024-01-05"))
    run()
    hang(server, "1", notice())
    result = run(refresh_after=timedelta(0), fresh_cache=True)
    assert result.state.events["kind"].to_list() == ["gone", "petition"]


def window(monkeypatch: pytest.MonkeyPatch, day: date, reaches_back: int) -> None:
    """Let the notices be asked on a day, and say that they have nothing of so many days."""

    def ask(self: Notices, customer: Mapping[str, Any]) -> list[Answer]:
        return [Answer("none", "nothing", retrieved_at=day, covers_from=day - timedelta(days=reaches_back))]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Clock:
            return cls(day.year, day.month, day.day, tzinfo=tz)

    monkeypatch.setattr(Notices, "ask", ask)
    monkeypatch.setattr(enriching, "datetime", Clock)


def test_nothing_found_speaks_of_the_days_that_the_source_reaches_back(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def on(day: str) -> tuple[str, date]:
        (answer,) = run(customers=CUSTOMERS.head(1), as_of=day).state.answers.rows(named=True)
        return answer["status"], answer["retrieved_at"]

    june, july, october = date(2025, 6, 1), date(2025, 7, 1), date(2025, 10, 1)
    for day in (june, july, october):
        window(monkeypatch, day, 40)
        assert run(customers=CUSTOMERS.head(1)).state.answers["status"].to_list() == ["none"]
    assert on("2025-04-21") == ("not_measured", october)
    assert on("2025-04-22") == ("none", july), "June and July touch, and are one window"
    assert on("2025-08-22") == ("none", october)
    with AnswerStore(tmp_path / "public") as store:
        windows = [(kept.covers_from, kept.retrieved_at) for kept in store.kept()]
    assert windows == [(date(2025, 4, 22), july), (date(2025, 8, 22), october)]


def test_an_undated_event_of_a_source_with_history_is_told_once(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    june, july, august = date(2025, 6, 1), date(2025, 7, 1), date(2025, 8, 1)
    for day in (june, july, august):
        window(monkeypatch, day, 0)

        def ask(self: Notices, customer: Mapping[str, Any], day: date = day) -> list[Answer]:
            common = {"known_at": day, "url": "https://n.example", "text": "since when was not published"}
            undated = {"kind": "entity_inactive", "happened_on": day, **common}
            listed = {"kind": "sanctioned", "happened_on": date(2020, 1, 1), **common}
            dated = {
                **undated,
                "kind": "renewed",
                "known_at": date(2024, day.month, 1),
                "happened_on": date(2024, 1, 1),
            }
            return [Answer("hit", entity="1", retrieved_at=day, events=[undated, listed, dated])]

        monkeypatch.setattr(Notices, "ask", ask)
        result = run(customers=CUSTOMERS.head(1))
    told = result.state.events.select("kind", "known_at").rows()
    assert [day for kind, day in told if kind == "entity_inactive"] == [june]
    assert [day for kind, day in told if kind == "sanctioned"] == [june]
    assert [day.month for kind, day in told if kind == "renewed"] == [6, 7, 8]


def test_only_what_was_known_on_the_day_is_written(run: Any, server: LocalServer) -> None:
    hang(server, "1", *(notice(published=f"2024-03-0{day}", text=str(day)) for day in (4, 5, 6)))
    assert run(as_of="2024-03-05").state.events["text"].to_list() == ["4", "5"]
    assert run(as_of="2024-03-03").state.events.is_empty()
    assert run().state.events.height == 3
    assert server.count("/notices/1.json") == 1


def test_other_ids_are_another_question_and_the_wrong_companys_answers_go(run: Any, server: LocalServer) -> None:
    run()
    hang(server, "7", notice("strike_off_notice"))
    moved = CUSTOMERS.with_columns(company_number=pl.Series(["7", "2", None]))
    result = run(customers=moved)
    assert result.state.events.select("kind", "entity").rows() == [("strike_off_notice", "7")]
    assert server.count("/notices/2.json") == 1
    less_sure = moved.with_columns(confidence_company_number=pl.lit(0.8))
    assert run(customers=less_sure).state.events["match_confidence"].to_list() == [0.8]
    assert run(customers=CUSTOMERS.head(0).clone()).state.answers.is_empty()


def test_a_wrong_companys_answers_go_even_if_its_source_is_not_asked(run: Any, server: LocalServer) -> None:
    run()
    hang(server, "7", source="board")
    result = run(Board, customers=CUSTOMERS.with_columns(company_number=pl.Series(["7", "2", None])))
    rows = {row["source"]: row for row in result.state.answers.filter(customer_id="C1").rows(named=True)}
    assert rows["notices"]["status"] == "not_measured"
    assert "other ids" in rows["notices"]["reason"]
    assert result.state.events.is_empty()


def at(monkeypatch: pytest.MonkeyPatch, day: date, state: Mapping[str, Any]) -> None:
    """Let the board be asked, and answer, on another day."""

    def ask(self: Board, customer: Mapping[str, Any]) -> list[Answer]:
        rows = [
            {"kind": kind, "happened_on": date(2024, 1, 1), "known_at": day, "url": "https://b.example", "text": kind}
            for kind in state["events"]
        ]
        facts = [
            {"measure": m, "period_end": day, "value": value, "known_at": day} for m, value in state["facts"].items()
        ]
        return [Answer("hit", "", "", "1", "https://b.example", day, 1.0, facts=facts, events=rows)]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Clock:
            return cls(day.year, day.month, day.day, tzinfo=tz)

    monkeypatch.setattr(Board, "ask", ask)
    monkeypatch.setattr(enriching, "datetime", Clock)


def test_snapshots_stay_and_an_earlier_day_sees_the_earlier_one(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    june, july, august = date(2025, 6, 1), date(2025, 7, 1), date(2025, 8, 1)
    one = CUSTOMERS.head(1)
    at(monkeypatch, june, {"events": ["overdue", "petition"], "facts": {"employees": 10.0, "rating": 1.0}})
    run(Board, customers=one)
    at(monkeypatch, july, {"events": ["overdue"], "facts": {"employees": 8.0}})
    run(Board, customers=one)
    at(monkeypatch, august, {"events": ["overdue", "struck_off"], "facts": {"employees": 8.0}})
    now = run(Board, customers=one)
    assert now.state.events.select("kind", "known_at").rows() == [("overdue", june), ("struck_off", august)]
    seen = now.state.facts.sort("known_at").select("measure", "value", "known_at").rows()
    assert seen == [("employees", 10.0, june), ("employees", 8.0, july), ("employees", 8.0, august)]
    then = run(Board, customers=one, as_of="2025-06-30")
    assert then.state.events.select("kind", "known_at").rows() == [("overdue", june), ("petition", june)]
    assert dict(then.state.facts.select("measure", "value").rows()) == {"employees": 10.0, "rating": 1.0}
    assert then.state.answers["retrieved_at"].to_list() == [june]
    before = run(Board, customers=one, as_of="2025-05-31")
    assert before.state.events.is_empty()
    assert before.state.answers["status"].to_list() == ["not_measured"]
    assert "first asked on 2025-06-01" in before.state.answers["reason"][0]


def test_a_source_of_todays_state_is_not_asked_about_the_past(run: Any, server: LocalServer) -> None:
    hang(server, "1", notice(), source="board")
    result = run(Board, as_of="2024-12-31")
    assert server.seen == []
    assert set(result.state.answers["reason"]) == {"it shows only today's state, and was not asked by 2024-12-31"}
    assert statuses(result) == dict.fromkeys(("C1", "C2", "C3"), "not_measured")
    assert result.nothing_measured


def test_a_run_stops_at_its_budget_and_the_next_goes_on(run: Any, server: LocalServer) -> None:
    customers = pl.DataFrame({"customer_id": list("abcdef"), "company_number": list("123456")})
    for number in "123456":
        hang(server, number, notice())
    first = run(customers=customers, max_requests=4)
    assert (len(server.seen), first.unfinished) == (4, ("notices",))
    assert first.state.events.height == 4
    assert statuses(first) == dict.fromkeys("abcd", "hit") | dict.fromkeys("ef", "not_measured")
    assert first.state.answers["reason"][-1] == "not asked yet: the run ended before"
    second = run(customers=customers)
    assert (len(server.seen), second.unfinished) == (6, ())
    assert second.state.events.height == 6
    assert max(server.count(f"/notices/{number}.json") for number in "123456") == 1


def test_few_requests_a_night_get_round_to_everybody(run: Any, server: LocalServer) -> None:
    customers = pl.DataFrame({"customer_id": list("abcd"), "company_number": list("1234")})
    for number in "1234":
        hang(server, number, notice())
    for _ in range(3):
        run(customers=customers, max_requests=2, refresh_after=timedelta(0), fresh_cache=True)
    assert [path[9] for _, _, path, _, _ in server.seen] == ["1", "2", "3", "4", "1", "2"]


def test_a_host_that_refuses_is_left_alone_and_the_others_go_on(run: Any, server: LocalServer) -> None:
    server.say("/notices/1.json", Said(b"<html>no</html>", 403, "text/html"))
    result = run()
    assert statuses(result) == dict.fromkeys(("C1", "C2", "C3"), "not_measured")
    assert len(server.seen) == 1
    assert result.nothing_measured


def test_a_journal_that_cannot_be_written_stops_the_run_in_words(run: Any, tmp_path: Path) -> None:
    run(customers=CUSTOMERS.head(1))
    with sqlite3.connect(tmp_path / "public" / STORE_FILE) as journal:
        journal.execute("CREATE TRIGGER full BEFORE INSERT ON answers BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    journal.close()
    with pytest.raises(DataError, match=r"store\.sqlite cannot be written \(disk is full\)"):
        run()
    with sqlite3.connect(tmp_path / "public" / STORE_FILE) as journal:
        journal.execute("DROP TRIGGER full")
    journal.close()
    assert statuses(run()) == {"C1": "hit", "C2": "none", "C3": "not_measured"}


class Faulty(Notices):
    """A register whose program fails on one company and breaks the contract on another."""

    name = "faulty"

    def ask(self, customer: Mapping[str, Any]) -> list[Answer]:
        if customer["company_number"] == "1":
            raise KeyError("title")
        return [Answer("hit", retrieved_at=TODAY, events=[{"kind": "x", "happened_on": TODAY, "known_at": None}])]


def test_a_source_that_breaks_spoils_one_customer_not_the_night(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    reasons = run(Faulty, customers=CUSTOMERS.head(2)).state.answers["reason"].to_list()
    assert reasons[0] == "the source's program failed (KeyError)"
    assert "breaks the contract" in reasons[1]
    assert "faulty failed on customer C1" in caplog.text


def test_sources_work_side_by_side_and_offline_asks_nobody(run: Any, server: LocalServer) -> None:
    hang(server, "1", notice(), source="board")
    nobody = run(Notices, Board, offline=True)
    assert server.seen == []
    assert set(nobody.state.answers["status"]) == {"not_measured"}
    both = run(Notices, Board)
    assert both.state.events.select("source", "known_at").rows() == [
        ("board", TODAY),
        ("notices", date(2024, 3, 5)),
    ]
    assert both.summary["source"].to_list() == ["board", "notices"]


def test_the_tables_are_there_once_a_quick_source_is_through(run: Any, server: LocalServer, tmp_path: Path) -> None:
    class Slow(Board):
        """A board whose host is asked once the notices have been written."""

        def ask(self, customer: Mapping[str, Any]) -> list[Answer]:
            until = time.monotonic() + 20
            while not (tmp_path / "public" / "events.csv").exists() and time.monotonic() < until:
                time.sleep(0.01)
            return super().ask(customer)

    hang(server, "1", notice(), source="board")
    seen = {path.name: path.stat().st_mtime_ns for path in run(Notices, Slow, customers=CUSTOMERS.head(1)).files}
    assert set(seen) == {"events.csv", "answers.csv"}
    assert run(Notices, Slow, customers=CUSTOMERS.head(1)).state.events["source"].to_list() == ["board", "notices"]


def test_the_plan_says_what_a_run_would_ask(run: Any, server: LocalServer, tmp_path: Path) -> None:
    plan = enrichment_plan(CUSTOMERS, [Notices, Board], out=tmp_path / "public")
    assert plan.select("source", "customers", "due", "requests").rows() == [("notices", 3, 2, 2), ("board", 3, 2, 2)]
    assert server.seen == []
    assert not (tmp_path / "public").exists()
    run()
    assert enrichment_plan(CUSTOMERS, [Notices], out=tmp_path / "public")["due"].to_list() == [0]


def test_one_run_at_a_time_and_foreign_files_stay(run: Any, tmp_path: Path) -> None:
    with AnswerStore(tmp_path / "public"), pytest.raises(ParameterError, match="no other enrichment works on"):
        run()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "facts.csv").write_text("mine")
    with pytest.raises(ParameterError, match=r"without facts\.csv of your own"):
        run(out=tmp_path / "mine")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / STORE_FILE).write_bytes(b"no database at all, only words " * 100)
    with pytest.raises(DataError, match="is no journal of answers"):
        run(out=tmp_path / "bad")


@pytest.mark.parametrize(
    ("sources", "problem"),
    [
        (["nonsense"], "one of .*sec_edgar"),
        (["sources.notices:Nothing"], "one of"),
        ([Notices, "sources.notices:Notices"], "each once"),
        ([], "one or more"),
        ([str], "a class with the attributes name, licence, keeps_history"),
    ],
)
def test_sources_that_are_none(sources: list[Any], problem: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=problem):
        enrich(CUSTOMERS, sources, out=tmp_path, contact=CONTACT)


def test_an_interrupted_run_says_so_and_leaves_what_it_knows(run: Any, server: LocalServer) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "Asking notices":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(progress=stop)
    run()
    assert server.count("/notices/1.json") == server.count("/notices/2.json") == 1
    assert asking.LAST_QUESTION > 0


@pytest.fixture(autouse=True)
def _no_address_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDRISK_CONTACT", raising=False)
