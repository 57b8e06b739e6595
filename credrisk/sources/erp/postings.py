"""What becomes of the records of an export, one fate each; the tables, sums and findings that come of it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.findings import Finding, Severity, few
from credrisk.ledger.tables import TABLES
from credrisk.sources.erp.account import NO_ROWS_ASIDE, FileAccount, imported, money_sums
from credrisk.sources.erp.bodies import Record
from credrisk.sources.mapping import Imported

__all__ = ["Notice", "Postings"]

_TABLES = ("customers", "documents", "receipts", "applications", "rates", "contacts")
_MONEY = ("documents", "receipts", "applications")
LEFT_OUT = "left out"
"""In the sums: the money of records that a rule leaves out."""
Cell = str | Decimal | None


@dataclass(frozen=True)
class Notice:
    """One kind of thing noticed: what a finding says of all its records together."""

    severity: Severity
    table: str
    code: str
    message: str
    remedy: str = ""


class Postings:
    """The ledger's rows as they are made, and the account of every record they are made of."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, str | None]]] = {table: [] for table in _TABLES}
        self._files: dict[str, list[str]] = defaultdict(list)
        self._fates: dict[str, Counter[str]] = defaultdict(Counter)
        self._left: dict[str, Counter[str]] = defaultdict(Counter)
        self._made: dict[str, dict[str, None]] = defaultdict(dict)
        self._blank: Counter[str] = Counter()
        self._settled: set[int] = set()
        self._out: list[tuple[str, Decimal | None, str]] = []
        self._aside: list[dict[str, object]] = []
        self._noticed: dict[Notice, list[tuple[str, Decimal | None, str]]] = defaultdict(list)
        self._kept: list[Record] = []

    def add(self, table: str, record: Record, **cells: Cell) -> None:
        """Add a row to a table, made of a record, which is used by that.

        Amounts are written without an exponent, and zero without a sign.
        """
        self._rows[table].append(
            {name: f"{cell + 0:f}" if isinstance(cell, Decimal) else cell for name, cell in cells.items()}
        )
        self._files[table].append(record.file)
        self._made[record.file].setdefault(table)
        self.use(record)

    def use(self, record: Record) -> None:
        """Count a record as used, once, however many rows are made of it."""
        if id(record) not in self._settled:
            self._settle(record, "used")

    def merge(self, record: Record) -> None:
        """Count a record that another of the same id stands for."""
        self._settle(record, "merged")

    def leave_out(self, record: Record, rule: str, amount: Decimal | None = None, currency: str | None = None) -> None:
        """Leave a record out by a rule, with the money that goes with it."""
        self._settle(record, LEFT_OUT)
        self._left[record.file][rule] += 1
        if amount is not None:
            self._out.append((record.file, amount, currency or ""))

    def set_aside(
        self,
        record: Record,
        reason: str,
        column: str,
        *,
        table: str,
        key: str | None,
        amount: Decimal | None = None,
        currency: str | None = None,
    ) -> None:
        """Set a record aside for a reason of the ledger's quarantine."""
        self._settle(record, "set_aside")
        self._aside.append(
            {
                "table": table,
                "source": record.file,
                "row": record.row,
                "key": key,
                "reason": reason,
                "column": column,
                "amount": None if amount is None else float(amount),
                "currency": currency,
                "content": json.dumps(record.body, ensure_ascii=False, default=str),
            }
        )

    def count_blank(self, file: str, rows: int) -> None:
        """Count the empty rows of a file."""
        self._blank[file] += rows

    def notice(
        self, notice: Notice, key: str | None, amount: Decimal | None = None, currency: str | None = None
    ) -> None:
        """Take down that a notice holds of an id, with the money concerned."""
        self._noticed[notice].append((key or "", amount, (currency or "") if amount is not None else ""))

    def is_settled(self, record: Record) -> bool:
        """Tell whether it is decided what becomes of a record."""
        return id(record) in self._settled

    def has(self, table: str) -> bool:
        """Tell whether a table has rows."""
        return bool(self._rows[table])

    def imported(
        self,
        *,
        whole_files: Iterable[FileAccount] = (),
        settings: Mapping[str, str] | None = None,
        unused_columns: Mapping[str, Sequence[str]] | None = None,
    ) -> Imported:
        """Return the tables with the account of every record.

        Parameters
        ----------
        whole_files
            Accounts of files of which no record was taken.
        """
        return imported(
            {
                table: self._frame(table)
                for table in _TABLES
                if self._rows[table] or table in ("customers", "documents")
            },
            sorted([*self._accounts(), *whole_files], key=lambda one: one.file),
            sums=self._sums(),
            findings=list(self._findings()),
            set_aside=pl.DataFrame(self._aside, schema=NO_ROWS_ASIDE.schema),
            settings=settings,
            unused_columns=unused_columns,
        )

    def _settle(self, record: Record, fate: str) -> None:
        if id(record) in self._settled:
            raise DataError(f"a {record.kind} of {record.file} was counted twice; nothing was read.")
        self._settled.add(id(record))
        self._kept.append(record)  # alive, so that no other record gets its identity
        self._fates[record.file][fate] += 1

    def _frame(self, table: str) -> pl.DataFrame:
        made = {name for row in self._rows[table] for name in row}
        kept = [column.name for column in TABLES[table].columns if column.name in made or column.required]
        columns = {name: [row.get(name) for row in self._rows[table]] for name in kept}
        return pl.DataFrame(columns, schema=dict.fromkeys(kept, pl.String))

    def _accounts(self) -> Iterable[FileAccount]:
        for file, fates in self._fates.items():
            yield FileAccount(
                " and ".join(name for name in _TABLES if name in self._made[file]) or "none",
                file,
                read=fates.total() + self._blank[file],
                used=fates["used"],
                blank=self._blank[file],
                merged=fates["merged"],
                set_aside=fates["set_aside"],
                left_out=self._left[file],
            )

    def _sums(self) -> list[pl.DataFrame]:
        parts = []
        schema = {"file": pl.String, "amount": pl.String, "currency": pl.String}
        for table in _MONEY:
            found = [
                (file, row.get("amount"), row.get("currency"))
                for file, row in zip(self._files[table], self._rows[table], strict=True)
            ]
            parts.append((table, pl.DataFrame(found, schema=schema, orient="row")))
        out = [(file, str(amount), currency) for file, amount, currency in self._out]
        parts.append((LEFT_OUT, pl.DataFrame(out, schema=schema, orient="row")))
        return [
            money_sums(table, str(file), "amount", rows=rows)
            for table, frame in parts
            for (file,), rows in sorted(frame.group_by("file"), key=lambda group: str(group[0][0]))
        ]

    def _findings(self) -> Iterable[Finding]:
        for notice, places in self._noticed.items():
            for currency in sorted({place[2] for place in places}):
                own = [place for place in places if place[2] == currency]
                amounts = [amount for _, amount, _ in own if amount is not None]
                yield Finding(
                    notice.severity,
                    notice.table,
                    notice.code,
                    notice.message,
                    len(own),
                    few(pl.Series([key for key, _, _ in own], dtype=pl.String)),
                    float(sum(amounts)) if amounts else None,
                    currency,
                    notice.remedy,
                )
