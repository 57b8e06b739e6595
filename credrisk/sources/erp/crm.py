"""Contact logs of GoldMine, Salesforce and HubSpot: attempts to reach the customers of a ledger, in its ``contacts``.

A row belongs to a customer by its account's id, or by a name that is exactly that of one customer; what belongs to
nobody is set aside and listed, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.write import tables_out
from credrisk.sources.erp.bodies import Body, Record, day
from credrisk.sources.erp.crm_tables import TABLES, TELLING
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.named_tables import fitting_table, newest_versions, not_needed, read_tables, unused_columns
from credrisk.sources.erp.postings import Notice, Postings
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "crm"
ABOUT = "Contact logs of GoldMine (CONTHIST), Salesforce (Task) or HubSpot (calls), for the customers of a ledger."
VERIFIED = "from documentation, unverified"
SURE = 0.8
LEAST = 0.6
"""Share of :data:`SURE` for a single own file among many others."""

_WORDS: tuple[tuple[str, str], ...] = (
    (r"no[\s_-]?answer|busy|voice\s?mail|left .*message|wrong number|not reached|unreachable|unanswered", "no_answer"),
    (r"promise|will pay", "promise"),
    (r"payment plan|instalment", "payment_plan"),
    (r"dispute|complain", "dispute"),
    (r"connected|reached|spoke|answered|talked", "reached"),
)
"""Words in an outcome and what it is here, the first that is found; a message left reached nobody."""
_HUBSPOT = {
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "reached",
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "no_answer",
    "73a0d17f-1163-4015-bdd5-ec830791da20": "no_answer",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "no_answer",
    "17b47fee-58de-441e-a44c-c6300d46f273": "no_answer",
}
"""HubSpot's own outcomes by their ids: connected, busy, no answer, left voicemail, wrong number."""
_CHANNELS = (
    (r"^c|call|phone", "call"),
    (r"e-?mail|^mo|^mi", "email"),
    (r"^a|visit|meeting|appointment", "visit"),
    (r"letter|^l", "letter"),
)
_DONE = ("completed", "complete", "closed", "done")

OUTCOME_UNKNOWN = Notice(
    "warning",
    "contacts",
    "outcome_unknown",
    "outcomes are in words that are not known; these contacts have no outcome, and say nothing of who was reached.",
    "say what they mean: --set outcomes='COM=reached, LMS=no_answer'.",
)
NOT_MATCHED = Notice(
    "warning",
    "contacts",
    "customer_not_matched",
    "contacts belong to accounts that are no customer of the ledger by id, nor by a name that one customer alone has.",
    "add the list of accounts with the customer number of the ledger (AccountNumber), or correct the names.",
)


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely files are contact logs: the share of them that are, with their lists of accounts."""
    kinds = [table.kind for file in files if (table := fitting_table(file, TABLES)) is not None]
    if not set(TELLING) & set(kinds):
        return 0.0
    return SURE * (LEAST + (1 - LEAST) * len(kinds) / len(files))


def read(files: Sequence[ExportFile], *, ledger: str = "", outcomes: str = "") -> Imported:
    """Add the contacts of a log to a ledger.

    Parameters
    ----------
    ledger
        The ledger whose customers were contacted. It is not changed: what comes back are its tables with the contacts.
    outcomes
        What outcomes mean where their words do not say it: ``COM=reached, LMS=no_answer``.

    Returns
    -------
    Imported
        The tables of the ledger, its ``contacts`` with those of the log. Tasks that are not completed are left out.

    Raises
    ------
    ParameterError
        When no ledger is given, or an outcome is not written as ``WORD=outcome``.
    DataError
        When a file is damaged, or no log is among them.
    """
    if not ledger:
        raise ParameterError(
            "ledger",
            "the ledger whose customers were contacted",
            ledger,
            remedy="import the ledger first, then add --set ledger=MY-LEDGER.",
        )
    stated = _stated(outcomes)
    known = Ledger.read(ledger)
    postings = Postings()
    by_kind = read_tables(files, TABLES, postings)
    if not any(by_kind[kind] for kind in TELLING):
        raise DataError("there is no contact log in the export.", remedy="export CONTHIST, Task, or the calls.")
    customers = _Customers(known.table("customers"), by_kind["account"], postings)
    for kind in TELLING:
        identified = [record for record in by_kind[kind] if record.body.get("id")]
        kept = list(newest_versions(identified, postings, "id").values())
        for record in [*kept, *(one for one in by_kind[kind] if not one.body.get("id"))]:
            _post(record, kind, customers, stated, postings)
    made = postings.imported(whole_files=not_needed(files, TABLES), unused_columns=unused_columns(files, TABLES))
    return replace(made, tables=_joined(tables_out(known, exact=False), made.tables))


class _Customers:
    """The ledger's customers by what a log may call them."""

    def __init__(self, customers: pl.DataFrame, accounts: Sequence[Record], postings: Postings) -> None:
        self._ids = set(customers["customer_id"])
        by_name: dict[str, list[str]] = {}
        for key, name in customers.select("customer_id", "name").iter_rows():
            by_name.setdefault(_plain(name), []).append(key)
        self._names = {name: keys[0] for name, keys in by_name.items() if name and len(keys) == 1}
        self._accounts: dict[str, Body] = {}
        for (key,), record in newest_versions(accounts, postings, "id").items():
            self._accounts[key] = record.body
            postings.leave_out(record, "accounts: read for whom the contacts belong to")

    def of(self, body: Mapping[str, str]) -> str | None:
        """Return the customer of a contact; None where it is nobody's."""
        account = body.get("account", "")
        listed = self._accounts.get(account, {})
        for key in (listed.get("number"), account):
            if key and key in self._ids:
                return key
        for name in (listed.get("name"), body.get("name")):
            if name and _plain(name) in self._names:
                return self._names[_plain(name)]
        return None


