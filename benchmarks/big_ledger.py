"""Write a stored ledger of any size in bounded memory, part by part.

    python benchmarks/big_ledger.py /tmp/ledger --invoices 10_000_000 --customers 100_000 --months 36

Rows are drawn, not simulated, so that the figures do not move when the simulator does. Documents come in the order of
their dates, as an ERP extract does, customers of lognormal size mixed; applications follow the parts of their
documents, in each part by date. One invoice in 50 is recorded late, one in 20 is not paid, one in 10 is paid in two
parts, one in 50 gets a credit note. What would be dated or recorded after the last day is not in the extract yet.

The shape `core` holds customers, documents and applications. The shape `full` adds every table that the catalogue of
features reads (benchmarks/big_ledger_full.py).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from credrisk.dates import months_after  # noqa: E402
from credrisk.ledger.ledger import DTYPES, LedgerSettings  # noqa: E402
from credrisk.ledger.store import SETTINGS_FILE, settings_text  # noqa: E402
from credrisk.ledger.tables import TABLES  # noqa: E402

LAST = date(2025, 12, 31)
CURRENCY = "EUR"
PART_ROWS = 2_000_000
LATE, UNPAID, IN_TWO, CREDITED, CREDITED_WHOLE, CREDIT_OPEN = 0.02, 0.05, 0.10, 0.02, 0.10, 0.15
TERMS = (14, 30, 45, 60)
COUNTRIES = ("DE", "FR", "IT", "NL", "PL", "US")
INDUSTRIES = tuple(f"industry {number:02d}" for number in range(40))


@dataclass(frozen=True)
class Size:
    """How large a ledger is, and how it is drawn."""

    invoices: int
    customers: int
    months: int
    seed: int = 1
    ids: str = "running"
    shape: str = "core"
    parts: int = 0

    @property
    def first(self) -> date:
        """The first day covered."""
        return months_after(LAST, -self.months) + timedelta(1)

    @property
    def days(self) -> int:
        """How many days are covered."""
        return (LAST - self.first).days + 1

    @property
    def files(self) -> int:
        """How many parts the large tables are written in."""
        return self.parts or max(1, -(-self.invoices // PART_ROWS))

    def random(self, *stage: int) -> np.random.Generator:
        """Return the generator of random numbers of a stage: no part depends on another."""
        return np.random.default_rng([self.seed, *stage])

    def named(self, letter: str, numbers: np.ndarray) -> pl.Series:
        """Return ids such as D0000000001, or 16 hexadecimal digits without order, of numbers from 0."""
        if self.ids == "random":
            return _texts(_mixed(numbers.astype(np.uint64) + np.uint64(ord(letter) << 40)), 16, 16, "")
        return _texts(numbers.astype(np.uint64) + np.uint64(1), 10, 7 if letter == "C" else 10, letter)

    def dates(self, days: np.ndarray) -> pl.Series:
        """Return days counted from the first day covered as dates."""
        return pl.Series(np.datetime64(self.first, "D") + days.astype(np.int64)).cast(pl.Date)

    def recorded(self, random: np.random.Generator, days: np.ndarray) -> np.ndarray:
        """Return the days on which rows were recorded: most at once, some up to two months later."""
        late = random.random(len(days)) < LATE
        return days + np.where(late, random.integers(1, 61, len(days)), 0)


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Return the numbers mixed up one to one (the finalizer of splitmix64), so that no two ids are the same."""
    with np.errstate(over="ignore"):
        mixed = numbers * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _texts(numbers: np.ndarray, base: int, width: int, letter: str) -> pl.Series:
    """Return the numbers as texts of equal length: written digit by digit, far quicker than by a format."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    letters = np.empty((len(numbers), len(letter) + width), dtype=np.uint8)
    letters[:, : len(letter)] = np.frombuffer(letter.encode(), dtype=np.uint8)
    for place in range(letters.shape[1] - 1, len(letter) - 1, -1):
        numbers, digit = np.divmod(numbers, np.uint64(base))
        letters[:, place] = digits[digit]
    offsets = np.arange(len(letters) + 1, dtype=np.int64) * letters.shape[1]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    return pl.Series(pl.from_arrow(pa.Array.from_buffers(pa.large_string(), len(letters), buffers)))


class Accounts:
    """The customers: their ids and size, when they pay and on which terms."""

    def __init__(self, size: Size) -> None:
        random, count = size.random(0), size.customers
        self.ids = size.named("C", np.arange(count))
        weight = np.cumsum(random.lognormal(0.0, 1.5, count))
        self.reach = weight / weight[-1]
        self.terms = random.choice(TERMS, count).astype(np.int32)
        self.slowness = 4.5 * np.exp(random.normal(0.0, 0.5, count))
        self.opened = np.where(random.random(count) < 0.9, random.integers(-3650, 1, count), -1)
        self.country, self.industry = (
            random.integers(0, len(COUNTRIES), count),
            random.integers(0, len(INDUSTRIES), count),
        )

    def drawn(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Return customers by size."""
        return np.searchsorted(self.reach, random.random(count))

    def table(self, size: Size) -> pl.DataFrame:
        """Return the table of the customers."""
        opened = size.dates(self.opened)
        return pl.DataFrame(
            {
                "customer_id": self.ids,
                "name": "Account " + self.ids,
                "country": pl.Series(COUNTRIES).gather(self.country),
                "industry": pl.Series(INDUSTRIES).gather(self.industry),
                "opened_on": opened.to_frame("day").select(pl.when(pl.Series(self.opened != -1)).then("day"))["day"],
            }
        ).with_columns(currency=pl.lit(CURRENCY))


