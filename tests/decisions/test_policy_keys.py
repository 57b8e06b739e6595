"""What the keys mean, what changed between two policies, and that the page of the policy is true to every key."""

from __future__ import annotations

import dataclasses
import doctest
import tomllib
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from benchmarks.sections import into_page
from credrisk.decisions import policy_differences as differences_module
from credrisk.decisions import policy_keys as keys_module
from credrisk.decisions.authority import authority_for
from credrisk.decisions.policy import Policy, default_text
from credrisk.decisions.policy_differences import NOT_STATED, policy_differences, policy_values
from credrisk.decisions.policy_documentation import policy_tables
from credrisk.decisions.policy_keys import keys_under, meaning_of, policy_keys, rule_of
from credrisk.decisions.policy_limits import COVER_KINDS
from credrisk.errors import ParameterError
from credrisk.ledger.tables import TABLES

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"


def keys_by_hand(kind: Any, place: str = "") -> list[str]:
    """Walk the dataclasses the slow way: fields that are sections are entered, everything else is a key."""
    found = []
    for field in dataclasses.fields(kind):
        declared = get_type_hints(kind)[field.name]
        key = f"{place}.{field.name}".lstrip(".")
        entries = get_args(declared)[0] if get_origin(declared) is tuple else None
        if dataclasses.is_dataclass(declared):
            found += keys_by_hand(declared, key)
        elif dataclasses.is_dataclass(entries):
            found += keys_by_hand(entries, f"{key}[]")
        else:
            found.append(key)
    return found


def test_every_key_has_a_rule_and_a_meaning_that_says_where_it_comes_from():
    keys = policy_keys()
    assert [each.key for each in keys] == keys_by_hand(Policy)
    for each in keys:
        assert each.rule, each
        assert each.says.endswith("."), each
        assert each.says.count("#") == 0, each
        if "[]" not in each.key:
            assert "prior" in each.says.lower() or "convention" in each.says.lower(), each


def test_the_meaning_is_the_comment_beside_below_or_above():
    assert meaning_of("economics.cost_of_funds").startswith("a year, on money tied up in receivables.")
    assert meaning_of("limit.max_expected_loss_share").endswith("earn several times what they lose.")
    assert meaning_of("collection.actions[call].to_days") == "the age at which the action is used, both included."
    assert meaning_of("economics.lgd_by_cover.guarantee") != meaning_of("economics.lgd_by_cover")
    assert meaning_of("collection.quiet_days.email") == meaning_of("collection.quiet_days")
    assert meaning_of("authority[limit, credit analyst].action").count("payment_plan: ") == 1
    assert meaning_of("no.such") == ""
    assert rule_of("grades[A].pd_from") == "a number at least 0 and at most 1"
    assert rule_of("no.such") == ""


def test_the_page_of_the_policy_is_true_to_every_key():
    page = PAGE.read_text(encoding="utf-8")
    assert page == into_page(page, "keys", policy_tables()), "write it again: python -m benchmarks.documents"
    for key in keys_by_hand(Policy):
        assert f"| `{key}` |" in page
    overview = page.partition("| Section | What it means |")[2].partition("\n\n")[0]
    assert all(f"| `{section}` |" in overview for section in get_type_hints(Policy))


def test_the_kinds_of_cover_are_those_of_the_ledger():
    columns = {column.name: column for column in TABLES["cover"].columns}
    assert tuple(columns["kind"].choices) == COVER_KINDS


def test_equal_policies_have_no_differences():
    assert policy_differences(Policy.default(), Policy.of(tomllib.loads(default_text()))) == ()


def test_the_values_are_those_of_the_file_and_no_others():
    values = policy_values(Policy.default())
    assert values["economics.margin"] == "0.25"
    assert values["exposure.net_of_tax"] == "false"
    assert values["appetite.correlation_range"] == "[0.04, 0.24]"
    assert values["grades[C].pd_from"] == "0.0075"
    assert values["grades (order)"] == "A; B; C; D; E; F; G"
    stated = sum(line.count(" = ") for line in default_text().splitlines() if not line.startswith("#"))
    lists_of_tables = ("authority", "grades", "collection.actions", "dunning.levels")
    tables_in_authority = 1  # the line that opens the list states no value
    comments = sum(line.partition("#")[2].count(" = ") for line in default_text().splitlines() if line[:1] != "#")
    assert len(values) == stated - comments - tables_in_authority + len(lists_of_tables)


def test_differences_name_key_values_and_meaning():
    old = Policy.default()
    content = old.content()
    content["economics"]["margin_by_country"] = {"DE": 0.2}
    content["economics"]["margin"] = 0.3
    content["collection"]["actions"][2]["cost"] = 13.0
    content["grades"] = content["grades"][:-1]
    for table in ("capacity_net_worth_share", "capacity_working_capital_share"):
        del content["limit"][table]["G"]
    content["authority"] = [entry for entry in content["authority"] if entry["worst_grade"] != "G"]
    found = {row.key: row for row in policy_differences(old, Policy.of(content))}
    assert (found["economics.margin"].old, found["economics.margin"].new) == ("0.25", "0.3")
    assert found["economics.margin"].says == meaning_of("economics.margin")
    assert (found["economics.margin_by_country.DE"].old, found["economics.margin_by_country.DE"].new) == (
        NOT_STATED,
        "0.2",
    )
    assert (found["collection.actions[call].cost"].old, found["collection.actions[call].cost"].new) == ("12", "13")
    assert found["grades[G].pd_from"].new == NOT_STATED
    assert found["grades (order)"].new == "A; B; C; D; E; F"
    assert "economics.cost_of_funds" not in found


def test_another_order_of_actions_is_a_difference():
    content = Policy.default().content()
    content["collection"]["actions"].reverse()
    assert [row.key for row in policy_differences(Policy.default(), Policy.of(content))] == [
        "collection.actions (order)"
    ]


def test_a_key_or_a_section_is_found_and_the_nearest_named():
    known = policy_values(Policy.default())
    assert keys_under("economics.margin", known) == ["economics.margin"]
    assert len(keys_under("grades[C]", known)) == 4
    assert set(keys_under("order", known)) == {key for key in known if key.startswith("order.")}
    with pytest.raises(ParameterError, match=r"nearest is 'economics\.margin'"):
        keys_under("economics.margn", known)


@pytest.mark.parametrize("module", [keys_module, differences_module])
def test_the_examples_in_the_docstrings_run(module):
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_the_example_of_the_authority_on_the_page_is_true():
    example = 'authority_for(Policy.default(), action="limit", amount=60_000.0, grade="C")      # \'credit manager\''
    assert f"    {example}\n" in PAGE.read_text(encoding="utf-8")
    assert authority_for(Policy.default(), action="limit", amount=60_000.0, grade="C") == "credit manager"


def test_of_a_file_made_earlier_all_that_a_section_lacks_is_named_at_once():
    content = Policy.default().content()
    for name in ("coverage_cycle_days", "insurer_notice_days"):
        del content["collection"][name]
    with pytest.raises(ParameterError, match=r"(?s)coverage_cycle_days.*Missing here too: insurer_notice_days"):
        Policy.of(content)
