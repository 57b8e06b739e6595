"""The contract of a source: errors become "not measured", time is kept, and what breaks the contract is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sources.local_server import LocalServer, Said

from credrisk.errors import DataError, ParameterError, SourceError
from credrisk.ledger.tables import TABLES
from credrisk.sources.base import ANSWERS, Answer, ask_source, confidence_of
from credrisk.sources.http import HttpClient

DOCS = Path(__file__).parents[2] / "docs" / "sources.md"
CUSTOMERS = pl.DataFrame({"customer_id": [20, 10], "cik": ["0000000002", None]})
FETCHED = date(2025, 6, 1)


class Told:
    """A source that says what the test tells it."""

    name, licence = "told", "invented"

    def __init__(self, answers: Callable[[Mapping[str, Any]], Sequence[Answer]], keeps_history: bool = True) -> None:
        self._answers, self.keeps_history = answers, keeps_history

    def ask(self, customer: Mapping[str, Any]) -> Sequence[Answer]:
        return self._answers(customer)


def event(known_at: date | None, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "notice",
        "happened_on": date(2025, 1, 1),
        "known_at": known_at,
        "url": "https://x.example/1",
    } | changes


def one(**changes: Any) -> Callable[[Mapping[str, Any]], Sequence[Answer]]:
    return lambda customer: [Answer("hit", retrieved_at=FETCHED, **changes)]


def test_rows_get_the_ledgers_columns_and_the_customers_ids() -> None:
    fact = {
        "measure": "revenue",
        "period_end": date(2024, 12, 31),
        "value": 5,
        "unit": "EUR",
        "known_at": date(2025, 3, 1),
    }
    result = ask_source(Told(one(facts=[fact], events=[event(date(2025, 1, 2))])), CUSTOMERS)
    assert result.facts.columns == list(TABLES["facts"].names)
    assert result.events.columns == list(TABLES["events"].names)
    assert result.facts.select("customer_id", "cik", "value", "source", "retrieved_at").rows() == [
        ("10", None, 5.0, "told", FETCHED),
        ("20", "0000000002", 5.0, "told", FETCHED),
    ]
    assert result.answers.schema == ANSWERS
    assert result.answers["customer_id"].to_list() == ["10", "20"]
    assert set(result.tables()) == {"facts", "events"}


def test_errors_and_silence_are_not_measured() -> None:
    def answers(customer: Mapping[str, Any]) -> Sequence[Answer]:
        if customer["customer_id"] == "10":
            raise SourceError("the register is closed")
        return []

    result = ask_source(Told(answers), CUSTOMERS)
    assert result.answers.select("status", "reason").rows() == [
        ("not_measured", "the register is closed"),
        ("not_measured", "the source gave no answer"),
    ]
    assert result.events.is_empty()
    assert result.events.columns == list(TABLES["events"].names)


def test_as_of_keeps_what_was_known_that_day() -> None:
    source = Told(one(events=[event(date(2025, 1, day), url=str(day)) for day in (9, 10, 11)]))
    assert ask_source(source, CUSTOMERS, as_of="2025-01-10").events["known_at"].max() == date(2025, 1, 10)
    assert ask_source(source, CUSTOMERS, as_of="2025-01-10").events.height == 4


def test_source_without_history_knows_nothing_before_it_was_fetched() -> None:
    with pytest.raises(DataError, match=r"shows only today's state.*set known_at to retrieved_at"):
        ask_source(Told(one(events=[event(date(2025, 5, 31))]), keeps_history=False), CUSTOMERS)
    assert ask_source(Told(one(events=[event(FETCHED)]), keeps_history=False), CUSTOMERS).events.height == 2


def test_source_without_history_is_not_asked_about_the_past() -> None:
    asked = []

    def answers(customer: Mapping[str, Any]) -> Sequence[Answer]:
        asked.append(customer["customer_id"])
        return [Answer("hit", retrieved_at=today, events=[event(today)])]

    today = datetime.now(UTC).date()
    source = Told(answers, keeps_history=False)
    past = ask_source(source, CUSTOMERS, as_of=today - timedelta(days=1))
    reason = f"shows only today's state, so it cannot say what was known on {today - timedelta(days=1)}"
    assert past.answers.select("status", "reason").unique().rows() == [("not_measured", reason)]
    assert past.answers.height == CUSTOMERS.height
    assert past.events.is_empty()
    assert asked == []
    for as_of in (None, today, today + timedelta(days=1)):
        assert ask_source(source, CUSTOMERS, as_of=as_of).events.height == 2
    assert ask_source(Told(one(events=[event(FETCHED)])), CUSTOMERS, as_of="2025-06-01").events.height == 2


def test_rows_carry_the_sources_id_licence_and_confidence() -> None:
    answers = one(entity="E-1", match_confidence=0.9, events=[event(FETCHED), event(FETCHED, url="2", entity="E-2")])
    rows = ask_source(Told(answers), CUSTOMERS.head(1)).events.sort("entity")
    assert rows.select("entity", "licence", "match_confidence").rows() == [
        ("E-1", "invented", 0.9),
        ("E-2", "invented", 0.9),
    ]
    bare = ask_source(Told(one(events=[event(FETCHED)])), CUSTOMERS.head(1)).events
    assert bare.select("entity", "licence", "match_confidence").rows() == [(None, "invented", None)]


def test_confidence_is_a_share_and_one_where_nothing_is_said() -> None:
    assert confidence_of({"lei": "X"}, "lei") == confidence_of({"confidence_lei": None}, "lei") == 1.0
    assert confidence_of({"confidence_lei": 0.9, "confidence_cik": 0.5}, "lei") == 0.9
    for stated in ("high", 1.5, -0.1, float("nan")):
        with pytest.raises(SourceError, match="confidence_lei is no number from 0 to 1"):
            confidence_of({"confidence_lei": stated}, "lei")


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([event(None)], "leaves required columns empty"),
        ([event(date(2025, 1, 1), headline="x")], "columns that the table does not have"),
        ([event("soon")], "values of the wrong type"),
        ([event(date(2025, 1, 1), text="a"), event(date(2025, 1, 1), text="b")], "two values for one key"),
    ],
)
def test_broken_contract_is_an_error(events: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        ask_source(Told(one(events=events)), CUSTOMERS)


def test_the_same_row_twice_counts_once() -> None:
    assert ask_source(Told(one(events=[event(FETCHED), event(FETCHED)])), CUSTOMERS).events.height == 2


@pytest.mark.parametrize(
    "customers",
    [
        pl.DataFrame({"id": ["1"]}),
        pl.DataFrame({"customer_id": ["1", "1"]}),
        pl.DataFrame({"customer_id": ["1", None]}),
    ],
)
def test_customers_must_be_told_apart(customers: pl.DataFrame) -> None:
    with pytest.raises(ParameterError, match="customers must be"):
        ask_source(Told(one()), customers)


def test_progress_reaches_the_end() -> None:
    steps: list[tuple[str, int, int]] = []
    ask_source(Told(one()), CUSTOMERS, progress=lambda *step: steps.append(step))
    assert steps == [("asking told", 0, 2), ("asking told", 1, 2), ("asking told", 2, 2)]


def test_the_source_of_the_documentation_works_in_fifty_lines(
    server: LocalServer, new_client: Callable[..., HttpClient]
) -> None:
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL) if "class " in block
    )
    assert len(code.splitlines()) <= 50
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102
    notice = {
        "type": "winding_up",
        "decided": "2025-02-01",
        "published": "2025-02-05",
        "link": "https://n.example/1",
        "title": "Notice",
    }
    server.say("/companies/77.json", Said(json.dumps({"notices": [notice]}).encode()))
    server.say("/companies/78.json", Said(b'{"error": "unknown"}', 404))
    server.say("/companies/79.json", Said(b"<html><title>Busy</title></html>", 200, "text/html"))
    customers = pl.DataFrame({"customer_id": ["A", "B", "C", "D"], "company_number": ["77", "78", "79", None]})
    result = ask_source(names["NoticeRegister"](new_client(), url=server.url), customers, as_of="2025-12-31")
    assert result.answers["status"].to_list() == ["hit", "none", "not_measured", "not_measured"]
    assert result.events.select(
        "customer_id", "company_number", "kind", "happened_on", "known_at", "source", "licence", "match_confidence"
    ).rows() == [("A", "77", "winding_up", date(2025, 2, 1), date(2025, 2, 5), "notice_register", "CC0 1.0", 1.0)]


def test_an_answer_says_nothing_about_the_time_before_it_begins() -> None:
    begins = date(2025, 3, 1)
    nothing = Told(lambda customer: [Answer("none", "no article", retrieved_at=FETCHED, covers_from=begins)])
    assert ask_source(nothing, CUSTOMERS, as_of=begins).answers["status"].to_list() == ["none", "none"]
    assert ask_source(nothing, CUSTOMERS).answers["covers_from"].to_list() == [begins, begins]
    before = ask_source(nothing, CUSTOMERS, as_of=begins - timedelta(days=1)).answers
    assert before["status"].to_list() == ["not_measured", "not_measured"]
    assert before["reason"][0].startswith("what it says begins on 2025-03-01, after 2025-02-28")
    dated = Told(one(events=[event(date(2025, 1, 9))], covers_from=begins))
    assert ask_source(dated, CUSTOMERS, as_of="2025-02-01").events.height == 2
