"""A letter as an e-mail draft (.eml): a mail program opens it as a message that was not sent yet."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from credrisk.reports.letters.content import Letter
from credrisk.reports.letters.plain import letter_html, letter_text
from credrisk.reports.letters.wording import Wordings

__all__ = ["email_draft"]

LONGEST_SUBJECT = 200


def email_draft(letter: Letter, wordings: Wordings, *, attachments: Sequence[tuple[str, str, bytes]] = ()) -> bytes:
    """Return the draft: plain text and HTML, with the files attached; the same bytes for the same letter.

    ``X-Unsent: 1`` has Outlook open it ready to be sent. Without the customer's address it has no recipient.

    Parameters
    ----------
    attachments
        Name, type (such as ``application/pdf``) and content of each file.
    """
    message = EmailMessage(policy=SMTP)
    message["X-Unsent"] = "1"
    message["Subject"] = letter.subject[:LONGEST_SUBJECT]
    if sender := _address(letter.sender["name"], letter.sender["email"]):
        message["From"] = sender
    if to := _address("", letter.email):
        message["To"] = to
    message.set_content(letter_text(letter, wordings), cte="quoted-printable")
    message.add_alternative(letter_html(letter, wordings), subtype="html", cte="quoted-printable")
    for name, kind, content in attachments:
        main, _, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        digest = hashlib.sha256(f"{letter.customer_id}{letter.subject}{number}".encode()).hexdigest()[:24]
        part.set_boundary(f"=_credrisk_{digest}")
    return bytes(message)


def _address(name: str, address: str) -> Address | None:
    """Return an address where it can stand in a header; the name without what a header would take as its own."""
    plain = name.replace('"', "").replace("\\", "")
    try:
        return Address(plain, addr_spec=address) if address.isascii() and "@" in address else None
    except (ValueError, IndexError):
        return None
