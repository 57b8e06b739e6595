"""One polite HTTP client for all sources: cached, paced, bounded, and honest about what it could not read.

It stands on requests, requests-cache (a SQLite file; bodies as JSON, never pickle) and urllib3's ``Retry``.
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from os import PathLike
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests
from requests_cache import NEVER_EXPIRE, CachedSession
from requests_cache.backends.sqlite import SQLiteCache
from urllib3.util.retry import Retry

from credrisk.errors import NotSentError, ParameterError, SourceError
from credrisk.sources.credentials import SECRET_NAME, RedactedQueries, Secret
from credrisk.sources.http_adapter import NotConnected, PoliteAdapter, retry_after
from credrisk.sources.http_reply import Reply, kind_of
from credrisk.sources.http_wire import PACKED
from credrisk.sources.pace import Limits, Pace

__all__ = ["CONTACT", "FOR_EVER", "HttpClient", "Reply"]

CONTACT = "CREDRISK_CONTACT"
"""Environment variable with the contact that every request names."""

FOR_EVER = timedelta.max
"""``keep_for`` of documents that never change, such as a filing."""

JSON = "application/json"

SENDS_ON_AT_MOST = 5

REDACTED = RedactedQueries()
"""Keeps secret parameters out of what urllib3 logs about addresses."""
for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(REDACTED)

_log = logging.getLogger(__name__)


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
        Further attempts after 429, 5xx and broken connections, with growing pauses and jitter (one only after a slow
        answer); never after a refusal (401, 403), and never of an order.
    patience
        Longest ``Retry-After`` in seconds that is waited for; a longer one is a refusal.
    failures
        Requests to a host, one after the other, that may be given up before it is left alone.
    refusal_pause
        Seconds for which a host that refused (401, 403, or a long ``Retry-After``) or failed is left alone, by all
        processes that share the cache folder.
    offline
        Answer from the cache alone, however old.
    secret_headers, secret_params
        By host, headers such as ``X-Api-Key`` and parameters of the query such as ``api_key``: they are added at the
        last moment, never cached, never logged (:func:`~credrisk.sources.credentials.client_secrets` makes both).

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
        failures: int = 3,
        refusal_pause: float = 600.0,
        offline: bool = False,
        secret_headers: Mapping[str, Mapping[str, str | Secret]] | None = None,
        secret_params: Mapping[str, Mapping[str, str | Secret]] | None = None,
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
        self._session.max_redirects = SENDS_ON_AT_MOST
        self._session.headers["Accept-Encoding"] = PACKED
        self._session.headers["User-Agent"] = "credrisk" if offline else _user_agent(contact)
        self._adapter = PoliteAdapter(
            pace=pace,
            max_bytes=max_bytes,
            retries=Retry(total=retries, backoff_factor=backoff, backoff_jitter=backoff, backoff_max=60),
            patience=patience,
            refusal_pause=refusal_pause,
            failures=failures,
            offline=offline,
            secret_headers=_secrets(secret_headers),
            secret_params=_secrets(secret_params),
        )
        REDACTED.names.update(name for params in (secret_params or {}).values() for name in params)
        for prefix in ("https://", "http://"):
            self._session.mount(prefix, self._adapter)

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

        A question may be repeated, also one with a body: what costs money or changes anything is an :meth:`order`.

        The cache knows a request by its address, its query in any order and its body. Only an answer with status 200
        of the kind asked for is kept; JSON only where it can be read.

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
        _no_secrets(url, params)
        return self._reply(
            url,
            lambda: self._session.request(
                "GET" if body is None else "POST",
                url,
                params=params,
                json=body,
                headers={"Accept": accept},  # type: ignore[dict-item] # None: without
                timeout=self._timeout,
                expire_after=NEVER_EXPIRE if keep_for == FOR_EVER else keep_for,
            ),
        )

    def order(self, url: str, body: object, *, accept: str = JSON) -> Reply:
        """Send ``body`` as JSON by POST, once: not from the cache, not repeated, not sent on to another address.

        For what costs money use :class:`~credrisk.sources.orders.Orders`, which remembers what was sent.

        Raises
        ------
        NotSentError
            When nothing left this machine.
        SourceError
            When no whole answer came: the host may have received the order.
        """
        _no_secrets(url, None)
        request = requests.Request("POST", url, headers={"Accept": accept}, json=body)

        def send() -> requests.Response:
            prepared = self._session.prepare_request(request)
            around = self._session.merge_environment_settings(prepared.url or "", {}, True, None, None)
            return self._adapter.send(prepared, timeout=self._timeout, once=True, **around)

        return self._reply(url, send)

    def _reply(self, url: str, send: Callable[[], requests.Response]) -> Reply:
        try:
            reply = _reply(send())
        except NotConnected as error:
            raise NotSentError(f"{url}: no answer ({error}).") from None
        except (requests.RequestException, ValueError) as error:
            raise SourceError(f"{url}: no answer ({_reason(error)}).") from None
        except sqlite3.Error as error:
            raise SourceError(f"{url}: the cache cannot be used ({error}); delete the cache folder.") from None
        _log.debug("%s: status %d, %s, %d bytes", reply.url, reply.status, reply.kind, len(reply.body))
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


def _no_secrets(url: str, params: Mapping[str, str] | None) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise NotSentError(f"{url}: no answer (an unreadable address).") from None
    names = [*(params or {}), *(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))]
    secret = [name for name in names if SECRET_NAME.search(name)] + ["user@host"] * ("@" in parts.netloc)
    if secret:
        raise ParameterError("url and params", "without secrets (see secret_headers and secret_params)", secret)


def _secrets(given: Mapping[str, Mapping[str, str | Secret]] | None) -> dict[str, dict[str, Secret]]:
    return {
        host.lower(): {
            name: value if isinstance(value, Secret) else Secret(value, name=f"the secret {name}")
            for name, value in named.items()
        }
        for host, named in (given or {}).items()
    }


def _as_asked(response: requests.Response) -> bool:
    """Tell whether an answer may be cached: of the kind that was asked for, and readable where that is JSON."""
    if response.status_code != 200:
        return response.status_code == 304
    asked, reply = response.request.headers.get("Accept", JSON), _reply(response)
    if asked != JSON:
        return reply.kind != "html" or "html" in asked
    try:
        reply.json()
    except SourceError:
        return False
    return True


def _reply(response: requests.Response) -> Reply:
    content, stated = response.content or b"", response.headers.get("Content-Type", "")
    created = getattr(response, "created_at", None) or datetime.now(UTC)
    return Reply(
        response.url,
        response.status_code,
        kind_of(stated, content),
        content,
        created.astimezone(UTC).date(),
        bool(getattr(response, "from_cache", False)),
        _charset(stated),
        urljoin(response.url, response.headers["Location"]) if "Location" in response.headers else "",
        retry_after(response),
    )


def _reason(error: requests.RequestException | ValueError) -> str:
    if isinstance(error, requests.Timeout):
        return "too slow"
    if isinstance(error, requests.exceptions.InvalidSchema | requests.exceptions.MissingSchema):
        return "only https is asked"
    if isinstance(error, requests.TooManyRedirects):
        return "too many redirects"
    ours = isinstance(error, requests.ConnectionError | requests.exceptions.ContentDecodingError)
    return str(error) if ours else type(error).__name__


def _charset(content_type: str) -> str:
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    return found.group(1).lower() if found else ""
