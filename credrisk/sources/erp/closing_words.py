"""What an account or item that a receivable is closed against says by its name: written off, or a discount."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

__all__ = ["closing_by_name", "is_stated", "stated_names"]

_WRITE_OFF = re.compile(
    r"\bbad[\s_-]*debts?\b|\bwrit(?:e|ten|ing)[\s_-]*offs?\b|\buncollecti[bv]le|\birrecoverable|\bdoubtful\b", re.I
)
_DISCOUNT = re.compile(r"\bdiscounts?\b|\bearly[\s_-]*payment\b|\brebates?\b", re.I)


def stated_names(setting: str | None) -> frozenset[str]:
    """Return the names that a setting lists, separated by commas, in small letters."""
    return frozenset(part.strip().lower() for part in (setting or "").split(",") if part.strip())


def is_stated(name: str | None, stated: frozenset[str]) -> bool:
    """Tell whether a name or number is among those stated; ``655*`` states all that begin so."""
    small = (name or "").lower()
    return bool(small) and any(
        small.startswith(one.rstrip("*")) if one.endswith("*") else small == one for one in stated
    )


def closing_by_name(names: Iterable[str], bad_debt_accounts: frozenset[str]) -> Literal["write_off", "discount"] | None:
    """Return what names of accounts or items say; None where any of them says nothing, or they differ.

    Parameters
    ----------
    bad_debt_accounts
        Names or numbers of the user's accounts of bad debt, in small letters, ``*`` at the end for all that begin so.
    """
    said = {_said(name, bad_debt_accounts) for name in names}
    return said.pop() if len(said) == 1 else None


def _said(name: str, bad_debt_accounts: frozenset[str]) -> Literal["write_off", "discount"] | None:
    if is_stated(name, bad_debt_accounts) or _WRITE_OFF.search(name):
        return "write_off"
    return "discount" if _DISCOUNT.search(name) else None
