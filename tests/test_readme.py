"""What the README shows is true: its Python runs, its commands run on the sample, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command import succeeded

from credrisk.pipeline.writing import OUTPUTS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MARK = "<!-- this block is run by the tests -->"
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
)
LINK = re.compile(r"\]\(([^()\s]+)\)")


def marked_blocks(text: str) -> list[str]:
    return re.findall(re.escape(MARK) + r"\n```python\n(.*?)```", text, flags=re.DOTALL)


def commands(text: str) -> list[str]:
    """Return every command line of credrisk: indented lines, and inline code after `credrisk`."""
    indented = re.findall(r"^    (credrisk .*?)(?:\s+#.*)?$", text, flags=re.MULTILINE)
    inline = re.findall(r"`(credrisk [a-z-]+ [^`]*-[^`]*)`", text)
    return indented + inline


def test_every_python_block_is_marked_and_runs() -> None:
    blocks = marked_blocks(README)
    assert len(blocks) == README.count("```python") > 0
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert done.stdout.count("customer_id") >= 2  # scores and limits; the queue begins with the rank
        assert "severity" in done.stdout


def test_the_training_page_makes_labels_and_a_model_from_the_sample() -> None:
    blocks = marked_blocks((ROOT / "docs" / "model.md").read_text(encoding="utf-8"))
    assert len(blocks) == 2
    told = "\nassert list(model.predict_pd(panel_today).columns) == ['pd_3m', 'pd_6m', 'pd_12m']"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks) + told],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


IMPORTS = (
    "credrisk import exports/ --out my-ledger",
    "credrisk import wizard export.csv --out mapping.toml",
    "credrisk import export.csv --map mapping.toml --out my-ledger",
)
"""Run by the tests of the formats and of the page on the first ten minutes."""


def test_every_command_shown_runs_on_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`my-ledger` is the sample and `results` a new folder."""
    monkeypatch.chdir(tmp_path)
    shown = commands(README)
    kinds = [line.split()[1] for line in shown]
    assert set(kinds) == {
        "check",
        "reconcile",
        "init",
        "update",
        "run",
        "import",
        "panel",
        "store",
        "score",
        "validate",
        "scorecard",
        "cash",
        "monitor",
        "policy",
        "limits",
        "order",
        "log",
        "memo",
        "queue",
        "promises",
        "disputes",
        "team",
        "letters",
        "late-fees",
        "match",
        "enrich",
        "sources",
        "company",
        "watch",
        "addresses",
        "report",
        "apply",
        "portfolio",
        "provision",
        "notebook",
    }
    for line in shown:
        if line.startswith("credrisk import"):
            assert line in IMPORTS
            continue
        arguments = shlex.split(_here(line))[1:]
        succeeded(*arguments)
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == sorted(OUTPUTS)
    made = {"results", "panel.parquet", "stored-ledger", "panel", "probabilities.csv"}
    made |= {"public", "company.html", "watch", "addresses.csv", "reconciliation", "receivables"}
    made |= {"queue", "promises", "disputes", "team", "letters", "late-fees"}
    made |= {"pack", "portfolio", "provision", "at-a-glance.html"}
    made |= {"validation", "scorecard", "cash", "monitoring", "policy.toml", "limits", "decisions.db", "memo.html"}
    assert {path.name for path in tmp_path.iterdir()} == made


def _here(line: str) -> str:
    """Return the command with the sample as the ledger and the examples where they stand."""
    return line.replace("my-ledger", str(ROOT / "data" / "sample")).replace("examples/", f"{ROOT / 'examples'}/")


def test_the_files_that_a_run_writes_are_those_listed() -> None:
    listed = re.findall(r"^\| `([^`]+?)/?` \|", README, flags=re.MULTILINE)
    assert listed == list(OUTPUTS)


def test_the_make_targets_shown_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    shown = set(re.findall(r"^    make ([a-z]+)", README, flags=re.MULTILINE))
    assert {"demo", "test"} <= shown <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_to_a_file(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = {link.partition("#")[0] for link in LINK.findall(text) if "://" not in link and not link.startswith("#")}
    gone = sorted(target for target in targets if not ((ROOT / page).parent / target).exists())
    assert gone == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_within_a_page_leads_to_a_heading(page: str) -> None:
    for link in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        target, mark, anchor = link.partition("#")
        if not mark or "://" in link:
            continue
        there = (ROOT / page).parent / target if target else ROOT / page
        text = there.read_text(encoding="utf-8")
        anchors = {
            re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
        }
        assert anchor in anchors | set(re.findall(r'<a (?:id|name)="([^"]+)"', text)), link
