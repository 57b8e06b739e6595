"""The currency of an export that names none: as ``--set currency=EUR`` states it, of every format."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.money import EXPONENTS
from credrisk.sources.mapping import Imported

__all__ = ["CURRENCY", "checked_currency", "refuse_without_currency", "with_currency"]

_REMEDY = "state it: --set currency=EUR."
CURRENCY = "currency"
"""The setting that every format has."""


def checked_currency(code: str) -> str:
    """Return a code of ISO 4217 in capitals.

    Raises
    ------
    ParameterError
        When it is none.
    """
    if code.upper() not in EXPONENTS:
        raise ParameterError("settings", f"{CURRENCY}= a code of ISO 4217 such as EUR", code)
    return code.upper()


def with_currency(imported: Imported, code: str) -> Imported:
    """Return what was read with a currency that was stated: the ledger's own, and that of what names none."""
    row = pl.DataFrame({"key": [CURRENCY], "value": [code]})
    stated = imported.tables.get("settings")
    others = [] if stated is None else [stated.filter(pl.col("key") != CURRENCY)]
    return replace(imported, tables={**imported.tables, "settings": pl.concat([*others, row], how="diagonal_relaxed")})


def refuse_without_currency(imported: Imported, *, mapped: bool) -> None:
    """Refuse documents of which neither the export nor a setting says the currency.

    Parameters
    ----------
    mapped
        Whether a mapping read them, which states it for itself.

    Raises
    ------
    DataError
        With how to state it for an import.
    """
    settings, documents = imported.tables.get("settings"), imported.tables.get("documents")
    said = settings is not None and bool((settings["key"] == CURRENCY).any())
    named = any(
        CURRENCY in frame.columns and bool(frame[CURRENCY].cast(pl.String).is_in(list(EXPONENTS)).any())
        for name, frame in imported.tables.items()
        if name in ("documents", "customers")
    )
    if not said and not named and documents is not None and documents.height:
        raise DataError(
            "no column of the export says which currency the amounts are in.",
            table="documents",
            remedy='state it in the mapping: currency = "EUR" under [settings].' if mapped else _REMEDY,
        )
