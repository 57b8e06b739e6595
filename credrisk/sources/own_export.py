"""Is an export already a ledger in credrisk's own tables, and what was answered about one that is not?"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger

if TYPE_CHECKING:
    from credrisk.sources.wizard.proposal import Proposal

__all__ = ["answers_in", "ledger_if_own", "refuse_open_questions"]


def ledger_if_own(source: str | PathLike[str], *, currency: str | None = None) -> Ledger | None:
    """Return the ledger where ``source`` holds credrisk's own tables, a stored ledger or a project; else None.

    Nothing is guessed: it is one where it reads as one, with the declared names of tables and columns.
    """
    try:
        return Ledger.read(source, currency=currency)
    except DataError:
        return None


def answers_in(text: str | None) -> dict[str, str]:
    """Return the answers of a text such as ``terms.invoices=30; currency=USD``, by the keys of the questions.

    Raises
    ------
    ParameterError
        When a part is not ``KEY=ANSWER``.
    """
    parts = [part.strip() for part in (text or "").split(";") if part.strip()]
    pairs = [part.partition("=") for part in parts]
    for key, mark, answer in pairs:
        if not (key.strip() and mark and answer.strip()):
            raise ParameterError("ANSWERS", "KEY=ANSWER, several apart by semicolons", f"{key}{mark}{answer}")
    return {key.strip(): answer.strip() for key, _, answer in pairs}


def refuse_open_questions(proposal: Proposal) -> None:
    """Raise where a question is open without whose answer nothing can be imported, and say how each is answered.

    Raises
    ------
    DataError
        With every such question, its key and what may be answered.
    """
    left = proposal.blocking
    if not left:
        return
    asked = "; ".join(f"{one.words} ({one.key}{_choices(one.choices, one.free)})" for one in left)
    given = "; ".join(f"{one.key}=..." for one in left)
    count = "one question is" if len(left) == 1 else f"{len(left)} questions are"
    raise DataError(
        f"{count} open: {asked}.",
        remedy=f"set the parameter ANSWERS, on the command line --set ANSWERS='{given}', or answer them one by one in "
        "credrisk import wizard and give the mapping it writes to credrisk import.",
    )


def _choices(choices: tuple[tuple[str, str], ...], free: str) -> str:
    said = " or ".join(answer for answer, _ in choices) or free
    return f": {said}" if said else ""
