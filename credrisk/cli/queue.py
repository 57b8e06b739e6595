"""`credrisk queue`: today's collection list, with what goes to the owners of disputes and to our own staff."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import (
    AsOf,
    Author,
    Currency,
    DefaultFrom,
    LedgerPath,
    Overwrite,
    PolicyPath,
    author_of,
)
from credrisk.cli.public import Public, policy_for, read_with_public

if TYPE_CHECKING:
    import polars as pl

    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger
    from credrisk.models.payment_timing import PaymentTiming
    from credrisk.reports.queue_day import QueueDay

__all__ = ["queue_command"]

SHOWN = 5


def queue_command(
    ledger: LedgerPath,
    as_of: AsOf = None,
    collectors: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--collectors",
            metavar="FILE",
            help="CSV, one row a collector: collector, minutes_per_day and, where known, languages (de;en), skills "
            "(legal;key_account) and away_until (the first day back). Default: capacity is counted in contacts.",
            show_default=False,
        ),
    ] = None,
    assignment: Annotated[
        str,
        typer.Option(
            "--assignment",
            metavar="RULE",
            help="owned: an account is for whoever looks after it (attribute collector of the customer history); free: "
            "for anybody who is able, as it gains most.",
        ),
    ] = "owned",
    capacity: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--capacity",
            metavar="CONTACTS",
            help="Contacts by hand today, without --collectors. Default: the policy's capacity_per_day.",
            show_default=False,
        ),
    ] = None,
    results: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--results",
            metavar="FOLDER",
            help="What credrisk run wrote for the same ledger, day and policy: its scores are used. Default: it is "
            "run first.",
            show_default=False,
        ),
    ] = None,
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--log",
            metavar="FILE",
            help="Decision log: contacts, promises, disputes and plans recorded in it count, its pins, boosts and "
            "exclusions hold, and the list is written into it, once a day.",
            show_default=False,
        ),
    ] = None,
    effects: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--effects",
            metavar="FILE",
            help="effects.json of credrisk effects, under the same policy. Default: the policy's priors.",
            show_default=False,
        ),
    ] = None,
    author: Author = None,
    explore: Annotated[
        float,
        typer.Option(
            "--explore",
            metavar="SHARE",
            help="Share of the capacity drawn at random, such as 0.05, so that the effect of contacts can be measured "
            "later. Who is held and the highest gains are not drawn for.",
        ),
    ] = 0.0,
    seed: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--seed", help="Of the draw. Default: the number of the day.", show_default=False),
    ] = None,
    weights: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--weights",
            metavar="WEIGHTS",
            help="To try out another order, such as age=1.5,goodwill=2: factors of expected_loss_avoided, time_value, "
            "cost and goodwill (1 each is the model's own), and money for each day of age and for a small_account. "
            "Not with --log.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--against",
            metavar="FILE",
            help="queue.csv of another list of the same accounts: what this one changes and what that is worth is "
            "said, and written to changes.csv.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to write into.")] = Path("queue"),
    policy: PolicyPath = None,
    default_from: DefaultFrom = None,
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Make today's list: whom to contact, by whom, how, what to say, and who is left in peace and why.

    First come accounts whose overdue must soon be reported to an insurer, then pinned ones, then what gains most in
    everybody's minutes, with places kept for small accounts. Accounts of one payables desk get one contact. Nobody is
    contacted at a loss (but for a pin), within the quiet days, or more often than the policy allows.

    Writes queue.csv (all accounts), collectors.csv, disputes.csv (for their owners), internal.csv (cash and credits to
    apply, reports to insurers), roll-over.csv (what passes 60 or 90 days within 30 days), queue.xlsx with a sheet for
    each collector, and queue.html.

    Example: credrisk queue data/sample --as-of 2025-12-31 --out queue

    Example: credrisk queue data/sample --collectors team.csv --assignment free --log decisions.db --explore 0.05

    Example: credrisk queue data/sample --results out --effects effects/effects.json

    Example: credrisk queue data/sample --capacity 30 --weights age=1.5 --against queue/queue.csv --out tried
    """
    from rich.markup import escape

    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.queue_inputs import earlier_list, effects_of, weights_of
    from credrisk.cli.recorded import recorded_ledger
    from credrisk.cli.scored import refuse_default_from, scored
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.queue import collection_queue, draw_seed
    from credrisk.decisions.queue_collectors import collectors_of, read_collectors
    from credrisk.decisions.queue_record import log_offers, refuse_logged
    from credrisk.decisions.queue_rerank import queue_diff
    from credrisk.decisions.supervisor_hand import hand_of
    from credrisk.errors import ParameterError
    from credrisk.reports.queue_page import queue_page
    from credrisk.reports.queue_workbook import write_queue_workbook

    started = time.perf_counter()
    if capacity is not None and collectors is not None:
        raise ParameterError("--capacity", "left out with --collectors: theirs is in minutes", capacity)
    refuse_default_from(results, default_from)
    if weights is not None and log is not None:
        raise ParameterError("--weights", "left out with --log: what is offered is the policy's own list", weights)
    refuse_existing(out, overwrite)
    weighing = weights_of(weights) if weights is not None else None
    before = earlier_list(against, "--against") if against is not None else None
    rules = policy_for(ledger, policy)
    people = read_collectors(collectors) if collectors is not None else None
    decision_log = DecisionLog(log) if log is not None else None
    name = author_of(author) if log is not None else ""
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency, as_of=as_of)
        found = scored(read, results=results, as_of=as_of, policy=rules, default_from=default_from, progress=progress)
        day, (timing, why) = found.as_of, found.timing()
        notes: tuple[str, ...] = (why,) if why else ()
        measured = effects_of(effects, policy=rules, as_of=day) if effects is not None else None
        team = collectors_of(people, as_of=day) if people is not None else []
        laid = None
        if decision_log is not None and decision_log.path.exists():
            refuse_logged(decision_log, as_of=day)
            laid = hand_of(decision_log, as_of=day)
            read, said = recorded_ledger(read, decision_log, as_of=day)
            notes += said
        progress("Making the list", 0, 0)
        queue = collection_queue(
            read,
            as_of=day,
            scores=found.scores,
            policy=rules,
            capacity=capacity,
            collectors=people,
            assignment=assignment,
            hand=laid,
            effects=measured,
            explore=explore,
            seed=seed,
            weights=weighing,
            output="polars",
        )
        changed = queue_diff(before, queue) if before is not None else None
        if weighing is not None:
            told = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in weighing.changes().items())
            notes += (f"Tried out under other weights than the model's: {told or 'none that differ'}.",)
        if measured is not None and measured.ranking != "gain":
            notes += (f"Measured effects do not steer the list: {measured.why}.",)
        drawn = draw_seed(day, seed)
        made = _day(read, queue, day, rules, laid, timing, notes)
        made = _with(made, {each.name: each.minutes for each in team}, drawn if explore else None)
    page = queue_page(made)
    # What stands in no log must not go out.
    if decision_log is not None:
        log_offers(decision_log, queue, as_of=day, policy=rules, author=name, seed=drawn if explore else None)
    with new_folder(out, overwrite=overwrite) as draft:
        _write(draft, made, changed.table if changed is not None else None)
        write_queue_workbook(draft / "queue.xlsx", made)
        (draft / "queue.html").write_text(page, encoding="utf-8")
    _print(made)
    if changed is not None:
        console.print(f"[bold]Against[/] {escape(str(against))}:")
        for sentence in changed.sentences:
            console.print(f"  {sentence}", markup=False)
    if decision_log is not None:
        number, head = decision_log.head()
        console.print(f"In the log {decision_log.path}: {number:,} entries, head {head}", style="dim", markup=False)
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)


