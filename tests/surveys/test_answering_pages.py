"""Answering on real Postgres: one answer per invitation, kept half-finished, refused when closed."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.answering.store import Opened, hold, submit
from services.surveys.copying import erase_member
from services.surveys.fieldwork.closing import close_survey
from services.surveys.sealing import keys_of
from services.surveys.tables import Draft, Invitation, Response, Survey
from shared.events.questionnaire import Questionnaire, json_schema
from shared.events.registration import MemberLeft
from shared.events.results import ResultsPublished
from shared.events.surveys import ResponseSubmitted, SurveyAnswered
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox
from tests.backends import waits_for_a_lock
from tests.members import joined, many
from tests.questionnaires import newer
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins
from tests.surveys.resident import PAGES, count, enter, post


async def test_answers_are_kept_page_by_page_and_sent_in_once(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        for number, values in enumerate(PAGES[:2], start=1):
            assert (await post(client, invitation, number, **values)).status_code == 303
        assert 'value="12"' in (await client.get(f"/surveys/answer/1?id={invitation.id}")).text
        page = await post(client, invitation, 3, **PAGES[2])
        thanks = await client.get(page.headers["location"])
        assert "Undersøkelsen er åpen til og med" in thanks.text
        again = await post(client, invitation, 3, **PAGES[2])
        assert "Du har allerede svart" in again.text
    # The answer, and what leads to it while it may be changed.
    assert (await count(rt, Response), await count(rt, Draft)) == (1, 1)
    assert len(await outbox(rt, SurveyAnswered)) == 1
    async with rt.transaction() as session:
        row = (await session.scalars(sa.select(Response))).one()
    content = keys_of(rt.settings).seal(row.survey_id).open(row.id, row.sealed)
    assert content["answers"]["forslag"] == "<script>alert(1)</script>"


async def test_a_question_that_appears_is_shown_before_going_on(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        response = await post(client, invitation, 1, reisemate="bil")
        assert response.headers["location"].startswith("/surveys/answer/1?")
        page = (await client.get(response.headers["location"])).text
        assert "Svaret ditt gir ett spørsmål til" in page
        assert 'name="shown" value="reisemate bilfri minutter"' in page


async def test_a_required_question_that_was_shown_and_left_out_is_an_error(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        ids = "reisemate bilfri minutter"
        response = await post(client, invitation, 1, reisemate="bil", shown=ids)
        assert "check=1" in str(response.url)
        assert response.text.count("lot bilen stå oftere?» må besvares") == 2
        on = await post(client, invitation, 1, reisemate="bil", bilfri="pris", shown=ids)
        assert on.headers["location"].startswith("/surveys/answer/2?")


async def test_going_back_loses_nothing_that_was_typed(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        await post(client, invitation, 1, reisemate="gange")
        back = await post(client, invitation, 2, viktigst=["sykkel", "bygg", "natur", "gjenbruk"], action="back")
        assert back.headers["location"].startswith("/surveys/answer/1?")
        page = (await client.get(f"/surveys/answer/2?id={invitation.id}")).text
        assert page.count(" checked") == 4
        assert "Velg høyst" not in page


async def test_sending_in_with_something_left_leads_to_it_and_says_what(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        response = await post(client, invitation, 3, **PAGES[2])
        page = await client.get(response.headers["location"])
        assert page.url.path == "/surveys/answer/1"
        assert page.text.count("vanlig hverdag?» må besvares") == 2
    assert await count(rt, Response) == 0


async def test_errors_stand_at_the_top_and_at_the_field_and_nothing_typed_is_lost(
    rt: Runtime, invitation: Invitation
) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        response = await post(client, invitation, 1, minutter="mange")
    assert "check=1" in str(response.url)
    assert response.text.count("Skriv et tall, for eksempel 20") == 2
    assert 'value="mange"' in response.text


async def test_a_fault_is_shown_at_an_address_that_can_be_reloaded(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        fields = {"id": str(invitation.id), "reisemate": "bil", "minutter": "mange", "shown": "reisemate minutter"}
        reply = await client.post(f"/surveys/answer/1?id={invitation.id}", data=fields | {"order": "7"})
        assert reply.status_code == 303
        for _ in range(2):
            page = (await client.get(reply.headers["location"])).text
            assert page.count("Skriv et tall, for eksempel 20") == 2
            assert 'value="mange"' in page
            assert 'name="shown" value="reisemate bilfri minutter"' in page
            assert "må besvares" not in page, "what has only just come up has not been left out"
            assert 'name="order" value="7"' in page


async def test_a_browser_without_the_link_cannot_read_or_answer(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        for path in (f"/surveys/answer?id={invitation.id}", f"/surveys/answer/1?id={invitation.id}"):
            assert (await client.get(path)).status_code == 410
        assert (await post(client, invitation, 3, **PAGES[2])).status_code == 410
        assert (await client.get("/surveys/answer/k.AAAA")).status_code == 410
    assert await count(rt, Response) == 0


async def test_a_closed_survey_says_so(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        move(rt, timedelta(days=15))
        response = await post(client, invitation, 1, **PAGES[0])
        assert "Undersøkelsen er stengt" in response.text


async def test_a_double_click_and_two_tabs_make_one_answer(rt: Runtime, invitation: Invitation) -> None:
    results = await asyncio.gather(*(answer(rt, invitation.id, {"reisemate": "gange"}) for _ in range(4)))
    assert sorted(results) == [False, False, False, True]
    assert await count(rt, Response) == 1


async def ends_by_answering(rt: Runtime, session: AsyncSession, invitation: Invitation, now: datetime) -> None:
    opening = await hold(session, keys_of(rt.settings), invitation.id, invitation.generation, now)
    assert isinstance(opening, Opened)
    await submit(session, opening, {"reisemate": "gange"}, now)


async def ends_by_closing(rt: Runtime, session: AsyncSession, invitation: Invitation, now: datetime) -> None:
    await close_survey(session, keys_of(rt.settings), invitation.survey_id, now)


async def ends_by_erasure(_: Runtime, session: AsyncSession, invitation: Invitation, now: datetime) -> None:
    assert invitation.member_id is not None
    await erase_member(session, invitation.member_id, now)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (ends_by_answering, "Du har allerede svart"),
        (ends_by_closing, "Undersøkelsen er stengt"),
        (ends_by_erasure, "Invitasjonen gjelder ikke lenger"),
    ],
)
async def test_a_page_saved_while_the_invitation_ends_leaves_no_draft_and_says_why(
    rt: Runtime, invitation: Invitation, end: Callable[..., Awaitable[None]], words: str
) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        await post(client, invitation, 1, reisemate="gange")
        async with rt.transaction() as session:
            await end(rt, session, invitation, rt.now())
            other_tab = asyncio.create_task(post(client, invitation, 1, reisemate="sykkel"))
            async with asyncio.timeout(10):
                while not other_tab.done() and not await waits_for_a_lock(rt):
                    await asyncio.sleep(0.01)
        response = await other_tab
    assert words in response.text
    # The answer keeps the row that leads to it; a page that came too late changes neither.
    assert await count(rt, Draft) == (1 if end is ends_by_answering else 0)


async def test_leaving_the_panel_takes_the_half_finished_answers_along(
    rt: Runtime, deliver: Deliverer, invitation: Invitation
) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        await post(client, invitation, 1, reisemate="gange")
        assert invitation.member_id is not None
        await deliver(MemberLeft(member_id=invitation.member_id, left_at=rt.now()))
        assert await count(rt, Draft) == 0
        assert "Invitasjonen gjelder ikke lenger" in (await post(client, invitation, 2)).text


async def test_an_answer_is_in_the_release_or_refused_never_between(
    rt: Runtime, deliver: Deliverer, plan: Callable[..., Awaitable[Survey]]
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    survey = await plan()
    async with rt.transaction() as session:
        ids = list(await session.scalars(sa.select(Invitation.id)))

    async def send(invitation_id: UUID) -> bool:
        return await answer(rt, invitation_id, {"reisemate": "gange"})

    async def close() -> None:
        async with rt.transaction() as session:
            await close_survey(session, keys_of(rt.settings), survey.id, rt.now())

    first, *results = await asyncio.gather(*(send(i) for i in ids[:15]), close(), *(send(i) for i in ids[15:]))
    successes = sum(1 for result in (first, *results) if result is True)
    assert await count(rt, Response) == 0
    releases = len(await outbox(rt, ResponseSubmitted))
    assert releases in ((successes,) if successes >= 5 else (0,))


async def test_everybody_sees_which_surveys_are_open_and_which_are_over(
    rt: Runtime, deliver: Deliverer, plan: Callable[..., Awaitable[Survey]]
) -> None:
    async with browser(rt) as client:
        assert "Ingen undersøkelser er åpne nå" in (await client.get("/surveys")).text
        await deliver(*many(rt.now(), 6))
        first = await plan()
        page = (await client.get("/surveys")).text
        assert "Åpen til og med" in page
        assert "Kommunen skal lage ny klimaplan." in page
        async with rt.transaction() as session:
            await close_survey(session, keys_of(rt.settings), first.id, rt.now())
        page = (await client.get("/surveys")).text
        assert "Ingen undersøkelser er åpne nå" in page
        assert "For få svarte" in page
        second = await plan()
        for row in await invitations(rt, second.id):
            await answer(rt, row.id, {})
        async with rt.transaction() as session:
            await close_survey(session, keys_of(rt.settings), second.id, rt.now())
        assert "Resultatene kommer." in (await client.get("/surveys")).text
        await deliver(ResultsPublished(survey_id=second.id, slug="klima-2027", published_at=rt.now()))
        assert 'href="/results/klima-2027"' in (await client.get("/surveys")).text


async def test_the_schema_of_questionnaires_is_public(rt: Runtime) -> None:
    async with browser(rt) as client:
        response = await client.get("/surveys/questionnaire.schema.json")
    assert response.headers["content-type"].startswith("application/schema+json")
    assert response.json() == json_schema()


@pytest.mark.parametrize(("code", "words"), [("nn", "Korleis reiser du oftast"), ("en", "How do you most often")])
async def test_another_language_is_one_click_away_and_loses_nothing(
    rt: Runtime, invitation: Invitation, code: str, words: str
) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        error_page = await post(client, invitation, 1, minutter="mange")
        (link,) = re.findall(rf'href="(\?[^"]*lang={code})"', error_page.text)
        page = await client.get(f"/surveys/answer/1{unescape(link)}")
        assert words in page.text
        assert 'value="mange"' in page.text
        assert f'<html lang="{code}">' in page.text


async def test_a_page_leaves_out_a_kind_of_question_this_version_cannot_ask(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    """While an update runs, an older process may serve a survey that a newer one opened."""
    await deliver(margins(), joined(rt.now()))
    survey = await plan(asking=Questionnaire.model_validate(newer()))
    (invitation,) = await invitations(rt, survey.id)
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        page = (await client.get(f"/surveys/answer/1?id={invitation.id}")).text
        assert "Hvordan reiser du oftest?" in page
        assert "Hva ser du?" not in page
        await post(client, invitation, 1, oftest="buss", minutter="0")
        assert "/thanks" in (await post(client, invitation, 3)).headers["location"]
