"""What became of the orders that somebody released, or held, against the answer: the overrides of a log, scored later.

An override is followed by the invoices of its order where the ledger names the order on them; else by the customer's
invoices from the day of the decision to a month after the delivery, the earliest first, up to the amount of the order.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import in_ledger_currency
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.expected_profit import DAYS_IN_YEAR
from credrisk.decisions.policy import Policy
from credrisk.features.labels import event_history
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OUTCOMES", "OVERRIDE", "override_outcomes"]

OVERRIDE = "override"
"""The kind of an entry of the log that is an override."""

OUTCOMES = {
    "loss": "some of it was written off, or the customer became a bad debt while it was open",
    "default": "the customer came into default while it was open",
    "late": "paid late, or past due and still open",
    "paid_on_time": "paid by the due date or within the days of grace",
    "open": "open and not past due",
    "not_delivered": "no invoice is found",
    "too_early": "no invoice yet, and it is too early to miss it",
    "held": "the override was to hold it or to ask for the money in advance",
}
FOLLOWED_DAYS = 31
"""After the delivery: invoices written so much later are not taken for the order's."""

BILLED = ("invoice", "debit_note")
CASH = ("payment", "offset", "recovery")
ON_CREDIT = ("release", "release_on_payment", "partial_release")
TABLE: dict[str, Any] = {
    "number": pl.Int64,
    "decided_on": pl.Date,
    **dict.fromkeys(("author", "customer_id", "order_id", "answer", "override", "reason"), pl.String),
    "amount": pl.Float64,
    "outcome": pl.String,
    **dict.fromkeys(("invoiced", "paid", "open", "lost", "days_late"), pl.Float64),
    **dict.fromkeys(("default_on", "bad_debt_on"), pl.Date),
    **dict.fromkeys(("expected_value", "realised_value"), pl.Float64),
}


