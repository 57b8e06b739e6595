"""What the app's page shows: the desk laid down in a folder, or in words why it cannot be opened."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

import ipywidgets as widgets

from credrisk.errors import CredriskError
from credrisk.widgets.desk_files import PLACE, read_desk
from credrisk.widgets.desk_page import DeskPage

__all__ = ["page"]


def page() -> widgets.Widget:
    """Return the desk of the folder that the environment names."""
    try:
        return DeskPage(read_desk(Path(os.environ.get(PLACE, "")))).show()
    except CredriskError as refused:
        return widgets.HTML(f"<p><strong>The list cannot be shown.</strong> {escape(str(refused))}</p>")
