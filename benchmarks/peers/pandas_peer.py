"""Thirty features of a core ledger as written by hand in pandas, the rows as Arrow columns and NumPy arrays.

    python benchmarks/peers/pandas_peer.py LEDGER OUT.parquet

It leans on what the core shape promises and credrisk does not need: one currency, no receipts, no reversals, nothing
paid beyond its amount, credits given by credit notes alone, whole months, sums of a customer's month within 2**53
(`bincount` adds in floats, exact so far). Rows are summed once by customer and month into matrices of customers x
months; windows are differences of running sums along a row, less what was recorded later. All rows are in memory at
once. OUT.parquet is a folder of two parts, written by two
threads. Tried and slower: merges and `groupby` of data frames instead of `index_in` and `bincount`, one hash table of
all ids instead of two halves in two threads, cells in 32 bits (`bincount` copies them), one file, its rows written by
one thread.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

FACTORS: dict[str, Callable[[np.ndarray], np.ndarray | float]] = {
    "amount": lambda delay: 1.0,
    "days": lambda delay: delay,
    "squares": np.square,
    "late": lambda delay: delay > 0,
    "late30": lambda delay: delay > 30,
    "early": lambda delay: delay < 0,
}
"""What a payment's money is multiplied by, given the days it came after the due date."""
NEVER = np.iinfo(np.int32).max
LATEST_DUE = 400
"""Days past the period covered for which months are looked up; later ones count as the last of these."""

Days = np.ndarray
Matrix = np.ndarray


def read(folder: Path, columns: list[str]) -> pd.DataFrame:
    """Read a table's columns as Arrow holds them."""
    return pq.read_table(folder, columns=columns).to_pandas(types_mapper=pd.ArrowDtype, split_blocks=True)


def arrow(column: pd.Series) -> pa.ChunkedArray:
    return pa.chunked_array(pa.array(column.array))


def days(column: pd.Series, missing: int = 0) -> Days:
    """Return days since 1970."""
    return pc.fill_null(arrow(column).cast(pa.int32()), missing).to_numpy()


def rows_of(ids: pa.ChunkedArray, among: pa.ChunkedArray) -> np.ndarray:
    """Return the row of every id among others, -1 where there is none."""
    return pc.fill_null(pc.index_in(ids, value_set=among), -1).to_numpy()


class Cells:
    """Sums by customer and month; what falls after the last month lands in a column that is cut off."""

    def __init__(self, customers: int, first: date, last: date) -> None:
        self.customers = customers
        self.months = (last.year - first.year) * 12 + last.month - first.month + 1
        self.wide = self.months + 1
        self.first_day = (first - date(1970, 1, 1)).days
        starts = np.datetime64(first, "M") + np.arange(self.wide)
        self.ends = (starts[1:].astype("datetime64[D]").astype(np.int64) - 1).astype(np.int32)
        found = np.searchsorted(self.ends, np.arange(self.first_day, self.ends[-1] + LATEST_DUE))
        self.of_day = found.astype(np.int64)

    def month(self, day: Days) -> np.ndarray:
        """Return the month of a day: the first covered 0, all after the last the same."""
        return self.of_day.take(day - self.first_day, mode="clip")

    def sum(self, cell: np.ndarray, weights: np.ndarray | None = None) -> Matrix:
        return self.cut(np.bincount(cell, weights, self.customers * self.wide))

    def running(self, cell: np.ndarray, weights: np.ndarray | None = None) -> Matrix:
        return self.sum(cell, weights).cumsum(axis=1)

    def cut(self, flat: np.ndarray) -> Matrix:
        return flat.reshape(self.customers, self.wide)[:, : self.months]

    def earliest(self, cell: np.ndarray, day: Days) -> Matrix:
        found = np.full(self.customers * self.wide, NEVER, np.int32)
        np.minimum.at(found, cell, day)
        return self.cut(found)


class Flow:
    """What happened in a month and was recorded in that month or, seldom, later."""

    def __init__(self, cells: Cells, start: np.ndarray, event: Days, seen: Days) -> None:
        self.cells, month = cells, cells.month(event)
        self.happened = start + month
        lag = cells.month(seen) - month
        self.late = np.flatnonzero(lag > 0)
        self.lag, self.start, self.month = lag[self.late], start[self.late], month[self.late]

    def windows(self, weights: np.ndarray | None, months: tuple[int, ...]) -> list[Matrix]:
        """Return sums of the last months, of what was recorded by their end."""
        happened, own = self.cells.running(self.happened, weights), None if weights is None else weights[self.late]
        unseen = self._later(self.lag, own, self.lag)
        found = []
        for n in months:
            window = happened - unseen
            window[:, n:] -= happened[:, :-n]
            longer = self.lag > n
            if longer.any():
                # Recorded only after it would have left: neither in nor out.
                window[:, n:] += self._later(self.lag - n, own, longer)[:, :-n]
            found.append(window)
        return found

    def _later(self, lag: np.ndarray, own: np.ndarray | None, chosen: np.ndarray) -> Matrix:
        """Return the sum of what had happened and was recorded only months later, from that month until then."""
        rows = np.flatnonzero(chosen)
        weights = None if own is None else own[rows]
        until = np.minimum(self.month[rows] + lag[rows], self.cells.months)
        entered = self.cells.running(self.start[rows] + self.month[rows], weights)
        return entered - self.cells.running(self.start[rows] + until, weights)


