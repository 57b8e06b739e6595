"""The reconciliation on one page: from the ageing to the control account, and every finding with what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.portfolio.reconciliation.reconcile import Reconciliation
from credrisk.reports.columns import TABLES
from credrisk.reports.months import day_in_words
from credrisk.reports.page import rendered
from credrisk.reports.reconciliation_terms import RECONCILIATION_TERMS, STATES, line_in_words
from credrisk.reports.validation_page import rows_of
from credrisk.reports.views import View, as_text, view_of
from credrisk.wording import counted

__all__ = ["BridgeCard", "ReconciliationPack", "headline_of", "reconciliation_json", "reconciliation_page"]

FINDINGS_SHOWN = 200
CARDS_SHOWN = 24


@dataclass(frozen=True)
class ReconciliationPack:
    """What the page, the workbook and the JSON show."""

    found: Reconciliation
    settings: Mapping[str, str]
    files: Mapping[str, str]
    title: str = "Reconciliation of receivables"

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return every table by its key, the lines in words."""
        found, bridge = self.found, self.found.bridge
        return {
            "reconciliation_accounts": bridge.accounts,
            "reconciliation_lines": _worded(bridge.lines),
            "reconciliation_possible": _worded(bridge.possible),
            "reconciliation_hints": found.hints,
            "reconciliation_findings": found.findings_table.with_columns(rows=pl.when(pl.col("rows") > 0).then("rows")),
            "reconciliation_rows": found.rows,
            "reconciliation_customers": found.by_customer,
            "reconciliation_due_dates": found.by_due_date.with_columns(
                bucket=pl.col("bucket").map_elements(line_in_words, return_dtype=pl.String)
            ),
            "reconciliation_moved": found.changed_due_dates,
            "reconciliation_split": found.split_accounts,
            "reconciliation_groups": found.groups,
            "reconciliation_cut_off": found.cut_off,
        }


@dataclass(frozen=True)
class BridgeCard:
    """The steps of one balance as the page shows them: (words, amount, strong), and the postings that prove them."""

    title: str
    state: str
    verdict: str
    steps: tuple[tuple[str, str, bool], ...]
    proof: tuple[tuple[str, str, bool], ...]
    possible: tuple[tuple[str, str], ...]
    ways: tuple[str, ...]


def headline_of(found: Reconciliation) -> list[tuple[str, str, str]]:
    """Return the key figures: label, figure, what it rests on."""
    accounts = found.bridge.accounts
    given = accounts.filter(pl.col("state") != "not_given")
    counts = {name: given.filter(pl.col("state") == name).height for name in STATES}
    fits = (accounts["net_balance"] == accounts["by_postings"]).fill_null(True).all()
    severities = dict(found.findings_table.group_by("severity").len().iter_rows())
    open_accounts = counts["not_explained"] + counts["ambiguous"]
    return [
        (
            "Ageing and postings",
            "agree" if fits else "differ",
            f"{counted(accounts.height, 'balance')}, to the cent",
        ),
        (
            "Control accounts that agree",
            f"{counts['agrees']} of {given.height}" if given.height else "–",
            "to the cent" if given.height else "no control account was given",
        ),
        (
            "Explained",
            f"{counts['explained']}" if given.height else "–",
            "differ by what is named, to the cent",
        ),
        ("Not explained", f"{open_accounts}" if given.height else "–", "control accounts that differ otherwise"),
        ("Errors", f"{severities.get('error', 0)}", "figures wrong or missing"),
        ("Warnings", f"{severities.get('warning', 0)}", "look before you rely on them"),
    ]


def reconciliation_page(pack: ReconciliationPack) -> str:
    """Return the page as text: self-contained, everything from the ledger escaped."""
    found = pack.found
    tables = pack.tables()
    cards = _cards(found)

    def view(name: str, *, rows: int = 25, without: tuple[str, ...] = ()) -> View:
        key = f"reconciliation_{name}"
        names = [column.name for column in TABLES[key] if column.name not in without]
        return view_of(key, tables[key], names, rows=rows, file=pack.files.get(key, ""))

    return rendered(
        "reconciliation.html",
        currency=found.currency,
        pack=pack,
        found=found,
        as_of=day_in_words(found.as_of),
        headline=headline_of(found),
        cards=cards[:CARDS_SHOWN],
        cards_left=max(len(cards) - CARDS_SHOWN, 0),
        accounts=view("accounts", rows=100, without=("explained",)),
        hints=view("hints"),
        findings=view("findings", rows=FINDINGS_SHOWN, without=("code",)),
        differing=_differing(found, pack),
        due_dates=view("due_dates", rows=60),
        moved=view("moved"),
        split=view("split", rows=40),
        groups=view("groups"),
        cut_off=view("cut_off", rows=24),
        definitions=list(RECONCILIATION_TERMS.items()),
        settings=list(pack.settings.items()),
    )


