"""An invented export as accounting systems print them: lines above the header, German dates and decimals, a total.

It is the simulator's ledger of one currency, one row an invoice with the day on which it was paid in full. Nothing in
it names the currency, and what was written off simply stays open: such an export does not tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from credrisk.simulate.simulator import simulate_ledger

__all__ = ["MessyExport", "messy_export"]

HEADER = "Rechnungsnr;Kundennr;Kundenname;Rechnungsdatum;Fälligkeit;Betrag;Bezahlt am"
CUSTOMER_DIGITS, DOCUMENT_DIGITS = 5, 6
FIRST_CUSTOMER = 100
LEDGER_CURRENCY = "EUR"


@dataclass(frozen=True)
class MessyExport:
    """The export and what is true of it.

    Attributes
    ----------
    text
        The file as text, with semicolons.
    rows
        Invoices in it.
    printed_on
        The last day of the ledger.
    open_balance
        What is unpaid on that day in ``currency``, to the cent: what the control account would say.
    """

    text: str
    rows: int
    printed_on: date
    open_balance: Decimal
    currency: str = LEDGER_CURRENCY


def messy_export(*, customers: int = 120, months: int = 24, seed: int = 8) -> MessyExport:
    """Return an invented export.

    Parameters
    ----------
    customers, months, seed
        As :func:`credrisk.simulate_ledger` takes them; the same give the same text.
    """
    made = simulate_ledger(customers=customers, months=months, seed=seed, currency=LEDGER_CURRENCY)
    last = date.fromisoformat(made.settings["covers_to"])
    invoices = made.tables["documents"].filter(
        (pl.col("kind") == "invoice") & (pl.col("currency") == LEDGER_CURRENCY) & (pl.col("document_date") <= last)
    )
    cents = (pl.col("amount") * 100).round().cast(pl.Int64)
    closed = (
        made.tables["applications"]
        .filter((pl.col("kind") != "write_off") & (pl.col("applied_on") <= last))
        .group_by("to_document_id")
        .agg(cents.sum().alias("applied"), pl.col("applied_on").max())
    )
    rows = (
        invoices.with_columns(cents.alias("cents"))
        .join(closed, left_on="document_id", right_on="to_document_id", how="left")
        .with_columns(paid_on=pl.when(pl.col("applied") == pl.col("cents")).then("applied_on"))
        .join(made.tables["customers"].select("customer_id", "name"), on="customer_id")
        .sort("document_date", "document_id")
    )
    lines = [
        ";".join(
            (
                str(number).zfill(DOCUMENT_DIGITS),
                str(FIRST_CUSTOMER + int(row["customer_id"].lstrip("C"))).zfill(CUSTOMER_DIGITS),
                row["name"],
                _german_day(row["document_date"]),
                _german_day(row["due_date"]),
                _german_amount(row["cents"]),
                _german_day(row["paid_on"]),
            )
        )
        for number, row in enumerate(rows.iter_rows(named=True), start=1)
    ]
    blank = ";" * HEADER.count(";")
    above = (f"Debitoren-Einzelposten{blank}", f"Stand {_german_day(last)}{blank}")
    total = f"Summe;;;;;{_german_amount(int(rows['cents'].sum()))};"
    unpaid = int(rows.filter(pl.col("paid_on").is_null())["cents"].sum())
    text = "\n".join((*above, HEADER, *lines, total)) + "\n"
    return MessyExport(text, rows.height, last, Decimal(unpaid) / 100)


def _german_day(day: date | None) -> str:
    return "" if day is None else f"{day:%d.%m.%Y}"


def _german_amount(cents: int) -> str:
    """Write ``1.137,00``."""
    return f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))
