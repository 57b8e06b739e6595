"""A PostgreSQL server of the test's own: made, started on a free port of this machine, and thrown away."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Server", "found", "postgres_server"]


@dataclass(frozen=True)
class Server:
    """A running server: its address without a password, the password, and how to give it statements."""

    uri: str
    password: str

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements as the owner; return the rows of the last one."""
        import psycopg

        with psycopg.connect(self.uri, password=self.password, autocommit=True) as connection:
            rows: list[tuple[object, ...]] = []
            for statement in statements:
                cursor = connection.execute(statement)  # type: ignore[arg-type]
                rows = cursor.fetchall() if cursor.description else []
            return rows


def found() -> Path | None:
    """Return the folder of the server's programs: Debian's, the newest first, else that on the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    places = [*debian, *([Path(on_path).parent] if on_path else [])]
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


@contextmanager
def postgres_server() -> Iterator[Server]:
    """Give a running server whose only user is ``owner``, with a password."""
    programs = found()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    # The server refuses to run as root; Debian's package brings the user postgres.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    password = "p@ss/" + secrets.token_hex(8) + "+%"  # what a URI has to escape is in it
    word = folder / "password"
    word.write_text(password)
    word.chmod(0o644)
    data = folder / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def call(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    try:
        auth = ("--auth=scram-sha-256", f"--pwfile={word}", "--username=owner", "--encoding=UTF8", "--no-sync")
        call(str(programs / "initdb"), "-D", str(data), *auth)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = str(folder / "log")
        call(str(programs / "pg_ctl"), "-D", str(data), "-o", options, "-l", log, "-w", "start")
        try:
            yield Server(f"postgresql://owner@127.0.0.1:{port}/postgres", password)
        finally:
            call(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
