"""`credrisk queue`: the files it writes, what it prints, the log it keeps, and what it refuses."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from command import refused, succeeded

from credrisk.cli.queue_inputs import effects_of
from credrisk.decisions.contact_effects import ContactEffects, measure_contact_effects
from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.policy import Policy
from credrisk.decisions.supervisor_hand import hand_of, lay_hand
from credrisk.errors import ParameterError
from credrisk.ledger.content_hash import content_hash
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.payment_days import payment_days
from credrisk.reports.worklist_read import read_worklist
from credrisk.simulate import simulate_ledger

BY_HAND = ["insurer", "pin", "gain", "coverage", "explore"]
TEAM = """collector,minutes_per_day,languages,skills,away_until
Ada/North,60,de;en,,
=Ben,90,,legal,
Disputes,60,,,2999-01-01
"""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("queue") / "ledger"
    simulate_ledger(customers=120, months=12, seed=5).write(folder)
    return folder


@pytest.fixture(scope="module")
def results(ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores as a run writes them."""
    folder = tmp_path_factory.mktemp("queue") / "out"
    folder.mkdir()
    ids = pl.read_csv(ledger / "customers.csv", infer_schema=False)["customer_id"].to_list()
    names = [f"<b>Customer {place}</b>" if place % 2 else f'=HYPERLINK("{place}")' for place in range(len(ids))]
    rows = pl.DataFrame({"customer_id": ids, "name": names, "status": "at_risk", "pd_12m": 0.05, "p_late30_12m": 0.2})
    read, policy = Ledger.read(ledger), Policy.default()
    paying = payment_days(read.cut(read.settings.covers_to), as_of=read.settings.covers_to)
    assert paying.timing is not None
    paying.timing.save(folder / "model" / "timing")
    rows.join(paying.days, on="customer_id", how="left").write_csv(folder / "scores.csv")
    rows.select("customer_id", recommended_limit=pl.lit(0.0)).write_csv(folder / "limits.csv")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    record = {
        "as_of": read.settings.covers_to.isoformat(),
        "currency": read.settings.currency,
        "files": {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "timing": {"measured": True, "why": ""},
        "policy": {"version": policy.version, "hash": policy.hash},
        "ledger": {"content_hash": content_hash(read.cut(read.settings.covers_to))},
        "targets": {"bad_debt": {}},
    }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def test_a_team_s_day(ledger: Path, results: Path, tmp_path: Path) -> None:
    team, log, out = tmp_path / "team.csv", tmp_path / "log.db", tmp_path / "day"
    team.write_text(TEAM, encoding="utf-8")
    last = pl.read_csv(ledger / "customers.csv", infer_schema=False)["customer_id"][-1]
    pin = ("--customer", last, "--what", "pin", "--reason", "visit", "--expires-on", "2099-01-01", "--author", "Lead")
    succeeded("log", "hand", log, *pin)
    laid = {"reason": "talks", "expires_on": "2099-01-01", "author": "Lead", "at": datetime(2020, 1, 1, tzinfo=UTC)}
    lay_hand(DecisionLog(log), last, what="exclude", **laid)
    lay_hand(DecisionLog(log), "stranger", what="exclude", **laid)
    told = succeeded(
        "queue", ledger, "--results", results, "--collectors", team, "--assignment", "free", "--explore", "0.3",
        "--seed", "7", "--log", log, "--author", "Lead", "-o", out,
    )  # fmt: skip
    names = {"queue.csv", "collectors.csv", "disputes.csv", "internal.csv", "roll-over.csv", "queue.xlsx", "queue.html"}
    assert {path.name for path in out.iterdir()} == names
    queue = pl.read_csv(out / "queue.csv")
    assert queue.height == 120
    # The pin is of today, after the day of the ledger, and does not hold on it; the exclusion does.
    assert queue.filter(pl.col("customer_id") == last)["hand"].item() == "excluded until 1 January 2099 by Lead: talks"
    assert "not in the ledger: stranger" in told.out
    by_hand = queue.filter(pl.col("slot").is_in(BY_HAND))
    used = dict(by_hand.group_by("collector_today").agg(pl.col("minutes").sum()).iter_rows())
    assert used.get("Ada/North", 0) <= 60
    assert used.get("'=Ben", 0) <= 90
    assert "Disputes" not in used
    people = pl.read_csv(out / "collectors.csv")
    assert people.select("collector", "minutes_today").rows() == [
        ("'=Ben", 90.0),
        ("Ada/North", 60.0),
        ("Disputes", 0.0),
    ]
    assert people["contacts"].sum() == by_hand.height
    sheets = pl.read_excel(out / "queue.xlsx", sheet_id=0, engine="calamine", drop_empty_rows=False, has_header=False)
    own = ["First, in our own house", "Disputes", "Roll-over", "All accounts"]
    assert list(sheets) == ["=Ben", "Ada North", "Disputes 2", *own]
    assert "seed 7" in told.out
    assert "by hand today" in told.out
    page = (out / "queue.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;Customer" in page
    assert "=HYPERLINK" in page
    assert "<b>Customer" not in page
    offers = DecisionLog(log).read(kind="queue_offer")
    assert len(offers) == queue["rank"].drop_nulls().len()
    assert {entry.content["seed"] for entry in offers} == {7}
    again = refused(
        "queue", ledger, "--results", results, "--log", log, "--author", "Lead", "--out", tmp_path / "again"
    )
    assert "without the list of" in again
    assert not (tmp_path / "again").exists()


def test_contacts_are_counted_without_a_team(ledger: Path, results: Path, tmp_path: Path) -> None:
    out = tmp_path / "day"
    succeeded("queue", ledger, "--results", results, "--capacity", "2", "--out", out)
    queue = pl.read_csv(out / "queue.csv")
    assert queue.filter(pl.col("slot").is_in(BY_HAND)).height == 2
    assert pl.read_csv(out / "collectors.csv")["contacts"].sum() == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--collectors", "nowhere.csv"), "collectors must be an existing CSV file"),
        (("--collectors", "nowhere.csv", "--capacity", "3"), "--capacity must be left out"),
        (("--assignment", "auction"), "owned, free"),
        (("--explore", "0.9"), "--explore must be a share"),
    ],
)
def test_what_does_not_fit_is_refused(ledger: Path, results: Path, tmp_path: Path, options, said) -> None:
    out = tmp_path / "day"
    assert said in refused("queue", ledger, "--results", results, "--out", out, *options)
    assert not out.exists()


