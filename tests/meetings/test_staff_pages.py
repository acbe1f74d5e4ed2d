"""Staff announce a meeting, set quotas, draw once, change it with word to those who come, and cancel it."""

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from services.meetings.seats.answering import Reply
from services.meetings.tables import Meeting
from shared.events.meetings import MeetingAnnounced, MeetingCancelled, MeetingNoticeDue
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox, sign_in
from tests.meetings.given import a_draw, a_drawn_meeting, a_meeting, fresh, invitations, reply, run_jobs, states
from tests.members import many, margins


def the_form(rt: Runtime, **changes: str) -> dict[str, str]:
    """What staff fill in for a meeting in four weeks."""
    today = rt.today()
    return {
        "id": str(new_id()),
        "heading": "Torget i Sandvika: hva nå?",
        "purpose": "Hva skal torget brukes til?",
        "place": "Kommunegården, Arnold Haukelands plass 10",
        "day": (today + timedelta(days=28)).isoformat(),
        "starts": "18:00",
        "ends": "20:30",
        "seats": "6",
        "reply_on": (today + timedelta(days=10)).isoformat(),
        "stop_hours": "48",
        "served": "Vi serverer suppe.",
        "agenda": "# Program\n\n- <script>alert(1)</script>\n- Samtale",
    } | changes


async def meetings(rt: Runtime) -> list[Meeting]:
    async with rt.transaction() as session:
        return list(await session.scalars(sa.select(Meeting)))


def hidden(page: str) -> dict[str, str]:
    """The fields of a confirmation page's form."""
    return dict(re.findall(r'<textarea name="([^"]+)" hidden>\n([^<]*)</textarea>', page))


async def test_a_meeting_is_announced_once_and_stands_on_the_public_page(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    assert "Nytt møte" in (await editor.get("/staff/meetings/new")).text
    form = the_form(rt)
    answers = [await editor.post("/staff/meetings/new", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    (meeting,) = await meetings(rt)
    (fact,) = await outbox(rt, MeetingAnnounced)
    assert isinstance(fact, MeetingAnnounced)
    assert (fact.slug, fact.status, fact.seats) == (meeting.slug, "announced", 6)
    assert meeting.slug.startswith("torget-i-sandvika-hva-na-20")
    assert fact.ends_at - fact.starts_at == timedelta(hours=2, minutes=30)
    page = await editor.get(answers[0].headers["location"])
    assert "Møtet er kunngjort." in page.text
    assert "Møtet er kunngjort." not in (await editor.get(f"/staff/meetings/{meeting.id}")).text
    assert "Ingen er trukket ennå." in page.text
    assert "kunngjorde møtet" in page.text
    public = await editor.get(f"/meetings/{meeting.slug}")
    assert "<script>alert" not in public.text
    assert meeting.seed not in public.text
    assert 'href="/meetings/torget-i-sandvika' in (await editor.get("/meetings")).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"heading": ""}, "Skriv hva møtet heter"),
        ({"heading": "x" * 121}, "Skriv hva møtet heter"),
        ({"heading": "Torget\u202e"}, "Teksten har tegn vi ikke kan ta imot"),
        ({"day": "31.02.2027"}, "Skriv dagen for møtet"),
        ({"day": "2020-01-01"}, "Møtet må begynne etter nå"),
        ({"starts": "25:00"}, "Skriv når møtet begynner"),
        ({"starts": "18:00Z"}, "Skriv når møtet begynner"),
        ({"ends": "17:00"}, "Møtet må slutte etter"),
        ({"seats": "0"}, "fra 1 til 500"),
        ({"seats": "mange"}, "fra 1 til 500"),
        ({"seats": "9" * 5000}, "fra 1 til 500"),
        ({"reply_on": ""}, "Skriv siste dag for å svare"),
        ({"reply_on": "2020-01-01"}, "Dagen har vært"),
        ({"reply_on": "2099-01-01"}, "Siste dag for å svare må være før"),
        ({"stop_hours": "-1"}, "Skriv hvor mange timer"),
        ({"agenda": "x" * 10_001}, "Programmet kan ha høyst"),
    ],
)
async def test_a_meeting_that_cannot_be_is_shown_again_with_what_to_change(
    rt: Runtime, editor: httpx.AsyncClient, changes: dict[str, str], words: str
) -> None:
    page = await editor.post("/staff/meetings/new", data=the_form(rt, **changes))
    assert (page.status_code, words in page.text) == (422, True)
    assert 'value="Kommunegården, Arnold Haukelands plass 10"' in page.text
    assert await meetings(rt) == []


