"""Customers whose id a register knows: matched at once, unless what is said beside the id speaks against it.

A parent's id beside the name of its subsidiary is the usual slip: it would put one company's insolvency on another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.sources.matching.normal_names import NormalName, spellings
from credrisk.sources.matching.pairs import same_form
from credrisk.sources.matching.register import id_key
from credrisk.sources.matching.result import CANDIDATES
from credrisk.sources.matching.telling_words import TELLING, is_number

__all__ = ["ID_BUT_NOT_NAME", "matched_by_id", "names_alike"]

_CODE = 2
"""Letters of a country's code; what else stands there is not compared."""
_LEAST_ALIKE = 55.0
"""Of 100, in words or letters: names of two companies picked at random reach about 40."""
_SHORTEST_WORD, _LONG_WORD = 3, 5
_A_SLIP = 75.0
"""Of 100: what one or two wrong letters leave of a long word; of a short one they make another."""
ID_BUT_NOT_NAME = "the id fits, the name does not"
_TELLING = "the id fits, but a word or number that only one name has tells sister companies apart: "
_LACKING = "the id fits, but no name of the entity has what the customer's has: "
_FORM = "the id fits, but the legal form is another"
_COUNTRY = "the id fits, but the register has it in another country: "
_NAMESAKE = "the id fits, but the register has this very name under another id: "


@dataclass(frozen=True)
class _Judged:
    entry: int
    reason: str
    sure: bool
    other_name: bool
    """Whether the entity bears no name of the customer's words."""
    abroad: bool = False
    """Whether the register has it in another country, and nothing else speaks against it."""


