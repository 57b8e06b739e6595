"""The contract of market sources: the ledger's columns, the day of release, and what breaks the contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from credrisk.errors import DataError, SourceError
from credrisk.ledger.tables import TABLES
from credrisk.sources.market_base import MARKET_ANSWERS, MarketAnswer, ask_market, revisions
from credrisk.sources.market_periods import day_of, divided, number_of, period_end

FETCHED = date(2025, 6, 1)
JUNE = date(2024, 6, 30)


class Told:
    name, licence = "told", "invented"

    def __init__(self, *answers: MarketAnswer, keeps_history: bool = True) -> None:
        self._answers, self.keeps_history = answers, keeps_history

    def series(self) -> Sequence[MarketAnswer]:
        return self._answers


class Closed(Told):
    def series(self) -> Sequence[MarketAnswer]:
        raise SourceError("the office is closed")


def hit(*rows: dict[str, Any], **changes: Any) -> MarketAnswer:
    stated = {"series": "interest_rate", "country": "DE", "url": "https://x.example", "retrieved_at": FETCHED}
    return MarketAnswer("hit", rows=rows, **{**stated, **changes})


def row(known_at: Any, value: Any = 0.05, end: Any = JUNE, **changes: Any) -> dict[str, Any]:
    return {"period_end": end, "value": value, "known_at": known_at, **changes}


def test_answers_become_the_ledgers_table() -> None:
    everywhere = hit(row(date(2024, 8, 1), 7), series="failure_rate", country="", licence="other")
    market, answers = ask_market([Told(hit(row(date(2024, 7, 3), industry="Construction")), everywhere)])
    assert market.columns == list(TABLES["market"].names)
    assert market.rows() == [
        ("failure_rate", None, None, JUNE, 7.0, date(2024, 8, 1), "told"),
        ("interest_rate", "DE", "Construction", JUNE, 0.05, date(2024, 7, 3), "told"),
    ]
    assert answers.schema == MARKET_ANSWERS
    assert answers.select(
        "series", "country", "status", "rows", "last_period_end", "last_known_at", "licence"
    ).rows() == [
        ("interest_rate", "DE", "hit", 1, JUNE, date(2024, 7, 3), "invented"),
        ("failure_rate", "", "hit", 1, JUNE, date(2024, 8, 1), "other"),
    ]


def test_errors_and_silence_are_not_measured() -> None:
    market, answers = ask_market([Closed(), Told()])
    assert market.is_empty()
    assert answers.select("status", "reason").rows() == [
        ("not_measured", "the office is closed"),
        ("not_measured", "the source gave no answer"),
    ]


def test_as_of_keeps_what_was_known_that_day() -> None:
    told = Told(hit(row(date(2024, 7, 3), 1), row(date(2024, 8, 2), 2), row(date(2024, 8, 3), 3)))
    market, answers = ask_market([told], as_of="2024-08-02")
    assert market["value"].to_list() == [1, 2]
    assert answers["rows"].to_list() == [2]


def test_a_source_without_history_is_not_asked_about_the_past() -> None:
    todays = hit(row(FETCHED))
    assert ask_market([Told(todays, keeps_history=False)])[0].height == 1
    market, answers = ask_market([Told(todays, keeps_history=False)], as_of="2025-06-01")
    assert market.is_empty()
    assert answers.row(0, named=True)["status"] == "not_measured"
    assert "shows only today's state" in answers["reason"][0]
    with pytest.raises(DataError, match=r"nothing of it was known before.*set known_at to retrieved_at"):
        ask_market([Told(hit(row(date(2025, 5, 31))), keeps_history=False)])


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (hit(row(None)), "leaves required columns empty"),
        (hit(row(FETCHED, None)), "leaves required columns empty"),
        (hit(row(FETCHED, end=None)), "leaves required columns empty"),
        (hit(row(FETCHED), series=""), "leaves required columns empty"),
        (hit(row(FETCHED, "high")), "values of the wrong type"),
        (hit(row(FETCHED, 1), row(FETCHED, 2)), "two values for one key"),
    ],
)
def test_broken_contract_is_an_error(answer: MarketAnswer, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        ask_market([Told(answer)])


def test_progress_reaches_the_end() -> None:
    steps: list[tuple[str, int, int]] = []
    ask_market([Told(hit(row(FETCHED)))], progress=lambda *step: steps.append(step))
    assert [step[1:] for step in steps] == [(0, 1), (1, 1)]


def test_revisions_say_nothing_twice_and_pass_over_withdrawals() -> None:
    first, second, third = (date(2024, 7, day) for day in (1, 2, 3))
    observed = [
        (JUNE, 2.0, third),
        (JUNE, None, date(2024, 6, 30)),  # there was no value yet
        (JUNE, 1.0, first),
        (JUNE, 1.0, second),
        (JUNE, None, date(2024, 7, 4)),
        (JUNE, 2.0, date(2024, 7, 6)),
        (date(2024, 3, 31), 8.0, second),
        (date(2024, 3, 31), 9.0, second),
    ]
    assert [(r["period_end"], r["value"], r["known_at"]) for r in revisions(observed)] == [
        (JUNE, 1.0, first),
        (date(2024, 3, 31), 9.0, second),
        (JUNE, 2.0, third),
        (JUNE, 2.0, date(2024, 7, 6)),
    ]


@pytest.mark.parametrize(
    ("label", "end"),
    [
        ("2024", date(2024, 12, 31)),
        ("2024-S1", date(2024, 6, 30)),
        ("2024-Q1", date(2024, 3, 31)),
        ("2024Q4", date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 29)),
        ("2024M12", date(2024, 12, 31)),
        ("2020-W53", date(2021, 1, 3)),
        ("2024-06-12", date(2024, 6, 12)),
    ],
)
def test_a_period_ends_on_its_last_day(label: str, end: date) -> None:
    assert period_end(label) == end


@pytest.mark.parametrize("label", ["", "24", "2024-Q5", "2024-13", "2023-W53", "2024-02-30", "2024-6-1", "0000"])
def test_what_is_no_period_is_an_error(label: str) -> None:
    with pytest.raises(SourceError, match="is no"):
        period_end(label)


def test_figures_and_dates_are_read_strictly() -> None:
    assert [number_of(text) for text in (".", "", "NaN", ":", "-1.5", "2e-3", "7")] == [None] * 4 + [-1.5, 0.002, 7.0]
    for text in ("1,5", "inf", "1.2.3", "n/a", "0x1"):
        with pytest.raises(SourceError, match="is no number"):
            number_of(text)
    for text in ("20240630", "2024-W01-1", "2024-02-30"):
        with pytest.raises(SourceError, match="is no date"):
            day_of(text)


def test_percentages_become_shares_without_dust() -> None:
    assert [divided(figure, 100) for figure in (1.12, 33.9, -0.7, None)] == [0.0112, 0.339, -0.007, None]
    assert divided(1.12, 1) == 1.12
