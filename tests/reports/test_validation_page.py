"""The validation page says what the assessment holds, first in words, and lets nothing through."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from html import escape, unescape
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from models.test_assessment import found, validation
from reports.test_html import Page
from reports.test_looks import MEASURE, chromium

from credrisk.errors import EvidenceError
from credrisk.models.assessment import Assessment
from credrisk.models.monitoring import Monitoring
from credrisk.models.review_value import Costs
from credrisk.reports import charts
from credrisk.reports.calibration import calibration_groups
from credrisk.reports.charts import PAGE, to_svg
from credrisk.reports.monitoring_page import MonitoringPack, monitoring_json, monitoring_page, state_of
from credrisk.reports.validation_page import ValidationPack, validation_json, validation_page
from credrisk.reports.verdict import verdicts


def pack(assessment: Assessment | None = None, **changes: object) -> ValidationPack:
    made = ValidationPack(
        as_of=date(2025, 12, 31),
        currency="EUR",
        event="bad debt",
        assessment=assessment or found(),
        folds=validation().folds,
        calibration=calibration_groups(validation().predictions, probability="pd_12m"),
        covers=(date(2022, 1, 1), date(2025, 12, 31)),
        settings={"credrisk": "test"},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def nothing() -> ValidationPack:
    bare = Assessment("bad_debt", 12, 0, 0, 0, Costs(), 0.03, notes=("2 distinct events, below the 5 needed",))
    return pack(bare, folds=validation().folds.head(0), calibration=pl.DataFrame(), notes=("2 distinct events.",))


def with_row(frame: pl.DataFrame, measure: str, **values: float) -> pl.DataFrame:
    chosen = pl.col("measure") == measure
    return frame.with_columns(
        pl.when(chosen).then(pl.lit(value)).otherwise(pl.col(name)).alias(name) for name, value in values.items()
    )


@pytest.mark.parametrize("made", [pack, nothing])
def test_the_page_is_whole_and_needs_nothing_from_outside(made) -> None:
    page = Page(text := validation_page(made()))
    assert page.faults == []
    assert "://" not in text.replace("http://www.w3.org", "")
    assert not [given for tag, given in page.tags if tag in {"link", "img", "iframe"} or "src" in given]
    words = " ".join(" ".join(page.words).split())
    for question in ("Is the model better than what you rank by today?", "Where is it weak?"):
        assert question in words


def test_the_same_validation_gives_the_same_bytes() -> None:
    assert validation_page(pack()) == validation_page(pack())


def test_the_json_holds_every_figure_of_the_assessment() -> None:
    told = json.loads(validation_json(pack()))
    assert told["measures"] == found().measures.to_dicts()
    assert told["grades"] == found().grades.to_dicts()
    assert len(told["verdicts"]) == 3
    assert told["events"] == found().events
    none = json.loads(validation_json(nothing()))
    assert none["measures"] == []
    assert none["not_measured"] == ["2 distinct events."]


def test_names_from_the_ledger_are_escaped() -> None:
    wild = found().segments.with_columns(part=pl.lit("<script>alert(1)</script>"))
    assert "<script>alert" not in validation_page(pack(replace(found(), segments=wild)))


def test_better_is_said_only_where_the_interval_says_so() -> None:
    rule = found().best_rule
    marks = {}
    for name, low, high in (("yes", 0.02, 0.2), ("chance", -0.1, 0.2), ("no", -0.3, -0.1)):
        mid = (low + high) / 2
        changed = replace(
            found(), differences=with_row(found().differences, "captured_10pct", low=low, high=high, value=mid)
        )
        one = verdicts(changed, event="bad debt", currency="EUR")[0]
        marks[name] = (one.mark, one.sentence.split(":")[0])
    assert rule
    assert marks == {"yes": ("good", "Yes"), "chance": ("mixed", "Not shown"), "no": ("bad", "No")}


def test_the_level_is_right_only_where_overall_and_grades_allow_it() -> None:
    right = with_row(found().measures, "calibration_in_the_large", value=1.02, low=0.9, high=1.1)
    calm = found().grades.with_columns(verdict=pl.lit("not rejected"))
    one = verdicts(replace(found(), measures=right, grades=calm), event="bad debt", currency="EUR")[1]
    assert one.mark == "good"
    assert one.sentence.startswith("Yes, overall within chance; no grade is rejected when all are tested together")
    outside = calm.with_columns(
        low=pl.when(pl.col("grade") == "E").then(pl.col("predicted") * 1.1).otherwise(pl.col("predicted") / 2),
        high=pl.col("predicted") * 1.5,
    )
    alone = verdicts(replace(found(), measures=right, grades=outside), event="bad debt", currency="EUR")[1]
    assert alone.sentence.endswith("tested together (by itself E would be).")
    low = found().grades.with_columns(
        verdict=pl.when(pl.col("grade") == "C").then(pl.lit("too low")).otherwise(pl.lit("not rejected"))
    )
    two = verdicts(replace(found(), measures=right, grades=low), event="bad debt", currency="EUR")[1]
    assert (two.mark, two.sentence) == ("mixed", "Overall yes, but not in grade C.")
    off = with_row(found().measures, "calibration_in_the_large", value=2.0, low=1.6, high=2.4)
    three = verdicts(replace(found(), measures=off, grades=calm), event="bad debt", currency="EUR")[1]
    assert three.mark == "bad"
    assert "200 bad debts came for 100 predicted" in three.sentence


def test_a_leak_comes_before_everything_else_that_is_weak() -> None:
    leak = found().leakage.with_columns(
        alarm=pl.when(pl.col("feature") == "dbt_12m").then(pl.lit("values")),
        reason=pl.when(pl.col("feature") == "dbt_12m").then(pl.lit("dbt_12m alone ranks 99 of 100 pairs rightly")),
    )
    one = verdicts(replace(found(), leakage=leak), event="bad debt", currency="EUR")[2]
    assert one.mark == "bad"
    assert "dbt_12m alone ranks 99" in one.more[0]


def test_charts_without_a_basis_give_the_reason() -> None:
    empty = nothing().assessment
    for draw in (
        lambda: charts.capture_curve_chart(empty.curve),
        lambda: charts.roc_chart(empty.curve),
        lambda: charts.grade_level_chart(found().grades.head(0)),
        lambda: charts.stability_chart(empty.stability),
        lambda: charts.segment_chart(empty.segments),
        lambda: charts.drift_chart(empty.drift),
        lambda: charts.review_value_chart(empty.measures, best_rule="", currency="EUR"),
    ):
        with pytest.raises(EvidenceError):
            draw()


def test_the_charts_say_what_the_frames_hold() -> None:
    own = found().value("captured_10pct")
    assert own
    chart = charts.capture_curve_chart(found().curve, size=PAGE)
    assert f"Reviewing 10 % finds {100 * own['value']:.0f} % of the bad debts" in chart.finding
    assert to_svg(chart, name="cap") == to_svg(charts.capture_curve_chart(found().curve, size=PAGE), name="cap")
    rejected = found().grades.with_columns(
        verdict=pl.when(pl.col("grade") == "E").then(pl.lit("too low")).otherwise("verdict")
    )
    assert charts.grade_level_chart(rejected).finding == "The level is rejected in grade E"
    apart = found().grades.with_columns(
        verdict=pl.lit("not rejected"),
        low=pl.when(pl.col("grade") == "E").then(pl.col("predicted") * 1.1).otherwise(pl.col("predicted") / 2),
        high=pl.col("predicted") * 1.5,
    )
    assert charts.grade_level_chart(apart).finding.endswith(
        "none is rejected when all are tested together; by itself E would be"
    )


def monitored() -> MonitoringPack:
    alerts = pl.DataFrame(
        [
            {
                "severity": "alarm",
                "subject": "came true, 12 months",
                "message": "Too many <b>came</b>.",
                "remedy": "Fit.",
            },
            {"severity": "attention", "subject": "market", "message": "It fell.", "remedy": "Watch."},
        ]
    )
    realised = pl.DataFrame(
        {"months": [12], "from": [date(2024, 12, 31)], "customers": [500], "events": [14], "expected": [7.9]}
        | {"observed_to_expected": [1.77], "low": [1.0], "high": [2.9]}
        | {"p_jeffreys": [0.02], "p_too_low": [0.1], "p_too_high": [0.9]}
    )
    drift = found().drift.with_columns(limit=pl.col("critical")).drop("critical")
    score = {"psi": 0.02, "limit": 0.1, "mean_now": 0.03}
    days = (date(2025, 12, 31), 500, date(2024, 1, 31), date(2024, 12, 31))
    state = Monitoring("bad_debt", *days, alerts, drift, score, realised, found().grades, found_probabilities())
    return MonitoringPack(date(2025, 12, 31), "EUR", "bad debt", state, notes=("A note.",))


def found_probabilities() -> np.ndarray:
    return validation().predictions["pd_12m"].to_numpy()


def test_the_monitoring_page_is_whole_and_says_the_state_first() -> None:
    page = Page(text := monitoring_page(monitored()))
    assert page.faults == []
    assert "<b>came" not in text
    assert state_of(monitored()).sentence.startswith("No: an alarm")
    told = json.loads(monitoring_json(monitored()))
    assert (told["worst"], len(told["alerts"]), told["not_judged"]) == ("alarm", 2, ["A note."])
    quiet = replace(monitored(), found=replace(monitored().found, alerts=monitored().found.alerts.head(0)))
    assert state_of(quiet).mark == "good"
    early = replace(quiet, found=replace(quiet.found, realised=quiet.found.realised.head(0)))
    assert state_of(early).mark == "mixed"
    assert "cannot be judged yet" in state_of(early).more[0]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", ["validation", "nothing", "monitoring"])
def test_nothing_overflows_or_overlaps(tmp_path: Path, name: str, width: int) -> None:
    text = {
        "validation": lambda: validation_page(pack()),
        "nothing": lambda: validation_page(nothing()),
        "monitoring": lambda: monitoring_page(monitored()),
    }[name]()
    text = text.replace("</body>", f"{MEASURE}</body>")
    frame = f'<body><iframe srcdoc="{escape(text)}" width="{width}" height="4000" style="border: 0"></iframe></body>'
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{frame}", encoding="utf-8")
    dom = chromium(page, tmp_path / "profile", 1400, "--dump-dom")
    measured = re.search(r'data-measured="([^"]*)"', dom)
    assert measured
    assert json.loads(unescape(measured.group(1))) == {"wide": width, "faults": []}
