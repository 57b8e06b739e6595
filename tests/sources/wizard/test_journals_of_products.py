"""Journals as accounting products print them: types in their own words, and credit notes that name their invoice."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk import Ledger
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping
from credrisk.sources.wizard.words import meaning_of_type

MONTHS = range(1, 13)


def read(folder: Path, text: str, **answers: str) -> tuple[Proposal, Ledger]:
    (folder / "items.csv").write_text(text, encoding="utf-8")
    proposal = propose_mapping(folder, answers={"currency": "EUR"} | answers)
    assert not proposal.blocking
    return proposal, preview_mapping(proposal, folder).ledger


def closed(ledger: Ledger) -> dict[tuple[str, str | None, str], float]:
    rows = ledger.tables["applications"].select("kind", "from_id", "to_document_id", "amount").rows()
    return {(kind, source, to): units / 100 for kind, source, to, units in rows}


def sources(text: str) -> str:
    """Invoices of two contacts each month, each paid under the reference of the bank, the same for all."""
    lines = ["Date,Source,Contact,Description,Invoice Number,Reference,Debit,Credit"]
    for month in MONTHS:
        for place, name in enumerate(("Alto Foods Ltd", "Bora Tools Ltd")):
            number = f"INV-{10000 + 2 * month + place}"
            lines.append(f"2024-{month:02}-01,Receivable Invoice,{name},{name},{number},PO {7000 + month},100.00,0")
            paid = f"2024-{month:02}-27,Receivable Payment,{name},Payment: {name},{number},DIRECT CREDIT 1,0,"
            lines.append(paid + ("60.00" if number == "INV-10002" else "0" if number == "INV-10003" else "100.00"))
    return "\n".join([*lines, text]) + "\n"


CREDITS = """\
2024-01-20,Receivable Credit Note,Alto Foods Ltd,Alto Foods Ltd,CN-0801,INV-10002,0,40.00
2024-12-20,Receivable Credit Note,Bora Tools Ltd,Bora Tools Ltd,CN-0802,goodwill,0,5.00
2024-12-28,Receivable Credit Note,Bora Tools Ltd,Bora Tools Ltd,CN-0803,Bad debt write off INV-10003,0,100.00"""


def test_credit_notes_name_their_invoice_where_invoices_have_the_customers_reference(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, sources(CREDITS), **{"terms.items": "30"})
    made = closed(ledger)
    assert made["credit_note", "CN-0801", "INV-10002"] == 40.0
    assert made["write_off", None, "INV-10003"] == 100.0
    open_notes = set(ledger.tables["documents"].filter(kind="credit_note")["document_id"])
    assert open_notes == {"CN-0801", "CN-0802"}
    assert any("Reference names the invoice of 1 credit note;" in one for one in proposal.sure)
    assert any("as Reference names none: 1 credit note" in one for one in proposal.unsure)


def test_a_reference_that_stands_on_many_days_numbers_no_payment(tmp_path: Path) -> None:
    """Else the made-up numbers of receipts move with each new one, and the past of a project with them."""
    _, before = read(tmp_path, sources(CREDITS), **{"terms.items": "30"})
    later = sources("2024-02-20,Receivable Payment,Bora Tools Ltd,Payment: Bora,INV-10003,DIRECT CREDIT 1,0,1.00")
    _, after = read(tmp_path, later, **{"terms.items": "30"})
    assert set(before.tables["receipts"]["receipt_id"]) <= set(after.tables["receipts"]["receipt_id"])
    assert not any("DIRECT" in one for one in before.tables["receipts"]["receipt_id"])


def test_a_credit_note_names_its_invoice_behind_its_own_number(tmp_path: Path) -> None:
    lines = ["Asiento;Fecha;Tipo;Cuenta;Nombre de la cuenta;Documento;Descripción;Debe;Haber"]
    for month in MONTHS:
        sold = f"F23{month:04};F23{month:04} Alto Foods S.L."
        lines.append(f"{month};05/{month:02}/2023;Factura de venta;43000001;Alto Foods S.L.;{sold};1.200,50;")
        cash = f"F23{month:04};Cobro F23{month:04};;1.200,50"
        if month > 2:
            lines.append(f"{month};25/{month:02}/2023;Cobro;43000001;Alto Foods S.L.;{cash}")
    for month in (1, 2):
        text = f"R23{month:04};Factura rectificativa R23{month:04} de F23{month:04}"
        lines.append(f"90{month};28/12/2023;Factura rectificativa;43000001;Alto Foods S.L.;{text};;100,25")
    proposal, ledger = read(tmp_path, "\n".join(lines) + "\n", **{"terms.items": "30"})
    made = closed(ledger)
    assert made["credit_note", "R230001", "F230001"] == made["credit_note", "R230002", "F230002"] == 100.25
    assert ledger.quarantine.is_empty()
    assert any("Descripción names the invoice of 2 credit notes" in one for one in proposal.sure)


def activity() -> list[str]:
    lines = ["No,Type,Date,Ref,N/C,Details,Dept,T/C,Debit,Credit,A/C"]
    number = 0
    for month in MONTHS:
        for account in ("ALTO01", "BORA02"):
            number += 2
            own = f"{number + 1190},SI,05/{month:02}/2024,{20000 + number},4000,Goods,1,T1,100.00,,{account}"
            lines += [own, f"{number + 1191},SR,20/{month:02}/2024,CHQ,1200,Sales Receipt,1,T9,,90.00,{account}"]
    return lines


def test_a_bank_account_is_no_invoice_and_a_tax_code_no_type(tmp_path: Path) -> None:
    """1200 is the account of the bank, and the number of a transaction: so many payments of one invoice are none."""
    lines = activity()
    assert any(line.startswith("1200,SI") for line in lines)
    more = [*lines, *(line.replace("/2024", "/2023") for line in lines[1:] if ",SR," in line)]
    more += [line.replace("/2024", "/2022") for line in lines[1:] if ",SR," in line]
    answers = {"terms.items": "30", "items.document_id": "No", "items.customer_id": "A/C"}
    proposal, ledger = read(tmp_path, "\n".join(more) + "\n", **answers)
    assert sum(units for (_, _, to), units in closed(ledger).items() if to == "1200") <= 100.0
    assert not any("N/C names the invoice" in one for one in (*proposal.sure, *proposal.unsure))
    assert set(ledger.tables["documents"]["kind"]) == {"invoice"}
    assert ledger.tables["receipts"].height == 72


def test_no_column_names_the_invoice_where_the_user_says_so(tmp_path: Path) -> None:
    lines = ["Type,No,Customer,Date,Due,Amount,Text"]
    for month in MONTHS:
        lines += [
            f"Invoice,I{month:03},Alto,2024-{month:02}-01,2024-{month:02}-28,100.00,",
            f"Payment,P{month:03},Alto,2024-{month:02}-27,,-100.00,I{month:03}",
        ]
    text = "\n".join(lines) + "\n"
    _, named = read(tmp_path, text)
    assert ("payment", "P003", "I003") in closed(named)
    proposal, said = read(tmp_path, text, **{"items.applies_to": ""})
    assert proposal.settings["without_invoice"] == "oldest_first"
    assert said.tables["applications"]["amount"].sum() == 120_000


@pytest.mark.parametrize("bracketed", ["EUR ({})", "EUR -{}", "-EUR {}", "({})", "{}-"])
def test_payments_with_a_sign_in_any_place_are_turned(tmp_path: Path, bracketed: str) -> None:
    lines = ["Origin\tDoc. No.\tBP Code\tBP Name\tPosting Date\tDue Date\tC/D (LC)"]
    for month in MONTHS:
        lines += [
            f"IN\t{10000 + month}\tC20010\tAlto GmbH\t01.{month:02}.24\t28.{month:02}.24\tEUR 1,100.50",
            f"RC\t{5000 + month}\tC20010\tAlto GmbH\t27.{month:02}.24\t27.{month:02}.24\t"
            + bracketed.format("1,000.25"),
        ]
    _, ledger = read(tmp_path, "\n".join(lines) + "\n")
    assert ledger.quarantine.is_empty()
    assert ledger.tables["receipts"]["amount"].to_list() == [100_025] * 12
    assert ledger.tables["documents"]["amount"].to_list() == [110_050] * 12
    assert ledger.tables["customers"].select("customer_id", "name").rows() == [("C20010", "Alto GmbH")]


def test_what_a_credit_note_credits_is_told_where_nothing_names_it(tmp_path: Path) -> None:
    lines = ["Type,No,Customer,Date,Due,Amount,Text"]
    for month in MONTHS:
        lines += [
            f"Invoice,I{month:03},Alto,2024-{month:02}-01,2024-{month:02}-28,100.00,",
            f"Payment,P{month:03},Alto,2024-{month:02}-27,,-90.00,I{month:03}",
        ]
    lines.append("Credit Note,C001,Alto,2024-12-30,2024-12-30,-10.00,")
    proposal, ledger = read(tmp_path, "\n".join(lines) + "\n")
    assert any("1 credit note, 10.00 in all: no column says which invoice" in one for one in proposal.unsure)
    assert ledger.tables["documents"].filter(pl.col("amount") < 0).height == 1


def invoices(last: str, values: list[str]) -> str:
    lines = [f"Doc No,Customer ID,{last},Date,Due Date,Amount"]
    lines += [
        f"D{place:03},C{place % 4},{value},2024-{place % 12 + 1:02}-01,2024-{place % 12 + 1:02}-28,100.00"
        for place, value in enumerate(values)
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("codes", [["IN", "SA", "IN"], ["CN", "RC", "CN"]])
def test_a_country_is_no_type_of_document(tmp_path: Path, codes: list[str]) -> None:
    _, ledger = read(tmp_path, invoices("Region", codes * 4))
    assert ledger.tables["documents"].height == 12
    assert ledger.table("receipts").is_empty()


def test_a_year_names_no_invoice_and_no_more_does_another_customers(tmp_path: Path) -> None:
    lines = ["Type,No,Customer,Date,Due,Fiscal Year,Note,Remark,Amount"]
    for place in range(12):
        lines += [
            f"Invoice,{2018 + place},C{place % 3},2024-{place + 1:02}-01,2024-{place + 1:02}-28,2024,,,100.00",
            f"Payment,P{place},C{place % 3},2024-{place + 1:02}-27,,2024,{2018 + place},,-80.00",
        ]
    lines += [f"Credit Note,CN{one},C{one},2024-12-30,2024-12-30,2024,,{2019 + one},-20.00" for one in range(3)]
    proposal, ledger = read(tmp_path, "\n".join(lines) + "\n")
    assert not {kind for kind, _, _ in closed(ledger)} - {"payment"}
    assert not any("Fiscal Year names" in one for one in proposal.sure)


def test_a_column_called_after_the_invoice_names_it_however_few_there_are(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text(
        "Invoice No,Customer,Invoice Date,Due Date,Amount\n"
        + "".join(f"K{one},Alto {one} GmbH,2015-01-01,2015-01-31,60000.00\n" for one in range(3)),
        encoding="utf-8",
    )
    months = [f"20{15 + month // 12}-{month % 12 + 1:02}-20" for month in range(60)]
    (tmp_path / "payments.csv").write_text(
        "Payment Date,Invoice No,Amount paid\n"
        + "".join(f"{day},K{one},1000.00\n" for day in months for one in range(3)),
        encoding="utf-8",
    )
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.tables["applications"]["amount"].sum() == 18_000_000


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("Rabobank", "payment"),
        ("ABN AMRO", "payment"),
        ("Commerzbank", "payment"),
        ("Retour Bank", None),
        ("Refund Bank", None),
        ("Bankgebühren Bank", None),
        ("Chase", None),
        ("SA", None),
        ("PS", None),
    ],
)
def test_what_a_journal_called_after_a_bank_means(value: str, meaning: str | None) -> None:
    assert meaning_of_type(value) == meaning


def test_received_cash_without_a_type_is_not_given_back_by_its_memo(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text(
        "Invoice No,Customer,Invoice Date,Due Date,Amount\n"
        + "".join(f"90{one:02},Alto {one % 3} GmbH,2024-01-01,2024-01-31,100.00\n" for one in range(12)),
        encoding="utf-8",
    )
    lines = [f"R{one},Payment,90{one:02},2024-02-10,100.00," for one in range(10)]
    lines += [f"R{one},,90{one:02},2024-02-10,100.00,replaces bounced cheque" for one in (10, 11)]
    head = "Receipt No,Type,Invoice No,Payment Date,Amount,Memo\n"
    (tmp_path / "payments.csv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert (ledger.tables["receipts"]["amount"] > 0).all()


@pytest.mark.parametrize(
    "names",
    [
        ["1001 DE,Alto GmbH", "1001 FR,Alto SARL", "1002 DE,Bora GmbH", "1003 IT,Cosmo Srl"],
        ["3M Deutschland GmbH,", "3M Deutschland GmbH,", "3M Deutschland GmbH,", "3M Deutschland GmbH,"],
    ],
)
def test_numbers_with_a_blank_and_names_that_begin_with_a_digit_stay_whole(tmp_path: Path, names: list[str]) -> None:
    lines = ["Doc No,Customer ID,Customer Name,Date,Due Date,Amount"]
    lines += [f"D{place:03},{names[place % 4]},2024-01-01,2024-01-31,100.00" for place in range(12)]
    _, ledger = read(tmp_path, "\n".join(lines) + "\n")
    assert set(ledger.tables["customers"]["customer_id"]) == {one.split(",")[0] for one in names}


def test_a_payment_keeps_its_number_whatever_the_time_of_day(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text(
        "Invoice No,Customer,Invoice Date,Due Date,Amount\n"
        + "".join(f"90{one:02},Alto {one // 4} GmbH,2024-01-01,2024-01-31,100.00\n" for one in range(40)),
        encoding="utf-8",
    )
    (tmp_path / "payments.csv").write_text(
        "Receipt No,Customer,Invoice No,Payment Date,Amount\n"
        + "".join(
            f"R{one // 4},Alto {one // 4} GmbH,90{one:02},2024-03-01 10:{10 + one}:00,100.00\n" for one in range(40)
        ),
        encoding="utf-8",
    )
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    receipts = preview_mapping(proposal, tmp_path).ledger.tables["receipts"]
    assert receipts.sort("receipt_id")["receipt_id"].to_list() == [f"R{one}" for one in range(10)]
    assert set(receipts["amount"]) == {40_000}


@pytest.mark.parametrize(("others", "receipts"), [(("SI", "SR"), 13), (("RV", "DZ"), 12)])
def test_a_code_means_a_receipt_beside_those_of_its_product_alone(
    tmp_path: Path, others: tuple[str, str], receipts: int
) -> None:
    """In Sage ``SA`` is a receipt on account; in SAP it is a posting of any kind, and is asked."""
    lines = ["Type,No,Customer,Date,Due,Amount,Text"]
    for month in MONTHS:
        lines += [
            f"{others[0]},I{month:03},Alto,2024-{month:02}-01,2024-{month:02}-28,100.00,",
            f"{others[1]},P{month:03},Alto,2024-{month:02}-27,,-90.00,I{month:03}",
        ]
    lines.append("SA,P900,Alto,2024-12-30,,-10.00,")
    (tmp_path / "items.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    if receipts == 12:
        assert [one.key for one in proposal.blocking] == ["kind.items.SA"]
        return
    assert preview_mapping(proposal, tmp_path).ledger.tables["receipts"].height == receipts
