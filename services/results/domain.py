"""Counting answers and saying what they show: totals only, with the base each share is of.

What is counted is free of language and is what a publication keeps; texts come from the questionnaire when it is shown.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, log10
from statistics import quantiles

#: The smallest group that is ever shown.
SMALLEST_GROUP = 5
#: From so many answers on, whole percents of women and men cannot give away how few chose neither (tested by
#: enumeration).
FEWEST_BY_GENDER = 100


@dataclass(frozen=True)
class Counted:
    """One question's totals; ``base`` is the number of people who answered it."""

    id: str
    kind: str
    base: int
    counts: dict[str, int] = field(default_factory=dict)
    """Option code, step of the scale or months (``2026-03/2026-05``) -> people; empty when too few answered."""
    firsts: dict[str, int] = field(default_factory=dict)
    """For a ranking: option code -> people who put it first."""
    quartiles: tuple[float, float, float] | None = None
    """For numbers, from at least five people: a quarter, half, three quarters answered at most this."""
    mean: float | None = None
    classes: tuple[tuple[float | None, float | None, int], ...] = ()
    """For numbers: (lowest, highest, people), at least five in each; None for "or less" and "or more"."""
    passages: tuple[str, ...] = ()
    """Written answers that staff chose to show."""
    parts: tuple["Counted", ...] = ()
    """A grid's statements; what was written beside options."""
    countable: bool = True
    """False for a kind of question this version does not know: its answers are kept, and nothing is said of them."""


def number_classes(numbers: Sequence[float], decimals: int) -> list[tuple[float | None, float | None, int]]:
    """Classes of one round width, neighbours joined until each holds ``SMALLEST_GROUP``; open at both ends.

    The width comes from the middle four fifths, so that one very large number does not hide all the others. Empty when
    nearly everybody answered the same, and one class would say nothing.
    """
    tenths = quantiles(numbers, n=10, method="inclusive")
    spread = tenths[-1] - tenths[0]
    if not spread:
        return []
    unit = 10.0**-decimals
    power = 10.0 ** floor(log10(spread / 6))
    width = max(unit, next(power * step for step in (1, 2, 5, 10) if power * step >= spread / 6))
    places = Counter(floor(number / width + 1e-9) for number in numbers)
    first, last = floor(tenths[0] / width + 1e-9), floor(tenths[-1] / width + 1e-9)
    steps = [(str(place), 0) for place in range(first, last + 1)]
    for place, people in places.items():
        at = min(max(place, first), last) - first
        steps[at] = (steps[at][0], steps[at][1] + people)
    groups = merged_groups(steps)
    if len(groups) < 2:
        return []
    classes: list[tuple[float | None, float | None, int]] = [
        (round(int(codes[0]) * width, decimals), round((int(codes[-1]) + 1) * width - unit, decimals), people)
        for codes, people in groups
    ]
    classes[0] = (None, *classes[0][1:])
    classes[-1] = (classes[-1][0], None, classes[-1][2])
    return classes


def share_positive(totals: Counted, upper: Sequence[str], scale: Sequence[str]) -> float | None:
    """Share of the ``upper`` steps among those who took a stand on a scale; None when nobody did."""
    stand = sum(totals.counts.get(step, 0) for step in scale)
    return sum(totals.counts.get(step, 0) for step in upper) / stand if stand else None


def key_question(all_totals: Sequence[Counted]) -> Counted | None:
    """The question whose picture stands for a result: the first where one answer leads, else the first with figures."""
    with_figures = [totals for totals in all_totals if totals.counts or totals.classes]
    return next((totals for totals in with_figures if leads(totals)), with_figures[0] if with_figures else None)


def leads(totals: Counted) -> bool:
    """Whether one answer was chosen by most, where each person chose one."""
    return totals.kind in ("one_choice", "pair") and len(most_chosen(totals.counts)) == 1


def most_chosen(counts: Mapping[str, int]) -> list[str]:
    """The codes that most people chose: several when they are equally many, none when nobody chose any."""
    top = max(counts.values(), default=0)
    return [code for code, n in counts.items() if n == top] if top else []


def merged_groups(counts: Sequence[tuple[str, int]]) -> list[tuple[tuple[str, ...], int]]:
    """Neighbouring groups joined until each holds at least ``SMALLEST_GROUP``: ((codes), people).

    Nothing is hidden, so nothing can be found by subtraction. Empty when all together are too few.
    """
    merged: list[tuple[tuple[str, ...], int]] = []
    codes: tuple[str, ...] = ()
    people = 0
    for code, n in counts:
        codes, people = (*codes, code), people + n
        if people >= SMALLEST_GROUP:
            merged.append((codes, people))
            codes, people = (), 0
    if codes and merged:
        last, before = merged.pop()
        merged.append(((*last, *codes), before + people))
    return merged


def gender_shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Shares of the genders that may be shown, as whole percents; empty when they would tell too much.

    Those of another gender have a row of their own from ``SMALLEST_GROUP`` people; fewer are left out of the base
    too, which a reader cannot tell from nobody.
    """
    women, men, other = (counts.get(gender, 0) for gender in ("female", "male", "other"))
    if min(women, men) < SMALLEST_GROUP or women + men + other < FEWEST_BY_GENDER:
        return {}
    if other >= SMALLEST_GROUP:
        base = women + men + other
        return {gender: round(n / base, 2) for gender, n in (("female", women), ("male", men), ("other", other))}
    # Two shares rounded each for itself can add up to 99 percent, and then tell that the true ones end in a half.
    share = round(women / (women + men), 2)
    return {"female": share, "male": round(1 - share, 2)}
