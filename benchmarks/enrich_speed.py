"""How fast customers are enriched where no host sets the pace: the section ``enrich`` of docs/performance.md.

    python benchmarks/enrich_speed.py

A server of this machine, in a process of its own, plays an invented register: every fifth customer has a notice. What
is timed is credrisk's own part: the question, its cache, the contract, the journal, the tables. In life the hosts'
limits decide: ``credrisk enrich --dry-run`` says how long.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from sources.notices import ADDRESS, Board, Notices  # noqa: E402

from benchmarks.sections import PERFORMANCE, write_section  # noqa: E402
from credrisk.sources.enrich import Enriched, enrich  # noqa: E402

CUSTOMERS, LISTED = 10_000, 5
SERVE = f"""
import sys, time
sys.path[:0] = {[str(ROOT), str(ROOT / "tests")]!r}
from sources.local_server import serving
from sources.notices import hang, notice, unknown
with serving() as server:
    for n in range({CUSTOMERS}):
        for source in ("notices", "board"):
            if n % {LISTED}:
                unknown(server, f"{{n:08d}}", source=source)
            else:
                hang(server, f"{{n:08d}}", notice(), source=source)
    print(server.url, flush=True)
    sys.stdin.read()
"""


@contextmanager
def register() -> Iterator[None]:
    """Play the registers in a process of their own."""
    with subprocess.Popen([sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        os.environ[ADDRESS] = process.stdout.readline().decode().strip()
        try:
            yield
        finally:
            process.kill()


def timed(customers: pl.DataFrame, sources: list[Any], folder: Path, cache: str) -> tuple[float, float, Enriched]:
    """Run once; return wall and CPU seconds of this process."""
    clock, cpu = time.perf_counter(), time.process_time()
    done = enrich(customers, sources, out=folder, cache_folder=cache, contact="Benchmark https://example.org")
    return time.perf_counter() - clock, time.process_time() - cpu, done


def main() -> None:
    numbers = [f"{n:08d}" for n in range(CUSTOMERS)]
    customers = pl.DataFrame({"customer_id": numbers, "company_number": numbers})
    load, lines = os.getloadavg()[0], []
    with tempfile.TemporaryDirectory() as place, register():
        runs = (
            ("first run, one source: every customer is a request", [Notices], "one", "cache-one"),
            ("the same again: all from the journal, no request", [Notices], "one", "cache-one"),
            ("first run, two sources side by side: two requests a customer", [Notices, Board], "two", "cache-two"),
        )
        for what, sources, out, cache in runs:
            wall, cpu, done = timed(customers, sources, Path(place) / out, str(Path(place) / cache))
            answered = done.summary["answered"].sum()
            rate = CUSTOMERS / cpu
            lines.append(f"| {what} | {wall:.1f} s | {cpu:.1f} s | {answered:,} | {rate:,.0f} |")
        size = (Path(place) / "one" / "store.sqlite").stat().st_size / CUSTOMERS
    write_section(
        "enrich",
        f"""
## Enrichment from public sources

Written by `python benchmarks/enrich_speed.py`: {CUSTOMERS:,} customers, of whom every fifth is in an invented register
on this machine ({os.cpu_count()} cores, Python {platform.python_version()}, load in this minute: {load:.0f}).
Nothing sets the pace but credrisk itself. Public registers allow 0.2 to 10 requests a second: there the limits decide,
and `credrisk enrich --dry-run` says how long a run takes.

| what | wall time | CPU time, without the server | requests | customers a second of CPU time |
|---|---|---|---|---|
{chr(10).join(lines)}

The journal takes {size:,.0f} bytes a customer and source.
""",
        page=PERFORMANCE,
    )


if __name__ == "__main__":
    main()
