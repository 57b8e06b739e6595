"""From the bytes of a policy file to its keys: what cannot be read is said in plain words, with the line."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from credrisk.errors import DataError

__all__ = ["parsed"]

LINE = re.compile(r"at line (\d+)")
KEY_AND_VALUE = re.compile(r"\s*([\w.\"-]+)\s*=\s*([^#]*?)\s*(?:#.*)?")
PERCENTAGE = re.compile(r"([-+]?\d+(?:[.,]\d+)?)\s*%")
DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
FLAGS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
BARE_WORD = re.compile(r"[^\W\d][\w -]*")
SHOWN = 80
"""Characters of a line that an error shows."""


def parsed(content: bytes, name: str) -> dict[str, Any]:
    """Return the keys of a policy file; the mark that editors put before UTF-8 text is left aside.

    Raises
    ------
    DataError
        When it is not text in UTF-8, or a line is not TOML: with the number of the line and how to write it.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{name} is text in UTF-16, not in UTF-8.", remedy="save it again with the encoding UTF-8.")
    if b"\0" in content:
        raise DataError(
            f"{name} is not a text file.",
            remedy="give the policy as plain text, such as `credrisk policy init` writes.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name} is not text in UTF-8: line {line} holds a byte that does not belong there.",
            remedy="save it as plain text with the encoding UTF-8.",
        ) from None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets in thousands
        raise _unread(text, name, str(error)) from None


def _unread(text: str, name: str, said: str) -> DataError:
    """Return the error for text that is not TOML, in plain words where the fault is a usual one."""
    place = LINE.search(said)
    number = int(place[1]) if place else 0
    lines = text.splitlines()
    if not 0 < number <= len(lines):
        return DataError(f"{name} is not a TOML file in UTF-8: {said}.", remedy="mend the line named.")
    line = lines[number - 1].strip()
    shown = line if len(line) <= SHOWN else f"{line[:SHOWN]} ..."
    told = KEY_AND_VALUE.fullmatch(line)
    remedy = _rewritten(told[1], told[2]) if told else ""
    if remedy:
        return DataError(f"{name}, line {number}: `{shown}` cannot be read.", remedy=remedy)
    return DataError(
        f"{name}, line {number}: `{shown}` cannot be read ({said}).",
        remedy="write one `key = value` a line: numbers as 0.25, texts in double quotes, true or false in small "
        "letters.",
    )


def _rewritten(key: str, value: str) -> str:
    """Return how to write a value that TOML does not know; empty where the fault is none of the usual ones."""
    if share := PERCENTAGE.fullmatch(value):
        return f"write {key} = {float(share[1].replace(',', '.')) / 100:g}: shares are fractions of one."
    if DECIMAL_COMMA.fullmatch(value):
        return f"write {key} = {value.replace(',', '.')}, with a point."
    if value.lower() in FLAGS:
        return f"write {key} = {FLAGS[value.lower()]}, in small letters."
    if not value:
        return f"write a value after {key} =, such as the shipped policy states."
    if BARE_WORD.fullmatch(value):
        return f'write {key} = "{value}": texts stand in double quotes.'
    return ""
