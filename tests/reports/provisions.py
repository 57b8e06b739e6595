"""Provisions for the tests of their page and workbook: everything that can be shown, with hostile texts."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import polars as pl
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.portfolio.provision.against_pd import provision_against_pd
from credrisk.portfolio.provision.backtest import provision_backtest
from credrisk.portfolio.provision.both_ends import both_ends
from credrisk.portfolio.provision.disclosure import provision_disclosure
from credrisk.portfolio.provision.journal import provision_journal
from credrisk.portfolio.provision.movement import provision_movement
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.settings import ProvisionSettings, Scenario
from credrisk.reports.provision_pack import ProvisionPack

HOSTILE = "=cmd|'/C calc'!A0<script>alert(1)</script>\u202egnp.exe \U0001f4a3"
LONG = "Bergwerksmaschineninstandhaltungsgesellschaft" * 7
SCENARIOS = (Scenario(HOSTILE, 0.7, 1.0), Scenario("severe", 0.3, 1.7))


@cache
def full() -> ProvisionPack:
    """Return a provision in two segments and two currencies with every part, on 2025-06-30."""
    customers = [
        {
            "customer_id": f"={number:02d}",
            "name": (HOSTILE, LONG, "Plain & Co")[number % 3],
            "country": ["DE", "*"][number % 2],
        }
        for number in range(12)
    ]
    documents: list[dict[str, Any]] = []
    applications: list[dict[str, Any]] = []
    for month in range(14):
        billed = months_after(date(2024, 5, 10), month)
        for number in range(12):
            name, amount = f"@{month:02d}-{number:02d}", 1_000_00 + 37_13 * number + 101 * month
            documents.append(
                {
                    "document_id": name,
                    "customer_id": f"={number:02d}",
                    "document_date": billed,
                    "due_date": billed + timedelta(30),
                    "amount": amount,
                    "tax_amount": amount // 6,
                    "currency": "USD" if number == 3 else "EUR",
                }
            )
            late = (35, 35, 20, 50, 28, 75, 40, 33, 31, 30, 45, 120)[number]
            applied = billed + timedelta(late)
            kind = "write_off" if number == 11 and month % 2 else "payment"
            if applied <= date(2025, 6, 30):
                row = {"to_document_id": name, "amount": amount, "applied_on": applied, "kind": kind}
                applications.append(row)
    ledger = ledger_of(
        covers_from="2024-05-01",
        covers_to="2025-06-30",
        customers=customers,
        documents=documents,
        applications=applications,
        receipts=[{"receipt_id": "R1", "customer_id": "=02", "date": "2025-06-20", "amount": 123_45}],
        disputes=[{"dispute_id": "Q1", "document_id": "@13-04", "opened_on": "2025-06-20", "amount": 400_00}],
        credit_events=[{"customer_id": "=05", "date": "2025-06-25", "kind": "insolvency"}],
        rates=[
            {"currency": "USD", "date": "2024-01-01", "rate": 0.9},
            {"currency": "USD", "date": "2025-05-01", "rate": 0.95},
        ],
    )
    chosen = ProvisionSettings(
        observation_months=4,
        history_months=12,
        segment_by="country",
        scenarios=SCENARIOS,
    )
    found, before = (
        provision(ledger, as_of=day, settings=chosen, output="polars") for day in ("2025-06-30", "2025-03-31")
    )
    movement = provision_movement(ledger, opening=before, closing=found, output="polars")
    notes, sentences = provision_disclosure(found, movement=movement, output="polars")
    scores = pl.DataFrame(
        {
            "customer_id": [row["customer_id"] for row in customers],
            "pd_3m": [0.01] * 11 + [None],
            "pd_6m": [0.02] * 11 + [None],
            "pd_12m": [0.04] * 11 + [None],
            "lgd": [0.6] * 12,
            "expected_days_to_pay": [35.0] * 12,
        }
    )
    return ProvisionPack(
        found=found,
        movement=movement,
        journal=provision_journal(movement, output="polars"),
        backtest=provision_backtest(ledger, as_of="2025-06-30", settings=chosen, every_months=1, output="polars"),
        comparison=provision_against_pd(found, scores=scores, output="polars"),
        disclosure=notes,
        statements=sentences,
        ends=both_ends(before, found),
        names={row["customer_id"]: row["name"] for row in customers},
        settings={"credrisk": "0"} | chosen.said(),
    )


@cache
def bare() -> ProvisionPack:
    """Return a provision of nothing: no item is open."""
    ledger = ledger_of(covers_from="2025-01-01", covers_to="2025-06-30", documents=[])
    found = provision(ledger, as_of="2025-06-30", output="polars")
    notes, sentences = provision_disclosure(found, output="polars")
    return ProvisionPack(found=found, disclosure=notes, statements=sentences)
