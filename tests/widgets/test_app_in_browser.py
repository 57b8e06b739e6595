"""The app, and notebook 04 in JupyterLab, opened in headless Chromium: sliders, pins and filters change the list."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from desk_world import HOSTILE, write_run
from playwright.sync_api import Page, expect, sync_playwright
from reports.test_looks import tool

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0
"""Seconds for what takes a few on a quiet machine."""

OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
RUN_CODE = """
([address, session]) => new Promise((done, failed) => {
  const socket = new WebSocket(address);
  const heard = [];
  const say = (kind, content) => socket.send(JSON.stringify({
    header: {msg_id: kind, msg_type: kind, username: "x", session, version: "5.3", date: new Date().toISOString()},
    parent_header: {}, metadata: {}, content: content, channel: "shell", buffers: [],
  }));
  socket.onopen = () => {
    say("execute_request", {code: "raise SystemExit", silent: false, store_history: false, allow_stdin: false,
      user_expressions: {}, stop_on_error: true});
    say("kernel_info_request", {});
  };
  socket.onmessage = (event) => {
    const kind = JSON.parse(event.data).header.msg_type;
    heard.push(kind);
    if (kind === "kernel_info_reply") { socket.close(); done(heard); }
  };
  socket.onerror = () => failed("no connection");
})
"""
"""Ask the kernel of the page to run code, then who it is: that only the second is answered is what must be."""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_run(tmp_path_factory.mktemp("app"))


@pytest.fixture
def page() -> Iterator[tuple[Page, list[str], list[str]]]:
    """Give a page, every address that it asks for, and the sockets that it opens."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=tool("chromium"), args=OPTIONS.split())
        opened = browser.new_page(viewport={"width": 1280, "height": 2000})
        opened.set_default_timeout(1000 * PATIENCE)
        expect.set_options(timeout=1000 * PATIENCE)
        asked: list[str] = []
        sockets: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("websocket", lambda socket: sockets.append(socket.url))
        yield opened, asked, sockets
        browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[tuple[str, Path]]:
    """Run a server until the block is over; give the address that it printed, and what it prints."""
    said = folder / "said.txt"
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with said.open("w") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment | {"PYTHONPATH": path}, stdout=out, stderr=out
        )
        try:
            yield found_in(said, process), said
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    assert "Traceback" not in said.read_text()


