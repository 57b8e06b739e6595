"""Compare the panel of Spark in local mode with that of a ledger in memory, on a million invoices; writes no page.

    python benchmarks/spark_check.py [--buckets N] [--ledger FOLDER]

FOLDER is a stored ledger with every table, such as benchmarks/big_ledger.py makes with --shape full; without it the
ledger has invoices and receipts only, so that most features outside these are null.
The local mode shares one machine with the ledger in memory, so the times say what the carrying costs, not what a
cluster gains.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from pyspark.sql import SparkSession  # noqa: E402
from stored_ledgers import store  # noqa: E402

from benchmarks.performance import LAST, MONTHS, random_ledger  # noqa: E402
from credrisk import build_panel  # noqa: E402
from credrisk.features import Calendar  # noqa: E402
from credrisk.ledger.store import open_stored  # noqa: E402
from credrisk.pipeline.spark import spark_panel  # noqa: E402


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--buckets", type=int)
    options.add_argument("--ledger", type=Path)
    given = options.parse_args()
    ledger = open_stored(given.ledger).ledger() if given.ledger else random_ledger()
    ends = Calendar.months_back(ledger.settings.covers_to if given.ledger else LAST, MONTHS)
    started = time.perf_counter()
    local = build_panel(ledger, calendar=ends, output="polars")
    filled = sum(local[name].null_count() < local.height for name in local.columns) - 2
    size = f"{ledger.table('documents').height:,} documents, {filled} features with a value"
    print(f"{size}, panel of {local.height:,} x {local.width} in memory: {since(started)}", flush=True)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.log.level": "ERROR",
        "spark.driver.memory": "3g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    spark = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    with tempfile.TemporaryDirectory() as folder:
        source = store(ledger, Path(folder, "ledger"))
        started = time.perf_counter()
        out = spark_panel(source, calendar=ends, spark=spark, out=Path(folder, "panel"), buckets=given.buckets)
        print(f"on Spark, Parquet to Parquet: {since(started)}")
        carried = pl.read_parquet(f"{out}/*.parquet").sort("customer_id", "as_of")
    spark.stop()
    same = carried.equals(local) and bits(carried) == bits(local)
    print("the same to the last bit" if same else "DIFFERENT")
    sys.exit(not same)


def bits(panel: pl.DataFrame) -> bytes:
    return panel.select(pl.col(pl.Float64)).to_numpy().tobytes()


def since(started: float) -> str:
    return f"{time.perf_counter() - started:.1f} s"


if __name__ == "__main__":
    main()
