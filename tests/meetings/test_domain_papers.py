"""Papers for the door and the tables."""

from services.meetings.seating.printing import door_list, name_tags


def test_papers_are_made_whatever_the_words_hold() -> None:
    heading = 'Torget #evil *nå* $x$ <b> \\ " [ ]'
    door = door_list(heading, "1.3.2027 kl. 18:00", "Rådhuset", [("AB12", "Kvinne", "15–24 år", "1", "2")], 2)
    tags = name_tags(heading, [("AB12", [1, 2]), ("CD34", [])])
    assert door.startswith(b"%PDF")
    assert tags.startswith(b"%PDF")
