"""`credrisk late-fees`: interest and fixed sums that the law gives for late payment, and what may not be charged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite, RecordedIn

if TYPE_CHECKING:
    from credrisk.decisions.late_fee import LateFees

__all__ = ["late_fees_command"]

SHOWN = 15


def late_fees_command(
    ledger: LedgerPath,
    law: Annotated[
        str,
        typer.Option(
            "--law",
            metavar="LAW",
            help="The law of the contracts of which the ledger holds no governing_law: DE, FR, GB, ..., a state such "
            "as US-FL, or by-country: that of each customer.",
            show_default=False,
        ),
    ],
    as_of: AsOf = None,
    contract_rate: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--contract-rate",
            metavar="SHARE",
            help="Agreed rate a year (0.18 is 18 %) under the law of a US state, where the ledger holds none.",
            show_default=False,
        ),
    ] = None,
    due_from: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--due-from",
            metavar="DATE",
            help="Only documents due on or after this day: older claims may be barred by time. Default: all.",
            show_default=False,
        ),
    ] = None,
    rules: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--rules",
            metavar="FILE",
            help="Your own tables of laws and rates (TOML). Default: those shipped.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Write late-fees.csv, customers.csv and not-claimable.csv here.",
            show_default=False,
        ),
    ] = None,
    log: RecordedIn = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Work out what may be claimed for late payment: interest by the governing law and its fixed sum per document.

    From the history of each document, so a claim stays when the invoice is paid; interest stops on the part in
    dispute; fee notes earn nothing. What rests on a rate that is not verified says so, and a law or rate that is not on
    file gives no figure but the reason. Arithmetic, not legal advice.

    Example: credrisk late-fees data/sample --as-of 2025-12-31 --law DE

    Example: credrisk late-fees data/sample --law by-country --out late-fees
    """
    import polars as pl

    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import covered_day, read_known
    from credrisk.cli.recorded import with_log
    from credrisk.decisions.late_fee import late_fees
    from credrisk.decisions.late_fee_rules import LateFeeRules, late_fee_rules
    from credrisk.injection import harmless

    if out is not None:
        refuse_existing(out, overwrite)
    tables = LateFeeRules.read(rules) if rules is not None else late_fee_rules()
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        day = covered_day(read.settings, as_of)
        read = with_log(read, log, as_of=day)
        progress("Adding up the interest", 0, 0)
        found = late_fees(read, as_of=day, law=law, contract_rate=contract_rate, due_from=due_from, rules=tables)
    _print(found)
    if out is not None:
        frames = {"late-fees": found.documents, "customers": found.customers, "not-claimable": found.not_claimable}
        with new_folder(out, overwrite=overwrite) as draft:
            for name, frame in frames.items():
                texts = [harmless(column) for column, dtype in frame.schema.items() if dtype == pl.String]
                frame.with_columns(texts).write_csv(draft / f"{name}.csv")
        console.print(f"Written to {out}", markup=False)


def _print(found: LateFees) -> None:
    import polars as pl

    from credrisk.cli.console import console, print_list, print_table
    from credrisk.wording import counted, money

    rows = [
        (row["customer_id"], *(money(row[name], row["currency"]) for name in ("claim", "charged", "left")))
        for row in found.customers.sort("left", "customer_id", descending=[True, False])
        .head(SHOWN)
        .iter_rows(named=True)
    ]
    more = f", the first {SHOWN} of {found.customers.height:,}" if found.customers.height > SHOWN else ""
    title = f"Claims for late payment on {found.as_of}, the largest first{more}"
    print_table(title, ("customer", "claim", "charged so far", "left"), rows, right=(1, 2, 3))
    for row in found.totals(output="polars").filter(pl.col("claim") > 0).iter_rows(named=True):
        code = row["currency"]
        console.print(
            f"{code}: interest {money(row['interest'], code)} on {counted(row['documents'], 'document')}, fixed sums "
            f"{money(row['fixed_sum'], code)}; charged so far {money(row['charged'], code)}, left "
            f"{money(row['left'], code)}",
            markup=False,
        )
    refused = (
        found.not_claimable.group_by("reason")
        .agg(count=pl.len(), example=pl.col("document_id").min())
        .sort("count", "reason", descending=[True, False])
    )
    if refused.height:
        cells = [(f"{row['count']:,}", row["example"]) for row in refused.iter_rows(named=True)]
        print_list(
            "Not to be charged", ("documents", "such as"), cells, right=(0,), reasons=refused["reason"].to_list()
        )
    for lack in found.lacks:
        console.print(f"Note: {lack}.", style="yellow", markup=False)
    doubtful = found.documents.drop_nulls("unverified")
    if doubtful.height:
        which = doubtful.select(pl.format("{}: {}", "law", "unverified")).to_series().unique().sort()
        console.print(
            f"Note: {counted(doubtful.height, 'claim rests', 'claims rest')} on a rate or rule that is not verified: "
            f"{'; '.join(which)}. Look it up before you send it.",
            style="yellow",
            markup=False,
        )
    assumed = found.documents.filter("contract_assumed").height
    if assumed:
        console.print(
            f"Note: of {counted(assumed, 'document')} the contract is taken to be as old as the document; put "
            "contract_date in the customer history where it is older.",
            style="yellow",
            markup=False,
        )
