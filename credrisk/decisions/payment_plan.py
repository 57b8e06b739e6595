"""A payment plan that the customer's cash can bear, what it is worth, and whether it beats going on as before."""

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
from credrisk.decisions.collectable import open_items
from credrisk.decisions.kept_promises import promise_record
from credrisk.decisions.plan_capacity import CashPattern, cash_pattern, pay_dates
from credrisk.decisions.policy import Policy
from credrisk.errors import EvidenceError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.wording import counted, money, percent

__all__ = ["PaymentPlan", "equal_parts", "payment_plan"]

DAYS_IN_YEAR = 365.0
INTERVAL = (0.025, 0.975)
GOES_ON, IN_ADVANCE = "credit_goes_on", "in_advance"


@dataclass(frozen=True)
class PaymentPlan:
    """A plan for one customer's past-due debt, money in major units of ``currency``.

    Attributes
    ----------
    debt
        What the instalments add up to, to the cent: past due, without what is in dispute and what is already here.
    instalments
        ``number, due_on, amount, left`` (after it), ``p_paid`` (chance that it and all before it are paid),
        ``present_value`` (at the cost of funds, if paid).
    condition
        ``credit_goes_on`` (new deliveries on terms as before) or ``in_advance`` (only against payment in advance).
    bearable
        What the customer can bear a month under that condition.
    present_value
        Of all instalments, if all are paid.
    p_kept, p_default
        Chance that the plan is kept to its end, and one less it.
    expected, expected_low, expected_high
        What it is worth: the instalments by their chances, and the in-house value of the rest where it breaks.
    in_house, in_house_low, in_house_high
        What going on without a plan is worth; intervals (95 %) null where nothing was measured.
    better
        Whether the plan is worth more than going on.
    role
        The lowest role that may agree to it; None where the policy lets nobody.
    reasons
        In words.
    """

    customer_id: str
    currency: str
    as_of: date
    debt: float
    instalments: pl.DataFrame
    condition: str
    bearable: float
    present_value: float
    p_kept: float
    p_default: float
    expected: float
    expected_low: float | None
    expected_high: float | None
    in_house: float
    in_house_low: float | None
    in_house_high: float | None
    better: bool
    role: str | None
    reasons: tuple[str, ...]


def equal_parts(debt: int, bearable: list[int], *, minimum: int) -> list[tuple[int, int]]:
    """Return the fewest equal instalments that every month can bear, as pairs of month and minor units.

    Parameters
    ----------
    debt
        Minor units, above 0.
    bearable
        What each month can bear; months below ``minimum`` are passed over, unless the debt itself is smaller.

    Returns
    -------
    list of (int, int)
        Empty where no number of months is enough. The parts differ by one minor unit at most, the larger ones first,
        and add up to the debt.

    Examples
    --------
    >>> equal_parts(1_000, [400, 100, 400, 400], minimum=200)
    [(0, 334), (2, 333), (3, 333)]
    """
    least = min(minimum, debt)
    months = [month for month, most in enumerate(bearable) if most >= max(least, 1)]
    for count in range(1, len(months) + 1):
        part, over = divmod(debt, count)
        parts = [part + (place < over) for place in range(count)]
        if part >= min(least, debt) and all(
            amount <= bearable[month] for month, amount in zip(months, parts, strict=False)
        ):
            return list(zip(months[:count], parts, strict=True))
    return []


