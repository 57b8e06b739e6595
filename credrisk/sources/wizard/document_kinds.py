"""What each type of document means: by known words, else by its signs; a type that holds money is never dropped."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.ledger.receivable_tables import DOCUMENTS
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.ids import id_texts
from credrisk.sources.wizard.proposal import Notes, Question
from credrisk.sources.wizard.type_columns import beside, sides_of
from credrisk.sources.wizard.type_questions import in_words, likeliest, samples
from credrisk.sources.wizard.understood import Understood, kinds_of
from credrisk.sources.wizard.words import SURE_FROM, marks, plain, role_scores
from credrisk.wording import counted

__all__ = [
    "CREDITED",
    "KINDS",
    "LEAVE_OUT",
    "MEANINGS",
    "OTHER_CLEARINGS",
    "kind_rule",
    "numbers_or_nil",
    "propose_kinds",
    "signed_numbers",
]

KINDS: tuple[str, ...] = next(column.choices for column in DOCUMENTS.columns if column.name == "kind")
"""What a type may mean for it to be a document of the ledger."""
OTHER_CLEARINGS = ("write_off", "discount", "deduction", "offset")
"""What a type may mean for it to close an invoice without cash."""
MEANINGS = (*KINDS, "payment", *OTHER_CLEARINGS, "payment_reversal")
"""What the user may say of a type that is not known."""
CREDITED = "credited"
"""What credit notes mean that carry the number of their invoice: they close it, and are no documents beside it."""
LEAVE_OUT = "leave_out"
"""What the user says of a type that is not of the ledger."""
_LIKELY = ("offset", "payment_reversal")
"""What a word of the trade usually means, though not in every company: proposed, and said."""
_FEW = 0.25
"""Credit notes are at most so large a share of the rows; negative rows beyond it may be payments."""


def propose_kinds(
    understood: Understood, answers: Mapping[str, str], notes: Notes, *, credited: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Return what each document type means; of unknown ones the proposal, with a question.

    A type of which every row is negative, and which is rare beside the known ones, is taken for credit notes; the only
    type of a file for invoices; one without money is left out. In a list of receipts a type is credit notes where the
    own numbers of its rows are. For any other there is no proposal.

    Parameters
    ----------
    credited
        For a list of receipts: the numbers of credit notes of the other files, without zeros in front.
    """
    kinds = kinds_of(understood, answers)
    known = {value: kind for value, kind in kinds.items() if kind}
    unknown = [value for value in kinds if value not in known]
    for value in unknown:
        meaning = _by_neighbour(understood, value, known, notes)
        if meaning:
            kinds[value] = meaning
    unknown = [value for value in unknown if not kinds[value]]
    known = {value: kind for value, kind in kinds.items() if kind}
    cash = any(kind in ("payment", "payment_reversal") for kind in known.values())
    alone = len(kinds) == 1
    # one that must be asked may be payments: then what is rare and negative need not be credit notes, and is asked too
    cash = cash or any(not _proposal(understood, value, known, alone=alone, cash=False) for value in unknown)
    for value in unknown:
        allotted, others, _ = _allotted(understood, value, credited)
        if allotted and not others:
            proposal = "credit_note"
        else:
            proposal = _proposal(understood, value, known, alone=alone, cash=cash)
            if proposal == "payment" and (allotted or _without_receipt(understood, value)):
                proposal = ""
        kinds[value] = _ask(understood, value, proposal, credited, notes)
    if understood.about == "documents":
        _say_no_documents(understood, kinds, notes)
    _say_left_out(understood, kinds, answers, notes)
    return kinds


def _proposal(understood: Understood, value: str, known: Mapping[str, str], *, alone: bool, cash: bool) -> str:
    """Return what an unknown type is taken for until somebody answers; empty where nothing is safe."""
    rows, numbers = _rows_of(understood, value)
    if plain(value) in marks("goods_or_money_back") and numbers is not None and not numbers.is_empty():
        returned = understood.about == "payments" or (numbers > 0).all()
        return "payment_reversal" if returned else ""
    if likely := next((kind for kind in _LIKELY if plain(value) in marks(f"likely_{kind}")), ""):
        return likely
    texts = understood.contents[understood.column("kind")].texts
    others = int(texts.filter(understood.own).is_in(list(known)).fill_null(False).sum())
    if alone and (numbers is None or (numbers >= 0).all()):
        return "invoice"
    if numbers is None:
        return ""
    if numbers.is_empty():
        return LEAVE_OUT
    means = role_scores(understood.column("kind")).get("method", 0.0) >= SURE_FROM
    if means and understood.about == "payments" and (numbers > 0).all():
        return "payment"
    return "credit_note" if (numbers < 0).all() and rows <= _FEW * others and not cash else ""


