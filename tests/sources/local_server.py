"""A web server on this machine that answers what a test tells it to, breaks as told, and counts what it was asked."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

JSON = "application/json"


@dataclass(frozen=True)
class Said:
    """One answer.

    ``wait`` seconds pass before it, ``drip`` seconds before every byte; ``announce`` overrides the stated length (a
    longer one is never fulfilled: the connection is closed); ``raw`` bytes go out instead of everything else, and the
    connection is closed; ``times`` repeats the body, without a stated length.
    """

    body: bytes = b"{}"
    status: int = 200
    kind: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    drip: float = 0.0
    announce: int | None = None
    wait: float = 0.0
    raw: bytes | None = None
    times: int = 1


@dataclass
class LocalServer:
    """The answers by path (the last one repeats), the fault that changes them, and the requests seen, in order."""

    url: str = ""
    answers: dict[str, list[Said]] = field(default_factory=dict)
    fault: Callable[[str, Said], Said] | None = None
    seen: list[tuple[float, str, str, dict[str, str], bytes]] = field(default_factory=list)
    untrusted_url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, path: str, *answers: Said) -> str:
        """Set the answers of a path and return its address."""
        self.answers[path] = list(answers)
        return self.url + path

    def count(self, path: str) -> int:
        """How often a path was asked for, whatever its query."""
        return sum(one[2].partition("?")[0] == path for one in self.seen)

    def next_answer(self, path: str) -> Said:
        """Take the answer of a path, as the fault lets it be."""
        with self.lock:
            said = self.answers.get(path, [Said(b"nothing here", 404, "text/plain")])
            answer = said.pop(0) if len(said) > 1 else said[0]
            return self.fault(path, answer) if self.fault else answer


class Handler(BaseHTTPRequestHandler):
    """Answers from the state of its server, on connections that stay open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: LocalServer

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.state.seen.append((time.time(), self.command, self.path, dict(self.headers), body))
        answer = self.state.next_answer(self.path.partition("?")[0])
        time.sleep(answer.wait)
        with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self._write_all(answer)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _write_all(self, answer: Said) -> None:
        if answer.raw is not None:
            self.close_connection = True
            self._write(answer.raw, answer.drip)
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        length = len(answer.body) if answer.announce is None else answer.announce
        if answer.times > 1 or length > len(answer.body):
            self.close_connection = True
            self.send_header("Connection", "close")
        if answer.times == 1:
            self.send_header("Content-Length", str(length))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        for _ in range(answer.times):
            self._write(answer.body, answer.drip)

    def _write(self, content: bytes, drip: float) -> None:
        if not drip:
            self.wfile.write(content)
            return
        for byte in content:
            time.sleep(drip)
            self.wfile.write(bytes([byte]))
            self.wfile.flush()


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[LocalServer]:
    """Serve on a free port of 127.0.0.1; with a certificate file encrypted too, at ``untrusted_url``."""
    state = LocalServer()
    handler = type("HandlerOfState", (Handler,), {"state": state})
    plain = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    servers = [plain]
    state.url = f"http://127.0.0.1:{plain.server_address[1]}"
    if certificate is not None:
        encrypted = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        encrypted.socket = context.wrap_socket(encrypted.socket, server_side=True, do_handshake_on_connect=False)
        servers.append(encrypted)
        state.untrusted_url = f"https://127.0.0.1:{encrypted.server_address[1]}"
    threads = []
    for server in servers:
        server.daemon_threads = True
        server.handle_error = lambda *args: None  # type: ignore[method-assign]  # clients that hang up are no news
        threads.append(threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True))
        threads[-1].start()
    try:
        yield state
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


def self_signed(file: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 that nobody trusts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "invented")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    as_pem = serialization.Encoding.PEM
    secret = key.private_bytes(as_pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(secret + certificate.public_bytes(as_pem))
    return file