def test_a_hand_that_has_expired_when_it_is_laid_is_refused(tmp_path):
    log = tmp_path / "d.db"
    laid = ("log", "hand", log, "--customer", "C1", "--what", "pin", "--reason", "visit", "--expires-on", "2026-01-15")
    assert "--expires-on must be on or after" in refused(*laid)
    succeeded(*laid, "--at", "2025-12-31")
    assert hand_of(DecisionLog(log), as_of="2026-01-14")["customer_id"].to_list() == ["C1"]
    assert hand_of(DecisionLog(log), as_of="2026-01-15").is_empty()


def test_the_sheets_of_the_collectors_come_back_into_the_log(ledger: Path, results: Path, tmp_path: Path) -> None:
    import xlsxwriter

    team, out = tmp_path / "team.csv", tmp_path / "day"
    team.write_text(TEAM.replace("90", "25").replace("60", "25"), encoding="utf-8")
    succeeded("queue", ledger, "--results", results, "--collectors", team, "--assignment", "free", "--out", out)
    queue = pl.read_csv(out / "queue.csv").filter(pl.col("slot").is_in(BY_HAND))
    rows = read_worklist(out / "queue.xlsx")
    assert sorted(row.customer_id for row in rows) == sorted(queue["customer_id"])
    assert {row.list_on for row in rows} == {Ledger.read(ledger).settings.covers_to}
    people = {name.removeprefix("'") for name in queue["collector_today"]}
    assert {row.collector for row in rows} == people
    assert not any(row.filled_in for row in rows)
    # The same sheets with an answer in the first row of each.
    sheets = pl.read_excel(out / "queue.xlsx", sheet_id=0, engine="calamine", has_header=False, drop_empty_rows=False)
    answered = []
    with xlsxwriter.Workbook(str(tmp_path / "back.xlsx"), {"strings_to_formulas": False}) as book:
        for name, frame in sheets.items():
            sheet, done, who = book.add_worksheet(name), None, None
            for number, row in enumerate(frame.rows()):
                for place, cell in enumerate(row):
                    if cell is not None:
                        sheet.write_string(number, place, str(cell))
                if done is not None and who is not None and name not in answered:
                    sheet.write_string(number, done, "yes")
                    answered.append(name)
                if "Action done" in row:
                    done, who = row.index("Action done"), row.index("Customer no.")
    read = read_worklist(tmp_path / "back.xlsx")
    done = [row for row in read if row.done]
    assert len(done) == len(people)
    assert {row.collector for row in done} == people
    assert {row.place.split(" of ")[1] for row in done} <= set(answered)


