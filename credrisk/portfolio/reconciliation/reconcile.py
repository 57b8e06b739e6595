"""The reconciliation of a ledger on one day: tie-outs, findings with every row, and both ageings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.ledger.findings import Check, Finding, sorted_findings
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS, major_units
from credrisk.ledger.tables import TABLES
from credrisk.portfolio.ageing import bucket_names
from credrisk.portfolio.reconciliation.bridge import Bridge, reconcile_balances
from credrisk.portfolio.reconciliation.control import ControlAccount
from credrisk.portfolio.reconciliation.currencies import currency_findings
from credrisk.portfolio.reconciliation.cut_off import cut_off_by_month, cut_offs
from credrisk.portfolio.reconciliation.differences import late_entries
from credrisk.portfolio.reconciliation.due_dates import (
    ageing_by_both,
    changed_due_dates,
    due_date_findings,
    undated_changes,
    with_dated_changes,
)
from credrisk.portfolio.reconciliation.duplicates import duplicates
from credrisk.portfolio.reconciliation.groups import company_groups, group_findings
from credrisk.portfolio.reconciliation.hints import hints
from credrisk.portfolio.reconciliation.left_over import left_over
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed, noticed, rows_of_table
from credrisk.portfolio.reconciliation.other_customers import applied_to_others
from credrisk.portfolio.reconciliation.split_accounts import split_account_findings, split_accounts

__all__ = ["Reconciliation", "reconcile"]

UNAPPLIED_DAYS = 30
CREDIT_DAYS = 365

_STATES = {
    "not_explained": (
        "error",
        "the control account differs from the customers' balance, and no named difference fits.",
    ),
    "ambiguous": ("warning", "the control account differs; several sets of named differences fit, so none was taken."),
    "explained": ("note", "the control account differs by what the named differences explain to the cent."),
    "agrees": ("note", "the control account agrees with the customers' balance to the cent."),
}
_REMEDIES = {
    "not_explained": "start with the postings named beside it, then with postings made straight to the control account "
    "and with open items from before the ledger.",
    "ambiguous": "look which set it is in the general ledger (the page shows them).",
    "explained": "check that the cause is the right one; a fit to the cent is strong evidence, not proof.",
    "agrees": "",
}


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
    day = to_date(as_of)
    bucket_names(edges)
    for name, value in (("unapplied_days", unapplied_days), ("credit_days", credit_days)):
        if value < 0:
            raise ParameterError(name, "0 or more days", value)
    seen = ledger.cut(day)
    dated = with_dated_changes(seen)
    given = tuple(control_accounts)
    bridge = reconcile_balances(ledger, as_of=day, accounts=given, edges=edges)
    all_noticed = [
        *_of_check(ledger, seen),
        *_of_accounts(bridge),
        *_entered_after(ledger, day),
        *duplicates(seen),
        *left_over(seen, as_of=day, unapplied_days=unapplied_days, credit_days=credit_days),
        *cut_offs(seen),
        *undated_changes(seen),
        *due_date_findings(dated, as_of=day),
        *currency_findings(seen, as_of=day),
        *split_account_findings(seen),
        *group_findings(seen),
        *applied_to_others(seen),
    ]
    return Reconciliation(
        day,
        ledger.settings.currency,
        bridge,
        sorted_findings(one.finding for one in all_noticed),
        _every_row(all_noticed, seen),
        ageing_by_both(dated, as_of=day, edges=edges),
        changed_due_dates(dated, as_of=day),
        split_accounts(seen),
        company_groups(seen),
        cut_off_by_month(seen),
        hints(ledger, bridge.accounts),
        _lacks(ledger, seen, day, bridge),
    )


def _of_check(ledger: Ledger, seen: Ledger) -> list[Noticed]:
    """The findings of the reading and of the ledger's own check, each with its rows where these can be told."""
    nothing = pl.DataFrame(schema=ROWS)
    found = []
    for finding in seen.check().findings:
        if finding.evidence is not None:
            rows = rows_of_table(finding.table, finding.evidence)
        elif finding.code == "unseen_document":
            unseen = seen.table("applications").join(
                seen.table("documents"), left_on="to_document_id", right_on="document_id", how="anti"
            )
            rows = rows_of_table("applications", unseen.filter(pl.col("currency") == finding.currency))
        else:
            rows = _set_aside(ledger.quarantine, finding)
        found.append(Noticed(finding, rows if rows.height else nothing))
    return found


