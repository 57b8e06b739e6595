"""In which language a customer is written to."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.policy_dunning import LANGUAGES, Dunning
from credrisk.ledger.ledger import Ledger

__all__ = ["customer_attribute", "customer_languages"]


def customer_languages(ledger: Ledger, rules: Dunning) -> pl.DataFrame:
    """Return the language of every customer of a cut ledger.

    Returns
    -------
    polars.DataFrame
        ``customer_id, language`` (``de``, ``en``, ``es`` or ``fr``) and ``language_source``: ``customer`` (its
        attribute ``language``, such as ``de`` or ``de-AT``), ``country``, or ``default``; in words where the attribute
        names a language for which there are no letters.
    """
    wanted = customer_attribute(ledger, "language")
    known = pl.col("wanted").str.to_lowercase().str.head(2)
    by_country = pl.col("country").str.to_uppercase().replace_strict(rules.language_by_country, default=None)
    if not rules.language_by_country:
        by_country = pl.lit(None, pl.String)
    can = known.is_in(LANGUAGES).fill_null(False)
    source = pl.when(by_country.is_not_null()).then(pl.lit("country")).otherwise(pl.lit("default"))
    return (
        ledger.table("customers")
        .select("customer_id", "country")
        .join(wanted.rename({"value": "wanted"}), on="customer_id", how="left", maintain_order="left")
        .select(
            "customer_id",
            language=pl.when(can).then(known).otherwise(pl.coalesce(by_country, pl.lit(rules.default_language))),
            language_source=pl.when(can)
            .then(pl.lit("customer"))
            .when(pl.col("wanted").is_not_null())
            .then(pl.format("{}: no letters in the language {}", source, pl.col("wanted").str.head(20)))
            .otherwise(source),
        )
    )


def customer_attribute(ledger: Ledger, attribute: str) -> pl.DataFrame:
    """Return ``customer_id, value, since``: the attribute as last stated; a customer whose value ended is left out."""
    return (
        ledger.table("customer_history")
        .filter(pl.col("attribute") == attribute)
        .sort("customer_id", "valid_from", "recorded_at", "value", nulls_last=False)
        .unique("customer_id", keep="last", maintain_order=True)
        .select("customer_id", value=pl.col("value").str.strip_chars(), since="valid_from")
        .filter(pl.col("value").str.len_chars() > 0)
    )
