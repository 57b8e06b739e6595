"""The monthly list of all live companies that Companies House gives away (BasicCompanyData), read as a stream.

Five and a half million companies in 55 columns: the file is read in blocks out of its zip, only the columns and
companies that are wanted are kept, and memory does not grow with the file. What one list says is known from the day on
which it was published; the register promises that within five working days after the day in its name.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from os import PathLike
from pathlib import Path
from typing import IO, Any

import polars as pl

from credrisk.atomic import new_file
from credrisk.errors import DataError, ParameterError
from credrisk.progress import Progress, silent
from credrisk.sources.british import BRITISH_NAMES
from credrisk.sources.matching.register import REGISTER

__all__ = ["FORMER_NAMES", "Snapshot", "read_companies", "read_register", "write_register"]

PUBLISHED_WITHIN = timedelta(days=8)
"""Five working days, over a weekend and a bank holiday."""

NAMED = re.compile(r"BasicCompanyData\w*-(\d{4}-\d{2}-\d{2})", re.IGNORECASE)
LARGEST = 10 << 30
"""Bytes of a list unpacked; the true ones have less than three gibibytes."""
BLOCK = 8 << 20

FORMER_NAMES = range(1, 11)
"""Numbers of the columns of former names."""
NEEDED = {
    "CompanyName": "name",
    "CompanyNumber": "number",
    "CompanyStatus": "status",
    "CompanyCategory": "legal_form",
    "IncorporationDate": "incorporated_on",
    "RegAddress.AddressLine1": "line_1",
    "RegAddress.AddressLine2": "line_2",
    "RegAddress.PostTown": "city",
    "RegAddress.Country": "country",
    "RegAddress.PostCode": "postcode",
    "Accounts.NextDueDate": "accounts_due",
    "Mortgages.NumMortOutstanding": "charges_outstanding",
    **{f"PreviousName_{n}.CONDATE": f"renamed_{n}" for n in FORMER_NAMES},
    **{f"PreviousName_{n}.CompanyName": f"former_{n}" for n in FORMER_NAMES},
}
"""The list's columns that are read (blanks around their names taken off), and what they are called here."""
DATES = ("incorporated_on", "accounts_due", *(f"renamed_{n}" for n in FORMER_NAMES))

SPACED = ("name", "line_1", "line_2", *(f"former_{n}" for n in FORMER_NAMES))
"""Texts in which double blanks occur."""


@dataclass(frozen=True)
class Snapshot:
    """One month's list: its file or files, the day it shows, and the day from which it is known.

    Attributes
    ----------
    files
        ``BasicCompanyDataAsOneFile-2026-01-01.zip``, or the parts of a month; zip or csv.
    day
        The day in their names.
    known_at
        The day on which you fetched them, or eight days after ``day``.
    """

    files: tuple[Path, ...]
    day: date
    known_at: date

    @classmethod
    def of(
        cls,
        *files: str | PathLike[str],
        day: date | None = None,
        known_at: date | None = None,
    ) -> Snapshot:
        """Take the day from the names of the files.

        Raises
        ------
        ParameterError
            When there is no file, or when the names tell no day or several, or ``known_at`` is before it.
        """
        paths = tuple(Path(file) for file in files)
        if not paths or not all(path.is_file() for path in paths):
            raise ParameterError("files", "one file or the parts of a month", [str(path) for path in paths])
        named = {found[1] for path in paths if (found := NAMED.search(path.name))}
        if day is None and len(named) == 1:
            day = date.fromisoformat(named.pop())
        if day is None:
            raise ParameterError("files", "of one month, with its day in their names, or day given", sorted(named))
        known_at = known_at or day + PUBLISHED_WITHIN
        if known_at < day:
            raise ParameterError("known_at", "on or after the day that the list shows", known_at)
        return cls(paths, day, known_at)


def read_companies(snapshot: Snapshot, *, numbers: Collection[str] | None = None) -> Iterator[pl.DataFrame]:
    """Read a list in blocks of some thousand companies.

    Parameters
    ----------
    numbers
        Company numbers of eight characters; the others are left out. None keeps all.

    Yields
    ------
    polars.DataFrame
        One row a company: the values of the columns of :data:`NEEDED`, dates as dates, empty texts as null.

    Raises
    ------
    DataError
        When a file is no such list, or breaks off.
    """
    wanted = None if numbers is None else pl.Series(sorted(numbers), dtype=pl.String)
    for path in snapshot.files:
        for batch in _batches(path):
            yield _readable(batch, wanted)


def read_register(snapshot: Snapshot, *, numbers: Collection[str] | None = None) -> pl.DataFrame:
    """Return the names and addresses of a list as the ``register`` frame; of all companies about three gibibytes."""
    frames = [_register(frame) for frame in read_companies(snapshot, numbers=numbers)]
    return pl.concat(frames) if frames else pl.DataFrame(schema=REGISTER)