def build(source: Path, out: Path) -> None:
    settings = json.loads((source / "ledger.json").read_text())["settings"]
    first, last = (date.fromisoformat(settings[name]) for name in ("covers_from", "covers_to"))
    accounts = read(source / "customers", ["customer_id", "opened_on"])
    cells = Cells(len(accounts), first, last)
    documents = read(
        source / "documents",
        ["document_id", "customer_id", "kind", "document_date", "due_date", "amount", "recorded_at"],
    )
    applications = read(
        source / "applications", ["from_id", "to_document_id", "amount", "applied_on", "kind", "recorded_at"]
    )
    debit = pc.not_equal(arrow(documents["kind"]), "credit_note").to_numpy()
    notes, invoices = np.flatnonzero(~debit), np.flatnonzero(debit)
    with ThreadPoolExecutor(2) as pool:
        ids, wanted = arrow(documents["document_id"]), arrow(applications["to_document_id"])
        half = len(ids) // 2
        lower, upper = pool.map(rows_of, (wanted, wanted), (ids[:half], ids[half:]))
    to = np.where(upper < 0, lower, upper + half)
    credited = np.flatnonzero(applications["from_id"].notna())
    given = notes[rows_of(arrow(applications["from_id"].iloc[credited]), ids.take(pa.array(notes)))]
    customer = rows_of(arrow(documents["customer_id"]), arrow(accounts["customer_id"]))
    start = customer.astype(np.int64) * cells.wide
    billed, due = days(documents["document_date"]), days(documents["due_date"])
    seen = np.maximum(billed, days(documents["recorded_at"]))
    amount = documents["amount"].to_numpy(np.float64)
    applied_on, applied = days(applications["applied_on"]), applications["amount"].to_numpy(np.float64)
    known = np.maximum(applied_on, days(applications["recorded_at"]))
    cash = pc.equal(arrow(applications["kind"]), "payment").to_numpy()
    del documents, applications, ids, wanted, lower, upper, customer
    seen_given, by_given = np.maximum(known[credited], seen[given]), applied[credited]
    known = np.maximum(known, seen[to])

    # Balances, by age.
    credit = cells.running(
        np.concatenate([start[notes] + cells.month(seen[notes]), start[given] + cells.month(seen_given)]),
        np.concatenate([amount[notes], by_given]),
    )
    start_paid, due_paid = start[to], due[to]
    settled = np.bincount(to, applied, len(start)) == amount
    closed = np.zeros(len(start), np.int32)
    np.maximum.at(closed, to, known)
    closed = np.where(settled, cells.month(closed), cells.months)[invoices]
    start, billed, due, seen, amount = (x[invoices] for x in (start, billed, due, seen, amount))
    shown = cells.month(seen)
    cleared = cells.month(known)

    def owed(age: int | None) -> Matrix:
        """Return what is open, of all or of what has been due for more days than these."""
        more, less = shown, cleared
        if age is not None:
            more = np.maximum(more, cells.month(due + np.int32(age + 1)))
            less = np.maximum(less, cells.month(due_paid + np.int32(age + 1)))
        return cells.running(start + more, amount) - cells.running(start_paid + less, applied)

    dense = {"credit": credit}
    ages = {"all": None, "over0": 0, "over30": 30, "over60": 60, "over90": 90}
    with ThreadPoolExecutor(2) as pool:
        dense |= zip(ages, pool.map(owed, ages.values()), strict=True)

    # Dates.
    oldest = np.full(cells.customers * cells.wide, NEVER, np.int32)
    open_months = closed - shown
    at, day, left = start + shown, due, open_months
    while at.size:
        going = np.flatnonzero(left > 0)
        at, day, left = at[going], day[going], left[going]
        np.minimum.at(oldest, at, day)
        at, left = at + 1, left - 1
    dense["oldest"] = cells.cut(oldest)
    dense["earliest"] = np.minimum.accumulate(cells.earliest(start + shown, billed), axis=1)
    dense["latest"] = -np.minimum.accumulate(cells.earliest(start + shown, -billed), axis=1)
    dense["opened"] = days(accounts["opened_on"], NEVER)[:, None]

    # Windows.
    sales = Flow(cells, start, billed, seen)
    year = tuple(range(1, 13))
    dense |= zip((f"sold{n}" for n in year), sales.windows(amount, year), strict=True)
    dense["count12"] = sales.windows(None, (12,))[0]
    cash = np.flatnonzero(cash)
    payments = Flow(cells, start_paid[cash], applied_on[cash], known[cash])
    paid, delay = applied[cash], (applied_on[cash] - due_paid[cash]).astype(np.float64)

    def windows(name: str) -> dict[str, Matrix]:
        months = (3, 6, 12) if name in ("amount", "days") else (12,)
        found = payments.windows(paid * FACTORS[name](delay), months)
        return {f"{name}{n}": window for n, window in zip(months, found, strict=True)}

    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(windows, FACTORS):
            dense |= found
    out.mkdir(parents=True, exist_ok=True)
    middle = cells.customers // 2

    def write(part: int) -> None:
        own = (slice(None, middle), slice(middle, None))[part]
        named = features(cells.ends, {name: matrix[own] for name, matrix in dense.items()})
        table = laid_out(arrow(accounts["customer_id"].iloc[own]), cells.ends, named)
        # Without Arrow's schema the ids are read as plain text again.
        target, coded = out / f"part-{part}.parquet", ["customer_id", "as_of"]
        pq.write_table(table, target, compression="lz4", use_dictionary=coded, store_schema=False)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))


