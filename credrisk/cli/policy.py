"""`credrisk policy`: the credit policy that every decision cites, to write, check, compare and explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from credrisk.cli.options import Overwrite, PolicyPath

__all__ = ["policy_app"]

policy_app = typer.Typer(
    no_args_is_help=True,
    help=(
        "The credit policy that every decision cites: write it to edit, check it, compare two, explain a key.\n\n"
        "Example: credrisk policy init --out policy.toml, then edit it, then credrisk policy check policy.toml"
    ),
)


@policy_app.command("init")
def init_command(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")] = Path("policy.toml"),
    overwrite: Overwrite = False,
) -> None:
    """Write the shipped policy, comments and all, to edit.

    Example: credrisk policy init --out policy.toml
    """
    from credrisk.atomic import refuse_existing, write_text
    from credrisk.cli.console import console
    from credrisk.decisions.policy import default_text

    refuse_existing(out, overwrite)
    write_text(out, default_text())
    console.print(f"Written to {out}. Edit it, then: credrisk policy check {out}", markup=False)


@policy_app.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The policy file to check.", show_default=False)],
) -> None:
    """Check a policy file: every key there, known, and by its rule; then print its version and hash.

    Example: credrisk policy check policy.toml
    """
    from credrisk.cli.console import console
    from credrisk.decisions.policy import Policy

    policy = Policy.read(file)
    console.print(f"{file}: version {policy.version}, hash {policy.hash[:12]}: no fault found.", markup=False)


@policy_app.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A policy file.", show_default=False)],
    new: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(metavar="[NEW]", help="The later one. Without it OLD is compared with the shipped policy."),
    ] = None,
) -> None:
    """List the keys that two policies answer differently: old and new value, and what the key means.

    Example: credrisk policy diff policy-2024.toml policy-2025.toml

    Example: credrisk policy diff policy.toml
    """
    from credrisk.cli.console import console, print_list
    from credrisk.decisions.policy import Policy
    from credrisk.decisions.policy_differences import policy_differences

    first, second = (Policy.default(), Policy.read(old)) if new is None else (Policy.read(old), Policy.read(new))
    names = ("the shipped policy", str(old)) if new is None else (str(old), str(new))
    for name, policy in zip(names, (first, second), strict=True):
        console.print(f"{name}: version {policy.version}, hash {policy.hash[:12]}", markup=False, soft_wrap=True)
    found = policy_differences(first, second)
    if not found:
        console.print("Every key has the same value in both.")
        return
    print_list(
        f"{len(found)} {'key differs' if len(found) == 1 else 'keys differ'}",
        ("Key", "Old", "New"),
        [(row.key, row.old, row.new) for row in found],
        reasons=[row.says for row in found],
    )
    if first.version == second.version:
        console.print("Both name the same version: give the later one a version of its own.")


@policy_app.command("show")
def show_command(
    key: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="[KEY]", help="A key or a section, such as economics.margin or limit."),
    ] = None,
    policy: PolicyPath = None,
) -> None:
    """Print the policy; with a KEY its value, its rule and what it means.

    Example: credrisk policy show economics.margin

    Example: credrisk policy show limit --policy policy.toml
    """
    from credrisk.cli.console import console, print_list
    from credrisk.decisions.policy import Policy, default_text
    from credrisk.decisions.policy_differences import policy_values
    from credrisk.decisions.policy_keys import keys_under, meaning_of, rule_of

    chosen = Policy.default() if policy is None else Policy.read(policy)
    if key is None:
        whole = default_text() if policy is None else policy.read_text(encoding="utf-8-sig")
        console.print(whole, markup=False, soft_wrap=True)
        return
    values = policy_values(chosen)
    keys = keys_under(key, values)
    said = [f"{meaning_of(name)} Rule: {rule_of(name)}." if rule_of(name) else "" for name in keys]
    once = [text if text not in said[:place] else "" for place, text in enumerate(said)]
    print_list(key, ("Key", "Value"), [(name, values[name]) for name in keys], reasons=once)
