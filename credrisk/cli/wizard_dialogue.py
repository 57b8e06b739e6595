"""What the import wizard asks, and its answers: a choice, a column, or ``KEY=VALUE`` as behind ``--answer``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from shlex import quote
from typing import TYPE_CHECKING

from credrisk.errors import CredriskError, DataError, ParameterError

if TYPE_CHECKING:
    from credrisk.sources.wizard.proposal import Proposal, Question

__all__ = ["asked", "corrected", "pairs", "stopped", "take_back", "told_answers"]

_SPELT_OUT = 2
"""So many choices of a question are printed as one would type them; of the others the value alone."""
_OF_FILES = ("dates", "decimal", "terms", "kind", "status", "about")
"""What stands before the file in the key of a question."""
_OPTION = "--answer"


def pairs(given: Sequence[str]) -> dict[str, str]:
    """Return answers by their keys.

    Raises
    ------
    ParameterError
        When one is no ``KEY=VALUE``.
    """
    parted = [one.partition("=") for one in given]
    for name, mark, value in parted:
        if not (name.strip() and mark):
            raise ParameterError(_OPTION, "KEY=VALUE", name + mark + value)
    return {name.strip(): value.strip() for name, _, value in parted}


@contextmanager
def told_answers(answers: Mapping[str, str]) -> Iterator[None]:
    """Print the answers given so far as options where the dialogue ends without a mapping, so that none is lost."""
    from credrisk.cli.console import console

    try:
        yield
    except (KeyboardInterrupt, CredriskError):
        if answers:
            options = " ".join(f"{_OPTION} {quote(f'{name}={value}')}" for name, value in answers.items())
            console.print(f"\nYour answers so far, for the next time: {options}", markup=False, soft_wrap=True)
        raise


def take_back(typed: dict[str, str], answers: Mapping[str, str], error: CredriskError) -> None:
    """Forget what was typed last and cannot be, and say so; an error of anything else ends the command."""
    from credrisk.cli.console import console
    from credrisk.wording import counted

    if not typed:
        raise error
    said = ", ".join(f"{name}={value}" for name, value in typed.items())
    kept = f" The other {counted(len(answers), 'answer')} stay." if answers else ""
    console.print(f"\n{said} is not taken: {error}{kept}", style="yellow", markup=False)
    typed.clear()


def asked(question: Question) -> dict[str, str]:
    """Ask until the answer is a choice, a column where one may be it, or ``KEY=VALUE``; return it by its key."""
    from credrisk.cli.console import console
    from credrisk.sources.wizard.words import plain

    console.print(f"\n{question.words}", style="bold", markup=False)
    if question.evidence:
        console.print(question.evidence, markup=False)
    for number, (value, meaning) in enumerate(question.choices, start=1):
        console.print(f"  {number}  {value}" + (f"  ({meaning})" if meaning and meaning != value else ""), markup=False)
    for name, examples in question.columns:
        console.print(f"  -  column {name}  ({examples})", markup=False)
    values = [value for value, _ in question.choices]
    alike = {plain(value): value for value in values}
    columns = {plain(name): name for name, _ in question.columns}
    wanted = question.free or "number or word"
    if question.thing:
        wanted += ", or the name of a column"
    while True:
        said = _typed(wanted, question.proposal, _how(question))
        if said.isdigit() and values and 1 <= int(said) <= len(values):
            said = values[int(said) - 1]
        said = said if said in values else alike.get(plain(said), said)
        if said in values:
            return {question.key: said}
        if plain(said) in columns:
            return {question.thing: columns[plain(said)]}
        if (answer := _with_key(question, said)) is not None:
            return answer
        if question.thing and said and not said.isdigit():
            return {question.thing: said}
        if said and not values:
            return {question.key: said}
        console.print(f"One of: {', '.join(values)}" if values else f"Wanted: {wanted}", style="yellow", markup=False)


def corrected() -> dict[str, str]:
    """Let the user accept, or correct a column and look again; nothing where it is accepted."""
    from credrisk.cli.console import console

    while True:
        said = _typed("Enter to write the mapping, or FILE.THING=COLUMN to correct it", "", "")
        try:
            return pairs([_bare(said)]) if said else {}
        except ParameterError:
            console.print("Wanted: FILE.THING=COLUMN, such as invoices.due_date=Faellig.", style="yellow", markup=False)


def stopped(proposal: Proposal) -> DataError:
    """Return the error that names every question without a safe answer, and how each is answered."""
    lines = [
        "\n".join(f"  {line}" for line in (one.words, one.evidence, _how(one)) if line) for one in proposal.blocking
    ]
    count = len(lines)
    return DataError(
        f"{count} {'question has' if count == 1 else 'questions have'} no safe answer:\n\n"
        + "\n\n".join(lines)
        + "\n\n",
        remedy="answer with --answer KEY=VALUE, or run the wizard without --yes.",
    )


def _how(question: Question) -> str:
    """Say how a question is answered by the option."""
    how = f"{_OPTION} {quote(question.key)}= {question.free}"
    if question.choices:
        shown = question.choices[:_SPELT_OUT]
        how = f"{_OPTION} {' or '.join(quote(f'{question.key}={value}') for value, _ in shown)}"
        how += "".join(f", {value}" for value, _ in question.choices[_SPELT_OUT:])
    for name, _ in question.columns[:1]:
        how += f"; or {_OPTION} {quote(f'{question.thing}={name}')}"
        how += "".join(f", {name}" for name, _ in question.columns[1:])
    return how


def _with_key(question: Question, said: str) -> dict[str, str] | None:
    """Return what was typed as ``KEY=VALUE``; a thing alone (``due_date=Column``) is of the file in question."""
    from credrisk.ledger.money import EXPONENTS
    from credrisk.sources.wizard.words import things

    bare = _bare(said)
    name, mark, value = (part.strip() for part in bare.partition("="))
    if not mark or not name:
        return None
    of_all = name == question.key or (name == "currency" and value.upper() in EXPONENTS)
    if name in things() and not of_all:
        parts = question.key.split(".")
        file = parts[1] if parts[0] in _OF_FILES and len(parts) > 1 else parts[0] if len(parts) > 1 else ""
        name = f"{file}.{name}" if file else name
    return {name: value}


def _bare(said: str) -> str:
    """Return an answer without the option and the quotation marks around it, as hints print them."""
    bare = said.removeprefix(_OPTION).strip()
    quoted = len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\""
    return bare[1:-1] if quoted else bare


def _typed(wanted: str, proposal: str, how: str) -> str:
    from rich.prompt import Prompt

    from credrisk.cli.console import console

    try:
        return Prompt.ask(f"  {wanted}", console=console, default=proposal or "", show_default=bool(proposal)).strip()
    except EOFError:
        if not how:
            raise ParameterError("--yes", "given where nobody can accept the mapping", "no answer") from None
        raise ParameterError(
            "this question", f"answered by an option where nobody can type: {how}", "no answer"
        ) from None
