"""What `credrisk provision` was asked for: everything wrong with it is told at once, before the ledger is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.atomic import refuse_existing
from credrisk.dates import to_date
from credrisk.errors import CredriskError, DataError, ManyParametersError, ParameterError
from credrisk.pipeline.provision_files import EARLIER, read_booked
from credrisk.pipeline.provision_job import opening_settings
from credrisk.portfolio.provision.settings import ProvisionSettings, Scenario

__all__ = ["Asked", "asked"]


@dataclass(frozen=True)
class Asked:
    """The options of the command, read and checked; ``as_of`` None is the last day that the ledger covers."""

    settings: ProvisionSettings
    opening: Path | date | None
    opening_scenarios: tuple[Scenario, ...]
    series: pl.DataFrame | None
    as_of: date | None


def asked(
    *,
    settings: Path | None,
    standard: str | None,
    scenarios: list[str],
    series: Path | None,
    opening: str | None,
    opening_scenarios: list[str],
    as_of: str | None,
    out: Path,
    overwrite: bool,
) -> Asked:
    """Return what was asked for.

    Raises
    ------
    ParameterError, DataError
        When one option breaks its rule.
    ManyParametersError
        When several do.
    """
    wrong: list[CredriskError] = []

    def tried(make: Callable[[], Any]) -> Any:
        try:
            return make()
        except (ParameterError, DataError) as error:
            wrong.append(error)
            return None

    chosen = ProvisionSettings.default()
    chosen = tried(lambda: ProvisionSettings.read(settings) if settings is not None else chosen) or chosen
    forecast = tried(lambda: tuple(_scenario(text, "--scenario") for text in scenarios))
    changes: list[dict[str, Any]] = [{"standard": standard}] if standard is not None else []
    changes += [{"scenarios": forecast, "elasticity": 0.0}] if forecast else []
    try:
        # Both at once: what CECL refuses of the file's scenarios may be replaced by those of the command.
        chosen = chosen.changed(**{name: value for change in changes for name, value in change.items()})
    except ParameterError as error:
        before_them, base = len(wrong), chosen
        for change in changes:
            tried(partial(base.changed, **change))
        if len(wrong) == before_them:
            wrong.append(error)
    before = tried(lambda: tuple(_scenario(text, "--opening-scenario") for text in opening_scenarios)) or ()
    if before:
        tried(lambda: opening_settings(chosen, before))
    day = tried(lambda: to_date(as_of)) if as_of else None
    opened = tried(lambda: _opening(opening, day=day, out=out, scenarios=before)) if opening else None
    if before and not opening:
        wrong.append(ParameterError("--opening-scenario", "given with a date as --opening", before[0].name))
    values = tried(lambda: _series(series)) if series is not None else None
    tried(lambda: refuse_existing(out, overwrite))
    if wrong:
        raise wrong[0] if len(wrong) == 1 else ManyParametersError(wrong)
    return Asked(chosen, opened, before, values, day)


def _scenario(text: str, option: str) -> Scenario:
    name, _, figures = text.rpartition("=")
    probability, _, multiplier = figures.partition("*")
    try:
        return Scenario(name.strip(), float(probability), float(multiplier or 1.0))
    except ValueError:
        raise ParameterError(option, "NAME=PROBABILITY*MULTIPLIER, such as downturn=0.3*1.5", text) from None


def _opening(text: str, *, day: date | None, out: Path, scenarios: tuple[Scenario, ...]) -> Path | date:
    """Return the folder of the last balance sheet, or its date."""
    folder = Path(text)
    if not folder.is_dir():
        on = _dated(text)
        if day is not None and on >= day:
            raise ParameterError("opening", f"a day before {day}", on.isoformat(), remedy=EARLIER)
        return on
    if folder.resolve() == out.resolve():
        remedy = "give another --out: what was booked must stay as it is"
        raise ParameterError("opening", "another folder than --out", text, remedy=remedy)
    if scenarios:
        raise ParameterError(
            "--opening-scenario", "left out where --opening is a folder: what was booked has its own", text
        )
    booked = read_booked(folder).as_of
    if day is not None and booked >= day:
        raise ParameterError("opening", f"booked before {day}", booked.isoformat(), remedy=EARLIER)
    return folder


def _dated(text: str) -> date:
    try:
        return to_date(text, "opening")
    except ParameterError:
        rule = "a date such as 2024-12-31, or the folder that credrisk provision wrote then"
        remedy = f"there is no folder {text} here: mind its path, or give the date of the last balance sheet"
        raise ParameterError("opening", rule, text, remedy=remedy) from None


def _series(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise ParameterError("--series", "an existing CSV with date and value", str(path))
    try:
        return pl.read_csv(path, try_parse_dates=True)
    except pl.exceptions.PolarsError:
        raise ParameterError("--series", "a CSV with date and value", str(path)) from None
