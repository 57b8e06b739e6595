"""The files of a run: all made first, then put in place one by one, so that none is ever half-written."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk import __version__
from credrisk.atomic import new_folder, refuse_unwritable
from credrisk.errors import ParameterError
from credrisk.reports.html import write_html
from credrisk.reports.limit_changes import limits_to_change
from credrisk.reports.tables import write_csv
from credrisk.reports.workbook import write_workbook

if TYPE_CHECKING:
    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger
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
    refuse_unwritable(folder / OUTPUTS[0])


def write_results(
    folder: Path,
    *,
    pack: Pack,
    ledger: Ledger,
    estimates: Mapping[str, Estimate],
    policy: Policy,
    overwrite: bool,
    seconds: Mapping[str, float],
    progress: Progress,
) -> tuple[Path, ...]:
    """Write every output of a run into ``folder`` and return their paths in order."""
    refuse_taken(folder, overwrite=overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    with new_folder(folder / ".credrisk-run", overwrite=True) as draft:
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
                found.model.save(draft / "model" / target)
        record = run_record(pack, ledger=ledger, estimates=estimates, policy=policy, seconds=seconds)
        (draft / "run.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for name in OUTPUTS:
        made, place = folder / ".credrisk-run" / name, folder / name
        if place.is_dir():
            shutil.rmtree(place)
        os.replace(made, place)
    shutil.rmtree(folder / ".credrisk-run")
    return tuple(folder / name for name in OUTPUTS)


def run_record(
    pack: Pack, *, ledger: Ledger, estimates: Mapping[str, Estimate], policy: Policy, seconds: Mapping[str, float]
) -> dict[str, Any]:
    """Return what a run was made from and every headline figure, as plain JSON values."""
    chosen = pack.queue.filter(pl.col("contact_today"))
    settings = ledger.settings
    return {
        "as_of": pack.as_of.isoformat(),
        "currency": pack.currency,
        "headline": {name: {"value": value, "note": note} for name, (value, note) in pack.headline.items()},
        "figures": {
            "customers": pack.scores.height,
            **{name: _sum(pack.scores, name) for name in ("open_balance", "past_due", "past_due_over_90")},
            **{name: _sum(pack.scores, name) for name in ("unapplied_cash", "net_balance", "expected_loss")},
            "pd_measured": int(pack.scores["pd_12m"].is_not_null().sum()),
            "limits_recommended": _sum(pack.limits, "recommended_limit"),
            "limits_to_change": limits_to_change(pack.limits).height,
            "contacts": chosen.height,
            "queue_gain": _sum(chosen, "gain"),
        },
        "targets": {target: _target(found) for target, found in estimates.items()},
        "notes": list(pack.notes),
        "ledger": {
            "covers_from": settings.covers_from.isoformat(),
            "covers_to": settings.covers_to.isoformat(),
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
        "seconds": dict(seconds),
    }


def _target(found: Estimate) -> dict[str, Any]:
    if found.model is None:
        return {"source": "not_measured", "why": found.why_not}
    measured = [] if found.validation is None else found.validation.metrics.to_dicts()
    return {
        "source": found.source,
        "evidence": found.model.evidence_,
        "back_test": [{name: _plain(value) for name, value in row.items()} for row in measured],
    }


def _sum(frame: pl.DataFrame, name: str) -> float | None:
    if frame[name].null_count() == frame.height:
        return None
    return round(math.fsum(frame[name].drop_nulls().to_list()), 2)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
