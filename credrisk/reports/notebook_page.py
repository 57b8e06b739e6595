"""An executed notebook as a page to read or print: the story and its figures; the code on request.

The page is a single file in the look of the other pages. It needs nothing beside it and runs no script, whatever a name
in the ledger says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from credrisk.reports.notebook_frame import frame_table
from credrisk.reports.page import rendered

__all__ = ["Block", "blocks_of", "notebook_page", "title_of"]

WIDGET = "application/vnd.jupyter.widget-view+json"
INTERACTIVE = "Interactive: it is to be used in the notebook itself, or in the page that credrisk app serves."


@dataclass(frozen=True)
class Block:
    """One piece of an executed notebook.

    Attributes
    ----------
    kind
        ``markdown`` and ``code`` are the author's; ``html, svg, png, text`` are outputs.
    body
        The text of it; of ``png`` base64.
    markdown
        The same for a reader of Markdown, where the output has it.
    """

    kind: str
    body: str
    markdown: str = ""


def blocks_of(notebook: Any, *, code: bool) -> list[Block]:
    """Return the pieces of an executed notebook in order; its code only where asked for.

    The cell of parameters is code as well; what was put in by hand for this run stands in the page's head.
    """
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found.append(Block("markdown", cell.source))
        elif cell.cell_type == "code":
            if code and cell.source.strip():
                found.append(Block("code", cell.source))
            found += [block for output in cell.outputs if (block := _output(output)) is not None]
    return found


def notebook_page(
    notebook: Any, *, currency: str = "", told: Mapping[str, str] | None = None, code: bool = False
) -> str:
    """Return an executed notebook as one page of HTML.

    Parameters
    ----------
    notebook
        An executed notebook of :mod:`nbformat`, version 4.
    currency
        Stays on one line with its figure.
    told
        What it was run with, for the head of the page: label -> text.
    code
        Show the code above its results.
    """
    title, _ = title_of(notebook)
    return rendered(
        "notebook.html",
        currency=currency or "EUR",
        title=title,
        told=list((told or {}).items()),
        blocks=[_html(block) for block in blocks_of(notebook, code=code)],
    )


def title_of(notebook: Any) -> tuple[str, str]:
    """Return the heading of a notebook and the question that it answers, from its first cell.

    The question is the paragraph that begins with ``**The question:**``; empty where there is none.
    """
    first = notebook.cells[0].source if notebook.cells else ""
    heading = re.search(r"^# (.+)$", first, flags=re.MULTILINE)
    question = re.search(r"\*\*The question:\*\*\s*(.+?)(?:\n\s*\n|\Z)", first, flags=re.DOTALL)
    return heading[1].strip() if heading else "", " ".join(question[1].split()) if question else ""


def _output(output: Any) -> Block | None:
    if output.output_type == "stream":
        return Block("text", output.text)
    if output.output_type not in ("display_data", "execute_result"):
        return None
    data = output.data
    if WIDGET in data:
        return Block("text", INTERACTIVE)
    for kind, form in (("html", "text/html"), ("svg", "image/svg+xml"), ("png", "image/png"), ("text", "text/plain")):
        if form in data:
            return Block(kind, _joined(data[form]), _joined(data.get("text/markdown", "")))
    return None


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _html(block: Block) -> dict[str, str]:
    """Return what the template sets in: HTML that is safe, and the class of its frame."""
    if block.kind == "markdown":
        return {"kind": "prose", "html": _prose(block.body)}
    if block.kind == "code":
        return {"kind": "code", "html": f"<pre>{escape(block.body)}</pre>"}
    if block.kind == "png":
        return {"kind": "chart", "html": f'<img alt="Chart" src="data:image/png;base64,{escape(block.body.strip())}">'}
    if block.kind == "svg":
        return {"kind": "chart", "html": block.body}
    if block.kind == "html":
        frame = frame_table(block.body)
        return {"kind": "table", "html": block.body if frame is None else frame._repr_html_()}
    return {"kind": "text", "html": f"<pre>{escape(block.body.rstrip())}</pre>"}


def _prose(text: str) -> str:
    """Return the author's Markdown as HTML; links to other notebooks are words, for the page stands alone."""
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    alone = re.sub(r"\[([^\]]+)\]\((?!https?:|#)[^)\s]+\)", r"\1", text)
    html: str = markdown2html_mistune(alone)
    return re.sub(r'<a class="anchor-link"[^>]*>.*?</a>', "", html)
