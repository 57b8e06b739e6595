"""What the charts say is what the frames hold, and the same frame gives the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys

import matplotlib as mpl
import polars as pl
import pytest
from defusedxml import ElementTree
from reports.packs import EVERY, plausible

from credrisk.errors import EvidenceError
from credrisk.reports import charts
from credrisk.reports.charts import NOTEBOOK, PAGE, to_svg
from credrisk.reports.headline import headline_of
from credrisk.reports.pack import Pack


def drawings(pack: Pack, size=PAGE):
    return {
        "ageing": lambda: charts.ageing_chart(pack.ageing, currency=pack.currency, size=size),
        "past_due": lambda: charts.past_due_history_chart(pack.history, size=size),
        "dso": lambda: charts.dso_chart(pack.history, size=size),
        "grades": lambda: charts.grade_chart(pack.scores, currency=pack.currency, size=size),
        "losses": lambda: charts.expected_loss_chart(pack.scores, currency=pack.currency, size=size),
        "gain": lambda: charts.gain_chart(pack.queue, currency=pack.currency, capacity=pack.capacity, size=size),
        "calibration": lambda: charts.calibration_chart(pack.calibration, size=size),
        "capture": lambda: charts.capture_chart(pack.metrics, size=size),
        "auc": lambda: charts.auc_chart(pack.metrics, size=size),
    }


def spoken(root) -> tuple[str, str]:
    """Return what a screen reader calls an SVG and how it describes it."""
    assert root.get("role") == "img"
    ids = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    name, description = root.get("aria-labelledby").split()
    return ids[name], ids[description]


PORTFOLIO = {"ageing", "past_due", "dso", "grades", "losses", "gain"}
BACKTEST = {"calibration", "capture", "auc"}
MISSING = {
    "without_bad_debts": {"past_due", "dso", "grades", "losses"} | BACKTEST,
    "all_null": PORTFOLIO | BACKTEST,
    "nothing": PORTFOLIO | BACKTEST,
    "no_customers": PORTFOLIO,
}


def python(script: str) -> str:
    """Run a script in a fresh interpreter that finds what this one finds."""
    command = [sys.executable, "-c", script, json.dumps(sys.path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def pack() -> Pack:
    return plausible()


def test_ageing_finding(pack):
    ageing = pack.ageing.to_pandas()
    buckets = ageing[["not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90"]].sum()
    late, old = 100 * (1 - buckets["not_due"] / buckets.sum()), 100 * buckets["past_due_over_90"] / buckets.sum()
    chart = charts.ageing_chart(pack.ageing, currency="EUR")
    assert chart.finding == f"{late:.1f} % of open invoices are past due; {old:.1f} % over 90 days"
    assert f"Unapplied cash {-ageing.unapplied_cash.sum() / 1e3:.3g} k EUR" in chart.alt


def test_past_due_history_finding(pack):
    shares = pack.history.to_pandas().set_index("as_of")["share_past_due"]
    change = 100 * (shares.iloc[-1] - shares.iloc[-13])
    finding = charts.past_due_history_chart(pack.history).finding
    assert finding == f"{100 * shares.iloc[-1]:.1f} % is past due, {abs(change):.1f} points up since Mar 2025"
    assert change > 0


def test_dso_finding(pack):
    days = pack.history.to_pandas()["dso_countback"]
    more = days.iloc[-1] - days.iloc[-13]
    assert (
        charts.dso_chart(pack.history).finding
        == f"DSO by count-back is {days.iloc[-1]:.0f} days, {more:.0f} more than in Mar 2025"
    )


def test_grade_finding(pack):
    scores = pack.scores.to_pandas()
    by_grade = scores.groupby("grade")[["expected_loss", "ead"]].sum()
    running = by_grade["expected_loss"][::-1].cumsum() / by_grade["expected_loss"].sum()
    worst = running.index[: int((running < 0.5).sum()) + 1]
    loss = by_grade.loc[worst, "expected_loss"].sum() / by_grade["expected_loss"].sum()
    owed = by_grade.loc[worst, "ead"].sum() / by_grade["ead"].sum()
    finding = charts.grade_chart(pack.scores, currency="EUR").finding
    assert finding.startswith(f"{100 * loss:.0f} % of the expected loss sits in grades {worst[-1]} and {worst[0]}")
    assert finding.endswith(f"with {100 * owed:.1f} % of the exposure")


def test_customers_in_default_are_a_bar_of_the_whole():
    rows = [
        ("B", 0.01, 10.0, 700.0, "at_risk"),
        ("E", 0.20, 60.0, 200.0, "at_risk"),
        (None, 0.50, 30.0, 100.0, "in_default"),
        (None, None, None, 0.0, "inactive"),
    ]
    scores = pl.DataFrame(rows, schema=["grade", "pd_12m", "expected_loss", "ead", "status"], orient="row")
    chart = charts.grade_chart(scores, currency="EUR")
    # Of 100 expected to be lost 60 are in grade E and 30 in default; of 1,000 of exposure E has 200.
    assert chart.finding == (
        "60 % of the expected loss sits in grade E, with 20.0 % of the exposure; 30 % in customers in default"
    )
    heights = [patch.get_height() for patch in chart.axes[0].patches]
    assert heights == pytest.approx([70, 20, 10, 10, 60, 30])
    assert [label.get_text().split("\n")[0] for label in chart.axes[0].get_xticklabels()] == ["B", "E", "in default"]


def test_without_a_graded_customer_there_are_no_bars_of_grades():
    rows = [(None, 1.0, 0.0, 9_466.9, "bad_debt"), (None, 0.1, 3.0, 40.0, "in_default")]
    scores = pl.DataFrame(
        rows,
        schema={"grade": pl.String, "pd_12m": pl.Float64, "expected_loss": pl.Float64, "ead": pl.Float64,
                "status": pl.String},
        orient="row",
    )  # fmt: skip
    with pytest.raises(EvidenceError):
        charts.grade_chart(scores, currency="EUR")
    graded = pl.DataFrame([("B", 0.0, 0.0, 0.0, "at_risk"), *rows], schema=scores.schema, orient="row")
    finding = charts.grade_chart(graded, currency="EUR").finding
    assert "no loss is expected of the graded" in finding


def test_the_expected_loss_says_why_the_others_have_none():
    rows = (
        [("at_risk", 0.1, 5.0)] * 2 + [("at_risk", 0.1, None)] * 3 + [("bad_debt", 1.0, None), ("inactive", None, None)]
    )
    scores = pl.DataFrame(rows, schema=["status", "pd_12m", "expected_loss"], orient="row")
    none = pl.DataFrame()
    told = headline_of(ageing=none, history=none, scores=scores, limits=none, queue=none, currency="EUR")
    assert told["Expected loss"] == (
        "10 EUR",
        "12 months; 2 of 7 customers (3 with a probability owe nothing; 1 that is a bad debt already and owes "
        "nothing; 1 has no probability); at the policy's loss given default (prior)",
    )


def test_a_rule_beyond_the_interval_of_the_model_is_not_within_chance():
    def finding(low, high):
        rows = [("model", "capture_10pct", 0.6, 0.5, 0.7), ("dbt_12m", "capture_10pct", 0.3, low, high)]
        return charts.capture_chart(
            pl.DataFrame(rows, schema=["model", "measure", "value", "low", "high"], orient="row")
        )

    said = "The riskiest 10 % hold 60 % of the bad debts; the best plain rule finds 30 %"
    assert finding(0.2, 0.49).finding == said
    assert finding(0.2, 0.5).finding == f"{said}, within chance"


def test_expected_loss_finding(pack):
    losses = pack.scores.to_pandas()["expected_loss"].sort_values(ascending=False)
    finding = charts.expected_loss_chart(pack.scores, currency="EUR").finding
    share, whole = 100 * losses.head(10).sum() / losses.sum(), losses.sum() / 1e3
    assert finding == f"The 10 largest expected losses make {share:.0f} % of the portfolio's {whole:.3g} k EUR"


def test_gain_finding(pack):
    gains = pack.queue.to_pandas().dropna(subset="rank").sort_values("rank")["gain"]
    finding = charts.gain_chart(pack.queue, currency="EUR", capacity=40).finding
    made, whole = gains.head(40).sum(), gains.sum()
    assert finding == f"40 contacts gain {made / 1e3:.3g} k EUR, {100 * made / whole:.0f} % of what all 90 would"
    assert charts.gain_chart(pack.queue, currency="EUR", capacity=3).finding == finding  # the queue's own marks hold
    unmarked = pack.queue.drop("contact_today")
    assert charts.gain_chart(unmarked, currency="EUR", capacity=40).finding == finding
    assert charts.gain_chart(unmarked, currency="EUR").finding == f"Today's 90 contacts gain {whole / 1e3:.3g} k EUR"


def test_contacts_beyond_today_that_would_lose_are_told_as_such():
    """Gains of 10.00, 5.02 and -0.85: two gain 15.02, which is no share of the 14.17 of all three."""
    queue = pl.DataFrame({"rank": [1, 2, 3], "gain": [10.0, 5.02, -0.85], "contact_today": [True, True, False]})
    queue = queue.with_columns(minutes=pl.lit(5.0), action=pl.lit("call"))
    finding = charts.gain_chart(queue, currency="EUR").finding
    assert finding == "2 contacts gain 15.02 EUR; the 1 after them would lose 0.85 EUR of it"


def test_contacts_beyond_today_that_would_gain_are_told_apart_from_those_that_would_lose():
    queue = pl.DataFrame({"rank": [1, 2, 3, 4], "gain": [10.0, 5.0, -4.0, -4.5]})
    finding = charts.gain_chart(queue, currency="EUR", capacity=1).finding
    assert finding == "1 contact gains 10 EUR; the next 1 would add 5 EUR, the 2 after that lose 8.50 EUR"


@pytest.mark.parametrize(
    ("gains", "said"),
    [
        ([5.0, 2.0, -4.0], "Nobody is contacted by hand today; 2 contacts would gain 7 EUR"),
        ([-0.5, -4.0], "Nobody is contacted by hand today: no contact gains what it costs"),
    ],
)
def test_a_day_without_a_contact_by_hand_is_told_as_such(gains, said):
    queue = pl.DataFrame({"rank": range(1, len(gains) + 1), "gain": gains})
    assert charts.gain_chart(queue, currency="EUR", capacity=0).finding == said


def test_a_month_without_dso_leaves_a_gap_and_the_year_before_is_a_date(pack):
    last = pl.col("as_of") == pl.col("as_of").max()
    with pytest.raises(EvidenceError, match="last month-end"):
        charts.dso_chart(pack.history.with_columns(pl.when(~last).then("dso_countback").alias("dso_countback")))
    fewer = pack.history.filter(pl.col("as_of").dt.month() != 7)
    assert charts.dso_chart(fewer).finding == charts.dso_chart(pack.history).finding
    gap = pl.col("as_of").dt.month() != 8
    with_gap = pack.history.with_columns(pl.when(gap).then("dso_countback").alias("dso_countback"))
    assert charts.dso_chart(with_gap).finding == charts.dso_chart(pack.history).finding


def test_unapplied_cash_that_is_not_measured_is_not_drawn(pack):
    blank = pack.ageing.with_columns(pl.lit(None, dtype=pl.Float64).alias("unapplied_cash"))
    assert "Unapplied" not in charts.ageing_chart(blank, currency="EUR").alt


def test_backtest_findings(pack):
    groups = pack.calibration.to_pandas()
    predicted = 100 * (groups.predicted * groups.rows).sum() / groups.rows.sum()
    within = int(((groups.low <= groups.predicted) & (groups.predicted <= groups.high)).sum())
    expected = f"Predicted {predicted:.2f} %, came true {100 * groups.events.sum() / groups.rows.sum():.2f} %"
    assert (
        charts.calibration_chart(pack.calibration).finding
        == f"{expected}; {within} of 10 groups, each by itself, lie within their interval"
    )
    capture = "The riskiest 10 % hold 55 % of the bad debts; the best plain rule finds 41 %, within chance"
    assert charts.capture_chart(pack.metrics).finding == capture
    auc = "A later bad debt was ranked riskier 81 times in 100; by the best plain rule 74, within chance"
    assert charts.auc_chart(pack.metrics).finding == auc


@pytest.mark.parametrize("name", EVERY)
def test_every_chart_draws_or_says_why_not(name):
    pack = EVERY[name]()
    for chart, draw in drawings(pack).items():
        if chart in MISSING.get(name, set()):
            with pytest.raises(EvidenceError, match=r"\.$"):
                draw()
            continue
        figure = draw()
        root = ElementTree.fromstring(to_svg(figure, name=chart))
        assert spoken(root) == (figure.finding, figure.alt)
        assert figure.finding
        assert "nan" not in figure.finding + figure.alt


def test_charts_are_the_same_bytes_in_another_process_with_other_settings(pack):
    script = (
        "import sys, json; sys.path[:0] = json.loads(sys.argv[1])\n"
        "import matplotlib; matplotlib.rcParams.update({'font.size': 20, 'axes.grid': True, 'svg.fonttype': 'path'})\n"
        "from reports.packs import plausible; from reports.test_charts import drawings\n"
        "from credrisk.reports.charts import to_svg\n"
        "print(json.dumps({name: to_svg(draw(), name=name) for name, draw in drawings(plausible()).items()}))"
    )
    here = {name: to_svg(draw(), name=name) for name, draw in drawings(pack).items()}
    assert json.loads(python(script)) == here


def test_row_order_changes_no_byte(pack):
    mixed = pack.scores.sample(fraction=1.0, shuffle=True, seed=1)
    for draw in (charts.grade_chart, charts.expected_loss_chart):
        assert to_svg(draw(mixed, currency="EUR")) == to_svg(draw(pack.scores, currency="EUR"))
    ageing = pack.ageing.sample(fraction=1.0, shuffle=True, seed=1)
    assert to_svg(charts.ageing_chart(ageing, currency="EUR")) == to_svg(
        charts.ageing_chart(pack.ageing, currency="EUR")
    )


def test_svg_is_self_contained_and_its_ids_are_its_own(pack):
    texts = [to_svg(draw(), name=name) for name, draw in drawings(pack).items()]
    ids = [
        element.get("id")
        for text in texts
        for element in ElementTree.fromstring(text).iter()
        if element.get("id") is not None
    ]
    assert len(ids) == len(set(ids))
    for text in texts:
        assert "<style" not in text
        assert "<metadata" not in text
        assert not [part for part in text.split('"') if part.startswith("http") and "www.w3.org" not in part]


def test_a_notebook_gets_the_title_in_the_figure(pack):
    chart = charts.dso_chart(pack.history, size=NOTEBOOK)
    texts = ElementTree.fromstring(chart._repr_svg_()).iter("{http://www.w3.org/2000/svg}text")
    assert chart.finding in [element.text for element in texts]
    on_page = to_svg(charts.dso_chart(pack.history, size=PAGE))
    assert on_page.count(chart.finding) == 1  # for screen readers only


def test_charts_leave_the_users_settings_alone(pack):
    before = dict(mpl.rcParams)
    to_svg(charts.dso_chart(pack.history))
    assert dict(mpl.rcParams) == before


def test_importing_the_package_loads_no_plotting():
    script = (
        "import sys, json; sys.path[:0] = json.loads(sys.argv[1])\n"
        "import credrisk, credrisk.reports.pack, credrisk.reports.html, credrisk.reports.workbook\n"
        "print({'matplotlib', 'jinja2', 'pandas'} & set(sys.modules))\n"
        "import credrisk.reports.charts\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert python(script).split() == ["set()", "False"]


def test_names_with_dollars_are_drawn_as_they_are():
    scores = plausible(3).scores.with_columns(pl.Series("name", ["$A$ & <B>", "C_{2}", "plain"]))
    text = to_svg(charts.expected_loss_chart(scores, currency="EUR"))
    assert "$A$ &amp; &lt;B&gt;" in text
    assert "C_{2}" in text
