"""Which sources there are, what each is about, what it needs, and how one is made ready to be asked.

A source is a class; what it says about itself in class attributes is its :class:`SourceCard`. The classes are named
here as ``module:Class`` and loaded when they are used. A class of your own is named the same way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from os import PathLike
from typing import Any

from credrisk.errors import ParameterError
from credrisk.sources.asked import AskedClient, Budget
from credrisk.sources.credentials import client_secrets, credential

__all__ = ["FREE", "MARKET_SOURCES", "SOURCES", "UNSTATED", "SourceCard", "card_of", "opened", "source_card"]

SOURCES: dict[str, str] = {
    "companies_house": "credrisk.sources.companies_house:CompaniesHouse",
    "companies_house_profile": "credrisk.sources.companies_house:CompaniesHouseProfile",
    "courtlistener": "credrisk.sources.courtlistener:CourtListener",
    "gazette": "credrisk.sources.gazette:Gazette",
    "gdelt": "credrisk.sources.gdelt:Gdelt",
    "gleif": "credrisk.sources.gleif:Gleif",
    "news_feeds": "credrisk.sources.news_feeds:NewsFeeds",
    "opensanctions": "credrisk.sources.opensanctions:OpenSanctions",
    "sec_edgar": "credrisk.sources.sec_edgar:SecEdgar",
    "sec_full_text": "credrisk.sources.sec_full_text:SecFullText",
}
"""Sources that are asked about each customer, by name."""

MARKET_SOURCES: dict[str, str] = {
    "ecb": "credrisk.sources.ecb:Ecb",
    "eurostat": "credrisk.sources.eurostat:Eurostat",
    "fred": "credrisk.sources.fred:Fred",
}
"""Sources of series on markets, which are asked about no customer."""

REFRESH_AFTER = dict.fromkeys(("gdelt", "news_feeds", "sec_edgar", "sec_full_text"), timedelta(days=1))
"""Sources of daily news: an answer older than this is asked for again."""
REFRESH_REGISTER_AFTER = timedelta(days=7)
"""The same for every other source: registers change slowly."""

LONGEST_WAIT = 3_700.0
"""Seconds: a limit by the hour is waited for, one by the day is not."""
UNSTATED = (5, 1.0)
"""Requests and seconds for a host of which the source states no limit."""


SET_UP_BY = {"news_feeds": "CREDRISK_NEWS_FEEDS"}
"""Sources that answer only where the user has named something to read: the environment variable that does."""


FREE, NOT_STATED = "free", "not stated"
COSTS = {"opensanctions": "charged by OpenSanctions by the question, at the prices of your key"}
"""What the questions of a source here cost, where they are not free; a class of your own says it as ``cost``."""


@dataclass(frozen=True)
class SourceCard:
    """What a source says about itself.

    Attributes
    ----------
    made_by
        The class.
    reads
        Customer columns that it needs, the first its entity id; empty where it does not say.
    limits
        Per host the windows (requests, seconds) that all hold; empty: five requests a second.
    credential
        Name of the key it needs, read from ``CREDRISK_<name>`` or the keyring; None for none.
    set_up_by
        Environment variable without which it has nothing to read; None for none.
    refresh_after
        Age from which an answer is asked for again.
    cost
        In words: ``free``, ``not stated``, or who charges what.
    """

    made_by: type[Any]
    name: str
    about: str
    site: str
    licence: str
    keeps_history: bool
    reads: tuple[str, ...]
    limits: Mapping[str, Sequence[tuple[int, float]]]
    credential: str | None
    set_up_by: str | None
    refresh_after: timedelta
    cost: str

    @property
    def entity_id(self) -> str | None:
        """The customer column without which there is nothing to ask; None where the source does not say."""
        return self.reads[0] if self.reads else None

    def is_set_up(self) -> bool:
        """Tell whether it can be asked: it needs no key or has its own, and what the user has to name is named."""
        return self.key_is_set() and (self.set_up_by is None or bool(os.environ.get(self.set_up_by)))

    def key_is_set(self) -> bool:
        """Tell whether the key is there (or none is needed), without showing it."""
        return self.credential is None or credential(self.credential) is not None

    def seconds_for(self, requests: int) -> float:
        """Return the least time that so many requests to its slowest host take at its limits."""
        windows = [window for host in self.limits.values() for window in host] or [UNSTATED]
        return max(requests * seconds / allowed for allowed, seconds in windows)

    @property
    def per_second(self) -> float:
        """Requests a second in a burst: what its quickest window lets through, and no less than without limits."""
        windows = [UNSTATED, *(window for host in self.limits.values() for window in host)]
        return max(allowed / seconds for allowed, seconds in windows)


def source_card(name: str) -> SourceCard:
    """Return the card of a source by its name here, or of a class of yours named ``module:Class``.

    Raises
    ------
    ParameterError
        When there is none.
    """
    where = {**SOURCES, **MARKET_SOURCES}.get(name, name)
    module, colon, class_name = where.partition(":")
    try:
        found = getattr(import_module(module), class_name) if colon else None
    except (ImportError, AttributeError, ValueError):
        found = None
    if not isinstance(found, type):
        rule = f"one of {', '.join(SOURCES)}, or module:Class of your own that Python can import"
        raise ParameterError("source", rule, name)
    return card_of(found)


def card_of(made_by: type[Any]) -> SourceCard:
    """Return what a source's class says about itself.

    Raises
    ------
    ParameterError
        When it says no name, no licence, or not whether it keeps history.
    """
    lacking = [a for a in ("name", "licence", "keeps_history") if not hasattr(made_by, a)]
    if lacking:
        raise ParameterError("source", f"a class with the attributes {', '.join(lacking)}", made_by.__qualname__)
    ours = {**SOURCES, **MARKET_SOURCES}
    described = (made_by.__doc__ or "").strip().partition("\n")[0]
    return SourceCard(
        made_by=made_by,
        name=made_by.name,
        about=getattr(made_by, "about", described),
        site=getattr(made_by, "site", ""),
        licence=made_by.licence,
        keeps_history=made_by.keeps_history,
        reads=tuple(getattr(made_by, "reads", ())),
        limits=dict(getattr(made_by, "limits", {})),
        credential=getattr(made_by, "credential", None),
        set_up_by=SET_UP_BY.get(made_by.name),
        refresh_after=REFRESH_AFTER.get(made_by.name, REFRESH_REGISTER_AFTER),
        cost=getattr(made_by, "cost", COSTS.get(made_by.name, FREE if made_by.name in ours else NOT_STATED)),
    )


@contextmanager
def opened(
    card: SourceCard,
    *,
    cache_folder: str | PathLike[str],
    contact: str | None = None,
    offline: bool = False,
    budget: Budget | None = None,
) -> Iterator[tuple[Any, AskedClient]]:
    """Make a source with a client of its own: its limits, its key at its host and nowhere else."""
    client = AskedClient(
        cache_folder=cache_folder,
        contact=contact,
        offline=offline,
        limits=card.limits,
        per_second=card.per_second,
        longest_wait=LONGEST_WAIT,
        budget=budget,
        **client_secrets([card.made_by]),
    )
    with client:
        yield card.made_by(client), client
