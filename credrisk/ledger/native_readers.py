"""Readers of Parquet and workbooks are libraries of their own, which stop with a panic where a file is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from credrisk.errors import DataError

__all__ = ["panics_as_errors"]

_PANIC = "PanicException"
"""Each library has a class of its own of this name, derived from BaseException, and gives it to nobody."""


@contextmanager
def panics_as_errors(name: str) -> Iterator[None]:
    """Turn the panic of a reader into an error in words.

    Raises
    ------
    DataError
        When the reader stopped with a panic: the file is damaged.
    """
    try:
        yield
    except BaseException as fault:
        if type(fault).__name__ != _PANIC:
            raise
        said = str(fault).splitlines()[0] if str(fault) else "no reason given"
        raise DataError(
            f"{name} is damaged: its reader stopped ({said}).", remedy="copy it again, or export it again."
        ) from None
