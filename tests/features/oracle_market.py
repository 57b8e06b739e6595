"""The features of the customer's market, worked out the slow way."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from features.oracle import Number, Oracle, divided, part
from features.oracle_statements import account_of

SERIES = (
    "failure_rate",
    "unemployment_rate",
    "interest_rate",
    "activity_index",
    "lending_standards",
    "business_delinquency_rate",
    "bankruptcy_index",
)


def in_force(oracle: Oracle, series: str, country: str | None, industry: str | None, day: date) -> tuple | None:
    found = [
        (row["period_end"], row["known_at"], row["source"], row["value"])
        for row in oracle.rows("market")
        if (row["series"], row["country"], row["industry"]) == (series, country, industry)
        and max(row["period_end"], row["known_at"]) <= day
    ]
    return max(found, default=None)


@part
def market(oracle: Oracle) -> dict[str, Number]:
    account = account_of(oracle) or {"country": None, "industry": None}
    country, industry = account["country"], account["industry"]
    levels = [(None, None)]
    if country:
        levels.insert(0, (country, None))
    if industry:
        levels.insert(0, (None, industry))
    if country and industry:
        levels.insert(0, (country, industry))
    answers: dict[str, Number] = {}
    for series in SERIES:
        now = then = None
        for level in levels:
            row = in_force(oracle, series, *level, oracle.as_of)
            if row is not None and row[0] > oracle.start(24):
                now = Fraction(row[3])
                earlier = in_force(oracle, series, *level, oracle.start(12))
                then = None if earlier is None else Fraction(earlier[3])
                break
        moved = None if now is None or then is None else now - then
        if series == "bankruptcy_index":
            answers["market_bankruptcy_index_growth_12m"] = None if moved is None else divided(moved, then)
        else:
            answers |= {f"market_{series}": now, f"market_{series}_change_12m": moved}
    return answers
