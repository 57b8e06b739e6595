"""The desk as widgets: sliders, filters, the list and the hand; every change goes through the plain functions."""

from __future__ import annotations

import base64
import getpass
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets
import polars as pl

from credrisk.decisions.queue_weights import QueueWeights
from credrisk.decisions.supervisor_hand import WHAT
from credrisk.errors import CredriskError
from credrisk.reports.months import day_in_words
from credrisk.widgets import desk_card as card
from credrisk.widgets import desk_words as words
from credrisk.widgets.desk import Desk, Laid, default_expiry
from credrisk.widgets.desk_hand import done_csv, done_table, written_down
from credrisk.widgets.desk_replay import look_back
from credrisk.widgets.desk_state import (
    SHOWN,
    DeskState,
    filtered,
    first_state,
    lay,
    lift,
    sorted_by,
    with_capacity,
    with_weight,
)
from credrisk.widgets.desk_view import DeskView, shown_rows, view
from credrisk.widgets.queue_table import STATIC, QueueTable

__all__ = ["DeskPage"]

MOST_ROWS = 300
"""Rows in the table at once; a filter finds the others."""

FACTORS = {
    "expected_loss_avoided": "Loss avoided",
    "time_value": "Money sooner",
    "cost": "Cost of contacts",
    "goodwill": "Goodwill",
}
MOST_FACTOR = 3.0


