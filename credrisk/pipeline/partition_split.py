"""A stored ledger, split into partitions on disk: one pass over its files, memory for a few numbers a row.

First the columns of ids are read: ids become numbers, and the links between customers show which must stay together.
Then the other columns are read, chunk by chunk; the rows of a chunk are sorted by partition and written as one Arrow
file, so that a partition is a slice of each. In these files customers, documents and receipts go by their place in the
partition, codes by their number: a partition is worked out without joining text. A reference to a row of another
partition, or to none, is -1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from credrisk.features.entities import SHARED_IDS
from credrisk.features.rows import WITH_CUSTOMERS
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.store import StoredLedger
from credrisk.ledger.tables import TABLES
from credrisk.pipeline.partition_chunks import (
    ROWS_A_CHUNK,
    Chunk,
    codes,
    codes_of,
    each,
    empty_columns,
    nulls,
    read,
    rows_of,
    runs,
    series,
)
from credrisk.pipeline.partition_ids import Ids, index_of
from credrisk.pipeline.partition_links import Division, divided, parent_pairs
from credrisk.progress import Progress

__all__ = ["EVERYWHERE", "INDEX_FILE", "KEYS", "NAMES_FILE", "split"]

INDEX_FILE, NAMES_FILE = "index.json", "names.arrow"
EVERYWHERE = ("market", "rates")
"""Tables about no customer: every partition has them whole."""

LARGE = ("documents", "receipts", "applications")
OUTSIDE = ("facts", "events", "ratings")
KEYS = {"documents": "document_id", "receipts": "receipt_id"}
"""Tables whose rows are referred to by their place, and the columns of their ids."""
BY_DOCUMENT = ("document_changes", "disputes")
FROM_KINDS = list(TABLES["applications"].column("from_kind").choices)
RECEIPT, DOCUMENT = FROM_KINDS.index("receipt"), FROM_KINDS.index("document")


def split(stored: StoredLedger, target: Path, *, rows_a_part: float, threads: int, progress: Progress) -> int:
    """Split a stored ledger into ``target`` and return how many partitions there are.

    Parameters
    ----------
    rows_a_part
        How many documents and applications a partition may hold, unless one component of customers holds more.
    threads
        How many chunks are worked on at once.
    """
    return _Splitter(stored, target, threads, progress).split(rows_a_part)


class _Splitter:
    def __init__(self, stored: StoredLedger, target: Path, threads: int, progress: Progress) -> None:
        self._stored, self._target, self._threads, self._progress = stored, target, threads, progress
        self._chunks = {name: list(runs(files)) for name, files in stored.files.items()}
        self._parts: dict[str, list[dict[str, object]]] = {}
        self._application_owner: list[np.ndarray] = []
        self._of_receipt: list[np.ndarray] = []

    def split(self, rows_a_part: float) -> int:
        self._read_customers()
        self._documents, self._document_customer = self._owned("documents", "document_id")
        self._receipts, self._receipt_customer = self._owned("receipts", "receipt_id")
        self._read_applications()
        self._other_customers()
        self._divide(rows_a_part)
        names = [name for name in self._chunks if name not in EVERYWHERE]
        work = [(name, number) for name in names for number in range(len(self._chunks[name]))]
        self._firsts = {name: np.cumsum([0, *map(rows_of, self._chunks[name])]) for name in names}
        with ThreadPoolExecutor(self._threads) as pool:
            for done, (name, number, written) in enumerate(pool.map(lambda piece: self._write(*piece), work), 1):
                self._parts.setdefault(name, []).append({"file": f"{name}-{number}.arrow", **written})
                self._progress("Splitting the ledger", done, len(work))
        for name in EVERYWHERE:
            if name in self._chunks:
                pl.concat(self._frames(name)).write_ipc(self._target / f"{name}.arrow")
        pl.DataFrame({"customer_id": self._names}).write_ipc(self._target / NAMES_FILE)
        index = {"parts": self._division.parts, "tables": self._parts, "given": list(self._chunks)}
        index["sizes"] = np.bincount(self._division.part, minlength=self._division.parts).tolist()
        (self._target / INDEX_FILE).write_text(json.dumps(index))
        return self._division.parts

    # Ids --------------------------------------------------------------------------------------------------------------

    def _read_customers(self) -> None:
        self._known = index_of("customers", "customer_id", lambda: self._column("customers", "customer_id"))
        names = [series(chunk) for chunk in self._column("customers", "customer_id")]
        self._names = pl.concat(names).cast(pl.String) if names else pl.Series([], dtype=pl.String)
        self._unlisted: dict[str, int] = {}

    def _customers(self, ids: pa.Array, found: np.ndarray | None = None) -> np.ndarray:
        """Return the number of each customer, -1 for null; one that ``customers`` does not hold gets a new number."""
        found = self._known.find(ids) if found is None else found
        for row in _missing(found, ids):
            found[row] = self._unlisted.setdefault(ids[int(row)].as_py(), len(self._names) + len(self._unlisted))
        return found

    def _customers_known(self, ids: pa.Array) -> np.ndarray:
        """Return the number of each customer, -1 for null and for one that no table with features names."""
        found = self._known.find(ids)
        for row in _missing(found, ids):
            found[row] = self._unlisted.get(ids[int(row)].as_py(), -1)
        return found

    def _owned(self, table: str, key: str) -> tuple[Ids | None, np.ndarray]:
        """Return the index of a table's ids and the customer of each row; the last, -1, is that of the row -1."""
        none = np.full(1, -1, dtype=np.int32)
        if table not in self._chunks:
            return None, none
        owners: list[np.ndarray] = []

        def looked_up(chunk: Chunk) -> tuple[pa.Array, pa.Array, np.ndarray]:
            found = read(chunk, [key, "customer_id"])
            return found[key], found["customer_id"], self._known.find(found["customer_id"])

        def ids() -> Iterator[pa.Array]:
            owners.clear()
            chunks = self._chunks[table]
            for number, (own, customers, found) in enumerate(each(chunks, looked_up, self._threads)):
                self._progress(f"Reading the ids of {table}", number, len(chunks))
                owners.append(self._customers(customers, found).astype(np.int32))
                yield own

        index = index_of(table, key, ids)
        return index, np.concatenate([*owners, none])

    def _read_applications(self) -> None:
        pairs = [np.empty((2, 0), dtype=np.int64)]
        self._to: list[np.ndarray] = []
        self._origin: list[np.ndarray] = []
        chunks = self._chunks.get("applications", [])
        for number, (target, source, kinds) in enumerate(each(chunks, self._ends, self._threads)):
            self._progress("Reading the ids of applications", number, len(chunks))
            owner = np.full(len(target), -1, dtype=np.int32)
            for kind, customers in ((RECEIPT, self._receipt_customer), (DOCUMENT, self._document_customer)):
                own = np.flatnonzero(kinds == kind)
                owner[own] = customers[source[own]]
            payer = self._document_customer[target]
            across = np.flatnonzero((payer != owner) & (payer >= 0) & (owner >= 0))
            pairs.append(np.unique(np.stack([payer[across], owner[across]]), axis=1))
            self._to.append(target)
            self._origin.append(source)
            # An application to a document that the ledger does not hold still moves the cash it comes from.
            self._application_owner.append(np.where(payer >= 0, payer, owner))
            self._of_receipt.append(kinds == RECEIPT)
        self._pairs = pairs

    def _ends(self, chunk: Chunk) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return of a chunk of applications the rows of the documents and of what they come from, and of which kind."""
        found = read(chunk, ["to_document_id", "from_id", "from_kind"], coded=["from_kind"])
        kinds = codes(found["from_kind"], FROM_KINDS, "applications", "from_kind")
        source = np.full(len(kinds), -1, dtype=np.int32)
        for kind, index in ((RECEIPT, self._receipts), (DOCUMENT, self._documents)):
            own = np.flatnonzero(kinds == kind)
            if len(own) and index is not None:
                of_kind = found["from_id"] if len(own) == len(kinds) else _taken(found["from_id"], own)
                source[own] = self._find(index, of_kind)
        return self._find(self._documents, found["to_document_id"]).astype(np.int32), source, kinds

    def _find(self, index: Ids | None, ids: pa.Array) -> np.ndarray:
        return np.full(len(ids), -1, dtype=np.int64) if index is None else index.find(ids)

    def _other_customers(self) -> None:
        """Number the customers that only the smaller tables name, and read the links that these hold."""
        for table in set(WITH_CUSTOMERS) & set(self._chunks) - {"customers", "documents", "receipts"}:
            for ids in self._column(table, "customer_id"):
                self._customers(ids)
        if "document_changes" in self._chunks:
            for frame in self._frames("document_changes", ["document_id", "field", "value"]):
                anew = frame.filter(pl.col("field") == "rebilled_as").drop_nulls("value")
                sides = [
                    self._document_customer[self._find(self._documents, anew[name].to_arrow())]
                    for name in ("document_id", "value")
                ]
                both = (sides[0] >= 0) & (sides[1] >= 0)
                self._pairs.append(np.stack([side[both] for side in sides]).astype(np.int64))

    # Where rows go ----------------------------------------------------------------------------------------------------

    def _divide(self, rows_a_part: float) -> None:
        names = pl.concat([self._names, pl.Series(list(self._unlisted), dtype=pl.String)])
        order = names.arg_sort().to_numpy()
        rank = np.empty(len(names), dtype=np.int64)
        rank[order] = np.arange(len(names))
        sorted_names = names.gather(pl.Series(order, dtype=pl.UInt32))
        pairs = [rank[pair] for pair in self._pairs if pair.size]
        if "customer_history" in self._chunks:
            columns = ["customer_id", "attribute", "value"]
            pairs.extend(
                parent_pairs(history, sorted_names) for history in self._frames("customer_history", columns, whole=True)
            )
        self._rank = np.append(rank, -1)
        rows = np.zeros(len(names))
        for owner in (self._document_customer, *self._application_owner):
            # -1 is that of a row without a customer.
            rows += np.bincount(owner + 1, minlength=len(names) + 1)[1:]
        weights = np.empty(len(names))
        weights[rank] = rows + 1.0
        linked = np.concatenate([np.empty((2, 0), dtype=np.int64), *pairs], axis=1)
        self._division: Division = divided(linked, weights, rows_a_part)
        # Names by partition, each in rising order: the place in a partition is the place in its slice.
        self._names = sorted_names.gather(pl.Series(np.argsort(self._division.part, kind="stable"), dtype=pl.UInt32))
        part, local = self._division.part, self._division.local
        self._part_of = np.append(part, -1)[self._rank].astype(np.int32)
        self._local_of = np.append(local, -1)[self._rank].astype(np.int32)
        self._place = {
            "documents": self._places(self._document_customer),
            "receipts": self._places(self._receipt_customer),
        }
        self._payer_part = [self._part_of[owner] for owner in self._application_owner]
        self._application_owner = []

    def _places(self, customer: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return partition and place in it of each row of a table, the last for the row -1."""
        part, place = self._part_of[customer], np.empty(len(customer), dtype=np.int32)
        filled = np.zeros(self._division.parts, dtype=np.int64)
        for first in range(0, len(part) - 1, ROWS_A_CHUNK):
            block = part[first : min(first + ROWS_A_CHUNK, len(part) - 1)]
            order, counts = _by_part(block, self._division.parts)
            starts = filled - (np.cumsum(counts) - counts)
            place[first + order] = np.arange(len(block)) + np.repeat(starts, counts)
            filled += counts
        place[-1] = -1
        return part, place

    def _write(self, name: str, number: int) -> tuple[str, int, dict[str, object]]:
        """Write a chunk sorted by partition; return its name and number, and where the partitions start in it."""
        large = name in LARGE
        part, ids = self._known_ids(name, number) if large else (np.empty(0, dtype=np.int32), {})
        frame = self._frame(name, number, ids)
        if not large:
            part, ids = self._looked_up(name, frame)
        columns = [pl.Series(column, places, dtype=pl.Int32) for column, places in ids.items()]
        frame = frame.with_columns(columns)
        frame = frame.select(column for column in TABLES[name].names if column in frame.columns)
        if name in OUTSIDE:
            frame, part = self._shared(frame, part)
        elif (part < 0).any():
            # Of a customer that no table with features of its own names.
            frame, part = frame.filter(pl.Series(part >= 0)), part[part >= 0]
        order, counts = _by_part(part, self._division.parts)
        ordered = frame[pl.Series(order, dtype=pl.UInt32)]
        ordered.write_ipc(self._target / f"{name}-{number}.arrow", record_batch_size=max(1, ordered.height))
        return name, number, {"starts": [0, *np.cumsum(counts).tolist()]}

    def _known_ids(self, name: str, number: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the partitions of a chunk whose ids were read before, and the places that stand for them."""
        (_, documents), (_, receipts) = self._place["documents"], self._place["receipts"]
        if name == "applications":
            origin, of_receipt = self._origin[number], self._of_receipt[number]
            source = documents[np.where(of_receipt, -1, origin)]
            if of_receipt.any():
                source = np.where(of_receipt, receipts[np.where(of_receipt, origin, -1)], source)
            ids = {"to_document_id": documents[self._to[number]], "from_id": source}
            return np.maximum(self._payer_part[number], 0), ids
        customers = {"documents": self._document_customer, "receipts": self._receipt_customer}[name]
        first, last = self._firsts[name][number : number + 2]
        customer = customers[first:last]
        return self._part_of[customer], {"customer_id": self._local_of[customer]}

    def _looked_up(self, name: str, frame: pl.DataFrame) -> tuple[np.ndarray, dict[str, Any]]:
        """Return the partitions of the rows of a smaller table, and the places that stand for its ids."""
        part, ids = np.zeros(frame.height, dtype=np.int32), dict[str, Any]()
        if "customer_id" in frame.columns:
            customer = self._customers_known(frame["customer_id"].to_arrow())
            part, ids["customer_id"] = self._part_of[customer], self._local_of[customer]
            if name in OUTSIDE:
                ids["customer_id"] = pl.Series(ids["customer_id"]).replace(-1, None)
        if "document_id" in frame.columns:
            given = frame["document_id"]
            document = self._find(self._documents, given.to_arrow())
            of_part, place = self._place["documents"]
            if name in BY_DOCUMENT:
                part = np.maximum(of_part[document], 0)
            found = pl.Series(np.where(of_part[document] == part, place[document], np.int32(-1)))
            ids["document_id"] = found.set(given.is_null(), None)
        return part, ids

    def _frame(self, name: str, number: int, known: dict[str, np.ndarray]) -> pl.DataFrame:
        """Return a chunk with its codes as numbers, without the columns whose values are known already.

        A key that is the row's place in its partition is not written either. Large tables go without the columns that
        are empty in the chunk too.
        """
        chunk = self._chunks[name][number]
        columns = [column for column in TABLES[name].names if column not in known and column != KEYS.get(name)]
        coded = [column for column in columns if codes_of(name, column) is not None]
        empty = empty_columns(chunk, columns)
        found = read(chunk, [column for column in columns if column not in empty], coded=coded)
        height = int(np.diff(self._firsts[name])[number])
        made = {}
        for column in columns:
            choices = codes_of(name, column)
            kind = pl.Enum(choices) if choices else DTYPES[TABLES[name].column(column).kind]
            if column in empty:
                if name not in LARGE:
                    made[column] = pl.Series(column, [None], dtype=kind).new_from_index(0, height)
            elif choices:
                places = codes(found[column], choices, name, column)
                missing = places < 0
                valid = pl.Series(places.astype(np.uint32))
                if missing.any():
                    valid = valid.set(pl.Series(missing), None)
                made[column] = pl.Series(column, choices, dtype=kind).gather(valid)
            else:
                made[column] = series(found[column]).alias(column).cast(kind)
        return pl.DataFrame(made)

    def _shared(self, frame: pl.DataFrame, part: np.ndarray) -> tuple[pl.DataFrame, np.ndarray]:
        """Return rows of the outside world: one that names no account in every partition that has one of its ids."""
        frame = frame.with_columns(_part=pl.Series(part, dtype=pl.Int32))
        named, unnamed = frame.filter(pl.col("_part") >= 0), frame.filter(pl.col("customer_id").is_null())
        homes = self._homes
        found = [
            unnamed.drop("_part").with_row_index("_row").join(homes[name], on=name, how="inner") for name in SHARED_IDS
        ]
        whole = pl.concat([piece.select("_row", *frame.columns) for piece in found]).unique(["_row", "_part"])
        rows = pl.concat([named, whole.sort("_row", "_part").drop("_row")])
        return rows.drop("_part"), rows["_part"].to_numpy()

    @cached_property
    def _homes(self) -> dict[str, pl.DataFrame]:
        """Return for each kind of id which partitions have an account with it."""
        accounts = pl.concat(self._frames("customers", ["customer_id", *SHARED_IDS]))
        part = self._part_of[self._customers_known(accounts["customer_id"].to_arrow())]
        accounts = accounts.with_columns(_part=pl.Series(part, dtype=pl.Int32))
        return {name: accounts.select(name, "_part").drop_nulls().unique() for name in SHARED_IDS}

    # Reading ----------------------------------------------------------------------------------------------------------

    def _column(self, table: str, column: str) -> Iterator[pa.Array]:
        for chunk in self._chunks[table]:
            yield read(chunk, [column])[column]

    def _frames(self, table: str, columns: list[str] | None = None, whole: bool = False) -> list[pl.DataFrame]:
        names = columns or list(TABLES[table].names)
        frames = [
            pl.DataFrame({name: series(values) for name, values in read(chunk, names).items()})
            for chunk in self._chunks[table]
        ]
        return [pl.concat(frames)] if whole and frames else frames


def _missing(found: np.ndarray, ids: pa.Array) -> np.ndarray:
    """Return the rows of the ids that are not null and were not found."""
    rows = np.flatnonzero(found < 0)
    return rows[~nulls(ids)[rows]] if len(rows) else rows


def _taken(ids: pa.Array, rows: np.ndarray) -> pa.Array:
    return series(ids).gather(pl.Series(rows, dtype=pl.UInt32)).to_arrow()


def _by_part(part: np.ndarray, parts: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the stable order of rows by partition, and how many each has."""
    small = part.astype(np.uint8 if parts <= 256 else np.uint16) if parts <= 65536 else part
    return np.argsort(small, kind="stable"), np.bincount(part, minlength=parts)
