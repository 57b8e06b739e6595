"""The list as a table of the notebook: sorted by its headings, an account opened by a click; it decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

__all__ = ["COLUMNS", "QueueTable"]

COLUMNS: list[dict[str, Any]] = [
    {"key": "rank", "label": "Rank", "right": True, "says": "Place in today's order"},
    {"key": "moved", "label": "Moved", "right": True, "says": "Places up or down against the model's order"},
    {"key": "customer", "label": "Customer", "right": False, "says": "Name and number"},
    {"key": "action", "label": "Action", "right": False, "says": "What is done, or would be"},
    {
        "key": "chased",
        "label": "To ask for",
        "right": True,
        "says": "Past due, neither disputed nor promised, less cash",
    },
    {"key": "oldest_open_days", "label": "Days late", "right": True, "says": "Days past due of the oldest item"},
    {"key": "past_due", "label": "Past due", "right": True, "says": "Open after the due date"},
    {
        "key": "pd_used",
        "label": "Bad debt risk",
        "right": True,
        "says": "Probability of a bad debt in 12 months",
    },
    {"key": "gain", "label": "Gain", "right": True, "says": "What contacting now gains over doing nothing"},
    {"key": "gain_beyond_mail", "label": "Beyond the mail", "right": True, "says": "What somebody's time adds to it"},
]
STATIC = Path(__file__).parent / "static"


class QueueTable(anywidget.AnyWidget):  # type: ignore[misc]
    """The table; what is clicked goes to the functions given.

    Parameters
    ----------
    on_sort, on_open
        Called with the key of a column, and with the number of a customer.
    """

    _esm = STATIC / "queue_table.js"

    rows = traitlets.List().tag(sync=True)
    columns = traitlets.List(COLUMNS).tag(sync=True)
    sort = traitlets.Dict({"column": "rank", "descending": False}).tag(sync=True)
    chosen = traitlets.Unicode("").tag(sync=True)
    foot = traitlets.Unicode("").tag(sync=True)

    def __init__(self, *, on_sort: Callable[[str], None], on_open: Callable[[str], None]) -> None:
        super().__init__()
        self._asked = {"sort": ("column", on_sort), "open": ("customer_id", on_open)}
        self.on_msg(self._told)

    def _told(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict) and content.get("do") in self._asked:
            name, asked = self._asked[content["do"]]
            asked(str(content.get(name, "")))
