"""Means of groups within groups, each shrunk to the group around it: credibility by Buehlmann and Straub [1]_.

The mean of a group counts as much as it has cases, the mean around it as much as ``worth`` cases: the variance of
single cases within groups over the variance of groups around their parent, measured level by level.

References
----------
.. [1] Bühlmann, H., Straub, E. (1970). Glaubwürdigkeit für Schadensätze. Mitteilungen der Vereinigung Schweizerischer
   Versicherungsmathematiker 70, 111-133.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["WORTH", "Nested", "nested_means"]

WORTH = 10.0
"""Cases that the mean around a group counts as where there are too few to measure it."""

CASES_TO_MEASURE = 30
"""Cases from which the worth is measured."""

BOUNDS = (1.0, 100.0)
"""Bounds of the measured worth."""

Path = tuple[str, ...]


@dataclass(frozen=True)
class Nested:
    """Groups and their shrunk means.

    Attributes
    ----------
    paths
        Groups from the whole, ``()``, to the finest.
    members
        Cases of each group, by position.
    draws
        Shrunk mean of each group in each sample, shape (n_samples, n_groups).
    worths
        Cases that the mean around a group counts as, by level from the outermost.
    """

    paths: tuple[Path, ...]
    members: tuple[np.ndarray, ...]
    draws: np.ndarray
    worths: tuple[float, ...]

    def nearest(self, path: Path) -> int:
        """Return the position of the group, or of the nearest one around it that is known."""
        known = {own: place for place, own in enumerate(self.paths)}
        while path not in known:
            path = path[:-1]
        return known[path]


def nested_means(
    paths: Sequence[Path], value: np.ndarray, weight: np.ndarray, whole: np.ndarray, *, seed: int
) -> Nested:
    """Shrink the mean of every group to that of the group around it.

    Parameters
    ----------
    paths
        Group of each case from the outermost level to the finest.
    value
        Of each case in each sample, shape (n_samples, n_cases); the first sample is the data as they are.
    weight
        How often each case counts, same shape.
    whole
        Mean over all in each sample.

    Notes
    -----
    A group that holds all cases of the one around it is that one and not listed. In the samples after the first the
    worth is drawn (gamma with its mean), as the weights of cases are.
    """
    rng = np.random.default_rng(seed)
    groups: dict[Path, list[int]] = {}
    for place, path in enumerate(paths):
        for level in range(1, len(path) + 1):
            groups.setdefault(path[:level], []).append(place)
    members: dict[Path, np.ndarray] = {(): np.arange(len(paths))}
    around: dict[Path, Path] = {}
    for path in sorted(groups, key=lambda path: (len(path), path)):
        outer = path[:-1]
        while outer not in members:
            outer = outer[:-1]
        if len(groups[path]) < len(members[outer]):
            members[path], around[path] = np.array(groups[path], dtype=np.int64), outer
    depth = max(map(len, members))
    worths = tuple(_worth(members, around, value[0], level) for level in range(1, depth + 1))
    drawn = [np.append(worth, rng.gamma(worth, size=len(whole) - 1)) for worth in worths]
    means: dict[Path, np.ndarray] = {(): whole}
    for path, outer in around.items():
        own, worth = members[path], drawn[len(path) - 1]
        sums = np.einsum("sc,sc->s", weight[:, own], value[:, own])
        means[path] = (sums + worth * means[outer]) / (weight[:, own].sum(axis=1) + worth)
    return Nested(tuple(members), tuple(members.values()), np.column_stack(list(means.values())), worths)


def _worth(members: dict[Path, np.ndarray], around: dict[Path, Path], value: np.ndarray, level: int) -> float:
    """Return the variance within groups of a level over the variance of these groups around their parents."""
    groups = {path: members[path] for path in around if len(path) == level}
    n = sum(len(own) for own in groups.values())
    splits = len(groups) - len({around[path] for path in groups})
    if n < CASES_TO_MEASURE or splits < 1 or n <= len(groups):
        return WORTH
    mean = {path: float(value[own].mean()) for path, own in members.items()}
    within = sum(float(((value[own] - mean[path]) ** 2).sum()) for path, own in groups.items()) / (n - len(groups))
    spread = sum(len(own) * (mean[path] - mean[around[path]]) ** 2 for path, own in groups.items())
    loose = n - sum(len(own) ** 2 / len(members[around[path]]) for path, own in groups.items())
    between = (spread - splits * within) / loose
    return BOUNDS[1] if between <= 0 else float(np.clip(within / between, *BOUNDS))
