"""The trees of the day of payment: fitted by LightGBM, held as arrays, handed back to LightGBM to score.

LightGBM ends the process on a broken text of its own. So a text is only ever made here, of arrays that were checked:
every node but the first is the child of one node before it, every leaf of one, and every number is finite.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from credrisk.models.payment_days import DAY_FEATURES, DayRows
from credrisk.models.payment_history import ITEM_FEATURES

__all__ = ["FEATURES", "Tree", "booster_of", "fit_trees"]

FEATURES = (*ITEM_FEATURES, *DAY_FEATURES)

SPLITS = (0, 2, 8, 10)
"""LightGBM's ``decision_type`` of a numeric split: nulls like 0 or apart, and then to the right or to the left."""

LARGEST = sys.float_info.max
"""Instead of an infinite threshold, by which LightGBM parts the nulls from all others: JSON has no infinity."""

MOST_LOG_ODDS = 700.0
"""Log odds that all trees together may add: beyond, their exponential is no number any more."""


@dataclass(frozen=True)
class Tree:
    """One tree, as LightGBM numbers it.

    Attributes
    ----------
    feature, threshold, kind, left, right
        One entry a split: the place of the feature in ``FEATURES``; values up to the threshold go left;
        ``decision_type``; the split that follows, or the leaf ``-1 - child`` where the child is below 0.
    value
        Log odds that each leaf adds.
    """

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    kind: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]

    def __post_init__(self) -> None:
        """Hold a tree read from a file to its rules."""
        splits, leaves = len(self.feature), len(self.value)
        for name, kind in (("feature", int), ("kind", int), ("left", int), ("right", int)):
            if not all(type(number) is kind for number in getattr(self, name)):
                raise ValueError(f"{name} of a tree")
        if {len(part) for part in (self.threshold, self.kind, self.left, self.right)} != {splits}:
            raise ValueError("the splits of a tree")
        if not all(0 <= place < len(FEATURES) for place in self.feature) or not set(self.kind) <= set(SPLITS):
            raise ValueError("a feature or the kind of a split")
        if not np.isfinite([*self.threshold, *self.value]).all():
            raise ValueError("a number of a tree is not finite")
        children = [child for pair in zip(self.left, self.right, strict=True) for child in pair]
        if sorted(children) != [*range(-leaves, 0), *range(1, splits)] and (splits, leaves) != (0, 1):
            raise ValueError("the children of a tree")
        if any(0 <= child <= place // 2 for place, child in enumerate(children)):
            raise ValueError("a split that stands before its parent")


def fit_trees(values: np.ndarray, base: np.ndarray, rows: DayRows, parameters: dict[str, Any], *, count: int) -> Any:
    """Fit what is added to the log odds ``base`` of the days at risk.

    Parameters
    ----------
    values
        ``FEATURES`` of each day, shape (n_days, n_features).
    parameters
        LightGBM's size, speed and seed.
    count
        Number of trees.

    Returns
    -------
    tuple of Tree
    """
    import lightgbm

    chosen = parameters | {
        "objective": "binary",
        "feature_fraction": 0.6,
        "lambda_l2": 10.0,
        "max_bin": 127,
        "bin_construct_sample_cnt": 50_000,
        "deterministic": True,
        "force_row_wise": True,
        "boost_from_average": False,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        values, label=rows.closed, weight=rows.weight, init_score=base, feature_name=[*FEATURES], params=chosen
    )
    return _trees_of(lightgbm.train(chosen, data, num_boost_round=count).model_to_string())


def booster_of(trees: Sequence[Tree]) -> Any:
    """Return LightGBM's booster of the trees: its raw score is the sum of their leaves."""
    import lightgbm

    bounds = [sum(max(map(abs, tree.value)) for tree in trees)]
    if not np.isfinite(bounds).all() or bounds[0] > MOST_LOG_ODDS:
        raise ValueError("the leaves of the trees add up to no log odds")
    head = {
        "version": "v4",
        "num_class": 1,
        "num_tree_per_iteration": 1,
        "label_index": 0,
        "max_feature_idx": len(FEATURES) - 1,
        "objective": "binary sigmoid:1",
        "feature_names": " ".join(FEATURES),
        "feature_infos": " ".join(["[-inf:inf]"] * len(FEATURES)),
    }
    blocks = ["tree\n" + "".join(f"{name}={value}\n" for name, value in head.items())]
    blocks += [_text_of(tree, place) for place, tree in enumerate(trees)]
    return lightgbm.Booster(model_str="\n".join([*blocks, "end of trees\n"]))


def _text_of(tree: Tree, place: int) -> str:
    columns = {
        "split_feature": tree.feature,
        "split_gain": (0,) * len(tree.feature),
        "threshold": tree.threshold,
        "decision_type": tree.kind,
        "left_child": tree.left,
        "right_child": tree.right,
        "leaf_value": tree.value,
    }
    lines = [f"Tree={place}", f"num_leaves={len(tree.value)}", "num_cat=0"]
    lines += [f"{name}={' '.join(repr(number) for number in numbers)}" for name, numbers in columns.items()]
    return "\n".join([*lines, "is_linear=0", "shrinkage=1", "", ""])


def _trees_of(text: str) -> tuple[Tree, ...]:
    """Read the trees of a text that LightGBM has just written."""
    blocks = text.partition("\nend of trees")[0].split("\nTree=")[1:]
    fields = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in blocks]

    def numbers(of: dict[str, str], name: str, kind: type) -> tuple[Any, ...]:
        return tuple(kind(number) for number in of.get(name, "").split())

    return tuple(
        Tree(
            feature=numbers(of, "split_feature", int),
            threshold=tuple(min(number, LARGEST) for number in numbers(of, "threshold", float)),
            kind=numbers(of, "decision_type", int),
            left=numbers(of, "left_child", int),
            right=numbers(of, "right_child", int),
            value=numbers(of, "leaf_value", float),
        )
        for of in fields
    )
