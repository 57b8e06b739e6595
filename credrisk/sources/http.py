"""One polite HTTP client for all sources: cached, paced, bounded, and honest about what it could not read.

It stands on requests, requests-cache (a SQLite file; bodies as JSON, never pickle) and urllib3's ``Retry``.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests_cache import NEVER_EXPIRE, CachedSession
from requests_cache.backends.sqlite import SQLiteCache
from urllib3.util.retry import Retry

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.http_adapter import RETRIED, PoliteAdapter
from credrisk.sources.pace import Limits, Pace

__all__ = ["CONTACT", "FOR_EVER", "HttpClient", "Reply"]

CONTACT = "CREDRISK_CONTACT"
"""Environment variable with the contact that every request names."""

FOR_EVER = timedelta.max
"""``keep_for`` of documents that never change, such as a filing."""

JSON = "application/json"
SECRET = re.compile(r"(^|[-_])(api|access|private)?[-_]?key$|token|secret|password|signature", re.IGNORECASE)

_log = logging.getLogger(__name__)


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
    """

    url: str
    status: int
    kind: str
    body: bytes
    retrieved_at: date
    from_cache: bool

    def json(self) -> Any:
        """Return the parsed body.

        Raises
        ------
        SourceError
            With the reason in words, when the answer is not JSON with status 200.
        """
        if self.kind == "html":
            title = re.search(rb"<title[^>]*>(.{1,200}?)</title>", self.body, re.IGNORECASE | re.DOTALL)
            words = " ".join(title.group(1).decode("utf-8", "replace").split()) if title else "without a title"
            raise SourceError(f"{self.url}: answered a web page instead of data (status {self.status}: {words}).")
        if self.status != 200:
            raise SourceError(f"{self.url}: answered status {self.status}.")
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise SourceError(f"{self.url}: the answer is not readable JSON.") from None