def write_register(snapshot: Snapshot, target: str | PathLike[str], *, progress: Progress = silent) -> int:
    """Write the ``register`` frame of a whole list as Parquet, block by block, and return its number of rows."""
    import pyarrow.parquet as pq

    rows = read = 0
    total = sum(path.stat().st_size for path in snapshot.files)
    empty = pl.DataFrame(schema=REGISTER).to_arrow(compat_level=pl.CompatLevel.oldest())
    with new_file(target) as draft, pq.ParquetWriter(draft, empty.schema, compression="zstd") as writer:
        for path in snapshot.files:
            for batch in _batches(path):
                frame = _register(_readable(batch))
                writer.write_table(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
                rows += frame.height
            read += path.stat().st_size
            progress("reading the list of companies", read, total)
    return rows


def _register(companies: pl.DataFrame) -> pl.DataFrame:
    """One row for the name of each company, and one for each of its former names."""
    country = pl.col("country").str.to_lowercase()
    common = companies.select(
        pl.lit("companies_house").alias("register"),
        pl.col("number").alias("entity"),
        pl.lit("company_number").alias("id_column"),
        pl.when(country.is_null() | country.is_in(BRITISH_NAMES)).then(pl.lit("GB")).alias("country"),
        "postcode",
        "city",
        pl.concat_str("line_1", "line_2", separator=", ", ignore_nulls=True).replace("", None).alias("street"),
        "legal_form",
        "status",
        pl.lit(None, pl.String).alias("parent"),
        "incorporated_on",
        "name",
        pl.max_horizontal(f"renamed_{n}" for n in FORMER_NAMES).alias("renamed_on"),
        *(f"{kind}_{n}" for n in FORMER_NAMES for kind in ("renamed", "former")),
    )
    legal = common.with_columns(
        pl.lit("legal").alias("name_kind"),
        pl.coalesce("renamed_on", "incorporated_on").alias("valid_from"),
        pl.lit(None, pl.Date).alias("valid_to"),
    )
    former = pl.concat(
        [
            common.with_columns(pl.col(f"former_{n}").alias("name"), pl.col(f"renamed_{n}").alias("valid_to"))
            for n in FORMER_NAMES
        ]
    ).drop_nulls("name")
    former = former.sort("entity", "valid_to", maintain_order=True).with_columns(
        pl.lit("former").alias("name_kind"),
        pl.coalesce(pl.col("valid_to").shift(1).over("entity"), "incorporated_on").alias("valid_from"),
    )
    return pl.concat([legal.select(*REGISTER), former.select(*REGISTER)]).cast(REGISTER)  # type: ignore[arg-type]


def _readable(batch: Any, wanted: pl.Series | None = None) -> pl.DataFrame:
    """Make texts of a block's bytes, null of what is empty, and dates of what is written as ``01/02/2026``."""
    raw = pl.DataFrame(pl.from_arrow(batch))
    if wanted is not None:
        raw = raw.filter(pl.col("number").is_in(wanted.cast(pl.Binary).implode()))
    try:
        texts = raw.with_columns(pl.all().cast(pl.String))
    except pl.exceptions.PolarsError:
        lossy = pl.all().map_elements(lambda value: value.decode("utf-8", "replace"), return_dtype=pl.String)
        texts = raw.with_columns(lossy)
    clean = texts.with_columns(
        pl.exclude(SPACED).str.strip_chars().replace("", None),
        pl.col(SPACED).str.replace_all(r"\s+", " ").str.strip_chars().replace("", None),
    )
    return clean.with_columns(
        pl.col(DATES).str.to_date("%d/%m/%Y", strict=False),
        pl.col("charges_outstanding").cast(pl.Int64, strict=False),
    )


def _batches(path: Path) -> Iterator[Any]:
    import pyarrow as pa

    try:
        for name in _lists_in(path):
            yield from _blocks(path, name)
    except (pa.ArrowException, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError) as error:
        raise DataError(f"{path.name} cannot be read to its end ({error}).", remedy="fetch the file again.") from None


def _blocks(path: Path, name: str) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    with _opened(path, name) as file:
        header = _header(file, path)
    kept = [column for column in header if column in NEEDED]
    with _opened(path, name) as file:
        reader = arrow_csv.open_csv(
            file,
            read_options=arrow_csv.ReadOptions(block_size=BLOCK, skip_rows=1, column_names=header),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=kept, column_types=dict.fromkeys(header, pa.binary()), check_utf8=False
            ),
        )
        for batch in reader:
            yield batch.rename_columns([NEEDED[column] for column in kept])


def _header(file: IO[bytes], path: Path) -> list[str]:
    first = file.readline(1 << 16).decode("utf-8-sig", "replace")
    header = [name.strip() for name in next(csv.reader(io.StringIO(first)), [])]
    missing = [column for column in NEEDED if column not in header]
    if missing or len(set(header)) < len(header):
        raise DataError(
            f"{path.name} is no list of companies as Companies House gives it.",
            columns=missing,
            remedy="take BasicCompanyData from download.companieshouse.gov.uk.",
        )
    return header


def _lists_in(path: Path) -> Sequence[str]:
    if path.suffix.lower() != ".zip":
        return ("",)
    try:
        with zipfile.ZipFile(path) as archive:
            lists = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".csv")]
    except zipfile.BadZipFile:
        raise DataError(f"{path.name} is no zip file, or is cut off.", remedy="fetch the file again.") from None
    if not lists or sum(entry.file_size for entry in lists) > LARGEST:
        raise DataError(f"{path.name} holds no list, or more than {LARGEST >> 30} GiB.")
    return [entry.filename for entry in lists]


@contextmanager
def _opened(path: Path, name: str) -> Iterator[IO[bytes]]:
    if not name:
        with path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive, archive.open(name) as file:
        yield file
