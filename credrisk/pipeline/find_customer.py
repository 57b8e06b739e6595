"""Which account somebody means: by its id, by its name, or by words that only one name has; never by a guess."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import polars as pl

from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger

__all__ = ["Near", "find_customer", "nearest_customers"]

NEAREST = 5


@dataclass(frozen=True)
class Near:
    """An account whose id or name is near what was asked for: ``score`` 0 to 100."""

    customer_id: str
    name: str
    score: float


def find_customer(ledger: Ledger, company: str) -> str:
    """Return the id of the account that is meant.

    An id goes before a name; of names the one that is the same but for case, accents and blanks, else the only one
    that holds every word asked for.

    Raises
    ------
    ParameterError
        When no account fits, or several do: the nearest are named.
    """
    rows = [(str(one), str(name or "")) for one, name in ledger.table("customers").select("customer_id", "name").rows()]
    if company in {one for one, _ in rows}:
        return company
    wanted = _plain(company)
    same = [one for one, name in rows if wanted and _plain(name) == wanted]
    words = set(wanted.split())
    fitting = same or [one for one, name in rows if words and words <= set(_plain(name).split())]
    if len(fitting) == 1:
        return fitting[0]
    near = (
        nearest_customers(ledger, company)
        if not fitting
        else [Near(one, name, 100.0) for one, name in rows if one in set(fitting)][:NEAREST]
    )
    named = "; ".join(f"{each.customer_id} {each.name}".strip() for each in near) or "none"
    rule = "the id or the name of one account"
    more = f" ({len(fitting)} fit)" if fitting else ""
    raise ParameterError("company", rule, company, remedy=f"give the id of one of the nearest{more}: {named}.")


def nearest_customers(ledger: Ledger, company: str, *, limit: int = NEAREST) -> list[Near]:
    """Return the accounts whose name or id is nearest to a text, the nearest first."""
    from rapidfuzz import fuzz, process

    rows = ledger.table("customers").select("customer_id", pl.col("name").fill_null("")).sort("customer_id").rows()
    wanted = _plain(company)
    scored: dict[str, float] = {}
    for place in (0, 1):
        choices = {row[0]: _plain(str(row[place])) for row in rows}
        for _, score, one in process.extract(wanted, choices, scorer=fuzz.WRatio, limit=limit):
            scored[one] = max(score, scored.get(one, 0.0))
    names = dict(rows)
    ranked = sorted(scored.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]
    return [Near(one, str(names[one]), score) for one, score in ranked]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(mark if mark.isalnum() else " " for mark in folded if not unicodedata.combining(mark))
    return " ".join(kept.split())