def _day(
    ledger: Ledger,
    queue: pl.DataFrame,
    day: date,
    policy: Policy,
    hand: pl.DataFrame | None,
    timing: PaymentTiming | None,
    said: tuple[str, ...],
) -> QueueDay:
    """Return the list with those beside it, and what it rests on."""
    from credrisk.decisions.queue_lists import dispute_list, internal_list, what_is_missing
    from credrisk.decisions.roll_over import roll_over
    from credrisk.reports.queue_day import QueueDay

    notes = [f"{words}." for words in what_is_missing(ledger)]
    if hand is not None and hand.height:
        strangers = hand.join(queue, on="customer_id", how="anti")["customer_id"].unique().sort().to_list()
        if strangers:
            notes.append(f"The supervisor laid a hand on accounts that are not in the ledger: {', '.join(strangers)}.")
    notes += said
    if timing is None:
        notes.append("How likely items are to pass 60 or 90 days is not measured either.")
    sources = sorted(queue["effect_source"].drop_nulls().unique().to_list())
    told = " and ".join(source.replace("_", " ") for source in sources)
    if sources:
        notes.append(f"The effect of an action is taken from: {told}.")
    return QueueDay(
        as_of=day,
        currency=ledger.settings.currency,
        queue=queue,
        disputes=dispute_list(ledger, as_of=day, output="polars"),
        internal=internal_list(ledger, as_of=day, policy=policy, output="polars"),
        roll_over=roll_over(ledger, as_of=day, timing=timing, output="polars"),
        notes=tuple(note[:1].upper() + note[1:] for note in notes),
        policy=f"{policy.version} ({policy.hash[:12]})",
    )


