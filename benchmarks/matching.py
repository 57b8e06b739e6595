"""How long matching 100,000 customers to 1,000,000 entities takes; writes docs/performance.md, section matching.

Run: python benchmarks/matching.py [--customers 100000] [--entities 1050000]
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time
from importlib.metadata import version

import polars as pl
from match_names import invented_register, master_of
from sections import PERFORMANCE, write_section

from credrisk.sources.matching.matching import match_customers


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--customers", type=int, default=100_000)
    given.add_argument("--entities", type=int, default=1_050_000)
    sizes = given.parse_args()
    master, listing = master_of(invented_register(sizes.entities, 11), sizes.customers, 11)
    started, worked = time.perf_counter(), time.process_time()
    stages: list[tuple[str, float]] = []

    def note(stage: str, done: int, total: int) -> None:
        if not stages or stages[-1][0] != stage:
            stages.append((stage, time.perf_counter()))
            print(f"{time.perf_counter() - started:7.1f} s  {stage}", flush=True)

    found = match_customers(master.drop("truth"), listing, output="polars", progress=note).matches
    ended, cpu = time.perf_counter(), time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    ends = [*(start for _, start in stages[1:]), ended]
    spent = pl.DataFrame(
        [(stage, end - start) for (stage, start), end in zip(stages, ends, strict=True)],
        schema=["stage", "seconds"],
        orient="row",
    )
    by_stage = spent.group_by("stage", maintain_order=True).agg(pl.col("seconds").sum())
    judged = found.join(master.select("customer_id", "truth"), on="customer_id")
    right = (pl.col("entity") == pl.col("truth")).fill_null(False)
    auto = judged.filter(pl.col("zone") == "auto")
    wrong = auto.filter(~right).height
    listed = master["truth"].is_not_null().sum()
    recall = auto.filter(right).height / listed
    offered = judged.filter((pl.col("zone") == "review") & right).height / listed
    rows = "\n".join(f"| {stage} | {seconds:.0f} s |" for stage, seconds in by_stage.iter_rows())
    load = os.getloadavg()[1]
    print(f"{ended - started:.0f} s wall, {cpu:.0f} s CPU, {memory:.1f} GiB, {wrong} wrong, recall {recall:.2f}")
    write_section(
        "matching",
        f"""## Matching customers to a register

Written by `python benchmarks/matching.py` on {os.cpu_count()} cores, Python {platform.python_version()}, polars
{version("polars")}, rapidfuzz {version("rapidfuzz")}, one process. {sizes.customers:,} invented customers against
{listing.height:,} invented entities in {listing["country"].n_unique()} countries ({listed:,} of the customers are among
them). {memory:.1f} GiB at most, both tables included. The machine's load was {load:.0f} meanwhile: where that is above
the number of cores, others took part of the wall time. Bars: under 600 s and under 8 GiB.

| stage | wall time |
|---|---:|
{rows}
| **all** | **{ended - started:.0f} s** |
| CPU time | {cpu:.0f} s |

{auto.height:,} automatic matches, {wrong:,} of them wrong; {recall:.0%} of the customers in the register were matched
automatically and {offered:.0%} proposed for review. The names are invented, so these say that nothing breaks at this
size, not how right matches are in the real world; the section on matching in results.md does.
""",
        page=PERFORMANCE,
    )


if __name__ == "__main__":
    main()
