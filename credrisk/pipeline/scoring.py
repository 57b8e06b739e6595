"""The probabilities of every customer on one date, for a ledger of any size: what saved or fitted models say of it.

The features of the date are worked out partition by partition, and each part goes through the models, so memory holds
a part and the probabilities, never the panel.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import EvidenceError, ModelFileError, ParameterError
from credrisk.features.catalogue import catalogue
from credrisk.features.labels import LabelSettings, build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.no_documents import refuse_unknown_documents
from credrisk.ledger.store import open_stored
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.lacking import lacks_of, learnt_kinds
from credrisk.models.model_files import MANIFEST
from credrisk.models.outcomes import PREFIXES
from credrisk.pipeline.partitions import panel_parts
from credrisk.pipeline.probabilities import TARGETS, fitted, training_calendar
from credrisk.pipeline.stored_results import TIMING
from credrisk.progress import Progress, silent

if TYPE_CHECKING:
    from credrisk.ledger.ledger import Ledger

__all__ = ["fit_models", "load_models", "score_parts"]


def load_models(folder: str | PathLike[str]) -> dict[str, BadDebtModel]:
    """Return the saved models of a folder by target: one model, or a folder each as ``credrisk run`` writes them.

    Raises
    ------
    ModelFileError
        When there is none, two are of one target, or one is damaged or from another catalogue of features.
    """
    place = Path(folder)
    inside = sorted(found.parent for found in place.glob(f"*/{MANIFEST}"))
    # A run keeps its model of the day of payment beside those of probabilities.
    places = [place] if (place / MANIFEST).is_file() else [one for one in inside if one.name != TIMING]
    if not places:
        raise ModelFileError(
            f"{folder} holds no saved model. What to do: give the folder `model` that credrisk run writes, or one that "
            "BadDebtModel.save wrote."
        )
    models: dict[str, BadDebtModel] = {}
    for one in places:
        model = BadDebtModel.load(one)
        if model.target in models:
            raise ModelFileError(f"{folder} holds two models of {model.target}. What to do: keep one of them.")
        models[model.target] = model
    return {target: models[target] for target in TARGETS if target in models}


def fit_models(
    ledger: Ledger,
    *,
    as_of: date | str,
    settings: LabelSettings | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[dict[str, BadDebtModel], dict[str, str]]:
    """Fit every target that the ledger supports on what was known by ``as_of``, as :func:`credrisk.run` does.

    Returns
    -------
    models, why_not
        The models by target, and by target why there is none. The ledger and its panel must fit into memory.

    Raises
    ------
    ParameterError, DataError
        When ``as_of`` lies outside what the ledger covers, or no document is known by then.
    """
    day = to_date(as_of)
    first, last = ledger.settings.covers_from, ledger.settings.covers_to
    if not first <= day <= last:
        raise ParameterError("as_of", f"within what the ledger covers ({first} to {last})", day.isoformat())
    known = ledger.cut(day)
    refuse_unknown_documents(known, ledger, day)
    calendar = training_calendar(known.settings, day)
    panel = build_panel(known, calendar=calendar, output="polars", progress=progress)
    progress("Labelling what happened", 0, 0)
    labels = build_labels(known, dates=calendar, settings=settings, output="polars")
    models, why_not = dict[str, BadDebtModel](), dict[str, str]()
    for target in TARGETS:
        try:
            models[target] = fitted(
                panel, labels, target=target, currency=known.settings.currency, seed=seed, progress=progress
            )
        except EvidenceError as error:
            why_not[target] = str(error).rstrip(".")
    return models, why_not


def score_parts(
    source: str | PathLike[str],
    models: Mapping[str, BadDebtModel],
    *,
    beside: str | PathLike[str],
    as_of: date | str | None = None,
    memory: str = "2GB",
    workers: int | None = None,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Return the probabilities of every customer of a stored ledger on one date.

    Parameters
    ----------
    source
        Folder of a stored ledger.
    models
        Fitted models by target.
    beside
        A path: the work lies in hidden folders next to it. After an interruption the same call takes it up.
    as_of
        The date; by default the last day that the ledger covers.
    memory, workers, progress
        As in :func:`~credrisk.pipeline.partitions.panel_parts`.

    Returns
    -------
    polars.DataFrame
        One row a customer, sorted by ``customer_id``: ``as_of``, for each target the columns of
        :meth:`~credrisk.models.bad_debt.BadDebtModel.predict_pd` and the rung they come from (``pd_source``), and last
        ``lacks``: the kinds of company information from which a model learnt and of which nothing is known of the
        customer (:func:`~credrisk.models.lacking.lacks_of`). The same numbers as ``predict_pd`` of ``build_panel``, to
        the last bit.

    Raises
    ------
    ParameterError
        When there are no models, one has another currency than the ledger, or the date lies after the coverage.

    Notes
    -----
    Every customer gets the probabilities, also one already in default or bad debt, to whom they do not apply: take the
    customers at risk from :func:`~credrisk.features.labels.build_labels`.
    """
    if not models:
        raise ParameterError("models", "at least one fitted model", [])
    settings = open_stored(source).settings
    for model in models.values():
        if model.currency_ != settings.currency:
            rule = f"models fitted on amounts in {settings.currency}, the currency of the ledger"
            raise ParameterError("models", rule, f"{model.target} in {model.currency_}")
    wanted = {name for model in models.values() for name in model.feature_names_in_}
    place = Path(beside).absolute()
    folder = panel_parts(
        source,
        place.parent / f".{place.name}.panel",
        as_of=settings.covers_to if as_of is None else as_of,
        features=list(catalogue(wanted)),
        memory=memory,
        workers=workers,
        overwrite=True,
        progress=progress,
    )
    files = sorted(folder.glob("*.parquet"))
    scored = []
    for number, file in enumerate(files, 1):
        scored.append(_scored(pl.read_parquet(file), models))
        progress("Scoring", number, len(files))
    shutil.rmtree(folder)
    return pl.concat(scored).sort("customer_id")


def _scored(panel: pl.DataFrame, models: Mapping[str, BadDebtModel]) -> pl.DataFrame:
    frames = [panel.select("customer_id", "as_of")]
    for target, model in models.items():
        found: Any = model.predict_pd(panel.select(model.feature_names_in_.tolist()), output="polars")
        frames.append(found.with_columns(pl.lit(model.rung_).alias(f"{PREFIXES[target]}_source")))
    learnt = {kind for model in models.values() for kind in learnt_kinds(model)}
    return pl.concat([*frames, lacks_of(panel, of=learnt).to_frame()], how="horizontal")
