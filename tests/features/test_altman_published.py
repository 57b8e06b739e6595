"""Altman's weights against a worked example in print, and the three scores against each other on its figures."""

from __future__ import annotations

import numpy as np
import pytest

from credrisk.features.altman import WEIGHTS, weighted, zone

CRYSTAL_BRANDS = {
    "sales": 857_241,
    "ebit": 84_758,
    "current_assets": 351_726,
    "current_liabilities": 167_558,
    "assets": 682_528,
    "debt": 444_779,
    "retained": 47_161,
    "market": 9_078 * 33.03,
}
"""Crystal Brands, Inc., the first of the five fiscal years of a widely used textbook exercise in credit analysis, in
thousand dollars; its solution prints the five weighted terms of Z below."""

PRINTED_TERMS = (0.323798, 0.096737, 0.409801, 0.404488, 1.255979)


def ratios(own: float) -> list[np.ndarray]:
    figure = CRYSTAL_BRANDS
    assets = figure["assets"]
    tops = (figure["current_assets"] - figure["current_liabilities"], figure["retained"], figure["ebit"])
    return [
        *(np.array([top / assets]) for top in tops),
        np.array([own / figure["debt"]]),
        np.array([figure["sales"] / assets]),
    ]


def test_z_is_the_printed_one_term_by_term() -> None:
    x = ratios(CRYSTAL_BRANDS["market"])
    terms = [float((weight * part)[0]) for weight, part in zip(WEIGHTS["altman_z"], x, strict=True)]
    assert terms == pytest.approx(PRINTED_TERMS, abs=2e-6)
    total = float(weighted("altman_z", *x)[0])
    assert total == pytest.approx(sum(PRINTED_TERMS), abs=5e-6)
    assert zone("altman_z", total) == "grey"


def test_the_other_scores_by_their_published_weights() -> None:
    """Altman 1983 and 1993; the weights as printed, multiplied out here term by term."""
    book = CRYSTAL_BRANDS["assets"] - CRYSTAL_BRANDS["debt"]
    x = [float(part[0]) for part in ratios(book)]
    private = 0.717 * x[0] + 0.847 * x[1] + 3.107 * x[2] + 0.420 * x[3] + 0.998 * x[4]
    services = 6.56 * x[0] + 3.26 * x[1] + 6.72 * x[2] + 1.05 * x[3]
    given = [np.array([part]) for part in x]
    assert float(weighted("altman_z_private", *given)[0]) == pytest.approx(private, rel=1e-12)
    assert float(weighted("altman_z_services", *given)[0]) == pytest.approx(services, rel=1e-12)
    assert float(weighted("altman_z_services", *given[:4])[0]) == pytest.approx(services, rel=1e-12)