def _set_aside(quarantine: pl.DataFrame, finding: Finding) -> pl.DataFrame:
    """Return the rows of the quarantine that a finding of the reading counts."""
    if quarantine.is_empty():
        return pl.DataFrame(schema=ROWS)
    columns = quarantine["column"].unique().to_list()
    named = [name for name in columns if f"({name})" in finding.message] or [""]
    mine = quarantine.filter(
        pl.col("table") == finding.table,
        pl.col("reason") == finding.code,
        pl.col("column").is_in(named),
        (pl.col("currency") == finding.currency) | pl.lit(not finding.currency),
    )
    factor = pl.col("currency").replace_strict({code: 10.0**e for code, e in EXPONENTS.items()}, default=None)
    return mine.select(
        id="key",
        customer_id=pl.lit(None, pl.String),
        date=pl.lit(None, pl.Date),
        amount=(pl.col("amount") * factor.cast(pl.Float64)).round().cast(pl.Int64),
        currency=pl.when(pl.col("amount").is_not_null()).then("currency"),
        note=pl.concat_str(
            pl.lit("row "),
            pl.col("row").cast(pl.String),
            pl.lit(" of "),
            "source",
            pl.lit(": "),
            pl.col("value").fill_null("empty"),
        ),
    )


def _of_accounts(bridge: Bridge) -> list[Noticed]:
    found = []
    for row in bridge.accounts.filter(pl.col("state") != "not_given").iter_rows(named=True):
        severity, message = _STATES[row["state"]]
        name = " ".join(
            part for part in (row["account"], f"of {row['company']}" if row["company"] != "all" else "") if part
        )
        scope = "every currency" if row["scope"] == "all" else row["scope"]
        finding = Finding(
            severity,  # type: ignore[arg-type]
            "",
            f"control_account_{row['state']}",
            f"{message[:-1]} ({f'{name}, ' if name else ''}{scope}).",
            money=row["difference"],
            currency=row["currency"],
            remedy=_REMEDIES[row["state"]],
        )
        found.append(Noticed(finding, pl.DataFrame(schema=ROWS)))
    return found


def _entered_after(ledger: Ledger, day: date) -> list[Noticed]:
    """Postings dated up to the day and entered after it: not in the ageing of the day, but in its period."""
    found: list[Noticed] = []
    for name, rows in late_entries(ledger, as_of=day).items():
        note = pl.concat_str(pl.lit("entered on "), pl.col("recorded_at").dt.to_string("%Y-%m-%d"))
        found += noticed(
            rows_of_table(name, rows, note),
            "warning",
            name,
            "entered_after_the_day",
            f"{name} are dated up to {day} and were entered after it: the ageing of the day could not know them.",
            remedy="expect them between a report drawn on the day and the closed period; date later entries in the "
            "open period.",
        )
    return found


def _every_row(all_noticed: Sequence[Noticed], seen: Ledger) -> pl.DataFrame:
    """Put the rows of all findings together, with the customer of each document and every customer's name."""
    place: dict[str, type[pl.DataType]] = dict.fromkeys(("severity", "table", "code"), pl.String)
    parts = [pl.DataFrame(schema=place | ROWS)]
    for one in all_noticed:
        told = (pl.lit(getattr(one.finding, name)).alias(name) for name in place)
        parts.append(one.rows.cast(ROWS).with_columns(told).select(parts[0].columns))  # type: ignore[arg-type]
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


def _lacks(ledger: Ledger, seen: Ledger, day: date, bridge: Bridge) -> tuple[str, ...]:
    said = []
    if (bridge.accounts["state"] == "not_given").all():
        said.append("No control account was given: the ageing is proved against the postings, not against the books.")
    elif without := bridge.accounts.filter(pl.col("state") == "not_given").height:
        said.append(f"For {without} of {bridge.accounts.height} balances no control account was given.")
    if not seen.has("receipts"):
        said.append("There is no table of receipts: unapplied cash is not known.")
    if not seen.has("document_changes"):
        said.append("There is no table of changed due dates: current due dates are the original ones.")
    if day > ledger.settings.covers_to:
        said.append(f"The ledger covers the time to {ledger.settings.covers_to} only.")
    if day < ledger.settings.covers_from:
        said.append(f"The ledger covers the time from {ledger.settings.covers_from} only.")
    posted = [name for name in ("documents", "receipts", "applications") if ledger.has(name)]
    if not any((ledger.table(name)["recorded_at"] != ledger.table(name)[TABLES[name].event]).any() for name in posted):
        said.append("The export does not say when rows were entered: cut-off cannot be tested.")
    return tuple(said)
