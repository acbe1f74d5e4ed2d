"""Tickets keep every quota, chances are those stated, and what cannot be kept is named with the smallest change."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.meetings.draw.commitment import Entry, by_type
from services.meetings.draw.model import Infeasible, Lottery, Pool
from services.meetings.draw.solving import solve
from services.meetings.seats.lottery import FEATURES, Kind, Limit, limits_of_shares
from services.meetings.seats.randomness import Announced, outcome_of
from services.meetings.verify import Refused, drawn_leaves

BANDS, AREAS = ("15-24", "25-44", "45-"), ("ost", "vest")


def seated_by(lottery: Lottery, pool: Sequence[Entry], ticket: int) -> tuple[int, ...]:
    """Places in the pool of those a ticket seats."""
    full = by_type(Pool.of(FEATURES, (entry.type for entry in pool)), lottery)
    places = {entry.leaf: place for place, entry in enumerate(pool)}
    return tuple(sorted(places[leaf] for leaf in drawn_leaves(full, [entry.document() for entry in pool], ticket)))


def pool_of(size: int) -> list[Kind]:
    """People of every kind, more men and more who are old."""
    return [
        (("male", "female", "male")[place % 3], ("15-24", "25-44", "45-", "45-", "45-")[place % 5], AREAS[place % 2])
        for place in range(size)
    ]


def names(size: int) -> list[str]:
    """An id for each."""
    return [str(place) for place in range(size)]


def prepare(pool: list[Kind], limits: list[Limit], seats: int) -> Lottery:
    """A lottery for three dice."""
    return solve(Pool.of(FEATURES, pool), limits, seats, tickets=1000)


def groups(pool: list[Kind], lottery: Lottery) -> list[tuple[int, ...]]:
    """Places of those each ticket seats."""
    entries = [Entry.of("salt", str(place), kind) for place, kind in enumerate(pool)]
    return [seated_by(lottery, entries, ticket) for ticket in range(0, lottery.tickets, 7)]


def group_of(places: tuple[int, ...], pool: list[Kind]) -> Counter[Kind]:
    """Counts by kind."""
    return Counter(pool[place] for place in places)


def kept(group: Counter[Kind], limits: list[Limit]) -> bool:
    """Whether the group keeps every quota."""
    return all(
        limit.least <= sum(n for kind, n in group.items() if limit.holds(kind)) <= limit.most for limit in limits
    )


SHARES = {
    "gender": {"female": 0.5, "male": 0.5},
    "band": {"15-24": 0.3, "25-44": 0.3, "45-": 0.4},
    "area": {"ost": 0.5, "vest": 0.5},
}


@settings(deadline=None, max_examples=15)
@given(st.integers(12, 90), st.integers(4, 12))
def test_every_ticket_holds_as_many_as_there_are_seats_and_keeps_every_quota(people: int, seats: int) -> None:
    pool, limits = pool_of(people), limits_of_shares(SHARES, seats)
    try:
        lottery = prepare(pool, limits, seats)
    except Infeasible:
        return
    assert lottery.tickets == 1000
    for ticket in groups(pool, lottery):
        assert len(set(ticket)) == seats
        assert kept(group_of(ticket, pool), limits)
    assert sum(lottery.probabilities[kind] for kind in pool) == pytest.approx(seats)
    assert prepare(pool, limits, seats) == lottery, "it repeats"


def test_the_lowest_chance_is_the_highest_possible_but_for_whole_tickets() -> None:
    lottery = prepare(pool_of(60), limits_of_shares(SHARES, 10), 10)
    assert min(lottery.probabilities.values()) >= min(lottery.best.values()) - 0.002


def test_a_quota_of_none_is_kept_and_who_is_never_on_a_ticket_is_reported() -> None:
    pool = pool_of(30)
    lottery = prepare(pool, [Limit("band", "15-24", 0, 0)], 6)
    young = {place for place, kind in enumerate(pool) if kind[1] == "15-24"}
    assert {place for place, kind in enumerate(pool) if kind in lottery.excluded} == young
    assert all(not young & set(ticket) for ticket in groups(pool, lottery))


def test_quotas_that_cannot_be_kept_are_named_with_the_smallest_change() -> None:
    pool = pool_of(30)
    limits = [Limit("gender", "female", 5, 6), Limit("band", "45-", 0, 1), Limit("area", "ost", 0, 6)]
    too_many = [Limit("gender", "male", 5, 6), *limits]
    with pytest.raises(Infeasible) as refusal:
        prepare(pool, too_many, 6)
    relaxations = [(each.quota, each.relaxed) for each in refusal.value.relaxations]
    assert sum(abs(old.least - new.least) + abs(old.most - new.most) for old, new in relaxations) == 4
    relaxed = {(old.feature, old.value): Limit(new.feature, new.value, new.least, new.most) for old, new in relaxations}
    mended = [relaxed.get((limit.feature, limit.value), limit) for limit in too_many]
    assert kept(group_of(groups(pool, prepare(pool, mended, 6))[0], pool), mended)


def test_limits_surround_the_share_and_leave_room_for_those_it_does_not_count() -> None:
    limits = limits_of_shares({"gender": {"female": 0.5, "male": 0.5}}, 20, {"gender": 0.05})
    assert [(limit.least, limit.most) for limit in limits] == [(9, 10), (9, 10)]
    exact = limits_of_shares({"band": {"a": 0.35, "b": 0.65}}, 20)
    assert [(limit.least, limit.most) for limit in exact] == [(7, 7), (13, 13)]


def test_there_is_one_way_to_write_what_was_drawn() -> None:
    """Who may choose between several may choose between several outcomes."""
    dice, seed = Announced().document(""), Announced("seed").document("x")
    lotto, drand = Announced("lottery", "Lotto", 3).document(""), Announced("drand", number=7).document("")
    assert outcome_of(dice, " 4 3 7 ", None) == {"kind": "dice", "value": "437"}
    spellings = ("3 8 14", "14, 8, 3", "08-03-14", "tallene 8 og 3 og 14")
    assert {outcome_of(lotto, spelling, None)["value"] for spelling in spellings} == {"3 8 14"}
    with pytest.raises(Refused, match="Skriv 3 tall"):
        outcome_of(lotto, "3 8", None)
    assert outcome_of(drand, " AB" * 32, None)["value"] == "ab" * 32
    assert outcome_of(seed, "ti  gro\u0308nne\n epler", "x") == {
        "kind": "seed", "value": "ti gr\u00f6nne epler", "secret": "x",
    }  # fmt: skip