def written_effects(path: Path, *, as_of: date, policy: Policy) -> ContactEffects:
    """Effects of calls drawn at random that won some weeks."""
    luck = np.random.default_rng(0)
    called = luck.random(1_200) < 0.5
    offers = pl.DataFrame(
        {
            "customer_id": [f"o{n % 600}" for n in range(1_200)],
            "date": [as_of - timedelta(days=200 + n // 600) for n in range(1_200)],
            "action": ["call" if one else "none" for one in called],
            "probability": [0.5] * 1_200,
            "done": called,
            "amount": luck.uniform(500.0, 5_000.0, 1_200),
            "age_days": luck.uniform(5.0, 80.0, 1_200),
            "pd": luck.uniform(0.01, 0.2, 1_200),
            "lgd": [0.5] * 1_200,
            "open_days_90": np.clip(luck.normal(np.where(called, 35.0, 60.0), 10.0), 0.0, 90.0),
        }
    )
    effects = measure_contact_effects(offers, policy=policy, as_of=as_of)
    effects.save(path)
    return effects


def test_measured_effects_reach_the_list_where_they_may(ledger: Path, results: Path, tmp_path: Path) -> None:
    day, file, out = Ledger.read(ledger).settings.covers_to, tmp_path / "effects.json", tmp_path / "day"
    effects = written_effects(file, as_of=day, policy=Policy.default())
    told = succeeded("queue", ledger, "--results", results, "--effects", file, "--out", out).out
    free = pl.read_csv(out / "queue.csv").filter(pl.col("hold").is_null())
    assert set(free["ranked_by"]) == {effects.ranking}
    if effects.ranking == "gain":
        assert {"measured", "shrunk"} & set(free["effect_source"])
    else:
        assert " ".join(effects.why.split()) in " ".join(told.split())


def test_effects_of_another_policy_or_of_a_later_day_are_refused(tmp_path: Path) -> None:
    policy, file = Policy.default(), tmp_path / "effects.json"
    written_effects(file, as_of=date(2025, 6, 30), policy=policy)
    assert effects_of(file, policy=policy, as_of=date(2025, 6, 30)).as_of == date(2025, 6, 30)
    with pytest.raises(
        ParameterError, match=r"--effects must be measured on or before the day of the list, 2025-06-29"
    ):
        effects_of(file, policy=policy, as_of=date(2025, 6, 29))
    other = policy.changed({"collection.small_balance": policy.collection.small_balance + 1})
    with pytest.raises(ParameterError, match="--effects must be measured under the policy in use"):
        effects_of(file, policy=other, as_of=date(2025, 6, 30))


def test_what_the_log_recorded_by_the_day_is_on_the_list(ledger: Path, results: Path, tmp_path: Path) -> None:
    succeeded("queue", ledger, "--results", results, "--out", tmp_path / "before")
    before = pl.read_csv(tmp_path / "before" / "queue.csv").filter(pl.col("contact_today"), pl.col("slot") == "gain")
    called, promised, later = before["customer_id"].head(3).to_list()
    day = Ledger.read(ledger).settings.covers_to
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    call = {"channel": "call", "outcome": "reached", "date": day.isoformat()}
    promise = {"due_on": (day + timedelta(days=9)).isoformat(), "made_on": day.isoformat()}
    log, out = DecisionLog(tmp_path / "log.db"), tmp_path / "day"
    known = [Record("contact", call, called), Record("promise", promise, promised), Record("contact", call, "stranger")]
    log.append_all(known, author="Kim", at=at)
    log.append_all([Record("contact", call, later)], author="Kim", at=at + timedelta(days=1))
    told = succeeded("queue", ledger, "--results", results, "--log", log.path, "--author", "Lead", "--out", out).out
    holds = dict(pl.read_csv(out / "queue.csv").select("customer_id", "hold").iter_rows())
    assert holds[called] == "quiet_days"
    assert holds[promised] == "promise"
    assert holds[later] is None
    assert "1 entry of the log does not fit the ledger" in told
    assert f"1 entry of the log is later than {day} (from {day + timedelta(days=1)} on) and counts for nothing" in told


def test_another_order_is_tried_out_against_the_list_that_was_made(ledger: Path, results: Path, tmp_path: Path) -> None:
    own, tried = tmp_path / "own", tmp_path / "tried"
    succeeded("queue", ledger, "--results", results, "--capacity", "3", "--out", own)
    same = succeeded(
        "queue", ledger, "--results", results, "--capacity", "3", "--against", own / "queue.csv", "--out", tried
    )
    assert "The order is the model's: nothing moved." in same.out
    assert pl.read_csv(tried / "changes.csv").height == 0
    told = succeeded(
        "queue", ledger, "--results", results, "--capacity", "6", "--weights", "age=50, goodwill=0", "--out", tried,
        "--overwrite", "--against", own / "queue.csv",
    )  # fmt: skip
    assert "Tried out under other weights than the model's: goodwill 0, age 50." in told.out
    before, after = (pl.read_csv(folder / "queue.csv", infer_schema_length=None) for folder in (own, tried))
    changes = pl.read_csv(tried / "changes.csv", infer_schema_length=None)
    places = before.select("customer_id", "rank", "contact_today").join(
        after.select("customer_id", "rank", "contact_today"), on="customer_id", suffix="_after"
    )
    moved = places.filter(
        pl.col("rank").ne_missing(pl.col("rank_after")) | (pl.col("contact_today") != pl.col("contact_today_after"))
    )
    assert sorted(changes["customer_id"].to_list()) == sorted(moved["customer_id"].to_list())
    worth = [frame.filter("contact_today")["gain"].sum() for frame in (before, after)]
    assert f"({worth[0]:,.2f} before, {worth[1]:,.2f} after)" in told.out


def test_wrong_weights_and_lists_are_refused(ledger: Path, results: Path, tmp_path: Path) -> None:
    asked = ("queue", ledger, "--results", results, "--out", tmp_path / "out")
    assert "--weights must be a name and a number each" in refused(*asked, "--weights", "age")
    assert "expected_loss_avoided, time_value" in refused(*asked, "--weights", "ages=1")
    assert "a number of at least 0" in refused(*asked, "--weights", "age=-1")
    assert "left out with --log" in refused(*asked, "--weights", "age=1", "--log", tmp_path / "log.db")
    assert "--against must be the queue.csv" in refused(*asked, "--against", tmp_path / "none.csv")
    assert "is no list of accounts" in refused(*asked, "--against", results / "scores.csv")
    other = tmp_path / "other.csv"
    other.write_text("customer_id,rank,contact_today,action,gain\nstranger,1,true,call,2.0\n", encoding="utf-8")
    assert "different customers" in refused(*asked, "--against", other)
    assert not (tmp_path / "out").exists()
