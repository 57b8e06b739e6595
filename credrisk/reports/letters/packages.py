"""Which packages a format of letters needs, and which of them are not installed: all named at once."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from credrisk.errors import ParameterError

__all__ = ["CALENDAR", "has_calendar", "refuse_missing_packages"]

PACKAGES = {"pdf": ("fpdf", "fpdf2"), "docx": ("docx", "python-docx")}
"""By format the module and the package that it comes with; the others need none."""
CALENDAR = "icalendar"
EXTRA = "pip install 'credrisk[letters]' (in a checkout: .venv/bin/pip install -e '.[letters]')"


def has_calendar() -> bool:
    """Tell whether the calendar of promises can be written."""
    return find_spec(CALENDAR) is not None


def refuse_missing_packages(formats: Sequence[str]) -> None:
    """Raise before anything is read where a format that is asked for cannot be written.

    Raises
    ------
    ParameterError
        With every package that is missing, the calendar's among them, and the extra that brings them all.
    """
    missing = [PACKAGES[name][1] for name in formats if name in PACKAGES and find_spec(PACKAGES[name][0]) is None]
    if not missing:
        return
    others = [CALENDAR] if not has_calendar() else []
    raise ParameterError(
        "--format",
        f"out of html, txt and eml while these packages are not installed: {', '.join([*missing, *others])}",
        ",".join(formats),
        remedy=f"{EXTRA} brings all of them.",
    )