class DeskPage:
    """The widgets of one desk.

    Attributes
    ----------
    state, seen
        What is set, and what follows from it.
    table
        The list.
    sections
        By name: ``list, account, changes, roll_over, replay, done``. :meth:`show` puts all of them on a page.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.state: DeskState = first_state(desk)
        self.seen: DeskView = view(desk, self.state)
        self.table = QueueTable(on_sort=self._sort, on_open=self.open_account)
        self._make_parts()
        self.sections = self._sections()
        self._draw()

    def show(self) -> widgets.Widget:
        """Return the whole desk."""
        return self._page(
            [self.sections[name] for name in ("list", "account", "changes", "roll_over", "replay", "done")]
        )

    def part(self, *names: str) -> widgets.Widget:
        """Return some of the sections, for a cell of a notebook."""
        return self._page([self.sections[name] for name in names])

    def change(self, made: Callable[[DeskState], DeskState]) -> None:
        """Let a plain function change the state, and show what follows; what it refuses is said and changes nothing."""
        try:
            state = made(self.state)
            self.seen = view(self.desk, state)
            self.state = state
        except CredriskError as refused:
            self.said.value = f'<p class="refused">{escape(str(refused))}</p>'
            return
        self.said.value = ""
        self._draw()

    def open_account(self, customer_id: str) -> None:
        """Show one account and make it the one that a hand is laid on."""
        self.table.chosen = customer_id
        self.account.value = card.account_card(self.seen, self.desk, customer_id)
        here = bool(customer_id)
        for button in (self.lay_button, self.lift_button):
            button.disabled = not here

    def _make_parts(self) -> None:
        desk = self.desk
        self.headline, self.tiles, self.changes = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.account, self.said, self.moves = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.done, self.written = widgets.HTML(), widgets.HTML()
        most = max(desk.most_contacts(), desk.capacity) + 10
        self.capacity = _slider(widgets.IntSlider, "Contacts by hand", desk.capacity, most, 1)
        small = desk.policy.collection.small_balance
        own = QueueWeights()
        self.weights = {
            name: _slider(widgets.FloatSlider, says, getattr(own, name), MOST_FACTOR, 0.25)
            for name, says in FACTORS.items()
        }
        money = {
            "age": (f"Each day late, {desk.currency}", small / 100),
            "small_account": (f"Small account, {desk.currency}", small / 5),
        }
        for name, (says, most_money) in money.items():
            self.weights[name] = _slider(widgets.FloatSlider, says, 0.0, most_money, most_money / 50)
        self.reset = widgets.Button(description="The model's own order", tooltip="Capacity and weights as they were")
        self.search = widgets.Text(placeholder="Name or number", description="Find", continuous_update=True)
        self.shown = widgets.Dropdown(options=[(says, name) for name, says in SHOWN.items()], description="Show")
        names = desk.basis.accounts["collector"].drop_nulls().unique().sort().to_list()
        self.collector = widgets.Dropdown(
            options=[("everybody", ""), *((name, name) for name in names)], description="Of"
        )
        self.least = widgets.BoundedFloatText(value=0.0, min=0.0, max=1e15, step=1000.0, description="Past due from")
        self.what = widgets.ToggleButtons(options=[(name.capitalize(), name) for name in WHAT], description="")
        self.factor = widgets.BoundedFloatText(value=2.0, min=0.01, max=100.0, step=0.5, description="Factor")
        self.reason = widgets.Text(placeholder="Why: it is read by whoever comes after", description="Reason")
        self.until = widgets.DatePicker(value=default_expiry(desk), description="Until")
        self.lay_button = widgets.Button(description="Lay it", button_style="primary", disabled=True)
        self.lift_button = widgets.Button(description="Take back", disabled=True)
        self.author = widgets.Text(value=_login(), description="Your name")
        self.log_button = widgets.Button(description="Write into the decision log", disabled=True)
        self.replay_button = widgets.Button(description="Replay the last year", tooltip="Takes a while")
        self.replayed = widgets.HTML()
        self._listen()

    def _listen(self) -> None:
        self.capacity.observe(lambda to: self.change(lambda state: with_capacity(state, to["new"])), "value")
        for name, slider in self.weights.items():
            slider.observe(
                lambda to, name=name: self.change(lambda state: with_weight(state, name, to["new"])), "value"
            )
        self.search.observe(lambda to: self.change(lambda state: filtered(state, search=to["new"])), "value")
        self.shown.observe(lambda to: self.change(lambda state: filtered(state, shown=to["new"])), "value")
        self.collector.observe(lambda to: self.change(lambda state: filtered(state, collector=to["new"])), "value")
        self.least.observe(lambda to: self.change(lambda state: filtered(state, least_past_due=to["new"])), "value")
        self.what.observe(lambda _: self._factor_shown(), "value")
        self.reset.on_click(lambda _: self._reset())
        self.lay_button.on_click(lambda _: self._lay())
        self.lift_button.on_click(lambda _: self.change(lambda state: lift(state, self.table.chosen)))
        self.log_button.on_click(lambda _: self._write())
        self.replay_button.on_click(lambda _: self._replay())

    def _sections(self) -> dict[str, widgets.Widget]:
        self._factor_shown()
        side = widgets.VBox(
            [
                _heading("Capacity"),
                self.capacity,
                _heading("What counts"),
                *self.weights.values(),
                self.reset,
                _heading("What your changes are worth"),
                self.changes,
            ]
        )
        side.add_class("side")
        bar = widgets.HBox([self.search, self.shown, self.collector, self.least])
        bar.add_class("bar")
        main = widgets.VBox([bar, self.table])
        main.add_class("main")
        body = widgets.HBox([side, main])
        body.add_class("body")
        form = widgets.HBox([self.what, self.factor, self.reason, self.until, self.lay_button, self.lift_button])
        form.add_class("form")
        keep = [self.log_button] if self.desk.log is not None else []
        author = [self.author] if self.desk.log is not None else []
        export = widgets.HBox([*author, *keep])
        export.add_class("form")
        passes = card.sentences(words.roll_over_sentences(self.desk)) + card.roll_over_table(self.desk)
        return {
            "list": widgets.VBox([self.headline, self.tiles, body]),
            "account": _section("The account, and your hand on it", self.account, form, self.said),
            "changes": _section("What you changed against the model's order", self.moves),
            "roll_over": _section("What grows old within 30 days", widgets.HTML(passes)),
            "replay": _section("What the lists of the last year would have held", self.replay_button, self.replayed),
            "done": _section("What you did", self.done, export, self.written),
        }

    def _page(self, parts: list[widgets.Widget]) -> widgets.Widget:
        style = widgets.HTML(f"<style>{(STATIC / 'desk.css').read_text(encoding='utf-8')}</style>")
        page = widgets.VBox([style, *parts])
        page.add_class("credrisk-desk")
        return page

    def _draw(self) -> None:
        desk, seen, state = self.desk, self.seen, self.state
        notes = [
            f"As of {day_in_words(desk.as_of)}, policy {desk.policy.version}, amounts in {desk.currency}.",
            *desk.notes,
        ]
        self.headline.value = card.head("Collection list", words.headline(seen, desk), " ".join(notes))
        self.tiles.value = card.tile_row(words.tiles(seen, desk))
        self.changes.value = card.sentences(words.change_sentences(seen, desk))
        rows = shown_rows(seen, desk)
        shown = rows.head(MOST_ROWS)
        with self.table.hold_sync():
            self.table.rows = words.cells(shown, desk)
            self.table.sort = {"column": state.sort, "descending": state.descending}
            last_rank = rows.select(pl.max("rank")).item()
            self.table.foot = words.foot(shown.height, rows.height, SHOWN[state.shown], last_rank=last_rank)
        self.open_account(self.table.chosen)
        self.moves.value = card.changes_table(seen, desk)
        self.done.value = card.laid_table(done_table(desk, state)) + self._download()
        self.log_button.disabled = not state.laid

    def _download(self) -> str:
        if not self.state.laid:
            return ""
        content = base64.b64encode(done_csv(self.desk, self.state).encode()).decode()
        name = f"hand-{self.desk.as_of}.csv"
        return f'<p><a download="{name}" href="data:text/csv;base64,{content}">Take it with you as {name}</a></p>'

    def _sort(self, column: str) -> None:
        self.change(lambda state: sorted_by(state, column))

    def _factor_shown(self) -> None:
        self.factor.layout.display = None if self.what.value == "boost" else "none"

    def _lay(self) -> None:
        factor = self.factor.value if self.what.value == "boost" else None
        until = self.until.value or self.desk.as_of
        laid = Laid(self.table.chosen, self.what.value, self.reason.value, until, factor)
        self.change(lambda state: lay(state, self.desk, laid))

    def _reset(self) -> None:
        own = QueueWeights()
        self.capacity.value = self.desk.capacity
        for name, slider in self.weights.items():
            slider.value = getattr(own, name)

    def _write(self) -> None:
        assert self.desk.log is not None  # noqa: S101 - the button is only there with a log
        try:
            entries = written_down(self.desk.log, self.desk, self.state, author=self.author.value)
        except CredriskError as refused:
            self.written.value = f'<p class="refused">{escape(str(refused))}</p>'
            return
        last = entries[-1]
        place = escape(str(self.desk.log.path))
        self.written.value = f"<p>Written into {place}: entries up to number {last.number}, head {last.hash[:16]}.</p>"

    def _replay(self) -> None:
        self.replay_button.disabled = True
        self.replayed.value = '<p class="none">Replaying: every list is made again from what was known then …</p>'
        found = look_back(self.desk)
        self.replayed.value = card.sentences(found.says) + _caught(found.found, self.desk.currency)
        self.replay_button.disabled = False


def _caught(found: Any, currency: str) -> str:
    from credrisk.errors import EvidenceError
    from credrisk.reports.charts import caught_chart
    from credrisk.reports.charts.canvas import to_svg

    if found is None:
        return ""
    try:
        return f'<div class="plate">{to_svg(caught_chart(found.caught, currency=currency))}</div>'
    except EvidenceError as nothing:
        return f"<p>{escape(str(nothing))}</p>"


def _slider(kind: Any, says: str, value: float, most: float, step: float) -> Any:
    whole = kind is widgets.IntSlider
    return kind(
        value=value,
        min=0,
        max=most,
        step=step,
        description=says,
        continuous_update=False,
        readout_format="d" if whole else ".2f",
        style={"description_width": "134px"},
    )


def _heading(text: str) -> widgets.HTML:
    return widgets.HTML(f"<h3>{escape(text)}</h3>")


def _section(title: str, *inside: widgets.Widget) -> widgets.VBox:
    part = widgets.VBox([widgets.HTML(f"<h2>{escape(title)}</h2>"), *inside])
    part.add_class("section")
    return part


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
