"""From an unknown CSV to the ranked list by the page alone: each command on it runs, and the list is not empty."""

from __future__ import annotations

import io
import re
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from command import credrisk, refused, succeeded

import credrisk as package

PAGE = (Path(__file__).parents[2] / "docs" / "first-ten-minutes.md").read_text(encoding="utf-8")


def grouped(euros: int) -> str:
    return f"{euros:,}".replace(",", ".") + ",00"


def export() -> list[str]:
    """Forty customers over twenty months: most pay a little late, five stop paying in spring."""
    lines = ["Rechnungsnr;Kundennr;Kundenname;Rechnungsdatum;Fälligkeit;Betrag;Bezahlt am"]
    last = date(2025, 8, 31)
    for month in range(20):
        for customer in range(1, 41):
            day = date(2024, 1, 2) + timedelta(days=30 * month + customer)
            due = day + timedelta(days=30)
            paid = due + timedelta(days=(customer * 7 + month * 3 - 6) % 23 + (1 if customer % 2 else 0))
            stopped = customer % 8 == 0 and month >= 14
            settled = "" if stopped or paid > last else f"{paid:%d.%m.%Y}"
            number = f"{len(lines):06d}"
            lines.append(
                f"{number};{100 + customer:05d};Kunde {100 + customer} GmbH;{day:%d.%m.%Y};{due:%d.%m.%Y};"
                f"{grouped(1000 + 137 * customer + 10 * month)};{settled}"
            )
    return lines


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "export.csv").write_bytes("\r\n".join(export()).encode("cp1252"))
    return tmp_path


def shown(kind: str) -> list[str]:
    return [line for line in re.findall(r"^    (credrisk .*)$", PAGE, flags=re.MULTILINE) if kind in line]


def test_the_page_shows_the_export_that_is_tested() -> None:
    block = re.search(r"```\n(Rechnungsnr.*?)```", PAGE, flags=re.DOTALL)
    assert block is not None
    assert block[1].splitlines() == export()[:3]


def test_every_command_of_the_page_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown("credrisk")
    assert [line.split()[1] for line in lines] == ["import", "import", "import", "check", "run", "queue"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("EUR\n\n"))
    for line in lines:
        outcome = credrisk(*line.split()[1:])
        assert outcome.code == 0, outcome
    ledger = package.Ledger.read("my-ledger")
    rows = [line.split(";") for line in export()[1:]]
    assert ledger.tables["documents"].height == len(rows)
    cents = sum(int(row[5].replace(".", "").replace(",", "")) for row in rows)
    assert ledger.tables["documents"]["amount"].sum() == cents
    paid = sum(int(row[5].replace(".", "").replace(",", "")) for row in rows if row[6])
    assert ledger.tables["applications"]["amount"].sum() == paid
    queue = (folder / "results" / "queue.csv").read_text(encoding="utf-8").splitlines()
    assert len(queue) > 1


def test_the_dialogue_asks_the_currency_alone_and_accepts_a_correction(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("EUR\nexport.settled_on=\n\n"))
    outcome = succeeded("import", "wizard", "export.csv")
    assert outcome.out.count("In which currency are the amounts?") == 1
    assert "Rechnungsdatum of export: day first, proved by" in outcome.out
    assert "what has a Bezahlt am is taken to be paid in full" in outcome.out
    written = (folder / "mapping.toml").read_text(encoding="utf-8")
    assert "settled_on" not in written  # the correction said that no column is the day of settlement
    assert 'dates = "%d.%m.%Y"' in written


def test_a_typing_error_is_asked_again_and_the_other_answers_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        f"{line};{'Typ' if not number else 'Rest' if number == 3 else 'RE'}" for number, line in enumerate(export())
    ]
    (folder / "export.csv").write_text("\n".join(rows), encoding="utf-8")
    typed = ["write-off", "dollars", "eur", "export.due_date=Falig", "Faellig", "export.recorded_at=", ""]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(typed) + "\n"))
    outcome = succeeded("import", "wizard", "export.csv")
    assert outcome.out.count("What are the rows with Typ 'Rest'") == 1
    assert outcome.out.count("In which currency are the amounts?") == 2
    assert "currency=dollars is not taken: currency must be a code of ISO 4217" in outcome.out
    assert "export.due_date=Falig is not taken" in outcome.out
    assert "The other 2 answers stay" in outcome.out
    assert "Wanted: FILE.THING=COLUMN" in outcome.out
    assert "Rest" in (folder / "mapping.toml").read_text(encoding="utf-8")


def test_without_an_answer_the_script_stops_with_the_question(folder: Path) -> None:
    said = refused("import", "wizard", "export.csv", "--yes")
    assert "currency=" in said
    assert not (folder / "mapping.toml").exists()


def test_nothing_is_overwritten_unasked(folder: Path) -> None:
    (folder / "mapping.toml").write_text("mine", encoding="utf-8")
    said = refused("import", "wizard", "export.csv", "--yes", "--answer", "currency=EUR")
    assert "--overwrite" in said
    assert (folder / "mapping.toml").read_text(encoding="utf-8") == "mine"


def test_ambiguous_dates_stop_the_script(folder: Path) -> None:
    few = [line for line in export() if re.search(r";0\d\.0\d\.\d{4};0\d\.0\d\.\d{4};", line)]
    short = [";".join(line.split(";")[:6]) for line in (export()[0], *few)]
    (folder / "short.csv").write_text("\n".join(short), encoding="utf-8")
    said = refused("import", "wizard", "short.csv", "--yes", "--answer", "currency=EUR")
    assert "dates.short=day_first or dates.short=month_first" in said
    succeeded("import", "wizard", "short.csv", "--yes", "--answer", "currency=EUR", "--answer", "dates.short=day_first")


@pytest.mark.parametrize("answer", ["currency", "=EUR"])
def test_an_answer_without_key_or_value_is_refused(folder: Path, answer: str) -> None:
    assert "KEY=VALUE" in refused("import", "wizard", "export.csv", "--answer", answer)


def test_where_nobody_can_answer_it_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert "--answer currency= a code of ISO 4217" in refused("import", "wizard", "export.csv")


def test_the_next_command_can_be_pasted_where_names_have_blanks(folder: Path) -> None:
    (folder / "export.csv").rename(folder / "AR list.csv")
    said = succeeded("import", "wizard", "AR list.csv", "--yes", "--answer", "currency=EUR", "--out", "my map.toml").out
    assert "credrisk import 'AR list.csv' --map 'my map.toml' --out my-ledger" in said
    read = succeeded("import", "AR list.csv", "--map", "my map.toml", "--out", "our ledger").out
    assert "credrisk run 'our ledger'" in read
