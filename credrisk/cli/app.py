"""The command line: which commands there are, and how an error reaches the user (one clear message, no traceback)."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

from credrisk.cli import (
    addresses,
    apply,
    cash,
    check,
    company,
    convert,
    digest,
    discounts,
    disputes,
    effects,
    enrich,
    late_fees,
    letters,
    limits,
    log,
    market,
    match,
    memo,
    monitor,
    notebook,
    order,
    panel,
    plan,
    policy,
    portfolio,
    project,
    promises,
    provision,
    queue,
    queue_hand,
    ratings,
    reconcile,
    replay,
    report,
    run,
    score,
    scorecard,
    serve,
    settle,
    simulate,
    sources,
    store,
    team,
    validate,
    watch,
)

if TYPE_CHECKING:
    from credrisk.errors import CredriskError

__all__ = ["app", "main"]

INTERRUPTED = 130
"""The exit code by which typer tells that Ctrl-C ended a command."""

START, RISK, LIMITS = "Start here", "Risk", "Limits and orders"
COLLECTION, COMPANIES = "Collection", "Company information"

app = typer.Typer(
    name="credrisk",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=(
        "B2B credit risk from your receivables ledger: who is likely to become a bad debt, "
        "what limit each customer should have, whom to contact today.\n\n"
        "Start with [bold]credrisk check LEDGER[/], then [bold]credrisk run LEDGER[/]. "
        "LEDGER is a folder of CSV or Parquet files, an Excel workbook with a sheet per table, a DuckDB file, or a "
        "stored ledger ([bold]credrisk store[/]) for work that does not fit into memory, or a project folder "
        "([bold]credrisk init[/]) into which the next extract is brought by [bold]credrisk update[/]."
    ),
)
app.command("run", rich_help_panel=START)(run.run_command)
app.command("check", rich_help_panel=START)(check.check_command)
app.command("reconcile", rich_help_panel=START)(reconcile.reconcile_command)
app.command("report", rich_help_panel=START)(report.report_command)
app.add_typer(
    convert.import_app,
    name="import",
    rich_help_panel=START,
    help="An export of your accounting system becomes a ledger.",
)
app.command("init", rich_help_panel=START)(project.init_command)
app.command("update", rich_help_panel=START)(project.update_command)
app.command("store", rich_help_panel=START)(store.store_command)
app.command("simulate", rich_help_panel=START)(simulate.simulate_command)
app.command("notebook", rich_help_panel=START)(notebook.notebook_command)
app.command("score", rich_help_panel=RISK)(score.score_command)
app.command("validate", rich_help_panel=RISK)(validate.validate_command)
app.command("monitor", rich_help_panel=RISK)(monitor.monitor_command)
app.command("scorecard", rich_help_panel=RISK)(scorecard.scorecard_command)
app.command("portfolio", rich_help_panel=RISK)(portfolio.portfolio_command)
app.command("cash", rich_help_panel=RISK)(cash.cash_command)
app.command("panel", rich_help_panel=RISK)(panel.panel_command)
app.add_typer(
    provision.provision_app,
    name="provision",
    rich_help_panel=RISK,
    help="The loss allowance by IFRS 9 or US CECL; `provision init` writes its settings.",
)
app.add_typer(policy.policy_app, name="policy", rich_help_panel=LIMITS)
app.command("limits", rich_help_panel=LIMITS)(limits.limits_command)
app.command("order", rich_help_panel=LIMITS)(order.order_command)
app.command("memo", rich_help_panel=LIMITS)(memo.memo_command)
app.command("apply", rich_help_panel=LIMITS)(apply.apply_command)
app.add_typer(log.log_app, name="log", rich_help_panel=LIMITS)
app.command("queue", rich_help_panel=COLLECTION)(queue.queue_command)
app.command("app", rich_help_panel=COLLECTION)(serve.app_command)
app.command("digest", rich_help_panel=COLLECTION)(digest.digest_command)
app.command("team", rich_help_panel=COLLECTION)(team.team_command)
app.command("promises", rich_help_panel=COLLECTION)(promises.promises_command)
app.command("disputes", rich_help_panel=COLLECTION)(disputes.disputes_command)
app.command("letters", rich_help_panel=COLLECTION)(letters.letters_command)
app.command("statement", rich_help_panel=COLLECTION)(letters.statement_command)
app.command("late-fees", rich_help_panel=COLLECTION)(late_fees.late_fees_command)
app.command("discounts", rich_help_panel=COLLECTION)(discounts.discounts_command)
app.command("plan", rich_help_panel=COLLECTION)(plan.plan_command)
app.command("settle", rich_help_panel=COLLECTION)(settle.settle_command)
app.command("agency", rich_help_panel=COLLECTION)(settle.agency_command)
app.command("effects", rich_help_panel=COLLECTION)(effects.effects_command)
app.command("replay", rich_help_panel=COLLECTION)(replay.replay_command)
app.command("match", rich_help_panel=COMPANIES)(match.match_command)
app.command("enrich", rich_help_panel=COMPANIES)(enrich.enrich_command)
app.command("sources", rich_help_panel=COMPANIES)(sources.sources_command)
app.command("market", rich_help_panel=COMPANIES)(market.market_command)
app.command("ratings", rich_help_panel=COMPANIES)(ratings.ratings_command)
app.command("company", rich_help_panel=COMPANIES)(company.company_command)
app.command("watch", rich_help_panel=COMPANIES)(watch.watch_command)
app.command("addresses", rich_help_panel=COMPANIES)(addresses.addresses_command)
log.log_app.command("hand")(queue_hand.hand_command)


def _version(show: bool) -> None:
    if show:
        from credrisk import __version__

        typer.echo(f"credrisk {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Options of every command."""


def main() -> None:
    """Run the command; a known error becomes one message on standard error and exit code 1."""
    from credrisk.errors import CredriskError

    try:
        app(prog_name="credrisk")
    except CredriskError as error:
        _complain(str(_as_typed(error)))
        sys.exit(1)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _complain(
                "Interrupted; nothing half-made was put in place. The same command goes on with a panel of parts or an "
                "enrichment."
            )
        raise
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        _complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        sys.exit(1)
    except MemoryError:
        _complain("There is not enough memory for this ledger on this machine.")
        sys.exit(1)


SAID_ELSEWHERE = {
    "absolute_threshold": "default_from",
    "output": "out",
    "due_on": "due",
    "made_on": "date",
    "opened_on": "date",
    "pay_by": "by",
    "instalments": "instalment",
}
"""What the library calls a parameter that the commands call otherwise."""


def _as_typed(error: CredriskError) -> CredriskError:
    """Return the error with its parameter called as the user typed it: the option of the command that was run."""
    from credrisk.errors import ManyParametersError, ParameterError

    if isinstance(error, ManyParametersError):
        return ManyParametersError([_as_typed(one) for one in error.errors])
    if not isinstance(error, ParameterError):
        return error
    command = typer.main.get_command(app)
    for word in sys.argv[1:]:
        command = getattr(command, "commands", {}).get(word, command)
    command = getattr(command, "itself", command)
    names = {option.name: option.opts[0] for option in command.params if option.opts[0].startswith("--")}
    name = names.get(SAID_ELSEWHERE.get(error.parameter, error.parameter), error.parameter)
    return ParameterError(name, error.rule, error.given, remedy=error.remedy)


def _complain(message: str) -> None:
    from rich.console import Console

    Console(stderr=True, highlight=False, soft_wrap=True).print("[bold red]Error:[/]", end=" ")
    print(message, file=sys.stderr)  # noqa: T201 - the message may hold brackets that rich would read as markup
