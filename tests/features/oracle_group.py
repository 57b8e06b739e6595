"""The features of the group, the slow way: walk up from every account, then add up those that end at the same top."""

from __future__ import annotations

from features.oracle import Number, Oracle, divided, part

NAMES = (
    "group_size",
    "group_open_balance",
    "group_exposure",
    "group_past_due",
    "group_share_past_due",
    "group_accounts_past_due",
    "group_utilisation",
    "share_of_group_exposure",
    "rest_of_group_share_past_due",
    "rest_of_group_days_past_due",
    "parent_known",
)


def parents_of(oracle: Oracle) -> dict[str, str]:
    """Return the parent in force of each account that has one."""
    latest: dict[str, tuple[object, object, str]] = {}
    for row in oracle.rows("customer_history"):
        if row["attribute"] == "parent_id":
            rank = (row["valid_from"], row["recorded_at"], (row["value"] or "").strip())
            latest[row["customer_id"]] = max(latest.get(row["customer_id"], rank), rank)
    return {child: value for child, (_, _, value) in latest.items() if value not in ("", child)}


def top(name: str, parents: dict[str, str]) -> str:
    """Return the last name on the way up, the smallest of the ring where the way never ends."""
    way = [name]
    while way[-1] in parents:
        above = parents[way[-1]]
        if above in way:
            return min(way[way.index(above) :])
        way.append(above)
    return way[-1]


def oldest(oracle: Oracle) -> int | None:
    due = [row["due_date"] for row in oracle.aged() if oracle.left(row) > 0]
    return max(0, (oracle.as_of - min(due)).days) if due else None


def others_of(oracle: Oracle) -> list[str]:
    """Return the other accounts of the group that are known by the day."""
    parents = parents_of(oracle)
    opened = {row["customer_id"] for name in ("customers", "documents", "receipts") for row in oracle.rows(name)}
    mine = top(oracle.customer, parents)
    others = [name for name in sorted(opened) if top(name, parents) == mine and name != oracle.customer]
    return others if oracle.customer in opened else []


@part
def group(oracle: Oracle) -> dict[str, Number]:
    if not oracle.has("customer_history"):
        return dict.fromkeys(NAMES)
    opened = {row["customer_id"] for name in ("customers", "documents", "receipts") for row in oracle.rows(name)}
    rest = [Oracle(oracle.ledger, name, oracle.as_of, oracle.step) for name in others_of(oracle)]
    every = [(one, one.ageing()) for one in (oracle, *rest)]

    def total(name: str, of: list[tuple[Oracle, dict[str, Number]]]) -> Number:
        return sum(ageing[name] for _, ageing in of)

    exposure = [max(0, ageing["net_balance"]) for _, ageing in every]
    limits = [one.agreed("credit_limit") for one, _ in every]
    debit = [total("not_due", of) + total("past_due", of) for of in (every, every[1:])]
    worst = [days for one, _ in every[1:] if (days := oldest(one)) is not None]
    found = (
        len(every),
        total("open_balance", every),
        sum(exposure),
        total("past_due", every),
        divided(total("past_due", every), debit[0]),
        sum(ageing["past_due"] > 0 for _, ageing in every),
        divided(sum(exposure), sum(round(limit * 100) for limit in limits if limit is not None)),
        divided(exposure[0], sum(exposure)),
        divided(total("past_due", every[1:]), debit[1]),
        max(worst) if worst else None,
        int(oracle.customer in opened and oracle.customer in parents_of(oracle)),
    )
    return dict(zip(NAMES, found, strict=True))
