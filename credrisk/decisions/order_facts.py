"""What an order is decided from: of every customer the exposure, the limit, the overdue items, the PD, the margin."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.decisions.cover_in_force import Contract, contracts_by_customer
from credrisk.decisions.exposure_today import exposure_today, open_orders_today
from credrisk.decisions.grades import NO_CREDIT_STATUSES, with_used_pd
from credrisk.decisions.inputs import customer_rows
from credrisk.decisions.insolvency import insolvencies, warned_by_registers
from credrisk.decisions.margins import customer_attributes, with_margin
from credrisk.decisions.order_life import TermStructure
from credrisk.decisions.policy import Policy
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = [
    "CustomerFacts",
    "LimitForATime",
    "OpenOrder",
    "Overdue",
    "customer_facts",
    "open_orders_of",
    "unknown_customer",
]

SCORES = {"status": pl.String(), "pd_12m": pl.Float64()}
SCORES_OPTIONAL = {
    **dict.fromkeys(("name", "pd_source", "reason_1"), pl.String()),
    **dict.fromkeys(("pd_3m", "pd_6m", "p_late30_12m", "dbt_12m", "oldest_open_days"), pl.Float64()),
}
LIMITS = {"recommended_limit": pl.Float64()}
LIMITS_OPTIONAL = {
    **dict.fromkeys(("seasonal_limit", "temporary_limit"), pl.Float64()),
    **dict.fromkeys(("seasonal_from", "seasonal_to", "temporary_until"), pl.Date()),
}


@dataclass(frozen=True)
class Overdue:
    """One item past due: by how many days, what is left of it and what of that is not disputed, in money."""

    days: int
    amount: float
    undisputed: float


@dataclass(frozen=True)
class OpenOrder:
    """An order that is not closed, in money of the ledger's currency."""

    order_id: str
    customer_id: str
    undelivered: float
    delivered: float
    requested_delivery: date | None


@dataclass(frozen=True)
class LimitForATime:
    """A limit that the run recommends for deliveries from ``first`` to ``last``, both included.

    ``kind`` is ``seasonal`` or ``temporary``; ``limit`` is money.
    """

    kind: str
    limit: float
    first: date
    last: date


