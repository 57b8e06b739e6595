"""Which customers are insolvent, in liquidation or dissolved, since when, and who says so: own books or a register."""

from __future__ import annotations

import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.outside_meaning import ENDS, LIQUIDATIONS, SOLVENT, SOLVENT_DAYS
from credrisk.features.entities import is_sure, rows_by_customer
from credrisk.features.registers import PETITIONS
from credrisk.ledger.event_kinds import FAMILIES, plain_kinds
from credrisk.ledger.ledger import Ledger
from credrisk.sources.british import BRITISH, BRITISH_SOURCES

__all__ = ["ended_by_registers", "insolvencies", "said_by_registers", "warned_by_registers"]

STATES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dissolved": (("dissolution", "struck_off"), ("restored_to_register",)),
    "insolvent": (
        tuple(kind for kind in FAMILIES["insolvency"] if kind not in (*PETITIONS, *LIQUIDATIONS)),
        ("insolvency_ended",),
    ),
    "in liquidation": (LIQUIDATIONS, ("insolvency_ended", "restored_to_register")),
}
"""What a register may say, the gravest first: the kinds of events that begin it, and those that end it.

A petition is no order yet, an entity that is merely inactive may have been merged, and a liquidation known to be
solvent pays its debts.
"""

LASTING_MONTHS = 36
"""An insolvency or liquidation last told of longer ago stops nothing by itself: who still buys has come out of it, and
some sources tell no end. A dissolution lasts."""

STEPS = ("liquidator_appointed", "proceedings_progress")
"""What shows that an insolvency or liquidation goes on, and begins none."""
STEP_MONTHS = 60
"""What follows longer after all that is known of a case belongs to another."""

WARNINGS = (
    *PETITIONS,
    "bankruptcy_progress",
    "entity_inactive",
    "liquidator_appointed",
    "members_voluntary_liquidation",
    "proceedings_progress",
    "registration_ended",
    "sanction_linked",
    "sanctioned",
    "strike_off_notice",
    "strike_off_suspended",
    "voluntary_strike_off",
)
"""Kinds that stop no credit by themselves, and that nobody who gives credit may overlook."""
LISTED = ("sanction_linked", "sanctioned")
"""Those that nothing ends: whoever was listed stays so until the row goes."""

_BY_ID = ("lei", "cik", "duns")
"""What an event without an account is told by, whoever tells it."""


def insolvencies(ledger: Ledger) -> pl.DataFrame:
    """Return the customers of a cut ledger to whom nothing is shipped and whom nobody chases any more.

    Returns
    -------
    polars.DataFrame
        ``customer_id, insolvent_on, insolvent_as``, sorted by customer. The own record of an insolvency goes first
        (its last day, "insolvent"), as long as no event ``insolvency_ended`` is of that day or later; else
        :func:`ended_by_registers`.
    """
    events = _events(ledger).filter(pl.col("kind") == "insolvency_ended")
    over = events.group_by("customer_id").agg(ended_on=pl.col("happened_on").max())
    own = (
        ledger.table("credit_events")
        .filter(pl.col("kind") == "insolvency")
        .group_by("customer_id")
        .agg(insolvent_on=pl.col("date").max())
        .join(over, on="customer_id", how="left")
        .filter((pl.col("insolvent_on") > pl.col("ended_on")).fill_null(True))
        .select("customer_id", "insolvent_on", insolvent_as=pl.lit("insolvent"))
    )
    told = ended_by_registers(ledger).join(own, on="customer_id", how="anti")
    return pl.concat((own, told)).sort("customer_id")


