"""What the monthly pack shows: everything measured of the receivables on one day, for its page and its workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from credrisk.dates import months_after
from credrisk.portfolio.keys import By
from credrisk.portfolio.provision.provide import Provision
from credrisk.reports.months import day_in_words
from credrisk.reports.pack import Pack

__all__ = ["AGEING_KEYS", "PARTS", "Book"]

AGEING_KEYS: tuple[By, ...] = ("group", "country", "currency", "industry", "segment", "collector", "seller_entity")
"""By what else than the customer the balance is aged, in the order in which it is shown."""

PARTS = {
    "history": "The portfolio month by month",
    "trail": "Balance and limit month by month",
    "dso": "Days of sales outstanding",
    "cei": "Collection effectiveness",
    "roll_rates": "Roll rates",
    "migration": "What became of the open items",
    "concentration": "Concentration",
    "cohorts": "Invoices by month of issue",
    "bad_debt_ratio": "Bad-debt ratio",
    "utilisation": "Use of the credit limits",
    "provision": "Provision",
    "promises": "Promises to pay",
    "disputes": "Disputes",
    "cash": "Cash of the coming weeks",
    "metrics": "Back-test",
}
"""Parts that a book may lack, with their names: the keys of ``Book.missing``."""


@dataclass(frozen=True)
class Book(Pack):
    """The contents of the pack. It is a :class:`~credrisk.reports.pack.Pack` and can be shown as one.

    Frames are Polars, money float64 in major units of ``currency`` unless a column ``currency`` stands beside it,
    shares 0 to 1, null where not measured. Any frame may be empty: ``missing`` then says why.

    Attributes
    ----------
    customers
        One row a customer of the run, largest net balance first, then by ``customer_id``: ``customer_id, name,
        country, industry, segment, collector, group`` (id of the ultimate parent; its own where it stands alone),
        ``group_name``; the ageing (0 where nothing is open: ``not_due, past_due_1_30 ... past_due_over_90, late_fees,
        open_credits, open_balance, past_due, unapplied_cash, net_balance``), ``share_past_due, oldest_open_days,
        terms_days, dbt_12m, dso_countback, expected_days_to_pay``; of the scores ``status, pd_3m, pd_6m, pd_12m,
        pd_source, grade, expected_loss, lacks`` and ``reasons``; of the limits ``current_limit, recommended_limit,
        limit_action, binding, limit_reasons, review_on``, the candidates ``need, capacity_limit, peer_limit,
        cover_limit, expected_profit_limit``, and ``utilisation`` (net balance over the limit in force); of the queue
        ``rank, action, slot, contact_today, gain, gain_beyond_mail, chased, held, last_contact_on, queue_reasons``.
    items
        One row an open item, credits negative, by customer and due date: ``customer_id, document_id, kind,
        document_date, due_date, days_past_due`` (negative before it is due), ``bucket`` (the column of the ageing),
        ``currency`` (of the item), ``amount`` and ``open_amount`` (in it), ``open_in_currency`` (translated),
        ``disputed`` (translated), ``promised_on`` (latest open promise).
    trail
        Balance and credit limit of each customer at month-ends: ``customer_id, as_of, net_balance, credit_limit``.
    ageing_by
        Key of :data:`AGEING_KEYS` -> the ageing by it (:func:`credrisk.ageing`); a key nobody states is left out.
    dso, cei, roll_rates, migration, cohorts, bad_debt_ratio, utilisation
        Tables of :mod:`credrisk.portfolio` at the month-ends of ``history`` or the as-of date; ``migration`` over
        the month to that date.
    cei_by
        ``collector`` -> the effectiveness of the month to the day, a row each; left out where nobody is told.
    concentration
        What it is measured by (``customer``, ``group``, ``country`` ...) -> the table; ``concentration_summary`` has
        one row for each (``by, top_1, top_5, top_10, top_50, herfindahl, effective_number``).
    benchmarks
        Published medians with date and source.
    provision
        The result of :func:`credrisk.portfolio.provision` or None.
    promises, disputes
        As :func:`credrisk.promise_ledger` and :func:`credrisk.dispute_ageing` give them.
    cash, cash_totals
        ``weeks`` (one row a week: ``week, week_from, week_to, expected, p10, p50, p90, due`` ...) and ``totals``
        (``line, amount``) of :class:`credrisk.models.cash_forecast.CashForecast`.
    stamp
        What the pack was made from: ``ledger`` (content hash as known on the day), ``as_of``, ``policy`` (hash),
        ``policy_version``, ``model`` (hash, "" where there is none), ``run`` (hash of ``run.json``).
    missing
        Key of :data:`PARTS` -> why that part was not measured, in words.
    """

    customers: pl.DataFrame = field(default_factory=pl.DataFrame)
    items: pl.DataFrame = field(default_factory=pl.DataFrame)
    trail: pl.DataFrame = field(default_factory=pl.DataFrame)
    ageing_by: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    dso: pl.DataFrame = field(default_factory=pl.DataFrame)
    cei: pl.DataFrame = field(default_factory=pl.DataFrame)
    cei_by: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    roll_rates: pl.DataFrame = field(default_factory=pl.DataFrame)
    migration: pl.DataFrame = field(default_factory=pl.DataFrame)
    concentration: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    concentration_summary: pl.DataFrame = field(default_factory=pl.DataFrame)
    cohorts: pl.DataFrame = field(default_factory=pl.DataFrame)
    bad_debt_ratio: pl.DataFrame = field(default_factory=pl.DataFrame)
    utilisation: pl.DataFrame = field(default_factory=pl.DataFrame)
    benchmarks: pl.DataFrame = field(default_factory=pl.DataFrame)
    provision: Provision | None = None
    promises: pl.DataFrame = field(default_factory=pl.DataFrame)
    disputes: pl.DataFrame = field(default_factory=pl.DataFrame)
    cash: pl.DataFrame = field(default_factory=pl.DataFrame)
    cash_totals: pl.DataFrame = field(default_factory=pl.DataFrame)
    stamp: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def last_month(self) -> str:
        """The month to the as-of date, in words."""
        return f"from {day_in_words(months_after(self.as_of, -1))} to {day_in_words(self.as_of)}"