def _allotted(understood: Understood, value: str, credited: frozenset[str]) -> tuple[int, int, str]:
    """Return how many rows of a type are credit notes by their own number, how many are not, and that column.

    The number of the invoice that a row closes is not its own: money paid back names a credit note there.
    """
    number = understood.content("payment_id")
    if number is None and understood.has("applies_to"):
        number = understood.content("document_id")
    rows = understood.own & (understood.contents[understood.column("kind")].texts == value).fill_null(False)
    if number is None or understood.about != "payments":
        return 0, int(rows.sum()), ""
    bare = id_texts(number).str.strip_chars_start("0")
    there = int((rows & bare.is_in(list(credited)).fill_null(False)).sum())
    return there, int(rows.sum()) - there, number.name


def _without_receipt(understood: Understood, value: str) -> bool:
    """Tell whether receipts of a type are of 0 in all, though their rows close something."""
    total = understood.content("receipt_total")
    if total is None or total.number is None:
        return False
    rows = understood.own & (understood.contents[understood.column("kind")].texts == value).fill_null(False)
    return bool((rows & (total.number == 0).fill_null(False)).any())


def _rows_of(understood: Understood, value: str) -> tuple[int, pl.Series | None]:
    """Return how many rows have a type, and their amounts that are not 0; None where no column is the amount."""
    texts, signed = understood.contents[understood.column("kind")].texts, signed_numbers(understood)
    rows = understood.own & (texts == value).fill_null(False)
    numbers = None if signed is None else signed.filter(rows).drop_nulls()
    return int(rows.sum()), None if numbers is None else numbers.filter(numbers != 0)


def _ask(understood: Understood, value: str, proposal: str, credited: frozenset[str], notes: Notes) -> str:
    """Ask what a type means, and return what is taken for it until somebody answers."""
    rows, numbers = _rows_of(understood, value)
    name = understood.column("kind")
    held = counted(rows, "row") + (f", {numbers.sum():,.2f} in all" if numbers is not None else "")
    allotted, others, number = _allotted(understood, value, credited)
    evidence = f"{held}.{samples(understood, value, signed_numbers(understood))}"
    if allotted and not others:
        notes.unsure.append(
            f"{understood.key}: {name} {value!r} is taken for credit note ({held}), as {number} of each is the number "
            "of a credit note of the documents; it is set off, and no cash. If it is not: "
            f"--answer 'kind.{understood.key}.{value}=MEANING'"
        )
    elif proposal == "credit_note":
        notes.unsure.append(
            f"{understood.key}: {name} {value!r} is not known; all its amounts are negative ({held}), so its "
            "rows are taken for credit notes. If they are not, say what they are: "
            f"--answer 'kind.{understood.key}.{value}=payment'"
        )
    elif allotted:
        evidence += f" {number} of {counted(allotted, 'row')} is the number of a credit note of the documents."
    elif _without_receipt(understood, value):
        evidence += f" {understood.column('receipt_total')} is 0 in some, so that no cash came in."
    if proposal in (*_LIKELY, "payment"):
        notes.unsure.append(
            f"{understood.key}: {name} {value!r} is taken for {proposal.replace('_', ' ')} ({held}). If it is not: "
            f"--answer 'kind.{understood.key}.{value}=MEANING'"
        )
    first = likeliest(understood, value, numbers)
    notes.questions.append(
        Question(
            f"kind.{understood.key}.{value}",
            f"What are the rows with {name} {value!r} in {understood.key}?",
            evidence,
            (
                *((kind, in_words(kind, numbers)) for kind in dict.fromkeys((*first, *OTHER_CLEARINGS, *MEANINGS))),
                (LEAVE_OUT, "not of the ledger"),
            ),
            proposal=proposal,
        )
    )
    return proposal or LEAVE_OUT


