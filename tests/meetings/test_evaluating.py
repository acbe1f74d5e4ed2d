"""Surveys about a meeting: those present are asked after it, and a control group before and after it."""

from collections import Counter
from datetime import timedelta

import httpx
import sqlalchemy as sa

from services.meetings.afterwards.concluding import record_attendance
from services.meetings.afterwards.evaluating import FEWEST, ask, groups_after, groups_before
from services.meetings.seats.answering import Reply
from services.meetings.state import state_events
from services.meetings.tables import DrawEntry, Meeting
from shared.events.meetings import MeetingGroupSet, MeetingSurveyAsked, MemberDataGathered
from shared.events.registration import MemberDataRequested
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox, sign_in
from tests.meetings.given import a_drawn_meeting, invitations, many, margins, reply, run_jobs


async def a_full_meeting(rt: Runtime, deliver: Deliverer, seats: int = 6) -> Meeting:
    """All drawn have said yes; as many again can be in a control group."""
    await deliver(margins(), *many(rt.now(), 36))
    meeting = await a_drawn_meeting(rt, seats=seats)
    for row in await invitations(rt):
        await reply(rt, row, Reply.YES)
    return meeting


async def control(rt: Runtime) -> list[DrawEntry]:
    """Who is in the control group."""
    async with rt.transaction() as session:
        return list(await session.scalars(sa.select(DrawEntry).where(DrawEntry.control)))


async def groups(rt: Runtime) -> Counter[str]:
    """What was said of groups."""
    return Counter(event.group for event in await outbox(rt, MeetingGroupSet) if isinstance(event, MeetingGroupSet))


async def asked(rt: Runtime) -> list[MeetingSurveyAsked]:
    """The surveys asked for."""
    return [event for event in await outbox(rt, MeetingSurveyAsked) if isinstance(event, MeetingSurveyAsked)]


async def held(rt: Runtime, meeting: Meeting, came: int) -> None:
    """The day has come; so many were there."""
    move(rt, timedelta(days=28, hours=4))
    people = [row.id for row in await invitations(rt, "accepted")]
    async with rt.transaction() as session:
        assert await record_attendance(session, meeting.id, people[:came], rt.now()) is not None


async def test_a_control_group_is_drawn_like_the_meeting_and_never_seated(rt: Runtime, deliver: Deliverer) -> None:
    meeting = await a_full_meeting(rt, deliver)
    ends = rt.now() + timedelta(days=5)
    async with rt.transaction() as session:
        guests_by_group = await groups_before(session, meeting.id, ends, rt.now())
        assert guests_by_group is not None
        rows = await ask(session, meeting.id, guests_by_group, ends, rt.now())
    assert [(row.group, row.members, row.compared) for row in rows] == [("guest", 6, True), ("control", 6, True)]
    async with rt.transaction() as session:
        assert await groups_before(session, meeting.id, ends, rt.now()) is None, "asked once"
    members = await control(rt)
    assert Counter(member.gender for member in members) == {"female": 3, "male": 3}
    assert Counter(member.band for member in members) == {"15-24": 2, "25-44": 2, "45-": 2}, "the meeting's quotas"
    assert not {member.member_id for member in members} & {row.member_id for row in await invitations(rt)}
    assert await groups(rt) == {"control": 6}
    for row in await invitations(rt):
        await reply(rt, row, Reply.NO)
    await run_jobs(rt)
    guests = {row.member_id for row in await invitations(rt)}
    assert len(guests) == 12
    assert not {member.member_id for member in members} & guests, "a seat would end the comparison"


