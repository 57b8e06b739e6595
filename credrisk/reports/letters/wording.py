"""The wording of letters: shipped texts and the user's own, rendered in a sandbox from plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credrisk.decisions.policy_text import parsed
from credrisk.errors import ParameterError
from credrisk.reports.letters.clean import clean
from credrisk.reports.letters.languages import Language, language_of

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

__all__ = ["SHIPPED", "Wordings"]

SHIPPED = "shipped/"
"""Before the name of a shipped template, so that one of the user's own can extend it."""

PLACES = re.compile(r"[{}][^{}]*}?")
"""Where a fixed word takes a number: ``{page}``; a single brace is one too, so that none slips in."""

FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What an expression of a template can raise."""

LONGEST_TEXT = 20_000
"""Characters of a part; a text beyond this is a mistake of the template."""


class Wordings:
    """Texts by language and name.

    Parameters
    ----------
    folder
        The user's own templates, in a folder a language (``de/final.txt``); a file there takes the place of the shipped
        one of the same name.

    Notes
    -----
    Templates see texts and numbers only and run in Jinja2's sandbox; nothing out of the ledger is ever a template.
    """

    def __init__(self, folder: str | PathLike[str] | None = None) -> None:
        if folder is not None and not Path(folder).is_dir():
            raise ParameterError("templates", "an existing folder", str(folder))
        self._folder = folder
        self._texts, self._pages = (self._environment(escaped) for escaped in (False, True))

    def _environment(self, escaped: bool) -> SandboxedEnvironment:
        import jinja2
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        shipped = jinja2.FunctionLoader(_shipped)
        own = [jinja2.FileSystemLoader(self._folder)] if self._folder is not None else []
        loader = jinja2.ChoiceLoader([jinja2.PrefixLoader({SHIPPED.rstrip("/"): shipped}), *own, shipped])
        return ImmutableSandboxedEnvironment(
            loader=loader, autoescape=escaped, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def language(self, code: str) -> Language:
        """Return a language with the fixed words that the user's own ``words.toml`` in its folder changes.

        Raises
        ------
        ParameterError
            When it names a word that there is not, or leaves one empty.
        DataError
            When it is not TOML in UTF-8.
        """
        shipped = language_of(code)
        own = Path(self._folder or "") / code / "words.toml"
        if self._folder is None or not own.is_file():
            return shipped
        place, words = f"templates: {code}/words.toml", parsed(own.read_bytes(), own.name)
        for key, word in words.items():
            if key not in shipped.words:
                raise ParameterError(place, f"made of {', '.join(shipped.words)}", key)
            if not isinstance(word, str) or not clean(word):
                raise ParameterError(f"{place}, {key}", "a text that is not empty", word)
            if set(PLACES.findall(word)) != set(PLACES.findall(shipped.words[key])):
                raise ParameterError(f"{place}, {key}", f"with the places of {shipped.words[key]!r}", word)
        return Language(code, shipped.words | {key: clean(word) for key, word in words.items()})

    def parts(self, language: str, name: str, values: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        """Return the paragraphs of the blocks ``subject``, ``before`` and ``after``.

        Raises
        ------
        ParameterError
            When there is no such template, it has none of these blocks, or it uses what a template is not given.
        """
        place = f"{language}/{name}.txt"
        found: dict[str, tuple[str, ...]] = {}
        with _told(place):
            template = self._texts.get_template(place)
            context = template.new_context(dict(values))
            for _ in template.root_render_func(context):  # only then are the blocks known that it extends
                pass
            for part in ("subject", "before", "after"):
                if part not in context.blocks:
                    raise ParameterError(f"templates: {place}", f"a template with a block {part!r}", "without it")
                text = "".join(context.blocks[part][0](context))
                found[part] = _paragraphs(text, place)
        if not found["subject"]:
            raise ParameterError(f"templates: {place}", "a template whose block 'subject' says something", "nothing")
        return found

    def page(self, name: str, **values: Any) -> str:
        """Return ``letter.html`` (its values escaped) or ``letter.txt`` filled."""
        environment = self._pages if name.endswith(".html") else self._texts
        with _told(name):
            return environment.get_template(name).render(**values)


class _told:  # noqa: N801 - reads as a verb
    """Turn what a template does wrong into what its author can mend."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        import jinja2

        if isinstance(error, jinja2.TemplateNotFound):
            remedy = "write it, or name one of reminder, demand, final in the policy (dunning.levels, wording)."
            raise ParameterError("templates", f"a folder with {error.name}", "none", remedy=remedy) from None
        if isinstance(error, (jinja2.TemplateError, *FAULTS)):
            if isinstance(error, ParameterError):
                return
            line = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
            fields = "docs/letters.md lists the fields a template is given."
            rule = "a template that can be filled"
            raise ParameterError(f"templates: {self._place}{line}", rule, str(error), remedy=fields) from None


def _shipped(name: str) -> str | None:
    place = resources.files("credrisk.reports.letters") / "templates"
    for part in name.split("/"):
        if part in ("", ".", ".."):
            return None
        place = place / part
    return place.read_text(encoding="utf-8") if place.is_file() else None


def _paragraphs(text: str, place: str) -> tuple[str, ...]:
    if len(text) > LONGEST_TEXT:
        raise ParameterError(f"templates: {place}", f"texts of at most {LONGEST_TEXT:,} characters", len(text))
    parts = (clean(part, longest=LONGEST_TEXT) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
    return tuple(part for part in parts if part)
