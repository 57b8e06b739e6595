"""A stored ledger is read as any other: the same tables and settings, everything kept, what is stated goes first."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from ledger_files import GOOD, folder_of
from random_ledgers import random_ledger

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.store import SETTINGS_FILE, store_ledger


def test_a_stored_ledger_is_read_as_it_was_and_ties_out(tmp_path: Path) -> None:
    read = Ledger.read(folder_of(tmp_path, **GOOD))
    store_ledger(read, tmp_path / "stored")
    again = Ledger.read(tmp_path / "stored")
    assert again.settings == read.settings
    assert again.tables.keys() == read.tables.keys()
    assert all(frame.equals(read.table(name)) for name, frame in again.tables.items())
    assert again.quarantine.equals(read.quarantine.clear())
    assert again.intake.equals(read.intake)
    assert again.check().balances.equals(read.check().balances)


def test_what_is_stated_goes_before_what_was_stored(tmp_path: Path) -> None:
    ledger = random_ledger(3)
    store_ledger(ledger, tmp_path / "stored")
    read = Ledger.read(tmp_path / "stored", currency="usd", covers_to="2024-10-31", static=("country",))
    assert (read.settings.currency, read.settings.covers_to) == ("USD", date(2024, 10, 31))
    assert (read.settings.covers_from, read.settings.static) == (ledger.settings.covers_from, ("country",))
    with pytest.raises(ParameterError, match="currency"):
        Ledger.read(tmp_path / "stored", currency="crowns")


def test_a_settings_file_that_is_none_is_said(tmp_path: Path) -> None:
    store_ledger(random_ledger(3), tmp_path / "stored")
    (tmp_path / "stored" / SETTINGS_FILE).write_text("{}")
    with pytest.raises(DataError, match="not of the format"):
        Ledger.read(tmp_path / "stored")
