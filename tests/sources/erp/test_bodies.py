"""Records in bodies: JSON and XML read alike, amounts and days as they are meant, nothing odd taken for a value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from defusedxml.ElementTree import fromstring

from credrisk.errors import DataError
from credrisk.sources.erp.bodies import DEEPEST, at, day, many, money, nested, read_each, text


def test_every_file_that_is_refused_is_named() -> None:
    def read(name: str) -> str:
        if name.startswith("bad"):
            raise DataError(f"{name} is an error message.", remedy="ask again.")
        return name.upper()

    assert read_each(["a", "b"], read) == ["A", "B"]
    with pytest.raises(DataError, match=r"2 files cannot be used. bad1 is an error message. bad2 is .*do: ask again.$"):
        read_each(["bad1", "a", "bad2"], read)
    with pytest.raises(DataError, match=r"^bad1 is an error message. What to do: ask again.$"):
        read_each(["bad1", "a"], read)


def test_xml_becomes_what_json_would_have() -> None:
    element = fromstring(
        '<a xmlns="urn:x" status="Deleted"><Id> 7 </Id><Ref name="Nord">3</Ref><Line><N>1</N></Line>'
        '<Line><N>2</N></Line><Cell value="x" id="9"/><Empty/></a>'
    )
    assert nested(element) == {
        "status": "Deleted",
        "Id": "7",
        "Ref": {"value": "3", "name": "Nord"},
        "Line": [{"N": "1"}, {"N": "2"}],
        "Cell": {"value": "x", "id": "9"},
        "Empty": None,
    }


def test_deep_nesting_is_refused() -> None:
    deep = "<a>" * (DEEPEST + 2) + "</a>" * (DEEPEST + 2)
    with pytest.raises(DataError, match="nests"):
        nested(fromstring(deep))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (100.0, Decimal("100.0")),
        ("-12.30", Decimal("-12.30")),
        (0, Decimal()),
        ("NaN", None),
        ("Infinity", None),
        ("12,5", None),
        (None, None),
        ("", None),
        ({"a": 1}, None),
        ([1], None),
    ],
)
def test_amounts(written: object, meant: Decimal | None) -> None:
    assert money({"x": written}, "x") == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2019-12-20T10:08:51-08:00", "2019-12-20"),
        ("2021-01-19 20:51:02", "2021-01-19"),
        ("2020-02-18", "2020-02-18"),
        # 1518685950940 ms = 2018-02-15 09:12:30.940 UTC (date -u -d @1518685950)
        ("/Date(1518685950940+0000)/", "2018-02-15"),
        ("/Date(1518685950940)/", "2018-02-15"),
        ("/Date(-1)/", "1969-12-31"),
        ("/Date(999999999999999+0000)/", "/Date(999999999999999+0000)/"),
        ("15.02.2018", "15.02.2018"),
        (None, None),
    ],
)
def test_days(written: str | None, meant: str | None) -> None:
    assert day({"x": written}, "x") == meant


def test_paths_lead_nowhere_without_an_error() -> None:
    body = {"a": {"b": [{"c": 1}, "no", {"c": True}]}, "r": {"value": "5", "name": "n"}, "l": [1]}
    assert at(body, "a", "b", "c") is None
    assert [text(one, "c") for one in many(body, "a", "b")] == ["1", "true"]
    assert (text(body, "r"), text(body, "r", "name"), text(body, "l"), text(body, "r", "value", "x")) == (
        "5",
        "n",
        None,
        None,
    )
    assert list(many(body, "l")) == list(many(body, "nothing")) == []
