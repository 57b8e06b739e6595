"""The policy file: what it accepts, what it refuses and how it says so, and its fingerprint."""

from __future__ import annotations

import doctest
import hashlib
import json
import re
import tomllib

import pytest

from credrisk.decisions import policy as policy_module
from credrisk.decisions.policy import DEFAULT, Policy, default_text
from credrisk.errors import DataError, ParameterError

LGD_BY_COVER = Policy.default().economics.lgd_by_cover


def shipped_text() -> str:
    return DEFAULT.read_text(encoding="utf-8")


def test_the_shipped_file_is_the_default_policy(tmp_path):
    copy = tmp_path / "mine.toml"
    copy.write_text(shipped_text(), encoding="utf-8")
    assert Policy.read(copy) == Policy.default()
    assert Policy.default().content() == tomllib.loads(shipped_text())


def test_every_figure_of_the_shipped_file_says_where_it_comes_from():
    sections = shipped_text().split("# --- ")[1:]
    for section in sections:
        assert any(word in section.lower() for word in ("prior", "convention")), section[:60]
    for line in shipped_text().split("[economics]")[1].split("# --- Collections")[0].splitlines():
        if "=" in line and not line.startswith(("#", "[")) and not re.match("[A-G] =", line):
            assert "Prior" in line or "Convention" in line, line


def test_the_hash_is_of_the_content_not_of_the_layout(tmp_path):
    plain_text = "\n".join(line.split("#")[0].rstrip() for line in shipped_text().splitlines())
    bare = tmp_path / "bare.toml"
    bare.write_text(plain_text.replace("single_name = 2000000.0", "single_name = 2_000_000"), encoding="utf-8")
    assert Policy.read(bare).hash == Policy.default().hash
    canonical = json.dumps(Policy.default().content(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert Policy.default().hash == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    ("key", "value"), [("economics.margin", 0.26), ("version", "2"), ("collection.quiet_days", {"other": 3})]
)
def test_any_change_changes_the_hash(key, value):
    content = Policy.default().content()
    if key == "collection.quiet_days":
        value = {**content["collection"]["quiet_days"], **value}
    assert Policy.default().changed({key: value}).hash != Policy.default().hash


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("economics.margin", 1.0, "below 1"),
        ("economics.margin", -0.1, "at least 0"),
        ("economics.margin", "25 %", "a number"),
        ("economics.margin", True, "a number"),
        ("economics.margin", float("nan"), "a number"),
        ("economics.lgd_by_cover", {**LGD_BY_COVER, "insurance": 0.9}, "at most economics.lgd_uninsured"),
        ("version", "", "not empty"),
        ("limit.step", 0, "above 0"),
        ("limit.terms_days", 30.5, "a whole number"),
        ("appetite.single_name", 10.0, "at least limit.minimum"),
        ("limit.new_customer.limit", 9e9, "at most appetite.single_name"),
        ("limit.new_customer", 5, "a table"),
        ("economics.loss_basis", "gross", "one of cost, invoice"),
        ("economics.margin_by_country", {"DE": 1.0}, "below 1"),
        ("economics.margin_by_segment", 0.2, "a table"),
        ("economics.lgd_by_cover", {"insurance": 0.1}, "present"),
        ("economics.lgd_by_cover", {**LGD_BY_COVER, "pledge": 0.1}, "one of insurance"),
        ("limit.capacity_net_worth_share", {"A": 0.1}, "every grade"),
        ("limit.capacity_working_capital_share", {**dict.fromkeys("ABCDEFG", 0.1), "B": 0.2}, "falling"),
        ("limit.need_peak_quantile", 1.0, "below 1"),
        ("demand.prior_log_sd", 0.0, "above 0"),
        ("appetite.scenarios", 500, "at least 1000"),
        ("appetite.tail_level", 1.0, "below 1"),
        ("appetite.tail_loss_share", 0.001, "at least appetite.expected_loss_share"),
        ("appetite.group", 1.0, "at least appetite.single_name"),
        ("appetite.correlation_range", [0.2, 0.3], "between them"),
        ("appetite.correlation_range", [0.1, 0.12, 0.2], "two numbers"),
        ("appetite.group_link", 0.8, "below 1 together"),
        ("order.maximum_days_past_due", 1, "at least order.release_overdue_days"),
        ("collection.actions", [], "a list"),
        ("collection.quiet_days", {"email": 1}, "channels not named"),
        ("collection.collectability.shares", [0.5, 0.6, 0.7], "falling"),
        ("collection.collectability.shares", [0.5], "as many as"),
        ("collection.collectability.shares", [0.0, 0.0, 0.0], "above 0"),
        ("policy_grade.in_default_pd", 1.5, "at most 1"),
        ("collection.collectability.ages_days", [1, 1, 2], "rising"),
        ("policy_grade.without_history", "Z", "a grade of the scale"),
        ("policy_grade.dbt_12m", {"C": 3, "B": 5}, "rising"),
    ],
)
def test_an_error_names_the_key_the_rule_and_the_value(key, value, rule):
    with pytest.raises(ParameterError) as error:
        Policy.default().changed({key: value})
    assert key in str(error.value)
    assert rule in str(error.value)


