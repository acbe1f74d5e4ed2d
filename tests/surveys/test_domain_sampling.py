"""Expected answers mirror the population; the same seed draws the same people; no one at the cap is drawn."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.surveys.audience.forecast import forecast
from services.surveys.audience.sampling import Draw, Pool, chances_of, in_row, population_of, response_of, share_out
from services.surveys.fieldwork.domain import Cell

BANDS = ("15-24", "25-44", "45-")
MARGINS = {(g, b): n for g in ("female", "male") for b, n in zip(BANDS, (1000, 2000, 3000), strict=True)}
CELLS = [(g, b, a) for g in ("female", "male", "other") for b in BANDS for a in ("nord", "sor", None)]
CAP = 6
pools = st.dictionaries(
    st.tuples(st.sampled_from(CELLS), st.integers(0, 8)), st.integers(1, 60), min_size=1, max_size=40
)


def laid(pool: Pool, seed: str) -> list[tuple[str, tuple[Cell, int]]]:
    """(name, (cell, mails)) of each of the pool in the row's order."""
    people = [(f"{key}{number}", key) for key, many in sorted(pool.items(), key=str) for number in range(many)]
    return sorted(people, key=lambda one: (in_row(one[1][0]), hashlib.sha256(f"{seed}:{one[0]}".encode()).hexdigest()))


def sample(pool: Pool, size: int, seed: str, response: dict[Cell, float] | None = None) -> set[tuple[str, Cell, int]]:
    """Those drawn."""
    cells = {cell for cell, _ in pool}
    people = {cell: sum(many for key, many in pool.items() if key[0] == cell) for cell in cells}
    population = population_of(cells, people, MARGINS, {})
    chances = chances_of(pool, population, response or response_of(cells, {}), size, CAP)
    row = laid(pool, seed)
    draw = Draw(pool, chances, size, seed)
    return {(name, *key) for name, key in row if draw.takes(key)}


@settings(max_examples=200, deadline=None)
@given(pools, st.integers(1, 400), st.text(max_size=8))
def test_exactly_so_many_are_drawn_none_at_the_cap_and_the_seed_decides(pool: Pool, size: int, seed: str) -> None:
    free = sum(many for (_, mails), many in pool.items() if mails < CAP)
    people = sample(pool, size, seed)
    assert len(people) == min(size, free)
    assert all(mails < CAP for _, _, mails in people)
    assert sample(dict(reversed(list(pool.items()))), size, seed) == people, "whatever order the pool comes in"


@settings(max_examples=200, deadline=None)
@given(pools, st.integers(1, 400), st.dictionaries(st.sampled_from(CELLS), st.tuples(st.just(90), st.integers(0, 90))))
def test_each_stratum_gets_its_number_to_within_one_person(
    pool: Pool, size: int, past: dict[Cell, tuple[int, int]]
) -> None:
    cells = {cell for cell, _ in pool}
    population = population_of(cells, {}, MARGINS, {})
    response = response_of(cells, past)
    chances = chances_of(pool, population, response, size, CAP)
    assert all(0 <= chance <= 1 + 1e-9 for chance in chances.values())
    meant = dict.fromkeys(cells, 0.0)
    for key, many in pool.items():
        meant[key[0]] += many * chances[key]
    draw = Draw(pool, chances, size, "frø")
    came = Counter(key[0] for _, key in laid(pool, "frø") if draw.takes(key))
    assert all(abs(came[cell] - meant[cell]) < 1 + 1e-6 for cell in cells)


def test_expected_answers_have_the_shares_of_the_population_whatever_strata_used_to_answer() -> None:
    pool: Pool = {((g, b, None), m): 2000 for g, b in MARGINS for m in (0, 1)}
    past: dict[Cell, tuple[int, int]] = {
        ("female", "15-24", None): (400, 80),
        ("male", "45-", None): (400, 340),
        ("male", "25-44", None): (50, 10),
    }
    cells = {cell for cell, _ in pool}
    response = response_of(cells, past)
    assert response["female", "15-24", None] < 0.25 < 0.8 < response["male", "45-", None]
    population = population_of(cells, {}, MARGINS, {})
    people = sample(pool, 900, "frø", response)
    expected = dict.fromkeys(cells, 0.0)
    for _, cell, _ in people:
        expected[cell] += response[cell]
    whole, residents = sum(expected.values()), sum(population.values())
    for cell in cells:
        assert expected[cell] / whole == pytest.approx(population[cell] / residents, abs=0.004)
    half = Counter(mails for _, _, mails in people)
    assert half[0] == pytest.approx(2 * half[1], abs=8), "one mail in the quarter halves the chance"


