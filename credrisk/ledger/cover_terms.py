"""Which row of a contract of cover counts, and what share it pays where none is stated."""

from __future__ import annotations

import polars as pl

__all__ = ["ranked_cover"]

IN_FULL = ("guarantee", "letter_of_credit", "security")
"""Kinds of cover that pay all of their limit where no share is stated."""

LEFT_OPEN = ("valid_to", "currency", "max_terms_days", "stop_shipment_dpd", "report_overdue_dpd")
"""Columns where an empty value is the most that there is: it ranks last."""


def ranked_cover(cover: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of cover with every share stated, those of a contract in rising order of precedence.

    A contract is a ``cover_id`` of a customer. Of its rows that can be seen the last one counts: the one that began
    last, then the one recorded last. When that one has expired nothing is in force; an earlier row never comes back.
    Without an ``insured_share`` a guarantee, a letter of credit and a security pay in full, and insurance (or cover of
    an unknown kind) pays nothing: a policy that does not say its share proves no cover.
    """
    unstated = pl.when(pl.col("kind").is_in(IN_FULL)).then(1.0).otherwise(0.0)
    contract, began = ["customer_id", "cover_id"], ["valid_from", "recorded_at"]
    terms = ["limit", "insured_share", "deductible", *LEFT_OPEN]
    stated = cover.with_columns(pl.coalesce("insured_share", unstated).alias("insured_share"))
    last = [column in LEFT_OPEN for column in (*contract, *began, *terms)]
    return stated.sort(*contract, *began, *terms, nulls_last=last)
