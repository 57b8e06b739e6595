"""Exports as they really come: journals of two sides, lost zeros, part payments, doubled numbers, mixed dates."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.sources.wizard.preview import Preview, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text("\n".join(line.strip() for line in text.strip().splitlines()), "utf-8")
    return folder


def read(folder: Path) -> tuple[Proposal, Preview, Ledger]:
    proposal = propose_mapping(folder)
    preview = preview_mapping(proposal, folder)
    return proposal, preview, preview.ledger


def documents(ledger: Ledger, *columns: str) -> list[tuple[object, ...]]:
    return ledger.tables["documents"].sort("document_id").select("document_id", *columns).rows()


def test_debit_and_credit_and_a_write_off_that_is_no_payment(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        ledger="""Account,Type,Doc No,Date,Due,Debit EUR,Credit EUR,Applies to invoice
        C1,Invoice,I1,01/31/2024,02/28/2024,100.00,0.00,
        C1,Invoice,I2,02/15/2024,03/16/2024,250.50,0.00,
        C1,Credit memo,K1,02/20/2024,02/20/2024,0.00,50.00,
        C1,Payment,P1,03/01/2024,,0.00,100.00,I1
        C2,Invoice,I3,03/05/2024,04/04/2024,80.00,0.00,
        C2,Write-off,W1,09/30/2024,,0.00,80.00,I3
        C1,Payment,P2,04/20/2024,,0.00,200.00,I2
        C1,Payment,P3,04/21/2024,,0.00,10.00,""",
    )
    _, _, ledger = read(source)
    assert documents(ledger, "amount") == [("I1", 10_000), ("I2", 25_050), ("I3", 8_000), ("K1", -5_000)]
    applied = ledger.tables["applications"].select("from_id", "to_document_id", "kind", "amount", "applied_on").rows()
    assert set(applied) == {
        ("P1", "I1", "payment", 10_000, date(2024, 3, 1)),
        ("P2", "I2", "payment", 20_000, date(2024, 4, 20)),
        (None, "I3", "write_off", 8_000, date(2024, 9, 30)),
    }
    assert dict(ledger.tables["receipts"].select("receipt_id", "amount").rows()) == {
        "P1": 10_000,
        "P2": 20_000,
        "P3": 1_000,
    }


def test_a_part_payment_without_a_date_is_told_and_never_placed_in_time(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        rechnungen="""Rechnungsnr;Kunde;Kundenname;Belegdatum;Fällig;Betrag (EUR);Bezahlt am;Zahlbetrag;Offener Betrag
        1;00012;Alt;15.01.2024;14.02.2024;100,00;20.02.2024;100,00;0,00
        2;00012;Alt;15.02.2024;14.03.2024;200,00;;50,00;150,00
        3;13;Neu;20.02.2024;19.03.2024;300,00;-;-;300,00
        4;12;Alt;25.02.2024;19.03.2024;310,00;-;-;310,00
        Summe;;;;;910,00;;;760,00""",
    )
    proposal, preview, ledger = read(source)
    assert any("1 rows have a Zahlbetrag but no Bezahlt am, 50.00 in all" in said for said in proposal.missing)
    assert dict(documents(ledger, "amount")) == {"1": 10_000, "2": 20_000, "3": 30_000, "4": 31_000}
    assert ledger.tables["receipts"].select("date", "amount").rows() == [(date(2024, 2, 20), 10_000)]
    assert 'open_amount = "Offener Betrag"' in preview.text  # today's balance checks, and says nothing about the past
    found = next(one for one in ledger.findings if one.code == "balance_differs")
    assert (found.ids, found.money) == (("2",), 50.0)
    assert dict(documents(ledger, "customer_id")) == {"1": "00012", "2": "00012", "3": "00013", "4": "00012"}
    assert any("filled up to 5 digits" in said for said in proposal.unsure)
    assert [(one.what, one.rows, one.sums) for one in proposal.amounts[0].lines] == [
        ("used", 4, (910.0,)),
        ("lines of totals", 1, (910.0,)),
    ]


def test_two_accounts_that_differ_by_zeros_stay_two(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        kunden="""Kundennr;Kundenname
        00012;Alt
        12;Neu""",
        items="""Rechnungsnr;Kundennr;Rechnungsdatum;Fälligkeit;Betrag (EUR)
        1;00012;15.01.2024;14.02.2024;100,00
        2;12;15.02.2024;16.03.2024;200,00""",
    )
    _, preview, ledger = read(source)
    assert "pad_zeros" not in preview.text
    assert dict(documents(ledger, "customer_id")) == {"1": "00012", "2": "12"}


def test_a_number_and_a_line_number_make_the_document_together(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        items="""Invoice No,Line,Customer,Invoice Date,Due Date,Amount,Currency
        1,1,A,2024-01-01,2024-01-31,10.00,EUR
        1,2,A,2024-01-01,2024-02-29,20.00,EUR
        2,1,B,2024-01-03,2024-01-31,30.00,EUR""",
    )
    proposal, _, ledger = read(source)
    assert [row[0] for row in documents(ledger)] == ["1-1", "1-2", "2-1"]
    assert any("Invoice No and Line together" in said for said in proposal.unsure)


def test_numbers_that_nothing_tells_apart_are_told_and_set_aside(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        items="""Invoice No,Customer,Invoice Date,Due Date,Amount,Currency
        1,A,2024-01-01,2024-01-31,10.00,EUR
        1,A,2024-01-01,2024-01-31,20.00,EUR
        2,B,2024-01-03,2024-01-31,30.00,EUR""",
    )
    proposal, _, ledger = read(source)
    assert any("1 document numbers are in several rows that differ (for example 1)" in one for one in proposal.unsure)
    assert documents(ledger) == [("2",)]
    assert ledger.quarantine["reason"].to_list() == ["conflicting_id"] * 2


def test_instalments_under_one_number_are_documents_and_paid_in_turn(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        journal="""Customer,Date,Type,Document,Instalment,Due date,Debit,Credit,Applies to,Currency
        A,2024-01-01,Invoice,R1,1,2024-01-31,10.00,,,EUR
        A,2024-01-01,Invoice,R1,2,2024-02-29,20.00,,,EUR
        A,2024-01-01,Invoice,R2,,2024-01-31,5.00,,,EUR
        A,2024-02-02,Payment,Z1,,,,15.00,R1,EUR
        A,2024-02-03,Payment,Z2,,,,5.00,R2,EUR""",
    )
    proposal, preview, ledger = read(source)
    assert "instalments = true" in preview.text
    assert any("1 document numbers are in several rows with different due dates" in one for one in proposal.unsure)
    assert documents(ledger) == [("R1/1",), ("R1/2",), ("R2",)]
    applied = ledger.table("applications").select("to_document_id", "amount").sort("to_document_id", "amount")
    assert applied.rows() == [("R1/1", 1_000), ("R1/2", 500), ("R2", 500)]
    assert ledger.quarantine.height == 0


def test_a_disputed_instalment_is_disputed_by_itself(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        items="""Invoice No,Customer,Invoice Date,Due Date,Settled date,Disputed,Amount,Currency
        1,A,2024-01-01,2024-01-31,2024-02-01,No,10.00,EUR
        1,A,2024-01-01,2024-02-29,2024-03-20,Yes,20.00,EUR
        2,A,2024-01-01,2024-02-29,2024-03-21,Yes,20.00,EUR
        2,A,2024-01-01,2024-01-31,2024-03-11,Yes,20.00,EUR
        3,A,2024-01-01,2024-01-31,2024-03-11,No,20.00,EUR""",
    )
    _, _, ledger = read(source)
    found = ledger.tables["disputes"].select("dispute_id", "document_id", "opened_on").sort("document_id")
    assert [(one, document, str(day)) for one, document, day in found.rows()] == [
        ("D-1", "1/2", "2024-03-20"),
        ("D-2/1", "2/1", "2024-03-11"),
        ("D-2/2", "2/2", "2024-03-21"),
    ]
    assert ledger.quarantine.is_empty()


def test_each_number_is_told_for_itself_whether_its_rows_are_instalments(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        items="""Invoice No,Customer,Invoice Date,Due Date,Amount,Currency
        1,A,2024-01-01,2024-01-31,10.00,EUR
        1,A,2024-01-01,2024-02-29,20.00,EUR
        2,B,2024-01-03,2024-01-31,30.00,EUR
        2,B,2024-01-03,2024-01-31,40.00,EUR
        3,B,2024-01-03,2024-01-31,30.00,EUR
        3,B,2024-01-03,2024-02-29,-30.00,EUR
        4,B,2024-01-03,2024-01-31,50.00,EUR""",
    )
    proposal, preview, ledger = read(source)
    assert "instalments = true" in preview.text
    assert any("1 document numbers are in several rows with different due dates" in one for one in proposal.unsure)
    assert any(
        "2 other document numbers are in several rows that differ (for example 2, 3)" in one for one in proposal.unsure
    )
    assert [row[0] for row in documents(ledger)] == ["1/1", "1/2", "4"]
    assert ledger.quarantine["reason"].to_list() == ["conflicting_id"] * 4


def test_of_two_files_of_documents_one_with_instalments_makes_one_mapping(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        first="""Invoice No,Customer,Invoice Date,Due Date,Amount,Currency
        1,A,2024-01-01,2024-01-31,10.00,EUR
        1,A,2024-01-01,2024-02-29,20.00,EUR""",
        second="""Invoice No,Customer,Invoice Date,Due Date,Amount,Currency
        2,A,2025-01-01,2025-01-31,10.00,EUR
        3,A,2025-01-01,2025-02-28,20.00,EUR""",
    )
    _, _, ledger = read(source)
    assert [row[0] for row in documents(ledger)] == ["1/1", "1/2", "2", "3"]


def test_payments_that_name_no_invoice_settle_the_oldest_debt(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        invoices="""Invoice No,Customer No,Invoice Date,Due Date,Amount,Currency
        1,C1,2024-01-01,2024-01-31,10.00,EUR
        2,C2,2024-01-03,2024-01-31,30.00,EUR""",
        payments="""Payment No,Customer No,Payment Date,Amount
        P1,C1,2024-02-01,-10.00
        P2,C2,2024-02-02,-31.00
        P3,C2,2024-02-05,1.00""",
    )
    proposal, _, ledger = read(source)
    assert any("it is not known which invoice a payment pays" in said for said in proposal.missing)
    assert any("each settles the oldest debt of its customer" in said for said in proposal.unsure)
    assert any("2 payments are negative and are turned to positive; the 1 positive" in one for one in proposal.unsure)
    assert ledger.tables["receipts"].sort("receipt_id")["amount"].to_list() == [1_000, 3_100, -100]
    applied = ledger.tables["applications"].select("from_id", "to_document_id", "amount").sort("from_id")
    assert applied.rows() == [("P1", "1", 1_000), ("P2", "2", 3_000)]


def test_the_column_of_the_invoice_is_told_from_its_values(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        invoices="""Invoice No,Customer No,Invoice Date,Due Date,Amount,Currency
        INV-1,C1,2024-01-01,2024-01-31,10.00,EUR
        INV-2,C2,2024-01-03,2024-01-31,30.00,EUR""",
        payments="""Payment No,Xyz,Payment Date,Amount
        P1,INV-2,2024-02-01,30.00""",
    )
    _, _, ledger = read(source)
    assert ledger.tables["applications"].select("from_id", "to_document_id").rows() == [("P1", "INV-2")]


def test_customers_that_the_file_of_accounts_lacks_come_from_the_documents(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        customers="""Customer No,Customer Name
        C1,One""",
        invoices="""Invoice No,Customer No,Invoice Date,Due Date,Amount,Currency
        1,C1,2024-01-01,2024-01-31,10.00,EUR
        2,C2,2024-01-03,2024-01-31,30.00,EUR""",
    )
    proposal, _, ledger = read(source)
    assert any("1 customers are not in customers (for example C2)" in said for said in proposal.unsure)
    assert ledger.tables["customers"].select("customer_id", "name").rows() == [("C1", "One"), ("C2", None)]
    assert len(documents(ledger)) == 2


def test_dates_with_times_month_names_and_without_marks(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        items="""Invoice No,Customer,Invoice Date,Due Date,Amount,Currency,Entry date
        1,A,25.01.2024 00:00:00,24-Feb-2024,10.00,EUR,20240126
        2,B,03.02.2024 13:45:10,4-Mar-2024,30.00,EUR,20240204""",
    )
    _, _, ledger = read(source)
    assert documents(ledger, "document_date", "due_date", "recorded_at") == [
        ("1", date(2024, 1, 25), date(2024, 2, 24), date(2024, 1, 26)),
        ("2", date(2024, 2, 3), date(2024, 3, 4), date(2024, 2, 4)),
    ]


def test_one_file_may_write_its_columns_in_two_orders(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        items="""Invoice No,Customer,Invoice Date,Due Date,Amount,Currency
        1,A,25/01/2024,02/24/2024,10.00,EUR
        2,B,03/02/2024,03/04/2024,30.00,EUR""",
    )
    _, _, ledger = read(source)
    assert documents(ledger, "document_date", "due_date")[1] == ("2", date(2024, 2, 3), date(2024, 3, 4))


def test_a_sign_column_makes_credits_negative(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        items="""Belegnr;Kunde;Belegdatum;Fälligkeit;Betrag;Währung;S/H
        1;A;25.01.2024;24.02.2024;10,00;EUR;S
        2;A;26.01.2024;26.01.2024;4,00;EUR;H""",
    )
    _, _, ledger = read(source)
    assert documents(ledger, "amount", "kind") == [("1", 1_000, "invoice"), ("2", -400, "credit_note")]


def test_a_name_stands_for_a_number_that_is_not_there_and_a_company_called_total_stays(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        items="""Invoice No,Customer Name,Invoice Date,Due Date,Amount,Currency
        1,Total,2024-01-01,2024-01-31,10.00,EUR
        2,Total,2024-01-03,2024-01-31,30.00,EUR
        3,Beta,2024-01-03,2024-01-31,30.00,EUR""",
    )
    proposal, _, ledger = read(source)
    assert any("two spellings are two customers" in said for said in proposal.unsure)
    assert dict(documents(ledger, "customer_id")) == {"1": "Total", "2": "Total", "3": "Beta"}


def test_parquet_and_gzip_are_read_and_other_files_are_told(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "Invoice No": [1.0, 2.0],
            "Customer": ["A", "B"],
            "Invoice Date": [date(2024, 1, 1), date(2024, 1, 3)],
            "Due Date": [date(2024, 1, 31), date(2024, 1, 31)],
            "Amount": [10.5, 30.0],
            "Currency": ["EUR", "EUR"],
        }
    )
    frame.write_parquet(tmp_path / "invoices.parquet")
    (tmp_path / "notes.csv").write_text("Remark,Author\nhello,me\n", "utf-8")
    proposal, _, ledger = read(tmp_path)
    assert documents(ledger, "amount") == [("1", 1_050), ("2", 3_000)]
    assert list(proposal.unread) == ["notes.csv"]


def test_a_reversed_payment_takes_its_cash_away_whichever_sign_it_has(tmp_path: Path) -> None:
    for number, (paid, back) in enumerate([("100.00", "100.00"), ("-100.00", "100.00"), ("100.00", "-100.00")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        source = written(
            folder,
            journal=f"""Customer,Type,Doc No,Date,Due Date,Amount EUR,Applies to invoice
            C1,Invoice,I1,01/31/2024,02/28/2024,100.00,
            C1,Invoice,I2,02/15/2024,03/16/2024,250.50,
            C1,Payment,P1,03/01/2024,,{paid},I1
            C1,Payment,P2,03/05/2024,,{paid.replace("100.00", "250.50")},I2
            C1,Payment reversal,S1,03/09/2024,,{back},I1""",
        )
        proposal, _, ledger = read(source)
        receipts = dict(ledger.tables["receipts"].select("receipt_id", "amount").rows())
        assert receipts == {"P1": 10_000, "P2": 25_050, "S1": -10_000}, (paid, back)
        assert ledger.quarantine.is_empty()
        assert any("1 rows of the type Payment reversal take payments back" in said for said in proposal.unsure)


def test_a_write_off_beside_reversals_alone_closes_its_invoice(tmp_path: Path) -> None:
    for number, (back, lost) in enumerate([("100.00", "50.00"), ("-100.00", "50.00"), ("100.00", "-50.00")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        source = written(
            folder,
            journal=f"""Customer,Type,Doc No,Date,Due Date,Amount EUR,Applies to invoice
            C1,Invoice,I1,01/31/2024,02/28/2024,100.00,
            C1,Invoice,I2,02/15/2024,03/16/2024,50.00,
            C1,Payment reversal,S1,03/09/2024,,{back},I1
            C1,Write-off,W1,03/19/2024,,{lost},I2""",
        )
        _, _, ledger = read(source)
        applied = ledger.tables["applications"].filter(kind="write_off").select("to_document_id", "amount")
        assert applied.rows() == [("I2", 5_000)], (back, lost)


def test_a_header_again_with_an_empty_cell_is_passed_over(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        invoices="""Invoice No,Customer,Invoice Date,Due Date,Amount,Currency
        1,A,2024-01-01,2024-01-31,10.00,EUR
        ,Customer,Invoice Date,Due Date,Amount,Currency
        2,B,2024-01-03,2024-01-31,30.00,EUR
        Invoice No,Customer,Invoice Date,Due Date,Amount,Currency
        3,B,2024-01-04,2024-01-31,40.00,EUR""",
    )
    _, _, ledger = read(source)
    assert [row[0] for row in documents(ledger)] == ["1", "2", "3"]


def test_a_minus_on_the_credit_side_takes_back_a_credit(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        ledger="""Account,Type,Doc No,Date,Due,Debit EUR,Credit EUR,Applies to invoice
        C1,Invoice,I1,01/31/2024,02/28/2024,100.00,0.00,
        C1,Invoice,I2,02/15/2024,03/16/2024,250.50,0.00,
        C1,Payment,P1,03/01/2024,,0.00,100.00,I1
        C1,Payment,P2,03/02/2024,,0.00,250.50,I2
        C1,Payment,P3,03/09/2024,,0.00,-100.00,I1
        C1,Credit memo,K1,03/09/2024,,0.00,30.00,
        C1,Invoice,I3,03/10/2024,04/09/2024,0.00,-60.00,
        C1,Invoice,I4,03/15/2024,04/14/2024,80.00,7.00,""",
    )
    proposal, _, ledger = read(source)
    assert documents(ledger, "amount") == [("I1", 10_000), ("I2", 25_050), ("I3", 6_000), ("K1", -3_000)]
    assert ledger.quarantine.select("key", "reason", "column").rows() == [("I4", "unreadable_amount", "amount")]
    assert dict(ledger.tables["receipts"].select("receipt_id", "amount").rows()) == {
        "P1": 10_000,
        "P2": 25_050,
        "P3": -10_000,
    }
    assert any("negative cells of Credit EUR take back" in said for said in proposal.unsure)
    assert any("1 rows have both Debit EUR and Credit EUR" in said for said in proposal.unsure)


def test_a_total_is_no_customer_and_ids_filled_up_are_one(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        detail="""Customer No.,Customer Name,Invoice #,Invoice Date,Due Date,Amount USD
        00037,One,INV-1,01/31/2024,02/28/2024,100.00
        37,One,INV-2,02/15/2024,03/16/2024,250.50
        ,Total One,,,,350.50
        00037,One,INV-4,02/16/2024,03/17/2024,1.00
        00052,Two,INV-3,02/15/2024,03/16/2024,5.00
        TOTAL,,,,,355.50""",
    )
    proposal, _, ledger = read(source)
    assert ledger.tables["customers"]["customer_id"].to_list() == ["00037", "00052"]
    assert not any("more than one customer number" in said for said in proposal.unsure)


def test_a_header_of_two_lines_says_which_date_is_which(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        factures="""Client;;Facture;;;;Règlement;
        Code;Raison sociale;N° pièce;Date;Échéance;Montant TTC (EUR);Date;Montant
        C0001;Dupré SARL;FA1;14/07/2024;13/08/2024;1 100,50;20/08/2024;1 100,50
        C0002;Dupont SA;FA2;15/07/2024;14/08/2024;200,00;;
        C0002;Dupont SA;AV3;16/07/2024;;-50,00;;
        Total général;;;;;1 250,50;;""",
    )
    _, _, ledger = read(source)
    assert documents(ledger, "customer_id", "document_date", "amount") == [
        ("AV3", "C0002", date(2024, 7, 16), -5_000),
        ("FA1", "C0001", date(2024, 7, 14), 110_050),
        ("FA2", "C0002", date(2024, 7, 15), 20_000),
    ]
    assert ledger.tables["receipts"].select("date", "amount").rows() == [(date(2024, 8, 20), 110_050)]
    assert ledger.quarantine.is_empty()


def test_a_header_of_two_lines_in_a_workbook(tmp_path: Path) -> None:
    import xlsxwriter

    head = ["No.", "Name", "No.", "Date", "Due", "Amount (USD)", "Date"]
    rows = [
        ["00037", "One LLC", "I-1", "01/31/2024", "03/01/2024", 100.5, "03/15/2024"],
        ["00038", "Two LLC", "I-2", "02/28/2024", "03/29/2024", 50, ""],
    ]
    with xlsxwriter.Workbook(str(tmp_path / "detail.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:G1", "Receivables")
        for place, words in (("A2:B2", "Customer"), ("C2:F2", "Invoice")):
            sheet.merge_range(place, words)
        sheet.write("G2", "Payment")
        for number, row in enumerate([head, *rows], start=2):
            sheet.write_row(number, 0, row)
    _, _, ledger = read(tmp_path)
    assert documents(ledger, "customer_id", "document_date", "amount") == [
        ("I-1", "00037", date(2024, 1, 31), 10_050),
        ("I-2", "00038", date(2024, 2, 28), 5_000),
    ]
    assert ledger.tables["receipts"].select("date", "amount").rows() == [(date(2024, 3, 15), 10_050)]


def test_a_line_of_remarks_above_the_header_changes_nothing(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        items="""Company;Alder Works;;;;
        Invoice No;Customer No;Invoice Date;Due Date;Amount (EUR);Paid Date
        I-1;C1;31.01.2024;01.03.2024;100,50;15.03.2024
        I-2;C2;28.02.2024;29.03.2024;50,00;""",
    )
    _, _, ledger = read(source)
    assert documents(ledger, "customer_id", "amount") == [("I-1", "C1", 10_050), ("I-2", "C2", 5_000)]
    assert ledger.tables["receipts"]["date"].to_list() == [date(2024, 3, 15)]
