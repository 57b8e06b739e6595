"""JSON-stat 2.0: a cube of figures as one sparse list, whose places are found by multiplying out the sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite, prod
from typing import Any

from credrisk.errors import SourceError

__all__ = ["cells"]


def cells(content: Any) -> Iterator[tuple[dict[str, str], float]]:
    """Yield every figure that there is, with the code of each of its dimensions.

    ``value`` is a mapping of flat places, in which the last dimension moves fastest, or a list with nulls.

    Raises
    ------
    SourceError
        When it is no such cube.
    """
    try:
        if content["class"] != "dataset" or str(content["version"]) != "2.0":
            raise SourceError("no dataset in JSON-stat 2.0.")
        names, sizes = [str(name) for name in content["id"]], [int(size) for size in content["size"]]
        codes = [_codes(content["dimension"][name]["category"], size) for name, size in zip(names, sizes, strict=True)]
        value = content["value"]
        places = value.items() if isinstance(value, Mapping) else enumerate(value)
        figures = [(int(place), float(figure)) for place, figure in places if figure is not None]
        if not all(isfinite(figure) for _, figure in figures):
            raise ValueError("no number")
    except (KeyError, TypeError, ValueError, AttributeError):
        raise SourceError("the cube has another shape.") from None
    total = prod(sizes)
    for place, figure in figures:
        if not 0 <= place < total:
            raise SourceError(f"the cube has {total} places, and a figure at {place}.")
        where: dict[str, str] = {}
        for name, size, own in zip(reversed(names), reversed(sizes), reversed(codes), strict=True):
            place, number = divmod(place, size)
            where[name] = own[number]
        yield where, figure


def _codes(category: Mapping[str, Any], size: int) -> list[str]:
    """Return the codes of a dimension by place: ``index`` is a mapping, a list, or left out where there is but one."""
    index = category.get("index")
    if index is None:
        codes = list(category["label"])
    elif isinstance(index, Mapping):
        codes = sorted(index, key=lambda code: int(index[code]))
        if [int(index[code]) for code in codes] != list(range(size)):
            raise ValueError("places are missing")
    else:
        codes = [str(code) for code in index]
    if len(codes) != size:
        raise ValueError("another size")
    return codes
