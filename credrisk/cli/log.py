"""`credrisk log`: verify and read the decision log, print its head, set a limit down, score its overrides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from credrisk.cli.log_collection import register
from credrisk.cli.options import AsOf, Author, Currency, LedgerPath, Overwrite, PolicyPath, author_of
from credrisk.cli.public import Public, policy_for, read_with_public

__all__ = ["log_app"]

log_app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Verify and read the decision log: who decided what, when, from what, under which policy.\n\n"
        "Example: credrisk log verify decisions.db --head HASH"
    ),
)

register(log_app)

LogPath = Annotated[Path, typer.Argument(metavar="FILE", help="The decision log.", show_default=False)]
MONEY = ("amount", "on_credit", "pay_first", "prepay", "limit", "limit_on_file", "recommended_limit")
TOLD = (
    *("answer", "what", "factor"),
    *MONEY,
    *("due_on", "document_id", "expires_on", "override", "reason", "approver", "override_approver"),
)
"""Of what an entry holds, what is told of it on one line, in this order; where it has none of these, all is."""
HEAD_WORDS = "Keep the head outside the log, with somebody who cannot write to it."


@log_app.command("verify")
def verify_command(
    file: LogPath,
    head: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--head", metavar="HASH", help="The head as you kept it: only with it a cut end shows.", show_default=False
        ),
    ] = None,
) -> None:
    """Check that no entry was changed, moved or removed; with --head also that none was cut off at the end.

    Example: credrisk log verify decisions.db --head HASH
    """
    from credrisk.cli.console import console
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.errors import DataError

    found = DecisionLog(file).verify(head)
    if not found.sound:
        shown = "; ".join(found.faults[:5])
        more = f"; and {len(found.faults) - 5:,} more" if len(found.faults) > 5 else ""
        raise DataError(f"{file} does not hold: {shown}{more}.", remedy="take the last copy that does, and compare.")
    console.print(f"{file}: {found.entries:,} entries, no fault found.", markup=False)
    if head is None:
        console.print("Without --head a cut end would not show.", style="yellow", markup=False)
    elif found.head_given_at != found.entries:
        console.print(f"The head given is entry {found.head_given_at:,}; later ones were added.", markup=False)
    console.print(f"Head: {found.head}", markup=False, soft_wrap=True)
    console.print(HEAD_WORDS, style="dim", markup=False)


@log_app.command("head")
def head_command(file: LogPath) -> None:
    """Print the head of the log, and nothing else: the hash to be kept outside.

    Example: credrisk log head decisions.db > head-of-today.txt
    """
    from credrisk.decisions.decision_log import DecisionLog

    typer.echo(DecisionLog(file).head()[1])


@log_app.command("show")
def show_command(
    file: LogPath,
    customer: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--customer", metavar="ID", help="Only this customer's.", show_default=False),
    ] = None,
    kind: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--kind", metavar="KIND", help="Only such as order, override, limit, note.", show_default=False),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--json", help="Every entry as one line of JSON, with all that it holds.")
    ] = False,
) -> None:
    """List the entries of the log.

    Example: credrisk log show decisions.db --customer C003 --kind override
    """
    import dataclasses

    from credrisk.cli.console import console
    from credrisk.decisions.decision_chain import canonical
    from credrisk.decisions.decision_log import DecisionLog

    entries = DecisionLog(file).read(customer_id=customer, kind=kind)
    if whole:
        for entry in entries:
            typer.echo(canonical(dataclasses.asdict(entry) | {"payload": entry.content}))
        return
    for entry in entries:
        about = f" {entry.customer_id}" if entry.customer_id else ""
        policy = f", policy {entry.policy_version}" if entry.policy_version else ""
        at = entry.at[:19].replace("T", " ")
        console.print(f"{entry.number} {at} UTC {entry.kind}{about} by {entry.author}{policy}", markup=False)
        console.print(f"    {_in_brief(entry.content)}", style="dim", markup=False)
    console.print("1 entry" if len(entries) == 1 else f"{len(entries):,} entries", markup=False)


@log_app.command("limit")
def limit_command(
    file: LogPath,
    ledger: LedgerPath,
    results: Annotated[Path, typer.Option("--results", metavar="FOLDER", help="What credrisk run wrote for it.")],
    customer: Annotated[str, typer.Option("--customer", metavar="ID", help="Whose limit is set.")],
    limit: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--limit", metavar="AMOUNT", help="Default: what was recommended.", show_default=False),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why, where it differs from what was recommended.")
    ] = "",
    author: Author = None,
    policy: PolicyPath = None,
    public: Public = None,
    currency: Currency = None,
) -> None:
    """Set down the limit that you decided on, beside what was recommended, and who may sign it.

    Example: credrisk log limit decisions.db data/sample --results out --customer C010 --limit 9000 --reason "new owner"
    """
    from credrisk.cli.console import console
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.limit_record import log_limit
    from credrisk.decisions.order_ids import nearest_ids
    from credrisk.errors import ParameterError
    from credrisk.pipeline.stored_results import read_results
    from credrisk.wording import money

    name = author_of(author)
    read = read_with_public(ledger, public, currency=currency)
    rules = policy_for(ledger, policy)
    found = read_results(results, ledger=read, policy=rules)
    rows = found.limits.filter(found.limits["customer_id"] == customer)
    if rows.is_empty():
        near = nearest_ids(customer, found.limits["customer_id"].to_list())
        remedy = f"the nearest is {near[0]}." if near else "see limits.csv for the ids."
        raise ParameterError("--customer", "a customer of the results", customer, remedy=remedy)
    code = read.settings.currency
    entry = log_limit(
        DecisionLog(file),
        rows.row(0, named=True),
        author=name,
        policy=rules,
        as_of=found.as_of,
        currency=code,
        limit=limit,
        reason=reason,
        model=found.model,
    )
    held = entry.content
    console.print(
        f"{customer}: limit {money(held['limit'], code)}, recommended {money(held['recommended_limit'], code)}; to be "
        f"signed by: {held['approver'] or 'nobody may, by the policy'}. Entry {entry.number} of {file}.",
        markup=False,
    )


@log_app.command("overrides")
def overrides_command(
    file: LogPath,
    ledger: LedgerPath,
    as_of: AsOf = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="FILE", help="Write the table here (CSV).", show_default=False),
    ] = None,
    policy: PolicyPath = None,
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Score past overrides by a later ledger: paid on time, late, default, loss.

    Example: credrisk log overrides decisions.db data/sample --out overrides.csv
    """
    import polars as pl

    from credrisk.atomic import new_file, refuse_existing
    from credrisk.cli.console import console, print_list
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.override_outcomes import OUTCOMES, OVERRIDE, override_outcomes
    from credrisk.injection import harmless
    from credrisk.wording import money

    if out is not None:
        refuse_existing(out, overwrite)
    entries = DecisionLog(file).read(kind=OVERRIDE)
    read = read_with_public(ledger, public, currency=currency, as_of=as_of)
    rules = policy_for(ledger, policy)
    table = override_outcomes(entries, read, as_of=as_of, policy=rules, output="polars")
    code = read.settings.currency
    rows = [
        (
            str(row["number"]),
            row["customer_id"],
            row["author"],
            money(row["amount"], code),
            f"{row['answer']} -> {row['override']}".replace("_", " "),
            row["outcome"].replace("_", " "),
            "" if row["realised_value"] is None else money(row["realised_value"], code),
        )
        for row in table.iter_rows(named=True)
    ]
    headings = ("entry", "customer", "author", "amount", "answer", "outcome", "realised")
    print_list("Overrides and what became of them", headings, rows, right=(0, 3, 6), reasons=table["reason"].to_list())
    for outcome, meaning in OUTCOMES.items():
        own = table.filter(pl.col("outcome") == outcome)
        if own.height:
            total = money(float(own["amount"].sum()), code)
            console.print(f"{outcome.replace('_', ' ')}: {own.height:,} of {total} ({meaning})", markup=False)
    if out is not None:
        texts = [harmless(name) for name, dtype in table.schema.items() if dtype == pl.String]
        with new_file(out, overwrite=overwrite) as draft:
            table.with_columns(texts).write_csv(draft)
        console.print(f"Written to {out}", markup=False)


def _in_brief(content: dict[str, object]) -> str:
    """Say what an entry holds on one line: the plain values, and the answer of an order inside it."""
    from credrisk.wording import money

    order = content.get("order")
    held = order if isinstance(order, dict) else {}
    inner = {name: held[name] for name in ("answer", "amount") if name in held}
    plain = {name: value for name, value in content.items() if isinstance(value, (str, int, float))}
    every = inner | plain
    chosen = {name: every[name] for name in TOLD if name in every} or every
    currency = content.get("currency", held.get("currency"))
    told = {
        name: money(value, currency)
        if name in MONEY and isinstance(value, (int, float)) and isinstance(currency, str)
        else value
        for name, value in chosen.items()
    }
    return ", ".join(
        str(value) if name == "what" else f"{name.replace('_', ' ')} {value}" for name, value in told.items()
    )
