"""The principal reasons for denying trade credit, as US Regulation B (12 CFR part 1002) asks for them.

What the regulation asks, in our words; have counsel read the text itself before a notice goes out:

* 1002.9(a)(3)(ii) covers an applicant for trade credit, whatever its size, as it does a business with gross revenues
  above 1 million dollars. The creditor tells it, orally or in writing and within a reasonable time, of the action
  taken; and gives a written statement of the reasons, with the notice of the Equal Credit Opportunity Act, if the
  applicant asks for them in writing within 60 days of being told.
* 1002.9(b)(2): the statement must be specific and give the principal reasons. That internal standards were not met, or
  a qualifying score not reached, is not enough.
* The official commentary on 9(b)(2): no number of reasons is laid down, but more than four are unlikely to help; they
  must describe the factors actually considered or scored; where a score decided, only factors scored by it may be
  named, and those on which the applicant stood furthest below the average of all applicants are one accepted choice.

So these reasons are the factors that raise this applicant's modelled risk most above the average row the model was
trained on, in the words of the figures behind them. They explain the model. Where something else decided (no
collateral, a sanction, a full credit line), that is the reason to state.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.features.catalogue import SELLERS_CONDUCT
from credrisk.frames import as_polars, check_output, given_out
from credrisk.models.explain import LEAST_RAISE, harmless_end, raised_questions, strongest
from credrisk.models.explained import read_model, with_customers
from credrisk.models.reason_words import in_sentences

__all__ = ["MOST_REASONS", "NO_REASON", "OWN_CONDUCT", "adverse_action_reasons"]

MOST_REASONS = 4
"""Reasons at most: more are unlikely to help, says the commentary on 12 CFR 1002.9(b)(2)."""

NO_REASON = "no factor scored raises the risk above the average: the model gives no reason for a denial"
"""What is said where the model has none: then a denial rests on something else, and that is to be stated."""

OWN_CONDUCT = (
    "what raises the risk here is how the seller contacted the customer: its own conduct is no reason to state, and "
    "the model gives no other"
)
"""What is said where nothing but the seller's own conduct raises the risk."""

FACTORS = {
    "ageing": "Amounts past due",
    "overdue": "Amounts past due",
    "payment": "Payment record with us",
    "payment_profile": "Payment record with us",
    "habit": "Payment record with us becoming worse",
    "beyond_habit": "Payment record with us becoming worse",
    "payment_strain": "Payment record with us becoming worse",
    "dso": "Amount outstanding against purchases",
    "collection": "Amount outstanding against purchases",
    "volume": "Level of purchases from us",
    "rhythm": "Regularity of purchases from us",
    "orders": "Orders in hand",
    "deductions": "Deductions, discounts and write-offs",
    "disputes": "Disputed invoices",
    "redating": "Due dates postponed",
    "promises": "Promises to pay not kept",
    "promise_record": "Promises to pay not kept",
    "contacts": "The seller's own contacts (never named)",
    "credit_events": "Collection or legal action",
    "exposure": "Use of the credit limit",
    "translation": "Exchange rates on the balance",
    "limit_changes": "Changes of the credit limit",
    "group": "Accounts of affiliated companies",
    "peaks": "Use of the credit limit",
    "cover": "Credit insurance cover",
    "account": "Length and terms of the account with us",
    "balance_sheet": "Financial statements",
    "annual_accounts": "Financial statements",
    "debt_service": "Financial statements",
    "customer_size": "Size of the company",
    "restatements": "Financial statements",
    "altman": "Financial statements",
    "company_events": "Public record of the company",
    "warning_signs": "Public record of the company",
    "registers": "Public record of the company",
    "news": "News about the company",
    "external_ratings": "Ratings of credit agencies",
    "market": "Conditions in the market of the company",
    "peers": "Payment record against the industry",
}
"""The trade questions of the catalogue as a notice would name them; two of one name are one factor."""


