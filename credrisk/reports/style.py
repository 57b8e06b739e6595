"""One look for page, workbook and charts: colours that colour-blind readers can tell apart, and short figures."""

from __future__ import annotations

import math

from credrisk.injection import DIRECTIONS
from credrisk.wording import money

__all__ = [
    "ACCENT",
    "BASELINE",
    "CASH",
    "CREDITS",
    "FEES",
    "FONTS",
    "INK",
    "MARK",
    "MUTED",
    "NOT_DUE",
    "RULE",
    "SERIES",
    "axis_unit",
    "bucket_colours",
    "cut_at_word",
    "short_figure",
    "short_money",
    "truncated",
    "whole_figure",
]

INK = "#1b2733"
MUTED = "#5a6673"
RULE = "#dde2e8"
ACCENT = "#0f5c87"
MARK = "#c4480c"
BASELINE = "#8b97a4"
NOT_DUE = "#d6dfe7"
CREDITS = "#79aaa2"
FEES = "#9a8fb5"
CASH = "#3d7f86"
SERIES = (ACCENT, MARK, INK, "#8fb3c9", "#e0a44a", "#a97079")
"""Lines of equal rank, at most six, told apart by hue and by lightness."""
_PAST_DUE = ((236, 190, 116), (214, 138, 58), (172, 82, 28), (108, 38, 12))
"""Light to dark with age, one hue: the order survives every colour vision and a grey print."""

FONTS = "'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"

_UNITS = ((1e12, "tn", "trillion"), (1e9, "bn", "billion"), (1e6, "m", "million"), (1e3, "k", "thousand"))


def bucket_colours(count: int) -> list[str]:
    """Return the colours of ``not_due`` and the past-due buckets after it, ``count`` in all."""
    colours = [NOT_DUE]
    for index in range(count - 1):
        place = index * (len(_PAST_DUE) - 1) / max(count - 2, 1)
        low = min(int(place), len(_PAST_DUE) - 2)
        mixed = (round(a + (b - a) * (place - low)) for a, b in zip(_PAST_DUE[low], _PAST_DUE[low + 1], strict=True))
        colours.append("#{:02x}{:02x}{:02x}".format(*mixed))
    return colours[:count]


def short_money(amount: float | None, currency: str) -> str:
    """Write an amount in three figures: ``1.24 m EUR``, ``824 k EUR``; below 1,000 as everywhere else."""
    if amount is None or math.isnan(amount) or abs(amount) < 1000:
        return money(amount, currency)
    return f"{short_figure(amount)} {currency}"


def short_figure(amount: float) -> str:
    """Write an amount in three figures without its currency: ``1.24 m``, ``824 k``, ``612``."""
    if abs(amount) < 1000:
        return f"{amount:,.0f}" if round(amount) else "0"
    rounded = float(f"{amount:.3g}")
    size, letter, _ = next(unit for unit in _UNITS if abs(rounded) >= unit[0])
    figure = rounded / size
    return f"{figure:,.0f} {letter}" if abs(figure) >= 1000 else f"{figure:.3g} {letter}"


def whole_figure(amount: float) -> str:
    """Write an amount of a table: whole units with separators, so that the figures of a column stand under each other.

    Below one unit it would read as nothing; it is written to the cent.
    """
    if 0 < abs(amount) < 0.5:
        return f"{amount:,.2f}"
    return f"{round(amount):,}"


def axis_unit(largest: float, currency: str) -> tuple[float, str]:
    """Return the divisor and the words of an axis on which ``largest`` is the largest amount."""
    for size, _, word in _UNITS:
        if abs(largest) >= 2 * size:
            return size, f"{word} {currency}"
    return 1.0, currency


def truncated(text: str, length: int) -> str:
    """Cut ``text`` to ``length`` characters, the last of them an ellipsis where something was cut.

    Marks that turn the direction of writing are left out: they would turn the words around the text as well.
    """
    flat = " ".join(text.translate(DIRECTIONS).split())
    return flat if len(flat) <= length else f"{flat[: length - 1].rstrip()}…"


def cut_at_word(text: str, length: int) -> str:
    """Cut prose as :func:`truncated` does, but after a whole word, unless that would leave less than half of it."""
    cut = truncated(text, length)
    words = cut.rpartition(" ")[0].rstrip(" ,;:")
    return f"{words}…" if cut.endswith("…") and len(words) > length / 2 else cut
