"""Attendance, minutes, what came of it, and current state sent again."""

from collections.abc import Sequence

import httpx
import pytest

from services.meetings.seats.answering import Reply
from services.meetings.tables import Invitation, Meeting
from shared.events.meetings import (
    MeetingAnnounced,
    MeetingHeld,
    MeetingInvitationAnswered,
    MeetingInvitationIssued,
    MeetingMinutesPublished,
    MeetingNoticeDue,
    MemberEnteredDraw,
)
from shared.events.registration import MemberChanged
from shared.events.results import FollowUpRecorded
from shared.ids import new_id
from shared.messaging.outbox import emit_state
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox
from shared.web.markdown import to_html
from tests.meetings.given import a_drawn_meeting, fresh, invitations, reply
from tests.members import many, margins


@pytest.fixture
async def meeting(rt: Runtime, deliver: Deliverer) -> Meeting:
    """Four of six have said yes, one no; the meeting has begun."""
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_drawn_meeting(rt)
    for place, row in enumerate((await invitations(rt))[:5]):
        await reply(rt, row, Reply.NO if place == 4 else Reply.YES)
    move(rt, meeting.ends_at - rt.now())
    return meeting


async def held(rt: Runtime, editor: httpx.AsyncClient, meeting: Meeting, came: Sequence[Invitation]) -> None:
    data: dict[str, object] = {"recorded": "yes", "came": [str(row.id) for row in came]}
    page = await editor.post(f"/staff/meetings/{meeting.id}/attendance", data=data)
    assert page.status_code == 303


async def notices(rt: Runtime, kind: str) -> list[MeetingNoticeDue]:
    return [
        event
        for event in await outbox(rt, MeetingNoticeDue)
        if isinstance(event, MeetingNoticeDue) and event.notice == kind
    ]


def follow_up(rt: Runtime, meeting: Meeting, **changes: object) -> FollowUpRecorded:
    values: dict[str, object] = {
        "follow_up_id": new_id(), "about": "meeting", "about_id": meeting.id, "slug": meeting.slug,
        "done": {"nb": "Torget får benker.", "en": "The square gets benches."}, "done_on": "2027-03-01",
        "recorded_at": rt.now(),
    }  # fmt: skip
    return FollowUpRecorded.model_validate(values | changes)


async def test_who_came_is_ticked_by_code_and_may_be_mended(
    rt: Runtime, meeting: Meeting, editor: httpx.AsyncClient
) -> None:
    guests = await invitations(rt, "accepted")
    page = (await editor.get(f"/staff/meetings/{meeting.id}/attendance")).text
    assert all(row.code in page for row in guests)
    others = [row for row in await invitations(rt) if row.state != "accepted"]
    assert all(row.code not in page for row in others)
    await held(rt, editor, meeting, [*guests[:3], *others])
    await held(rt, editor, meeting, guests[:2])
    facts = [event.attended for event in await outbox(rt, MeetingHeld) if isinstance(event, MeetingHeld)]
    assert facts == [3, 2]
    newest = await fresh(rt, meeting.id)
    assert (newest.state, newest.attended) == ("held", 2)
    assert "Referatet kommer her" in (await editor.get(f"/meetings/{meeting.slug}")).text


async def test_attendance_waits_until_the_meeting_has_begun(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(*many(rt.now(), 30))
    early = await a_drawn_meeting(rt)
    await held(rt, editor, early, [])
    assert (await fresh(rt, early.id)).state == "drawn"
    response = await editor.post(f"/staff/meetings/{early.id}/minutes", data={"minutes": "x", "action": "publish"})
    assert response.status_code == 303
    assert (await fresh(rt, early.id)).minutes is None


async def test_minutes_are_shown_before_they_are_out_and_told_once_to_those_who_came(
    rt: Runtime, meeting: Meeting, editor: httpx.AsyncClient
) -> None:
    guests = await invitations(rt, "accepted")
    await held(rt, editor, meeting, guests[:3])
    path = f"/staff/meetings/{meeting.id}/minutes"
    text = "# Oppsummert\n\n**Benker** først. <img src=x onerror=alert(1)> [vei](javascript:alert(1))"
    preview = await editor.post(path, data={"minutes": text, "action": "preview"})
    assert "<h3>Oppsummert</h3>" in preview.text
    assert await outbox(rt, MeetingMinutesPublished) == []
    for _ in range(2):
        await editor.post(path, data={"minutes": text, "action": "publish"})
    assert len(await outbox(rt, MeetingMinutesPublished)) == 1
    assert {notice.invitation_id for notice in await notices(rt, "minutes")} == {row.id for row in guests[:3]}
    page = (await editor.get(f"/meetings/{meeting.slug}")).text
    assert "<strong>Benker</strong>" in page
    assert "<img src=x" not in page
    assert "javascript:" not in page.split("<main")[1].replace("(javascript:alert(1))", "")
    await editor.post(path, data={"minutes": "Rettet.", "action": "publish"})
    assert (await fresh(rt, meeting.id)).minutes == "Rettet."
    assert len(await notices(rt, "minutes")) == 3


@pytest.mark.parametrize(
    ("text", "words"), [("", "Skriv referatet."), ("x" * 50_001, "høyst 50"), ("a\u202eb", "tegn vi ikke")]
)
async def test_minutes_that_cannot_be_are_shown_again(
    rt: Runtime, meeting: Meeting, editor: httpx.AsyncClient, text: str, words: str
) -> None:
    await held(rt, editor, meeting, [])
    page = await editor.post(f"/staff/meetings/{meeting.id}/minutes", data={"minutes": text, "action": "publish"})
    assert (page.status_code, words in page.text) == (422, True)
    assert (await fresh(rt, meeting.id)).state == "held"


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "![x](http://example.org/x.png)",
        "[a](javascript:alert(1))",
        "<a href='x' onclick=y>",
        "[a](data:text/html;base64,AAAA)",
        "<iframe src=//example.org>",
        "<style>*{}</style>",
        "<svg/onload=alert(1)>",
    ],
)
def test_markdown_can_do_nothing_but_be_read(markdown: str) -> None:
    html = str(to_html(markdown))
    for tag in ("<script", "<img", "<iframe", "<style", "<svg", "<a href='x'", 'href="javascript', 'href="data'):
        assert tag not in html


