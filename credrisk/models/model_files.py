"""The files of a saved model: JSON that is written one way, a card to be read, and ``manifest.json`` with their hashes.

Never pickle, and nothing that another library parses: reading a model runs nothing of it. Hashes are checked before
anything is parsed, then the text must be the one that credrisk writes, so that no changed byte goes unseen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from credrisk.atomic import new_folder
from credrisk.errors import ModelFileError

__all__ = [
    "CARD",
    "MANIFEST",
    "array_of",
    "json_of",
    "positions_of",
    "read_files",
    "sha256_of",
    "text_of",
    "write_files",
]

MANIFEST, CARD = "manifest.json", "MODEL_CARD.md"
MOST_BYTES = 200_000_000
NO_FOLDER = "name the folder that the model was saved to, with every file that was saved in it."


def write_files(
    folder: str | PathLike[str], files: Mapping[str, str], *, kind: str, version: int, overwrite: bool
) -> None:
    """Write the files and their manifest, all or none.

    Parameters
    ----------
    files
        Text by name.
    kind, version
        What is saved, and the version of its form: other ones are refused on reading.
    """
    manifest = {"format": kind, "version": version, "sha256": {name: sha256_of(text) for name, text in files.items()}}
    with new_folder(folder, overwrite=overwrite) as draft:
        for name, text in {**files, MANIFEST: text_of(manifest)}.items():
            (draft / name).write_bytes(text.encode("utf-8"))


def read_files(folder: str | PathLike[str], names: Collection[str], *, kind: str, version: int) -> dict[str, bytes]:
    """Return the contents of the files called ``names``, which must be those that were saved.

    Raises
    ------
    ModelFileError
        When a file is missing or changed, or the folder holds something else.
    """
    folder = Path(folder)
    manifest = json_of(_bytes_of(folder, MANIFEST), MANIFEST)
    if manifest.get("format") != kind or manifest.get("version") != version:
        remedy = "fit it again with this version of credrisk and save it."
        raise ModelFileError(f"{folder} holds no {kind} of version {version}.", remedy=remedy)
    hashes = manifest.get("sha256")
    if set(manifest) != {"format", "version", "sha256"} or not isinstance(hashes, dict):
        raise ModelFileError(f"{MANIFEST} is damaged.")
    if set(hashes) != set(names):
        raise ModelFileError(f"{MANIFEST} does not name the files of a model.")
    contents = {name: _bytes_of(folder, name) for name in sorted(hashes)}
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != hashes[name]:
            raise ModelFileError(f"{name} is not the file that was saved (its SHA-256 differs).")
    return contents


def json_of(content: bytes, name: str) -> dict[str, Any]:
    """Parse JSON that is written the one way credrisk writes it."""
    try:
        text = content.decode("utf-8")
        parsed: dict[str, Any] = json.loads(text, parse_constant=_refuse)
        canonical = isinstance(parsed, dict) and text_of(parsed) == text
    except (ValueError, RecursionError) as wrong:
        raise ModelFileError(f"{name} is damaged: {wrong}") from wrong
    if not canonical:
        raise ModelFileError(f"{name} is damaged: it is not written as credrisk writes it.")
    return parsed


def text_of(content: Mapping[str, Any]) -> str:
    """Return the JSON text of plain values and arrays."""
    return json.dumps(content, indent=1, sort_keys=True, allow_nan=False, default=_plain) + "\n"


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def array_of(numbers: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    """Return finite numbers as an array of ``shape`` (None: any length), or raise ValueError."""
    array = np.array(numbers, dtype=float)
    if array.size == 0 and None not in shape:
        array = array.reshape([size or 0 for size in shape])
    fits = array.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
    if not fits or not np.isfinite(array).all():
        raise ValueError(f"an array of shape {array.shape} with finite numbers was expected to have shape {shape}")
    return array


def positions_of(numbers: Any, size: int) -> tuple[int, ...]:
    """Return places from 0 to ``size`` - 1, or raise ValueError."""
    positions = tuple(int(number) for number in numbers)
    if not all(0 <= position < size for position in positions):
        raise ValueError("the position of a variable")
    return positions


def _bytes_of(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelFileError(f"{name} is larger than {MOST_BYTES:,} bytes; no model of credrisk is.")
        return path.read_bytes()
    except OSError as wrong:
        raise ModelFileError(f"{path} cannot be read: {wrong.strerror}.", remedy=NO_FOLDER) from wrong


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no place in a model file")