def found_in(said: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = re.search(r"http://127\.0\.0\.1:\d+/\S*token=\S+", said.read_text())
        if found:
            return found.group(0)
        assert process.poll() is None, said.read_text()
        time.sleep(0.1)
    raise AssertionError(said.read_text())


def app_command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from credrisk.cli import main; main()", "app", *arguments]


def answer(address: str, host: str = "") -> tuple[int, str]:
    """Return the status and the text of an answer, redirections followed."""
    asked = urllib.request.Request(address, headers={"Host": host} if host else {})  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as got:  # noqa: S310
            return got.status, got.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def names(page: Page) -> list[str]:
    return page.locator(".queue-table tbody tr").evaluate_all("rows => rows.map(row => row.dataset.customer)")


def work_at_the_desk(page: Page) -> None:
    """Move the slider, pin an account, filter, sort: after each the list is another one."""
    rows, changes = page.locator(".queue-table tbody tr"), page.locator(".credrisk-desk .side")
    expect(rows).to_have_count(3)
    first = names(page)
    handle = page.locator(".credrisk-desk .side .noUi-handle").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(rows).to_have_count(5)
    assert set(first) < set(names(page))
    expect(changes).to_contain_text("2 more contacts: ")
    show = page.get_by_label("Show", exact=True)
    show.select_option("may be contacted")
    expect(page.locator(".credrisk-desk .more").first).to_contain_text("may be contacted")
    waiting = page.locator(".queue-table tbody tr:not(.today)").last
    customer = waiting.get_attribute("data-customer")
    waiting.click()
    lay = page.get_by_role("button", name="Lay it")
    expect(lay).to_be_enabled()
    lay.click()
    expect(page.locator(".credrisk-desk .refused")).to_contain_text("reason must be said")
    page.get_by_placeholder("Why: it is read by whoever comes after").fill("visit on Friday")
    lay.click()
    expect(changes).to_contain_text("Your pins, boosts and exclusions")
    show.select_option("pinned, boosted, excluded")
    expect(rows).to_have_count(1)
    assert names(page) == [customer]
    show.select_option("all accounts")
    page.get_by_placeholder("Name or number").fill("alert(1)")
    expect(rows).to_have_count(1)
    expect(rows.first.locator(".who")).to_contain_text("<script>alert(1)</script>")
    assert page.locator(".queue-table script").count() == 0
    page.get_by_placeholder("Name or number").fill("")
    expect(page.locator(".queue-table tbody tr").nth(50)).to_be_attached()
    page.get_by_role("button", name="Past due", exact=True).click()
    expect(page.locator(".queue-table th[aria-sort=descending]")).to_have_text("Past due")
    amounts = page.locator(".queue-table tbody tr td:nth-child(7)").evaluate_all(
        "cells => cells.map(cell => Number(cell.textContent.replaceAll(',', '')))"
    )
    assert amounts == sorted(amounts, reverse=True)


def run_all_cells(page: Page) -> None:
    """Choose Run All Cells from the menu, again until the notebook begins: before its kernel is there nothing does."""
    begun = page.locator(".jp-CodeCell .jp-InputPrompt").filter(has_text=re.compile(r"\[(\*|\d+)\]"))
    for _ in range(20):
        page.keyboard.press("Escape")
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        try:
            expect(begun.first).to_be_visible(timeout=PATIENCE / 20 * 1000)
        except AssertionError:
            continue
        return
    raise AssertionError(page.locator("body").inner_text())


def stayed_here(asked: list[str]) -> bool:
    own = re.compile(r"^(blob:)?(http|ws)://(127\.0\.0\.1|localhost):|^data:|^about:")
    return bool(asked) and all(own.match(address) for address in asked)


def test_the_app_in_the_browser(run, page, tmp_path):
    ledger, results = run
    opened, asked, sockets = page
    port = free_port()
    command = app_command(
        str(ledger), "--results", str(results), "--capacity", "3", "--port", str(port), "--no-browser"
    )
    with started(command, {"TMPDIR": str(tmp_path)}, tmp_path) as (address, said):
        bare = address.partition("?")[0]
        # Without the token there is a question for it, and nothing else.
        assert "queue-table" not in answer(bare)[1]
        assert 'type="password"' in answer(bare)[1]
        token = address.partition("?")[2]
        assert answer(address, host="evil.example")[0] == 403
        for path in ("tree", "lab", "terminals/1", "api/terminals", "api/contents", "voila/files/list.ipynb"):
            status, text = answer(f"{bare}{path}?{token}")
            assert status in (403, 404), path
            assert "credrisk.widgets" not in text
        kept = [path for path in tmp_path.iterdir() if path.name.startswith("credrisk-app-")]
        assert [path.stat().st_mode & 0o077 for path in kept] == [0]
        opened.goto(address, wait_until="commit")
        work_at_the_desk(opened)
        assert stayed_here(asked + sockets)
        (kernel,) = {re.search(r"/api/kernels/([0-9a-f-]{36})", socket).group(1) for socket in sockets}
        heard = opened.evaluate(RUN_CODE, [f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels?session_id=x", "x"])
        assert not {"execute_reply", "execute_input", "error"} & set(heard)
        # A second one cannot have the port, and says so before it works anything out.
        second = subprocess.run(
            command,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert second.returncode == 1
        assert "--port must be free" in second.stderr
    assert "The page is closed." in said.read_text()
    assert not any(path.exists() for path in kept)


def test_notebook_04_in_jupyterlab(run, page, tmp_path):
    ledger, results = run
    opened, asked, sockets = page
    folder = tmp_path / "notebooks"
    folder.mkdir()
    told = json.loads((ROOT / "notebooks" / "04_prioritise_collection.ipynb").read_text(encoding="utf-8"))
    (given,) = [cell for cell in told["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    given["source"] = f"LEDGER = {str(ledger)!r}\nAS_OF = None\nRESULTS = {str(results)!r}\nCAPACITY = 3"
    (folder / "04.ipynb").write_text(json.dumps(told), encoding="utf-8")
    spec = tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": start, "display_name": "Python 3", "language": "python"}))
    settings = tmp_path / "settings" / "@jupyterlab"
    for name, content in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    }.items():
        place = settings / f"{name}.jupyterlab-settings"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(content))
    environment = {
        "JUPYTER_PATH": str(tmp_path / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={free_port()}", "--port-retries=0", "--ServerApp.root_dir=" + str(folder)]
    command += ["--IdentityProvider.token=secret", "--LabApp.extension_manager=readonly"]
    with started(command, environment, tmp_path) as (address, _):
        base = address.partition("/lab")[0]
        opened.goto(f"{base}/lab/tree/04.ipynb?token=secret", wait_until="commit")
        expect(opened.get_by_role("heading", name="Prioritise collection")).to_be_visible()
        expect(opened.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible()
        run_all_cells(opened)
        work_at_the_desk(opened)
        expect(opened.locator("text=Today's list gains").last).to_be_visible()
        assert opened.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        assert stayed_here(asked + sockets)


def test_the_hostile_name_is_one() -> None:
    assert "<script>" in HOSTILE
    assert len(HOSTILE) > 300
