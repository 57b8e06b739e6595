"""The files of a run: all made first, then put in place one by one, so that none is ever half-written."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import platform
import tempfile
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk import __version__
from credrisk.atomic import refuse_unwritable
from credrisk.errors import ParameterError
from credrisk.ledger.content_hash import content_hash
from credrisk.models.outcomes import PREFIXES as TARGETS
from credrisk.models.payment_store import FILES as TIMING_FILES
from credrisk.models.reference import reference_path
from credrisk.models.store import FILES as MODEL_FILES
from credrisk.pipeline.stored_results import TIMING
from credrisk.reports.html import write_html
from credrisk.reports.limit_changes import limits_to_change
from credrisk.reports.tables import write_csv
from credrisk.reports.totals import has_values, sum_of_cents
from credrisk.reports.workbook import write_workbook
from credrisk.reports.worklist import automatic, to_contact

if TYPE_CHECKING:
    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger
    from credrisk.pipeline.payment_days import PaymentDays
    from credrisk.pipeline.probabilities import Estimate
    from credrisk.progress import Progress
    from credrisk.reports.pack import Pack

__all__ = ["OUTPUTS", "write_results"]

OUTPUTS = ("scores.csv", "limits.csv", "queue.csv", "credit-pack.xlsx", "portfolio.html", "model", "run.json")
LIBRARIES = ("numpy", "pandas", "polars", "scikit-learn", "lightgbm", "scipy")


def refuse_taken(folder: Path, *, overwrite: bool) -> None:
    """Raise when ``folder`` cannot be written into, or holds results of an earlier run that may not be replaced."""
    taken = [name for name in OUTPUTS if (folder / name).exists()]
    if taken and not overwrite:
        raise ParameterError("out", f"a folder without {', '.join(taken)}, unless you allow --overwrite", str(folder))
    if folder.exists() and not folder.is_dir():
        raise ParameterError("out", "a folder", str(folder))
    foreign = [path for path in sorted((folder / "model").rglob("*")) if path.is_file() and not _is_ours(path, folder)]
    if foreign:
        raise ParameterError("out", f"a folder whose model/ holds models only, not {foreign[0].name}", str(folder))
    refuse_unwritable(folder / OUTPUTS[0])


def _is_ours(path: Path, folder: Path) -> bool:
    """Tell whether a file below ``model/`` is one that a run wrote."""
    parts = path.relative_to(folder / "model").parts
    if len(parts) == 1:
        return parts[0] in {reference_path(target).name for target in TARGETS}
    files = TIMING_FILES if parts[0] == TIMING else MODEL_FILES if parts[0] in TARGETS else ()
    return len(parts) == 2 and parts[1] in files


def write_results(
    folder: Path,
    *,
    pack: Pack,
    ledger: Ledger,
    estimates: Mapping[str, Estimate],
    policy: Policy,
    paying: PaymentDays,
    overwrite: bool,
    seconds: Mapping[str, float],
    progress: Progress,
) -> tuple[Path, ...]:
    """Write every output of a run into ``folder`` and return their paths in order.

    Everything is made first and put in place then, one by one. ``run.json`` goes first and comes back last, with the
    hash of every other file: where it stands, the run is whole.
    """
    refuse_taken(folder, overwrite=overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished-run.") as name:
        draft = Path(name)
        for table in ("scores", "limits", "queue"):
            write_csv(draft / f"{table}.csv", getattr(pack, table), table=table, currency=pack.currency)
        progress("Writing the workbook", 0, 0)
        write_workbook(draft / "credit-pack.xlsx", pack)
        progress("Writing the report", 0, 0)
        write_html(draft / "portfolio.html", pack)
        progress("Writing the models", 0, 0)
        (draft / "model").mkdir()
        for target, found in estimates.items():
            if found.model is not None:
                found.model.save(draft / "model" / target, validation=found.validation)
            if found.reference is not None:
                found.reference.write(reference_path(draft / "model" / target))
        if paying.timing is not None:
            paying.timing.save(draft / "model" / TIMING)
        record = run_record(pack, ledger=ledger, estimates=estimates, policy=policy)
        record |= {"timing": {"measured": paying.timing is not None, "why": paying.note}}
        record |= {"files": _hashes(draft), "seconds": dict(seconds)}
        (draft / "run.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        (folder / "run.json").unlink(missing_ok=True)
        if (folder / "model").exists():
            _place(folder / "model", draft / "model-before")
        for output in OUTPUTS:
            _place(draft / output, folder / output)
    return tuple(folder / output for output in OUTPUTS)


def _place(made: Path, place: Path) -> None:
    os.replace(made, place)


def _hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below ``folder`` by its relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run_record(pack: Pack, *, ledger: Ledger, estimates: Mapping[str, Estimate], policy: Policy) -> dict[str, Any]:
    """Return what a run was made from and every headline figure, as plain JSON values."""
    chosen, mails = to_contact(pack.queue, pack.capacity), automatic(pack.queue)
    settings = ledger.settings
    return {
        "as_of": pack.as_of.isoformat(),
        "currency": pack.currency,
        "headline": {name: {"value": value, "note": note} for name, (value, note) in pack.headline.items()},
        "figures": {
            "customers": pack.scores.height,
            **{name: _sum(pack, pack.scores, name) for name in ("open_balance", "past_due", "past_due_over_90")},
            **{name: _sum(pack, pack.scores, name) for name in ("unapplied_cash", "net_balance", "expected_loss")},
            "pd_measured": int(pack.scores["pd_12m"].is_not_null().sum()),
            "limits_recommended": _sum(pack, pack.limits, "recommended_limit"),
            "limits_to_change": limits_to_change(pack.limits).height,
            "contacts": chosen.height,
            "queue_gain": _sum(pack, chosen, "gain"),
            "automatic_contacts": mails.height,
        },
        "targets": {target: _target(found) for target, found in estimates.items()},
        "notes": list(pack.notes),
        "ledger": {
            "covers_from": settings.covers_from.isoformat(),
            "covers_to": settings.covers_to.isoformat(),
            "content_hash": content_hash(ledger.cut(pack.as_of)),
            "rows": {name: frame.height for name, frame in ledger.tables.items()},
            "quarantined": ledger.quarantine.height,
            "findings": dict(sorted(pack.findings["severity"].value_counts().iter_rows())),
        },
        "policy": {"version": policy.version, "hash": policy.hash},
        "versions": {
            "credrisk": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
    }


def _target(found: Estimate) -> dict[str, Any]:
    if found.model is None:
        return {"source": "not_measured", "why": found.why_not}
    judged = found.validation
    return {
        "source": found.source,
        "hash": found.model.hash_,
        "evidence": found.model.evidence_,
        "calibration": dataclasses.asdict(found.model.calibration_),
        "back_test": [] if judged is None else _rows(judged.metrics),
        "folds": [] if judged is None else _rows(judged.folds),
    }


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [{name: _plain(value) for name, value in row.items()} for row in frame.iter_rows(named=True)]


def _sum(pack: Pack, frame: pl.DataFrame, name: str) -> float | None:
    return sum_of_cents(frame, name, pack.currency) if has_values(frame, name) else None


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
