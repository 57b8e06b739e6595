"""A mapping of queries: one SELECT each, and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.errors import ParameterError
from credrisk.sources.database_queries import read_queries, single_select

READS = [
    "select a from b",
    "  SELECT a FROM b;  \n",
    "with x as (select 1 as a) select * from x -- the end",
    "select 'it''s; delete from b' as text, \"update\" from b /* drop; */",
    "select `delete`, [insert] from b",
    "select replace(a, 'x', 'y') from b where c <> '#1'",
    "select a::date, b % 2, '100%' from t where d = ':x'",
]
CHANGES = [
    "delete from b",
    "select 1; select 2",
    "select 1; -- x\n drop table b",
    "with x as (delete from b returning *) select * from x",
    "select * into c from b",
    "select 1 drop table b",
    "update b set a = 1",
    "explain select 1",
    "",
    "-- only a comment",
    "select 'open",
    "select a from b for update",
    "select $$'$$; drop table b; --'",
    r"select '\'; drop table b; --'",
    "select /* /* */ ' */ 1; drop table b --'",
    "select 1 /*! ; drop table b */",
    "select 1--1",
    "select 1 # '\n; drop table b -- '",
    "copy (select 1) to '/tmp/x'",
]


@pytest.mark.parametrize("sql", READS)
def test_a_select_is_taken_as_it_is(sql: str) -> None:
    taken = single_select(sql, "here")
    assert taken
    assert taken in sql
    assert not taken.endswith(";")


@pytest.mark.parametrize("sql", CHANGES)
def test_what_could_change_something_is_refused(sql: str) -> None:
    with pytest.raises(ParameterError, match=r"^here must be"):
        single_select(sql, "here")


def mapping(folder: Path, text: str) -> Path:
    file = folder / "queries.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_queries_are_tables_or_files_of_tables(tmp_path: Path) -> None:
    text = """
[settings]
currency = "EUR"
[queries]
customers = "select * from kunden"
[queries.items]
sql = "select * from posten"
dates = "day_first"
[tables.documents]
file = "items"
[tables.documents.columns]
document_id = "Beleg"
customer_id = "Konto"
document_date = "Datum"
due_date = "Faellig"
amount = "Betrag"
"""
    read = read_queries(mapping(tmp_path, text))
    assert [query.name for query in read.queries] == ["customers", "items"]
    assert read.direct == {"customers"}
    assert read.rules.files[0].dates[0] == "%d/%m/%Y"
    assert read.rules.settings == (("currency", "EUR"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[settings]\ncurrency = 'EUR'\n", "queries.toml: queries must be given"),
        ("[queries]\nx = 'select 1'\n", "queries.x must be a table of the ledger"),
        ("[queries]\ndocument = 'select 1'\n", "did you mean 'documents'"),
        ("[queries]\ndocuments = 'drop table x'\n", "queries.documents must be one SELECT"),
        ("[queries]\ndocuments = 7\n", "queries.documents must be a query"),
        ("[queries.documents]\nsql = 'select 1'\nskip_rows = 2\n", "skip_rows"),
        ("[queries.documents]\nsql = 'select 1'\ndecimal = ','\n", "which are for queries that \\[tables\\] reads"),
        ("[querys]\ndocuments = 'select 1'\n", "did you mean 'queries'"),
        ("[queries]\ndocuments = 'select 1'\na = 'select 1'\n[tables.documents]\nfile = 'a'\n", "documents"),
        ("queries = [", "valid TOML"),
    ],
)
def test_an_error_names_the_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        read_queries(mapping(tmp_path, text))
