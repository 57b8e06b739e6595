"""What matching gives: the columns of a match and of a candidate."""

from __future__ import annotations

import polars as pl

__all__ = ["CANDIDATES", "MATCHES"]

MATCHES: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "register": pl.String(),
    "id_column": pl.String(),
    "entity": pl.String(),
    "entity_name": pl.String(),
    "score": pl.Float64(),
    "zone": pl.String(),
    "decided_by": pl.String(),
    "how": pl.String(),
    "reason": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "parent": pl.String(),
    "rejected": pl.String(),
}
"""Columns of the matches: one row per customer and register. ``rejected`` are the ids, with "; " between, that a person
said the customer is not."""

CANDIDATES: dict[str, pl.DataType] = MATCHES | {"entity_place": pl.String(), "place": pl.Int64()}
"""Columns of a candidate: an entity that a customer may be, ``place`` 1 the likeliest."""
