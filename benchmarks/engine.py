"""How fast the feature engine is beside what one would write by hand: the section ``engine`` of docs/performance.md.

    python benchmarks/engine.py                      # 1 million invoices and, by months covered, 12 to 120
    python benchmarks/engine.py --invoices 10M       # 10 million: some minutes and 3 GB of disk
    python benchmarks/engine.py --invoices 100M      # 100 million, credrisk alone: a quarter of an hour, 30 GB of disk

Ledgers are drawn once (benchmarks/big_ledger.py) into --folder. Every tool reads the same Parquet files and writes the
same columns to Parquet, in a fresh process, the tools taking turns; what they write is compared value by value. Memory
is the greatest sum over a tool's processes of the memory that is theirs (proportional set size), sampled. The figures
are kept in benchmarks/engine.json: a call adds its own, and the document is written from all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sections import PERFORMANCE, write_section  # noqa: E402
from credrisk.atomic import write_text  # noqa: E402

KEPT = ROOT / "benchmarks" / "engine.json"
PEERS = ("polars", "duckdb", "pandas")
LARGEST = dict.fromkeys(PEERS, 10_000_000)
"""Above this many invoices a peer is not asked: it would take all memory, or many minutes."""
SAMPLED_EVERY = 0.1


@dataclass(frozen=True)
class Case:
    """A ledger and what is asked of it."""

    invoices: int
    months: int = 36
    whole: bool = False

    @property
    def customers(self) -> int:
        return self.invoices // 100

    @property
    def key(self) -> str:
        return f"{'full' if self.whole else 'core'}-{self.invoices}-{self.months}"

    @property
    def tools(self) -> tuple[str, ...]:
        peers = () if self.whole else tuple(peer for peer in PEERS if self.invoices <= LARGEST[peer])
        return ("credrisk", *peers)

    def ledger(self, folder: Path) -> Path:
        """Draw the ledger, unless it is there."""
        target = folder / self.key
        if not (target / "ledger.json").exists():
            print(f"drawing {target}", flush=True)
            shutil.rmtree(target, ignore_errors=True)
            size = ["--invoices", str(self.invoices), "--customers", str(self.customers), "--months", str(self.months)]
            shape = "full" if self.whole else "core"
            script = [sys.executable, str(ROOT / "benchmarks" / "big_ledger.py"), str(target)]
            subprocess.run([*script, *size, "--shape", shape], check=True, stdout=subprocess.DEVNULL)
        return target

    def command(self, tool: str, ledger: Path, out: Path) -> list[str]:
        script = ROOT / "benchmarks" / "peers" / ("credrisk_panel.py" if tool == "credrisk" else f"{tool}_peer.py")
        return [sys.executable, str(script), str(ledger), str(out), *(["--whole"] if self.whole else [])]


def measured(command: list[str]) -> dict[str, float]:
    """Run a command and return its seconds by the clock and of the processor, and its greatest memory in GiB."""
    wall, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLED_EVERY):
            peak[0] = max(peak[0], sum(map(own_memory, family(process.pid))))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    code = process.wait()
    took, after = time.perf_counter() - wall, os.times()
    over.set()
    watcher.join()
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": took, "cpu": cpu, "memory": peak[0]}


def family(root: int) -> list[int]:
    """Return a process and all that it started."""
    parents: dict[int, list[int]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = int(Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(entry))
    found, left = [], [root]
    while left:
        found.append(left.pop())
        left.extend(parents.get(found[-1], []))
    return found


def own_memory(process: int) -> float:
    try:
        lines = Path("/proc", str(process), "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 2**20 for line in lines if line.startswith("Pss:")), 0.0)


def difference(ours: Path, theirs: Path) -> str:
    """Say where a peer's panel is not ours, in columns of numbers within a billionth; empty where it is."""
    left, right = (pl.scan_parquet(path).sort("customer_id", "as_of") for path in (ours / "*.parquet", theirs))
    names = right.collect_schema().names()
    if not left.select(names[:2]).collect().equals(right.select(names[:2]).collect()):
        return "rows"
    for name in names[2:]:
        one, other = (frame.select("customer_id", "as_of", name).collect()[name].to_numpy() for frame in (left, right))
        if not np.allclose(one, other, rtol=1e-9, atol=1e-7, equal_nan=True):
            return name
    return ""


def measure(case: Case, folder: Path, runs: int) -> dict[str, object]:
    ledger, found = case.ledger(folder), {tool: [] for tool in case.tools}
    outs = {tool: folder / f"out-{tool}{'' if tool == 'credrisk' else '.parquet'}" for tool in case.tools}
    for run in range(runs):
        for tool, out in outs.items():
            figures = measured(case.command(tool, ledger, out))
            found[tool].append(figures)
            said = f"{figures['wall']:.1f} s, {figures['cpu']:.1f} s of the processor, {figures['memory']:.2f} GiB"
            print(f"{case.key} {tool} {run + 1}/{runs}: {said}", flush=True)
    for tool in case.tools[1:]:
        wrong = difference(outs["credrisk"], outs[tool])
        if wrong:
            raise SystemExit(f"{tool} differs from credrisk in {wrong}")
    values = pl.scan_parquet(outs["credrisk"] / "*.parquet")
    columns = len(values.collect_schema().names()) - 2
    shape = {"rows": values.select(pl.len()).collect().item(), "features": columns}
    for out in outs.values():
        shutil.rmtree(out) if out.is_dir() else out.unlink()
    return {**shape, "on": date.today().isoformat(), "load": os.getloadavg()[2], "machine": machine(), "tools": found}


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "polars", "pyarrow", "duckdb", "pandas"))
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, Python {platform.python_version()}, {versions}"