def test_markdown_keeps_what_minutes_need() -> None:
    html = str(to_html("# A\n\n## B\n\n- x\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[n](https://example.org/)"))
    for part in ("<h3>A</h3>", "<h4>B</h4>", "<li>x</li>", "<td>1</td>", 'href="https://example.org/"'):
        assert part in html


async def test_what_it_led_to_stands_on_the_page_and_is_told_once_to_those_who_came_and_want_it(
    rt: Runtime, deliver: Deliverer, meeting: Meeting, editor: httpx.AsyncClient
) -> None:
    guests = await invitations(rt, "accepted")
    await held(rt, editor, meeting, guests[:3])
    unwilling = guests[0].member_id
    assert unwilling is not None
    await deliver(
        MemberChanged(
            member_id=unwilling, year_of_birth=1990, gender="female", area=None, area_scheme="x",
            purposes=("meetings",), status="active", joined_at=rt.now(),
        )
    )  # fmt: skip
    first = follow_up(rt, meeting)
    mended = follow_up(rt, meeting, follow_up_id=first.follow_up_id, done={"nb": "Torget får fire benker."})
    await deliver(first, mended, follow_up(rt, meeting, about="survey"))
    assert {notice.invitation_id for notice in await notices(rt, "follow_up")} == {row.id for row in guests[1:3]}
    assert len(await notices(rt, "follow_up")) == 2
    page = (await editor.get(f"/meetings/{meeting.slug}")).text
    assert "Torget får fire benker." in page
    in_english = (await editor.get(f"/meetings/{meeting.slug}?lang=en")).text
    for text in ("Torget får fire benker.", meeting.heading, meeting.purpose, meeting.place):
        assert f'<span lang="nb">{text}</span>' in in_english
    await deliver(follow_up(rt, meeting), replay=True)
    assert len(await notices(rt, "follow_up")) == 2


async def test_state_sent_again_is_where_everything_stands(
    rt: Runtime, meeting: Meeting, editor: httpx.AsyncClient
) -> None:
    guests = await invitations(rt, "accepted")
    await held(rt, editor, meeting, guests[:3])
    await editor.post(f"/staff/meetings/{meeting.id}/minutes", data={"minutes": "Kort.", "action": "publish"})
    before = await outbox(rt)
    async with rt.transaction() as session:
        assert rt.service.state is not None
        await emit_state(session, rt.service.state(session))
    again = (await outbox(rt))[len(before) :]
    assert [type(event) for event in again[:3]] == [MeetingAnnounced, MeetingHeld, MeetingMinutesPublished]
    assert isinstance(again[0], MeetingAnnounced)
    assert again[0].status == "minuted"
    entered = [event for event in again if isinstance(event, MemberEnteredDraw)]
    assert sorted(entered, key=str) == sorted(
        (event for event in before if isinstance(event, MemberEnteredDraw)), key=str
    )
    replies = {event.invitation_id: event.reply for event in again if isinstance(event, MeetingInvitationAnswered)}
    issues = [event.invitation_id for event in again if isinstance(event, MeetingInvitationIssued)]
    assert replies | dict.fromkeys(issues, "invited") == {row.id: row.state for row in await invitations(rt)}
    assert [event for event in again if isinstance(event, MeetingNoticeDue)] == []
