"""The app: one page on this machine alone, with a token, and nothing else to be reached."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from credrisk.errors import CredriskError, ParameterError
from credrisk.widgets.desk_files import PLACE

__all__ = ["HOST", "checked", "page_address", "serve"]

HOST = "127.0.0.1"
PACKAGE = Path(__file__).parent
NOTEBOOK = PACKAGE / "collection_desk.ipynb"
KERNEL = "credrisk"
EXTENSIONS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"]
"""Of the browser's side: what shows the widgets, and nothing of what else the user has installed."""

PING_MILLISECONDS = 30_000
IDLE_SECONDS = 1800
"""A page that was closed without a word keeps its kernel for so long."""

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws://{host}:{port}; frame-ancestors 'none'; "
    "form-action 'self'; base-uri 'self'"
)
"""The browser itself refuses to fetch anything from another host."""


def page_address(port: int, token: str) -> str:
    """Return what is typed into the browser."""
    return f"http://{HOST}:{port}/?token={token}"


def checked(port: int) -> Any:
    """Return the class of the server, once it is sure that it can listen on the port.

    Raises
    ------
    CredriskError
        When the packages of the extra ``notebooks`` are not installed.
    ParameterError
        When another program has the port, or this user may not listen on it.
    """
    _refuse_taken(port)
    return _server()


def _refuse_taken(port: int) -> None:
    if not 1 <= port <= 65535:
        raise ParameterError("--port", "a number from 1 to 65535", port)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise ParameterError("--port", "one that you may listen on, such as 8866", port) from None
        except OSError:
            rule = "free: another program listens there"
            raise ParameterError("--port", rule, port, remedy="give another, or close that program.") from None


def serve(folder: Path, *, port: int, browser: bool, ready: Callable[[str], None]) -> None:
    """Serve the desk of ``folder`` until Ctrl-C or a signal to end; every kernel ends with it.

    Parameters
    ----------
    folder
        What :func:`~credrisk.widgets.desk_files.write_desk` wrote. The files of the server are laid beside it, and only
        the notebook of the page is served.
    ready
        Called with the address, token included, once the server listens.

    Raises
    ------
    CredriskError
        When the packages of the extra ``notebooks`` are not installed.
    ParameterError
        When the port is taken.
    """
    served = checked(port)
    word = secrets.token_urlsafe(24)
    page = folder / "page"
    page.mkdir()
    shutil.copy(NOTEBOOK, page / "list.ipynb")
    with _environment(folder):
        app = served(
            notebook_path=str(page / "list.ipynb"),
            ip=HOST,
            port=port,
            port_retries=0,
            token=word,
            open_browser=False,
            config_file_paths=[],
            connection_dir_root=str(folder),
            log_level="ERROR",
            tornado_settings=_settings(port),
        )
        app.update_config(_config(folder))
        app.initialize([])
        app.told = partial(_tell, page_address(port, word), ready, browser)
        app.start()


def _tell(address: str, ready: Callable[[str], None], browser: bool) -> None:
    ready(address)
    if browser:
        webbrowser.open(address)


def _server() -> Any:
    """Return the class of the server; it is made here so that importing this module asks for no extra."""
    try:
        import anywidget  # noqa: F401
        import ipykernel  # noqa: F401
        import ipywidgets  # noqa: F401
        from tornado.ioloop import IOLoop
        from voila.app import Voila
    except ImportError as missing:
        remedy = "What to do: pip install 'credrisk[notebooks]'."
        raise CredriskError(f"The app needs {missing.name}, which is not installed. {remedy}") from None

    class DeskServer(Voila):  # type: ignore[misc]
        """Voila with one page; it tells when it listens."""

        told: Callable[[], None]

        def listen(self) -> None:
            IOLoop.current().add_callback(self.told)
            super().listen()

    return DeskServer


def _config(folder: Path) -> Any:
    from traitlets.config import Config

    config = Config()
    config.VoilaConfiguration.template = "credrisk"
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.file_allowlist = []
    config.VoilaConfiguration.show_tracebacks = False
    config.VoilaConfiguration.strip_sources = True
    config.VoilaConfiguration.attempt_fix_notebook = False
    config.VoilaConfiguration.extension_allowlist = EXTENSIONS
    config.KernelSpecManager.kernel_dirs = [str(folder / "jupyter" / "kernels")]
    config.KernelSpecManager.ensure_native_kernel = False
    config.KernelSpecManager.allowed_kernelspecs = {KERNEL}
    config.MappingKernelManager.cull_idle_timeout = IDLE_SECONDS
    config.MappingKernelManager.cull_interval = 60
    config.MappingKernelManager.cull_connected = False
    return config


def _settings(port: int) -> dict[str, Any]:
    return {
        "allow_remote_access": False,
        "ws_ping_interval": PING_MILLISECONDS,
        "ws_ping_timeout": PING_MILLISECONDS,
        "local_hostnames": [HOST, "localhost"],
        "headers": {
            "Content-Security-Policy": POLICY.format(host=HOST, port=port),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
    }


@contextmanager
def _environment(folder: Path) -> Iterator[None]:
    """Let Jupyter see nothing but what is ours: no settings, kernels or start-up files of the user."""
    spec = folder / "jupyter" / "kernels" / KERNEL
    spec.mkdir(parents=True)
    start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--IPKernelApp.log_level=ERROR"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": start, "display_name": KERNEL, "language": "python"}), encoding="utf-8"
    )
    own = {
        PLACE: str(folder),
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_PATH": os.pathsep.join([str(PACKAGE / "jupyter"), str(folder / "jupyter")]),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
