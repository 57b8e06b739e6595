"""How fast credrisk is: the section ``main-job`` of docs/performance.md.

    python benchmarks/performance.py

The large ledger is made without the simulator, so that the figures do not move when the simulator does.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sections import PERFORMANCE, write_section  # noqa: E402
from credrisk import Ledger, LedgerSettings, build_panel, collection_queue, run, simulate_ledger  # noqa: E402
from credrisk.dates import months_after  # noqa: E402
from credrisk.features import Calendar  # noqa: E402
from credrisk.features.catalogue import catalogue  # noqa: E402
from credrisk.ledger.ledger import DTYPES  # noqa: E402
from credrisk.ledger.tables import TABLES  # noqa: E402

LAST = date(2025, 12, 31)
INVOICES, CUSTOMERS, MONTHS, ACCOUNTS = 1_000_000, 20_000, 36, 1_500
LIBRARIES = ("numpy", "polars", "pandas", "lightgbm", "scikit-learn", "matplotlib", "xlsxwriter")


def random_ledger(seed: int = 1, *, invoices: int = INVOICES) -> Ledger:
    """Return a ledger with one invoice in ten paid in two parts and one in twenty still open."""
    random = np.random.default_rng(seed)
    first = months_after(LAST, -MONTHS) + timedelta(1)

    def on(days: np.ndarray) -> pl.Series:
        return pl.Series(np.datetime64(first, "D") + days).cast(pl.Date)

    issued = random.integers(0, (LAST - first).days, invoices)
    due = issued + random.choice([14, 30, 45, 60], invoices)
    size = random.lognormal(0.0, 1.5, CUSTOMERS)
    owner = random.choice(CUSTOMERS, invoices, p=size / size.sum())
    amounts = np.rint(np.exp(random.normal(12.0, 1.2, invoices))).astype(np.int64) + 1
    documents = pl.DataFrame(
        {
            "document_id": [f"D{number:09d}" for number in range(invoices)],
            "customer_id": [f"C{number:07d}" for number in owner],
            "document_date": on(issued),
            "due_date": on(due),
            "amount": amounts,
            "recorded_at": on(issued),
        }
    ).with_columns(kind=pl.lit("invoice"), currency=pl.lit("EUR"))
    paid = np.flatnonzero(random.random(invoices) > 0.05)
    halves = np.concatenate([paid, paid[::10]])
    arrived = due[halves] + np.rint(random.gamma(2.0, 9.0, len(halves))).astype(np.int64) - 5
    applied = on(arrived + random.integers(0, 4, len(halves)))
    sums = np.where(np.isin(halves, paid[::10]), amounts[halves] // 2, amounts[halves])
    receipts = documents[halves].select(
        "customer_id",
        "currency",
        receipt_id=pl.Series([f"R{number:09d}" for number in range(len(halves))]),
        date=on(arrived),
        amount=pl.Series(sums),
        recorded_at=on(arrived),
    )
    applications = receipts.select(
        "amount", "currency", from_id="receipt_id", to_document_id=documents["document_id"].gather(halves)
    ).with_columns(applied_on=applied, recorded_at=applied, kind=pl.lit("payment"), from_kind=pl.lit("receipt"))
    accounts = pl.DataFrame({"customer_id": [f"C{number:07d}" for number in range(CUSTOMERS)]})
    given = {"customers": accounts, "documents": documents, "receipts": receipts, "applications": applications}
    return Ledger({n: _whole(n, frame) for n, frame in given.items()}, LedgerSettings("EUR", first, LAST, LAST))


def _whole(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    columns = pl.Schema({column.name: DTYPES[column.kind] for column in TABLES[name].columns})
    absent = [pl.lit(None).alias(column) for column in columns if column not in frame.columns]
    return frame.with_columns(absent).select(*columns).cast(columns).sort(TABLES[name].key)


def cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock and of the processor, all threads and child processes together."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    work()
    return time.perf_counter() - wall, cpu_seconds() - cpu


def median(times: int, *works: Callable[[], object]) -> np.ndarray:
    """Return the median (wall, cpu) seconds of each work, the works taking turns."""
    return np.median([[timed(work) for work in works] for _ in range(times)], axis=0)


def peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def line(what: str, took: np.ndarray, rows: int, unit: str, relative: str) -> str:
    rate = f"{rows / took[1]:,.0f} {unit}/s" if rows else ""
    return f"| {what} | {took[0]:.2f} s | {took[1]:.2f} s | {rate} | {relative} |"


def start_up() -> list[str]:
    def call(*words: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)

    bare, shown = median(9, call("-c", "pass"), call("-c", "from credrisk.cli import main; main()", "--help"))
    relative = f"{shown[1] / bare[1]:.1f} x the bare start of {bare[1]:.3f} s (medians of 9)"
    return [line("start: `credrisk --help` less a bare `python -c pass`", shown - bare, 0, "", relative)]


def reading_and_panel() -> list[str]:
    ledger, made = random_ledger(), []
    before, ends = peak_gib(), Calendar.months_back(LAST, MONTHS)
    panel = np.array(timed(lambda: made.append(build_panel(ledger, calendar=ends, output="polars").height)))
    peak = peak_gib()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "documents.csv")
        ledger.frame("documents", output="polars").write_csv(file)
        ledger.frame("customers", output="polars").write_csv(Path(folder, "customers.csv"))
        read, parsed = median(3, lambda: Ledger.read(folder), lambda: pl.read_csv(file))
        what = f"read {INVOICES:,} documents from CSV ({file.stat().st_size / 2**20:.0f} MiB)"
    size = f"{CUSTOMERS:,} customers x {MONTHS} months, {len(catalogue())} features, {INVOICES:,} invoices"
    memory = f"{peak:.1f} GiB at most, {before:.1f} GiB before"
    return [
        line(what, read, INVOICES, "rows", f"{read[1] / parsed[1]:.1f} x `polars.read_csv` of the file (medians of 3)"),
        line(f"panel of {size}; {memory}", panel, made[0], "rows", f"{panel[1] / read[1]:.2f} x that reading"),
    ]


def queue() -> list[str]:
    simulated = simulate_ledger(customers=ACCOUNTS, months=24)
    ledger, random = simulated.ledger(), np.random.default_rng(1)
    scores = ledger.table("customers").select("customer_id", "name", status=pl.lit("at_risk"))
    scores = scores.with_columns(
        pd_12m=random.uniform(0.0, 0.1, scores.height), p_late30_12m=random.uniform(0.0, 0.6, scores.height)
    )
    day = ledger.settings.covers_to
    took, panel = median(
        5, lambda: collection_queue(ledger, as_of=day, scores=scores), lambda: build_panel(ledger, as_of=day)
    )
    relative = f"{took[1] / panel[1]:.2f} x the panel of that day (medians of 5)"
    return [line(f"queue of {scores.height:,} accounts", took, scores.height, "accounts", relative)]


def sample_run() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        given: list[Ledger] = []
        stages = {"Reading the ledger": timed(lambda: given.append(Ledger.read(ROOT / "data" / "sample")))[0]}
        stages |= run(given[0], out=Path(folder, "out")).seconds
    whole = sum(stages.values())
    lines = [f"| {stage} | {took:.2f} s | {took / whole:.0%} |" for stage, took in stages.items()]
    return [*lines, f"| **All** | {whole:.2f} s | 100% |"]


def main() -> None:
    parts = (start_up, reading_and_panel, queue, sample_run)
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as fresh:
        rows = {part.__name__: fresh.apply(part) for part in parts}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    text = f"""## The main job

Written by `python benchmarks/performance.py` (`make bench` calls it); do not edit it. Each part runs in a process of
its own. Wall time moves with whatever else the machine does (its load in this minute: {os.getloadavg()[0]:.0f}); CPU
time, of all threads together, moves less: rates and ratios are taken from it, within one run.

Machine: {os.cpu_count()} cores, {memory:.0f} GiB of memory. Python {platform.python_version()}, {versions}.

| what | wall time | CPU time | rate | relative |
|---|---|---|---|---|
{chr(10).join(row for name in ("start_up", "reading_and_panel", "queue") for row in rows[name])}

`credrisk run data/sample`, stage by stage (one run, wall time):

| stage | time | share |
|---|---|---|
{chr(10).join(rows["sample_run"])}
"""
    write_section("main-job", text, page=PERFORMANCE)
    print(text)


if __name__ == "__main__":
    main()
