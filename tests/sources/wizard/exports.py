"""One invented seller, exported as programs of five countries would: the same facts in other words and other marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

__all__ = ["CUSTOMERS", "EXPORTS", "Item", "Payment", "items", "payments"]

CUSTOMERS = {
    "00012": "Alder Hydraulics Ltd",
    "00107": "Birkenfeld Werkzeuge GmbH",
    "00230": "Cordier & Fils SA",
    "04001": "Delmonte Ceramiche Srl",
}


@dataclass(frozen=True)
class Item:
    number: str
    customer: str
    day: date
    due: date
    cents: int


@dataclass(frozen=True)
class Payment:
    number: str
    customer: str
    day: date
    cents: int
    invoice: str | None


def items() -> list[Item]:
    """Sixty invoices over twenty months and three credit notes; ids keep their zeros."""
    ids = list(CUSTOMERS)
    made = []
    for number in range(60):
        day = date(2024, 1, 3) + timedelta(days=10 * number)
        cents = 100_000 + 7_919 * ((number * 37) % 61) + (123_456_700 if number == 7 else 0)
        made.append(Item(f"{number + 101:06d}", ids[number % 4], day, day + timedelta(days=30), cents))
    for number in (5, 21, 40):
        day = made[number].day + timedelta(days=4)
        made.append(Item(f"9{number:05d}", made[number].customer, day, day, -(5_000 + 111 * number)))
    return made


def payments() -> list[Payment]:
    """Most invoices paid in full, some in two parts, the last six open, and one payment on account."""
    made = []
    for number, item in enumerate(items()[:54]):
        late = (number * 13) % 41 - 5
        day = item.due + timedelta(days=late)
        parts = [item.cents] if number % 9 else [item.cents // 2, item.cents - item.cents // 2]
        for part, cents in enumerate(parts):
            paid = day + timedelta(days=14 * part)
            made.append(Payment(f"P{len(made) + 1:04d}", item.customer, paid, cents, item.number))
    made.append(Payment(f"P{len(made) + 1:04d}", "00230", date(2025, 7, 14), 123_400, None))
    return made


def text(path: Path, rows: list[list[str]], mark: str, encoding: str) -> None:
    lines = [mark.join(f'"{cell}"' if mark in cell else cell for cell in row) for row in rows]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))


def grouped(cents: int, group: str, mark: str) -> str:
    """Write an amount with its thousands grouped."""
    return f"{abs(cents) // 100:,}".replace(",", group) + mark + f"{abs(cents) % 100:02d}"


def english(folder: Path) -> None:
    """Three files of an American program: month first, commas between thousands, parentheses for credits."""

    def amount(cents: int) -> str:
        return f"({grouped(cents, ',', '.')})" if cents < 0 else grouped(cents, ",", ".")

    text(folder / "customers.csv", [["Customer No", "Customer Name"], *map(list, CUSTOMERS.items())], ",", "utf-8")
    head = ["Invoice Number", "Customer No", "Invoice Date", "Due Date", "Invoice Amount", "Currency"]
    rows = [[i.number, i.customer, f"{i.day:%m/%d/%Y}", f"{i.due:%m/%d/%Y}", amount(i.cents), "USD"] for i in items()]
    text(folder / "invoices.csv", [head, *rows], ",", "utf-8")
    head = ["Payment No", "Payment Date", "Customer No", "Invoice Number", "Amount Paid"]
    rows = [[p.number, f"{p.day:%m/%d/%Y}", p.customer, p.invoice or "", amount(p.cents)] for p in payments()]
    text(folder / "payments.csv", [head, *rows], ",", "utf-8")


def german(folder: Path) -> None:
    """One journal: a title above the header, types in words, payments negative with the minus behind, a total below."""

    def amount(cents: int) -> str:
        return grouped(cents, ".", ",") + ("-" if cents < 0 else "")

    head = [
        "Belegnummer",
        "Kundennr.",
        "Kundenname",
        "Belegart",
        "Belegdatum",
        "Fälligkeit",
        "Betrag (EUR)",
        "Zu Rechnung",
    ]
    rows = [
        [i.number, i.customer, CUSTOMERS[i.customer], "Rechnung" if i.cents > 0 else "Gutschrift", f"{i.day:%d.%m.%Y}",
         f"{i.due:%d.%m.%Y}", amount(i.cents), ""]
        for i in items()
    ]  # fmt: skip
    rows += [
        [
            p.number,
            p.customer,
            CUSTOMERS[p.customer],
            "Zahlung",
            f"{p.day:%d.%m.%Y}",
            "",
            amount(-p.cents),
            p.invoice or "",
        ]
        for p in payments()
    ]
    total = amount(sum(i.cents for i in items()) - sum(p.cents for p in payments()))
    top = [["Debitorenjournal", *[""] * 7], ["Stand 31.08.2025", *[""] * 7]]
    text(folder / "journal.csv", [*top, head, *rows, ["Summe", *[""] * 5, total, ""]], ";", "cp1252")


def french(folder: Path) -> None:
    """Two files with a byte order mark, blanks between thousands, two-digit years."""

    def amount(cents: int) -> str:
        return ("-" if cents < 0 else "") + grouped(cents, "\u00a0", ",")

    head = ["N° facture", "Code client", "Raison sociale", "Date facture", "Date d'échéance", "Montant TTC", "Devise"]
    rows = [
        [i.number, i.customer, CUSTOMERS[i.customer], f"{i.day:%d/%m/%y}", f"{i.due:%d/%m/%y}", amount(i.cents), "EUR"]
        for i in items()
    ]
    text(folder / "factures.csv", [head, *rows], ";", "utf-8-sig")
    head = ["N° règlement", "Code client", "Date de règlement", "Facture réglée", "Montant réglé"]
    rows = [[p.number, p.customer, f"{p.day:%d/%m/%y}", p.invoice or "", amount(p.cents)] for p in payments()]
    text(folder / "reglements.csv", [head, *rows], ";", "utf-8-sig")


def spanish(folder: Path) -> None:
    """Two files with tabs in UTF-16; the invoice that a payment pays has lost its zeros."""

    def amount(cents: int) -> str:
        return ("-" if cents < 0 else "") + grouped(cents, ".", ",") + " €"

    head = ["Nº Factura", "Código cliente", "Razón social", "Fecha factura", "Fecha vencimiento", "Importe total"]
    rows = [
        [i.number, i.customer, CUSTOMERS[i.customer], f"{i.day:%d-%m-%Y}", f"{i.due:%d-%m-%Y}", amount(i.cents)]
        for i in items()
    ]
    text(folder / "facturas.txt", [head, *rows], "\t", "utf-16")
    head = ["Nº cobro", "Código cliente", "Fecha de cobro", "Factura cobrada", "Importe cobrado"]
    rows = [
        [p.number, p.customer, f"{p.day:%d-%m-%Y}", (p.invoice or "").lstrip("0"), amount(p.cents)] for p in payments()
    ]
    text(folder / "cobros.txt", [head, *rows], "\t", "utf-16")


def italian(folder: Path) -> None:
    """A workbook with two sheets, dates and amounts as such."""
    import xlsxwriter

    invoices = pl.DataFrame(
        {
            "Numero fattura": [i.number for i in items()],
            "Codice cliente": [i.customer for i in items()],
            "Ragione sociale": [CUSTOMERS[i.customer] for i in items()],
            "Data fattura": [i.day for i in items()],
            "Data scadenza": [i.due for i in items()],
            "Importo totale": [i.cents / 100 for i in items()],
            "Valuta": ["EUR"] * len(items()),
        }
    )
    cash = pl.DataFrame(
        {
            "Numero incasso": [p.number for p in payments()],
            "Codice cliente": [p.customer for p in payments()],
            "Data incasso": [p.day for p in payments()],
            "Fattura incassata": [p.invoice for p in payments()],
            "Importo incassato": [p.cents / 100 for p in payments()],
        }
    )
    with xlsxwriter.Workbook(str(folder / "clienti.xlsx")) as book:
        invoices.write_excel(book, worksheet="Fatture")
        cash.write_excel(book, worksheet="Incassi")


EXPORTS: dict[str, Callable[[Path], None]] = {
    "english": english,
    "german": german,
    "french": french,
    "spanish": spanish,
    "italian": italian,
}
