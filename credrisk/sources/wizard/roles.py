"""Which column is what: headers by known words, held against what stands in the column; and what a file is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from credrisk.sources.terms_in_words import read_terms
from credrisk.sources.wizard.account_columns import holds_accounts
from credrisk.sources.wizard.application_lists import lists_applications
from credrisk.sources.wizard.content import MOSTLY, Content
from credrisk.sources.wizard.status_words import headed_void, is_status
from credrisk.sources.wizard.words import SURE_FROM, UNSURE_FROM, marks, meaning_of_type, plain, role_scores, things

__all__ = ["DATES", "MONEY", "TERMS_FROM", "Role", "about", "assign"]

About = Literal["documents", "payments", "journal", "credit_notes", "customers", "nothing"]

DATES = ("document_date", "due_date", "settled_on", "recorded_at", "opened_on", "written_off_on")
MONEY = (
    "amount",
    "net_amount",
    "tax_amount",
    "open_amount",
    "paid_amount",
    "discount_amount",
    "written_off_amount",
    "debit",
    "credit",
)
_BESIDE_AMOUNTS = ("tax_amount", "discount_amount", "written_off_amount")
"""What is no amount of a document or payment by itself."""
_FIRST = ("document_id", "customer_id", "due_date", "document_date", "amount", "settled_on")
"""What a ledger cannot do without is assigned first; a weak word goes to it before it goes to anything else."""
_IDS = ("document_id", "customer_id", "payment_id", "applies_to", "order_id")
_FLAGS = ("disputed", "sign")
_MOST_KINDS = 40
_NEARLY_ALL = 0.98
"""Amounts of footers stand in a column of types, too."""
_FLAG_VALUES = 4
_CODE = 2
_OF_CODES = {"in", "rc"}
"""Letters of a code that is a country or a region as well, but beside these two (SAP Business One)."""
_KNOWN = 98.0
"""A header that is this alike to a word is that word."""
TERMS_FROM = 0.5
"""A column in words holds terms of payment when this share of its filled cells says how many days."""


@dataclass(frozen=True)
class Role:
    """A column taken for something.

    Attributes
    ----------
    score
        How surely, 0 to 100.
    why
        Why it is not sure, or empty.
    answered
        Whether the user said it.
    """

    column: str
    score: float
    why: str = ""
    answered: bool = False

    @property
    def sure(self) -> bool:
        """Whether nobody need look at it."""
        return not self.why


def assign(contents: Mapping[str, Content], answers: Mapping[str, str], key: str) -> dict[str, Role]:
    """Return what each column is, by thing; a column is one thing, and a thing one column.

    Parameters
    ----------
    contents
        What stands in each column of the file.
    answers
        What the user said: ``FILE.THING`` gives the column (empty: there is none).
    key
        The file's name in the mapping.
    """
    roles: dict[str, Role] = {}
    said = {name.removeprefix(f"{key}."): value for name, value in answers.items() if name.startswith(f"{key}.")}
    for role, column in said.items():
        if column in contents and role in things():
            roles[role] = Role(column, 100.0, answered=True)
    free = [name for name in contents if name not in {role.column for role in roles.values()}]
    scored = [
        (score, role, place, name)
        for place, name in enumerate(free)
        for role, score in _not_by_likeness(_scores(contents[name])).items()
        if role not in said and _fits(role, contents[name])
        if role not in MONEY or not holds_accounts(contents[name], named_amount=score >= SURE_FROM)
    ]
    order = {role: place for place, role in enumerate(_FIRST)}
    for score, role, _, name in sorted(scored, key=lambda one: (-one[0], order.get(one[1], len(order)), one[2])):
        if role in roles or name in {taken.column for taken in roles.values()}:
            continue
        why = "" if score >= SURE_FROM else f"the header {name!r} only resembles a known one"
        if not why and _rivals(scored, role, score, name):
            why = f"other columns have such a name too: {', '.join(_rivals(scored, role, score, name))}"
        roles[role] = Role(name, score, why)
    _no_tax(roles, contents)
    _by_content(roles, contents, said)
    _types_by_content(roles, contents, said)
    return roles


def _no_tax(roles: dict[str, Role], contents: Mapping[str, Content]) -> None:
    """Let go of a tax and a net amount that are as much as the amount itself: it stands there in another currency."""
    numbers = {
        name: contents[roles[name].column].number for name in ("amount", "tax_amount", "net_amount") if name in roles
    }
    amount, tax = numbers.get("amount"), numbers.get("tax_amount")
    if amount is None or tax is None or roles["tax_amount"].answered:
        return
    both = (amount != 0) & (tax != 0)
    if 2 * int((both & (tax.abs() >= amount.abs())).sum()) <= int(both.sum()):
        return
    for name in ("tax_amount", "net_amount"):
        if name in roles and not roles[name].answered:
            del roles[name]


def about(
    roles: Mapping[str, Role], contents: Mapping[str, Content], stem: str, said: Mapping[str, str] | None = None
) -> About:
    """Tell what one row of the file is: a document, a payment, either (a journal), a credit note, an account, nothing.

    Parameters
    ----------
    said
        What the user said that types mean.
    """
    meant = said or {}
    money = [role for role in MONEY if role in roles and role not in _BESIDE_AMOUNTS]
    dated = [role for role in ("document_date", "due_date", "settled_on") if role in roles]
    words = set(plain(stem).split())
    columns = {thing: role.column for thing, role in roles.items()}
    amounts = {columns[thing] for thing in money}
    if money and dated and lists_applications(columns, contents, amounts, meant):
        return "payments"
    if "kind" in roles and money and dated:
        kinds = {meant.get(value) or meaning_of_type(value) for value, _ in contents[roles["kind"].column].counts}
        kinds = {"payment" if kind == "payment_reversal" else kind for kind in kinds}
        if "payment" in kinds and kinds & {"invoice", "credit_note", "debit_note"}:
            return "journal"
        if kinds <= {"payment", None} and "payment" in kinds:
            return "payments"
    if (
        "customer_id" in roles
        and not dated
        and ("name" in roles or "country" in roles or words & marks("customers_file"))
    ):
        return "customers"
    if money and dated and _of_credit_notes(roles, contents, stem, meant):
        return "credit_notes"
    if money and "due_date" not in roles and dated:
        only_paid = "settled_on" in roles and "document_date" not in roles
        if only_paid or "payment_id" in roles or "applies_to" in roles or words & marks("payments_file"):
            return "payments"
    return "documents" if money and dated else "nothing"


def _of_credit_notes(
    roles: Mapping[str, Role], contents: Mapping[str, Content], stem: str, meant: Mapping[str, str]
) -> bool:
    """Tell whether each row is a credit note: the file or its number is called so, and no type says else."""
    if "kind" in roles:
        values = [value for value, _ in contents[roles["kind"].column].counts]
        return bool(values) and {meant.get(one) or meaning_of_type(one) for one in values} == {"credit_note"}
    numbers = [roles[thing].column for thing in ("document_id", "payment_id") if thing in roles]
    said = [plain(one) for one in (stem, *numbers[:1])]
    return any(f" {word} " in f" {one} " for one in said for word in marks("credit_notes"))


def _scores(content: Content) -> dict[str, float]:
    """Return how surely a column is each thing, by the best of its headings."""
    found: dict[str, float] = {}
    for heading in content.headings:
        for role, score in role_scores(heading).items():
            found[role] = max(score, found.get(role, 0.0))
    if found.get("status", 0.0) < SURE_FROM:
        found.pop("status", None)  # of a delivery, of a customer: rows are left out by it, so a likeness will not do
    if found.get("sign", 0.0) < SURE_FROM and headed_void(content):
        found.pop("sign", None)  # Stornokennzeichen
    return found


def _not_by_likeness(scores: dict[str, float]) -> dict[str, float]:
    """Return what a header may mean: one that is a known word is nothing that it only resembles."""
    known = max(scores.values(), default=0.0) >= _KNOWN
    return {role: score for role, score in scores.items() if not known or score >= SURE_FROM}


def _rivals(scored: Sequence[tuple[float, str, int, str]], role: str, score: float, name: str) -> list[str]:
    return [other for points, one, _, other in scored if one == role and other != name and points == score]


def _fits(role: str, content: Content) -> bool:
    """Tell whether a column can be the thing, by what stands in it."""
    if content.kind == "empty":
        return role in DATES or role in MONEY
    if role in DATES and any(plain(one) in marks("validation_date") for one in content.headings):
        return False
    if role in DATES:
        return content.kind == "date"
    if role in MONEY:
        return content.kind == "number"
    if role == "terms_days":
        return (content.kind == "number" and content.whole) or (content.kind == "text" and _says_terms(content))
    if role in _IDS and content.kind == "date" and _named_date(content):
        return False  # Applied_to_Document_Date
    if role in _IDS:
        return content.kind in ("text", "number") or content.distinct > 1
    if role == "currency":
        return content.is_currency
    if role == "status":
        return is_status(content)
    if role == "country":
        return not is_status(content)  # Stato is both
    if role == "kind":
        often = sum(rows for _, rows in content.counts[:_MOST_KINDS])
        return content.kind != "date" and (content.distinct <= _MOST_KINDS or often >= _NEARLY_ALL * content.filled)
    if role in _FLAGS:
        listed = marks("yes") | marks("no") if role == "disputed" else marks("credit_side") | marks("debit_side")
        values = [plain(value) or value for value, _ in content.counts]
        return content.distinct <= _FLAG_VALUES and set(values) <= listed
    if role == "name":
        return content.kind == "text"
    return True


def _named_date(content: Content) -> bool:
    scores = [role_scores(heading) for heading in content.headings]
    return any(one.get(thing, 0.0) >= UNSURE_FROM for one in scores for thing in DATES)


def _types_by_content(roles: dict[str, Role], contents: Mapping[str, Content], said: Mapping[str, str]) -> None:
    """Take a column for the type that says so in nearly every row, or write-offs beside means of payment.

    Where no header says type; a column whose header says means of payment need not have known words throughout.
    """
    if "kind" in roles or "kind" in said:
        return
    method = roles["method"].column if "method" in roles else ""
    taken = {role.column for name, role in roles.items() if name != "method"}
    for name, content in contents.items():
        if name in taken or content.kind != "text" or content.distinct > _MOST_KINDS:
            continue
        codes = {plain(value) for value, _ in content.counts}
        telling = [(value, rows) for value, rows in content.counts if len(plain(value)) > _CODE or codes >= _OF_CODES]
        meant = {meaning_of_type(value) for value, _ in telling}
        closing = {kind for kind in meant if kind} - {"payment", "leave_out"}
        said_by = sum(rows for value, rows in telling if meaning_of_type(value))
        if not closing or (name != method and not ("payment" in meant and said_by >= MOSTLY * content.filled)):
            continue
        kinds = ", ".join(sorted(kind.replace("_", " ") for kind in closing))
        roles["kind"] = Role(name, 0.0, f"it says {kinds} beside payments")
        if name == method:
            del roles["method"]
        return


def _says_terms(content: Content) -> bool:
    read = sum(rows for text, rows in content.counts if read_terms(text) is not None)
    return content.distinct <= _MOST_KINDS and read >= TERMS_FROM * content.filled


def _by_content(roles: dict[str, Role], contents: Mapping[str, Content], said: Mapping[str, str]) -> None:
    """Take columns whose headers say nothing for what they hold, where only one thing is possible."""

    def left(kind: str) -> list[Content]:
        taken = {role.column for role in roles.values()}
        named = {name for name, one in contents.items() if _scores(one)}
        return [one for name, one in contents.items() if one.kind == kind and name not in taken | named]

    codes = [one for one in left("text") if one.is_currency]
    if "currency" not in roles and "currency" not in said and len(codes) == 1:
        roles["currency"] = Role(codes[0].name, 0.0, "its values are currency codes")
    numbers = [one for one in left("number") if not one.whole and one.filled >= MOSTLY * one.texts.len()]
    wanted = not any(role in roles or role in said for role in ("amount", "open_amount", "paid_amount", "debit"))
    if wanted and len(numbers) == 1:
        roles["amount"] = Role(numbers[0].name, 0.0, "it is the only column of numbers with decimals")
    dates = left("date")
    dated = any(role in roles or role in said for role in ("document_date", "due_date", "settled_on"))
    if not dated and {"customer_id", "amount"} <= set(roles) and _known_types(roles, contents) and len(dates) == 1:
        roles["document_date"] = Role(dates[0].name, 0.0, "it is the only column of dates of a list with types")


def _known_types(roles: Mapping[str, Role], contents: Mapping[str, Content]) -> bool:
    return "kind" in roles and any(meaning_of_type(value) for value, _ in contents[roles["kind"].column].counts)
