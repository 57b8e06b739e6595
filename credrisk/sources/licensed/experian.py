"""Experian business information (United States): Intelliscore, financial stability risk, bankruptcies.

Read from the published model of the answers; no recorded body is public. A company is named by its BIN, which the
ledger has no column for: a matches file ties it to a customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credrisk.errors import SourceError
from credrisk.sources.licensed.report import Rating, Report, at, day, each, figure, plain, shaped

__all__ = ["recognised", "reports"]

PARTS = ("bankruptcyDetail", "businessHeader", "commercialScore", "fsrScore", "scoreInformation")
CURRENCY = "USD"
RECENT_BANKRUPTCY = 998.0
HIGHEST_UNTIL_V2 = 100


def recognised(content: Any) -> bool:
    """Tell whether the content is an answer of Experian's business information."""
    if not isinstance(content, Mapping):
        return False
    results = content.get("results")
    known = isinstance(results, Mapping) and any(part in results for part in PARTS)
    return known or (content.get("success") is False and "requestId" in content)


def reports(content: Any) -> list[Report]:
    """Read an answer.

    Raises
    ------
    SourceError
        For an error of the service, or another shape.
    """
    if content.get("success") is False or not content.get("results"):
        said = [plain(at(error, "message")) or "no reason" for error in each(content.get("errors"))]
        raise SourceError(f"Experian answered an error: {'; '.join(said) or 'no reason'}.")
    return [shaped(lambda: _report(content), "the answer of Experian")]


def _report(content: Any) -> Report:
    results = content["results"]
    header = results.get("businessHeader") or results
    number = plain(header.get("bin"))
    if number is None:
        raise SourceError("the answer of Experian names no company by BIN.")
    scores = results.get("scoreInformation") or results
    ratings, events = [], []
    commercial = scores.get("commercialScore") or {}
    value = plain(commercial.get("score"))
    if value is not None:
        version_3 = "v3" in (plain(commercial.get("modelTitle")) or "").lower()
        number_stated = figure(value) or 0.0
        scale = "intelliscore_v3" if version_3 and number_stated > HIGHEST_UNTIL_V2 else "intelliscore"
        limit = figure(commercial.get("recommendedCreditLimitAmount"))
        currency = None if limit is None else CURRENCY
        ratings.append(Rating(scale, value, None, _risk_class(commercial), limit, currency))
    stability = scores.get("fsrScore") or {}
    if plain(stability.get("score")) is not None:
        ratings.append(
            Rating("financial_stability_risk", plain(stability["score"]) or "", None, _risk_class(stability))
        )
    for filed in each(results.get("bankruptcyDetail")):
        action = plain(filed.get("legalAction")) or "Bankruptcy"
        events.append({"kind": "bankruptcy", "happened_on": day(filed["dateFiled"]), "text": action})
    if not events and any(figure(rating.value) == RECENT_BANKRUPTCY for rating in ratings):
        events.append({"kind": "bankruptcy", "text": "A bankruptcy within the last two years; the day is not said"})
    name = plain(header.get("businessName")) or ""
    return Report("experian", number, name, {}, ratings, events=events, reference=plain(content.get("requestId")))


def _risk_class(score: Mapping[str, Any]) -> str | None:
    stated = score.get("riskClass")
    if not isinstance(stated, Mapping):
        return plain(stated)
    return ", ".join(filter(None, (plain(stated.get("code")), plain(stated.get("definition"))))) or None
