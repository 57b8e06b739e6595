"""The name under which a register has a company, told beside its answer, so that a mistyped id comes to light."""

from __future__ import annotations

__all__ = ["registered_as", "registered_name"]

_SAID = "registered as "


def registered_as(name: object) -> str:
    """Return what the answer of a source says of the name that it has; empty where it has none."""
    text = " ".join(str(name or "").split())
    return f"{_SAID}{text}" if text else ""


def registered_name(reason: object) -> str:
    """Return the name that the reason of an answer tells (:func:`registered_as`); empty where it tells none."""
    text = str(reason or "")
    return text.removeprefix(_SAID) if text.startswith(_SAID) else ""