def test_past_response_is_drawn_towards_the_panels_whole() -> None:
    few, many, none = (("female", band, None) for band in BANDS)
    response = response_of([few, many, none], {few: (2, 2), many: (2000, 1800)})
    whole = (1802 + 5) / (2002 + 10)
    assert response[none] == pytest.approx(whole)
    assert response[few] == pytest.approx((2 + 20 * whole) / 22)
    assert response[many] == pytest.approx(0.9, abs=0.001)
    assert response_of([few], {}) == {few: 0.5}, "before anybody has answered"


def test_relabelling_changes_nothing_but_the_labels() -> None:
    pool: Pool = {((g, b, None), m): 40 for g, b in MARGINS for m in (0, 2)}
    other: Pool = {((g, b.replace("-", "+"), None), m): many for ((g, b, _), m), many in pool.items()}
    renamed = {(g, b.replace("-", "+")): number for (g, b), number in MARGINS.items()}

    def chances(people: Pool, margins: dict[tuple[str, str], int]) -> list[float]:
        cells = {cell for cell, _ in people}
        chances = chances_of(people, population_of(cells, {}, margins, {}), response_of(cells, {}), 100, CAP)
        return [chances[key] for key in people]

    assert chances(pool, MARGINS) == pytest.approx(chances(other, renamed))


def test_who_the_figures_do_not_know_is_as_many_as_in_the_panel_and_an_area_without_cells_is_spread_alike() -> None:
    cells: list[Cell] = [
        ("female", "15-24", "nord"),
        ("female", "15-24", "sor"),
        ("other", "15-24", "nord"),
        ("male", "45-", None),
    ]
    areas = {"nord": (7500, {("female", "15-24"): 400}), "sor": (2500, {})}
    people = population_of(cells, {cells[0]: 4, cells[1]: 6, cells[2]: 5}, MARGINS, areas)
    assert (people[cells[0]], people[cells[1]]) == (400, 1000 * 2500 / 10000)
    assert people[cells[2]] == 5 * (400 + 250) / 10
    assert people[cells[3]] > 0


def test_who_lives_where_the_figures_know_nobody_has_a_chance_too() -> None:
    cell: Cell = ("female", "15-24", None)
    assert population_of([cell], {cell: 1}, {("female", "15-24"): 0}, {}) == {cell: 1.0}


@given(
    st.floats(0, 500),
    st.dictionaries(st.integers(0, 9), st.tuples(st.integers(1, 90), st.floats(0.01, 50)), min_size=1),
)
def test_shares_add_up_and_none_is_above_its_size(total: float, given_: dict[int, tuple[int, float]]) -> None:
    sizes = {key: float(size) for key, (size, _) in given_.items()}
    weights = {key: weight for key, (_, weight) in given_.items()}
    amounts = share_out(total, sizes, weights)
    assert sum(amounts.values()) == pytest.approx(min(total, sum(sizes.values())))
    assert all(amounts[key] <= sizes[key] + 1e-9 for key in sizes)
    open_ = [amounts[key] / weights[key] for key in sizes if amounts[key] < sizes[key] - 1e-9]
    assert not open_ or max(open_) == pytest.approx(min(open_))


def test_a_forecast_says_invited_capped_expected_mails_and_the_smallest_group() -> None:
    pool: Pool = {(("female", "15-24", None), 0): 12, (("male", "45-", None), 0): 40, (("male", "45-", None), 6): 3}
    cells = {cell for cell, _ in pool}
    population, response = population_of(cells, {}, MARGINS, {}), response_of(cells, {})
    everybody = forecast(pool, population, response, None, CAP, BANDS, reminders=2)
    assert (everybody.invited, everybody.capped, everybody.pool, everybody.expected) == (52, 3, 55, 26.0)
    assert everybody.mails == 52 + 2 * 26
    assert everybody.smallest is not None
    assert (everybody.smallest[0].gender, everybody.smallest[1]) == ("female", 6)
    assert [round(row.residents, 2) for row in everybody.strata] == [0.25, 0.75]
    few = forecast(pool, population, response, 16, CAP, BANDS, reminders=0)
    assert [(round(row.invited, 6), round(row.share, 6)) for row in few.strata] == [(4, 0.25), (12, 0.75)]
    assert few.mails == few.invited == 16
    assert few.smallest is not None
    assert few.smallest[0].gender is None, "two women cannot stand alone"
    assert forecast(pool, population, response, 4, CAP, BANDS, reminders=0).smallest is None
