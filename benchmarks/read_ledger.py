"""How long a CSV of any size takes to become a checked ledger, and how much memory.

    python benchmarks/read_ledger.py

Two forms, drawn by benchmarks/big_ledger.py, a hundred invoices a customer: `documents` is one file of invoices and
credit notes beside the customers, seven columns as most exports have them; `payments` has a third file with the
payments of nine in ten documents. Each reading runs in a process of its own. The files are written first and not timed.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.big_ledger import CURRENCY, Accounts, Size, drawn_part  # noqa: E402
from benchmarks.sections import PERFORMANCE, write_section  # noqa: E402

SECONDS, GIB = 60.0, 4.0
"""The bar for ten million invoices."""
BAR_ROWS = 10_000_000
FORMS = {"documents": (1_000_000, BAR_ROWS), "payments": (1_000_000,)}
"""Invoices by form; with payments ten million would want more memory than the bar."""


def write_csv(folder: Path, rows: int, form: str) -> int:
    """Write the export; return its size in bytes."""
    size = Size(rows, max(100, rows // 100), 36)
    accounts = Accounts(size)
    accounts.table(size).drop("opened_on").write_csv(folder / "customers.csv")
    first = 0
    for number in range(size.files):
        begin, end = (rows * place // size.files for place in (number, number + 1))
        part = drawn_part(size, accounts, number, end - begin, first)
        first += part.documents.height
        money = (pl.col("amount") / 100).round(2)
        documents = part.documents.select(
            "document_id", "customer_id", "kind", "document_date", "due_date", money, currency=pl.lit(CURRENCY)
        )
        _append(documents, folder / "documents.csv")
        if form == "payments":
            cash = part.applied.filter(pl.col("source").is_null())
            paid = cash.select(
                payment_id=pl.format("P{}-{}", pl.lit(number), pl.int_range(pl.len())),
                document_id=part.documents["document_id"].gather(cash["to"]),
                date=size.dates(cash["day"].to_numpy()),
                amount=(pl.col("amount") / 100).round(2),
            )
            _append(paid, folder / "payments.csv")
    return sum(path.stat().st_size for path in folder.glob("*.csv"))


def _append(frame: pl.DataFrame, path: Path) -> None:
    with path.open("ab") as stream:
        frame.write_csv(stream, include_header=stream.tell() == 0, float_precision=2)


def measured(folder: Path) -> None:
    """Read the ledger in this process and print what it took."""
    from credrisk import Ledger

    started, before = time.perf_counter(), _cpu()
    ledger = Ledger.read(folder)
    wall, cpu = time.perf_counter() - started, _cpu() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    rows = sum(ledger.table(name).height for name in ("documents", "receipts", "applications"))
    read = ledger.intake.filter(pl.col("table").is_in(["documents", "payments"]))
    assert read["rows_read"].sum() == read["rows_kept"].sum() + read["rows_quarantined"].sum()
    print(wall, cpu, peak, ledger.table("documents").height, rows, ledger.quarantine.height)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", help="invoices, instead of those of the form")
    parser.add_argument("--forms", nargs="+", choices=list(FORMS), default=list(FORMS))
    parser.add_argument("--measure", type=Path, help="read this folder in this process, and say what it took")
    parser.add_argument("--dry", action="store_true", help="leave the page as it is")
    given = parser.parse_args()
    if given.measure:
        measured(given.measure)
        return
    lines = []
    for form in given.forms:
        for rows in given.rows or FORMS[form]:
            with tempfile.TemporaryDirectory() as place:
                size = write_csv(Path(place), rows, form)
                done = subprocess.run(
                    [sys.executable, __file__, "--measure", place], capture_output=True, text=True, check=True
                )
            wall, cpu, peak, documents, all_rows, aside = map(float, done.stdout.split())
            bar = ""
            if form == "documents" and rows == BAR_ROWS:
                bar = "met" if wall < SECONDS and peak < GIB else "**missed**"
            lines.append(
                f"| {form} | {rows:,} | {size / 2**20:,.0f} MiB | {wall:.1f} s | {cpu:.1f} s | {peak:.1f} GiB "
                f"| {documents:,.0f} | {all_rows:,.0f} | {aside:,.0f} | {bar} |"
            )
            print(lines[-1], flush=True)
    text = f"""## From CSV to a checked ledger

Written by `python benchmarks/read_ledger.py` on {os.cpu_count()} cores, Python {platform.python_version()}, polars
{pl.__version__}; load when it ended: {os.getloadavg()[0]:.0f} (above the number of cores, others took part of the wall
time). `documents`: invoices and credit notes in seven columns beside their customers; `payments`: a file of payments
besides, which become receipts and applications. Every rule of the contract, every finding and every tie-out is
included. Bar: ten million invoices in under {SECONDS:.0f} s and {GIB:.0f} GiB.

| form | invoices | CSV | wall time | CPU time | memory | documents | rows in the ledger | set aside | bar |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---|
{chr(10).join(lines)}
"""
    if not given.dry:
        write_section("read", text, page=PERFORMANCE)


if __name__ == "__main__":
    main()
