"""The terms that a reader of the supervisor's page meets, each in a sentence or two."""

from __future__ import annotations

__all__ = ["TEAM_TERMS"]

TEAM_TERMS: dict[str, str] = {
    "Portfolio": (
        "The accounts whose collector somebody was when the period began. An account handed over later stays with whom "
        "it began."
    ),
    "Penetration": (
        "Past-due accounts with a meaningful contact over past-due accounts, by number and by money. They are taken at "
        "the beginning of the period: one that paid because it was called would be missing at its end."
    ),
    "Meaningful contact": "Somebody was reached, and is not known to be the wrong person.",
    "Right person": "Contacts with the person who decides on the payment, of those that reached anybody.",
    "Promise kept": (
        "Money received by the promised day plus the policy's days of grace over the money promised, of the promises "
        "whose last day fell in the period. What was credited or otherwise closed needs not be paid and counts on "
        "neither side."
    ),
    "Days to first contact": (
        "Median wait of accounts that newly fell past due, from the due date to the first attempt. Accounts that paid "
        "first, or still wait, count as not yet contacted (Kaplan-Meier)."
    ),
    "Will pass 60, 90": (
        "Open invoices that pass the mark within 30 days, each times the chance that it is not paid by then, by the "
        "payment timing model."
    ),
    "Cash / expected": (
        "Cash of the period on the invoices that were open when it began, over what the payment timing model, fitted "
        "on "
        "what was known then, expected of them. Invoices written later are on neither side."
    ),
    "CEI": (
        "Collection effectiveness index: (opening balance + invoiced - closing balance) / (opening balance + invoiced "
        "- "
        "closing balance not yet due). Credit notes and write-offs raise it like cash."
    ),
    "CEI, cash only": "Cash applied over the same denominator: credit notes, discounts and write-offs do not raise it.",
    "Ratio judged": (
        "Cash over expected cash in which an account above the team's 75 % quantile of uncertainty counts as if it "
        "were "
        "of that size: otherwise a handful of accounts would decide about everybody."
    ),
    "Limits of the funnel": (
        "Within the 95 % limits lie 95 of 100 collectors who are like all others, within the 99.8 % limits 998 of "
        "1,000. "
        "Outside means that chance alone is an unlikely reason, and nothing about which reason it is."
    ),
    "Seen from": "The least true difference from the team that would lie outside the 95 % limits 8 times in 10.",
    "Gain": "Money expected to be gained by today's contacts, by the queue's own measure.",
    "Chance to be drawn": (
        "A quarter of the sample is spread evenly over all accounts, the rest in proportion to past due x (1 + "
        "faults). "
        "With these chances the findings can be projected to all accounts."
    ),
    "Like accounts": (
        "Of the same day and age, half to twice the amount, not moved by hand: the twenty nearest. They say what was "
        "usual, "
        "not what would have happened."
    ),
    "Empty cell or dash": "Not measured: the ledger does not hold what is needed. It does not mean zero.",
}
