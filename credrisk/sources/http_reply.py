"""What a host answered, and what kind of thing that is: read before the status, for refusals come in any status."""

from __future__ import annotations

import json
import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from credrisk.errors import SourceError

__all__ = ["Reply", "kind_of", "no_number"]

QUOTED = 120
"""Characters of a text that an error quotes."""


@dataclass(frozen=True)
class Reply:
    """What a host answered.

    Attributes
    ----------
    kind
        ``json``, ``html``, ``xml``, ``text`` or ``other``: by the body's first bytes, then the stated content type.
        Read it before the status: some hosts refuse with a page of HTML and any status.
    retrieved_at
        Day (UTC) on which the body came from the host, also when it comes from the cache now.
    charset
        The encoding that the host states, "" where it states none.
    location
        The address that the host points to, "" where it points to none.
    retry_after
        Seconds that the host asks to wait.
    """

    url: str
    status: int
    kind: str
    body: bytes
    retrieved_at: date
    from_cache: bool
    charset: str = ""
    location: str = ""
    retry_after: float = 0.0

    def text(self) -> str:
        """Return the body as text: UTF-8 (or UTF-16 with its mark) whatever is stated, else the stated encoding.

        Raises
        ------
        SourceError
            When it is neither; nothing is replaced or dropped.
        """
        marked = self.body.startswith((b"\xff\xfe", b"\xfe\xff"))
        for encoding in ("utf-16" if marked else "utf-8-sig", self.charset):
            try:
                return self.body.decode(encoding)
            except (UnicodeDecodeError, LookupError, ValueError):
                continue
        raise SourceError(f"{self.url}: the text is neither UTF-8 nor what is stated ({self.charset or 'nothing'}).")

    def json(self, *, statuses: Container[int] = (200,)) -> Any:
        """Return the parsed body.

        Parameters
        ----------
        statuses
            With which the answer is data; an order that was taken comes with 201 or 202.

        Raises
        ------
        SourceError
            With the reason in words, when the answer is not JSON with one of these statuses.
        """
        if self.kind == "html":
            title = re.search(rb"<title[^>]*>(.{1,200}?)</title>", self.body, re.IGNORECASE | re.DOTALL)
            words = " ".join(title.group(1).decode("utf-8", "replace").split()) if title else "without a title"
            raise SourceError(f"{self.url}: answered a web page instead of data (status {self.status}: {words}).")
        if self.status not in statuses:
            raise SourceError(f"{self.url}: answered status {self.status}.")
        text = self.text()
        try:
            return json.loads(text, parse_constant=no_number)
        except (ValueError, RecursionError):
            words = " ".join(text[:QUOTED].split())
            said = f' It says "{words}".' if self.kind == "text" and words else ""
            raise SourceError(f"{self.url}: the answer is not readable JSON.{said}") from None


def kind_of(content_type: str, body: bytes) -> str:
    """Return what a body is, by its first bytes, then by the stated content type."""
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if start.startswith(b"<?xml"):
        return "html" if b"<html" in start else "xml"
    stated = content_type.partition(";")[0].strip().lower()
    if start.startswith((b"{", b"[")) and "html" not in stated:
        return "json"
    for kind in ("html", "xml", "json"):
        if stated.endswith(kind):
            return kind
    return "text" if stated.startswith("text/") else "other"


def no_number(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads as numbers and JSON does not know."""
    raise ValueError(f"{constant} is no number of JSON")
