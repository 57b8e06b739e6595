"""What the lines of totals of a file state together: a total of the totals above it is not counted a second time."""

from __future__ import annotations

from collections.abc import Sequence

from credrisk.sources.wizard.words import marks, plain

__all__ = ["stated_total"]

_CENTS = 100
_LEVELS = (1, 2)
"""The last line may be the total of totals, or of totals and of those of groups of them."""


def stated_total(totals: Sequence[tuple[str, float]]) -> float:
    """Return the amount that lines of totals state for the whole file.

    The last line counts alone where it is called a grand total, or is the sum of those above. Else totals count that
    are not the sum of all that were counted above them.

    Parameters
    ----------
    totals
        What each line says and its amount, in the order of the file; lines without an amount are not among them.
    """
    cents = [round(amount * _CENTS) for _, amount in totals]
    if not cents:
        return 0.0
    label, above = plain(totals[-1][0]), sum(cents[:-1])
    grand = any(label == word or label.startswith(f"{word} ") for word in marks("grand_total")) or label == "total"
    if grand or any(cents[-1] * times == above for times in _LEVELS):
        return cents[-1] / _CENTS
    counted, lines = 0, 0
    for amount in cents:
        if lines > 1 and amount == counted:
            continue
        counted, lines = counted + amount, lines + 1
    return counted / _CENTS
