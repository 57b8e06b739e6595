"""Errors of ours as text that crosses from a worker to the caller: exceptions with keywords do not travel pickled."""

from __future__ import annotations

import json
import re
from typing import Any

from credrisk import errors
from credrisk.errors import CredriskError

__all__ = ["packed", "unpacked"]

MARK = "CREDRISK-ERROR"
"""Stands around an error of ours, as JSON, in the text that Spark brings back from a worker."""


def packed(error: CredriskError) -> str:
    """Return an error of ours as text that survives Spark's tracebacks."""
    kind = next(cls.__name__ for cls in type(error).__mro__ if cls.__module__ == errors.__name__)
    attributes = {name: value for name, value in vars(error).items() if name != "given"}
    content = {"kind": kind, "message": str(error), "attributes": attributes}
    return f"{MARK} {json.dumps(content, default=str)} {MARK}"


def unpacked(text: str) -> CredriskError | None:
    """Return the error of ours in a text, None where there is none."""
    found = re.search(f"{MARK} (.*?) {MARK}", text)
    if found is None:
        return None
    content: dict[str, Any] = json.loads(found[1])
    kind: type[CredriskError] = getattr(errors, content["kind"])
    error = kind.__new__(kind)
    error.args = (content["message"],)
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in content["attributes"].items()}
    vars(error).update(lists)
    return error
