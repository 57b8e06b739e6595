"""`import credrisk` and `credrisk --help` load no data, model or plotting library."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "sklearn",
    "scipy",
    "lightgbm",
    "matplotlib",
    "duckdb",
    "pandera",
    "pyspark",
    "requests",
    "ipywidgets",
    "voila",
)
COMMANDS = (
    "run",
    "check",
    "import",
    "init",
    "update",
    "panel",
    "validate",
    "monitor",
    "simulate",
    "policy",
    "provision",
    "match",
    "enrich",
    "sources",
    "market",
    "scorecard",
    "cash",
    "order",
    "log",
    "limits",
    "team",
    "promises",
    "disputes",
    "replay",
    "effects",
    "letters",
    "statement",
    "late-fees",
    "discounts",
    "plan",
    "settle",
    "agency",
    "queue",
    "company",
    "watch",
    "addresses",
    "app",
    "apply",
)


def loaded_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('LOADED', *sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    "code",
    [
        "import credrisk",
        "sys.argv = ['credrisk', '--help']\nfrom credrisk.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass",
    ],
)
def test_start_is_light(code: str) -> None:
    assert not loaded_after(code) & set(HEAVY)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_with_an_example(command: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.argv=['credrisk', '{command}', '--help']; from credrisk.cli import main; main()",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Example:" in done.stdout
