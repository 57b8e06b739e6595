"""`credrisk limits`: the limits of all customers at once, under the budgets for losses and the caps of the policy."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, LedgerPath, Overwrite, PolicyPath, label_settings
from credrisk.cli.public import Public, policy_for, read_with_public
from credrisk.cli.scored import Results

if TYPE_CHECKING:
    import polars as pl

    from credrisk.pipeline.portfolio_answer import LedgerLimits
    from credrisk.reports.charts import Chart

__all__ = ["limits_command"]

CASES = ("budget-20", "recession", "no-insurer")


def limits_command(
    ledger: LedgerPath,
    as_of: AsOf = None,
    policy: PolicyPath = None,
    results: Results = None,
    loss_budget: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--loss-budget",
            metavar="MONEY",
            min=0.0,
            help="Expected loss of 12 months, at most. Default: the policy's share of the year's sales.",
            show_default=False,
        ),
    ] = None,
    tail_budget: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--tail-budget",
            metavar="MONEY",
            min=0.0,
            help="Mean loss of the worst years, at most. Default: the policy's share of the year's sales.",
            show_default=False,
        ),
    ] = None,
    what_if: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--what-if", metavar="CASE", help=f"{', '.join(CASES)}; more than once for several."),
    ] = None,
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--log",
            metavar="FILE",
            help="Decision log: limits decided in it up to the day are those in force, until the books show another.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write into.")] = Path("limits"),
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the scenarios.")] = 0,
    default_from: DefaultFrom = None,
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Set the limits of all customers at once: the most profit within the budgets for losses and the caps.

    Says what they gain over the limits on file, what one more of each budget would earn, what is owed already above
    them, and what holds each customer's limit down. Writes limits.csv, frontier.csv, frontier.png, what-if.csv (the
    cases asked for) and limits.html.

    Example: credrisk limits data/sample --as-of 2025-12-31 --out limits

    Example: credrisk limits data/sample --results out --loss-budget 20000 --what-if recession --what-if budget-20
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_table
    from credrisk.cli.recorded import later_note
    from credrisk.cli.scored import scored
    from credrisk.decisions.decided_limits import with_decided_limits
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.limit_frontier import limit_frontier
    from credrisk.decisions.limit_record import LIMIT
    from credrisk.errors import EvidenceError, ParameterError
    from credrisk.pipeline.portfolio_job import ledger_limits
    from credrisk.reports.limit_page import binding_table, case_table, change_table, limit_page, today_table
    from credrisk.reports.style import short_money

    started = time.perf_counter()
    cases = tuple(dict.fromkeys(what_if or ()))
    for case in cases:
        if case not in CASES:
            raise ParameterError("--what-if", f"one of {', '.join(CASES)}", case)
    refuse_existing(out, overwrite)
    rules = policy_for(ledger, policy)
    later: list[str] = []
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency, as_of=as_of)
        settings = label_settings(default_from, read.settings.currency)
        made = scored(read, results=results, as_of=as_of, policy=rules, default_from=default_from, progress=progress)
        scores, day = made.scores, made.as_of
        if log is not None:
            decisions = DecisionLog(log)
            decisions.head()
            later = later_note(decisions, as_of=day, kinds=(LIMIT,))
            read = with_decided_limits(read, decisions, as_of=day)
        found = ledger_limits(
            read,
            scores=scores,
            as_of=day,
            policy=rules,
            loss_budget=loss_budget,
            tail_budget=tail_budget,
            what_if=cases,
            settings=settings,
            seed=seed,
            progress=progress,
        )
        progress("Drawing the frontier", 0, 0)
        frontier = limit_frontier(found.limits)
    chart, on_page, why_not = None, None, ""
    try:
        chart, on_page = _chart(found, frontier, titled=True), _chart(found, frontier, titled=False)
    except EvidenceError as none:
        why_not = str(none)
    money, customers = found.currency, found.table()
    tables = [today_table(found.against_today(), currency=money), binding_table(customers, currency=money)]
    if found.what_if:
        tables.append(case_table(found.what_if_table(), currency=money))
    tables += [change_table(customers, currency=money, raised=raised) for raised in (True, False)]
    total = short_money(float(found.limits.limit.sum()), money)
    earned = short_money(float(found.limits.profit.sum()), money)
    headline = f"Limits of {total} are expected to earn {earned}"
    page = limit_page(
        as_of=found.as_of,
        currency=money,
        headline=headline,
        sentences=found.sentences,
        chart=on_page,
        why_no_chart=why_not,
        tables=tables,
        policy=f"{rules.version} ({rules.hash[:12]})",
        customers=customers,
    )
    with new_folder(out, overwrite=overwrite, replaceable=("what-if.csv", "frontier.png")) as draft:
        _write(draft, found, customers, frontier, chart, page)
    console.print(f"[bold]{headline}.[/]")
    for sentence in found.sentences:
        console.print(sentence, markup=False)
    for note in later:
        console.print(f"Note: {note}", style="yellow", markup=False)
    for table in tables:
        console.print()
        print_table(table.title, table.headings, table.rows, right=table.right)
    console.print(
        f"No limits can earn more than {short_money(found.limits.bound, money)} within these budgets: the gap is "
        f"{100 * found.limits.gap:.2g} %.",
        markup=False,
    )
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)


def _chart(found: LedgerLimits, frontier: pl.DataFrame, *, titled: bool) -> Chart:
    """Draw the frontier; on the page its finding stands beside it in the page's own type."""
    from dataclasses import replace

    from credrisk.reports.charts import NOTEBOOK, limit_frontier_chart

    limits = found.limits
    chosen = {
        "profit": float(limits.profit.sum()),
        "expected_loss": float(limits.expected_loss.sum()),
        "tail_loss": limits.tail_in_sample,
    }
    size = replace(NOTEBOOK, titled=titled)
    return limit_frontier_chart(frontier, chosen=chosen, currency=found.currency, today=found.on_file(), size=size)


def _write(
    draft: Path,
    found: LedgerLimits,
    customers: pl.DataFrame,
    frontier: pl.DataFrame,
    chart: Chart | None,
    page: str,
) -> None:
    from credrisk.injection import harmless

    customers.with_columns(harmless("customer_id"), harmless("name")).write_csv(draft / "limits.csv", float_precision=4)
    frontier.write_csv(draft / "frontier.csv", float_precision=4)
    if found.what_if:
        found.what_if_table().write_csv(draft / "what-if.csv", float_precision=4)
    if chart is not None:
        chart.savefig(draft / "frontier.png", dpi=200, facecolor="white")
    (draft / "limits.html").write_text(page, encoding="utf-8")
