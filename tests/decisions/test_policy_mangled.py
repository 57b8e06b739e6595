"""A policy file mangled at will is either a policy or one message that names the fault; never a stray exception."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command import credrisk, refused, succeeded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credrisk.decisions.policy import Policy, default_text
from credrisk.errors import CredriskError

LINES = default_text().splitlines()
KEYED = [place for place, line in enumerate(LINES) if re.match(r"\w+ = ", line)]

VALUES = st.one_of(
    st.floats().map(lambda number: repr(number)),
    st.integers(-(10**30), 10**30).map(str),
    st.sampled_from(
        (
            "true",
            "[]",
            "{}",
            "[[]]",
            '""',
            '"\\u0000"',
            "1979-05-27",
            "{ a = 1 }",
            "[1, 2, 3, 4]",
            "1e999",
            "-0.0",
            "0x10",
            "9" * 5000,
            "[" * 2000,
            '"' + "x" * 3000 + '"',
            '{ A = "x" }',
            "",
        )
    ),
    st.text(max_size=8).map(lambda words: f'"{words}"'),
)


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """Draw a file with lines gone, doubled, moved, renamed or given other values, and perhaps some bytes flipped."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(KEYED))
        key = lines[place].partition(" = ")[0]
        lines[place] = draw(
            st.one_of(
                VALUES.map(lambda value, key=key: f"{key} = {value}"),
                st.just(""),
                st.just(f"{lines[place]}\n{lines[place]}"),
                st.text(st.characters(codec="utf-8"), max_size=12).map(lambda name: f"{name} = 1"),
                st.sampled_from(LINES),
                st.sampled_from(LINES).map(lambda line, own=lines[place]: f"{own}\n{line}"),
            )
        )
    content = bytearray("\n".join(lines).encode("utf-8"))
    for _ in range(draw(st.integers(0, 2))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=mangled())
def test_a_mangled_file_is_a_policy_or_one_message(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "mangled.toml"
    target.write_bytes(content)
    message = ""
    try:
        policy = Policy.read(target)
    except CredriskError as error:
        message = str(error)
    else:
        assert Policy.of(policy.content()).hash == policy.hash
    assert message == "" or ("mangled.toml" in message and len(message) < 1500)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=mangled())
def test_the_command_prints_it_without_a_traceback(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "mangled.toml"
    target.write_bytes(content)
    outcome = credrisk("policy", "check", target)  # fails on a traceback or a programmer's word
    assert outcome.code in (0, 1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("tolerance = 0.10 ", "tolerence = 0.10 "), ("order.tolerence", "order.tolerance", "rename")),
        (("[order]", "[orders]"), ("'orders'", "'order'")),
        (("tail_level = 0.95", "tail_level = 0.99"), ("appetite.scenarios", "10000", "1000", "policy show appetite")),
        (("net_of_tax = false", "net_of_tax = 0"), ("exposure.net_of_tax", "true or false", "0")),
        (("cost_of_funds = 0.08", "cost_of_funds = 8"), ("economics.cost_of_funds", "at most 1", "8")),
        (("A = 0.15", "AAA = 0.15"), ("limit.capacity_net_worth_share.AAA", "a grade of the scale")),
        (("single_name = 2000000.0", "single_name = 1e300"), ("appetite.single_name", "1e+300")),
    ],
)
def test_the_message_names_key_rule_value_and_remedy(
    tmp_path: Path, wrong: tuple[str, str], words: tuple[str, ...]
) -> None:
    target = tmp_path / "policy.toml"
    assert default_text().count(f"\n{wrong[0]}") == 1
    target.write_text(default_text().replace(f"\n{wrong[0]}", f"\n{wrong[1]}"), encoding="utf-8")
    message = refused("policy", "check", target)
    for word in (*words, "policy.toml", "What to do:"):
        assert word in message


def test_diff_names_keys_values_and_meaning_and_that_the_version_is_the_same(tmp_path: Path) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(default_text(), encoding="utf-8")
    new.write_text(default_text().replace("\nmargin = 0.25", "\nmargin = 0.30"), encoding="utf-8")
    for arguments in ((old, new), (new,)):
        said = succeeded("policy", "diff", *arguments).out
        assert "1 key differs" in said
        assert "economics.margin 0.25 0.3 gross margin on sales" in said
        assert "same version" in said
    assert "Every key has the same value in both." in succeeded("policy", "diff", old).out
    assert "existing TOML file" in refused("policy", "diff", old, tmp_path / "gone.toml")


def test_show_gives_value_rule_and_meaning(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(default_text().replace("\nmargin = 0.25", "\nmargin = 0.30"), encoding="utf-8")
    assert "economics.margin 0.25 gross margin" in succeeded("policy", "show", "economics.margin").out
    said = succeeded("policy", "show", "economics.margin", "--policy", mine).out
    assert "economics.margin 0.3 gross margin" in said
    assert "Rule: a number at least 0 and below 1." in said
    assert succeeded("policy", "show", "--policy", mine).out == " ".join(mine.read_text(encoding="utf-8").split())
    assert "nearest is 'economics'" in refused("policy", "show", "economis")
