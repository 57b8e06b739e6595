"""What a customer itself can do about the figures it is judged by, and what its figures would then be.

Only figures that move by the customer's own acts, within a year, and to a place that customers do reach. Never its age,
its industry, its size or how long it has been a customer; never what the seller does. Each action changes every figure
it touches, so that they stay of one piece: who pays what is past due owes less as well. Figures that an action would
move in part are moved in proportion, as if payments were even over the window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

__all__ = ["ACTIONS", "Action", "acted"]

Changed = dict[str, pl.Expr]


@dataclass(frozen=True)
class Action:
    """One action.

    Attributes
    ----------
    name
        Short name.
    kind
        Two actions of one kind are degrees of the same thing: a customer takes one of them.
    effort
        How much it asks, in ranks of our judgement: plans are tried from the least.
    says
        The action in words, after "if it".
    changes
        The figures after it, from the names of the columns there are.
    money
        Columns of the money that it takes; none where it takes none.
    """

    name: str
    kind: str
    effort: int
    says: str
    changes: Callable[[frozenset[str]], Changed]
    money: tuple[str, ...] = ()


def acted(frame: pl.DataFrame, action: Action) -> pl.DataFrame:
    """Return the features after an action; columns that it does not touch stay."""
    changed = action.changes(frozenset(frame.columns))
    return frame.with_columns(**{name: value for name, value in changed.items() if name in frame.columns})


BUCKETS = {0: "past_due_1_30", 30: "past_due_31_60", 60: "past_due_61_90", 90: "past_due_over_90"}
SHARES = {0: "share_past_due", 30: "share_over_30", 60: "share_over_60", 90: "share_over_90"}


def _pays_older_than(days: int) -> Callable[[frozenset[str]], Changed]:
    """Pay what is more than ``days`` days past due."""

    def changes(there: frozenset[str]) -> Changed:
        gone = [name for start, name in BUCKETS.items() if start >= days]
        changed: Changed = {name: _to(name, 0.0) for name in gone}
        changed |= {name: _to(name, 0.0) for start, name in SHARES.items() if start >= days}
        changed["oldest_open_days"] = pl.col("oldest_open_days").clip(upper_bound=float(days))
        late = (pl.col("oldest_open_days") - days).clip(lower_bound=0.0)
        if "oldest_open_days" in there:
            pays = pl.when(pl.col("oldest_open_days") > days)
            changed["days_since_last_payment"] = pays.then(pl.lit(0.0)).otherwise("days_since_last_payment")
            changed |= {
                name: pl.col(name) - late for name in ("days_beyond_stop_shipment", "days_beyond_report_overdue")
            }
        paid = pl.sum_horizontal(gone) if set(gone) <= there else None
        if days == 0 and "past_due" in there:
            paid = pl.col("past_due")
        if paid is None:
            return changed
        changed |= _owing_less(paid, there)
        if days == 0:
            changed |= {
                name: _to(name, 0.0)
                for name in (
                    "past_due",
                    "past_due_to_invoiced_3m",
                    "average_days_delinquent_3m",
                    "average_days_delinquent_12m",
                )
            }
        elif "past_due" in there:
            left = _part_left(paid, pl.col("past_due"))
            changed["past_due"] = pl.col("past_due") * left
            for name in ("past_due_to_invoiced_3m", "average_days_delinquent_3m", "average_days_delinquent_12m"):
                changed[name] = pl.col(name) * left
            if "share_past_due" in there:
                debit = pl.col("past_due") / pl.col("share_past_due")
                fewer = pl.when(pl.col("share_past_due") > 0).then(debit / (debit - paid))
                for start, name in SHARES.items():
                    if start < days and name in there:
                        now = (pl.col(name) - paid / debit).clip(lower_bound=0.0) * fewer
                        changed[name] = pl.when(now.is_finite()).then(now).otherwise(name)
        if "share_past_due" in there and "share_past_due" in changed:
            fall = (pl.col("share_past_due") - changed["share_past_due"]).fill_null(0.0)
            for name in ("share_past_due_change_3m", "share_past_due_against_industry"):
                changed[name] = pl.col(name) - fall
        return changed

    return changes


def _owing_less(paid: pl.Expr, there: frozenset[str]) -> Changed:
    changed: Changed = {name: pl.col(name) - paid for name in ("open_balance", "net_balance")}
    changed["over_limit"] = (pl.col("over_limit") - paid).clip(lower_bound=0.0)
    changed["headroom"] = pl.col("headroom") + paid
    if "net_balance" in there:
        changed["utilisation"] = pl.col("utilisation") * _part_left(paid, pl.col("net_balance"))
    if "open_balance" in there:
        # Late fees are no part of DSO, and nobody pays them here.
        sold = pl.col("open_balance") - (pl.col("late_fees") if "late_fees" in there else 0.0)
        left = _part_left(paid, sold)
        for name in ("balance_to_invoiced_3m", "dso_countback", "dso_3m", "dso_6m", "dso_12m"):
            changed[name] = pl.col(name) * left
    return changed


def _pays_on_terms(months: int) -> Callable[[frozenset[str]], Changed]:
    """Pay every invoice by its due date for ``months`` months."""

    def changes(there: frozenset[str]) -> Changed:
        changed: Changed = {}
        for window in (3, 6, 12):
            kept = max(0.0, 1.0 - months / window)
            changed[f"dbt_{window}m"] = _late_part(f"dbt_{window}m", kept)
        kept = max(0.0, 1.0 - months / 12)
        for name in (
            "share_paid_late_12m",
            "share_paid_late_30_12m",
            "share_paid_late_60_12m",
            "share_paid_late_90_12m",
        ):
            changed[name] = pl.col(name) * kept
        if "share_paid_late_12m" in there:
            changed["share_paid_late_12m_against_industry"] = pl.col("share_paid_late_12m_against_industry") - pl.col(
                "share_paid_late_12m"
            ) * (1 - kept)
        if "dbt_3m" in there:
            sooner = (pl.col("dbt_3m") - changed["dbt_3m"]).fill_null(0.0)
            for name in ("dbt_3m_against_industry", "dbt_change_3m"):
                changed[name] = pl.col(name) - sooner
            if "dbt_12m" in there:
                changed["dbt_trend"] = pl.col("dbt_trend") - sooner + (pl.col("dbt_12m") - changed["dbt_12m"])
        if months >= 12:
            changed["most_days_late_12m"] = pl.col("most_days_late_12m").clip(upper_bound=0.0)
            changed["dbt_slope_12m"] = pl.col("dbt_slope_12m").clip(upper_bound=0.0)
        return changed

    return changes


def _keeps_promises(there: frozenset[str]) -> Changed:
    changed = {
        name: _to(name, 0.0)
        for name in ("broken_promises_12m", "broken_promise_share_12m", "repeat_broken_promises_12m")
    }
    changed["promised_money_kept_share_12m"] = _to("promised_money_kept_share_12m", 1.0)
    # Null says that no promise was broken.
    changed["broken_promise_days_12m"] = pl.lit(None, dtype=pl.Float64)
    return changed


def _settles_disputes(there: frozenset[str]) -> Changed:
    # Null says that nothing is in dispute.
    ages = dict.fromkeys(("oldest_dispute_days", "open_dispute_days"), pl.lit(None, dtype=pl.Float64))
    return {"disputed_open": _to("disputed_open", 0.0), **ages}


def _answers(there: frozenset[str]) -> Changed:
    return {name: _to(name, 0.0) for name in ("attempts_since_reached", "days_since_reached")}


def _to(name: str, value: float) -> pl.Expr:
    """Set what is measured; what is not stays null."""
    return pl.when(pl.col(name).is_not_null()).then(pl.lit(value))


def _late_part(name: str, kept: float) -> pl.Expr:
    return pl.when(pl.col(name) > 0).then(pl.col(name) * kept).otherwise(name)


def _part_left(paid: pl.Expr, owed: pl.Expr) -> pl.Expr:
    return pl.when(owed > 0).then(((owed - paid) / owed).clip(0.0, 1.0)).otherwise(1.0)


ACTIONS = (
    Action("answer", "answer", 1, "answers when it is contacted", _answers),
    Action(
        "pay_over_60",
        "pay",
        2,
        "pays what is more than 60 days past due",
        _pays_older_than(60),
        ("past_due_61_90", "past_due_over_90"),
    ),
    Action(
        "pay_over_30",
        "pay",
        3,
        "pays what is more than 30 days past due",
        _pays_older_than(30),
        ("past_due_31_60", "past_due_61_90", "past_due_over_90"),
    ),
    Action("settle_disputes", "disputes", 3, "settles the open disputes", _settles_disputes, ("disputed_open",)),
    Action("pay_past_due", "pay", 4, "pays all that is past due", _pays_older_than(0), ("past_due",)),
    Action("terms_3_months", "terms", 5, "pays every invoice by its due date for 3 months", _pays_on_terms(3)),
    Action("keep_promises", "promises", 6, "keeps every promise to pay for 12 months", _keeps_promises),
    Action("terms_12_months", "terms", 8, "pays every invoice by its due date for 12 months", _pays_on_terms(12)),
)
"""What a customer can do, from the least effort. The ranks of effort are credrisk's judgement, not measured."""
