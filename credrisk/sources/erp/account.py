"""The account of every row of an export: what it became, or why it was not used, in numbers and in money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.findings import Check, Finding
from credrisk.sources.mapping import Imported
from credrisk.sources.mapping_merge import CONFLICTS

__all__ = ["NO_ROWS_ASIDE", "SUMMARY", "SUMS", "FileAccount", "imported", "money_sums", "not_read"]

SUMMARY = {
    "table": pl.String,
    "file": pl.String,
    "read": pl.Int64,
    "blank": pl.Int64,
    "left_out": pl.Int64,
    "merged": pl.Int64,
    "set_aside": pl.Int64,
    "used": pl.Int64,
    "left_out_unless": pl.String,
}
"""As the summary of a mapping, with the rows set aside; ``left_out_unless`` says in words what was left out."""
SUMS = {
    "table": pl.String,
    "file": pl.String,
    "column": pl.String,
    "currency": pl.String,
    "rows": pl.Int64,
    "unread": pl.Int64,
    "amount": pl.Float64,
}
NO_ROWS_ASIDE = pl.DataFrame(
    schema={
        "table": pl.String,
        "source": pl.String,
        "row": pl.Int64,
        "key": pl.String,
        "reason": pl.String,
        "column": pl.String,
        "value": pl.String,
        "amount": pl.Float64,
        "currency": pl.String,
        "content": pl.String,
    }
)
"""The columns of rows set aside: those of ``Ledger.quarantine``."""


@dataclass
class FileAccount:
    """What became of the rows of one file: read = blank + left_out + merged + set_aside + used.

    Attributes
    ----------
    table
        What the rows became, in words of the ledger: ``documents``, or ``documents and applications``.
    left_out
        Rows left out by a rule, by the rule in words.
    """

    table: str
    file: str
    read: int
    used: int
    blank: int = 0
    merged: int = 0
    set_aside: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """Return the row of the summary.

        Raises
        ------
        DataError
            When it does not add up.
        """
        out = sum(self.left_out.values())
        if self.read != self.blank + out + self.merged + self.set_aside + self.used:
            raise DataError(f"the rows of {self.file} do not add up ({self}); nothing was read.", table=self.table)
        return {
            "table": self.table,
            "file": self.file,
            "read": self.read,
            "blank": self.blank,
            "left_out": out,
            "merged": self.merged,
            "set_aside": self.set_aside,
            "used": self.used,
            "left_out_unless": "; ".join(f"{rule} ({rows:,})" for rule, rows in self.left_out.items() if rows),
        }


def not_read(files: Iterable[str], accounts: Iterable[FileAccount]) -> list[Finding]:
    """Return a note that names the files of which no row was looked at."""
    strange = sorted(set(files) - {one.file for one in accounts})
    if not strange:
        return []
    message = f"files that are no part of this format were not read: {', '.join(strange)}."
    return [Finding("note", "", "not_read", message, len(strange))]


def money_sums(
    table: str, file: str, column: str, *, rows: pl.DataFrame, amount: str = "amount", currency: str = "currency"
) -> pl.DataFrame:
    """Return the sum of a money column by currency, in the columns of ``Imported.sums``.

    ``unread`` counts the rows whose amount is empty or no plain number.
    """
    number = pl.col(amount).cast(pl.String).cast(pl.Decimal(38, 6), strict=False)
    return (
        rows.select(currency=pl.col(currency).fill_null(""), amount=number)
        .group_by("currency")
        .agg(
            rows=pl.len().cast(pl.Int64),
            unread=pl.col("amount").null_count().cast(pl.Int64),
            amount=pl.col("amount").sum().cast(pl.Float64),
        )
        .sort("currency")
        .with_columns(table=pl.lit(table), file=pl.lit(file), column=pl.lit(column))
        .select(list(SUMS))
    )


def imported(
    tables: Mapping[str, pl.DataFrame],
    accounts: Iterable[FileAccount],
    *,
    sums: Sequence[pl.DataFrame] = (),
    findings: Sequence[Finding] = (),
    conflicts: pl.DataFrame | None = None,
    set_aside: pl.DataFrame | None = None,
    unused_columns: Mapping[str, Sequence[str]] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Imported:
    """Return what an importer made, its findings as the table ``findings``, which ``Ledger.read`` brings forward.

    Parameters
    ----------
    settings
        What the export states about itself: ``currency``, ``covers_from``, ``extracted_on``, ``static``, ...

    Raises
    ------
    DataError
        When the rows of a file do not add up.
    """
    made = {name: frame for name, frame in tables.items() if frame.width}
    if findings:
        made["findings"] = Check(tuple(findings)).to_frame(output="polars")
    if settings:
        made["settings"] = pl.DataFrame({"key": list(settings), "value": list(settings.values())})
    return Imported(
        made,
        pl.DataFrame([account.row() for account in accounts], schema=SUMMARY),
        pl.concat([pl.DataFrame(schema=SUMS), *sums]),
        pl.DataFrame(schema=CONFLICTS) if conflicts is None else conflicts,
        {name: tuple(columns) for name, columns in (unused_columns or {}).items()},
        NO_ROWS_ASIDE if set_aside is None else set_aside,
    )
