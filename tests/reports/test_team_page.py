"""The supervisor's page, workbook and JSON: every figure there, hostile texts harmless, gaps said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from decisions.team_ledgers import END
from decisions.test_team_capacity import curve, queue
from decisions.test_team_case_mix import team
from decisions.test_team_measures import worked

from credrisk.decisions.team_case_mix import PRIVACY_NOTE, case_mix
from credrisk.decisions.team_review import TeamReview, team_review
from credrisk.errors import EvidenceError
from credrisk.reports.charts import capacity_chart, contact_funnel_chart, funnel_plot
from credrisk.reports.team_page import TeamPack, check_counts, headline_of, team_json, team_page
from credrisk.reports.team_workbook import write_team_workbook

HOSTILE = "=cmd|'/c calc'!A1<script>alert(1)</script>"


@pytest.fixture(scope="module")
def review() -> TeamReview:
    small = team_review(worked(), as_of=END)
    gains = {"gain": 40.0}, {"gain": 30.0}, {"gain": 20.0}
    mix = case_mix(team(3, [45, 80, 60]).with_columns(pl.col("collector").replace("c00", HOSTILE)))
    return replace(small, case_mix=mix, capacity=curve(queue(*gains)))


@pytest.fixture(scope="module")
def pack(review: TeamReview) -> TeamPack:
    names = pl.DataFrame({"customer_id": list("abcde"), "name": [HOSTILE, "B", "C", "D", None]})
    return TeamPack(review, names, {"credrisk": "0"}, {"team": "collectors.csv"})


def test_the_page_is_one_harmless_file(pack: TeamPack) -> None:
    page = team_page(pack)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert page.count("<svg") == 3
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    for words in ("25.0", "No decision log was given", "section 87(1) no. 6", "This note is no legal advice"):
        assert words in page, words
    assert page == team_page(pack)


def test_key_figures(review: TeamReview) -> None:
    figures = {label: (value, note) for label, value, note in headline_of(review)}
    assert figures["Penetration"] == ("25.0 %", "of 4 accounts past due")
    assert figures["Promise kept"] == ("50.0 %", "of 600 EUR promised")
    assert figures["Days to first contact"][0] == "–"
    counts = {heading: found for heading, _, found in check_counts(review)}
    assert counts["Write-off not logged"] == "–"
    assert counts["Note missing"] == "2"  # d and e were reached without one


def test_json_holds_every_figure_and_no_more_than_json_can(pack: TeamPack) -> None:
    content = json.loads(team_json(pack), parse_constant=lambda name: pytest.fail(name))
    assert content["as_of"] == END.isoformat()
    assert [row["collector"] for row in content["measures"]] == ["Ann", "Ben", "all"]
    assert content["hand"] is None
    assert content["case_mix"]["team_ratio"] == pytest.approx(pack.review.case_mix.team_ratio)
    assert len(content["capacity"]["curve"]) == 4
    assert content["lacks"]


def test_the_workbook(pack: TeamPack, tmp_path: Path) -> None:
    write_team_workbook(tmp_path / "one.xlsx", pack)
    write_team_workbook(tmp_path / "two.xlsx", pack)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    sheets = pl.read_excel(tmp_path / "one.xlsx", sheet_id=0, has_header=False)
    assert list(sheets) == ["Team", "Case mix", "Contacts", "Audit", "Definitions"]
    audit = sheets["Audit"]
    assert HOSTILE in audit.to_series(1).to_list()
    meanings = sheets["Definitions"].to_series(3).to_list()
    assert PRIVACY_NOTE in meanings
    assert "Auditor found" in [str(value) for value in audit.row(3)]


def test_charts_say_what_they_show_and_refuse_where_nothing_is() -> None:
    made = case_mix(team(3, [45, 80, 60]))
    chart = funnel_plot(made.table, team_ratio=made.team_ratio, quantiles=made.quantiles)
    assert chart.finding == "None of 3 collectors lies outside what chance explains at 95 %"
    better = case_mix(team(5, [150] * 6, {2: 2.0}))
    assert better.table.row(2, named=True)["verdict"] == "above_998"
    assert (
        "c02 lies outside what chance explains at 99.8 %"
        in funnel_plot(better.table, team_ratio=better.team_ratio, quantiles=better.quantiles).finding
    )
    few = case_mix(team(5, [10] * 6))
    with pytest.raises(EvidenceError, match="No collectors are compared"):
        funnel_plot(few.table, team_ratio=few.team_ratio, quantiles=few.quantiles)
    with pytest.raises(EvidenceError, match="Nobody was contacted"):
        contact_funnel_chart(pl.DataFrame({"collector": ["all"], "attempts": [0]}))
    nothing = curve(queue({"gain": -1.0}))
    with pytest.raises(EvidenceError, match="No contact by hand gains anything"):
        capacity_chart(nothing.curve, unit=nothing.unit, today=1.0, one_more=1.0, currency="EUR")
    plenty = curve(queue({"gain": 5.0}), capacity=100.0)
    drawn = capacity_chart(plenty.curve, unit="minutes", today=100.0, one_more=1.0, currency="EUR")
    assert drawn.finding == "All 10 worthwhile minutes fit into today's 100 and gain 5 EUR"
