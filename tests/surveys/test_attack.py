"""An attacker with a dump of everything after 200 known answers ties no more of them to people than chance would.

The attacker has every row of every table (outbox and archives, which is what lies in the topics, included), with what
Postgres itself adds to a row (xmin, ctid), and the log lines. Whatever orders answers is laid beside whatever orders
people, forwards and backwards, in all and within each released stratum, and rank is matched to rank. Of a random
matching of n to n, hits are Poisson with mean 1, whatever n is, and within strata with as many as there are strata.
"""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import structlog

from services.surveys.fieldwork.closing import close_survey
from services.surveys.sealing import keys_of
from shared.events.surveys import ResponseSubmitted
from shared.service import Runtime
from shared.testing import Deliverer, browser
from tests.members import many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins
from tests.surveys.resident import PAGES, enter, post

ANSWERS = 200
#: Of those, as many answer in a browser, and leave log lines.
IN_A_BROWSER = 6
#: One in so many changes the answer after everybody has answered.
CHANGES = 4
#: A matching with more hits than this is no chance: one in a million over all matchings that are tried.
_UNLIKELY = 1e-6


@dataclass
class Dump:
    """What orders the answers and what orders the people: name -> key -> what it sorts by."""

    answers: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    people: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    strata: dict[str, str] = field(default_factory=dict)
    """Of each answer, as released."""


def place(ctid: str) -> tuple[int, int]:
    """A row's place in its file."""
    block, number = ctid.strip("()").split(",")
    return int(block), int(number)


async def dumped(rt: Runtime, people: Mapping[str, str]) -> Dump:
    """Everything in the schema; answers are known by the word each wrote, people by their member's id."""
    dump = Dump()
    async with rt.transaction() as session:
        tables = await session.scalars(
            sa.text("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'surveys'")
        )
        for table in list(tables):
            query = sa.text(f"select to_jsonb(t), t.xmin::text, t.ctid::text from only {table} t")
            for number, (row, xmin, ctid) in enumerate(await session.execute(query)):
                payload = row.get("payload")
                content = json.loads(bytes.fromhex(payload[2:])) if isinstance(payload, str) else row
                if row.get("type") == ResponseSubmitted.type:
                    word = content["answers"]["ett_ord"]
                    dump.strata[word] = json.dumps(content["strata"], sort_keys=True)
                    into, key = dump.answers, word
                else:
                    named = {people[value] for value in map(str, content.values()) if value in people}
                    if len(named) != 1:
                        continue
                    into, key = dump.people, named.pop()
                name = f"{table} {row.get('type', '')}"
                orders = {"xmin": int(xmin), "ctid": place(ctid), "read": number, "length": len(json.dumps(row))}
                orders |= {column: value for column, value in (row | content).items() if _sorts(value)}
                for order, value in orders.items():
                    into[f"{name} {order}"][key] = value
    return dump


