"""The proposed mapping as the TOML file that ``credrisk import --map`` reads, commented where one should look."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from credrisk.errors import DataError
from credrisk.sources.mapping_file import map_of_text
from credrisk.sources.mapping_rules import SourceFile
from credrisk.sources.wizard.proposal import Proposal, TableProposal

__all__ = ["mapping_text"]

_BARE = re.compile(r"^[A-Za-z0-9_-]+$")
_WIDTH = 116


def mapping_text(proposal: Proposal) -> str:
    """Return the mapping file.

    Raises
    ------
    DataError
        When a question is open without whose answer nothing can be written.
    """
    if proposal.blocking:
        open_questions = "; ".join(f"{one.key}: {one.words}" for one in proposal.blocking)
        raise DataError(
            f"{len(proposal.blocking)} questions are open ({open_questions}).", remedy="answer them by their keys."
        )
    parts = [_head(proposal), _settings(proposal), *map(_file, proposal.files)]
    counts = {one.table: sum(other.table == one.table for other in proposal.tables) for one in proposal.tables}
    alone = len(proposal.files) == 1
    parts += [_table(one, several=counts[one.table] > 1, alone=alone) for one in proposal.tables]
    text = "\n\n".join(part for part in parts if part) + "\n"
    map_of_text(text, "the proposed mapping")
    return text


def _head(proposal: Proposal) -> str:
    lines = ["# A mapping proposed by credrisk import wizard. Look it over, mend what is wrong, keep it for next time."]
    for title, said in (
        ("Look at these; the export does not prove them:", proposal.unsure),
        ("Missing, and what that costs:", proposal.missing),
    ):
        if said:
            lines += ["#", f"# {title}", *(line for one in said for line in _bullet(one))]
    if proposal.questions:
        lines += ["#", "# Open questions; what is written below is the proposal:"]
        for one in proposal.questions:
            lines += _bullet(f"{one.words} {one.evidence} Taken as {one.proposal}; else --answer {one.key}=...")
    return "\n".join(lines)


def _bullet(text: str) -> list[str]:
    return textwrap.wrap(_line(text), _WIDTH, initial_indent="# - ", subsequent_indent="#   ", break_on_hyphens=False)


def _line(text: str) -> str:
    """Return a text as a comment has it: in one line, without control characters, which TOML does not have there."""
    return "".join(letter for letter in " ".join(text.split()) if unicodedata.category(letter) != "Cc")


def _settings(proposal: Proposal) -> str:
    lines = ["[settings]"]
    for name, value in proposal.settings.items():
        lines.append(f"{name} = {_value([value] if name == 'static' else value)}")
    lines += [
        "# The first and last day for which every posting is in the export; left out, they are told from its density.",
        "# covers_from = 2024-01-01",
        "# covers_to = 2025-12-31",
    ]
    return "\n".join(lines)


def _file(file: SourceFile) -> str:
    lines = [f"[files.{_key(file.key)}]", f"path = {_value(file.path)}"]
    if file.separator != ",":
        lines.append(f"separator = {_value(file.separator)}")
    if file.encoding != "utf-8-sig":
        lines.append(f"encoding = {_value(file.encoding)}")
    if file.sheet is not None:
        lines.append(f"sheet = {_value(file.sheet)}")
    if file.skip_rows:
        lines.append(f"skip_rows = {file.skip_rows}  # lines above the header")
    if file.dates:
        lines.append(f"dates = {_value(list(file.dates) if len(file.dates) > 1 else file.dates[0])}")
    if file.decimal:
        lines.append(f"decimal = {_value(file.decimal)}")
    if file.thousands:
        lines.append(f"thousands = {_value(file.thousands)}")
    if file.empty:
        lines.append(f"empty = {_value(list(file.empty))}")
    if file.headings:
        one = file.headings
        apart = {"after": one.after, "except": list(one.excepted), "until": list(one.until)}
        said = _value({"column": one.column, "into": one.into} | {name: text for name, text in apart.items() if text})
        lines.append(f"headings = {said}  # rows that say whose the lines below them are")
    if file.types_in_words:
        lines.append("types_in_words = [  # rows of a type that are something else by the words of a text beside it")
        lines += [f"  {_value({**asdict(rule), 'words': list(rule.words)})}," for rule in file.types_in_words]
        lines.append("]")
    return "\n".join(lines)


def _table(table: TableProposal, *, several: bool, alone: bool) -> str:
    name = _key(table.table)
    lines = [f"[[tables.{name}]]" if several else f"[tables.{name}]"]
    if not alone:
        lines.append(f"file = {_value(table.file)}")
    if table.where:
        lines.append(f"where = {_value(list(table.where))}")
    if table.one_row_per:
        lines.append(f"one_row_per = {_value(table.one_row_per)}")
    if table.lines:
        lines.append("lines = true  # rows alike in all that is read here are lines of one thing, and count once")
    if table.instalments:
        lines.append("instalments = true  # rows of one number are a document each, the first due paid first")
    lines += ["", f"[tables.{name}.columns]"]
    for target, rule in table.columns.items():
        remark = f"  # {_line(table.remarks[target])}" if target in table.remarks else ""
        lines.append(f"{target} = {_value(rule)}{remark}")
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value)


def _key(name: str) -> str:
    return name if _BARE.match(name) else _quoted(name)


def _quoted(text: str) -> str:
    """Return a TOML string; JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
