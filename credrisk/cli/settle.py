"""`credrisk settle` and `credrisk agency`: what to do with an old claim, and which ones an agency should have now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, LedgerPath, Overwrite, PolicyPath, RecordedIn
from credrisk.cli.public import policy_for
from credrisk.cli.scored import Results

if TYPE_CHECKING:
    import polars as pl

    from credrisk.decisions.settlement import Settlement
    from credrisk.ledger.ledger import Ledger

__all__ = ["agency_command", "settle_command"]

SHOWN = 20


def settle_command(
    ledger: LedgerPath,
    customer: Annotated[str, typer.Option("--customer", metavar="ID", help="Whose claim.", show_default=False)],
    share: Annotated[
        float,
        typer.Option("--share", metavar="SHARE", help="Part of the claim that would settle it: 0.7 is 70 %."),
    ] = 0.7,
    as_of: AsOf = None,
    policy: PolicyPath = None,
    results: Results = None,
    log: RecordedIn = None,
    default_from: DefaultFrom = None,
    currency: Currency = None,
) -> None:
    """Compare settling a claim for a part of it with going on in-house, an agency and a lawsuit, in today's money.

    With the share from which settling is worth more, and who may agree to it.

    Example: credrisk settle data/sample --customer C134 --share 0.7 --as-of 2025-07-31
    """
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import read_known
    from credrisk.cli.options import label_settings
    from credrisk.cli.recorded import with_log
    from credrisk.cli.scored import scored
    from credrisk.decisions.claim_ways import ClaimWays
    from credrisk.decisions.settlement import settle
    from credrisk.errors import ParameterError

    if not 0 < share <= 1:
        raise ParameterError("--share", "above 0 and at most 1 (0.7 is 70 %)", share)
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        made = scored(read, results=results, as_of=as_of, policy=rules, default_from=default_from, progress=progress)
        scores, day = made.scores, made.as_of
        read = with_log(read, log, as_of=day)
        progress("Valuing the claim", 0, 0)
        settings = label_settings(default_from, read.settings.currency)
        ways = ClaimWays.of(read.cut(day), as_of=day, policy=rules, settings=settings)
        found = settle(read, customer_id=customer, as_of=day, scores=scores, share=share, policy=rules, ways=ways)
    _print(found)
    _print_lack(read)
    console.print(f"Policy {rules.version} ({rules.hash[:12]})", style="dim", markup=False)


def _print(found: Settlement) -> None:
    from credrisk.cli.console import console, print_list
    from credrisk.decisions.settlement import WAYS
    from credrisk.wording import money, percent

    code = found.currency
    rows = [
        (
            WAYS[row["way"]] + (f" at {percent(found.share)}" if row["way"] == "settle" else ""),
            money(row["npv"], code),
            "" if row["low"] is None else f"{money(row['low'], code)} to {money(row['high'], code)}",
            percent(row["share_of_claim"]),
        )
        for row in found.ways.iter_rows(named=True)
    ]
    claim = f"a claim of {money(found.claim, code)}, {found.age_days:.0f} days past due"
    title = f"{found.customer_id} on {found.as_of}: {claim}"
    headings = ("way", "worth today", "95 %", "of the claim")
    print_list(title, headings, rows, right=(1, 2, 3), reasons=found.ways["basis"].to_list())
    for reason in found.reasons:
        console.print(reason, markup=False)
    console.print(
        f"The settlement gives up {money(found.given_up, code)}; to be agreed to by: "
        f"{found.role or 'nobody, by the policy'}",
        markup=False,
    )


def agency_command(
    ledger: LedgerPath,
    customer: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--customer", metavar="ID", help="Also list what the agency needs for this claim.", show_default=False
        ),
    ] = None,
    as_of: AsOf = None,
    policy: PolicyPath = None,
    results: Results = None,
    log: RecordedIn = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Write referrals.csv here, and with --customer file-list.csv.",
            show_default=False,
        ),
    ] = None,
    default_from: DefaultFrom = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Say which claims to hand to a collection agency now: the agency net of its fee against 30 more days in-house.

    By the recovery curve of your own past defaults where there are enough, else by the policy's, and it says which.

    Example: credrisk agency data/sample --as-of 2025-07-31 --customer C134
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_list
    from credrisk.cli.known import read_known
    from credrisk.cli.options import label_settings
    from credrisk.cli.recorded import with_log
    from credrisk.cli.scored import scored
    from credrisk.decisions.agency import agency_referrals
    from credrisk.decisions.claim_ways import ClaimWays
    from credrisk.decisions.placement_file import placement_file

    if out is not None:
        refuse_existing(out, overwrite)
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        made = scored(read, results=results, as_of=as_of, policy=rules, default_from=default_from, progress=progress)
        scores, day = made.scores, made.as_of
        read = with_log(read, log, as_of=day)
        progress("Valuing the claims", 0, 0)
        settings = label_settings(default_from, read.settings.currency)
        ways = ClaimWays.of(read.cut(day), as_of=day, policy=rules, settings=settings)
        found = agency_referrals(read, as_of=day, scores=scores, policy=rules, ways=ways, output="polars")
        needed = None if customer is None else placement_file(read, customer_id=customer, as_of=day, output="polars")
    _print_referrals(found, day.isoformat(), read.settings.currency)
    _print_lack(read)
    console.print(f"In-house by {ways.in_house.source}; agency by {ways.agency_source}.", markup=False)
    console.print(f"Policy {rules.version} ({rules.hash[:12]})", style="dim", markup=False)
    if needed is not None:
        rows = [
            (row["item"], row["document_id"] or "", "yes" if row["here"] else "to be added")
            for row in needed.iter_rows(named=True)
        ]
        headings = ("what the agency needs", "document", "on file")
        print_list(f"File of {customer}", headings, rows, reasons=needed["detail"].to_list())
    if out is not None:
        tables = {"referrals": found} | ({} if needed is None else {"file-list": needed})
        with new_folder(out, overwrite=overwrite, replaceable=("file-list.csv",)) as draft:
            for name, table in tables.items():
                _write(table, draft / f"{name}.csv")
        console.print(f"Written to {out}", markup=False)


def _print_referrals(found: pl.DataFrame, day: str, currency: str) -> None:
    import polars as pl

    from credrisk.cli.console import console, print_list
    from credrisk.wording import counted, money

    known = found.filter(pl.col("refer").is_not_null())
    rows = [
        (
            row["customer_id"],
            money(row["claim"], currency),
            f"{row['age_days']:.0f}",
            f"{row['oldest_open_days']:.0f}",
            "refer now" if row["refer"] else "keep",
            money(row["gain"], currency),
        )
        for row in known.head(SHOWN).iter_rows(named=True)
    ]
    more = f", the first {SHOWN} of {known.height:,}" if known.height > SHOWN else ""
    headings = ("customer", "claim", "days past due, by money", "oldest item", "answer", "gain of placing")
    reasons = known.head(SHOWN)["reason"].to_list()
    print_list(f"Claims from 90 days past due on {day}{more}", headings, rows, right=(1, 2, 3, 5), reasons=reasons)
    referred = known.filter("refer")
    claim, gain = (money(float(referred[name].sum()), currency) for name in ("claim", "gain"))
    said = f"{counted(referred.height, 'claim')} of {claim}, gaining {gain}" if referred.height else "none"
    console.print(f"To be referred now: {said}.", markup=False)
    others = (
        found.filter(pl.col("refer").is_null())
        .group_by(why=pl.col("reason").str.replace(r" since \d.*$", ""))
        .agg(pl.len(), pl.col("claim").sum())
        .sort("len", "why", descending=[True, False])
    )
    for row in others.iter_rows(named=True):
        said = f"Not valued: {counted(row['len'], 'claim')} of {money(row['claim'], currency)}, {row['why']}."
        console.print(said, markup=False)


def _print_lack(ledger: Ledger) -> None:
    from credrisk.cli.console import console

    if not ledger.has("applications"):
        said = "Note: no payments are in the ledger: every document is taken as unpaid."
        console.print(said, style="yellow", markup=False)


def _write(table: pl.DataFrame, path: Path) -> None:
    import polars as pl

    from credrisk.injection import harmless

    texts = [harmless(name) for name, dtype in table.schema.items() if dtype == pl.String]
    table.with_columns(texts).write_csv(path)
