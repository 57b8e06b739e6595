"""Names of a customer's files: a customer's id as a file name that no system stumbles over, and no two alike."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

__all__ = ["file_stems", "memo_file_names"]

LONGEST = 60
RESERVED = re.compile(r"[^A-Za-z0-9_-]+")


def memo_file_names(customers: Sequence[str]) -> dict[str, str]:
    """Return ``memo-ID.html`` by id; where the id is no file name, what is left of it and eight digits of its hash.

    Examples
    --------
    >>> memo_file_names(["C010"])
    {'C010': 'memo-C010.html'}
    >>> memo_file_names(["../C010"])
    {'../C010': 'memo-_C010-bc76565b.html'}
    """
    return {customer: f"memo-{stem}.html" for customer, stem in file_stems(customers).items()}


def file_stems(customers: Sequence[str]) -> dict[str, str]:
    """Return by id what names a customer's files: the id, or what is left of it and eight digits of its hash."""
    plain = {customer: RESERVED.sub("_", customer)[:LONGEST] for customer in customers}
    lowered = Counter(name.lower() for name in plain.values())  # some file systems do not tell C1 from c1
    stems = {}
    for customer, name in plain.items():
        changed = name != customer or lowered[name.lower()] > 1
        digits = f"-{hashlib.sha256(customer.encode('utf-8')).hexdigest()[:8]}" if changed else ""
        stems[customer] = f"{name}{digits}"
    return stems
