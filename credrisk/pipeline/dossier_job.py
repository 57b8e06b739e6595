"""The dossier of one company from a ledger and a folder of public information: found, cut at the day, put together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import days_after, to_date
from credrisk.decisions.company_group import company_groups_today
from credrisk.decisions.outside_figures import annual_statements
from credrisk.decisions.policy import Policy
from credrisk.decisions.red_flags import red_flags
from credrisk.errors import ParameterError
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue
from credrisk.features.chosen_rows import ChosenRows
from credrisk.features.entities import entity_rows
from credrisk.features.panel import full_panel
from credrisk.features.rows import LedgerRows
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.find_customer import find_customer
from credrisk.pipeline.stored_results import StoredResults, read_results
from credrisk.reports.dossier import Dossier
from credrisk.reports.dossier_who import taken_matches
from credrisk.sources.companies_house_state import register_rows
from credrisk.sources.matching.register import DATED_REGISTER
from credrisk.sources.matching.result import MATCHES
from credrisk.sources.public_beside import beside
from credrisk.sources.public_folder import PublicFolder

__all__ = ["company_dossier", "default_day", "results_of"]

MONTHS_OF_HISTORY = 24
ATTRIBUTES = ("segment", "collector", "parent_id")
FEATURES = (
    "net_balance",
    "past_due",
    "oldest_open_days",
    "dbt_3m",
    "dso_3m",
    "terms_days",
    "invoiced_12m",
    "credit_limit",
    "utilisation",
    "over_limit",
    "covered",
    "disputed_open",
    "broken_promises_12m",
    "days_beyond_report_overdue",
    "placements_12m",
    "legal_actions_12m",
)


def company_dossier(
    ledger: Ledger,
    company: str,
    *,
    public: PublicFolder | None = None,
    results: StoredResults | None = None,
    as_of: date | str | None = None,
) -> Dossier:
    """Return the dossier of one company as it was known on a day.

    Parameters
    ----------
    ledger
        The ledger's own tables.
    company
        The id or the name of an account.
    public
        From :func:`~credrisk.sources.public_folder.read_public`.
    results
        From :func:`results_of`: what a run said of the same ledger; one of a later day is refused.
    as_of
        Nothing known later (inclusive) is told. Default: :func:`default_day`. It may lie after the ledger's last day;
        the ledger's figures then stand on that last day.

    Raises
    ------
    ParameterError
        When no account has that id or name (the nearest are named), or the day lies before what the ledger covers.
    """
    day = to_date(as_of) if as_of is not None else default_day(ledger, public)
    if day < ledger.settings.covers_from:
        raise ParameterError("as_of", f"on or after {ledger.settings.covers_from}, where the ledger begins", str(day))
    if results is not None and results.as_of > day:
        raise ParameterError("results", f"a run of {day} or earlier", f"a run of {results.as_of}")
    whole = beside(ledger, public.path) if public is not None else ledger
    known = whole.cut(day)
    customer = find_customer(known, company)
    ledger_to, rows = known.settings.covers_to, LedgerRows(known)
    panel, members = _panel(known, rows, customer, ledger_to)
    own = panel.filter(pl.col("customer_id") == customer).sort("as_of")
    now = own.row(-1, named=True)
    of_customer = {
        name: entity_rows(rows, name).filter(pl.col("customer_id") == customer)
        for name in ("facts", "events", "ratings")
    }
    statements = annual_statements(of_customer["facts"], as_of=day)
    return Dossier(
        as_of=day,
        ledger_to=ledger_to,
        currency=known.settings.currency,
        customer=_master(known, customer),
        now=now,
        history=own.select("as_of", "net_balance", "credit_limit", "dbt_3m"),
        events=of_customer["events"],
        ratings=of_customer["ratings"],
        facts=of_customer["facts"],
        statements=statements,
        flags=red_flags(
            as_of=day,
            events=of_customer["events"],
            statements=statements,
            ratings=of_customer["ratings"],
            now=now | _status(results, customer, ledger_to),
            ledger_to=ledger_to,
            currency=known.settings.currency,
        ),
        accounts=_sisters(known, panel, members, customer, ledger_to),
        **_of_public(public, customer, day, of_customer["events"]),
        **_of_results(results, customer),
        later=_later(whole, customer, day),
    )


def default_day(ledger: Ledger, public: PublicFolder | None) -> date:
    """Return the latest of the ledger's last day, the last question to a public source, and the register's copy."""
    tables = () if public is None else (public.answers["retrieved_at"], public.register["known_at"])
    seen: list[date] = [day for days in tables for day in days.drop_nulls().to_list()]
    return max([ledger.settings.covers_to, *seen])


def results_of(
    folder: Path,
    ledger: Ledger,
    *,
    public: PublicFolder | None,
    policy: Policy | None = None,
    as_of: date | None = None,
) -> StoredResults:
    """Return what a run left, made from the ledger alone or with the same public folder beside it.

    Raises
    ------
    ParameterError
        When it was made from neither.
    """
    rules = policy or Policy.default()
    if public is None:
        return read_results(folder, ledger=ledger, policy=rules, as_of=as_of)
    try:
        return read_results(folder, ledger=beside(ledger, public.path), policy=rules, as_of=as_of)
    except ParameterError:
        return read_results(folder, ledger=ledger, policy=rules, as_of=as_of)


def _panel(known: Ledger, rows: LedgerRows, customer: str, day: date) -> tuple[pl.DataFrame, list[str]]:
    """Return the features of the accounts of the customer's group at the month-ends up to the day."""
    groups = company_groups_today(known)
    own = groups.filter(pl.col("customer_id") == customer)["group"].to_list()
    members = groups.filter(pl.col("group").is_in(own))["customer_id"].to_list() if own else [customer]
    ids = rows.customers.cast(pl.String)
    places = np.flatnonzero(ids.is_in([*members, customer]).to_numpy())
    days = Calendar.months_back(day, MONTHS_OF_HISTORY + 1)
    covered = Calendar(tuple(end for end in days if end >= known.settings.covers_from))
    panel = full_panel(ChosenRows(rows, places), covered, catalogue(FEATURES))
    return panel.with_columns(pl.col("customer_id").cast(pl.String)), members


