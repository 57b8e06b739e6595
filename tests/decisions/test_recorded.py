"""What was recorded comes into the ledger: the next queue reflects it, nothing is lost, nothing is known too early."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from decisions.cases import scores_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_ledgers import ledger_of

from credrisk.decisions.collection_entries import contact_entry, dispute_entry, promise_entry, resolved_entry
from credrisk.decisions.collection_entries_authority import plan_entries, settlement_entries
from credrisk.decisions.collection_entries_books import AccountBooks
from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue
from credrisk.decisions.recorded import recorded_tables, with_recorded
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.tables import TABLES

DAY = date(2025, 3, 31)
POLICY = Policy.default()
DOCUMENTS = [
    {
        "document_id": f"d-{customer}",
        "customer_id": customer,
        "document_date": "2025-01-05",
        "due_date": "2025-02-04",
        "amount": 2_000_000,
    }
    for customer in ("a", "b")
]


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> DecisionLog:
    return DecisionLog(tmp_path / "log.db")


def queue(ledger: Ledger, log: DecisionLog, as_of: date) -> pl.DataFrame:
    scores = scores_of(*({"customer_id": name, "pd_12m": 0.05} for name in ("a", "b")))
    made = collection_queue(with_recorded(ledger, log, as_of=as_of), as_of=as_of, scores=scores, output="polars")
    return made.sort("customer_id")


def holds(ledger: Ledger, log: DecisionLog, as_of: date) -> list[str | None]:
    return queue(ledger, log, as_of)["hold"].to_list()


def test_a_contact_gives_quiet_days_and_then_they_are_over(log: DecisionLog) -> None:
    ledger = ledger_of(documents=DOCUMENTS)
    assert holds(ledger, log, DAY) == [None, None]
    books = AccountBooks.open(ledger, log, day=DAY)
    call = contact_entry(books, customer_id="a", channel="call", outcome="reached", reason="cannot_pay", minutes=6)
    log.append_all([call], author="Kim", at=at(DAY))
    quiet = POLICY.collection.quiet_days["call"]
    assert holds(ledger, log, DAY) == ["quiet_days", None]
    assert holds(ledger, log, DAY + timedelta(days=quiet - 1)) == ["quiet_days", None]
    assert holds(ledger, log, DAY + timedelta(days=quiet)) == [None, None]
    assert holds(ledger, log, DAY - timedelta(days=1)) == [None, None]
    row = recorded_tables(log, as_of=DAY)["contacts"].row(0, named=True)
    assert (row["reason"], row["minutes"], row["recorded_at"]) == ("cannot_pay", 6.0, DAY)


def test_a_promise_holds_until_its_day_and_grace_are_over(log: DecisionLog) -> None:
    ledger = ledger_of(documents=DOCUMENTS)
    books = AccountBooks.open(ledger, log, day=DAY)
    due = DAY + timedelta(days=7)
    promise = promise_entry(books, customer_id="a", document_id="d-a", due_on=due, amount=20_000)
    log.append_all([promise], author="Kim", at=at(DAY))
    over = due + timedelta(days=POLICY.collection.promise_grace_days + 1)
    assert holds(ledger, log, DAY) == ["promise", None]
    assert holds(ledger, log, over - timedelta(days=1)) == ["promise", None]
    assert holds(ledger, log, over) == [None, None]
    assert queue(ledger, log, over)["broken_promises_12m"].to_list() == [1, 0]


def test_a_dispute_holds_what_it_names_and_its_resolution_frees_it(log: DecisionLog) -> None:
    ledger = ledger_of(documents=DOCUMENTS)
    books = AccountBooks.open(ledger, log, day=DAY)
    log.append_all([dispute_entry(books, document_id="d-a", owner="sales", cause="Price")], author="Kim", at=at(DAY))
    assert holds(ledger, log, DAY) == ["dispute", None]
    part = dispute_entry(books, document_id="d-b", amount=5_000)
    log.append_all([part], author="Kim", at=at(DAY, 11))
    assert queue(ledger, log, DAY)["chased"].to_list() == [0.0, 15_000.0]
    later = DAY + timedelta(days=9)
    books = AccountBooks.open(ledger, log, day=later)
    found = books.ledger.table("disputes").filter(pl.col("document_id") == "d-a")
    assert found.select("owner", "cause").row(0) == ("sales", "price")
    resolved = resolved_entry(books, dispute_id=found["dispute_id"][0], outcome="invalid")
    log.append_all([resolved], author="Kim", at=at(later))
    assert holds(ledger, log, later - timedelta(days=1)) == ["dispute", None]
    assert holds(ledger, log, later) == [None, None]
    with pytest.raises(ParameterError, match=f"resolved on {later}"):
        resolved_entry(AccountBooks.open(ledger, log, day=later), dispute_id=found["dispute_id"][0], outcome="valid")


def test_a_plan_and_a_settlement_hold_the_account(log: DecisionLog) -> None:
    ledger = ledger_of(documents=DOCUMENTS)
    books = AccountBooks.open(ledger, log, day=DAY)
    dues = [DAY + timedelta(days=days) for days in (10, 40)]
    plan = plan_entries(
        books,
        policy=POLICY,
        role="credit manager",
        grade=None,
        customer_id="a",
        instalments=[(due, 10_000.0) for due in dues],
    )
    settled = settlement_entries(
        books,
        policy=POLICY,
        role="credit manager",
        grade=None,
        customer_id="b",
        pays=15_000.0,
        pay_by=dues[0],
        reason="insolvency would bring less",
    )
    log.append_all([*plan, *settled], author="Kim", at=at(DAY))
    promises = recorded_tables(log, as_of=DAY)["promises"]
    assert promises["plan_id"].n_unique() == 2
    assert promises.sort("promise_id")["amount"].to_list() == [1_000_000, 1_000_000, 1_500_000]
    assert holds(ledger, log, DAY)[0] == "promise"
    assert queue(ledger, log, DAY)["chased"].to_list() == [0.0, 0.0]  # what the settlement gives up is not asked for
    assert holds(ledger, log, dues[0] + timedelta(days=10))[0] is None
    again = plan_entries(
        AccountBooks.open(ledger, log, day=DAY),
        policy=POLICY,
        role="credit manager",
        grade=None,
        customer_id="a",
        instalments=[(due, 5_000.0) for due in dues],
    )
    assert again[0].payload["plan_id"] != plan[0].payload["plan_id"]


def test_offers_and_whether_they_were_done(log: DecisionLog) -> None:
    ledger = ledger_of(documents=DOCUMENTS)
    offer = {"date": DAY.isoformat(), "action": "call", "collector": "Kim", "rank": 1, "slot": "gain"}
    first, again = offer | {"probability": 0.5}, offer | {"probability": 0.95}
    log.append_all(
        [Record("queue_offer", content, "a") for content in (first, again)], author="list", policy=POLICY, at=at(DAY)
    )
    noted = DAY + timedelta(days=1)
    done = {"date": DAY.isoformat(), "done": False, "why_not": "sick"}
    log.append_all([Record("queue_done", done, "a")], author="Kim", at=at(noted))
    log.append_all([Record("queue_offer", first, "a")], author="list", at=at(noted))
    whole = with_recorded(ledger, log, as_of=noted)
    row = whole.table("queue_log").row(0, named=True)
    assert (row["probability"], row["policy_hash"]) == (0.95, POLICY.hash)
    assert (row["done"], row["done_on"], row["why_not"]) == (False, noted, "sick")
    assert whole.cut(DAY).table("queue_log")["done"].to_list() == [None]
    assert whole.quarantine["reason"].to_list() == ["conflicting_id"] * 2


def test_what_cannot_stand_is_set_aside_and_what_contradicts_is_said(log: DecisionLog) -> None:
    paid = [
        {"document_id": "d-p", "customer_id": "a", "document_date": "2025-01-05", "amount": 100_00},
    ]
    ledger = ledger_of(
        documents=[*DOCUMENTS, *paid],
        receipts=[{"receipt_id": "r", "customer_id": "a", "date": "2025-02-01", "amount": 100_00}],
        applications=[{"from_id": "r", "to_document_id": "d-p", "amount": 100_00, "applied_on": "2025-02-01"}],
        disputes=[{"dispute_id": "q", "document_id": "d-a", "opened_on": "2025-02-10", "resolved_on": "2025-03-01"}],
    )
    promised = {"made_on": "2025-03-31", "due_on": "2025-04-05", "currency": "EUR"}
    records = [
        Record("promise", promised | {"document_id": "d-p", "amount": 100.0}, "a"),
        Record("promise", promised | {"document_id": "d-a", "amount": 20_000.01}, "a"),
        Record("promise", promised | {"document_id": "d-x", "amount": 1.0}, "a"),
        Record("promise", promised | {"document_id": "d-b", "amount": 1.0}, "a"),
        Record("promise", promised | {"amount": 1.001}, "a"),
        Record("promise", promised | {"due_on": "soon"}, "a"),
        Record("contact", {"date": "2025-03-31", "reason": "no money"}, "a"),
        Record("contact", {"date": "2025-03-31"}, "z"),
        Record("contact", {"date": "2025-03-31"}),
        Record("dispute", {"document_id": "d-b", "opened_on": "2025-03-31", "currency": "USD"}, "b"),
        Record("dispute_resolved", {"dispute_id": "q", "outcome": "valid"}, "a"),
        Record("queue_done", {"date": "2025-03-31", "done": True}, "a"),
        Record("note", {"text": "not for the ledger"}, "z"),
        Record("hand", {"what": "pin"}, "z"),
    ]
    log.append_all(records, author="Kim", at=at(DAY))
    whole = with_recorded(ledger, log, as_of=DAY)
    assert whole.quarantine.select("row", "reason").sort("row").rows() == [
        (3, "unknown_document"),
        (4, "unknown_document"),
        (5, "too_many_decimals"),
        (6, "unreadable_date"),
        (7, "unknown_code"),
        (8, "unknown_customer"),
        (9, "missing_value"),
        (10, "other_currency"),
        (11, "conflicting_id"),
        (12, "refers_to_quarantined"),
    ]
    kept = whole.table("promises")
    assert kept["amount"].to_list() == [100_00, 2_000_001]
    said = {(f.code, f.ids) for f in whole.findings if f.severity == "warning"}
    first, second = kept["promise_id"].to_list()
    assert said == {("recorded_for_paid_document", (first,)), ("recorded_above_open", (second,))}
    ties = whole.intake.filter(pl.col("table").str.starts_with("decision log"))
    assert (ties["rows_read"] == ties["rows_kept"] + ties["rows_quarantined"]).all()
    assert ties["rows_read"].sum() == 12
    assert (ties["money_read"] - ties["money_kept"] - ties["money_quarantined"]).abs().max() < 1e-9


def test_a_ledger_that_holds_the_rows_already_is_not_given_them_twice(log: DecisionLog, tmp_path: Path) -> None:
    ledger = ledger_of(documents=DOCUMENTS)
    contact = Record("contact", {"date": DAY.isoformat(), "channel": "call", "outcome": "reached"}, "a")
    log.append_all([contact], author="Kim", at=at(DAY))
    once = with_recorded(ledger, log, as_of=DAY)
    twice = with_recorded(once, log, as_of=DAY)
    assert_frame_equal(twice.table("contacts"), once.table("contacts"))
    assert twice.quarantine["reason"].to_list() == ["duplicate_row"]


def test_without_a_log_the_ledger_stays_as_it_is(tmp_path: Path) -> None:
    ledger = ledger_of(documents=DOCUMENTS)
    assert with_recorded(ledger, DecisionLog(tmp_path / "none.db"), as_of=DAY) is not None
    assert with_recorded(ledger, [], as_of=DAY).tables == ledger.tables
    with pytest.raises(ParameterError, match="DecisionLog"):
        with_recorded(ledger, "log.db", as_of=DAY)


DAYS = [DAY + timedelta(days=n) for n in range(12)]
a_day = st.sampled_from(DAYS)
CUSTOMER = st.sampled_from(["a", "b", "z"])
an_entry = st.one_of(
    st.builds(
        lambda on, who: Record("contact", {"date": on.isoformat(), "channel": "call", "outcome": "reached"}, who),
        a_day,
        CUSTOMER,
    ),
    st.builds(
        lambda on, who, document: Record(
            "promise",
            {
                "made_on": on.isoformat(),
                "due_on": "2025-04-20",
                "amount": 10.0,
                "currency": "EUR",
                "document_id": document,
            },
            who,
        ),
        a_day,
        CUSTOMER,
        st.sampled_from(["d-a", "d-b", "d-late", "d-x"]),
    ),
    st.builds(
        lambda on, document: Record("dispute", {"opened_on": on.isoformat(), "document_id": document}),
        a_day,
        st.sampled_from(["d-a", "d-b", "d-late"]),
    ),
    st.builds(
        lambda which: Record("dispute_resolved", {"dispute_id": which, "outcome": "valid"}),
        st.sampled_from(["q1", "q2", "q3"]),
    ),
    st.builds(
        lambda on, who, chance: Record(
            "queue_offer", {"date": on.isoformat(), "action": "call", "probability": chance}, who
        ),
        st.sampled_from(DAYS[:4]),
        CUSTOMER,
        st.sampled_from([0.1, 0.9]),
    ),
    st.builds(
        lambda on, who, done: Record("queue_done", {"date": on.isoformat(), "done": done}, who),
        st.sampled_from(DAYS[:4]),
        CUSTOMER,
        st.booleans(),
    ),
)


LATE = {"document_id": "d-late", "customer_id": "a", "document_date": "2025-04-05", "amount": 500_00}
DISPUTED = ledger_of(
    documents=[*DOCUMENTS, LATE],
    disputes=[
        {"dispute_id": f"q{n}", "document_id": "d-a", "opened_on": "2025-03-01", "resolved_on": resolved}
        for n, resolved in enumerate((None, "2025-04-04", "2025-03-20"), start=1)
    ],
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(a_day, an_entry), max_size=12), a_day, a_day)
def test_what_is_entered_later_is_not_seen_earlier(entries: list[tuple[date, Record]], one: date, other: date) -> None:
    """With all entries and cut at a day, the ledger is that with the entries made by that day and cut there."""
    earlier, later = sorted((one, other))
    with tempfile.TemporaryDirectory() as folder:
        log = DecisionLog(Path(folder) / "log.db")
        for day in sorted({day for day, _ in entries}):
            log.append_all([record for other, record in entries if other == day], author="Kim", at=at(day))
        if not entries:
            return
        written = log.read()
        by_then, by_later = (with_recorded(DISPUTED, written, as_of=day) for day in (earlier, later))
        seen_then, seen_later = by_then.cut(earlier), by_later.cut(earlier)
        for name in TABLES:
            assert_frame_equal(seen_then.table(name), seen_later.table(name))
        made = [entry for entry in written if entry.at[:10] <= later.isoformat()]
        ties = by_later.intake
        assert (ties["rows_read"].sum() if ties.width else 0) == len(made)
        if ties.width:
            assert (ties["rows_read"] == ties["rows_kept"] + ties["rows_quarantined"]).all()
            assert by_later.quarantine.height == ties["rows_quarantined"].sum()
