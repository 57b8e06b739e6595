"""Nothing half-written, nothing overwritten unasked: files and folders appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from credrisk.errors import ParameterError

__all__ = ["new_file", "new_folder", "refuse_existing", "refuse_unwritable", "write_text"]


def refuse_unwritable(target: Path) -> None:
    """Raise when nothing can be written at ``target``: asked before the work, not after it."""
    place = next(parent for parent in target.absolute().parents if parent.exists())
    if not place.is_dir():
        raise ParameterError("output", f"in a folder; {place} is a file", str(target))
    if not os.access(place, os.W_OK | os.X_OK):
        raise ParameterError("output", f"in a folder that you may write into; {place} is none", str(target))


def refuse_existing(target: Path, overwrite: bool) -> None:
    """Raise unless ``target`` can be written and is free, an empty folder, or may be overwritten."""
    refuse_unwritable(target)
    taken = target.exists() and not (target.is_dir() and not any(target.iterdir()))
    if taken and not overwrite:
        raise ParameterError(
            "output",
            "a new place, for nothing is overwritten unasked",
            str(target),
            remedy="Choose another place, or give --overwrite (in Python overwrite=True) to replace what is there.",
        )


@contextmanager
def new_file(target: str | PathLike[str], *, overwrite: bool = True) -> Iterator[Path]:
    """Give a temporary path beside ``target`` and move it there when the block ends well."""
    target = Path(target)
    refuse_existing(target, overwrite)
    if target.is_dir():
        raise ParameterError("output", "the name of a file, not of a folder", str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        draft = Path(folder) / target.name
        yield draft
        os.replace(draft, target)


@contextmanager
def new_folder(
    target: str | PathLike[str], *, overwrite: bool = False, replaceable: Collection[str] = ()
) -> Iterator[Path]:
    """Give a temporary folder beside ``target`` and put it in its place when the block ends well.

    Overwriting replaces a folder whose files are made anew or called one of ``replaceable``; one that holds anything
    else is refused, not emptied.
    """
    target = Path(target)
    refuse_existing(target, overwrite)
    if target.is_file():
        raise ParameterError("output", "the name of a folder, not of a file", str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        draft.chmod(0o755)
        yield draft
        if target.exists():
            made = {path.name for path in draft.iterdir()}
            if others := sorted({path.name for path in target.iterdir()} - made - set(replaceable)):
                rule = f"a folder without other files; move these away first: {', '.join(others[:5])}"
                raise ParameterError("output", rule, str(target))
            old = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.old.")) / target.name
            os.replace(target, old)
            os.replace(draft, target)
            shutil.rmtree(old.parent)
        else:
            os.replace(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_text(target: str | PathLike[str], text: str) -> None:
    """Write ``text`` as UTF-8 with Unix line ends, whole or not at all."""
    with new_file(target) as draft:
        draft.write_bytes(text.encode("utf-8"))