def _with(made: QueueDay, minutes: dict[str, float], seed: int | None) -> QueueDay:
    from dataclasses import replace

    said = "" if seed is None else f"Drawn at random with seed {seed}."
    return replace(made, minutes=minutes, draw=said)


def _write(draft: Path, made: QueueDay, changes: pl.DataFrame | None) -> None:
    import polars as pl

    from credrisk.injection import harmless

    tables = {
        "queue": made.queue,
        "collectors": made.table(),
        "disputes": made.disputes,
        "internal": made.internal,
        "roll-over": made.roll_over,
    }
    if changes is not None:
        tables["changes"] = changes
    for name, table in tables.items():
        texts = [harmless(column) for column, kind in table.schema.items() if kind == pl.String]
        table.with_columns(texts).write_csv(draft / f"{name}.csv", float_precision=4)


def _print(made: QueueDay) -> None:
    from credrisk.cli.console import console, print_list
    from credrisk.reports.style import short_money
    from credrisk.wording import counted, money

    console.print(f"[bold]{made.headline()}.[/]")
    if made.internal.height:
        total = short_money(float(made.internal["amount"].sum()), made.currency)
        console.print(f"First, in our own house: {counted(made.internal.height, 'task')} of {total}.", markup=False)
    for person in made.collectors():
        rows = [
            (
                f"{row['rank']:,.0f}",
                row["customer_id"],
                str(row["action"]).replace("_", " "),
                money(row["chased"], made.currency),
                money(row["gain"], made.currency),
            )
            for row in person.rows.head(SHOWN).iter_rows(named=True)
        ]
        more = f", the first {SHOWN}" if person.rows.height > SHOWN else ""
        points = person.rows["talking_points"].head(SHOWN).to_list()
        title = f"{person.name}: {person.says(made.currency)}{more}"
        print_list(title, ("rank", "customer", "action", "to ask for", "gain"), rows, right=(0, 3, 4), reasons=points)
    automatic = made.automatic().height
    if automatic:
        console.print(f"Sent automatically: {counted(automatic, 'account')}.", markup=False)
    if made.held():
        held = ", ".join(f"{count:,} {reason}" for reason, count in made.held())
        console.print(f"Left in peace: {held}.", markup=False)
    for note in made.notes:
        console.print(f"Note: {note}", style="yellow", markup=False)
    if made.draw:
        console.print(made.draw, markup=False)