@overload
def override_outcomes(
    entries: Iterable[Entry],
    ledger: Ledger,
    *,
    as_of: date | str | None = None,
    policy: Policy | None = None,
    output: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...
@overload
def override_outcomes(
    entries: Iterable[Entry],
    ledger: Ledger,
    *,
    as_of: date | str | None = None,
    policy: Policy | None = None,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def override_outcomes(
    entries: Iterable[Entry],
    ledger: Ledger,
    *,
    as_of: date | str | None = None,
    policy: Policy | None = None,
    output: str = "pandas",
) -> Any:
    """Score the overrides of orders in a log by what a later ledger knows.

    Parameters
    ----------
    entries
        As :meth:`~credrisk.decisions.decision_log.DecisionLog.read` gives them; other kinds are passed over.
    ledger
        The later ledger; it is cut at ``as_of``, by default the last day that it covers.
    policy
        Its days of grace tell late from on time, its cost of funds is used. The shipped policy where none is given.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row an override known by ``as_of``, in the order of the log; money in major units of the ledger's currency.

        ``answer``: what the order was answered, ``override``: what was done instead. ``outcome``: one of
        :data:`OUTCOMES`, the first that holds. ``invoiced, paid, open, lost``: of the invoices followed; ``lost`` was
        written off. ``days_late``: mean of what was paid in cash, by money; null where nothing was. ``default_on,
        bad_debt_on``: the customer's first such event after the decision. ``expected_value``: of the whole order on
        credit, as the decision reckoned it; ``realised_value``: margin on what was paid less the cost of what was lost
        and the funds, null while something is open or nothing was delivered.
    """
    check_output(output)
    day = to_date(as_of) if as_of is not None else ledger.settings.covers_to
    rules, seen = policy or Policy.default(), ledger.cut(day)
    overrides = [entry for entry in entries if entry.kind == OVERRIDE and "order" in entry.content]
    overrides = [entry for entry in overrides if date.fromisoformat(entry.content["order"]["as_of"]) <= day]
    who = pl.Series([entry.customer_id for entry in overrides], dtype=pl.String).unique()
    moves = item_movements(seen).filter(pl.col("customer_id").is_in(who.implode()))
    moves = moves.filter(pl.col("document_kind").is_in(BILLED))
    moves = in_ledger_currency(moves, ["amount"], seen, day).join(
        seen.table("documents").select("document_id", "order_id"), on="document_id", how="left"
    )
    history = event_history(seen, output="polars").filter(pl.col("customer_id").is_in(who.implode()))
    rows = [_row(entry, moves, history, rules, day) for entry in overrides]
    return given_out(pl.DataFrame(rows, schema=TABLE), output)


def _row(entry: Entry, moves: pl.DataFrame, history: pl.DataFrame, policy: Policy, day: date) -> dict[str, Any]:
    content, order = entry.content, entry.content["order"]
    decided_on = date.fromisoformat(order["as_of"])
    items = _followed(moves.filter(pl.col("customer_id") == entry.customer_id), order, decided_on)
    figures = _figures(items, day)
    after = history.filter((pl.col("customer_id") == entry.customer_id) & (pl.col("date") > decided_on))
    first = {target: after.filter(pl.col("target") == target)["date"].min() for target in ("default", "bad_debt")}
    on_credit = content["override"] in ON_CREDIT
    outcome = _outcome(figures, first, policy) if on_credit else "held"
    if outcome == "not_delivered" and day <= _until(order):
        outcome = "too_early"
    margin, funds = order["margin"], policy.economics.cost_of_funds
    realised = None
    if on_credit and figures["invoiced"] and not figures["open"]:
        realised = (
            margin * figures["paid"] - (1 - margin) * figures["lost"] - funds * figures["money_days"] / DAYS_IN_YEAR
        )
    return {
        "number": entry.number,
        "decided_on": decided_on,
        "author": entry.author,
        "customer_id": entry.customer_id,
        "order_id": order["order_id"],
        "answer": order["answer"],
        "override": content["override"],
        "reason": content["reason"],
        "amount": order["amount"],
        "outcome": outcome,
        **{name: figures[name] for name in ("invoiced", "paid", "open", "lost", "days_late")},
        "default_on": first["default"],
        "bad_debt_on": first["bad_debt"],
        "expected_value": order.get("value_if_all_on_credit", order["value_on_credit"]),
        "realised_value": realised,
    }


def _followed(moves: pl.DataFrame, order: dict[str, Any], decided_on: date) -> pl.DataFrame:
    """Return the movements of the invoices that are taken for the order's."""
    own = moves.filter(pl.col("order_id") == order["order_id"]) if order["order_id"] else moves.clear()
    own = own.filter(pl.col("document_date") >= decided_on)
    if own.height:
        return own
    in_time = pl.col("document_date").is_between(decided_on, _until(order))
    opened = (
        moves.filter((pl.col("kind") == "document") & in_time)
        .sort("document_date", "document_id")
        .with_columns(before=pl.col("amount").cum_sum() - pl.col("amount"))
        .filter(pl.col("before") < order["amount"] - 0.005)
    )
    return moves.filter(pl.col("document_id").is_in(opened["document_id"].implode()))


def _until(order: dict[str, Any]) -> date:
    """Return the last day on which an invoice may be written that is taken for the order's."""
    return date.fromisoformat(order["delivery"]) + timedelta(days=FOLLOWED_DAYS)


def _figures(items: pl.DataFrame, day: date) -> dict[str, Any]:
    """Return what was invoiced, paid, is open and was written off, and how late it was paid."""
    amount, kind = pl.col("amount"), pl.col("kind")
    cash = items.filter(kind.is_in(CASH)).with_columns(
        late=(pl.col("event_date") - pl.col("due_date")).dt.total_days(),
        unpaid=(pl.col("event_date") - pl.col("document_date")).dt.total_days(),
    )
    left = items.group_by("document_id").agg(amount.sum(), pl.col("due_date").first())
    still = left.filter(amount > 0.005)
    paid = -float(cash["amount"].sum())
    return {
        "invoiced": float(items.filter(kind == "document")["amount"].sum()),
        "paid": paid + 0.0,
        "open": round(float(still["amount"].sum()), 3),
        "lost": -float(items.filter(kind == "write_off")["amount"].sum()) + 0.0,
        "days_late": -float((cash["amount"] * cash["late"]).sum()) / paid if paid > 0 else None,
        "money_days": -float((cash["amount"] * cash["unpaid"]).sum()),
        "oldest_late": max([(day - due).days for due in still["due_date"]], default=0),
        "settled_on": None if still.height else items["event_date"].max(),
    }


def _outcome(figures: dict[str, Any], first: dict[str, Any], policy: Policy) -> str:
    """Return the first outcome that holds."""
    if not figures["invoiced"]:
        return "not_delivered"

    def while_open(event: date | None) -> bool:
        return event is not None and (figures["settled_on"] is None or event <= figures["settled_on"])

    grace = policy.order.release_overdue_days
    if figures["lost"] > 0 or while_open(first["bad_debt"]):
        return "loss"
    if while_open(first["default"]):
        return "default"
    if figures["oldest_late"] > grace:
        return "late"
    if figures["open"]:
        return "open"
    return "late" if (figures["days_late"] or 0) > grace else "paid_on_time"
