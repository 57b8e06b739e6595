"""Altman's Z-scores: working capital, past profits, operating result, own funds and sales in one figure.

X1 = (current_assets - current_liabilities) / total_assets, X2 = retained_earnings / total_assets,
X3 = ebit / total_assets, X4 = equity / liabilities (of the market for Z), X5 = revenue / total_assets. All figures are
those of the last annual accounts (see :mod:`credrisk.features.figures`).

| score | for | distress below | safe above |
|---|---|---|---|
| `altman_z` | listed manufacturers; needs market_value | 1.81 | 2.99 |
| `altman_z_private` | unlisted manufacturers | 1.23 | 2.90 |
| `altman_z_services` | others than manufacturers | 1.10 | 2.60 |

Between the two lies the grey zone. The scores do not apply, and are null, where a figure is missing, where book equity
is not above 0, and to banks, insurers and other financial firms (by the text of the customer's industry).

The three are computed side by side, for what a firm makes is often not known. ``altman_standing`` is the one that was
made for the firm: Z for a manufacturer with a market value, Z' for one without, Z'' for a firm of another industry,
each put on one scale by its own zones. It is null where the text of the industry does not tell which (see
:data:`MANUFACTURERS` and :data:`OTHERS`).
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.entities import industry_in_force, industry_names
from credrisk.features.figures import ANNUAL, figures
from credrisk.features.grid import Grid, measure, ratio

__all__ = [
    "DISTRESS_BELOW",
    "MANUFACTURERS",
    "OTHERS",
    "SAFE_ABOVE",
    "WEIGHTS",
    "altman_standing",
    "altman_z",
    "altman_z_private",
    "altman_z_services",
    "zone",
]

WEIGHTS = {
    "altman_z": (1.2, 1.4, 3.3, 0.6, 1.0),
    "altman_z_private": (0.717, 0.847, 3.107, 0.420, 0.998),
    "altman_z_services": (6.56, 3.26, 6.72, 1.05, 0.0),
}
"""The published weights of X1 to X5."""

DISTRESS_BELOW = {"altman_z": 1.81, "altman_z_private": 1.23, "altman_z_services": 1.10}
SAFE_ABOVE = {"altman_z": 2.99, "altman_z_private": 2.90, "altman_z_services": 2.60}
"""The published zones; some pages print those of Z' beside Z''."""

FINANCIAL = (
    "asset management",
    "bank",
    "banking",
    "banks",
    "credit institution",
    "credit institutions",
    "finance",
    "financial services",
    "financials",
    "insurance",
    "insurer",
    "insurers",
    "leasing",
    "reinsurance",
)
"""Industries (small letters, trimmed) to which the scores do not apply."""

MANUFACTURERS = (
    "aerospace",
    "automotive",
    "beverages",
    "building materials",
    "ceramics",
    "chemicals",
    "clothing",
    "electronics",
    "food",
    "furniture",
    "glass",
    "machinery",
    "manufacturing",
    "medical devices",
    "metal",
    "metals",
    "packaging",
    "paper",
    "pharmaceuticals",
    "plastics",
    "printing",
    "rubber",
    "steel",
    "textiles",
    "wood",
)
OTHERS = (
    "agriculture",
    "building",
    "construction",
    "education",
    "energy",
    "health care",
    "healthcare",
    "hospitality",
    "it services",
    "logistics",
    "media",
    "mining",
    "professional services",
    "real estate",
    "restaurants",
    "retail",
    "services",
    "software",
    "telecommunications",
    "trade",
    "transport",
    "transportation",
    "utilities",
    "wholesale",
)
"""Industries (small letters, trimmed) that make goods, and others that do not."""

NOT_APPLICABLE = "a figure is not known, equity is not above 0, or the customer is a financial firm"
SOURCE = "Altman 1968, 1983, 1993"


def zone(score: str, value: float) -> str:
    """Return ``distress``, ``grey`` or ``safe`` for a value of one of the three scores, by name."""
    if value < DISTRESS_BELOW[score]:
        return "distress"
    return "safe" if value > SAFE_ABOVE[score] else "grey"


@measure()
def applies(grid: Grid) -> np.ndarray:
    """Return 1 where the scores apply and null where equity is not above 0 or the customer is a financial firm."""
    _, equity = figures(grid, ANNUAL, "total_assets", "equity")
    names = industry_names(grid.source)
    financial = np.append(names.str.strip_chars().str.to_lowercase().is_in(FINANCIAL).to_numpy(), False)
    return np.where((equity > 0) & ~financial[industry_in_force(grid)], 1.0, np.nan)


def of_assets(grid: Grid, name: str) -> np.ndarray:
    """Return a figure of the annual accounts over total assets."""
    assets, figure = figures(grid, ANNUAL, "total_assets", name)
    return ratio(figure, assets)


def working_capital(grid: Grid) -> np.ndarray:
    """Return working capital over total assets."""
    assets, current, owed = figures(grid, ANNUAL, "total_assets", "current_assets", "current_liabilities")
    return ratio(current - owed, assets)


