"""A call for volunteers: who is asked, what they see and answer, and that those who say yes are the pool."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from services.meetings.calling import sending
from services.meetings.calling.answering import answer_call
from services.meetings.calling.sending import Call, send_calls, start_call
from services.meetings.contacts import at_the_cap
from services.meetings.dates import dates_of
from services.meetings.planning.cancelling import cancel_meeting
from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.filling import fill_free_seats
from services.meetings.seats.preparing import ask_for_draw, candidates_of
from services.meetings.state import state_events
from services.meetings.tables import Called, DrawEntry, Invitation, Meeting
from services.meetings.verify import check, person
from shared.events.meetings import (
    DrawProofIssued,
    MeetingCallAnswered,
    MeetingCallIssued,
    MeetingInvitationIssued,
    MemberDataGathered,
)
from shared.events.registration import MemberDataRequested, MemberErased
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox, sign_in
from tests.meetings.given import DICE, a_committed_draw, a_meeting, fresh, invitations, joined, many, margins

QUESTION, OPTIONS = "Hvordan reiser du oftest?", ("Bil", "Buss, tog eller bane")


async def a_call(
    rt: Runtime, meeting: Meeting, only: Mapping[str, Sequence[str]] | None = None, question: str = ""
) -> list[Called]:
    """The call, sent; it ends in three days."""
    call = Call(rt.now() + timedelta(days=3), only or {}, question, OPTIONS if question else ())
    async with rt.transaction() as session:
        assert await start_call(session, meeting.id, call, rt.now()) is not None
    await send_calls(rt)
    return await called(rt)


async def called(rt: Runtime) -> list[Called]:
    """Everybody who was asked."""
    async with rt.transaction() as session:
        return list(await session.scalars(sa.select(Called).order_by(Called.id)))


async def says(rt: Runtime, rows: Sequence[Called], reply: str, answer: str | None = None) -> None:
    """Each of them answers."""
    for row in rows:
        async with rt.transaction() as session:
            assert await answer_call(session, row.id, reply, answer, rt.now())


async def test_a_call_asks_willing_members_once_and_says_so(
    rt: Runtime, deliver: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BATCH", 3)
    people = many(rt.now(), 8)
    await deliver(margins(), *people, joined(rt.now(), purposes=("surveys",)), joined(rt.now(), status="paused"))
    meeting = await a_meeting(rt)
    rows = await a_call(rt, meeting)
    assert {row.member_id for row in rows} == {member.member_id for member in people}
    issued = [event for event in await outbox(rt, MeetingCallIssued) if isinstance(event, MeetingCallIssued)]
    assert {fact.invitation_id for fact in issued} == {row.id for row in rows}
    assert {fact.send_before for fact in issued} == {(await fresh(rt, meeting.id)).called_until}
    await send_calls(rt)
    assert len(await called(rt)) == 8
    assert (await fresh(rt, meeting.id)).calling is None
    async with rt.transaction() as session:
        call = Call(rt.now() + timedelta(days=2), {})
        assert await start_call(session, meeting.id, call, rt.now()) is None, "one at a time"


async def test_a_call_may_be_for_some_groups_and_spares_those_asked_enough(rt: Runtime, deliver: Deliverer) -> None:
    rt.profile = rt.profile.with_choices({"contact_cap": 1})
    people = many(rt.now(), 12)
    await deliver(margins(), *people)
    rows = await a_call(rt, await a_meeting(rt), {"gender": ["female"], "band": ["15-24", "45-"]})
    women = {member.member_id for member in people if member.gender == "female" and member.year_of_birth != 1990}
    assert {row.member_id for row in rows} == women
    async with rt.transaction() as session:
        assert set(await session.scalars(at_the_cap(rt.now(), 1))) == women
    other = await a_meeting(rt)
    await a_call(rt, other)
    second = {row.member_id for row in await called(rt) if row.meeting_id == other.id}
    assert second == {member.member_id for member in people} - women


async def test_those_who_say_yes_are_the_pool_once_the_call_is_over(rt: Runtime, deliver: Deliverer) -> None:
    rt.profile = rt.profile.with_choices({"contact_cap": 1})
    await deliver(margins(), *many(rt.now(), 24))
    meeting = await a_meeting(rt, seats=4)
    rows = await a_call(rt, meeting)
    await says(rt, rows[:12], "yes")
    await says(rt, rows[12:15], "no")
    async with rt.transaction() as session:
        assert await ask_for_draw(session, meeting.id, DICE, rt.now()) is None, "people may still answer"
    move(rt, timedelta(days=3, minutes=1))
    async with rt.transaction() as session:
        assert not await answer_call(session, rows[20].id, "yes", None, rt.now()), "too late"
    draw = await a_committed_draw(rt, meeting)
    assert draw.left_out == {"uncalled": 12}, "the cap decided who was asked, and takes no volunteer out"
    async with rt.transaction() as session:
        pool = {candidate.member_id for candidate in await candidates_of(session, draw.id)}
    assert pool == {row.member_id for row in rows[:12]}
    async with rt.transaction() as session:
        assert await draw_meeting(session, meeting.id, "437", rt.now()) is not None
    async with rt.transaction() as session:
        await session.execute(sa.update(Invitation).values(state="declined", settled_at=rt.now()))
    await fill_free_seats(rt)
    assert len(await invitations(rt)) > 4, "replacements are volunteers too, whatever the cap"
    choices = [
        event.volunteer
        for event in await outbox(rt, MeetingInvitationIssued)
        if isinstance(event, MeetingInvitationIssued)
    ]
    assert set(choices) == {True}


async def test_the_calls_question_is_a_feature_with_quotas(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 60))
    meeting = await a_meeting(rt, seats=6)
    rows = await a_call(rt, meeting, question=QUESTION)
    for place, row in enumerate(rows):
        await says(rt, [row], "yes", (OPTIONS[0], OPTIONS[0], OPTIONS[0], OPTIONS[1], "")[place % 5])
    move(rt, timedelta(days=3, minutes=1))
    path = f"/staff/meetings/{meeting.id}/quotas"
    page = (await editor.get(path)).text
    assert QUESTION in page
    assert "«Buss, tog eller bane»" in page
    fields = {"action": "hand", "least-answer-Bil": "2", "most-answer-Bil": "2",
             "least-answer-Buss%2C%20tog%20eller%20bane": "3"}  # fmt: skip
    assert (await editor.post(path, data=fields)).status_code == 303
    draw = await a_committed_draw(rt, await fresh(rt, meeting.id))
    assert draw.promise is not None
    async with rt.transaction() as session:
        assert await draw_meeting(session, meeting.id, "437", rt.now()) is not None
        heads = Counter(await session.scalars(sa.select(DrawEntry.answer).where(DrawEntry.drawn)))
    assert heads[OPTIONS[0]] == 2
    assert heads[OPTIONS[1]] >= 3
    assert Counter(row.answer for row in await invitations(rt)) == heads
    async with browser(rt) as client:
        public = await client.get(f"/meetings/{meeting.slug}")
        for text in (QUESTION, "«Bil»", "om de vil være med på dette møtet"):
            assert text in public.text
        assert check((await client.get(f"/meetings/{meeting.slug}/draw.json")).json())
    proof = (await outbox(rt, DrawProofIssued))[0]
    assert isinstance(proof, DrawProofIssued)
    assert len(proof.kind) == 4
    assert person(proof.salt, str(proof.member_id))


async def test_people_answer_and_change_their_mind_until_the_call_is_over(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 2))
    meeting = await a_meeting(rt)
    row, _ = await a_call(rt, meeting, question=QUESTION)
    token = rt.links.make("meeting", row.id, 1, meeting.ends_at)
    async with browser(rt) as client:
        assert (await client.get(f"/meetings/call?id={row.id}")).status_code == 410, "only the link opens it"
        page = await client.get(f"/meetings/answer/{token}", follow_redirects=True)
        assert QUESTION in page.text
        assert "Et ja er ikke en plass." in page.text
        car, bus, no_option = re.findall(r'name="answer" value="([^"]*)"', page.text)
        assert len({car, bus, no_option}) == 3
        wrong = await client.post("/meetings/call", data={"id": str(row.id), "reply": "yes"})
        assert wrong.status_code == 303, "Back would ask to send it again"
        assert "Velg et svar på spørsmålet." in (await client.get(wrong.headers["location"])).text
        wrong = await client.post("/meetings/call", data={"id": str(row.id), "reply": "maybe"})
        assert "Svar ja eller nei." in (await client.get(wrong.headers["location"])).text
        await client.post("/meetings/call", data={"id": str(row.id), "reply": "yes", "answer": bus})
        assert "Du har sagt ja" in (await client.get(f"/meetings/call?id={row.id}")).text
        assert ((await called(rt))[0].state, (await called(rt))[0].answer) == ("yes", OPTIONS[1])
        page = await client.get(f"/meetings/call?id={row.id}")
        assert re.findall(r'name="answer" value="([^"]*)" checked', page.text) == [bus]
        await client.post("/meetings/call", data={"id": str(row.id), "reply": "yes", "answer": no_option})
        assert (await called(rt))[0].answer == ""
        await client.post("/meetings/call", data={"id": str(row.id), "reply": "no", "answer": bus})
        assert ((await called(rt))[0].state, (await called(rt))[0].answer) == ("no", None)
        move(rt, timedelta(days=3, minutes=1))
        await client.post("/meetings/call", data={"id": str(row.id), "reply": "yes", "answer": bus})
        page = await client.get(f"/meetings/call?id={row.id}")
        assert "Du har sagt nei." in page.text
        assert "Du kan endre svaret" not in page.text
        assert 'method="post" action="/meetings/call"' not in page.text
        async with rt.transaction() as session:
            await cancel_meeting(session, meeting.id, rt.now())
        assert "Møtet er avlyst" in (await client.get(f"/meetings/call?id={row.id}")).text
    replies = [event.reply for event in await outbox(rt, MeetingCallAnswered) if isinstance(event, MeetingCallAnswered)]
    assert replies == ["yes", "yes", "no"]


async def test_staff_see_whom_a_call_asks_before_it_is_sent(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 12))
    meeting = await a_meeting(rt)
    path = f"/staff/meetings/{meeting.id}"
    assert f'href="{path}/call"' in (await editor.get(path)).text
    form = {"last_day": (rt.today() + timedelta(days=2)).isoformat(), "gender": ["female"]}
    assert "Spør først hvem som vil være med" in (await editor.get(path)).text
    preview = await editor.post(path + "/call", data=form)
    assert "Send oppropet til 6?" in preview.text
    assert "meeting_call" in preview.text
    assert await called(rt) == []
    reply_by = meeting.reply_by.astimezone(rt.settings.zone).date()
    late = await editor.post(path + "/call", data={"last_day": reply_by.isoformat()})
    assert late.status_code == 422
    assert "før fristen for dem som trekkes" in late.text
    none = await editor.post(path + "/call", data={**form, "question": "Bil?", "options": "Ja"})
    assert "Skriv fra to til" in none.text
    for _ in range(2):
        assert (await editor.post(path + "/call", data={**form, "confirmed": "yes"})).status_code == 303
    await send_calls(rt)
    assert len(await called(rt)) == 6
    await says(rt, (await called(rt))[:2], "yes")
    page = (await editor.get(path)).text
    for text in ("Oppropet", "Det kan svares til", "sendte oppropet"):
        assert text in page
    assert "Ingen er trukket ennå." not in page
    async with browser(rt) as client:
        sign_in(rt, client, "selector")
        draw = (await client.get(path + "/draw")).text
        assert "2 har sagt ja til nå" in draw
        assert "Gjør trekningen klar" not in draw
    kinds = [date.kind for date in dates_of(await fresh(rt, meeting.id)).dates]
    assert kinds[0] == "call_closes"


async def test_a_deadline_does_not_move_to_before_the_call_is_over(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 4))
    meeting = await a_meeting(rt)
    await a_call(rt, meeting)
    day = meeting.starts_at.astimezone(rt.settings.zone).date()
    form = {
        "heading": "Torget", "purpose": "Hva?", "place": "Her", "day": day.isoformat(), "starts": "10:00",
        "ends": "12:00", "seats": "6", "stop_hours": "48", "reply_on": rt.today().isoformat(),
    }  # fmt: skip
    page = await editor.post(f"/staff/meetings/{meeting.id}/change", data=form)
    assert page.status_code == 422
    assert "Oppropet er ikke over før den dagen." in page.text


async def test_all_that_is_wrong_with_a_call_or_a_change_is_said_at_once(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 4))
    meeting = await a_meeting(rt)
    page = await editor.post(
        f"/staff/meetings/{meeting.id}/call", data={"last_day": "2020-01-01", "question": "Bil?", "options": "Ja"}
    )
    assert "Dagen har vært." in page.text
    assert "Skriv fra to til" in page.text
    await a_call(rt, meeting)
    page = await editor.post(f"/staff/meetings/{meeting.id}/change", data={"reply_on": rt.today().isoformat()})
    assert "Skriv hva møtet heter" in page.text
    assert "Oppropet er ikke over før den dagen." in page.text


async def test_a_call_is_in_the_data_file_and_goes_with_the_person(rt: Runtime, deliver: Deliverer) -> None:
    people = many(rt.now(), 2)
    await deliver(margins(), *people)
    meeting = await a_meeting(rt)
    rows = await a_call(rt, meeting, question=QUESTION)
    await says(rt, rows, "yes", OPTIONS[0])
    member_id = people[0].member_id
    await deliver(MemberDataRequested(request_id=new_id(), member_id=member_id, asked_at=rt.now()))
    gathered = (await outbox(rt, MemberDataGathered))[0]
    assert isinstance(gathered, MemberDataGathered)
    (call,) = gathered.kept["calls"]
    assert (call["meeting"], call["reply"], call["answer"]) == (meeting.slug, "yes", OPTIONS[0])
    await deliver(MemberErased(member_id=member_id, erased_at=rt.now()))
    answers = {row.member_id: row.answer for row in await called(rt)}
    assert answers == {None: None, people[1].member_id: OPTIONS[0]}
    async with rt.transaction() as session:
        again = [event async for event in state_events(session) if isinstance(event, MeetingCallAnswered)]
    assert [event.member_id for event in again] == [people[1].member_id]
