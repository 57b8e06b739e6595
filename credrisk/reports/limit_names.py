"""One vocabulary for the limits that stand side by side: their names, what an empty one means, which rules bind."""

from __future__ import annotations

__all__ = ["BINDING", "CAP", "EMPTY", "HOLDS", "KEPT", "LIMIT_NAMES", "NOT_MEASURED", "RULES"]

LIMIT_NAMES = {
    "need": "Need",
    "capacity_limit": "Financial capacity",
    "peer_limit": "Peers",
    "cover_limit": "Cover",
    "expected_profit_limit": "Expected profit",
    "loss_appetite_limit": "Loss appetite",
    "portfolio_limit": "Portfolio",
}
"""By the column of the list of limits."""

NOT_MEASURED = "not measured"
EMPTY = {
    "current_limit": "none on file",
    "seasonal_limit": "none proposed",
    "seasonal_from": "none proposed",
    "seasonal_to": "none proposed",
    "temporary_limit": "none proposed",
    "temporary_until": "none proposed",
    "cover_limit": "no cover",
    "expected_profit_limit": "no bound",
    "loss_appetite_limit": "no bound",
    "portfolio_limit": "budgets do not bind",
}
"""What an empty figure means where it does not mean that nothing was measured."""

BINDING = {
    "need": "the customer's need",
    "capacity": "the customer's financial capacity",
    "peers": "what comparable customers have",
    "cover": "the cover",
    "expected_profit": "expected profit",
    "loss_appetite": "the loss appetite",
    "portfolio": "the budgets of the portfolio",
    "new_customer": "the rule for new customers",
    "cap": "the policy's cap on a single name",
    "minimum": "the policy's minimum",
    "warned": "what a register says",
    "arrears": "items past due",
    "recovering": "the default it is recovering from",
    "withdrawn": "the limit having been set to 0",
    "idle": "no purchase for long",
    "in_default": "the default",
    "bad_debt": "the bad debt",
    "insolvent": "the insolvency or the end of the company",
}
"""What sets the recommended limit, in a sentence."""

CAP = ("Single-name cap", "No single customer gets more, says the policy.")

RULES = {
    "new_customer": ("Rule for new customers", "A customer without a limit on file begins with a trial limit."),
    "minimum": ("Policy's minimum", "Whoever passes the test of expected profit is not given, or cut to, less."),
    "warned": ("Hold for a register's warning", "No limit is raised before somebody has read what a register says."),
    "arrears": ("Hold for arrears", "No limit is raised while items are past due beyond what the policy allows."),
    "recovering": ("Hold after a default", "No limit is raised while the customer is recovering from a default."),
    "withdrawn": ("Hold after a withdrawal", "A limit that was set to 0 is raised again only by hand."),
    "idle": ("Hold without purchases", "No limit is raised while nothing is bought."),
    "in_default": ("Stop in default", "A customer in default gets no new shipments on credit."),
    "bad_debt": ("Stop after a bad debt", "A customer with a bad debt gets no new shipments on credit."),
    "insolvent": (
        "Stop at an insolvency",
        "Who is insolvent, in liquidation or dissolved gets no shipments on credit.",
    ),
}
"""Rules that bind in place of the limits: the heading of their row, and what they say."""

HOLDS = {
    "warned": "for a register's warning",
    "arrears": "for arrears",
    "recovering": "after the default",
    "withdrawn": "after the withdrawal",
    "idle": "without purchases",
}
"""What binds while today's limit is not raised, as a hold is named."""

KEPT = {
    "within the tolerance of": (
        "Today's limit kept",
        "What the policy gives differs from today's limit by no more than the tolerance.",
    ),
    "above the need, but no more than": (
        "Today's limit kept",
        "It lies above the need, but not out of proportion, and within all other limits.",
    ),
}
"""What the reasons of a limit hold where today's is kept although the policy gives another, and the row to show."""