def test_a_far_tail_needs_more_scenarios():
    with pytest.raises(ParameterError, match=r"appetite\.scenarios.*10000.*got 1000"):
        Policy.default().changed({"appetite.tail_level": 0.99})
    enough = Policy.default().changed({"appetite.tail_level": 0.99, "appetite.scenarios": 10_000})
    assert enough.appetite.scenarios == 10_000


def test_tables_of_margins_may_be_empty_or_not():
    assert Policy.default().economics.margin_by_industry == {}
    changed = Policy.default().changed({"economics.margin_by_industry": {"retail": 0.18}})
    assert changed.economics.margin_by_industry == {"retail": 0.18}
    with pytest.raises(ParameterError, match=r"collection\.quiet_days.*not empty"):
        Policy.default().changed({"collection.quiet_days": {}})


@pytest.mark.parametrize(
    ("place", "change", "key"),
    [
        (1, {"pd_from": 0.0}, "grades.pd_from"),
        (0, {"pd_from": 0.001}, "grades[1].pd_from"),
        (2, {"pd_used": 0.02}, "grades[3].pd_used"),
        (2, {"name": "A"}, "grades.name"),
        (2, {"review_months": 0}, "grades[3].review_months"),
    ],
)
def test_the_master_scale_must_hold_together(place, change, key):
    grades = Policy.default().content()["grades"]
    grades[place] |= change
    with pytest.raises(ParameterError, match="policy key") as error:
        Policy.default().changed({"grades": grades})
    assert key in str(error.value)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"broken_promises_count": 1}, "broken_promises_count"),
        ({"channel": "pigeon"}, "channel"),
        ({"to_days": -30}, "to_days"),
        ({"name": "letter"}, "name"),
    ],
)
def test_actions_must_hold_together(change, key):
    actions = Policy.default().content()["collection"]["actions"]
    actions[0] |= change
    with pytest.raises(ParameterError, match=key):
        Policy.default().changed({"collection.actions": actions})


def test_an_unknown_key_names_the_nearest():
    for wrong, near in (
        ("economics.margn", "economics.margin"),
        ("limit.order_tolerance", "order.tolerance"),
        ("margin", "economics.margin"),
        ("appetit", "appetite"),
    ):
        with pytest.raises(ParameterError, match=rf"'{wrong}'.*nearest is '{near}'.*rename it to '{near}'"):
            Policy.default().changed({wrong: 0.1})
    with pytest.raises(ParameterError, match=r"economic\.margin"):
        Policy.default().changed({"economic.margin": 0.1})


def test_a_missing_key_is_named():
    content = Policy.default().content()
    del content["collection"]["actions"][1]["reach"]
    with pytest.raises(ParameterError, match=r"collection\.actions\[2\]\.reach"):
        Policy.of(content)


def test_a_file_that_is_not_there_or_not_toml(tmp_path):
    with pytest.raises(ParameterError, match="an existing TOML file"):
        Policy.read(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("version = \n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1"):
        Policy.read(broken)
    broken.write_bytes(b'version = "\xff"')
    with pytest.raises(DataError, match="UTF-8"):
        Policy.read(broken)


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(policy_module).failed == 0


def test_the_mark_that_an_editor_puts_before_the_text_does_no_harm(tmp_path):
    marked = tmp_path / "policy.toml"
    marked.write_bytes(b"\xef\xbb\xbf" + default_text().replace("\n", "\r\n").encode("utf-8"))
    assert Policy.read(marked) == Policy.default()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04\x00\x00", "is not a text file"),
        (b"\xff\xfev\x00e\x00", "UTF-16.*encoding UTF-8"),
        (b'version = "1"\nname = "caf\xe9"', "line 2 holds a byte"),
        (b'version = "1"\n[economics]\nmargin = 25 %', r"line 3: `margin = 25 %`.*write margin = 0\.25"),
        (b"margin = 12,5%  # ours", r"line 1.*write margin = 0\.125"),
        (b"capacity_binds = False\nother = 1", "line 1.*write capacity_binds = false"),
        (b"margin = 0,25", r"write margin = 0\.25, with a point"),
        (b"loss_basis = cost", 'write loss_basis = "cost"'),
        (b"margin 0.25", "line 1: `margin 0.25` cannot be read.*key = value"),
    ],
)
def test_text_that_is_no_toml_gets_a_plain_sentence_with_the_line(tmp_path, content, said):
    broken = tmp_path / "broken.toml"
    broken.write_bytes(content)
    with pytest.raises(DataError, match=said):
        Policy.read(broken)


def test_a_value_out_of_bounds_says_how_to_write_it():
    with pytest.raises(ParameterError, match=r"for 25 % write 0\.25"):
        Policy.default().changed({"economics.margin": 25})
    with pytest.raises(ParameterError, match=r"at most 9,007,199,254,740,992; got 1e\+20"):
        Policy.default().changed({"appetite.single_name": 1e20})
    with pytest.raises(ParameterError, match="below 1; got nan"):
        Policy.default().changed({"economics.margin": float("nan")})


def test_a_missing_key_names_the_shipped_value():
    content = Policy.default().content()
    del content["economics"]["margin"]
    with pytest.raises(ParameterError, match=r"'economics\.margin'.*the shipped policy has margin = 0\.25\."):
        Policy.of(content)
    content = Policy.default().content()
    del content["order"]
    with pytest.raises(ParameterError, match=r"'order'.*copy it from the shipped policy"):
        Policy.of(content)
