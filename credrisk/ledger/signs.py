"""Signs of applications: what pays is positive, a reversal negative; an export that turns them all is turned back."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.findings import Finding, Severity, by_currency
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.working import GOOD, Working

__all__ = ["hold_application_signs"]

_EITHER = "fx_difference"
"""Gains and losses of exchange have either sign."""


def hold_application_signs(
    applications: Working, documents: pl.DataFrame, receipts: pl.DataFrame, findings: list[Finding]
) -> None:
    """Turn the signs where the whole column is the other way round, and name those that contradict the rest.

    An application has the sign of its document, or the natural sign of what it comes from (a refund is negative, a
    credit note set off positive); a reversal has the opposite one. If every application is the other way round and no
    reversal is right, the export shows all signs turned, and they are turned back. If only some are, they are kept, and
    an error names the reversals, and the applications by which more was taken back than had been applied.
    """
    judged = _judged(applications, documents, receipts)
    forward = judged.filter(~pl.col("reversal"))
    if forward.height and forward["wrong"].all() and judged.filter("reversal")["wrong"].all():
        findings += _named(
            judged,
            "warning",
            "application_signs_turned",
            "all applications had the sign the other way round and were turned.",
            "export what pays a document positive, and reversals negative.",
        )
        applications.frame = applications.frame.with_columns(-pl.col("amount"), -pl.col("from_amount"))
        return
    findings += _named(
        judged.filter("wrong", "reversal"),
        "error",
        "reversals_not_negative",
        "reversals have the sign of a payment, so they pay their documents instead of opening them again.",
        "export reversals negative.",
    )
    findings += _named(
        judged.filter("wrong", ~pl.col("reversal"), "beyond"),
        "error",
        "payments_negative",
        "applications are negative beside positive ones, and take back more than had been applied.",
        "export what pays a document positive, and reversals negative.",
    )


def _judged(applications: Working, documents: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    """Return the good applications that must have a certain sign: ``reversal, wrong, beyond``."""
    sign = pl.col("amount").sign()
    to = documents.select(to_document_id="document_id", _to=sign).unique("to_document_id")
    given = pl.concat(
        [
            receipts.select(from_id="receipt_id", from_kind=pl.lit("receipt"), _natural=sign),
            documents.select(from_id="document_id", from_kind=pl.lit("document"), _natural=-sign),
        ]
    ).unique(["from_id", "from_kind"])
    known = pl.col("currency").is_in(list(EXPONENTS))
    rows = (
        applications.frame.filter(GOOD, known, pl.col("amount") != 0, pl.col("kind") != _EITHER)
        .join(to, on="to_document_id", how="left")
        .join(given, on=["from_id", "from_kind"], how="left")
    )
    usual = pl.coalesce("_to", "_natural")
    reversal = pl.col("kind") == "reversal"
    effect = pl.when(reversal).then(-sign).otherwise(sign)
    wrong = (effect == -usual) & (effect == -pl.coalesce("_natural", usual))
    taken = pl.col("amount").sum().over("from_id", "to_document_id").sign()
    return rows.select(
        "to_document_id",
        "currency",
        "amount",
        reversal=reversal,
        wrong=wrong.fill_null(False),
        beyond=(taken == -usual).fill_null(False),
    )


def _named(rows: pl.DataFrame, severity: Severity, code: str, message: str, remedy: str) -> list[Finding]:
    return by_currency(rows, severity, "applications", code, message, ids="to_document_id", remedy=remedy)
