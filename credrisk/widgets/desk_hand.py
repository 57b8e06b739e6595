"""What was done at the desk, to be kept: as a table, as CSV, or in the decision log. Nothing is written unasked."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import polars as pl

from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.supervisor_hand import hand_record
from credrisk.errors import ParameterError
from credrisk.injection import harmless_texts
from credrisk.widgets.desk import Desk, hand_frame
from credrisk.widgets.desk_state import DeskState

__all__ = ["done_csv", "done_table", "written_down"]


def done_table(desk: Desk, state: DeskState) -> pl.DataFrame:
    """Return what was laid at this desk, one row each, with the columns of the hand; empty where nothing was."""
    mine = pl.DataFrame(
        [(each.customer_id, each.what) for each in state.laid],
        schema={"customer_id": pl.String, "what": pl.String},
        orient="row",
    )
    return hand_frame(desk, state.laid).join(mine, on=["customer_id", "what"], how="semi")


def done_csv(desk: Desk, state: DeskState) -> str:
    """Return the same as CSV, texts that a spreadsheet would run made harmless."""
    return harmless_texts(done_table(desk, state)).write_csv()


def written_down(
    log: DecisionLog, desk: Desk, state: DeskState, *, author: str, now: datetime | None = None
) -> list[Entry]:
    """Write what was laid at this desk into the decision log, all of it or nothing.

    It holds from the day of the list on: for the list of an earlier day the entries bear the last second of that day
    (as `credrisk log hand --at` does), so that the list of that day follows them when it is made.

    Raises
    ------
    ParameterError
        When nothing was laid, the author has no name, or the list is of a day to come.
    """
    moment = now or datetime.now(UTC)
    if not state.laid:
        raise ParameterError("hand", "laid on at least one account", "nothing")
    if not author.strip():
        raise ParameterError("author", "said: who decided it", author)
    if desk.as_of > moment.date():
        raise ParameterError("as_of", f"not after today, {moment.date()}", desk.as_of.isoformat())
    records = [
        hand_record(
            each.customer_id, what=each.what, reason=each.reason, expires_on=each.expires_on, factor=each.factor
        )
        for each in state.laid
    ]
    return log.append_all(records, author=author.strip(), policy=desk.policy, at=_of_the_day(desk.as_of, moment))


def _of_the_day(day: date, now: datetime) -> datetime:
    last_second = datetime.combine(day, time(23, 59, 59), tzinfo=UTC)
    return min(last_second, now)
