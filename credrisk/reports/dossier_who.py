"""Who a company is, for its dossier: names with their dates, ids with links, addresses, and its group."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.decisions.outside_meaning import GONE, family_of, plain_kind
from credrisk.decisions.red_flags import doubt, ended
from credrisk.ledger.event_kinds import STATES
from credrisk.reports.dossier_identity import registered_names
from credrisk.reports.months import day_in_words
from credrisk.reports.style import truncated
from credrisk.sources.british import BRITISH
from credrisk.wording import counted, money, percent

if TYPE_CHECKING:
    from credrisk.reports.dossier import Dossier

__all__ = [
    "address_lines",
    "group_says",
    "id_lines",
    "name_lines",
    "sister_lines",
    "status_says",
    "taken_matches",
    "who_lines",
]

LONGEST, SHORT = 120, 40
SISTERS_SHOWN, NAMES_SHOWN = 8, 8

IDS: tuple[tuple[str, str, str, Callable[[str], str]], ...] = (
    ("LEI", "lei", r"[A-Z0-9]{20}", lambda text: f"https://search.gleif.org/#/record/{text}"),
    (
        "Company number",
        "company_number",
        r"(?:\d{8}|[A-Z]{2}\d{6})",
        lambda text: f"https://find-and-update.company-information.service.gov.uk/company/{text}",
    ),
    ("CIK", "cik", r"\d{1,10}", lambda text: f"https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&CIK={text}"),
    ("D-U-N-S", "duns", r"(?!)", lambda text: ""),
    ("VAT number", "vat_id", r"(?!)", lambda text: ""),
)
"""Label, column, the form that has a page of its own, and that page's address."""


def taken_matches(matches: pl.DataFrame) -> pl.DataFrame:
    """Return the matches that count: those of the automatic zone, in which what a person accepted is too."""
    return matches.filter((pl.col("zone") == "auto") & pl.col("entity").is_not_null())


def who_lines(dossier: Dossier) -> list[tuple[str, str]]:
    """Return label and text: the account's number, country, industry, legal form, status, age, collector."""
    customer, register = dossier.customer, _current(dossier)
    opened = customer.get("opened_on")
    lines = [
        ("Customer number", customer.get("customer_id")),
        ("Country", customer.get("country")),
        ("Industry", customer.get("industry")),
        ("Legal form", register.get("legal_form")),
        ("Status at the registers", status_says(dossier)),
        ("Customer since", day_in_words(opened) if isinstance(opened, date) else None),
        ("Collector", customer.get("collector")),
        ("Segment", customer.get("segment")),
    ]
    return [(label, truncated(str(text), LONGEST)) for label, text in lines if text not in (None, "")]


def status_says(dossier: Dossier) -> str:
    """Say whether the company is known to be dissolved, insolvent or as the register's copy says; else not measured."""
    known = dossier.events.sort("known_at", "happened_on") if dossier.events.height else dossier.events
    standing = [
        row
        for row in known.iter_rows(named=True)
        if (plain_kind(row["kind"]) in GONE or family_of(row["kind"]) == "insolvency")
        and not ended(plain_kind(row["kind"]), row["happened_on"], known)
    ]
    if standing:
        last = max(standing, key=lambda row: (plain_kind(row["kind"]) in GONE, row["known_at"], row["happened_on"]))
        kind = plain_kind(last["kind"])
        told = "dissolved" if kind in GONE else f"insolvency: {kind.replace('_', ' ')}"
        told = "in liquidation, solvent or not is not said" if kind == "liquidation" else told
        sure = doubt(last.get("match_confidence"))
        steps = known.filter(
            (pl.col("kind") == "bankruptcy_progress")
            & (pl.col("happened_on") >= last["happened_on"])
            & (pl.col("source") == last["source"])
        )
        step = "; since then a plan confirmed, an emergence or a further case: read which" if steps.height else ""
        return f"{told}, known since {day_in_words(last['known_at'])} from {_short(last['source'])}{step}{sure}"
    register = _current(dossier)
    if register.get("status"):
        told = f"{_short(register['status']).replace('_', ' ').lower()}, {_short(register['register'])}"
        return f"{told}, as of {day_in_words(register['known_at'])}"
    return "not measured"


