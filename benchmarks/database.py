"""How fast a database's tables become a ledger: a million invoices from a PostgreSQL server of this machine's own."""

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

from benchmarks.sections import PERFORMANCE, write_section

sys.path.append(str(Path(__file__).parents[1] / "tests"))

MAPPING = """
[settings]
currency = "EUR"
[queries]
documents = "select * from invoices"
customers = "select * from customers"
"""
INVOICES = """
create table invoices as
select 'INV' || i as document_id, 'C' || (i % 20000) as customer_id, date '2024-01-01' + (i % 700) as document_date,
       date '2024-01-31' + (i % 700) as due_date, (((i::bigint * 7919) % 1000000)::numeric / 100 + 1)::numeric(14, 2)
       as amount, 'EUR'::text as currency, case when i % 10 > 0 then date '2024-02-05' + (i % 700) end as settled_on
from generate_series(1, {rows}) i
"""
CUSTOMERS = """
create table customers as
select 'C' || i as customer_id, 'Customer ' || i as name from generate_series(0, 19999) i
"""
WAYS = {"adbc": "ADBC (`credrisk[postgres]`)", "sqlalchemy": "SQLAlchemy and psycopg (`credrisk[sql]`)"}


def measure(way: str, uri: str, mapping: Path) -> None:
    """Read once in this process and print the seconds to the frames, to the ledger, and the memory."""
    from credrisk.ledger.ledger import Ledger
    from credrisk.sources import database_connections
    from credrisk.sources.database import import_database

    if way == "sqlalchemy":
        database_connections._opener = lambda _: database_connections._sqlalchemy
    start = time.perf_counter()
    imported = import_database(uri, mapping=mapping)
    frames = time.perf_counter() - start
    ledger = Ledger.read(imported.tables)
    whole = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(frames, whole, peak, ledger.table("documents").height, ledger.table("applications").height)


def driver(way: str) -> str:
    """Return the driver's name and version."""
    if way == "adbc":
        import adbc_driver_postgresql

        return f"adbc-driver-postgresql {adbc_driver_postgresql.__version__}"
    import psycopg

    return f"psycopg {psycopg.__version__}, its {psycopg.pq.__impl__} implementation"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--way", nargs="*", default=list(WAYS))
    parser.add_argument("--measure", nargs=3, default=None)
    given = parser.parse_args()
    if given.measure:
        way, uri, mapping = given.measure
        measure(way, uri, Path(mapping))
        return
    from postgres_server import postgres_server

    lines = []
    with postgres_server() as server, tempfile.TemporaryDirectory() as folder:
        server.run(INVOICES.format(rows=given.rows), CUSTOMERS)
        version = str(server.run("show server_version")[0][0]).split()[0]
        mapping = Path(folder) / "queries.toml"
        mapping.write_text(MAPPING, encoding="utf-8")
        for way in given.way:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.database", "--measure", way, server.uri, str(mapping)],
                env={**os.environ, "CREDRISK_DATABASE_PASSWORD": server.password},
                capture_output=True,
                text=True,
                check=True,
            )
            frames, whole, peak, documents, applications = done.stdout.split()
            lines.append(
                f"| {WAYS[way]} | {driver(way)} | {float(frames):.1f} s | {float(whole):.1f} s "
                f"| {float(peak):.1f} GiB | {int(documents):,} + {int(applications):,} |"
            )
    load = os.getloadavg()[0]
    text = f"""## From a database

`python -m benchmarks.database`: {given.rows:,} invoices (seven columns, nine in ten with the day of payment) and
20,000 customers from PostgreSQL {version} on the same machine, over TCP, as tables and then as a checked ledger. Python
{platform.python_version()}, {os.cpu_count()} cores, {load:.1f} processes waiting for them when it ended.

| by | driver | to frames | to a ledger | memory | documents + applications |
|---|---|---|---|---|---|
{chr(10).join(lines)}
"""
    write_section("database", text, page=PERFORMANCE)
    print(text)


if __name__ == "__main__":
    main()
