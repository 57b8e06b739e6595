"""Which entity of a register each customer is: exact ids first, then names and addresses, in three zones.

``auto`` is sure enough to use unseen, ``review`` is for a person to decide, ``none`` says why there is nothing. A wrong
match is worse than none, so whatever could be a sister company goes to review.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.errors import ParameterError
from credrisk.frames import as_polars, check_output, given_out
from credrisk.progress import Progress, silent
from credrisk.sources.matching.by_id import matched_by_id
from credrisk.sources.matching.by_name import matched_by_name
from credrisk.sources.matching.register import ID_COLUMNS, id_key, register_of
from credrisk.sources.matching.result import CANDIDATES, MATCHES
from credrisk.sources.matching.review_file import REVIEW, decided, review_of, review_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Matches", "match_customers"]

_READ = ("name", "country", "street", "postcode", "city")
_OTHER_ID = "the id given is not in this register"
_NOTHING_SAID = dict.fromkeys(REVIEW, pl.String())
PROPOSED = 3
"""Entities that the review file proposes for a customer, at most."""


@dataclass(frozen=True)
class Matches:
    """What was found, in pandas or Polars.

    Attributes
    ----------
    matches
        One row per customer and register, columns :data:`MATCHES`. ``score`` is the probability, 0 to 1, that the
        entity is the customer; ``entity`` is null in zone ``none``. A match by a former name speaks of the time from
        ``valid_from`` to ``valid_to`` (both inclusive, null = open).
    review
        The rows of the review file: open proposals first seen now, and every decision taken before.
    """

    matches: Any
    review: Any


def match_customers(
    customers: pl.DataFrame | pd.DataFrame,
    register: pl.DataFrame | pd.DataFrame,
    *,
    decisions: pl.DataFrame | pd.DataFrame | None = None,
    output: str = "pandas",
    progress: Progress = silent,
) -> Matches:
    """Find each customer in each register.

    Parameters
    ----------
    customers
        One row per ``customer_id``; reads ``name``, ``country`` (two letters), ``street``, ``postcode``, ``city`` and
        the id columns (lei, company_number, vat_id, cik, duns), each where it is there.
    register
        One row a name: the columns of :data:`~credrisk.sources.matching.register.REGISTER`; several registers may
        stand below one another.
    decisions
        The review file as read (:func:`~credrisk.sources.matching.review_file.read_review`): what a person decided
        stands, and a rejected pair never comes back. Where the id in ``customers`` is the one rejected, or a person
        named another, :func:`~credrisk.sources.matching.applying.apply_matches` takes it out.
    output
        ``pandas`` or ``polars``.

    Returns
    -------
    Matches
        Sorted by customer and register; the order of the rows given makes no difference.

    Raises
    ------
    ParameterError
        Without ``customer_id``, or when it is not unique.
    DataError
        When the register or the decisions break their contract.
    """
    check_output(output)
    mine = _customers(as_polars(customers, "customers"))
    entries = register_of(register)
    said = review_of(as_polars(decisions, "decisions")) if decisions is not None else pl.DataFrame(schema=_NOTHING_SAID)
    found = [pl.DataFrame(schema=MATCHES)]
    proposed = [pl.DataFrame(schema=CANDIDATES)]
    for part in entries.partition_by("register", "id_column"):
        listed = part.sort("entity", "name", "name_kind", "valid_from", "valid_to", nulls_last=True)
        accepted = decided(said, listed, mine, "accept").join(mine, on="customer_id", how="semi")
        asked = mine.join(accepted, on="customer_id", how="anti", maintain_order="left")
        rejected = decided(said, listed, mine, "reject")
        candidates = _candidates(asked, listed, rejected, progress)
        answers = pl.concat((accepted, _answers(asked, listed, candidates, rejected)))
        refused = rejected.group_by("customer_id").agg(rejected=pl.col("entity").sort().str.join("; "))
        found.append(
            answers.drop("rejected").join(refused, on="customer_id", how="left", maintain_order="left").select(*MATCHES)
        )
        proposed.append(candidates.filter((pl.col("zone") == "review") & (pl.col("place") <= PROPOSED)))
    matches = pl.concat(found).sort("customer_id", "register", "id_column")
    review = review_rows(pl.concat(proposed), mine, said)
    return Matches(given_out(matches, output), given_out(review, output))


def _customers(given: pl.DataFrame) -> pl.DataFrame:
    ids = given["customer_id"] if "customer_id" in given.columns else None
    if ids is None or ids.null_count() or ids.n_unique() < given.height:
        raise ParameterError("customers", "a frame with customer_id, one row each, none empty", given.columns)
    given = given.with_columns(pl.lit(None, pl.String).alias(name) for name in _READ if name not in given.columns)
    texts = ("customer_id", *_READ, *(name for name in ID_COLUMNS if name in given.columns))
    read = given.select(pl.col(name).cast(pl.String).str.strip_chars().replace("", None) for name in texts)
    return read.with_columns(pl.col("country").str.to_uppercase()).sort("customer_id")


def _candidates(
    customers: pl.DataFrame, entries: pl.DataFrame, rejected: pl.DataFrame, progress: Progress
) -> pl.DataFrame:
    """Return the candidates by id and, for the customers without any, by name; what was rejected is not among them."""
    id_column = entries["id_column"][0]
    pair = ("customer_id", "entity")
    by_id = matched_by_id(customers, entries).join(rejected, on=pair, how="anti", maintain_order="left")
    rest = customers.join(by_id, on="customer_id", how="anti", maintain_order="left")
    by_name = matched_by_name(rest, entries, rejected=rejected.select(pair), progress=progress)
    elsewhere = (pl.col("zone") == "auto") & pl.col("customer_id").is_in(_with_id(rest, id_column).implode())
    unsure = by_name.with_columns(
        zone=pl.when(elsewhere).then(pl.lit("review")).otherwise("zone"),
        reason=pl.when(elsewhere).then(pl.concat_str("reason", pl.lit(f"; but {_OTHER_ID}"))).otherwise("reason"),
    )
    return pl.concat((by_id, unsure))


def _with_id(customers: pl.DataFrame, id_column: str) -> pl.Series:
    if id_column not in customers.columns:
        return pl.Series("customer_id", [], dtype=pl.String)
    return customers.filter(id_key(pl.col(id_column), id_column).is_not_null())["customer_id"]


def _answers(
    customers: pl.DataFrame, entries: pl.DataFrame, candidates: pl.DataFrame, rejected: pl.DataFrame
) -> pl.DataFrame:
    """Return one row a customer: its likeliest candidate, else why there is none."""
    first = candidates.filter(pl.col("place") == 1).select(*MATCHES)
    id_column = entries["id_column"][0]
    known = pl.col("customer_id").is_in(_with_id(customers, id_column).implode())
    refused = pl.col("customer_id").is_in(rejected["customer_id"].unique().implode())
    nothing = (
        pl.when(refused)
        .then(pl.lit("what was proposed was rejected by a person, and no other name is alike enough"))
        .when(known)
        .then(pl.lit(f"{_OTHER_ID}, and no name in it is alike enough"))
        .when(pl.col("name").is_null())
        .then(pl.lit("the customer has neither a name nor an id of this register"))
        .otherwise(pl.lit("no name in the register is alike enough"))
    )
    blank = customers.join(first, on="customer_id", how="anti", maintain_order="left").select(
        "customer_id",
        pl.lit(entries["register"][0]).alias("register"),
        pl.lit(id_column).alias("id_column"),
        zone=pl.lit("none"),
        decided_by=pl.lit("rule"),
        how=pl.lit(""),
        reason=nothing,
    )
    return pl.concat((first, blank), how="diagonal")
