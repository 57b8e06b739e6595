"""Damaged exports: whatever is cut, doubled or overwritten, every row is accounted for or a clear message comes."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credrisk.errors import CredriskError
from credrisk.sources.erp.files import open_export
from credrisk.sources.erp.formats import import_export, recognise_export
from credrisk.sources.erp.sap_list import text_lines, undo_list

LIST = """\
10.03.2024                Line Item List                 1
----------------------------------------------------------------------------------------------
Customer      1000123
Company Code  1000
Name          Quay Supplies

|S|Document Number|Type|Document Date|Net Due Date|Amount in doc. curr.|Curr.|Clearing Document|Clearing date|
----------------------------------------------------------------------------------------------
| |90000001       |RV  |15.01.2024   |14.02.2024  |            1.234,50|EUR  |1400000007       |20.02.2024   |
| |90000002       |RV  |31.01.2024   |01.03.2024  |           12.000,00|EUR  |                 |             |
| |1600000004     |DG  |01.02.2024   |01.02.2024  |               34,50-|EUR  |1400000007       |20.02.2024   |
| |1400000007     |DZ  |20.02.2024   |20.02.2024  |            1.200,00-|EUR  |1400000007       |20.02.2024   |
----------------------------------------------------------------------------------------------
|*|               |    |             |            |           12.000,00|EUR  |                 |             |
"""
TABLE = """\
BUKRS;KUNNR;BELNR;GJAHR;BUZEI;BLDAT;BUDAT;CPUDT;BLART;SHKZG;WRBTR;WAERS;ZFBDT;ZBD1T;AUGDT;AUGBL
1000;0000000077;0000000001;2024;001;20240110;20240110;20240110;RV;S;100.00;EUR;20240110;30;20240301;0000000003
1000;0000000077;0000000003;2024;001;20240301;20240301;20240301;DZ;H;100.00;EUR;20240301;0;20240301;0000000003
1000;0000000077;0000000002;2024;001;20240110;20240110;20240110;RV;S;50.00;EUR;20240110;30;00000000;
"""
PIECES = [
    "",
    "|",
    ";",
    '"',
    "\n",
    "\t",
    "-",
    "*",
    "0",
    "99999999999999999",
    "EUR",
    "|||",
    "\0",
    "\u00a0",
    ".",
    ",",
    "1E5",
    "é",
]
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """Return the text with a few stretches cut out or overwritten."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(st.sampled_from(PIECES)) + text[end:]
    return text


def accounted(name: str, content: bytes, form: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            _, made = import_export(path, as_format=form)
        except CredriskError:
            return
    counted = made.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert counted.to_list() == made.summary["read"].to_list()
    read = made.sums.filter(table="items read")["amount"].sum()
    assert (
        abs(made.sums.filter(pl.col("table") != "items read")["amount"].sum() - read) < 0.001
        or made.summary["merged"].sum()
    )
    made.tables["documents"]["amount"].cast(pl.Decimal(38, 3))


@quick
@given(damaged(LIST))
def test_damaged_lists(text: str) -> None:
    accounted("list.txt", text.encode(), "sap_fbl5n")


@quick
@given(damaged(TABLE))
def test_damaged_tables(text: str) -> None:
    accounted("BSAD.csv", text.encode(), "sap_tables")


@quick
@given(st.lists(st.sampled_from(LIST.splitlines()), max_size=30))
def test_every_line_of_a_list_is_counted_once(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = undo_list(text_lines(text))
    if found is not None:
        assert found.read == len(list(text_lines(text)))


@quick
@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.xlsx", "a.xls", "a.json", "a.xml", "a.csv.gz", "a.zip"]))
def test_any_bytes_are_files_or_a_message(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with suppress(CredriskError):
            recognise_export(open_export(path))
