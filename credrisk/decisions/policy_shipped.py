"""The policy file that ships with credrisk: its text, and what it says of a key that another file leaves out."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["DEFAULT", "default_text", "shipped_value"]

DEFAULT = Path(__file__).with_name("default_policy.toml")


def default_text() -> str:
    """Return the shipped policy file, comments and all, to copy and edit."""
    return DEFAULT.read_text(encoding="utf-8")


def shipped_value(key: str) -> str:
    """Return the value of a key in the shipped file, as a file would hold it; empty for a section, or where none is.

    Examples
    --------
    >>> shipped_value("economics.margin")
    '0.25'
    """
    value: Any = _content()
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    tables = isinstance(value, list) and any(isinstance(entry, dict) for entry in value)
    return "" if value is None or isinstance(value, dict) or tables else json.dumps(value, ensure_ascii=False)


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(default_text())
