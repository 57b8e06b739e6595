"""Names of invented companies: a coined word, a trade word and the account's own number."""

from __future__ import annotations

import numpy as np

from credrisk.simulate.clock import Ints

__all__ = ["COLLECTORS", "INDUSTRIES", "INSURERS", "TRADE_WORDS", "company_names"]

INDUSTRIES = (
    "building",
    "food",
    "machinery",
    "metal",
    "packaging",
    "paper",
    "plastics",
    "textiles",
    "transport",
    "wholesale",
)
TRADE_WORDS = (
    ("Walling", "Roofings", "Mortars"),
    ("Pickles", "Grains", "Cellars"),
    ("Gearings", "Presses", "Conveyors"),
    ("Fittings", "Castings", "Sheetings"),
    ("Cartons", "Crates", "Closures"),
    ("Papers", "Boards", "Labels"),
    ("Mouldings", "Films", "Tubings"),
    ("Weavings", "Linens", "Yarns"),
    ("Haulings", "Pallets", "Wagons"),
    ("Sundries", "Supplies", "Stockings"),
)
"""Three trade words per industry, in the order of ``INDUSTRIES``."""

HEADS = (
    "Zanth", "Quorv", "Vrixt", "Blomq", "Trizg", "Skuvv", "Pwelk", "Grontz", "Jexq", "Drubbl",
    "Hrask", "Klympf", "Mvorr", "Nuxgr", "Oqst", "Rhuzv", "Svelq", "Twozz", "Uvgrix", "Xanq",
)  # fmt: skip
TAILS = ("or", "ibu", "olmo", "ettu", "aq", "unde", "ixi", "yrro", "emvo", "ush", "odra", "invu")

COLLECTORS = ("desk 1", "desk 2", "desk 3", "desk 4", "desk 5")
INSURERS = ("Invented Insurer A", "Invented Insurer B")


def company_names(rng: np.random.Generator, industry: Ints) -> list[str]:
    """Return one name per customer, such as ``Zanthor Fittings 0017``; the number makes it unique."""
    size = len(industry)
    head, tail, word = (rng.integers(0, k, size) for k in (len(HEADS), len(TAILS), 3))
    return [f"{HEADS[head[i]]}{TAILS[tail[i]]} {TRADE_WORDS[industry[i]][word[i]]} {i + 1:04d}" for i in range(size)]
