"""A strict reader of LightGBM's text form: LightGBM ends the whole process on a text it cannot follow.

Only texts as credrisk writes them pass: one Poisson model of numeric splits. Checked are the header, the length of
every tree, the number of entries of every array, that children lie in range and each node has one parent (so no path
runs in a circle), that split features exist, and that leaf values are finite. Then a child process reads the text
first, so that whatever slipped through ends the child and not the caller.
"""

from __future__ import annotations

import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from credrisk.errors import ModelFileError

__all__ = ["check_in_child", "check_text"]

HEADER = (
    "version",
    "num_class",
    "num_tree_per_iteration",
    "label_index",
    "max_feature_idx",
    "objective",
    "feature_names",
    "monotone_constraints",
    "feature_infos",
    "tree_sizes",
)
FIXED = {"version": "v4", "num_class": "1", "num_tree_per_iteration": "1", "label_index": "0", "objective": "poisson"}
INNER = ("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child")
LEAF = ("leaf_value", "leaf_weight", "leaf_count")
INNER_STATISTICS = ("internal_value", "internal_weight", "internal_count")
WHOLE = {"split_feature", "decision_type", "left_child", "right_child", "leaf_count", "internal_count"}
TREE_KEYS = ("num_leaves", "num_cat", *INNER, *LEAF, *INNER_STATISTICS, "is_linear", "shrinkage")
NUMERIC_DECISIONS = {0, 2, 8, 10}
"""Numeric split, nulls to the right or left, null handling none or NaN; zero-as-null and categories are not ours."""

END_OF_TREES = "end of trees"
TAIL = re.compile(
    r"\n\nfeature_importances:\n(?:[A-Za-z0-9_]+=\d+\n)*"
    r"\nparameters:\n(?:\[[a-z0-9_]+: [A-Za-z0-9_.,+\-]*\]\n)+\nend of parameters\n\npandas_categorical:null\n?"
)
WHOLE_NUMBER = re.compile(r"-?\d{1,10}")
UNBOUNDED = re.compile(r"(?<![^ ])inf(?![^ ])")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?")
MOST_LEAVES, MOST_BYTES = 10_000, 200_000_000
SECONDS_TO_LOAD = 120


def check_text(text: str, features: tuple[str, ...]) -> None:
    """Raise unless ``text`` is a booster over exactly ``features``.

    Raises
    ------
    ModelFileError
        Naming the part that is wrong.
    """
    if len(text) > MOST_BYTES:
        raise _damaged(f"longer than {MOST_BYTES:,} characters")
    if not text.isascii():
        raise _damaged("characters that no model of numbers has")
    head, gap, rest = text.partition("\n\n")
    if not gap:
        raise _damaged("no end of the header")
    sizes = _check_header(head, features)
    offset = 0
    for number, size in enumerate(sizes):
        if size <= 0 or offset + size > len(rest):
            raise _damaged(f"tree {number} is cut off")
        _check_tree(rest[offset : offset + size], number, len(features))
        offset += size
    tail = rest[offset:]
    if not tail.startswith(END_OF_TREES) or not TAIL.fullmatch(tail[len(END_OF_TREES) :]):
        raise _damaged("the part after the trees")


