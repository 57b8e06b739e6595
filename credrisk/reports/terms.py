"""The terms that a reader meets in the reports, each in a sentence or two."""

from __future__ import annotations

__all__ = ["TERMS"]

TERMS: dict[str, str] = {
    "Open balance": "Documents posted less what has been applied to them, credit notes included, at the as-of date.",
    "Not due and past due": (
        "Open invoices and other debit items by days past their due date. The buckets and the open credits together "
        "make the open balance."
    ),
    "Share past due": "Past-due items as a share of all open debit items; credits and unapplied cash are left out.",
    "Open credits": "What is left of credit notes that have not been applied to an invoice. They hide in no bucket.",
    "Unapplied cash": "Money received that has not been applied to a document.",
    "Net balance": "Open balance less unapplied cash.",
    "DSO (count-back)": (
        "Days of sales outstanding: how many days of the latest invoicing make up the open balance, counted back "
        "from the as-of date."
    ),
    "Days beyond terms": (
        "Days between due date and payment of what was paid in the window, weighted by money. Negative: paid early."
    ),
    "Bad debt": "A write-off, an insolvency, or a claim placed with a third party and not recovered.",
    "Default": "Undisputed items 90 days or more past their original due date, above both thresholds of the settings.",
    "PD": (
        "Probability that the customer's first bad debt falls within the stated months after the as-of date. "
        "A late-payment probability is never shown under this name."
    ),
    "Grade": "The PD put into the classes of the policy's master scale.",
    "Exposure at default": (
        "In these tables today's net balance, not below zero: what is owed now. What may be owed when a default comes "
        "(a limit that is drawn, orders on the way) is measured apart, by exposure_at_default and expected_loss "
        "(docs/loss.md)."
    ),
    "Loss given default": (
        "The share of that exposure expected to be lost after recoveries: a prior of the policy, not measured here."
    ),
    "Expected loss": "PD over 12 months x today's net balance, not below zero, x loss given default.",
    "Gain of a contact": (
        "Money expected to be gained by contacting now rather than not: loss avoided over 12 months and funding "
        "cost of days gained, less the cost of the contact. What a contact changes is a prior of the policy."
    ),
    "Back-test, out of time": (
        "The model is trained only on what was known at an earlier date and judged on what came after, customer by "
        "customer. The baselines are judged on the same rows."
    ),
    "AUC": "The chance that a customer who went bad was ranked above one who did not. 0.5 is guessing, 1 is perfect.",
    "Capture at 10 %": "The share of all later bad debts that was found among the riskiest tenth of customers.",
    "Brier score": "Mean squared distance between the probability and what happened. Lower is better.",
    "Calibration slope": "1 when high and low probabilities are as far apart as they should be; below 1 too far.",
    "95 % interval": "The range that the figure would fall into 95 times in 100 if the customers were drawn anew.",
    "Empty cell or dash": "Not measured: the ledger does not hold what is needed. It does not mean zero.",
}
