"""What the ledger states about itself: given by the caller, by its table ``settings``, or inferred and said so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import DataError, ParameterError
from credrisk.ledger.containers import Found
from credrisk.ledger.density import covered_days
from credrisk.ledger.findings import Finding
from credrisk.ledger.ledger import LedgerSettings
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.names import plain_name
from credrisk.ledger.oldest_first import WITHOUT_INVOICE
from credrisk.ledger.parse_dates import date_texts, read_dates
from credrisk.ledger.parse_values import filled_text
from credrisk.ledger.tables import TABLES
from credrisk.ledger.working import Working

__all__ = ["SETTING_KEYS", "Stated", "ledger_currency", "ledger_settings", "read_settings", "without_invoice"]

SETTING_KEYS = {
    "currency": "the currency that balances are shown in (ISO 4217)",
    "covers_from": "first day for which every posting is in the ledger",
    "covers_to": "last day for which every posting is in the ledger",
    "extracted_on": "day on which undated master data were true",
    "static": "columns of customers that do not change over time, separated by commas",
    "date_order": "day_first or month_first; dates that contradict it are set aside",
    "decimal_mark": "point or comma; amounts that contradict it are set aside",
    "without_invoice": "on_account or oldest_first: what payments that name no invoice settle",
}
"""The keys of the table ``settings`` (columns key, value)."""


@dataclass(frozen=True)
class Stated:
    """What the caller said; None where nothing was said."""

    currency: str | None
    covers_from: date | str | None
    covers_to: date | str | None
    extracted_on: date | str | None
    static: tuple[str, ...] | None


def read_settings(found: Found | None, findings: list[Finding]) -> dict[str, str]:
    """Return the table ``settings`` as texts by key.

    Raises
    ------
    DataError
        When it has no columns key and value, or a key twice with different values.
    """
    if found is None:
        return {}
    places = {plain_name(name): str(place) for place, name in enumerate(found.header)}
    if not {"key", "value"} <= places.keys():
        raise DataError(
            f"{found.source} must have the columns key and value; it has {', '.join(map(str, found.header))}.",
            table="settings",
        )
    keys = filled_text(found.frame[places["key"]])
    raw = found.frame[places["value"]]
    values = filled_text(raw.dt.date() if raw.dtype == pl.Datetime else raw)
    settings: dict[str, str] = {}
    for key, value in zip(keys.to_list(), values.to_list(), strict=True):
        if key is None or value is None:
            continue
        name = plain_name(key)
        if settings.setdefault(name, value) != value:
            raise DataError(f"the key {name} has two values: {settings[name]} and {value}.", table="settings")
    unknown = sorted(settings.keys() - SETTING_KEYS.keys())
    if unknown:
        findings.append(
            Finding(
                "note",
                "settings",
                "unknown_settings",
                f"keys that are not known were not used: {', '.join(unknown)}. Known: {', '.join(SETTING_KEYS)}.",
                len(unknown),
            )
        )
    return {name: settings[name] for name in SETTING_KEYS if name in settings}


def ledger_currency(
    stated: Stated, settings: Mapping[str, str], tables: Mapping[str, Working], findings: list[Finding]
) -> str:
    """Return the ledger's currency: said by the caller, by the settings, or the most frequent one of the documents.

    Raises
    ------
    DataError
        When nothing says it.
    ParameterError
        When the code is not in ISO 4217.
    """
    said = stated.currency or settings.get("currency")
    if said:
        code = said.strip().upper()
        if code not in EXPONENTS:
            raise ParameterError("currency", "a code of ISO 4217 such as EUR", said)
        return code
    for name in ("documents", "customers"):
        if name not in tables:
            continue
        codes = tables[name].frame.filter(pl.col("currency").is_in(list(EXPONENTS)))
        counts = codes.group_by("currency").len().sort("len", "currency", descending=[True, False])
        if counts.height:
            code, rows = counts.row(0)
            findings.append(
                Finding(
                    "note",
                    "",
                    "inferred_currency",
                    f"the ledger's currency is taken to be {code}, the most frequent of {name}.",
                    rows,
                    remedy="state the currency if that is not so (currency=..., --currency, or the table `settings`).",
                )
            )
            return str(code)
    raise DataError(
        "nothing says which currency the amounts are in.",
        table="documents",
        columns=["currency"],
        remedy="state it: currency='EUR' in Ledger.read, --currency EUR on the command line, or a table `settings` "
        "(columns key, value) with the row currency,EUR.",
    )


def ledger_settings(
    stated: Stated,
    settings: Mapping[str, str],
    currency: str,
    tables: Mapping[str, pl.DataFrame],
    findings: list[Finding],
    *,
    why_nothing: str = "",
) -> LedgerSettings:
    """Return what the ledger states about itself; the coverage is inferred from documents and receipts if not given.

    ``why_nothing`` says why no document was kept, where none was.

    Raises
    ------
    DataError
        When the coverage can neither be read nor inferred, or ends before it begins.
    """
    covers_from = _date("covers_from", stated.covers_from, settings)
    covers_to = _date("covers_to", stated.covers_to, settings)
    first, last = None, None
    if covers_from is None or covers_to is None:
        first, last = covered_days(tables, from_given=covers_from, to_given=covers_to, findings=findings)
    for name, given, inferred in (("covers_from", covers_from, first), ("covers_to", covers_to, last)):
        if given is None and inferred is not None:
            which = "first" if name == "covers_from" else "last"
            findings.append(
                Finding(
                    "note",
                    "",
                    f"inferred_{name}",
                    f"{name} is taken to be {inferred}, the {which} date of a document or receipt "
                    "in the months that are densely posted.",
                    remedy=f"state {name} if the ledger reaches further.",
                )
            )
    covers_from, covers_to = covers_from or first, covers_to or last
    if covers_from is None or covers_to is None:
        raise DataError(
            f"there is no document or receipt that would tell which days the ledger covers. {why_nothing}".rstrip(),
            remedy="correct these cells in the source." if why_nothing else "state covers_from and covers_to.",
        )
    if covers_to < covers_from:
        raise DataError(f"the ledger would cover {covers_from} to {covers_to}.", remedy="correct the two dates.")
    extracted_on = _date("extracted_on", stated.extracted_on, settings) or covers_to
    return LedgerSettings(currency, covers_from, covers_to, extracted_on, _static(stated, settings))


def _date(name: str, said: date | str | None, settings: Mapping[str, str]) -> date | None:
    if said is not None:
        return to_date(said, name)
    if name not in settings:
        return None
    read = read_dates(date_texts(pl.Series([settings[name]])), month_first=False, workbook=False)
    value, _, rule = read.row(0)
    if value is None or rule == "year_last":
        raise DataError(
            f"the setting {name} is {settings[name]!r}.",
            table="settings",
            remedy="write it as year-month-day, such as 2025-12-31.",
        )
    return value  # type: ignore[no-any-return]


def without_invoice(settings: Mapping[str, str]) -> str:
    """Return what payments that name no invoice settle; empty where nothing is said.

    Raises
    ------
    ParameterError
        When it is none of what the setting may say.
    """
    said = plain_name(settings.get("without_invoice", ""))
    if said and said not in WITHOUT_INVOICE:
        raise ParameterError("without_invoice", f"one of {', '.join(WITHOUT_INVOICE)}", settings["without_invoice"])
    return said


def _static(stated: Stated, settings: Mapping[str, str]) -> tuple[str, ...]:
    names = stated.static
    if names is None:
        names = tuple(plain_name(part) for part in settings.get("static", "").split(",") if part.strip())
    unknown = [name for name in names if name not in TABLES["customers"].names]
    if unknown:
        raise ParameterError("static", f"columns of customers ({', '.join(TABLES['customers'].names)})", unknown)
    return tuple(sorted(set(names)))
