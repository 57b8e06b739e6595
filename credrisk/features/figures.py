"""The figures of a customer's statements: which statement is in force, and what was last known of it.

A statement is what is known of a customer at one period end. Figures of a year (revenue, cost of sales, net income,
EBIT, interest expense, depreciation, operating cash flow) count where their period is about a year long or its start is
not given; the others stand at an instant, the number of employees among them, whatever period it is a mean of. Of
several values of a figure the one last known counts (by known_at, then source, then value), so a restatement replaces
what it restates from the day it is published.

The balance sheet in force is the newest period end with total assets; the annual accounts in force are the newest one
with a year's revenue or net income. All figures of a ratio come from one of them. One whose period end is 30 months
old or older is out of force, and no older one takes its place. The statement of the year before is that of a period
end 330 to 400 days earlier, the newest that has the figure.

Units are currencies, but of employees, whose unit is not read. Figures of one ratio must be in one of them. An amount
of money is translated at the rate of the period end and is null where the ledger has no rate of that day or earlier:
unlike an open item, an outside figure is not worth an error.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from credrisk.features.entities import entity_rows
from credrisk.features.grid import Grid, measure
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_arrays, row_kind
from credrisk.features.windows import window_starts
from credrisk.ledger.money import EXPONENTS, minor_factor

__all__ = ["ANNUAL", "ANY", "BALANCE", "amount", "change", "figures", "of_statement", "published_figures"]

OF_A_YEAR = (
    "revenue",
    "cost_of_sales",
    "net_income",
    "ebit",
    "interest_expense",
    "depreciation",
    "operating_cash_flow",
)
AT_AN_INSTANT = (
    "total_assets",
    "current_assets",
    "current_liabilities",
    "liabilities",
    "equity",
    "retained_earnings",
    "cash",
    "receivables",
    "inventory",
    "payables",
    "short_term_debt",
    "long_term_debt",
    "intangible_assets",
    "goodwill",
    "market_value",
    "employees",
)
MEASURES = OF_A_YEAR + AT_AN_INSTANT

BALANCE, ANNUAL = ("total_assets",), ("revenue", "net_income")
"""The figures that make a statement a balance sheet, or annual accounts."""
ANY = BALANCE + ANNUAL

MONTHS_IN_FORCE = 30
DAYS_OF_A_YEAR = (350, 380)
"""Business years of 52 and 53 weeks are years too."""
DAYS_TO_THE_YEAR_BEFORE = (330, 400)

UNITS = sorted(EXPONENTS)
NO_UNIT = -1
ORDER = ("known", "source", "value", "unit", "seen")


def _figures(source: LedgerRows) -> pl.DataFrame:
    if "figures" not in source.shared:
        source.shared["figures"] = _read_figures(source)
    frame: pl.DataFrame = source.shared["figures"]
    return frame


def _read_figures(source: LedgerRows) -> pl.DataFrame:
    length = (pl.col("period_end") - pl.col("period_start")).dt.total_days() + 1
    annual = length.is_between(*DAYS_OF_A_YEAR).fill_null(True) | pl.col("measure").is_in(AT_AN_INSTANT)
    code = pl.when(pl.col("measure") != "employees").then(pl.col("unit").str.to_uppercase())
    return (
        entity_rows(source, "facts")
        .filter(pl.col("measure").is_in(MEASURES), annual, pl.col("value").is_finite())
        .filter(code.is_null() | code.is_in(UNITS))
        .select(
            "customer",
            "source",
            "value",
            end=pl.col("period_end").to_physical(),
            figure=pl.col("measure").cast(pl.Enum(MEASURES)).to_physical().cast(pl.Int32),
            known=pl.col("known_at").to_physical(),
            seen="seen",
            unit=code.cast(pl.Enum(UNITS)).to_physical().cast(pl.Int32).fill_null(NO_UNIT),
        )
        .sort("customer", "end", "figure", *ORDER)
        .with_columns(
            statement=pl.struct("customer", "end").rle_id().cast(pl.Int32),
            first_known=pl.col("known").min().over("customer", "end"),
        )
    )


def published_figures(source: LedgerRows, names: Sequence[str]) -> pl.DataFrame:
    """Return every value published of some figures, one row each.

    ``customer, source, value, end`` (of the period), ``figure`` and ``unit`` (places), ``known`` and ``seen`` (days).
    """
    return _figures(source).filter(pl.col("figure").is_in([MEASURES.index(name) for name in names]))


@row_kind
def statement_figures(source: LedgerRows) -> Rows:
    """Values of figures by customer, statement and figure, the one last known last; ``money`` is in minor units."""
    frame = _figures(source)
    rows = row_arrays(frame.drop("source"))
    money = np.full(len(rows["value"]), np.nan)
    for place in np.unique(rows["unit"][rows["unit"] != NO_UNIT]):
        own, code = rows["unit"] == place, UNITS[place]
        minor = np.rint(rows["value"][own] * minor_factor(code))
        money[own] = np.rint(minor * source.rates.on(code, rows["end"][own]))
    return {**rows, "money": money}


@row_kind
def figures_before(source: LedgerRows) -> Rows:
    """Values of figures a year before each statement: ``statement`` is the later one, ``end`` the earlier one's."""
    frame = _figures(source)
    later = frame.select("customer", "statement", later="end").unique()
    between = pl.col("later") - pl.col("end")
    pairs = frame.drop("statement").join(later, on="customer").filter(between.is_between(*DAYS_TO_THE_YEAR_BEFORE))
    ordered = pairs.sort("customer", "statement", "figure", "end", *ORDER)
    return row_arrays(ordered.select("customer", "statement", "figure", "seen", "value", "unit"))


