"""GLEIF's golden copy: all legal entities of the world in one file, as a register to match customers against.

The files are free (CC0) and come three times a day: level 1 (LEI-CDF, who is who) and level 2 (RR-CDF, who owns whom),
CSV in a ZIP. A file is read as a stream in blocks, never unpacked to disk; columns are found by their name.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, Any, cast

import polars as pl

from credrisk.errors import DataError
from credrisk.frames import given_out
from credrisk.progress import Progress, silent
from credrisk.sources.gleif_names import REGISTER_COLUMNS
from credrisk.sources.gleif_records import NAME_KINDS

__all__ = ["is_golden_copy", "read_golden_copy"]

MOST_BYTES = 20_000_000_000
"""Four times the level 1 file of today, unpacked."""
BLOCK = 1 << 24
SLOTS = range(1, 6)
"""A record has up to five names of a kind, and five events, in columns of their own."""
NO_ENTITY = ("ANNULLED", "CANCELLED", "DUPLICATE")
"""Registrations that never were an entity of their own."""
AGAIN = "download it again."

OTHER = "Entity.OtherEntityNames.OtherEntityName"
ASCII = "Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName"
EVENT = "Entity.LegalEntityEvents.LegalEntityEvent"
ADDRESS = "Entity.LegalAddress"
LEVEL_1 = (
    "LEI",
    "Entity.LegalName",
    f"{ADDRESS}.Country",
    f"{ADDRESS}.PostalCode",
    f"{ADDRESS}.City",
    f"{ADDRESS}.FirstAddressLine",
    "Entity.EntityStatus",
    "Registration.RegistrationStatus",
)
LEVEL_1_OPTIONAL = (
    "Entity.LegalForm.EntityLegalFormCode",
    "Entity.LegalForm.OtherLegalForm",
    *(f"{ADDRESS}.AdditionalAddressLine.{slot}" for slot in (1, 2, 3)),
    *(f"{kind}.{slot}{end}" for kind in (OTHER, ASCII) for slot in SLOTS for end in ("", ".type")),
    *(
        f"{EVENT}.{slot}.{end}"
        for slot in SLOTS
        for end in ("LegalEntityEventType", "event_status", "LegalEntityEventEffectiveDate")
    ),
)
CHILD, PARENT = "Relationship.StartNode.NodeID", "Relationship.EndNode.NodeID"
LEVEL_2 = (CHILD, PARENT, "Relationship.RelationshipType", "Relationship.RelationshipStatus")


def read_golden_copy(
    path: str | PathLike[str],
    *,
    relationships: str | PathLike[str] | None = None,
    countries: Sequence[str] | None = None,
    max_bytes: int = MOST_BYTES,
    output: str = "pandas",
    progress: Progress = silent,
) -> Any:
    """Read a golden copy file of level 1 into a register.

    Parameters
    ----------
    path
        ``...-lei2-golden-copy.csv.zip``, or the CSV in it, packed with gzip or not.
    relationships
        The file of level 2 (``...-rr-golden-copy.csv.zip``): fills ``parent`` with the direct parent.
    countries
        Keep entities whose legal address is in one of these (ISO 3166, two letters); default: all.
    max_bytes
        Largest size unpacked.

    Returns
    -------
    pandas.DataFrame
        The columns :data:`~credrisk.sources.gleif_names.REGISTER_COLUMNS`, one row a name, sorted by entity, kind and
        name. ``valid_from`` of a legal name and ``valid_to`` of a former one are the day of the last change of name,
        for entities with one former name; else empty.

    Raises
    ------
    DataError
        When the file is no golden copy, is damaged or unpacks to more than ``max_bytes``.
    """
    wanted = None if countries is None else [country.upper() for country in countries]
    parts = []
    for done, block in enumerate(_blocks(Path(path), LEVEL_1, LEVEL_1_OPTIONAL, max_bytes)):
        progress("Reading the golden copy", done, 0)
        kept = block.filter(~pl.col("Registration.RegistrationStatus").is_in(NO_ENTITY))
        if wanted is not None:
            kept = kept.filter(pl.col(f"{ADDRESS}.Country").is_in(wanted))
        parts.append(_names(kept))
    register = pl.concat(parts) if parts else pl.DataFrame(schema=REGISTER_COLUMNS)
    if relationships is not None:
        register = register.drop("parent").join(
            _direct_parents(Path(relationships), max_bytes, progress), on="entity", how="left", maintain_order="left"
        )
    return given_out(register.select(*REGISTER_COLUMNS).unique().sort("entity", "name_kind", "name"), output)


def is_golden_copy(path: str | PathLike[str]) -> bool:
    """Tell whether a file is a golden copy of level 1, by its columns; False for anything else that can be read."""
    try:
        return {"LEI", "Entity.LegalName"} <= set(_header(Path(path), MOST_BYTES))
    except DataError:
        return False


def _names(records: pl.DataFrame) -> pl.DataFrame:
    def column(name: str) -> pl.Expr:
        found = pl.col(name) if name in records.columns else pl.lit(None, pl.String)
        return found.str.strip_chars().replace("", None)

    renamed = pl.max_horizontal(
        pl.when(
            column(f"{EVENT}.{slot}.LegalEntityEventType") == "CHANGE_LEGAL_NAME",
            column(f"{EVENT}.{slot}.event_status") == "COMPLETED",
        ).then(_day(column(f"{EVENT}.{slot}.LegalEntityEventEffectiveDate")))
        for slot in SLOTS
    )
    former = pl.sum_horizontal(
        (column(f"{OTHER}.{slot}.type") == "PREVIOUS_LEGAL_NAME").fill_null(False) for slot in SLOTS
    )
    lines = [
        column(f"{ADDRESS}.{line}") for line in ("FirstAddressLine", *(f"AdditionalAddressLine.{i}" for i in (1, 2, 3)))
    ]
    form = column("Entity.LegalForm.EntityLegalFormCode")
    about = records.select(
        register=pl.lit("gleif"),
        entity=column("LEI"),
        id_column=pl.lit("lei"),
        country=column(f"{ADDRESS}.Country"),
        postcode=column(f"{ADDRESS}.PostalCode"),
        city=column(f"{ADDRESS}.City"),
        street=pl.concat_str(lines, separator=", ", ignore_nulls=True).replace("", None),
        legal_form=pl.coalesce(form.replace(["8888", "9999"], None), column("Entity.LegalForm.OtherLegalForm")),
        status=column("Entity.EntityStatus"),
        parent=pl.lit(None, pl.String),
        renamed=renamed.cast(pl.Date),
        formers=former,
    )
    slots = [("Entity.LegalName", pl.lit("legal"))]
    slots += [
        (f"{kind}.{slot}", column(f"{kind}.{slot}.type").replace_strict(NAME_KINDS, default="other"))
        for kind in (OTHER, ASCII)
        for slot in SLOTS
        if f"{kind}.{slot}" in records.columns
    ]
    told = []
    for name, kind in slots:
        named = pl.concat([about, records.select(name=column(name), name_kind=kind)], how="horizontal")
        told.append(named.filter(pl.col("name").is_not_null(), pl.col("entity").is_not_null()))
    dated = pl.concat(told).with_columns(
        valid_from=pl.when(pl.col("name_kind") == "legal").then("renamed"),
        valid_to=pl.when((pl.col("name_kind") == "former") & (pl.col("formers") == 1)).then("renamed"),
    )
    return dated.select(pl.col(name).cast(kind) for name, kind in REGISTER_COLUMNS.items())


def _day(moment: pl.Expr) -> pl.Expr:
    """Return the day that was meant; see :func:`~credrisk.sources.gleif_values.day_of`."""
    day = moment.str.head(10).str.to_date("%Y-%m-%d", strict=False)
    eastern = moment.str.contains(r"T(1[2-9]|2[0-3]):(00|30|45):00(\.0+)?Z$")
    return pl.when(eastern).then(day.dt.offset_by("1d")).otherwise(day)


def _direct_parents(path: Path, max_bytes: int, progress: Progress) -> pl.DataFrame:
    found = []
    for done, block in enumerate(_blocks(path, LEVEL_2, (), max_bytes)):
        progress("Reading the relationships", done, 0)
        found.append(
            block.filter(
                pl.col("Relationship.RelationshipType") == "IS_DIRECTLY_CONSOLIDATED_BY",
                pl.col("Relationship.RelationshipStatus") == "ACTIVE",
            ).select(entity=CHILD, parent=PARENT)
        )
    told = pl.concat(found) if found else pl.DataFrame(schema={"entity": pl.String, "parent": pl.String})
    return told.sort("entity", "parent").unique("entity", keep="first", maintain_order=True)


def _blocks(path: Path, required: Sequence[str], optional: Sequence[str], max_bytes: int) -> Iterator[pl.DataFrame]:
    import pyarrow as pa
    from pyarrow import csv

    header = _header(path, max_bytes)
    missing = [name for name in required if name not in header]
    if missing:
        remedy = "download the golden copy as CSV from https://www.gleif.org and give its file."
        raise DataError(f"{path.name} is no golden copy of this level.", columns=missing, remedy=remedy)
    columns = [*required, *(name for name in optional if name in header)]
    types = dict.fromkeys(columns, pa.string())
    with _opened(path, max_bytes) as stream:
        try:
            reader = csv.open_csv(
                pa.PythonFile(stream, mode="r"),
                read_options=csv.ReadOptions(block_size=BLOCK, use_threads=False),
                parse_options=csv.ParseOptions(newlines_in_values=True),
                convert_options=csv.ConvertOptions(include_columns=columns, column_types=types),
            )
            for batch in reader:
                block = pl.from_arrow(pa.Table.from_batches([batch]))
                assert isinstance(block, pl.DataFrame)  # noqa: S101
                yield block
        except pa.ArrowInvalid as error:
            raise DataError(f"{path.name} is damaged ({error}).", remedy=AGAIN) from None


def _header(path: Path, max_bytes: int) -> list[str]:
    with _opened(path, max_bytes) as stream:
        first = io.BytesIO(stream.read(1 << 20) or b"").readline()
    text = first.decode("utf-8-sig", "replace").strip()
    return [name.strip().strip('"') for name in text.split(",")]


@contextmanager
def _opened(path: Path, max_bytes: int) -> Iterator[io.RawIOBase]:
    if not path.is_file():
        raise DataError(f"{path} is no file.", remedy="give the golden copy's CSV or ZIP file.")
    with ExitStack() as stack:
        if zipfile.is_zipfile(path):
            archive = stack.enter_context(zipfile.ZipFile(path))
            members = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(members) != 1:
                raise DataError(f"{path.name} holds {len(members)} CSV files, not one.", remedy="give the CSV alone.")
            stream: IO[bytes] = stack.enter_context(archive.open(members[0]))
        elif path.suffix.lower() == ".gz":
            stream = cast("IO[bytes]", stack.enter_context(gzip.open(path)))
        else:
            stream = stack.enter_context(path.open("rb"))
        yield _Bounded(stream, path.name, max_bytes)


class _Bounded(io.RawIOBase):
    """A stream that ends in an error rather than in a full memory."""

    def __init__(self, stream: IO[bytes], name: str, max_bytes: int) -> None:
        self._stream, self._name, self._left = stream, name, max_bytes

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        try:
            data = self._stream.read(size)
        except (EOFError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{self._name} is damaged ({error}).", remedy=AGAIN) from None
        self._left -= len(data)
        if self._left < 0:
            raise DataError(f"{self._name} unpacks to more than the bytes that are allowed.", remedy="raise max_bytes.")
        return data
