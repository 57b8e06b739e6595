"""What the user states about an SAP system and an extract of it, as text by name, checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from credrisk.errors import ParameterError
from credrisk.sources.erp.sap_items import stated_types

__all__ = ["Settings", "checked_terms", "settings_of"]


@dataclass(frozen=True)
class Settings:
    """What the user states.

    Attributes
    ----------
    types
        Roles of the seller's own document types.
    bad_debt_accounts
        G/L accounts of bad debt.
    unexplained
        What a clearing without a counterpart in the export is: ``unknown``, or ``payment`` where the user knows that
        the export leaves out the payments.
    stated
        What the ledger is to state about itself: currency, extracted_on, covers_from, covers_to, as far as given.
    """

    types: dict[str, str] = field(default_factory=dict)
    bad_debt_accounts: tuple[str, ...] = ()
    unexplained: str = "unknown"
    stated: dict[str, str] = field(default_factory=dict)


def settings_of(
    *,
    types: str = "",
    bad_debt_accounts: str = "",
    unexplained: str = "unknown",
    currency: str = "",
    extracted_on: str = "",
    covers_from: str = "",
    covers_to: str = "",
) -> Settings:
    """Check the settings, given as text.

    Raises
    ------
    ParameterError
        When one is not as it must be.
    """
    if unexplained not in ("unknown", "payment"):
        raise ParameterError("unexplained", "unknown or payment", unexplained)
    accounts = tuple(filter(None, (one.strip().lstrip("0") for one in bad_debt_accounts.split(","))))
    days = {"extracted_on": extracted_on, "covers_from": covers_from, "covers_to": covers_to}
    stated = {name: _day(name, text) for name, text in days.items() if text}
    if currency:
        stated["currency"] = currency.upper()
    return Settings(stated_types(types), accounts, unexplained, stated)


def checked_terms(terms_days: str) -> int | None:
    """Return the setting ``terms_days`` as days; None where it is not given.

    Raises
    ------
    ParameterError
        When it is no whole number.
    """
    if not terms_days:
        return None
    if not terms_days.isdecimal():
        raise ParameterError("terms_days", "a whole number of days, 0 or more", terms_days)
    return int(terms_days)


def _day(name: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ParameterError(name, "a day such as 2026-01-31", text) from None
