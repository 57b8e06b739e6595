"""Artificial memos: a plausible one, a hostile one, and one of a ledger that holds next to nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.policy import Policy
from credrisk.reports.memo import Memo, MemoRisk

__all__ = ["HOSTILE", "TABLES", "bare", "hostile", "plausible"]

AS_OF = date(2026, 3, 31)
TABLES = ("facts", "events", "orders", "contacts", "disputes", "promises", "cover", "customer_history")
HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)> & \"Sons\" {{ 7*7 }} =cmd|' /C calc'!A0"


def facts() -> pl.DataFrame:
    rows = [
        ("revenue", date(2024, 12, 31), 4_093_742.0, "eur", date(2025, 7, 4), "register", "https://example.org/1"),
        ("revenue", date(2023, 12, 31), 4_385_999.0, "eur", date(2024, 7, 9), "register", None),
        ("revenue", date(2024, 12, 31), 4_000_000.0, "eur", date(2025, 6, 1), "register", None),
        ("equity", date(2024, 12, 31), 183_608.0, "eur", date(2025, 7, 4), "register", "javascript:alert(1)"),
    ]
    columns = ("measure", "period_end", "value", "unit", "known_at", "source", "url")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns), orient="row")
    return frame.with_columns(period_start=pl.lit(None, pl.Date))


def events() -> pl.DataFrame:
    rows = [
        ("payment_judgment", date(2025, 7, 25), date(2025, 7, 26), "register", None, "Judgment for an unpaid debt"),
        ("news", date(2019, 1, 1), date(2019, 1, 2), "press", None, "Long ago"),
    ]
    columns = ("kind", "happened_on", "known_at", "source", "url", "text")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns), orient="row").with_columns(customer_id=pl.lit("C1"))


def history(months: int = 24) -> pl.DataFrame:
    days = [months_after(AS_OF, -back) for back in range(months, -1, -1)]
    steps = range(months + 1)
    return pl.DataFrame(
        {
            "as_of": days,
            "net_balance": [60_000.0 + 2_500 * step * (-1) ** step for step in steps],
            "credit_limit": [None if step < 6 else 100_000.0 for step in steps],
            "dbt_3m": [None if step == 9 else 5.0 + step / 2 for step in steps],
            "industry_dbt_3m": [6.0 for _ in steps],
            "invoiced_3m": [150_000.0 + 3_000 * step for step in steps],
        }
    )


def steps(says: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "question": ["payment", "ageing", None],
            "contribution": [0.62, -0.21, 0.04],
            "says": [says, "nothing of what is open is past due", "all else, 28 questions"],
        }
    )


def plausible() -> Memo:
    limits = {
        "customer_id": "C1",
        "current_limit": 100_000.0,
        "recommended_limit": 140_000.0,
        "need": 142_310.0,
        "need_arithmetic": "62,087 EUR a month x (45 days of terms + 1 day late) / 30.4 = 93,274 EUR.",
        "capacity_limit": 18_361.0,
        "capacity_arithmetic": "10 % (grade C) of net worth of 183,608 EUR = 18,361 EUR.",
        "peer_limit": None,
        "peer_arithmetic": "Only 4 customers compare; 10 are needed.",
        "cover_limit": 63_000.0,
        "cover_arithmetic": "90 % of what is owed from 0 EUR to 70,000 EUR.",
        "expected_profit_limit": None,
        "expected_profit_arithmetic": "Every further unit of limit earns: only the caps bind.",
        "loss_appetite_limit": 900_000.0,
        "portfolio_limit": None,
        "binding": "need",
        "action": "raise",
        "grade_used": "C",
        "pd_used": 0.0123,
        "pd_used_source": "model",
        "expected_loss": 726.0,
        "expected_profit": 29_655.0,
        "review_on": date(2026, 9, 30),
        "expires_on": date(2026, 11, 29),
        "seasonal_limit": 200_000.0,
        "seasonal_from": date(2026, 11, 1),
        "seasonal_to": date(2026, 12, 31),
        "limit_if_pd_doubled": 120_000.0,
        "limit_if_margin_up": 140_000.0,
        "reasons": "Raise to 140,000 EUR from 100,000 EUR. What binds is the need.",
    }
    return Memo(
        as_of=AS_OF,
        currency="EUR",
        policy=Policy.default(),
        customer={"customer_id": "C1", "name": "Amber Imaginary Bakeries", "industry": "food", "country": "DE"},
        scores={"status": "at_risk", "pd_3m": 0.003, "pd_6m": 0.006, "reason_1": "not of the model"},
        limits=limits,
        now={"net_balance": 120_000.0, "past_due": 12_000.0, "dbt_3m": -0.4, "industry_dbt_3m": 6.0, "net_worth": 1.0}
        | {"dbt_12m": 9.0, "share_past_due": 0.1, "terms_days": 45.0},
        before={"net_balance": 70_000.0, "past_due": 0.0},
        exposure={
            "open_items": 110_000.0,
            "delivered_uninvoiced": 5_000.0,
            "open_orders": 20_000.0,
            "unapplied": 3_000.0,
            "security": 63_000.0,
            "exposure": 132_000.0,
            "group_exposure": 150_000.0,
        },
        history=history(),
        risk=MemoRisk(
            model="penalised regression, 31 bad debts in the ledger",
            interval={0.8: (0.008, 0.02), 0.95: (0.004, 0.031)},
            reasons=("pays 9 days beyond terms",),
            reasons_before=("12 % of what is open is past due",),
            pd_before=0.0051,
            before_on=months_after(AS_OF, -12),
            changed=("9 days beyond terms, 2 on 2025-03-31: raises the rate by 20 %",),
            denial=(("Payment record with us", "pays 9 days beyond terms"),),
            steps=steps("pays 9 days beyond terms on average over 12 months"),
            pd=0.0123,
        ),
        facts=facts(),
        events=events(),
        covers=(date(2023, 1, 1), AS_OF),
    )


def hostile() -> Memo:
    memo = plausible()
    text = pl.lit(HOSTILE)
    return replace(
        memo,
        customer=dict.fromkeys(("customer_id", "name", "industry", "country", "segment", "parent_id"), HOSTILE),
        limits={**memo.limits, "reasons": HOSTILE, "need_arithmetic": HOSTILE, "action": "lower", "binding": HOSTILE},
        risk=replace(
            memo.risk,
            model=HOSTILE,
            reasons=(HOSTILE, "long" * 100),
            reasons_before=(HOSTILE,),
            changed=(HOSTILE,),
            denial=((HOSTILE, HOSTILE),),
            steps=steps(HOSTILE),
        ),
        facts=memo.facts.with_columns(measure=text, source=text, unit=text, url=pl.lit(f'https://x/"{HOSTILE}')),
        events=memo.events.with_columns(kind=text, text=text, source=text, url=pl.lit(f"data:text/html,{HOSTILE}")),
        policy=Policy.default().changed({"version": HOSTILE}),
    )


def bare() -> Memo:
    return Memo(
        as_of=AS_OF,
        currency="JPY",
        policy=Policy.default(),
        customer={"customer_id": "N1", "name": None},
        scores={"status": "not_yet_customer"},
        limits={
            "current_limit": None,
            "recommended_limit": 0.0,
            "action": "keep",
            "binding": "need",
            "grade_used": "E",
            "pd_used": 0.08,
            "pd_used_source": "policy_grade",
        },
        now={},
        missing=TABLES,
    )
