"""How fast the panel is built: random invoices and payments, every feature at every month-end.

    python benchmarks/features.py --invoices 1000000 --customers 20000 --months 36

Prints the time of each stage, rows of the panel a second and the peak of memory. The ledger is random and made
without the simulator, so that the figures do not move when the simulator does.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date, timedelta

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.features import Calendar, build_panel
from credrisk.features.catalogue import catalogue
from credrisk.ledger.ledger import DTYPES, Ledger, LedgerSettings
from credrisk.ledger.tables import TABLES

LAST = date(2025, 12, 31)


def random_ledger(invoices: int, customers: int, months: int, seed: int = 1) -> Ledger:
    """Return a ledger with one invoice in ten paid in two parts and one in twenty still open."""
    random = np.random.default_rng(seed)
    first = months_after(LAST, -months) + timedelta(1)
    issued = random.integers(0, (LAST - first).days, invoices)
    due = issued + random.choice([14, 30, 45, 60], invoices)
    size = random.lognormal(0.0, 1.5, customers)
    owner = random.choice(customers, invoices, p=size / size.sum())
    amounts = np.rint(np.exp(random.normal(12.0, 1.2, invoices))).astype(np.int64) + 1
    documents = pl.DataFrame(
        {
            "document_id": [f"D{number:09d}" for number in range(invoices)],
            "customer_id": [f"C{number:07d}" for number in owner],
            "kind": "invoice",
            "document_date": _dates(first, issued),
            "due_date": _dates(first, due),
            "amount": amounts,
            "currency": "EUR",
            "recorded_at": _dates(first, issued),
        }
    )
    paid = np.flatnonzero(random.random(invoices) > 0.05)
    halves = np.concatenate([paid, paid[::10]])
    split = np.isin(halves, paid[::10])
    arrived = due[halves] + np.rint(random.gamma(2.0, 9.0, len(halves))).astype(np.int64) - 5
    applied = arrived + random.integers(0, 4, len(halves))
    sums = np.where(split, amounts[halves] // 2, amounts[halves])
    receipts = pl.DataFrame(
        {
            "receipt_id": [f"R{number:09d}" for number in range(len(halves))],
            "customer_id": documents["customer_id"].gather(halves),
            "date": _dates(first, arrived),
            "amount": sums,
            "currency": "EUR",
            "recorded_at": _dates(first, arrived),
        }
    )
    applications = pl.DataFrame(
        {
            "from_id": receipts["receipt_id"],
            "to_document_id": documents["document_id"].gather(halves),
            "amount": sums,
            "applied_on": _dates(first, applied),
            "kind": "payment",
            "recorded_at": _dates(first, applied),
            "from_kind": "receipt",
            "currency": "EUR",
        }
    )
    accounts = pl.DataFrame({"customer_id": [f"C{number:07d}" for number in range(customers)]})
    given = {"customers": accounts, "documents": documents, "receipts": receipts, "applications": applications}
    return Ledger(
        {name: _whole(name, frame) for name, frame in given.items()}, LedgerSettings("EUR", first, LAST, LAST)
    )


def _dates(first: date, days: np.ndarray) -> pl.Series:
    return pl.Series(np.datetime64(first, "D") + days).cast(pl.Date)


def _whole(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    columns = {column.name: DTYPES[column.kind] for column in TABLES[name].columns}
    return frame.select(
        (pl.col(column) if column in frame.columns else pl.lit(None)).cast(dtype).alias(column)
        for column, dtype in columns.items()
    ).sort(TABLES[name].key)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--months", type=int, default=36)
    options = parser.parse_args()
    begun = time.perf_counter()
    ledger = random_ledger(options.invoices, options.customers, options.months)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"ledger made in {time.perf_counter() - begun:.1f} s, {before:.2f} GB at most")
    begun = time.perf_counter()
    blocks: list[float] = []
    panel = build_panel(
        ledger,
        calendar=Calendar.months_back(LAST, options.months),
        output="polars",
        progress=lambda *_: blocks.append(time.perf_counter()),
    )
    took = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{options.invoices:,} invoices, {options.customers:,} customers, {options.months} month-ends")
    print(f"{panel.height:,} rows x {len(catalogue())} features in {took:.2f} s: {panel.height / took:,.0f} rows/s")
    print(f"of these {blocks[0] - begun:.2f} s to read the rows and the first block, {peak:.2f} GB at most")


if __name__ == "__main__":
    main()
