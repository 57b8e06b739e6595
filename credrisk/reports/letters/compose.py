"""A letter put together: who writes to whom, the words of its language, its tables, how to pay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from credrisk.reports.letters.clean import clean
from credrisk.reports.letters.content import Letter, LetterTable
from credrisk.reports.letters.languages import Language
from credrisk.reports.letters.recipients import address_lines
from credrisk.reports.letters.wording import Wordings

__all__ = ["composed"]


def composed(
    *,
    customer: Mapping[str, Any],
    recipient: dict[str, str],
    sender: dict[str, str],
    language: Language,
    wordings: Wordings,
    wording: str,
    day: date,
    values: Mapping[str, str | int],
    tables: tuple[LetterTable, ...],
    ageing: tuple[LetterTable, ...],
) -> Letter:
    """Return a letter.

    Parameters
    ----------
    customer
        ``customer_id, name, country``.
    wording
        Name of the template.
    values
        What the template is given as ``letter`` beside date, greeting and reference.
    """
    words = language.words
    number = clean(customer["customer_id"])
    facts = {
        "date": language.day(day),
        "customer_number": number,
        "reference": recipient["their_reference"],
        "contact": sender["contact_name"],
        "phone": sender["contact_phone"],
        "email": sender["contact_email"],
    }
    known = {
        "date": language.day(day),
        "reference": number,
        "greeting": recipient["greeting"] or words["greeting"],
        "language": language.code,
        **values,
    }
    about = {"id": number, "name": clean(customer["name"]), "country": clean(customer["country"])}
    parts = wordings.parts(
        language.code,
        wording,
        {"letter": known, "customer": about, "recipient": dict(recipient), "sender": dict(sender)},
    )
    accounts = ("account_name", "bank", "iban", "bic", "account_number", "routing_number")
    payment = [(words[name], sender[name]) for name in accounts if sender[name]]
    if len(payment) > 1:
        payment.append((words["payment_reference"], number))
    fields = {f"customer_{name}": text for name, text in about.items()}
    fields |= dict(recipient) | {f"letter_{name}": str(text) for name, text in known.items()}
    fields["letter_subject"] = " ".join(parts["subject"])
    return Letter(
        customer_id=customer["customer_id"],
        language=language,
        sender=sender,
        address=tuple(address_lines(recipient)),
        email=recipient["email"],
        facts=tuple((words[name], text) for name, text in facts.items() if text),
        subject=fields["letter_subject"],
        before=parts["before"],
        after=parts["after"],
        closing=words["closing"],
        tables=tables,
        ageing=ageing,
        payment=tuple(payment) if len(payment) > 1 else (),
        fields=fields,
    )
