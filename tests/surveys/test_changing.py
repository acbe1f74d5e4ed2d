"""An answer that was sent in is changed by its person until the survey closes, and leaves once."""

import sqlalchemy as sa

from services.surveys.answering.store import Opened, hold
from services.surveys.fieldwork.closing import close_survey
from services.surveys.sealing import keys_of
from services.surveys.steering.domain import Deed
from services.surveys.steering.steering import steer
from services.surveys.tables import Draft, Invitation, PageCount, Response
from services.surveys.watching.counting import keep_stopped
from shared.events.registration import MemberErased
from shared.events.surveys import ResponseSubmitted, SurveyAnswered
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox
from tests.members import many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins
from tests.surveys.resident import PAGES, count, enter, post

CHANGED = {"ett_ord": "sol", "forslag": "Færre biler"}


async def resting(rt: Runtime) -> list[dict[str, object]]:
    """What rests, opened with the survey's key."""
    async with rt.transaction() as session:
        rows = list(await session.scalars(sa.select(Response)))
    return [keys_of(rt.settings).seal(row.survey_id).open(row.id, row.sealed)["answers"] for row in rows]


async def test_the_link_opens_again_shows_the_answer_and_takes_another(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        for number, values in enumerate(PAGES, start=1):
            reply = await post(client, invitation, number, **values)
        assert "Så lenge kan du endre svaret" in (await client.get(reply.headers["location"])).text
        before = await resting(rt)
    async with browser(rt) as other:
        await enter(other, rt, invitation)
        start = (await other.get(f"/surveys/answer?id={invitation.id}")).text
        assert "du har allerede svart" in start
        assert ">Endre svaret</a>" in start
        page = (await other.get(f"/surveys/answer/1?id={invitation.id}")).text
        assert 'value="12"' in page
        assert 'name="change" value="1"' in page
        assert "Det gjelder til du har sendt inn på nytt" in page
        await post(other, invitation, 1, change="1", reisemate="sykkel", minutter="25")
        assert await resting(rt) == before, "what was sent in counts until the change is sent in"
        assert 'value="25"' in (await other.get(f"/surveys/answer/1?id={invitation.id}")).text
        assert (await post(other, invitation, 2, change="1", **PAGES[1])).status_code == 303
        receipt = await post(other, invitation, 3, change="1", **CHANGED)
        assert receipt.headers["location"].startswith("/surveys/thanks")
    (after,) = await resting(rt)
    assert (after["reisemate"], after["minutter"], after["ett_ord"]) == ("sykkel", 25, "sol")
    assert len(await outbox(rt, SurveyAnswered)) == 1, "nobody is told that something was changed"
    assert await count(rt, Draft) == 1


async def test_what_is_released_is_the_last_that_was_sent_in_once_for_each(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(margins(), *many(rt.now(), 8))
    survey = await plan()
    rows = await invitations(rt, survey.id)
    for number, row in enumerate(rows):
        assert await answer(rt, row.id, {"ett_ord": f"svar {number}"})
    for number, row in enumerate(rows[:3]):
        assert await answer(rt, row.id, {"ett_ord": f"endret {number}"}, again=True)
    async with browser(rt) as client:
        # Half a change, never sent in.
        await enter(client, rt, rows[4])
        await post(client, rows[4], 3, change="1", action="back", ett_ord="halvveis")
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey.id, rt.now())
    words = [event.answers["ett_ord"] for event in await outbox(rt, ResponseSubmitted)]  # type: ignore[attr-defined]
    assert sorted(words) == [*(f"endret {n}" for n in range(3)), *(f"svar {n}" for n in range(3, 8))]
    async with browser(rt) as client:
        token = rt.links.make("survey", rows[0].id, 1, rt.now())
        page = await client.get(f"/surveys/answer/{token}", follow_redirects=True)
        assert "Nå kan det ikke endres" in page.text


async def test_a_pause_keeps_the_answer_and_a_reopened_survey_lets_it_be_changed(
    rt: Runtime, invitation: Invitation
) -> None:
    assert await answer(rt, invitation.id, {"reisemate": "gange"})
    for deed, changeable in ((Deed.PAUSE, False), (Deed.GO_ON, True), (Deed.END, False), (Deed.REOPEN, True)):
        async with rt.transaction() as session:
            survey = await steer(session, invitation.survey_id, deed, rt.now(), rt.now().replace(year=2099))
            assert survey is not None
        assert await answer(rt, invitation.id, {"reisemate": "sykkel"}, again=True) == changeable, deed
        async with browser(rt) as client:
            token = rt.links.make("survey", invitation.id, 1, rt.now())
            page = await client.get(f"/surveys/answer/{token}", follow_redirects=True)
            assert ("Endre svaret" in page.text) == changeable


async def test_erasure_takes_what_leads_to_the_answer_and_leaves_the_answer(
    rt: Runtime, deliver: Deliverer, invitation: Invitation
) -> None:
    assert await answer(rt, invitation.id, {"reisemate": "gange"})
    assert invitation.member_id is not None
    await deliver(MemberErased(member_id=invitation.member_id, erased_at=rt.now()))
    assert await count(rt, Draft) == 0
    assert await resting(rt) == [{"reisemate": "gange"}]
    assert not await answer(rt, invitation.id, {"reisemate": "bil"}, again=True)


async def test_who_changes_an_answer_has_not_stopped_anywhere(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(margins(), *many(rt.now(), 6))
    survey = await plan()
    for row in await invitations(rt, survey.id):
        assert await answer(rt, row.id, {"reisemate": "gange"})
    async with rt.transaction() as session:
        await keep_stopped(session, survey.id)
        assert list(await session.scalars(sa.select(PageCount))) == []


async def test_an_answer_of_the_release_before_stays_as_it_was_sent_in(rt: Runtime, invitation: Invitation) -> None:
    """It left nothing that leads to it."""
    assert await answer(rt, invitation.id, {"reisemate": "gange"})
    async with rt.transaction() as session:
        await session.execute(sa.delete(Draft))
    assert not await answer(rt, invitation.id, {"reisemate": "bil"}, again=True)


async def test_what_leads_to_an_answer_is_as_long_whatever_was_answered(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(margins(), *many(rt.now(), 2))
    short, long = await invitations(rt, (await plan()).id)
    assert await answer(rt, short.id, {"reisemate": "gange"})
    assert await answer(rt, long.id, {"forslag": "mer " * 700})
    async with rt.transaction() as session:
        drafts = list(await session.scalars(sa.select(Draft)))
        opening = await hold(session, keys_of(rt.settings), long.id, 1, rt.now())
    assert len({len(draft.sealed) for draft in drafts}) == 1
    assert isinstance(opening, Opened)
    assert opening.answers == {"forslag": "mer " * 700}
