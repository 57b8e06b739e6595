"""`credrisk cash`: when each open invoice is paid, and the cash of the coming weeks."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite

if TYPE_CHECKING:
    from credrisk.models.payment_timing import PaymentTiming

__all__ = ["cash_command"]


def cash_command(
    ledger: LedgerPath,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write into.")] = Path("cash"),
    as_of: AsOf = None,
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=52, help="Weeks ahead.")] = 13,
    model: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--model",
            metavar="FOLDER",
            help="A saved model of the day of payment, such as the folder model that this command writes. Default: it "
            "is fitted on this ledger.",
            show_default=False,
        ),
    ] = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Forecast the payment date of every open invoice and the cash of the coming weeks, with P10, P50 and P90.

    Writes weeks.csv, totals.csv (they add up to the open debit items, and these with the open credits to the open
    balance), items.csv, promises.csv (where promises are open), cash.svg and the fitted model (folder model). Only
    invoices open on the day are in it, not those yet to be written.

    With --model nothing is fitted: a saved model forecasts with the customers' habits as this ledger shows them.

    Example: credrisk cash data/sample --as-of 2025-12-31 --out cash

    Example: credrisk cash data/sample --model cash/model --out cash-again
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import covered_day, read_known
    from credrisk.errors import EvidenceError
    from credrisk.injection import harmless
    from credrisk.models.cash_forecast import cash_forecast
    from credrisk.models.payment_timing import PaymentTiming
    from credrisk.models.promise_odds import promise_odds
    from credrisk.reports.cash_lines import lines_in_words
    from credrisk.reports.charts import cash_chart, to_svg
    from credrisk.reports.style import short_money

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    timing = PaymentTiming.load(model) if model is not None else None
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        day = covered_day(read.settings, as_of)
        progress("Learning when invoices are paid" if timing is None else "Forecasting the day of payment", 0, 0)
        forecast = cash_forecast(read, as_of=day, weeks=weeks, timing=timing)
        why_no_promises = ""
        try:
            promises = promise_odds(read, as_of=day)
        except EvidenceError as none:
            promises, why_no_promises = None, str(none)
    with new_folder(out, overwrite=overwrite, replaceable=("promises.csv",)) as draft:
        forecast.weeks.write_csv(draft / "weeks.csv")
        forecast.totals.write_csv(draft / "totals.csv")
        forecast.items.with_columns(harmless("item_id"), harmless("customer_id")).write_csv(draft / "items.csv")
        if promises is not None:
            named = [harmless(name) for name in ("promise_id", "customer_id", "document_id")]
            promises.with_columns(named).write_csv(draft / "promises.csv")
        chart = cash_chart(forecast.weeks, currency=forecast.currency)
        (draft / "cash.svg").write_text(to_svg(chart, name="cash"), encoding="utf-8")
        forecast.timing.save(draft / "model")
    console.print(f"{chart.finding}.", markup=False)
    for line, amount in lines_in_words(forecast.totals).iter_rows():
        said = line if amount is None else f"{line}: {short_money(amount, forecast.currency)}"
        console.print(f"  {said}", markup=False)
    _print_model(forecast.timing, day.isoformat())
    if forecast.no_range:
        console.print(f"Note: P10 and P90 are left empty: {forecast.no_range}", style="yellow", markup=False)
    if why_no_promises:
        console.print(f"Note: the odds of promises are not measured: {why_no_promises}", style="yellow", markup=False)
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)


def _print_model(timing: PaymentTiming, day: str) -> None:
    from credrisk.cli.console import console

    rests, fitted = timing.evidence_, timing.evidence_["fitted_on"]
    console.print(
        f"{timing.rung_.replace('_', ' ').capitalize()} on {rests['payments']:,} payments and "
        f"{rests['still_open']:,} open invoices as of {fitted}",
        markup=False,
    )
    if fitted > day:
        said = f"the model learnt from what was known by {fitted}, after {day}: its numbers are no forecast from then."
        console.print(f"Note: {said}", style="yellow", markup=False)
