"""The data findings in the order of their weight, and whether what was read was also kept or set aside."""

from __future__ import annotations

import polars as pl

__all__ = ["tie_out", "worst_first"]

_WEIGHTS = {"error": 0, "warning": 1, "note": 2}


def worst_first(findings: pl.DataFrame) -> pl.DataFrame:
    """Return the findings with errors first, then warnings, then notes; otherwise in their own order."""
    if "severity" not in findings.columns:
        return findings
    return findings.sort(pl.col("severity").replace_strict(_WEIGHTS, default=3), maintain_order=True)


def tie_out(intake: pl.DataFrame) -> str:
    """Return the sentence on the tie-out of rows and money; empty when there is no intake to compare.

    The columns ``X_read``, ``X_kept`` and ``X_quarantined`` belong together. Money is compared to the float64
    that it comes in, in major units.
    """
    wrong: list[str] = []
    compared = 0
    for read in [name for name in intake.columns if name.endswith("_read")]:
        what = read.removesuffix("_read")
        kept, aside = f"{what}_kept", f"{what}_quarantined"
        if not {kept, aside} <= set(intake.columns):
            continue
        compared += 1
        gap = (
            intake.select((pl.col(read) - pl.col(kept) - pl.col(aside)).abs() > 1e-4 + 1e-12 * pl.col(read).abs())
            .to_series()
            .fill_null(False)
        )
        tables = intake.filter(gap)["table"].to_list() if "table" in intake.columns else [str(gap.sum())]
        wrong += [f"{what} of {table}" for table in tables if gap.any()]
    if not compared or intake.is_empty():
        return ""
    if wrong:
        return f"Does not tie out: {', '.join(wrong)}. Read must equal kept plus set aside."
    return "Ties out: in every table, what was read equals what was kept plus what was set aside."