def figures(grid: Grid, carriers: tuple[str, ...], *names: str, before: bool = False) -> tuple[np.ndarray, ...]:
    """Return figures of the statement in force, or of the year before it; in another unit than the first's: null."""
    return tuple(_figure(grid, carriers, names[0], name, before) for name in names)


@measure()
def _figure(grid: Grid, carriers: tuple[str, ...], first: str, name: str, before: bool) -> np.ndarray:
    """Return a figure, null in another unit than that of the figure ``first``."""
    value = np.append(grid.rows("figures_before" if before else "statement_figures")["value"], np.nan)
    found: np.ndarray = value[row_in_force(grid, carriers, name, before)]
    if name == first:
        return found
    same = unit_of(grid, carriers, name, before) == unit_of(grid, carriers, first, before)
    return np.where(same, found, np.nan)


@measure()
def unit_of(grid: Grid, carriers: tuple[str, ...], name: str, before: bool) -> np.ndarray:
    """Return the place of the currency of a figure, -1 where it has none."""
    unit = np.append(grid.rows("figures_before" if before else "statement_figures")["unit"], NO_UNIT)
    found: np.ndarray = unit[row_in_force(grid, carriers, name, before)]
    return found


def change(grid: Grid, carriers: tuple[str, ...], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a figure of the statement in force and of the year before it, null where their units differ."""
    (now,), (then,) = figures(grid, carriers, name), figures(grid, carriers, name, before=True)
    same = unit_of(grid, carriers, name, False) == unit_of(grid, carriers, name, True)
    return np.where(same, now, np.nan), np.where(same, then, np.nan)


def amount(grid: Grid, carriers: tuple[str, ...], name: str) -> np.ndarray:
    """Return an amount of the statement in force in minor units of the ledger's currency."""
    money = np.append(grid.rows("statement_figures")["money"], np.nan)
    found: np.ndarray = money[row_in_force(grid, carriers, name, False)]
    return found


def of_statement(grid: Grid, carriers: tuple[str, ...], column: str) -> np.ndarray:
    """Return what the rows of the statement in force share, NaN where there is none."""
    rows = grid.rows("statement_figures")
    found: np.ndarray = np.append(rows[column].astype(np.float64), np.nan)[carrier_in_force(grid, carriers)]
    return found


@measure()
def carrier_in_force(grid: Grid, carriers: tuple[str, ...]) -> np.ndarray:
    """Return the row that puts a statement with one of the carriers in force, -1 where none is."""
    rows = grid.rows("statement_figures")
    own = np.flatnonzero(np.isin(rows["figure"], [MEASURES.index(name) for name in carriers]))
    last = grid.in_force(rows["customer"][own], rows["seen"][own], _never(own), grid.shape[0])
    place = np.append(own, -1)[last]
    end = np.append(rows["end"], -NEVER)[place]
    return np.where(end > window_starts(grid.calendar, MONTHS_IN_FORCE), place, -1)


@measure()
def statement_in_force(grid: Grid, carriers: tuple[str, ...]) -> np.ndarray:
    """Return the statement in force, counted from the block's first; the place after the last where none is."""
    first, count = _statements(grid)
    carrier = carrier_in_force(grid, carriers)
    statements = np.append(grid.rows("statement_figures")["statement"], first)
    return np.where(carrier >= 0, statements[carrier] - first, count)


@measure()
def row_in_force(grid: Grid, carriers: tuple[str, ...], name: str, before: bool) -> np.ndarray:
    """Return the row last known of a figure of the statement in force (or of the year before), -1 without one."""
    first, count = _statements(grid)
    rows = grid.rows("figures_before" if before else "statement_figures")
    own = np.flatnonzero(rows["figure"] == MEASURES.index(name))
    statement, seen = rows["statement"][own] - first, rows["seen"][own]
    asked = statement_in_force(grid, carriers)
    # Nearly every figure is published once; only one that was published again needs a walk through time.
    row = np.full(count + 1, -1)
    row[statement] = own
    found = row[asked]
    known: np.ndarray = np.where(np.append(rows["seen"], NEVER)[found] <= grid.ends, found, -1)
    again = np.bincount(statement, minlength=count + 1) > 1
    if again.any():
        several = np.flatnonzero(again[statement])
        last = grid.in_force(statement[several], seen[several], _never(several), count + 1)
        newest = np.append(own[several], -1)[last]
        known = np.where(again[asked], newest[asked, np.arange(grid.shape[1])], known)
    return known


def _statements(grid: Grid) -> tuple[int, int]:
    """Return the first number of the block's statements, and how many there are."""
    numbers = grid.rows("statement_figures")["statement"]
    return (int(numbers[0]), int(numbers[-1] - numbers[0]) + 1) if len(numbers) else (0, 0)


def _never(own: np.ndarray) -> np.ndarray:
    return np.full(len(own), NEVER)
