"""Who gets which dunning letter today, for which items, and why the others get none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import in_ledger_currency
from credrisk.decisions.contact_state import legal_events
from credrisk.decisions.dunning_holds import with_dunning_holds
from credrisk.decisions.dunning_items import PARTS, at_hand, past_due_items
from credrisk.decisions.dunning_language import customer_attribute, customer_languages
from credrisk.decisions.dunning_levels import customer_levels, with_levels
from credrisk.decisions.dunning_sent import letters_sent, other_contacts, with_last_level
from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_dunning import Dunning
from credrisk.decisions.recorded import with_recorded
from credrisk.decisions.sentences import day_words
from credrisk.decisions.third_party import third_party_claims
from credrisk.errors import DataError
from credrisk.frames import as_polars, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.movements import item_movements

if TYPE_CHECKING:
    import pandas as pd

    from credrisk.decisions.decision_log import DecisionLog

__all__ = ["DunningProposal", "dunning_proposal"]

MONEY = ("past_due", *PARTS, "credits", "cash", "asked")
UNKNOWN_LEVEL = "not known: letters are not recorded, or the last one names no level"


@dataclass(frozen=True)
class DunningProposal:
    """The letters of a day.

    Attributes
    ----------
    as_of, currency
        The day; the ledger's currency.
    policy
        The policy that was followed.
    accounts
        A row per customer with something past due; see :meth:`customers`.
    lines
        A row per past-due item, Int64 minor units; see :meth:`items`.
    sums
        A row per customer and currency, Int64 minor units; see :meth:`totals`.
    """

    as_of: date
    currency: str
    policy: Policy
    accounts: pl.DataFrame
    lines: pl.DataFrame
    sums: pl.DataFrame

    @overload
    def customers(self, *, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
    @overload
    def customers(self, *, output: Literal["polars"]) -> pl.DataFrame: ...
    def customers(self, *, output: str = "pandas") -> Any:
        """Return one row per customer with something past due.

        ``customer_id, name, country``; ``level`` and ``level_name`` of the letter (null where held), ``channel``,
        ``pay_within_days``; ``language, language_source``; ``hold, held, held_until``; ``last_level`` (of the letters
        that asked for these items; 0 where there were none, null where that is not known), ``last_sent_on``,
        ``last_level_says`` in words; ``items`` (asked for), ``oldest_days``; and in major units of the ledger's
        currency ``past_due`` = ``postponed + disputed + blocked + promised + dunned``, ``credits`` and ``cash`` (here
        and not applied) and ``asked`` (dunned less these, by currency, not below 0).
        """
        return given_out(self.accounts, output)

    @overload
    def items(self, *, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
    @overload
    def items(self, *, output: Literal["polars"]) -> pl.DataFrame: ...
    def items(self, *, output: str = "pandas") -> Any:
        """Return one row per past-due item, in major units of its own currency.

        See :func:`~credrisk.decisions.dunning_items.past_due_items`; ``last_level`` as above, ``level`` that the item
        has reached (0: none yet), ``on_letter``: it stands on today's letter.
        """
        amounts = [major_units(name, "currency") for name in ("amount", "open", *PARTS)]
        return given_out(self.lines.with_columns(amounts), output)

    @overload
    def totals(self, *, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
    @overload
    def totals(self, *, output: Literal["polars"]) -> pl.DataFrame: ...
    def totals(self, *, output: str = "pandas") -> Any:
        """Return the sums by customer and currency, in major units of that currency."""
        return given_out(self.sums.with_columns(major_units(name, "currency") for name in MONEY), output)


def dunning_proposal(
    ledger: Ledger,
    *,
    as_of: date | str,
    policy: Policy | None = None,
    log: DecisionLog | None = None,
    queue: pd.DataFrame | pl.DataFrame | None = None,
) -> DunningProposal:
    """Propose one letter per customer, at the highest level that one of its items has reached.

    Parameters
    ----------
    ledger
        The ledger; it is cut at ``as_of`` here.
    as_of
        The day of the letters.
    policy
        Its section ``dunning`` is the ladder; the shipped policy where none is given.
    log
        What was recorded by the end of the day counts as the ledger's own: letters sent (contacts whose ``action``
        names a level), promises, disputes.
    queue
        The collection list of the same day (``customer_id, contact_today, action``): who is called, visited or mailed
        today gets no letter besides. An account whose contact is a letter keeps it. The list holds no date; that it is
        of this day is for you to see to.

    Returns
    -------
    DunningProposal
        Customers, items and totals; what is past due ties out to the open items to the cent.

    Raises
    ------
    DataError
        When a currency has no rate, or the list lacks a column or has customers that the ledger lacks.

    Notes
    -----
    Age counts from the due date agreed later, where there is one. What letters were sent for an item follows from
    their days: a letter asks for everything due before it. Nothing is sent, and nothing is recorded as sent.

    Examples
    --------
    >>> dunning_proposal(ledger, as_of="2025-12-31").customers()  # doctest: +SKIP
    """
    day, policy = to_date(as_of), policy or Policy.default()
    rules, currency = policy.dunning, ledger.settings.currency
    seen = (ledger if log is None else with_recorded(ledger, log, as_of=day)).cut(day)
    movements = item_movements(seen)
    sent = letters_sent(seen, rules)
    items = past_due_items(seen, day, movements=movements, promise_grace_days=policy.collection.promise_grace_days)
    items = with_levels(with_last_level(items, sent, known_from=_recorded_from(ledger, seen)), rules)
    sums = _sums(items, at_hand(seen, movements))
    accounts = _accounts(seen, items, _translated(sums, seen, day), rules, movements=movements)
    spoken = other_contacts(seen, rules)
    last_letter = sent.group_by("customer_id").agg(last_letter_on=pl.col("sent_on").max())
    for other in (spoken, last_letter, _listed(queue, policy, seen.table("customers"))):
        accounts = accounts.join(other, on="customer_id", how="left")
    accounts = with_dunning_holds(accounts.sort("customer_id"), rules, as_of=day, currency=currency)
    on_letter = accounts.filter(pl.col("hold").is_null()).select("customer_id", on_letter=True)
    lines = items.join(on_letter, on="customer_id", how="left", maintain_order="left").with_columns(
        on_letter=pl.col("on_letter").fill_null(False) & (pl.col("dunned") > 0)
    )
    return DunningProposal(day, currency, policy, _laid_out(accounts, rules), lines.drop("least_level"), sums)


def _listed(queue: pd.DataFrame | pl.DataFrame | None, policy: Policy, customers: pl.DataFrame) -> pl.DataFrame:
    """Return ``customer_id, listed``: the action in words, of whoever is contacted today otherwise than by letter."""
    if queue is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "listed": pl.String})
    frame = as_polars(queue, "queue")
    lacking = [name for name in ("customer_id", "contact_today", "action") if name not in frame.columns]
    if lacking:
        raise DataError("The list lacks columns.", table="queue", columns=lacking, remedy="give the collection queue.")
    strangers = frame.join(customers, on="customer_id", how="anti")["customer_id"]
    if len(strangers):
        remedy = "give the collection queue of this ledger and day."
        raise DataError("The list has other customers.", table="queue", ids=strangers.to_list(), remedy=remedy)
    letters = [action.name for action in policy.collection.actions if action.channel == "letter"]
    says = {action.name: action.says for action in policy.collection.actions}
    contacted = frame.filter("contact_today", ~pl.col("action").is_in(letters))
    return contacted.select("customer_id", listed=pl.col("action").replace(says)).unique(
        "customer_id", keep="first", maintain_order=True
    )


def _recorded_from(ledger: Ledger, seen: Ledger) -> date | None:
    """Return the day from which letters are recorded: with the ledger, or where it has no contacts, with the log."""
    if ledger.has("contacts"):
        return ledger.settings.covers_from
    first = seen.table("contacts")["recorded_at"].min()
    return first if isinstance(first, date) else None


def _sums(items: pl.DataFrame, hand: pl.DataFrame) -> pl.DataFrame:
    """Return the parts by customer and currency; money at hand lowers what is asked for in its own currency only."""
    return (
        items.group_by("customer_id", "currency")
        .agg(pl.col("open").sum().alias("past_due"), *(pl.col(part).sum() for part in PARTS))
        .join(hand, on=["customer_id", "currency"], how="left")
        .with_columns(pl.col("credits", "cash").fill_null(0))
        .with_columns(asked=(pl.col("dunned") - pl.col("credits") - pl.col("cash")).clip(lower_bound=0))
        .select("customer_id", "currency", *MONEY)
        .sort("customer_id", "currency")
    )


def _translated(sums: pl.DataFrame, ledger: Ledger, as_of: date) -> pl.DataFrame:
    return (
        in_ledger_currency(sums, list(MONEY), ledger, as_of)
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col(MONEY).sum())
        .with_columns(at_hand=pl.col("credits") + pl.col("cash"))
    )


def _accounts(
    ledger: Ledger, items: pl.DataFrame, sums: pl.DataFrame, rules: Dunning, *, movements: pl.DataFrame
) -> pl.DataFrame:
    """Join to each customer with something past due its level and what may hold a letter."""
    asked_for = pl.col("dunned") > 0
    of_items = items.group_by("customer_id").agg(
        items=asked_for.sum().cast(pl.Int64),
        oldest_days=pl.col("days_past_due").filter(asked_for).max(),
        promised_until=pl.col("promised_until").max(),
        next_due_on=pl.col("due_on").filter(pl.col("postponed") > 0).min(),
    )
    stops = customer_attribute(ledger, "dunning_stop").rename({"value": "stop", "since": "stop_since"})
    found = sums.join(ledger.table("customers").select("customer_id", "name", "country"), on="customer_id", how="left")
    for other in (
        of_items,
        customer_levels(items, sums.select("customer_id", "asked"), rules),
        customer_languages(ledger, rules),
        stops,
        legal_events(ledger),
        third_party_claims(ledger, movements=movements),
    ):
        found = found.join(other, on="customer_id", how="left", validate="1:1")
    return found


def _laid_out(accounts: pl.DataFrame, rules: Dunning) -> pl.DataFrame:
    free = pl.col("hold").is_null()
    names = {place: level.name for place, level in enumerate(rules.levels, start=1)}
    channels = {place: level.channel for place, level in enumerate(rules.levels, start=1)}
    days = {place: level.pay_within_days for place, level in enumerate(rules.levels, start=1)}
    known = pl.col("last_level_known").fill_null(False)
    last = pl.col("last_level").replace_strict(names, default=None, return_dtype=pl.String)
    says = (
        pl.when(~known & (pl.col("dunned") > 0))
        .then(pl.lit(UNKNOWN_LEVEL))
        .when(pl.col("last_level") > 0)
        .then(pl.format("level {} ({}), the last letter on {}", "last_level", last, day_words(pl.col("last_sent_on"))))
        .when(known)
        .then(pl.lit("no letter asked for these items"))
    )
    level = pl.when(free).then("level")
    return accounts.sort("customer_id").select(
        "customer_id",
        "name",
        "country",
        level.alias("level"),
        level.replace_strict(names, default=None, return_dtype=pl.String).alias("level_name"),
        level.replace_strict(channels, default=None, return_dtype=pl.String).alias("channel"),
        level.replace_strict(days, default=None, return_dtype=pl.Int64).alias("pay_within_days"),
        "language",
        "language_source",
        "hold",
        "held",
        "held_until",
        pl.when(known).then("last_level").alias("last_level"),
        "last_sent_on",
        says.alias("last_level_says"),
        "items",
        "oldest_days",
        *MONEY,
    )