def check_in_child(text: str) -> None:
    """Raise unless a child process can read ``text`` with LightGBM and score a row with it."""
    script = (
        "import sys, lightgbm, numpy\n"
        "booster = lightgbm.Booster(model_file=sys.argv[1])\n"
        "row = numpy.zeros((1, booster.num_feature()))\n"
        "score = booster.predict(row, raw_score=True, num_threads=1)\n"
        "booster.predict(row, pred_contrib=True, num_threads=1)\n"
        "sys.exit(0 if numpy.isfinite(score).all() else 3)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.txt"
        path.write_bytes(text.encode("ascii"))
        try:
            ended = subprocess.run(
                [sys.executable, "-P", "-c", script, str(path)],
                capture_output=True,
                timeout=SECONDS_TO_LOAD,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _damaged(f"LightGBM did not finish reading it in {SECONDS_TO_LOAD} s") from None
    if ended.returncode != 0:
        raise _damaged(f"LightGBM could not read it (the trial process ended with {ended.returncode})")


def _check_header(head: str, features: tuple[str, ...]) -> list[int]:
    """Check the lines before the trees and return the declared length of each tree."""
    lines = head.split("\n")
    keys = tuple(line.partition("=")[0] for line in lines[1:])
    if lines[0] != "tree" or keys not in (HEADER, tuple(key for key in HEADER if key != "monotone_constraints")):
        raise _damaged("the header")
    fields = _fields(lines[1:])
    for key, expected in FIXED.items():
        if fields[key] != expected:
            raise _damaged(f"{key} is {fields[key][:40]!r}, not {expected!r}")
    if tuple(fields["feature_names"].split(" ")) != features or fields["max_feature_idx"] != str(len(features) - 1):
        raise _damaged("its features are not those of model.json")
    directions = fields.get("monotone_constraints")
    if directions is not None and not re.fullmatch(r"-?[01](?: -?[01])*", directions):
        raise _damaged("monotone_constraints")
    if directions is not None and len(directions.split(" ")) != len(features):
        raise _damaged("the number of monotone_constraints")
    ranges = fields["feature_infos"].split(" ")
    bound = NUMBER.pattern
    if len(ranges) != len(features) or not all(re.fullmatch(rf"none|\[{bound}:{bound}\]", r) for r in ranges):
        raise _damaged("feature_infos")
    return [int(size) for size in _numbers(fields["tree_sizes"], "tree_sizes", whole=True)]


def _check_tree(block: str, number: int, n_features: int) -> None:
    body = block.removesuffix("\n\n\n") if block.endswith("\n\n\n") else block.removesuffix("\n\n")
    lines = body.split("\n")
    keys = tuple(line.partition("=")[0] for line in lines[1:])
    if not block.endswith("\n\n") or lines[0] != f"Tree={number}" or keys != TREE_KEYS:
        raise _damaged(f"the lines of tree {number}")
    fields = _fields(lines[1:])
    place = f"of tree {number}"
    if not WHOLE_NUMBER.fullmatch(fields["num_leaves"]) or not 1 <= int(fields["num_leaves"]) <= MOST_LEAVES:
        raise _damaged(f"num_leaves {place}")
    if fields["num_cat"] != "0" or fields["is_linear"] != "0":
        raise _damaged(f"the kind {place}")
    leaves = int(fields["num_leaves"])
    numbers: dict[str, list[float]] = {}
    for key in (*INNER, *LEAF, *INNER_STATISTICS, "shrinkage"):
        # A tree of one leaf has empty arrays of inner nodes, and LightGBM leaves its weight and count out.
        if leaves == 1 and key != "shrinkage" and fields[key] == "" and key != "leaf_value":
            numbers[key] = []
            continue
        # LightGBM parts the missing values from all others by a threshold of infinity.
        read = UNBOUNDED.sub("0", fields[key]) if key == "threshold" else fields[key]
        numbers[key] = _numbers(read, f"{key} {place}", whole=key in WHOLE)
        expected = 1 if key == "shrinkage" else leaves if key in LEAF else leaves - 1
        if len(numbers[key]) != expected:
            raise _damaged(f"the number of entries in {key} {place}")
    if not all(0 <= feature < n_features for feature in numbers["split_feature"]):
        raise _damaged(f"a split feature {place}")
    if not all(decision in NUMERIC_DECISIONS for decision in numbers["decision_type"]):
        raise _damaged(f"a decision type {place}")
    if any(count < 0 for key in ("leaf_count", "internal_count") for count in numbers[key]):
        raise _damaged(f"a count {place}")
    _check_children(numbers["left_child"], numbers["right_child"], leaves, place)


def _check_children(left: list[float], right: list[float], leaves: int, place: str) -> None:
    """Every inner node but the root, and every leaf, is the child of exactly one node that comes before it."""
    seen: set[int] = set()
    for parent, pair in enumerate(zip(left, right, strict=True)):
        for child in map(int, pair):
            inner = parent < child < leaves - 1
            leaf = -leaves <= child < 0
            if not (inner or leaf) or child in seen:
                raise _damaged(f"a child {place}")
            seen.add(child)


def _fields(lines: list[str]) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


def _numbers(text: str, what: str, *, whole: bool) -> list[float]:
    pattern = WHOLE_NUMBER if whole else NUMBER
    entries = text.split(" ")
    if not all(pattern.fullmatch(entry) for entry in entries):
        raise _damaged(f"a number in {what}")
    numbers = [float(entry) for entry in entries]
    if not all(math.isfinite(number) for number in numbers):
        raise _damaged(f"a number that is not finite in {what}")
    return numbers


def _damaged(what: str) -> ModelFileError:
    return ModelFileError(f"model.txt is damaged or not from credrisk: {what}. Save the model again.")
