"""The ageing buckets among the columns of a table, in order of age and in words."""

from __future__ import annotations

__all__ = ["CREDIT_IMPAIRED", "bucket_heading", "buckets_among"]

CREDIT_IMPAIRED = "Credit-impaired"
"""What stands beside the buckets' headings for items that have left the pool."""


def buckets_among(names: list[str]) -> list[str]:
    """Return the ageing buckets of debit items among ``names``, from not due to the oldest.

    ``past_due_1_30`` and ``past_due_over_90`` are buckets, whatever their edges; ``past_due`` is their sum.
    """
    edges: dict[str, tuple[int, int]] = {}
    for name in names:
        parts = name.removeprefix("past_due_").split("_")
        if name == "not_due":
            edges[name] = (0, 0)
        elif name.startswith("past_due_") and len(parts) == 2 and parts[1].isdecimal():
            if parts[0] == "over":
                edges[name] = (1, int(parts[1]))
            elif parts[0].isdecimal():
                edges[name] = (0, int(parts[1]))
    over = [name for name, (last, _) in edges.items() if last]
    if len(over) > 1:
        oldest = max(over, key=lambda name: edges[name])
        edges = {name: edge for name, edge in edges.items() if not edge[0] or name == oldest}
    return sorted(edges, key=lambda name: edges[name])


def bucket_heading(name: str) -> str:
    """Return ``1-30 days`` for ``past_due_1_30``, ``Over 90 days`` for ``past_due_over_90``."""
    if name == "not_due":
        return "Not due"
    first, last = name.removeprefix("past_due_").split("_")
    return f"Over {last} days" if first == "over" else f"{first}-{last} days"
