"""Who writes: the sender's details from a small TOML file; what is missing is left out and said."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path

from credrisk.decisions.policy_text import parsed
from credrisk.errors import ParameterError
from credrisk.reports.letters.clean import clean

__all__ = ["SENDER_FIELDS", "missing_details", "read_sender", "sender_of"]

SENDER_FIELDS = {
    "name": "the company's name",
    "street": "street and number",
    "postcode": "postal code",
    "city": "town",
    "country": "country, as it is to be written",
    "phone": "telephone",
    "email": "e-mail address; drafts come from it",
    "website": "web address",
    "contact_name": "whom to ask",
    "contact_phone": "that person's telephone",
    "contact_email": "that person's e-mail address",
    "signature": "who signs: name and function",
    "vat_id": "VAT number",
    "registration": "register and number",
    "account_name": "holder of the bank account; the name where it is not given",
    "bank": "bank",
    "iban": "IBAN, its check digits are verified",
    "bic": "BIC",
    "account_number": "account number, where there is no IBAN",
    "routing_number": "routing number or sort code, where there is no IBAN",
}
"""What may stand in ``[sender]``, and what it is; only ``name`` must."""

_WANTED = ("street", "city", "phone", "email", "contact_name", "signature")
_HEAD = 4
"""Country and check digits."""


def read_sender(path: str | PathLike[str]) -> dict[str, str]:
    """Read the table ``[sender]`` of a TOML file; see :data:`SENDER_FIELDS`.

    Raises
    ------
    ParameterError
        When there is no such file, no such table, an unknown or empty key, no name, or an IBAN that cannot be right.
    DataError
        When the file is not TOML in UTF-8.
    """
    path = Path(path)
    if not path.is_file():
        raise ParameterError("sender", "an existing TOML file with a table [sender]", str(path))
    content = parsed(path.read_bytes(), path.name)
    table = content.get("sender")
    if not isinstance(table, dict):
        raise ParameterError("sender", "a file with a table [sender]", path.name)
    return sender_of(table)


def sender_of(details: dict[str, object]) -> dict[str, str]:
    """Return the details with every field, empty where it was not given; errors as :func:`read_sender`."""
    for key, value in details.items():
        if key not in SENDER_FIELDS:
            raise ParameterError("sender", f"made of {', '.join(SENDER_FIELDS)}", key)
        if not isinstance(value, str) or not clean(value):
            raise ParameterError(f"sender.{key}", "a text that is not empty", value, remedy="or leave the line out.")
    sender = {name: clean(str(details.get(name, ""))) for name in SENDER_FIELDS}
    if not sender["name"]:
        raise ParameterError("sender.name", "given", "nothing")
    if sender["iban"]:
        sender["iban"] = _iban(sender["iban"])
    sender["account_name"] = sender["account_name"] or sender["name"]
    return sender


def missing_details(sender: dict[str, str]) -> list[str]:
    """Return what a letter usually has and this sender did not give, in words."""
    missing = [SENDER_FIELDS[name].partition(";")[0] for name in _WANTED if not sender[name]]
    if not sender["iban"] and not sender["account_number"]:
        missing.append("IBAN or account number")
    return missing


def _iban(text: str) -> str:
    """Return an IBAN in groups of four; its check digits must be right (ISO 13616, modulo 97)."""
    plain = re.sub(r"\s", "", text).upper()
    shape = re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", plain)
    moved = plain[_HEAD:] + plain[:_HEAD]
    if not shape or int("".join(str(int(character, 36)) for character in moved)) % 97 != 1:
        raise ParameterError("sender.iban", "an IBAN whose check digits are right", text)
    return " ".join(plain[place : place + 4] for place in range(0, len(plain), 4))
