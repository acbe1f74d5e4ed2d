"""The invited in a browser: the link, yes and no in one step, needs and calendar after yes, taking a yes back."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from icalendar import Calendar

from services.meetings.seats.answering import Reply, forget_needs
from services.meetings.seats.tallies import composition
from services.meetings.tables import Invitation, Meeting
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, sign_in
from tests.meetings.given import a_drawn_meeting, fresh, invitations, reply, run_jobs, states
from tests.members import many, margins


@pytest.fixture
async def meeting(rt: Runtime, deliver: Deliverer) -> Meeting:
    """Six of thirty are drawn."""
    await deliver(margins(), *many(rt.now(), 30))
    return await a_drawn_meeting(rt)


async def enter(client: httpx.AsyncClient, rt: Runtime, row: Invitation) -> httpx.Response:
    token = rt.links.make("meeting", row.id, row.generation, rt.now() + timedelta(days=100))
    page = await client.get(f"/meetings/answer/{token}", follow_redirects=True)
    assert token not in str(page.url)
    return page


async def say(client: httpx.AsyncClient, row: Invitation, **fields: object) -> httpx.Response:
    return await client.post("/meetings/answer", data={"id": str(row.id), **fields}, follow_redirects=True)


async def test_the_invitation_says_what_when_where_who_else_and_what_is_served(rt: Runtime, meeting: Meeting) -> None:
    row = (await invitations(rt))[0]
    async with browser(rt) as client:
        page = (await enter(client, rt, row)).text
    for words in ("Torget i Sandvika", "Kommunegården", "Kaffe og kake.", "3 kvinner og 3 menn", "Ja, jeg kommer"):
        assert words in page
    assert "Jeg trenger" not in page
    assert row.code not in page
    assert await states(rt) == {"invited": 6}


def test_who_else_comes_follows_the_draw_also_when_seats_were_added_after_it() -> None:
    rows = [
        {"feature": "gender", "value": "female", "least": 9, "most": 10, "drawn": 10},
        {"feature": "gender", "value": "male", "least": 9, "most": 10, "drawn": 9},
        {"feature": "gender", "value": "other", "least": None, "most": None, "drawn": 1},
        {"feature": "band", "value": "15-24", "least": 3, "most": 4, "drawn": 3},
        {"feature": "area", "value": "vest", "label": "Vest", "least": 5, "most": 5, "drawn": 5},
    ]
    who = composition(Meeting(protocol=rows, seats=20))
    assert who is not None
    assert who["genders"] == {"female": (9, 10), "male": (9, 10)}
    assert (who["bands"], who["areas"]) == ([("15-24", (3, 4))], [("Vest", (5, 5))])
    more = composition(Meeting(protocol=rows, seats=30))
    assert more is not None
    assert more["genders"]["female"] == (13, 15)
    assert composition(Meeting(protocol=[], seats=20)) is None


async def test_a_yes_opens_code_calendar_and_needs(rt: Runtime, meeting: Meeting) -> None:
    row = (await invitations(rt))[0]
    async with browser(rt) as client:
        await enter(client, rt, row)
        early = await client.get(f"/meetings/answer/calendar.ics?id={row.id}", follow_redirects=True)
        assert "Kan du komme?" in early.text
        page = (await say(client, row, reply="yes")).text
        assert row.code in page
        assert "Jeg trenger" in page
        file = await client.get(f"/meetings/answer/calendar.ics?id={row.id}")
        assert file.headers["content-type"].startswith("text/calendar")
        (event,) = Calendar.from_ical(file.content).walk("VEVENT")
        assert event["SUMMARY"] == "Torget i Sandvika"
        assert event["DTSTART"].dt == meeting.starts_at.replace(microsecond=0)
        assert row.code in event["DESCRIPTION"]
    assert (await invitations(rt))[0].state == "accepted"


async def test_needs_are_seen_by_staff_alone_with_a_trace_and_go_after_the_meeting(
    rt: Runtime, meeting: Meeting, editor: httpx.AsyncClient
) -> None:
    row = (await invitations(rt))[0]
    text = "Nøtter 🥜 <b>ikke</b>"
    async with browser(rt) as client:
        await enter(client, rt, row)
        await say(client, row, reply="yes")
        fields = {"id": str(row.id), "needs": ["food", "step_free"], "other_need": text}
        page = await client.post("/meetings/answer/needs", data=fields, follow_redirects=True)
        assert "Vi har lagret det du skrev." in page.text
        assert page.text.count(" checked") == 2
        assert "&lt;b&gt;ikke&lt;/b&gt;" in page.text
        assert text not in (await client.get(f"/meetings/{meeting.slug}")).text
    path = f"/staff/meetings/{meeting.id}/needs"
    assert "Trinnfri adkomst; Egen mat; Nøtter 🥜 &lt;b&gt;ikke&lt;/b&gt;" in (await editor.get(path)).text
    assert "så de praktiske behovene" in (await editor.get(f"/staff/meetings/{meeting.id}")).text
    async with browser(rt) as reader:
        sign_in(rt, reader, "reader")
        assert (await reader.get(path)).status_code == 403
    move(rt, timedelta(days=29))
    await forget_needs(rt)
    assert (await invitations(rt))[0].needs is None


async def test_a_no_is_thanked_for_and_nothing_more_and_is_final(rt: Runtime, meeting: Meeting) -> None:
    row = (await invitations(rt))[0]
    async with browser(rt) as client:
        await enter(client, rt, row)
        page = (await say(client, row, reply="no")).text
        assert "Takk for at du sa fra" in page
        assert "<form" not in page
        assert "<p" not in page.split("<main")[1].split("</main>")[0]
        assert "Takk for at du sa fra" in (await say(client, row, reply="yes")).text
    assert (await states(rt))["declined"] == 1


async def test_a_yes_may_be_taken_back_and_needs_go_with_it(rt: Runtime, meeting: Meeting) -> None:
    row = (await invitations(rt))[0]
    async with browser(rt) as client:
        await enter(client, rt, row)
        await say(client, row, reply="yes")
        await client.post("/meetings/answer/needs", data={"id": str(row.id), "needs": "food"})
        assert "Takk for at du sa fra" in (await say(client, row, reply="no")).text
        late = await client.post("/meetings/answer/needs", data={"id": str(row.id), "needs": "food"})
        assert late.status_code == 303
    row_now = (await invitations(rt))[0]
    assert (row_now.state, row_now.needs) == ("withdrawn", None)
    await run_jobs(rt)
    assert await states(rt) == {"withdrawn": 1, "invited": 6}


async def test_double_clicks_and_two_tabs_take_one_seat(rt: Runtime, meeting: Meeting) -> None:
    rows = await invitations(rt)
    await asyncio.gather(*(reply(rt, row, Reply.YES) for row in rows for _ in range(3)), run_jobs(rt), run_jobs(rt))
    assert await states(rt) == {"accepted": 6}


async def test_too_late_cancelled_and_over_each_say_so(rt: Runtime, meeting: Meeting) -> None:
    first, second, *_ = await invitations(rt)
    async with browser(rt) as client:
        await enter(client, rt, first)
        await enter(client, rt, second)
        await say(client, second, reply="yes")
        move(rt, timedelta(days=8))
        assert "Fristen for å svare er ute" in (await client.get(f"/meetings/answer?id={first.id}")).text
        assert "Fristen for å svare er ute" in (await say(client, first, reply="yes")).text
        move(rt, timedelta(days=21))
        assert "Møtet har vært" in (await client.get(f"/meetings/answer?id={second.id}")).text
        assert "Møtet har vært" in (await say(client, second, reply="no")).text
    assert await states(rt) == {"lapsed": 1, "accepted": 1, "invited": 4}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"reply=" + b"x" * 10_000_000, "application/x-www-form-urlencoded", 413),
        (b"reply=%ff", "application/x-www-form-urlencoded", 400),
        (b'{"reply": "yes"}', "application/json", 400),
        (b"", "application/x-www-form-urlencoded", 410),
        (b"id=%27+or+1%3D1--&reply=yes", "application/x-www-form-urlencoded", 410),
    ],
)
async def test_a_body_that_is_no_form_of_ours_changes_nothing(
    rt: Runtime, meeting: Meeting, body: bytes, kind: str, status: int
) -> None:
    async with browser(rt) as client:
        await enter(client, rt, (await invitations(rt))[0])
        for path in ("/meetings/answer", "/meetings/answer/needs"):
            response = await client.post(path, content=body, headers={"Content-Type": kind})
            assert (response.status_code, "Traceback" in response.text) == (status, False)
    assert await states(rt) == {"invited": 6}


@pytest.mark.parametrize("says", ["", "maybe", "YES", "yes\u202e", "no\x00"])
async def test_an_answer_that_is_neither_yes_nor_no_is_asked_again(rt: Runtime, meeting: Meeting, says: str) -> None:
    row = (await invitations(rt))[0]
    async with browser(rt) as client:
        await enter(client, rt, row)
        page = await say(client, row, reply=says)
        assert [step.status_code for step in page.history] == [303], "Back would ask to send it again"
    assert "Svar ja eller nei." in page.text
    assert await states(rt) == {"invited": 6}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"needs": "helicopter"}, "Velg blant behovene på listen."),
        ({"other_need": "x" * 301}, "Skriv behovet med høyst 300 tegn."),
        ({"other_need": "nøt\u2066ter"}, "Teksten har tegn vi ikke kan ta imot"),
    ],
)
async def test_needs_that_cannot_be_kept_are_shown_again(
    rt: Runtime, meeting: Meeting, fields: dict[str, str], words: str
) -> None:
    row = (await invitations(rt))[0]
    async with browser(rt) as client:
        await enter(client, rt, row)
        await say(client, row, reply="yes")
        response = await client.post("/meetings/answer/needs", data={"id": str(row.id), **fields})
        assert response.status_code == 303, "Back would ask to send it again"
        page = await client.get(response.headers["location"])
    assert page.text.count(words) == 2
    assert fields.get("other_need", "")[:3] in page.text
    assert (await invitations(rt))[0].needs is None


async def test_a_scanner_that_opens_every_link_changes_nothing(rt: Runtime, meeting: Meeting) -> None:
    row = (await invitations(rt))[0]
    async with browser(rt, headers={"Origin": ""}) as scanner:
        await enter(scanner, rt, row)
        for path in (f"/meetings/answer?id={row.id}", f"/meetings/answer/calendar.ics?id={row.id}"):
            for method in ("GET", "HEAD"):
                assert (await scanner.request(method, path, follow_redirects=True)).status_code == 200
        page = await scanner.post("/meetings/answer", data={"id": str(row.id), "reply": "yes"})
        assert page.status_code == 403
    assert await states(rt) == {"invited": 6}


async def test_forged_borrowed_and_expired_links_open_nothing(rt: Runtime, meeting: Meeting) -> None:
    row, other, *_ = await invitations(rt)
    end = rt.now() + timedelta(days=1)
    good = rt.links.make("meeting", row.id, 1, end)
    forged = [
        good[:-5],
        "x" + good,
        rt.links.make("survey", row.id, 1, end),
        "t.",
        "%00",
        "æøå",
        "a" * 4000,
    ]
    async with browser(rt) as client:
        for token in forged:
            response = await client.get(f"/meetings/answer/{token}")
            assert (response.status_code, "Lenken virker ikke" in response.text) == (410, True), token[:20]
            assert "set-cookie" not in response.headers
        await enter(client, rt, row)
        assert (await say(client, other, reply="yes")).status_code == 410
        for path in ("", "/calendar.ics"):
            assert (await client.get(f"/meetings/answer{path}?id={other.id}")).status_code == 410
        nobody = rt.links.make("meeting", new_id(), 1, end)
        assert (await client.get(f"/meetings/answer/{nobody}", follow_redirects=True)).status_code == 410
        move(rt, timedelta(days=2))
        assert (await client.get(f"/meetings/answer/{good}")).status_code == 410
    assert await states(rt) == {"invited": 6}
    assert (await fresh(rt, meeting.id)).state == "drawn"