def adverse_action_reasons(
    model: Any,
    X: Any,
    *,
    top: int = MOST_REASONS,
    currency: str | None = None,
    output: Literal["pandas", "polars"] = "pandas",
) -> Any:
    """Return the principal reasons of each applicant that was denied, the strongest first.

    Parameters
    ----------
    model
        The model that decided: a fitted BadDebtModel or Scorecard.
    X
        The denied applicants' features (``customer_id`` may be among them).
    top
        Reasons at most, up to four.
    currency
        Currency of the money features; None takes the model's.

    Returns
    -------
    frame
        ``customer_id`` (where ``X`` has it), ``row``, ``rank``, ``factor`` (what a notice would call it), ``feature``,
        ``value``, ``contribution`` (of the factor, log rate against the average training row), ``share`` (of all that
        raises the row's rate), ``left_out_share`` (the part of it that is the seller's own conduct) and ``says``. A row
        without a factor that raises the risk has one line that says so.

    Notes
    -----
    Unlike :func:`~credrisk.models.explain.reasons` a figure that is not on record counts as any other, for it was
    scored. What the seller did itself (how often it called, whom it reached: the catalogue's ``contacts``) is never
    named: it is no figure of the applicant. Where it raises the risk, ``left_out_share`` states by how much, and a row
    with no other reason has :data:`OWN_CONDUCT`. Having no payment record yet is measured against a customer that has
    one. Ties keep the catalogue's order.
    """
    check_output(output)
    if not 1 <= top <= MOST_REASONS:
        raise ParameterError("top", f"from 1 to {MOST_REASONS}", top)
    frame = as_polars(X, "X")
    reading = read_model(model, frame, currency=currency)
    entries, parts = reading.entries, reading.parts
    factors = [FACTORS.get(entries[name].question, name.replace("_", " ")) for name in reading.features]
    named = (parts > LEAST_RAISE) & raised_questions(parts, factors)
    named &= ~harmless_end(reading.values, reading.features, entries)
    totals, every = _totals(parts, factors)
    conduct = np.array([entries[name].question in SELLERS_CONDUCT for name in reading.features], dtype=bool)
    named &= ~conduct
    row, rank, place = strongest(parts, _one_a_factor(parts, named, factors), factors, top)
    own = np.array([every.index(factor) for factor in factors], dtype=np.int64)[place]
    raised = np.where(totals > LEAST_RAISE, totals, 0.0)
    raising = raised.sum(axis=1)
    sellers = {factor for factor, own in zip(factors, conduct.tolist(), strict=True) if own}
    left_out = raised[:, [number for number, factor in enumerate(every) if factor in sellers]].sum(axis=1)
    found = pl.DataFrame(
        {
            "row": row,
            "rank": rank,
            "factor": [factors[position] for position in place.tolist()],
            "feature": [reading.features[position] for position in place.tolist()],
            "value": pl.Series(reading.values[row, place], dtype=pl.Float64).fill_nan(None),
            "contribution": totals[row, own],
            "share": totals[row, own] / raising[row],
            "left_out_share": left_out[row] / raising[row],
            "says": in_sentences(reading.features, place, reading.values[row, place], reading.currency),
        },
        schema_overrides={
            "row": pl.Int64,
            "rank": pl.Int64,
            "factor": pl.String,
            "feature": pl.String,
            "says": pl.String,
        },
    )
    silent = np.nonzero(~named.any(axis=1))[0]
    none = pl.DataFrame(
        {
            "row": silent,
            "rank": np.ones(len(silent), dtype=np.int64),
            "left_out_share": left_out[silent] / np.where(raising[silent] > 0, raising[silent], 1.0),
            "says": np.where(left_out[silent] > 0, OWN_CONDUCT, NO_REASON).astype(object),
        },
        schema={"row": pl.Int64, "rank": pl.Int64, "left_out_share": pl.Float64, "says": pl.String},
    )
    whole = pl.concat([found, none], how="diagonal").sort("row", "rank")
    return given_out(with_customers(whole, frame), output)


def _one_a_factor(parts: np.ndarray, named: np.ndarray, factors: list[str]) -> np.ndarray:
    """Leave each factor its strongest feature: the others would say the same again."""
    single = np.zeros_like(named)
    rows, asked = np.arange(len(parts)), np.array(factors, dtype=object)
    for factor in dict.fromkeys(factors):
        own = np.nonzero(asked == factor)[0]
        best = own[np.where(named[:, own], parts[:, own], -np.inf).argmax(axis=1)]
        single[rows, best] = named[rows, best]
    return single


def _totals(parts: np.ndarray, factors: list[str]) -> tuple[np.ndarray, list[str]]:
    every = list(dict.fromkeys(factors))
    totals = np.zeros((len(parts), len(every)))
    for place, factor in enumerate(factors):
        totals[:, every.index(factor)] += parts[:, place]
    return totals, every
