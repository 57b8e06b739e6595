"""How large a sheet comes out on paper, and whether squeezing it a little spares a nearly empty last page."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ROW_HEIGHT", "pages_high"]

PAGE_WIDTH, PAGE_HEIGHT = 784.0, 516.0
"""Points of A4 on its side within the margins of the sheets."""
ROW_HEIGHT = 15.0
"""Points of a row that nobody made higher."""
SQUEEZED = 0.75
"""A table may come out at this share of the size that its width allows, so that it stays on one page."""


def pages_high(widths: Iterable[float], heights: Iterable[float]) -> int:
    """Return over how many pages a sheet one page wide may go: 1 where it nearly fits on one, else 0 for any number.

    Parameters
    ----------
    widths
        Of the printed columns, in characters as spreadsheets count them.
    heights
        Of the printed rows, in points.
    """
    scale = min(1.0, PAGE_WIDTH / max(sum(5.25 * width + 3.75 for width in widths), 1.0))
    return int(sum(heights) * scale * SQUEEZED <= PAGE_HEIGHT)
