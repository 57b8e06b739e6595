"""The terms that a reader of a validation or of a monitoring page meets, each in a sentence or two."""

from __future__ import annotations

__all__ = ["MONITORING_TERMS", "VALIDATION_TERMS"]

_COMMON = {
    "Observed / expected": "Events that came over the sum of the probabilities. 1 is right; above 1 they were too low.",
    "Jeffreys' test": (
        "Whether the events of a grade allow its PD: a small p-value says that the PD is too low. It takes customers "
        "as independent, so the verdict rests on the p-value under a common factor."
    ),
    "Common factor": (
        "Customers fail together in a bad year. The test allows for it by a one-factor model with the stated asset "
        "correlation, over periods that do not overlap."
    ),
    "Holm's correction": "Of many grades one is rejected by chance; the p-values are raised so that all hold together.",
    "Population stability index": (
        "How far the spread of a figure has moved: below 0.10 little, from 0.25 much, by the field's convention."
    ),
    "Empty cell or dash": "Not measured: the ledger does not hold what is needed. It does not mean zero.",
}

VALIDATION_TERMS: dict[str, str] = {
    "Out of time": (
        "At each fold's date the model is fitted on what was known on that day only, and judged on what came after. "
        "The plain rules are judged on the same rows."
    ),
    "95 % interval": (
        "The range that the figure would fall into 95 times in 100 if the customers were drawn anew, companies of one "
        "group together."
    ),
    "AUC and Gini": (
        "AUC: the chance that a customer who went bad was ranked above one who did not; 0.5 is guessing. "
        "Gini is 2 AUC - 1."
    ),
    "Kolmogorov-Smirnov": "The largest distance between the score distributions of those who went bad and the others.",
    "H-measure": (
        "The share of the loss of deciding blindly that the ranking saves, averaged over a stated belief about costs: "
        "symmetric, or at the rate of events."
    ),
    "Captured": "Share of the events, or of the money that went bad, among the riskiest customers of each date.",
    "Net value of a review": (
        "Loss given default x balance of those who went bad among the reviewed, less the margin lost on the good ones "
        "refused, less the cost of the reviews; a mean over the test dates. It takes for granted that stopping saves "
        "the whole loss: read it as an upper bound, alike for model and rule."
    ),
    "Brier score and log loss": "Distance between probability and outcome. Lower is better.",
    "Calibration slope": "1 when high and low probabilities are as far apart as they should be; below 1 too far.",
    "Leakage alarm": "A single feature that tells the events apart almost alone: it has most likely seen the outcome.",
    **_COMMON,
}

MONITORING_TERMS: dict[str, str] = {
    "Reference": "The rows that the model learnt from: their spread by band, kept beside the model.",
    "Limit": (
        "Four times the index that is usual between training dates, or what chance alone reaches: below it, nothing "
        "unusual has happened."
    ),
    "Alarm and attention": "An alarm asks for a decision about the model; attention asks to look at the cause.",
    **_COMMON,
}
