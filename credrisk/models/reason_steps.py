"""From the average customer to this one: what each trade question multiplies the rate by, down as well as up.

Reasons name only what raises the risk. Whoever decides also wants to see what speaks for the customer, and that nothing
was left out: these steps are all of the model's answer.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars, check_output, given_out
from credrisk.models.explained import read_model
from credrisk.models.reason_words import sentence

__all__ = ["reason_steps"]

SMALLEST = 0.01
"""Log rate below which a question is told with the rest: nobody acts on one part in a hundred."""


def reason_steps(model: Any, X: Any, *, top: int = 6, output: Literal["pandas", "polars"] = "pandas") -> Any:
    """Return the steps from the average customer to the one of ``X``, the strongest first, the rest as one.

    Parameters
    ----------
    model
        Anything that :func:`~credrisk.models.explained.read_model` reads: a BadDebtModel, a Scorecard.
    X
        The features of one customer, shape (1, n_features).
    top
        Questions told by themselves at most.

    Returns
    -------
    frame
        ``rank`` (from 1), ``question`` (module of the catalogue; null for the rest), ``feature`` (the strongest of the
        question in the direction of its sum; null for the rest), ``value`` (null where not measured),
        ``contribution`` (of all features of the question, to the log rate; a scorecard's log odds), ``times``
        (its exponential) and ``says``. The contributions sum to the log rate of the customer less that of the average
        training row; the rest is left out where it adds nothing.

    Raises
    ------
    DataError
        When ``X`` does not hold exactly one row.
    """
    check_output(output)
    if top < 1:
        raise ParameterError("top", "1 or more", top)
    frame = as_polars(X, "X")
    if frame.height != 1:
        raise DataError(f"Steps are told of one customer; X holds {frame.height} rows.", table="X")
    reading = read_model(model, frame)
    parts, values = reading.parts[0], reading.values[0]
    entries = [reading.entries[name] for name in reading.features]
    questions = np.array([entry.question for entry in entries])
    sums = {question: float(parts[questions == question].sum()) for question in dict.fromkeys(questions.tolist())}
    ranked = sorted(sums, key=lambda question: (-abs(sums[question]), question))
    told = [question for question in ranked if abs(sums[question]) >= SMALLEST][:top]
    rows = []
    for question in told:
        within = np.flatnonzero(questions == question)
        place = within[np.argmax(np.sign(sums[question]) * parts[within])]
        value = float(values[place])
        rows.append(
            {
                "question": question,
                "feature": reading.features[place],
                "value": None if np.isnan(value) else value,
                "contribution": sums[question],
                "says": sentence(entries[place], value, reading.currency),
            }
        )
    rest = [question for question in ranked if question not in told]
    left = float(sum(sums[question] for question in rest))
    if rest and left != 0.0:
        rows.append({"contribution": left, "says": f"all else, {len(rest)} question{'s' if len(rest) > 1 else ''}"})
    schema = {
        "question": pl.String,
        "feature": pl.String,
        "value": pl.Float64,
        "contribution": pl.Float64,
        "says": pl.String,
    }
    found = pl.DataFrame(rows, schema=schema).with_row_index("rank", offset=1)
    found = found.with_columns(pl.col("rank").cast(pl.Int64), times=pl.col("contribution").exp())
    order = ["rank", "question", "feature", "value", "contribution", "times", "says"]
    return given_out(found.select(order), output)
