"""The features of a customer's statements, worked out the slow way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from features.oracle import Number, Oracle, Row, divided, part

from credrisk.ledger.money import EXPONENTS, minor_factor

YEARLY = {
    "revenue",
    "net_income",
    "ebit",
    "interest_expense",
    "cost_of_sales",
    "depreciation",
    "operating_cash_flow",
}
AT_AN_INSTANT = {
    "total_assets",
    "current_assets",
    "current_liabilities",
    "liabilities",
    "equity",
    "retained_earnings",
    "cash",
    "receivables",
    "intangible_assets",
    "goodwill",
    "market_value",
    "inventory",
    "payables",
    "short_term_debt",
    "long_term_debt",
    "employees",
}
MAKES_GOODS, OTHER = {"metal"}, {"building"}
IDS = ("lei", "cik", "company_number", "duns")


def account_of(oracle: Oracle) -> Row | None:
    found = [row for row in oracle.rows("customers") if row["customer_id"] == oracle.customer]
    return found[0] if found else None


def about(oracle: Oracle, table: str) -> list[Row]:
    """Return the rows of a table about the customer."""
    account = account_of(oracle)
    if account is None:
        return []
    return [
        row
        for row in oracle.rows(table)
        if (
            row["customer_id"] == oracle.customer
            if row["customer_id"] is not None
            else any(row[name] is not None and row[name] == account[name] for name in IDS)
        )
    ]


def industry_of(oracle: Oracle) -> str | None:
    account = account_of(oracle)
    return account["industry"] if account else None


class Statements:
    """What is known of the customer's statements, and the ratios of them."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle, self.rows = oracle, []
        for row in about(oracle, "facts"):
            if row["measure"] not in YEARLY | AT_AN_INSTANT:
                continue
            unit = row["unit"].upper() if row["unit"] and row["measure"] != "employees" else None
            if unit is not None and unit not in EXPONENTS:
                continue
            if row["measure"] in YEARLY and row["period_start"] is not None:
                days = (row["period_end"] - row["period_start"]).days + 1
                if not 350 <= days <= 380:
                    continue
            self.rows.append({**row, "unit": unit})

    def known(self, end: date | None, measure: str) -> tuple[Number, str | None]:
        """Return the value last known of a figure at a period end and its unit."""
        found = [
            (row["known_at"], row["source"], row["value"], row["unit"] or "")
            for row in self.rows
            if row["period_end"] == end and row["measure"] == measure
        ]
        if not found:
            return None, None
        return Fraction(max(found)[2]), max(found)[3] or None

    def newest(self, carriers: Sequence[str]) -> date | None:
        ends = [row["period_end"] for row in self.rows if row["measure"] in carriers]
        end = max(ends, default=None)
        oldest = self.oracle.start(30)
        return end if end is not None and end > oldest else None

    def before(self, end: date | None, measure: str) -> tuple[Number, str | None]:
        """Return a figure of the year before a period end and its unit."""
        if end is None:
            return None, None
        first, last = end - timedelta(400), end - timedelta(330)
        ends = [
            row["period_end"] for row in self.rows if row["measure"] == measure and first <= row["period_end"] <= last
        ]
        return self.known(max(ends), measure) if ends else (None, None)

    def money(self, end: date | None, measure: str) -> Number:
        value, unit = self.known(end, measure)
        if value is None or unit is None:
            return None
        minor = round(value * minor_factor(unit))
        reporting = self.oracle.ledger.settings.currency
        rates = [row for row in self.oracle.rows("rates") if row["currency"] == unit and row["date"] <= end]
        return self.oracle.translate(minor, unit, end) if unit == reporting or rates else None

    def in_one_unit(self, end: date | None, *measures: str) -> list[Number] | None:
        """Return the figures of a period end, None where one is missing or in another unit."""
        found = [self.known(end, measure) for measure in measures]
        if any(value is None for value, _ in found) or len({unit for _, unit in found}) > 1:
            return None
        return [value for value, _ in found]

    def over(self, end: date | None, part_: str, whole: str) -> Number:
        found = self.in_one_unit(end, part_, whole)
        return divided(*found) if found else None

    def debts(self, end: date | None) -> Number:
        stated = self.in_one_unit(end, "total_assets", "liabilities")
        if stated:
            return stated[1]
        implied = self.in_one_unit(end, "total_assets", "equity")
        return implied[0] - implied[1] if implied else None

    def growth(self, end: date | None, measure: str) -> tuple[Number, Number]:
        (now, unit), (then, unit_then) = self.known(end, measure), self.before(end, measure)
        if now is None or then is None or unit != unit_then:
            return None, None
        return now - then, then

    def below_zero(self, end: date | None, measure: str) -> Number:
        now, then = self.known(end, measure)[0], self.before(end, measure)[0]
        return None if now is None or then is None else int(now < 0) + int(then < 0)