class HttpClient:
    """Asks hosts over HTTPS.

    Parameters
    ----------
    cache_folder
        Where answers (``http.sqlite``) and the pace of every host (``pace.sqlite``) are kept. Processes that share
        it share both.
    contact
        Who is asking: name and e-mail address or web address, sent as ``User-Agent``. Default: the environment
        variable ``CREDRISK_CONTACT``. Not needed offline.
    per_second
        Requests a second to one host, over all threads and processes.
    limits
        By host (its subdomains count with it), further windows of (requests, seconds), which all hold:
        ``{"api.example.org": ((5, 60.0), (125, 86_400.0))}``.
    longest_wait
        Seconds for which a turn within the limits is waited for; one further away is an error at once.
    timeout
        Seconds to connect, and for the whole answer.
    max_bytes
        Largest body, unpacked.
    retries
        Further attempts after 429, 5xx and broken connections, with growing pauses and jitter; never after a refusal
        (403) and never for a request with a body.
    patience
        Longest ``Retry-After`` in seconds that is waited for; a longer one is a refusal.
    refusal_pause
        Seconds for which a host that refused (403, or a long ``Retry-After``) is left alone.
    offline
        Answer from the cache alone, however old.
    secret_headers, secret_params
        By host, headers such as ``X-Api-Key`` and parameters of the query such as ``api_key``: they are added at the
        last moment, never cached, never logged.

    Raises
    ------
    ParameterError
        Without a contact.
    """

    def __init__(
        self,
        *,
        cache_folder: str | PathLike[str],
        contact: str | None = None,
        per_second: float = 5.0,
        limits: Limits | None = None,
        longest_wait: float = 600.0,
        timeout: tuple[float, float] = (10.0, 60.0),
        max_bytes: int = 100_000_000,
        retries: int = 4,
        backoff: float = 1.0,
        patience: float = 60.0,
        refusal_pause: float = 600.0,
        offline: bool = False,
        secret_headers: Mapping[str, Mapping[str, str]] | None = None,
        secret_params: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        folder = Path(cache_folder)
        folder.mkdir(parents=True, exist_ok=True)
        pace = Pace(folder, per_second=per_second, limits=limits, longest_wait=longest_wait)
        self._timeout = timeout
        self._session = CachedSession(
            backend=SQLiteCache(folder / "http.sqlite", serializer="json", wal=True, busy_timeout=60_000),
            allowable_codes=(200,),
            allowable_methods=("GET", "POST"),
            filter_fn=_as_asked,
            stale_if_error=offline,
        )
        self._session.headers["User-Agent"] = "credrisk" if offline else _user_agent(contact)
        adapter = PoliteAdapter(
            pace=pace,
            max_bytes=max_bytes,
            retries=Retry(
                total=retries,
                status_forcelist=RETRIED,
                allowed_methods=["GET"],
                backoff_factor=backoff,
                backoff_jitter=backoff,
                backoff_max=60,
            ),
            patience=patience,
            refusal_pause=refusal_pause,
            offline=offline,
            secret_headers={host.lower(): dict(headers) for host, headers in (secret_headers or {}).items()},
            secret_params={host.lower(): dict(params) for host, params in (secret_params or {}).items()},
        )
        for prefix in ("https://", "http://"):
            self._session.mount(prefix, adapter)

    def ask(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object | None = None,
        accept: str | None = JSON,
        keep_for: timedelta = timedelta(days=1),
    ) -> Reply:
        """Ask for ``url`` (with ``body``, sent as JSON, by POST), from the cache where that is young enough.

        The cache knows a request by its address, its query in any order and its body. Only an answer with status 200
        of the kind asked for is kept.

        Parameters
        ----------
        accept
            What is asked for; None sends no such header, for hosts where the address tells that it is JSON.
        keep_for
            How long the answer may be used again: :data:`FOR_EVER` for what never changes.

        Raises
        ------
        SourceError
            When there is no answer: refused earlier, no connection, too slow, too large, another host, not cached.
        """
        parts = urlsplit(url)
        names = [*(params or {}), *(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))]
        secret = [name for name in names if SECRET.search(name)] + ["user@host"] * ("@" in parts.netloc)
        if secret:
            raise ParameterError("url and params", "without secrets (see secret_headers and secret_params)", secret)
        headers: Any = {"Accept": accept}  # requests takes None for "without this header"
        try:
            response = self._session.request(
                "GET" if body is None else "POST",
                url,
                params=params,
                json=body,
                headers=headers,
                timeout=self._timeout,
                expire_after=NEVER_EXPIRE if keep_for == FOR_EVER else keep_for,
            )
        except requests.RequestException as error:
            raise SourceError(f"{url}: no answer ({_reason(error)}).") from None
        except sqlite3.Error as error:
            raise SourceError(f"{url}: the cache cannot be used ({error}); delete the cache folder.") from None
        content = response.content or b""
        created = getattr(response, "created_at", None) or datetime.now(UTC)
        reply = Reply(
            response.url,
            response.status_code,
            _kind(response.headers.get("Content-Type", ""), content),
            content,
            created.astimezone(UTC).date(),
            bool(getattr(response, "from_cache", False)),
        )
        _log.debug("%s: status %d, %s, %d bytes", reply.url, reply.status, reply.kind, len(content))
        return reply

    def close(self) -> None:
        """Close connections and the cache."""
        self._session.close()  # type: ignore[no-untyped-call]
        self._session.cache.close()  # type: ignore[no-untyped-call]

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _user_agent(contact: str | None) -> str:
    from credrisk import __version__

    given = contact if contact is not None else os.environ.get(CONTACT, "")
    if not re.fullmatch(r"[ -~]{0,200}", given) or not re.search(r"\S@\S+\.\S|https://\S", given):
        rule = f"who is asking, with an e-mail or https address, given here or as {CONTACT}"
        raise ParameterError("contact", rule, given)
    return f"{given.strip()} credrisk/{__version__}"


def _as_asked(response: requests.Response) -> bool:
    """Tell whether an answer may be cached: of the kind that was asked for."""
    if response.status_code != 200:
        return response.status_code == 304
    asked = response.request.headers.get("Accept", JSON)
    return asked != JSON or _kind(response.headers.get("Content-Type", ""), response.content or b"") == "json"


def _kind(content_type: str, body: bytes) -> str:
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


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "too slow"
    if isinstance(error, requests.exceptions.SSLError):
        return "the certificate is not trusted"
    if isinstance(error, requests.exceptions.InvalidSchema | requests.exceptions.MissingSchema):
        return "only https is asked"
    return {"ConnectionError": "no connection", "TooManyRedirects": "too many redirects"}.get(
        type(error).__name__, type(error).__name__
    )
