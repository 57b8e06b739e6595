"""What became of the items that were open at past month-ends: paid, credited, written off, recovered or still open.

A loss is what was written off within the window and not taken back, less what came in on it; what credit notes,
deductions and discounts took off is dilution and no credit loss (IFRS 15.51-52, ASC 606-10-32-5 to 32-7). Every item
counts at what it was, net of the customer's credits and cash and of what its disputes were expected to take off,
translated at the rate of the month-end.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from credrisk.dates import month_end, months_after
from credrisk.features.spans import as_day
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.rates import Rates
from credrisk.portfolio.ageing import column_of
from credrisk.portfolio.provision.exposures import credited_share, disputed_of, exposures
from credrisk.portfolio.provision.pool import IMPAIRED, impairing_events, pool_items, segments_of, with_segments
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.portfolio.written_off import with_written_off

__all__ = ["DILUTION", "History", "losses_of", "observed_month_ends"]

DILUTION = ("credit_note", "deduction", "discount")


def observed_month_ends(ledger: Ledger, *, as_of: date, window_months: int, settings: ProvisionSettings) -> list[date]:
    """Return the past month-ends whose window of months had ended by ``as_of``, oldest first.

    None lies before the ledger's coverage or before the history that the settings allow.
    """
    last = as_of if as_of == month_end(as_of) else months_after(month_end(as_of), -1)
    earliest = max(ledger.settings.covers_from, months_after(as_of, -settings.history_months))
    ends = [months_after(last, -back) for back in range(settings.history_months + 1)]
    return [end for end in reversed(ends) if end >= earliest and months_after(end, window_months) <= as_of]


def losses_of(moves: pl.DataFrame, *, start: date, end: date, yearly_rate: float = 0.0) -> pl.DataFrame:
    """Return what each document lost between two days, the first exclusive, in minor units of its currency.

    Parameters
    ----------
    moves
        :func:`~credrisk.ledger.movements.item_movements` of the ledger cut at or after ``end``, as
        :func:`~credrisk.portfolio.written_off.with_written_off` returns them.
    yearly_rate
        By which what is recovered later is worth less.

    Returns
    -------
    polars.DataFrame
        ``document_id, end_open`` (below 0 where more came in than was open), ``written`` (net of what was taken back),
        ``recovered``, ``waiting`` (what the recoveries lost by waiting) and ``diluted``. One row a document.
    """
    known = moves.filter(pl.col("date") <= end)
    inside, amount = pl.col("date") > start, pl.col("amount")
    years = (pl.col("date") - pl.lit(start)).dt.total_days() / 365.0
    worth = (1 + yearly_rate) ** -years
    written = pl.when(pl.col("kind") == "write_off").then((-amount).clip(0)).otherwise(0) - pl.col("taken_back")
    diluted = pl.when(pl.col("kind").is_in(DILUTION)).then(-amount).otherwise(0)
    parts = {"written": written, "recovered": pl.col("recovered"), "diluted": diluted}
    # Sums of masked columns: a filter within every group would take a hundred times as long.
    return (
        known.select(
            pl.col("document_id").cast(pl.String),
            end_open=amount,
            **{name: pl.when(inside).then(part).otherwise(0) for name, part in parts.items()},
            waiting=pl.when(inside).then(pl.col("recovered") * (1 - worth)).otherwise(0.0),
        )
        .group_by("document_id")
        .agg(pl.all().sum())
    )


class History:
    """Past month-ends of a ledger and what became of their items, each worked out once.

    What became of the items of a month-end by the end of its window does not depend on what was posted later, so it is
    the same for every later day that looks back at it.
    """

    def __init__(self, ledger: Ledger, settings: ProvisionSettings) -> None:
        self._ledger, self.settings = ledger, settings
        self._rates = Rates(ledger)
        self._items: dict[date, pl.DataFrame] = {}
        self._found: dict[tuple[date, int], pl.DataFrame] = {}

    @cached_property
    def _moves(self) -> pl.DataFrame:
        return with_written_off(item_movements(self._ledger)).with_columns(pl.col("document_id").cast(pl.String))

    @cached_property
    def _cash(self) -> pl.DataFrame:
        return cash_movements(self._ledger).select("customer_id", "currency", "date", "amount")

    def _of(self, start: date, window_months: int) -> pl.DataFrame:
        key = (start, window_months)
        if key not in self._found:
            if start not in self._items:
                self._items[start] = self._pooled(start)
            self._found[key] = self._followed(self._items[start], start, months_after(start, window_months))
        return self._found[key]

    def _pooled(self, start: date) -> pl.DataFrame:
        # What a ledger cut at a day would show are the movements up to it: no need to work them out again.
        opened = (
            self._moves.filter(pl.col("date") <= start)
            .group_by("document_id")
            .agg(pl.first("customer_id", "currency", "due_date", "document_kind"), pl.sum("amount", "below"))
            .filter(pl.col("amount") != 0)
        )
        cash = self._cash.filter(pl.col("date") <= start)
        seen = self._ledger.cut(start)
        items = pool_items(seen, as_of=start, settings=self.settings, opened=opened, cash=cash)
        if self.settings.disputed == "dilution":
            # As today's items are: what disputes were then expected to take off is in neither side of a rate.
            taken, _ = credited_share(seen)
            off = (disputed_of(items, seen, as_of=start) * taken).round().cast(pl.Int64)
            items = items.with_columns(net=pl.col("net") - off)
        return items.filter(pl.col("net") > 0)

    def exposed_share(self, start: date) -> pl.DataFrame:
        """Return ``document_id, share``: what of each item was exposed after tax, cover and discounting."""
        if start not in self._items:
            self._items[start] = self._pooled(start)
        # What disputes take off has left the items already; nobody then knew what would be collected later.
        then = self.settings.changed(disputed="in_pool", later_collections_to=None)
        found = exposures(self._ledger, self._items[start], as_of=start, settings=then, taken=0.0)
        left = pl.col("gross") - pl.col("netted")
        return found.select("document_id", share=pl.when(left > 0).then(pl.col("exposed") / left).otherwise(1.0))

    def _followed(self, items: pl.DataFrame, start: date, end: date) -> pl.DataFrame:
        moves = self._moves.join(items.select("document_id"), on="document_id", how="semi")
        lost = losses_of(moves, start=start, end=end, yearly_rate=self.settings.effective_rate)
        joined = items.join(lost, on="document_id", how="left", maintain_order="left")
        joined = _ended(joined, impairing_events(self._ledger.cut(end), self.settings), end=end, settings=self.settings)
        day = np.full(joined.height, as_day(start))
        weight = self._rates.translate_rows(joined["net"].to_numpy(), joined["currency"].to_numpy(), day)
        share = {name: pl.col(name) / pl.col("net") for name in ("lost", "diluted", "still_open")}
        return joined.with_columns(weight=pl.Series(weight, dtype=pl.Float64)).select(
            pl.lit(start).alias("start"),
            "document_id",
            "customer_id",
            "own_segment",
            "state",
            "weight",
            **{name: (value.clip(0, 1) * pl.col("weight")) for name, value in share.items()},
            end_state="end_state",
        )

    def outcomes(
        self, *, starts: list[date], window_months: int, as_of: date, segments_on: date | None = None
    ) -> pl.DataFrame:
        """Return what became of every item open at the month-ends ``starts``, by the end of its window.

        Parameters
        ----------
        as_of
            The day that looks back. No window may end after it.
        segments_on
            The day on which segments are taken as they were known; ``as_of`` where None.

        Returns
        -------
        polars.DataFrame
            ``start, document_id, customer_id, segment, state, weight`` (minor units of the ledger's currency, the same
            for what follows), ``lost, diluted, still_open, end_state`` (the state of what is still open).
        """
        found = [self._of(start, window_months) for start in starts if months_after(start, window_months) <= as_of]
        if not found:
            return pl.DataFrame(schema=_SCHEMA)
        segments = segments_of(self._ledger.cut(segments_on or as_of), self.settings)
        return with_segments(pl.concat(found), segments, self.settings).select(list(_SCHEMA))


_SCHEMA = pl.Schema(
    {
        "start": pl.Date,
        "document_id": pl.String,
        "customer_id": pl.String,
        "segment": pl.String,
        "state": pl.String,
        "weight": pl.Float64,
        "lost": pl.Float64,
        "diluted": pl.Float64,
        "still_open": pl.Float64,
        "end_state": pl.String,
    }
)


def _ended(items: pl.DataFrame, events: pl.DataFrame, *, end: date, settings: ProvisionSettings) -> pl.DataFrame:
    """Add what each item lost, how much of it was diluted or is still open at the end, and in which state."""
    marked = items.join(events, on="customer_id", how="left", maintain_order="left")
    # What came in beyond what was open (a recovery that reopened nothing) makes the loss smaller.
    beyond = pl.min_horizontal("end_open", pl.lit(0))
    lost = (pl.col("written") + beyond + pl.col("waiting")).clip(0, pl.col("net"))
    left = pl.min_horizontal(pl.col("end_open").clip(0), pl.col("net") - lost)
    hit = (pl.col("document_date") <= pl.col("impaired_on")).fill_null(False)
    if settings.past_due_days:
        hit = hit | ((pl.lit(end) - pl.col("due_date")).dt.total_days() >= settings.past_due_days)
    aged = marked.with_columns(amount=pl.lit(1), kind=pl.col("document_kind"), document_kind=pl.lit("invoice"))
    return aged.with_columns(
        lost=lost,
        still_open=left,
        diluted=pl.min_horizontal(pl.col("diluted").clip(0), pl.col("net") - lost - left),
        end_state=pl.when(hit).then(pl.lit(IMPAIRED)).otherwise(column_of(settings.edges, end)),
    )