@dataclass(frozen=True)
class Part:
    """One part of the documents and what was applied to them.

    Attributes
    ----------
    documents
        The documents of the extract by date, with ``customer, issued, due, recorded`` as numbers besides.
    applied
        ``to`` (row in ``documents``), ``source`` (row of the credit note, null for cash), ``day, amount, kind``.
    random
        The part's random numbers.
    """

    documents: pl.DataFrame
    applied: pl.DataFrame
    random: np.random.Generator


def drawn_part(size: Size, accounts: Accounts, number: int, count: int, first_id: int) -> Part:
    """Draw ``count`` invoices of a stretch of days, their credit notes and what was applied to them."""
    random = size.random(1, number)
    begin, end = (size.days * place / size.files for place in (number, number + 1))
    issued = np.sort((begin + random.random(count) * (end - begin)).astype(np.int64))
    customer = accounts.drawn(random, count)
    due = issued + accounts.terms[customer]
    amount = np.rint(np.exp(random.normal(12.0, 1.2, count))).astype(np.int64) + 1

    credited = np.flatnonzero(random.random(count) < CREDITED)
    share = np.where(random.random(len(credited)) < CREDITED_WHOLE, 1.0, random.uniform(0.05, 0.9, len(credited)))
    given = np.maximum(1, np.rint(amount[credited] * share).astype(np.int64))
    noted = issued[credited] + random.integers(1, 21, len(credited))
    used = np.where(random.random(len(credited)) < CREDIT_OPEN, size.days, noted + random.integers(0, 11, len(noted)))

    left = amount.copy()
    left[credited] -= np.where(used < size.days, given, 0)
    delay = np.rint(random.standard_gamma(2.0, count) * accounts.slowness[customer]).astype(np.int64) - 5
    arrived = np.maximum(due + delay, issued + 1)
    paid = np.flatnonzero((random.random(count) >= UNPAID) & (left > 0))
    in_two = paid[(random.random(len(paid)) < IN_TWO) & (left[paid] > 1)]
    later, second = arrived[in_two] + random.integers(7, 61, len(in_two)), left[in_two] // 2
    left[in_two] -= second

    raised = np.r_[issued, noted]
    recorded = size.recorded(random, raised)
    order = np.argsort(raised, kind="stable")
    order = order[recorded[order] < size.days]
    row = np.full(len(raised), -1)
    row[order] = np.arange(len(order))
    owner, payable = np.r_[customer, customer[credited]][order], np.r_[due, noted][order]
    documents = pl.DataFrame(
        {
            "document_id": size.named("D", first_id + np.arange(len(order))),
            "customer_id": accounts.ids.gather(owner),
            "document_date": size.dates(raised[order]),
            "due_date": size.dates(payable),
            "amount": np.r_[amount, -given][order],
            "recorded_at": size.dates(recorded[order]),
            "customer": owner,
            "issued": raised[order],
            "due": payable,
            "recorded": recorded[order],
        }
    ).with_columns(kind=pl.when(pl.col("amount") > 0).then(pl.lit("invoice")).otherwise(pl.lit("credit_note")))
    applied = pl.DataFrame(
        {
            "to": row[np.r_[paid, in_two, credited]],
            "source": np.r_[np.full(len(paid) + len(in_two), -2), row[count:]],
            "day": np.r_[arrived[paid], later, used],
            "amount": np.r_[left[paid], second, given],
        }
    ).filter(pl.col("to") >= 0, pl.col("source") != -1, pl.col("day") < size.days)
    cash = pl.col("source") == -2
    return Part(
        documents,
        applied.sort("day", maintain_order=True).with_columns(
            kind=pl.when(cash).then(pl.lit("payment")).otherwise(pl.lit("credit_note")),
            source=pl.when(~cash).then("source"),
        ),
        random,
    )


