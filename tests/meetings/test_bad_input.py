"""Whatever is sent to a staff form: a clear page, nothing changed, no trace of a stack."""

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, sign_in
from tests.meetings.given import a_drawn_meeting, a_meeting
from tests.members import many, margins

FORMS = ("change", "quotas", "draw", "cancel", "attendance", "minutes")


async def stored(rt: Runtime) -> list[str]:
    """Everything kept about meetings and invitations, as text."""
    async with rt.transaction() as session:
        return [
            row
            for table in ("meeting", "invitation", "notice", "outbox")
            for row in await session.scalars(sa.text(f"select to_jsonb(t)::text from meetings.{table} t order by 1"))
        ]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"minutes=" + b"x" * 10_000_000, "application/x-www-form-urlencoded", 413),
        (b"heading=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b'{"action": "publish"}', "application/json", 400),
        (b"--x\r\nno multipart", "multipart/form-data; boundary=y", 400),
        (b"&".join(b"a=1" for _ in range(9000)), "application/x-www-form-urlencoded", 400),
    ],
)
async def test_a_body_that_is_no_form_changes_nothing(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient, body: bytes, kind: str, status: int
) -> None:
    await deliver(margins(), *many(rt.now(), 12))
    plan, later = await a_meeting(rt), await a_drawn_meeting(rt)
    before = await stored(rt)
    paths = [f"/staff/meetings/{meeting.id}/{form}" for meeting in (plan, later) for form in FORMS]
    for path in (*paths, "/staff/meetings/new"):
        response = await editor.post(path, content=body, headers={"Content-Type": kind})
        assert (response.status_code, "Traceback" in response.text) == (status, False), path
    assert await stored(rt) == before


async def test_a_meeting_that_does_not_exist_is_not_found_by_any_page(rt: Runtime, editor: httpx.AsyncClient) -> None:
    for form in ("", "/needs", "/invitations.csv", *(f"/{form}" for form in FORMS)):
        assert (await editor.get(f"/staff/meetings/{new_id()}{form}")).status_code == 404, form
    for form in FORMS:
        assert (await editor.post(f"/staff/meetings/{new_id()}/{form}", data={"a": "b"})).status_code == 404, form
    assert (await editor.get("/staff/meetings/1")).status_code == 404
    assert (await editor.get("/meetings/no-such-meeting")).status_code == 404
    assert (await editor.get("/meetings/%00")).status_code == 404


async def test_a_page_left_open_too_long_does_what_can_still_be_done(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 12))
    meeting = await a_drawn_meeting(rt)
    await editor.post(f"/staff/meetings/{meeting.id}/cancel", data={"confirmed": "yes"})
    before = await stored(rt)
    move(rt, timedelta(days=40))
    sign_in(rt, editor, "editor")
    for form in FORMS:
        response = await editor.post(f"/staff/meetings/{meeting.id}/{form}", data={"minutes": "x", "action": "publish"})
        assert response.status_code in (303, 422), form
    assert await stored(rt) == before


@pytest.mark.parametrize("path", ["draw", "cancel", "attendance", "quotas", "minutes"])
async def test_an_empty_form_decides_nothing_about_a_meeting(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient, path: str
) -> None:
    """What reaches people is asked about first: a form without its page's own field leads back to the page."""
    await deliver(margins(), *many(rt.now(), 12))
    meeting = await (a_meeting if path in ("draw", "quotas") else a_drawn_meeting)(rt)
    if path in ("attendance", "minutes"):
        move(rt, timedelta(days=29))
        sign_in(rt, editor, "editor")
    before = await stored(rt)
    answer = await editor.post(f"/staff/meetings/{meeting.id}/{path}")
    assert answer.status_code in (303, 422)
    assert await stored(rt) == before


async def test_a_form_sent_from_another_site_is_refused(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 12))
    meeting = await a_meeting(rt)
    async with browser(rt, headers={"Origin": "https://evil.example.org"}) as client:
        sign_in(rt, client, "editor")
        assert (await client.post(f"/staff/meetings/{meeting.id}/draw")).status_code == 403
    async with rt.transaction() as session:
        assert await session.scalar(sa.text("select state from meetings.meeting")) == "announced"


async def test_the_list_takes_any_address(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await a_meeting(rt)
    assert "Torget i Sandvika" in (await editor.get("/staff/meetings?state=announced&order=heading")).text
    assert "Ingen møter passer" in (await editor.get("/staff/meetings?state=cancelled")).text
    assert "Torget i Sandvika" in (await editor.get("/staff/meetings?state=x&order=y&page=-1")).text
    filtered = (await editor.get("/staff/meetings?form=csv&state=cancelled")).text
    assert "Torget" not in filtered
