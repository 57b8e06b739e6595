"""Which names belong together because a chain of pairs links them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

__all__ = ["smallest_linked"]


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
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = (column.to_numpy() for column in pairs.columns)
    names, places = np.unique(np.concatenate([left, right]).astype(object), return_inverse=True)
    ends = places.reshape(2, -1)
    links = coo_array((np.ones(ends.shape[1], dtype=np.int8), (ends[0], ends[1])), shape=(len(names),) * 2)
    count, component = connected_components(links, directed=False)
    # The names are sorted, so the first of a component is its smallest.
    first = np.full(count, len(names))
    np.minimum.at(first, component, np.arange(len(names)))
    texts = pa.array(names, pa.string())
    return pa.table({"name": texts, "smallest": texts.take(pa.array(first[component], pa.int64()))})
