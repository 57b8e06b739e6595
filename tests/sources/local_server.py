"""A web server on this machine that answers what a test tells it to, and counts what it was asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JSON = "application/json"


@dataclass(frozen=True)
class Said:
    """One answer. ``drip`` seconds pass before every byte, ``announce`` overrides the stated length."""

    body: bytes = b"{}"
    status: int = 200
    kind: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    drip: float = 0.0
    announce: int | None = None


@dataclass
class LocalServer:
    """The answers by path (the last one repeats) and the requests seen, in order."""

    url: str = ""
    answers: dict[str, list[Said]] = field(default_factory=dict)
    seen: list[tuple[float, str, str, dict[str, str], bytes]] = field(default_factory=list)

    def say(self, path: str, *answers: Said) -> str:
        """Set the answers of a path and return its address."""
        self.answers[path] = list(answers)
        return self.url + path

    def count(self, path: str) -> int:
        """How often a path was asked for, whatever its query."""
        return sum(one[2].partition("?")[0] == path for one in self.seen)


@contextmanager
def serving() -> Iterator[LocalServer]:
    """Serve on a free port of 127.0.0.1."""
    state = LocalServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            state.seen.append((time.time(), self.command, self.path, dict(self.headers), body))
            said = state.answers.get(self.path.partition("?")[0], [Said(b"nothing here", 404, "text/plain")])
            answer = said.pop(0) if len(said) > 1 else said[0]
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body) if answer.announce is None else answer.announce))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            try:
                if answer.drip:
                    for byte in answer.body:
                        time.sleep(answer.drip)
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                else:
                    self.wfile.write(answer.body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
