"""The prices of the budgets in words: what one more of each would earn, and which do not bind."""

from __future__ import annotations

from collections.abc import Mapping

from credrisk.decisions.limit_owed import OwedAbove
from credrisk.decisions.portfolio_limits import PortfolioLimits
from credrisk.wording import money, percent

__all__ = ["BINDING_WORDS", "bridge_sentence", "owed_sentence", "price_sentences", "today_sentence"]

NAMES_SHOWN = 3

BINDING_WORDS = {
    "own_optimum": "nothing",
    "need": "own need",
    "loss_appetite": "own loss appetite",
    "new_customer": "trial limit",
    "capacity": "own financial capacity",
    "minimum": "the policy's minimum",
    "arrears": "no raise: past due",
    "recovering": "no raise: recovering",
    "warned": "no raise: a register warns",
    "withdrawn": "no raise: set to 0",
    "idle": "no raise: no purchase",
    "no_profit": "nothing is earned",
    "expected_loss": "expected-loss budget",
    "tail_loss": "tail-loss budget",
    "single_name": "single-name cap",
    "group": "cap of its group",
    "industry": "cap of its industry",
    "country": "cap of its country",
}
"""What keeps a customer's limit down, in words."""

PLURALS = {"group": "groups", "industry": "industries", "country": "countries"}


def price_sentences(limits: PortfolioLimits, *, currency: str) -> list[str]:
    """Say of every budget what one more of it would earn, or that it does not bind and how much of it is used.

    Returns
    -------
    list of str
        The first sentence says what binds at all: budgets, caps alone, or nothing.
    """
    table = limits.budget_table()
    said = [_what_binds(limits)]
    for kind, name in (("expected_loss", "expected-loss"), ("tail_loss", "tail-loss")):
        for row in table.filter(table["kind"] == kind).iter_rows(named=True):
            if row["price"] > 0:
                said.append(f"One more {currency} of {name} budget earns {_price(row['price'])} {currency}.")
            else:
                used, budget = money(row["used"], currency), money(row["budget"], currency)
                said.append(f"The {name} budget does not bind: {used} of {budget} are used.")
    for kind, plural in PLURALS.items():
        cap = limits.problem.caps.get(kind)
        if cap is None:
            continue
        full = table.filter(table["kind"] == kind).sort("price", "name", descending=[True, False])
        if full.is_empty():
            said.append(f"No {kind} is at its cap.")
            continue
        shown = [
            f"{kind} {row['name']} earns {_price(row['price'])} {currency}"
            for row in full.head(NAMES_SHOWN).iter_rows(named=True)
        ]
        more = f" ({full.height} of {len(cap.most)} {plural} are at their cap)" if full.height > NAMES_SHOWN else ""
        said.append(f"One more {currency} of limits in {', in '.join(shown)}{more}.")
    if limits.budgets.single_name is not None:
        held = limits.binding.count("single_name")
        cap_words = money(limits.budgets.single_name, currency)
        said.append(
            f"{held} {'customer is' if held == 1 else 'customers are'} at the single-name cap of {cap_words}."
            if held
            else f"Nobody is at the single-name cap of {cap_words}."
        )
    if limits.tail_budget is not None and limits.budgets.tail_loss and limits.tail_budget < limits.budgets.tail_loss:
        share = percent(1 - limits.tail_budget / limits.budgets.tail_loss, 1)
        said.append(
            f"The scenarios were held to {share} less than the tail-loss budget, so that fresh ones keep it: the "
            "scenarios that limits are optimised on flatter them."
        )
    return said


def _what_binds(limits: PortfolioLimits) -> str:
    prices = limits.prices
    losses = prices.expected_loss > 0 or prices.tail_loss > 0
    caps = any(bool((price > 0).any()) for price in prices.caps.values()) or "single_name" in limits.binding
    if losses:
        bind = {"expected-loss": prices.expected_loss, "tail-loss": prices.tail_loss}
        names = [name for name, price in bind.items() if price > 0]
        said = f"The {names[0]} budget binds" if len(names) == 1 else "Both loss budgets bind"
        return f"{said}: the limits are those that earn the most within the budgets."
    if caps:
        return "Only caps bind, no loss budget: apart from them the limits are each customer's own optimum."
    if "own_bounds" in limits.binding:
        return (
            "No budget and no cap binds: the limits are each customer's own optimum, within what it needs and what "
            "else bounds it alone."
        )
    return "No budget and no cap binds: the limits are each customer's own optimum."


def owed_sentence(owed: OwedAbove, *, currency: str) -> str:
    """Say what is owed already above the limits and what of it is expected to be lost."""
    if not owed.customers:
        return "Nobody owes more than its limit."
    who = "1 customer owes" if owed.customers == 1 else f"{owed.customers:,} customers owe"
    return (
        f"{who} {money(float(owed.amount.sum()), currency)} more than their limits. Another "
        f"{money(float(owed.expected_loss.sum()), currency)} is expected to be lost on that, beside what the budgets "
        "hold; no limit changes it, only collecting does."
    ).replace("their limits", "its limit" if owed.customers == 1 else "their limits")


def bridge_sentence(of_scores: float | None, in_all: float, *, basis: str, currency: str) -> str:
    """Say how the expected loss of the scores and that of the limits hang together; ``basis`` is the policy's."""
    what = "the cost of what is lost, that is without the margin," if basis == "cost" else "the invoice"
    scored = "" if of_scores is None else f" of {money(of_scores, currency)}"
    return (
        f"The expected loss of the scores{scored} is PD x LGD x today's balance at the full invoice; that of limits "
        f"({money(in_all, currency)} with what is owed above them) counts {what} less cover and tax relief, of what is "
        "expected to be drawn at default."
    )


def today_sentence(
    now: Mapping[str, float | None], then: Mapping[str, float | None], *, without: int, currency: str
) -> str:
    """Say what the limits set (``now``) gain over those on file (``then``): ``profit, expected_loss, tail_loss``.

    Parameters
    ----------
    without
        Customers without a limit on file, which counts as 0.
    """
    names = {"profit": "expected profit", "expected_loss": "expected loss", "tail_loss": "tail loss"}
    parts = []
    for key, name in names.items():
        new, old = now[key], then[key]
        if new is not None and old is not None:
            parts.append(f"{money(abs(new - old), currency)} {'more' if new >= old else 'less'} {name}")
    whom = "1 customer has" if without == 1 else f"{without:,} customers have"
    none = f" ({whom} none, which counts as 0)" if without else ""
    return f"Against the limits on file{none}, by the same curves and scenarios: {', '.join(parts)}."


def _price(price: float) -> str:
    return f"{price:,.2f}" if price >= 0.01 else f"{price:.2g}"
