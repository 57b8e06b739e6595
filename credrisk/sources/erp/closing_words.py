"""What an account or item that a receivable is closed against says by its name: written off, or a discount."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

__all__ = ["closing_by_name", "stated_names"]

_WRITE_OFF = re.compile(
    r"\bbad[\s_-]*debts?\b|\bwrit(?:e|ten|ing)[\s_-]*offs?\b|\buncollecti[bv]le|\birrecoverable|\bdoubtful\b", re.I
)
_DISCOUNT = re.compile(r"\bdiscounts?\b|\bearly[\s_-]*payment\b|\brebates?\b", re.I)


def stated_names(setting: str | None) -> frozenset[str]:
    """Return the names that a setting lists, separated by commas, in small letters."""
    return frozenset(part.strip().lower() for part in (setting or "").split(",") if part.strip())


def closing_by_name(
    names: Iterable[str], write_off_accounts: frozenset[str]
) -> Literal["write_off", "discount"] | None:
    """Return what names of accounts or items say; None where any of them says nothing, or they differ.

    Parameters
    ----------
    write_off_accounts
        Names or numbers of the user's accounts of bad debt, in small letters.
    """
    said = {_said(name, write_off_accounts) for name in names}
    return said.pop() if len(said) == 1 else None


def _said(name: str, write_off_accounts: frozenset[str]) -> Literal["write_off", "discount"] | None:
    if name.lower() in write_off_accounts or _WRITE_OFF.search(name):
        return "write_off"
    return "discount" if _DISCOUNT.search(name) else None