def _master(known: Ledger, customer: str) -> dict[str, Any]:
    row = known.table("customers").filter(pl.col("customer_id") == customer).row(0, named=True)
    in_force = (
        known.table("customer_history")
        .filter((pl.col("customer_id") == customer) & pl.col("attribute").is_in(ATTRIBUTES))
        .sort("attribute", "valid_from", "recorded_at")
        .unique("attribute", keep="last", maintain_order=True)
    )
    return row | dict(in_force.select("attribute", "value").iter_rows())


def _sisters(known: Ledger, panel: pl.DataFrame, members: list[str], customer: str, day: date) -> pl.DataFrame:
    names = known.table("customers").select("customer_id", "name")
    return (
        panel.filter(
            (pl.col("as_of") == day) & pl.col("customer_id").is_in(members) & (pl.col("customer_id") != customer)
        )
        .join(names, on="customer_id", how="left", maintain_order="left")
        .select("customer_id", "name", "net_balance", "past_due", "dbt_3m")
    )


def _of_public(public: PublicFolder | None, customer: str, day: date, events: pl.DataFrame) -> dict[str, Any]:
    fetched = register_rows(events, as_of=day)
    if public is None:
        return {"matches": pl.DataFrame(schema=MATCHES), "register": fetched}
    own = pl.col("customer_id") == customer
    matches = public.matches.filter(own & (pl.col("valid_from") <= day).fill_null(True))
    known_copy = public.register.filter(pl.col("known_at") <= day).select(*DATED_REGISTER)
    entities = taken_matches(matches).select("register", "entity").unique()
    in_time = (pl.col("retrieved_at") <= day).fill_null(True)
    answered = public.answers.filter(in_time)
    late = public.answers.filter(own & ~in_time).group_by("source").agg(pl.col("retrieved_at").min())
    return {
        "matches": matches,
        "register": pl.concat([known_copy.join(entities, on=["register", "entity"], how="semi"), fetched]),
        "answers": answered.filter(own),
        "asked_later": dict(late.sort("source").iter_rows()),
        "asked": tuple(sorted(set(answered["source"].drop_nulls()))) if "answers" in public.has else None,
    }


def _of_results(results: StoredResults | None, customer: str) -> dict[str, Any]:
    if results is None:
        return {}
    found: dict[str, Any] = {"results_on": results.as_of}
    for name, frame in (("scores", results.scores), ("limits", results.limits)):
        found[name] = _row(frame, customer)
    return found


def _status(results: StoredResults | None, customer: str, day: date) -> dict[str, Any]:
    """Return the status of the run, where it is of the ledger's own last day."""
    if results is None or results.as_of != day:
        return {}
    return {"status": _row(results.scores, customer).get("status")}


def _row(frame: pl.DataFrame, customer: str) -> Mapping[str, Any]:
    own = frame.filter(pl.col("customer_id") == customer)
    return own.row(0, named=True) if own.height else {}


def _later(whole: Ledger, customer: str, day: date) -> int:
    """Count the public rows about the account that became known only after the day."""
    later = (pl.col("customer_id") == customer) & (pl.col("known_at") >= days_after(day, 1))
    return sum(whole.table(name).filter(later).height for name in ("facts", "events", "ratings"))
