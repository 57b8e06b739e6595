"""The pack's page in Chromium: it sorts, filters, adds up, opens cards, goes back, prints; hostile texts harm none."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from typing import Any

import polars as pl
import pytest
from reports.books import HOSTILE, hostile_book, plausible_book
from reports.test_looks import tool

from credrisk.reports.book_page import write_book_page

pytestmark = pytest.mark.browser

OWN = ("file:", "blob:", "data:")
OPTIONS = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 400, "height": 900}
MEASURED = ("brier", "log_loss", "calibration_slope", "calibration_in_the_large", "auc", "ap", "ks", "capture_10")
STICKS_OUT = """() => {
  const wide = document.documentElement.clientWidth, faults = [];
  for (const element of document.body.querySelectorAll("main *")) {
    if (element.closest(".scroll, svg, .sr, caption")) continue;
    const box = element.getBoundingClientRect();
    if (box.width && (box.right > wide + 1 || box.left < -1)) faults.push(element.tagName + "." + element.className);
  }
  return faults;
}"""


CUT_HINTS = """all => all.filter(one => {
  const look = getComputedStyle(one), pen = document.createElement("canvas").getContext("2d");
  pen.font = look.font;
  const room = one.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight);
  return pen.measureText(one.placeholder).width > room + 0.5;
}).map(one => one.getAttribute("aria-label"))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = tool("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable, args=[*OPTIONS.split(), "--disable-sync"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def book():
    return plausible_book()


@pytest.fixture(scope="module")
def places(tmp_path_factory, book):
    folder = tmp_path_factory.mktemp("books")
    for name, shown in (("plausible", book), ("hostile", hostile_book())):
        write_book_page(folder / f"{name}.html", shown)
    return {name: (folder / f"{name}.html").as_uri() for name in ("plausible", "hostile")}


@pytest.fixture
def opened(browser, places):
    """Return a function that opens a page; what it complained of or asked for fails the test."""
    contexts, faults = [], []

    def open_page(address: str = "", *, name: str = "plausible", size: dict[str, int] = WIDE):
        context = browser.new_context(viewport=size)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.on("request", lambda request: faults.extend([request.url] if request.url[:5] not in OWN else []))
        page.goto(places.get(name, "") + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def figures(page, table, column):
    """Return the numbers of a column as shown, None for a dash."""
    cells = page.locator(f"#table-{table} tbody tr td.c-{column}").all_text_contents()
    return [None if text == "–" else float(re.sub(r"[ ,%]", "", text)) for text in cells]


def test_sorting_filtering_and_sums(opened, book):
    page = opened("#risk")
    frame = book.customers
    shown = figures(page, "risk", "expected_loss")
    worst = frame["expected_loss"].sort(descending=True).head(50).to_list()
    assert shown == pytest.approx(worst, abs=0.51)
    page.locator("#table-risk thead button", has_text="PD 12 months").click()
    assert figures(page, "risk", "pd_12m") == sorted(figures(page, "risk", "pd_12m"), reverse=True)
    page.get_by_role("button", name="Filter columns").locator("visible=true").click()
    assert "<30" in page.locator("#risk .status").text_content()
    page.get_by_label("Grade: only").locator("visible=true").select_option("E")
    page.get_by_label("Net balance: only").locator("visible=true").fill("10k..1,000,000")
    chosen = frame.filter((pl.col("grade") == "E") & pl.col("net_balance").is_between(10_000, 1_000_000))
    assert 0 < chosen.height < 50
    assert page.locator("#table-risk tbody tr").count() == chosen.height
    assert f"{chosen.height} rows, chosen from {frame.height}" in page.locator("#risk .status").text_content()
    feet = page.locator("#table-risk tfoot tr").locator("td, th").all_text_contents()
    assert f"{chosen['net_balance'].sum():,.0f}" in feet
    page.get_by_label("Net balance: only").locator("visible=true").fill("many")
    assert "could not be read" in page.locator("#risk .status").text_content()
    assert (
        page.locator("#table-risk tbody tr").count()
        == chosen.height
        + frame.filter((pl.col("grade") == "E") & ~pl.col("net_balance").is_between(10_000, 1_000_000)).height
    )
    page.get_by_role("button", name="Clear filters").locator("visible=true").click()
    assert page.locator("#table-risk tbody tr").count() == 50


@pytest.mark.parametrize("width", [1300, 1400])
def test_a_long_word_in_a_name_cuts_no_column_off(opened, tmp_path, width):
    book = plausible_book()
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau"
    named = {name: getattr(book, name).with_columns(name=pl.lit(word)) for name in ("customers", "scores")}
    write_book_page(tmp_path / "long.html", replace(book, **named))
    page = opened((tmp_path / "long.html").as_uri() + "#ageing", name="", size={"width": width, "height": 900})
    assert word in page.locator("#table-ageing tbody td.c-name").first.text_content()
    room, needed = page.locator("#ageing .scroll.tall").evaluate("one => [one.clientWidth, one.scrollWidth]")
    assert needed <= room


@pytest.mark.parametrize("section", ["ageing", "risk", "limits", "queue", "customers"])
def test_no_table_scrolls_sideways_on_a_laptop(opened, tmp_path, book, section):
    """1280 pixels less the bars of the page and of the table; names and industries as long as those of the sample."""
    names = {
        "name": pl.lit("Twozzolmo Castings 0131"),
        "industry": pl.lit("packaging"),
        "group_name": pl.lit("Twozzolmo Castings"),
    }
    held = {name: value for name, value in names.items() if name in book.customers.columns}
    metrics = pl.DataFrame(
        [("dbt_12m", name, 0.514, 0.34, 0.773, 8412, 173) for name in MEASURED],
        schema=["model", "measure", "value", "low", "high", "rows", "events"],
        orient="row",
    )
    shown = replace(book, customers=book.customers.with_columns(**held), metrics=metrics)
    write_book_page(tmp_path / "wide.html", shown)
    page = opened((tmp_path / "wide.html").as_uri() + f"#{section}", name="", size={"width": 1250, "height": 900})
    rooms = page.locator(f"#{section} .scroll").evaluate_all(
        "all => all.map(one => [one.clientWidth, one.scrollWidth])"
    )
    assert rooms
    assert all(needed <= room for room, needed in rooms)
    page.get_by_role("button", name="Filter columns").locator("visible=true").first.click()
    room, needed = page.locator(f"#{section} .scroll.tall").first.evaluate("one => [one.clientWidth, one.scrollWidth]")
    assert needed <= room
    assert page.locator(f"#{section} .filters input").evaluate_all(CUT_HINTS) == []


def test_the_rows_chosen_from_are_those_that_the_table_has_without_a_filter(opened, tmp_path, book):
    """Customers that owe nothing are in no row of the ageing: a filter chooses from the rest."""
    owed = book.customers.with_columns(
        pl.when(pl.int_range(pl.len()) < 20).then(0.0).otherwise(name).alias(name)
        for name in ("open_balance", "unapplied_cash")
    )
    write_book_page(tmp_path / "paid.html", replace(book, customers=owed))
    page = opened((tmp_path / "paid.html").as_uri() + "#ageing", name="")
    shown = owed.filter((pl.col("open_balance") != 0) | (pl.col("unapplied_cash").fill_null(0) != 0)).height
    assert shown < owed.height
    assert f"of {shown} rows." in page.locator("#ageing .status").text_content()
    page.locator("#ageing .words").fill(owed["name"].tail(1)[0])
    assert f"chosen from {shown}." in page.locator("#ageing .status").text_content()


@pytest.mark.parametrize("section", ["risk", "limits", "queue"])
def test_on_paper_the_reasons_stand_beside_the_figures(opened, section):
    page = opened("#overview")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1030, "height": 720})  # A4 on its side, less its margins
    table = page.locator(f"#{section} .box table")
    assert table.locator("thead th", has_text="Why").is_visible()
    assert any(text.strip() for text in table.locator("tbody td.long").all_text_contents())
    room, needed = page.locator(f"#{section}").evaluate("one => [one.clientWidth, one.scrollWidth]")
    assert needed <= room


