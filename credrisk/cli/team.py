"""`credrisk team`: how collection went, collector by collector, compared fairly; capacity, audit and overrides."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional, cast

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite, PolicyPath
from credrisk.cli.public import Public, policy_for, read_with_public

if TYPE_CHECKING:
    import polars as pl

    from credrisk.decisions.policy import Policy
    from credrisk.decisions.team_cash import Expectation
    from credrisk.decisions.team_review import TeamReview
    from credrisk.ledger.ledger import Ledger
    from credrisk.progress import Progress

__all__ = ["team_command"]


def team_command(
    ledger: LedgerPath,
    as_of: AsOf = None,
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=26, help="Weeks of the period up to that day.")] = 4,
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--log",
            metavar="FILE",
            help="The decision log: overrides by hand, write-offs and authority are checked against it.",
            show_default=False,
        ),
    ] = None,
    results: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--results",
            metavar="FOLDER",
            help="What credrisk run wrote for the same ledger, day and policy: its scores rank the queue. Default: "
            "it is run first.",
            show_default=False,
        ),
    ] = None,
    policy: PolicyPath = None,
    collectors: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--collectors",
            metavar="FILE",
            help="Who works today (CSV: collector, minutes_per_day): capacity is then in minutes. Default: in "
            "contacts, by the policy.",
            show_default=False,
        ),
    ] = None,
    expected_by: Annotated[
        str,
        typer.Option(
            "--expected-by",
            metavar="HOW",
            help="What a portfolio's cash is compared with: forecast (the customers' own past, so that changes show) "
            "or share_table (what is usual at an age and a broad habit, so that levels show).",
        ),
    ] = "forecast",
    audited: Annotated[int, typer.Option("--audited", min=1, help="Accounts to draw for an audit.")] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the draw.")] = 0,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="Folder to write into.")] = Path("team"),
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Show a supervisor how collection went, and whether a collector differs from what the accounts let expect.

    Penetration, right person reached, promises kept, over 60 and 90 days, cash against forecast and CEI by collector;
    each portfolio's cash against what it let expect, with the limits of chance; contacts from the attempt to the kept
    promise; the value of more time; accounts to audit; what became of overrides. What the ledger does not hold is left
    empty and said.

    Writes team.html, team.xlsx, team.json and the tables as CSV.

    Example: credrisk team data/sample --as-of 2025-12-31 --results out -o team

    Example: credrisk team data/sample --log decisions.db --weeks 8
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.queue_collectors import read_collectors
    from credrisk.decisions.supervisor_hand import hand_of
    from credrisk.decisions.team_review import team_review
    from credrisk.reports.tables import write_csv
    from credrisk.reports.team_page import TeamPack, headline_of, team_json, team_page
    from credrisk.reports.team_workbook import write_team_workbook

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    rules = policy_for(ledger, policy)
    entries = DecisionLog(log).read() if log is not None else None
    people = read_collectors(collectors) if collectors is not None else None
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency, as_of=as_of)
        scores, day = _scores(read, results, as_of, rules, progress)
        review = team_review(
            read,
            as_of=day,
            weeks=weeks,
            scores=scores,
            policy=rules,
            collectors=people,
            entries=entries,
            hand=hand_of(DecisionLog(log), as_of=day) if log is not None else None,
            expected_by=cast("Expectation", expected_by),
            audited=audited,
            seed=seed,
            progress=progress,
        )
        progress("Writing", 0, 0)
        names = read.cut(day).table("customers").select("customer_id", "name")
        pack = TeamPack(review, names, _settings(review, weeks, log), FILES)
        tables = {
            "team": review.measures.table,
            "team_case_mix": review.case_mix.table,
            "team_funnel": review.measures.funnel,
            "team_audit": pack.audit(),
            "team_orders": review.orders,
        }
        with new_folder(out, overwrite=overwrite, replaceable=tuple(FILES.values())) as draft:
            for table, frame in tables.items():
                if frame.width:
                    write_csv(draft / FILES[table], frame, table=table, currency=read.settings.currency)
            (draft / "team.html").write_text(team_page(pack), encoding="utf-8")
            (draft / "team.json").write_text(team_json(pack), encoding="utf-8")
            write_team_workbook(draft / "team.xlsx", pack)
    console.print(f"[bold]{day}, {weeks} weeks[/]")
    for label, value, note in headline_of(review):
        console.print(f"  {label}: {value} ({note})", markup=False)
    for sentence in review.case_mix.sentences:
        console.print(sentence, markup=False)
    for sentence in review.capacity.sentences if review.capacity else ():
        console.print(sentence, markup=False)
    for lacking in review.lacks:
        console.print(f"Note: {lacking}", style="yellow", markup=False)
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)


FILES = {
    "team": "collectors.csv",
    "team_case_mix": "case-mix.csv",
    "team_funnel": "contacts.csv",
    "team_audit": "audit.csv",
    "team_orders": "orders.csv",
}


def _scores(
    ledger: Ledger, results: Path | None, as_of: str | None, policy: Policy, progress: Progress
) -> tuple[pl.DataFrame, date]:
    """Return the scores of a run, read or made, and the day they stand on."""
    import polars as pl

    from credrisk.dates import to_date
    from credrisk.pipeline.job import run
    from credrisk.pipeline.stored_results import read_results

    if results is None:
        # Back-tests change no score and take most of the time.
        made = run(ledger, as_of=as_of, policy=policy, back_tests=False, progress=progress)
        return pl.from_pandas(made.scores), made.as_of
    found = read_results(results, ledger=ledger, policy=policy, as_of=to_date(as_of) if as_of else None)
    return found.scores, found.as_of


def _settings(review: TeamReview, weeks: int, log: Path | None) -> dict[str, str]:
    from credrisk import __version__

    timing = review.measures.outcome.timing
    told = {
        "credrisk": __version__,
        "Policy": f"{review.policy.version} ({review.policy.hash[:12]})",
        "Period": f"{weeks} weeks",
        "Decision log": "none" if log is None else log.name,
        "Audit sample": f"seed {review.audit_seed}",
    }
    if timing is not None:
        words = timing.rung_.replace("_", " ")
        told["Payment timing model"] = f"{words}, fitted on what was known on {timing.evidence_['fitted_on']}"
    return told
