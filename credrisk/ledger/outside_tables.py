"""The tables of the world outside: figures and happenings of companies, series on markets, currency rates."""

from __future__ import annotations

from credrisk.ledger.declaration import Column, Table

__all__ = ["COMPANY_IDS", "EVENTS", "FACTS", "MARKET", "RATES", "RATINGS"]

COMPANY_IDS = ("lei", "cik", "company_number", "duns")
"""Ids of a company, which an account may have too."""
_ENTITY_IDS = (
    Column("customer_id", "id", "the account, where matched"),
    *(Column(name, "id") for name in COMPANY_IDS),
)
_PROVENANCE = (
    Column("retrieved_at", "date"),
    Column("entity", "text", "the source's own id of the company"),
    Column("match_confidence", "number", "how surely that company is the customer", minimum=0, maximum=1),
    Column("licence", "text", "under which the source gives it"),
)

FACTS = Table(
    "facts",
    "an external figure",
    ("source", "measure", "period_start", "period_end", "known_at", *(c.name for c in _ENTITY_IDS)),
    (
        *_ENTITY_IDS,
        Column("measure", "code", required=True),
        Column("period_start", "date", "empty for a figure at one instant"),
        Column("period_end", "date", required=True),
        Column("value", "number", required=True),
        Column("unit", "code"),
        Column("known_at", "date", required=True),
        Column("source", "code", required=True),
        Column("url", "text"),
        *_PROVENANCE,
    ),
    event="period_end",
    known="known_at",
)

EVENTS = Table(
    "events",
    "an external happening: filing, notice, news",
    ("source", "kind", "happened_on", "known_at", "url", *(c.name for c in _ENTITY_IDS)),
    (
        *_ENTITY_IDS,
        Column("kind", "code", required=True),
        Column("happened_on", "date", required=True),
        Column("known_at", "date", required=True),
        Column("source", "code", required=True),
        Column("url", "text"),
        Column("text", "text"),
        *_PROVENANCE,
    ),
    event="happened_on",
    known="known_at",
)

RATINGS = Table(
    "ratings",
    "a score, rating or credit opinion of a licensed provider",
    ("provider", "scale", "rated_on", "known_at", *(c.name for c in _ENTITY_IDS)),
    (
        *_ENTITY_IDS,
        Column("provider", "code", "dnb, creditsafe, coface, experian, ...", required=True),
        Column("scale", "code", "which score of the provider: paydex, failure_score, ...", required=True),
        Column("rated_on", "date", required=True),
        Column("known_at", "date", "the day you received it", required=True),
        Column("value", "text", "as the provider writes it", required=True),
        Column("value_number", "number", "empty where it is no number"),
        Column("risk", "number", "0 the best, 1 the worst of the scale", minimum=0, maximum=1),
        Column("risk_class", "text", "the provider's class"),
        Column("limit_amount", "number", "credit limit that the provider proposes, in major units"),
        Column("limit_currency", "code"),
        Column("report_reference", "text"),
        Column("url", "text"),
        *_PROVENANCE,
    ),
    event="rated_on",
    known="known_at",
)

MARKET = Table(
    "market",
    "a dated value of a series on a market: a country, an industry, both or all",
    ("series", "country", "industry", "period_end", "known_at", "source"),
    (
        Column("series", "code", "failure_rate, unemployment_rate, interest_rate, activity_index, ...", required=True),
        Column("country", "code", "empty: every country"),
        Column("industry", "text", "as in customers; empty: every industry"),
        Column("period_end", "date", required=True),
        Column("value", "number", "rates as shares of one", required=True),
        Column("known_at", "date", "the day of publication", required=True),
        Column("source", "code", required=True),
    ),
    event="period_end",
    known="known_at",
)

RATES = Table(
    "rates",
    "a currency rate: units of the ledger's currency for one unit of this one",
    ("currency", "date"),
    (
        Column("currency", "code", required=True),
        Column("date", "date", required=True),
        Column("rate", "number", required=True, above=0),
    ),
    event="date",
)
