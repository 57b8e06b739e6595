"""Why the loss allowance moved from one date to another: line by line, item by item, to the cent.

Every line is counted in whole minor units, so that opening plus lines is closing exactly. What is dated before the
opening but was not known to it is of the period.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.errors import ParameterError
from credrisk.features.spans import as_day
from credrisk.frames import as_polars, check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.rates import Rates
from credrisk.portfolio.provision.moved import LATE, RECORDED, moved_between
from credrisk.portfolio.provision.movement_lines import AT_CLOSING, GROSS_LINES, LINES, lines_of
from credrisk.portfolio.provision.movement_notes import movement_notes
from credrisk.portfolio.provision.opening_matrix import with_opening_matrix
from credrisk.portfolio.provision.pool import IMPAIRED, NOT_EARNED
from credrisk.portfolio.provision.provide import Provision
from credrisk.portfolio.provision.reported_recoveries import reported_recoveries
from credrisk.portfolio.provision.same_ledger import opening_in_ledger

__all__ = ["GROSS_LINES", "LINES", "Movement", "provision_movement"]

Array = npt.NDArray[Any]
MOVED = ("written", "off", "taken_back", "recovered")

OTHERWISE = {
    name: f"close {the} of the opening, give an opening that was made {this}, or give the date of the opening, on "
    "which it is worked out again"
    for name, the, this in (
        ("standard", "by the standard", "by this one"),
        ("currency", "in the currency", "in this one"),
    )
}
"""In what both ends must agree, and what to do where they do not."""


@dataclass(frozen=True)
class Movement:
    """The movement of the loss allowance between two days; money in major units of ``currency``.

    Attributes
    ----------
    table
        ``line, pool, specific, total``: ``opening``, ``currency`` (opening allowance at the closing rate of exchange),
        ``new`` (items that were not open), ``settled`` (released as items were paid or credited), ``write_offs`` (used,
        the whole amount written off), ``recoveries`` (CECL: of what was written off; under IFRS 9 they go to profit or
        loss), ``taken_back`` (of write-offs from before the period, without cash: owed again), ``transfer`` (between
        the pool and specific provisions), ``losses_beyond`` (written off of opening items and not provided for),
        ``losses_new`` (written off of items that were not open at the opening), ``less_recovered`` (recoveries under
        CECL, and what was taken back: taken off the charge), ``exposure`` (what of the items left is exposed:
        credits, disputes, cover, tax, time; at the rates they had), ``moved_bucket`` (what is exposed, in its new
        bucket, at the opening rates), ``new_rates`` (past loss rates and stated recoveries, by the opening's matrix and
        forecast),
        ``new_matrix`` (what another choice of buckets, pools, of how rates are measured or of what is exposed changes),
        ``forecast`` and ``closing``. Each column adds up from opening to closing.
    gross
        The same for the gross amount: ``line, amount`` (IFRS 7.35I). ``new`` is what is still open or written off of
        new items, ``settled`` what was paid or credited of opening items: what was raised and paid within the period
        is in neither. ``new_matrix`` are items that another choice takes in or leaves out (fee notes).
    items
        One row an item: ``document_id, customer_id, opening_stage, closing_stage``, the lines from ``opening`` to
        ``closing``, which add up, and ``recovered``, which is beside them. An item whose stages differ was transferred.
    charge
        What the period charged to profit or loss: closing - opening - currency + write-offs - recoveries - taken back.
    recovered
        Cash of the period on what was written off, however it was booked, at the closing rates of exchange.
    notes
        How the opening was made, what was chosen otherwise then, and what does not compare.
    """

    opening_on: date
    closing_on: date
    standard: str
    currency: str
    table: Any
    gross: Any
    items: Any
    charge: float
    recovered: float
    notes: tuple[str, ...]


def provision_movement(ledger: Ledger, *, opening: Provision, closing: Provision, output: str = "pandas") -> Movement:
    """Return the movement between two provisions of the same ledger.

    Parameters
    ----------
    ledger
        The ledger that both were made from.
    opening, closing
        The provisions at the two ends, the opening one earlier.

    Raises
    ------
    ParameterError
        When they stand in the wrong order, on different standards or currencies, or the opening is of another ledger.

    Examples
    --------
    >>> provision_movement(ledger, opening=last_year, closing=today).table  # doctest: +SKIP
    """
    check_output(output)
    _refuse(opening, closing)
    items = _joined(ledger, opening, closing)
    strange = (
        *opening_in_ledger(ledger, opening),
        *reported_recoveries(ledger, items, start=opening.as_of, end=closing.as_of),
    )
    found = lines_of(items, cecl=closing.standard == "cecl")
    factor = float(minor_factor(closing.currency))
    gross = [(line, int(found[f"gross_{line}"].sum()) / factor) for line in GROSS_LINES]
    total = {line: int(found[line].sum()) for line in LINES if line != "transfer"}
    posted = ("opening", "currency", "write_offs", "recoveries", "taken_back")
    charge = total["closing"] - sum(total[line] for line in posted)
    shown = found.select(
        "document_id",
        "customer_id",
        opening_stage=_stage("opened_specific", "in_opening"),
        closing_stage=_stage("closed_specific", "in_closing"),
        **{line: pl.col(line) / factor for line in LINES if line != "transfer"},
        recovered=pl.col("home_recovered") / factor,
    ).sort("customer_id", "document_id")
    return Movement(
        opening_on=opening.as_of,
        closing_on=closing.as_of,
        standard=closing.standard,
        currency=closing.currency,
        table=given_out(_by_stage(found, factor), output),
        gross=given_out(pl.DataFrame(gross, schema={"line": pl.String, "amount": pl.Float64}, orient="row"), output),
        items=given_out(shown, output),
        charge=charge / factor,
        recovered=int(found["home_recovered"].sum()) / factor,
        notes=movement_notes(found, opening=opening, closing=closing, strange=strange),
    )


def _refuse(opening: Provision, closing: Provision) -> None:
    """Refuse ends that stand in the wrong order, on different standards or in different currencies."""
    if opening.as_of >= closing.as_of:
        raise ParameterError(
            "opening",
            f"a provision before {closing.as_of}",
            opening.as_of.isoformat(),
            remedy="give an earlier one as the opening, or a later day for the closing",
        )
    for name, remedy in OTHERWISE.items():
        then, now = getattr(opening, name), getattr(closing, name)
        if then != now:
            raise ParameterError("opening", f"on the {name} of the closing one ({now})", then, remedy=remedy)


def _by_stage(found: pl.DataFrame, factor: float) -> pl.DataFrame:
    """Return the lines of the pool, of specific provisions and of both, in major units."""
    rows = []
    for line in LINES:
        if line == "transfer":
            moved = int(found["transfer"].sum())
            pool, specific = -moved, moved
        else:
            at_closing = line in AT_CLOSING
            mine = pl.col("closed_specific" if at_closing else "opened_specific")
            pool, specific = (int(found.filter(stage)[line].sum()) for stage in (~mine, mine))
        rows.append((line, pool / factor, specific / factor, (pool + specific) / factor))
    schema = {"line": pl.String, "pool": pl.Float64, "specific": pl.Float64, "total": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _stage(specific: str, present: str) -> pl.Expr:
    named = pl.when(specific).then(pl.lit("specific")).otherwise(pl.lit("pool"))
    return pl.when(present).then(named)


def _joined(ledger: Ledger, opening: Provision, closing: Provision) -> pl.DataFrame:
    """Return every item of either end, or written off or recovered between, with what moved on it."""
    factor = float(minor_factor(closing.currency))
    ends = []
    for found in (opening, closing):
        frame = as_polars(found.items, "items")
        ends.append(
            frame.select(
                *(pl.col(name).cast(pl.String) for name in ("document_id", "customer_id", "currency")),
                *(pl.col(name).cast(pl.String) for name in ("segment", "state", "rate_source")),
                "rate",
                "historical_rate",
                pl.col("open_minor").cast(pl.Int64),
                *((pl.col(name) * factor).round().cast(pl.Int64) for name in ("gross", "exposed", "allowance")),
            )
        )
    key = ["document_id", "customer_id", "currency"]
    both = ends[0].join(ends[1], on=key, how="full", suffix="_1", coalesce=True)
    fees = [] if "in_pool" in (opening.settings.late_fees, closing.settings.late_fees) else ["late_fee"]
    moved = moved_between(
        ledger,
        start=opening.as_of,
        end=closing.as_of,
        known=opening.written_off,
        left_out=["credit_note", NOT_EARNED, *fees],
    )
    wide = both.join(moved, on=key, how="full", coalesce=True)
    wide = wide.filter(pl.col("gross").is_not_null() | pl.col("gross_1").is_not_null() | pl.col("happened"))
    wide = wide.with_columns(
        # Of an item of the opening what was open then counts, not what the ledger of today says was.
        unknown=(pl.col("open_minor") - pl.col("open_0")).fill_null(0),
        open_0=pl.coalesce("open_minor", "open_0", 0),
        in_opening=pl.col("gross").is_not_null(),
        in_closing=pl.col("gross_1").is_not_null(),
    ).with_columns(
        pl.col(*MOVED, "open_1", *LATE, *RECORDED).fill_null(0),
        *(pl.col(name, f"{name}_1").fill_null(0) for name in ("gross", "exposed", "allowance")),
        opened_specific=(pl.col("state") == IMPAIRED).fill_null(False),
        closed_specific=(pl.col("state_1") == IMPAIRED).fill_null(False),
    )
    rates, opened = Rates(ledger.cut(closing.as_of)), Rates(ledger.cut(opening.as_of))
    codes = wide["currency"].to_numpy()
    factors, days = np.ones(wide.height), [as_day(day) for day in (opening.as_of, closing.as_of)]
    for code in np.unique(codes):
        before, after = opened.on(str(code), np.array(days[:1]))[0], rates.on(str(code), np.array(days[1:]))[0]
        factors[codes == code] = after / before if np.isfinite(before) and np.isfinite(after) else 1.0
    wide = wide.with_columns(
        late_paid=pl.col("unknown") - pl.col("late_written") + pl.col("late_reopened") - pl.col("late_recovered")
    ).with_columns(late_paid=pl.when(pl.col("in_opening") & pl.col("unknown").ne(0)).then("late_paid").otherwise(0))
    home = {
        f"home_{name}": rates.translate_rows(wide[name].to_numpy(), codes, np.full(wide.height, days[1]))
        for name in (*MOVED, *LATE, "late_paid", *RECORDED)
    }
    wide = wide.with_columns(
        factor=pl.Series(factors), **{name: pl.Series(value).cast(pl.Int64) for name, value in home.items()}
    )
    return with_opening_matrix(wide, ledger, opening=opening, closing=closing).sort("customer_id", "document_id")