TABLE_OF = {"ageing": "ageing", "risk": "risk", "limits": "limits", "queue": "queue", "promises": "cases",
            "disputes": "cases", "customers": "customers"}  # fmt: skip
CELLS = """table => [...[...table.querySelectorAll("tr:not(.filters)")].slice(0, 16), ...table.tFoot?.rows ?? []].map(
    row => [...row.cells].map(cell => cell.matches(".long") ? "" : cell.textContent.replace(/[()\\s]/g, "")))"""


def halves(one: str, other: str) -> bool:
    """Tell whether two figures differ by how a half is rounded."""
    digits = [re.sub(r"[.,%]", "", text) for text in (one, other)]
    return all(map(str.isdecimal, digits)) and abs(int(digits[0]) - int(digits[1])) == 1


@pytest.mark.parametrize("table", TABLE_OF)
def test_paper_has_the_same_order_and_columns_whichever_section_is_open(opened, table):
    place = f"#{TABLE_OF[table]} [data-table={table}] table"
    before = opened("#overview").locator(place).evaluate(CELLS)
    page = opened(f"#{TABLE_OF[table]}")
    page.locator(f"#table-{table}").wait_for()
    after = page.locator(place).evaluate(CELLS)
    assert len(before) > 3
    assert [len(row) for row in before] == [len(row) for row in after]
    differ = [pair for row, other in zip(before, after, strict=True) for pair in zip(row, other, strict=True)]
    assert not [pair for pair in differ if pair[0] != pair[1] and not halves(*pair)]
    page.emulate_media(media="print")
    assert page.locator(f"{place} td.long bdi").evaluate_all("all => all.every(one => one.clientHeight === 0)")


