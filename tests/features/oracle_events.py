"""The features of what happened at the customer, worked out the slow way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

from features.oracle import Number, Oracle, Row, divided, part
from features.oracle_group import others_of
from features.oracle_statements import about

FAMILY = {
    "insolvency_notice": "insolvency",
    "winding-up petition": "insolvency",
    "payment_judgment": "judgment",
    "annual_report_late": "late_filing",
    "auditor_changed": "auditor",
    "going_concern_doubt": "auditor",
    "in_administration": "insolvency",
    "strike_off_notice": "late_filing",
    "adverse_news": "news",
    "director_resigned": "management",
    "officer_resigned": "management",
    **dict.fromkeys(("lei_lapsed", "lei_renewed", "lei_issued"), "lei"),
    **dict.fromkeys(
        (
            "Charge registered",
            "charge_registered",
            "insolvency_ended",
            "petition_dismissed",
            "strike_off_discontinued",
            "voluntary_strike_off",
            "in_liquidation",
            "entity_inactive",
            "entity_reactivated",
            "struck_off",
            "dissolution",
            "restored_to_register",
        ),
        "filing",
    ),
    "debt_accelerated": "default",
    "delisting_notice": "delisting",
    "management_change": "management",
    "members_voluntary_liquidation": "filing",
    "news": "news",
    "weather": "",
}
ADVERSE = {"insolvency", "judgment", "late_filing", "auditor", "default", "delisting"}
FILED = {"late_filing", "auditor", "default", "delisting", "management", "filing"}


def counter(oracle: Oracle, found: list[tuple[str, date]]) -> Callable[[set[str], int], Number]:
    """Return the function that counts what was found under some words in a window of days."""

    def count(words: set[str], days: int) -> Number:
        start = oracle.as_of - timedelta(days)
        if not oracle.has("events") or start + timedelta(1) < oracle.ledger.settings.covers_from:
            return None
        return sum(word in words and day > start for word, day in found)

    return count


ALIKE = {"in_administration": "administration"}


def once(oracle: Oracle) -> list[Row]:
    """Return the events about the customer without those of which another source told as many before."""
    rows = [row for row in about(oracle, "events") if FAMILY[row["kind"]]]

    def kind(row: Row) -> str:
        plain = row["kind"].lower().replace(" ", "_").replace("-", "_")
        return ALIKE.get(plain, plain)

    def told(row: Row) -> tuple[date, str]:
        return max(row["known_at"], row["happened_on"]), row["source"]

    def again(place: int) -> bool:
        mine = rows[place]
        counts: dict[str, int] = {}
        for other_place, other in enumerate(rows):
            near = abs((other["happened_on"] - mine["happened_on"]).days) <= 31 and kind(other) == kind(mine)
            first = told(other) < told(mine) or (told(other) == told(mine) and other_place <= place)
            if near and first:
                counts[other["source"]] = counts.get(other["source"], 0) + 1
        own = counts.pop(mine["source"])
        return FAMILY[mine["kind"]] in ADVERSE and any(number >= own for number in counts.values())

    return [row for place, row in enumerate(rows) if not again(place)]


def kinds(oracle: Oracle, rows: list[Row] | None = None) -> list[tuple[str, date]]:
    rows = about(oracle, "events") if rows is None else rows
    return [(row["kind"].lower().replace(" ", "_").replace("-", "_"), row["happened_on"]) for row in rows]


def since(oracle: Oracle, days: list[date]) -> Number:
    return (oracle.as_of - max(days)).days if days else None


@part
def company_events(oracle: Oracle) -> dict[str, Number]:
    found = [(FAMILY[row["kind"]], row["happened_on"]) for row in about(oracle, "events")]
    counted = [(FAMILY[row["kind"]], row["happened_on"]) for row in once(oracle)]
    given, count = oracle.has("events"), counter(oracle, counted)

    adverse = [day for family, day in found if family in ADVERSE]
    return {
        "adverse_events_90d": count(ADVERSE, 90),
        "adverse_events_365d": count(ADVERSE, 365),
        "payment_judgments_90d": count({"judgment"}, 90),
        "payment_judgments_365d": count({"judgment"}, 365),
        "late_filings_365d": count({"late_filing"}, 365),
        "filings_90d": count(FILED, 90),
        "filings_365d": count(FILED, 365),
        "management_changes_90d": count({"management"}, 90),
        "management_changes_365d": count({"management"}, 365),
        "news_90d": count({"news"}, 90),
        "news_365d": count({"news"}, 365),
        "days_since_adverse_event": (oracle.as_of - max(adverse)).days if adverse else None,
        "insolvency_notices": sum(family == "insolvency" for family, _ in counted) if given else None,
    }


@part
def warning_signs(oracle: Oracle) -> dict[str, Number]:
    families = [(FAMILY[row["kind"]], row["happened_on"]) for row in about(oracle, "events")]
    counted = [(FAMILY[row["kind"]], row["happened_on"]) for row in once(oracle)]
    by_family, by_kind = counter(oracle, counted), counter(oracle, kinds(oracle, once(oracle)))
    return {
        "days_since_judgment": since(oracle, [day for family, day in families if family == "judgment"]),
        "days_since_insolvency_notice": since(oracle, [day for family, day in families if family == "insolvency"]),
        "days_since_filing": since(oracle, [day for family, day in families if family in FILED]),
        "charges_registered_365d": by_kind({"charge_registered"}, 365),
        "officer_resignations_365d": by_kind({"director_resigned", "officer_resigned"}, 365),
        "going_concern_doubts_365d": by_kind({"going_concern_doubt"}, 365),
        "auditor_events_365d": by_family({"auditor"}, 365),
        "defaults_elsewhere_365d": by_family({"default"}, 365),
        "delistings_365d": by_family({"delisting"}, 365),
    }


@part
def news(oracle: Oracle) -> dict[str, Number]:
    count = counter(oracle, kinds(oracle))
    bad, year, recent = count({"adverse_news"}, 365), count({"news", "adverse_news"}, 365), None
    if year is not None:
        recent = count({"news", "adverse_news"}, 90)
    before = None if year is None else Fraction(year - recent, 275)
    return {
        "adverse_news_90d": count({"adverse_news"}, 90),
        "adverse_news_share_365d": None if year is None else divided(bad, year),
        "news_against_usual_90d": None if before is None else divided(Fraction(recent, 90), before),
    }


@part
def registers(oracle: Oracle) -> dict[str, Number]:
    if not oracle.has("events"):
        return {"register_standing": None, "lei_lapsed_days": None}
    found = kinds(oracle)

    def state(begins: set[str], ends: set[str]) -> bool:
        days = sorted((day, kind in begins) for kind, day in found if kind in begins | ends)
        return bool(days) and days[-1][1]

    standings = [
        state({"strike_off_notice", "voluntary_strike_off"}, {"strike_off_discontinued", "restored_to_register"}),
        state({"in_liquidation"}, {"insolvency_ended", "restored_to_register"}),
        3 * state({"entity_inactive"}, {"entity_reactivated"}),
        state({"winding_up_petition"}, {"petition_dismissed", "insolvency_ended"}),
        2 * state({"insolvency_notice", "in_administration"}, {"insolvency_ended"}),
        3 * state({"struck_off", "dissolution"}, {"restored_to_register"}),
    ]
    lapsed = state({"lei_lapsed"}, {"lei_renewed", "lei_issued"})
    days = [day for kind, day in found if kind == "lei_lapsed"]
    return {"register_standing": int(max(standings)), "lei_lapsed_days": since(oracle, days) if lapsed else None}


@part
def rest_of_group(oracle: Oracle) -> dict[str, Number]:
    names = ("rest_of_group_adverse_events_365d", "rest_of_group_insolvency_notices")
    if not oracle.has("events", "customer_history"):
        return dict.fromkeys(names)
    found = [company_events(Oracle(oracle.ledger, name, oracle.as_of, oracle.step)) for name in others_of(oracle)]
    covered = counter(oracle, [])(set(), 365) is not None
    bad = sum(one["adverse_events_365d"] for one in found) if covered else None
    return dict(zip(names, (bad, sum(one["insolvency_notices"] for one in found)), strict=True))
