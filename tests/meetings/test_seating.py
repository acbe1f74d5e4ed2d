"""Around the meeting: tables, papers, a reply by phone, and the calendar when the meeting is off."""

import httpx
import pytest

from services.meetings.planning.cancelling import cancel_meeting
from services.meetings.seats.answering import Reply
from services.meetings.tables import Meeting
from shared.service import Runtime
from shared.testing import Deliverer, browser
from tests.meetings.given import a_drawn_meeting, a_meeting, invitations, reply, states
from tests.members import many, margins


@pytest.fixture
async def meeting(rt: Runtime, deliver: Deliverer) -> Meeting:
    """Four of six have said yes."""
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_drawn_meeting(rt)
    for row in (await invitations(rt))[:4]:
        await reply(rt, row, Reply.YES)
    return meeting


async def test_staff_see_tables_by_code_and_print_them(
    rt: Runtime, editor: httpx.AsyncClient, meeting: Meeting
) -> None:
    base = f"/staff/meetings/{meeting.id}/tables"
    page = (await editor.get(f"{base}?tables=2&rounds=2")).text
    for row in await invitations(rt, "accepted"):
        assert page.count(f"{row.code} (") == 2, "once in each round"
    for sheet in ("door", "tags"):
        paper = await editor.get(f"{base}/{sheet}.pdf?tables=2&rounds=2")
        assert paper.content.startswith(b"%PDF")
        assert paper.headers["content-type"] == "application/pdf"
    assert (await editor.get(f"{base}/other.pdf")).status_code == 404
    assert "skrev ut en liste" in (await editor.get(f"/staff/meetings/{meeting.id}")).text
    for odd in ("?tables=0", "?tables=-1&rounds=x", "?tables=999&rounds=99"):
        assert (await editor.get(base + odd)).status_code == 200
    undrawn = await a_meeting(rt)
    assert (await editor.get(f"/staff/meetings/{undrawn.id}/tables")).status_code == 404


async def test_a_reply_by_phone_counts_as_the_button_does(
    rt: Runtime, editor: httpx.AsyncClient, meeting: Meeting
) -> None:
    path = f"/staff/meetings/{meeting.id}/reply"
    search = (await editor.get(path)).text
    for words in ('action="/staff/registration/members"', f'name="meeting" value="{meeting.id}"', 'name="who"'):
        assert words in search, "names are registration's alone"
    assert "Personen kommer" not in search
    first, second = await invitations(rt, "invited")
    person = (await editor.get(path, params={"member": str(first.member_id)})).text
    for words in ("Personen kommer", "Venter på svar", f"/staff/registration/members/{first.member_id}"):
        assert words in person
    stranger = (await editor.get(path, params={"member": str(meeting.id)})).text
    assert ("ingen plass å svare for" in stranger, "Personen kommer" in stranger) == (True, False)
    assert (await editor.post(path, data={"member": str(first.member_id)})).status_code == 422
    assert (await editor.post(path, data={"member": "Kari", "reply": "yes"})).status_code == 422
    assert (await editor.post(path, data={"member": str(first.member_id), "reply": "yes"})).status_code == 303
    assert (await editor.post(path, data={"member": str(second.member_id), "reply": "no"})).status_code == 303
    assert await states(rt) == {"accepted": 5, "declined": 1}
    again = await editor.post(path, data={"member": str(second.member_id), "reply": "yes"})
    assert (again.status_code, "ingen plass å svare for" in again.text) == (422, True), "a no is final"
    assert "førte et svar på telefon" in (await editor.get(f"/staff/meetings/{meeting.id}")).text


async def test_a_cancelled_meeting_can_be_taken_out_of_the_calendar(rt: Runtime, meeting: Meeting) -> None:
    (row, *_) = await invitations(rt, "accepted")
    async with rt.transaction() as session:
        await cancel_meeting(session, meeting.id, rt.now())
    async with browser(rt) as client:
        token = rt.links.make("meeting", row.id, row.generation, meeting.ends_at)
        page = await client.get(f"/meetings/answer/{token}", follow_redirects=True)
        assert "Ta møtet ut av kalenderen" in page.text
        file = (await client.get(f"/meetings/answer/calendar.ics?id={row.id}")).text
    assert "METHOD:CANCEL" in file
    assert "STATUS:CANCELLED" in file
    assert "SEQUENCE:1" in file
