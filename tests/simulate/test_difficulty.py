"""How hard the simulated problem is has been fixed: no number of the simulator changes without somebody saying so.

The figures in docs/simulator.md (the oracles' AUC, the rate of failure) and every result measured on simulated ledgers
rest on these numbers. Whoever changes one measures again (``python benchmarks/truth.py``) and then changes the pin.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

import pytest

import credrisk.simulate

FOLDER = Path(credrisk.simulate.__file__).parent
PINNED = {
    "accounts": "3077acf35485",
    "cash": "a202c48a9488",
    "clock": "fa9d8ebdad62",
    "collection": "d49454668542",
    "deductions": "cf3cbe223b85",
    "disputes": "2d5f18701034",
    "failure": "800a0e9b3337",
    "health": "61b6bf7ed35d",
    "limits": "faf9260b25c3",
    "market": "a03c5c97cce9",
    "sales": "b77bb927b152",
    "scenarios": "71e87b009311",
    "statements": "ecd824f6811d",
    "write_off": "a6a0d8137932",
}


def numbers(text: str) -> list[float]:
    """Return every number that is written in a module, in order, with its sign."""
    tree = ast.parse(text)
    negative = {
        id(node.operand) for node in ast.walk(tree) if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    }
    found = [
        (node.lineno, node.col_offset, -node.value if id(node) in negative else node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)
    ]
    return [float(value) for _, _, value in sorted(found)]


def fingerprint(text: str) -> str:
    return hashlib.sha256(repr(numbers(text)).encode()).hexdigest()[:12]


@pytest.mark.parametrize("module", PINNED)
def test_no_number_of_the_simulator_changes_unseen(module: str) -> None:
    assert fingerprint((FOLDER / f"{module}.py").read_text(encoding="utf-8")) == PINNED[module], (
        "A number of the simulator changed, and with it perhaps how hard the problem is: measure again with "
        "benchmarks/truth.py, then change the pin."
    )


def test_a_changed_number_or_sign_changes_the_pin() -> None:
    assert numbers("A = -0.5\ndef f(x):\n    return 2 * x + 1.5\n") == [-0.5, 2.0, 1.5]
    assert len({fingerprint(text) for text in ("A = 0.5", "A = -0.5", "A = 0.51")}) == 3
    assert fingerprint("A = 0.5  # said otherwise") == fingerprint('"""Said."""\nB = 0.50')
