"""Rules of what is counted about a page: no person, no answer, and nothing about fewer than a handful."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from uuid import UUID

#: Counts of fewer than this many are shown as few; fewer people than this are not counted at all yet.
FEW = 5
#: The number under which the time from opening the link to sending in is counted: no page has it.
WHOLE = 0
_LONGEST = 60
#: Upper ends, in seconds, of the classes in which time on a page is counted; what took longer was a pause.
CLASSES = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800)

#: (number of the page, what) -> how often. What: ``shown``, ``sent``, ``faulty``, ``stopped``, or ``took.<upper end>``.
Counts = dict[tuple[int, str], int]


@dataclass
class Tally:
    """What one process has counted of one survey and not stored yet."""

    people: set[UUID] = field(default_factory=set)
    """Who it is about: only to know that they are a handful, and never stored."""
    counts: Counts = field(default_factory=dict)

    def note(self, person: UUID, page: int, *whats: str) -> None:
        """One more of each of ``whats`` on the page."""
        self.people.add(person)
        for what in whats:
            self.counts[page, what] = self.counts.get((page, what), 0) + 1


def class_of(seconds: float) -> str | None:
    """The name of the class that ``seconds`` on a page fall into; None for what cannot be so or was a pause."""
    return next((f"took.{upper}" for upper in CLASSES if 0 <= seconds <= upper), None)


def minute_of(seconds: float) -> str | None:
    """The name under which the time to answer a whole survey is counted: minutes, rounded up; None for a pause."""
    minutes = max(1, math.ceil(seconds / 60))
    return f"minutes.{minutes}" if seconds >= 0 and minutes <= _LONGEST else None


def minutes_of(counts: Mapping[str, int]) -> int | None:
    """The minutes in which half of those who finished had finished; None for a few."""
    numbers = [counts.get(f"minutes.{minutes}", 0) for minutes in range(1, _LONGEST + 1)]
    total = sum(numbers)
    if total < FEW:
        return None
    return next(minutes for minutes, passed in enumerate(accumulate(numbers), start=1) if passed >= total / 2)


@dataclass(frozen=True)
class PageFigures:
    """One page as staff see it; None stands for fewer than ``FEW``, which are not told apart."""

    shown: int | None
    """How often it was opened."""
    sent: int | None
    """How often it was sent in, with faults or without."""
    faulty: int | None
    """How often it came back because something was wrong on it."""
    stopped: int | None
    """People who have begun, not sent in, and are here."""
    seconds: int | None
    """Median seconds on the page."""


def figures_of(counts: Mapping[str, int]) -> PageFigures:
    """The figures of one page from its counts by what was counted."""

    def enough(number: int) -> int | None:
        return None if 0 < number < FEW else number

    shown, sent, faulty, stopped = (enough(counts.get(what, 0)) for what in ("shown", "sent", "faulty", "stopped"))
    return PageFigures(
        shown, sent, faulty, stopped, _median((upper, counts.get(f"took.{upper}", 0)) for upper in CLASSES)
    )


def _median(classes: Iterable[tuple[int, int]]) -> int | None:
    """The median of numbers counted in (upper end, how many), placed evenly within a class; None for a few."""
    rows = list(classes)
    total = sum(number for _, number in rows)
    if total < FEW:
        return None
    below, lower = 0, 0
    for upper, number in rows:
        if number and below + number >= total / 2:
            return round(lower + (upper - lower) * (total / 2 - below) / number)
        below, lower = below + number, upper
    raise AssertionError("the classes hold the median")
