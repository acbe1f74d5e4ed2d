"""How many are asked, and who gets a seat that is free: the rules, without the database.

Where past replies say that few come, more are asked than there are seats. Those asked to a *seat* have it once they
say yes. Those asked to the *waiting list* agree to wait: when all of them have answered or are too late, free seats go
to those who said yes, by the draw's own algorithm and never to whoever was first. Why: docs/decisions/0020.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.meetings.draw import model
from services.meetings.draw.model import Infeasible, Quota
from services.meetings.seats.lottery import Kind, features_of

#: Before so many replies are in, nobody knows how many come, and as many are asked as there are seats. The first round
#: of a panel's first meeting is enough where it has 20 seats: `docs/draw.md` has what that fills.
FEWEST_REPLIES = 20
#: A group's yes-rate is weighed against that of the larger group with as many replies as this.
SHRINKAGE = 10
#: So many are asked for one seat at most, however few say yes.
MOST_PER_SEAT = 8
#: Groups from large to small, as places in a kind: everybody, an age band, its women or men, those of an area.
_GROUPS = ((), (1,), (1, 0), (1, 0, 2))
_LIST = "list"
_WAITS, _ASKED = "waits", "asked"


@dataclass(frozen=True)
class Somebody:
    """One who may get a seat or be asked; ``key`` is secret or a fingerprint, and orders those who are alike."""

    key: str
    kind: Kind


@dataclass(frozen=True)
class Step:
    """What happens to a meeting's free seats now, as places in the lists given."""

    seated: tuple[int, ...] = ()
    """Of the waiting list."""
    asked: tuple[int, ...] = ()
    """Of those not asked yet: to a seat."""
    reserves: tuple[int, ...] = ()
    """Of those not asked yet: to the waiting list."""


class YesRates:
    """How large a share of those asked can be expected to come, by kind.

    ``replies``: kind -> (asked, yes), silence being no yes. The share of an age band is (yes + 10 x everybody's share)
    / (asked + 10), and likewise that of its women or men against the band, and of an area's against these.
    """

    def __init__(self, replies: Mapping[Kind, tuple[int, int]]) -> None:
        self._groups: dict[tuple[str, ...], tuple[int, int]] = {}
        for kind, (mails, yes) in replies.items():
            for places in _GROUPS:
                group = tuple(kind[place] for place in places)
                before = self._groups.get(group, (0, 0))
                self._groups[group] = (before[0] + mails, before[1] + yes)
        self.replies = self._groups.get((), (0, 0))[0]

    def of(self, kind: Kind) -> float:
        """From 1/8 to 1; 1 where too little is known to ask more than there are seats."""
        if self.replies < FEWEST_REPLIES:
            return 1.0
        mails, yes = self._groups[()]
        share = yes / mails
        for places in _GROUPS[1:]:
            mails, yes = self._groups.get(tuple(kind[place] for place in places), (0, 0))
            share = (yes + SHRINKAGE * share) / (mails + SHRINKAGE)
        return max(share, 1 / MOST_PER_SEAT)

    def others_for(self, kind: Kind) -> float:
        """How many more are asked for each one of this kind who is asked to a seat, so that one of them comes."""
        share = self.of(kind)
        return (1 - share) / share


def reserves(guests: Sequence[Kind], candidates: Sequence[Somebody], rates: YesRates, words: str) -> tuple[int, ...]:
    """Who is asked to the waiting list beside the ``guests`` asked to seats: places in ``candidates``.

    As many of each gender, age band and area as are expected to be missing, drawn like the seats.
    """
    others = [rates.others_for(kind) for kind in guests]
    number = min(round(sum(others)), len(candidates))
    quotas = []
    for place, feature in enumerate(features_of(guests)):
        wants: Counter[str] = Counter()
        for kind, more in zip(guests, others, strict=True):
            wants[kind[place]] += more  # type: ignore[assignment]
        quotas += [Quota(feature, value, int(more), int(more) + 1) for value, more in wants.items()]
    return pick(candidates, quotas, number, (), words)


def pick(
    people: Sequence[Somebody],
    limits: Sequence[Quota],
    seats: int,
    holders: Collection[Kind],
    words: str,
    waiting: Collection[int] = (),
) -> tuple[int, ...]:
    """Who gets the open ``seats`` beside the ``holders`` of others, so that quotas are kept or missed by the least.

    The result is places in ``people``: as many of those ``waiting`` as the quotas allow, then others. A quota of 0 is
    kept even when seats then stay empty. ``words`` decide, where several outcomes are as fair.
    """
    from services.meetings.draw.solving import quotas_in_reach, solve

    features = (*features_of(each.kind for each in people), _LIST)
    kinds = [(*each.kind, _WAITS if place in waiting else _ASKED) for place, each in enumerate(people)]
    pool = model.Pool.of(features, kinds)
    seats_taken = Counter((*kind, "") for kind in holders)
    for number in range(min(seats, len(people)), 0, -1):
        try:
            quotas, _ = quotas_in_reach(pool, limits, number, seats_taken)
        except Infeasible:
            continue
        if waiting:
            most = _most_waiting(pool, quotas, number)
            quotas = (*quotas, Quota(_LIST, _WAITS, most, most))
        lottery = solve(pool, quotas, number)
        panel = _panel_of(lottery, int.from_bytes(hashlib.sha256(words.encode()).digest(), "big") % lottery.tickets)
        return tuple(sorted(place for kind, count in panel.items() for place in _first(people, kinds, kind, count)))
    return ()


def next_step(
    waiting: Sequence[Somebody],
    candidates: Sequence[Somebody],
    limits: Sequence[Quota],
    seats: int,
    holders: Collection[Kind],
    rates: YesRates,
    words: str,
) -> Step:
    """What to do with the free ``seats`` beside the ``holders`` of others, once nobody asked to wait can answer.

    Those who wait come first, as far as the quotas can then still be kept; others are asked to what is left.
    """
    places = pick([*waiting, *candidates], limits, seats, holders, words, range(len(waiting)))
    first = len(waiting)
    guests = [place - first for place in places if place >= first]
    rest = [place for place in range(len(candidates)) if place not in set(guests)]
    more = reserves([candidates[place].kind for place in guests], [candidates[place] for place in rest], rates, words)
    return Step(tuple(place for place in places if place < first), tuple(guests), tuple(rest[place] for place in more))


def _most_waiting(pool: model.Pool, quotas: Sequence[Quota], seats: int) -> int:
    """How many of the waiting list a panel can hold."""
    import numpy as np

    from services.meetings.draw.space import Space

    space = Space.of(pool, quotas, seats)
    panel = space.panels(np.array([float(kind[-1] == _WAITS) for kind in space.types])).solve()
    assert panel is not None, "the quotas are within reach"
    return round(panel.value)


def _panel_of(lottery: model.Lottery, ticket: int) -> Mapping[model.Type, int]:
    for panel in lottery.panels:
        ticket -= panel.tickets
        if ticket < 0:
            return panel.seats
    raise Infeasible((), ())


def _first(people: Sequence[Somebody], kinds: Sequence[Kind], kind: Kind, count: int) -> list[int]:
    """As many people of one kind as get a seat: by their keys, which nobody can steer."""
    alike = [place for place, each in enumerate(kinds) if each == kind]
    return sorted(alike, key=lambda place: hashlib.sha256(people[place].key.encode()).digest())[:count]
