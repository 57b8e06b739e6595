"""A small pack of a ledger with everything that its workbook edits: limits, a queue, a worklist, and the stamp."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl
from decisions.cases import scores_of
from reports.packs import AS_OF, AWKWARD, plausible
from small_ledgers import ledger_of

from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue
from credrisk.decisions.queue_layout import RUN_COLUMNS
from credrisk.ledger.content_hash import content_hash
from credrisk.ledger.ledger import Ledger
from credrisk.reports.book import Book

DAY = date(2025, 3, 31)
POLICY = Policy.default()
CUSTOMERS = ("a", "b", "c", "d", "e", "f", "g", "=h+1", "i", "j")
"""Each owes one item, the earlier the more; all are past due but the last, whom nothing can be asked of."""


def ago(days: int) -> str:
    return (DAY - timedelta(days=days)).isoformat()


def small_ledger(**more: list[dict[str, Any]]) -> Ledger:
    documents = [
        {
            "document_id": f"d-{name}",
            "customer_id": name,
            "document_date": ago(95),
            "due_date": ago(65) if name != "j" else ago(-20),
            "amount": 1_000_000_00 // (place + 2),
        }
        for place, name in enumerate(CUSTOMERS)
    ]
    history = [
        {"customer_id": name, "attribute": "credit_limit", "value": "20000", "valid_from": ago(400)}
        for name in CUSTOMERS[:-1]
    ]
    history += [
        {"customer_id": name, "attribute": "collector", "value": f"desk {place % 2}", "valid_from": ago(400)}
        for place, name in enumerate(CUSTOMERS)
    ]
    return ledger_of(documents=documents, customer_history=history, **more)


def small_scores() -> pl.DataFrame:
    return scores_of(*({"customer_id": name, "name": f"Customer {name}", "pd_12m": 0.05} for name in CUSTOMERS))


def small_limits() -> pl.DataFrame:
    rows = [
        {
            "customer_id": name,
            "name": f"Customer {name}",
            "current_limit": 20_000.0 if name != "j" else None,
            "recommended_limit": 30_000.0 + 1_000 * place,
            "change": 30_000.0 + 1_000 * place - (20_000.0 if name != "j" else 0.0),
            "binding": "need",
            "action": "raise" if name != "j" else "grant",
            "grade_used": "D",
            "pd_used": 0.05,
            "portfolio_limit": None,
            "review_on": date(2025, 9, 30),
            "reasons": f"Raise. What binds is the need of {name}.",
        }
        for place, name in enumerate(CUSTOMERS)
    ]
    return pl.DataFrame(rows, schema_overrides={"portfolio_limit": pl.Float64})


def queue_of(ledger: Ledger, **options: Any) -> pl.DataFrame:
    made = collection_queue(ledger, as_of=DAY, scores=small_scores(), policy=POLICY, output="polars", **options)
    return made.select(RUN_COLUMNS)


def small_book(ledger: Ledger | None = None) -> Book:
    """Return the pack of :func:`small_ledger`, five contacts a day."""
    ledger = ledger or small_ledger()
    return Book(
        as_of=DAY,
        currency=ledger.settings.currency,
        scores=small_scores(),
        limits=small_limits(),
        queue=queue_of(ledger, capacity=5),
        stamp={
            "ledger": content_hash(ledger.cut(DAY)),
            "as_of": DAY.isoformat(),
            "policy": POLICY.hash,
            "policy_version": POLICY.version,
            "model": "m" * 64,
            "run": "r" * 64,
        },
    )


def full_book() -> Book:
    """Return an invented pack in which every part has rows."""
    pack = plausible(60)
    held = {name: getattr(pack, name) for name in pack.__dataclass_fields__}
    ids = pack.scores["customer_id"]
    ageing = pack.ageing
    money = [name for name in ageing.columns if ageing.schema[name].is_numeric()]
    by_country = ageing.group_by("country").agg(pl.col(money).sum()).sort("country")
    by_country = by_country.with_columns(share_past_due=pl.col("past_due") / (pl.col("not_due") + pl.col("past_due")))
    months = pack.history["as_of"]
    dso = pl.DataFrame({"as_of": months, "dso_3m": pack.history["dso_3m"]}).with_columns(
        best_possible_dso_3m=pl.col("dso_3m") - 9.0, average_days_delinquent=pl.lit(9.0)
    )
    cei = pl.DataFrame({"as_of": months, "opening": 900.0, "invoiced": 500.0, "closing": 880.0}).with_columns(
        collected=pl.lit(520.0), cash=pl.lit(500.0), credit_notes=pl.lit(15.0), write_offs=pl.lit(5.0),
        other=pl.lit(0.0), closing_not_due=pl.lit(700.0), cei=pl.lit(520.0 / 700.0), cei_cash=pl.lit(500.0 / 700.0),
    )  # fmt: skip
    whole = float(ageing["open_balance"].sum())
    largest = ageing.sort("open_balance", descending=True)
    concentration = largest.select(
        key="customer_id",
        name="name",
        amount="open_balance",
        share=pl.col("open_balance") / whole,
        cumulative=pl.col("open_balance").cum_sum() / whole,
    ).with_row_index("rank", offset=1)
    items = ageing.select(
        "customer_id",
        document_id=pl.lit("D") + pl.col("customer_id"),
        kind=pl.lit("invoice"),
        due_date=pl.lit(pack.as_of),
        days_past_due=pl.lit(0),
        bucket=pl.lit("not_due"),
        currency=pl.lit(pack.currency),
        amount="open_balance",
        open_amount="open_balance",
        open_in_currency="open_balance",
        disputed=pl.lit(0.0),
    )
    weeks = [pack.as_of + timedelta(days=1 + 7 * week) for week in range(8)]
    cash = pl.DataFrame({"week": list(range(1, 9)), "week_from": weeks, "expected": [1e5 - 5e3 * w for w in range(8)]})
    cash = cash.with_columns(p10=pl.col("expected") * 0.8, p90=pl.col("expected") * 1.2)
    promises = pl.DataFrame(
        {"promise_id": ["p1", "p2"], "customer_id": ids.head(2), "made_on": [pack.as_of] * 2, "due_on": weeks[:2],
         "state": ["open", "broken"], "promised": [100.0, None], "outstanding": [100.0, 50.0]}
    )  # fmt: skip
    disputes = pl.DataFrame(
        {"dispute_id": ["q1"], "document_id": ["D1"], "customer_id": ids.head(1), "opened_on": [pack.as_of],
         "cause": ["price"], "owner": ["sales"], "disputed": [40.0], "age_days": [0]}
    )  # fmt: skip
    ageing_with_share = ageing.with_columns(
        share_past_due=pl.col("past_due") / (pl.col("not_due") + pl.col("past_due"))
    )
    book = Book(**held)
    return replace(
        book,
        provision=provision_of(pack.currency),
        ageing=ageing_with_share,
        ageing_by={"country": by_country},
        items=items,
        dso=dso,
        cei=cei,
        concentration={"customer": concentration},
        cash=cash,
        promises=promises,
        disputes=disputes,
        missing={"roll_rates": "The ledger covers fewer than two months."},
        stamp={"ledger": "l", "policy": "p", "policy_version": "1", "model": "", "run": "r"},
    )


def provision_of(currency: str) -> SimpleNamespace:
    """Return a loss allowance of two rates and of two customers one by one."""
    matrix = pl.DataFrame(
        {
            "segment": ["all", "all", "all"],
            "state": ["not_due", "past_due_1_30", "credit_impaired"],
            "items": [10, 5, 2],
            "gross": [10_000.0, 5_000.5, 900.0],
            "exposed": [10_000.0, 4_000.5, 900.0],
            "historical_rate": [0.003, 0.016, 0.5],
            "rate": [0.0033, 0.0176, 0.5],
            "allowance": [33.0, 70.41, 450.0],
            "coverage": [33.0 / 10_000.0, 70.41 / 5_000.5, 0.5],
            "rate_source": ["own", "own", "by customer"],
        }
    )
    specific = pl.DataFrame(
        {"customer_id": ["C00001", "C00002"], "event": ["insolvency"] * 2, "exposed": [600.0, 300.0],
         "rate": [0.6, 0.3], "rate_source": ["stated", "history"], "allowance": [360.0, 90.0]}
    )  # fmt: skip
    overlay = pl.DataFrame({"scenario": ["base"], "probability": [1.0], "multiplier": [1.1], "allowance": [553.41]})
    lines = {"open_debit_items": 16_000.5, "not_provided_for": -100.0, "gross": 15_900.5, "insured": -1_000.0}
    lines |= {"exposed": 14_900.5}
    base = pl.DataFrame({"line": list(lines), "amount": list(lines.values())})
    return SimpleNamespace(
        as_of=AS_OF, standard="ifrs9", currency=currency, total=553.41, matrix=matrix, specific=specific,
        overlay=overlay, base=base,
    )  # fmt: skip


def hostile_book() -> Book:
    """Return the small pack with names and notes that try everything."""
    names = [*AWKWARD, "\u202eoverridden", "smile \U0001f600 " * 20]
    book = small_book()
    hostile = {name: names[place % len(names)] for place, name in enumerate(CUSTOMERS)}

    def renamed(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(name=pl.col("customer_id").replace_strict(hostile))

    return replace(
        book,
        title="=1+1 & <b>Portfolio</b>",
        scores=renamed(book.scores),
        limits=renamed(book.limits),
        queue=renamed(book.queue),
    )
