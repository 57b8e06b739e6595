"""What an entry of the decision log is, and how its hash binds it to the entry before.

The hash of an entry is the SHA-256 of its canonical JSON (keys sorted, no spaces, UTF-8), in which the payload stands
as the very text that is stored and ``previous`` is the hash of the entry before. So a changed byte, a changed order and
a removed entry all break the chain; only a cut tail leaves a whole, shorter chain, which is why the head is to be kept
outside the log.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from credrisk.errors import ParameterError

__all__ = ["FIRST", "Entry", "Verdict", "canonical", "chained", "check_chain", "fingerprint_of"]

FIRST = "0" * 64
"""What stands for the hash before the first entry."""

KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """One entry, as it is stored.

    Attributes
    ----------
    number
        1, 2, 3, ... without gaps.
    at
        When it was written: UTC, ISO 8601 with microseconds.
    author
        Who decided.
    kind
        What it is: ``limit``, ``order``, ``override``, ``policy_change``, ``note``, ... (small letters, digits, ``_``).
    customer_id
        Whom it is about; None where it is about no single customer.
    payload
        Canonical JSON of what was decided; :attr:`content` gives it back as a dict.
    inputs
        SHA-256 of what the decision was made from (:func:`fingerprint_of`), None where not stated.
    model
        Hash of the model, None where no model took part.
    policy_version, policy_hash
        The policy in force, None where none took part.
    previous, hash
        The hash of the entry before, and its own.
    """

    number: int
    at: str
    author: str
    kind: str
    customer_id: str | None
    payload: str
    inputs: str | None
    model: str | None
    policy_version: str | None
    policy_hash: str | None
    previous: str
    hash: str

    @cached_property
    def content(self) -> dict[str, Any]:
        """The payload as a dict."""
        return dict(json.loads(self.payload))

    def own_hash(self) -> str:
        """Return the hash that the entry must have."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "hash"}
        return hashlib.sha256(canonical(fields).encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """What the check of a log found.

    Attributes
    ----------
    entries
        How many there are.
    head
        Hash of the last one: to be kept outside the log. :data:`FIRST` for a log without entries.
    head_given_at
        Number of the entry whose hash is the head that was given, 0 for a head of an empty log; None where no head was
        given or no entry has that hash.
    faults
        What is wrong, in words; empty when nothing is.
    """

    entries: int
    head: str
    head_given_at: int | None
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def canonical(content: Any) -> str:
    """Return the canonical JSON of plain values; dates become ISO text, NumPy numbers plain ones, tuples lists.

    Raises
    ------
    ParameterError
        For what JSON does not hold: other objects, a NaN or an infinity, keys that are no text.
    """
    try:
        text = json.dumps(_plain(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        text.encode("utf-8")
    except (TypeError, ValueError) as wrong:
        raise ParameterError("payload", f"plain values that JSON can hold ({wrong})", type(content).__name__) from None
    return text


def fingerprint_of(content: Any) -> str:
    """Return the SHA-256 of the canonical JSON of what a decision was made from."""
    return hashlib.sha256(canonical(content).encode("utf-8")).hexdigest()


def chained(
    before: tuple[int, str],
    *,
    kind: str,
    payload: Mapping[str, Any],
    author: str,
    customer_id: str | None,
    inputs: str | None,
    model: str | None,
    policy_version: str | None,
    policy_hash: str | None,
    at: datetime | None,
) -> Entry:
    """Return the entry that follows the one of number and hash ``before``, its hash worked out.

    Raises
    ------
    ParameterError
        When ``kind`` is no such name, ``author`` is empty, ``payload`` is no mapping of plain values, or ``at`` has no
        time zone.
    """
    if not isinstance(kind, str) or not KIND.fullmatch(kind):
        raise ParameterError("kind", "a name of small letters, digits and _, such as order", kind)
    if not isinstance(author, str) or not author.strip():
        raise ParameterError("author", "a name: every decision has somebody who took it", author)
    if not isinstance(payload, Mapping):
        raise ParameterError("payload", "a mapping", type(payload).__name__)
    moment = at if at is not None else datetime.now(UTC)
    if moment.tzinfo is None:
        raise ParameterError("at", "a time with its time zone", moment.isoformat())
    entry = Entry(
        number=before[0] + 1,
        at=moment.astimezone(UTC).isoformat(timespec="microseconds"),
        author=author,
        kind=kind,
        customer_id=customer_id,
        payload=canonical(dict(payload)),
        inputs=inputs,
        model=model,
        policy_version=policy_version,
        policy_hash=policy_hash,
        previous=before[1],
        hash="",
    )
    return dataclasses.replace(entry, hash=entry.own_hash())


def check_chain(entries: Iterable[Entry], *, head: str | None = None) -> Verdict:
    """Walk the chain from its first entry and say everything that does not hold.

    Parameters
    ----------
    entries
        In the order of their numbers.
    head
        The hash of the last entry as it was kept outside the log at some time. An entry with it must be there: if there
        is none, the log was cut before it, or is another log.

    Raises
    ------
    ParameterError
        When ``head`` is no SHA-256 in small hexadecimal digits.
    """
    if head is not None and not HEX.fullmatch(head):
        raise ParameterError("head", "a hash of 64 digits 0-9 and a-f, as `credrisk log head` prints it", head)
    faults: list[str] = []
    count, last, found_at = 0, FIRST, 0 if head == FIRST else None
    for entry in entries:
        count += 1
        if entry.number != count:
            faults.append(f"entry {count} is missing: the next one is numbered {entry.number}")
            count = entry.number
        if entry.previous != last:
            faults.append(f"entry {entry.number} does not follow the entry before it: one was changed or removed")
        if entry.own_hash() != entry.hash:
            faults.append(f"entry {entry.number} was changed: it does not have the hash that is stored with it")
        last = entry.hash
        if head == last:
            found_at = entry.number
    if head is not None and found_at is None:
        faults.append(
            "no entry has the head that was kept outside: entries were cut off at the end, or it is another log"
        )
    return Verdict(count, last, found_at, tuple(faults))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a key is no text")
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        return value.item()
    return value
