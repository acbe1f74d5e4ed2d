"""Tables are mixed, and mixed anew."""

from collections import Counter
from itertools import combinations, product

import pytest

from services.meetings.draw.model import Type
from services.meetings.draw.seating import seating

PEOPLE: list[Type] = [(a, b) for a, b in product(("kvinne", "mann"), ("ung", "voksen", "eldre")) for _ in range(4)]


def test_everybody_sits_once_a_round_and_tables_are_as_mixed_as_can_be() -> None:
    for tables in seating(PEOPLE, 5, 3, "frø"):
        assert sorted(one for table in tables for one in table) == list(range(len(PEOPLE)))
        assert {len(table) for table in tables} == {4, 5}
        for at, values in enumerate((("kvinne", "mann"), ("ung", "voksen", "eldre"))):
            for value in values:
                held = [sum(PEOPLE[one][at] == value for one in table) for table in tables]
                assert max(held) - min(held) <= 1


def test_rounds_bring_new_people_together() -> None:
    rounds = seating(PEOPLE, 6, 3, "frø")
    pairs = Counter(frozenset(pair) for tables in rounds for table in tables for pair in combinations(table, 2))
    # 6 tables of 4 make 36 pairs a round; 24 people can have 108 different ones.
    assert len(pairs) >= 95
    assert max(pairs.values()) <= 2


def test_the_same_seed_seats_the_same() -> None:
    assert seating(PEOPLE, 4, 2, "a") == seating(PEOPLE, 4, 2, "a") != seating(PEOPLE, 4, 2, "b")


def test_more_tables_than_people_is_refused() -> None:
    with pytest.raises(ValueError, match="3 tables for 2 people"):
        seating(PEOPLE[:2], 3, 1, "")
