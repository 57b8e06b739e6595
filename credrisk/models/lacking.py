"""What a probability has to do without: of which kinds of company information nothing is known of a customer.

Features are null where a statement, event, rating or market series is not known, and the model then says what it says
of customers like that. This tells which they are: a probability from the seller's own books alone knows less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from credrisk.features.catalogue import catalogue, from_company_information
from credrisk.wording import counted

__all__ = ["information_note", "lacks_of", "learnt_kinds", "learnt_note"]

COUNTED = "events"
"""Of this kind a count tells that there is a source; of the others it is 0 without one."""
LOOKED = " (there is a table of them; it does not say who was looked up)"


def lacks_of(rows: pl.DataFrame, *, of: Iterable[str] | None = None) -> pl.Series:
    """Return for each row the kinds of company information that nothing is known of.

    Parameters
    ----------
    rows
        Features, one row a customer.
    of
        The kinds to look for; None = statements, events, ratings and market series.

    Returns
    -------
    polars.Series
        ``lacks``: the kinds, joined by commas, null where none lacks. A kind lacks where every feature of it that
        ``rows`` has is null, counts left out but for events; one of which ``rows`` has no such feature lacks too.
    """
    entries, found = catalogue(), from_company_information(rows.columns)
    kinds = [kind for kind in found if of is None or kind in set(of)]
    told = [
        pl.when(
            pl.all_horizontal(
                pl.lit(True),
                *(pl.col(name).is_null() for name in found[kind] if kind == COUNTED or entries[name].unit != "count"),
            )
        ).then(pl.lit(kind))
        for kind in kinds
    ]
    if not told:
        return pl.Series("lacks", [None] * rows.height, dtype=pl.String)
    said = pl.concat_str(told, separator=", ", ignore_nulls=True)
    return rows.with_columns(lacks=pl.when(said != "").then(said))["lacks"]


def learnt_kinds(model: Any) -> tuple[str, ...]:
    """Return the kinds of company information from which a fitted BadDebtModel could learn anything."""
    dropped = {*model.evidence_["dropped_null"], *model.evidence_["dropped_constant"]}
    names = [name for name in model.feature_names_in_ if name not in dropped]
    return tuple(kind for kind, own in from_company_information(names).items() if own)


def information_note(lacks: Sequence[str | None], models: Mapping[str, Any]) -> str:
    """Say of how many customers each kind is known, and which kinds a model learnt from and has no more.

    Parameters
    ----------
    lacks
        Of the customers scored, from :func:`lacks_of`.
    models
        Fitted models by what they predict, in words.
    """
    kinds = tuple(from_company_information(()))
    missing = [set(one.split(", ")) if one else set() for one in lacks]
    known = {kind: sum(kind not in one for one in missing) for kind in kinds}
    whole = counted(len(missing), "customer")
    some = [f"{kind} of {number:,}{LOOKED * (kind == COUNTED)}" for kind, number in known.items() if number]
    none = [kind for kind, number in known.items() if not number]
    said = f"Company information, of {whole}: {', '.join(some) or 'none at all'}."
    if some and none:
        said += f" Nothing is known of {', '.join(none)}."
    if none:
        said += " Where it lacks, the probabilities rest on the seller's own books."
    for words, model in models.items():
        gone = [kind for kind in learnt_kinds(model) if kind in none]
        if gone and len(missing):
            said += f" The model of {words} learnt from {', '.join(gone)} and now has to do without: it says less."
    return said


def learnt_note(lacks: Sequence[str | None]) -> str:
    """Say of how many customers a kind is not known from which a model learnt; "" where each is known of all.

    Parameters
    ----------
    lacks
        Of the customers scored, from :func:`lacks_of` with the kinds that the models learnt from.
    """
    missing = [one.split(", ") for one in lacks if one]
    counts = {kind: sum(kind in one for one in missing) for kind in from_company_information(())}
    told = [f"{kind} of {number:,}" for kind, number in counts.items() if number]
    if not told:
        return ""
    whole = counted(len(lacks), "customer")
    return f"Of {whole} company information that a model learnt from is not known: {', '.join(told)}."