@part
def balance_sheet(oracle: Oracle) -> dict[str, Number]:
    names = [
        "balance_sheet_total",
        "net_worth",
        "current_ratio",
        "quick_ratio",
        "cash_ratio",
        "cash_to_assets",
        "equity_ratio",
        "debt_to_equity",
        "assets_growth",
        "equity_change",
        "negative_equity_in_two_years",
        "net_balance_to_net_worth",
        "statement_age_days",
        "reporting_delay_days",
    ]
    if not oracle.has("facts"):
        return dict.fromkeys(names)
    known = Statements(oracle)
    end, newest = known.newest(["total_assets"]), known.newest(["total_assets", "revenue", "net_income"])
    quick = known.in_one_unit(end, "cash", "receivables", "current_liabilities")
    both, worth = known.in_one_unit(end, "total_assets", "equity"), known.money(end, "equity")
    rise, base = known.growth(end, "total_assets")
    own_rise = known.growth(end, "equity")[0]
    published = [row["known_at"] for row in known.rows if row["period_end"] == newest]
    values = (
        known.money(end, "total_assets"),
        worth,
        known.over(end, "current_assets", "current_liabilities"),
        divided(quick[0] + quick[1], quick[2]) if quick else None,
        known.over(end, "cash", "current_liabilities"),
        known.over(end, "cash", "total_assets"),
        known.over(end, "equity", "total_assets"),
        divided(known.debts(end), both[1]) if both else None,
        None if rise is None else divided(rise, base),
        None if own_rise is None or both is None else divided(own_rise, both[0]),
        known.below_zero(end, "equity"),
        divided(max(0, oracle.ageing()["net_balance"]), worth),
        (oracle.as_of - newest).days if newest else None,
        max(0, (min(published) - newest).days) if newest else None,
    )
    return dict(zip(names, values, strict=True))


@part
def annual_accounts(oracle: Oracle) -> dict[str, Number]:
    names = [
        "revenue",
        "revenue_growth",
        "gross_margin",
        "ebit_margin",
        "net_margin",
        "return_on_assets",
        "interest_cover",
        "asset_turnover",
        "customer_dso_days",
        "customer_dpo_days",
        "inventory_days",
        "losses_in_two_years",
        "share_of_customer_revenue_12m",
    ]
    if not oracle.has("facts"):
        return dict.fromkeys(names)
    known = Statements(oracle)
    end = known.newest(["revenue", "net_income"])
    rise, base = known.growth(end, "revenue")
    days = {
        pair: None if (found := known.over(end, *pair)) is None else found * 365
        for pair in (("receivables", "revenue"), ("payables", "cost_of_sales"), ("inventory", "cost_of_sales"))
    }
    gross = known.in_one_unit(end, "revenue", "cost_of_sales")
    revenue, sold = known.money(end, "revenue"), oracle.invoiced(12)
    values = (
        revenue,
        None if rise is None else divided(rise, base),
        divided(gross[0] - gross[1], gross[0]) if gross else None,
        known.over(end, "ebit", "revenue"),
        known.over(end, "net_income", "revenue"),
        known.over(end, "net_income", "total_assets"),
        known.over(end, "ebit", "interest_expense"),
        known.over(end, "revenue", "total_assets"),
        *days.values(),
        known.below_zero(end, "net_income"),
        None if sold is None else divided(sold, revenue),
    )
    return dict(zip(names, values, strict=True))


@part
def debt_service(oracle: Oracle) -> dict[str, Number]:
    names = ("debt_to_ebitda", "debt_to_assets", "cash_to_short_term_debt", "cash_flow_to_liabilities")
    if not oracle.has("facts"):
        return dict.fromkeys(names)
    known = Statements(oracle)
    end = known.newest(["revenue", "net_income"])
    earned = known.in_one_unit(end, "ebit", "depreciation", "short_term_debt", "long_term_debt")
    debt = known.in_one_unit(end, "total_assets", "short_term_debt", "long_term_debt")
    flow, debts = known.in_one_unit(end, "total_assets", "operating_cash_flow"), known.debts(end)
    values = (
        divided(earned[2] + earned[3], earned[0] + earned[1]) if earned else None,
        divided(debt[1] + debt[2], debt[0]) if debt else None,
        known.over(end, "cash", "short_term_debt"),
        divided(flow[1], debts) if flow and debts is not None else None,
    )
    return dict(zip(names, values, strict=True))


