"""`credrisk score`: the probabilities of every customer on one date, for a ledger of any size."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, LedgerPath, Memory, Overwrite, Workers, label_settings
from credrisk.cli.public import Public

if TYPE_CHECKING:
    import polars as pl

    from credrisk.models.bad_debt import BadDebtModel

__all__ = ["score_command"]


def score_command(
    ledger: LedgerPath,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write: .parquet or .csv.")] = Path(
        "probabilities.csv"
    ),
    as_of: AsOf = None,
    model: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--model",
            metavar="FOLDER",
            help="Saved models, such as the folder model that credrisk run writes: needed where the ledger does not "
            "fit into memory. Default: they are fitted on this ledger, as credrisk run does.",
            show_default=False,
        ),
    ] = None,
    default_from: DefaultFrom = None,
    memory: Memory = None,
    workers: Workers = None,
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the calibrated probabilities of bad debt, default and late payment of every customer on one date.

    With --model nothing is fitted and the ledger is worked out partition by partition, whatever its size. Every
    customer gets the numbers, also one in default or written off, to whom they do not apply: credrisk run tells these.

    Example: credrisk score data/sample --as-of 2025-12-31 --out probabilities.csv

    Example: credrisk score stored-ledger --model out/model --memory 4GB --out probabilities.parquet
    """
    from credrisk.atomic import new_file, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import covered_day
    from credrisk.cli.stored_source import stored_source
    from credrisk.errors import EvidenceError, ParameterError
    from credrisk.ledger.ledger import Ledger
    from credrisk.ledger.store import is_stored, open_stored
    from credrisk.models.lacking import learnt_note
    from credrisk.pipeline.scoring import fit_models, load_models, score_parts

    started = time.perf_counter()
    if out.suffix not in {".parquet", ".csv"}:
        raise ParameterError("--out", "a file ending in .parquet or .csv", str(out))
    if model is not None and default_from is not None:
        raise ParameterError("--default-from", "left out with --model, which was fitted already", default_from)
    if is_stored(ledger) and currency:
        raise ParameterError("--currency", "stated when the ledger is stored: credrisk store --currency", currency)
    refuse_existing(out, overwrite)
    models, why_not = (load_models(model), dict[str, str]()) if model is not None else (None, {})
    with (
        drawn_progress() as progress,
        stored_source(ledger, out, currency=currency, public=public, progress=progress, as_of=as_of) as source,
    ):
        settings = open_stored(source).settings
        day = covered_day(settings, as_of)
        if models is None:
            progress("Reading the ledger", 0, 0)
            read, labelled = Ledger.read(source), label_settings(default_from, settings.currency)
            models, why_not = fit_models(read, as_of=day, settings=labelled, progress=progress)
        if not models:
            raise EvidenceError(f"nothing can be estimated from this ledger: {'; '.join(why_not.values())}.")
        scores = score_parts(
            source, models, beside=out, as_of=day, memory=memory or "2GB", workers=workers, progress=progress
        )
        with new_file(out, overwrite=overwrite) as draft:
            _write(scores, draft)
    for target, why in why_not.items():
        console.print(f"Note: {target} is not measured: {why}.", style="yellow", markup=False)
    for target, found in models.items():
        _print_model(target, found, day.isoformat())
    if lacking := learnt_note(scores["lacks"].to_list()):
        console.print(f"Note: {lacking}", style="yellow", markup=False)
    console.print(
        f"{scores.height:,} customers as of {day} written to {out} ({time.perf_counter() - started:.1f} s)",
        markup=False,
    )


def _write(scores: pl.DataFrame, draft: Path) -> None:
    from credrisk.injection import harmless

    if draft.suffix == ".parquet":
        scores.write_parquet(draft)
    else:
        scores.with_columns(harmless("customer_id")).write_csv(draft)


def _print_model(target: str, model: BadDebtModel, day: str) -> None:
    from credrisk.cli.console import console

    last = model.evidence_["last_on"]
    console.print(
        f"{target}: {model.rung_.replace('_', ' ')} on {model.evidence_['first_events']:,} first events"
        f"{f' in rows to {last}' if last else ''}",
        markup=False,
    )
    if last and last > day:
        said = (
            f"the model of {target} learnt from rows up to {last}, after {day}: its numbers are no forecast from then."
        )
        console.print(f"Note: {said}", style="yellow", markup=False)
