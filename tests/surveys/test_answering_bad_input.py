"""Whatever comes in: a clear page, nothing changed that should not be, nothing lost, no trace of a stack."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.surveys.fieldwork.closing import close_survey
from services.surveys.sealing import keys_of
from services.surveys.tables import Draft, Invitation, Response
from shared.events.surveys import ResponseSubmitted
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox
from tests.members import many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins
from tests.surveys.resident import PAGES, count, enter, post


async def stored(rt: Runtime) -> list[str]:
    """Everything kept about invitations, drafts and answers, as text."""
    async with rt.transaction() as session:
        return [
            str(row)
            for table in ("invitation", "resting_draft", "resting_response", "outbox")
            for row in await session.scalars(sa.text(f"select to_jsonb(t)::text from surveys.{table} t order by 1"))
        ]


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\x1b[31m", "\u202e", "\u200f", "\u2066", "\ufeff", "\x85"])
async def test_characters_nobody_sees_are_taken_out_and_said_so(rt: Runtime, invitation: Invitation, bad: str) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        response = await post(client, invitation, 3, ett_ord=f"va{bad}nn", forslag="Flere tog 🚆")
        assert "check=1" in str(response.url)
        assert response.text.count("Teksten har tegn vi ikke kan ta imot") == 2
        assert bad not in response.text
        again = (await client.get(f"/surveys/answer/3?id={invitation.id}")).text
        assert "Flere tog 🚆" in again
        assert 'value="va' in again


async def test_emoji_and_html_are_kept_and_escaped(rt: Runtime, invitation: Invitation) -> None:
    text = "<script>alert('æ')</script> 👩‍👩‍👧 & \"takk\""
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        await post(client, invitation, 3, forslag=text, action="back")
        page = (await client.get(f"/surveys/answer/3?id={invitation.id}")).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(&#39;æ&#39;)&lt;/script&gt; 👩‍👩‍👧 &amp; &#34;takk&#34;" in page
        for number, values in enumerate(PAGES[:2], start=1):
            await post(client, invitation, number, **values)
        await post(client, invitation, 3, forslag=text)
    async with rt.transaction() as session:
        row = (await session.scalars(sa.select(Response))).one()
    assert keys_of(rt.settings).seal(row.survey_id).open(row.id, row.sealed)["answers"]["forslag"] == text


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"forslag=" + b"x" * 10_000_000, "application/x-www-form-urlencoded", 413, "for stort"),
        (b"forslag=%ff%fe", "application/x-www-form-urlencoded", 400, "Vi forstod ikke skjemaet"),
        (b"forslag=%ed%a0%80", "application/x-www-form-urlencoded", 400, "Vi forstod ikke skjemaet"),
        (b"&".join(b"a=1" for _ in range(1000)), "application/x-www-form-urlencoded", 400, "Vi forstod ikke skjemaet"),
        (b'{"forslag": 1}', "application/json", 400, "Vi forstod ikke skjemaet"),
        (b"--x\r\nno multipart", "multipart/form-data; boundary=y", 400, "Vi forstod ikke skjemaet"),
        (b"", "application/x-www-form-urlencoded", 410, "Lenken virker ikke"),
        (b"id=%27+or+1%3D1--", "application/x-www-form-urlencoded", 410, "Lenken virker ikke"),
    ],
)
async def test_a_body_that_is_no_form_of_ours_changes_nothing(
    rt: Runtime, invitation: Invitation, body: bytes, kind: str, status: int, words: str
) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        before = await stored(rt)
        response = await client.post("/surveys/answer/3", content=body, headers={"Content-Type": kind})
        assert (response.status_code, words in response.text) == (status, True)
    assert "Traceback" not in response.text
    assert await stored(rt) == before


@pytest.mark.parametrize("typed", ["--5", "-", "1e99", "٣", "½", "5,", "9" * 5000, "NaN"])
async def test_whatever_stands_in_a_number_field_is_an_error_beside_it(
    rt: Runtime, invitation: Invitation, typed: str
) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        response = await post(client, invitation, 1, reisemate="gange", minutter=typed)
    assert "check=1" in str(response.url)
    assert response.text.count("Skriv et tall, for eksempel 20") == 2


async def test_a_scanner_that_opens_every_link_changes_nothing(rt: Runtime, invitation: Invitation) -> None:
    before = await stored(rt)
    token = rt.links.make("survey", invitation.id, 1, rt.now() + timedelta(days=14))
    async with browser(rt, headers={"Origin": ""}) as scanner:
        for method in ("GET", "HEAD"):
            for path in (f"/surveys/answer/{token}", f"/surveys/answer/1?id={invitation.id}", "/surveys/thanks"):
                assert (await scanner.request(method, path, follow_redirects=True)).status_code == 200
        answer_page = await scanner.post("/surveys/answer/1", data={"id": str(invitation.id), "action": "next"})
        assert answer_page.status_code == 403
    assert await stored(rt) == before
    async with browser(rt) as client:
        await enter(client, rt, invitation)


async def test_expired_forged_and_borrowed_links_open_nothing(rt: Runtime, invitation: Invitation) -> None:
    end = rt.now() + timedelta(days=14)
    good = rt.links.make("survey", invitation.id, 1, end)
    forged = [
        good[:-4] + ("A" if good[-4] != "A" else "B") + good[-3:],
        good[:-5],
        "x" + good,
        rt.links.make("sign_in", invitation.id, 1, end),
        "t.",
        "%00",
        "æøå",
        "a" * 5000,
    ]
    async with browser(rt) as client:
        for token in forged:
            response = await client.get(f"/surveys/answer/{token}")
            assert (response.status_code, "Lenken virker ikke" in response.text) == (410, True), token[:20]
            assert "set-cookie" not in response.headers
        nobody = rt.links.make("survey", new_id(), 1, end)
        response = await client.get(f"/surveys/answer/{nobody}", follow_redirects=True)
        assert "Lenken virker ikke" in response.text
        move(rt, timedelta(days=15))
        response = await client.get(f"/surveys/answer/{good}", follow_redirects=True)
        assert (response.status_code, "Undersøkelsen er stengt" in response.text) == (410, True)


async def test_a_link_used_again_after_answering_says_so(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        for number, values in enumerate(PAGES, start=1):
            await post(client, invitation, number, **values)
    token = rt.links.make("survey", invitation.id, 1, rt.now() + timedelta(days=14))
    async with browser(rt) as other:
        response = await other.get(f"/surveys/answer/{token}", follow_redirects=True)
        assert "du har allerede svart" in response.text
        assert "vann" not in response.text


async def test_a_double_click_on_send_is_one_answer_and_two_calm_pages(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        for number, values in enumerate(PAGES[:2], start=1):
            await post(client, invitation, number, **values)
        clicks = await asyncio.gather(*(post(client, invitation, 3, **PAGES[2]) for _ in range(3)))
    assert sorted(click.status_code for click in clicks) == [303, 410, 410]
    assert all("Du har allerede svart" in click.text for click in clicks if click.status_code == 410)
    assert (await count(rt, Response), await count(rt, Draft)) == (1, 1)


async def test_two_tabs_on_two_pages_lose_nothing_of_each_other(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        await asyncio.gather(
            *(post(client, invitation, number, **values) for number, values in enumerate(PAGES[:2], start=1))
        )
        last_page = await post(client, invitation, 3, **PAGES[2])
        assert last_page.headers["location"].startswith("/surveys/thanks")
    async with rt.transaction() as session:
        row = (await session.scalars(sa.select(Response))).one()
    answers = keys_of(rt.settings).seal(row.survey_id).open(row.id, row.sealed)["answers"]
    assert set(answers) == {name for page in PAGES for name in page}


async def test_two_people_on_one_tablet_do_not_mix(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        response = await client.post("/surveys/answer/1", data={"id": str(new_id()), "reisemate": "bil"})
        assert response.status_code == 410
    assert await count(rt, Draft) == 0


async def test_an_answer_that_an_earlier_one_hides_never_leaves(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    """Whichever page or device it came from: sending in keeps what was asked of this person."""
    await deliver(margins(), *many(rt.now(), 6))
    survey = await plan()
    for row in await invitations(rt, survey.id):
        assert await answer(rt, row.id, {"reisemate": "gange", "bilfri": "pris"})
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey.id, rt.now())
    answers = [event.answers for event in await outbox(rt) if isinstance(event, ResponseSubmitted)]
    assert answers == [{"reisemate": "gange"}] * 6
