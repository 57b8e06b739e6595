"""`credrisk replay`: the collection queue beside the usual lists, on simulated sellers and on the seller's own past."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from credrisk.cli.options import Currency, DefaultFrom, Overwrite, PolicyPath, label_settings
from credrisk.cli.public import policy_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger
    from credrisk.progress import Progress
    from credrisk.reports.case_page import CaseTable

__all__ = ["replay_command"]

SHOWN = 20
MADE = ("days.csv", "seeds.csv", "summary.csv", "lists.csv", "overlap.csv", "caught.csv", "value.csv")


def replay_command(
    ledger: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(
            metavar="[LEDGER]",
            help="Your ledger: its own past is replayed. Without it: simulated sellers, whose truth is known.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to write into.")] = Path("replay"),
    start: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--from",
            metavar="DATE",
            help="First list. Default: a year before the last day covered.",
            show_default=False,
        ),
    ] = None,
    end: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--to", metavar="DATE", help="Last list. Default: the last day covered.", show_default=False),
    ] = None,
    every: Annotated[int, typer.Option("--every", min=1, metavar="DAYS", help="From one list to the next.")] = 7,
    capacity: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--capacity",
            min=1,
            help="Accounts on a list. Default: as many as were really contacted, at most a fifth.",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Simulated sellers.")] = 5,
    customers: Annotated[int, typer.Option("--customers", min=50, help="Of each simulated seller.")] = 600,
    days: Annotated[int, typer.Option("--days", min=90, max=400, help="Simulated days.")] = 90,
    world: Annotated[
        str,
        typer.Option("--world", help="What contacts truly do: usual, zero, negative or by_reason."),
    ] = "usual",
    policy: PolicyPath = None,
    default_from: DefaultFrom = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Replay the collection queue day by day beside oldest first, largest first, risk x amount and random.

    Without a ledger on simulated sellers: cash at 30, 60 and 90 days, what grows older than 60 and 90 days, DSO,
    penetration and the true gain of the contacts, under the same capacity and the same luck. With a ledger on its own
    past: the lists that each would have made from what was known the day before, how far they agree with the contacts
    really made, and which money they held before it grew old; and what they would have brought where the lists were
    logged with their chances, else that this cannot be told. Interrupted, the same command goes on where it was.

    Example: credrisk replay --seeds 20 --out replay

    Example: credrisk replay data/sample --every 28 --out own-past
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_table
    from credrisk.ledger.ledger import Ledger
    from credrisk.pipeline.queue_replay_parts import Parts

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        if ledger is None:
            settings = {"seeds from": 1, "customers": customers, "days": days, "world": world, "policy": rules.hash}
            parts = Parts(out, settings)
            made = _worlds(seeds, customers, days, world, rules, parts, progress)
        else:
            progress("Reading the ledger", 0, 0)
            read = Ledger.read(ledger, currency=currency)
            settings = {
                "ledger": _fingerprint(read),
                "start": start,
                "end": end,
                "every": every,
                "capacity": capacity,
                "default_from": default_from,
                "policy": rules.hash,
            }
            parts = Parts(out, settings)
            made = _history(read, start, end, every, capacity, rules, default_from, parts, progress)
    with new_folder(out, overwrite=overwrite, replaceable=MADE) as draft:
        for name, frame in made["frames"].items():
            _write(draft / f"{name}.csv", frame)
        (draft / "replay.html").write_text(made["page"], encoding="utf-8")
        said = {key: made[key] for key in ("kind", "settings", "headline", "sentences")}
        told = {name: _rows(frame) for name, frame in made["frames"].items() if name in made["in_json"]}
        (draft / "replay.json").write_text(json.dumps(said | told, indent=1, default=str) + "\n", encoding="utf-8")
    parts.done()
    console.print(f"[bold]{made['headline']}.[/]")
    for sentence in made["sentences"]:
        console.print(sentence, markup=False)
    tables: Sequence[CaseTable] = made["tables"]
    for table in tables:
        columns = len(table.headings) - (table.headings[-1] == "Because")
        console.print()
        print_table(
            table.title, table.headings[:columns], [row[:columns] for row in table.rows[:SHOWN]], right=table.right
        )
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)


def _worlds(
    seeds: int, customers: int, days: int, world: str, policy: Policy, parts: Any, progress: Progress
) -> dict[str, Any]:
    """Replay simulated sellers; return what to write and to print."""
    from credrisk.pipeline.queue_replay_world import WorldSettings, replay_worlds
    from credrisk.reports.replay_page import world_headline, world_page, world_sentences, world_tables

    settings = WorldSettings(seeds=seeds, customers=customers, days=days, world=world)
    found = replay_worlds(settings, policy=policy, parts=parts, progress=progress)
    money = found.currency
    headline = world_headline(found.summary, currency=money)
    sentences = [
        *world_sentences(found.summary, seeds=seeds, currency=money),
        f"Capacity: {100 * settings.weekly_share:.0f} % of the accounts past due on the first day, in a week.",
        f"Probabilities: {found.pd_from}.",
    ]
    page = world_page(
        found.days,
        found.summary,
        as_of=found.days["date"].max(),  # type: ignore[arg-type]
        seeds=seeds,
        customers=customers,
        length=days,
        world=world,
        currency=money,
        headline=headline,
        sentences=sentences,
        policy=f"{policy.version} ({policy.hash[:12]})",
    )
    return {
        "kind": "simulated",
        "settings": vars(settings),
        "headline": headline,
        "sentences": sentences,
        "frames": {"days": found.days, "seeds": found.seeds, "summary": found.summary},
        "in_json": ("seeds", "summary"),
        "tables": world_tables(found.summary, currency=money)[:1],
        "page": page,
    }


def _history(
    ledger: Ledger,
    start: str | None,
    end: str | None,
    every: int,
    capacity: int | None,
    policy: Policy,
    default_from: float | None,
    parts: Any,
    progress: Progress,
) -> dict[str, Any]:
    """Replay the ledger's own past; return what to write and to print."""
    from credrisk.dates import to_date
    from credrisk.decisions.offers import ledger_offers
    from credrisk.errors import EvidenceError
    from credrisk.pipeline.queue_replay_history import replay_history, step_days
    from credrisk.pipeline.queue_replay_value import lists_value, nothing_logged
    from credrisk.reports.replay_page import history_headline, history_page, history_sentences, history_tables

    first, last = (to_date(each, name) if each else None for each, name in ((start, "from"), (end, "to")))
    days = step_days(ledger, start=first, end=last, every=every)
    found = replay_history(
        ledger,
        days=days,
        policy=policy,
        capacity=capacity,
        label_settings=label_settings(default_from, ledger.settings.currency),
        parts=parts,
        progress=progress,
    )
    progress("Valuing the lists by the logged chances", 0, 0)
    if ledger.table("queue_log").height:
        try:
            offers = ledger_offers(ledger, as_of=ledger.settings.covers_to, policy=policy, output="polars")
            value = lists_value(offers, found.lists)
        except EvidenceError as too_early:
            value = nothing_logged(str(too_early))
    else:
        value = nothing_logged("the ledger holds no log of the lists that were made (queue_log), with their chances.")
    money = found.currency
    scorer = found.scorer
    learnt = f"Probabilities: learnt once on what was known by {scorer.fitted_on}, asked anew for every list."
    if scorer.model is None:
        learnt = (
            f"No probability could be learnt by {scorer.fitted_on} ({scorer.why_not}): the policy's grades stand in."
        )
    headline = history_headline(found.caught)
    sentences = history_sentences(found.overlap, value, capacity=found.capacity_from, learnt=learnt)
    page = history_page(
        found.overlap,
        found.caught,
        value,
        first=days[0],
        last=days[-1],
        currency=money,
        headline=headline,
        sentences=sentences,
        policy=f"{policy.version} ({policy.hash[:12]})",
    )
    return {
        "kind": "history",
        "settings": {"from": days[0], "to": days[-1], "every": every, "lists": len(days)},
        "headline": headline,
        "sentences": sentences,
        "frames": {"lists": found.lists, "overlap": found.overlap, "caught": found.caught, "value": value},
        "in_json": ("overlap", "caught", "value"),
        "tables": history_tables(found.overlap, found.caught, value, currency=money),
        "page": page,
    }


def _fingerprint(ledger: Ledger) -> str:
    """Return the hash of what the ledger holds: parts of a replay of another ledger are not taken up."""
    from credrisk.ledger.content_hash import content_hash

    return content_hash(ledger)


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return frame.to_dicts()


def _write(path: Path, frame: pl.DataFrame) -> None:
    import polars as pl

    from credrisk.injection import harmless

    texts = [harmless(name) for name, kind in frame.schema.items() if kind == pl.String]
    frame.with_columns(texts).write_csv(path, float_precision=4)
