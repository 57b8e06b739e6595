"""How much of what could be collected was collected, and how much of that was cash.

The published index (CEI) counts whatever clears an item. A write-off or a credit note clears it too, and lifts the
index, though no money came. People are judged on the cash-only index: its numerator is cash alone, received on what
could be collected.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.features.item_rows import BILLED
from credrisk.features.spans import as_day
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.rates import Rates
from credrisk.ledger.visibility import visible_from
from credrisk.portfolio.ageing import bucket_on
from credrisk.portfolio.item_flows import owed_changes
from credrisk.portfolio.keys import By, check_by, key_columns, keyed, seller_of
from credrisk.portfolio.period_ends import Dates, begins_before, check_covered, rising_dates
from credrisk.portfolio.totals import BUCKETS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["collection_effectiveness_table"]

_FLOWS = {"cash": "paid", "credit_notes": "credited", "write_offs": "written_off"}
_MONEY = ["opening", "invoiced", "closing", "closing_not_due", "collected", *_FLOWS, "other"]


@overload
def collection_effectiveness_table(
    ledger: Ledger, *, dates: Dates, by: By = ..., months: int = ..., output: Literal["pandas"] = ...
) -> pd.DataFrame: ...
@overload
def collection_effectiveness_table(
    ledger: Ledger, *, dates: Dates, by: By = ..., months: int = ..., output: Literal["polars"]
) -> pl.DataFrame: ...
def collection_effectiveness_table(
    ledger: Ledger, *, dates: Dates, by: By = "portfolio", months: int = 1, output: str = "pandas"
) -> Any:
    """Return the collection effectiveness index of the months to each date, as published and of cash alone.

    Parameters
    ----------
    dates
        Dates, usually month-ends, or a calendar whose period ends are taken; none after the last day covered.
    by
        As in :func:`~credrisk.portfolio.ageing.ageing`; an account counts where it belongs at the date.
    months
        How many months to the date are looked at. The published medians divide a quarter's sales by three, so it is the
        month's index that compares with them.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per date and key. ``as_of``, the key, ``currency``; money as float64 major units:

        - ``opening``: what was left above 0 on items but late fees when the months began;
        - ``invoiced``: invoices and debit notes first seen in the months;
        - ``closing, closing_not_due``: what is left at the date, and what of it is not yet due;
        - ``collected`` = ``opening + invoiced - closing`` = ``cash + credit_notes + write_offs + other``, exactly;
        - ``cash``: cash that cleared what was open or invoiced, what was paid back deducted; unapplied cash is none;
        - ``credit_notes``; ``write_offs`` less what was taken back of them; ``other``: deductions, discounts,
          set-offs, exchange differences, down payments asked for (negative), and the rounding of translation;

        then ``cei`` = ``collected / (opening + invoiced - closing_not_due)``, ``cei_cash`` = ``cash`` over the same,
        both shares of one, and ``reason``: why they are null, else null. Without a table of applications nobody knows
        what cleared an item, and a window before the coverage is not measured.

    Raises
    ------
    DataError
        When a foreign amount has no rate on or before its date.
    ParameterError
        When there is no date, one lies after the last day covered, or ``by`` or ``months`` break their rules.

    Notes
    -----
    Everything is at the rates of the date, so a move of a rate is no collection; ``by="currency"`` is not translated.
    100 + 1,000 - 120 over 100 + 1,000 - 100 is 98.0 %.

    Examples
    --------
    >>> collection_effectiveness_table(ledger, dates=["2025-12-31"], by="collector")  # doctest: +SKIP
    """
    check_output(output)
    check_by(by)
    if months < 1:
        raise ParameterError("months", "1 or more", months)
    ends = rising_dates(dates)
    check_covered(ledger, ends[-1], "dates")
    changes = owed_changes(ledger)
    billed = (
        ledger.table("documents")
        .filter(pl.col("kind").is_in(BILLED))
        .select("document_id", "customer_id", "currency", "amount", date=visible_from("documents"))
    )
    parts = [_at(ledger, changes, billed, start=months_after(end, -months), end=end, by=by) for end in ends]
    return given_out(pl.concat(parts), output)


def _at(ledger: Ledger, changes: pl.DataFrame, billed: pl.DataFrame, *, start: date, end: date, by: By) -> pl.DataFrame:
    day, within = pl.col("date"), pl.col("date") > start
    seen = ledger if by in ("portfolio", "currency") else ledger.cut(end)
    line = ["customer_id", "currency"]
    known, sold = changes.filter(day <= end), billed.filter((day <= end) & within)
    if by == "portfolio":
        # Only foreign money is rounded customer by customer.
        foreign = pl.when(pl.col("currency") != ledger.settings.currency).then("customer_id")
        known, sold = known.with_columns(customer_id=foreign), sold.with_columns(customer_id=foreign)
    if by == "seller_entity":
        line, known, sold = [*line, by], seller_of(known, seen), seller_of(sold, seen)
    debit = known.with_columns(bucket=bucket_on((30, 60, 90), end))
    collectable = pl.col("document_kind").is_in(BILLED) | (pl.col("entered") <= start)
    flow = -pl.col("change")
    wide = debit.group_by(line).agg(
        pl.col("change").filter(day <= start).sum().alias("opening"),
        *(pl.col("change").filter(pl.col("bucket") == name).sum().alias(name) for name in BUCKETS),
        *(
            flow.filter(within & (pl.col("outcome") == outcome) & (collectable if name == "cash" else True))
            .sum()
            .alias(name)
            for name, outcome in _FLOWS.items()
        ),
    )
    # Sales are translated row by row, as everywhere; balances and flows by customer.
    wide = _translated(wide, ["opening", *BUCKETS, *_FLOWS], ledger, end, by).select(
        *line, pl.lit(0, pl.Int64).alias("invoiced"), "opening", *BUCKETS, *_FLOWS
    )
    sales = _translated(sold.rename({"amount": "invoiced"}), ["invoiced"], ledger, end, by)
    table = pl.concat([wide, sales.select(*line, "invoiced")], how="diagonal")
    table = keyed(table, seen, by)
    keys = [*key_columns(by), "currency"]
    totals = table.group_by(keys).agg(pl.sum("opening", "invoiced", *BUCKETS, *_FLOWS)).sort(keys, nulls_last=True)
    if by == "portfolio" and not totals.height:
        nothing = {name: [0] for name in ("opening", "invoiced", *BUCKETS, *_FLOWS)}
        totals = pl.DataFrame({"currency": [ledger.settings.currency], **nothing})
    return _shown(totals, keys, ledger, start, end)


def _translated(rows: pl.DataFrame, columns: list[str], ledger: Ledger, end: date, by: By) -> pl.DataFrame:
    if by == "currency":
        return rows
    rates, codes = Rates(ledger), rows["currency"].to_numpy()
    days = np.full(rows.height, as_day(end))
    return rows.with_columns(
        pl.Series(name, rates.translate_rows(rows[name].to_numpy(), codes, days)).cast(pl.Int64) for name in columns
    ).with_columns(currency=pl.lit(ledger.settings.currency))


def _shown(totals: pl.DataFrame, keys: list[str], ledger: Ledger, start: date, end: date) -> pl.DataFrame:
    first, unknown, why = ledger.settings.covers_from, list[str](), ""
    table = (
        totals.rename({"not_due": "closing_not_due"})
        .with_columns(closing=pl.sum_horizontal("closing_not_due", *BUCKETS[1:]))
        .with_columns(collected=pl.col("opening") + pl.col("invoiced") - pl.col("closing"))
        .with_columns(other=pl.col("collected") - pl.sum_horizontal(*_FLOWS))
    )
    collectable = pl.col("opening") + pl.col("invoiced") - pl.col("closing_not_due")
    some = collectable > 0
    table = table.with_columns(
        cei=pl.when(some).then(pl.col("collected") / collectable),
        cei_cash=pl.when(some).then(pl.col("cash") / collectable),
        reason=pl.when(~some).then(pl.lit("nothing could be collected")).cast(pl.String),
    )
    if begins_before(ledger, start):
        unknown = [name for name in (*_MONEY, "cei", "cei_cash") if not name.startswith("closing") or end < first]
        why = f"the months begin before the ledger's coverage ({first})"
    elif not ledger.has("applications"):
        unknown = ["closing", "closing_not_due", "opening", "collected", *_FLOWS, "other", "cei", "cei_cash"]
        why = "the ledger holds no applications: what was paid is not known"
    shown = table.select(
        pl.lit(end).alias("as_of"),
        *keys,
        *(major_units(name, "currency") for name in _MONEY),
        "cei",
        "cei_cash",
        "reason",
    )
    if not unknown:
        return shown
    return shown.with_columns(pl.lit(None, pl.Float64).alias(name) for name in unknown).with_columns(reason=pl.lit(why))