def ratio(part: Matrix, whole: Matrix) -> Matrix:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def features(as_of: Days, dense: dict[str, Matrix]) -> dict[str, Matrix]:
    month = np.arange(len(as_of))
    last = as_of.astype("datetime64[D]").astype("datetime64[M]")
    until = [(last - n + 1).astype("datetime64[D]") for n in range(13)]
    length = [(until[0] - end).astype(np.float64) for end in until]
    covered = {n: np.where(month + 1 >= n, 1.0, np.nan) for n in (3, 6, 12)}
    debit, past, credit = dense["all"], dense["over0"], dense["credit"]
    balance, current = debit + credit, debit - past
    owed = np.maximum(balance, 0)
    dbt = {n: ratio(dense[f"days{n}"], dense[f"amount{n}"]) * covered[n] for n in (3, 6, 12)}
    paid12 = dense["amount12"]
    spread = np.sqrt(np.maximum(ratio(dense["squares12"], paid12) - dbt[12] ** 2, 0))
    share = {
        name: np.clip(ratio(dense[f"{name}12"], paid12), 0, 1) * covered[12] for name in ("late", "late30", "early")
    }
    sold3, sold12 = dense["sold3"] * covered[3], dense["sold12"] * covered[12]
    dso3, best = ratio(owed * length[3], sold3), ratio(current * length[3], sold3)
    countback, left = np.zeros_like(owed), owed
    for n in range(1, 13):
        sales = dense[f"sold{n}"] - (dense[f"sold{n - 1}"] if n > 1 else 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.where(left >= sales, 1.0, left / sales)
        countback += np.where(left > 0, part * np.where(month + 1 >= n, length[n] - length[n - 1], np.nan), 0.0)
        left = owed - dense[f"sold{n}"]
    oldest, earliest, latest, opened = (dense[name] for name in ("oldest", "earliest", "latest", "opened"))
    since = np.minimum(earliest, np.where(opened <= as_of, opened, NEVER))
    return {
        "open_balance": balance / 100,
        "not_due": current / 100,
        "past_due_1_30": (past - dense["over30"]) / 100,
        "past_due_31_60": (dense["over30"] - dense["over60"]) / 100,
        "past_due_61_90": (dense["over60"] - dense["over90"]) / 100,
        "past_due_over_90": dense["over90"] / 100,
        "past_due": past / 100,
        "share_past_due": ratio(past, debit),
        "oldest_open_days": np.where(oldest < NEVER, np.maximum(as_of - oldest, 0), np.nan),
        "net_balance": balance / 100,
        "dbt_3m": dbt[3],
        "dbt_6m": dbt[6],
        "dbt_12m": dbt[12],
        "dbt_trend": dbt[3] - dbt[12],
        "days_late_sd_12m": spread,
        "share_paid_late_12m": share["late"],
        "share_paid_late_30_12m": share["late30"],
        "share_early_12m": share["early"],
        "dso_3m": dso3,
        "dso_12m": ratio(owed * length[12], sold12),
        "best_possible_dso_3m": best,
        "average_days_delinquent_3m": ratio(past * length[3], sold3),
        "dso_countback": countback,
        "invoiced_3m": sold3 / 100,
        "invoiced_12m": sold12 / 100,
        "invoiced_trend": ratio(4.0 * sold3, sold12),
        "invoices_12m": dense["count12"] * covered[12],
        "days_since_last_invoice": np.where(earliest < NEVER, as_of - latest, np.nan),
        "open_credits": credit / 100,
        "tenure_months": np.where(since < NEVER, as_of - since, np.nan) / (365.25 / 12),
    }


def laid_out(customers: pa.ChunkedArray, as_of: Days, named: dict[str, Matrix]) -> pa.Table:
    """Return the panel by customer and month."""
    rows = np.arange(len(customers) * len(as_of), dtype=np.int32)
    ids = pa.DictionaryArray.from_arrays(rows // np.int32(len(as_of)), customers.combine_chunks())
    panel = {"customer_id": ids, "as_of": pa.array(np.tile(as_of, len(customers))).cast(pa.date32())}
    return pa.table(panel | {name: pa.array(values.ravel(), from_pandas=True) for name, values in named.items()})


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
