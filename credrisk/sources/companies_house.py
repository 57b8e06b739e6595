"""Companies House: the company register of the United Kingdom, in two sources.

What a company files and pledges is dated by the register, so its history can be told: :class:`CompaniesHouse`. Its
profile and its insolvency cases are shown as they are today: :class:`CompaniesHouseProfile`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal

from credrisk.errors import SourceError
from credrisk.sources.base import Answer, confidence_of
from credrisk.sources.companies_house_charges import charge_events, charge_facts
from credrisk.sources.companies_house_client import CompaniesHouseClient, number_of_customer
from credrisk.sources.companies_house_filings import filing_events, filing_facts
from credrisk.sources.companies_house_state import insolvency_events, profile_events, profile_facts
from credrisk.sources.http import HttpClient, Reply
from credrisk.sources.pace import Limits

__all__ = ["CompaniesHouse", "CompaniesHouseProfile"]

HOST = "api.company-information.service.gov.uk"
LICENCE = "Companies House public register, free to reuse"
AVAILABLE = "filing-history-available"
UNSURE = "the register answered that there are none, but it was not seen to know the company"


class _OfTheRegister:
    """What both sources have: where, how fast, with which key, and for whom."""

    licence = LICENCE
    reads = ("company_number",)
    site = "https://find-and-update.company-information.service.gov.uk"
    limits: ClassVar[Limits] = {HOST: ((600, 300.0),)}
    credential: str | None = "COMPANIES_HOUSE_KEY"
    secret_as = ("basic", HOST)
    parts: tuple[str, str]

    def __init__(self, client: HttpClient, *, url: str = f"https://{HOST}") -> None:
        self._register = CompaniesHouseClient(client, url)

    def ask(self, customer: Mapping[str, Any]) -> Sequence[Answer]:
        """Answer for a customer's ``company_number``, one answer a part."""
        try:
            number = number_of_customer(customer)
            confidence = confidence_of(customer, "company_number")
        except SourceError as error:
            return tuple(Answer("not_measured", str(error), part) for part in self.parts)
        return self._answers(number, confidence)

    def _answers(self, number: str, confidence: float) -> Sequence[Answer]:
        raise NotImplementedError


class CompaniesHouse(_OfTheRegister):
    """Filings and charges, each known from the day on which the register put it on file."""

    name = "companies_house"
    keeps_history = True
    about = "UK company register: filings (accounts, officers, insolvency, strike-off) and charges, as filed."
    parts = ("filing_history", "charges")

    def _answers(self, number: str, confidence: float) -> Sequence[Answer]:
        filings = self._filings(number, confidence)
        return filings, self._charges(number, confidence, known=filings.status == "hit")

    def _filings(self, number: str, confidence: float) -> Answer:
        part = _Part("filing_history", number, confidence)
        try:
            items, first, reply, incomplete = self._register.pages(f"/company/{number}/filing-history")
            part.rests_on(reply)
            if first is None:
                return part.answer("none", "the register has no filing history for this number")
            status = str(first.get("filing_history_status") or AVAILABLE)
            if not status.startswith(AVAILABLE):
                return part.answer("not_measured", f"the register cannot show the filings ({status})")
            if not items and not incomplete:
                return part.answer("none", "no filings under this number; it may never have been given out")
            events, facts = filing_events(items, number=number), filing_facts(items, number=number)
        except SourceError as error:
            return part.answer("not_measured", str(error))
        return part.answer("not_measured" if incomplete else "hit", incomplete, events=events, facts=facts)

    def _charges(self, number: str, confidence: float, *, known: bool) -> Answer:
        part = _Part("charges", number, confidence)
        try:
            items, first, reply, incomplete = self._register.pages(f"/company/{number}/charges")
            part.rests_on(reply)
            if incomplete:
                return part.answer("not_measured", incomplete)
            if first is None or not items:
                return part.nothing("no charges registered", known=known)
            day = reply.retrieved_at
            events = charge_events(items, number=number, retrieved_at=day)
            facts = charge_facts(items, number=number, retrieved_at=day)
        except SourceError as error:
            return part.answer("not_measured", str(error))
        return part.answer("hit", events=events, facts=facts)


class CompaniesHouseProfile(_OfTheRegister):
    """Today's profile and insolvency cases, known from the day they are fetched."""

    name = "companies_house_profile"
    keeps_history = False
    about = "UK company register as of today: status, overdue accounts, names, registered office, insolvency cases."
    parts = ("profile", "insolvency")

    def _answers(self, number: str, confidence: float) -> Sequence[Answer]:
        profile = self._profile(number, confidence)
        if profile.status == "none":
            unknown = _Part("insolvency", number, confidence, profile.url, profile.retrieved_at)
            return profile, unknown.answer("none", profile.reason)
        return profile, self._insolvency(number, confidence, known=profile.status == "hit")

    def _profile(self, number: str, confidence: float) -> Answer:
        part = _Part("profile", number, confidence)
        try:
            content, reply = self._register.object(f"/company/{number}")
            part.rests_on(reply)
            if content is None:
                return part.answer("none", "the register has no company with this number")
            day = reply.retrieved_at
            events = profile_events(content, number=number, retrieved_at=day)
            facts = profile_facts(content, number=number, retrieved_at=day)
        except SourceError as error:
            return part.answer("not_measured", str(error))
        return part.answer("hit", events=events, facts=facts)

    def _insolvency(self, number: str, confidence: float, *, known: bool) -> Answer:
        part = _Part("insolvency", number, confidence)
        try:
            content, reply = self._register.object(f"/company/{number}/insolvency")
            part.rests_on(reply)
            if content is None:
                return (
                    part.answer("none", "no insolvency case recorded") if known else part.answer("not_measured", UNSURE)
                )
            events = insolvency_events(content, number=number, retrieved_at=reply.retrieved_at)
        except SourceError as error:
            return part.answer("not_measured", str(error))
        return part.answer("hit", events=events)


class _Part:
    """What one part of an answer rests on."""

    def __init__(
        self, part: str, number: str, confidence: float, url: str = "", retrieved_at: date | None = None
    ) -> None:
        self._part, self._number, self._confidence = part, number, confidence
        self._url, self._retrieved_at = url, retrieved_at

    def rests_on(self, reply: Reply) -> None:
        self._url, self._retrieved_at = reply.url.partition("?")[0], reply.retrieved_at

    def nothing(self, reason: str, *, known: bool) -> Answer:
        """Say ``none``, or ``not_measured`` where the register was not seen to know the company at all."""
        return self.answer("none", reason) if known else self.answer("not_measured", UNSURE)

    def answer(
        self,
        status: Literal["hit", "none", "not_measured"],
        reason: str = "",
        *,
        events: Sequence[Mapping[str, Any]] = (),
        facts: Sequence[Mapping[str, Any]] = (),
    ) -> Answer:
        return Answer(
            status,
            reason,
            self._part,
            self._number,
            self._url,
            self._retrieved_at,
            self._confidence,
            facts=[{**fact, "company_number": self._number} for fact in facts],
            events=[{**event, "company_number": self._number} for event in events],
        )
