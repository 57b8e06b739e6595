"""What accounts are put together by: the column of each key, and its name in words."""

from __future__ import annotations

from credrisk.reports.column import Column

__all__ = ["KEY_COLUMNS", "KEY_HEADINGS"]

KEY_COLUMNS = {
    "group": Column("group", "Group", "id", 14, "Ultimate parent in force on the day, by name or number."),
    "country": Column("country", "Country", "code", 12, "Country of the customer (ISO 3166)."),
    "currency": Column("currency", "Currency", "code", 12, "Currency of the amounts."),
    "industry": Column("industry", "Industry", "code", 24, "Industry in the customer master."),
    "segment": Column("segment", "Segment", "code", 18, "Segment in force on the day."),
    "collector": Column("collector", "Collector", "code", 18, "Who looks after the customer on the day."),
    "seller_entity": Column("seller_entity", "Our company", "code", 18, "Company of ours that sold."),
}
"""The first column of what is split by something else than the customer."""

KEY_HEADINGS = {
    **{key: column.heading for key, column in KEY_COLUMNS.items()},
    "customer": "Customer",
    "portfolio": "Portfolio",
}
