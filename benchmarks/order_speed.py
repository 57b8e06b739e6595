"""How long an order waits for its answer: the section ``orders`` of docs/performance.md.

    python benchmarks/order_speed.py

On a ledger as of benchmarks/performance.py with limits, groups, cover and open orders added: the desk is opened once,
then orders are answered one by one, then a day's orders in one sitting, and the answers are logged and verified.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
import tempfile
import time
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.performance import CUSTOMERS, LAST, _whole, random_ledger  # noqa: E402
from benchmarks.sections import PERFORMANCE, write_section  # noqa: E402
from credrisk import Ledger  # noqa: E402
from credrisk.decisions.decision_log import DecisionLog  # noqa: E402
from credrisk.decisions.order_batch import decide_batch, orders_of_the_day  # noqa: E402
from credrisk.decisions.order_record import log_orders  # noqa: E402
from credrisk.decisions.order_release import OrderDesk  # noqa: E402

INVOICES, SINGLE, OPEN, ENTRIES = 200_000, 5_000, 5_000, 2_000
GROUPED, COVERED = 4_000, 5_000


def with_credit_tables(ledger: Ledger, random: np.random.Generator) -> Ledger:
    """Return the ledger with a limit for everybody, groups of about four, cover for a quarter, and open orders."""
    ids = ledger.table("customers")["customer_id"]
    begun = date(LAST.year - 2, 1, 1)
    limits = np.rint(np.exp(random.normal(9.5, 1.3, CUSTOMERS)) / 500) * 500
    dated = {"valid_from": begun, "recorded_at": begun}
    history = pl.concat(
        [
            pl.DataFrame({"customer_id": ids, "attribute": "credit_limit", "value": [f"{x:.0f}" for x in limits]}),
            pl.DataFrame(
                {
                    "customer_id": ids[:GROUPED],
                    "attribute": "parent_id",
                    "value": ids.gather(np.arange(GROUPED) // 4 * 4),
                }
            ).filter(pl.col("customer_id") != pl.col("value")),
        ]
    ).with_columns(pl.lit(value).alias(name) for name, value in dated.items())
    cover = pl.DataFrame(
        {
            "cover_id": [f"V{place}" for place in range(COVERED)],
            "customer_id": ids.gather(np.arange(COVERED) * (CUSTOMERS // COVERED)),
            "kind": "insurance",
            "limit": (limits[:COVERED] * 100).astype(np.int64),
            "insured_share": 0.9,
            "max_terms_days": 90,
            "stop_shipment_dpd": 60,
            "currency": "EUR",
        }
    ).with_columns(pl.lit(value).alias(name) for name, value in dated.items())
    amounts = np.rint(np.exp(random.normal(12.5, 1.2, OPEN))).astype(np.int64) + 1
    orders = pl.DataFrame(
        {
            "order_id": [f"O{place:06d}" for place in range(OPEN)],
            "customer_id": ids.gather(random.integers(0, CUSTOMERS, OPEN)),
            "order_date": LAST - timedelta(5),
            "amount": amounts,
            "open_amount": amounts,
            "requested_delivery": LAST + timedelta(10),
            "currency": "EUR",
        }
    )
    added = {"customer_history": history, "cover": cover, "orders": orders}
    return ledger.replace(tables={**ledger.tables, **{name: _whole(name, frame) for name, frame in added.items()}})


def main() -> None:
    random = np.random.default_rng(7)
    ledger = with_credit_tables(random_ledger(invoices=INVOICES), random)
    ids = ledger.table("customers")["customer_id"]
    pd = random.beta(0.5, 20, CUSTOMERS)
    columns = {"pd_3m": pd * 0.3, "pd_6m": pd * 0.55, "pd_12m": pd, "dbt_12m": random.gamma(2, 5, CUSTOMERS)}
    scores = pl.DataFrame({"customer_id": ids, "status": "at_risk", **columns})

    started = time.perf_counter()
    desk = OrderDesk.open(ledger, scores=scores, as_of=LAST)
    opened = time.perf_counter() - started

    who = ids.gather(random.integers(0, CUSTOMERS, SINGLE)).to_list()
    amounts = np.exp(random.normal(8.0, 1.2, SINGLE)).round(2) + 1
    waits, worked, answers = np.empty(SINGLE), np.empty(SINGLE), []
    for place, (customer, amount) in enumerate(zip(who, amounts.tolist(), strict=True)):
        started, at_work = time.perf_counter(), time.process_time()
        answers.append(desk.decide(customer, amount))
        waits[place], worked[place] = time.perf_counter() - started, time.process_time() - at_work

    today = orders_of_the_day(desk)
    started = time.perf_counter()
    decide_batch(desk, today)
    sitting = time.perf_counter() - started

    with tempfile.TemporaryDirectory() as folder:
        log = DecisionLog(Path(folder) / "decisions.db")
        rules = desk.policy
        log_orders(log, answers[:1], author="clerk", policy=rules)
        singly = []
        for answer in answers[1:101]:
            started = time.perf_counter()
            log_orders(log, [answer], author="clerk", policy=rules)
            singly.append(1_000 * (time.perf_counter() - started))
        started = time.perf_counter()
        log_orders(log, answers[101:ENTRIES], author="clerk", policy=rules)
        together = time.perf_counter() - started
        started = time.perf_counter()
        verdict = log.verify(log.head()[1])
        verified = time.perf_counter() - started
        assert verdict.sound
        assert verdict.entries == ENTRIES

    counts = pl.Series([answer.answer for answer in answers]).value_counts(sort=True)
    given = ", ".join(f"{count / SINGLE:.0%} {answer.replace('_', ' ')}" for answer, count in counts.iter_rows())
    p50, p99 = 1_000 * np.quantile(waits, [0.5, 0.99])
    slowest, most = 1_000 * waits.max(), 1_000 * worked.max()
    load = os.getloadavg()[1]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    write_section(
        "orders",
        f"""## Order release

Written by `python benchmarks/order_speed.py` on {os.cpu_count()} cores, Python {platform.python_version()}, polars
{version("polars")}. {INVOICES:,} invoices, {CUSTOMERS:,} customers, {OPEN:,} open orders, groups, limits and cover; one
process, {memory:.1f} GiB at most, the ledger included. The machine's load was {load:.0f} meanwhile: where that is above
the number of cores, others took part of the wall time. Bar: one decision in under 50 ms once the desk is open.

| what | time |
|---|---:|
| opening the desk (once a day) | {opened:.1f} s |
| one decision, median of {SINGLE:,} | {p50:.2f} ms |
| one decision, 99 in 100 are faster than | {p99:.2f} ms |
| the slowest of them: wall time | {slowest:.1f} ms |
| the slowest of them: CPU time | {most:.1f} ms |
| {today.height:,} open orders in one sitting | {sitting:.1f} s |
| one answer added to the log, on disk, median of 100 | {np.median(singly):.1f} ms |
| {ENTRIES - 101:,} answers added together | {together:.1f} s |
| a log of {ENTRIES:,} answers verified | {verified:.1f} s |

Answers given: {given}.
""",
        page=PERFORMANCE,
    )


if __name__ == "__main__":
    main()