async def test_those_present_and_the_control_group_are_asked_after(rt: Runtime, deliver: Deliverer) -> None:
    meeting = await a_full_meeting(rt, deliver)
    async with rt.transaction() as session:
        guests_by_group = await groups_before(session, meeting.id, rt.now() + timedelta(days=5), rt.now())
        assert guests_by_group is not None
        await ask(session, meeting.id, guests_by_group, rt.now() + timedelta(days=5), rt.now())
    await held(rt, meeting, came=5)
    ends = rt.now() + timedelta(days=5)
    async with rt.transaction() as session:
        guests_by_group = await groups_after(session, meeting.id, ends, rt.now())
        assert guests_by_group is not None
        await ask(session, meeting.id, guests_by_group, ends, rt.now())
    async with rt.transaction() as session:
        assert await groups_after(session, meeting.id, ends, rt.now()) is None, "asked once"
    after = [(fact.group, fact.members, fact.compared) for fact in await asked(rt) if fact.wave == "after"]
    assert after == [("present", 5, True), ("control", 6, True)]
    assert await groups(rt) == {"control": 6, "present": 5}
    async with rt.transaction() as session:
        again = [event async for event in state_events(session) if event is not None]
    assert Counter(fact.group for fact in again if isinstance(fact, MeetingGroupSet)) == {"control": 6, "present": 5}
    assert sum(isinstance(fact, MeetingSurveyAsked) for fact in again) == 4
    member_id = (await control(rt))[0].member_id
    assert member_id is not None
    await deliver(MemberDataRequested(request_id=new_id(), member_id=member_id, asked_at=rt.now()))
    gathered = (await outbox(rt, MemberDataGathered))[0]
    assert isinstance(gathered, MemberDataGathered)
    assert gathered.kept["draws"][0]["control_group"] == "yes"


async def test_a_meeting_without_a_control_group_asks_those_present_alone(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    meeting = await a_full_meeting(rt, deliver)
    path = f"/staff/meetings/{meeting.id}/evaluation"
    assert "en kontrollgruppe som ikke skal på møtet" in (await editor.get(path)).text
    day = (rt.today() + timedelta(days=5)).isoformat()
    before = await editor.post(path, data={"last_day": day})
    for words in ("Spør 12 om", "Begge gruppene får dette", "group=control&amp;compared=yes", f">\n{day}</textarea>"):
        assert words in before.text
    assert before.text.count("data-card=") == 1, "the same text is shown once"
    back = await editor.post(path, data={"last_day": day, "action": "back"})
    assert (back.status_code, f'value="{day}"' in back.text) == (200, True)
    assert (await asked(rt), await control(rt)) == ([], []), "the control group is drawn once that is confirmed"
    late = meeting.starts_at.astimezone(rt.settings.zone).date().isoformat()
    error_page = (await editor.post(path, data={"last_day": late})).text
    assert "Velg en dag før møtet." in error_page
    assert f'value="{late}"' in error_page, "what was typed stays"
    await held(rt, meeting, came=6)
    sign_in(rt, editor, "editor")
    page = (await editor.get(path)).text
    assert "blir spurt om hvordan det var" in page
    assert "kontrollgruppen, blir spurt" not in page
    assert (await editor.post(path, data={"last_day": "snart"})).status_code == 422
    day = (rt.today() + timedelta(days=5)).isoformat()
    preview = await editor.post(path, data={"last_day": day})
    assert preview.status_code == 200
    for words in (
        f"Spør 6 om «{meeting.heading}»?",
        "<dt>De som var på møtet</dt><dd>6</dd>",
        "Det kan ikke gjøres om.",
    ):
        assert words in preview.text
    assert 'data-card="/staff/surveys/evaluation?group=present&amp;compared=no&amp;closes_at=' in preview.text
    assert await asked(rt) == [], "nothing is sent before it was seen and confirmed"
    for _ in range(2):
        assert (await editor.post(path, data={"last_day": day, "confirmed": "yes"})).status_code == 303
    again = await editor.post(path, data={"last_day": day})
    assert (again.status_code, "Hver gruppe spørres bare én gang" in again.text) == (422, True)
    assert [(event.group, event.wave, event.compared) for event in await asked(rt)] == [("present", "after", False)]
    page = (await editor.get(path)).text
    assert f"/staff/surveys/{(await asked(rt))[0].survey_id}" in page
    assert "Siste dag for å svare" not in page
    assert "spurte om møtet i en undersøkelse" in (await editor.get(f"/staff/meetings/{meeting.id}")).text


async def test_too_few_are_not_asked_for_answers_nobody_could_be_shown(rt: Runtime, deliver: Deliverer) -> None:
    meeting = await a_full_meeting(rt, deliver)
    await held(rt, meeting, came=FEWEST - 1)
    async with rt.transaction() as session:
        assert await groups_after(session, meeting.id, rt.now() + timedelta(days=5), rt.now()) is None
