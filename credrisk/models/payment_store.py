"""A model of the day of payment as a folder: ``timing.json``, ``MODEL_CARD.md`` to be read, ``manifest.json``.

Its trees are arrays, checked node by node before LightGBM sees them. A model read back forecasts the same to the last
bit.
"""

from __future__ import annotations

import dataclasses
from datetime import date
from os import PathLike
from typing import Any

from credrisk.errors import CredriskError, ModelFileError
from credrisk.models.model_files import CARD, MANIFEST, array_of, json_of, read_files, text_of, write_files
from credrisk.models.payment_dependence import MOST_SHARED, MOST_STRETCH, Dependence
from credrisk.models.payment_trees import FEATURES, Tree

__all__ = ["FILES", "TimingState", "read_timing", "write_timing"]

FORMAT, VERSION = "credrisk payment timing", 1
TIMING = "timing.json"
FILES = (MANIFEST, TIMING, CARD)
RUNGS = ("shrunk_habits", "booster")
COUNTS = ("items", "payments", "still_open")
MOST_DAYS, MOST_THREADS = 3_660, 256
"""Days ahead, and threads of LightGBM, that a file may ask for: beyond, it asks for the memory of the machine."""


@dataclasses.dataclass(frozen=True)
class TimingState:
    """All that a fitted model of the day of payment consists of.

    Attributes
    ----------
    seasonal
        Whether the month of the year could be told from a trend.
    trees
        What is added to the habits; none for the shrunk habits.
    """

    parameters: dict[str, Any]
    rung: str
    evidence: dict[str, Any]
    tail: float
    dependence: Dependence
    seasonal: bool
    trees: tuple[Tree, ...]


def write_timing(folder: str | PathLike[str], state: TimingState, *, overwrite: bool) -> None:
    """Write the model, whole or not at all."""
    content = dataclasses.asdict(state) | {"features": FEATURES}
    files = {TIMING: text_of(content), CARD: _card(state)}
    write_files(folder, files, kind=FORMAT, version=VERSION, overwrite=overwrite)


def read_timing(folder: str | PathLike[str]) -> TimingState:
    """Read a model that :func:`write_timing` wrote.

    Raises
    ------
    ModelFileError
        When a file is missing, changed, damaged or of other features.
    """
    stored = json_of(read_files(folder, (TIMING, CARD), kind=FORMAT, version=VERSION)[TIMING], TIMING)
    try:
        if stored.pop("features") != list(FEATURES):
            remedy = "fit it again on the ledger (credrisk cash does) and save it."
            raise ModelFileError("The model was fitted on other features of the day of payment.", remedy=remedy)
        return _state_of(stored)
    except ModelFileError:
        raise
    except (CredriskError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as wrong:
        raise ModelFileError(f"{TIMING} is damaged: {wrong}") from wrong


def _state_of(stored: dict[str, Any]) -> TimingState:
    evidence, shared, parameters = stored["evidence"], Dependence(**stored["dependence"]), stored["parameters"]
    fitted = date.fromisoformat(evidence["fitted_on"])
    array_of([stored["tail"], shared.market, shared.customer, shared.stretch], (4,))
    trees = tuple(Tree(**{name: tuple(numbers) for name, numbers in tree.items()}) for tree in stored["trees"])
    boosted = stored["rung"] == "booster"
    whole = [*(evidence[name] for name in COUNTS), shared.pairs]
    rules = {
        "rung": stored["rung"] in RUNGS and boosted == bool(trees),
        "seasonal": type(stored["seasonal"]) is bool,
        "tail": 0 < stored["tail"] < 0.5,
        "dependence": min(shared.market, shared.customer) >= 0
        and shared.market + shared.customer <= MOST_SHARED + 1e-12
        and 1 <= shared.stretch <= MOST_STRETCH,
        "evidence": all(type(count) is int and count >= 0 for count in whole)
        and evidence["payments"] > 0
        and fitted.isoformat() == evidence["fitted_on"]
        and isinstance(evidence["interval"], str)
        and boosted == ("rows" in evidence),
        "parameters": all(type(parameters[name]) is int for name in ("horizon_days", "trees", "threads"))
        and parameters["horizon_days"] <= MOST_DAYS
        and parameters["threads"] <= MOST_THREADS
        and len(trees) <= parameters["trees"],
    }
    broken = [name for name, kept in rules.items() if not kept]
    if broken:
        raise ValueError(f"{', '.join(broken)}")
    return TimingState(
        parameters=parameters,
        rung=stored["rung"],
        evidence=evidence,
        tail=float(stored["tail"]),
        dependence=shared,
        seasonal=stored["seasonal"],
        trees=trees,
    )


def _card(state: TimingState) -> str:
    evidence, shared = state.evidence, state.dependence
    what = {
        "booster": f"the customer's own hazard of payment on each day, shrunk to that of all, times what "
        f"{len(state.trees)} trees add",
        "shrunk_habits": "the customer's own hazard of payment on each day, shrunk to that of all: too few payments "
        "for more",
    }
    lines = [
        "# Model card: day of payment of open invoices",
        "",
        f"**What it answers.** When each open invoice is paid in cash, day by day over the next "
        f"{state.parameters['horizon_days']} days, as a distribution.",
        "",
        f"**What it is.** {what[state.rung].capitalize()}.",
        "",
        "## What it rests on",
        "",
        f"- known by {evidence['fitted_on']}: {evidence['items']:,} invoices, {evidence['payments']:,} of them paid in "
        f"cash, {evidence['still_open']:,} still open",
        f"- the 80 % interval leaves out {state.tail:.1%} on each side: {evidence['interval']}",
        f"- shared by all invoices: {shared.market:.0%} of what is unforeseen; by those of one customer: "
        f"{shared.customer:.0%}"
        + (f" ({shared.pairs:,} pairs of invoices)" if shared.pairs else " (assumed, not measured)"),
        f"- past weeks lay {shared.stretch:.2f} times as far from their forecast as drawn futures",
        "",
        "The habits of the customers are not stored: they are read from the ledger that is forecast, as known on the "
        "day.",
        "",
        "## Not for",
        "",
        "- other ledgers, sellers or countries than the one it was fitted on",
        "- invoices yet to be written, or settled by offsetting alone",
        "",
    ]
    return "\n".join(lines)