def _sorts(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def most(cells: int, tries: int) -> int:
    """The fewest hits ``tries`` random matchings reach with less than ``_UNLIKELY`` chance; Poisson, mean ``cells``."""
    share, hits, term = 1.0, 0, math.exp(-cells)
    while share * tries >= _UNLIKELY:
        share -= term
        hits += 1
        term *= cells / hits
    return hits


def hits(answers: Mapping[str, Any], people: Mapping[str, Any], truth: Mapping[str, str]) -> int:
    """How many answers fall on the person who gave them when both are laid in order; ties are broken by lot."""
    lot = Random(len(answers))
    order = sorted(answers, key=lambda one: (str(type(answers[one])), answers[one], lot.random()))
    guesses = sorted(people, key=lambda one: (str(type(people[one])), people[one], lot.random()))
    return sum(truth[guess] == person for guess, person in zip(order, guesses, strict=False))


def matchings(dump: Dump, truth: Mapping[str, str]) -> list[tuple[str, int, int]]:
    """(what was matched, hits, cells) of each order of answers with each of people, in all and within strata."""
    groups: dict[str, tuple[list[str], list[str]]] = {}
    for word, stratum in dump.strata.items():
        groups.setdefault(stratum, ([], []))[0].append(word)
        groups[stratum][1].append(truth[word])
    matches = []
    for a_name, answers in dump.answers.items():
        for p_name, people in dump.people.items():
            mine = {person: people[person] for person in truth.values() if person in people}
            if len(mine) < ANSWERS or len(answers) < ANSWERS:
                continue
            for turned, laid in (("", mine), (" backwards", _backwards(mine))):
                name = f"{a_name} / {p_name}{turned}"
                matches.append((name, hits(answers, laid, truth), 1))
                within = sum(
                    hits({word: answers[word] for word in some}, {person: laid[person] for person in those}, truth)
                    for some, those in groups.values()
                )
                matches.append((f"{name} within strata", within, len(groups)))
    return matches


def _backwards(values: Mapping[str, Any]) -> dict[str, int]:
    """The same people in the opposite order; equal values stay equal."""
    ranks = {value: -rank for rank, value in enumerate(sorted(set(values.values())))}
    return {person: ranks[value] for person, value in values.items()}


async def played(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> tuple[UUID, dict[str, str], dict[str, str], list[Any]]:
    """200 answers in an order of their own, a few in a browser: survey, word -> member, id -> member, log lines."""
    await deliver(margins(), *many(rt.now(), ANSWERS + 40))
    survey = await plan()
    rows = await invitations(rt, survey.id)
    random = Random(200)
    random.shuffle(rows)
    truth: dict[str, str] = {}
    later: list[tuple[UUID, dict[str, str]]] = []
    with structlog.testing.capture_logs() as lines:
        for number, row in enumerate(rows[:ANSWERS]):
            # Longer and shorter answers, and of several kinds: lengths are among what is tried.
            word = f"svar {number}"
            truth[word] = str(row.member_id)
            if number < IN_A_BROWSER:
                async with browser(rt) as client:
                    await enter(client, rt, row)
                    for page, values in enumerate(PAGES, start=1):
                        await post(client, row, page, **(values | {"ett_ord": word} if "ett_ord" in values else values))
            else:
                content = {"reisemate": random.choice(("gange", "bil")), "forslag": "mer " * random.randrange(60)}
                changes = number % CHANGES == 0
                assert await answer(rt, row.id, content | {"ett_ord": "før" if changes else word})
                if changes:
                    later.append((row.id, content | {"ett_ord": word}))
        random.shuffle(later)
        for id_, content in later:
            assert await answer(rt, id_, content, again=True)
    people = {str(id_): str(row.member_id) for row in rows for id_ in (row.id, row.member_id)}
    return survey.id, truth, people, lines


async def test_after_200_known_answers_no_order_no_length_and_no_stratum_says_whose_they_are(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    survey_id, truth, people, lines = await played(rt, deliver, plan)
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey_id, rt.now())
    dump = await dumped(rt, people)
    assert set(dump.strata) == set(truth), "every answer has left, and the attacker knows them all"
    matches = matchings(dump, truth)
    assert len(matches) > 200, "orders of several tables on both sides"
    assert [(name, n) for name, n, cells in matches if n >= most(cells, len(matches))] == []
    logged = json.dumps(lines, default=str)
    assert "web.request.answered" in logged
    assert [value for value in (*people, *truth) if value in logged] == [], "a log line names neither person nor answer"


@pytest.mark.parametrize("leak", ["answers leave in the order they came", "an answer's id tells its place"])
async def test_the_attack_would_find_a_leak(rt: Runtime, deliver: Deliverer, plan: PlanSurvey, leak: str) -> None:
    """What the dump of a careless release would look like: the truth itself, under another name."""
    survey_id, truth, people, _ = await played(rt, deliver, plan)
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey_id, rt.now())
    dump = await dumped(rt, people)
    came: Sequence[str] = list(truth)
    dump.answers[leak] = {word: number if "order" in leak else f"{number:04}" for number, word in enumerate(came)}
    matches = matchings(dump, truth)
    leaks = [name for name, n, cells in matches if n >= most(cells, len(matches))]
    assert any(name.startswith(leak) for name in leaks)
    assert all(name.startswith(leak) for name in leaks)


def test_the_limit_is_what_chance_does_not_reach() -> None:
    random = Random(1)
    truth = {str(number): str(-number) for number in range(200)}
    some = []
    for _ in range(400):
        laid = {person: random.random() for person in truth.values()}
        some.append(hits({word: random.random() for word in truth}, laid, truth))
    assert 0.7 < sum(some) / len(some) < 1.3
    assert max(some) < most(1, 400) < 15
    assert most(8, 400) > most(1, 400)