@part
def customer_size(oracle: Oracle) -> dict[str, Number]:
    if not oracle.has("facts"):
        return {"employees": None, "size_class": None}
    known, reporting = Statements(oracle), oracle.ledger.settings.currency
    people = known.known(known.newest(["employees"]), "employees")[0]
    rates = [row for row in oracle.rows("rates") if row["currency"] == "EUR" and row["date"] <= oracle.as_of]
    euro = Fraction(max(rates, key=lambda row: row["date"])["rate"]) if rates else None
    if reporting == "EUR":
        euro = Fraction(1)

    def by_money(amount: Number, thresholds: tuple[int, ...]) -> list[int]:
        if amount is None or euro is None:
            return []
        in_euro = Fraction(amount) / minor_factor(reporting) / euro / 10**6
        return [sum(in_euro > threshold for threshold in thresholds)]

    books = by_money(known.money(known.newest(["revenue", "net_income"]), "revenue"), (2, 10, 50))
    books += by_money(known.money(known.newest(["total_assets"]), "total_assets"), (2, 10, 43))
    classes = [] if people is None else [sum(people >= least for least in (10, 50, 250))]
    classes += [min(books)] if books else []
    return {"employees": people, "size_class": max(classes, default=None)}


@part
def restatements(oracle: Oracle) -> dict[str, Number]:
    if not oracle.has("facts") or not oracle.covered(24):
        return {"downward_restatements_24m": None}
    published: dict[tuple, dict[date, tuple]] = {}
    for row in Statements(oracle).rows:
        if row["measure"] in ("revenue", "net_income", "ebit", "operating_cash_flow", "total_assets", "equity"):
            days = published.setdefault((row["measure"], row["period_end"], row["source"]), {})
            stated = (Fraction(row["value"]), row["unit"] or "")
            days[row["known_at"]] = max(days.get(row["known_at"], stated), stated)
    count = 0
    for days in published.values():
        for earlier, day in zip(sorted(days), sorted(days)[1:], strict=False):
            (before, unit), (now, unit_now) = days[earlier], days[day]
            lower = now < before and before - now >= abs(before) * Fraction(0.05)
            count += lower and unit == unit_now and oracle.within(day, 24)
    return {"downward_restatements_24m": count}


@part
def altman(oracle: Oracle) -> dict[str, Number]:
    names = ("altman_z", "altman_z_private", "altman_z_services", "altman_standing")
    if not oracle.has("facts"):
        return dict.fromkeys(names)
    known = Statements(oracle)
    end = known.newest(["revenue", "net_income"])
    found = known.in_one_unit(
        end, "total_assets", "current_assets", "current_liabilities", "retained_earnings", "ebit", "equity"
    )
    industry = (industry_of(oracle) or "").strip().lower()
    if not found or found[0] <= 0 or industry == "banks":
        return dict.fromkeys(names)
    assets, current, owed, retained, ebit, equity = found
    debts = known.debts(end)
    if equity <= 0 or debts is None or debts <= 0:
        return dict.fromkeys(names)
    x1, x2, x3, x4 = (current - owed) / assets, retained / assets, ebit / assets, equity / debts
    sales, market = known.over(end, "revenue", "total_assets"), known.in_one_unit(end, "total_assets", "market_value")
    services = decimal("6.56", x1) + decimal("3.26", x2) + decimal("6.72", x3) + decimal("1.05", x4)
    private = z = None
    if sales is not None:
        private = decimal(".717", x1) + decimal(".847", x2) + decimal("3.107", x3) + decimal(".42", x4)
        private += decimal(".998", sales)
    if sales is not None and market:
        z = decimal("1.2", x1) + decimal("1.4", x2) + decimal("3.3", x3) + decimal(".6", market[1] / debts) + sales
    standing: Number = None
    if industry in OTHER:
        standing = (services - decimal("1.1", 1)) / decimal("1.5", 1)
    elif industry in MAKES_GOODS and market and sales is not None:
        standing = (z - decimal("1.81", 1)) / decimal("1.18", 1)
    elif industry in MAKES_GOODS and not market and sales is not None:
        standing = (private - decimal("1.23", 1)) / decimal("1.67", 1)
    return dict(zip(names, (z, private, services, standing), strict=True))


def decimal(weight: str, value: Fraction) -> Fraction:
    return Fraction(weight) * value
