"""The daily digest: what became known in its days, held against hand-made books; nothing known later is in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from command import refused, succeeded
from small_ledgers import ledger_of

from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.promise_ledger import promise_ledger
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.models.payment_timing import PaymentTiming
from credrisk.reports.digest import Digest, daily_digest, digest_page
from credrisk.reports.digest_part import DigestPart
from credrisk.simulate.simulator import simulate_ledger

DAY = date(2025, 3, 31)
HOSTILE = "<img src=x onerror=alert(1)> =1+1"


def invoice(number: str, customer: str, amount: int, due: str) -> dict[str, Any]:
    return {
        "document_id": number,
        "customer_id": customer,
        "document_date": "2025-01-02",
        "due_date": due,
        "amount": amount,
    }


def promise(number: str, customer: str, document: str, due: str, amount: int) -> dict[str, Any]:
    return {
        "promise_id": number,
        "customer_id": customer,
        "document_id": document,
        "made_on": "2025-03-20",
        "due_on": due,
        "amount": amount,
    }


LEDGER = ledger_of(
    customers=[{"customer_id": "a", "name": HOSTILE}, {"customer_id": "b", "name": "Beta"}],
    documents=[
        invoice("d1", "a", 1_000_00, "2025-03-01"),
        invoice("d2", "b", 400_00, "2025-01-29"),
        invoice("d3", "b", 250_00, "2025-03-01"),
        invoice("d4", "b", 90_00, "2025-06-01"),
    ],
    receipts=[
        {"receipt_id": "r1", "customer_id": "a", "date": "2025-03-31", "amount": 600_00},
        {"receipt_id": "r2", "customer_id": "b", "date": "2025-03-30", "amount": 5_00},
        {"receipt_id": "r3", "customer_id": "b", "date": "2025-04-01", "amount": 250_00},
    ],
    applications=[
        {"from_id": "r1", "to_document_id": "d1", "amount": 600_00, "applied_on": "2025-03-31"},
        {"from_id": "r3", "to_document_id": "d3", "amount": 250_00, "applied_on": "2025-04-01"},
    ],
    promises=[
        promise("p1", "a", "d1", "2025-04-05", 600_00),
        promise("p2", "b", "d2", "2025-03-27", 400_00),
        promise("p3", "b", "d3", "2025-03-26", 250_00),
        promise("p4", "b", "d4", "2025-03-31", 90_00),
    ],
    disputes=[
        {"dispute_id": "q1", "document_id": "d2", "opened_on": "2025-03-31", "amount": 100_00, "cause": "price"},
        {
            "dispute_id": "q2",
            "document_id": "d1",
            "opened_on": "2025-03-01",
            "resolved_on": "2025-03-31",
            "outcome": "invalid",
        },
        {"dispute_id": "q3", "document_id": "d3", "opened_on": "2025-04-01"},
    ],
    credit_events=[{"customer_id": "b", "date": "2025-03-28", "kind": "insolvency", "recorded_at": "2025-03-31"}],
    contacts=[
        {"contact_id": "k1", "customer_id": "a", "date": "2025-03-31", "collector": "Kim", "outcome": "reached"},
        {"contact_id": "k2", "customer_id": "b", "date": "2025-03-31", "collector": "Kim", "outcome": "no_answer"},
        {"contact_id": "k3", "customer_id": "b", "date": "2025-03-30", "collector": "Kim", "outcome": "reached"},
    ],
)


def parts(**options: Any) -> dict[str, DigestPart]:
    return {part.title: part for part in digest(**options).parts}


def digest(ledger: Ledger = LEDGER, **options: Any) -> Digest:
    return daily_digest(ledger, **({"as_of": DAY, "forecast": False} | options))


def rows(part: DigestPart) -> list[tuple[str, ...]]:
    return [] if part.table is None else list(part.table.rows)


def test_what_happened_on_the_day_and_nothing_else() -> None:
    found = parts()
    assert found["Cash"].value == "600 EUR"
    assert found["Promises"].finding == "1 promise kept (600 EUR), 1 broken (400 EUR)."
    assert [row[0] for row in rows(found["Promises"])] == ["broken", "kept"]
    assert found["Promises"].alarm
    assert found["Disputes"].finding == "1 new dispute (100 EUR); 1 resolved, 1 of them invalid."
    assert rows(found["Disputes"]) == [("Beta", "d2", "100", "price", "nobody")]
    assert rows(found["Contacts"]) == [("Kim", "2", "1", "0", "0", "")]
    assert found["Exceptions"].finding == "No decision log was given."


def test_promises_are_judged_as_the_list_of_promises_judges_them() -> None:
    """Two instalments of one plan and one payment: the digest does not count it twice; a part is called a part."""
    plan = [
        {
            "promise_id": number,
            "customer_id": "a",
            "plan_id": "plan",
            "made_on": "2025-03-01",
            "due_on": due,
            "amount": amount,
        }
        for number, due, amount in (("i1", "2025-03-26", 300_00), ("i2", "2025-03-27", 500_00))
    ]
    ledger = ledger_of(
        documents=[invoice("d1", "a", 1_000_00, "2025-02-01")],
        receipts=[{"receipt_id": "r", "customer_id": "a", "date": "2025-03-25", "amount": 500_00}],
        applications=[{"from_id": "r", "to_document_id": "d1", "amount": 500_00, "applied_on": "2025-03-25"}],
        promises=plan,
    )
    found = parts(ledger=ledger, days=7)["Promises"]
    assert found.finding == "1 promise kept (300 EUR), 1 in part (500 EUR), 0 broken (0 EUR)."
    assert [row[0] for row in rows(found)] == ["kept", "kept in part"]
    assert found.alarm
    listed = promise_ledger(ledger, as_of=DAY, output="polars")
    assert listed["state"].to_list() == ["kept", "partly_kept"]


def test_accounts_that_pass_a_mark_on_the_day() -> None:
    risk = parts()["New risk"]
    events = [row for row in rows(risk) if row[1] == "insolvent"]
    assert events == [("Beta", "insolvent", "2025-03-28", "")]
    due = pl.Series([date(2025, 3, 1), date(2025, 1, 29)])
    ages = (pl.Series([DAY, DAY]) - due).dt.total_days().to_list()
    assert ages == [30, 61]
    assert [row[1:] for row in rows(risk) if row[1] != "insolvent"] == [("past 60 days", "2025-01-29", "400")]
    assert parts(as_of="2025-04-01")["New risk"].finding.startswith("0 events of loss became known; 1 account passed")


def test_a_longer_window_holds_the_days_before() -> None:
    found = parts(days=3)
    assert found["Cash"].value == "605 EUR"
    assert found["Promises"].finding == "1 promise kept (600 EUR), 2 broken (650 EUR)."
    assert found["Contacts"].value == "3"
    with pytest.raises(ParameterError, match="from 1 to 31"):
        digest(days=0)
    with pytest.raises(ParameterError, match="within what the ledger covers"):
        digest(as_of="2026-01-01")


def test_nothing_known_later_changes_the_page() -> None:
    assert digest_page(digest()) == digest_page(digest(LEDGER.cut(DAY)))


def test_the_log_gives_contacts_exceptions_breaches_and_appointments(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    at = datetime(2025, 3, 31, 12, tzinfo=UTC)
    mandate = {"document_id": "d1", "currency": "EUR", "role": "credit analyst", "reason": "x"}
    records = [
        Record("contact", {"date": "2025-03-20", "outcome": "reached", "collector": "Lee", "minutes": 5.0}, "a"),
        Record("contact", {"date": "2025-03-31", "next_on": "2025-04-01", "note": HOSTILE, "collector": "Lee"}, "a"),
        Record("promise", {"made_on": "2025-03-31", "due_on": "2025-04-05", "document_id": "dx"}, "a"),
        Record("write_off", mandate | {"amount": 250.0}, "a"),
        Record("write_off", mandate | {"amount": 251.0}, "a"),
        Record("settlement", {"amount": 10.0, "currency": "EUR"}, "a"),
        Record("limit", {"limit": 9e9, "approver": None}, "b"),
        Record("override", {"reason": "a friend", "approver": "credit manager"}, "b"),
    ]
    log.append_all(records, author="Lee", at=at)
    log.append_all([Record("write_off", mandate | {"amount": 9e5}, "a")], author="Lee", at=at.replace(month=4, day=2))
    found = parts(log=log)
    assert ("Lee", "2", "2", "0", "0", "5") in rows(found["Contacts"])
    assert [row[1:] for row in rows(found["Authority"])] == [
        ("write off", "251", "Lee", "entry 5: a credit analyst may not"),
        ("settlement", "10", "Lee", "entry 6: no role is stated"),
        ("limit", "9,000,000,000", "Lee", "entry 7: nobody may, by the policy"),
    ]
    assert found["Authority"].finding == "5 decisions checked against the policy, 3 beyond authority."
    told = [what for _, what in rows(found["Exceptions"])]
    assert told[1:] == ["entry 1 by Lee speaks of 11 days before", "entry 8 by Lee: a friend"]
    assert "document that is not there" in told[0]
    assert rows(found["Appointments"])[0][1:] == ("Lee", HOSTILE)
    page = digest_page(digest(log=log))
    assert "<img" not in page
    assert page.count("&lt;img") >= 2
    before = parts(log=log, as_of="2025-03-30")
    assert before["Authority"].finding.startswith("0 decisions")
    assert "Appointments" not in before


def test_a_damaged_log_is_an_exception(tmp_path: Path) -> None:
    import sqlite3

    log = DecisionLog(tmp_path / "log.db")
    log.append("note", {"text": "one"}, author="Kim", at=datetime(2025, 3, 30, tzinfo=UTC))
    with sqlite3.connect(log.path) as connection:
        connection.execute("DROP TRIGGER never_changed")
        connection.execute("UPDATE entries SET author = 'Lee'")
    connection.close()
    exceptions = parts(log=log)["Exceptions"]
    assert exceptions.alarm
    assert "was changed" in rows(exceptions)[0][1]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digest") / "ledger"
    simulate_ledger(customers=60, months=18, seed=4).write(folder)
    return folder


def test_the_command_writes_the_page_and_the_lists(simulated: Path, tmp_path: Path) -> None:
    out, lists = tmp_path / "digest.html", tmp_path / "lists"
    command = ("digest", simulated, "--as-of", "2024-06-28", "--out", out, "--no-forecast", "--tables", lists)
    told = succeeded(*command).out
    assert "Promises:" in told
    assert "28 June 2024" in out.read_text(encoding="utf-8")
    names = {path.stem for path in lists.iterdir()}
    assert names == {
        "reasons",
        "reasons-by-document",
        "missing-documents",
        "requirements",
        "down-payments",
        "remittance-matches",
    }
    by_document, reasons = (pl.read_csv(lists / f"{name}.csv") for name in ("reasons-by-document", "reasons"))
    assert reasons["amount"].sum() == pytest.approx(by_document["amount"].sum())
    assert "a new place" in refused(*command)
    assert "an existing decision log" in refused(
        "digest", simulated, "--log", tmp_path / "none.db", "--out", lists / "x"
    )


@pytest.fixture(scope="module")
def fitted(simulated: Path) -> tuple[DigestPart, list[PaymentTiming]]:
    """The cash of a day, for which the model is fitted, and the models that were fitted on the way."""
    ledger, models, fit = Ledger.read(simulated), [], PaymentTiming.fit

    def kept(self: PaymentTiming, *given: Any, **options: Any) -> PaymentTiming:
        models.append(fit(self, *given, **options))
        return models[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PaymentTiming, "fit", kept)
        cash = daily_digest(ledger, as_of=ledger.settings.covers_to, days=1).parts[0]
    return cash, models


def test_cash_is_held_against_the_forecasts_made_before(
    simulated: Path, fitted: tuple[DigestPart, list[PaymentTiming]]
) -> None:
    day = Ledger.read(simulated).settings.covers_to
    cash, models = fitted
    # one model, of what was known a week before, serves both forecasts
    assert [model.evidence_["fitted_on"] for model in models] == [(day - timedelta(days=7)).isoformat()]
    assert cash.table is not None
    (one, week) = cash.table.rows
    assert (one[0], week[0]) == ("the day", "the last 7 days")
    assert one[1:3] != ("0", "0")
    assert "forecast" in cash.finding


def test_the_window_of_a_week_and_the_forecast_of_a_week_are_one(
    simulated: Path, fitted: tuple[DigestPart, list[PaymentTiming]]
) -> None:
    ledger = Ledger.read(simulated)
    cash = daily_digest(ledger, as_of=ledger.settings.covers_to, days=7, timing=fitted[1][0]).parts[0]
    assert cash.table is not None
    window, week = cash.table.rows
    assert window[1:4] == week[1:4]


def test_where_no_forecast_can_be_made_the_page_says_why() -> None:
    cash = parts(forecast=True)["Cash"]
    assert cash.table is None
    assert "cannot be held against a forecast" in cash.finding