def payment_plan(
    ledger: Ledger,
    *,
    customer_id: str,
    as_of: date | str,
    scores: Any,
    policy: Policy | None = None,
    ways: ClaimWays | None = None,
) -> PaymentPlan:
    """Build the shortest plan that the customer's cash can bear in a poor quarter.

    First with deliveries on credit as before: an instalment is at most what the customer paid beyond the invoices that
    fell due, in all but the policy's share of its quarters. Where that bears no plan, with deliveries against payment
    in advance: at most what it paid a month in a poor quarter, less what is open and falls due in the month of the
    instalment.

    Parameters
    ----------
    scores
        Of the customers at that day, as ``credrisk run`` writes them.
    ways
        Curves learnt before; learnt now where None.

    Raises
    ------
    ParameterError
        When the customer is not scored or owes nothing that may be asked for.
    EvidenceError
        When no plan can be stated: too little cash history, several currencies, insolvency, a claim that is with an
        agency, or no plan within the policy's months that it could bear.

    Notes
    -----
    An instalment is paid with the chance that the customer has not failed by then, (1 - pd) ** (days / 365), times the
    chance that all promises up to it are kept (:mod:`credrisk.decisions.kept_promises`). Where the plan breaks, what is
    left is worth what the recovery curve says at that age. A plan does not reset days past due.
    """
    day, policy = to_date(as_of), policy or Policy.default()
    rules, seen = policy.claims, ledger.cut(day)
    row = one_claim(claims_at_hand(seen, scores, as_of=day, policy=policy), customer_id, scores=scores)
    if row["insolvent_on"] is not None:
        raise EvidenceError(
            f"{customer_id} is {row['insolvent_as']} since {row['insolvent_on']}: no plan, the claim is filed."
        )
    if row["third_party_on"] is not None:
        raise EvidenceError(f"an agency or a court has the claim on {customer_id} since {row['third_party_on']}.")
    currency, debt = _debt(seen, customer_id, day)
    factor = minor_factor(currency)
    pattern = cash_pattern(
        seen, customer_id=customer_id, currency=currency, as_of=day, months_ahead=rules.plan_months + 1
    )
    dates = pay_dates(pattern, as_of=day, months=rules.plan_months)
    minimum = round(rules.plan_minimum * factor)
    condition, bearable, parts = _parts(debt, pattern, dates, day, policy, minimum, customer_id, currency)
    curves = ways or ClaimWays.of(seen, as_of=day, policy=policy)
    record = promise_record(seen, customer_id=customer_id, as_of=day, prior=rules.promise_kept)
    amounts = np.array([amount for _, amount in parts], dtype=np.float64) / factor
    due = [dates[month] for month, _ in parts]
    days = np.array([(each - day).days for each in due], dtype=np.float64)
    alive = (1 - float(row["pd_used"])) ** (days / DAYS_IN_YEAR)
    p_paid = alive * np.array([record.all_kept(place + 1) for place in range(len(parts))])
    discount = np.array([curves.discount(each) for each in days])
    left = np.round(amounts.sum() - np.cumsum(amounts), 6)
    breaks = np.concatenate([[1.0], p_paid[:-1]]) - p_paid
    rate, cost = policy.economics.cost_of_funds, rules.in_house_cost_share
    fallback = curves.in_house.worth(row["age_days"] + days, discount_rate=rate) * (1 - cost)
    value = (amounts * p_paid * discount).sum() + (fallback * ((left + amounts) * breaks * discount)[None, :]).sum(
        axis=1
    )
    one = pl.DataFrame([row], schema_overrides={"lgd": pl.Float64, "pd_used": pl.Float64})
    going_on = curves.continuing(one)[:, 0] / float(row["claim"]) * debt / factor
    expected, in_house = _interval(value), _interval(going_on)
    present = float((amounts * discount).sum())
    table = pl.DataFrame(
        {
            "number": np.arange(1, len(parts) + 1),
            "due_on": due,
            "amount": amounts,
            "left": left,
            "p_paid": p_paid,
            "present_value": amounts * discount,
        }
    )
    role = authority_for(policy, action="payment_plan", amount=float(row["claim"]), grade=row["grade_used"])
    better = float(value[0]) > float(going_on[0])
    reasons = (
        _bears(pattern, condition, bearable / factor, rules.plan_quantile, currency),
        *_passed_over(dates, parts),
        f"It pays most often around day {pattern.payment_day} of the month ({pattern.on_that_day} of "
        f"{counted(pattern.receipts, 'receipt')}).",
        f"The chance that {counted(len(parts), 'instalment is', 'instalments are all')} paid is "
        f"{percent(float(p_paid[-1]))}: {record.source}; PD {percent(row['pd_used'], 1)} ({row['pd_used_source']}).",
        f"The plan is worth {money(float(value[0]), currency)}, going on without one "
        f"{money(float(going_on[0]), currency)}: {'agree to it' if better else 'no gain'}.",
    )
    return PaymentPlan(
        customer_id,
        currency,
        day,
        debt / factor,
        table,
        condition,
        bearable / factor,
        present,
        float(p_paid[-1]),
        1 - float(p_paid[-1]),
        *expected,
        *in_house,
        better,
        role,
        reasons,
    )


