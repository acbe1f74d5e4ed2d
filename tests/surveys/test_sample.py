"""A sample: whom it asks and spares, what is kept of the draw, and that anybody may draw it again."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from services.surveys.audience.drawing import leaf_of, pool_hash_of
from services.surveys.audience.sampling import Draw, chances_of
from services.surveys.audience.tables import Candidate, MeetingGuest
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.fieldwork.state import state_events
from services.surveys.forgetting import PARTICIPATION, forget_participation
from services.surveys.tables import Member, Survey
from shared.events.registration import MemberErased, MemberLeft
from shared.events.surveys import MemberSpared, SampleDrawn, SurveyOpened
from shared.ids import new_id
from shared.messaging import lock
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox
from tests.backends import eventually, waits_for_a_lock
from tests.members import joined, many
from tests.surveys.given import invitations
from tests.surveys.office import a_plan, hidden, surveys
from tests.surveys.test_audience import a_meeting, figures, said_yes
from tests.surveys.test_contact_cap import asked_to_meeting


async def sampled(rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient, size: int, people: int) -> Survey:
    """A survey of a sample, opened in the browser; two of the members have had enough mails."""
    members = [member.model_copy(update={"area": "nord"}) for member in many(rt.now(), people)]
    await deliver(figures(), *members)
    for person in members[:2]:
        await deliver(*(asked_to_meeting(person.member_id, rt.now()) for _ in range(rt.profile.contact_cap)))
    page = await editor.post("/staff/surveys/plan", data=a_plan(rt, who="sample", sample_size=str(size)))
    assert page.status_code == 200, page.text
    await editor.post("/staff/surveys/plan", data=hidden(page.text))
    await open_due_surveys(rt)
    (survey,) = await surveys(rt)
    return survey


async def test_a_sample_invites_its_number_and_spares_the_others(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    survey = await sampled(rt, deliver, editor, 40, 120)
    assert survey.sample is not None
    assert (survey.confirmed, survey.sample.drawn, survey.sample.pool, survey.sample.capped) == (40, 40, 120, 2)
    rows = await invitations(rt, survey.id)
    assert len(rows) == 40
    young, old = (sum(row.band == band for row in rows) for band in ("15-24", "45-"))
    assert (young, old) == (10, 20), "twice as many residents, twice as many invitations"
    events = [event for event in await outbox(rt, MemberSpared) if isinstance(event, MemberSpared)]
    assert len(events) == 80
    assert [event.reason for event in events].count("capped") == 2
    assert not {event.member_id for event in events} & {row.member_id for row in rows}
    (opening,) = await outbox(rt, SurveyOpened)
    assert isinstance(opening, SurveyOpened)
    assert opening.asks == "sample"
    (method,) = await outbox(rt, SampleDrawn)
    assert isinstance(method, SampleDrawn)
    assert (method.pool, method.drawn, method.seed) == (120, 40, survey.sample.seed)
    page = (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert survey.sample.pool_hash in page
    assert "40 er trukket blant 120" in page
    await deliver(joined(rt.now()))
    assert len(await invitations(rt, survey.id)) == 40, "who joins later is not in a sample that has been drawn"


async def test_the_kept_pool_and_seed_draw_the_same_people_again_also_after_an_erasure(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    survey = await sampled(rt, deliver, editor, 25, 70)
    sample = survey.sample
    assert sample is not None
    async with rt.transaction() as session:
        rows = list(await session.scalars(sa.select(Candidate).order_by(Candidate.id)))
    assert all(
        row.leaf == leaf_of(row.salt or "", str(row.member_id), (row.gender, row.band, row.area), row.mails)
        for row in rows
    )
    row_ids = {row.id for row in rows if row.outcome == "drawn"}
    leaver = next(row for row in rows if row.outcome == "drawn")
    assert leaver.member_id is not None
    id_, now = leaver.member_id, rt.now()
    await deliver(MemberLeft(member_id=id_, left_at=now), MemberErased(member_id=id_, erased_at=now))
    async with rt.transaction() as session:
        assert await pool_hash_of(session, survey.id) == sample.pool_hash
        candidate = await session.get_one(Candidate, leaver.id)
        rows = list(await session.scalars(sa.select(Candidate)))
    assert (candidate.member_id, candidate.salt, candidate.leaf) == (None, None, leaver.leaf)
    # From the protocol alone, as anybody with the list may do it.
    cells = {(row.gender, row.band, row.area): row for row in sample.strata}
    pool: dict[Any, int] = {}
    for row in rows:
        key = ((row.gender, row.band, row.area), row.mails)
        pool[key] = pool.get(key, 0) + 1
    population = {cell: row.residents for cell, row in cells.items()}
    response = {cell: row.response for cell, row in cells.items()}
    draw = Draw(pool, chances_of(pool, population, response, sample.size, sample.cap), sample.size, sample.seed)
    rows.sort(
        key=lambda row: (
            row.area or "", row.band, row.gender, hashlib.sha256(f"{sample.seed}:{row.leaf}".encode()).digest()
        )
    )  # fmt: skip
    assert {row.id for row in rows if draw.takes(((row.gender, row.band, row.area), row.mails))} == row_ids


async def test_state_sent_again_tells_of_the_sample_and_of_those_spared(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await sampled(rt, deliver, editor, 5, 12)
    async with rt.transaction() as session:
        events = [event async for event in state_events(session) if event is not None]
    assert sum(isinstance(event, SampleDrawn) for event in events) == 1
    assert sum(isinstance(event, MemberSpared) for event in events) == 7


async def test_a_crash_between_the_steps_of_a_draw_loses_and_doubles_nothing(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    survey = await sampled(rt, deliver, editor, 10, 30)
    await open_due_surveys(rt)
    async with rt.transaction() as session:
        again = await session.get_one(Survey, survey.id)
        assert again.sample == survey.sample
        assert await session.scalar(sa.select(sa.func.count()).select_from(Candidate)) == 30
    assert len(await outbox(rt, MemberSpared)) == 20
    assert len(await invitations(rt, survey.id)) == 10


async def test_three_years_later_nobody_stands_in_pools_or_among_guests(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    survey = await sampled(rt, deliver, editor, 3, 9)
    meeting_id = new_id()
    (person, *_) = await members(rt)
    await deliver(a_meeting(meeting_id), said_yes(meeting_id, person))
    async with rt.transaction() as session:
        await session.execute(sa.update(Survey).values(state="closed", closed_at=rt.now()))
    for _ in range(3):
        move(rt, timedelta(days=365, hours=12))
    assert timedelta(days=3 * 365) == PARTICIPATION
    await forget_participation(rt)
    async with rt.transaction() as session:
        assert set(await session.scalars(sa.select(Candidate.member_id))) == {None}
        assert set(await session.scalars(sa.select(Candidate.salt))) == {None}
        assert (await session.scalars(sa.select(MeetingGuest))).all() == []
        assert survey.sample is not None
        assert await pool_hash_of(session, survey.id) == survey.sample.pool_hash


async def members(rt: Runtime) -> list[UUID]:
    """Ids of all members."""
    async with rt.transaction() as session:
        return list(await session.scalars(sa.select(Member.id).order_by(Member.id)))


async def test_a_draw_and_closing_take_the_survey_in_one_order(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    """Whoever closes has its subject and then takes its row: a draw that has the row and wants the subject is stuck."""
    survey = await sampled(rt, deliver, editor, 10, 30)
    async with rt.transaction() as session:
        # The survey as it was when it had just opened.
        await session.execute(sa.delete(Candidate))
        again = {"pooled": False, "sample": sa.null(), "inviting": True, "invite_after": None}
        await session.execute(sa.update(Survey).values(**again))
    async with rt.transaction() as closing:
        await lock(closing, survey.id)
        drawing = asyncio.create_task(open_due_surveys(rt))
        await eventually(lambda: waits_for_a_lock(rt), seconds=300)
        row = sa.select(Survey.id).where(Survey.id == survey.id).with_for_update(nowait=True)
        assert await closing.scalar(row) == survey.id
    await drawing
    assert len(await outbox(rt, SampleDrawn)) == 2
