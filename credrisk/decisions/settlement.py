"""Settle an old claim for a part of it now, go on in-house, place it with an agency, or sue: which is worth most?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.authority import authority_for
from credrisk.decisions.claim_ways import ClaimWays
from credrisk.decisions.claims import claims_at_hand, one_claim
from credrisk.decisions.kept_promises import PromiseRecord, promise_record
from credrisk.decisions.policy import Policy
from credrisk.errors import EvidenceError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.models.recovery_to_come import DEFAULT_FROM_DAYS
from credrisk.wording import money, percent

__all__ = ["Settlement", "break_even_share", "settle", "settlement_value"]

WAYS = {"settle": "settling", "in_house": "going on in-house", "agency": "an agency", "court": "a lawsuit"}
INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Settlement:
    """The ways to deal with one claim, in money of today (major units of ``currency``), net of their costs.

    Attributes
    ----------
    claim, age_days
        What may be asked for, and how long it is past due (money-weighted).
    share
        The part of the claim that is offered as settlement, of 0 to 1.
    p_paid
        Chance that an agreed settlement is paid.
    ways
        ``way`` (settle, in_house, agency, court), ``npv, low, high`` (95 %, null where nothing was measured),
        ``share_of_claim``, ``basis`` in words; the best first.
    break_even, break_even_low, break_even_high
        The share from which settling is worth more than the best other way; the interval null where none is known.
    best
        The way that is worth most.
    given_up
        What a settlement gives up.
    role
        The lowest role that may agree to it; None where the policy lets nobody.
    reasons
        In words.
    """

    customer_id: str
    currency: str
    as_of: date
    claim: float
    age_days: float
    share: float
    p_paid: float
    ways: pl.DataFrame
    break_even: float
    break_even_low: float | None
    break_even_high: float | None
    best: str
    given_up: float
    role: str | None
    reasons: tuple[str, ...]


def settlement_value(claim: float, *, share: float, p_paid: float, discount: float, otherwise: float) -> float:
    """Return what an offer to settle is worth: paid with chance p; else the claim stands, and the best other way.

    p share claim d + (1 - p) otherwise d

    Parameters
    ----------
    discount
        What one unit on the day of payment is worth today.
    otherwise
        Value of the best other way, today.

    Examples
    --------
    >>> round(settlement_value(1_000.0, share=0.7, p_paid=0.8, discount=1.0, otherwise=500.0), 2)
    660.0
    """
    return p_paid * share * claim * discount + (1 - p_paid) * otherwise * discount


def break_even_share(claim: Any, *, p_paid: float, discount: float, otherwise: Any) -> Any:
    """Return the share at which settling is worth what the best other way is; above 1 where no share is.

    Examples
    --------
    >>> round(break_even_share(1_000.0, p_paid=0.8, discount=1.0, otherwise=500.0), 2)
    0.5
    """
    return otherwise * (1 - (1 - p_paid) * discount) / (p_paid * discount * claim)


def settle(
    ledger: Ledger,
    *,
    customer_id: str,
    as_of: date | str,
    scores: Any,
    share: float,
    policy: Policy | None = None,
    ways: ClaimWays | None = None,
) -> Settlement:
    """Compare a settlement at ``share`` of a customer's claim with the other ways.

    Parameters
    ----------
    scores
        Of the customers at that day, as ``credrisk run`` writes them.
    share
        Above 0 and at most 1.
    ways
        Curves learnt before; learnt now where None.

    Raises
    ------
    ParameterError
        When ``share`` breaks its rule, or the customer is not scored or owes nothing that may be asked for.
    EvidenceError
        When no value can be stated: the customer is insolvent, or an agency or a court has the claim already.
    """
    if not 0 < share <= 1:
        raise ParameterError("share", "above 0 and at most 1 (0.7 is 70 %)", share)
    day, policy = to_date(as_of), policy or Policy.default()
    seen = ledger.cut(day)
    claims = claims_at_hand(seen, scores, as_of=day, policy=policy)
    row = one_claim(claims, customer_id, scores=scores)
    if row["insolvent_on"] is not None:
        raise EvidenceError(
            f"{customer_id} is {row['insolvent_as']} since {row['insolvent_on']}: the claim is for the lawyer."
        )
    if row["third_party_on"] is not None:
        raise EvidenceError(
            f"an agency or a court has the claim on {customer_id} since {row['third_party_on']}: ask there before you "
            "settle; what is left of it in-house cannot be valued."
        )
    curves = ways or ClaimWays.of(seen, as_of=day, policy=policy)
    record = promise_record(seen, customer_id=customer_id, as_of=day, prior=policy.claims.promise_kept)
    return _compared(row, share=share, record=record, curves=curves, day=day, currency=ledger.settings.currency)


def _compared(
    row: dict[str, Any], *, share: float, record: PromiseRecord, curves: ClaimWays, day: date, currency: str
) -> Settlement:
    policy, claim = curves.policy, float(row["claim"])
    one = pl.DataFrame([row], schema_overrides={"lgd": pl.Float64, "pd_used": pl.Float64})
    values = {
        "in_house": curves.continuing(one)[:, 0],
        "agency": curves.placed(one)[:, 0],
        "court": curves.court(one),
    }
    draws = max(len(value) for value in values.values())
    others = np.max([np.broadcast_to(value, draws) if len(value) == 1 else value for value in values.values()], axis=0)
    otherwise = np.maximum(others, 0.0)
    discount, p_paid = curves.discount(policy.claims.settlement_days), record.mean
    offered = np.array(
        [
            settlement_value(claim, share=share, p_paid=p_paid, discount=discount, otherwise=float(value))
            for value in otherwise
        ]
    )
    values = {"settle": offered, **values}
    young = row["age_days"] < DEFAULT_FROM_DAYS
    by_pd = f"younger than {DEFAULT_FROM_DAYS} days past due: by its PD of {percent(row['pd_used'], 1)} and its LGD"
    basis = {
        "settle": f"paid with {percent(p_paid)}: {record.source}; else the best other way is left",
        "in_house": by_pd if young else curves.in_house.source,
        "agency": f"{curves.agency_source}; fee {percent(curves.agency.fee_share)}",
        "court": f"the policy's prior: {percent(policy.claims.legal_collected_share)} comes in",
    }
    table = pl.DataFrame(
        [
            {"way": way, "npv": float(value[0]), **_interval(value), "share_of_claim": float(value[0]) / claim}
            | {"basis": basis[way]}
            for way, value in values.items()
        ],
        schema_overrides={"low": pl.Float64, "high": pl.Float64},
    ).sort("npv", "way", descending=[True, False])
    even = break_even_share(claim, p_paid=p_paid, discount=discount, otherwise=otherwise)
    bounds = _interval(even)
    best, given_up = str(table["way"][0]), round(claim * (1 - share), 2)
    role = authority_for(policy, action="settlement", amount=given_up, grade=row["grade_used"])
    other = table.filter(pl.col("way") != "settle").row(0, named=True)
    reasons = _reasons(share, float(even[0]), bounds, best, other, currency, young=young)
    return Settlement(
        str(row["customer_id"]),
        currency,
        day,
        claim,
        float(row["age_days"]),
        share,
        p_paid,
        table,
        float(even[0]),
        bounds["low"],
        bounds["high"],
        best,
        given_up,
        role,
        tuple(reasons),
    )


def _interval(draws: np.ndarray) -> dict[str, float | None]:
    """Return the 95 % interval of the resamples, widened to the estimate; nothing where there are none."""
    if len(draws) == 1 or np.ptp(draws) == 0:
        return {"low": None, "high": None}
    low, high = np.quantile(draws[1:], INTERVAL)
    return {"low": float(min(low, draws[0])), "high": float(max(high, draws[0]))}


def _reasons(
    share: float,
    even: float,
    bounds: dict[str, float | None],
    best: str,
    other: dict[str, Any],
    currency: str,
    *,
    young: bool,
) -> list[str]:
    if other["npv"] > 0:
        told = [f"The best other way is {WAYS[other['way']]}, worth {money(other['npv'], currency)} today."]
    else:
        told = ["No other way is worth its cost: without a settlement the claim is best left alone, worth nothing."]
    if even >= 1:
        told.append("No discount is worth it: even the whole claim at once is worth no more than the best other way.")
    else:
        told.append(f"Settling is worth more from {percent(even)} of the claim on; {percent(share)} is offered.")
    low, high = bounds["low"], bounds["high"]
    if low is not None and high is not None and low < share < high:
        told.append(
            f"The offer lies within the interval of that share ({percent(low)} to {percent(high)}): a close call."
        )
    if low is None and not young:
        told.append("The curves are priors, so no interval is known: treat the figures as a rule of thumb.")
    if young:
        told.append("The claim is young: before it has been asked for in earnest, a settlement invites others.")
    told.append("Best: settle." if best == "settle" else f"Best: {WAYS[best]}, not the settlement.")
    return told
