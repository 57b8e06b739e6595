"""Which claims to hand to a collection agency now: what comes in-house in 30 days against the agency net of its fee."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.claim_ways import ClaimWays
from credrisk.decisions.claims import claims_at_hand
from credrisk.decisions.policy import Policy
from credrisk.decisions.sentences import day_words, money_words, sentences
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.models.recovery_to_come import DEFAULT_FROM_DAYS

__all__ = ["WAIT_DAYS", "agency_referrals"]

WAIT_DAYS = 30
INTERVAL = (0.025, 0.975)
BLOCK = 2_000
"""Claims that are valued at once: their resamples must fit into memory."""


def agency_referrals(
    ledger: Ledger,
    *,
    as_of: date | str,
    scores: Any,
    policy: Policy | None = None,
    ways: ClaimWays | None = None,
    output: Literal["pandas", "polars"] = "pandas",
) -> Any:
    """Return every claim past due with whether it should go to an agency now.

    An agency now is worth ``agency_now``. Waiting is worth what comes in-house in the next 30 days, and the agency's
    value of the rest after them, on which its curve has fallen: ``waiting``. Going on in-house for good is
    ``in_house``. A claim is referred when the agency now is worth more than both, above 0, and the policy's action
    ``agency`` may be used at its age.

    Parameters
    ----------
    scores
        Of the customers at that day, as ``credrisk run`` writes them.
    ways
        Curves learnt before; learnt now where None.

    Returns
    -------
    frame
        ``customer_id, name, claim``; ``age_days`` (days past due, weighted by the money of the items) and
        ``oldest_open_days`` (of the oldest item, by which the policy lets claims go); ``in_house_30d`` (expected within
        30 days, net of its cost), ``in_house, agency_now, waiting``, ``gain`` (agency now less the better of the
        others), ``gain_low, gain_high`` (95 %; null where the curves are priors), ``refer`` (null where it cannot be
        told), ``reason``; money in major
        units of the ledger's currency, of today. What is to be referred first, by its gain.

    Raises
    ------
    DataError
        When scores are damaged or a currency has no rate.
    ParameterError
        When the policy has no action ``agency``.
    """
    check_output(output)
    day, policy = to_date(as_of), policy or Policy.default()
    seen = ledger.cut(day)
    claims = claims_at_hand(seen, scores, as_of=day, policy=policy)
    curves = ways or ClaimWays.of(seen, as_of=day, policy=policy)
    valued = [_valued(claims.slice(start, BLOCK), curves) for start in range(0, max(claims.height, 1), BLOCK)]
    told = _with_reasons(pl.concat(valued), curves, ledger.settings.currency)
    order = [pl.col("refer").fill_null(False), "gain", "customer_id"]
    told = told.sort(order, descending=[True, True, False], nulls_last=True)
    return given_out(told, output)


def _valued(claims: pl.DataFrame, curves: ClaimWays) -> pl.DataFrame:
    """Add the values; they are null where the curves say nothing of a claim."""
    amount, cost_share = claims["claim"].to_numpy(), curves.policy.claims.in_house_cost_share
    soon = curves.soon_in_house(claims, days=WAIT_DAYS)
    now, later = curves.placed(claims), curves.placed(claims, later_days=WAIT_DAYS)
    fixed = curves.agency.cost + curves.agency.goodwill
    at_once = amount * soon * (1 - cost_share) * curves.discount(WAIT_DAYS / 2)
    rest = ((later + fixed) * (1 - soon) - fixed) * curves.discount(WAIT_DAYS)
    waiting, in_house = at_once + np.maximum(rest, 0.0), curves.continuing(claims)
    gain = now - np.maximum(waiting, in_house)
    measured = len(gain) > 1
    low, high = np.quantile(gain[1:], INTERVAL, axis=0) if measured else (gain[0], gain[0])
    values = {
        "in_house_30d": at_once[0],
        "in_house": in_house[0],
        "agency_now": now[0],
        "waiting": waiting[0],
        "gain": gain[0],
        "gain_low": np.minimum(low, gain[0]),
        "gain_high": np.maximum(high, gain[0]),
    }
    applies = (
        (pl.col("age_days") >= DEFAULT_FROM_DAYS)
        & pl.col("insolvent_on").is_null()
        & pl.col("third_party_on").is_null()
    )
    return claims.with_columns(
        pl.when(applies & pl.lit(measured or not name.startswith("gain_"))).then(pl.Series(name, value)).alias(name)
        for name, value in values.items()
    )


def _with_reasons(claims: pl.DataFrame, curves: ClaimWays, currency: str) -> pl.DataFrame:
    action = curves.agency
    old_enough = pl.col("oldest_open_days").is_between(action.from_days, action.to_days)
    worth = (pl.col("gain") > 0) & (pl.col("agency_now") > 0)
    now, waiting, in_house = (money_words(pl.col(name), currency) for name in ("agency_now", "waiting", "in_house"))
    better_to_wait = pl.col("waiting") >= pl.col("in_house")
    close = (pl.col("gain_low") < 0) & (pl.col("gain_high") > 0)
    told = (
        pl.when(pl.col("insolvent_on").is_not_null())
        .then(pl.format("{} since {}: for the lawyer", "insolvent_as", day_words(pl.col("insolvent_on"))))
        .when(pl.col("third_party_on").is_not_null())
        .then(pl.format("with an agency or in court since {}", day_words(pl.col("third_party_on"))))
        .when(pl.col("gain").is_null())
        .then(pl.lit(f"younger than {DEFAULT_FROM_DAYS} days past due: no recovery curve is known; the queue has it"))
        .when(worth & ~old_enough)
        .then(pl.lit(f"worth it, but the policy places claims from {action.from_days} days past due on"))
        .when(worth)
        .then(pl.format("an agency brings {} net of its fee, waiting {}, going on in-house {}", now, waiting, in_house))
        .when(better_to_wait)
        .then(pl.format("30 more days in-house and then the agency bring {}, the agency now {}", waiting, now))
        .otherwise(pl.format("going on in-house brings {}, an agency {} net of its fee", in_house, now))
    )
    certain = pl.when(close.fill_null(False)).then(pl.lit("(a close call: the interval of the gain includes 0)"))
    refer = pl.when(pl.col("gain").is_not_null()).then(worth & old_enough)
    return claims.with_columns(refer=refer, reason=sentences(told, certain)).select(
        "customer_id",
        "name",
        "claim",
        "age_days",
        "oldest_open_days",
        "in_house_30d",
        "in_house",
        "agency_now",
        "waiting",
        "gain",
        "gain_low",
        "gain_high",
        "refer",
        "reason",
    )
