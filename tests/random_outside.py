"""Random rows about the world outside the ledger: statements, events, ratings, market series, and whose accounts are.

Restatements, several sources on one day, figures known years late, accounts that share an entity, units without a
rate, periods that are no year, kinds of events in no family, series by country, industry, both or neither.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from small_ledgers import Rows

if TYPE_CHECKING:
    from random_ledgers import Dice

INDUSTRIES = ("building",) * 6 + ("metal", " Banks", None)
COUNTRIES = ("DE", "DE", "FR", None)
YEAR_ENDS = (date(2020, 12, 31), date(2021, 12, 31), date(2022, 12, 31), date(2023, 12, 31), date(2024, 6, 30))
OF_A_YEAR = (
    "revenue",
    "net_income",
    "ebit",
    "interest_expense",
    "cost_of_sales",
    "depreciation",
    "operating_cash_flow",
)
BELOW_ZERO_TOO = ("net_income", "ebit", "equity", "retained_earnings", "operating_cash_flow")
AT_AN_INSTANT = (
    "total_assets",
    "current_assets",
    "current_liabilities",
    "liabilities",
    "equity",
    "retained_earnings",
    "cash",
    "receivables",
    "market_value",
    "goodwill",
    "inventory",
    "payables",
    "short_term_debt",
    "long_term_debt",
)
KINDS = (
    "insolvency_notice",
    "winding-up petition",
    "payment_judgment",
    "payment_judgment",
    "annual_report_late",
    "auditor_changed",
    "debt_accelerated",
    "delisting_notice",
    *("management_change",) * 3,
    "members_voluntary_liquidation",
    *("news",) * 4,
    *("adverse_news",) * 2,
    "Charge registered",
    "charge_registered",
    "director_resigned",
    "officer_resigned",
    *("going_concern_doubt",) * 2,
    "in_administration",
    *("insolvency_ended",) * 2,
    "petition_dismissed",
    *("strike_off_notice",) * 2,
    "strike_off_discontinued",
    "voluntary_strike_off",
    "in_liquidation",
    "entity_inactive",
    "entity_reactivated",
    "struck_off",
    "dissolution",
    *("restored_to_register",) * 2,
    *("lei_lapsed",) * 2,
    "lei_renewed",
    "lei_issued",
    "weather",
)
SERIES = (
    "failure_rate",
    "unemployment_rate",
    "interest_rate",
    "activity_index",
    "lending_standards",
    "business_delinquency_rate",
    "bankruptcy_index",
    "price_of_tea",
)
SCALES = (("dnb", "paydex"), ("dnb", "failure_score"), ("coface", "opinion"))
BEGIN, END = date(2021, 6, 1), date(2024, 9, 30)


def add_outside(dice: Dice, drawn: dict[str, Rows], rows: int) -> None:
    """Add ids, countries and industries to the customers, and the tables facts, events, ratings and market."""
    drawn |= {"facts": [], "events": [], "ratings": [], "market": []}
    for number, customer in enumerate(drawn["customers"]):
        customer |= {"country": pick(dice, COUNTRIES), "industry": pick(dice, INDUSTRIES)}
        # Every second account shares its lei, every third its cik with the one before.
        customer |= {"lei": f"L{number // 2}", "cik": pick(dice, (None, f"K{number // 3}"))}
        ids = pick(dice, ({"customer_id": customer["customer_id"]},) * 3 + ({"lei": customer["lei"]},))
        if customer["cik"]:
            ids = pick(dice, (ids, ids, {"cik": customer["cik"], "lei": customer["lei"]}))
        _statements(dice, drawn["facts"], ids)
        for _ in range(dice.whole(0, 2 * rows)):
            _event(dice, drawn["events"], ids)
        for _ in range(dice.whole(0, rows)):
            _rating(dice, drawn["ratings"], ids)
    for _ in range(dice.whole(10 * rows, 20 * rows)):
        _market(dice, drawn["market"])


def pick(dice: Dice, options: Any) -> Any:
    return options[dice.whole(0, len(options) - 1)]


def _known(dice: Dice, day: date) -> date:
    later = day + timedelta(dice.whole(0, 400))
    month_end = later.replace(day=1) - timedelta(1)
    return pick(dice, (later, later, max(day, month_end), day + timedelta(90)))


def _statements(dice: Dice, facts: Rows, ids: dict[str, Any]) -> None:
    currency = pick(dice, ("EUR", "EUR", "USD", "jpy", None))
    full, firm = dice.whole(1, 3) > 1, pick(dice, (1, 1, 500, 5000))
    for end in YEAR_ENDS:
        if dice.whole(1, 5) == 1:
            continue
        first = _known(dice, end)
        for measure in (*OF_A_YEAR, *AT_AN_INSTANT):
            if not full and dice.whole(1, 3) == 1:
                continue
            for stated in range(pick(dice, (1, 1, 1, 2))):
                known = first if stated == 0 else pick(dice, (first, _known(dice, end), _known(dice, end)))
                facts.append(_figure(dice, ids, measure, end, known, currency, firm))
        if dice.whole(1, 3) > 1:
            facts.append(_people(dice, ids, end, first))


def _people(dice: Dice, ids: dict[str, Any], end: date, known: date) -> dict[str, Any]:
    number, unit = pick(dice, (0, 3, 9, 10, 49, 50, 249, 250, 4000)), pick(dice, (None, "persons", "EUR"))
    start = pick(dice, (None, end - timedelta(180)))
    own = {"measure": "employees", "period_start": start, "period_end": end, "value": float(number), "unit": unit}
    return {**ids, **own, "known_at": known, "source": "register"}


def _figure(
    dice: Dice, ids: dict[str, Any], measure: str, end: date, known: date, currency: Any, firm: int
) -> dict[str, Any]:
    size = dice.whole(1, 9) * 1000
    if measure in BELOW_ZERO_TOO:
        size -= 4000
    length = pick(dice, (None, 364, 364, 364, 371, 371, 363, 363, 363, 180))
    return {
        **ids,
        "measure": measure,
        "period_start": end - timedelta(length) if measure in OF_A_YEAR and length else None,
        "period_end": end,
        "value": float(size * firm) if dice.whole(1, 25) > 1 else 0.0,
        "unit": pick(dice, (currency,) * 40 + ("GBP", "EUR", "shares")),
        "known_at": known,
        "source": pick(dice, ("register", "agency")),
    }


def _event(dice: Dice, events: Rows, ids: dict[str, Any]) -> None:
    day = BEGIN + timedelta(dice.whole(0, (END - BEGIN).days))
    month_end = day.replace(day=1) - timedelta(1)
    happened = pick(dice, (day, day, month_end, month_end - timedelta(90), month_end - timedelta(365)))
    known = pick(dice, (happened, happened + timedelta(3), _known(dice, happened)))
    source = pick(dice, ("register", "journal"))
    event = {**ids, "kind": pick(dice, KINDS), "happened_on": happened, "known_at": known, "source": source}
    events.append(event)
    if dice.whole(1, 3) == 1:  # another source tells of it too, on a day of its own
        other = "journal" if source == "register" else "register"
        again = happened + timedelta(dice.whole(-40, 40))
        events.append({**event, "source": other, "happened_on": again, "known_at": max(again, _known(dice, again))})


def _rating(dice: Dice, ratings: Rows, ids: dict[str, Any]) -> None:
    day = BEGIN + timedelta(dice.whole(-200, (END - BEGIN).days))
    month_end = day.replace(day=1) - timedelta(1)
    rated = pick(dice, (day, month_end, date(2022, 9, 30), date(2023, 3, 31)))
    provider, scale = pick(dice, SCALES)
    number = dice.whole(0, 8)
    ratings.append(
        {
            **ids,
            "provider": provider,
            "scale": scale,
            "rated_on": rated,
            "known_at": pick(dice, (rated, rated + timedelta(5), _known(dice, rated))),
            "value": str(number),
            "risk": pick(dice, (number / 8, number / 8, number / 8, None)),
            "limit_amount": pick(dice, (None, 0.0, 2500.0, 1000.0 * number)),
            "limit_currency": pick(dice, ("EUR", "EUR", "usd", "GBP", None)),
        }
    )


def _market(dice: Dice, market: Rows) -> None:
    day = BEGIN + timedelta(dice.whole(-400, (END - BEGIN).days))
    end = day.replace(day=1) - timedelta(1)
    market.append(
        {
            "series": pick(dice, SERIES),
            "country": pick(dice, ("DE", "FR", "US", None)),
            "industry": pick(dice, ("building", "metal", "paper", None)),
            "period_end": end,
            "value": dice.whole(0, 64) / 64,
            "known_at": pick(dice, (end, end + timedelta(45), _known(dice, end))),
            "source": pick(dice, ("office", "bank")),
        }
    )
