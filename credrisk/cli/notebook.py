"""`credrisk notebook`: one of the notebooks on your own ledger, as a page to read or as a notebook to go on with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from credrisk.cli.options import Overwrite
from credrisk.errors import ParameterError

__all__ = ["notebook_command"]

LIST = "list"
HTML, IPYNB = ".html", ".ipynb"
OPTIONS = {"LEDGER": "--ledger", "AS_OF": "--as-of", "RESULTS": "--results", "PUBLIC": "--public"}


def notebook_command(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Name or number of a notebook; list shows them all.", show_default=False),
    ],
    ledger: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--ledger",
            metavar="LEDGER",
            help="The ledger to run it on; for 08 an export of your accounting system. Default: the sample, where the "
            "notebooks stand beside it.",
            show_default=False,
        ),
    ] = None,
    as_of: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--as-of", metavar="DATE", help="The day to stand on. Default: the last day covered.", show_default=False
        ),
    ] = None,
    results: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--results",
            metavar="FOLDER",
            help="What credrisk run wrote for the same ledger, so that it need not be run again (03, 04 and 06); "
            "for 07 what it wrote at an earlier day. The others take none.",
            show_default=False,
        ),
    ] = None,
    public: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--public", metavar="FOLDER", help="What credrisk enrich and match wrote, for 05.", show_default=False
        ),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Another parameter of the notebook, as its first cell names it: for 08 CURRENCY=USD.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--out",
            metavar="FILE",
            help="A page (.html) or the executed notebook (.ipynb). Default: NAME.html.",
            show_default=False,
        ),
    ] = None,
    code: Annotated[bool, typer.Option("--code", help="Show the code in the page.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Run one of the notebooks on your ledger and write it as a page to read, or as a notebook to go on with.

    The page is one file that needs nothing beside it; the code is left out unless --code asks for it.

    Example: credrisk notebook list

    Example: credrisk notebook 03 --ledger my-ledger --results results --out limits.html
    """
    from credrisk.atomic import refuse_existing, write_text
    from credrisk.cli.console import console, drawn_progress
    from credrisk.pipeline.notebook_run import find_notebook, notebook_text, run_notebook
    from credrisk.reports.notebook_page import notebook_page

    if name == LIST:
        _print_list()
        return
    found = find_notebook(name)
    target = out if out is not None else Path(f"{found.name}{HTML}")
    if target.suffix not in (HTML, IPYNB):
        raise ParameterError("--out", f"a file that ends in {HTML} or {IPYNB}", str(target))
    refuse_existing(target, overwrite)
    given = {"LEDGER": ledger, "AS_OF": as_of, "RESULTS": results, "PUBLIC": public}
    parameters = _parameters(found, given) | _pairs(found, settings or [])
    with drawn_progress() as progress:
        executed = run_notebook(found, parameters=parameters, progress=progress)
    page = target.suffix == HTML
    told = _told(found, parameters)
    write_text(target, notebook_page(executed, told=told, code=code) if page else notebook_text(executed))
    console.print(f"{found.title}: {found.question}", markup=False)
    console.print(f"Written to {target}", markup=False, soft_wrap=True)


def _parameters(found: Any, given: dict[str, Path | str | None]) -> dict[str, str]:
    """Return what was given, paths absolute; refuse what the notebook does not take or what is not there."""
    from credrisk.dates import to_date

    parameters: dict[str, str] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name not in found.parameters:
            raise ParameterError(OPTIONS[name], f"left out: the notebook {found.name} does not take it", str(value))
        if isinstance(value, Path):
            if not value.exists():
                raise ParameterError(OPTIONS[name], "an existing file or folder", str(value))
            parameters[name] = str(value.resolve())
        else:
            parameters[name] = to_date(value).isoformat()
    own = found.parameters.get("LEDGER")
    if "LEDGER" not in parameters and isinstance(own, str) and not (found.path.parent / own).exists():
        raise ParameterError("--ledger", "given: the sample ledger is not beside the notebooks", "nothing")
    return parameters


def _pairs(found: Any, given: list[str]) -> dict[str, str]:
    """Return parameters given by name; those that have an option of their own are to be given by it."""
    others = [name for name in found.parameters if name not in OPTIONS]
    pairs = [one.partition("=") for one in given]
    for name, mark, value in pairs:
        if name not in others or not mark:
            rule = f"NAME=VALUE with {' or '.join(others)}" if others else f"left out: {found.name} has no others"
            raise ParameterError("--set", rule, name + mark + value)
    return {name: value for name, _, value in pairs}


def _told(found: Any, parameters: dict[str, str]) -> dict[str, str]:
    """Return what stands in the head of the page: of paths the last part, for nobody else has the rest."""
    words = {"LEDGER": "Ledger", "AS_OF": "As of", "RESULTS": "Results of", "PUBLIC": "Public information"}
    told = {
        words.get(name, name.capitalize()): Path(value).name if name in OPTIONS and name != "AS_OF" else value
        for name, value in parameters.items()
    }
    own = "the sample" if isinstance(found.parameters.get("LEDGER"), str) else "made here"
    return {"Ledger": f"{own}; its customers are invented", **told}


def _print_list() -> None:
    from credrisk.cli.console import print_table
    from credrisk.pipeline.notebook_run import notebooks

    rows = [(one.name, one.question) for one in notebooks()]
    print_table("Notebooks", ("Name", "What it answers"), rows)
