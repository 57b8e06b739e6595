"""D&B Direct+: PAYDEX, failure and delinquency scores, the D&B rating and open legal events.

Read from field names as published; no recorded body is public.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from credrisk.errors import SourceError
from credrisk.sources.licensed.report import Rating, Report, at, day, each, plain, shaped

__all__ = ["recognised", "reports"]

SCORES = {
    "delinquency_class": ("delinquencyScore", "classScore"),
    "delinquency_percentile": ("delinquencyScore", "nationalPercentile"),
    "failure_class": ("failureScore", "classScore"),
    "failure_percentile": ("failureScore", "nationalPercentile"),
}
OPEN = {"hasOpenBankruptcy": "bankruptcy", "hasOpenJudgments": "court_judgment", "hasOpenLiens": "lien"}
QUARTER = timedelta(days=91)


def recognised(content: Any) -> bool:
    """Tell whether the content is an answer of D&B Direct+."""
    return isinstance(content, Mapping) and ("organization" in content or "errorCode" in (content.get("error") or {}))


def reports(content: Any) -> list[Report]:
    """Read an answer.

    Raises
    ------
    SourceError
        For an error of the service, or another shape.
    """
    if not content.get("organization"):
        error = content.get("error") or {}
        raise SourceError(f"D&B answered error {error.get('errorCode')}: {error.get('errorMessage') or 'no reason'}.")
    return [shaped(lambda: _report(content), "the answer of D&B")]


def _report(content: Any) -> Report:
    company = content["organization"]
    number = re.sub(r"\D", "", plain(company["duns"]) or "")
    if len(number) != 9:
        raise SourceError("the answer of D&B names no company by D-U-N-S number.")
    answered = day(at(content, "transactionDetail.transactionTimestamp"))
    ratings = [*_paydex(company, answered), *_scores(company.get("dnbAssessment") or {}, answered)]
    legal = company.get("legalEvents") or {}
    events = [
        {"kind": kind, "text": f"{kind.replace('_', ' ').capitalize()} on file and open; since when is not said"}
        for flag, kind in OPEN.items()
        if legal.get(flag) is True
    ]
    reference = plain(at(content, "transactionDetail.transactionID"))
    name = plain(company.get("primaryName")) or ""
    return Report("dnb", number, name, {"duns": number}, ratings, events=events, reference=reference)


def _paydex(company: Mapping[str, Any], answered: date | None) -> list[Rating]:
    for trading in each(company.get("businessTrading")):
        for summary in each(trading.get("summary")):
            now, before = (plain(summary.get(name)) for name in ("paydexScore", "threeMonthsPriorPaydexScore"))
            if now is None:
                continue
            rated_on = day(summary.get("scoreDate")) or answered
            found = [Rating("paydex", now, rated_on)]
            if before is not None and rated_on is not None:
                found.append(Rating("paydex", before, rated_on - QUARTER))
            return found
    return []


def _scores(assessment: Mapping[str, Any], answered: date | None) -> list[Rating]:
    found = []
    for scale, (score, field) in SCORES.items():
        stated = assessment.get(score) or {}
        value = plain(stated.get(field))
        if value is not None:
            rated_on = day(stated.get("scoreDate")) or answered
            found.append(Rating(scale, value, rated_on, plain(stated.get("classScoreDescription"))))
    rating = plain(at(assessment, "standardRating.rating"))
    if rating is not None:
        rated_on = day(at(assessment, "standardRating.ratingDate")) or answered
        indicator = re.fullmatch(r"(?:[1-5]A|[A-H]{2}|[12]R|[A-Z]{1,2})\s?([1-4])", rating)
        found.append(Rating("risk_indicator", indicator.group(1) if indicator else rating, rated_on, rating))
    return found
