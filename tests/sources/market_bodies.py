"""Bodies in the formats of FRED, the ECB and Eurostat, with invented figures."""

from __future__ import annotations

import json
from typing import Any

from sources.local_server import LocalServer, Said

from credrisk.sources.fred_series import FRED_SERIES

OBSERVATIONS = "/fred/series/observations"
TABLE = "/graph/fredgraph.csv"
NOTHING: dict[str, Any] = {"count": 0, "observations": []}
VINTAGES = [
    # period, public from, until, value
    ("2024-01-01", "2024-05-20", "2024-08-19", "1.10"),
    ("2024-01-01", "2024-08-20", "9999-12-31", "1.12"),
    ("2024-04-01", "2024-08-20", "9999-12-31", "1.13"),
]


def observations(vintages: list[tuple[str, str, str, str]] = VINTAGES, count: int | None = None) -> bytes:
    """A body of series/observations over all real time."""
    rows = [
        {"realtime_start": start, "realtime_end": end, "date": day, "value": value}
        for day, start, end, value in vintages
    ]
    head = {"realtime_start": "1776-07-04", "realtime_end": "9999-12-31", "limit": 100000, "offset": 0}
    return json.dumps({**head, "count": len(rows) if count is None else count, "observations": rows}).encode()


def play_fred(server: LocalServer) -> dict[str, Any]:
    """Let FRED have the same vintages of every quarterly series; return the keyword arguments of the source."""
    server.say(OBSERVATIONS, Said(observations()))
    return {"url": server.url, "csv_url": server.url, "keyed": True}


def fred_table(series_id: str, header: str = "observation_date") -> bytes:
    """A keyless table: two quarters and a missing value."""
    return f"{header},{series_id}\n2024-01-01,1.12\n2024-04-01,1.13\n2024-07-01,.\n".encode()


HISTORY = (
    "KEY,FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE,ACTION,VALID_FROM\n"
    "{key},M,DE,2024-05,5.30,Replace,2024-07-03T10:00:00.000+02:00\n"
    "{key},M,DE,2024-05,5.33,Replace,2024-08-02T10:00:00.000+02:00\n"
    "{key},M,DE,2024-06,5.21,Replace,2024-08-02T10:00:00.000+02:00\n"
)
GERMAN_LOANS = "M.DE.B.A2A.A.R.A.2240.EUR.N"
STANDARDS = "Q.U2.ALL.O.E.Z.B3.ST.S.WFNET"


def play_ecb(server: LocalServer) -> dict[str, Any]:
    """Let the ECB have the rates of German business loans and the lending standards of the euro area."""
    server.say(f"/data/MIR/{GERMAN_LOANS}", csv(HISTORY.format(key=f"MIR.{GERMAN_LOANS}")))
    standards = (
        "VALID_FROM,OBS_VALUE,TIME_PERIOD,KEY\n"
        f"2024-07-16T10:00:00.000+02:00,3.5,2024-Q2,BLS.{STANDARDS}\n"
        f"2015-01-20T10:00:00.000+01:00,-2.0,1998-Q4,BLS.{STANDARDS}\n"
    )
    server.say(f"/data/BLS/{STANDARDS}", csv(standards))
    return {"url": server.url, "countries": ("DE", "US")}


def csv(text: str) -> Said:
    """A table as the ECB sends it."""
    return Said(text.encode(), 200, "text/csv")


SLICE = {"freq": "Q", "s_adj": "SCA", "unit": "I21"}


def cube(indicator: str, value: Any, sectors: tuple[str, ...] = ("B-S_X_O_S94", "F")) -> dict[str, Any]:
    """A cube of sts_rb_q: indicator x sectors x (DE, EL) x two quarters."""
    places = {"indic_bt": (indicator,), "nace_r2": sectors, **{name: (code,) for name, code in SLICE.items()}}
    places |= {"geo": ("DE", "EL"), "time": ("2024-Q1", "2024-Q2")}
    return {
        "version": "2.0",
        "class": "dataset",
        "label": "Business registration and bankruptcy index",
        "source": "ESTAT",
        "updated": "2024-08-16T11:00:00+0200",
        "value": value,
        "id": list(places),
        "size": [len(codes) for codes in places.values()],
        "dimension": {
            name: {"label": name, "category": {"index": {code: place for place, code in enumerate(codes)}}}
            for name, codes in places.items()
        },
    }


def unemployment() -> dict[str, Any]:
    """A cube of une_rt_m, whose dimensions of one place have no index."""
    fixed = {"freq": "M", "s_adj": "SA", "age": "TOTAL", "unit": "PC_ACT", "sex": "T"}
    dimension: dict[str, Any] = {
        name: {"label": name, "category": {"label": {code: code}}} for name, code in fixed.items()
    }
    dimension |= {"geo": {"category": {"index": ["DE"]}}, "time": {"category": {"index": ["2024-05", "2024-06"]}}}
    return {
        "version": "2.0",
        "class": "dataset",
        "value": [3.3, None],
        "id": list(dimension),
        "size": [1] * 6 + [2],
        "dimension": dimension,
    }


def play_eurostat(server: LocalServer) -> dict[str, Any]:
    """Let Eurostat have bankruptcies, registrations and unemployment (the first two by one path, in turn)."""
    sparse = {"0": 110.5, "1": 112.0, "3": 98.0, "5": 120.0}
    server.say(
        "/data/sts_rb_q",
        Said(json.dumps(cube("BKRT", sparse)).encode()),
        Said(json.dumps(cube("REG", {"0": 101.0})).encode()),
    )
    server.say("/data/une_rt_m", Said(json.dumps(unemployment()).encode()))
    return {"url": server.url, "countries": ("DE", "GR", "US")}


QUARTERLY = tuple(wanted for wanted in FRED_SERIES if wanted.dated == "quarter")