@dataclass(frozen=True)
class CustomerFacts:
    """What is known of one customer on the day; money in major units of the ledger's currency.

    Attributes
    ----------
    known
        False for an id of which the ledger knows no account.
    status
        at_risk, recovering, in_default, bad_debt, inactive, not_yet_customer; None where it was not scored.
    pd
        The term structure that decides: measured, or the policy's for the grade.
    pd_source
        ``model``, ``policy_grade``, ``in_default``, ``bad_debt`` as in
        :func:`~credrisk.decisions.grades.with_used_pd`, or ``not_scored``.
    days_late
        Mean days beyond terms of the last 12 months, never below 0; None where it is not measured.
    terms_days
        The terms in force; None where none are on file.
    limit_on_file, recommended_limit
        The limit in force by the customer history, and what was recommended; None where there is none.
    limits_for_a_time
        What was recommended for a season or for what is on the table today, the lowest first.
    warned_of
        What a register says that stops nothing by itself, in words
        (:func:`~credrisk.decisions.insolvency.warned_by_registers`).
    happened
        Of a bad debt or a customer in default: which event it was and when, in words, where the scores say so.
    nearest
        Of an id that is not known: an account whose id differs in nothing but letter case, signs and leading zeros.
    parts
        The waterfall of :func:`~credrisk.decisions.exposure_today.exposure_today`.
    overdue
        Past-due debit items, the oldest first.
    contracts
        The cover in force.
    group, group_accounts, rest_of_group
        The group, how many accounts it has, and the exposure of its other accounts.
    failed_in_group
        Ids of its other accounts that are in default or a bad debt.
    released_today
        What was released on credit in the same sitting and is in none of the parts.
    """

    customer_id: str
    known: bool
    grade: str
    pd: TermStructure
    pd_source: str
    margin: float
    margin_source: str
    parts: Mapping[str, float | None]
    name: str | None = None
    status: str | None = None
    days_late: float | None = None
    terms_days: int | None = None
    limit_on_file: float | None = None
    recommended_limit: float | None = None
    limits_for_a_time: tuple[LimitForATime, ...] = ()
    overdue: tuple[Overdue, ...] = ()
    contracts: tuple[Contract, ...] = ()
    group: str = ""
    group_accounts: int = 1
    rest_of_group: float = 0.0
    failed_in_group: tuple[str, ...] = ()
    insolvent_on: date | None = None
    insolvent_as: str = "insolvent"
    warned_of: str = ""
    released_today: float = 0.0
    happened: str | None = None
    nearest: str | None = None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all of it."""
        told = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        told["pd"] = astuple(self.pd)
        for name in ("overdue", "contracts", "limits_for_a_time"):
            told[name] = [astuple(entry) for entry in getattr(self, name)]
        text = json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def part(self, name: str) -> float:
        """Return a part of the waterfall, 0 where it is not known."""
        return self.parts.get(name) or 0.0


def customer_facts(
    ledger: Ledger, *, scores: Any, limits: Any | None, policy: Policy, as_of: date
) -> dict[str, CustomerFacts]:
    """Return the facts of every account that the ledger knows at ``as_of``.

    Parameters
    ----------
    scores
        ``customer_id, status, pd_12m``, and ``name, pd_3m, pd_6m, p_late30_12m, dbt_12m, oldest_open_days, reason_1``
        where there.
    limits
        ``customer_id, recommended_limit``, and ``seasonal_limit, seasonal_from, seasonal_to, temporary_limit,
        temporary_until`` where there; or None.
    """
    seen = ledger.cut(as_of)
    scored = customer_rows(scores, "scores", required=SCORES, optional=SCORES_OPTIONAL, as_of=as_of)
    scored = with_used_pd(scored, policy).rename({"name": "scored_name"})
    exposure = exposure_today(ledger, as_of=as_of, policy=policy, output="polars")
    names = seen.table("customers").select("customer_id", "name").unique("customer_id", keep="first")
    rows = (
        exposure.with_columns(group_accounts=pl.len().over("group"))
        .join(names, on="customer_id", how="left")
        .join(scored, on="customer_id", how="left")
        .join(customer_attributes(ledger, as_of=as_of), on="customer_id", how="left")
        .join(_numbers(seen, "credit_limit"), on="customer_id", how="left")
        .join(_numbers(seen, "terms_days"), on="customer_id", how="left")
        .join(insolvencies(seen), on="customer_id", how="left")
        .join(warned_by_registers(seen), on="customer_id", how="left")
    )
    recommended = pl.DataFrame(schema={"customer_id": pl.String, **LIMITS, **LIMITS_OPTIONAL})
    if limits is not None:
        recommended = customer_rows(limits, "limits", required=LIMITS, optional=LIMITS_OPTIONAL, as_of=as_of)
    rows = with_margin(rows.join(recommended, on="customer_id", how="left"), policy.economics)
    overdue, contracts = _overdue(seen, as_of), contracts_by_customer(seen, as_of=as_of)
    failed = _failed_by_group(rows)
    return {
        row["customer_id"]: replace(
            _facts(row, overdue.get(row["customer_id"], ()), contracts.get(row["customer_id"], []), policy, as_of),
            failed_in_group=tuple(each for each in failed.get(row["group"], []) if each != row["customer_id"]),
        )
        for row in rows.iter_rows(named=True)
    }


def _failed_by_group(rows: pl.DataFrame) -> dict[str, list[str]]:
    """Return the accounts in default or bad debt of each group of several accounts."""
    failed = rows.filter((pl.col("group_accounts") > 1) & pl.col("status").is_in(NO_CREDIT_STATUSES))
    return dict(failed.sort("customer_id").group_by("group", maintain_order=True).agg("customer_id").iter_rows())


def unknown_customer(customer_id: str, policy: Policy, *, nearest: str | None = None) -> CustomerFacts:
    """Return the facts of an id that the ledger does not know: nothing owed, no limit, the PD of no history."""
    grade = policy.policy_grade.without_history
    return CustomerFacts(
        customer_id,
        known=False,
        grade=grade,
        pd=TermStructure(None, None, _laid_down(grade, policy)),
        pd_source="not_scored",
        margin=policy.economics.margin,
        margin_source="flat",
        parts={},
        group=customer_id,
        nearest=nearest,
    )


def _facts(
    row: dict[str, Any], overdue: tuple[Overdue, ...], contracts: list[Contract], policy: Policy, as_of: date
) -> CustomerFacts:
    source, grade = row["pd_used_source"], row["grade_used"]
    if source is None:
        source, grade = "not_scored", policy.policy_grade.without_history
    measured = source in ("model", "in_default")
    pd = TermStructure(
        row["pd_3m"] if measured else None,
        row["pd_6m"] if measured else None,
        row["pd_used"] if row["pd_used"] is not None else _laid_down(grade, policy),
    )
    parts = ("open_items", "tax", "delivered_uninvoiced", "open_orders", "unapplied", "security", "exposure")
    terms, late = row["terms_days"], row["dbt_12m"]
    return CustomerFacts(
        row["customer_id"],
        known=True,
        name=row["name"] or row["scored_name"],
        status=row["status"],
        grade=grade,
        pd=pd,
        pd_source=source,
        days_late=None if late is None else max(0.0, late),
        terms_days=None if terms is None else max(0, round(terms)),
        limit_on_file=row["credit_limit"],
        recommended_limit=row["recommended_limit"],
        limits_for_a_time=_for_a_time(row, as_of),
        margin=row["margin"],
        margin_source=row["margin_source"],
        parts={name: row[name] for name in (*parts, "group_exposure")},
        overdue=overdue,
        contracts=tuple(contracts),
        group=row["group"],
        group_accounts=row["group_accounts"],
        rest_of_group=max(0.0, row["group_exposure"] - row["exposure"]),
        insolvent_on=row["insolvent_on"],
        insolvent_as=row["insolvent_as"] or "",
        warned_of=row["warned_of"] or "",
        happened=row["reason_1"] if row["status"] in NO_CREDIT_STATUSES else None,
    )


def _for_a_time(row: dict[str, Any], as_of: date) -> tuple[LimitForATime, ...]:
    given = (
        ("seasonal", row["seasonal_limit"], row["seasonal_from"], row["seasonal_to"]),
        ("temporary", row["temporary_limit"], as_of, row["temporary_until"]),
    )
    told = [
        LimitForATime(kind, limit, first, last)
        for kind, limit, first, last in given
        if limit is not None and first is not None and last is not None
    ]
    return tuple(sorted(told, key=lambda entry: entry.limit))


def open_orders_of(ledger: Ledger, *, as_of: date) -> dict[str, OpenOrder]:
    """Return the orders that are open at ``as_of`` by their id, in money of the ledger's currency."""
    seen = ledger.cut(as_of)
    rows = in_ledger_currency(open_orders_today(seen), ["undelivered", "delivered"], seen, as_of)
    return {
        row["order_id"]: OpenOrder(
            row["order_id"],
            row["customer_id"],
            row["undelivered"],
            row["delivered"] or 0.0,
            row["requested_delivery"],
        )
        for row in rows.iter_rows(named=True)
    }