def weighted(score: str, *x: np.ndarray) -> np.ndarray:
    """Return the published sum of X1, X2, ... for one of the scores."""
    total = np.zeros_like(x[0])
    for weight, part in zip(WEIGHTS[score], x, strict=False):
        total += weight * part
    return total


def own_to_owed(grid: Grid, own: str) -> np.ndarray:
    """Return equity, of the books or of the market, over liabilities (total assets - equity where not stated)."""
    assets, equity, stated, value = figures(grid, ANNUAL, "total_assets", "equity", "liabilities", own)
    return ratio(value, np.where(np.isnan(stated), assets - equity, stated))


@feature(
    unit="index",
    window="today",
    null=NOT_APPLICABLE,
    worse="lower",
    says="Altman's Z is {value}",
    says_below="Altman's Z is minus {value}",
    formula="1.2 X1 + 1.4 X2 + 3.3 X3 + 0.6 market_value / liabilities + 1.0 X5",
    source=SOURCE,
)
@measure("facts")
def altman_z(grid: Grid) -> np.ndarray:
    """Altman's Z, for listed manufacturers; null without a market value at the period end."""
    x1, x2, x3 = working_capital(grid), of_assets(grid, "retained_earnings"), of_assets(grid, "ebit")
    x4, x5 = own_to_owed(grid, "market_value"), of_assets(grid, "revenue")
    score: np.ndarray = applies(grid) * weighted("altman_z", x1, x2, x3, x4, x5)
    return score


@feature(
    unit="index",
    window="today",
    null=NOT_APPLICABLE,
    worse="lower",
    says="Altman's Z' for unlisted firms is {value}",
    says_below="Altman's Z' for unlisted firms is minus {value}",
    formula="0.717 X1 + 0.847 X2 + 3.107 X3 + 0.420 X4 + 0.998 X5",
    source=SOURCE,
)
@measure("facts")
def altman_z_private(grid: Grid) -> np.ndarray:
    """Altman's Z', for unlisted manufacturers."""
    x1, x2, x3 = working_capital(grid), of_assets(grid, "retained_earnings"), of_assets(grid, "ebit")
    x4, x5 = own_to_owed(grid, "equity"), of_assets(grid, "revenue")
    score: np.ndarray = applies(grid) * weighted("altman_z_private", x1, x2, x3, x4, x5)
    return score


@feature(
    unit="index",
    window="today",
    null=NOT_APPLICABLE,
    worse="lower",
    says="Altman's Z'' for services and trade is {value}",
    says_below="Altman's Z'' for services and trade is minus {value}",
    formula="6.56 X1 + 3.26 X2 + 6.72 X3 + 1.05 X4",
    source=SOURCE,
)
@measure("facts")
def altman_z_services(grid: Grid) -> np.ndarray:
    """Altman's Z'', for others than manufacturers."""
    x1, x2, x3 = working_capital(grid), of_assets(grid, "retained_earnings"), of_assets(grid, "ebit")
    score: np.ndarray = applies(grid) * weighted("altman_z_services", x1, x2, x3, own_to_owed(grid, "equity"))
    return score


@measure()
def industry_is(grid: Grid, names: tuple[str, ...]) -> np.ndarray:
    """Return 1 where the text of the customer's industry is one of some, else 0."""
    own = industry_names(grid.source).str.strip_chars().str.to_lowercase().is_in(names).to_numpy()
    found: np.ndarray = np.append(own, False)[industry_in_force(grid)].astype(np.float64)
    return found


@feature(
    unit="index",
    window="today",
    null=f"{NOT_APPLICABLE}, or its industry does not tell whether it makes goods",
    worse="lower",
    says="the Altman score for firms of its kind stands at {value} (0 and below: distress, 1 and above: safe)",
    says_below="the Altman score for firms of its kind lies {value} of the grey zone's width inside distress",
    says_at_zero="the Altman score for firms of its kind stands at the edge of distress",
    formula="(score - distress below) / (safe above - distress below); Z: manufacturer with market_value, "
    "Z': manufacturer without, Z'': other",
    source=SOURCE,
)
@measure("facts")
def altman_standing(grid: Grid) -> np.ndarray:
    """Where the customer stands by the Altman score that was made for its kind of firm."""
    z, private, services = (
        (score(grid) - DISTRESS_BELOW[name]) / (SAFE_ABOVE[name] - DISTRESS_BELOW[name])
        for name, score in (
            ("altman_z", altman_z),
            ("altman_z_private", altman_z_private),
            ("altman_z_services", altman_z_services),
        )
    )
    _, market_value = figures(grid, ANNUAL, "total_assets", "market_value")
    makes, other = industry_is(grid, MANUFACTURERS), industry_is(grid, OTHERS)
    manufacturer = np.where(np.isnan(market_value), private, z)
    return np.where(makes > 0, manufacturer, np.where(other > 0, services, np.nan))
