"""A scorecard as one JSON file: strict on the way in, never pickle, refused when a single byte was changed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from credrisk.atomic import new_file
from credrisk.errors import CredriskError, ModelFileError
from credrisk.features.catalogue import catalogue, fingerprint
from credrisk.models.binning import Bins, bin_count
from credrisk.models.outcomes import PREFIXES
from credrisk.models.points_card import PointsCard, Scale

__all__ = ["StoredCard", "read_card", "write_card"]

FORMAT, VERSION = "credrisk scorecard", 1
MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class StoredCard:
    """A card with what it was fitted with and on."""

    card: PointsCard
    parameters: dict[str, Any]
    feature_names: tuple[str, ...]
    currency: str
    evidence: dict[str, Any]


def write_card(file: str | PathLike[str], stored: StoredCard, *, overwrite: bool) -> None:
    """Write the card, whole or not at all."""
    content = {
        "parameters": stored.parameters,
        "feature_names": list(stored.feature_names),
        "currency": stored.currency,
        "evidence": stored.evidence,
        "catalogue": _fingerprint(stored.card),
        "card": dataclasses.asdict(stored.card),
    }
    text = _text_of({"format": FORMAT, "version": VERSION, "sha256": _hash(content), "content": content})
    with new_file(file, overwrite=overwrite) as draft:
        draft.write_bytes(text.encode("utf-8"))


def read_card(file: str | PathLike[str]) -> StoredCard:
    """Read a card that :func:`write_card` wrote.

    Raises
    ------
    ModelFileError
        When the file is missing, changed, damaged or from another catalogue of features.
    """
    path = Path(file)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelFileError(f"{path.name} is larger than {MOST_BYTES:,} bytes; no scorecard of credrisk is.")
        text = path.read_bytes().decode("utf-8")
        whole = json.loads(text, parse_constant=_refuse)
        canonical = isinstance(whole, dict) and _text_of(whole) == text
    except OSError as wrong:
        remedy = "name the file that Scorecard.save or credrisk scorecard wrote."
        raise ModelFileError(f"{path} cannot be read: {wrong.strerror}.", remedy=remedy) from wrong
    except (ValueError, RecursionError) as wrong:
        raise ModelFileError(f"{path.name} is damaged: {wrong}") from wrong
    if not canonical or set(whole) != {"format", "version", "sha256", "content"}:
        raise ModelFileError(f"{path.name} is damaged: it is not written as credrisk writes it.")
    if whole["format"] != FORMAT or whole["version"] != VERSION:
        raise ModelFileError(f"{path.name} is no {FORMAT} of version {VERSION}.")
    if whole["sha256"] != _hash(whole["content"]):
        raise ModelFileError(f"{path.name} is not the file that was saved (its SHA-256 differs).")
    try:
        return _stored(whole["content"])
    except ModelFileError:
        raise
    except (CredriskError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as wrong:
        raise ModelFileError(f"{path.name} is damaged: {wrong}") from wrong


def _stored(content: dict[str, Any]) -> StoredCard:
    given = content["card"]
    variables = tuple(_bins(one) for one in given["variables"])
    coefficients = _figures(given["coefficients"], len(variables))
    points = tuple(_figures(worth, len(bins)) for worth, bins in zip(given["points"], variables, strict=True))
    scale = Scale(**{name: _figures([number], 1)[0] for name, number in given["scale"].items()})
    card = PointsCard(variables, coefficients, points, _figures([given["base"]], 1)[0], scale)
    names = tuple(content["feature_names"])
    used = [bins.variable for bins in variables]
    if not used or len(set(used)) < len(used) or not set(used) <= set(names):
        raise ValueError("the names of the variables")
    if not all(isinstance(name, str) for name in (*names, content["currency"])):
        raise ValueError("a name that is no text")
    if _fingerprint(card) != content["catalogue"]:
        remedy = "fit it again and save it."
        raise ModelFileError("The scorecard was fitted on another catalogue of features.", remedy=remedy)
    parameters = content["parameters"]
    wanted = {"target", "months", "whole_points", "most_variables", "iv_bounds"}
    whole = type(parameters.get("months")) is int and parameters["months"] > 0
    if set(parameters) != wanted or parameters["target"] not in PREFIXES or not whole:
        raise ValueError("the parameters")
    most, (least_iv, most_iv) = parameters["most_variables"], _figures(parameters["iv_bounds"], 2)
    if type(most) is not int or most < 1 or type(parameters["whole_points"]) is not bool:
        raise ValueError("most_variables or whole_points")
    if not 0 <= least_iv < most_iv:
        raise ValueError("iv_bounds")
    if not isinstance(content["evidence"], dict):
        raise ValueError("the evidence")
    return StoredCard(card, parameters, names, content["currency"], content["evidence"])


def _bins(given: dict[str, Any]) -> Bins:
    cuts, specials = (_figures(given[name], None) for name in ("cuts", "specials"))
    levels = given["levels"]
    if levels is not None:
        levels = tuple(tuple(group) for group in levels)
        flat = [level for group in levels for level in group]
        if not all(isinstance(level, str) for level in flat) or len(set(flat)) < len(flat) or cuts or specials:
            raise ValueError("the levels of a variable")
    if list(cuts) != sorted(set(cuts)) or list(specials) != sorted(set(specials)):
        raise ValueError("bounds that do not rise")
    size = bin_count(cuts, levels, specials)
    figures = {name: _figures(given[name], size) for name in ("share", "events", "bad_rate", "woe", "iv")}
    return Bins(variable=given["variable"], cuts=cuts, levels=levels, specials=specials, **figures)


def _figures(numbers: Any, size: int | None) -> tuple[float, ...]:
    good = isinstance(numbers, list) and all(type(number) in (int, float) for number in numbers)
    if not good or not all(math.isfinite(number) for number in numbers) or size not in (None, len(numbers)):
        raise ValueError(f"finite numbers were expected, {'any number' if size is None else size} of them")
    return tuple(float(number) for number in numbers)


def _fingerprint(card: PointsCard) -> str:
    known = catalogue()
    return fingerprint(name for name in (bins.variable for bins in card.variables) if name in known)


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(_text_of(content).encode("utf-8")).hexdigest()


def _text_of(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")
