"""The SEC's financial statement data sets: the figures of thousands of registrants from one archive a quarter.

A data set holds every filing with figures of a quarter (``sub``) and its figures (``num``), read by their headings, for
newer sets have further columns in another order. ``prevrpt`` tells of a later amendment, so it looks ahead and is not
read. Dates in a set are rounded to the end of the month, so they may differ by days from those of the companies' own
facts: take one or the other for a company, not both.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.errors import SourceError
from credrisk.sources.sec_client import cik_of
from credrisk.sources.sec_facts import MEASURES, measure_rows

__all__ = ["read_statement_set"]

LARGEST = 4_000_000_000
"""Bytes of one unpacked member; a whole quarter is under one billion."""
LAST_OF_THE_DAY = "17:30"
"""Eastern time: what is accepted later is filed on the next business day."""
CHUNK = 1 << 20


def read_statement_set(path: str | PathLike[str], *, ciks: Iterable[str]) -> pl.DataFrame:
    """Read the measures of some registrants from a data set.

    Parameters
    ----------
    path
        The archive as the SEC gives it, or a folder with ``sub.txt`` and ``num.txt``.
    ciks
        The registrants; the others are passed over while reading, so that memory does not grow with the set.

    Returns
    -------
    polars.DataFrame
        ``cik, measure, period_start, period_end, value, unit, known_at, url``, sorted: rows of the ledger's ``facts``.
        ``known_at`` is the filing date, or the next business day where it was accepted after 17:30 of it.

    Raises
    ------
    SourceError
        When a table or heading is missing, a member is too large, or a value does not read.
    """
    wanted = sorted({str(int(cik_of(cik))) for cik in ciks})
    place = Path(path)
    try:
        if place.is_dir():
            return _read(place, wanted)
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(place) as archive:
            for name in ("sub.txt", "num.txt"):
                _unpack(archive, name, Path(folder))
            return _read(Path(folder), wanted)
    except (zipfile.BadZipFile, OSError, KeyError) as error:
        raise SourceError(f"{place}: no readable data set ({error}).") from None
    except pl.exceptions.PolarsError as error:
        raise SourceError(f"{place}: a table of the data set is not readable ({error}).") from None


def _read(folder: Path, wanted: list[str]) -> pl.DataFrame:
    filings = (
        _table(folder / "sub.txt")
        .filter(pl.col("cik").is_in(wanted))
        .select("adsh", "cik", "form", "filed", "accepted")
        .collect()
    )
    tags = {tag.partition(":")[2] for stated in MEASURES.values() for tag in stated}
    numbers = (
        _table(folder / "num.txt")
        .filter(
            pl.col("adsh").is_in(filings["adsh"].to_list()),
            pl.col("tag").is_in(sorted(tags)),
            pl.col("version").str.starts_with("us-gaap") | pl.col("version").str.starts_with("ifrs"),
            *(pl.col(split).fill_null("") == "" for split in ("coreg", "segments") if _has(folder / "num.txt", split)),
            pl.col("value").fill_null("") != "",
        )
        .select("adsh", "tag", "version", "ddate", "qtrs", "uom", "value")
        .collect(engine="streaming")
    )
    end, quarters = pl.col("ddate").str.to_date("%Y%m%d"), pl.col("qtrs").cast(pl.Int32)
    start = end.dt.offset_by("1d").dt.offset_by(pl.format("-{}mo", quarters * 3))
    figures = numbers.join(filings, on="adsh").select(
        "cik",
        tag=pl.when(pl.col("version").str.starts_with("ifrs")).then(pl.lit("ifrs-full:")).otherwise(pl.lit("us-gaap:"))
        + pl.col("tag"),
        unit="uom",
        period_start=pl.when(quarters > 0).then(start),
        period_end=end,
        value=pl.col("value").cast(pl.Float64),
        filed=_known(pl.col("filed").str.to_date("%Y%m%d"), pl.col("accepted").fill_null("")),
        form="form",
        accession="adsh",
    )
    rows: list[dict[str, Any]] = []
    for (cik,), own in figures.group_by("cik", maintain_order=True):
        rows += [{"cik": cik_of(cik), **row} for row in measure_rows(own.drop("cik"), cik=cik_of(cik))]
    return pl.DataFrame(rows, schema=FACTS).sort("cik", "known_at", "measure", "period_end", "period_start")


FACTS = {
    "cik": pl.String,
    "measure": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "value": pl.Float64,
    "unit": pl.String,
    "known_at": pl.Date,
    "url": pl.String,
}


def _known(filed: pl.Expr, accepted: pl.Expr) -> pl.Expr:
    late = (accepted.str.slice(0, 10) == filed.dt.to_string("%Y-%m-%d")) & (accepted.str.slice(11, 5) > LAST_OF_THE_DAY)
    return pl.when(late).then(filed.dt.add_business_days(1, roll="forward")).otherwise(filed)


def _table(path: Path) -> pl.LazyFrame:
    return pl.scan_csv(path, separator="\t", quote_char=None, infer_schema=False)


def _has(path: Path, column: str) -> bool:
    return column in _table(path).collect_schema().names()


def _unpack(archive: zipfile.ZipFile, name: str, folder: Path) -> None:
    """Unpack one member, counting what really comes out of it."""
    unpacked = 0
    with archive.open(name) as packed, (folder / name).open("wb") as plain:
        while chunk := packed.read(CHUNK):
            unpacked += len(chunk)
            if unpacked > LARGEST:
                raise SourceError(f"{name}: larger than {LARGEST:,} bytes unpacked.")
            plain.write(chunk)
