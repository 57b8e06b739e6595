"""What happens to every attempt of every request: its turn, its retries, its bounds, and where it may not go."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader, MaxRetryError, NewConnectionError
from urllib3.exceptions import SSLError as EncryptionError
from urllib3.poolmanager import PoolManager
from urllib3.util.retry import Retry

from credrisk.errors import NotSentError, SourceError
from credrisk.sources.credentials import Secret
from credrisk.sources.http_wire import POOLS, forget_secrets, read_body
from credrisk.sources.pace import Pace

__all__ = ["NotConnected", "PoliteAdapter", "retry_after"]

REFUSED = (401, 403)
"""Speak for the whole host and are not repeated: a wrong key that is sent again and again ends in a ban."""
RETRIED = (429, 500, 502, 503, 504)
THROTTLED = (429, 503)
"""Speak for the whole host, not for one address: everybody waits."""
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
"""The only hosts that may be asked without encryption."""

_log = logging.getLogger(__name__)

Secrets = Mapping[str, Mapping[str, Secret]]


class NotConnected(requests.ConnectionError):
    """No connection came about, so nothing was sent."""


class PoliteAdapter(HTTPAdapter):
    """Encrypted, paced, retried by rule, read up to the bound; the parameters are those of ``HttpClient``."""

    def __init__(
        self,
        *,
        pace: Pace,
        max_bytes: int,
        retries: Retry,
        patience: float,
        refusal_pause: float,
        failures: int,
        offline: bool,
        secret_headers: Secrets,
        secret_params: Secrets,
    ) -> None:
        super().__init__()
        self._pace, self._max_bytes, self._offline = pace, max_bytes, offline
        self._retries, self._patience = retries, patience
        self._refusal_pause, self._failures = refusal_pause, failures
        self._secret_headers, self._secret_params = secret_headers, secret_params

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Set up connections whose answers are read in time."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        """Return the same connections through a proxy."""
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request, again where that is right (never ``once``), and return the answer with its body read."""
        url, once = request.url or "", kwargs.pop("once", False)
        place, host = url.partition("?")[0], urlsplit(url).hostname or ""
        if urlsplit(url).scheme != "https" and host not in THIS_MACHINE:
            raise NotSentError(f"{place}: only https is asked.")
        if self._offline:
            raise NotSentError(f"{place}: not in the cache, and the client is offline.")
        retries, late = self._retries.new(), False
        while True:
            failed_before = self._pace.wait(host)
            outcome = self._attempt(request, host, kwargs)
            pause, status = 0.0, 0
            if isinstance(outcome, requests.Response):
                self._stays(outcome, url)
                pause, status = retry_after(outcome), outcome.status_code
                if status in REFUSED or (status in RETRIED and pause > self._patience):
                    self._pace.leave_alone(host, seconds=max(pause, self._refusal_pause))
                    return outcome
                if status not in RETRIED:
                    if failed_before:
                        self._pace.answered(host)
                    return outcome
            late_again = late and isinstance(outcome, requests.Timeout)
            left = None if once or late_again else _one_less(retries, outcome)
            if left is None:
                self._pace.gave_up(host, allowed=self._failures, seconds=self._refusal_pause)
                if isinstance(outcome, requests.Response):
                    return outcome
                raise outcome
            retries, late = left, isinstance(outcome, requests.Timeout)
            _log.info("%s: asked again after %s", place, f"status {status}" if status else type(outcome).__name__)
            pause = max(retries.get_backoff_time() or retries.backoff_factor, pause)
            if status in THROTTLED:
                self._pace.hold(host, seconds=pause)
            else:
                time.sleep(pause)

    def _attempt(
        self, request: requests.PreparedRequest, host: str, kwargs: dict[str, Any]
    ) -> requests.Response | requests.RequestException:
        """Return an answer with its body read, or what kept it away and may be over at the next attempt."""
        sent = request.copy()
        sent.headers.pop("Cache-Control", None)  # how long an answer is kept is told to the cache, not to the host
        sent.headers.update({name: value.reveal() for name, value in self._secret_headers.get(host, {}).items()})
        params = {name: value.reveal() for name, value in self._secret_params.get(host, {}).items()}
        sent.prepare_url(sent.url, params)
        try:
            response = super().send(sent, **{**kwargs, "stream": True})
        except requests.ConnectTimeout:
            return NotConnected("no connection")
        except requests.Timeout as error:
            return error
        except requests.ConnectionError as error:
            cause = _cause(error)
            if isinstance(cause, ssl.SSLCertVerificationError):
                place = (request.url or "").partition("?")[0]
                raise NotSentError(f"{place}: no answer (the certificate is not trusted).") from None
            unsent = isinstance(cause, NewConnectionError)
            return NotConnected("no connection") if unsent else requests.ConnectionError("the connection broke")
        forget_secrets(response, request, params)
        try:
            read_body(response, max_bytes=self._max_bytes)
        except (requests.ConnectionError, requests.Timeout) as error:
            return error
        return response

    @staticmethod
    def _stays(response: requests.Response, url: str) -> None:
        if not response.is_redirect:
            return
        place = url.partition("?")[0]
        try:
            target = urlsplit(urljoin(url, response.headers["Location"]))
        except ValueError:
            raise SourceError(f"{place}: sends on to an unreadable address.") from None
        if target.netloc != urlsplit(url).netloc:
            raise SourceError(f"{place}: sends on to another place, {target.scheme}://{target.netloc}.")


def _one_less(retries: Retry, outcome: requests.Response | requests.RequestException) -> Retry | None:
    """Return what is left of the attempts; None when there is no further one."""
    try:
        return retries.increment("GET", response=outcome.raw if isinstance(outcome, requests.Response) else None)
    except MaxRetryError:
        return None


def _cause(error: requests.ConnectionError) -> object:
    """Return what urllib3 or the encryption said."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return reason.args[0] if isinstance(reason, EncryptionError) and reason.args else reason


def retry_after(response: requests.Response) -> float:
    """Return the seconds that the host asks to wait; 0 where it does not say, or not readably."""
    try:
        return Retry(retry_after_max=10**9).parse_retry_after(response.headers.get("Retry-After", "0"))
    except InvalidHeader:
        return 0.0
