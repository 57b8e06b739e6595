"""What happens to every attempt of every request: its turn, its retries, its bounds, and where it may not go."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import DecodeError, HTTPError, InvalidHeader, MaxRetryError
from urllib3.util.retry import Retry

from credrisk.errors import SourceError
from credrisk.sources.pace import Pace

__all__ = ["RETRIED", "PoliteAdapter"]

RETRIED = (429, 500, 502, 503, 504)
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
"""The only hosts that may be asked without encryption."""
CHUNK = 65_536

_log = logging.getLogger(__name__)


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
        offline: bool,
        secret_headers: Mapping[str, Mapping[str, str]],
        secret_params: Mapping[str, Mapping[str, str]],
    ) -> None:
        super().__init__()
        self._pace, self._max_bytes, self._offline = pace, max_bytes, offline
        self._retries, self._patience, self._refusal_pause = retries, patience, refusal_pause
        self._secret_headers, self._secret_params = secret_headers, secret_params

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request, again where that is right, and return the answer with its body read."""
        url, method = request.url or "", request.method or "GET"
        place, host = _without_query(url), urlsplit(url).hostname or ""
        if urlsplit(url).scheme != "https" and host not in THIS_MACHINE:
            raise SourceError(f"{place}: only https is asked.")
        if self._offline:
            raise SourceError(f"{place}: not in the cache, and the client is offline.")
        retries = self._retries.new()
        while True:
            self._pace.wait(host)
            response: requests.Response | None = None
            try:
                response = self._read(request, host, kwargs)
            except requests.exceptions.SSLError:
                raise
            except (requests.ConnectionError, requests.Timeout) as error:
                problem: requests.RequestException = error
                if method != "GET":
                    raise
            pause = 0.0
            if response is not None:
                self._stays(response, url)
                pause = _retry_after(response)
                refused = response.status_code == 403 or (response.status_code in RETRIED and pause > self._patience)
                if refused:
                    self._pace.leave_alone(host, seconds=max(pause, self._refusal_pause))
                if refused or not retries.is_retry(method, response.status_code):
                    return response
                problem = requests.RequestException(f"status {response.status_code}")
            try:
                retries = retries.increment(method, place, response=None if response is None else response.raw)
            except MaxRetryError:
                if response is None:
                    raise problem from None
                return response
            _log.info("%s: asked again after %s", place, type(problem).__name__ if response is None else problem)
            time.sleep(max(retries.get_backoff_time() or retries.backoff_factor, pause))

    def _read(self, request: requests.PreparedRequest, host: str, kwargs: dict[str, Any]) -> requests.Response:
        sent = request.copy()
        sent.headers.pop("Cache-Control", None)  # how long an answer is kept is told to the cache, not to the host
        sent.headers.update(self._secret_headers.get(host, {}))
        secret_params = self._secret_params.get(host, {})
        sent.prepare_url(sent.url, secret_params)
        seconds = kwargs["timeout"][1]
        deadline = time.monotonic() + seconds
        response = super().send(sent, **{**kwargs, "stream": True})
        _forget(response, request, secret_params)
        body = bytearray()
        try:
            while chunk := response.raw.read1(CHUNK, decode_content=True):
                body += chunk
                if len(body) > self._max_bytes:
                    place = _without_query(request.url)
                    raise SourceError(f"{place}: the answer is larger than {self._max_bytes:,} bytes.")
                if time.monotonic() > deadline:
                    raise requests.ReadTimeout(f"not complete after {seconds:g} s")
        except DecodeError:
            raise requests.exceptions.ContentDecodingError("the packed answer cannot be unpacked") from None
        except HTTPError as error:
            raise requests.ConnectionError(str(error)) from None
        finally:
            response.close()
        response._content = bytes(body)
        response._content_consumed = True  # type: ignore[attr-defined]
        return response

    @staticmethod
    def _stays(response: requests.Response, url: str) -> None:
        if response.is_redirect:
            target = urlsplit(urljoin(url, response.headers["Location"]))
            if target.netloc != urlsplit(url).netloc:
                raise SourceError(
                    f"{_without_query(url)}: sends on to another place, {target.scheme}://{target.netloc}."
                )


def _forget(response: requests.Response, request: requests.PreparedRequest, secrets: Mapping[str, str]) -> None:
    """Let an answer name the request without its secrets, also where it sends on to another address."""
    response.request, response.url = request, request.url or ""
    response.raw._request_url = request.path_url
    if secrets and "Location" in response.headers:
        target = urlsplit(response.headers["Location"])
        kept = [(name, value) for name, value in parse_qsl(target.query, True) if name not in secrets]
        response.headers["Location"] = target._replace(query=urlencode(kept)).geturl()


def _retry_after(response: requests.Response) -> float:
    """Return the seconds that the host asks to wait; 0 where it does not say, or not readably."""
    try:
        return Retry(retry_after_max=10**9).parse_retry_after(response.headers.get("Retry-After", "0"))
    except InvalidHeader:
        return 0.0


def _without_query(url: str | None) -> str:
    return (url or "").partition("?")[0]
