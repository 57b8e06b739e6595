"""A customer's number and name in one column, as ``1042 - Mueller GmbH``: the two are told apart by their separator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role

__all__ = ["parted"]

_SEPARATORS = (" - ", " \u2013 ", " \u2014 ", " | ", ": ", " / ")
_NEARLY_ALL = 0.95
_FEWEST = 3
"""So many customers show that a number and no name comes first: ``3M Deutschland`` alone does not."""
_OF_ITS_OWN = 0.7
"""Of the different cells so many have a number of their own: one that many names share is that of a branch or group."""


def parted(
    contents: Mapping[str, Content],
    roles: Mapping[str, Role],
    key: str,
    notes: Notes,
    *,
    heading: str = "",
    label: str = "",
) -> tuple[dict[str, Content], dict[str, Role]]:
    """Return the columns and what they are, with the customer's number alone where a name stands beside it.

    Parameters
    ----------
    key
        The file's name in the mapping.
    heading
        A column of headings: there a blank is enough between number and name.
    label
        What stands before the name there, such as ``Name:``; empty where nothing does.
    """
    kept, meant = dict(contents), dict(roles)
    role = next((one for one in ("customer_id", "name") if one in roles), "")
    content = contents[roles[role].column] if role else None
    if content is None or content.kind != "text":
        return kept, meant
    separators = (*_SEPARATORS, " ") if content.name == heading else _SEPARATORS
    separator = next((one for one in separators if _parts(content, one)), "")
    if not separator and ("name" not in roles or role == "name") and _parts_at_blank(content):
        separator = " "
    if label and content.name == heading:
        separator = f" {label} "
    if not separator:
        return kept, meant
    meant["customer_id"] = meant.pop(role)
    kept[content.name] = replace(content, texts=content.texts.str.split(separator).list.first(), part=separator)
    number, _, name = content.counts[0][0].partition(separator)
    notes.unsure.append(
        f"{key}: {content.name} holds a number and a name, parted by {separator!r}; the customer is {number!r}, its "
        f"name {name!r}"
    )
    return kept, meant


def _parts(content: Content, separator: str) -> bool:
    """Tell whether nearly all cells are a word with a digit, the separator, and a name."""
    pattern = re.compile(rf"\S*\d\S*{re.escape(separator)}.*[^\W\d_]{{2}}")
    cells = [text for text, _ in content.counts]
    fitting = [text for text in cells if pattern.match(text)]
    numbers = {text.split(separator, 1)[0] for text in fitting}
    return len(fitting) >= _NEARLY_ALL * len(cells) and len(numbers) >= _OF_ITS_OWN * len(fitting)


def _parts_at_blank(content: Content) -> bool:
    """Tell whether nearly all cells are a number of three digits or more and a name, and each number has one name."""
    pattern = re.compile(r"([^\W_]*\d{3,}[^\W_]*) (.*[^\W\d_]{2}.*)")
    found = [match.groups() for text, _ in content.counts if (match := pattern.fullmatch(text))]
    return (
        len(found) >= _NEARLY_ALL * content.distinct
        and len(found) >= _FEWEST
        and len({number for number, _ in found}) == len(found)
    )
