"""The pack's page: its data are the frames', its answers their figures; nothing in it can run but its own script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from reports.books import HOSTILE, book_of, empty_book, hostile_book, plausible_book
from reports.pack_books import small_book
from reports.packs import AS_OF, plausible
from reports.test_html import Page

from credrisk.reports.book import Book
from credrisk.reports.book_answers import QUESTIONS, asked
from credrisk.reports.book_cards import BLOCK, ITEMS_A_CARD, cards, left_out
from credrisk.reports.book_data import in_page, page_data, recent_promises
from credrisk.reports.book_page import book_page, write_book_page
from credrisk.reports.book_section import box_of
from credrisk.reports.book_section_overview import overview_section
from credrisk.reports.book_section_queue import queue_section
from credrisk.reports.book_section_risk import limits_section
from credrisk.reports.worklist import past_due_today

BLOCKS = re.compile(r'<script type="application/json" id="(\w+)">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def book():
    return plausible_book()


@pytest.fixture(scope="module")
def text(book):
    return book_page(book)


@pytest.fixture(scope="module")
def hostile_text():
    return book_page(hostile_book())


def stored(page: str) -> dict[str, object]:
    return {key: json.loads(value) for key, value in BLOCKS.findall(page)}


def column(data, table, name):
    held = data["sets"][table]["columns"][name]
    if "values" in held:
        return held["values"]
    return [None if place is None else held["words"][place] for place in held["places"]]


def unpacked(blocks):
    return [card for block in blocks for card in json.loads(zlib.decompress(base64.b64decode(block), -zlib.MAX_WBITS))]


def test_the_days_of_lateness_are_of_the_dso_that_is_told(book):
    """DSO and the part of it that is lateness are of one method, that of the chart and the cover: over three months."""
    answer = next(part.answer for part in asked(book) if part.key == "collections")
    last = book.dso.sort("as_of").row(-1, named=True)
    assert answer.startswith(f"DSO over three months is {last['dso_3m']:.0f} days")
    assert f"; {last['average_days_delinquent']:.0f} days of it are late payment" in answer


def test_a_customer_with_unapplied_cash_alone_is_in_the_table_of_the_ageing(book):
    # Of three customers one owes 100, one has 30 of unapplied cash alone, one has neither: two rows, net 70.
    first = book.customers.head(3).with_columns(
        pl.Series("open_balance", [100.0, 0.0, 0.0]),
        pl.Series("unapplied_cash", [0.0, 30.0, 0.0]),
        pl.Series("net_balance", [100.0, -30.0, 0.0]),
    )
    data = page_data(replace(book, customers=first))
    only = data["tables"]["ageing"]["only"]
    assert only == ["open_balance", "unapplied_cash"]
    columns = [column(data, "customers", name) for name in only]
    shown = [row for row in range(3) if any(values[row] for values in columns)]
    assert sum(column(data, "customers", "net_balance")[row] for row in shown) == 7_000
    box = box_of(replace(book, customers=first), "ageing", "Customer by customer")[0]
    assert len(box.rows.rows) == 2


def test_days_are_rounded_once(book):
    first = book.customers.head(1).with_columns(dbt_12m=pl.lit(35.4718))
    assert column(page_data(replace(book, customers=first)), "customers", "dbt_12m") == [35.4718]


def test_the_share_past_due_says_of_what_it_is(book):
    late = sum(book.ageing[name].sum() for name in book.ageing.columns if name.startswith("past_due_"))
    share = late / (late + book.ageing["not_due"].sum())
    said = next(part.answer for part in asked(book) if part.key == "overview")
    assert f", {100 * share:.1f} % of the open debit items past due" in said


def test_the_tables_hold_every_customer_to_the_cent(book, text):
    data = stored(text)["data"]
    frame = book.customers
    assert column(data, "customers", "customer_id") == frame["customer_id"].to_list()
    assert column(data, "customers", "name") == frame["name"].to_list()
    for name in ("net_balance", "past_due", "expected_loss", "current_limit"):
        exact = [None if value is None else round(100 * value) for value in frame[name].to_list()]
        assert column(data, "customers", name) == exact
    assert column(data, "customers", "grade") == frame["grade"].to_list()
    assert column(data, "customers", "pd_12m") == pytest.approx(frame["pd_12m"].to_list(), abs=5e-7)
    days = [(day - date(1970, 1, 1)).days if day else None for day in frame["last_contact_on"].to_list()]
    assert column(data, "customers", "last_contact_on") == days


def test_every_column_of_every_table_has_its_values(book):
    data = page_data(book)
    for table in data["tables"].values():
        held = data["sets"][table["rows"]]
        names = [one["name"] for one in table["columns"] if one["kind"] != "long" and one["name"] != "customer"]
        assert set(names) <= set(held["columns"])
        lengths = {len(one["places" if "places" in one else "values"]) for one in held["columns"].values()}
        assert lengths == {held["rows"]}
        assert table["sort"].removeprefix("-") in {*held["columns"], "customer"}


def test_the_list_shows_the_gain_that_it_is_ordered_by() -> None:
    """The rank is by the gain beyond the mail; without that column the gains beside it look out of order."""
    from credrisk.reports.book_tables import PAGE_TABLES

    shown = PAGE_TABLES["queue"].names
    assert shown[shown.index("gain") + 1] == "gain_beyond_mail"


def test_a_case_leads_to_its_customer(book):
    data = page_data(book)
    ids = book.customers["customer_id"].to_list()
    for name in ("promises", "disputes"):
        own, places = column(data, name, "customer_id"), column(data, name, "customer")
        assert [ids[place] for place in places] == own
        assert own


def test_an_account_that_stands_alone_is_no_group(book):
    held = book.customers
    together = set(held.filter(pl.len().over("group") > 1)["customer_id"])
    data = page_data(book)
    named = {
        customer
        for customer, group in zip(held["customer_id"], column(data, "customers", "group_name"), strict=True)
        if group is not None
    }
    assert named == together
    assert 0 < len(together) < held.height


def test_cards_are_those_of_the_frames(book, text):
    held = unpacked(stored(text)["cards"])
    assert len(held) == book.customers.height
    assert len(stored(text)["cards"]) == -(-book.customers.height // BLOCK)
    place = 7
    customer = book.customers.row(place, named=True)
    card, items = held[place], book.items.filter(pl.col("customer_id") == customer["customer_id"])
    assert sorted(item[0] for item in card["items"]) == sorted(items["document_id"].to_list())
    assert [item[3] for item in card["items"]] == sorted(day.isoformat() for day in items["due_date"])
    assert sum(item[7] for item in card["items"]) == pytest.approx(items["open_amount"].sum())
    assert card["words"]["limit_reasons"] == customer["limit_reasons"]
    days, balances, limits = card["trail"]
    assert (days[0], days[-1]) == ("2025-03-31", AS_OF.isoformat())
    own = book.trail.filter(pl.col("customer_id") == customer["customer_id"]).sort("as_of")
    assert (balances, limits) == (own["net_balance"].to_list(), own["credit_limit"].to_list())
    need = next(one for one in card["limits"] if one[0] == "Need")
    assert need[1] == book.limits.filter(pl.col("customer_id") == customer["customer_id"])["need"].item()


def test_a_card_with_many_items_says_how_many_it_leaves_out():
    book = book_of(plausible(3), items_each=ITEMS_A_CARD + 5)
    assert left_out(book) == 15
    for customer, card in zip(book.customers["customer_id"], cards(book), strict=True):
        own = book.items.filter(pl.col("customer_id") == customer).sort("due_date", "document_id")
        assert len(card["items"]) == ITEMS_A_CARD
        rest = own.tail(5)["open_in_currency"].sum()
        assert card["more"] == [5, pytest.approx(rest, abs=0.005)]
        assert [item[0] for item in card["items"]] == own.head(ITEMS_A_CARD)["document_id"].to_list()


def test_promises_of_the_page_are_open_or_missed_within_a_year(book):
    old = book.promises.with_columns(
        promise_id=pl.format("old-{}", "promise_id"), due_on=pl.lit(AS_OF - timedelta(days=367))
    )
    kept = book.promises.with_columns(promise_id=pl.format("kept-{}", "promise_id"), state=pl.lit("kept"))
    shown = recent_promises(replace(book, promises=pl.concat([book.promises, old, kept])))
    names = shown["promise_id"]
    assert not names.str.starts_with("kept-").any()
    assert set(shown.filter(pl.col("promise_id").str.starts_with("old-"))["state"]) == {"open"}
    assert book.promises.height == (~names.str.starts_with("old-")).sum()


def test_each_section_asks_and_answers(book, text):
    page = Page(text)
    assert page.faults == []
    words = " ".join(" ".join(page.words).split())
    for question in asked(book):
        assert question.question in words
        assert question.answer
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(ids) == len(set(ids))
    assert {question.key for question in QUESTIONS} <= set(ids)
    assert all(given.get("aria-label") or given.get("aria-labelledby") for tag, given in page.tags if tag == "svg")


def test_answers_are_the_frames_figures(book):
    said = {question.key: question.answer for question in asked(book)}
    late = sum(book.ageing[name].sum() for name in book.ageing.columns if name.startswith("past_due_"))
    whole = late + book.ageing["not_due"].sum()
    assert f"({100 * late / whole:.1f} %) is past due" in said["ageing"]
    owed = book.ageing["past_due"].sort(descending=True).to_list()
    half = next(count for count in range(1, len(owed) + 1) if sum(owed[:count]) >= late / 2)
    assert f"owed by {half} customers" in said["ageing"]
    assert "85.0 % came in cash (90.0 % with credit notes and write-offs)" in said["collections"]
    open_ones = book.promises.filter(pl.col("state") == "open").height
    assert said["cases"].startswith(f"{open_ones} promises of ")
    assert "No provision was worked out." in said["provision"]
    assert said["quality"] == (
        "Ties out: in every table, what was read equals what was kept plus what was set aside. "
        "Found: 1 error, 1 warning, 1 note."
    )


def test_of_nothing_it_says_that_nothing_was_measured():
    book = empty_book()
    text = book_page(book)
    assert Page(text).faults == []
    said = {question.key: question.answer for question in asked(book)}
    assert said["ageing"] == "No debit item is open."
    for key in ("collections", "risk", "limits", "provision"):
        assert said[key].startswith("Not measured")
    assert all(said.values())
    assert "Nothing is open." in text


def test_the_same_book_gives_the_same_bytes(book, text, tmp_path):
    assert write_book_page(tmp_path / "pack.html", book) == len(text.encode())
    assert (tmp_path / "pack.html").read_bytes() == text.encode()


@pytest.mark.parametrize("page", ["text", "hostile_text"])
def test_only_the_script_of_the_page_may_run(request, page):
    text = request.getfixturevalue(page)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    scripts = re.findall(r"<script(?! type)>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 1
    own = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{own}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    parsed = Page(text)
    assert parsed.faults == []
    for tag, given in parsed.tags:
        assert not [name for name in given if name.startswith("on")], (tag, given)
        assert not (given.get("href") or "#").lower().startswith(("javascript:", "http", "data:"))
        assert tag not in {"img", "iframe", "object", "embed", "link", "base", "form"}
        assert "src" not in given
    assert "innerHTML" not in scripts[0]
    assert "http" not in scripts[0].replace("http://www.w3.org/2000/svg", "")


def test_hostile_texts_stay_data(hostile_text):
    book, data = hostile_book(), stored(hostile_text)["data"]
    assert column(data, "customers", "name") == book.customers["name"].to_list()
    assert column(data, "customers", "customer_id") == book.customers["customer_id"].to_list()
    assert column(data, "customers", "industry") == book.customers["industry"].to_list()
    blocks = "".join(value for _, value in BLOCKS.findall(hostile_text))
    assert blocks.isascii()
    assert not re.search(r"[<>&]", blocks)
    assert json.loads(in_page(list(HOSTILE))) == list(HOSTILE)
    cards_held = unpacked(stored(hostile_text)["cards"])
    assert [card["words"]["reasons"] for card in cards_held] == book.customers["reasons"].to_list()


def test_nulls_stay_nulls(book):
    blank = book.customers.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in book.customers.schema.items()
        if name not in {"customer_id", "group"}
    )
    data = page_data(replace(book, customers=blank))
    assert data["sets"]["customers"]["rows"] == book.customers.height
    held = {name for name in data["sets"]["customers"]["columns"] if set(column(data, "customers", name)) != {None}}
    assert held == {"customer_id", "group"}
    text = book_page(replace(book, customers=blank, scores=book.scores.clear()))
    assert Page(text).faults == []


def test_a_limit_that_is_granted_is_told_once() -> None:
    said = {question.key: question.answer for question in asked(small_book())}["limits"]
    assert "10 limits of 10 should change: 1 to set, 39 k EUR, 9 up by 126 k EUR" in said


def test_the_rows_on_paper_are_sorted_by_what_the_script_sorts_them_by():
    (box,) = box_of(small_page(), "limits", "Customer by customer")
    headings = [column.heading for column in box.rows.columns]
    assert "Change" in headings
    place, owed = headings.index("Change"), headings.index("Net balance")
    changes = [row[place] for row in box.rows.rows]
    assert changes == ["-12,000", "4,000", "4,000", "-500", None]
    assert [box.rows.sums[each] for each in (0, place, owed)] == ["All 5", "-4,500", "300"]


def small_page() -> Book:
    """Return five customers: one in credit, one without a limit on file; equal changes stand by what is owed."""
    names = ("customer_id", "net_balance", "past_due", "current_limit", "recommended_limit", "limit_action", "binding")
    rows = [("d", 900.0, 700.0, 0.0, 4_000.0, "raise", "need"), ("b", 80.0, 80.0, None, 4_000.0, "grant", "need"),
            ("a", 20.0, 20.0, 12_500.0, 500.0, "lower", "capacity"), ("c", -100.0, 0.0, 500.0, 0.0, "stop", "bad_debt"),
            ("e", -600.0, 0.0, None, None, None, None)]  # fmt: skip
    customers = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        name=pl.lit(None, pl.String), expected_loss=pl.lit(0.0), contact_today=pl.lit(False),
        slot=pl.lit(None, pl.String), rank=pl.lit(None, pl.Int64), action=pl.lit(None, pl.String),
        gain=pl.lit(None, pl.Float64), gain_beyond_mail=pl.lit(None, pl.Float64),
    )  # fmt: skip
    return replace(empty_book(), customers=customers)


def test_the_groups_of_the_limits_add_up_to_every_customer():
    book = small_page()
    (question,) = (one for one in QUESTIONS if one.key == "limits")
    for table in limits_section(book, question).first:
        parts = [[float((cell or "0").replace(",", "")) for cell in row[1:]] for row in table.rows]
        sums = [float(cell.replace(",", "")) for cell in table.sums[1:]]
        assert [sum(column) for column in zip(*parts, strict=True)] == sums == [5, 13_000, 8_500, 300]


def test_the_overview_says_which_lowered_limits_it_lists():
    book = small_page()
    (question,) = (one for one in QUESTIONS if one.key == "overview")
    shown = overview_section(book, question).first[1]
    assert (shown.title, shown.rows, shown.none) == (
        "Limits to lower below what is owed", (), "2 limits to lower or stop, none below what is owed.",
    )  # fmt: skip
    owing = book.customers.with_columns(
        net_balance=pl.when(pl.col("customer_id") == "a").then(600.0).otherwise("net_balance")
    )
    assert [row[0] for row in overview_section(replace(book, customers=owing), question).first[1].rows] == ["a"]


def test_all_that_is_past_due_is_told_with_what_is_done_about_it():
    rows = [("a", 1, True, "by_gain", 50.0, None, 900.0, ""), ("b", 2, True, "automatic", 2.0, None, 300.0, ""),
            ("c", 3, False, None, 4.0, None, 250.0, "beyond today's capacity"),
            ("d", 4, False, None, 3.0, None, 40.0, "its payables desk is contacted for other accounts today"),
            ("e", 5, False, None, -0.2, None, 4_350.0, ""), ("f", None, False, None, None, "promise_open", 70.0, ""),
            ("g", None, False, None, None, "nothing_due", 0.0, "")]  # fmt: skip
    names = ("customer_id", "rank", "contact_today", "slot", "gain", "hold", "past_due", "reasons")
    queue = pl.DataFrame(rows, schema=names, orient="row")
    found = past_due_today(queue, None)
    assert found.rows() == [
        ("contacted by hand", 1, 900.0),
        ("reminded by e-mail", 1, 300.0),
        ("waits: a contact costs more than it gains", 1, 4_350.0),
        ("waits: others gain more within the day", 1, 250.0),
        ("held: promise open", 1, 70.0),
        ("waits: its payables desk is contacted for others", 1, 40.0),
    ]
    assert found["past_due"].sum() == queue["past_due"].sum()
    book = replace(empty_book(), queue=queue.with_columns(collector=pl.lit("Ann")))
    (question,) = (one for one in QUESTIONS if one.key == "queue")
    assert queue_section(book, question).first[1].sums == ("All", "6", "5,910")
