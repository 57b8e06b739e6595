"""Headers and document types in seven languages, and words that must not be taken for others."""

from __future__ import annotations

import pytest

from credrisk.sources.wizard.words import SURE_FROM, meaning_of_type, plain, role_scores

HEADERS = {
    "document_id": [
        "InvoiceNumber",
        "Rechnungs-Nr.",
        "N° facture",
        "Nº Factura",
        "Numero fattura",
        "Factuurnummer",
        "Nº fatura",
    ],
    "customer_id": [
        "Cust No.",
        "Kundennummer",
        "Code client",
        "Cód. cliente",
        "Codice cliente",
        "Debiteurnummer",
        "Código do cliente",
    ],
    "document_date": [
        "Invoice_Date",
        "Belegdatum",
        "Date de facture",
        "Fecha de emisión",
        "Data fattura",
        "Factuurdatum",
        "Data de emissão",
    ],
    "due_date": [
        "DueDate",
        "Fällig am",
        "Date d'échéance",
        "Fecha vencimiento",
        "Data di scadenza",
        "Vervaldatum",
        "Data de vencimento",
    ],
    "amount": [
        "Invoice Amount (USD)",
        "Bruttobetrag EUR",
        "Montant TTC",
        "Importe total",
        "Importo fattura",
        "Factuurbedrag",
        "Valor total",
    ],
    "settled_on": [
        "Date Paid",
        "Ausgleichsdatum",
        "Date de règlement",
        "Fecha de cobro",
        "Data incasso",
        "Betaald op",
        "Data de pagamento",
    ],
    "paid_amount": [
        "Amount paid",
        "Zahlbetrag",
        "Montant réglé",
        "Importe cobrado",
        "Importo incassato",
        "Betaald bedrag",
        "Valor pago",
    ],
    "open_amount": [
        "Balance due",
        "Offener Betrag",
        "Reste à payer",
        "Saldo pendiente",
        "Importo residuo",
        "Openstaand bedrag",
        "Valor em aberto",
    ],
    "currency": ["Currency Code", "Währung", "Devise", "Moneda", "Divisa", "Munt", "Moeda"],
    "kind": [
        "Doc. Type",
        "Belegart",
        "Type de pièce",
        "Tipo de documento",
        "Tipo documento",
        "Documentsoort",
        "Tipo de documento",
    ],
}
TYPES = {
    "invoice": ["Invoice", "Rechnung", "Facture", "Factura", "Fattura", "Factuur", "Fatura", "RV"],
    "credit_note": ["Credit Memo", "Gutschrift", "Avoir", "Nota de crédito", "Nota di credito", "Creditnota", "DG"],
    "payment": ["Payment", "Zahlung", "Règlement", "Cobro", "Incasso", "Betaling", "Recebimento", "DZ"],
    "write_off": [
        "Write-Off",
        "W/O",
        "WO",
        "write off",
        "Bad debt",
        "Ausbuchung",
        "Passage en perte",
        "Incobrable",
        "Stralcio",
        "Afboeking",
        "Incobrável",
    ],
}


@pytest.mark.parametrize(("role", "header"), [(role, header) for role, named in HEADERS.items() for header in named])
def test_a_header_means_the_thing_in_every_language(role: str, header: str) -> None:
    scores = role_scores(header)
    assert scores[role] >= SURE_FROM
    assert scores[role] == max(scores.values())


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in TYPES.items() for value in values])
def test_a_type_means_the_kind_in_every_language(kind: str, value: str) -> None:
    assert meaning_of_type(value) == kind


@pytest.mark.parametrize("header", ["Last modified", "Updated at", "Sales rep", "Days late", "Comment", "", "---"])
def test_other_headers_mean_nothing(header: str) -> None:
    assert all(score < SURE_FROM for score in role_scores(header).values())


def test_a_balance_is_not_an_amount_and_a_net_amount_not_a_gross_one() -> None:
    for header, role in (("Open amount", "open_amount"), ("Amount due", "open_amount"), ("Net amount", "net_amount")):
        scores = role_scores(header)
        assert max(scores, key=lambda name: scores[name]) == role


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("InvoiceDate", "invoice date"),
        ("VATNumber", "vat number"),
        ("Straße", "strasse"),
        ("N° d'écriture", "n d ecriture"),
    ],
)
def test_marks_accents_and_case_do_not_matter(text: str, bare: str) -> None:
    assert plain(text) == bare
