"""Tickets of a draw: each is a whole group of people that keeps every quota, and one ticket is picked in public.

People with equal features are exchangeable, so groups are found over kinds of people with whole counts, on HiGHS: a
group is the best one for those who have had the least chance so far, again and again; then the groups get the weights
that make the lowest chance as high as they allow. Everything is repeatable from the pool's order and the salts.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

METHOD = "tickets-1"
#: Tickets of a draw: three ten-sided dice pick one.
TICKETS = 1000
#: Groups looked for, before tickets are shared among them.
GROUPS = 120
#: How fast the weight of a kind falls when it is in a group.
_STEP = 0.6

Kind = tuple[str, ...]
"""The values of one kind of people, in the order of ``FEATURES``."""
FEATURES = ("gender", "band", "area")


@dataclass(frozen=True)
class Limit:
    """The least and most seats for those with one value of a feature."""

    feature: str
    value: str
    least: int
    most: int

    def holds(self, kind: Kind) -> bool:
        """Whether this kind of people counts here."""
        return kind[FEATURES.index(self.feature)] == self.value


@dataclass(frozen=True)
class Lottery:
    """What is committed to before the draw."""

    tickets: tuple[tuple[int, ...], ...]
    """Places in the pool, for each ticket; sorted."""
    bound: float
    """No draw that keeps the quotas gives those who can be drawn a higher lowest chance than this."""
    never: tuple[int, ...]
    """Places of those who are in no group that keeps the quotas; their chance is 0."""

    def chances(self, people: int) -> list[float]:
        """Each one's chance: the share of tickets the person is on."""
        times = Counter(place for ticket in self.tickets for place in ticket)
        return [times[place] / len(self.tickets) for place in range(people)]


class Infeasible(ValueError):
    """No group keeps every quota; ``relaxed`` are quotas close to those asked for that some group keeps."""

    def __init__(self, relaxed: Sequence[tuple[Limit, Limit]]) -> None:
        super().__init__("the quotas cannot be kept")
        self.relaxed = tuple(relaxed)
        """(as asked, as it would have to be)"""


class _Model:
    """Groups of ``seats`` people over kinds, as a whole-number model of HiGHS whose objective changes."""

    def __init__(self, heads: Mapping[Kind, int], limits: Sequence[Limit], seats: int, *, whole: bool = True) -> None:
        self.kinds = sorted(heads)
        self.limits = limits
        self.solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
            self.solver.setOptionValue(option, value)
        for place, kind in enumerate(self.kinds):
            self.solver.addVar(0.0, float(heads[kind]))
            if whole:
                self.solver.changeColIntegrality(place, highspy.HighsVarType.kInteger)
        everybody = list(range(len(self.kinds)))
        self._row(everybody, seats, seats)
        for limit in limits:
            self._row([place for place in everybody if limit.holds(self.kinds[place])], limit.least, limit.most)
        self.solver.changeObjectiveSense(highspy.ObjSense.kMaximize)

    def _row(self, places: list[int], least: float, most: float) -> None:
        self.solver.addRow(float(least), float(most), len(places), np.array(places, np.int32), np.ones(len(places)))

    def best(self, worth: Sequence[float]) -> tuple[int, ...] | None:
        """Counts by kind of the group worth most; None when no group keeps the limits."""
        self.solver.changeColsCost(len(self.kinds), np.arange(len(self.kinds), dtype=np.int32), np.array(worth, float))
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return tuple(round(count) for count in self.solver.getSolution().col_value[: len(self.kinds)])


def prepare(
    pool: Sequence[Kind], salts: Sequence[str], limits: Sequence[Limit], seats: int, groups: int = GROUPS
) -> Lottery:
    """Tickets for ``seats`` of the pool (everybody, when there are fewer). Raises Infeasible.

    ``salts`` decide who of one kind is on which ticket: the deck of each kind is ordered by them and dealt round.
    """
    seats = min(seats, len(pool))
    heads = Counter(pool)
    model = _Model(heads, limits, seats)
    possible = _possible(model)
    if possible is None:
        raise Infeasible(relaxations(heads, limits, seats))
    found = _groups(model, heads, possible, groups)
    shares = _weights(found, heads, model.kinds, possible)
    tickets: list[tuple[int, ...]] = []
    decks = {
        kind: sorted((place for place, each in enumerate(pool) if each == kind), key=lambda place: salts[place])
        for kind in model.kinds
    }
    dealt: Counter[Kind] = Counter()
    for group, number in zip(found, _in_tickets(shares), strict=True):
        for _ in range(number):
            ticket: list[int] = []
            for kind, count in zip(model.kinds, group, strict=True):
                deck = decks[kind]
                ticket += [deck[(dealt[kind] + offset) % len(deck)] for offset in range(count)]
                dealt[kind] += count
            tickets.append(tuple(sorted(ticket)))
    never = tuple(place for place, kind in enumerate(pool) if kind not in possible)
    return Lottery(tuple(tickets), _bound(heads, limits, seats, possible), never)


def _possible(model: _Model) -> set[Kind] | None:
    """Kinds that are in some group; None when there is no group at all."""
    possible: set[Kind] = set()
    first = model.best([0.0] * len(model.kinds))
    if first is None:
        return None
    possible |= {kind for kind, count in zip(model.kinds, first, strict=True) if count}
    for place, kind in enumerate(model.kinds):
        if kind not in possible:
            group = model.best([float(place == other) for other in range(len(model.kinds))]) or ()
            possible |= {each for each, count in zip(model.kinds, group, strict=True) if count}
    return possible


