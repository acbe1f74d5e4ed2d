"""Joins everything schema ``surveys`` holds on every shared value, and finds nothing that leads from answer to person.

While a survey is open, Postgres' own traces of one transaction (xmin, the place of a row in its file, the write-ahead
log) lead from a person to a row; the row is sealed, and the key is not in the database.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag

from services.surveys.answering.store import Opened, hold, keep
from services.surveys.fieldwork.closing import close_survey, destroy_keys
from services.surveys.fieldwork.domain import CELL_MINIMUM
from services.surveys.reminding.reminding import remind_due
from services.surveys.sealing import KeyLost, keys_of
from services.surveys.tables import Draft, Response
from shared.events.surveys import AnswerStrata, ResponseSubmitted
from shared.ids import random_id
from shared.messaging import emit_new
from shared.service import Runtime
from shared.testing import Deliverer
from tests.members import many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins, move_to_work

ANSWERS = 40
#: Every stored key and sealed byte of the schema that a dump would hold.
_BYTES = "select public_key from surveys.survey union all select sealed from surveys.resting_response"


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
                is_answer = (
                    table.startswith("surveys.resting_response") or content.get("type") == ResponseSubmitted.type
                )
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
            content = (
                keys_of(rt.settings)
                .seal(survey.id)
                .close(row.id, {"answers": {"ett_ord": f"halvt {row.band}"}, "typed": {}})
            )
            session.add(Draft(survey_id=survey.id, invitation_id=row.id, sealed=content))
    move_to_work(rt, timedelta(days=8))
    await remind_due(rt)
    order = rows[:ANSWERS]
    for place, row in enumerate(order):
        answers = {"ett_ord": f"svar {place}", "reisemate": "gange"}
        # Half-finished answers first, the same as those sent in later: the row under the invitation must be gone.
        async with rt.transaction() as session:
            opening = await hold(session, keys_of(rt.settings), row.id, row.generation, rt.now())
            assert isinstance(opening, Opened)
            await keep(session, opening, answers, {"minutter": [f"typed {place}"]}, 2)
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
        await close_survey(session, keys_of(rt.settings), survey_id, rt.now())
    rows = await everything(rt, with_xmin=True)
    assert sum(row.is_answer for row in rows) == ANSWERS
    assert links(rows, people) == {}
    values = set[str]().union(*(row.values for row in rows))
    assert not {str(id_) for id_ in resting} & values, "an id from before the release leads back to backups of then"


async def test_answers_leave_in_an_order_that_is_neither_answering_nor_inviting(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    survey_id, _, _ = await played(rt, deliver, plan)
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey_id, rt.now())
    async with rt.transaction() as session:
        result = await session.execute(
            sa.text("select payload, headers, sequence, subject from surveys.outbox where restricted order by id")
        )
        rows = result.all()
    places = [int(json.loads(row.payload)["answers"]["ett_ord"].split()[1]) for row in rows]
    assert sorted(places) == list(range(ANSWERS))
    # One chance in 40! that the operating system's randomness returns either of these by itself.
    assert places not in (list(range(ANSWERS)), list(reversed(range(ANSWERS))))
    for row in rows:
        assert row.sequence is None
        assert row.subject is None
        assert not {"ce_time", "traceparent", "ce_subject", "ce_sequence"} & set(row.headers)
        assert UUID(json.loads(row.payload)["response_id"]).version == 4


async def test_the_join_would_find_a_link_if_there_were_one(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    survey_id, people, order = await played(rt, deliver, plan)
    leak = ResponseSubmitted(
        response_id=random_id(),
        survey_id=survey_id,
        strata=AnswerStrata(gender=None, bands=None),
        answers={"leak": str(order[3])},
    )
    async with rt.transaction() as session:
        await emit_new(session, [leak])
    assert str(order[3]) in links(await everything(rt, with_xmin=False), people)


async def test_a_copy_of_the_database_made_while_open_shows_no_answer_and_no_cell(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    """One answer in the whole survey: whoever can read it knows whose it is. So nobody can, without the key."""
    await deliver(margins(), *many(rt.now(), 6))
    survey = await plan()
    first, second = (await invitations(rt, survey.id))[:2]
    async with rt.transaction() as session:
        opening = await hold(session, keys_of(rt.settings), second.id, second.generation, rt.now())
        assert isinstance(opening, Opened)
        await keep(session, opening, {"ett_ord": "halvveis"}, {"minutter": ["tolv"]}, 1)
    assert await answer(rt, first.id, {"reisemate": "gange", "ett_ord": "vannkraft"})
    async with rt.transaction() as session:
        (resting,) = await session.execute(sa.text("select * from surveys.resting_response"))
        both = sa.text("select * from surveys.resting_draft order by invitation_id = :second")
        pointer, draft = await session.execute(both, {"second": second.id})
    assert set(resting._mapping) == {"id", "survey_id", "sealed"}
    assert set(draft._mapping) == {"survey_id", "invitation_id", "sealed", "page"}
    for word in (b"gange", b"vannkraft", b"halvveis", b"tolv", first.gender.encode(), first.band.encode()):
        assert word not in resting.sealed + draft.sealed + pointer.sealed
    assert resting.id.bytes not in pointer.sealed
    assert str(resting.id).encode() not in pointer.sealed
    assert len(resting.sealed) == len(draft.sealed) == len(pointer.sealed), "not even the length says which it is"
    with pytest.raises(InvalidTag):
        keys_of(rt.settings).seal(survey.id).open(second.id, resting.sealed)


async def test_a_copy_made_while_open_opens_for_nobody_after_the_release(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    """Database, log and backups of that time may be kept for ever; the private half is in none of them, and goes."""
    await deliver(margins(), *many(rt.now(), 6))
    survey, other = await plan(), await plan()
    rows = await invitations(rt, survey.id)
    for row in rows:
        assert await answer(rt, row.id, {"reisemate": "gange", "ett_ord": "vannkraft"})
    keys = keys_of(rt.settings)
    async with rt.transaction() as session:
        copy = (await session.scalars(sa.select(Response).limit(1))).one()
        content = b"".join([bytes(value) for value in await session.scalars(sa.text(_BYTES))])
    assert keys.seal(survey.id).open(copy.id, copy.sealed)["answers"]["ett_ord"] == "vannkraft"
    private = (rt.settings.key_dir / str(survey.id)).read_bytes()
    assert private not in content
    with pytest.raises(InvalidTag):
        keys.seal(other.id).open(copy.id, copy.sealed)
    await destroy_keys(rt)
    assert set(keys.surveys()) == {survey.id, other.id}, "an open survey keeps its key"

    async with rt.transaction() as session:
        await close_survey(session, keys, survey.id, rt.now())
    await destroy_keys(rt)
    assert keys.surveys() == [other.id]
    with pytest.raises(KeyLost):
        keys.seal(survey.id)


async def test_the_freed_rows_do_not_stay_in_a_file(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    """Deleted rows stay readable until vacuum has come by; a dropped table's file is gone at commit."""
    await deliver(margins(), *many(rt.now(), 6))
    survey, other = await plan(), await plan()
    for row in await invitations(rt, survey.id):
        assert await answer(rt, row.id, {"reisemate": "gange"})
    places = sa.text(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent in ('surveys.resting_response'::regclass, 'surveys.resting_draft'::regclass)"
    )
    async with rt.transaction() as session:
        before = set(await session.scalars(places))
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey.id, rt.now())
    async with rt.transaction() as session:
        places_gone = before - set(await session.scalars(places))
    assert {name.rsplit("_", 1)[1] for name in places_gone} == {survey.id.hex}
    assert len(places_gone) == 2
    assert await answer(rt, (await invitations(rt, other.id))[0].id, {"reisemate": "gange"}), "the other one goes on"


@pytest.mark.parametrize("what", ["gone", "another"])
async def test_no_answer_is_taken_that_nobody_could_open(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, what: str
) -> None:
    await deliver(margins(), *many(rt.now(), 6))
    survey = await plan()
    first = (await invitations(rt, survey.id))[0]
    keys = keys_of(rt.settings)
    keys.destroy(survey.id)
    if what == "another":
        keys.make(survey.id)
    with pytest.raises(KeyLost):
        await answer(rt, first.id, {"reisemate": "gange"})
    with pytest.raises(KeyLost):
        async with rt.transaction() as session:
            await close_survey(session, keys, survey.id, rt.now())
    async with rt.transaction() as session:
        assert await session.scalar(sa.text("select state from surveys.survey")) == "open", "nothing is lost with it"
