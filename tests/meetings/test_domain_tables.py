"""Tables: everybody sits, sizes differ by one, rooms are mixed and mixed anew."""

from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.meetings.seating.domain import Guest, most_tables, seat


def room(women: int, men: int) -> list[Guest]:
    """Guests of two genders and three areas."""
    return [
        Guest(f"K{place:03}", {"gender": "female" if place < women else "male", "area": "abc"[place % 3]})
        for place in range(women + men)
    ]


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 12), st.integers(1, 3))
def test_everybody_has_one_seat_in_every_round_and_tables_are_even(
    women: int, men: int, tables: int, rounds: int
) -> None:
    guests = room(women, men)
    seatings = seat(guests, tables, rounds, "x")
    assert len(seatings) == rounds
    for seating in seatings:
        assert set(seating) == {guest.code for guest in guests}
        sizes = Counter(seating.values())
        assert not sizes or max(sizes.values()) - min(sizes.values()) <= 1
        assert len(sizes) <= min(tables, most_tables(len(guests)))
    assert seat(guests, tables, rounds, "x") == seatings, "the same list and seed give the same tables"


def test_a_table_is_as_mixed_as_the_room() -> None:
    guests = room(12, 12)
    (seating,) = seat(guests, 4, 1, "x")
    women = Counter(seating[guest.code] for guest in guests if guest.features["gender"] == "female")
    assert set(women.values()) == {3}
    for area in "abc":
        here = Counter(seating[guest.code] for guest in guests if guest.features["area"] == area)
        assert set(here.values()) == {2}


def test_the_second_round_brings_together_others() -> None:
    guests = room(8, 8)
    first, second = seat(guests, 4, 2, "x")

    def pairs(seating: dict[str, int]) -> set[tuple[str, str]]:
        return {pair for pair in combinations(sorted(seating), 2) if seating[pair[0]] == seating[pair[1]]}

    assert len(pairs(first) & pairs(second)) <= 4, "of 24 pairs; 5 would meet again by chance"


def test_two_features_at_once_are_spread_over_uneven_tables() -> None:
    kinds = [(gender, band) for gender in ("female", "male") for band in ("ung", "voksen", "eldre") for _ in range(4)]
    guests = [Guest(f"K{place:03}", {"gender": a, "band": b}) for place, (a, b) in enumerate(kinds)]
    for seating in seat(guests, 5, 3, "x"):
        for feature, values in (("gender", ("female", "male")), ("band", ("ung", "voksen", "eldre"))):
            for value in values:
                here = Counter(seating[guest.code] for guest in guests if guest.features[feature] == value)
                sizes = [here[table] for table in range(1, 6)]
                assert max(sizes) - min(sizes) <= 1


def test_three_rounds_make_nearly_as_many_new_pairs_as_there_can_be() -> None:
    pairs: Counter[tuple[str, str]] = Counter()
    for seating in seat(room(12, 12), 6, 3, "x"):
        pairs.update(pair for pair in combinations(sorted(seating), 2) if seating[pair[0]] == seating[pair[1]])
    # 6 tables of 4 make 36 pairs a round; 24 people can have 108 different ones.
    assert len(pairs) >= 95
    assert max(pairs.values()) <= 2
    assert seat(room(12, 12), 4, 2, "a") != seat(room(12, 12), 4, 2, "b")


def unevenness(guests: list[Guest], seating: dict[str, int]) -> float:
    """How far the tables are from the mix of the room: squares of what each has too many or too few of."""
    room_values = Counter(value for guest in guests for value in guest.features.items())
    total = 0.0
    for table in set(seating.values()):
        here = [guest for guest in guests if seating[guest.code] == table]
        held = Counter(value for guest in here for value in guest.features.items())
        total += sum((held[value] - n * len(here) / len(guests)) ** 2 for value, n in room_values.items())
    return total


def meetings_again(seating: dict[str, int], earlier: list[dict[str, int]]) -> int:
    """How often two who sit together have done so before."""
    pairs = [(a, b) for a, b in combinations(seating, 2) if seating[a] == seating[b]]
    return sum(before[a] == before[b] for a, b in pairs for before in earlier)


@given(
    st.lists(st.tuples(st.sampled_from(["f", "m"]), st.sampled_from("abc")), min_size=4, max_size=12),
    st.integers(2, 4),
    st.integers(1, 3),
)
def test_no_two_could_change_seats_to_make_a_round_better(
    features: list[tuple[str, str]], tables: int, rounds: int
) -> None:
    """The mix of the room comes first, and then new faces."""
    guests = [Guest(f"K{place:02}", {"gender": a, "area": b}) for place, (a, b) in enumerate(features)]
    seatings = seat(guests, tables, rounds, "x")
    for number, seating in enumerate(seatings):
        mix, again = unevenness(guests, seating), meetings_again(seating, seatings[:number])
        for a, b in combinations(seating, 2):
            changed = seating | {a: seating[b], b: seating[a]}
            gain = mix - unevenness(guests, changed)
            assert gain < 1e-6
            assert gain < -1e-6 or meetings_again(changed, seatings[:number]) >= again


def test_a_table_has_two_at_least_and_nobody_sits_at_none() -> None:
    assert [most_tables(guests) for guests in range(6)] == [1, 1, 1, 1, 2, 2]
    assert seat([], 3, 2, "x") == [{}, {}]
    assert seat(room(1, 1), 9, 1, "x") == [{"K000": 1, "K001": 1}]
    assert set(seat(room(2, 2), 9, 1, "x")[0].values()) == {1, 2}
