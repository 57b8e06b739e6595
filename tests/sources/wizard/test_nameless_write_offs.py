"""Write-offs that name no invoice close what payments would: what shares their code, or the oldest debt."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from credrisk import Ledger
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping


def read(folder: Path, text: str, **answers: str) -> tuple[Proposal, Ledger]:
    (folder / "items.csv").write_text(text, encoding="utf-8")
    proposal = propose_mapping(folder, answers={"currency": "EUR"} | answers)
    assert not proposal.blocking
    return proposal, preview_mapping(proposal, folder).ledger


def closed(ledger: Ledger) -> list[tuple[object, ...]]:
    columns = ("kind", "from_id", "to_document_id", "amount")
    rows = ledger.tables["applications"].sort("to_document_id", "applied_on", "kind", "amount").select(columns)
    return [(kind, source, to, units / 100) for kind, source, to, units in rows.rows()]


CODED = """\
Date,Journal Entry,Journal,Account,Partner,Reference,Due Date,Debit,Credit,Matching
2024-01-10,INV/2024/0001,Customer Invoices,400000 Customers,Alto SPRL,,2024-02-09,100.00,0,101
2024-01-12,INV/2024/0002,Customer Invoices,400000 Customers,Alto SPRL,,2024-02-11,80.00,0,102
2024-01-20,INV/2024/0003,Customer Invoices,400000 Customers,Bora SA,,2024-02-19,60.00,0,
2024-02-10,PBNK1/2024/0001,Bank,400000 Customers,Alto SPRL,INV/2024/0001,2024-02-10,0,100.00,101
2024-03-01,PBNK1/2024/0002,Bank,400000 Customers,Alto SPRL,,2024-03-01,0,30.00,102
2024-09-10,MISC/2024/0001,Miscellaneous Operations,400000 Customers,Alto SPRL,Bad debt,2024-09-10,0,50.00,102
"""


def test_a_write_off_whose_reference_is_words_closes_what_shares_its_code(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, CODED)
    assert closed(ledger) == [
        ("payment", "PBNK1/2024/0001", "INV/2024/0001", 100.0),
        ("payment", "PBNK1/2024/0002", "INV/2024/0002", 30.0),
        ("write_off", None, "INV/2024/0002", 50.0),
    ]
    assert ledger.quarantine.is_empty()
    [said] = [one for one in proposal.unsure if "write-off (write off), 50.00 in all" in one]
    assert "does not say which invoice it closes: what shares their code, where they have one" in said
    assert not any("write-offs" in one for one in proposal.missing)


LIST = """\
Date,Type,Document Number,Name,Due Date,Memo,Amount
1/2/2024,Invoice,INV20001,CUST1001 Alto Supply Inc.,2/1/2024,,100.00
1/15/2024,Invoice,INV20002,CUST1001 Alto Supply Inc.,2/14/2024,,80.00
1/16/2024,Invoice,INV20003,CUST1002 Bora Tools LLC,2/15/2024,,60.00
1/17/2024,Invoice,INV20004,CUST1003 Cosmo Paper Co.,2/16/2024,,10.00
2/20/2024,Payment,PYMT5001,CUST1001 Alto Supply Inc.,,,-100.00
2/25/2024,Payment,PYMT5002,CUST1002 Bora Tools LLC,,,-45.00
9/20/2024,Journal,JE301,CUST1001 Alto Supply Inc.,,Write off bad debt,-80.00
"""


def test_where_no_payment_names_an_invoice_it_closes_the_oldest_debt_too(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, LIST)
    assert closed(ledger) == [
        ("payment", "PYMT5001", "INV20001", 100.0),
        ("write_off", None, "INV20002", 80.0),
        ("payment", "PYMT5002", "INV20003", 45.0),
    ]
    assert sorted(ledger.tables["customers"]["customer_id"]) == ["CUST1001", "CUST1002", "CUST1003"]
    assert sorted(ledger.tables["customers"]["name"]) == ["Alto Supply Inc.", "Bora Tools LLC", "Cosmo Paper Co."]
    assert any("holds a number and a name, parted by ' '" in one for one in proposal.unsure)


def test_a_type_that_is_empty_beside_such_words_is_a_write_off(tmp_path: Path) -> None:
    text = LIST.replace(",Journal,", ",,")
    proposal, ledger = read(tmp_path, text)
    assert ("write_off", None, "INV20002", 80.0) in closed(ledger)
    assert any("1 row of Type empty counted as write-off, as Memo says so" in one for one in proposal.unsure)
    _, without = read(tmp_path, text, **{"items.types_in_words": ""})
    assert "write_off" not in without.tables["applications"]["kind"]


def test_where_cash_stays_on_account_they_close_the_oldest_debt_all_the_same(tmp_path: Path) -> None:
    _, ledger = read(tmp_path, LIST, without_invoice="on_account")
    assert closed(ledger) == [("write_off", None, "INV20001", 80.0)]
    assert ledger.quarantine.is_empty()


def test_an_amount_in_local_currency_is_no_tax(tmp_path: Path) -> None:
    lines = LIST.splitlines()
    text = "\n".join([f"{lines[0]},Amount (LCY)", *(f"{line},{line.rsplit(',', 1)[1]}" for line in lines[1:])]) + "\n"
    _, ledger = read(tmp_path, text)
    assert ledger.tables["documents"]["tax_amount"].null_count() == 4
    assert ledger.tables["documents"]["amount"].sum() == 25_000


SALES_JOURNAL = """\
Dagboek: Omschrijving;Boekstuknummer;Datum;Vervaldatum;Relatie: Code;Relatie: Naam;Factuurnummer;Uw ref.;Omschrijving;\
Debet;Credit
Verkoopboek;24700001;02-01-2024;16-01-2024;1021;Alto Food N.V.;24700001;PO5347;Verkoopfactuur 24700001;4.039,96;
Verkoopboek;24700002;13-01-2024;12-02-2024;1050;Bora Techniek VOF;24700002;PO1996;Verkoopfactuur 24700002;2.699,59;
Verkoopboek;24700003;17-01-2024;17-01-2024;1021;Alto Food N.V.;24700003;24700001;Creditnota 24700001;;39,96
Rabobank;24200017;20-02-2024;;1021;Alto Food N.V.;24700001;;Alto Food N.V. 24700001;;4.000,00
Memoriaal;24900001;20-11-2024;;1050;Bora Techniek VOF;24700002;;Afboeking oninbaar;;2.699,59
"""


def test_a_sales_journal_has_credit_notes_and_a_journal_may_be_called_after_a_bank(tmp_path: Path) -> None:
    more = "".join(
        f"Verkoopboek;247000{n};0{n % 9 + 1}-03-2024;0{n % 9 + 1}-04-2024;1021;Alto Food N.V.;247000{n};PO{n};;10,00;\n"
        f"Rabobank;242001{n};05-04-2024;;1021;Alto Food N.V.;247000{n};;;;10,00\n"
        for n in range(10, 40)
    )
    proposal, ledger = read(tmp_path, SALES_JOURNAL + more)
    assert sorted((row for row in closed(ledger) if row[3] != 10.0), key=str) == [
        ("credit_note", "24700003", "24700001", 39.96),
        ("payment", "24200017", "24700001", 4000.0),
        ("write_off", None, "24700002", 2699.59),
    ]
    assert ledger.tables["documents"].filter(pl.col("kind") == "credit_note")["document_id"].to_list() == ["24700003"]
    assert any("Uw ref. names the invoice of 1 credit note" in one for one in proposal.sure)
    assert ledger.tables["customers"]["name"].to_list() == ["Alto Food N.V.", "Bora Techniek VOF"]


SWEDISH = """\
Fakturanr;Kundnr;Kundnamn;Fakturadatum;Förfallodatum;Slutbetald;Valuta;Totalt;Saldo
1001;9;Alto Bygg HB;2024-01-02;2024-02-01;2024-01-23;SEK;4651,59;0,00
1002;7;Bora Åkeri AB;2024-01-04;2024-02-13;;SEK;6311,53;6311,53
"""


def test_swedish_headers_are_known(tmp_path: Path) -> None:
    _, ledger = read(tmp_path, SWEDISH)
    assert closed(ledger) == [("payment", "settled:1001", "1001", 4651.59)]
    assert ledger.tables["documents"]["due_date"].dt.to_string().to_list() == ["2024-02-01", "2024-02-13"]
    assert not [one for one in ledger.findings if one.code == "balance_differs"]
