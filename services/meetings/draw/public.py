"""The protocol as everybody may see it: counts in groups so large that no group points at a person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.meetings.draw.domain import GENDERS, Line

#: Fewer in the pool than this are shown together with their neighbours.
SMALLEST = 5


@dataclass(frozen=True)
class Group:
    """One line of the public protocol: a gender (or ``all``), age bands from young to old, and their counts."""

    gender: str
    bands: tuple[str, ...]
    pool: int
    quota: float
    drawn: int
    with_other: bool = False
    """Also holds everybody who has given no gender, because they are too few to stand alone."""


def public_protocol(lines: Iterable[Line], bands: Sequence[str], smallest: int = SMALLEST) -> list[Group]:
    """Strata in a fixed order, small ones merged with the next age band of the same gender until none is small.

    Those without a stated gender are one group over all ages; when too few, they stand in the largest group. When a
    whole gender is too small, there is one group of all.
    """
    order = {code: place for place, code in enumerate(bands)}
    kept = [line for line in lines if line.pool or line.quota]
    by_gender = {
        gender: _merged(sorted((x for x in kept if x.gender == gender), key=lambda x: order.get(x.band, 0)), smallest)
        for gender in GENDERS[:2]
    }
    groups = [group for gender in GENDERS[:2] for group in by_gender[gender]]
    other = [line for line in kept if line.gender == "other"]
    if other:
        whole = _together("other", [Group("other", (x.band,), x.pool, x.quota, x.drawn) for x in other])
        if whole.pool >= smallest or not groups:
            groups.append(replace(whole, bands=()))
        else:
            largest = max(range(len(groups)), key=lambda place: groups[place].pool)
            joined = _together(groups[largest].gender, [groups[largest], whole])
            groups[largest] = replace(joined, bands=groups[largest].bands, with_other=True)
    if any(0 < group.pool < smallest for group in groups):
        return [replace(_together("all", groups), bands=())]
    return groups


def _merged(lines: Sequence[Line], smallest: int) -> list[Group]:
    groups: list[Group] = []
    for line in lines:
        group = Group(line.gender, (line.band,), line.pool, line.quota, line.drawn)
        if groups and groups[-1].pool < smallest:
            groups[-1] = _together(line.gender, [groups[-1], group])
        else:
            groups.append(group)
    if len(groups) > 1 and groups[-1].pool < smallest:
        last = groups.pop()
        groups[-1] = _together(last.gender, [groups[-1], last])
    return groups


def _together(gender: str, groups: Sequence[Group]) -> Group:
    return Group(
        gender,
        tuple(band for group in groups for band in group.bands),
        sum(group.pool for group in groups),
        sum(group.quota for group in groups),
        sum(group.drawn for group in groups),
        any(group.with_other for group in groups),
    )
