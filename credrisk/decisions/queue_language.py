"""Which language a customer is spoken to in, and what else its collector must be able to do."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger

__all__ = ["LANGUAGE_OF_COUNTRY", "spoken"]

LANGUAGE_OF_COUNTRY = {
    **dict.fromkeys(("DE", "AT", "LI"), "de"),
    **dict.fromkeys(("FR", "MC"), "fr"),
    **dict.fromkeys(("ES", "MX", "AR", "CO", "CL", "PE", "UY", "EC", "BO", "PY", "VE", "CR", "PA", "GT", "DO"), "es"),
    **dict.fromkeys(("GB", "IE", "US", "AU", "NZ", "ZA", "MT"), "en"),
    **dict.fromkeys(("IT", "SM"), "it"),
    **dict.fromkeys(("PT", "BR"), "pt"),
    "NL": "nl",
    "PL": "pl",
    "CZ": "cs",
    "SK": "sk",
    "HU": "hu",
    "RO": "ro",
    "BG": "bg",
    "HR": "hr",
    "SI": "sl",
    "GR": "el",
    "SE": "sv",
    "DK": "da",
    "NO": "no",
    "FI": "fi",
    "TR": "tr",
    "JP": "ja",
    "KR": "ko",
    "CN": "zh",
    "TW": "zh",
}
"""Main business language (ISO 639-1) of countries that have one. Left out, so that any will do: where several share the
country (Belgium, Switzerland, Canada, Luxembourg, ...), and where business is done in another than the official one."""


def spoken(ledger: Ledger) -> pl.DataFrame:
    """Return ``customer_id, language, customer_skill`` of a cut ledger.

    ``language``: the dated attribute ``language`` of the customer history, else by the country of the customer; null:
    any. ``customer_skill``: the dated attribute ``skill``, such as ``key_account``; null: none is asked for.
    """
    history = ledger.table("customer_history").filter(pl.col("attribute").is_in(["language", "skill"]))
    stated = (
        history.sort("customer_id", "attribute", "valid_from", "recorded_at", "value", nulls_last=False)
        .group_by("customer_id", "attribute", maintain_order=True)
        .agg(value=pl.col("value").last())
        .with_columns(pl.col("value").str.strip_chars().str.to_lowercase().replace("", None))
    )
    of = {
        name: stated.filter(pl.col("attribute") == attribute).select("customer_id", pl.col("value").alias(name))
        for name, attribute in (("stated_language", "language"), ("customer_skill", "skill"))
    }
    by_country = (
        pl.col("country").cast(pl.String).replace_strict(LANGUAGE_OF_COUNTRY, default=None, return_dtype=pl.String)
    )
    found = ledger.table("customers").select("customer_id", by_country=by_country)
    for table in of.values():
        found = found.join(table, on="customer_id", how="left")
    return found.select("customer_id", "customer_skill", language=pl.coalesce("stated_language", "by_country"))
