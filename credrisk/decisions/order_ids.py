"""Which account is meant by an id that the ledger does not know: the ids that come nearest to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

__all__ = ["bare_ids", "nearest_ids", "same_but_for_writing"]

SHOWN = 3


def bare_ids(known: Iterable[str]) -> dict[str, str]:
    """Return every id by what is left of it without letter case, signs and leading zeros; of several the first."""
    found: dict[str, str] = {}
    for one in sorted(known):
        found.setdefault(_bare(one), one)
    return found


def same_but_for_writing(customer_id: str, bare: Mapping[str, str]) -> str | None:
    """Return the id that differs from the given one in its writing only; ``bare`` is of :func:`bare_ids`."""
    return bare.get(_bare(customer_id))


def nearest_ids(customer_id: str, known: Iterable[str]) -> list[str]:
    """Return up to three ids that come nearest to the given one, the nearest first; none where nothing is like it.

    Examples
    --------
    >>> nearest_ids("c006", ["C006", "C007", "D900"])
    ['C006']
    """
    bare = bare_ids(known)
    same = same_but_for_writing(customer_id, bare)
    if same is not None:
        return [same]
    return [bare[name] for name in get_close_matches(_bare(customer_id), bare, n=SHOWN, cutoff=0.75)]


def _bare(customer_id: str) -> str:
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", re.sub(r"[\W_]+", "", customer_id.casefold()))