# The document --------------------------------------------------------------------------------------------------------


def middle(runs: list[dict[str, float]], what: str) -> float:
    return statistics.median(run[what] for run in runs)


def section(kept: dict[str, dict[str, object]]) -> str:
    """Return the engine's part of the document."""
    cases = [Case(size, months) for size in (1_000_000, 10_000_000, 100_000_000) for months in (12, 36, 120)]
    cases = [case for case in cases if case.key in kept or case.months == 36]
    lines = [
        "## The feature engine, from Parquet to Parquet",
        "",
        "Written by `python benchmarks/engine.py`; what is compared and how stands there. Every peer's output",
        "is checked against ours, value by value. Medians of the runs; ratios are by the clock within one call.",
        "",
    ]
    lines += ["### Thirty features, beside the same written by hand", ""]
    lines += [
        "| invoices | months | tool | credrisk is faster | wall | CPU | memory | runs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for case in cases:
        lines += rows_of(case, kept.get(case.key))
    lines += ["", "### How time grows", "", *growth(kept), "", "### The whole catalogue", ""]
    lines += [
        "| invoices | customers x months | features | values a second | wall | CPU | memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for invoices in (1_000_000, 10_000_000):
        case = Case(invoices, whole=True)
        entry = kept.get(case.key)
        if entry is None:
            lines.append(f"| {invoices:,} | | | not measured | | | |")
            continue
        runs = entry["tools"]["credrisk"]
        rate = entry["rows"] * entry["features"] / middle(runs, "wall")
        lines.append(
            f"| {invoices:,} | {case.customers:,} x {case.months} | {entry['features']} | {rate / 1e6:.1f} million "
            f"| {middle(runs, 'wall'):.1f} s | {middle(runs, 'cpu'):.1f} s | {middle(runs, 'memory'):.1f} GiB |"
        )
    return "\n".join([*lines, "", *conditions(kept)])


def rows_of(case: Case, entry: dict[str, object] | None) -> list[str]:
    if entry is None:
        return [f"| {case.invoices:,} | {case.months} | | not measured | | | | |"]
    ours, found = entry["tools"]["credrisk"], []
    for tool, runs in entry["tools"].items():
        ratio = "" if tool == "credrisk" else f"**{middle(runs, 'wall') / middle(ours, 'wall'):.1f} x**"
        found.append(
            f"| {case.invoices:,} | {case.months} | {tool} | {ratio} | {middle(runs, 'wall'):.1f} s "
            f"| {middle(runs, 'cpu'):.1f} s | {middle(runs, 'memory'):.1f} GiB | {len(runs)} |"
        )
    missing = [tool for tool in case.tools if tool not in entry["tools"]]
    return found + [f"| {case.invoices:,} | {case.months} | {tool} | not measured | | | | |" for tool in missing]


def growth(kept: dict[str, dict[str, object]]) -> list[str]:
    lines = []
    for smaller, larger in ((1_000_000, 10_000_000), (10_000_000, 100_000_000)):
        if all(Case(size).key in kept for size in (smaller, larger)):
            one, ten = (middle(kept[Case(size).key]["tools"]["credrisk"], "wall") for size in (smaller, larger))
            lines.append(f"- {smaller:,} to {larger:,} invoices: {ten / one:.1f} x the time.")
    known = [m for m in (12, 36, 120) if Case(1_000_000, m).key in kept]
    if len(known) > 1:
        took = [middle(kept[Case(1_000_000, m).key]["tools"]["credrisk"], "wall") for m in known]
        said = ", ".join(f"{months} months {seconds:.1f} s" for months, seconds in zip(known, took, strict=True))
        lines.append(f"- 1,000,000 invoices spread over {said}.")
    return lines or ["- not measured"]


def conditions(kept: dict[str, dict[str, object]]) -> list[str]:
    found = sorted({str(entry["machine"]) for entry in kept.values()})
    days = sorted({str(entry["on"]) for entry in kept.values()})
    return [f"Measured {' and '.join(days)} on {'; and '.join(found)}."] if found else []


def main() -> None:
    sizes = {"1M": 1_000_000, "10M": 10_000_000, "100M": 100_000_000}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", choices=sizes, default="1M", help="size of the ledgers (default: 1M)")
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "bench", help="where ledgers are drawn and kept")
    parser.add_argument("--runs", type=int, default=3, help="how often each tool runs (default: 3)")
    parser.add_argument("--again", action="store_true", help="measure again what is known")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    size = sizes[asked.invoices]
    cases = [Case(size)]
    if size < sizes["100M"]:
        cases.append(Case(size, whole=True))
    if size == sizes["1M"]:
        cases += [Case(size, 12), Case(size, 120)]
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for case in cases:
        if asked.again or case.key not in kept:
            kept[case.key] = measure(case, asked.folder, asked.runs)
            write_text(KEPT, json.dumps(kept, indent=1, sort_keys=True) + "\n")
    write_section("engine", section(kept), page=PERFORMANCE)
    print(section(kept))


if __name__ == "__main__":
    main()
