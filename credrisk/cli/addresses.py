"""`credrisk addresses`: register addresses against the master, ended companies, successors, returned mail."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import Currency, LedgerPath, Overwrite
from credrisk.cli.public import Public

if TYPE_CHECKING:
    import polars as pl

    from credrisk.sources.public_folder import PublicFolder

__all__ = ["addresses_command"]

SHOWN = 20


def addresses_command(
    ledger: LedgerPath,
    public: Public = None,
    register: Annotated[
        Optional[list[Path]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--register",
            metavar="FILE",
            help="A register of companies, as for credrisk match (CSV or Parquet); give it again for several. Default: "
            "register.csv of the public folder.",
            show_default=False,
        ),
    ] = None,
    register_date: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--register-date", metavar="DATE", help="The day that the register's copy is of.", show_default=False
        ),
    ] = None,
    as_of: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="The day to stand on; nothing known later is used. Default: the last day of the ledger, of the "
            "register's copy or of a question to a public source.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The list (CSV).")] = Path("addresses.csv"),
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """List customers that are not where, or not what, the master says: moved, renamed, dissolved, not reached by mail.

    Each with what it owes and what to do. Whom no register speaks of is counted.

    Example: credrisk addresses data/sample

    Example: credrisk addresses LEDGER --public public --register companies-house.parquet --register-date 2026-03-01
    """
    from credrisk.atomic import new_file, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_list, print_table
    from credrisk.cli.known import read_known
    from credrisk.decisions.address_list import address_list
    from credrisk.injection import harmless_texts
    from credrisk.pipeline.dossier_job import default_day
    from credrisk.reports.style import short_money
    from credrisk.sources.public_beside import beside
    from credrisk.sources.public_folder import read_public

    refuse_existing(out, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        folder = read_public(public) if public is not None else None
        progress("Tracing addresses", 0, 0)
        found = address_list(
            beside(read, folder.path) if folder is not None else read,
            as_of=as_of or default_day(read, folder),
            matches=folder.matches if folder is not None else None,
            register=_register(register, folder),
            register_on=register_date,
        )
        with new_file(out, overwrite=overwrite) as draft:
            harmless_texts(found.findings).write_csv(draft)
    rows = found.findings
    owing = rows.filter(rows["open_items"] > 0).unique("customer_id")
    console.print(
        f"{rows['customer_id'].n_unique():,} of {found.looked_at:,} customers are not where or what the master says; "
        f"{owing.height:,} of them owe {short_money(float(owing['open_items'].sum()), found.currency)}.",
        markup=False,
        soft_wrap=True,
    )
    shown = rows.head(SHOWN)
    print_list(
        f"The first {shown.height} of {rows.height}",
        ("How urgent", "Customer", "What", "Owes"),
        [
            (row["severity"], row["customer_id"], row["kind"].replace("_", " "),
             short_money(row["open_items"], found.currency))
            for row in shown.iter_rows(named=True)
        ],
        reasons=[_told(row) for row in shown.iter_rows(named=True)],
        right=(3,),
    )  # fmt: skip
    print_table(
        "Not measured",
        ("Why not", "Customers", "They owe"),
        [
            (row["reason"], f"{row['customers']:,}", short_money(row["open_items"], found.currency))
            for row in found.unknown.iter_rows(named=True)
        ],
        right=(1, 2),
    )
    console.print(f"Written to {out}", markup=False, soft_wrap=True)


def _told(row: dict[str, object]) -> str:
    from credrisk.reports.dossier_text import printable
    from credrisk.reports.style import truncated

    places = [f"{label}: {row[name]}" for label, name in (("master", "in_master"), ("register", "in_register"))
              if row[name]]  # fmt: skip
    said = "; ".join([f"{row['name'] or ''}: {row['reason']} ({row['source']})", *places])
    return f"{printable(truncated(said, 260))}. {row['what_to_do']}"


def _register(files: list[Path] | None, folder: PublicFolder | None) -> pl.DataFrame | None:
    import polars as pl

    from credrisk.sources.matching.register import read_register

    if files:
        return pl.concat([read_register(each) for each in files])
    return folder.register if folder is not None and "register" in folder.has else None
