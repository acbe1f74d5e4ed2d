"""What a draw's protocol says of each group."""

from services.meetings.seats.drawing import tallies
from services.meetings.tables import Candidate


def test_a_group_has_the_lowest_and_the_highest_chance_of_somebody_in_it() -> None:
    people = [
        Candidate(number=number, gender=gender, band=band, area=None)
        for number, (gender, band) in enumerate([("female", "15-24"), ("female", "25-"), ("male", "25-")])
    ]
    rows = tallies(people, [], {1}, {0: 0.2, 1: 0.5, 2: 0.3}, None)
    assert {row["value"]: (row["pool"], row["drawn"], row["lowest"], row["highest"]) for row in rows} == {
        "female": (2, 1, 0.2, 0.5),
        "male": (1, 0, 0.3, 0.3),
        "15-24": (1, 0, 0.2, 0.2),
        "25-": (2, 1, 0.3, 0.5),
    }
