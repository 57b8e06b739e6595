"""The review file: what a person decides about a proposed match, honoured ever after.

A CSV with one row a proposal and an empty column ``decision``. ``accept`` and ``reject`` speak of the entity in the
row; the id of another entity says that it is that one. Rows with a decision are kept as they are, for good.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import polars as pl

from credrisk.atomic import new_file
from credrisk.errors import DataError
from credrisk.injection import ESCAPED, harmless
from credrisk.sources.gleif_values import lei_of
from credrisk.sources.matching.register import ID_COLUMNS, id_key, plain_id, read_texts
from credrisk.sources.matching.result import MATCHES

__all__ = ["REVIEW", "decided", "read_review", "review_of", "review_rows", "write_review"]

REVIEW = (
    "decision",
    "customer_id",
    "customer_name",
    "customer_place",
    "register",
    "id_column",
    "entity",
    "entity_name",
    "entity_place",
    "score",
    "reason",
    "reviewer",
    "reviewed_on",
    "note",
)
"""Columns of the review file, all text; ``reviewer``, ``reviewed_on`` and ``note`` are the reader's, optional."""

_NEEDED = ("decision", "customer_id", "register", "id_column", "entity")
_SPOILT = r"^\d[.,]\d+[eE]\+\d+$"


def read_review(path: str | PathLike[str]) -> pl.DataFrame:
    """Read a review file as it stands: all cells text, columns of the reader's own included; empty if there is none.

    Raises
    ------
    DataError
        When it cannot be read or lacks a column, a decision is none, or two contradict each other.
    """
    path = Path(path)
    if not path.exists():
        return pl.DataFrame(schema=dict.fromkeys(REVIEW, pl.String))
    try:
        frame = read_texts(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        said = str(error).splitlines()[0]
        remedy = "save it as CSV UTF-8, one row a line, the headings first."
        raise DataError(f"{path.name} cannot be read ({said}).", table="review file", remedy=remedy) from None
    return review_of(
        frame.with_columns(
            pl.when(pl.col(name).str.contains(ESCAPED)).then(pl.col(name).str.slice(1)).otherwise(name).alias(name)
            for name in frame.columns
        )
    )


def review_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Return decisions checked, as text, with all columns of :data:`REVIEW` and the reader's own.

    Raises
    ------
    DataError
        When a column is missing, a decision is none, or two contradict each other.
    """
    if missing := [name for name in _NEEDED if name not in frame.columns]:
        raise DataError("columns are missing.", table="review file", columns=missing, remedy=_KEEP)
    absent = (pl.lit(None, pl.String).alias(name) for name in REVIEW if name not in frame.columns)
    said = frame.select(pl.all().cast(pl.String), *absent)
    _check(said)
    return said


_KEEP = "keep the columns that `credrisk match` wrote, and fill in `decision` alone."


def _word() -> pl.Expr:
    return pl.col("decision").str.strip_chars().str.to_lowercase()


def _is_no_lei(text: str) -> bool:
    return lei_of(text) is None


def _made(said: pl.DataFrame) -> pl.DataFrame:
    return said.filter(_word().fill_null("") != "")


def _check(said: pl.DataFrame) -> None:
    made = _made(said)
    problems = {
        "is neither accept nor reject nor an id (an id has a figure)": ~_word().is_in(["accept", "reject"])
        & ~_word().str.contains(r"\d"),
        "is in a row without customer_id, register, id_column or entity": pl.any_horizontal(
            pl.col(name).fill_null("") == "" for name in _NEEDED[1:]
        ),
        f"is for an id_column that is none of {', '.join(ID_COLUMNS)}": ~pl.col("id_column").is_in(ID_COLUMNS),
        "is for an id that a spreadsheet turned into a rounded number": pl.col("entity").str.contains(_SPOILT)
        | _word().str.contains(_SPOILT),
        "names an LEI whose check digits are wrong (mistyped?)": (pl.col("id_column") == "lei")
        & ~_word().is_in(["accept", "reject"])
        & plain_id(pl.col("decision"), "lei").map_elements(_is_no_lei, return_dtype=pl.Boolean),
    }
    for problem, holds in problems.items():
        bad = made.filter(holds.fill_null(False))
        _refuse(bad, f"a decision {problem}.")
    for kind in made["id_column"].unique().sort():
        about = _entities(made, kind)
        yes = pl.col("verdict") == "accept"
        several = about.filter(yes).filter(pl.col("entity").n_unique().over("customer_id", "register") > 1)
        _refuse(several, "a customer is said to be two entities of one register.")
        both = about.filter(pl.col("verdict").n_unique().over("customer_id", "register", "entity") > 1)
        _refuse(both, "one pair is accepted and rejected.")


def _refuse(bad: pl.DataFrame, problem: str) -> None:
    if bad.height:
        ids = [str(name) for name in bad["customer_id"]]
        raise DataError(problem, table="review file", columns=("decision",), rows=bad.height, ids=ids, remedy=_KEEP)


def _entities(made: pl.DataFrame, id_column: str) -> pl.DataFrame:
    """Return the decisions about one kind of id as ``verdict`` (accept, reject) on ``entity``; another id is both."""
    mine = made.filter(pl.col("id_column") == id_column)
    other = ~_word().is_in(["accept", "reject"])
    shown = mine.with_columns(
        verdict=pl.when(other).then(pl.lit("reject")).otherwise(_word()), entity=plain_id(pl.col("entity"), id_column)
    )
    named = mine.filter(other).with_columns(
        verdict=pl.lit("accept"), entity=plain_id(pl.col("decision"), id_column), entity_name=pl.lit(None, pl.String)
    )
    said = shown.join(named, on=("customer_id", "register", "entity"), how="anti", maintain_order="left")
    return pl.concat((said, named))


def decided(said: pl.DataFrame, entries: pl.DataFrame, customers: pl.DataFrame, verdict: str) -> pl.DataFrame:
    """Return what was decided about one register's entities, in the columns of a match.

    ``verdict`` is ``accept`` or ``reject``. An entity that the register no longer has keeps the name written in the
    file; customer ids that lost their zeros in a spreadsheet find their customer where only one fits.
    """
    register, id_column = entries["register"][0], entries["id_column"][0]
    made = _entities(_made(said), id_column).filter((pl.col("register") == register) & (pl.col("verdict") == verdict))
    key = id_key(pl.col("entity"), id_column).alias("key")
    surest = entries.select(key, "parent", now="entity", registered="name").unique(
        "key", keep="first", maintain_order=True
    )
    rows = made.with_columns(key).join(surest, on="key", how="left", maintain_order="left")
    gone = pl.col("registered").is_null()
    return (
        rows.with_columns(
            customer_id=_mended(rows["customer_id"], customers["customer_id"]),
            entity=pl.coalesce("now", "entity"),
            entity_name=pl.coalesce("registered", "entity_name"),
            score=pl.lit(1.0),
            zone=pl.lit("auto"),
            decided_by=pl.lit("review_file"),
            how=pl.lit("review"),
            reason=pl.when(gone)
            .then(pl.lit("a person's decision; the register does not have it (no longer, or the id is mistyped)"))
            .otherwise(pl.lit("a person's decision")),
            valid_from=pl.lit(None, pl.Date),
            valid_to=pl.lit(None, pl.Date),
            rejected=pl.lit(None, pl.String),
        )
        .select(*MATCHES)
        .unique(("customer_id", "entity"), keep="first", maintain_order=True)
    )


def _mended(ids: pl.Series, known: pl.Series) -> pl.Series:
    bare = pl.DataFrame({"id": known.unique()}).with_columns(bare=pl.col("id").str.strip_chars_start("0"))
    single = bare.filter(~pl.col("bare").is_duplicated() & pl.col("bare").str.contains(r"^\d+$"))
    asked = pl.DataFrame({"given": ids}).with_columns(bare=pl.col("given").str.strip_chars_start("0"))
    found = asked.join(single, on="bare", how="left", maintain_order="left")
    keeps = pl.col("given").is_in(known.implode())
    return found.select(pl.when(keeps).then("given").otherwise(pl.coalesce("id", "given")))["given"]


def review_rows(proposed: pl.DataFrame, customers: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the new review file: every row decided or annotated, as it was, then the open proposals."""
    text = pl.String()
    annotated = pl.col("note").fill_null("") != ""
    kept = said.filter((_word().fill_null("") != "") | annotated)
    who = customers.select(
        "customer_id",
        pl.col("name").alias("customer_name"),
        pl.concat_str("city", "country", separator=", ", ignore_nulls=True).alias("customer_place"),
    )
    pair = ("customer_id", "register", "id_column", "entity")
    fresh = (
        proposed.join(who, on="customer_id", how="left", maintain_order="left")
        .join(kept.select(pair), on=pair, how="anti", maintain_order="left")
        .sort("register", "id_column", "customer_id", "place")
        .with_columns(
            pl.col("score").round(3).cast(text),
            *(pl.lit(None, text).alias(name) for name in ("decision", "reviewer", "reviewed_on", "note")),
        )
        .select(*REVIEW)
    )
    return pl.concat((kept, fresh), how="diagonal")


def write_review(review: pl.DataFrame, path: str | PathLike[str]) -> None:
    """Write the review file, whole or not at all; cells that a spreadsheet would run as a formula are made harmless.

    It begins with the mark by which spreadsheets read UTF-8, else they show and save accents wrongly.
    """
    with new_file(path) as draft:
        review.with_columns(harmless(name) for name in review.columns).write_csv(draft, include_bom=True)
