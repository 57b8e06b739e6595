"""A general ledger with all accounts: only the rows of receivables accounts are of the ledger, the others are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.errors import ParameterError
from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import Preview, last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
    "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)
NAMES = {"CALDER1": "ALDER SARL", "CBIRCH2": "BIRCH SAS", "CCEDAR3": "CEDAR SA"}
OPEN = {"CALDER1": 120.0 * 2, "CBIRCH2": 120.0 * 2, "CCEDAR3": 120.0 * 2}
ANSWERS = {"currency": "EUR", "terms.fec": "30"}


def line(journal: str, day: str, account: str, customer: str, ref: str, debit: float, credit: float) -> str:
    code, lib = journal.split()
    number, name = account.split(" ", 1)
    amounts = "|".join(f"{one:.2f}".replace(".", ",") for one in (debit, credit))
    whose = f"{customer}|{NAMES.get(customer, '')}"
    return f"{code}|{lib}|1|{day}|{number}|{name}|{whose}|{ref}|{day}|Ecriture {ref}|{amounts}|||{day}||"


def lines(*, suppliers: bool = False) -> list[str]:
    """Thirty invoices of three customers with their revenue and tax, twenty-four paid by bank."""
    made = []
    for number in range(30):
        customer, day = list(NAMES)[number % 3], f"202401{number % 28 + 1:02}"
        made.append(line("VE Ventes", day, "411000 Clients", customer, f"F{number:04}", 120, 0))
        made.append(line("VE Ventes", day, "707000 Ventes de marchandises", "", f"F{number:04}", 0, 100))
        made.append(line("VE Ventes", day, "445710 TVA", "", f"F{number:04}", 0, 20))
        if number < 24:
            paid = f"202402{number % 28 + 1:02}"
            made.append(line("BQ Banque", paid, "411000 Clients", customer, f"VIR{number:04}", 0, 120))
            made.append(line("BQ Banque", paid, "512000 Banque", "", f"VIR{number:04}", 120, 0))
        if suppliers:
            made.append(line("AC Achats", day, "401000 Fournisseurs", "SELM1", f"A{number:04}", 0, 60))
            made.append(line("AC Achats", day, "607000 Achats", "", f"A{number:04}", 60, 0))
    return made


def propose(folder: Path, rows: list[str], **answers: str) -> tuple[Proposal, Preview]:
    (folder / "fec.txt").write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    given = {name.replace("__", "."): value for name, value in answers.items()}
    proposal = propose_mapping(folder, answers={**ANSWERS, **given})
    return proposal, preview_mapping(proposal, folder)


def net(preview: Preview) -> dict[str, float]:
    aged = ageing(preview.ledger, as_of=last_day(preview.ledger), by="customer", translate=False, output="polars")
    return {row["customer_id"]: row["open_balance"] - row["unapplied_cash"] for row in aged.iter_rows(named=True)}


@pytest.mark.parametrize("suppliers", [False, True])
def test_only_rows_of_receivables_accounts_are_of_the_ledger(tmp_path: Path, suppliers: bool) -> None:
    proposal, preview = propose(tmp_path, lines(suppliers=suppliers))
    assert net(preview) == pytest.approx(OPEN)
    assert preview.ledger.quarantine.is_empty()
    assert dict(preview.ledger.tables["customers"].select("customer_id", "name").iter_rows()) == NAMES
    said = " ".join((*proposal.unsure, *proposal.missing))
    left = 84 + (60 if suppliers else 0)
    assert "54 rows of CompteNum '411000' (Clients)" in said
    assert f"{left} rows of other accounts are left out" in said
    assert "merged cells" not in said
    assert "ValidDate is taken for the settled on" not in said
    assert proposal.amounts[0].lines[1].what == "other accounts of the general ledger"
    assert proposal.amounts[0].lines[1].rows == left
    whole = 2 * (3600 + 2880 + (1800 if suppliers else 0))
    assert sum(proposal.amounts[0].whole.sums) == pytest.approx(whole)
    summary = preview.imported.summary
    assert (summary["read"] == summary["blank"] + summary["left_out"] + summary["merged"] + summary["used"]).all()


def test_only_the_receivables_accounts_in_the_export(tmp_path: Path) -> None:
    proposal, preview = propose(tmp_path, [one for one in lines() if "|411000|" in one])
    assert net(preview) == pytest.approx(OPEN)
    assert not any("other accounts" in one for one in proposal.unsure)


def test_the_accounts_are_overruled_by_an_answer(tmp_path: Path) -> None:
    doubtful = [one.replace("411000|Clients", "416000|Douteux") if "CCEDAR3" in one else one for one in lines()]
    _, preview = propose(tmp_path, doubtful)
    assert net(preview) == pytest.approx(OPEN)
    _, preview = propose(tmp_path, doubtful, fec__receivables_accounts="411000")
    assert set(net(preview)) == {"CALDER1", "CBIRCH2"}
    with pytest.raises(ParameterError, match=r"accounts of CompteNum \(411000, 416000, 445710, 512000, 707000\)"):
        propose(tmp_path, doubtful, fec__receivables_accounts="4110")


def test_accounts_by_name(tmp_path: Path) -> None:
    rows = ["Date,Type,Num,Name,Account,Due Date,Amount"]
    for number in range(12):
        same = f"2024-01-{number + 1:02},Invoice,{number + 1}"
        rows.append(f"{same},Elm {number % 3} Inc.,Accounts Receivable (A/R),2024-02-{number + 1:02},100.00")
        rows.append(f"{same},,Sales,,-100.00")
    (tmp_path / "gl.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "USD"})
    assert preview_mapping(proposal, tmp_path).ledger.tables["documents"].height == 12
    said = " ".join((*proposal.unsure, *proposal.missing))
    assert "12 rows of other accounts are left out, -1,200.00 in Amount (Sales)" in said
    assert "merged cells" not in said


def test_several_accounts_with_customers_of_which_none_is_known_are_asked(tmp_path: Path) -> None:
    rows = [one.replace("411000|Clients", "700100|Divers") for one in lines(suppliers=True)]
    rows = [one.replace("401000|Fournisseurs", "700200|Autres") for one in rows]
    (tmp_path / "fec.txt").write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers=ANSWERS)
    assert "fec.receivables_accounts" in [one.key for one in proposal.blocking]


def test_nothing_is_said_of_an_empty_column_nor_against_the_lettering_in_use(tmp_path: Path) -> None:
    made = []
    for row in (one.split("|") for one in lines()):
        code = f"L{row[8][-4:]}" if row[4] == "411000" and int(row[8][-4:]) < 20 else ""
        made.append("|".join([*row[:13], code, *row[14:]]))
    (tmp_path / "fec.txt").write_text("\n".join((HEAD, *made)) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR", "terms.fec": "30"})
    assert preview_mapping(proposal, tmp_path).ledger.tables["applications"].height == 24
    assert any("share a code in EcritureLet" in one for one in proposal.sure)
    said = " ".join((*proposal.unsure, *proposal.missing))
    assert "Montantdevise" not in said
    assert "not known which invoice a payment pays" not in said
