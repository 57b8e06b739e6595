"""A provider's file: what kind of text it is, by its first bytes, and its parsed content."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from credrisk.errors import SourceError

__all__ = ["MOST_BYTES", "Body", "open_body"]

MOST_BYTES = 100_000_000


@dataclass(frozen=True)
class Body:
    """A file: ``kind`` is json, xml, html, csv or other; ``content`` the parsed JSON, or the XML without namespaces."""

    path: Path
    kind: str
    content: Any

    @property
    def root(self) -> Element:
        """The root of an XML file."""
        if not isinstance(self.content, Element):
            raise SourceError(f"{self.path.name} is no XML.")
        return self.content


def open_body(path: Path) -> Body:
    """Read a file.

    Raises
    ------
    SourceError
        When it is too large, cannot be read, is a web page, or is broken JSON or XML.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SourceError(f"{path.name} has {size} bytes, more than {MOST_BYTES}.")
        data = path.read_bytes()
    except OSError as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"{path.name} cannot be read ({error.strerror}).") from None
    start = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.match(rb"(?i)(<\?xml[^>]*>\s*)?<(!doctype html|html)", start):
        title = re.search(rb"(?is)<title[^>]*>(.{1,200}?)</title>", data)
        words = " ".join(title.group(1).decode("utf-8", "replace").split()) if title else "without a title"
        raise SourceError(f"{path.name} is a web page, not a report ({words}).")
    if start.startswith((b"{", b"[")):
        try:
            return Body(path, "json", json.loads(data))
        except (ValueError, RecursionError):
            raise SourceError(f"{path.name} is not readable JSON.") from None
    if start.startswith(b"<"):
        return Body(path, "xml", _tree(data, path.name))
    kind = "csv" if path.suffix.lower() in (".csv", ".txt", ".tsv") else "other"
    if kind == "other":
        raise SourceError(f"{path.name} is neither JSON, XML nor CSV.")
    return Body(path, kind, data)


def _tree(data: bytes, name: str) -> Element:
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise SourceError(f"{name} is not readable XML ({type(error).__name__}).") from None
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    return root
