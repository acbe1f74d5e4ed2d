"""Laws of the draw: everybody has a chance, the chances are kept, the quotas are met, the seed decides."""

from collections import Counter
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.meetings.draw.domain import (
    LOWEST_SHARE,
    Candidate,
    Line,
    draw,
    in_whole_seats,
    quotas_of_population,
    replacement,
)
from services.meetings.draw.public import public_protocol

BANDS = ("15-24", "25-44", "45-")
POPULATION = {(gender, band): 1000 for gender in ("female", "male") for band in BANDS}

strata = st.tuples(st.sampled_from(["female", "male", "other", "unheard-of"]), st.sampled_from([*BANDS, "unknown"]))
pools = st.lists(strata, max_size=120).map(
    lambda found: [Candidate(UUID(int=place), gender, band) for place, (gender, band) in enumerate(found)]
)
quota_tables: st.SearchStrategy[dict[tuple[str, str], float]] = st.one_of(
    st.just({}),
    st.dictionaries(
        st.tuples(st.sampled_from(["female", "male"]), st.sampled_from(BANDS)), st.floats(0, 40), max_size=6
    ),
)


def a_pool(*strata: tuple[str, str, int]) -> list[Candidate]:
    people = [(gender, band) for gender, band, number in strata for _ in range(number)]
    return [Candidate(UUID(int=place), gender, band) for place, (gender, band) in enumerate(people)]


@given(pools, quota_tables, st.integers(0, 60), st.text(max_size=5))
@settings(max_examples=300, deadline=None)
def test_whatever_the_quotas_everybody_has_a_chance_and_the_seats_are_filled(
    pool: list[Candidate], quotas: dict[tuple[str, str], float], seats: int, seed: str
) -> None:
    result = draw(pool, quotas, seats, seed)
    number = min(seats, len(pool))
    assert len(result.invited) == len(set(result.invited)) == number
    assert set(result.chances) == {one.id for one in pool} >= set(result.invited)
    assert abs(sum(result.chances.values()) - number) < 1e-6
    if number:
        lowest = LOWEST_SHARE * number / len(pool)
        assert all(lowest * 0.999 <= chance <= 1 for chance in result.chances.values())
    assert sum(line.drawn for line in result.protocol) == number
    assert sum(line.pool for line in result.protocol) == len(pool)