async def test_all_that_is_wrong_with_a_meeting_is_said_at_once(rt: Runtime, editor: httpx.AsyncClient) -> None:
    wrong = {"heading": "", "day": "2020-01-01", "ends": "17:00", "reply_on": "2020-01-01"}
    for more in ({}, {"starts": "x"}):
        page = await editor.post("/staff/meetings/new", data=the_form(rt, **wrong | more))
        assert page.status_code == 422
        for field in {"heading", "day", "reply_on", "starts" if more else "ends"}:
            assert f'id="{field}-error"' in page.text, field


async def test_a_deadline_after_which_nobody_could_be_drawn_is_refused(rt: Runtime, editor: httpx.AsyncClient) -> None:
    eve = (rt.today() + timedelta(days=27)).isoformat()
    page = await editor.post("/staff/meetings/new", data=the_form(rt, reply_on=eve))
    assert (page.status_code, "før vi slutter å trekke nye" in page.text) == (422, True)
    assert await meetings(rt) == []
    assert (
        await editor.post("/staff/meetings/new", data=the_form(rt, reply_on=eve, stop_hours="1"))
    ).status_code == 303


async def test_a_new_time_is_told_to_those_who_come_after_staff_have_seen_how_many(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    starts_at = (rt.now() + timedelta(days=28)).replace(hour=16, minute=0, second=0, microsecond=0)
    meeting = await a_drawn_meeting(rt, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    for row in (await invitations(rt))[:2]:
        await reply(rt, row, Reply.YES)
    path = f"/staff/meetings/{meeting.id}/change"
    page = (await editor.get(path)).text
    field = r'<input class="ds-input[^"]*" id="(\w+)" name="\w+" type="\w+" value="([^"]*)"'
    unmoved: dict[str, Any] = dict(re.findall(field, page)) | {"purpose": "Ny tekst", "agenda": ""}
    await editor.post(path, data=unmoved)
    assert await outbox(rt, MeetingNoticeDue) == []
    assert (await fresh(rt, meeting.id)).purpose == "Ny tekst"
    preview = await editor.post(path, data=unmoved | {"place": "Rådhuset"})
    assert "Endringen sendes til 2 personer" in preview.text
    assert "purpose=meeting_changed" in preview.text
    assert "place=R%C3%A5dhuset" in preview.text
    assert (await fresh(rt, meeting.id)).place == "Kommunegården"
    response = await editor.post(path, data=hidden(preview.text) | {"confirmed": "yes"})
    assert response.status_code == 303
    assert (await fresh(rt, meeting.id)).place == "Rådhuset"
    notices = [event for event in await outbox(rt, MeetingNoticeDue) if isinstance(event, MeetingNoticeDue)]
    assert {notice.notice for notice in notices} == {"changed"}
    assert {notice.member_id for notice in notices} == {row.member_id for row in await invitations(rt, "accepted")}
    assert notices[0].link_expires_at is not None
    async with browser(rt) as resident:
        token = rt.links.make("meeting", notices[0].notice_id, notices[0].generation, notices[0].link_expires_at)
        own = await resident.get(f"/meetings/answer/{token}", follow_redirects=True)
    assert "Du har plass på" in own.text
    assert "Rådhuset" in own.text
    fewer = await editor.post(path, data=unmoved | {"seats": "5"})
    assert (fewer.status_code, "Antallet kan ikke bli lavere" in fewer.text) == (422, True)
    await editor.post(path, data=unmoved | {"seats": "8", "place": "Rådhuset"})
    await run_jobs(rt)
    assert len(await invitations(rt, "invited", "accepted")) == 8


async def test_cancelling_tells_those_who_had_said_yes_and_nobody_else(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_drawn_meeting(rt)
    first, second, *_ = await invitations(rt)
    await reply(rt, first, Reply.YES)
    await reply(rt, second, Reply.NO)
    path = f"/staff/meetings/{meeting.id}/cancel"
    page = (await editor.get(path)).text
    assert "1 har sagt ja" in page
    assert "purpose=meeting_cancelled" in page
    done = [(await editor.post(path, data={"confirmed": "yes"})).headers["location"] for _ in range(2)]
    assert done == [f"/staff/meetings/{meeting.id}{saved}" for saved in ("?saved=cancelled_told", "")]
    assert "de det gjelder, får en e-post" in (await editor.get(done[0])).text
    (notice,) = await outbox(rt, MeetingNoticeDue)
    assert isinstance(notice, MeetingNoticeDue)
    assert (notice.notice, notice.invitation_id) == ("cancelled", first.id)
    assert len(await outbox(rt, MeetingCancelled)) == 1
    await run_jobs(rt)
    assert await states(rt) == {"ended": 5, "declined": 1}
    assert "Møtet er avlyst" in (await editor.get(f"/meetings/{meeting.slug}")).text


async def test_cancelling_a_meeting_nobody_was_asked_to_says_nothing_of_mail(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins())
    meeting = await a_meeting(rt)
    done = await editor.post(f"/staff/meetings/{meeting.id}/cancel", data={"confirmed": "yes"}, follow_redirects=True)
    assert "Møtet er avlyst." in done.text
    assert "får en e-post" not in done.text


async def test_the_card_says_what_needs_somebody_today(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 6))
    meeting = await a_meeting(rt)
    assert "Ingen er trukket ennå." in (await editor.get("/staff/meetings/card")).text
    await a_draw(rt, meeting)
    card = (await editor.get("/staff/meetings/card")).text
    assert "data-todo-item" not in card
    assert "<title" in card
    assert ">0 av 6 plasser er fylt</title>" in card
    await reply(rt, (await invitations(rt))[0], Reply.NO)
    await run_jobs(rt)
    assert "Ledig: 1 plass. Alle i trekningen er spurt." in (await editor.get("/staff/meetings/card")).text
    move(rt, timedelta(days=29))
    assert "Møtet har vært." in (await editor.get("/staff/meetings/card")).text


async def test_the_card_names_the_last_day_to_reply_and_not_the_midnight_after(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    meeting = await a_meeting(rt)
    ends = datetime(meeting.starts_at.year + 1, 2, 16, tzinfo=rt.settings.zone)
    async with rt.transaction() as session:
        later = [ends + timedelta(days=9, hours=hours) for hours in (0, 2)]
        await session.execute(sa.update(Meeting).values(reply_by=ends, starts_at=later[0], ends_at=later[1]))
    assert f"Svarfristen er 15. februar {ends.year}" in (await editor.get("/staff/meetings/card")).text


async def test_lists_can_be_downloaded_without_names_or_codes(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_drawn_meeting(rt)
    listed = await editor.get("/staff/meetings?form=csv")
    assert "Torget i Sandvika;Trukket" in listed.text
    rows = (await editor.get(f"/staff/meetings/{meeting.id}/invitations.csv")).text.splitlines()
    assert len(rows) == 7
    for row in await invitations(rt):
        assert all(row.code not in line and str(row.member_id) not in line for line in rows)
    assert (await editor.get("/staff/meetings?form=xlsx")).content[:2] == b"PK"
    assert "Torget i Sandvika</a>" in (await editor.get("/staff/meetings?form=exe")).text
    assert (await editor.get(f"/staff/meetings/{meeting.id}/invitations.exe")).status_code == 404


async def test_what_a_reader_may_not_do_is_refused(rt: Runtime) -> None:
    meeting = await a_meeting(rt)
    async with browser(rt) as client:
        assert (await client.get(f"/staff/meetings/{meeting.id}")).status_code == 303
        sign_in(rt, client, "reader")
        assert (await client.get(f"/staff/meetings/{meeting.id}")).status_code == 200
        for path in ("draw", "cancel", "quotas", "change", "attendance", "minutes"):
            assert (await client.post(f"/staff/meetings/{meeting.id}/{path}")).status_code == 403
        assert (await client.get(f"/staff/meetings/{new_id()}")).status_code == 404
