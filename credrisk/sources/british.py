"""Which countries and which sources have the company numbers of the United Kingdom."""

from __future__ import annotations

__all__ = ["BRITISH", "BRITISH_NAMES", "BRITISH_SOURCES"]

BRITISH_NAMES = (
    "england",
    "england & wales",
    "great britain",
    "northern ireland",
    "scotland",
    "united kingdom",
    "wales",
)
BRITISH = (*BRITISH_NAMES, "gb", "gbr", "uk")
"""Countries in small letters, by name and by code."""
BRITISH_SOURCES = ("companies_house", "companies_house_profile", "companies_house_bulk", "gazette")
