"""What comes over the wire: within one time from the first header on, unpacked, bounded, whole, without secrets.

A timeout of a socket counts from byte to byte, so a host that drips could keep a reader for ever; here every read of an
answer has only what is left of the whole time. A packed body that ends too early is an error: zlib alone does not tell.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, ReadTimeoutError

from credrisk.errors import SourceError

__all__ = ["PACKED", "POOLS", "forget_secrets", "read_body"]

PACKED = "gzip"
"""The one way of packing that is offered to hosts."""

CHUNK = 65_536


class _TimelyReads(io.RawIOBase):
    """The bytes of a socket until a moment, after which reading is a timeout."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer is not complete in time")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimelyResponse(http.client.HTTPResponse):
    """An answer that has, headers and body together, the time that the socket is allowed for one read."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if seconds := sock.gettimeout():
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_TimelyReads(raw, sock, time.monotonic() + seconds))


class _Connection(HTTPConnection):
    response_class = _TimelyResponse


class _EncryptedConnection(HTTPSConnection):
    response_class = _TimelyResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _EncryptedConnection


POOLS = {"http": _Pool, "https": _EncryptedPool}
"""Connections whose answers are read in time, for ``pool_classes_by_scheme`` of a pool manager."""


def read_body(response: requests.Response, *, max_bytes: int) -> None:
    """Read the body of a streamed answer into it.

    Raises
    ------
    SourceError
        When it is larger than ``max_bytes``, unpacked, or packed in another way than offered.
    requests.RequestException
        When it is late, cut, or cannot be unpacked.
    """
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", PACKED, f"x-{PACKED}"):
        response.close()
        raise SourceError(f"{response.url}: packed in a way that was not offered ({packing[:20]}).")
    unpacker = _Unpacker() if packing not in ("", "identity") else None
    body = bytearray()
    try:
        while chunk := response.raw.read1(CHUNK, decode_content=False):
            body += unpacker.unpack(chunk, max_bytes + 1 - len(body)) if unpacker else chunk
            if len(body) > max_bytes:
                raise SourceError(f"{response.url}: the answer is larger than {max_bytes:,} bytes.")
    except zlib.error:
        raise requests.exceptions.ContentDecodingError("the packed answer cannot be unpacked") from None
    except ReadTimeoutError:
        raise requests.ReadTimeout("the answer is not complete in time") from None
    except HTTPError as error:
        raise requests.ConnectionError(type(error).__name__) from None
    finally:
        response.close()
    if unpacker and not unpacker.whole:
        raise requests.ConnectionError("the packed answer ends too early")
    response._content = bytes(body)
    response._content_consumed = True  # type: ignore[attr-defined]


def forget_secrets(
    response: requests.Response, request: requests.PreparedRequest, secret_params: Mapping[str, Any]
) -> None:
    """Let an answer name the request as it was before secrets were added, also where it sends on elsewhere."""
    response.request, response.url = request, request.url or ""
    if secret_params and "Location" in response.headers:
        target = urlsplit(response.headers["Location"])
        kept = [(name, value) for name, value in parse_qsl(target.query, True) if name not in secret_params]
        response.headers["Location"] = target._replace(query=urlencode(kept)).geturl()


class _Unpacker:
    """Unpacks gzip, member by member; what follows the last member is passed over, as browsers do."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._started = False

    @property
    def whole(self) -> bool:
        """Whether the last member has ended; nothing at all is a whole body too."""
        return self._member.eof or not self._started

    def unpack(self, chunk: bytes, at_most: int) -> bytes:
        """Return no more than ``at_most`` bytes (1 or more), whatever is packed into the chunk."""
        self._started = True
        unpacked = bytearray()
        while chunk and len(unpacked) < at_most:
            if self._member.eof:
                if not chunk.startswith(b"\x1f\x8b"):
                    break
                self._member = zlib.decompressobj(wbits=31)
            unpacked += self._member.decompress(chunk, at_most - len(unpacked))
            chunk = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return bytes(unpacked)
