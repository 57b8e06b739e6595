"""The widgets hand every change to the plain functions and show what follows; no text becomes markup."""

from __future__ import annotations

import base64
import re

import polars as pl
import pytest
from decisions.cases import scores_of
from decisions.test_queue import AS_OF, invoice
from desk_world import HOSTILE, desk_of, ledger_and_scores
from small_ledgers import ledger_of

from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.supervisor_hand import hand_of
from credrisk.widgets import desk_app
from credrisk.widgets.desk import by_hand, made_list, open_desk
from credrisk.widgets.desk_files import PLACE, write_desk
from credrisk.widgets.desk_hand import done_csv
from credrisk.widgets.desk_page import DeskPage


@pytest.fixture
def page():
    return DeskPage(desk_of(capacity=3))


def customers(page):
    return [row["id"] for row in page.table.rows]


def a_waiting_one(page):
    return made_list(page.desk).filter(pl.col("hold").is_null() & ~by_hand())["customer_id"][-1]


def test_a_slider_changes_the_list_and_its_worth(page):
    before = customers(page)
    assert len(before) == 3
    page.capacity.value = 5
    assert len(customers(page)) == 5
    assert page.state.capacity == 5
    assert "2 more contacts: " in page.changes.value
    assert "5 contacts by hand today" in page.headline.value
    page.weights["age"].value = page.weights["age"].max
    assert page.state.weights.age == page.weights["age"].max
    assert "Your weights" in page.changes.value
    page.reset.click()
    assert customers(page) == before
    assert "nothing was changed" in page.changes.value


def test_filters_and_headings_reach_the_list(page):
    page.shown.value = "all"
    everybody = len(customers(page))
    page.search.value = "alert(1)"
    (hostile,) = customers(page)
    page.search.value = ""
    page.least.value = 5000.0
    assert 0 < len(customers(page)) < everybody
    page.least.value = 0.0
    page.table._told(None, {"do": "sort", "column": "past_due"}, [])
    assert page.table.sort == {"column": "past_due", "descending": True}
    assert customers(page)[0] == hostile
    for nonsense in ({"do": "erase"}, "sort", {"do": "sort", "column": "luck"}):
        page.table._told(None, nonsense, [])
    assert page.table.sort["column"] == "past_due"


def test_a_pin_needs_an_account_and_a_reason_and_shows_its_price(page):
    assert page.lay_button.disabled
    page.table._told(None, {"do": "open", "customer_id": a_waiting_one(page)}, [])
    assert not page.lay_button.disabled
    page.lay_button.click()
    assert "reason must be said" in page.said.value
    assert page.state.laid == ()
    page.reason.value = "visit on Friday"
    page.lay_button.click()
    assert page.said.value == ""
    assert [each.what for each in page.state.laid] == ["pin"]
    assert "visit on Friday" in page.done.value
    assert "Your pins, boosts and exclusions" in page.changes.value
    page.shown.value = "laid"
    assert customers(page) == [page.state.laid[0].customer_id]
    content = re.search(r'base64,([^"]+)"', page.done.value).group(1)
    assert base64.b64decode(content).decode() == done_csv(page.desk, page.state)
    page.lift_button.click()
    assert page.state.laid == ()


def test_a_boost_has_a_factor(page):
    assert page.factor.layout.display == "none"
    page.what.value = "boost"
    assert page.factor.layout.display is None
    page.open_account(a_waiting_one(page))
    page.reason.value, page.factor.value = "new buyer", 3.0
    page.lay_button.click()
    assert page.state.laid[0].factor == 3.0


def test_nothing_is_written_unasked_and_the_button_writes(tmp_path):
    log = DecisionLog(tmp_path / "log.db")
    page = DeskPage(desk_of(log=log))
    page.open_account(a_waiting_one(page))
    page.reason.value = "talks"
    page.what.value = "exclude"
    page.lay_button.click()
    assert list(tmp_path.iterdir()) == []
    page.author.value = ""
    page.log_button.click()
    assert "author must be said" in page.written.value
    assert list(tmp_path.iterdir()) == []
    page.author.value = "Lead"
    page.log_button.click()
    assert "entries up to number 1" in page.written.value
    assert hand_of(log, as_of=page.desk.as_of)["what"].to_list() == ["exclude"]


def test_without_a_log_there_is_no_button_to_write(page):
    buttons = str(list(page.sections["done"].children))
    assert "decision log" not in buttons


def test_a_hostile_name_stays_text(page):
    _, scores = ledger_and_scores()
    hostile = scores.filter(pl.col("name") == HOSTILE)["customer_id"][0]
    page.shown.value = "all"
    page.open_account(hostile)
    page.reason.value = "<img src=x onerror=alert(1)>"
    page.lay_button.click()
    page.capacity.value = 9
    for text in (page.account.value, page.moves.value, page.done.value, page.headline.value, page.said.value):
        assert "<script" not in text
        assert "<img" not in text
        assert "\u202e" not in text
    assert "&lt;script&gt;" in page.account.value
    (row,) = [row for row in page.table.rows if row["id"] == hostile]
    assert "\u202e" not in row["name"]
    assert len(row["name"]) <= 48


def test_the_replay_says_why_there_is_none(page):
    page.replay_button.click()
    assert "Nothing can be replayed" in page.replayed.value
    assert not page.replay_button.disabled


def test_a_day_without_anything_to_do_is_shown_too():
    paid_on = "2025-03-01"
    ledger = ledger_of(
        documents=[invoice("a", 40, 100_000)],
        receipts=[{"receipt_id": "r", "customer_id": "a", "date": paid_on, "amount": 100_000}],
        applications=[
            {"from_id": "r", "to_document_id": "d-a", "amount": 100_000, "applied_on": paid_on, "kind": "payment"}
        ],
    )
    scores = scores_of({"customer_id": "a", "pd_12m": 0.05})
    empty = open_desk(ledger, as_of=AS_OF, scores=scores, capacity=4)
    none = open_desk(ledger, as_of=AS_OF, scores=scores.head(0))
    for desk in (empty, none):
        page = DeskPage(desk)
        page.show()
        assert "Nobody is contacted by hand today" in page.headline.value
        assert page.table.rows == []
        page.capacity.value = 9
        page.shown.value = "all"
        assert len(page.table.rows) == desk.basis.accounts.height
        assert "worth the same" in page.changes.value


def test_the_app_opens_what_was_laid_down_and_says_what_is_wrong(tmp_path, monkeypatch):
    _, scores = ledger_and_scores()
    monkeypatch.setenv(PLACE, str(tmp_path))
    assert "holds no desk" in desk_app.page().value
    write_desk(tmp_path, desk_of(), scores=scores)
    assert len(desk_app.page().children) == 7