def _overdue(seen: Ledger, as_of: date) -> dict[str, tuple[Overdue, ...]]:
    """Return the past-due debit items of each customer, the oldest first."""
    items = open_items(seen, item_movements(seen)).filter((pl.col("residual") > 0) & (pl.col("due_date") < as_of))
    rows = in_ledger_currency(items, ["residual", "disputed"], seen, as_of).select(
        "customer_id",
        days=(pl.lit(as_of) - pl.col("due_date")).dt.total_days(),
        amount="residual",
        undisputed=(pl.col("residual") - pl.col("disputed")).clip(lower_bound=0),
        document_id="document_id",
    )
    found: dict[str, list[Overdue]] = {}
    for customer_id, days, amount, undisputed, _ in rows.sort(
        "days", "document_id", descending=[True, False]
    ).iter_rows():
        found.setdefault(customer_id, []).append(Overdue(days, amount, undisputed))
    return {customer_id: tuple(items_of) for customer_id, items_of in found.items()}


def _numbers(seen: Ledger, attribute: str) -> pl.DataFrame:
    """Return the number of an attribute in force; text that is no number ends the value, as an empty one does."""
    number = pl.col("value").str.strip_chars().cast(pl.Float64, strict=False)
    return (
        seen.table("customer_history")
        .filter(pl.col("attribute") == attribute)
        .sort("customer_id", "valid_from", "recorded_at", "value", nulls_last=False)
        .with_columns(number=pl.when(number.is_finite()).then(number))
        .group_by("customer_id", maintain_order=True)
        .agg(pl.last("number").alias(attribute))
    )


def _laid_down(grade: str, policy: Policy) -> float:
    return next(entry.pd_used for entry in policy.grades if entry.name == grade)
