"""Creditsafe: the international and the local score, credit limit, statements, status; today's Connect reports (JSON).

The older SOAP reports are brought into the same shape by :mod:`credrisk.sources.licensed.creditsafe_soap`. Abbreviated
accounts state 0 where nothing is disclosed: a year without revenue and profit has no profit and loss account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from credrisk.errors import SourceError
from credrisk.sources.licensed.report import Rating, Report, at, day, each, figure, plain, shaped

__all__ = ["recognised", "report", "reports"]

PROFIT_AND_LOSS = {
    "revenue": "revenue",
    "operatingProfit": "ebit",
    "depreciation": "depreciation",
    "financialExpenses": "interest_expense",
    "profitAfterTax": "net_income",
}
BALANCE_SHEET = {
    "totalInventories": "inventory",
    "tradeReceivables": "receivables",
    "cash": "cash",
    "totalCurrentAssets": "current_assets",
    "totalAssets": "total_assets",
    "tradePayables": "payables",
    "totalCurrentLiabilities": "current_liabilities",
    "totalLiabilities": "liabilities",
    "totalShareholdersEquity": "equity",
}
LOANS = {
    "short_term_debt": ("bankLiabilities", "otherLoansOrFinance"),
    "long_term_debt": ("bankLiabilitiesDueAfter1Year", "otherLoansOrFinanceDueAfter1Year"),
}
FULL_YEAR = (52, 53)
FULL_SCALE = (0.0, 100.0)


def recognised(content: Any) -> bool:
    """Tell whether the content is an answer of Creditsafe Connect."""
    if not isinstance(content, Mapping):
        return False
    return at(content, "report.companySummary") is not None or (
        "correlationId" in content and ("message" in content or "error" in content or "details" in content)
    )


def reports(content: Any) -> list[Report]:
    """Read an answer.

    Raises
    ------
    SourceError
        For an error of the service, or another shape.
    """
    if not content.get("report"):
        said = content.get("message") or content.get("details") or content.get("error")
        raise SourceError(f"Creditsafe answered an error: {said}.")
    return [shaped(lambda: report(content["report"], plain(content.get("correlationId"))), "the report of Creditsafe")]


def report(content: Mapping[str, Any], reference: str | None, events: Any = ()) -> Report:
    """Read a report in the shape of Connect; ``events`` are those that only the older reports have."""
    summary = content["companySummary"]
    entity = plain(content.get("companyId"))
    if entity is None:
        raise SourceError("the report of Creditsafe names no company.")
    number = plain(summary.get("companyRegistrationNumber"))
    status = summary.get("companyStatus") or {}
    happened = list(events)
    if plain(at(status, "status")) == "NonActive":
        text = plain(at(status, "description")) or "not active"
        happened.append({"kind": "entity_inactive", "text": f"Status: {text}; since when is not said"})
    return Report(
        "creditsafe",
        entity,
        plain(summary.get("businessName")) or "",
        {"company_number": number} if number else {},
        _ratings(content),
        _facts(content),
        happened,
        reference,
    )


def _ratings(content: Mapping[str, Any]) -> list[Rating]:
    scored = content.get("creditScore") or {}
    current = scored.get("currentCreditRating") or at(content, "companySummary.creditRating") or {}
    rated_on = day(scored.get("latestRatingChangeDate"))
    limit = current.get("creditLimit") or {}
    amount = figure(limit.get("value"))
    found = []
    common = plain(current.get("commonValue"))
    if common is not None:
        described = plain(current.get("commonDescription"))
        remark = described or "" if common.upper() == "E" else ""
        currency = plain(limit.get("currency")) if amount is not None else None
        found.append(Rating("common_rating", common, rated_on, described, amount, currency, remark))
    local = current.get("providerValue") or {}
    value = plain(local.get("value"))
    if value is not None:
        ends = (figure(local.get("minValue")), figure(local.get("maxValue")))
        remark = "" if ends == FULL_SCALE else f"the scale {ends[0]} to {ends[1]} has no published direction"
        found.append(
            Rating("provider_score", value, rated_on, plain(current.get("providerDescription")), remark=remark)
        )
    return found


def _facts(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for statement in each(content.get("financialStatements")):
        ended, unit = day(statement.get("yearEndDate")), plain(statement.get("currency"))
        if ended is None or unit is None:
            continue
        began = _began(ended, figure(statement.get("numberOfWeeks")))
        account, sheet = (statement.get(part) or {} for part in ("profitAndLoss", "balanceSheet"))
        stated = {measure: figure(account.get(name)) for name, measure in PROFIT_AND_LOSS.items()}
        silent = not figure(account.get("revenue")) and not figure(account.get("profitBeforeTax"))
        if not silent and began is not None:
            found += [_fact(measure, value, began, ended, unit) for measure, value in stated.items()]
        balances = {measure: figure(sheet.get(name)) for name, measure in BALANCE_SHEET.items()}
        for measure, names in LOANS.items():
            loans = [amount for name in names if (amount := figure(sheet.get(name))) is not None]
            balances[measure] = sum(loans) if loans else None
        found += [_fact(measure, value, None, ended, unit) for measure, value in balances.items()]
    return [fact for fact in found if fact["value"] is not None]


def _fact(measure: str, value: float | None, began: date | None, ended: date, unit: str) -> dict[str, Any]:
    return {"measure": measure, "value": value, "period_start": began, "period_end": ended, "unit": unit}


def _began(ended: date, weeks: float | None) -> date | None:
    if weeks is None or weeks <= 0:
        return None
    if weeks in FULL_YEAR:
        after = ended + timedelta(days=1)
        return after.replace(year=after.year - 1, day=min(after.day, 28) if after.month == 2 else after.day)
    return ended - timedelta(days=round(weeks * 7) - 1)
