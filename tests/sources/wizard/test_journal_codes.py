"""A column of journals says what a row is, in few rows too and where balances brought forward stand on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.errors import ParameterError
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Compte;Intitulé;Date;Journal;Pièce;Échéance;Débit;Crédit"
ROWS = (
    "411001;Elm SARL;26/01/2023;VE;FA1;27/03/2023;100,00;",
    *(f"411001;Elm SARL;2{day}/01/2023;VE;FB{day};27/03/2023;10,00;" for day in range(6)),
    "411001;Elm SARL;27/03/2023;BQ;BQ1;;;60,00",
    "411001;Elm SARL;28/04/2023;OD;OD1;;;30,00",
    "Total compte 411001;;;;;;160,00;90,00",
    "411002;Fir SARL;26/01/2023;VE;FA2;27/03/2023;300,00;",
    "411002;Fir SARL;28/04/2023;BQ;BQ2;;;250,00",
    "Total compte 411002;;;;;;300,00;250,00",
    "Total général;;;;;;460,00;340,00",
)
SAID = {"currency": "EUR", "kind.gl.VE": "invoice", "kind.gl.BQ": "payment", "kind.gl.OD": "leave_out"}


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    (folder / "gl.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return folder


def test_it_asks_what_each_journal_is(tmp_path: Path) -> None:
    proposal = propose_mapping(written(tmp_path, *ROWS), answers={"currency": "EUR"})
    assert sorted(one.key for one in proposal.blocking) == ["kind.gl.BQ", "kind.gl.OD", "kind.gl.VE"]


def test_balances_brought_forward_on_both_sides_do_not_matter(tmp_path: Path) -> None:
    forward = ("411001;Elm SARL;01/01/2023;AN;;;12,00;", "411002;Fir SARL;01/01/2023;AN;;;;5,00")
    proposal = propose_mapping(written(tmp_path, *forward, *ROWS), answers={"currency": "EUR"})
    assert "kind.gl.AN" in [one.key for one in proposal.blocking]


def test_payments_are_no_credit_notes_and_totals_differ_by_what_is_left_out(tmp_path: Path) -> None:
    proposal = propose_mapping(written(tmp_path, *ROWS), answers=SAID)
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.tables["documents"]["kind"].to_list() == ["invoice"] * 8
    assert ledger.tables["receipts"].height == 2
    assert [(name, round(by, 2)) for name, by in proposal.amounts[0].totals_differ] == [("Crédit", 30.0)]


def test_an_answer_about_a_type_where_none_is_says_how_to_name_the_column(tmp_path: Path) -> None:
    few = [row for row in ROWS if ";FB" not in row]
    folder = written(tmp_path, *few, head=HEAD.replace("Journal", "Xyz"))
    with pytest.raises(ParameterError, match=r"--answer gl\.kind=Xyz") as refused:
        propose_mapping(folder, answers=SAID)
    assert "no column of gl is taken for the types" in str(refused.value)
    named = propose_mapping(folder, answers={**SAID, "gl.kind": "Xyz"})
    assert preview_mapping(named, folder).ledger.tables["receipts"].height == 2
