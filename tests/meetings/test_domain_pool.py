"""Quotas made from the population's figures."""

from services.meetings.seats.lottery import Kind
from services.meetings.seats.pool import limits_of_panel, limits_of_population
from services.meetings.tables import Margins
from shared.events.registration import AgeBand, AreaMargin, Margin

BANDS = (AgeBand(code="15-", age_from=15, age_to=None),)
PEOPLE = tuple(Margin(gender=gender, band="15-", population=500) for gender in ("female", "male"))


def margins(**women: int) -> Margins:
    """Two areas as large; in one of them half are children. ``women``: the only figure known of an area's ages."""
    areas = tuple(
        AreaMargin(
            area=code, label=code, population=600,
            cells=(Margin(gender="female", band="15-", population=women[code]),) if code in women else (),
        )
        for code in ("nord", "sor")
    )  # fmt: skip
    return Margins(year=2026, bands=BANDS, population=PEOPLE, areas=areas, area_source="")


def seats_of_areas(known: Margins) -> dict[str, tuple[int, int]]:
    """Least and most of nine seats."""
    limits = limits_of_population(known, {("female", "15-", "nord"): 1, ("male", "15-", "sor"): 1}, 9)
    return {limit.value: (limit.least, limit.most) for limit in limits if limit.feature == "area"}


def test_where_residents_are_known_by_age_children_count_in_no_areas_share() -> None:
    assert seats_of_areas(margins()) == {"nord": (4, 5), "sor": (4, 5)}
    assert seats_of_areas(margins(nord=300, sor=600)) == {"nord": (3, 3), "sor": (6, 6)}
    assert seats_of_areas(margins(nord=300)) == {"nord": (4, 5), "sor": (4, 5)}, "one area's ages say nothing alone"


def test_answers_to_a_call_have_quotas_of_the_pool_and_none_of_the_population() -> None:
    heads: dict[Kind, int] = {
        ("female", "15-", "nord", "Bil"): 2,
        ("male", "15-", "sor", "Tog"): 2,
        ("male", "15-", "sor", ""): 2,
    }
    of_panel = limits_of_panel(margins(), heads, 6, ("Bil", "Tog"))
    answers = {limit.value: (limit.least, limit.most) for limit in of_panel if limit.feature == "answer"}
    assert answers == {"Bil": (2, 3), "Tog": (2, 3)}, "a third answered neither, and the least leave room for them"
    assert {limit.feature for limit in limits_of_population(margins(), heads, 6)} == {"gender", "band", "area"}
    assert limits_of_panel(margins(), {}, 6, ("Bil", "Tog")) == []
