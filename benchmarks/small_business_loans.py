"""US small business loans as rows to learn from: what was known at approval, and what became of them when.

Reads the file that ``../shared/data/sba-loans/ABOUT.md`` describes. Left out on purpose: the recorded term (of a
defaulted loan it is when it stopped) and everything recorded later; the disbursed amount enters only the loss.
"""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from credrisk.features.catalogue import Unit, Worse, declare

__all__ = ["COLUMNS", "declare_columns", "features", "read_loans"]

SOURCE = "US Small Business Administration, as published with Li, Mickel and Taylor (2018)"
FIRST_YEAR = 1997
"""Earlier years are a few hundred archived loans, nearly all charged off."""

SECTORS = {"44": "retail", "45": "retail", "23": "construction", "72": "hospitality", "31": "industry"}
SECTORS |= {"32": "industry", "33": "industry", "54": "services", "81": "services", "56": "services", "62": "health"}

COLUMNS: dict[str, tuple[str, Unit, Worse, str]] = {
    "log_approved": ("loan", "index", "none", "the log of the amount approved is {value}"),
    "guaranteed_share": ("loan", "share", "none", "{value} of it is guaranteed"),
    "revolving": ("loan", "count", "none", "a revolving line: {value}"),
    "low_documents": ("loan", "count", "none", "approved by the short procedure: {value}"),
    "log_employees": ("firm", "index", "none", "the log of one plus its employees is {value}"),
    "new_firm": ("firm", "count", "higher", "a new firm: {value}"),
    "franchise": ("firm", "count", "none", "a franchise: {value}"),
    "jobs_a_loan": ("firm", "index", "none", "the log of one plus the jobs created and kept is {value}"),
    "same_state": ("bank", "count", "lower", "its bank is of its own state: {value}"),
    "bank_size": ("bank", "index", "none", "the log of the bank's earlier loans is {value}"),
    **{
        f"sector_{name}": ("sector", "count", "none", f"works in {name}: {{value}}")
        for name in sorted({*SECTORS.values(), "unknown"})
    },
}
"""Column: question, unit, worse direction, words."""


def declare_columns() -> None:
    """Declare the columns to the catalogue."""
    for name, (question, unit, worse, says) in COLUMNS.items():
        declare(name, unit=unit, null="not stated", worse=worse, says=says, source=SOURCE, question=question)


def read_loans(folder: Path) -> pl.DataFrame:
    """Return the loans approved since 1997 with a known fate, in order of approval.

    ``charged_off_on`` is null where a loan was paid or still runs; a charge-off date beside a loan that was paid in
    full is no charge-off. ``severity`` is the principal charged off over the amount disbursed, at most 1.
    """
    with gzip.open(folder / "SBAnational_first22427.csv.gz") as file:
        raw = pl.read_csv(file.read(), infer_schema=False)
    days = {name: pl.col(given).str.to_date(form, strict=False) for name, (given, form) in _DATES.items()}
    numbers = ("GrAppv", "SBA_Appv", "NoEmp", "CreateJob", "RetainedJob", "ChgOffPrinGr", "DisbursementGross")
    loans = raw.with_columns(**days).with_columns(pl.col(numbers).cast(pl.Float64, strict=False))
    bad = pl.col("MIS_Status") == "CHGOFF"
    return (
        loans.filter(
            pl.col("MIS_Status").is_not_null()
            & (pl.col("approved_on") >= date(FIRST_YEAR - 1, 10, 1))
            & (~bad | pl.col("charged_off_on").is_not_null())
        )
        .with_columns(
            charged_off_on=pl.when(bad).then(pl.col("charged_off_on")),
            severity=pl.when(bad).then((pl.col("ChgOffPrinGr") / pl.col("DisbursementGross")).clip(0, 1)),
        )
        .sort("approved_on", "LoanNr_ChkDgt")
    )


def features(loans: pl.DataFrame) -> pl.DataFrame:
    """Return the columns known at approval; the bank's size counts its loans approved before this one only."""
    sector = pl.col("NAICS").str.slice(0, 2).replace_strict(SECTORS, default="other")
    sector = pl.when(pl.col("NAICS") == "0").then(pl.lit("unknown")).otherwise(sector)

    def flag(test: pl.Expr) -> pl.Expr:
        return test.fill_null(False).cast(pl.Float64)

    return loans.with_columns(sector=sector).select(
        log_approved=pl.col("GrAppv").log(),
        guaranteed_share=pl.col("SBA_Appv") / pl.col("GrAppv"),
        revolving=flag(pl.col("RevLineCr") == "Y"),
        low_documents=flag(pl.col("LowDoc") == "Y"),
        log_employees=pl.col("NoEmp").log1p(),
        new_firm=flag(pl.col("NewExist") == "2"),
        franchise=flag(~pl.col("FranchiseCode").is_in(["0", "1"])),
        jobs_a_loan=(pl.col("CreateJob").clip(0, 500) + pl.col("RetainedJob").clip(0, 500)).log1p(),
        same_state=flag(pl.col("State") == pl.col("BankState")),
        bank_size=(pl.int_range(pl.len()).over(pl.col("Bank").fill_null("")) + 1).cast(pl.Float64).log(),
        **{
            name: flag(pl.col("sector") == name.removeprefix("sector_"))
            for name in COLUMNS
            if name.startswith("sector_")
        },
    )


def months_to(loans: pl.DataFrame, end: date) -> tuple[np.ndarray, np.ndarray]:
    """Return event and months from approval as known on ``end``: a later charge-off has not happened yet."""
    until = pl.min_horizontal(pl.col("charged_off_on").fill_null(date.max), pl.lit(end))
    known = loans.select(
        event=(pl.col("charged_off_on") <= end).fill_null(False).cast(pl.Int64),
        months=((until - pl.col("approved_on")).dt.total_days() / 30.4375).clip(1 / 30.4375),
    )
    return known["event"].to_numpy(), known["months"].to_numpy()


_DATES = {
    "approved_on": ("ApprovalDate", "%m/%d/%Y"),
    "disbursed_on": ("DisbursementDate", "%m/%d/%Y"),
    "charged_off_on": ("ChgOffDate", "%d-%b-%y"),
}