def test_pages_lead_through_every_row_once(opened, book):
    page = opened("#customers?sort=customer")
    names: list[str] = []
    while True:
        names += page.locator("#table-customers tbody .who").all_text_contents()
        further = page.get_by_role("button", name="Next page").locator("visible=true")
        if further.is_disabled():
            break
        further.click()
    assert names == sorted(names, key=str.lower)
    assert sorted(names) == sorted(book.customers["name"].to_list())


def test_reasons_come_into_view_with_their_rows(opened, book):
    page = opened("#limits")
    cell = page.locator("#table-limits tbody tr td.c-limit_reasons bdi").first
    cell.wait_for()
    customer = page.locator("#table-limits tbody tr .key").first.text_content()
    own = book.customers.filter(pl.col("customer_id") == customer)
    assert cell.text_content() == own["limit_reasons"].item()


def test_a_card_opens_and_the_way_back_leads_to_the_same_list(opened, book):
    page = opened("#customers?segment=A&sort=-past_due")
    chosen = book.customers.filter(pl.col("segment") == "A").sort("past_due", "net_balance", descending=True)
    first, second = chosen.row(0, named=True), chosen.row(1, named=True)
    page.locator("#table-customers tbody .who").first.click()
    page.locator("#customer h2", has_text=first["name"]).wait_for()
    words = page.locator("#customer .lead").text_content()
    assert f"{first['past_due']:,.0f} past due" in words
    assert page.locator("#customer table").first.locator("tbody tr").count() == 3
    assert page.title().startswith(first["name"])
    page.locator("[data-step='1']").click()
    page.locator("#customer h2", has_text=second["name"]).wait_for()
    assert page.locator("[data-place]").text_content() == f"2 of {chosen.height}"
    page.go_back()
    page.locator("#customer h2", has_text=first["name"]).wait_for()
    page.go_back()
    page.locator("#customers .status", has_text=f"{chosen.height} rows").wait_for()
    assert page.get_by_label("Segment: only").locator("visible=true").input_value() == "A"
    page.go_forward()
    page.locator("#customer h2", has_text=first["name"]).wait_for()
    page.locator("[data-back]").click()
    page.locator("#customers .status", has_text=f"{chosen.height} rows").wait_for()


def test_a_card_says_truly_why_a_contact_is_not_for_today(opened, tmp_path, book):
    waits = book.customers.filter(pl.col("rank").is_not_null() & ~pl.col("contact_today"))["customer_id"]
    at_a_loss, busy, later = waits[:3]
    of = pl.col("customer_id")
    changed = book.customers.with_columns(
        gain=pl.when(of == at_a_loss).then(-1.46).otherwise("gain"),
        queue_reasons=pl.when(of == busy)
        .then(pl.lit("its payables desk is contacted for other accounts today"))
        .otherwise("queue_reasons"),
    )
    write_book_page(tmp_path / "waits.html", replace(book, customers=changed))
    for customer, why in (
        (at_a_loss, "not today: it would gain no more than it costs"),
        (busy, "later: its payables desk is contacted for other accounts today"),
        (later, "later: others gain more within today's capacity"),
    ):
        page = opened((tmp_path / "waits.html").as_uri() + f"#customer/{customer}", name="")
        page.locator("#customer .card").wait_for()
        assert page.locator("#customer .say", has_text=why).count() == 1


def test_the_search_box_works_by_keyboard_alone(opened, book):
    page = opened()
    page.keyboard.press("/")
    wanted = book.customers.row(5, named=True)
    page.keyboard.type(wanted["customer_id"].lower())
    assert page.locator("#search").get_attribute("aria-expanded") == "true"
    assert page.locator("#found [role=option]").count() == 1
    page.keyboard.press("ArrowDown")
    assert page.locator("#found [aria-selected=true]").count() == 1
    page.keyboard.press("Enter")
    page.locator("#customer h2", has_text=wanted["name"]).wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H2"