@given(pools, quota_tables, st.integers(0, 60), st.text(max_size=5), st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_seed_alone_decides_and_not_the_order_of_the_pool(
    pool: list[Candidate], quotas: dict[tuple[str, str], float], seats: int, seed: str, order: object
) -> None:
    shuffled = list(pool)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert draw(pool, quotas, seats, seed) == draw(shuffled, quotas, seats, seed)


@given(pools, quota_tables, st.integers(1, 60), st.text(max_size=5))
@settings(max_examples=200, deadline=None)
def test_a_stratum_and_a_gender_get_what_their_chances_say_rounded(
    pool: list[Candidate], quotas: dict[tuple[str, str], float], seats: int, seed: str
) -> None:
    result = draw(pool, quotas, seats, seed)
    taken = set(result.invited)
    for group in {one.stratum for one in pool} | {(one.stratum[0], None) for one in pool}:
        members = [one.id for one in pool if one.stratum[0] == group[0] and group[1] in (None, one.band)]
        expected = sum(result.chances[id_] for id_ in members)
        assert abs(sum(id_ in taken for id_ in members) - expected) < 1 + 1e-6


def test_over_many_seeds_everybody_is_drawn_as_often_as_promised() -> None:
    pool = a_pool(("female", "15-24", 3), ("female", "45-", 9), ("male", "25-44", 6), ("other", "45-", 2))
    quotas = quotas_of_population(POPULATION, 6)
    rounds = 3000
    drawn = Counter(id_ for seed in range(rounds) for id_ in draw(pool, quotas, 6, str(seed)).invited)
    for id_, chance in draw(pool, quotas, 6, "0").chances.items():
        # Five standard deviations: one run in a million would fail by chance, and the seeds are fixed.
        assert abs(drawn[id_] / rounds - chance) < 5 * (chance * (1 - chance) / rounds) ** 0.5 + 1e-9


def test_a_pool_unlike_the_population_gives_a_group_like_it() -> None:
    pool = a_pool(*((g, b, n) for (g, b), n in zip(POPULATION, (5, 60, 30, 4, 10, 20), strict=True)))
    result = draw(pool, quotas_of_population(POPULATION, 12), 12, "seed")
    assert [line.drawn for line in result.protocol] == [2] * 6


def test_an_empty_stratum_leaves_its_seats_to_the_others() -> None:
    pool = a_pool(("female", "15-24", 10), ("female", "25-44", 10))
    result = draw(pool, quotas_of_population(POPULATION, 12), 12, "seed")
    assert {line.band: line.drawn for line in result.protocol if line.pool} == {"15-24": 6, "25-44": 6}


def test_other_counts_against_neither_gender_and_has_the_chance_of_the_age_band() -> None:
    pool = a_pool(("female", "25-44", 40), ("male", "25-44", 40), ("other", "25-44", 20))
    quotas = {("female", "25-44"): 10.0, ("male", "25-44"): 10.0}
    chances = draw(pool, quotas, 20, "seed").chances
    by_gender = {gender: chances[next(x.id for x in pool if x.gender == gender)] for gender in ("female", "other")}
    assert abs(by_gender["other"] - 20 / 100 * 20 / 24) < 1e-6
    assert by_gender["other"] < by_gender["female"]


@given(quota_tables, st.integers(0, 60))
def test_whole_seats_add_up_and_stay_beside_the_quota(quotas: dict[tuple[str, str], float], seats: int) -> None:
    total = sum(quotas.values())
    scaled = {stratum: quota * seats / total for stratum, quota in quotas.items()} if total else {}
    whole = in_whole_seats(scaled, seats)
    assert sum(whole.values()) == (seats if scaled else 0)
    assert all(abs(whole[stratum] - scaled[stratum]) <= 1 + 1e-6 for stratum in scaled)


def test_a_replacement_comes_from_the_same_stratum_while_there_is_one() -> None:
    available = a_pool(("female", "15-24", 2), ("male", "15-24", 5))
    quotas = quotas_of_population(POPULATION, 6)
    found = replacement(("female", "15-24"), available, quotas, [], "seed")
    assert found in {one.id for one in available if one.gender == "female"}
    rest = [one for one in available if one.id != found]
    assert replacement(("female", "15-24"), rest, quotas, [], "seed") in {one.id for one in rest[:1]}
    assert replacement(("female", "15-24"), [], quotas, [], "seed") is None


def test_else_the_replacement_is_the_one_the_quotas_lack_most() -> None:
    quotas = quotas_of_population(POPULATION, 6)
    seated = [("female", "15-24"), ("female", "25-44"), ("female", "45-"), ("male", "25-44"), ("male", "45-")]
    available = a_pool(("female", "45-", 9), ("male", "45-", 9), ("other", "15-24", 1))
    wanted = replacement(("male", "15-24"), available, quotas, seated, "seed")
    by_id = {one.id: one.stratum for one in available}
    # A man is lacking, and one of 15-24: a man of 45 mends one of the two, and so does "other" of 15-24.
    assert wanted is not None
    assert by_id[wanted] == ("other", "15-24")


@given(
    st.lists(
        st.builds(
            Line,
            st.sampled_from(["female", "male", "other"]),
            st.sampled_from(BANDS),
            st.integers(0, 9),
            st.floats(0, 5),
            st.just(0),
        ),
        max_size=9,
        unique_by=lambda line: (line.gender, line.band),
    )
)
def test_the_public_protocol_shows_no_small_group_and_loses_nobody(lines: list[Line]) -> None:
    groups = public_protocol(lines, BANDS)
    assert sum(group.pool for group in groups) == sum(line.pool for line in lines)
    assert len(groups) <= 1 or all(group.pool >= 5 or group.pool == 0 for group in groups)
