"""A CSV file of scores, one row a score, for providers and exports that have no reader of their own.

Columns: ``provider``, ``scale``, ``value``; of ``customer_id``, ``duns``, ``company_number``, ``lei``, ``cik`` and
``entity`` at least one; and ``rated_on``, ``received_on`` (YYYY-MM-DD), ``risk_class``, ``limit_amount``,
``limit_currency``, ``name``, ``report_reference`` where they are known.
"""

from __future__ import annotations

import io
from typing import Any

import polars as pl

from credrisk.errors import SourceError
from credrisk.sources.licensed.report import Rating, Report, day, figure, plain

__all__ = ["IDS", "reports"]

REQUIRED = ("provider", "scale", "value")
IDS = ("customer_id", "duns", "company_number", "lei", "cik")


def reports(content: bytes, *, provider: str | None = None) -> list[Report]:
    """Read a file; ``provider`` fills the column where it is missing.

    Raises
    ------
    SourceError
        When columns are missing, or a row is not readable (its number is said).
    """
    try:
        text = content.decode("utf-8-sig")
        first = text.partition("\n")[0]
        separator = max(",;\t|", key=first.count)
        frame = pl.read_csv(io.StringIO(text), infer_schema=False, separator=separator)
    except (UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"the table is not readable ({type(error).__name__}).") from None
    frame = frame.rename({name: name.strip().lower() for name in frame.columns})
    if provider is not None and "provider" not in frame.columns:
        frame = frame.with_columns(provider=pl.lit(provider))
    missing = [name for name in REQUIRED if name not in frame.columns]
    if missing or not any(name in frame.columns for name in (*IDS, "entity")):
        missing = missing or ["one of customer_id, duns, company_number, lei, cik, entity"]
        raise SourceError(f"the table lacks columns: {', '.join(missing)}.")
    found = []
    for number, row in enumerate(frame.iter_rows(named=True), start=2):
        try:
            found.append(_report(row))
        except SourceError as error:
            raise SourceError(f"line {number}: {error}") from None
    return found


def _report(row: dict[str, Any]) -> Report:
    def stated(name: str) -> str | None:
        return plain(row.get(name))

    provider, scale, value = (stated(name) for name in REQUIRED)
    if provider is None or scale is None or value is None:
        raise SourceError("provider, scale or value is empty.")
    limit = stated("limit_amount")
    amount = figure(limit)
    if limit is not None and amount is None:
        raise SourceError(f"limit_amount is no number: {limit!r}.")
    ids = {name: given for name in IDS if (given := stated(name)) is not None}
    rating = Rating(scale, value, day(stated("rated_on")), stated("risk_class"), amount, stated("limit_currency"))
    entity = stated("entity") or next(iter(ids.values()), "")
    reference, received = stated("report_reference"), day(stated("received_on"))
    return Report(provider, entity, stated("name") or "", ids, [rating], reference=reference, received_on=received)
