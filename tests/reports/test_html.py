"""The page is whole, says what the frames say, lets nothing through and needs nothing from outside."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest
from reports.packs import AWKWARD, EVERY, awkward, nothing, plausible, without_bad_debts

from credrisk.reports.answers import answers
from credrisk.reports.html import portfolio_page, write_html


class Page(HTMLParser):
    """Collects what a browser would see, and every tag that is not closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._table = ""
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> not closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag not in {"meta", "input", "br", "hr", "img", "link"}:
            self.open.append(tag)
        if tag == "table":
            self._table = given.get("id") or ""
            self.tables[self._table] = []
        if tag == "tr" and self._table:
            self.tables[self._table].append([])
        if tag in {"td", "th"} and self._table:
            self.tables[self._table][-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def rows(self, table: str) -> list[list[str]]:
        return [[" ".join(cell.split()) for cell in row] for row in self.tables[f"table-{table}"]]

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()
        if tag == "table":
            self._table = ""

    def handle_data(self, data):
        if self.open and self.open[-1] in {"style", "script"}:
            return
        self.words.append(data)
        if self._table and self.tables[self._table] and self.tables[self._table][-1]:
            self.tables[self._table][-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module", params=EVERY)
def page(request) -> Page:
    return Page(portfolio_page(EVERY[request.param]()))


def test_every_tag_is_closed_and_every_id_is_its_own(page):
    assert page.faults == []
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(ids) == len(set(ids))
    anchors = [given["href"][1:] for tag, given in page.tags if tag == "a" and given["href"].startswith("#")]
    assert anchors
    assert set(anchors) <= set(ids)
    labels = [given["aria-labelledby"].split() for _, given in page.tags if "aria-labelledby" in given]
    assert {label for each in labels for label in each} <= set(ids)


def test_nothing_comes_from_outside(page):
    assert not [tag for tag, given in page.tags if given.get("src") or tag in {"link", "iframe", "object", "img"}]
    targets = {given["href"] for tag, given in page.tags if tag == "a"}
    assert {target for target in targets if not target.startswith("#")} <= {"scores.csv", "limits.csv", "queue.csv"}
    assert not [given for _, given in page.tags if any(name.startswith("on") for name in given)]
    assert "nan" not in page.text.split()
    assert "None" not in page.text.split()


def test_no_address_and_no_style_sheet_import():
    text = portfolio_page(plausible())
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "@import" not in text
    assert "url(http" not in text


def test_hostile_names_are_text():
    page = Page(portfolio_page(awkward()))
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert not [tag for tag, _ in page.tags if tag in {"b", "i", "img"}]
    for name in AWKWARD[:7]:
        assert " ".join(name.split()) in page.text
    assert 'Sample <b>"portfolio"</b> & more' in page.text


def test_the_same_pack_gives_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        write_html(tmp_path / f"{name}.html", plausible())
    assert (tmp_path / "first.html").read_bytes() == (tmp_path / "second.html").read_bytes()


def test_the_first_table_is_the_largest_expected_losses():
    pack = plausible()
    header, *rows = Page(portfolio_page(pack)).rows("scores")
    top = pack.scores.sort("expected_loss", descending=True).head(25)
    assert header[:3] == ["Customer", "Expected loss", "PD 12 months"]
    assert [row[1] for row in rows] == [f"{loss:,.0f}" for loss in top["expected_loss"]]
    assert [row[0].split() for row in rows] == [
        [*name.split(), key] for name, key in zip(top["name"], top["customer_id"], strict=True)
    ]


def test_the_limits_are_those_that_change_and_the_queue_is_ranked():
    pack = plausible()
    page = Page(portfolio_page(pack))
    changes = pack.limits.filter(pl.col("action") != "keep")
    assert f"{changes.height} limits of 320 should change" in page.text
    assert "keep" not in {row[1] for row in page.rows("limits")}
    assert [row[0] for row in page.rows("queue")[1:]] == [str(rank) for rank in range(1, 26)]
    assert f"The first 25 of {changes.height}." in page.text


def test_those_stopped_are_told_with_those_whose_limit_is_nothing_already():
    pack = plausible()
    stopped = pl.DataFrame({"action": "stop", "current_limit": [0.0, None, 5_000.0], "recommended_limit": 0.0})
    rows = pl.concat([pack.limits.head(3).drop(stopped.columns), stopped], how="horizontal").select(pack.limits.columns)
    answer = answers(replace(pack, limits=rows))[1]
    assert answer.explanation.startswith("1 customer to be stopped, beside 2 whose limit is nothing already. ")


def test_findings_stand_worst_first_and_the_tie_out_is_stated():
    page = Page(portfolio_page(plausible()))
    assert [row[0] for row in page.rows("findings")[1:]] == ["error", "warning", "note"]
    assert "Ties out: in every table" in page.text


def test_without_bad_debts_late_payment_is_not_called_a_bad_debt():
    page = Page(portfolio_page(without_bad_debts()))
    assert "The ledger holds no bad debt" in page.text
    assert "Not measured: no bad-debt probability could be estimated." in page.text
    header = page.rows("scores")[0]
    assert "Late 30 days, 12 months" in header
    assert not {"PD 12 months", "Expected loss", "Grade"} & set(header)
    reason = "0 distinct events in the test rows, below the 5 that a measure needs."
    assert f"Not measured. The probabilities were not back-tested. {reason}" in page.text


def test_nothing_at_all_still_makes_a_page():
    text = Page(portfolio_page(nothing())).text
    assert "Nobody is to be contacted today." in text
    assert "Not measured: no limit was recommended." in text


def test_nulls_are_a_dash_that_says_so():
    pack = plausible(30)
    scores = pack.scores.with_columns(
        pl.when(pl.col("customer_id") > "C00015").then(pl.col("dbt_12m")).alias("dbt_12m")
    )
    text = portfolio_page(replace(pack, scores=scores))
    assert text.count('<span class="null" title="not measured">–</span>') >= 10


def test_currency_and_date_are_stated():
    text = Page(portfolio_page(awkward())).text
    assert "As of 31 March 2026 , amounts in JPY" in text
    assert "The ledger covers 1 January 2023 to 31 March 2026." in text
