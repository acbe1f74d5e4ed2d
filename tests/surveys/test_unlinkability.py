"""Joins everything schema ``surveys`` holds on every shared value, and finds nothing that leads from answer to person.

What the threat model names stays outside: while a survey is open, Postgres' own traces of one transaction (xmin, the
place of a row in its file, the write-ahead log), which only an administrator of the running database can read.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.surveys.answering.store import Opened, hold, keep
from services.surveys.fieldwork.closing import close_survey
from services.surveys.fieldwork.domain import CELL_MINIMUM
from services.surveys.fieldwork.following_up import remind_due
from services.surveys.tables import Draft, Response
from shared.events.surveys import ResponseSubmitted
from shared.service import Runtime
from shared.testing import Deliverer, move
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, many, margins

ANSWERS = 40


@dataclass(frozen=True)
class Row:
    """One row of any table, flattened to the values one could join on."""

    table: str
    values: frozenset[str]
    is_answer: bool


def _values(node: Any) -> Iterator[str]:
    """Every value in a row or payload that could be joined on; small numbers and words of one letter say nothing."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _values(json.loads(bytes.fromhex(value[2:])) if key == "payload" else value)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)
    elif isinstance(node, str) and len(node) > 1:
        yield node


async def everything(rt: Runtime, *, with_xmin: bool) -> list[Row]:
    """Every row of every table of the schema, outbox, archives, inbox and partitions included."""
    rows = []
    async with rt.transaction() as session:
        tables = list(
            await session.scalars(
                sa.text("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'surveys'")
            )
        )
        for table in tables:
            for content, xmin in await session.execute(
                sa.text(f"select to_jsonb(t), t.xmin::text from only {table} t")
            ):
                values = set(_values(content))
                if with_xmin:
                    values.add(f"xmin {xmin}")
                is_answer = table == "surveys.response" or content.get("type") == ResponseSubmitted.type
                rows.append(Row(table, frozenset(values), is_answer))
    return rows


def links(rows: list[Row], people: dict[str, str]) -> dict[str, tuple[int, int]]:
    """Values that join fewer than k answers with anybody, or any answer with fewer than k people: (answers, people).

    ``people`` maps a member's and an invitation's id to one name for the person.
    """
    answers: dict[str, int] = defaultdict(int)
    persons: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        named = {people[value] for value in row.values if value in people}
        for value in row.values:
            if row.is_answer:
                answers[value] += 1
                persons[value] |= named
            else:
                persons[value] |= named
    return {
        value: (number, len(persons[value]))
        for value, number in answers.items()
        if persons[value] and (number < CELL_MINIMUM or len(persons[value]) < CELL_MINIMUM)
    }


async def played(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> tuple[UUID, dict[str, str], list[UUID]]:
    """A survey with drafts, reminders and forty answers; who is who, and the invitations in answering order."""
    await deliver(margins(), *many(rt.now(), 60))
    survey = await plan()
    rows = await invitations(rt, survey.id)
    async with rt.transaction() as session:
        for row in rows[ANSWERS:50]:
            session.add(Draft(invitation_id=row.id, answers={"ett_ord": f"halvt {row.band}"}))
    move(rt, timedelta(days=8))
    await remind_due(rt)
    order = rows[:ANSWERS]
    for place, row in enumerate(order):
        answers = {"ett_ord": f"svar {place}", "reisemate": "gange"}
        # Half-finished first, word for word what is sent in later: what was kept under the invitation must be gone.
        async with rt.transaction() as session:
            held = await hold(session, row.id, row.generation, rt.now())
            assert isinstance(held, Opened)
            await keep(session, held, answers, {"minutter": [f"typed {place}"]}, 2)
        assert await answer(rt, row.id, answers)
    people = {str(row.id): str(row.member_id) for row in rows} | {
        str(row.member_id): str(row.member_id) for row in rows
    }
    return survey.id, people, [row.id for row in order]


async def test_while_open_no_value_leads_from_a_resting_answer_to_a_person(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    _, people, _ = await played(rt, deliver, plan)
    rows = await everything(rt, with_xmin=False)
    assert sum(row.is_answer for row in rows) == ANSWERS
    assert links(rows, people) == {}


async def test_after_release_not_even_a_transaction_joins_an_answer_with_a_person(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    survey_id, people, _ = await played(rt, deliver, plan)
    async with rt.transaction() as session:
        resting = set(await session.scalars(sa.select(Response.id)))
    async with rt.transaction() as session:
        await close_survey(session, survey_id, rt.now())
    rows = await everything(rt, with_xmin=True)
    assert sum(row.is_answer for row in rows) == ANSWERS
    assert links(rows, people) == {}
    kept = set[str]().union(*(row.values for row in rows))
    assert not {str(id_) for id_ in resting} & kept, "an id from before the release leads back to backups of then"


async def test_answers_leave_in_an_order_that_is_neither_answering_nor_inviting(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    survey_id, _, _ = await played(rt, deliver, plan)
    async with rt.transaction() as session:
        await close_survey(session, survey_id, rt.now())
    async with rt.transaction() as session:
        found = await session.execute(
            sa.text("select payload, headers, sequence, subject from surveys.outbox where restricted order by id")
        )
        sent = found.all()
    places = [int(json.loads(row.payload)["answers"]["ett_ord"].split()[1]) for row in sent]
    assert sorted(places) == list(range(ANSWERS))
    # One chance in 40! that the operating system's randomness returns either of these by itself.
    assert places not in (list(range(ANSWERS)), list(reversed(range(ANSWERS))))
    for row in sent:
        assert row.sequence is None
        assert row.subject is None
        assert not {"ce_time", "traceparent", "ce_subject", "ce_sequence"} & set(row.headers)
        assert UUID(json.loads(row.payload)["response_id"]).version == 4


async def test_the_join_would_find_a_link_if_there_were_one(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    _, people, order = await played(rt, deliver, plan)
    async with rt.transaction() as session:
        await session.execute(
            sa.update(Response)
            .where(Response.answers["ett_ord"].as_string() == "svar 3")
            .values(answers={"leak": str(order[3])})
        )
    assert str(order[3]) in links(await everything(rt, with_xmin=False), people)
    # And this is what is named in the threat model: while open, one transaction holds both.
    assert len(links(await everything(rt, with_xmin=True), people)) >= ANSWERS


def test_a_resting_answer_has_no_column_that_could_hold_time_or_person() -> None:
    assert set(Response.__table__.columns.keys()) == {"id", "survey_id", "answers", "gender", "band"}
