from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from credrisk.sources.matching.addresses import same_city, same_postcode, same_street
from credrisk.sources.matching.comparing import Compared, compare

KNOWN = {"hansen", "hanson", "acme", "trading"}


def bits(word: str) -> float:
    return 5.0 if word in {"trading", "north", "holding"} else 12.0


def compared(mine: str, theirs: str) -> Compared:
    return compare(tuple(mine.split()), tuple(theirs.split()), bits=bits, known=KNOWN.__contains__)


def test_the_same_words() -> None:
    assert compared("acme trading", "acme trading") == Compared(1.0, 17.0, 0, 0, 0, 0, 0, 0.0, 0, 0, 1)


def test_another_order_is_told() -> None:
    found = compared("trading acme", "acme trading")
    assert (found.moved, found.exact, found.only_one) == (1, 0, 0.0)
    assert found.overlap == 1.0


def test_a_word_of_one_name_alone_counts_by_its_information() -> None:
    found = compared("acme trading", "acme")
    assert found.only_one == 5.0
    assert found.telling == 1
    # shared 12 bits; all words of both, shared ones once: 12 + 5 / 2
    assert found.overlap == 12 / 14.5


def test_a_slip_of_the_pen_is_not_another_name() -> None:
    slip, other = compared("hansem", "hansen"), compared("hanson", "hansen")
    assert (slip.misspelt, slip.other_word) == (1, 0)
    assert (other.misspelt, other.other_word) == (0, 1)


def test_two_words_written_as_one() -> None:
    found = compared("wal mart trading", "walmart trading")
    assert (found.joined, found.only_one) == (1, 0.0)
    assert compared("walmart", "wal mart").joined == 1


def test_numbers_and_telling_words_pair_off_only_with_themselves() -> None:
    assert compared("acme ii", "acme iii").number == 2
    assert compared("acme 2019", "acme 2018").number == 2
    assert compared("acme north", "acme south").telling == 2
    assert compared("acme northern", "acme north").telling == 2


def test_a_beginning_is_told_apart() -> None:
    found = compared("acme elektrotechn", "acme elektrotechnik")
    assert (found.shortened + found.misspelt, found.only_one) == (1, 0.0)
    assert compared("sta acme", "star acme").shortened == 1


WORDS = st.lists(
    st.sampled_from(["acme", "acne", "trading", "ii", "iii", "north", "wal", "mart", "walmart"]), max_size=5
)


@given(WORDS, WORDS)
def test_what_only_one_name_has_is_the_same_from_either_side(one: list[str], other: list[str]) -> None:
    there = compare(tuple(one), tuple(other), bits=bits, known=lambda word: True)
    back = compare(tuple(other), tuple(one), bits=bits, known=lambda word: True)
    assert (there.number, there.telling, there.exact) == (back.number, back.telling, back.exact)
    assert 0 <= there.overlap <= 1


def test_postcodes() -> None:
    assert same_postcode("SW1A 1AA", "sw1a1aa") == 1
    assert same_postcode("12345-6789", "12345") == 1
    assert same_postcode("1010", "1011") == -1
    assert same_postcode("1010", "10101") == -1
    assert same_postcode(None, "1010") == 0


def test_cities() -> None:
    assert same_city("Frankfurt", "Frankfurt am Main") == 1
    assert same_city("München", "Muenchen") == 1
    assert same_city("München", "Köln") == -1
    assert same_city("", "Köln") == 0


def test_streets() -> None:
    assert same_street("Hauptstr. 12", "Hauptstraße 12") == 1
    assert same_street("12 High Street", "12 High St") == 1
    assert same_street("12 High Street", "14 High Street") == -1
    assert same_street("Mill Lane 3", "Park Lane 3") == -1
    assert same_street(None, "Mill Lane 3") == 0
