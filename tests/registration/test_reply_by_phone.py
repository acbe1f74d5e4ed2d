"""Staff find whose reply it is by name here, and go on to the meeting's form, which knows ids alone."""

from datetime import timedelta

import httpx

from shared.events.meetings import MeetingAnnounced, MemberEnteredDraw
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, sign_in
from tests.registration.given import a_member


async def test_a_reply_by_phone_is_found_by_name_and_leads_to_the_meetings_form_by_id(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    async with browser(rt) as resident:
        member_id = await a_member(resident, rt)
    future, past, off = (new_id() for _ in range(3))
    for meeting_id, days, status in ((future, 20, "drawn"), (past, -2, "held"), (off, 20, "cancelled")):
        starts = rt.now() + timedelta(days=days)
        await deliver(
            MeetingAnnounced(
                meeting_id=meeting_id, slug=f"m-{status}", heading=f"Møte {status}", purpose="Hva nå?", place="Salen",
                starts_at=starts, ends_at=starts + timedelta(hours=2), seats=20, reply_by=starts, status=status,
            ),
            MemberEnteredDraw(
                entry_id=new_id(), draw_id=new_id(), meeting_id=meeting_id, member_id=member_id, chance=0.1, drawn=False
            ),
        )  # fmt: skip
    form = f"/staff/meetings/{future}/reply?member={member_id}"
    page = await editor.post("/staff/registration/members", data={"who": "prøve", "meeting": str(future)})
    assert f'href="{form}">Kari Prøve</a>' in page.text
    assert f'name="meeting" value="{future}"' in page.text, "another search is for the same meeting"
    short = await editor.post("/staff/registration/members", data={"who": "k", "meeting": str(future)})
    assert (short.status_code, f'name="meeting" value="{future}"' in short.text) == (422, True)
    odd = await editor.post("/staff/registration/members", data={"who": "prøve", "meeting": "//evil.example"})
    assert f'href="/staff/registration/members/{member_id}">Kari Prøve</a>' in odd.text
    person = (await editor.get(f"/staff/registration/members/{member_id}")).text
    assert f'href="{form}">' in person
    assert (str(past) in person, str(off) in person) == (False, False), "nothing to answer there any more"
    sign_in(rt, editor, "reader")
    assert form not in (await editor.get(f"/staff/registration/members/{member_id}")).text
