"""An id is found in its row, whatever ids look like, and one that is not there is not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from credrisk.errors import DataError
from credrisk.pipeline import partition_ids
from credrisk.pipeline.partition_ids import _Pattern, index_of

RUNNING = [f"D{number:06d}" for number in (7, 3, 12, 5, 40)]
FAR_APART = ["D000001", "D900000", "D000002"]
UNLIKE = ["7", "07", "D000001", "d000001", "", "ß", "D00001"]
IN_ORDER = [f"D{number:06d}" for number in range(998, 1_003)]
LONG = [f"INV-2024-{number:018d}" for number in (123_456_789_012_345_678, 123_456_789_012_345_671)]
BARE = [f"{number:011d}" for number in (99_999_999_999, 99_999_999_990, 99_999_999_995)]
NEARLY = ["D00000/", "D00000:", "D00/000", "D000997", "D001003", "INV-2024-12345678901234567:", "9999999999:"]
STRANGE = [*NEARLY, "D000099", "D00007", "X000007", "D0000 7", "D00000\u00b2", "+000007", "nothing", None]


@pytest.mark.parametrize("ids", [RUNNING, IN_ORDER, LONG, BARE, FAR_APART, UNLIKE, [], ["one"]])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_each_id_is_found_in_its_row(ids: list[str], kind: pa.DataType, chunk: int) -> None:
    chunks = [pa.array(ids[first : first + chunk], kind) for first in range(0, len(ids), chunk)]
    index = index_of("documents", "document_id", lambda: chunks)
    asked = [*reversed(ids), *STRANGE]
    rows = {name: row for row, name in enumerate(ids)}
    assert index.find(pa.array(asked, kind)).tolist() == [rows.get(name, -1) for name in asked]
    assert index.find(pa.array(asked, kind).slice(1)).tolist() == [rows.get(name, -1) for name in asked[1:]]


def test_running_numbers_are_looked_up_in_a_table_and_others_by_hash() -> None:
    kinds = [
        type(index_of("documents", "document_id", lambda ids=ids: [pa.array(ids)])).__name__
        for ids in (RUNNING, UNLIKE, ["D000001", "D900000"])
    ]
    assert kinds == ["_Numbered", "_Hashed", "_Hashed"]


@pytest.mark.parametrize("digits", range(1, 19))
@pytest.mark.parametrize("prefix", ["", "D", "Ab-", "INVOICES/", "é"])
def test_numbers_of_any_length_are_read_and_what_is_near_is_none(prefix: str, digits: int) -> None:
    number = 987_654_321_012_345_678 % 10**digits
    pattern = _Pattern(f"{prefix}{number:0{digits}d}".encode())
    given = [number, 0, 10**digits - 1]
    ids = [f"{prefix}{n:0{digits}d}" for n in given]
    assert pattern.numbers(pa.array(ids)).tolist() == given
    place = len(prefix) + digits // 2
    wrong = [f"{ids[0][:place]}{other}{ids[0][place + 1 :]}" for other in "/:@J\0\x7f"]
    other = [f"{chr(ord(prefix[0]) + 1)}{ids[0][1:]}"] if prefix else []
    assert pattern.numbers(pa.array([*wrong, *other, *ids])).tolist() == [-1] * len([*wrong, *other]) + given


def test_two_ids_that_share_half_of_the_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = partition_ids._hashes
    monkeypatch.setattr(partition_ids, "_hashes", lambda ids: (hashes(ids)[0] % 4, hashes(ids)[1]))
    same = {}
    for number in range(50):
        same.setdefault(int(hashes(pa.array([f"n{number}"]))[0][0] % 4), []).append(f"n{number}")
    pairs = [names[:2] for names in same.values()]
    ids = [name for pair in pairs for name in pair]
    index = index_of("documents", "document_id", lambda: [pa.array([*ids])])
    assert index.find(pa.array(ids)).tolist() == list(range(len(ids)))


@pytest.mark.parametrize("ids", [[*RUNNING, RUNNING[1]], [*UNLIKE, "ß"]])
def test_an_id_in_two_rows_is_refused(ids: list[str]) -> None:
    with pytest.raises(DataError, match="stands in several rows"):
        index_of("documents", "document_id", lambda: [pa.array(ids)])
