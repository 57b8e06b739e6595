"""Names that a chain of pairs links get the smallest of them."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from credrisk.engines.components import smallest_linked

NAMES = st.sampled_from(["a", "B", "b", "", "10", "9", "ß", "é", "c1", "c2", "c3"])


def table(pairs: list[tuple[str, str]]) -> pa.Table:
    left, right = ([pair[side] for pair in pairs] for side in (0, 1))
    return pa.table({"one": pa.array(left, pa.string()), "other": pa.array(right, pa.string())})


def spread_out(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Hand the smaller name on along the pairs until nothing changes."""
    smallest = {name: name for pair in pairs for name in pair}
    changed = True
    while changed:
        changed = False
        for pair in pairs:
            least = min(smallest[name] for name in pair)
            for name in pair:
                changed |= smallest[name] != least
                smallest[name] = least
    return smallest


@given(st.lists(st.tuples(NAMES, NAMES)))
def test_the_smallest_name_of_each_chain(pairs: list[tuple[str, str]]) -> None:
    found = smallest_linked(table(pairs))
    assert dict(zip(*(column.to_pylist() for column in found.columns), strict=True)) == spread_out(pairs)


def test_a_chain_in_any_order() -> None:
    found = smallest_linked(table([("d", "c"), ("x", "y"), ("b", "c"), ("b", "a")]))
    assert found.to_pylist() == [
        {"name": name, "smallest": least} for name, least in zip("abcdxy", "aaaaxx", strict=True)
    ]