def test_the_last_card_of_the_last_block_is_its_own(opened, book):
    last = book.customers.row(-1, named=True)
    page = opened(f"#customer/{last['customer_id']}")
    page.locator("#customer .card").wait_for()
    assert page.locator("#customer h2").text_content() == last["name"]
    assert page.locator("[data-place]").text_content() == f"{book.customers.height} of {book.customers.height}"
    assert page.locator("#customer .said", has_text=last["limit_reasons"]).count() == 1
    own = book.items.filter(pl.col("customer_id") == last["customer_id"])
    shown = page.locator("#customer table").first.locator("tbody tr td:first-child").all_text_contents()
    assert sorted(shown) == sorted(own["document_id"].to_list())


def test_an_unknown_customer_and_a_broken_address_say_so(opened):
    page = opened("#customer/nobody%E0%A4%A")
    page.locator("#customer h2", has_text="No such customer").wait_for()
    page.evaluate("location.hash = '#nowhere'")
    page.locator("#overview.active").wait_for()


def test_the_chosen_rows_are_saved_as_csv(opened, book):
    page = opened("#queue?action=call&sort=rank")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save these rows as CSV").locator("visible=true").click()
    text = saved.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    chosen = book.customers.filter(pl.col("action") == "call").sort("rank", nulls_last=True)
    assert [row["customer_id"] for row in rows[:20]] == chosen["customer_id"].head(20).to_list()
    assert len(rows) == chosen.height
    assert float(rows[0]["past_due"]) == chosen["past_due"][0]
    assert rows[0]["queue_reasons"] == chosen["queue_reasons"][0]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", ["plausible", "hostile"])
def test_nothing_sticks_out(opened, name, size):
    page = opened("#overview", name=name, size=size)
    keys = page.locator("main > section").evaluate_all("all => all.map(one => one.id)")
    for key in keys:
        page.evaluate(f"location.hash = '#{key}'")
        page.locator(f"#{key}.active").wait_for()
        assert page.evaluate(STICKS_OUT) == [], key
    page.locator("nav.parts a[href='#customers']").evaluate("link => link.click()")
    page.locator("#table-customers tbody .who").first.click()
    page.locator("#customer .card").wait_for()
    assert page.evaluate(STICKS_OUT) == []


def test_hostile_texts_are_shown_and_run_nothing(opened):
    page = opened("#customers", name="hostile")
    keys = page.locator("main > section").evaluate_all("all => all.map(one => one.id)")
    shown = page.locator("#table-customers tbody .who bdi").all_text_contents()
    assert sorted(shown) == sorted(HOSTILE)
    for link in range(len(HOSTILE)):
        page.evaluate("location.hash = '#customers'")
        page.locator("#customers.active").wait_for()
        one = page.locator("#table-customers tbody .who").nth(link)
        name = one.text_content()
        one.click()
        page.locator("#customer .card").wait_for()
        page.wait_for_function("name => document.querySelector('#customer h2').textContent === name", arg=name)
    for key in keys:
        page.evaluate(f"location.hash = '#{key}'")
        page.locator(f"#{key}.active").wait_for()
    page.locator("#search").fill("script")
    assert page.locator("#found [role=option]").count() >= 2
    assert page.evaluate("document.documentElement.dataset.pwned") is None
    assert page.locator("img, iframe, object").count() == 0
    assert page.evaluate("document.querySelectorAll('script').length") == 3
    # A mark that turns the writing ends with the text that holds it.
    turned = page.locator("#table-customers tbody .who bdi").evaluate_all(
        "all => all.map(one => getComputedStyle(one).unicodeBidi)"
    )
    assert set(turned) == {"isolate"}


def test_markup_that_came_in_could_not_run(browser, places):
    # Even if a text were taken for markup somewhere, the page's own policy refuses it.
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    page.goto(places["plausible"])
    refused = page.evaluate(
        """() => { try { document.body.innerHTML = "<img src=x onerror=\\"document.title='pwned'\\">"; return false; }
        catch (error) { return error instanceof TypeError; } }"""
    )
    assert refused
    context.close()


