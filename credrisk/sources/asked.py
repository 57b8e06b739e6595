"""A client that counts what it asked, and stops where no more requests are allowed."""

from __future__ import annotations

import threading
from typing import Any

from credrisk.sources.http import HttpClient, Reply

__all__ = ["AskedClient", "Budget", "BudgetSpent"]


class BudgetSpent(Exception):  # noqa: N818 - no fault: the work stops here and goes on another time
    """No further request is allowed in this run."""


class Budget:
    """How many requests a run may still make, over all its sources; None allows any number."""

    def __init__(self, requests: int | None) -> None:
        self._left, self._lock = requests, threading.Lock()

    def take(self) -> None:
        """Take one request, or raise :class:`BudgetSpent` when nothing is left."""
        with self._lock:
            if self._left is not None:
                if self._left <= 0:
                    raise BudgetSpent
                self._left -= 1

    def give_back(self) -> None:
        """Return one that did not have to be made."""
        with self._lock:
            if self._left is not None:
                self._left += 1


class AskedClient(HttpClient):
    """An :class:`~credrisk.sources.http.HttpClient` for one source, with its counts.

    Attributes
    ----------
    answered
        Questions that a host answered, each counted once however often it was tried.
    from_cache
        Questions that the cache answered.
    failed
        Questions without an answer: refused earlier, over the limit, no connection, not in the cache offline.
    """

    def __init__(self, *, budget: Budget | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self._budget = budget or Budget(None)
        self._offline = bool(settings.get("offline"))
        self.answered = self.from_cache = self.failed = 0

    def ask(self, url: str, **options: Any) -> Reply:
        """Ask, and count; see :meth:`HttpClient.ask`.

        Raises
        ------
        BudgetSpent
            When no further request is allowed, whether or not the cache would have known.
        """
        self._budget.take()
        try:
            reply = super().ask(url, **options)
        except Exception:
            self.failed += 1
            if self._offline:
                self._budget.give_back()
            raise
        if reply.from_cache:
            self.from_cache += 1
            self._budget.give_back()
        else:
            self.answered += 1
        return reply
