"""`credrisk letters` and `credrisk statement`: dunning letters and statements of account, written and never sent."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite, PolicyPath, RecordedIn
from credrisk.cli.public import policy_for

if TYPE_CHECKING:
    from datetime import date

    import polars as pl

    from credrisk.decisions.dunning import DunningProposal

__all__ = ["letters_command", "statement_command"]

SenderPath = Annotated[
    Path,
    typer.Option(
        "--sender",
        metavar="FILE",
        help="TOML file with a table \\[sender]: name, street, postcode, city, phone, email, signature, iban, bic, ...",
    ),
]
LanguageChoice = Annotated[
    Optional[str],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option(
        "--language", metavar="CODE", help="de, en, es or fr for everybody. Default: by customer.", show_default=False
    ),
]
Templates = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--templates",
        metavar="FOLDER",
        help="Your own texts, such as de/final.txt; they take the place of the shipped ones.",
        show_default=False,
    ),
]
Addresses = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--addresses",
        metavar="FILE",
        help="CSV: customer_id, recipient, attention, street, postcode, city, country_name, email, greeting. "
        "Default: only the name of the ledger.",
        show_default=False,
    ),
]
Formats = Annotated[
    str, typer.Option("--format", metavar="LIST", help="Out of pdf, docx, html, txt and eml, separated by commas.")
]


def letters_command(
    ledger: LedgerPath,
    sender: SenderPath,
    as_of: AsOf = None,
    language: LanguageChoice = None,
    templates: Templates = None,
    formats: Formats = "pdf",
    addresses: Addresses = None,
    late_fees: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--late-fees",
            metavar="FILE",
            help="CSV: document_id, late_fee (in the document's currency), such as the late-fees.csv of credrisk "
            "late-fees. Default: no fee on any letter.",
            show_default=False,
        ),
    ] = None,
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--log", metavar="FILE", help="Decision log: letters that went out, promises, disputes.", show_default=False
        ),
    ] = None,
    queue: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--queue",
            metavar="FILE",
            help="queue.csv of the same day: who is called, visited or mailed today gets no letter besides.",
            show_default=False,
        ),
    ] = None,
    policy: PolicyPath = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to write into.")] = Path("letters"),
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the dunning letters of a day: one a customer, at the highest level that one of its items has reached.

    Held are customers with a dispute, a promise, a block, a stop, an insolvency or an agency; only the undisputed part
    is asked for. Writes the letters, letters.csv (the index), items.csv, not-sent.csv (who got none and why),
    mail-merge.csv and promises.ics (open promises to follow up). Nothing is sent.

    Example: credrisk letters data/sample --as-of 2025-12-31 --sender sender.toml --out letters

    Example: credrisk letters data/sample --sender sender.toml --format pdf,eml --addresses addresses.csv -o letters

    Example: credrisk letters data/sample --sender sender.toml --queue queue/queue.csv
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import covered_day, read_known
    from credrisk.cli.queue_inputs import earlier_list
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.dunning import dunning_proposal
    from credrisk.decisions.recorded import with_recorded
    from credrisk.reports.letters.dunning_letters import dunning_letters
    from credrisk.reports.letters.follow_ups import follow_up_calendar, promise_follow_ups
    from credrisk.reports.letters.letter_files import LISTS, boxes_in, read_formats, write_letters, write_lists
    from credrisk.reports.letters.packages import has_calendar, refuse_missing_packages
    from credrisk.reports.letters.sender import missing_details, read_sender
    from credrisk.reports.letters.wording import Wordings

    refuse_existing(out, overwrite)
    asked, by, wordings = read_formats(formats), read_sender(sender), Wordings(templates)
    refuse_missing_packages(asked)
    rules = policy_for(ledger, policy)
    places, fees = _table(addresses), _table(late_fees)
    listed = earlier_list(queue, "--queue") if queue is not None else None
    book = DecisionLog(log) if log else None
    if book is not None:
        book.head()
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        day = covered_day(read.settings, as_of)
        found = dunning_proposal(read, as_of=day, policy=rules, log=book, queue=listed)
        letters = dunning_letters(
            read,
            found,
            sender=by,
            addresses=places,
            late_fees=fees,
            language=language,
            wordings=wordings,
        )
        known = read if book is None else with_recorded(read, book, as_of=day)
        promises = promise_follow_ups(known, as_of=day, policy=rules, output="polars")
        replaceable = (*LISTS, *_former(out)) if overwrite else ()
        with new_folder(out, overwrite=overwrite, replaceable=replaceable) as draft:
            names = write_letters(draft, letters, formats=asked, on=found.as_of, wordings=wordings, progress=progress)
            write_lists(draft, letters, found, names=names, formats=asked)
            if has_calendar():
                calendar = follow_up_calendar(promises, as_of=found.as_of, currency=found.currency)
                (draft / "promises.ics").write_bytes(calendar)
    _say(found)
    for warning in boxes_in(letters) if "pdf" in asked else ():
        console.print(warning, style="yellow", markup=False)
    if not has_calendar():
        console.print("No promises.ics: icalendar is not installed (pip install 'credrisk[letters]').", markup=False)
    if missing := missing_details(by):
        console.print(f"Left out, as the sender's file does not have it: {', '.join(missing)}.", markup=False)
    console.print(f"Written to {out}: letters.csv says which file is whose. Nothing was sent.", markup=False)


def statement_command(
    ledger: LedgerPath,
    customer: Annotated[
        list[str],
        typer.Option("--customer", metavar="ID", help="Whose account; give it again for several."),
    ],
    sender: SenderPath,
    as_of: AsOf = None,
    language: LanguageChoice = None,
    templates: Templates = None,
    formats: Formats = "pdf",
    addresses: Addresses = None,
    log: RecordedIn = None,
    policy: PolicyPath = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to write into.")] = Path(
        "statements"
    ),
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Write statements of account: every open item, payments not yet applied, the balance, and the account by age.

    Example: credrisk statement data/sample --customer C295 --sender sender.toml --as-of 2025-12-31
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import covered_day, read_known
    from credrisk.cli.recorded import with_log
    from credrisk.reports.letters.letter_files import letter_notes, read_formats, write_letters
    from credrisk.reports.letters.packages import refuse_missing_packages
    from credrisk.reports.letters.sender import read_sender
    from credrisk.reports.letters.statement import statements_of_account
    from credrisk.reports.letters.wording import Wordings

    refuse_existing(out, overwrite)
    asked, by, wordings = read_formats(formats), read_sender(sender), Wordings(templates)
    refuse_missing_packages(asked)
    rules, places = policy_for(ledger, policy), _table(addresses)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        day = covered_day(read.settings, as_of)
        read = with_log(read, log, as_of=day)
        statements = statements_of_account(
            read,
            list(dict.fromkeys(customer)),
            as_of=day,
            sender=by,
            addresses=places,
            language=language,
            wordings=wordings,
            policy=rules,
        )
        with new_folder(out, overwrite=overwrite) as draft:
            names = write_letters(
                draft,
                statements,
                formats=asked,
                on=_day(day),
                wordings=wordings,
                kind="statement",
                progress=progress,
            )
    for statement in statements:
        balance = statement.fields["letter_balance"] or "nothing"
        console.print(f"{statement.customer_id}: {balance} open", markup=False)
        for note in letter_notes(statement, asked):
            console.print(f"  {note}", markup=False, style="dim")
        for name in names[statement.customer_id]:
            console.print(f"Written to {out / name}", markup=False, soft_wrap=True)


def _say(found: DunningProposal) -> None:
    """Print how many letters there are by level, and how many customers are held by what."""
    import polars as pl

    from credrisk.cli.console import console, print_table
    from credrisk.wording import counted, money

    accounts = found.accounts
    sent = accounts.filter(pl.col("hold").is_null())
    rows = []
    for place, level in enumerate(found.policy.dunning.levels, start=1):
        of_level = sent.filter(pl.col("level") == place)
        rows.append(
            [str(place), level.says, str(of_level.height), money(float(of_level["asked"].sum()), found.currency)]
        )
    print_table(f"Letters of {found.as_of}", ("level", "letter", "customers", "asked for"), rows, right=(2, 3))
    first = _last_before_any(found)
    if first:
        console.print(
            f"Look first: {counted(first, 'letter')} of the last level, and no earlier letter is recorded for "
            f"{'it' if first == 1 else 'them'}. letters.csv says so in last_level_says.",
            style="yellow",
            markup=False,
        )
    held = accounts.filter(pl.col("hold").is_not_null()).group_by("hold").agg(pl.len(), pl.col("past_due").sum())
    lines = [
        [row["hold"].replace("_", " "), str(row["len"]), money(row["past_due"], found.currency)]
        for row in held.sort("len", "hold", descending=[True, False]).iter_rows(named=True)
    ]
    if lines:
        print_table("No letter", ("why", "customers", "past due"), lines, right=(1, 2))


def _last_before_any(found: DunningProposal) -> int:
    """Count the letters of the last level for items of which no letter of a known level is recorded."""
    import polars as pl

    last = len(found.policy.dunning.levels)
    if last < 2:
        return 0
    known = pl.col("last_level_says").str.starts_with("level ").fill_null(False)
    return found.accounts.filter(pl.col("hold").is_null(), pl.col("level") == last, ~known).height


def _table(path: Path | None) -> pl.DataFrame | None:
    """Read a CSV as text, whichever of comma, semicolon and tab separates it."""
    import polars as pl

    from credrisk.errors import DataError, ParameterError

    if path is None:
        return None
    if not path.is_file():
        raise ParameterError("file", "an existing CSV file", str(path))
    try:
        first = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()[0].decode("utf-8")
        mark = max(",;\t", key=first.count)
        return pl.read_csv(path, separator=mark, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, IndexError):
        raise DataError(
            f"{path.name} cannot be read as CSV.", remedy="save it as CSV in UTF-8, a row of headings first."
        ) from None


def _former(folder: Path) -> list[str]:
    """Return the letters of an earlier day in ``folder``, which its own index names."""
    import polars as pl

    index = folder / "letters.csv"
    if not index.is_file():
        return []
    try:
        files = pl.read_csv(index, infer_schema=False).get_column("files")
    except pl.exceptions.PolarsError:
        return []
    return [name for row in files.drop_nulls() for name in row.split("; ")]


def _day(day: object) -> date:
    from credrisk.dates import to_date

    return to_date(str(day))
