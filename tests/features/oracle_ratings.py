"""The features of what licensed providers say, worked out the slow way."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from features.oracle import Number, Oracle, Row, divided, part
from features.oracle_statements import about

from credrisk.ledger.money import EXPONENTS, minor_factor


def in_force(rows: list[Row], day: date, after: date) -> Row | None:
    """Return the newest of a scale's ratings known on a day, None where it was rated on or before ``after``."""
    known = [row for row in rows if max(row["rated_on"], row["known_at"]) <= day]
    if not known:
        return None
    newest = max(
        known,
        key=lambda row: (
            row["rated_on"],
            row["known_at"],
            float("inf") if row["risk"] is None else row["risk"],
            row["value"],
            float("inf") if row["limit_amount"] is None else row["limit_amount"],
            row["limit_currency"] or "",
        ),
    )
    return newest if newest["rated_on"] > after else None


def limit_of(oracle: Oracle, row: Row) -> Number:
    code = (row["limit_currency"] or "").upper()
    if row["limit_amount"] is None or code not in EXPONENTS:
        return None
    reporting = oracle.ledger.settings.currency
    rates = [rate for rate in oracle.rows("rates") if rate["currency"] == code and rate["date"] <= oracle.as_of]
    if code != reporting and not rates:
        return None
    return oracle.translate(round(Fraction(row["limit_amount"]) * minor_factor(code)), code, oracle.as_of)


@part
def external_ratings(oracle: Oracle) -> dict[str, Number]:
    names = (
        "external_risk",
        "external_risk_change_12m",
        "external_rating_age_days",
        "external_limit",
        "balance_to_external_limit",
    )
    if not oracle.has("ratings"):
        return dict.fromkeys(names)
    by_scale: dict[tuple[str, str], list[Row]] = {}
    for row in about(oracle, "ratings"):
        by_scale.setdefault((row["provider"], row["scale"]), []).append(row)
    now, moved = [], []
    for rows in by_scale.values():
        today = in_force(rows, oracle.as_of, oracle.start(24))
        then = in_force(seen_by(oracle, rows, oracle.start(12)), oracle.start(12), oracle.start(36))
        now += [today] if today else []
        if today and then and today["risk"] is not None and then["risk"] is not None:
            moved.append(Fraction(today["risk"]) - Fraction(then["risk"]))
    risks = [Fraction(row["risk"]) for row in now if row["risk"] is not None]
    limits = [limit for row in now if (limit := limit_of(oracle, row)) is not None]
    owed = max(0, oracle.ageing()["net_balance"])
    values = (
        max(risks, default=None),
        max(moved, default=None),
        min(((oracle.as_of - row["rated_on"]).days for row in now), default=None),
        min(limits, default=None),
        divided(owed, min(limits)) if limits else None,
    )
    return dict(zip(names, values, strict=True))


def seen_by(oracle: Oracle, rows: list[Row], day: date) -> list[Row]:
    """Return the rows if the account was open by a day: before that nothing is linked to it."""
    opened = [row["opened_on"] for row in oracle.rows("customers") if row["customer_id"] == oracle.customer]
    return rows if opened and (opened[0] is None or opened[0] <= day) else []
