"""The reconciliation of a ledger on one day: tie-outs, findings with every row, and both ageings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.frames import given_out
from credrisk.ledger.findings import Check, Finding, sorted_findings
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.tables import TABLES
from credrisk.portfolio.ageing import bucket_names
from credrisk.portfolio.reconciliation.account_findings import account_findings
from credrisk.portfolio.reconciliation.bridge import Bridge, reconcile_balances
from credrisk.portfolio.reconciliation.checked import checked, entered_after
from credrisk.portfolio.reconciliation.control import ControlAccount
from credrisk.portfolio.reconciliation.currencies import currency_findings
from credrisk.portfolio.reconciliation.customer_balances import customer_balance_findings, customer_balances
from credrisk.portfolio.reconciliation.cut_off import cut_off_by_month, cut_offs
from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.due_dates import (
    ageing_by_both,
    changed_due_dates,
    due_date_findings,
    undated_changes,
    with_current_due_dates,
)
from credrisk.portfolio.reconciliation.duplicates import duplicates
from credrisk.portfolio.reconciliation.groups import company_groups, group_findings
from credrisk.portfolio.reconciliation.hints import hints
from credrisk.portfolio.reconciliation.left_over import left_over
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed
from credrisk.portfolio.reconciliation.other_customers import applied_to_others
from credrisk.portfolio.reconciliation.rebilled import rebilled
from credrisk.portfolio.reconciliation.split_accounts import split_account_findings, split_accounts

__all__ = ["Reconciliation", "reconcile"]

_TABLES = ("by_due_date", "changed_due_dates", "split_accounts", "groups", "cut_off", "hints")
UNAPPLIED_DAYS = 30
CREDIT_DAYS = 365


@dataclass(frozen=True)
class Reconciliation:
    """What ties out on a day, what does not, and what an auditor would ask.

    Attributes
    ----------
    as_of
        The day, inclusive.
    bridge
        Postings, ageing, named differences and control accounts.
    findings
        Worst first: those of the reading, of the check of the ledger cut at the day, and of the reconciliation.
    rows
        Every row of the findings that can be named: ``severity, table, code, id, customer_id, name, date, amount,
        currency, note`` (float64 major units).
    by_customer
        The ageing customer by customer and currency by currency, with the balance in the books where it was given.
    by_due_date
        The ageing by original and by current due dates side by side.
    changed_due_dates, split_accounts, groups, cut_off, hints
        The tables behind the findings.
    lacks
        What could not be done and why.
    """

    as_of: date
    currency: str
    bridge: Bridge
    findings: tuple[Finding, ...]
    rows: pl.DataFrame
    by_customer: pl.DataFrame
    by_due_date: pl.DataFrame
    changed_due_dates: pl.DataFrame
    split_accounts: pl.DataFrame
    groups: pl.DataFrame
    cut_off: pl.DataFrame
    hints: pl.DataFrame
    lacks: tuple[str, ...]

    @property
    def findings_table(self) -> pl.DataFrame:
        """The findings as a table, worst first."""
        return Check(self.findings).to_frame(output="polars")

    def frame(self, name: str, *, output: str = "pandas") -> Any:
        """Return a table, pandas by default.

        Parameters
        ----------
        name
            ``accounts``, ``lines``, ``possible``, ``ways``, ``findings``, ``rows``, ``by_customer``, ``by_due_date``,
            ``changed_due_dates``, ``split_accounts``, ``groups``, ``cut_off`` or ``hints``.

        Raises
        ------
        ParameterError
            When there is no such table, or ``output`` is neither ``pandas`` nor ``polars``.
        """
        of_bridge = ("accounts", "lines", "possible", "ways")
        own = ("rows", "by_customer", *_TABLES)
        if name == "findings":
            return given_out(self.findings_table, output)
        if name not in (*of_bridge, *own):
            raise ParameterError("name", f"one of {', '.join((*of_bridge, 'findings', *own))}", name)
        return given_out(getattr(self.bridge if name in of_bridge else self, name), output)


def reconcile(
    ledger: Ledger,
    *,
    as_of: date | str,
    control_accounts: Iterable[ControlAccount] = (),
    edges: Sequence[int] = (30, 60, 90),
    unapplied_days: int = UNAPPLIED_DAYS,
    credit_days: int = CREDIT_DAYS,
) -> Reconciliation:
    """Reconcile a ledger on a day: ageing = open items = postings = control account, each difference named or listed.

    Parameters
    ----------
    as_of
        The day, inclusive. What was entered later takes no part but as a named difference.
    control_accounts
        Balances of the general ledger on that day.
    edges
        Last day of each bucket but the last.
    unapplied_days, credit_days
        Cash unapplied and credits open for longer than this are findings.

    Raises
    ------
    DataError
        When items do not tie out, an agreed due date is no date, or a balance of every currency lacks a rate.
    ParameterError
        When a number of days is negative or ``edges`` break their rule.
    """
    bucket_names(edges)
    for name, value in (("unapplied_days", unapplied_days), ("credit_days", credit_days)):
        if value < 0:
            raise ParameterError(name, "0 or more days", value)
    day = Day(ledger, to_date(as_of))
    seen, items = day.seen, with_current_due_dates(day)
    accounts = tuple(control_accounts)
    bridge = reconcile_balances(day, accounts=accounts, edges=edges)
    accounts_alike, groups = split_accounts(day), company_groups(day)
    all_noticed = [
        *checked(day),
        *account_findings(bridge),
        *customer_balance_findings(day, accounts),
        *entered_after(day),
        *duplicates(seen),
        *left_over(day, unapplied_days=unapplied_days, credit_days=credit_days),
        *cut_offs(seen),
        *undated_changes(day),
        *due_date_findings(items, as_of=day.as_of),
        *rebilled(day),
        *currency_findings(day),
        *split_account_findings(day, accounts_alike),
        *group_findings(day, groups),
        *applied_to_others(seen),
    ]
    return Reconciliation(
        day.as_of,
        ledger.settings.currency,
        bridge,
        sorted_findings(one.finding for one in all_noticed),
        _every_row(all_noticed, seen),
        customer_balances(day, items, accounts=accounts, edges=edges),
        ageing_by_both(items, as_of=day.as_of, edges=edges),
        changed_due_dates(items, as_of=day.as_of).join(
            seen.table("customers").select("customer_id", "name"), on="customer_id", how="left", maintain_order="left"
        ),
        accounts_alike,
        groups,
        cut_off_by_month(seen),
        hints(ledger, bridge.accounts),
        _lacks(day, bridge),
    )


def _every_row(all_noticed: Sequence[Noticed], seen: Ledger) -> pl.DataFrame:
    """Put the rows of all findings together, with the customer of each document and every customer's name."""
    place: dict[str, type[pl.DataType]] = dict.fromkeys(("severity", "table", "code"), pl.String)
    parts = [pl.DataFrame(schema=place | ROWS)]
    place_of = {id(finding): place for place, finding in enumerate(sorted_findings(n.finding for n in all_noticed))}
    for one in sorted(all_noticed, key=lambda noticed: place_of[id(noticed.finding)]):
        told = (pl.lit(getattr(one.finding, name)).alias(name) for name in place)
        parts.append(one.rows.cast(ROWS).sort(*ROWS, nulls_last=True).with_columns(told).select(parts[0].columns))  # type: ignore[arg-type]
    owners = seen.table("documents").select(id="document_id", owner="customer_id")
    names = seen.table("customers").select("customer_id", "name")
    return (
        pl.concat(parts)
        .join(owners, on="id", how="left", maintain_order="left")
        .with_columns(
            customer_id=pl.when(pl.col("table").is_in(["documents", "applications", "document_changes"]))
            .then(pl.coalesce("customer_id", "owner"))
            .otherwise("customer_id")
        )
        .join(names, on="customer_id", how="left", maintain_order="left")
        .with_columns(major_units("amount", "currency"))
        .select(*place, "id", "customer_id", "name", "date", "amount", "currency", "note")
    )


def _lacks(day: Day, bridge: Bridge) -> tuple[str, ...]:
    ledger, seen, said = day.whole, day.seen, []
    if (bridge.accounts["state"] == "not_given").all():
        said.append("No control account was given: the ageing is proved against the postings, not against the books.")
    elif without := bridge.accounts.filter(pl.col("state") == "not_given").height:
        said.append(f"For {without} of {bridge.accounts.height} balances no control account was given.")
    if not seen.has("receipts"):
        said.append("There is no table of receipts: unapplied cash is not known.")
    if not seen.has("document_changes"):
        said.append("There is no table of changed due dates: current due dates are the original ones.")
    if day.as_of > ledger.settings.covers_to:
        said.append(f"The ledger covers the time to {ledger.settings.covers_to} only.")
    if day.as_of < ledger.settings.covers_from:
        said.append(f"The ledger covers the time from {ledger.settings.covers_from} only.")
    posted = [name for name in ("documents", "receipts", "applications") if ledger.has(name)]
    if not any((ledger.table(name)["recorded_at"] != ledger.table(name)[TABLES[name].event]).any() for name in posted):
        said.append("The export does not say when rows were entered: cut-off cannot be tested.")
    return tuple(said)
