"""Imports run from right to left only: a module knows what stands before it, never what stands after it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "credrisk"

LAYERS = (
    {"atomic", "dates", "errors", "frames", "injection", "progress"},
    {"engines", "ledger"},
    {"wording"},
    {"simulate", "sources"},
    {"features"},
    {"models", "portfolio"},
    {"decisions"},
    {"reports"},
    {"pipeline"},
    {"widgets"},
    {"cli"},
)
"""From left to right; parts of one layer do not know each other, but for the first."""

PLACE = {part: place for place, parts in enumerate(LAYERS) for part in parts}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield what is imported at run time, inside functions too; `if TYPE_CHECKING:` is passed over."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from ((name.name, child.lineno) for name in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert not child.level, f"a relative import in line {child.lineno}"
            if child.module == "credrisk":
                yield from ((f"credrisk.{name.name}", child.lineno) for name in child.names)
            else:
                yield str(child.module), child.lineno
        yield from imports(child)


def faults(path: Path, text: str) -> list[str]:
    own, found = part_of(path), []
    for name, line in imports(ast.parse(text)):
        package, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if package != "credrisk" or other in (own, "__version__"):
            continue
        left = PLACE.get(other, len(LAYERS)) < PLACE[own] or PLACE.get(other) == PLACE[own] == 0
        if not left:
            found.append(f"line {line}: {own} imports {name}")
    return found


def test_every_part_has_its_place() -> None:
    assert {part_of(path) for path in MODULES} == set(PLACE)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_stands_left_of_it(path: Path) -> None:
    assert faults(path, path.read_text(encoding="utf-8")) == []


def test_an_import_to_the_right_is_found_wherever_it_stands() -> None:
    inside = "def lazily():\n    from credrisk.pipeline.job import run\n    return run\n"
    assert faults(PACKAGE / "ledger" / "read.py", inside) == ["line 2: ledger imports credrisk.pipeline.job"]
    assert faults(PACKAGE / "models" / "rows.py", "import credrisk.portfolio.ageing")
    assert faults(PACKAGE / "models" / "rows.py", "from credrisk import Ledger")
    for_types = "if TYPE_CHECKING:\n    from credrisk.pipeline.job import run\n"
    assert faults(PACKAGE / "ledger" / "read.py", for_types) == []