def id_lines(dossier: Dossier) -> list[tuple[str, str, str]]:
    """Return label, id and the address of its page: the account's own ids, then those it was matched to."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    labels = {column: label for label, column, *_ in IDS}
    for _, column, form, page in IDS:
        value = str(dossier.customer.get(column) or "")
        if value:
            found[(column, value)] = (value, _page(dossier, column, value, form, page))
    for row in taken_matches(dossier.matches).iter_rows(named=True):
        column, value = str(row["id_column"] or ""), str(row["entity"])
        sure = f"matched, {percent(row['score'])} sure" if row["score"] is not None else "matched"
        form, page = next(((form, page) for _, name, form, page in IDS if name == column), (r"(?!)", str))
        if (column, value) in found:  # the account's own id
            continue
        found[(column, value)] = (f"{value} ({sure})", _page(dossier, column, value, form, page))
    return [(labels.get(column, column), truncated(text, LONGEST), link) for (column, _), (text, link) in found.items()]


def _page(dossier: Dossier, column: str, value: str, form: str, page: Callable[[str], str]) -> str:
    british = column != "company_number" or str(dossier.customer.get("country") or "").lower() in BRITISH
    return page(value) if british and re.fullmatch(form, value) else ""


def name_lines(dossier: Dossier) -> list[tuple[str, str, str]]:
    """Return each name it goes or went by: the name, of what kind, and from when to when with its source."""
    found: dict[str, tuple[str, str, str]] = {}

    def add(name: Any, kind: str, when: str) -> None:
        text = " ".join(str(name or "").split())
        if text:
            found.setdefault(text.casefold(), (truncated(text, LONGEST), kind, when))

    add(dossier.customer.get("name"), "in your master data", "")
    register = dossier.register
    for row in register.sort("valid_from", nulls_last=True).iter_rows(named=True) if register.height else ():
        add(
            row["name"],
            f"{_short(row['name_kind'] or 'name')}, {_short(row['register'])}",
            _span(row["valid_from"], row["valid_to"]),
        )
    for row in taken_matches(dossier.matches).iter_rows(named=True):
        add(row["entity_name"], f"at {_short(row['register'])}", _span(row["valid_from"], row["valid_to"]))
    for source, name, _ in registered_names(dossier):
        add(name, f"at {_short(source)}", "")
    if dossier.events.height:
        changes = dossier.events.filter(pl.col("kind") == "name_changed").sort("known_at", descending=True)
        for row in changes.iter_rows(named=True):
            add(row["text"], f"change of name, {_short(row['source'])}", f"known since {day_in_words(row['known_at'])}")
    return list(found.values())[:NAMES_SHOWN]


def _short(text: Any) -> str:
    return truncated(str(text), SHORT)


def _span(first: date | None, last: date | None) -> str:
    since = f"from {day_in_words(first)}" if first else ""
    until = f"until {day_in_words(last)}" if last else ""
    return " ".join(part for part in (since, until) if part)


def address_lines(dossier: Dossier) -> list[tuple[str, str]]:
    """Return the address of the master and of the register, each with where it stands; and whether they differ."""
    master, register = _address(dossier.customer), _address(_current(dossier))
    lines = [("In your master data", master or "none")]
    if register:
        row = _current(dossier)
        lines.append((f"At {_short(row['register'])}, as of {day_in_words(row['known_at'])}", register))
        codes = [_plain(source.get("postcode")) for source in (dossier.customer, row)]
        if all(codes) and codes[0] != codes[1]:
            lines.append(("They differ", "write to both, and ask which one is for invoices"))
    elif dossier.events.height:
        moved = dossier.events.filter(pl.col("kind") == "registered_office_changed").sort("known_at")
        if moved.height:
            row = moved.row(-1, named=True)
            said = truncated(str(row["text"] or "changed"), LONGEST)
            lines.append((f"Registered office, {_short(row['source'])}, {day_in_words(row['known_at'])}", said))
    if len(lines) == 1:
        lines.append(("Registered office", "not measured"))
    return lines


def _address(row: Any) -> str:
    town = " ".join(str(row.get(name) or "").strip() for name in ("postcode", "city")).strip()
    parts = (str(row.get("street") or "").strip(), town, str(row.get("country") or "").strip())
    return truncated(", ".join(part for part in parts if part), LONGEST) if town or parts[0] else ""


def _plain(text: Any) -> str:
    return re.sub(r"[^A-Z0-9]", "", str(text or "").upper())


def _current(dossier: Dossier) -> dict[str, Any]:
    """Return the row of the register with the name in force; an empty one where there is none."""
    if dossier.register.is_empty():
        return {}
    rows = dossier.register.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > dossier.as_of))
    legal = rows.sort(
        pl.col("name_kind").eq_missing("legal"), "known_at", "register", "entity", descending=[True, True, False, False]
    )
    return legal.row(0, named=True) if legal.height else {}


def group_says(dossier: Dossier) -> list[str]:
    """Return what is known of the group, in sentences: its parents, and what its accounts in the ledger owe."""
    said = []
    states = dossier.events.filter(pl.col("kind").is_in(STATES)) if dossier.events.height else dossier.events
    for row in states.sort("kind", "known_at").iter_rows(named=True) if states.height else ():
        kind = "" if row["kind"] == "parent_exception" else f"{str(row['kind']).replace('_', ' ').capitalize()}: "
        text = truncated(str(row["text"] or "not named"), LONGEST)
        said.append(f"{kind}{text}; known since {day_in_words(row['known_at'])} ({_short(row['source'])}).")
    if dossier.customer.get("parent_id"):
        said.append(f"Parent in your master data: {truncated(str(dossier.customer['parent_id']), LONGEST)}.")
    if dossier.accounts.height:
        total = float(dossier.accounts["net_balance"].sum())
        late = float(dossier.accounts["past_due"].sum())
        said.append(
            f"{counted(dossier.accounts.height, 'sister account')} in your ledger: "
            f"{money(total, dossier.currency)} owed, {money(late, dossier.currency)} of it past due."
        )
    return said or ["No parent and no sister account is known."]


def sister_lines(dossier: Dossier) -> list[tuple[str, str, str, str]]:
    """Return customer number, name, balance and past due of the other accounts of the group, the largest first."""
    if dossier.accounts.is_empty():
        return []
    rows = dossier.accounts.sort("net_balance", "customer_id", descending=[True, False]).head(SISTERS_SHOWN)
    return [
        (
            _short(row["customer_id"]),
            truncated(str(row["name"] or ""), 60),
            money(row["net_balance"], dossier.currency),
            money(row["past_due"], dossier.currency),
        )
        for row in rows.iter_rows(named=True)
    ]
