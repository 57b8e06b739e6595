"""The provision on file: a CSV of every table, and what was booked, to be the opening of the next one."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.frames import without_minus_zero
from credrisk.injection import harmless_texts
from credrisk.ledger.money import EXPONENTS
from credrisk.pipeline.booked_tables import read_booked_table
from credrisk.portfolio.provision.provide import Provision
from credrisk.portfolio.provision.settings import Accounts, ProvisionSettings, Scenario
from credrisk.reports.provision_pack import ProvisionPack

__all__ = ["BOOKED", "EARLIER", "OPTIONAL", "read_booked", "write_provision_files"]

BOOKED = "booked.json"
"""Day, totals, scenarios and settings of the provision, which the tables beside it do not hold."""
EARLIER = "give the last balance sheet before the day of --as-of as --opening, or a later --as-of"
"""What to do where an opening is not before its closing."""
FILES = {
    "matrix": "matrix.csv",
    "items": "items.csv",
    "written_off": "written-off.csv",
    "specific": "specific.csv",
    "rates": "loss-rates.csv",
    "overlay": "scenarios.csv",
    "base": "base.csv",
    "dilution": "dilution.csv",
}
OPTIONAL = (
    "movement.csv",
    "movement-items.csv",
    "gross-movement.csv",
    "journal.csv",
    "back-test.csv",
    "back-test-buckets.csv",
    "back-test-methods.csv",
    "against-pd.csv",
    "against-pd-customers.csv",
)
"""Written only where they were asked for or can be measured."""
TOTALS = ("total", "gross", "low", "high", "published", "own_alone")
NOT_MONEY = ("low", "high", "coverage", "credibility", "probability", "multiplier", "pd", "lgd", "life_days", "ratio")
"""These, and what ends in rate or share, keep eight decimals; the others as many as the currency has."""


def write_provision_files(folder: Path, pack: ProvisionPack) -> None:
    """Write the tables of ``pack`` and what was booked into a folder."""
    found = pack.found
    frames: dict[str, Any] = {file: getattr(found, name) for name, file in FILES.items()}
    moved, tested, compared = pack.movement, pack.backtest, pack.comparison
    if moved is not None:
        frames |= {"movement.csv": moved.table, "movement-items.csv": moved.items, "gross-movement.csv": moved.gross}
        frames["journal.csv"] = pack.journal
    if tested is not None and tested.dates.height:
        frames |= {
            "back-test.csv": tested.dates,
            "back-test-buckets.csv": tested.buckets,
            "back-test-methods.csv": tested.methods,
        }
    if compared is not None:
        frames |= {"against-pd.csv": compared.lines, "against-pd-customers.csv": compared.customers}
    for file, frame in frames.items():
        _write(folder / file, frame, found.currency)
    booked = {
        "as_of": found.as_of.isoformat(),
        "standard": found.standard,
        "currency": found.currency,
        **{name: getattr(found, name) for name in TOTALS},
        "scenarios": [asdict(entry) for entry in found.scenarios],
        "settings": asdict(found.settings),
    }
    (folder / BOOKED).write_text(json.dumps(booked, indent=1, default=str) + "\n", encoding="utf-8")


def _write(path: Path, frame: Any, currency: str) -> None:
    decimals = EXPONENTS[currency]
    rounded = [
        pl.col(name).round(8 if name in NOT_MONEY or name.endswith(("rate", "share")) else decimals)
        for name, kind in frame.schema.items()
        if kind.is_float()
    ]
    harmless_texts(without_minus_zero(frame.with_columns(rounded))).write_csv(path)


def read_booked(folder: Path) -> Provision:
    """Return the provision that ``credrisk provision`` wrote into a folder, as it was booked.

    Raises
    ------
    ParameterError
        When the folder holds no such provision.
    DataError
        When its files are damaged, or no longer add up to what was booked.
    """
    if not (folder / BOOKED).is_file():
        raise ParameterError(
            "opening",
            f"a date, or the folder that credrisk provision wrote then, with its {BOOKED}",
            str(folder),
            remedy="give what --out was then, whole, or the date of the last balance sheet, such as 2024-12-31",
        )
    try:
        booked = json.loads((folder / BOOKED).read_text(encoding="utf-8"))
        frames: dict[str, Any] = {name: read_booked_table(folder / file, name) for name, file in FILES.items()}
        totals: dict[str, Any] = {name: float(booked[name]) for name in TOTALS}
        found = Provision(
            as_of=date.fromisoformat(booked["as_of"]),
            standard=booked["standard"],
            currency=booked["currency"],
            settings=_settings(booked["settings"]),
            **totals,
            **frames,
            contested=(),
            notes=(),
            scenarios=tuple(Scenario(**entry) for entry in booked["scenarios"]),
            booked=folder.resolve().name,
        )
        items = found.items.select("allowance", "gross").sum().row(0)
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"The booked provision in {folder} cannot be read: {error}.", remedy="copy the folder again, whole"
        ) from None
    near = 0.5 / 10 ** EXPONENTS[found.currency]
    for name, amount, stated in zip(("allowance", "gross"), items, (found.total, found.gross), strict=True):
        if abs(amount - stated) > near:
            raise DataError(
                f"The items of the booked provision in {folder} add up to {amount:,.2f} of {name}, booked were "
                f"{stated:,.2f}.",
                remedy="copy the folder again, whole and unchanged",
            )
    return found


def _settings(stated: dict[str, Any]) -> ProvisionSettings:
    later = stated["later_collections_to"]
    return ProvisionSettings(
        **stated
        | {name: tuple(stated[name]) for name in ("edges", "events", "integral")}
        | {
            "scenarios": tuple(Scenario(**entry) for entry in stated["scenarios"]),
            "accounts": Accounts(**stated["accounts"]),
            "later_collections_to": date.fromisoformat(later) if later else None,
        }
    )
