"""How many are asked and who gets a free seat; and that rooms become full and balanced where few say yes."""

from collections import Counter
from statistics import mean

import pytest

from services.meetings.seats.asking import FEWEST_REPLIES, MOST_PER_SEAT, Somebody, YesRates, next_step, pick, reserves
from services.meetings.seats.lottery import Kind, Limit
from tests.meetings.rooms import CODES, Outcome, a_panel, play

YOUNG: Kind = ("female", "15-24", "ost")
OLD: Kind = ("male", "45-", "ost")


def people(*kinds: Kind) -> list[Somebody]:
    """One of each."""
    return [Somebody(str(place), kind) for place, kind in enumerate(kinds)]


def mixed(number: int) -> list[Somebody]:
    """Both genders, two ages and two areas in turn."""
    return people(
        *(
            (("female", "male")[place % 2], ("15-24", "45-")[place // 2 % 2], ("ost", "vest")[place // 4 % 2])
            for place in range(number)
        )
    )


def test_nobody_knows_how_many_come_before_twenty_replies() -> None:
    few = YesRates({YOUNG: (FEWEST_REPLIES - 1, 1)})
    assert few.of(YOUNG) == 1
    assert reserves([YOUNG] * 5, mixed(40), few, "x") == ()


def test_a_groups_share_is_weighed_against_the_larger_groups() -> None:
    rates = YesRates({YOUNG: (10, 2), OLD: (30, 18)})
    everybody = 20 / 40
    band = (2 + 10 * everybody) / 20
    women = (2 + 10 * band) / 20
    assert rates.of(YOUNG) == pytest.approx((2 + 10 * women) / 20)
    assert rates.of(("male", "15-24", "vest")) == pytest.approx(band), "nothing is known of these but their age"
    assert rates.of(("male", "25-44", "vest")) == pytest.approx(everybody)


def test_however_few_say_yes_there_is_a_most() -> None:
    rates = YesRates({YOUNG: (1000, 0)})
    assert rates.of(YOUNG) == 1 / MOST_PER_SEAT
    assert len(reserves([YOUNG], mixed(40), rates, "x")) == MOST_PER_SEAT - 1


def test_those_asked_to_the_list_make_up_for_those_expected_to_be_missing_by_group() -> None:
    rates = YesRates({YOUNG: (100_000, 20_000), OLD: (100_000, 50_000)})
    pool = people(*[YOUNG] * 60, *[OLD] * 60)
    kinds = Counter(pool[place].kind for place in reserves([*[YOUNG] * 5, *[OLD] * 5], pool, rates, "x"))
    assert kinds.total() == 25
    assert abs(kinds[YOUNG] - 20) <= 1, "one in five young and one in two old come"


def test_who_fills_a_seat_restores_the_quotas_whoever_said_no() -> None:
    limits = [Limit("gender", "female", 3, 3), Limit("gender", "male", 3, 3), Limit("band", "15-24", 2, 3)]
    seated: list[Kind] = [*[("male", "45-", "ost")] * 3, ("female", "15-24", "ost")]
    pool = mixed(30)
    kinds = [pool[place].kind for place in pick(pool, limits, 2, seated, "x")]
    assert {kind[0] for kind in kinds} == {"female"}
    assert sum(kind[1] == "15-24" for kind in kinds) >= 1
    only_men = [each for each in pool if each.kind[0] == "male"]
    assert len(pick(only_men, limits, 2, seated, "x")) == 2, "a seat is better filled than empty"


def test_a_quota_of_none_stays_closed_when_seats_are_filled() -> None:
    limits = [Limit("band", "15-24", 0, 0), Limit("gender", "female", 3, 3), Limit("gender", "male", 3, 3)]
    seated: list[Kind] = [("male", "45-", "ost")] * 3
    young = people(*[YOUNG] * 4)
    assert pick(young, limits, 2, seated, "x") == ()
    assert pick([*young, Somebody("5", OLD)], limits, 2, seated, "x") == (4,)


def test_the_list_comes_first_but_only_as_far_as_the_quotas_can_still_be_kept() -> None:
    limits = [Limit("band", "15-24", 2, 2), Limit("band", "45-", 4, 4)]
    step = next_step(people(*[OLD] * 5), people(*[YOUNG] * 9), limits, 3, [YOUNG, OLD, OLD], YesRates({}), "x")
    assert (len(step.seated), len(step.asked), step.reserves) == (2, 1, ()), "the third seat is a young person's"
    alone = next_step(people(*[OLD] * 5), [], limits, 3, [YOUNG, OLD, OLD], YesRates({}), "x")
    assert (len(alone.seated), alone.asked) == (3, ()), "when nobody is left to ask, a full room comes before the quota"


def test_which_of_those_who_wait_get_a_seat_is_a_draw_and_not_who_was_first() -> None:
    seated = Counter(
        place for words in range(60) for place in next_step(mixed(8), [], [], 2, [], YesRates({}), str(words)).seated
    )
    assert set(seated) == set(range(8))
    assert min(seated.values()) > 3, "fifteen each on average"


def test_rooms_are_full_and_balanced_where_few_say_yes() -> None:
    """15 to 50 % by age, 20 to 40 seats; the panel has been asked before, so its rates are roughly known."""
    outcomes: list[Outcome] = []
    for seed, seats in enumerate((20, 20, 20, 30, 40)):
        panel = a_panel(500, seed)
        for each in panel.people[:150]:
            panel.asked(each)
        outcomes.append(play(panel, seats, str(seed)))
    assert mean(outcome.filled / outcome.seats for outcome in outcomes) >= 19 / 20
    for code in CODES:
        assert mean(outcome.short[code] for outcome in outcomes) <= 1, code
    assert mean(outcome.turned_away / outcome.seats for outcome in outcomes) < 0.5, "not many wait in vain"


def test_as_many_asked_as_there_are_seats_leave_rooms_half_empty() -> None:
    """What it was: nothing is learnt of replies, so nobody is asked to a waiting list."""
    panel = a_panel(500, 1)
    panel.replies = Forgetful()
    assert play(panel, 20, "x").filled < 17


class Forgetful(dict[Kind, tuple[int, int]]):
    """Keeps no reply."""

    def __setitem__(self, kind: Kind, counts: tuple[int, int]) -> None:
        """Forget it."""