def test_print_has_the_sections_and_not_every_customer(opened, book, tmp_path):
    counter = tool("pdftotext")
    page = opened("#overview")
    # As long as the notes of the sample's key figures are.
    long = "12 months; 259 of 600 customers (232 with a probability owe nothing, 40 are bad debts already, 69 have no "
    long += "probability); at the loss given default of the policy (prior)"
    page.locator("#overview .tiles .note").evaluate_all(f"all => all.forEach(one => one.textContent = '{long}')")
    page.pdf(path=tmp_path / "pack.pdf", prefer_css_page_size=True)
    done = subprocess.run([counter, "-layout", tmp_path / "pack.pdf", "-"], check=True, capture_output=True, text=True)
    pages = done.stdout.split("\f")[:-1]
    assert len(pages) <= 25
    assert all(
        words in pages[0] for words in ("How do our receivables stand", "Contact first", "Expected to cost most")
    )
    assert "What is open, how old is it" in pages[1]
    for question in ("Which credit limits should change", "Whom to contact today", "Can these figures be relied on"):
        assert question in done.stdout
    ids = set(re.findall(r"\bC\d{5}\b", done.stdout))
    assert 15 <= len(ids) < book.customers.height / 2
    page.evaluate(f"location.hash = '#customer/{book.customers['customer_id'][0]}'")
    page.locator("#customer .card").wait_for()
    page.pdf(path=tmp_path / "card.pdf", prefer_css_page_size=True)
    done = subprocess.run([counter, "-layout", tmp_path / "card.pdf", "-"], check=True, capture_output=True, text=True)
    assert len(done.stdout.split("\f")[:-1]) <= 3
    assert "How do our receivables stand" not in done.stdout
    assert book.customers["name"][0] in done.stdout


@pytest.mark.parametrize("rows", [6, 40])
def test_on_paper_no_heading_stands_without_rows_of_its_table_and_a_short_table_is_whole(browser, tmp_path, rows):
    counter, page = tool("pdftotext"), browser.new_page()
    css = (resources.files("credrisk") / "reports" / "templates" / "page.css").read_text(encoding="utf-8")
    body = "".join(f"<tr><td>row {place}.</td></tr>" for place in range(1, rows + 1))
    table = f"<h3>Heading</h3><div class='scroll'><table><thead><tr><th>Column</th></tr></thead>{body}</table></div>"
    for room in range(520, 690, 17):
        page.set_content(f"<style>{css}</style><div style='height:{room}px'></div>{table}<p>Note</p>")
        page.pdf(path=tmp_path / "paper.pdf", prefer_css_page_size=True)
        done = subprocess.run([counter, tmp_path / "paper.pdf", "-"], check=True, capture_output=True, text=True)
        sheet = next(one for one in done.stdout.split("\f") if "Heading" in one)
        assert "row 2." in sheet
        assert rows > 12 or f"row {rows}." in sheet
        assert any(f"row {rows}." in one and "Note" in one for one in done.stdout.split("\f"))
    page.close()


def test_on_paper_settings_are_whole_and_on_no_page_by_themselves(browser, tmp_path):
    counter, page = tool("pdftotext"), browser.new_page()
    css = (resources.files("credrisk") / "reports" / "templates" / "page.css").read_text(encoding="utf-8")
    settings = "".join(f"<div><dt>Setting {place}</dt><dd>value</dd></div>" for place in range(1, 4))
    for room in range(560, 720, 11):
        page.set_content(
            f"<style>{css}</style><div style='height:{room}px'></div><p>Before</p>"
            f"<section><h2>Versions and settings</h2><dl class='settings'>{settings}</dl></section>"
        )
        page.pdf(path=tmp_path / "paper.pdf", prefer_css_page_size=True)
        done = subprocess.run([counter, tmp_path / "paper.pdf", "-"], check=True, capture_output=True, text=True)
        sheet = next(one for one in done.stdout.split("\f") if "Versions" in one)
        assert all(words in sheet for words in ("Before", "Setting 1: value", "Setting 3: value")), room
    page.close()


def test_without_a_script_every_section_is_there(browser, places):
    context = browser.new_context(viewport=WIDE, java_script_enabled=False)
    page = context.new_page()
    page.goto(places["plausible"])
    for key in ("overview", "ageing", "risk", "method"):
        assert page.locator(f"#{key}").is_visible()
    assert page.locator("#risk table tbody tr").count() >= 15
    assert not page.locator("#customer").is_visible()
    context.close()


def test_the_gain_of_the_queue_is_added_up_over_the_contacts_of_today(opened, book):
    page = opened("#queue")
    today = book.customers.filter(pl.col("contact_today").fill_null(False) & pl.col("rank").is_not_null())
    foot = page.locator("#table-queue tfoot td[data-label='Gain']")
    assert int(foot.text_content().replace(",", "")) == pytest.approx(today["gain"].sum(), abs=1)
    assert book.customers["gain"].sum() != pytest.approx(today["gain"].sum(), abs=2)
    assert "automatic e-mails among them" in page.locator("#queue .more").last.text_content()