def matched_by_id(customers: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Return the candidates (:data:`~credrisk.sources.matching.result.CANDIDATES`) that a given id points to.

    ``auto`` with score 1 where the customer's name is like one of the entity's or there is none to compare; ``review``
    with score 0.5 where the names have nothing in common (a mistyped id, or a company renamed since), where only one of
    them has a word or number that tells sister companies apart, where no name of the entity has a word of the
    customer's, where the legal form differs, and where the register
    has the customer's very name under another id. So it is where the country differs and so do the names; the seat of a
    company may be abroad.
    """
    id_column = entries["id_column"][0]
    if id_column not in customers.columns:
        return pl.DataFrame(schema=CANDIDATES)
    given = customers.select("customer_id", "name", "country", key=id_key(pl.col(id_column), id_column))
    listed = entries.with_row_index("entry").with_columns(key=id_key(pl.col("entity"), id_column))
    pairs = given.drop_nulls("key").join(
        listed.select("key", "entry", "legal_form", entry_name="name", seat="country"),
        on="key",
        how="inner",
        maintain_order="left_right",
    )
    judged = {
        str(customer): _judged(rows.to_dicts())
        for (customer,), rows in pairs.group_by("customer_id", maintain_order=True)
    }
    unlike = given.filter(
        pl.col("customer_id").is_in([one for one, said in judged.items() if said.other_name or said.abroad])
    )
    judged |= _with_namesakes(unlike, judged, entries)
    verdicts = pl.DataFrame(
        [(customer, said.entry, said.reason, said.sure) for customer, said in judged.items()],
        schema={"customer_id": pl.String, "entry": pl.UInt32, "reason": pl.String, "sure": pl.Boolean},
        orient="row",
    )
    return verdicts.join(listed, on="entry", how="left", maintain_order="left").select(
        "customer_id",
        "register",
        "id_column",
        "entity",
        pl.col("name").alias("entity_name"),
        pl.when("sure").then(1.0).otherwise(0.5).alias("score"),
        pl.when("sure").then(pl.lit("auto")).otherwise(pl.lit("review")).alias("zone"),
        pl.lit("rule").alias("decided_by"),
        pl.lit("id").alias("how"),
        "reason",
        pl.lit(None, pl.Date).alias("valid_from"),
        pl.lit(None, pl.Date).alias("valid_to"),
        "parent",
        pl.lit(None, pl.String).alias("rejected"),
        pl.concat_str("city", "country", separator=", ", ignore_nulls=True).alias("entity_place"),
        pl.lit(1, pl.Int64).alias("place"),
    )


def _judged(rows: Sequence[dict[str, Any]]) -> _Judged:
    """Judge one customer against all names of the entity that its id points to."""
    name, country = rows[0]["name"], rows[0]["country"]
    if name is None:
        first = min(rows, key=lambda row: row["entry_name"])
        return _Judged(first["entry"], "the id fits; the customer has no name to check it by", True, False)
    likest = min(rows, key=lambda row: (-_alike(name, row["entry_name"]), row["entry_name"]))
    mine = spellings(name)
    theirs = [way for row in rows for way in spellings(row["entry_name"], stated_form=row["legal_form"])]
    other_name = not any(one.words == two.words for one in mine for two in theirs)
    telling = min(
        (_only_in_one(one, two) for one in mine for two in theirs), key=lambda words: (len(words), words), default=[]
    )
    seats = sorted({row["seat"] for row in rows if row["seat"]})
    if _alike(name, likest["entry_name"]) < _LEAST_ALIKE:
        doubt = ID_BUT_NOT_NAME
    elif telling:
        doubt = _TELLING + ", ".join(telling)
    elif lacking := min((_lacking(one, two) for one in mine for two in theirs), key=lambda words: (len(words), words)):
        doubt = _LACKING + ", ".join(lacking)
    elif all(same_form(one.form, two.form) == -1 for one in mine for two in theirs):
        doubt = _FORM
    elif other_name and _is_abroad(country, seats):
        doubt = _COUNTRY + ", ".join(seats)
    else:
        doubt = ""
    abroad = not doubt and _is_abroad(country, seats)
    return _Judged(likest["entry"], doubt or "the id fits and the name is like it", not doubt, other_name, abroad)


def _only_in_one(mine: NormalName, theirs: NormalName) -> list[str]:
    alone = {*mine.words} ^ {*theirs.words}
    return sorted(word for word in alone if word in TELLING or is_number(word))


def _lacking(mine: NormalName, theirs: NormalName) -> list[str]:
    """Return the words of a name that another has in no spelling: not cut short, run together or with a slip."""
    whole = theirs.text.replace(" ", "")
    initials = "".join(word[0] for word in theirs.words)
    return sorted(
        word
        for word in {*mine.words} - {*theirs.words}
        if len(word) >= _SHORTEST_WORD
        and not any(other.endswith(word) for other in theirs.words if len(word) >= _LONG_WORD)
        and word != whole
        and word not in initials
        and not any(_one_word(word, other) for other in theirs.words)
    )


def _one_word(one: str, other: str) -> bool:
    from rapidfuzz.fuzz import ratio

    short, long = sorted((one, other), key=len)
    return (len(short) >= _SHORTEST_WORD and long.startswith(short)) or (
        len(short) >= _LONG_WORD and ratio(one, other) >= _A_SLIP
    )


def _is_abroad(country: str | None, seats: Sequence[str]) -> bool:
    """Tell whether both sides state a country, in two letters, and they differ."""
    codes = [one for one in seats if len(one) == _CODE]
    return bool(country and len(country) == _CODE and codes and country not in codes)


def _with_namesakes(customers: pl.DataFrame, judged: dict[str, _Judged], entries: pl.DataFrame) -> dict[str, _Judged]:
    """Put to review whose very name another entity bears; of an entity abroad, one in the customer's own country.

    Looked for among names that begin with the same word.
    """
    begins = pl.col("name").str.to_lowercase().str.extract(r"(\w+)").alias("begins")
    among = (
        entries.with_columns(begins)
        .join(customers.select(begins), on="begins", how="semi", maintain_order="left")
        .select("entity", "name", "legal_form", "country")
    )
    bearers: dict[tuple[str, ...], list[tuple[str, str, str | None]]] = defaultdict(list)
    for entity, name, form, country in among.iter_rows():
        for way in spellings(name, stated_form=form):
            bearers[way.words].append((way.form, entity, country))
    found = {}
    for customer, name, country in customers.select("customer_id", "name", "country").iter_rows():
        said = judged[customer]
        at_home = country if said.abroad else None
        if name is not None and (others := _bearing(spellings(name), bearers, at_home)):
            found[customer] = _Judged(said.entry, _NAMESAKE + ", ".join(others), False, True)
    return found


def _bearing(
    mine: Iterable[NormalName], bearers: dict[tuple[str, ...], list[tuple[str, str, str | None]]], country: str | None
) -> list[str]:
    """Return up to three entities that bear one of the spellings, in a country where one is given."""
    named = {
        entity
        for way in mine
        for form, entity, seat in bearers.get(way.words, ())
        if same_form(way.form, form) != -1 and (country is None or seat == country)
    }
    return sorted(named)[:3]


def names_alike(one: str, other: str) -> bool:
    """Tell whether two names may be of one company: False only where they are absurdly different."""
    return _alike(one, other) >= _LEAST_ALIKE


def _alike(one: str, other: str) -> float:
    from rapidfuzz.fuzz import token_set_ratio, token_sort_ratio

    ways = [(mine.text, theirs.text) for mine in spellings(one) for theirs in spellings(other)]
    squeezed = [tuple(text.replace(" ", "") for text in pair) for pair in ways]
    return max(max(token_set_ratio(*pair), token_sort_ratio(*pair)) for pair in [*ways, *squeezed])
