"""The journal entry of a provision: debit and credit lines that sum to zero, on the accounts of the settings."""

from __future__ import annotations

from typing import Any

import polars as pl

from credrisk.frames import as_polars, check_output, given_out
from credrisk.ledger.money import EXPONENTS
from credrisk.portfolio.provision.movement import Movement
from credrisk.portfolio.provision.settings import Accounts

__all__ = ["provision_journal"]


def provision_journal(movement: Movement, *, accounts: Accounts | None = None, output: str = "pandas") -> Any:
    """Return the lines that take the allowance from its opening to its closing amount.

    Parameters
    ----------
    movement
        As :func:`~credrisk.portfolio.provision.movement.provision_movement` returns it.
    accounts
        Accounts of the general ledger; those shipped where None.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``entry, date, account, role, debit, credit, text``. Within each entry debits equal credits. The allowance
        account moves by closing less opening. Write-offs and recoveries are often posted by the receivables ledger
        already: their text says so. No line where the amount is 0.
    """
    check_output(output)
    chart = accounts or Accounts()
    amounts = dict(as_polars(movement.table, "movement").select("line", "total").iter_rows())
    off, back, exchange = -amounts["write_offs"], amounts["recoveries"], amounts["currency"]
    again = amounts["taken_back"]
    cecl = movement.standard == "cecl"
    day = movement.closing_on
    rows: list[dict[str, Any]] = []

    def post(entry: str, debit: str, credit: str, amount: float, text: str) -> None:
        if round(amount, 6) == 0:
            return
        if amount < 0:
            debit, credit, amount = credit, debit, -amount
        for role, sides in ((debit, (amount, 0.0)), (credit, (0.0, amount))):
            rows.append(
                {
                    "entry": entry,
                    "date": day,
                    "account": getattr(chart, role),
                    "role": role,
                    "debit": sides[0],
                    "credit": sides[1],
                    "text": text,
                }
            )

    posted = "unless the receivables ledger has posted it"
    post("write_offs", "allowance", "receivables", off, f"Write-offs against the allowance, {posted}")
    post("write_offs_taken_back", "receivables", "allowance", again, f"Write-offs taken back, {posted}")
    if cecl:
        post("recoveries", "cash", "allowance", back, f"Recoveries of amounts written off, {posted}")
    else:
        post("recoveries", "cash", "recoveries", movement.recovered, f"Recoveries of amounts written off, {posted}")
    post("exchange", "exchange_difference", "allowance", exchange, "Allowance in other currencies at the closing rate")
    post("charge", "impairment_loss", "allowance", movement.charge, _charged(movement))
    schema = {
        "entry": pl.String,
        "date": pl.Date,
        "account": pl.String,
        "role": pl.String,
        "debit": pl.Float64,
        "credit": pl.Float64,
        "text": pl.String,
    }
    return given_out(pl.DataFrame(rows, schema=schema), output)


def _charged(movement: Movement) -> str:
    """Say what was written off beyond the opening's provision, and what came in on write-offs or was taken back."""
    places = EXPONENTS[movement.currency]
    sums = dict(as_polars(movement.table, "movement").select("line", "total").iter_rows())
    named = {"losses_beyond": "beyond the provision of opening items", "losses_new": "on items not open at the opening"}
    told = [f"{sums[line]:,.{places}f} {words}" for line, words in named.items() if round(sums[line], places)]
    taken_off = {"recoveries": "recovered on what was written off", "taken_back": "of earlier write-offs taken back"}
    less = [f"less {sums[line]:,.{places}f} {words}" for line, words in taken_off.items() if round(sums[line], places)]
    said = [f"of it written off: {', '.join(told)}", *less] if told else less
    return "; ".join(["Expected credit losses of the period", *said])
