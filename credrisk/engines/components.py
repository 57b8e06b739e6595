"""Which names belong together because a chain of pairs links them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

__all__ = ["smallest_linked", "smallest_number"]


def smallest_linked(pairs: pa.Table) -> pa.Table:
    """Return for every name in the pairs the smallest name to which a chain of pairs links it.

    Parameters
    ----------
    pairs
        Two columns of text without nulls; a row links the two names.

    Returns
    -------
    pyarrow.Table
        ``name`` and ``smallest`` (by code point), one row a name.
    """
    left, right = (column.to_numpy() for column in pairs.columns)
    names, places = np.unique(np.concatenate([left, right]).astype(object), return_inverse=True)
    # The names are sorted, so the smallest number of a component is that of its smallest name.
    smallest = smallest_number(places.reshape(2, -1), len(names))
    texts = pa.array(names, pa.string())
    return pa.table({"name": texts, "smallest": texts.take(pa.array(smallest, pa.int64()))})


def smallest_number(pairs: np.ndarray, count: int) -> np.ndarray:
    """Return for each number under ``count`` the smallest to which a chain of pairs links it, itself where none does.

    Parameters
    ----------
    pairs
        Two rows of numbers; a column links the two.
    count
        How many numbers there are.
    """
    if not pairs.size:
        return np.arange(count)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(pairs.shape[1], dtype=np.int8), (pairs[0], pairs[1])), shape=(count, count))
    components, component = connected_components(links, directed=False)
    first = np.full(components, count)
    np.minimum.at(first, component, np.arange(count))
    return np.asarray(first[component])
