"""Each control account as a finding: whether it agrees, and what to do where it does not."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.findings import Finding
from credrisk.portfolio.reconciliation.bridge import Bridge
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed

__all__ = ["account_findings"]

_STATES = {
    "not_explained": (
        "error",
        "the control account differs from the customers' balance, and no named difference fits.",
    ),
    "ambiguous": ("warning", "the control account differs; several sets of named differences fit, so none was taken."),
    "explained": ("note", "the control account differs by what the named differences explain to the cent."),
    "agrees": ("note", "the control account agrees with the customers' balance to the cent."),
}
_REMEDIES = {
    "not_explained": "start with the postings of just that amount, where the page names some; then with postings made "
    "straight to the control account and with open items from before the ledger.",
    "ambiguous": "look which set it is in the general ledger (the page shows them).",
    "explained": "check that the cause is the right one; a fit to the cent is strong evidence, not proof.",
    "agrees": "",
}


def account_findings(bridge: Bridge) -> list[Noticed]:
    """Return one finding a control account."""
    found = []
    for row in bridge.accounts.filter(pl.col("state") != "not_given").iter_rows(named=True):
        severity, message = _STATES[row["state"]]
        name = " ".join(
            part for part in (row["account"], f"of {row['company']}" if row["company"] != "all" else "") if part
        )
        scope = "every currency" if row["scope"] == "all" else row["scope"]
        finding = Finding(
            severity,  # type: ignore[arg-type]
            "",
            f"control_account_{row['state']}",
            f"{message[:-1]} ({f'{name}, ' if name else ''}{scope}).",
            money=row["difference"],
            currency=row["currency"],
            remedy=_REMEDIES[row["state"]],
        )
        found.append(Noticed(finding, pl.DataFrame(schema=ROWS)))
    return found
