"""How the opening of a movement was made, what was chosen otherwise then, and what in the movement does not compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from credrisk.ledger.money import minor_factor
from credrisk.portfolio.provision.provide import Provision
from credrisk.wording import counted, money, percent

__all__ = ["RECOMPUTED", "movement_notes"]

RECOMPUTED = "The opening was not booked: it was worked out again from the ledger"
"""How the note begins that warns of an opening which is no closing of last year."""

NOT_BOOKED = "Dated on or before the opening, with no later date of recording, but not known to it, so of this period"
OWN_LINES = (
    *("version", "accounts", "scenarios", "elasticity", "recovery", "later_collections_to"),
    "current_conditions_persist",
)
"""Settings that move no choice of measurement, or whose effect is the forecast's or one of single customers."""


def movement_notes(
    items: pl.DataFrame, *, opening: Provision, closing: Provision, strange: Sequence[str]
) -> tuple[str, ...]:
    """Return what a reader of the movement has to know.

    Parameters
    ----------
    items
        The items of the movement, with ``currency_code``, ``home_written``, the ``home_late_...`` and
        ``home_recorded_...`` (minor units).
    strange
        What of the opening the ledger has otherwise, in words.
    """
    said = [_made(opening, closing), *_late(items, closing), *_chosen_otherwise(opening, closing), *strange]
    if items.filter((pl.col("currency_code") != closing.currency) & (pl.col("home_written") != 0)).height:
        said.append(
            "Write-offs in other currencies stand here at the closing rate of exchange, as their allowance does; the "
            "bad-debt ratio takes the rate of the day of each."
        )
    return tuple(said)


def _made(opening: Provision, closing: Provision) -> str:
    if opening.booked:
        return f"The opening is the allowance as it was booked on {opening.as_of}, read from {opening.booked}."
    moved = any(entry.multiplier != 1 for entry in opening.scenarios)
    told = "; ".join(f"{one.name} {percent(one.probability)} x {one.multiplier:.3g}" for one in opening.scenarios)
    used = f"with the forecast {told}" if moved else "without a forecast, for that of the day is not known"
    stated = (
        ", without the recoveries stated today" if closing.settings.recovery and not opening.settings.recovery else ""
    )
    return (
        f"{RECOMPUTED} as of {opening.as_of}, {used}{stated}. Where last year's closing was another amount, charge and "
        "journal entry are off by the difference: give the folder that credrisk provision wrote then as the opening."
    )


def _late(items: pl.DataFrame, closing: Provision) -> list[str]:
    """Say what is dated by the opening and was not known to it, and what was known and is dated so no longer."""
    factor = minor_factor(closing.currency)
    words = {"written": "written off", "recovered": "recovered", "paid": "paid or credited"}
    recorded, booked = ({name: items[f"home_{kind}_{name}"] for name in words} for kind in ("recorded", "late"))
    # What is recorded after the opening today, but was known to it all the same, is neither.
    both = {name: pl.Series(np.minimum(recorded[name], -booked[name])).clip(0) for name in words}
    said = []
    for lead, told in (
        (
            "Dated on or before the opening, but recorded after it, so of this period",
            {name: recorded[name] - both[name] for name in words},
        ),
        (NOT_BOOKED, booked),
        (
            "Known to the opening, but dated later or gone today, so not of this period",
            {name: -booked[name] - both[name] for name in words},
        ),
    ):
        parts = [
            f"{money(int(some.sum()) / factor, closing.currency)} {what} on {counted(some.len(), 'item')}"
            for name, what in words.items()
            if (some := told[name].filter(told[name] > 0)).len()
        ]
        said += [f"{lead}: {', '.join(parts)}."] if parts else []
    return said


def _chosen_otherwise(opening: Provision, closing: Provision) -> list[str]:
    then, now = opening.settings.said(), closing.settings.said()
    changed = [
        f"{name.replace('_', ' ')} was {then[name]}, is {now[name]}"
        for name in then
        if name not in OWN_LINES and then[name] != now[name]
    ]
    return [f"Chosen otherwise at the opening: {'; '.join(changed)}."] if changed else []
