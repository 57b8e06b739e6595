"""How collection went over a period, for the team and for each collector's portfolio: every measure with what it lacks.

Formulas and sources stand in docs/team.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.policy import Policy
from credrisk.decisions.promise_ledger import promise_ledger
from credrisk.decisions.team_accounts import NOBODY, account_balances, account_owners
from credrisk.decisions.team_cash import DAYS_A_WEEK, Expectation, TeamCash, rolling_over, team_cash
from credrisk.decisions.team_contacts import (
    LEAST_KNOWN,
    days_to_first_contact,
    median_of_spells,
    mostly_known,
    penetration,
    period_contacts,
)
from credrisk.decisions.team_funnel import DECIDED, contact_funnel
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.models.payment_timing import PaymentTiming
from credrisk.portfolio.measures import collection_effectiveness
from credrisk.wording import percent

__all__ = ["EVERYBODY", "TeamMeasures", "team_measures"]

EVERYBODY = "all"
"""The row of the whole team."""
WEEKS = 4
LEAST_SPELLS = 10
"""Accounts that fell past due under which no median wait is given."""

MEASURES = {
    "collector": pl.String,
    "accounts_past_due": pl.Int64,
    "past_due": pl.Float64,
    "penetration": pl.Float64,
    "penetration_money": pl.Float64,
    "never_touched": pl.Int64,
    "contacts": pl.Int64,
    "minutes": pl.Float64,
    "right_party_share": pl.Float64,
    "promises_decided": pl.Int64,
    "promised": pl.Float64,
    "promise_kept": pl.Float64,
    "days_to_first_contact": pl.Float64,
    "open_balance": pl.Float64,
    "share_over_60": pl.Float64,
    "share_over_60_before": pl.Float64,
    "share_over_90": pl.Float64,
    "share_over_90_before": pl.Float64,
    "rolls_over_60": pl.Float64,
    "rolls_over_90": pl.Float64,
    "cash_expected": pl.Float64,
    "cash_actual": pl.Float64,
    "cash_to_forecast": pl.Float64,
    "cei": pl.Float64,
    "cei_cash_only": pl.Float64,
}


@dataclass(frozen=True)
class TeamMeasures:
    """A period of collection.

    Attributes
    ----------
    table
        A row for each collector with an account that moved or owed, or with a contact, by name; last the row ``all``;
        money in major units of the ledger's currency, shares of one. Of the portfolio (the accounts whose collector it
        was when the period began): ``accounts_past_due, past_due`` (then), ``penetration, penetration_money`` (share
        of them with a meaningful contact in the period), ``never_touched`` (without any attempt), ``promises_decided,
        promised, promise_kept`` (promises whose last day fell in the period: money that came in time / promised),
        ``days_to_first_contact`` (median of accounts that newly fell past due), ``open_balance, share_over_60,
        share_over_90`` (of open debit items, at the end; ``_before``: at the beginning), ``rolls_over_60,
        rolls_over_90`` (money expected to pass the mark within 30 days), ``cash_expected, cash_actual,
        cash_to_forecast``, ``cei, cei_cash_only``. Of the person: ``contacts`` (attempts), ``minutes``,
        ``right_party_share`` (right person / reached). Null: not measured.
    funnel
        As :func:`~credrisk.decisions.team_funnel.contact_funnel` has it, with the row ``all``.
    cash
        Expected and actual cash by account, with ``collector``.
    start, end
        Last day before the period, and its last day.
    currency
        Of all money.
    outcome
        How the cash was expected, its range, and the model.
    lacks
        What is not measured and why, in words.
    """

    table: pl.DataFrame
    funnel: pl.DataFrame
    cash: pl.DataFrame
    start: date
    end: date
    currency: str
    outcome: TeamCash
    lacks: tuple[str, ...]


def team_measures(
    ledger: Ledger,
    *,
    as_of: date | str,
    weeks: int = WEEKS,
    policy: Policy | None = None,
    timing: PaymentTiming | None = None,
    expected_by: Expectation = "forecast",
) -> TeamMeasures:
    """Measure collection over the weeks up to ``as_of``.

    Parameters
    ----------
    ledger
        It is cut here: nothing known after ``as_of`` is used, and the expectations use nothing known after the period
        began.
    as_of
        Last day of the period, inclusive.
    weeks
        Its length, 1 to 26: the period begins the day after ``as_of`` less so many weeks.
    policy
        For the days of grace of promises; the shipped one where none is given.
    timing
        A payment timing model fitted on what was known when the period began; None: it is fitted here.
    expected_by
        See :func:`~credrisk.decisions.team_cash.team_cash`.

    Raises
    ------
    ParameterError
        When ``weeks`` breaks its rule, the period reaches before what the ledger covers, or ``timing`` learnt from what
        was known after the period began.
    """
    end, rules = to_date(as_of), (policy or Policy.default()).collection
    if isinstance(weeks, bool) or not isinstance(weeks, int) or not 1 <= weeks <= 26:
        raise ParameterError("weeks", "a whole number from 1 to 26", weeks)
    start = end - timedelta(days=DAYS_A_WEEK * weeks)
    if start < ledger.settings.covers_from:
        covered = f"{ledger.settings.covers_from} to {ledger.settings.covers_to}"
        raise ParameterError("weeks", f"so few that the period lies within what the ledger covers ({covered})", weeks)
    if timing is not None and timing.evidence_["fitted_on"] > start.isoformat():
        raise ParameterError("timing", f"fitted on {start} or earlier", timing.evidence_["fitted_on"])
    seen = ledger.cut(end)
    movements = item_movements(seen)
    owners = account_owners(ledger, start=start, end=end)
    contacts = period_contacts(seen, owners, start=start, end=end)
    balances = account_balances(seen, movements, start=start, end=end)
    promises = promise_ledger(seen, as_of=end, grace_days=rules.promise_grace_days, output="polars")
    spells = days_to_first_contact(movements, contacts, start=start, end=end)
    cash = team_cash(ledger, start=start, end=end, timing=timing, expected_by=expected_by)
    rolls, no_rolls = _rolls(seen, cash, end)
    # A promise is decided the day after its deadline; by that, and not by when the money came, it belongs to a period.
    due = (pl.col("deadline") >= start) & (pl.col("deadline") < end)
    by_owner = {
        "touched": penetration(balances, contacts),
        "balances": balances,
        "promises": promises.filter(due),
        "spells": spells,
        "cash": cash.accounts,
        "rolls": rolls,
    }
    owned = {name: frame.join(owners, on="customer_id", how="inner") for name, frame in by_owner.items()}
    active = [owned["balances"]["collector"], contacts["collector"].drop_nulls(), owned["promises"]["collector"]]
    names = sorted({name for of in active for name in of})
    funnel = contact_funnel(contacts, promises)
    rows = [_row(name, owned, contacts, seen, cash) for name in (*names, EVERYBODY)]
    table = pl.DataFrame(rows, schema=MEASURES)
    lacks = (*_lacks(ledger, contacts, owners), *cash.lacks, *no_rolls)
    return TeamMeasures(
        table,
        pl.concat([funnel, _whole(funnel)]),
        owned["cash"],
        start,
        end,
        ledger.settings.currency,
        cash,
        lacks,
    )


def _row(
    name: str, owned: dict[str, pl.DataFrame], contacts: pl.DataFrame, seen: Ledger, cash: TeamCash
) -> dict[str, object]:
    """Return the measures of one collector, or of all."""
    own = owned if name == EVERYBODY else {k: f.filter(pl.col("collector") == name) for k, f in owned.items()}
    made = contacts if name == EVERYBODY else contacts.filter(pl.col("collector") == name)
    touched, promises, spells = own["touched"], own["promises"], own["spells"]
    sums = own["balances"].select(pl.exclude("customer_id", "collector").sum()).row(0, named=True)
    decided = promises.filter(pl.col("state").is_in(DECIDED) & pl.col("promised").is_not_null())
    reached = made.filter("reached")
    known, source, forecast = seen.has("contacts"), cash.source, cash.timing is not None
    expected, actual = float(own["cash"]["expected"].sum()), float(own["cash"]["actual"].sum())
    collectable = sums["opening"] + sums["invoiced"] - sums["closing_not_due"]
    cei = collection_effectiveness(
        opening=np.array([sums["opening"]]),
        sales=np.array([sums["invoiced"]]),
        closing=np.array([sums["closing"]]),
        closing_not_due=np.array([sums["closing_not_due"]]),
    )
    right = reached["right_party"].drop_nulls()
    waits = spells.height >= LEAST_SPELLS and known
    return {
        "collector": name,
        "accounts_past_due": touched.height,
        "past_due": touched["past_due"].sum(),
        "penetration": _share(touched["penetrated"].sum(), touched.height) if known else None,
        "penetration_money": (
            _share(touched.filter("penetrated")["past_due"].sum(), touched["past_due"].sum()) if known else None
        ),
        "never_touched": touched.filter(~pl.col("touched")).height if known else None,
        "contacts": made.height if known else None,
        "minutes": made["minutes"].sum() if mostly_known(made, "minutes") else None,
        "right_party_share": _share(right.sum(), len(right)) if mostly_known(reached, "right_party") else None,
        "promises_decided": decided.height if seen.has("promises") else None,
        "promised": decided["promised"].sum() if seen.has("promises") else None,
        "promise_kept": _share(
            decided.select(pl.min_horizontal("received_in_time", "promised").sum()).item(), decided["promised"].sum()
        ),
        "days_to_first_contact": (
            median_of_spells(spells["days"].to_numpy(), spells["contacted"].to_numpy()) if waits else None
        ),
        "open_balance": sums["closing"],
        **{
            f"share_over_{days}{suffix}": _share(sums[f"{at}_over_{days}"], sums[at])
            for days in (60, 90)
            for at, suffix in (("closing", ""), ("opening", "_before"))
        },
        **{f"rolls_over_{days}": own["rolls"][f"rolls_over_{days}"].sum() if forecast else None for days in (60, 90)},
        "cash_expected": expected if source else None,
        "cash_actual": actual if source else None,
        "cash_to_forecast": _share(actual, expected) if source else None,
        "cei": float(cei[0]) if np.isfinite(cei[0]) else None,
        "cei_cash_only": _share(sums["cash"], collectable),
    }


def _share(part: Any, whole: Any) -> float | None:
    return float(part) / float(whole) if whole > 0 else None


def _whole(funnel: pl.DataFrame) -> pl.DataFrame:
    sums = funnel.select(
        pl.lit(EVERYBODY).alias("collector"),
        pl.exclude("collector", "right_party").sum(),
        right_party=pl.when(pl.col("right_party").is_not_null().all()).then(pl.col("right_party").sum()),
    )
    return sums.select(funnel.columns)


def _rolls(seen: Ledger, cash: TeamCash, end: date) -> tuple[pl.DataFrame, tuple[str, ...]]:
    if cash.timing is None:
        nothing = pl.DataFrame(
            schema={"customer_id": pl.String, "rolls_over_60": pl.Float64, "rolls_over_90": pl.Float64}
        )
        return nothing, ("Who rolls over 60 and 90 days is not forecast: there is no payment timing model.",)
    return rolling_over(seen, cash.timing, as_of=end), ()


def _lacks(ledger: Ledger, contacts: pl.DataFrame, owners: pl.DataFrame) -> tuple[str, ...]:
    """Say which tables and columns are missing, and what is not measured for it."""
    found = []
    if not ledger.has("contacts"):
        found.append("The ledger has no contacts: penetration, the funnel and the wait for a first contact are empty.")
    else:
        if not mostly_known(contacts.filter("reached"), "right_party"):
            found.append(
                f"Fewer than {percent(LEAST_KNOWN)} of the contacts that reached somebody say whether it was the right "
                "person (column right_party): the team's share is empty, and a contact counts as meaningful unless it "
                "says otherwise."
            )
        if not mostly_known(contacts, "minutes"):
            found.append(
                f"Fewer than {percent(LEAST_KNOWN)} of the contacts have minutes: the time of the team is empty."
            )
    if not ledger.has("promises"):
        found.append("The ledger has no promises: promise-kept is empty.")
    if not ledger.has("receipts"):
        found.append("The ledger has no receipts: cash is what was applied as payment, by the day of application.")
    if (owners["collector"] == NOBODY).all():
        found.append("No account has a collector (customer_history, attribute collector): only the team is measured.")
    return tuple(found)