def _debt(seen: Ledger, customer_id: str, day: date) -> tuple[str, int]:
    """Return the currency of the past-due items and the debt in minor units, as the claims have it."""
    items = open_items(seen, item_movements(seen)).filter(pl.col("customer_id") == customer_id)
    debit = pl.col("document_kind") != "credit_note"
    late = items.filter(debit & (pl.col("due_date") < day))
    codes = late["currency"].unique().sort().to_list()
    if len(codes) != 1:
        raise EvidenceError(f"{customer_id} owes in several currencies ({', '.join(codes)}): agree on one first.")
    own = pl.col("currency") == codes[0]
    credit = -int(items.filter(~debit & own)["residual"].sum())
    cash = cash_movements(seen).filter((pl.col("customer_id") == customer_id) & own)["amount"].sum()
    at_hand = max(credit, 0) + max(int(cash), 0)
    debt = int(late["residual"].sum()) - int(late["disputed"].sum()) - at_hand
    if debt <= 0:
        raise EvidenceError(f"{customer_id} owes nothing in {codes[0]} beyond the cash and credits already here.")
    return codes[0], debt


def _parts(
    debt: int,
    pattern: CashPattern,
    dates: list[date],
    day: date,
    policy: Policy,
    minimum: int,
    customer_id: str,
    currency: str,
) -> tuple[str, int, list[tuple[int, int]]]:
    """Return the condition, what a month can bear under it, and the instalments."""
    quantile = policy.claims.plan_quantile
    spare = pattern.spare(quantile)
    parts = equal_parts(debt, [spare] * len(dates), minimum=minimum)
    if parts:
        return GOES_ON, spare, parts
    gross = pattern.gross(quantile)
    months = [min(int((each - day).days // (DAYS_IN_YEAR / 12)), len(pattern.coming_due) - 1) for each in dates]
    free = [gross - int(pattern.coming_due[month]) for month in months]
    parts = equal_parts(debt, free, minimum=minimum)
    if parts:
        return IN_ADVANCE, gross, parts
    factor = minor_factor(currency)
    most = sum(max(each, 0) for each in free) / factor
    raise EvidenceError(
        f"in {len(dates)} months the cash of {customer_id} bears {money(most, currency)} at most, even with new "
        f"deliveries paid in advance, and no equal parts of {money(debt / factor, currency)}: no plan. Look at a "
        "settlement or an agency."
    )


def _bears(pattern: CashPattern, condition: str, bearable: float, quantile: float, currency: str) -> str:
    months = len(pattern.received)
    share = percent(1 - quantile)
    if condition == GOES_ON:
        return (
            f"In {share} of the quarters of its last {months} months it paid {money(bearable, currency)} a month or "
            "more beyond what fell due: deliveries on credit may go on."
        )
    return (
        f"Beyond what falls due it pays too little, but in {share} of the quarters of its last {months} months it paid "
        f"{money(bearable, currency)} a month or more: a plan holds only with new deliveries paid in advance."
    )


def _passed_over(dates: list[date], parts: list[tuple[int, int]]) -> list[str]:
    """Say which payment days before the last instalment have none, because what falls due then takes the cash."""
    used = {month for month, _ in parts}
    idle = [dates[month].isoformat() for month in range(parts[-1][0]) if month not in used]
    if not idle:
        return []
    return [f"No instalment on {', '.join(idle)}: what is open and falls due then takes what it can pay."]


def _interval(draws: np.ndarray) -> tuple[float, float | None, float | None]:
    if len(draws) == 1 or np.ptp(draws) == 0:
        return float(draws[0]), None, None
    low, high = np.quantile(draws[1:], INTERVAL)
    return float(draws[0]), float(min(low, draws[0])), float(max(high, draws[0]))
