"""Drawing, answers, silence and replacements on real Postgres."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.meetings.locks import wait_for_draws
from services.meetings.seats.answering import Reply, remind_due
from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.filling import fill_meeting
from services.meetings.tables import DrawEntry, Member
from shared.events.meetings import (
    MeetingAnnounced,
    MeetingDrawn,
    MeetingInvitationAnswered,
    MeetingInvitationIssued,
    MeetingReminderDue,
    MemberDataErased,
    MemberEnteredDraw,
)
from shared.events.registration import MemberChanged, MemberErased, MemberLeft
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox
from tests.meetings.given import (
    a_committed_draw,
    a_drawn_meeting,
    a_meeting,
    fresh,
    invitations,
    reply,
    run_jobs,
    states,
)
from tests.members import joined, many, margins


async def test_a_draw_invites_as_many_as_there_are_seats_and_tells_everybody_their_chance(
    rt: Runtime, deliver: Deliverer
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    await deliver(joined(rt.now(), purposes=("surveys",)), joined(rt.now(), status="paused"))
    meeting = await a_drawn_meeting(rt, seats=6)
    rows = await invitations(rt)
    assert Counter(row.gender for row in rows) == {"female": 3, "male": 3}
    assert Counter(row.band for row in rows) == {band.code: 2 for band in margins().bands}
    assert {row.state for row in rows} == {"invited"}
    assert len({row.code for row in rows}) == 6
    (fact,) = await outbox(rt, MeetingDrawn)
    assert isinstance(fact, MeetingDrawn)
    assert (fact.pool, fact.drawn) == (30, 6)
    entered = [event for event in await outbox(rt, MemberEnteredDraw) if isinstance(event, MemberEnteredDraw)]
    assert len(entered) == 30
    assert {entry.member_id for entry in entered if entry.drawn} == {row.member_id for row in rows}
    assert sum(entry.chance for entry in entered) == pytest.approx(6)
    assert len(await outbox(rt, MeetingInvitationIssued)) == 6
    assert [event.status for event in await outbox(rt, MeetingAnnounced) if isinstance(event, MeetingAnnounced)] == [
        "drawn"
    ]
    protocol = (await fresh(rt, meeting.id)).protocol
    assert protocol is not None
    for feature in ("gender", "band"):
        assert sum(line["drawn"] for line in protocol if line["feature"] == feature) == 6
    assert all(line["least"] <= line["drawn"] <= line["most"] for line in protocol if line["least"] is not None), (
        "the numbers people read are those the draw keeps"
    )


@pytest.mark.parametrize(("pool", "shown"), [(4, False), (5, True)])
async def test_a_pool_of_fewer_than_five_is_not_counted_in_public(
    rt: Runtime, deliver: Deliverer, pool: int, shown: bool
) -> None:
    await deliver(margins(), *many(rt.now(), pool))
    meeting = await a_drawn_meeting(rt, seats=2)
    async with browser(rt) as client:
        page = (await client.get(f"/meetings/{meeting.slug}")).text
    assert (f"trukket blant {pool}" in page, "Færre enn fem kunne trekkes" in page) == (shown, not shown)
    assert meeting.seed in page


async def test_two_who_press_draw_at_once_make_one_draw(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 12))
    meeting = await a_meeting(rt)
    await a_committed_draw(rt, meeting)

    async def press() -> bool:
        async with rt.transaction() as session:
            return await draw_meeting(session, meeting.id, "437", rt.now()) is not None

    assert sorted(await asyncio.gather(press(), press(), press())) == [False, False, True]
    assert len(await invitations(rt)) == 6


async def test_a_no_brings_somebody_of_the_same_stratum(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    await a_drawn_meeting(rt)
    first = (await invitations(rt))[0]
    await reply(rt, first, Reply.NO)
    await run_jobs(rt)
    rows = await invitations(rt)
    (new,) = (row for row in rows if row.replaces is not None)
    assert (new.replaces, new.gender, new.band) == (first.id, first.gender, first.band)
    assert await states(rt) == {"invited": 6, "declined": 1}
    last_day = (new.reply_by - timedelta(seconds=1)).astimezone(rt.settings.zone)
    assert last_day.date() == (rt.now() + timedelta(days=7)).astimezone(rt.settings.zone).date()
    assert f"{last_day:%H:%M:%S}" == "23:59:59", "the last day is a whole one"
    issued = [
        event for event in await outbox(rt, MeetingInvitationIssued) if isinstance(event, MeetingInvitationIssued)
    ]
    assert [fact.replacement for fact in issued] == [False] * 6 + [True]
    assert not any(fact.volunteer for fact in issued), "there was no call"


async def test_silence_past_the_deadline_lapses_and_a_late_yes_comes_too_late(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    await a_drawn_meeting(rt)
    first, second, *_ = await invitations(rt)
    await reply(rt, first, Reply.YES)
    move(rt, timedelta(days=7, minutes=1))
    await reply(rt, second, Reply.YES)
    assert (await states(rt))["lapsed"] == 1
    await run_jobs(rt)
    assert await states(rt) == {"accepted": 1, "lapsed": 5, "invited": 5}
    answers = [
        event for event in await outbox(rt, MeetingInvitationAnswered) if isinstance(event, MeetingInvitationAnswered)
    ]
    assert Counter(answer.reply for answer in answers) == {"accepted": 1, "lapsed": 5}


async def test_nobody_is_asked_later_than_the_set_number_of_hours_before(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_drawn_meeting(rt)
    for row in await invitations(rt):
        await reply(rt, row, Reply.YES)
    first, second, *_ = await invitations(rt)
    move(rt, timedelta(days=25, hours=23))
    await reply(rt, first, Reply.NO)
    await run_jobs(rt)
    assert await states(rt) == {"accepted": 5, "withdrawn": 1, "invited": 1}
    newest = (await invitations(rt, "invited"))[0]
    assert newest.reply_by == meeting.starts_at - timedelta(hours=24), "near the meeting the deadline is an hour"
    move(rt, timedelta(hours=2))
    await reply(rt, second, Reply.NO)
    await run_jobs(rt)
    assert await states(rt) == {"accepted": 4, "withdrawn": 2, "invited": 1}


async def test_a_small_panel_fills_what_it_can_and_the_rest_when_somebody_may_be_asked(
    rt: Runtime, deliver: Deliverer
) -> None:
    people = many(rt.now(), 4)
    await deliver(margins(), *people)
    await a_drawn_meeting(rt, seats=6)
    assert len(await invitations(rt)) == 4
    await deliver(*many(rt.now(), 6))
    await run_jobs(rt)
    assert len(await invitations(rt)) == 4, "who was not in the draw cannot replace anybody"


@pytest.mark.parametrize(
    ("change", "said_yes", "gives_up"),
    [
        ({"status": "paused"}, False, True),
        ({"status": "paused"}, True, False),
        ({"purposes": ("surveys",)}, False, True),
        ({"purposes": ("surveys",)}, True, True),
    ],
)
async def test_who_pauses_or_ends_the_consent_is_not_waited_for(
    rt: Runtime, deliver: Deliverer, change: dict[str, str], said_yes: bool, gives_up: bool
) -> None:
    people = {person.member_id: person for person in many(rt.now(), 30)}
    await deliver(margins(), *people.values())
    await a_drawn_meeting(rt)
    first = (await invitations(rt))[0]
    if said_yes:
        await reply(rt, first, Reply.YES)
    assert first.member_id is not None
    await deliver(MemberChanged(**(people[first.member_id].model_dump() | change)))
    await run_jobs(rt)
    assert (await states(rt))["withdrawn"] == int(gives_up)
    assert len(await invitations(rt, "invited", "accepted")) == 6


async def test_leaving_frees_the_seat_and_erasure_leaves_counts_without_the_person(
    rt: Runtime, deliver: Deliverer
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    await a_drawn_meeting(rt)
    first = (await invitations(rt))[0]
    await reply(rt, first, Reply.YES)
    member = first.member_id
    assert member is not None
    await deliver(MemberLeft(member_id=member, left_at=rt.now()), MemberErased(member_id=member, erased_at=rt.now()))
    await run_jobs(rt)
    assert await states(rt) == {"withdrawn": 1, "invited": 6}
    assert len(await outbox(rt, MemberDataErased)) == 1
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(DrawEntry)) == 30
        (tombstone,) = await session.scalars(sa.select(Member).where(Member.erased))
        assert (tombstone.gender, tombstone.year_of_birth, tombstone.purposes) == (None, None, None)
        for table in ("invitation", "draw_entry", "draw_candidate", "notice", "archive", "dead_letter"):
            rows = await session.scalars(sa.text(f"select to_jsonb(t)::text from meetings.{table} t"))
            assert [row for row in rows if str(member) in row] == [], table
    about = [type(event) for event in await outbox(rt) if str(member) in event.model_dump_json()]
    assert about == [MemberDataErased]


async def test_those_who_said_yes_in_time_are_reminded_once(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    await a_drawn_meeting(rt)
    first, second, *_ = await invitations(rt)
    await reply(rt, first, Reply.YES)
    await reply(rt, second, Reply.NO)
    await remind_due(rt)
    assert await outbox(rt, MeetingReminderDue) == []
    move(rt, timedelta(days=26, minutes=1))
    for _ in range(2):
        await remind_due(rt)
    (fact,) = await outbox(rt, MeetingReminderDue)
    assert isinstance(fact, MeetingReminderDue)
    assert fact.invitation_id == first.id


@pytest.mark.parametrize("what", ["draw", "fill"])
async def test_nobody_is_invited_while_a_member_is_being_forgotten(rt: Runtime, deliver: Deliverer, what: str) -> None:
    """An erasure is either before an invitation or finds it: whoever invites waits for those who erase."""
    people = many(rt.now(), 12)
    await deliver(margins(), *people)
    meeting = await (a_meeting if what == "draw" else a_drawn_meeting)(rt, seats=12)
    if what == "draw":
        await a_committed_draw(rt, meeting)
    rows = await invitations(rt)
    if rows:
        await reply(rt, rows[0], Reply.NO)
        await deliver(joined(rt.now()))

    async def invite() -> None:
        async with rt.transaction() as session:
            if what == "draw":
                await draw_meeting(session, meeting.id, "437", rt.now())
            else:
                await fill_meeting(session, meeting.id, rt.now(), rt.settings.zone, rt.profile.contact_cap)

    async with rt.transaction() as session:
        await wait_for_draws(session)
        task = asyncio.create_task(invite())
        waits = sa.text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
        async with asyncio.timeout(30):
            while not task.done() and not await session.scalar(waits):
                await asyncio.sleep(0.01)
        assert not task.done(), "it waits"
        assert len(await invitations(rt)) == len(rows)
    await task
