"""The medians of industries, worked out the slow way: every customer of the industry, one by one."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from features.oracle import Number, Oracle, part
from features.oracle_statements import industry_of

from credrisk.ledger.ledger import Ledger

INPUTS = ("dbt_3m", "share_past_due", "dso_3m", "invoiced_trend", "share_paid_late_12m", "utilisation")
_kept: dict[tuple[int, date, str], tuple[Ledger, dict[str, tuple[str | None, dict[str, Number]]]]] = {}


def everybody(oracle: Oracle) -> dict[str, tuple[str | None, dict[str, Number]]]:
    """Return industry and inputs of every customer; the last few ledgers and dates are remembered."""
    key = (id(oracle.ledger), oracle.as_of, oracle.step)
    if key not in _kept:
        if len(_kept) > 200:
            _kept.clear()
        found = {}
        for customer in oracle.cut.table("customers")["customer_id"]:
            one = Oracle(oracle.ledger, customer, oracle.as_of, oracle.step)
            answers = {**one.payment(), **one.ageing(), **one.dso(), **one.volume(), **one.exposure()}
            found[customer] = industry_of(one), {name: answers[name] for name in INPUTS}
        # The ledger is kept, so that no other can take its id.
        _kept[key] = oracle.ledger, found
    return _kept[key][1]


@part
def peers(oracle: Oracle) -> dict[str, Number]:
    industry = industry_of(oracle)
    answers: dict[str, Number] = {}
    for name in INPUTS:
        answers[f"industry_{name}"] = answers[f"{name}_against_industry"] = None
        if industry is None:
            continue
        own = everybody(oracle)[oracle.customer][1][name]
        values = sorted(
            Fraction(theirs[name])
            for other, theirs in everybody(oracle).values()
            if other == industry and theirs[name] is not None
        )
        if len(values) >= 5:
            middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
            answers[f"industry_{name}"] = middle
            answers[f"{name}_against_industry"] = None if own is None else own - middle
    return answers
