"""Which accounting system an export comes from, told by the names and headers of its files, and its reader.

A format is a module of this package, or a mapping in ``mappings/`` where the mapping language can say it all.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from importlib.resources import files as package_files
from os import PathLike
from pathlib import Path
from shlex import quote

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.delimited import encoding_findings
from credrisk.ledger.findings import Check
from credrisk.sources.erp.files import ExportFile, open_export
from credrisk.sources.erp.stated_currency import CURRENCY, checked_currency, with_currency
from credrisk.sources.mapping import Imported, import_with_map
from credrisk.sources.mapping_file import read_map
from credrisk.sources.mapping_rules import ImportMap, SourceFile, near_misses

__all__ = ["FORMATS", "Format", "import_export", "known_formats", "recognise_export"]

FORMATS: tuple[str, ...] = (
    "business_central",
    "crm",
    "dynamics_finance",
    "erpnext",
    "netsuite",
    "odoo",
    "quickbooks_desktop",
    "quickbooks_online",
    "sage",
    "sap_fbl5n",
    "sap_odata",
    "sap_tables",
    "xero",
)
"""Modules of this package, one a format."""

SURE_FROM = 0.5
"""A format that is less sure of an export is not taken unasked."""
TOO_CLOSE = 0.05
"""Two formats that are as sure as this of one export: the user says which."""
_BY_HEADERS = 0.8


@dataclass(frozen=True)
class Format:
    """A format of exports.

    Attributes
    ----------
    name, about, verified
        Its short name, what it is in a sentence, and on what it was tested.
    recognise
        From the files of an export, how surely they are of this format, 0 to 1; by names and headers only.
    read
        From the files, what they become; settings by keyword.
    settings
        Names of the settings that ``read`` takes.
    """

    name: str
    about: str
    verified: str
    recognise: Callable[[Sequence[ExportFile]], float]
    read: Callable[..., Imported]
    settings: tuple[str, ...] = ()


@cache
def known_formats() -> tuple[Format, ...]:
    """Return every format, the modules first."""
    modules = [import_module(f"credrisk.sources.erp.{name}") for name in FORMATS]
    coded = [
        Format(
            module.NAME,
            module.ABOUT,
            module.VERIFIED,
            module.recognise,
            module.read,
            tuple(
                name for name, one in inspect.signature(module.read).parameters.items() if one.kind is one.KEYWORD_ONLY
            ),
        )
        for module in modules
    ]
    folder = Path(str(package_files("credrisk.sources.erp") / "mappings"))
    return (*coded, *(_mapped(read_map(path), path.stem) for path in sorted(folder.glob("*.toml"))))


def recognise_export(source: str | PathLike[str] | Sequence[ExportFile]) -> list[tuple[float, Format]]:
    """Return the formats that an export may be of, with how surely (0 to 1), the surest first."""
    found = _files(source)
    scores = [(one.recognise(found), one) for one in known_formats()]
    return sorted((pair for pair in scores if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].name))


def import_export(
    source: str | PathLike[str],
    *,
    as_format: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> tuple[Format, Imported]:
    """Turn the export of an accounting system into the ledger's tables.

    Parameters
    ----------
    source
        A file, a folder, or a zip.
    as_format
        Name of the format; without it the export must be recognised.
    settings
        Settings of the format's reader, as text by name; ``currency`` of any, where the export names none.

    Returns
    -------
    tuple
        The format, and what its reader made; its tables go to ``Ledger.read``.

    Raises
    ------
    ParameterError
        When a format or setting is unknown.
    DataError
        When no format, or more than one, recognises the export, or it cannot be read.
    """
    found = _files(source)
    if as_format is None:
        chosen = _surest(found, Path(source))
    else:
        by_name = {one.name: one for one in known_formats()}
        if as_format not in by_name:
            names = ", ".join(sorted(by_name)) or "none is there"
            raise ParameterError("as_format", f"a known format ({names}){near_misses(as_format, by_name)}", as_format)
        chosen = by_name[as_format]
    given = dict(settings or {})
    stated = checked_currency(given.pop(CURRENCY)) if CURRENCY in given and CURRENCY not in chosen.settings else ""
    strange = sorted(set(given) - set(chosen.settings))
    if strange:
        names = ", ".join(dict.fromkeys((*chosen.settings, CURRENCY)))
        raise ParameterError("settings", f"settings of {chosen.name} ({names})", ", ".join(strange))
    imported = _with_encodings(chosen.read(found, **given), found)
    return chosen, with_currency(imported, stated) if stated else imported


def _with_encodings(made: Imported, found: Sequence[ExportFile]) -> Imported:
    """Add to the findings which of the files that were read are not plain UTF-8, and what told so."""
    said = [line for one in found if one.encoding for line in encoding_findings(one.encoding, "", one.name)]
    if not said:
        return made
    findings = Check(tuple(said)).to_frame(output="polars")
    there = [made.tables["findings"]] if "findings" in made.tables else []
    return replace(made, tables={**made.tables, "findings": pl.concat([*there, findings])})


def _surest(found: Sequence[ExportFile], source: Path) -> Format:
    name = source.name or source.resolve().name or str(source)
    scores = [pair for pair in recognise_export(found) if pair[0] >= SURE_FROM]
    if not scores:
        names = ", ".join(one.name for one in known_formats()) or "none"
        raise DataError(
            f"no format recognises {name} (known: {names}).",
            remedy=f"let credrisk propose a mapping: credrisk import wizard {quote(str(source))}; or name the format "
            "with --as.",
        )
    best = [one.name for score, one in scores if score >= scores[0][0] - TOO_CLOSE]
    if len(best) > 1:
        raise DataError(f"{name} could be {' or '.join(best)}.", remedy=f"say which: --as {best[0]}.")
    return scores[0][1]


def _files(source: str | PathLike[str] | Sequence[ExportFile]) -> list[ExportFile]:
    return open_export(source) if isinstance(source, (str, PathLike)) else list(source)


def _mapped(rules: ImportMap, name: str) -> Format:
    return Format(name, rules.about, rules.verified, partial(_fits, rules), partial(_read_mapped, rules))


def _fits(rules: ImportMap, found: Sequence[ExportFile]) -> float:
    """Return how surely files fit a mapping: every file of the mapping has one with all the columns it reads."""
    return _BY_HEADERS if all(_fitting(rules, file, found) for file in rules.files) else 0.0


def _fitting(rules: ImportMap, file: SourceFile, found: Sequence[ExportFile]) -> list[ExportFile]:
    wanted = {name for rule in rules.tables if rule.file == file.key for name in rule.sources}
    return [one for one in found if one.kind in ("csv", "xlsx") and wanted <= set(one.header)]


def _read_mapped(rules: ImportMap, found: Sequence[ExportFile]) -> Imported:
    places: dict[str, ExportFile] = {}
    for file in rules.files:
        fitting = _fitting(rules, file, found)
        if len(fitting) != 1 or fitting[0].member:
            there = ", ".join(one.name for one in fitting) or "none"
            raise DataError(
                f"{rules.name} wants one file with the columns of {file.key}; found: {there}.",
                remedy="put one such file, unpacked, into a folder of its own.",
            )
        places[file.key] = fitting[0]
    folders = {one.path.parent for one in places.values()}
    if len(folders) > 1:
        raise DataError(f"{rules.name} wants its files in one folder.", remedy="put them together.")
    named = tuple(replace(file, path=places[file.key].path.name) for file in rules.files)
    return import_with_map(replace(rules, files=named), folders.pop())