def _by_neighbour(understood: Understood, value: str, known: Mapping[str, str], notes: Notes) -> str:
    """Return what a code means by the text beside it, and say so; empty where none tells."""
    kind = understood.contents[understood.column("kind")]
    taken = {role.column for thing, role in understood.roles.items() if thing != "method"}
    free = {name: one for name, one in understood.contents.items() if name not in taken}
    meaning, column, text = beside(free, kind, value, known, sides_of(understood.contents, understood.roles))
    if meaning:
        rows, numbers = _rows_of(understood, value)
        held = counted(rows, "row") + (f", {numbers.sum():,.2f} in all" if numbers is not None else "")
        notes.unsure.append(
            f"{understood.key}: {kind.name} {value!r} is taken for {meaning.replace('_', ' ')} ({held}), as {column} "
            f"says {text!r} beside it. If it is not: --answer 'kind.{understood.key}.{value}=MEANING'"
        )
    return meaning


def _say_no_documents(understood: Understood, kinds: Mapping[str, str], notes: Notes) -> None:
    """Say which types a file of documents leaves out because they close documents, and how they are read."""
    for value, kind in kinds.items():
        if kind in KINDS or kind == LEAVE_OUT:
            continue
        rows, numbers = _rows_of(understood, value)
        if numbers is not None and not numbers.is_empty():
            notes.missing.append(
                f"{understood.key}: {counted(rows, 'row')} of the type {value!r} ({kind.replace('_', ' ')}), "
                f"{numbers.sum():,.2f} in all, are left out, for the file is read as documents alone. If it holds what "
                f"closes them too: --answer about.{understood.key}=journal"
            )


def _say_left_out(understood: Understood, kinds: Mapping[str, str], answers: Mapping[str, str], notes: Notes) -> None:
    """Say what the rows move that the user left out by their type, be it that they even out over the file."""
    for value, kind in kinds.items():
        if kind != LEAVE_OUT or f"kind.{understood.key}.{value}" not in answers:
            continue
        rows, numbers = _rows_of(understood, value)
        if numbers is None or numbers.is_empty():
            continue
        plus, minus = (float(numbers.filter(side).sum()) for side in (numbers > 0, numbers < 0))
        notes.missing.append(
            f"{understood.key}: {counted(rows, 'row')} of the type {value!r} are left out as you said: {plus:,.2f} "
            f"above 0 and {minus:,.2f} below. What they open, close or transfer between customers and documents is "
            "not in the ledger"
        )


def kind_rule(understood: Understood, kinds: Mapping[str, str]) -> dict[str, object]:
    """Return the rule of the kind of document, where a type says one."""
    listed = {value: kind for value, kind in kinds.items() if kind in KINDS}
    return {"kind": {"column": understood.column("kind"), "values": listed}} if listed else {}


def signed_numbers(understood: Understood) -> pl.Series | None:
    """Return the amounts of the rows, what is owed above 0 by the rule of the amount; None where there is no column."""
    if understood.two_sided:
        nothing = pl.Series([0.0] * understood.table.frame.height)
        sides = [understood.contents[understood.column(side)].number for side in ("debit", "credit")]
        plus, minus = (nothing if side is None else side.fill_null(0) for side in sides)
        return plus - minus
    roles = ("amount", "open_amount", "net_amount", "paid_amount")
    content = next((understood.content(role) for role in roles if understood.has(role)), None)
    if content is None or content.number is None:
        return None
    sign = understood.content("sign")
    if sign is None:
        return content.number
    negative = [value for value, _ in sign.counts if (plain(value) or value) in marks("credit_side")]
    credited = sign.texts.is_in(negative).fill_null(False)
    return pl.select(pl.when(credited).then(-content.number).otherwise(content.number)).to_series()


def numbers_or_nil(content: Content, rows: pl.Series) -> pl.Series:
    """Return the numbers of a column, 0 where a cell holds none; ``rows`` gives how many there are."""
    return pl.Series([0.0] * rows.len()) if content.number is None else content.number.fill_null(0.0)
