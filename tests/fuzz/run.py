"""Fuzz the readers under atheris, which changes inputs until they reach code that none has reached before.

    python tests/fuzz/run.py --minutes 10               # that long, shared by all targets
    python tests/fuzz/run.py --minutes 5 --targets wizard export
    python tests/fuzz/run.py --repeat out/fuzz/wizard/crash-...

An input that breaks a reader is kept under out/fuzz/TARGET; make a named test of it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "fuzz"
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def fuzz(name: str, arguments: list[str]) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["credrisk"], enable_loader_override=False):
        from fuzz.targets import SEEDS, TARGETS

        from credrisk.sources.erp.formats import known_formats

        known_formats()  # its modules are loaded on first use
    corpus = OUT / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]()):
        (corpus / f"seed-{number:02d}").write_bytes(seed)

    def once(data: bytes) -> None:
        TARGETS[name](data)  # what it returns would mean something else to the fuzzer

    atheris.Setup([sys.argv[0], str(corpus), f"-artifact_prefix={OUT / name}/", "-timeout=60", *arguments], once)
    atheris.Fuzz()


def main() -> int:
    """Fuzz the targets one after another, each in a process of its own; return how many were broken."""
    parser = argparse.ArgumentParser(description=str(__doc__), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--runs", type=int, help="so many inputs a target, whatever the time")
    parser.add_argument("--targets", nargs="+", help="these only")
    parser.add_argument("--repeat", type=Path, help="run the target of this kept input on it once")
    given, rest = parser.parse_known_args()
    if given.repeat:
        from fuzz.targets import TARGETS

        TARGETS[given.repeat.parent.name](given.repeat.read_bytes())
        return 0
    if rest:
        fuzz(rest[0].removeprefix("--one="), rest[1:])
        return 0
    from fuzz.targets import TARGETS

    names = given.targets or list(TARGETS)
    bound = f"-runs={given.runs}" if given.runs else f"-max_total_time={int(60 * given.minutes / len(names)) or 1}"
    broken = [
        name
        for name in names
        if subprocess.run([sys.executable, __file__, f"--one={name}", bound, "-seed=7"], check=False).returncode
    ]
    print(f"broken: {', '.join(broken) or 'none'}; kept inputs are under {OUT}")
    return len(broken)


if __name__ == "__main__":
    sys.exit(main())
