"""Artificial books: a plausible portfolio, one of hostile texts, one of which nothing was measured."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from reports.packs import AS_OF, nothing, plausible

from credrisk.dates import months_after
from credrisk.reports.book import Book
from credrisk.reports.buckets import buckets_among
from credrisk.reports.pack import Pack

HOSTILE = (
    "<script>document.documentElement.dataset.pwned = 'script'</script>",
    "<img src=x onerror=\"document.documentElement.dataset.pwned='img'\">",
    "</script><script>document.documentElement.dataset.pwned='closed'</script>",
    "=cmd|'/C calc'!A0",
    "\u202egnp.exe \u2067 turned",
    "\U0001f9ff \U0001f469\u200d\U0001f692 株式会社 Пример",
    "x" * 300,
    "Line\u2028separator \x85 and \x0b tab\tname",
    "{{ 7 * 7 }} ${7 * 7} %s \\u003c",
    "javascript:document.documentElement.dataset.pwned='url'",
    "A/B?grade=F&q=#x%00",
)
DEFAULT_ITEMS = 3


def book_of(pack: Pack, *, items_each: int = DEFAULT_ITEMS, **changes: Any) -> Book:
    """Return a book of a pack: every customer with so many open items that make up its buckets."""
    scores, currency = pack.scores, pack.currency
    buckets = buckets_among(pack.ageing.columns)
    limits = pack.limits.select(
        "customer_id",
        "current_limit",
        "recommended_limit",
        "binding",
        limit_action="action",
        limit_reasons="reasons",
    )
    queue = pack.queue.select(
        "customer_id", "rank", "action", "contact_today", "gain", "held", "last_contact_on", queue_reasons="reasons"
    )
    aged = pack.ageing.select("customer_id", *buckets, "late_fees", "open_credits")
    own = scores.select(
        "customer_id", "name", "country", "status", "open_balance", "past_due", "unapplied_cash", "net_balance",
        "dbt_12m", "dso_countback", "pd_3m", "pd_6m", "pd_12m", "pd_source", "grade", "expected_loss",
        reasons=pl.concat_str("reason_1", "reason_2", "reason_3", separator="; ", ignore_nulls=True),
    )  # fmt: skip
    place = pl.int_range(pl.len())
    customers = (
        own.with_columns(
            industry=pl.lit("paper"),
            segment=pl.when(place % 3 == 0).then(pl.lit("A")).otherwise(pl.lit("B")),
            collector=pl.format("desk {}", place % 4 + 1),
            group=pl.when(place % 10 == 1).then(pl.col("customer_id").shift(1)).otherwise("customer_id"),
        )
        .with_columns(group_name=pl.col("name"))
        .join(aged, on="customer_id", how="left")
        .join(limits, on="customer_id", how="left")
        .join(queue, on="customer_id", how="left")
        .with_columns(
            utilisation=pl.when(pl.col("current_limit") > 0).then(pl.col("net_balance") / pl.col("current_limit")),
            slot=pl.lit("gain"),
            oldest_open_days=pl.col("dbt_12m").clip(lower_bound=0).round(),
        )
        .sort("net_balance", "customer_id", descending=[True, False])
    )
    ids = customers["customer_id"].to_list()
    return Book(
        **{name: getattr(pack, name) for name in Pack.__dataclass_fields__},
        **{
            "customers": customers,
            "items": _items(ids, items_each, currency),
            "trail": _trail(customers),
            "dso": _dso(pack.history),
            "cei": pl.DataFrame({"as_of": [AS_OF], "cash": [900.0], "cei": [0.9], "cei_cash": [0.85]}),
            "promises": _promises(ids),
            "disputes": _disputes(ids),
            "stamp": {"ledger": "0" * 64, "policy": "1" * 64},
            "missing": {"provision": "No provision was worked out."},
        }
        | changes,
    )


def _items(ids: list[str], each: int, currency: str) -> pl.DataFrame:
    numbers = np.arange(len(ids) * each)
    late = (numbers * 37) % 160 - 40
    amount = np.round(100.0 + (numbers * 7919) % 50_000 / 3, 2)
    due = [AS_OF - timedelta(days=int(days)) for days in late]
    return pl.DataFrame(
        {
            "customer_id": np.repeat(np.array(ids, dtype=object), each).tolist(),
            "document_id": [f"D{number:07d}" for number in numbers],
            "kind": "invoice",
            "document_date": [day - timedelta(days=30) for day in due],
            "due_date": due,
            "days_past_due": late.tolist(),
            "bucket": "not_due",
            "currency": currency,
            "amount": amount,
            "open_amount": amount,
            "open_in_currency": amount,
            "disputed": 0.0,
            "promised_on": None,
        },
        schema_overrides={"promised_on": pl.Date},
    )


def _trail(customers: pl.DataFrame) -> pl.DataFrame:
    days = pl.DataFrame({"as_of": [months_after(AS_OF, -back) for back in range(12, -1, -1)], "step": range(13)})
    return (
        customers.select("customer_id", "net_balance", credit_limit="current_limit")
        .join(days, how="cross")
        .with_columns(net_balance=(pl.col("net_balance") * (0.4 + pl.col("step") % 5 / 4)).round(2))
        .select("customer_id", "as_of", "net_balance", "credit_limit")
    )


def _dso(history: pl.DataFrame) -> pl.DataFrame:
    if not history.width:
        return history
    return history.select(
        "as_of",
        "dso_countback",
        "dso_3m",
        "best_possible_dso_3m",
        average_days_delinquent=pl.col("dso_3m") - pl.col("best_possible_dso_3m"),
        average_days_delinquent_countback=pl.col("dso_countback") - 30.0,
        reason=pl.lit(None, dtype=pl.String),
    )


def _promises(ids: list[str]) -> pl.DataFrame:
    some = ids[::5]
    return pl.DataFrame(
        {
            "promise_id": [f"P{number:05d}" for number in range(len(some))],
            "customer_id": some,
            "document_id": [None if number % 2 else f"D{number:07d}" for number in range(len(some))],
            "made_on": [AS_OF - timedelta(days=20 + number % 9) for number in range(len(some))],
            "due_on": [AS_OF - timedelta(days=10 - number % 20) for number in range(len(some))],
            "broke_on": [AS_OF - timedelta(days=6) if number % 20 < 10 else None for number in range(len(some))],
            "promised": [1000.0 + number for number in range(len(some))],
            "outstanding": [1000.0 + number for number in range(len(some))],
            "state": ["broken" if number % 20 < 10 else "open" for number in range(len(some))],
            "days_late": [10 if number % 20 < 10 else None for number in range(len(some))],
            "still_unpaid": [number % 20 < 10 for number in range(len(some))],
            "p_kept": [None if number % 20 < 10 else 0.6 for number in range(len(some))],
        },
        schema_overrides={"document_id": pl.String, "broke_on": pl.Date, "days_late": pl.Int64, "p_kept": pl.Float64},
    ).with_columns(paid_in_full_on=pl.lit(None, dtype=pl.Date))


def _disputes(ids: list[str]) -> pl.DataFrame:
    some = ids[::8]
    return pl.DataFrame(
        {
            "dispute_id": [f"Q{number:05d}" for number in range(len(some))],
            "document_id": [f"D{number:07d}" for number in range(len(some))],
            "customer_id": some,
            "cause": "price",
            "owner": "nobody",
            "opened_on": [AS_OF - timedelta(days=20 + number % 90) for number in range(len(some))],
            "ended_on": None,
            "ended_by": None,
            "age_days": [20 + number % 90 for number in range(len(some))],
            "claimed": [500.0 + number for number in range(len(some))],
            "disputed": [400.0 + number for number in range(len(some))],
            "outcome": None,
        },
        schema_overrides={"ended_on": pl.Date, "ended_by": pl.String, "outcome": pl.String},
    )


def plausible_book() -> Book:
    """Return a book of a plausible portfolio."""
    return book_of(plausible())


def hostile_book() -> Book:
    """Return a book in which every text that a ledger brings may harm a page."""
    book = book_of(plausible(len(HOSTILE), seed=3, names=HOSTILE))
    ids = [f"{number}{text[:40]}" for number, text in enumerate(HOSTILE)]
    before = book.scores["customer_id"].to_list()
    new = dict(zip(before, ids, strict=True))

    def renamed(frame: pl.DataFrame) -> pl.DataFrame:
        columns = [name for name in ("customer_id", "group") if name in frame.columns]
        return frame.with_columns(pl.col(name).replace_strict(new, default=pl.col(name)) for name in columns)

    def soiled(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
        texts = pl.Series([HOSTILE[row % len(HOSTILE)] for row in range(frame.height)], dtype=pl.String)
        return renamed(frame).with_columns(texts.alias(name) for name in names)

    changed = {
        "customers": soiled(book.customers, ("country", "industry", "segment", "collector", "reasons", "limit_reasons",
                                             "queue_reasons", "held", "group_name")),
        "items": soiled(book.items, ("document_id", "kind")),
        "trail": renamed(book.trail),
        "promises": soiled(book.promises, ("promise_id", "document_id")),
        "disputes": soiled(book.disputes, ("dispute_id", "cause", "owner")),
        "scores": renamed(book.scores),
        "limits": soiled(book.limits, ("reasons",)),
        "queue": soiled(book.queue, ("reasons", "collector")),
        "ageing": renamed(book.ageing),
        "title": HOSTILE[2],
    }  # fmt: skip
    kept = {name: getattr(book, name) for name in Book.__dataclass_fields__}
    return Book(**(kept | changed))


def empty_book() -> Book:
    """Return a book of a portfolio of which nothing was measured."""
    pack = nothing()
    kept = {name: getattr(pack, name) for name in Pack.__dataclass_fields__}
    return Book(**kept, missing={"cash": "Nothing is open."})
