"""The fairest lottery: quotas kept, chances as promised, and no lottery fairer, by brute force on small pools."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.meetings.draw.model import Infeasible, Lottery, Pool, Quota, Type
from services.meetings.draw.program import INFINITY, Program
from services.meetings.draw.solving import quotas_in_reach, solve

FEATURES = ("kjønn", "område")
VALUES = {"kjønn": ("kvinne", "mann"), "område": ("nord", "sør", "vest")}
TYPES = tuple(product(*VALUES.values()))


def all_panels(pool: Pool, quotas: list[Quota], seats: int) -> Iterator[tuple[int, ...]]:
    """Every panel there is, by trying them all; types in sorted order."""
    types = sorted(kind for kind, count in pool.counts.items() if count)
    for panel in product(*(range(min(seats, pool.counts[kind]) + 1) for kind in types)):
        sums = [
            sum(x for x, kind in zip(panel, types, strict=True) if kind[pool.features.index(q.feature)] == q.value)
            for q in quotas
        ]
        if sum(panel) == seats and all(q.least <= x <= q.most for q, x in zip(quotas, sums, strict=True)):
            yield panel


def leximin_of(panels: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Leximin by the plain recipe: a level, then each type asked whether it alone could rise above it."""
    types, lines = len(counts), len(panels)
    chance = (panels / counts).T
    level = np.zeros(types)
    settled = np.zeros(types, dtype=bool)

    def most(cost: np.ndarray, low: np.ndarray, of_level: np.ndarray) -> float:
        rows = np.vstack((np.hstack((chance, -of_level[:, None])), np.append(np.ones(lines), 0.0)))
        program = Program(
            cost, rows, np.append(low, 1.0), np.append(np.full(types, INFINITY), 1.0),
            np.zeros(lines + 1), np.full(lines + 1, INFINITY if of_level.any() else 1.0),
        )  # fmt: skip
        solution = program.solve()
        assert solution is not None
        return solution.value

    while not settled.all():
        cost = np.append(np.zeros(lines), 1.0)
        height = most(cost, np.where(settled, level - 1e-9, 0.0), (~settled).astype(float))
        for column in np.flatnonzero(~settled):
            low = np.where(settled, level, height) - 1e-9
            if most(np.append(chance[column], 0.0), low, np.zeros(types)) < height + 1e-6:
                settled[column], level[column] = True, height
    return level


pools = st.lists(st.sampled_from(TYPES), min_size=1, max_size=12).map(lambda people: Pool.of(FEATURES, people))


@st.composite
def quota_lists(draw: st.DrawFn) -> list[Quota]:
    """A quota for every value, often impossible."""
    quotas = []
    for feature, values in VALUES.items():
        for value in values:
            least = draw(st.integers(0, 3))
            quotas.append(Quota(feature, value, least, least + draw(st.integers(0, 6))))
    return quotas


@settings(max_examples=60, deadline=None)
@given(pools, quota_lists(), st.integers(1, 6))
def test_no_lottery_is_fairer_and_every_panel_keeps_the_quotas(pool: Pool, quotas: list[Quota], seats: int) -> None:
    types = sorted(pool.counts)
    panels = np.array(list(all_panels(pool, quotas, seats)))
    if not len(panels):
        with pytest.raises(Infeasible) as refusal:
            solve(pool, quotas, seats)
        assert refusal.value.conflicts
        assert_relaxations_are_smallest(pool, quotas, seats, refusal.value)
        return
    lottery = solve(pool, quotas, seats)
    best = leximin_of(panels, np.array([pool.counts[kind] for kind in types], dtype=float))
    assert [lottery.best[kind] for kind in types] == pytest.approx(best, abs=1e-6)
    assert_promises_hold(lottery)
    possible = {tuple(panel) for panel in panels.tolist()}
    assert {tuple(panel.seats.get(kind, 0) for kind in types) for panel in lottery.panels} <= possible
    assert set(lottery.excluded) == {kind for kind, column in zip(types, panels.T, strict=True) if not column.any()}


def assert_promises_hold(lottery: Lottery) -> None:
    """Within 1e-6 of the certificate, counted from the tickets alone."""
    assert lottery.certificate <= 1e-6
    assert lottery.tickets == 10**9
    for kind, promised in lottery.best.items():
        assert abs(lottery.probabilities[kind] - promised) <= lottery.certificate + 1e-6


def assert_relaxations_are_smallest(pool: Pool, quotas: list[Quota], seats: int, refusal: Infeasible) -> None:
    """With them there is a panel; no panel at all breaks the quotas by fewer seats (a quota of 0 stands)."""
    broken = [
        sum(
            _breach(q, sum(x for x, kind in zip(panel, sorted(pool.counts), strict=True) if q.value in kind))
            for q in quotas
        )
        for panel in all_panels(pool, [Quota(q.feature, q.value, 0, q.most and 99) for q in quotas], seats)
    ]
    if not broken:
        assert refusal.relaxations == ()
        return
    steps = sum(each.quota.least - each.least + each.most - each.quota.most for each in refusal.relaxations)
    assert steps == min(broken)
    quotas_relaxed = {each.quota: each.relaxed for each in refusal.relaxations}
    solve(pool, [quotas_relaxed.get(quota, quota) for quota in quotas], seats)


def _breach(quota: Quota, seats: int) -> int:
    return max(0, quota.least - seats, seats - quota.most)