def _differing(found: Reconciliation, pack: ReconciliationPack) -> View:
    """Return the customers whose balance in the books is another, the largest gap first."""
    key = "reconciliation_customers"
    apart = found.by_customer.filter(pl.col("difference").fill_null(0) != 0)
    ranked = apart.sort(pl.col("difference").abs(), "customer_id", descending=[True, False])
    names = ("customer_id", "name", "open_items", "unapplied_cash", "net_balance", "in_the_books", "difference")
    return view_of(key, ranked, (*names, "currency"), file=pack.files.get(key, ""))


def reconciliation_json(pack: ReconciliationPack) -> str:
    """Return the tie-outs and findings as JSON text, ending in a newline; the rows of the findings are in the CSV."""
    found = pack.found
    content: dict[str, Any] = {
        "as_of": found.as_of.isoformat(),
        "currency": found.currency,
        **{
            name.removeprefix("reconciliation_"): rows_of(frame)
            for name, frame in pack.tables().items()
            if name != "reconciliation_rows"
        },
        "ways": rows_of(found.bridge.ways),
        "lacks": list(found.lacks),
        "settings": dict(pack.settings),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _cards(found: Reconciliation) -> list[BridgeCard]:
    bridge, place = found.bridge, ("company", "scope")
    parts = bridge.lines.partition_by(*place, as_dict=True)
    cards = []
    for row in bridge.accounts.iter_rows(named=True):
        key, code = (row["company"], row["scope"]), row["currency"]
        lines = parts[key]
        amounts = {part: list(_lines(lines, part)) for part in ("ageing", "difference", "postings")}
        items = [(line_in_words(name), _exact(amount, code), False) for name, amount in amounts["ageing"] if amount]
        cash = [items.pop()] if amounts["ageing"][-1][1] else []
        steps = [*items, ("Open items", _exact(row["open_items"], code), True), *cash]
        if cash:
            steps.append(("Customers' balance", _exact(row["net_balance"], code), True))
        if row["control_account"] is not None:
            steps += [(line_in_words(name), _exact(amount, code), False) for name, amount in amounts["difference"]]
            if row["not_explained"]:
                steps.append((line_in_words("not_explained"), _exact(row["not_explained"], code), False))
            steps.append((f"Control account {row['account']}".strip(), _exact(row["control_account"], code), True))
        proof = [(line_in_words(name), _exact(amount, code), False) for name, amount in amounts["postings"]]
        if proof:
            proof.append(("Customers' balance", _exact(row["by_postings"], code), True))
        unsettled = row["state"] in {"not_explained", "ambiguous"}
        possible = _of(bridge.possible, row) if unsettled else bridge.possible.clear()
        cards.append(
            BridgeCard(
                _title(row),
                row["state"],
                STATES[row["state"]],
                tuple(steps),
                tuple(proof),
                tuple((line_in_words(n), _exact(a, code)) for n, a in possible.select("line", "amount").iter_rows()),
                tuple(
                    " + ".join(line_in_words(name) for name in names.split(", "))
                    for names in _of(bridge.ways, row)["lines"].to_list()
                ),
            )
        )
    return cards


def _title(row: dict[str, Any]) -> str:
    company = {"all": "All companies", "": "No company named"}.get(row["company"], f"Company {row['company']}")
    balances = f"every currency in {row['currency']}" if row["scope"] == "all" else row["currency"]
    return f"{company}, {balances}"


def _of(frame: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    return frame.filter(pl.col("company") == row["company"], pl.col("scope") == row["scope"])


def _lines(lines: pl.DataFrame, part: str) -> Any:
    return lines.filter(pl.col("part") == part).select("line", "amount").iter_rows()


def _exact(amount: float, currency: str) -> str:
    return as_text(amount, "cents", currency) or ""


def _worded(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(words=pl.col("line").map_elements(line_in_words, return_dtype=pl.String))