def ended_by_registers(ledger: Ledger) -> pl.DataFrame:
    """Return the customers of a cut ledger that a register calls insolvent, in liquidation or dissolved.

    Returns
    -------
    polars.DataFrame
        ``customer_id, insolvent_on, insolvent_as``, sorted by customer: the day since which it is so and, such as
        "dissolved (companies_house)", what it is and which source said so last. An event counts where the match behind
        it is sure (:data:`~credrisk.features.entities.SURE_MATCH` at least, or none stated), no later one has
        ended it (on one day the one that begins it counts), and it is not over by time (:data:`LASTING_MONTHS` without
        it or one of :data:`STEPS`). A bankruptcy is over with a later step in it, which is a plan confirmed, the way
        out or a further case, and warns; a liquidation that
        another event declared solvent, before it or within a year after it, is none.
    """
    events = _events(ledger)
    since = months_after(ledger.settings.covers_to, -LASTING_MONTHS)
    lasting = pl.col("last_on") > since
    found = [
        _in_state(events, word, begins, ends).filter(lasting | (word == "dissolved")).drop("last_on")
        for word, (begins, ends) in STATES.items()
    ]
    return pl.concat(found).unique("customer_id", keep="first", maintain_order=True).sort("customer_id")


def warned_by_registers(ledger: Ledger) -> pl.DataFrame:
    """Return of whom a register says what stops nothing by itself, and must be read before more credit is given.

    Returns
    -------
    polars.DataFrame
        ``customer_id, warned_of``, sorted by customer; ``warned_of`` such as "winding up petition of 2025-03-10
        (gazette)": of the events of :data:`WARNINGS`, and of those of :data:`STATES` whose match is not sure or that
        come by a company number alone which may be another country's, the one that happened last, within
        :data:`LASTING_MONTHS` (but for :data:`LISTED`) and not undone on a later day
        (:data:`~credrisk.decisions.outside_meaning.ENDS`). Nobody of :func:`ended_by_registers` is among them.
    """
    return _warned(ledger, ended_by_registers(ledger))


def said_by_registers(ledger: Ledger) -> pl.DataFrame:
    """Return :func:`ended_by_registers` and :func:`warned_by_registers` in one: each customer once, sorted."""
    ended = ended_by_registers(ledger)
    return ended.join(_warned(ledger, ended), on="customer_id", how="full", coalesce=True).sort("customer_id")


def _warned(ledger: Ledger, ended: pl.DataFrame) -> pl.DataFrame:
    events = _plain_events(ledger)
    states = [kind for begins, _ in STATES.values() for kind in begins]
    doubtful = ~is_sure()
    unsure = doubtful | pl.col("by_number")
    warns = pl.col("kind").is_in(WARNINGS) | (pl.col("kind").is_in(states) & unsure)
    since = months_after(ledger.settings.covers_to, -LASTING_MONTHS)
    lasting = (pl.col("happened_on") > since) | pl.col("kind").is_in(LISTED)
    undone = [_undone(events, begins, ends) for ends, begins in ENDS.items()]
    percentage = (100 * pl.col("match_confidence")).floor().cast(pl.Int64)
    doubted = (
        pl.when(doubtful)
        .then(pl.format(", a match {} % sure", percentage))
        .when("by_number")
        .then(pl.lit(", by the company number alone"))
    )
    said = pl.format(
        "{} of {} ({}{})",
        pl.col("kind").str.replace_all("_", " "),
        "happened_on",
        "source",
        doubted.otherwise(pl.lit("")),
    )
    return (
        events.filter(warns & lasting)
        .join(pl.concat(undone).unique(), on=["row", "customer_id"], how="anti")
        .join(ended, on="customer_id", how="anti")
        .sort("customer_id", "happened_on", "known_at", "source", "kind")
        .group_by("customer_id", maintain_order=True)
        .agg(warned_of=said.last())
    )


def _undone(events: pl.DataFrame, begins: tuple[str, ...], ends: str) -> pl.DataFrame:
    """Return the events of the kinds that another kind has undone on a later day: what is sure by a sure end alone."""
    over = events.filter(pl.col("kind") == ends).group_by("customer_id")
    day = pl.col("happened_on")
    last = over.agg(ended_on=day.max(), surely_on=day.filter(is_sure() & ~pl.col("by_number")).max())
    begun = events.filter(pl.col("kind").is_in(begins)).join(last, on="customer_id", how="inner")
    sure = is_sure() & ~pl.col("by_number")
    return begun.filter(day < pl.when(sure).then("surely_on").otherwise("ended_on")).select("row", "customer_id")


