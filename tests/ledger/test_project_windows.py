"""Extracts of a part of the books: what they do not cover stays as it was, and a part is not taken for the whole."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.project import Project, make_project, open_project

START, WINDOW, FIRST, SECOND = date(2025, 1, 1), date(2025, 3, 1), date(2025, 5, 31), date(2025, 6, 30)
CUSTOMERS = pl.DataFrame({"customer_id": ["C1", "C2"]})


def ledger(documents: pl.DataFrame, payments: pl.DataFrame | None = None, *, start: date, end: date) -> Ledger:
    tables = {"customers": CUSTOMERS, "documents": documents}
    if payments is not None:
        tables["payments"] = payments
    return Ledger.read(tables, currency="EUR", covers_from=start, covers_to=end)


def invoices(paid: dict[str, tuple[date, date | None]], *, customer: str = "C1") -> pl.DataFrame:
    """Return one row an invoice of 100.00, by number: its date, and when it was paid."""
    return pl.DataFrame(
        [
            {
                "document_id": number,
                "customer_id": customer,
                "document_date": day,
                "due_date": day + timedelta(days=30),
                "amount": 100.0,
                "settled_on": settled,
            }
            for number, (day, settled) in paid.items()
        ],
        schema_overrides={"settled_on": pl.Date},
    )


def balances(held: Ledger) -> dict[str, int]:
    """Return what each customer owes, in cents: documents less cash less whatever else was taken off."""
    totals = dict.fromkeys(CUSTOMERS["customer_id"].to_list(), 0)
    documents = held.table("documents")
    for who, amount in documents.select("customer_id", "amount").rows():
        totals[who] += amount
    for who, amount in held.table("receipts").select("customer_id", "amount").rows():
        totals[who] -= amount
    return totals


def open_items(held: Ledger) -> dict[str, int]:
    paid = dict(held.table("applications").group_by("to_document_id").agg(pl.col("amount").sum()).rows())
    documents = held.table("documents").select("document_id", "amount").rows()
    return {number: left for number, amount in documents if (left := amount - paid.get(number, 0))}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project", {})


def months(count: int, *, paid_after: int | None) -> dict[str, tuple[date, date | None]]:
    """Return an invoice every ten days, each paid some days later."""
    days = [START + timedelta(days=10 * n) for n in range(count)]
    return {
        f"A{n}": (day, None if paid_after is None else day + timedelta(days=paid_after)) for n, day in enumerate(days)
    }


def test_payments_of_invoices_that_are_not_covered_stay(project: Project) -> None:
    """Invoices of January and February, paid in March, are not in the export of what was invoiced since March."""
    old = invoices(months(9, paid_after=40))
    project.update(ledger(old, start=START, end=FIRST))
    before = balances(open_project(project.folder).ledger())
    window = old.filter(pl.col("document_date") >= WINDOW)
    update = project.update(ledger(window, start=WINDOW, end=SECOND))
    assert update.changes.is_empty()
    held = open_project(project.folder).ledger()
    assert balances(held) == before
    assert not open_items(held)
    kept = dict(update.counts.select("table", "not_in_extract").rows())
    assert kept["documents"] == kept["receipts"] == kept["applications"] == 6


def test_the_payment_of_a_covered_invoice_can_still_go(project: Project) -> None:
    paid = months(9, paid_after=40)
    project.update(ledger(invoices(paid), start=START, end=FIRST))
    bounced = paid | {"A7": (paid["A7"][0], None)}
    window = invoices(bounced).filter(pl.col("document_date") >= WINDOW)
    update = project.update(ledger(window, start=WINDOW, end=SECOND))
    assert update.changes.select("change", "table").rows() == [("deleted", "applications"), ("deleted", "receipts")]
    assert open_items(open_project(project.folder).ledger()) == {"A7": 10000}


def test_a_document_that_could_not_be_read_is_not_gone(project: Project) -> None:
    whole = invoices({"A1": (date(2025, 3, 10), date(2025, 4, 1)), "A2": (date(2025, 3, 12), None)})
    project.update(ledger(whole, start=START, end=FIRST))
    texts = whole.with_columns(pl.col("amount").cast(pl.String).replace("100.0", "hundred"))
    update = project.update(ledger(texts, start=START, end=SECOND))
    assert update.quarantined == 2
    assert update.changes.is_empty()
    assert update.open_beyond == ()
    assert open_items(open_project(project.folder).ledger()) == {"A2": 10000}


@pytest.mark.parametrize("partial", [False, True])
def test_one_payment_of_two_invoices_keeps_the_part_of_the_older(project: Project, *, partial: bool) -> None:
    """A list of payments by invoice has no line of the older invoice: its receipt is smaller by that line."""
    documents = invoices({"A1": (date(2025, 2, 10), None), "A2": (date(2025, 3, 10), None)})
    day = date(2025, 4, 2)
    lines = [("P1", "A1", day, 100.0), ("P1", "A2", day, 60.0)]
    columns = ["payment_id", "document_id", "date", "amount"]
    payments = pl.DataFrame(lines, schema=columns, orient="row")
    project.update(ledger(documents, payments, start=START, end=FIRST))
    update = project.update(ledger(documents[1:], payments[1:], start=WINDOW, end=SECOND), partial=partial)
    assert update.changes.is_empty()
    held = open_project(project.folder).ledger()
    assert held.table("receipts")["amount"].to_list() == [16000]
    assert open_items(held) == {"A2": 4000}


def test_what_names_a_document_goes_and_stays_with_it(project: Project) -> None:
    documents = invoices({"A1": (date(2025, 2, 10), None), "A2": (date(2025, 3, 10), None)})
    disputes = pl.DataFrame(
        {"dispute_id": ["D1", "D2"], "document_id": ["A1", "A2"], "opened_on": [date(2025, 4, 1)] * 2}
    )
    tables = {"customers": CUSTOMERS, "documents": documents, "disputes": disputes}
    project.update(Ledger.read(tables, currency="EUR", covers_from=START, covers_to=FIRST))
    part = {**tables, "documents": documents[:0], "disputes": disputes[:0]}
    update = project.update(Ledger.read(part, currency="EUR", covers_from=WINDOW, covers_to=SECOND))
    assert update.changes.select("table", "key").rows() == [("disputes", "D2"), ("documents", "A2")]


def test_a_part_taken_for_the_whole_is_refused(project: Project) -> None:
    whole = invoices(months(12, paid_after=5))
    project.update(ledger(whole, start=START, end=FIRST))
    part = ledger(whole[::2], start=START, end=SECOND)
    files = sorted(project.folder.rglob("*"))
    with pytest.raises(DataError, match=r"6 of 12 documents \(EUR 600.00\) would be taken as deleted") as refused:
        project.update(part)
    for words in ("--covers-from", "covers_from under", "--partial", "--accept-deleted", "Nothing was written"):
        assert words in str(refused.value)
    assert sorted(project.folder.rglob("*")) == files
    told = project.update(part, dry_run=True)
    assert [(one.table, one.rows, one.of_rows) for one in told.vanished] == [("documents", 6, 12), ("receipts", 6, 12)]
    assert project.update(part, partial=True, dry_run=True).vanished == ()
    project.update(part, accept_deleted=True)
    held = open_project(project.folder).ledger()
    assert held.table("documents").height == 6
    found = {one.code: one for one in held.check().findings if one.table == "documents"}
    assert found["deleted_by_update"].severity == "warning"
    assert "6 of 12 documents (EUR 600.00) ended" in found["deleted_by_update"].message


def test_payments_that_vanish_from_documents_are_refused(project: Project) -> None:
    """The column of payment dates is empty: every invoice would be open again."""
    whole = invoices(months(12, paid_after=5))
    project.update(ledger(whole, start=START, end=FIRST))
    unpaid = ledger(whole, start=START, end=SECOND)
    none = {name: unpaid.table(name).clear() for name in ("receipts", "applications")}
    with pytest.raises(DataError, match=r"12 of 12 documents paid .* would have less paid on them than before"):
        project.update(unpaid.replace(tables={**unpaid.tables, **none}))


def test_one_or_two_corrections_are_no_part(project: Project) -> None:
    whole = invoices(months(12, paid_after=None))
    project.update(ledger(whole, start=START, end=FIRST))
    assert project.update(ledger(whole[2:], start=START, end=SECOND)).vanished == ()


def test_open_items_beyond_the_window_are_told(project: Project) -> None:
    paid = {"B1": (START, START + timedelta(days=3)), "B2": (WINDOW, WINDOW + timedelta(days=3))}
    whole = invoices(months(9, paid_after=None) | paid)
    project.update(ledger(whole, start=START, end=FIRST))
    window = whole.filter(pl.col("document_date") >= WINDOW)
    update = project.update(ledger(window, start=WINDOW, end=SECOND))
    (told,) = update.open_beyond
    assert (told.table, told.rows, told.of_rows, told.money) == ("documents", 6, 9, 600.0)
    found = open_project(project.folder).ledger().check().findings
    (unknown,) = [one for one in found if one.code == "not_covered_by_update"]
    assert "what was paid on them since is unknown" in unknown.message
    full = project.update(ledger(whole, start=START, end=SECOND + timedelta(days=1)))
    assert full.open_beyond == ()
    codes = {one.code for one in open_project(project.folder).ledger().check().findings}
    assert "not_covered_by_update" not in codes


@st.composite
def books(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame, date]:
    """Draw documents and payments by invoice up to ``SECOND``, and the first day of the window of the second extract.

    Documents from before the window are settled or not, but nothing is paid on them after the first extract.
    """
    window = START + timedelta(days=draw(st.integers(0, (FIRST - START).days + 1)))
    documents, lines = [], []
    for number in range(draw(st.integers(1, 12))):
        day = START + timedelta(days=draw(st.integers(0, 175)))
        amount = draw(st.integers(100, 100000)) / 100
        who = draw(st.sampled_from(["C1", "C2"]))
        credit = draw(st.booleans()) and draw(st.booleans())
        documents.append((f"A{number}", who, day, day, -amount if credit else amount))
        last = (FIRST if day < window else SECOND) - timedelta(days=1)
        for _ in range(draw(st.integers(0, 2))):
            if not credit and day <= last:
                paid_on = day + timedelta(days=draw(st.integers(0, (last - day).days)))
                payment = f"{who}-{paid_on}" if draw(st.booleans()) else None
                lines.append((payment, f"A{number}", paid_on, draw(st.integers(1, 50000)) / 100))
    names = ["document_id", "customer_id", "document_date", "due_date", "amount"]
    texts = {"payment_id": pl.String, "document_id": pl.String, "date": pl.Date, "amount": pl.Float64}
    return (
        pl.DataFrame(documents, schema=names, orient="row"),
        pl.DataFrame(lines, schema=texts, orient="row"),
        window,
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(books())
def test_after_a_window_of_the_same_truth_every_balance_is_true(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[pl.DataFrame, pl.DataFrame, date]
) -> None:
    documents, payments, window = drawn
    project = make_project(tmp_path_factory.mktemp("p") / "project", {})
    early = documents.filter(pl.col("document_date") <= FIRST)
    paid_early = payments.filter(
        (pl.col("date") <= FIRST) & pl.col("document_id").is_in(early["document_id"].implode())
    )
    project.update(ledger(early, paid_early, start=START, end=FIRST))
    recent = documents.filter(pl.col("document_date") >= window)
    paid_recent = payments.filter(pl.col("document_id").is_in(recent["document_id"].implode()))
    project.update(ledger(recent, paid_recent, start=window, end=SECOND))
    truth, held = ledger(documents, payments, start=START, end=SECOND), open_project(project.folder).ledger()
    assert balances(held) == balances(truth)
    assert open_items(held) == open_items(truth)
    assert held.table("documents").height == documents.height