def applications(size: Size, part: Part) -> pl.DataFrame:
    """Return the table of what was applied; without receipts cash comes from nowhere that the ledger names."""
    ids, days = part.documents["document_id"], part.applied["day"].to_numpy()
    recorded = size.recorded(part.random, days)
    frame = part.applied.with_columns(
        from_id=ids.gather(part.applied["source"]),
        to_document_id=ids.gather(part.applied["to"]),
        applied_on=size.dates(days),
        recorded_at=size.dates(recorded),
        from_kind=pl.when(pl.col("source").is_null()).then(pl.lit("none")).otherwise(pl.lit("document")),
    )
    return frame.filter(pl.Series(recorded < size.days))


class Folder:
    """A stored ledger being written."""

    def __init__(self, out: Path) -> None:
        self.out, self.rows = out, dict.fromkeys(TABLES, 0)
        out.mkdir(parents=True)

    def write(self, tables: Mapping[str, pl.DataFrame], part: int = 0) -> None:
        """Write a part of each of the tables, with every column that the contract declares."""
        for name, given in tables.items():
            columns = {column.name: DTYPES[column.kind] for column in TABLES[name].columns}
            if "currency" in columns:
                given = given.with_columns(currency=pl.lit(CURRENCY))
            absent = [pl.lit(None, columns[column]).alias(column) for column in columns if column not in given.columns]
            frame = given.with_columns(absent).select(*columns).cast(pl.Schema(columns))
            (self.out / name).mkdir(exist_ok=True)
            frame.write_parquet(self.out / name / f"part-{part:05d}.parquet")
            self.rows[name] += frame.height

    def finish(self, size: Size) -> None:
        """Write what the ledger states about itself: a folder without it is not complete."""
        settings = LedgerSettings(CURRENCY, size.first, LAST, LAST, static=("country", "industry"))
        (self.out / SETTINGS_FILE).write_text(settings_text(settings), encoding="utf-8")


def write_ledger(out: Path, size: Size, *, progress: bool = False) -> dict[str, int]:
    """Write a stored ledger into a folder that is not there yet; return the rows of each table.

    Raises
    ------
    FileExistsError
        When the folder exists.
    """
    folder, accounts, documents, receipts = Folder(out), Accounts(size), 0, 0
    folder.write({"customers": accounts.table(size)})
    started = time.perf_counter()
    for number in range(size.files):
        begin, end = (size.invoices * place // size.files for place in (number, number + 1))
        part = drawn_part(size, accounts, number, end - begin, documents)
        tables = {"documents": part.documents, "applications": applications(size, part)}
        if size.shape == "full":
            from benchmarks.big_ledger_full import beside_documents

            tables |= beside_documents(size, accounts, part, number, receipts)
            receipts += tables["receipts"].height
        documents += part.documents.height
        folder.write(tables, number)
        if progress:
            print(f"{end:,} invoices, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    if size.shape == "full":
        from benchmarks.big_ledger_full import beside_customers

        for number, tables in enumerate(beside_customers(size, accounts)):
            folder.write(tables, number)
    folder.finish(size)
    return {name: rows for name, rows in folder.rows.items() if rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the folder to write; it must not exist")
    parser.add_argument("--invoices", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--months", type=int, default=36, help="months that the ledger covers, to 31 December 2025")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ids", choices=("running", "random"), default="running", help="random: hexadecimal digits")
    parser.add_argument("--shape", choices=("core", "full"), default="core")
    parser.add_argument("--parts", type=int, default=0, help=f"files a large table; by default {PART_ROWS:,} rows each")
    given = vars(parser.parse_args())
    out = given.pop("out")
    if out.exists():
        sys.exit(f"{out} exists; it is not overwritten.")
    size = Size(**given)
    if min(size.invoices, size.customers, size.months) < 1:
        parser.error("invoices, customers and months must be at least 1")
    for name, rows in write_ledger(out, size, progress=True).items():
        print(f"{name}: {rows:,} rows")


if __name__ == "__main__":
    main()
