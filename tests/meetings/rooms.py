"""Meetings of a panel like Bærum's, played with the rules that ask and seat people: no database, no clock.

Residents by gender and age are those of 1 January 2026, areas those of 2005 (services/registration/data). The old
join a panel more often than the young, and say yes more often too: 15 to 50 % by age.
"""

import csv
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from statistics import mean

from services.meetings.seats.asking import Somebody, YesRates, next_step, pick, reserves
from services.meetings.seats.lottery import Kind, Limit, limits_of_shares
from services.registration.population.domain import BANDS, margins_of, shipped_persons

MUNICIPALITY = "3201"
CODES = [band.code for band in BANDS]
YES = dict(zip(CODES, (0.15, 0.20, 0.27, 0.33, 0.40, 0.46, 0.50), strict=True))
#: How much likelier somebody of the age is to join the panel and want to come to meetings than the youngest are.
JOINS = dict(zip(CODES, (1.0, 1.3, 1.7, 2.2, 2.8, 2.8, 1.2), strict=True))
#: One in twenty who has a seat cannot come after all.
FALLS_ILL = 0.05
#: Replies are due three times between draw and meeting: four weeks, a week to answer each time.
ROUNDS = 3


def population() -> dict[Kind, float]:
    """Residents by gender, age band and area; every area has the same mix of ages."""
    text = (files("services.registration") / "data" / "areas_3201_2005.csv").read_text()
    areas = {row["kode"]: int(row["innbyggere"]) for row in csv.DictReader(text.splitlines())}
    return {
        (cell.gender, cell.band, area): cell.population * number / sum(areas.values())
        for cell in margins_of(shipped_persons(MUNICIPALITY))
        for area, number in areas.items()
    }


@dataclass
class Panel:
    """Who may be drawn, what each will say, and the replies so far."""

    people: list[Somebody]
    rng: random.Random
    replies: dict[Kind, tuple[int, int]] = field(default_factory=dict)

    def asked(self, person: Somebody) -> bool:
        """The person's answer, noted for the next time."""
        comes = self.rng.random() < YES[person.kind[1]]
        invitations, yes = self.replies.get(person.kind, (0, 0))
        self.replies[person.kind] = (invitations + 1, yes + comes)
        return comes


@dataclass(frozen=True)
class Outcome:
    """How a meeting went."""

    seats: int
    filled: int
    short: dict[str, int]
    """By age band: how many fewer than its least."""
    asked: int
    turned_away: int


def a_panel(size: int, seed: int) -> Panel:
    """Members drawn from the population, the old more often."""
    rng = random.Random(seed)
    there = population()
    cells = list(there)
    weights = [number * JOINS[cell[1]] for cell, number in there.items()]
    kinds = rng.choices(cells, weights, k=size)
    return Panel([Somebody(f"{seed}-{place}", kind) for place, kind in enumerate(kinds)], rng)


def limits_for(seats: int) -> list[Limit]:
    """The population's quotas."""
    shares: dict[str, Counter[str]] = {"gender": Counter(), "band": Counter(), "area": Counter()}
    there = population()
    total = sum(there.values())
    for kind, number in there.items():
        for feature, value in zip(shares, kind, strict=True):
            shares[feature][value] += number / total  # type: ignore[assignment]
    return limits_of_shares(shares, seats)


def play(panel: Panel, seats: int, words: str) -> Outcome:
    """One meeting, from the draw to the day: everybody is asked to at most one meeting a time."""
    limits, rates = limits_for(seats), YesRates(panel.replies)
    unasked = list(panel.people)
    seated: list[Somebody] = []
    queue: list[Somebody] = []
    asked_in_all = 0

    def take(places: Sequence[int]) -> list[Somebody]:
        people = [unasked[place] for place in places]
        for place in sorted(places, reverse=True):
            unasked.pop(place)
        return people

    guests = take(pick(unasked, limits, seats, (), words))
    others = take(reserves([each.kind for each in guests], unasked, rates, words))
    for number in range(ROUNDS):
        asked_in_all += len(guests) + len(others)
        seated += [each for each in guests if panel.asked(each)]
        queue += [each for each in others if panel.asked(each)]
        seated = [each for each in seated if panel.rng.random() >= FALLS_ILL / ROUNDS]
        may_ask = number < ROUNDS - 1
        step = next_step(
            queue, unasked if may_ask else [], limits, seats - len(seated), [each.kind for each in seated],
            YesRates(panel.replies), f"{words}:{number}",
        )  # fmt: skip
        seated += [queue[place] for place in step.seated]
        queue = [each for place, each in enumerate(queue) if place not in step.seated]
        by_place = {place: unasked[place] for place in (*step.asked, *step.reserves)}
        guests, others = ([by_place[place] for place in places] for places in (step.asked, step.reserves))
        unasked = [each for place, each in enumerate(unasked) if place not in by_place]
    there = Counter(each.kind[1] for each in seated)
    short = {limit.value: max(0, limit.least - there[limit.value]) for limit in limits if limit.feature == "band"}
    return Outcome(seats, len(seated), short, asked_in_all, len(queue))


def told(outcomes: Sequence[Outcome]) -> str:
    """Averages of several meetings, in one line."""
    short = {code: mean(outcome.short[code] for outcome in outcomes) for code in CODES}
    worst = max(short, key=lambda code: short[code])
    return (
        f"{mean(outcome.filled / outcome.seats for outcome in outcomes):.1%} filled, "
        f"{worst} short by {short[worst]:.2f}, "
        f"asked {mean(outcome.asked / outcome.seats for outcome in outcomes):.1f} a seat, "
        f"waited in vain {mean(outcome.turned_away / outcome.seats for outcome in outcomes):.2f} a seat"
    )


def main() -> None:
    """The figures of docs/draw.md: ``python -m tests.meetings.rooms``; some minutes."""
    for seats in (20, 30, 40):
        first, later = [], []
        for seed in range(5):
            panel = a_panel(600, seed)
            outcomes = [play(panel, seats, f"{seats}:{seed}:{number}") for number in range(5)]
            first.append(outcomes[0])
            later += outcomes[1:]
        print(f"{seats} seats, first meeting: {told(first)}")
        print(f"{seats} seats, meetings 2 to 5: {told(later)}", flush=True)


if __name__ == "__main__":
    main()
