"""The desk's plain functions: what a state makes of the list, what it costs, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from desk_world import HOSTILE, desk_of, ledger_and_scores
from polars.testing import assert_frame_equal

from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.queue import collection_queue
from credrisk.decisions.queue_weights import QueueWeights
from credrisk.decisions.supervisor_hand import hand_of
from credrisk.errors import DataError, ParameterError
from credrisk.widgets.desk import Laid, by_hand, default_expiry, hand_frame, made_list
from credrisk.widgets.desk_files import read_desk, write_desk
from credrisk.widgets.desk_hand import done_csv, done_table, written_down
from credrisk.widgets.desk_old_list import OLD_LISTS, old_list
from credrisk.widgets.desk_replay import look_back
from credrisk.widgets.desk_state import (
    SHOWN,
    SORTS,
    filtered,
    first_state,
    lay,
    lift,
    sorted_by,
    with_capacity,
    with_weight,
)
from credrisk.widgets.desk_view import shown_rows, view
from credrisk.widgets.desk_words import (
    capacity_told,
    cells,
    change_sentences,
    foot,
    headline,
    moved_words,
    signed,
    tiles,
)
from credrisk.wording import money


@pytest.fixture(scope="module")
def desk():
    return desk_of()


def waiting(desk):
    """Return accounts that may be contacted and that nobody calls today, the largest first."""
    free = made_list(desk).filter(pl.col("hold").is_null() & ~by_hand())
    return free.sort("past_due", "customer_id", descending=[True, False])["customer_id"].to_list()


def pin(desk, customer, what="pin", factor=None):
    return Laid(customer, what, "visit", default_expiry(desk), factor)


def test_the_desk_opens_with_the_list_that_the_policy_makes(desk):
    ledger, scores = ledger_and_scores()
    made = collection_queue(ledger, as_of=desk.as_of, scores=scores, capacity=5, output="polars")
    seen = view(desk, first_state(desk))
    assert_frame_equal(seen.queue.drop("moved"), made)
    assert seen.queue["moved"].drop_nulls().eq(0).all()
    assert seen.steps == ()
    assert change_sentences(seen, desk) == ["This is the model's own order: nothing was changed."]
    assert seen.by_hand().height == 5
    assert headline(seen, desk).startswith("5 contacts by hand today are worth")


def test_a_capacity_other_than_the_policys_is_told_with_what_the_policys_list_is_worth(desk):
    ledger, scores = ledger_and_scores()
    made = collection_queue(ledger, as_of=desk.as_of, scores=scores, output="polars").filter(by_hand())
    told = capacity_told(desk)
    assert told.startswith("The list is for at most 5 contacts by hand.")
    assert told.endswith(f"for the policy's 40: {made.height} contacts, worth {money(made['gain'].sum(), 'EUR')}.")
    same = replace(desk, capacity=40)
    assert capacity_told(same) == "The list is for at most 40 contacts by hand, the policy's capacity, as in the pack."


def test_every_change_is_what_the_queue_itself_makes_of_it_and_the_steps_add_up(desk):
    ledger, scores = ledger_and_scores()
    first, second = waiting(desk)[:2]
    state = with_capacity(first_state(desk), 9)
    state = with_weight(with_weight(state, "age", 3.0), "goodwill", 2.0)
    state = lay(lay(state, desk, pin(desk, first)), desk, pin(desk, second, "boost", 4.0))
    seen = view(desk, state)
    made = collection_queue(
        ledger,
        as_of=desk.as_of,
        scores=scores,
        capacity=9,
        weights=QueueWeights(age=3.0, goodwill=2.0),
        hand=hand_frame(desk, state.laid),
        output="polars",
    )
    assert_frame_equal(seen.queue.drop("moved"), made)
    before = seen.model.filter("contact_today")["gain"].sum()
    after = made.filter("contact_today")["gain"].sum()
    assert sum(step.gain for step in seen.steps) == pytest.approx(after - before, abs=1e-9)
    assert [step.says for step in seen.steps] == [
        "4 more contacts",
        "your weights",
        "your pins, boosts and exclusions",
    ]
    ranks = dict(seen.model.select("customer_id", "rank").iter_rows())
    for row in seen.queue.iter_rows(named=True):
        before_rank = ranks[row["customer_id"]]
        wanted = None if row["rank"] is None or before_rank is None else before_rank - row["rank"]
        assert row["moved"] == wanted


def test_more_contacts_never_gain_less_and_end_where_nothing_more_gains(desk):
    gains = [made_list(desk, capacity=count).filter("contact_today")["gain"].sum() for count in range(0, 31, 3)]
    assert gains == sorted(gains)
    most = desk.most_contacts()
    assert made_list(desk, capacity=most).filter(by_hand()).height == most
    assert made_list(desk, capacity=most + 20).filter(by_hand()).height == most


def test_a_pin_comes_first_an_exclusion_is_held_and_the_later_counts(desk):
    customer = waiting(desk)[0]
    pinned = lay(first_state(desk), desk, pin(desk, customer))
    (row,) = view(desk, pinned).queue.filter(pl.col("customer_id") == customer).iter_rows(named=True)
    assert row["contact_today"]
    assert "pinned until" in row["hand"]
    out = lay(pinned, desk, pin(desk, customer, "exclude"))
    assert [each.what for each in out.laid] == ["exclude"]
    (row,) = view(desk, out).queue.filter(pl.col("customer_id") == customer).iter_rows(named=True)
    assert row["hold"] == "excluded"
    assert lift(out, customer).laid == ()
    assert first_state(desk).laid == ()
    boosted = lay(pinned, desk, pin(desk, customer, "boost", 2.0))
    assert {each.what for each in boosted.laid} == {"pin", "boost"}


def test_what_breaks_its_rule_is_refused(desk):
    state, customer = first_state(desk), waiting(desk)[0]
    good = pin(desk, customer)
    for wrong in (
        replace(good, what="kiss"),
        replace(good, reason="  "),
        replace(good, customer_id="stranger"),
        replace(good, expires_on=desk.as_of),
        replace(good, what="boost"),
        replace(good, factor=2.0),
    ):
        with pytest.raises(ParameterError):
            lay(state, desk, wrong)
    for made in (
        lambda: with_capacity(state, -1),
        lambda: with_capacity(state, 2.5),
        lambda: with_weight(state, "luck", 1.0),
        lambda: with_weight(state, "age", -1.0),
        lambda: filtered(state, shown="nobody"),
        lambda: filtered(state, least_past_due=float("nan")),
        lambda: sorted_by(state, "name"),
        lambda: old_list(desk, ranking="luckiest_first"),
        lambda: desk_of(capacity=-1),
    ):
        with pytest.raises(ParameterError):
            made()


def test_filters_let_through_what_they_say(desk):
    _, scores = ledger_and_scores()
    names = dict(scores.select("customer_id", "name").iter_rows())
    state = lay(with_capacity(first_state(desk), 8), desk, pin(desk, waiting(desk)[-1]))
    seen = view(desk, state)

    def ids(**filters):
        return set(shown_rows(replace_state(seen, filtered(state, **filters)), desk)["customer_id"])

    def replace_state(shown, new):
        return replace(shown, state=new)

    rows = {row["customer_id"]: row for row in seen.queue.iter_rows(named=True)}
    hand = set(seen.by_hand()["customer_id"])
    assert ids(shown="by_hand") == hand
    assert ids(shown="mail") == {key for key, row in rows.items() if row["contact_today"]} - hand
    assert ids(shown="free") == {key for key, row in rows.items() if row["hold"] is None}
    assert ids(shown="held") == {key for key, row in rows.items() if row["hold"] not in (None, "nothing_due")}
    assert ids(shown="laid") == {state.laid[0].customer_id}
    assert ids(shown="moved") == set(seen.difference.table["customer_id"])
    assert ids(shown="all") == set(rows)
    assert ids(shown="all", least_past_due=5000.0) == {key for key, row in rows.items() if row["past_due"] >= 5000.0}
    who = sorted({row["collector"] for row in rows.values() if row["collector"]})
    for collector in who[:1]:
        assert ids(shown="all", collector=collector) == {
            key for key, row in rows.items() if row["collector"] == collector
        }
    assert filtered(filtered(state, collector="Ada"), collector="").collector is None
    customer = next(iter(rows))
    assert ids(shown="all", search=customer.lower()) == {
        key for key in rows if customer.lower() in f"{key} {names[key]}".lower()
    }
    hostile = next(key for key, name in names.items() if name == HOSTILE)
    assert ids(shown="all", search="ALERT(1) long") == {hostile}
    assert ids(shown="all", search="[") == set()
    assert set(SHOWN) == {"by_hand", "mail", "free", "moved", "laid", "held", "all"}


@pytest.mark.parametrize("column", SORTS)
def test_the_list_is_sorted_by_its_columns_both_ways(desk, column):
    state = sorted_by(filtered(first_state(desk), shown="all"), column)
    for turned in (state, sorted_by(state, column)):
        rows = shown_rows(view(desk, turned), desk)
        of = pl.coalesce("name", "customer_id").str.to_lowercase() if column == "customer" else pl.col(column)
        values = rows.select(of).to_series()
        known = values.drop_nulls()
        assert values.head(known.len()).null_count() == 0
        assert known.to_list() == sorted(known.to_list(), reverse=turned.descending)


def test_what_a_change_is_worth_is_said(desk):
    said = change_sentences(view(desk, with_capacity(first_state(desk), 4)), desk)
    assert said[0].startswith("1 fewer contact: ")
    assert said[0].endswith(" given up.")
    assert "the mail included" in said[-1]
    assert said[-1].endswith("to 4.")
    more = change_sentences(view(desk, with_capacity(first_state(desk), 7)), desk)
    assert more[0].startswith("2 more contacts: ")
    assert more[0].endswith((" won.", " the same."))
    assert len(more) == 2


def test_figures_in_words(desk):
    seen = view(desk, first_state(desk))
    names = [what for what, _, _ in tiles(seen, desk)]
    assert names[:4] == ["Contacts by hand", "To ask for", "Gain of today's list", "Against the model's"]
    assert (moved_words(3), moved_words(-2), moved_words(0), moved_words(None)) == ("▲ 3", "▼ 2", "", "")
    assert (signed(31.82, "EUR"), signed(-1200.0, "EUR"), signed(0.001, "EUR")) == ("+31.82 EUR", "−1,200 EUR", "0 EUR")
    assert foot(0, 0, "pinned") == "No account: pinned, under these filters."
    assert foot(2, 2, "pinned") == "2 accounts (pinned)."
    assert foot(2, 2, "pinned", last_rank=2) == "2 accounts (pinned)."
    passed_over = foot(10, 10, "today, by hand", last_rank=15)
    assert passed_over.endswith("Ranks are places in the whole list: others, such as e-mails, stand between.")
    assert foot(300, 1200, "all accounts").startswith("The first 300 of 1,200 accounts")
    row = cells(seen.by_hand().head(1), desk)[0]
    (whole,) = seen.by_hand().head(1).iter_rows(named=True)
    assert row["chased"] == f"{whole['chased']:,.0f}"
    assert row["gain"] == f"{whole['gain']:,.2f}"
    assert row["today"]
    held = cells(seen.queue.filter(pl.col("hold").is_not_null()).head(1), desk)[0]
    assert (held["rank"], held["gain"], held["action"], held["held"]) == ("", "", "left in peace", True)


@pytest.mark.parametrize("ranking", OLD_LISTS)
def test_the_old_list_holds_the_first_by_its_column_and_gains_no_more(desk, ranking):
    column, _ = OLD_LISTS[ranking]
    found = old_list(desk, ranking=ranking)
    model = made_list(desk)
    free = model.filter(pl.col("hold").is_null()).sort(column, "customer_id", descending=[True, False], nulls_last=True)
    first = set(free.head(5)["customer_id"])
    called = set(found.queue.filter(by_hand())["customer_id"])
    assert called <= first
    assert found.queue.filter(pl.col("customer_id").is_in(list(first)))["slot"].eq("pin").all()
    assert set(found.missed["customer_id"]) == set(model.filter(by_hand())["customer_id"]) - called
    assert found.gain_model == pytest.approx(model.filter("contact_today")["gain"].sum())
    assert found.gain_old == pytest.approx(found.queue.filter("contact_today")["gain"].sum())
    assert found.gain_old <= found.gain_model + 1e-9


def test_what_was_done_is_kept_as_csv_and_in_the_log(desk, tmp_path):
    log = DecisionLog(tmp_path / "log.db")
    customer, other = waiting(desk)[:2]
    state = lay(first_state(desk), desk, Laid(customer, "pin", "=1+1", default_expiry(desk)))
    state = lay(state, desk, pin(desk, other, "boost", 3.0))
    table = done_table(desk, state)
    assert sorted(table.select("customer_id", "what").rows()) == sorted([(customer, "pin"), (other, "boost")])
    assert "'=1+1" in done_csv(desk, state)
    assert not log.path.exists()
    with pytest.raises(ParameterError, match="author"):
        written_down(log, desk, state, author=" ")
    with pytest.raises(ParameterError, match="hand"):
        written_down(log, desk, first_state(desk), author="Lead")
    before = datetime.combine(desk.as_of - timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    with pytest.raises(ParameterError, match="as_of"):
        written_down(log, desk, state, author="Lead", now=before)
    assert not log.path.exists()
    written_down(log, desk, state, author="Lead")
    laid = hand_of(log, as_of=desk.as_of)
    assert laid.drop("author").equals(table.drop("author"))
    assert laid["author"].to_list() == ["Lead", "Lead"]
    # The next desk of the day opens with it.
    again = desk_of(log=log)
    assert_frame_equal(
        made_list(again).drop("hand", "reasons"), view(desk, state).queue.drop("hand", "reasons", "moved")
    )
    assert done_table(again, first_state(again)).is_empty()
    out = lay(first_state(again), again, pin(again, customer, "exclude"))
    assert view(again, out).queue.filter(pl.col("customer_id") == customer)["hold"].item() == "excluded"


def test_a_desk_laid_down_opens_as_it_was(desk, tmp_path):
    _, scores = ledger_and_scores()
    with pytest.raises(DataError, match="holds no desk"):
        read_desk(tmp_path)
    write_desk(tmp_path, desk, scores=scores)
    again = read_desk(tmp_path)
    assert (again.as_of, again.capacity, again.currency) == (desk.as_of, desk.capacity, desk.currency)
    assert again.policy.hash == desk.policy.hash
    assert_frame_equal(made_list(again), made_list(desk))
    assert_frame_equal(again.roll_over, desk.roll_over)


def test_a_ledger_of_a_year_cannot_be_replayed_and_says_so(desk):
    found = look_back(desk)
    assert found.found is None
    assert "Nothing can be replayed" in found.says[0]
