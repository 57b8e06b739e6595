"""Columns that say which documents are void: by a word among others in the header, in yes and no, marks or days."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

VOID = (3, 7)


def table(header: str, void: str, other: str) -> pl.DataFrame:
    rows = range(20)
    return pl.DataFrame(
        {
            "Customer No": [f"C{row % 4}" for row in rows],
            "Document No": [f"INV{row}" for row in rows],
            "Document Date": [f"2024-01-{row + 1:02}" for row in rows],
            "Due Date": [f"2024-02-{row + 1:02}" for row in rows],
            "Amount": ["100.25"] * 20,
            header: [void if row in VOID else other for row in rows],
        }
    )


def propose(folder: Path, frame: pl.DataFrame, **answers: str) -> Proposal:
    frame.write_csv(folder / "inv.csv")
    given = {name.replace("__", "."): value for name, value in answers.items()}
    return propose_mapping(folder, answers={"currency": "EUR", **given})


def documents(proposal: Proposal, folder: Path) -> set[str]:
    return set(preview_mapping(proposal, folder).ledger.tables["documents"]["document_id"].to_list())


OWED = {f"INV{row}" for row in range(20) if row not in VOID}
EVERY = {f"INV{row}" for row in range(20)}


@pytest.mark.parametrize(
    ("header", "void", "other"),
    [
        ("Void Status", "Voided", "Normal"),
        ("VoidStatus", "Void", "Normal"),
        ("VOIDSTTS", "1", "0"),
        ("Trx Status", "Voided", "Open"),
        ("Voided", "V", ""),
        ("Is Void", "Yes", "No"),
        ("IsCancelled", "true", "false"),
        ("Cancelled", "Cancelled", ""),
        ("Storno", "X", ""),
        ("Storno-Kennzeichen", "S", ""),
        ("storniert", "Ja", "Nein"),
        ("Annulé", "Oui", "Non"),
        ("Anulado", "Sí", "No"),
        ("Annullato", "S", "N"),
        ("Geannuleerd", "ja", "nee"),
        ("Estornado", "Sim", "Não"),
        ("Makulerad", "Ja", "Nej"),
        ("Void Date", "2024-02-20", ""),
    ],
)
def test_void_documents_are_left_out_and_told(header: str, void: str, other: str, tmp_path: Path) -> None:
    proposal = propose(tmp_path, table(header, void, other))
    (told,) = [one for one in proposal.unsure if header in one]
    assert told.startswith(f"inv: left out, as {header} says")
    assert "2 rows, 200.50 in all" in told
    assert documents(proposal, tmp_path) == OWED


@pytest.mark.parametrize(
    ("header", "void", "other"),
    [
        ("Cancelled By", "JOE", ""),
        ("Void Trx No", "123", ""),
        ("Cancelled", "N", "N"),
        ("Paid", "yes", "no"),
        ("Cancellable", "yes", "no"),
        ("Storno möglich", "ja", "nein"),
        ("Cancelled On", "00000000", "00000000"),
    ],
)
def test_other_columns_leave_nothing_out(header: str, void: str, other: str, tmp_path: Path) -> None:
    assert documents(propose(tmp_path, table(header, void, other)), tmp_path) == EVERY


def test_true_and_false_of_a_parquet_file_are_read(tmp_path: Path) -> None:
    frame = table("Voided", "1", "0").with_columns(pl.col("Voided") == "1", pl.col("Amount").cast(pl.Float64))
    frame.write_parquet(tmp_path / "inv.parquet")
    assert documents(propose_mapping(tmp_path, answers={"currency": "EUR"}), tmp_path) == OWED


def test_answers_overrule_marks_and_days(tmp_path: Path) -> None:
    kept = propose(tmp_path, table("Voided", "V", ""), status__inv__V="keep")
    assert documents(kept, tmp_path) == EVERY
    kept = propose(tmp_path, table("Void Date", "2024-02-20", ""), inv__status="")
    assert documents(kept, tmp_path) == EVERY


def test_a_word_for_paid_and_void_is_asked_under_a_header_too(tmp_path: Path) -> None:
    proposal = propose(tmp_path, table("Cancelado", "Sim", "Não"))
    assert [one.key for one in proposal.blocking] == ["status.inv.Sim"]


def test_bookings_that_take_back_what_stays_are_asked(tmp_path: Path) -> None:
    amount = pl.when(pl.col("Storno") == "X").then(pl.lit("-100.25")).otherwise("Amount").alias("Amount")
    proposal = propose(tmp_path, table("Storno", "X", "").with_columns(amount))
    (question,) = proposal.blocking
    assert question.key == "status.inv.X"
    assert "below zero" in question.evidence


def test_the_state_of_a_delivery_is_told_and_kept(tmp_path: Path) -> None:
    proposal = propose(tmp_path, table("Delivery Status", "Cancelled", "Delivered"))
    (told,) = [one for one in proposal.unsure if "Delivery Status" in one]
    assert "--answer 'inv.status=Delivery Status'" in told
    assert documents(proposal, tmp_path) == EVERY
    answered = propose(tmp_path, table("Delivery Status", "Cancelled", "Delivered"), inv__status="Delivery Status")
    assert documents(answered, tmp_path) == OWED


def test_a_yes_in_most_rows_is_asked(tmp_path: Path) -> None:
    proposal = propose(tmp_path, table("Voided", "no", "yes"))
    assert [one.key for one in proposal.blocking] == ["status.inv.yes"]


def test_zeros_are_no_day_of_a_void(tmp_path: Path) -> None:
    proposal = propose(tmp_path, table("Cancelled On", "20240220", "00000000"))
    assert documents(proposal, tmp_path) == OWED
