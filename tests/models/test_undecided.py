"""A placement that awaits its verdict counts as the part of a bad debt that earlier placements let expect."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from credrisk.models.horizon_outcome import horizon_counts
from credrisk.models.intervals import bounded, expand
from credrisk.models.outcomes import DAYS_PER_MONTH
from credrisk.models.rows import Rows
from credrisk.models.undecided import undecided_evidence, with_chances

LAST = 1000
TIME = 180


def _rows(placements: list[tuple[int, int, bool]], *, last: int = LAST, others: int = 0) -> Rows:
    """One row at day 0 for each customer: its placement on a day, its verdict after so many days, whether it failed."""
    event, end, waits = [], [], []
    for placed, lag, failed in placements:
        known = placed + lag <= last
        event.append(int(known and failed))
        end.append(last if known and not failed else placed if known else placed - 1)
        waits.append([[placed, placed + lag]])
    n = len(placements) + others
    waits += [[[0, 0]]] * others
    return Rows(
        values=np.zeros((n, 1)),
        event=np.array([*event, *[0] * others], dtype=np.int8),
        months=np.array([*end, *[last] * others]) / DAYS_PER_MONTH,
        day=np.zeros(n, dtype=np.int64),
        group=np.arange(n),
        waits=np.array(waits, dtype=np.int64),
    )


def test_the_share_is_that_of_placements_undecided_as_long() -> None:
    quick = [(100 + day, 30, True) for day in range(4)]
    slow = [(110 + day, TIME, day < 2) for day in range(8)]
    waiting = [(LAST - 10, TIME, True), (LAST - 60, TIME, False)]
    rows = with_chances(_rows([*quick, *slow, *waiting]))
    assert rows.chance is not None
    # After 10 days all twelve earlier ones were undecided, six failed; after 60 days eight were, and two failed.
    assert rows.chance.tolist() == pytest.approx([0.0] * 12 + [6.5 / 13, 2.5 / 9])
    told = undecided_evidence(rows)
    assert told == {"undecided_placements": 2, "undecided_events": pytest.approx(6.5 / 13 + 2.5 / 9)}


def test_too_few_that_were_undecided_as_long_tell_nothing() -> None:
    quick = [(100 + day, 30, True) for day in range(50)]
    slow = [(200 + day, TIME, False) for day in range(4)]
    assert with_chances(_rows([*quick, *slow, (LAST - 100, TIME, True)])).chance is None
    assert undecided_evidence(_rows([(LAST - 50, TIME, True)])) == {"undecided_placements": 0, "undecided_events": 0.0}


def test_quick_verdicts_of_late_placements_do_not_count() -> None:
    early = [(100 + day, TIME, False) for day in range(6)]
    # Known already, but others of their age are not: they are the quick ones of a time that is not over.
    quick = [(LAST - 100 + day, 20, True) for day in range(6)]
    chance = with_chances(_rows([*early, *quick, (LAST - 5, TIME, True)])).chance
    assert chance is not None
    assert chance[-1] == pytest.approx(0.5 / 7)


def test_what_a_placement_turns_out_to_be_changes_nothing_before() -> None:
    early = [(100 + day, TIME, day % 3 == 0) for day in range(30)]
    chances = []
    for verdict, failed in ((TIME, True), (TIME, False), (40, True)):
        rows = _rows([*early, (900, verdict, failed)], last=2000).known_on(920)
        chances.append(with_chances(rows, known_on=920).chance)
    assert all(chance is not None and chance[-1] == chances[0][-1] > 0 for chance in chances)


def test_without_a_placement_that_ran_its_time_nothing_is_assumed() -> None:
    assert with_chances(_rows([(LAST - 50, TIME, True)])).chance is None
    assert with_chances(_rows([], others=3)).chance is None
    assert with_chances(dataclasses.replace(_rows([], others=3), waits=None)).chance is None


def test_left_out_rows_count_by_the_weight_of_the_sampled() -> None:
    early = [(100 + day, TIME, day < 6) for day in range(10)]
    rows = _rows([*early, (LAST - 10, TIME, True)])
    # Two of the four that did not fail were sampled, each for two; all six that failed are kept for their event.
    sampled = dataclasses.replace(rows, weight=np.array([0.0] * 6 + [2.0, 2.0, 0.0, 0.0, 2.0]))
    whole, some = with_chances(rows).chance, with_chances(sampled.take(sampled.weight + rows.event > 0)).chance
    assert whole is not None
    assert some is not None
    assert some[-1] == whole[-1] == pytest.approx(6.5 / 11)


EARLY = [(100 + day, TIME, day < 3) for day in range(6)]


def test_a_chance_is_part_of_an_event_where_the_row_ends() -> None:
    rows = with_chances(_rows([*EARLY, (LAST - 30, TIME, True)]))
    expanded = expand(rows, np.array([0.0, 12.0, 36.0]))
    last = expanded.row == 6
    assert expanded.target[last].tolist() == pytest.approx([0.0, 3.5 / 7])
    assert expanded.hit.sum() == 3
    assert expanded.repeats(3) == 1.0
    kept = bounded(expanded, rows, 8, seed=0)
    assert kept.hit.sum() == 3


def test_the_rate_is_that_of_who_knows_every_verdict_already() -> None:
    rng = np.random.default_rng(3)
    n, last = 60_000, 720
    placed = np.ceil(rng.exponential(3000, n)).astype(int)
    failed = rng.random(n) < 0.5
    lag = np.where(failed & (rng.random(n) < 0.5), rng.integers(20, TIME, n), TIME)
    inside = placed <= last
    placed, failed, lag = placed[inside], failed[inside], lag[inside]
    placements = [(int(p), int(w), bool(f)) for p, w, f in zip(placed, lag, failed, strict=True)]
    rows = _rows(placements, last=last, others=n - len(placements))
    months = (np.where(failed, placed, last).sum() + last * (n - len(placements))) / DAYS_PER_MONTH
    later = failed.sum() / months

    def rate(of: Rows) -> float:
        cut = expand(of, np.array([0.0, 100.0]))
        return float(cut.target.sum() / cut.exposure.sum())

    assert rate(rows) < 0.9 * later
    assert rate(with_chances(rows)) == pytest.approx(later, rel=0.02)


def test_a_scorecard_counts_the_part_as_bad_and_the_rest_as_a_watch_that_ended() -> None:
    rows = with_chances(_rows([*EARLY, (LAST - 100, TIME, True)], others=10))
    assert rows.chance is not None
    chance, horizon = rows.chance[6], 32.0
    counts = horizon_counts(rows, horizon)
    # At the placement eleven rows are still watched: the undecided one leaves the watch with what is not bad of it.
    kept = 1 - (1 - chance) / (13 + (1 - chance))
    assert counts.bad[6] == pytest.approx(chance)
    assert counts.good[6] == 0.0
    assert counts.good[7:].tolist() == pytest.approx([1 / kept] * 10)
    assert (counts.good + counts.bad).sum() == pytest.approx(len(rows))
