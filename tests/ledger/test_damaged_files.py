"""Files whose reader stops with a panic, found by fuzzing: an error in words, through every door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import DataError
from credrisk.ledger import Ledger
from credrisk.ledger.native_readers import panics_as_errors
from credrisk.sources.wizard.propose import propose_mapping


class PanicException(BaseException):
    """What a reader raises, as no library exports it."""


def test_a_panic_is_an_error_in_words_and_nothing_else_is() -> None:
    words = r"items\.parquet is damaged: its reader stopped \(left is not right\)"
    with pytest.raises(DataError, match=words), panics_as_errors("items.parquet"):
        raise PanicException("left is not right\nmore")
    with pytest.raises(KeyboardInterrupt), panics_as_errors("items.parquet"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("door", [Ledger.read, propose_mapping])
@pytest.mark.parametrize("way", ["cut", "footer", "pages"])
def test_damaged_parquet_is_refused(tmp_path: Path, door: Callable[[Path], object], way: str) -> None:
    (tmp_path / "customers.csv").write_text("customer_id\nC1\n")
    path = tmp_path / "documents.parquet"
    pl.DataFrame({"document_id": ["D1", "D2"] * 50, "amount": ["1", "2"] * 50}).write_parquet(path)
    whole = bytearray(path.read_bytes())
    size = len(whole)
    damaged = {
        "cut": whole[: size // 2],
        "footer": whole[:-8] + b"\xff\xff\xff\x7f" + whole[-4:],
        "pages": whole[:4] + bytes(40) + whole[44:],
    }
    path.write_bytes(damaged[way])
    with pytest.raises(DataError, match=r"documents(\.parquet)?"):
        door(tmp_path)
