"""The command `memo`: one page for one customer, a folder for several, refusals before any work."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import refused, succeeded

from credrisk.simulate.simulator import simulate_ledger

DAY = ("--as-of", "2024-06-30")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("memo") / "ledger"
    simulate_ledger(customers=60, months=18, seed=4).write(folder)
    return folder


@pytest.fixture(scope="module")
def ids(ledger: Path) -> list[str]:
    lines = (ledger / "customers.csv").read_text(encoding="utf-8").splitlines()[1:4]
    return [line.split(",")[0] for line in lines]


def test_one_customer_is_one_page(ledger: Path, ids: list[str], tmp_path: Path) -> None:
    target = tmp_path / "new" / "memo.html"
    said = succeeded("memo", ledger, "--customer", ids[0], "--out", target, "--refits", "0", *DAY)
    assert said.out == f"Written to {target}"
    page = target.read_text(encoding="utf-8")
    assert "As of <strong>30 June 2024</strong>" in page
    assert f"<dd>{ids[0]}</dd>" in page
    assert "overwr" in refused("memo", ledger, "--customer", ids[0], "--out", target, "--refits", "0")


def test_several_customers_are_a_folder(ledger: Path, ids: list[str], tmp_path: Path) -> None:
    target = tmp_path / "memos"
    chosen = [argument for each in ids for argument in ("--customer", each)]
    said = succeeded("memo", ledger, *chosen, "--out", target, "--refits", "0", *DAY).out
    assert sorted(path.name for path in target.iterdir()) == sorted(f"memo-{each}.html" for each in ids)
    for each in ids:
        assert f"Written to {target / f'memo-{each}.html'}" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--customer", "nobody"), ("nobody", "nearest")),
        (("--customer", "ID", "--refits", "5"), ("--refits", "10 or more")),
        (("--customer", "ID", "--as-of", "2031-01-01"), ("within what the ledger covers", "2031-01-01")),
        (("--customer", "ID", "--policy", "gone.toml"), ("policy", "gone.toml")),
        (("--customer", "ID", "--customer", "ID"), ("different ids",)),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    ledger: Path, ids: list[str], tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    spoken = [ids[0] if argument == "ID" else argument for argument in arguments]
    message = refused("memo", ledger, *spoken, "--out", tmp_path / "out")
    for word in words:
        assert word in message
    assert not (tmp_path / "out").exists()