def realistic(people: int = 400) -> tuple[Pool, list[Quota]]:
    """Three features that interlock, a skewed pool."""
    random = np.random.default_rng(7)
    columns = [random.choice(size, people, p=random.dirichlet(np.full(size, 4.0))) for size in (2, 4, 5)]
    pool = Pool.of(("a", "b", "c"), [(str(a), str(b), str(c)) for a, b, c in zip(*columns, strict=True)])
    quotas = [
        Quota(feature, str(value), 24 // size - 1, 24 // size + 2)
        for feature, size in zip("abc", (2, 4, 5), strict=True) for value in range(size)
    ]  # fmt: skip
    return pool, quotas


def test_a_draw_repeats_and_neither_order_nor_names_matter() -> None:
    pool, quotas = realistic()
    first = solve(pool, quotas, 24)
    assert_promises_hold(first)
    assert solve(pool, quotas, 24) == first
    backwards = Pool(pool.features, dict(reversed(list(pool.counts.items()))))
    assert solve(backwards, quotas, 24) == first
    renamed = Pool(pool.features, {(f"z{9 - int(a)}", b, c): count for (a, b, c), count in pool.counts.items()})
    again = solve(
        renamed,
        [Quota(q.feature, f"z{9 - int(q.value)}", q.least, q.most) if q.feature == "a" else q for q in quotas],
        24,
    )
    for (a, b, c), chance in first.best.items():
        assert again.best[f"z{9 - int(a)}", b, c] == pytest.approx(chance, abs=1e-7)


def test_a_pool_twice_as_large_halves_every_chance() -> None:
    pool, quotas = realistic()
    twice = Pool(pool.features, {kind: 2 * count for kind, count in pool.counts.items()})
    single, double = solve(pool, quotas, 24), solve(twice, quotas, 24)
    for kind, chance in single.best.items():
        assert double.best[kind] == pytest.approx(chance / 2, abs=1e-7)


def test_levels_close_together_stay_apart() -> None:
    pool = Pool(("område",), {("nord",): 1000, ("sør",): 1001})
    lottery = solve(pool, [Quota("område", "nord", 100, 100), Quota("område", "sør", 100, 100)], 200)
    assert lottery.best["nord",] == pytest.approx(0.1, abs=1e-9)
    assert lottery.best["sør",] == pytest.approx(100 / 1001, abs=1e-9)


def test_people_in_no_possible_panel_are_named() -> None:
    pool = Pool(FEATURES, {("kvinne", "nord"): 3, ("mann", "sør"): 3, ("mann", "vest"): 2})
    lottery = solve(pool, [Quota("område", "vest", 0, 0), Quota("kjønn", "kvinne", 1, 2)], 3)
    assert lottery.excluded == (("mann", "vest"),)
    assert lottery.probabilities["mann", "vest"] == 0


def test_a_seat_that_falls_free_restores_the_quota_and_says_when_it_cannot() -> None:
    pool = Pool(FEATURES, {("kvinne", "nord"): 5, ("mann", "nord"): 5})
    quotas = [Quota("kjønn", "kvinne", 2, 2), Quota("kjønn", "mann", 2, 2)]
    seated: dict[Type, int] = {("mann", "sør"): 2, ("kvinne", "nord"): 1}
    remaining_quotas, given_way = quotas_in_reach(pool, quotas, 1, seated)
    lottery = solve(pool, remaining_quotas, 1)
    assert lottery.probabilities == {("kvinne", "nord"): 0.2, ("mann", "nord"): 0.0}
    assert given_way == ()
    men = Pool(FEATURES, {("mann", "nord"): 4})
    remaining_quotas, given_way = quotas_in_reach(men, quotas, 1, {("kvinne", "nord"): 1, ("mann", "sør"): 2})
    lottery = solve(men, remaining_quotas, 1)
    assert lottery.probabilities == {("mann", "nord"): 0.25}
    assert [str(each) for each in given_way] == [
        "kjønn «kvinne»: senk minst fra 1 til 0.", "kjønn «mann»: øk mest fra 0 til 1."
    ]  # fmt: skip


def test_a_level_just_found_is_never_out_of_the_solvers_own_reach() -> None:
    """Found by playing meetings (rooms.py): 93 of 560 asked to a waiting list; the solver misses a bound by 1e-9."""
    bands, areas = ("15", "25", "35", "45", "55", "67", "80"), ("midt", "nordvest", "sorost", "ost", "vest")
    women = (0, 5, 3, 9, 4, 3, 7, 1, 13, 3, 3, 12, 9, 11, 6, 6, 11, 12, 6, 7, 7, 21, 12, 18, 9, 6, 19, 16, 18, 9)
    men = (1, 4, 3, 6, 1, 2, 7, 1, 8, 4, 5, 14, 8, 10, 8, 3, 14, 8, 20, 7, 8, 20, 16, 21, 8, 7, 18, 9, 20, 10)
    old = ((2, 4, 2, 5, 2), (0, 2, 1, 4, 1))
    people = [*women, *old[0], *men, *old[1]]
    kinds = [(gender, band, area) for gender in ("female", "male") for band in bands for area in areas]
    least = {"female": 58, "male": 34, "15": 29, "25": 20, "35": 14, "45": 10, "55": 8, "67": 8, "80": 1}
    least |= {"midt": 11, "nordvest": 29, "sorost": 8, "ost": 31, "vest": 11}
    feature = {value: name for name, values in zip(("gender", "band", "area"), zip(*kinds, strict=True), strict=True)
               for value in values}  # fmt: skip
    lottery = solve(
        Pool(("gender", "band", "area"), dict(zip(kinds, people, strict=True))),
        [Quota(feature[value], value, number, number + 1) for value, number in least.items()], 93, tickets=1000,
    )  # fmt: skip
    assert lottery.certificate < 1e-8
