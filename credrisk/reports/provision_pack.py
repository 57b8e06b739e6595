"""What page, workbook and files of the provision show, and how amounts, rates and steps are put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from credrisk.ledger.money import EXPONENTS
from credrisk.portfolio.provision.against_pd import PdComparison
from credrisk.portfolio.provision.backtest import Backtest
from credrisk.portfolio.provision.disclosure import Note
from credrisk.portfolio.provision.movement import Movement
from credrisk.portfolio.provision.pool import IMPAIRED
from credrisk.portfolio.provision.provide import Provision
from credrisk.reports.style import truncated
from credrisk.wording import percent

__all__ = [
    "CODE",
    "CUSTOMERS_SHOWN",
    "NAME",
    "NOTHING",
    "STANDARDS",
    "STEPS_IN_WORDS",
    "ProvisionPack",
    "impaired_share",
    "last_rows",
    "rate_in_words",
    "serving",
    "upper",
]

CUSTOMERS_SHOWN = 25
NAME, CODE = 40, 24
NOTHING = "–"

STEPS_IN_WORDS = {
    "open_debit_items": "Open debit items of the ageing",
    "not_provided_for": "Fee notes and down payments",
    "rounding": "Rounding of items in other currencies",
    "gross": "Gross amount provided for",
    "netted": "Open credits and unapplied cash",
    "dilution": "Expected dilution by disputes",
    "vat": "Tax relief",
    "collected_later": "Collected later (ASU 2025-05)",
    "covered": "Integral cover",
    "discounting": "Discounting",
    "exposed": "Exposed to credit loss",
}
STANDARDS = {"ifrs9": "IFRS 9, simplified approach", "cecl": "US CECL, ASC 326-20"}


@dataclass(frozen=True)
class ProvisionPack:
    """What page and workbook show. Every frame is Polars; what was not asked for is None."""

    found: Provision
    movement: Movement | None = None
    journal: pl.DataFrame | None = None
    backtest: Backtest | None = None
    comparison: PdComparison | None = None
    disclosure: tuple[Note, ...] = ()
    statements: tuple[str, ...] = ()
    ends: pl.DataFrame | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Title of page and workbook."""
        return f"Loss allowance ({STANDARDS[self.found.standard]})"

    def exact(self, amount: float | None) -> str:
        """Return an amount with every decimal of the currency."""
        if amount is None:
            return NOTHING
        text = f"{amount:,.{EXPONENTS.get(self.found.currency, 2)}f}"
        return text.removeprefix("-") if not float(text.replace(",", "")) else text

    def named(self, customer: str) -> str:
        """Return a customer's name, cut to the width of a table."""
        return truncated(self.names.get(customer) or "", NAME)


def impaired_share(pack: ProvisionPack) -> float:
    """Return how much of the allowance stands on credit-impaired customers."""
    mine = pack.found.matrix.filter(pl.col("state") == IMPAIRED)["allowance"].sum()
    return float(mine) / pack.found.total if pack.found.total else 0.0


def rate_in_words(value: float | None, decimals: int = 2) -> str:
    """Return a rate in per cent, or a dash where there is none."""
    return NOTHING if value is None else percent(value, decimals)


def upper(words: str) -> str:
    """Return words with a capital at their start, the rest as it is."""
    return words[:1].upper() + words[1:]


def last_rows(rows: Sequence[tuple[str, ...]], count: int = 1) -> tuple[int, ...]:
    """Return the places of the last rows: what the others add up to."""
    return tuple(range(len(rows)))[-count:]


def serving(pack: ProvisionPack, key: str) -> str:
    """Name the paragraph of the notes that a table of the page serves already, so that it is not shown twice."""
    return "".join(f", for {note.paragraph}" for note in pack.disclosure if note.key == key)
