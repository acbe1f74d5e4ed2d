"""Tickets keep every quota, chances are those stated, and what cannot be kept is named with the smallest change."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.meetings.draw.model import Infeasible
from services.meetings.seats.filling import choose
from services.meetings.seats.lottery import (
    TICKETS,
    Kind,
    Limit,
    group_of,
    leaf,
    limits_of_shares,
    prepare,
    root_of,
    ticket_of,
)

BANDS, AREAS = ("15-24", "25-44", "45-"), ("ost", "vest")


def pool_of(size: int) -> list[Kind]:
    """People of every kind, more men and more who are old."""
    return [
        (("male", "female", "male")[place % 3], ("15-24", "25-44", "45-", "45-", "45-")[place % 5], AREAS[place % 2])
        for place in range(size)
    ]


def salts(size: int) -> list[str]:
    """A fingerprint for each."""
    return [leaf(str(place)) for place in range(size)]


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
        lottery = prepare(pool, salts(people), limits, seats)
    except Infeasible:
        return
    assert len(lottery.tickets) == TICKETS
    for ticket in lottery.tickets:
        assert len(set(ticket)) == seats
        assert kept(group_of(ticket, pool), limits)
    chances = lottery.chances(people)
    assert sum(chances) == pytest.approx(seats)
    assert min(chance for place, chance in enumerate(chances) if place not in lottery.never) <= lottery.bound + 0.002
    assert prepare(pool, salts(people), limits, seats) == lottery, "it repeats"


def test_people_of_one_kind_have_the_same_chance_but_for_one_ticket_a_round() -> None:
    pool = pool_of(60)
    chances = prepare(pool, salts(60), limits_of_shares(SHARES, 10), 10).chances(60)
    for kind in set(pool):
        mine = [chances[place] for place, each in enumerate(pool) if each == kind]
        assert max(mine) - min(mine) <= 1 / TICKETS + 1e-12


def test_the_lowest_chance_is_the_highest_possible_but_for_whole_tickets() -> None:
    pool = pool_of(60)
    lottery = prepare(pool, salts(60), limits_of_shares(SHARES, 10), 10)
    assert min(lottery.chances(60)) >= lottery.bound - 0.002


def test_a_quota_of_none_is_kept_and_who_is_never_on_a_ticket_is_reported() -> None:
    pool = pool_of(30)
    lottery = prepare(pool, salts(30), [Limit("band", "15-24", 0, 0)], 6)
    young = {place for place, kind in enumerate(pool) if kind[1] == "15-24"}
    assert set(lottery.never) == young
    assert all(not young & set(ticket) for ticket in lottery.tickets)


def test_quotas_that_cannot_be_kept_are_named_with_the_smallest_change() -> None:
    pool = pool_of(30)
    limits = [Limit("gender", "female", 5, 6), Limit("band", "45-", 0, 1), Limit("area", "ost", 0, 6)]
    too_many = [Limit("gender", "male", 5, 6), *limits]
    with pytest.raises(Infeasible) as caught:
        prepare(pool, salts(30), too_many, 6)
    found = [(each.quota, each.relaxed) for each in caught.value.relaxations]
    assert sum(abs(old.least - new.least) + abs(old.most - new.most) for old, new in found) == 4
    relaxed = {(old.feature, old.value): Limit(new.feature, new.value, new.least, new.most) for old, new in found}
    mended = [relaxed.get((limit.feature, limit.value), limit) for limit in too_many]
    assert kept(group_of(prepare(pool, salts(30), mended, 6).tickets[0], pool), mended)


def test_who_fills_a_seat_restores_the_quotas_whoever_said_no() -> None:
    limits = [Limit("gender", "female", 3, 3), Limit("gender", "male", 3, 3), Limit("band", "15-24", 2, 3)]
    seated: list[Kind] = [*[("male", "45-", "ost")] * 3, ("female", "15-24", "ost")]
    pool = pool_of(30)
    chosen = choose(pool, salts(30), limits, seated, 2, "x")
    group = group_of(chosen, pool)
    assert {kind[0] for kind in group} == {"female"}
    assert sum(n for kind, n in group.items() if kind[1] == "15-24") >= 1
    only_men = [kind for kind in pool if kind[0] == "male"]
    assert len(choose(only_men, salts(len(only_men)), limits, seated, 2, "x")) == 2, (
        "a seat is better filled than empty"
    )


def test_a_quota_of_none_stays_closed_when_seats_are_filled() -> None:
    limits = [Limit("band", "15-24", 0, 0), Limit("gender", "female", 3, 3), Limit("gender", "male", 3, 3)]
    seated: list[Kind] = [("male", "45-", "ost")] * 3
    young: list[Kind] = [("female", "15-24", "ost")] * 4
    assert choose(young, salts(4), limits, seated, 2, "x") == ()
    assert choose([*young, ("male", "45-", "ost")], salts(5), limits, seated, 2, "x") == (4,)


def test_limits_surround_the_share_and_leave_room_for_those_it_does_not_count() -> None:
    limits = limits_of_shares({"gender": {"female": 0.5, "male": 0.5}}, 20, {"gender": 0.05})
    assert [(limit.least, limit.most) for limit in limits] == [(9, 10), (9, 10)]
    exact = limits_of_shares({"band": {"a": 0.35, "b": 0.65}}, 20)
    assert [(limit.least, limit.most) for limit in exact] == [(7, 7), (13, 13)]


def test_dice_name_the_ticket_and_other_words_are_hashed_with_the_commitment() -> None:
    assert ticket_of(" 4 3 7 ", "root") == 437
    assert ticket_of("007", "root") == 7
    assert ticket_of("Lotto 3 8 14", "root") != ticket_of("Lotto 3 8 14", "another root")
    assert all(0 <= ticket_of(f"drand {number}", "root") < TICKETS for number in range(50))


def test_the_root_changes_with_every_leaf() -> None:
    leaves = [leaf(str(number)) for number in range(7)]
    roots = {root_of([*leaves[:place], leaf("x"), *leaves[place + 1 :]]) for place in range(7)}
    assert len(roots | {root_of(leaves)}) == 8
    assert root_of(leaves[:6]) != root_of(leaves)
