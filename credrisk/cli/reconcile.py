"""`credrisk reconcile`: does the ageing tie to the control account, and what would an auditor ask about the ledger."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite

if TYPE_CHECKING:
    from credrisk.portfolio.reconciliation.reconcile import Reconciliation

__all__ = ["reconcile_command"]

EXIT_ERRORS = 2


def reconcile_command(
    ledger: LedgerPath,
    as_of: AsOf = None,
    control_account: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--control-account",
            metavar="FILE|AMOUNT",
            help="Balance of the receivables account in the general ledger on that day: an amount (1234.56, "
            "USD=1234.56, 1000/USD=1234.56 of company 1000, all=1234.56 for every currency in the ledger's), or a CSV "
            "with the columns company, currency, account, customer_id, amount (all but amount may be left out; with "
            "customer_id every customer is compared). May be given several times.",
            show_default=False,
        ),
    ] = None,
    unapplied_days: Annotated[
        int, typer.Option("--unapplied-days", min=0, help="Cash unapplied for longer than this is a finding.")
    ] = 30,
    credit_days: Annotated[
        int, typer.Option("--credit-days", min=0, help="Credits open for longer than this are a finding.")
    ] = 365,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="Folder to write into.")] = Path(
        "reconciliation"
    ),
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Tie the ageing to open items, postings and the control account, and list what an auditor would ask about.

    Every difference to the control account is named, or said not to be explained: cash and credits on another account,
    late entries, rows set aside, translation. Findings: duplicates, orphans, unapplied cash, old credits, cut-off,
    moved due dates, one customer under several numbers, groups, currencies, and those of credrisk check.

    Writes reconciliation.html, reconciliation.xlsx (every row of every finding), reconciliation.json and CSV files.
    Exit code 2 if there are errors.

    Example: credrisk reconcile data/sample --as-of 2025-12-31 --control-account GBP=335831.52

    Example: credrisk reconcile data/sample --control-account balances.csv -o reconciliation
    """
    from credrisk import __version__
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import read_known
    from credrisk.dates import to_date
    from credrisk.portfolio.reconciliation.control import control_accounts
    from credrisk.portfolio.reconciliation.reconcile import reconcile
    from credrisk.reports.reconciliation_page import (
        ReconciliationPack,
        headline_of,
        reconciliation_json,
        reconciliation_page,
    )
    from credrisk.reports.reconciliation_workbook import write_reconciliation_workbook
    from credrisk.reports.tables import write_csv

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        code = read.settings.currency
        accounts = control_accounts(control_account or (), currency=code)
        day = to_date(as_of) if as_of else read.settings.covers_to
        progress("Reconciling", 0, 0)
        found = reconcile(
            read,
            as_of=day,
            control_accounts=accounts,
            unapplied_days=unapplied_days,
            credit_days=credit_days,
        )
        progress("Writing", 0, 0)
        settings = {
            "credrisk": __version__,
            "Ledger": f"{read.settings.covers_from} to {read.settings.covers_to}, in {code}",
            "Unapplied cash": f"a finding after {unapplied_days} days",
            "Open credits": f"a finding after {credit_days} days",
        }
        pack = ReconciliationPack(found, settings, FILES)
        frames = pack.tables()
        with new_folder(out, overwrite=overwrite) as draft:
            for table, name in FILES.items():
                write_csv(draft / name, frames[table], table=table, currency=code)
            (draft / "reconciliation.html").write_text(reconciliation_page(pack), encoding="utf-8")
            (draft / "reconciliation.json").write_text(reconciliation_json(pack), encoding="utf-8")
            write_reconciliation_workbook(draft / "reconciliation.xlsx", pack)
    console.print(f"[bold]{day}[/]")
    for label, value, note in headline_of(found):
        console.print(f"  {label}: {value} ({note})", markup=False)
    _print_accounts(found)
    for lacking in found.lacks:
        console.print(f"Note: {lacking}", style="yellow", markup=False)
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)
    if any(finding.severity == "error" for finding in found.findings):
        raise typer.Exit(EXIT_ERRORS)


FILES = {
    "reconciliation_accounts": "balances.csv",
    "reconciliation_lines": "tie-out.csv",
    "reconciliation_findings": "findings.csv",
    "reconciliation_rows": "rows.csv",
    "reconciliation_customers": "customers.csv",
    "reconciliation_moved": "changed-due-dates.csv",
    "reconciliation_split": "one-customer.csv",
    "reconciliation_groups": "groups.csv",
    "reconciliation_cut_off": "cut-off.csv",
}


def _print_accounts(found: Reconciliation) -> None:
    from credrisk.cli.console import console
    from credrisk.ledger.money import EXPONENTS
    from credrisk.reports.reconciliation_terms import STATES

    for row in found.bridge.accounts.iter_rows(named=True):
        if row["state"] == "not_given":
            continue
        exact = f",.{EXPONENTS[row['currency']]}f"
        place = " ".join(part for part in (row["company"] if row["company"] != "all" else "", row["scope"]) if part)
        said = f"  {place}: control account {row['control_account']:{exact}}, customers {row['net_balance']:{exact}}"
        left = f" (difference {row['difference']:{exact}})" if row["difference"] else ""
        console.print(f"{said}: {STATES[row['state']].lower()}{left}", markup=False)