def _plain(name: str | None) -> str:
    return " ".join((name or "").casefold().split())


def _stated(outcomes: str) -> dict[str, str]:
    made = {}
    for part in (one.strip() for one in outcomes.split(",") if one.strip()):
        word, mark, meaning = part.partition("=")
        if not (mark and word.strip() and re.fullmatch(r"[a-z_]+", meaning.strip())):
            raise ParameterError("outcomes", "WORD=outcome, such as COM=reached", part)
        made[word.strip().lower()] = meaning.strip()
    return made


def _post(record: Record, kind: str, customers: _Customers, stated: Mapping[str, str], postings: Postings) -> None:
    body = record.body
    status, key = (body.get("status") or "completed").lower(), f"{kind}:{body.get('id') or record.row}"
    if status not in _DONE:
        postings.leave_out(record, f"{status}: not done")
        return
    customer = customers.of(body)
    if customer is None:
        account = body.get("name") or body.get("account")
        postings.notice(NOT_MATCHED, account)
        postings.set_aside(record, "unknown_customer", "customer_id", table="contacts", key=key)
        return
    on, created = day(body, "completed") or day(body, "date"), day(body, "created")
    postings.add(
        "contacts",
        record,
        contact_id=key,
        customer_id=customer,
        date=on,
        channel=_channel(body, kind),
        collector=body.get("owner"),
        outcome=_outcome(body.get("outcome"), stated, postings),
        minutes=_minutes(body.get("seconds")),
        note=body.get("note"),
        recorded_at=created if created and on and created > on else None,
    )


def _channel(body: Mapping[str, str], kind: str) -> str:
    written = body.get("channel", "").lower()
    if kind == "hubspot":
        return "call"
    return next((channel for pattern, channel in _CHANNELS if re.search(pattern, written)), "other")


def _outcome(written: str | None, stated: Mapping[str, str], postings: Postings) -> str | None:
    if written is None:
        return None
    word = written.strip().lower()
    said = stated.get(word) or _HUBSPOT.get(word)
    said = said or next((outcome for pattern, outcome in _WORDS if re.search(pattern, word)), None)
    if said is None:
        postings.notice(OUTCOME_UNKNOWN, written)
    return said


def _minutes(seconds: str | None) -> str | None:
    return f"{int(seconds) / 60:.2f}" if seconds and seconds.isdigit() else None


def _joined(ledger: Mapping[str, pl.DataFrame], made: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the ledger's tables with the contacts that are not there yet."""
    tables = dict(ledger)
    if "findings" in made:
        tables["findings"] = made["findings"]
    new = made.get("contacts")
    if new is None:
        return tables
    old = ledger.get("contacts")
    if old is not None:
        text = old.select(pl.all().cast(pl.String))
        new = pl.concat([text, new.join(text, on="contact_id", how="anti")], how="diagonal")
    return {**tables, "contacts": new}