def _groups(model: _Model, heads: Mapping[Kind, int], possible: set[Kind], groups: int) -> list[tuple[int, ...]]:
    """Groups found one after the other, each the best for those who have had the least so far."""
    worth = np.array([1.0 / heads[kind] if kind in possible else 0.0 for kind in model.kinds])
    found: dict[tuple[int, ...], None] = {}
    for _ in range(groups):
        group = model.best(list(worth / worth.max()))
        assert group is not None
        found[group] = None
        share = np.array(group) / np.array([heads[kind] for kind in model.kinds])
        worth = worth * (1 - _STEP * np.minimum(1.0, share))
    return list(found)


def _weights(
    found: Sequence[tuple[int, ...]], heads: Mapping[Kind, int], kinds: Sequence[Kind], possible: set[Kind]
) -> list[float]:
    """The share of each group that makes the lowest chance as high as these groups allow."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    for _ in found:
        solver.addVar(0.0, 1.0)
    solver.addVar(0.0, 1.0)
    lowest = len(found)
    solver.changeColCost(lowest, 1.0)
    solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
    every = np.arange(len(found), dtype=np.int32)
    solver.addRow(1.0, 1.0, len(found), every, np.ones(len(found)))
    for place, kind in enumerate(kinds):
        if kind in possible:
            share = [group[place] / heads[kind] for group in found]
            columns = np.append(every, np.int32(lowest))
            solver.addRow(0.0, highspy.kHighsInf, len(columns), columns, np.array([*share, -1.0]))
    solver.run()
    return list(solver.getSolution().col_value[:lowest])


def _bound(heads: Mapping[Kind, int], limits: Sequence[Limit], seats: int, possible: set[Kind]) -> float:
    """The highest lowest chance were people divisible: no draw of whole people can do better."""
    model = _Model(heads, limits, seats, whole=False)
    solver, lowest = model.solver, len(model.kinds)
    solver.addVar(0.0, 1.0)
    for place, kind in enumerate(model.kinds):
        if kind in possible:
            columns = np.array([place, lowest], np.int32)
            solver.addRow(0.0, highspy.kHighsInf, 2, columns, np.array([1.0, -float(heads[kind])]))
    solver.changeColCost(lowest, 1.0)
    solver.run()
    return float(solver.getSolution().col_value[lowest])


def _in_tickets(shares: Sequence[float]) -> list[int]:
    """Tickets of each group: shares of ``TICKETS`` by largest remainders, first group first."""
    whole = [int(share * TICKETS) for share in shares]
    order = sorted(range(len(shares)), key=lambda place: (whole[place] - shares[place] * TICKETS, place))
    for place in order[: TICKETS - sum(whole)]:
        whole[place] += 1
    return whole


def relaxations(heads: Mapping[Kind, int], limits: Sequence[Limit], seats: int) -> list[tuple[Limit, Limit]]:
    """Quotas that must give way, by as few seats in all as possible: (as asked, as it would have to be)."""
    model = _Model(heads, (), seats)
    people = len(model.kinds)
    model.best([0.0] * people)
    solver = model.solver
    for number, limit in enumerate(limits):
        places = [place for place in range(people) if limit.holds(model.kinds[place])]
        lacking, beyond = people + 2 * number, people + 2 * number + 1
        for column in (lacking, beyond):
            solver.addVar(0.0, float(seats))
            solver.changeColCost(column, -1.0)
        columns, ones = np.array([*places, lacking], np.int32), np.ones(len(places) + 1)
        solver.addRow(float(limit.least), highspy.kHighsInf, len(columns), columns, ones)
        ones = np.array([*np.ones(len(places)), -1.0])
        solver.addRow(-highspy.kHighsInf, float(limit.most), len(columns), np.array([*places, beyond], np.int32), ones)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return []
    values = solver.getSolution().col_value
    relaxed = []
    for number, limit in enumerate(limits):
        less, more = (round(values[people + 2 * number + which]) for which in (0, 1))
        if less or more:
            relaxed.append((limit, Limit(limit.feature, limit.value, limit.least - less, limit.most + more)))
    return relaxed


def limits_of_shares(
    shares: Mapping[str, Mapping[str, float]], seats: int, unstated: Mapping[str, float] | None = None
) -> list[Limit]:
    """Limits around each value's share of the seats: its fraction rounded down and up.

    ``shares`` is feature -> value -> share (adds up to 1). ``unstated`` is, by feature, the share of the pool that has
    none of the values (no stated gender, outside every area): the least leave room for them.
    """
    limits = []
    for feature, by_value in shares.items():
        room = 1.0 - (unstated or {}).get(feature, 0.0)
        for value, share in by_value.items():
            # A hair's breadth keeps 20 x 0.35 at 7.
            least = int(share * seats * room + 1e-9)
            limits.append(Limit(feature, value, least, max(least, -int(-(share * seats - 1e-9) // 1))))
    return limits


def ticket_of(randomness: str, root: str) -> int:
    """The ticket public randomness picks: three digits are dice and name it, other text is hashed with the root."""
    text = "".join(randomness.split())
    if len(text) == 3 and text.isascii() and text.isdigit():
        return int(text)
    return int.from_bytes(hashlib.sha256(f"{root}:{randomness.strip()}".encode()).digest(), "big") % TICKETS


def leaf(*parts: str) -> str:
    """Fingerprint of one committed line (SHA-256, hex)."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def root_of(leaves: Sequence[str]) -> str:
    """Root of the Merkle tree over the leaves, pairs hashed upwards, an odd one taken along; empty text for none."""
    level = list(leaves)
    while len(level) > 1:
        level = [leaf("node", *level[place : place + 2]) for place in range(0, len(level), 2)]
    return level[0] if level else ""


def group_of(ticket: Iterable[int], pool: Sequence[Kind]) -> Counter[Kind]:
    """Counts by kind of the people on a ticket."""
    return Counter(pool[place] for place in ticket)
