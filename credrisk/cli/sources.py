"""`credrisk sources`: which public sources there are, under which terms, and which of them need a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["sources_command"]


def sources_command() -> None:
    """List the public sources: what each tells, what it needs, its limits, licence and site.

    A key is read from the environment variable named here or from the keyring. Only whether it is set is shown.

    Example: credrisk sources
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
            if card.set_up_by:
                key += f"; reads the file named by {card.set_up_by}, {'set' if card.is_set_up() else 'not set'}"
            lines = {
                "about": card.about,
                "reads": ", ".join(card.reads) or "nothing of a customer",
                "history": history,
                "key": key,
                "cost": card.cost,
                "limits": _limits(card.limits),
                "licence": card.licence,
                "site": card.site,
            }
            for label, value in lines.items():
                console.print(f"  {label + ':':9}{value}", markup=False, soft_wrap=True)


def _limits(limits: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    from credrisk.sources.registry import UNSTATED

    windows = dict.fromkeys(window for host in limits.values() for window in host) or {UNSTATED: None}
    return ", ".join(
        f"{requests:,} {'request' if requests == 1 else 'requests'} in {_span(seconds)}"
        for requests, seconds in windows
    )


def _span(seconds: float) -> str:
    for unit, length in (("day", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            count = seconds / length
            return f"{count:g} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return f"{seconds:g} s"
