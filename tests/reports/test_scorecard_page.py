"""The scorecard's page and workbook: the same figures as the card, and no text that runs."""

from __future__ import annotations

import copy
import re
import textwrap
import zipfile
from datetime import date
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hazard_world import make_world

from credrisk.features.catalogue import catalogue
from credrisk.models.points_card import Scale
from credrisk.models.scorecard import Scorecard
from credrisk.reports.scorecard_page import score_bands, scorecard_page, write_scorecard_book

HOSTILE = ['=cmd|"/c calc"!A0', "<script>alert(1)</script>", "@food", "-shops"]
DAY = date(2025, 12, 31)


@pytest.fixture(scope="module")
def card() -> Scorecard:
    data = make_world(customers=700, base=0.012, seed=4).rows()
    industry = pl.Series("industry", np.random.default_rng(0).choice(HOSTILE, data.X.height).tolist())
    names = ("dbt_12m", "share_past_due", "industry")
    X = data.X.with_columns(industry)
    return Scorecard(variables=names).fit(X, data.y, as_of=data.as_of, groups=data.groups)


def customers(card: Scorecard) -> pl.DataFrame:
    X = pl.DataFrame({"dbt_12m": [-5.0, 30.0, None], "share_past_due": [0.0, 0.9, 0.5], "industry": HOSTILE[:3]})
    return pl.concat(
        [pl.DataFrame({"customer_id": ["=1+1", "B", "C"]}), card.points(X, output="polars")], how="horizontal"
    )


def test_the_page_shows_the_card_and_runs_no_text_of_the_data(card: Scorecard) -> None:
    page = scorecard_page(card, customers(card), as_of=DAY)
    assert page == scorecard_page(card, customers(card), as_of=DAY)
    assert "<script>" not in page
    assert page.count("Content-Security-Policy") == 1
    for line in card.table(output="polars").slice(1).iter_rows(named=True):
        points = "0" if line["points"] == 0 else f"{line['points']:+,.0f}"
        assert f'<td class="n points">{points}</td>' in page
    assert "600 points stand for 50 good customers to one bad" in page
    assert "31 December 2025" in page


def test_every_page_has_the_same_policy() -> None:
    folder = resources.files("credrisk.reports") / "templates"
    texts = [
        (folder / f"{name}.html").read_text("utf-8") for name in ("monitoring", "portfolio", "scorecard", "validation")
    ]
    policies = [re.findall(r"<meta http-equiv=.*>", text) for text in texts]
    assert policies[0]
    assert policies == [policies[0]] * 4


def test_texts_stay_texts_in_the_workbook(card: Scorecard, tmp_path: Path) -> None:
    write_scorecard_book(tmp_path / "card.xlsx", card, customers(card), as_of=DAY)
    again = tmp_path / "again.xlsx"
    write_scorecard_book(again, card, customers(card), as_of=DAY)
    assert again.read_bytes() == (tmp_path / "card.xlsx").read_bytes()
    sheets = pl.read_excel(again, sheet_id=0, read_options={"header_row": 3})
    assert sheets["Customers"]["customer id"][0] == "=1+1"
    assert sheets["Card"]["bin"].to_list() == card.table(output="polars")["bin"].to_list()


def test_bands_count_everybody_once_and_tell_the_odds_of_their_lower_bound() -> None:
    scale = Scale()
    scores = pl.Series([599.0, 600.0, 619.9, 620.0, 555.0])
    bands = score_bands(scores, scale)
    assert bands["from_score"].to_list() == [620.0, 600.0, 580.0, 540.0]
    assert bands["customers"].to_list() == [1, 2, 1, 1]
    assert bands["share"].sum() == pytest.approx(1)
    assert bands["good_bad_odds"].to_list() == pytest.approx([100, 50, 25, 6.25])
    assert bands["pd"].to_list() == pytest.approx([1 / 101, 1 / 51, 1 / 26, 1 / 7.25])
    assert score_bands(pl.Series([0.0, 5_000.0]), scale).height == 2
    assert score_bands(pl.Series([], dtype=pl.Float64), scale).is_empty()


def test_headers_of_the_workbook_have_room_for_their_words(card: Scorecard, tmp_path: Path) -> None:
    long = customers(card).with_columns(
        points_share_paid_late_12m=pl.lit(1.0), points_share_of_invoices_paid_late_12m=pl.lit(1.0)
    )
    write_scorecard_book(tmp_path / "card.xlsx", card, long, as_of=DAY)
    with zipfile.ZipFile(tmp_path / "card.xlsx") as book:
        sheets = [book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2, 3, 4)]
        styles = re.findall(r"<xf [^>]*><alignment[^>]*/></xf>", book.read("xl/styles.xml").decode())
    assert any('horizontal="left"' in style and 'indent="1"' in style for style in styles)
    for sheet, titles in zip(sheets, (None, None, card.choice_.columns, long.columns), strict=True):
        height = float(re.findall(r'<row r="4"[^>]* ht="([\d.]+)"', sheet)[0])
        columns = re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', sheet)
        width = {place: float(w) for a, b, w in columns for place in range(int(a), int(b) + 1)}
        for place, title in enumerate(titles or [], start=1):
            # Four characters are the filter's button and the padding; a line of 9 points is 12 high.
            words = title.replace("_", " ")
            assert max(map(len, words.split())) <= width[place] - 3
            assert 12 * len(textwrap.wrap(words, int(width[place]) - 4)) <= height


def test_few_events_are_told_on_the_page_and_in_the_workbook(card: Scorecard, tmp_path: Path) -> None:
    few = copy.copy(card)
    said = "Only 20 distinct events within 12 months"
    assert card.evidence_["warning"] is None
    few.evidence_ = card.evidence_ | {"warning": said}
    assert said in scorecard_page(few, customers(card), as_of=DAY)
    assert "Warning" not in scorecard_page(card, customers(card), as_of=DAY)
    write_scorecard_book(tmp_path / "card.xlsx", few, customers(card), as_of=DAY)
    with zipfile.ZipFile(tmp_path / "card.xlsx") as book:
        assert said in book.read("xl/sharedStrings.xml").decode()


def test_a_bin_of_nulls_says_what_a_null_means(card: Scorecard) -> None:
    page = scorecard_page(card, customers(card), as_of=DAY)
    assert page.count(f"<td>{catalogue()['share_past_due'].null}</td>") == 1
    assert page.count("not measured") == 1  # the industry, which the catalogue does not have
