"""The lists beside the list: disputes, work for our own staff, what rolls over, pins, and offers in the log."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from decisions.cases import scores_of
from small_ledgers import ledger_of

from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue
from credrisk.decisions.queue_collectors import collectors_of, read_collectors
from credrisk.decisions.queue_lists import dispute_list, internal_list, what_is_missing
from credrisk.decisions.queue_record import OFFER, log_offers, offers_of
from credrisk.decisions.roll_over import roll_over
from credrisk.decisions.supervisor_hand import HAND, hand_of, lay_hand
from credrisk.errors import DataError, ParameterError

AS_OF = date(2025, 3, 31)


def ago(days: int) -> str:
    return (AS_OF - timedelta(days=days)).isoformat()


def invoice(number: str, customer: str, days_late: int, amount: int, **changes) -> dict:
    made = {"document_id": number, "customer_id": customer, "document_date": ago(days_late + 30)}
    return made | {"due_date": ago(days_late), "amount": amount} | changes


# --- Roll-over -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_late", "passes"),
    [(30, []), (31, [60]), (60, [60]), (61, [90]), (90, [90]), (91, []), (-5, [])],
)
def test_an_item_passes_when_it_is_more_than_so_many_days_late(days_late, passes):
    # More than 60 days late is from the 61st day on: 30 days late is 60 in 30 days, and does not pass.
    found = roll_over(ledger_of(documents=[invoice("d", "a", days_late, 100_000)]), as_of=AS_OF, output="polars")
    assert found["threshold_days"].to_list() == passes
    for row in found.iter_rows(named=True):
        assert row["passes_on"] == AS_OF + timedelta(days=row["threshold_days"] + 1 - days_late)
        assert (row["amount"], row["items"], row["probability"], row["expected_amount"]) == (1000.0, 1, None, None)


def test_what_rolls_over_by_customer_and_in_the_queue():
    ledger = ledger_of(
        documents=[
            invoice("d1", "a", 40, 100_000),
            invoice("d2", "a", 59, 50_000),
            invoice("d3", "a", 80, 70_000),
            invoice("n", "a", 50, -20_000),
            invoice("d4", "b", 45, 900_000),
        ],
        applications=[{"to_document_id": "d1", "amount": 25_000, "applied_on": ago(10)}],
        disputes=[{"dispute_id": "x", "document_id": "d2", "opened_on": ago(3)}],
    )
    found = roll_over(ledger, as_of=AS_OF, output="polars")
    assert found.select("customer_id", "threshold_days", "amount", "disputed", "items").rows() == [
        ("b", 60, 9000.0, 0.0, 1),
        ("a", 60, 1250.0, 500.0, 2),
        ("a", 90, 700.0, 0.0, 1),
    ]
    queue = collection_queue(ledger, as_of=AS_OF, scores=scores_of({"customer_id": "a"}), output="polars")
    assert queue.select("rolls_over_60", "rolls_over_90").row(0) == (1250.0, 700.0)


def test_the_chance_is_that_of_not_being_paid_before_the_day():
    class Timing:
        def distribution(self, items, *, as_of):
            ids = items.filter(pl.col("settled_on").is_null())["item_id"].to_numpy()
            paid = {"d1": 0.25, "d2": 0.5}
            asked.extend(ids.tolist())
            return SimpleNamespace(
                item_id=ids, paid_by=lambda day: days.append(day) or np.array([paid[name] for name in ids.tolist()])
            )

    asked, days = [], []
    ledger = ledger_of(documents=[invoice("d1", "a", 40, 100_000), invoice("d2", "a", 50, 60_000)])
    row = roll_over(ledger, as_of=AS_OF, timing=Timing(), output="polars").row(0, named=True)
    assert row["expected_amount"] == pytest.approx(1000 * 0.75 + 600 * 0.5)
    assert row["probability"] == 0.75
    assert sorted(days) == [AS_OF + timedelta(days=10), AS_OF + timedelta(days=20)]
    # A customer of whom nothing passes is given too: habits are drawn towards those of everybody given.
    asked.clear()
    both = ledger_of(documents=[invoice("d1", "a", 40, 100_000), invoice("d2", "b", 2, 60_000)])
    assert roll_over(both, as_of=AS_OF, timing=Timing(), output="polars")["customer_id"].to_list() == ["a"]
    assert sorted(asked) == ["d1", "d2"]
    with pytest.raises(ParameterError, match="horizon_days"):
        roll_over(ledger, as_of=AS_OF, horizon_days=0)


# --- Disputes and our own staff --------------------------------------------------------------------------------------


def test_disputes_go_to_their_owner_and_the_rest_is_chased():
    ledger = ledger_of(
        documents=[invoice("d1", "a", 40, 100_000), invoice("d2", "a", 10, 50_000), invoice("d3", "b", 9, 10_000)],
        applications=[{"to_document_id": "d3", "amount": 10_000, "applied_on": ago(1)}],
        disputes=[
            {"dispute_id": "x1", "document_id": "d1", "opened_on": ago(9), "amount": 30_000, "reason": "price"},
            {"dispute_id": "x2", "document_id": "d1", "opened_on": ago(8), "amount": 90_000},
            {"dispute_id": "x3", "document_id": "d2", "opened_on": ago(7), "resolved_on": ago(2)},
            {"dispute_id": "x4", "document_id": "d3", "opened_on": ago(7)},
        ],
        customer_history=[{"customer_id": "a", "attribute": "collector", "value": "Ada", "valid_from": "2024-01-01"}],
    )
    found = dispute_list(ledger, as_of=AS_OF, output="polars")
    columns = ("dispute_id", "owner", "owner_source", "disputed", "open_amount", "open_days", "days_past_due")
    assert found.select(columns).rows() == [
        ("x2", "Ada", "collector", 700.0, 1000.0, 8, 40),
        ("x1", "Ada", "collector", 300.0, 1000.0, 9, 40),
    ]
    row = collection_queue(ledger, as_of=AS_OF, scores=scores_of({"customer_id": "a"}), output="polars")
    assert row.select("past_due", "disputed", "chased").row(0) == (1500.0, 1000.0, 500.0)


def test_the_owner_that_a_dispute_states_comes_before_the_collector():
    ledger = ledger_of(
        documents=[invoice("d1", "a", 40, 100_000)],
        disputes=[{"dispute_id": "x1", "document_id": "d1", "opened_on": ago(9)}],
    )
    disputes = ledger.tables["disputes"].with_columns(owner=pl.lit("Sales north"))
    ledger = ledger.replace(tables={**ledger.tables, "disputes": disputes})
    assert dispute_list(ledger, as_of=AS_OF, output="polars").select("owner", "owner_source").row(0) == (
        "Sales north",
        "dispute",
    )


def covered(days_late: int, report: int = 60, **changes) -> dict:
    cover = {"cover_id": "v", "customer_id": "a", "kind": "insurance", "limit": 10**8, "valid_from": "2024-01-01"}
    return {
        "documents": [invoice("d", "a", days_late, 900_000)],
        "cover": [cover | {"report_overdue_dpd": report} | changes],
    }


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        (covered(45), None),
        (covered(46), "by 14 April 2025"),
        (covered(60), "by 31 March 2025"),
        (covered(61), "the deadline of 30 March 2025 has passed"),
        (covered(46, valid_to="2025-03-01"), None),
        (covered(46, kind="guarantee"), None),
        (covered(46, report=None), None),
    ],
)
def test_reports_to_the_insurer(tables, says):
    found = internal_list(ledger_of(**tables), as_of=AS_OF, output="polars")
    assert found.height == (says is not None)
    if says:
        assert says in found["says"].item()
        assert found.select("task", "amount").row(0) == ("report_to_insurer", 9000.0)


def test_an_insurer_s_deadline_outranks_every_gain():
    tables = covered(50)
    tables["documents"].append(invoice("big", "b", 64, 90_000_000))
    scores = scores_of(*({"customer_id": c, "pd_12m": 0.06} for c in "ab"))
    found = collection_queue(ledger_of(**tables), as_of=AS_OF, scores=scores, capacity=1, output="polars")
    assert found.select("customer_id", "slot").rows() == [("a", "insurer"), ("b", None)]
    assert found["insurer_deadline"].to_list() == [AS_OF + timedelta(days=10), None]
    assert "to be reported to the insurer by 10 April 2025" in found["reasons"][0]


def test_cash_and_credits_come_before_the_customer_is_asked():
    ledger = ledger_of(
        documents=[invoice("d", "a", 40, 100_000), invoice("n", "a", 20, -5_000), invoice("o", "b", 20, 5_000)],
        receipts=[
            {"receipt_id": "r1", "customer_id": "a", "date": ago(5), "amount": 30_000},
            {"receipt_id": "r2", "customer_id": "b", "date": ago(4), "amount": 8_000},
        ],
        applications=[{"from_id": "r2", "to_document_id": "o", "amount": 8_000, "applied_on": ago(4)}],
    )
    found = internal_list(ledger, as_of=AS_OF, output="polars")
    assert found.select("task", "customer_id", "document_id", "amount").rows() == [
        ("cash_to_apply", "a", "r1", 300.0),
        ("credits_to_match", "a", "n", 50.0),
        ("overpaid_item", "b", "o", 30.0),
    ]
    assert found["says"][0] == "apply the cash that is here: since 26 March 2025"


def test_what_a_ledger_of_invoices_alone_lacks():
    ledger = ledger_of(documents=[invoice("d", "a", 40, 100_000)])
    missing = what_is_missing(ledger)
    assert [words.split(":")[0] for words in missing[:3]] == ["no contacts", "no promises", "no disputes"]
    assert dispute_list(ledger, as_of=AS_OF).empty
    assert internal_list(ledger, as_of=AS_OF).empty
    others = ("contacts", "promises", "disputes", "receipts", "credit_events", "cover", "customer_history")
    assert not what_is_missing(ledger_of(**{name: [] for name in others}))


# --- The supervisor's hand -------------------------------------------------------------------------------------------


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2025, 3, day, hour, tzinfo=UTC)


def test_the_last_of_each_kind_is_in_force_until_it_expires(tmp_path):
    log = DecisionLog(tmp_path / "log.db")
    laid = {"author": "Lead", "reason": "visit"}
    lay_hand(log, "a", what="pin", expires_on="2025-04-02", at=at(1), **laid)
    lay_hand(log, "a", what="boost", factor=3, expires_on="2025-04-02", at=at(2), **laid)
    lay_hand(log, "b", what="exclude", expires_on="2025-04-01", at=at(3), **laid)
    lay_hand(log, "c", what="pin", expires_on="2025-04-09", at=at(4), **laid)
    lay_hand(log, "c", what="pin", expires_on="2025-03-20", at=at(20), **laid)
    assert hand_of(log, as_of=date(2025, 3, 19)).select("customer_id", "what").rows() == [
        ("a", "boost"),
        ("a", "pin"),
        ("b", "exclude"),
        ("c", "pin"),
    ]
    found = hand_of(log, as_of=AS_OF)
    assert found.select("customer_id", "what", "factor", "made_on").rows() == [
        ("a", "boost", 3.0, date(2025, 3, 2)),
        ("a", "pin", None, date(2025, 3, 1)),
        ("b", "exclude", None, date(2025, 3, 3)),
    ]
    assert hand_of(log, as_of=date(2025, 4, 1))["customer_id"].to_list() == ["a", "a"]
    assert hand_of(log, as_of=date(2025, 2, 1)).is_empty()


def test_what_a_hand_must_hold(tmp_path):
    log = DecisionLog(tmp_path / "log.db")
    good = {"what": "pin", "reason": "x", "expires_on": "2025-04-02", "author": "Lead"}
    for changes, named in (
        ({"what": "push"}, "what"),
        ({"reason": " "}, "reason"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"what": "boost"}, "factor"),
        ({"what": "boost", "factor": 1000.0}, "factor"),
        ({"factor": 2.0}, "factor"),
    ):
        with pytest.raises(ParameterError, match=named):
            lay_hand(log, "a", **(good | changes))
    log.append(HAND, {"what": "pin"}, author="Lead", customer_id="a", at=at(1))
    with pytest.raises(DataError, match="no pin"):
        hand_of(log, as_of=AS_OF)
    lay_hand(log, "a", **good, at=at(2))
    assert hand_of(log, as_of=AS_OF).height == 1


def test_a_pin_a_boost_and_an_exclusion_on_the_list(tmp_path):
    log = DecisionLog(tmp_path / "log.db")
    ledger = ledger_of(
        documents=[
            invoice(c, c, 64, amount) for c, amount in zip("abcd", (60_000, 900_000, 1_000_000, 9_000_000), strict=True)
        ]
    )
    scores = scores_of(*({"customer_id": c, "pd_12m": 0.06} for c in "abcd"))
    plain = collection_queue(ledger, as_of=AS_OF, scores=scores, capacity=2, output="polars")
    assert plain["customer_id"].to_list() == ["d", "c", "b", "a"]
    lay_hand(log, "a", what="pin", reason="visit", expires_on="2025-04-02", author="Lead", at=at(1))
    lay_hand(log, "b", what="boost", factor=2, reason="new", expires_on="2025-04-02", author="Lead", at=at(1))
    lay_hand(log, "d", what="exclude", reason="talks", expires_on="2025-04-02", author="Lead", at=at(1))
    found = collection_queue(
        ledger, as_of=AS_OF, scores=scores, capacity=2, hand=hand_of(log, as_of=AS_OF), output="polars"
    )
    assert found.select("customer_id", "slot", "hold").rows() == [
        ("a", "pin", None),
        ("b", "gain", None),
        ("c", None, None),
        ("d", None, "excluded"),
    ]
    assert found["gain"][1] == pytest.approx(plain.filter(pl.col("customer_id") == "b")["gain"].item())
    assert found["hand"][0] == "pinned until 2 April 2025 by Lead: visit"
    assert found["hand"][1] == "boosted x 2.0 until 2 April 2025 by Lead: new"
    assert found["held"][3] == "excluded until 2 April 2025 by Lead: talks"
    assert found["held_until"][3] == date(2025, 4, 2)


def test_a_pin_is_contacted_by_hand_whatever_the_mail_gains(tmp_path):
    """An account that the mail serves as well is contacted by somebody once it is pinned, and costs a place."""
    ledger = ledger_of(documents=[invoice("d", "a", 20, 60_000), invoice("e", "b", -3, 60_000)])
    scores = scores_of(*({"customer_id": c, "pd_12m": 0.001} for c in "ab"))
    plain = collection_queue(ledger, as_of=AS_OF, scores=scores, capacity=5, output="polars")
    assert plain.filter(pl.col("customer_id") == "a").select("slot", "action").row(0) == ("automatic", "reminder_email")
    log = DecisionLog(tmp_path / "log.db")
    for customer in "ab":
        lay_hand(log, customer, what="pin", reason="visit", expires_on="2025-04-02", author="Lead", at=at(1))
    hand = hand_of(log, as_of=AS_OF)
    found = collection_queue(ledger, as_of=AS_OF, scores=scores, capacity=5, hand=hand, output="polars")
    rows = {row["customer_id"]: row for row in found.iter_rows(named=True)}
    by_hand = {action.name for action in Policy.default().collection.actions if action.uses_capacity}
    assert rows["a"]["slot"] == "pin"
    assert rows["a"]["action"] in by_hand
    assert rows["b"]["slot"] == "pin"
    assert "pinned, but no action by hand fits an account of this age" in rows["b"]["reasons"]


# --- Offers in the log -----------------------------------------------------------------------------------------------


def test_offers_carry_the_chance_of_what_was_offered(tmp_path):
    log, policy = DecisionLog(tmp_path / "log.db"), Policy.default()
    ledger = ledger_of(
        documents=[invoice(f"d{n}", f"c{n}", 64, 900_000 + n) for n in range(9)] + [invoice("x", "held", 10, 100)]
    )
    scores = scores_of(*({"customer_id": f"c{n}", "pd_12m": 0.06} for n in range(9)), {"customer_id": "held"})
    queue = collection_queue(ledger, as_of=AS_OF, scores=scores, capacity=4, explore=0.5, seed=3, output="polars")
    offers = offers_of(queue, as_of=AS_OF)
    assert offers.height == 9
    # Two by gain, and two of the seven others drawn.
    assert offers["slot"].value_counts().sort("slot").rows() == [(None, 5), ("explore", 2), ("gain", 2)]
    chances = dict(offers.group_by("slot").agg(pl.col("probability").unique().first()).iter_rows())
    assert chances == pytest.approx({"gain": 1.0, "explore": 2 / 7, None: 5 / 7})
    assert offers.filter(pl.col("slot").is_null())["action"].unique().to_list() == ["none"]
    entries = log_offers(log, queue, as_of=AS_OF, policy=policy, author="Lead", seed=3)
    assert len(entries) == 9
    first = entries[0]
    assert (first.kind, first.policy_hash, first.content["rank"], first.content["seed"]) == (OFFER, policy.hash, 1, 3)
    assert first.content["date"] == AS_OF.isoformat()
    with pytest.raises(ParameterError, match="without the list of 2025-03-31"):
        log_offers(log, queue, as_of=AS_OF, policy=policy, author="Lead")
    assert len(log.read(kind=OFFER)) == 9
    assert log.verify().sound


# --- The list of collectors ------------------------------------------------------------------------------------------


def test_collectors_from_a_file(tmp_path):
    path = tmp_path / "team.csv"
    path.write_text(
        "\ufeffcollector;minutes_per_day;languages;skills;away_until\n"
        "Ben;180;EN|fr;;\nAda;240.5;de;Legal | key_account;2025-03-31\nCleo;60;;;2025-04-01\n",
        encoding="utf-8",
    )
    found = collectors_of(read_collectors(path), as_of=AS_OF)
    assert [(each.name, each.minutes) for each in found] == [("Ada", 240.5), ("Ben", 180.0), ("Cleo", 0.0)]
    assert found[0].skills == {"legal", "key_account"}
    assert found[1].languages == {"en", "fr"}
    assert found[2].able("xx", frozenset())
    assert not found[1].able("de", frozenset())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("collector\nAda\n", "columns are missing"),
        ("collector,minutes_per_day,shoe\nAda,1,2\n", "not known"),
        ("collector,minutes_per_day\n,60\n", "no name"),
        ("collector,minutes_per_day\nAda,x\n", "0 to 1440"),
        ("collector,minutes_per_day\nAda,nan\n", "0 to 1440"),
        ("collector,minutes_per_day\nAda,60\nAda,30\n", "more than one row"),
        ("collector,minutes_per_day,away_until\nAda,60,soon\n", "away_until"),
        ("collector,minutes_per_day\n", "nobody"),
        ("", "no CSV"),
    ],
)
def test_a_bad_list_of_collectors_is_refused_with_what_is_wrong(tmp_path, content, said):
    path = tmp_path / "team.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        collectors_of(read_collectors(path), as_of=AS_OF)
    with pytest.raises(ParameterError, match="existing"):
        read_collectors(tmp_path / "none.csv")
