"""`credrisk sources`: which public sources there are, under which terms, and which of them need a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["sources_command"]


def sources_command() -> None:
    """List the public sources: what each tells, what it needs, its limits, licence and site.

    A key is read from the environment variable named here or from the keyring. Only whether it is set is shown.
    """
    from credrisk.cli.console import console
    from credrisk.sources.registry import MARKET_SOURCES, SOURCES, source_card

    for title, names, command in (
        ("About customers", SOURCES, "credrisk enrich LEDGER --source NAME"),
        ("About markets", MARKET_SOURCES, "credrisk market"),
    ):
        if not names:
            continue
        console.print(f"\n[bold]{title}[/] ({command})")
        for name in names:
            card = source_card(name)
            console.print(f"\n[bold]{name}[/]", soft_wrap=True)
            history = "states since when all was known" if card.keeps_history else "shows only today's state"
            key = "none"
            if card.credential:
                key = f"CREDRISK_{card.credential}, {'set' if card.key_is_set() else 'not set'}"
            lines = {
                "about": card.about,
                "reads": ", ".join(card.reads) or "nothing of a customer",
                "history": history,
                "key": key,
                "limits": _limits(card.limits),
                "licence": card.licence,
                "site": card.site,
            }
            for label, value in lines.items():
                console.print(f"  {label + ':':9}{value}", markup=False, soft_wrap=True)


def _limits(limits: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    said = [
        f"{requests:,} requests in {_span(seconds)}" for windows in limits.values() for requests, seconds in windows
    ]
    return ", ".join(dict.fromkeys(said)) or "5 requests in 1 s"


def _span(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"
