"""`credrisk memo`: the credit memo of a customer, to decide on and to sign."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, LedgerPath, Overwrite, PolicyPath, label_settings
from credrisk.cli.public import Public, policy_for, read_with_public

__all__ = ["memo_command"]


def memo_command(
    ledger: LedgerPath,
    customer: Annotated[
        list[str],
        typer.Option("--customer", metavar="ID", help="Whom the memo is about; give it again for several memos."),
    ],
    out: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--out",
            metavar="FILE",
            help="The page to write; with several customers the folder. Default: memo-ID.html, or memos.",
            show_default=False,
        ),
    ] = None,
    as_of: AsOf = None,
    policy: PolicyPath = None,
    refits: Annotated[
        int,
        typer.Option("--refits", help="Refits for the interval of the PD, 10 or more; 0 leaves it out and is faster."),
    ] = 20,
    default_from: DefaultFrom = None,
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the credit memo of one customer, or of several, each as one HTML page that prints on A4.

    It shows who the customer is, the exposure, figures and trends, the PD with its interval and reasons, the limits
    side by side, what binds, what registers and statements say, the reasons for a denial, and who has to sign.

    Example: credrisk memo data/sample --customer C010

    Example: credrisk memo data/sample --customer C010 --customer C011 --as-of 2025-06-30 --out memos
    """
    from credrisk.atomic import new_folder, refuse_existing, refuse_unwritable
    from credrisk.cli.console import console, drawn_progress
    from credrisk.errors import ParameterError
    from credrisk.pipeline.memo_job import credit_memos
    from credrisk.reports.memo import memo_page, write_memo
    from credrisk.reports.memo_files import memo_file_names

    if refits != 0 and refits < 10:
        raise ParameterError("--refits", "0, or 10 or more", refits)
    single = len(customer) == 1
    names = memo_file_names(customer)
    place = out or Path(names[customer[0]] if single else "memos")
    refuse_existing(place, overwrite)
    refuse_unwritable(place if single else place / "memo.html")
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency, as_of=as_of)
        settings = label_settings(default_from, read.settings.currency)
        memos = credit_memos(
            read,
            customer,
            as_of=as_of,
            policy=rules,
            refits=refits,
            label_settings=settings,
            progress=progress,
        )
        progress("Writing the memos", 0, 0)
        if single:
            write_memo(place, memos[0])
        else:
            with new_folder(place, overwrite=overwrite, replaceable=tuple(names.values())) as draft:
                for memo in memos:
                    name = names[memo.customer["customer_id"]]
                    (draft / name).write_text(memo_page(memo), encoding="utf-8")
    written = [place] if single else [place / names[each] for each in customer]
    for path in written:
        console.print(f"Written to {path}", markup=False, soft_wrap=True)