def _plain_events(ledger: Ledger) -> pl.DataFrame:
    """Return the events of the customers, kinds as families write them.

    ``by_number`` tells of those that come by a company number alone, which other countries give out too: the customer's
    country is not known to be that of the source.
    """
    sure = pl.concat((rows_by_customer(ledger, "events", ids=_BY_ID), _by_british_number(ledger)))
    sure = sure.unique(["row", "customer_id"], maintain_order=True)
    by_number = rows_by_customer(ledger, "events").join(sure, on=["row", "customer_id"], how="anti")
    marked = (sure.with_columns(by_number=False), by_number.with_columns(by_number=True))
    events = pl.concat(marked, how="diagonal")
    return events.with_columns(kind=plain_kinds())


def _events(ledger: Ledger) -> pl.DataFrame:
    """Return the events of sure matches, kinds as families write them, without solvent liquidations."""
    sure = is_sure() & ~pl.col("by_number")
    plain = _plain_events(ledger).filter(sure)
    plain = plain.join(_undone(plain, ("bankruptcy",), "bankruptcy_progress"), on=["row", "customer_id"], how="anti")
    solvent = plain.filter(pl.col("kind") == SOLVENT).group_by("customer_id").agg(solvent=pl.col("happened_on").min())
    declared = pl.col("solvent") <= pl.col("happened_on") + pl.duration(days=SOLVENT_DAYS)
    is_solvent = pl.col("kind").is_in((*LIQUIDATIONS, "liquidator_appointed")) & declared.fill_null(False)
    return plain.join(solvent, on="customer_id", how="left").filter(~is_solvent).drop("solvent")


def _by_british_number(ledger: Ledger) -> pl.DataFrame:
    british = ledger.table("customers").filter(pl.col("country").str.to_lowercase().str.strip_chars().is_in(BRITISH))
    rows = rows_by_customer(ledger, "events", ids=("company_number",)).filter(pl.col("source").is_in(BRITISH_SOURCES))
    return rows.join(british, on="customer_id", how="semi")


def _in_state(events: pl.DataFrame, word: str, begins: tuple[str, ...], ends: tuple[str, ...]) -> pl.DataFrame:
    ended = events.filter(pl.col("kind").is_in(ends)).group_by("customer_id").agg(ended_on=pl.col("happened_on").max())
    begun = events.filter(pl.col("kind").is_in(begins)).join(ended, on="customer_id", how="left")
    lasted = _lasted(events, begins)
    return (
        begun.filter((pl.col("happened_on") >= pl.col("ended_on")).fill_null(True))
        .join(lasted, on="customer_id", how="left")
        .sort("customer_id", "happened_on", "known_at", "source")
        .group_by("customer_id", maintain_order=True)
        .agg(
            insolvent_on=pl.col("happened_on").first(),
            last_on=pl.col("last_on").first(),
            source=pl.col("source").last(),
        )
        .select("customer_id", "insolvent_on", "last_on", insolvent_as=pl.format(word + " ({})", "source"))
    )


def _lasted(events: pl.DataFrame, begins: tuple[str, ...]) -> pl.DataFrame:
    """Return ``customer_id, last_on``: the last day of what began, with the steps that follow without a long gap."""
    begun = pl.col("kind").is_in(begins)
    chain = events.filter(begun | pl.col("kind").is_in(STEPS)).sort("customer_id", "happened_on")
    apart = pl.col("happened_on") > pl.col("happened_on").shift(1).dt.offset_by(f"{STEP_MONTHS}mo")
    cases = chain.with_columns(case=apart.fill_null(False).cum_sum().over("customer_id"), begun=begun)
    told = cases.group_by("customer_id", "case").agg(pl.col("begun").any(), last_on=pl.col("happened_on").max())
    return told.filter("begun").group_by("customer_id").agg(pl.col("last_on").max())
