"""One exception tree: what can go wrong, said so that the reader can mend it."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "CredriskError",
    "DataError",
    "EvidenceError",
    "ManyParametersError",
    "ModelFileError",
    "NotSentError",
    "ParameterError",
    "SourceError",
]

IDS_SHOWN = 5
SAYS_REMEDY = "What to do:"
COPY_OR_FIT = "copy it again from where it was saved, whole, or fit the model again and save it."


class CredriskError(Exception):
    """Base of every error that credrisk raises on purpose. The command prints it without a traceback."""


class ParameterError(CredriskError, ValueError):
    """A parameter breaks its rule: ``parameter, rule, the value given``, and a remedy where the rule is not enough."""

    def __init__(self, parameter: str, rule: str, given: object, *, remedy: str = "") -> None:
        self.parameter, self.rule, self.given, self.remedy = parameter, rule, given, remedy
        mended = f" {SAYS_REMEDY} {remedy}" if remedy else ""
        super().__init__(f"{parameter} must be {rule}; got {given!r}.{mended}")


class ManyParametersError(CredriskError, ValueError):
    """Several things that were asked for break their rules: one line each."""

    def __init__(self, errors: Sequence[CredriskError]) -> None:
        self.errors = tuple(errors)
        told = "".join(f"\n- {error}" for error in self.errors)
        super().__init__(f"{len(self.errors)} things of what was asked for are wrong:{told}")


class DataError(CredriskError, ValueError):
    """The data break the contract: table, columns, number of rows, five ids and the remedy."""

    def __init__(
        self,
        problem: str,
        *,
        table: str = "",
        columns: Sequence[str] = (),
        rows: int | None = None,
        ids: Sequence[str] = (),
        remedy: str = "",
    ) -> None:
        self.problem, self.table, self.columns = problem, table, tuple(columns)
        self.rows, self.ids, self.remedy = rows, tuple(ids), remedy
        place = f"{table}: " if table else ""
        parts = [f"{place}{problem}"]
        if columns:
            parts.append(f"Columns: {', '.join(columns)}.")
        if rows is not None:
            parts.append(f"Rows: {rows}.")
        if ids:
            more = f" and {len(ids) - IDS_SHOWN} more" if len(ids) > IDS_SHOWN else ""
            parts.append(f"For example: {', '.join(map(str, ids[:IDS_SHOWN]))}{more}.")
        if remedy:
            parts.append(f"{SAYS_REMEDY} {remedy}")
        super().__init__(" ".join(parts))


class EvidenceError(CredriskError, ValueError):
    """There is too little evidence to answer; the caller prints null and this reason."""


class ModelFileError(CredriskError, ValueError):
    """A stored model is damaged, foreign or from another catalogue of features; the remedy is said."""

    def __init__(self, problem: str, *, remedy: str = COPY_OR_FIT) -> None:
        super().__init__(problem if SAYS_REMEDY in problem else f"{problem} {SAYS_REMEDY} {remedy}")


class SourceError(CredriskError, OSError):
    """An outside source refused, failed or answered something unreadable."""


class NotSentError(SourceError):
    """An outside source was not even asked: nothing left this machine, so nothing can have been ordered there."""
