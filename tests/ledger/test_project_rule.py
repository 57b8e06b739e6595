"""A project takes cash that settled the oldest debt only from an extract of everything that it holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.project import Project, make_project, open_project

INVOICES = {"I1": date(2024, 1, 5), "I2": date(2024, 2, 5), "I7": date(2024, 7, 5)}
PAID = {"P1": date(2024, 3, 1), "P7": date(2024, 7, 20)}
START, FIRST, SECOND = date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 31)


def extract(numbers: str, paid: str, start: date, end: date, *, said: str = "oldest_first") -> Ledger:
    """Return a ledger of invoices and payments of 100.00 each; no payment names its invoice."""
    documents = [(one, "C", INVOICES[one], INVOICES[one], 100.0) for one in numbers.split()]
    payments = [(one, "C", PAID[one], 100.0) for one in paid.split()]
    tables = {
        "customers": pl.DataFrame({"customer_id": ["C"]}),
        "documents": pl.DataFrame(
            documents, schema=["document_id", "customer_id", "document_date", "due_date", "amount"], orient="row"
        ),
        "payments": pl.DataFrame(
            payments,
            schema={"payment_id": pl.String, "customer_id": pl.String, "date": pl.Date, "amount": pl.Float64},
            orient="row",
        ),
        "settings": pl.DataFrame({"key": ["without_invoice"], "value": [said]}),
    }
    return Ledger.read(tables, currency="EUR", covers_from=start, covers_to=end)


def applied(project: Project) -> list[tuple[str, str, int]]:
    rows = open_project(project.folder).ledger().table("applications")
    return sorted(rows.select("from_id", "to_document_id", pl.col("amount") // 100).rows())


def told(project: Project) -> list[tuple[int, float | None, str]]:
    found = open_project(project.folder).ledger().findings
    return [(one.rows, one.money, one.severity) for one in found if one.code == "oldest_first"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = make_project(tmp_path / "project", {})
    made.update(extract("I1 I2", "P1", START, FIRST))
    return open_project(made.folder)


@pytest.mark.parametrize(
    ("numbers", "paid", "start"), [("I2 I7", "P1 P7", date(2024, 2, 1)), ("I7", "P7", date(2024, 7, 1))]
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_window_is_refused_where_the_rule_would_see_other_debts(
    project: Project, numbers: str, paid: str, start: date, *, dry_run: bool
) -> None:
    with pytest.raises(DataError, match=r"lacks .* of the project, .* the same money twice") as refused:
        project.update(extract(numbers, paid, start, SECOND), dry_run=dry_run)
    assert "2024-01-05" in refused.value.remedy
    assert 'without_invoice = "on_account"' in refused.value.remedy
    assert applied(project) == [("P1", "I1", 100)]


def test_a_part_is_refused_whatever_it_covers(project: Project) -> None:
    with pytest.raises(DataError, match="the same money twice"):
        project.update(extract("I2 I7", "P1 P7", START, SECOND), partial=True)


def test_a_full_extract_goes_on_to_work_and_the_finding_is_the_project_s(project: Project) -> None:
    assert told(project) == [(1, 100.0, "warning")]
    project.update(extract("I1 I2 I7", "P1 P7", START, SECOND))
    assert applied(project) == [("P1", "I1", 100), ("P7", "I2", 100)]
    assert told(project) == [(2, 200.0, "warning")]


def test_a_window_with_its_cash_on_account_is_taken_and_the_finding_stays(project: Project) -> None:
    project.update(extract("I2 I7", "P1 P7", date(2024, 2, 1), SECOND, said="on_account"))
    assert applied(project) == [("P1", "I1", 100)]
    assert told(project) == [(1, 100.0, "warning")]


def test_the_finding_ends_with_a_full_extract_without_the_rule(project: Project) -> None:
    project.update(extract("I1 I2 I7", "P1 P7", START, SECOND, said="on_account"), accept_deleted=True)
    assert applied(project) == []
    assert told(project) == []


def written_off(documents: list[str], start: date, end: date) -> Ledger:
    """Return a ledger in which a write-off of 100.00 names no invoice, and cash stays on account."""
    rows = [(one, "C", INVOICES[one], INVOICES[one], 100.0) for one in documents]
    tables = {
        "customers": pl.DataFrame({"customer_id": ["C"]}),
        "documents": pl.DataFrame(
            rows, schema=["document_id", "customer_id", "document_date", "due_date", "amount"], orient="row"
        ),
        "payments": pl.DataFrame(
            {
                "payment_id": ["W1"],
                "customer_id": ["C"],
                "date": [date(2024, 3, 1)],
                "amount": [100.0],
                "kind": ["write_off"],
            }
        ),
        "settings": pl.DataFrame({"key": ["without_invoice"], "value": ["on_account"]}),
    }
    return Ledger.read(tables, currency="EUR", covers_from=start, covers_to=end)


@pytest.mark.parametrize(("partial", "start"), [(True, START), (False, date(2024, 2, 1))])
def test_a_write_off_that_names_nothing_is_not_put_on_a_second_debt(
    tmp_path: Path, start: date, *, partial: bool
) -> None:
    made = make_project(tmp_path / "written", {})
    made.update(written_off(["I1", "I2"], START, FIRST))
    project = open_project(made.folder)
    with pytest.raises(DataError, match="write-offs that name no invoice close the oldest debt") as refused:
        project.update(written_off(["I2"], start, SECOND), partial=partial)
    assert refused.value.remedy.endswith("export the invoice that each of them closes.")
    rows = open_project(made.folder).ledger().table("applications").select("kind", "to_document_id").rows()
    assert rows == [("write_off", "I1")]
    project.update(written_off(["I1", "I2", "I7"], START, SECOND))
    [said] = [one for one in open_project(made.folder).ledger().findings if one.code == "closes_oldest"]
    assert (said.rows, said.money) == (1, 100.0)
