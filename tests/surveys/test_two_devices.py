"""One person on a phone and a laptop, and pages that come too late: nothing written is lost."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.surveys.sealing import keys_of
from services.surveys.steering.domain import Deed
from services.surveys.steering.steering import steer
from services.surveys.tables import Invitation, Response
from shared.events.surveys import SurveyAnswered
from shared.service import Runtime
from shared.testing import browser, move, outbox
from tests.surveys.resident import PAGES, count, enter, post

WRITTEN = {"ett_ord": "vann og <b>luft</b>", "forslag": "Flere benker\nlangs elva", "texts": "ett_ord forslag"}


async def test_another_device_goes_on_where_the_first_was(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as phone, browser(rt) as laptop:
        await enter(phone, rt, invitation)
        await post(phone, invitation, 1, **PAGES[0])
        token = rt.links.make("survey", invitation.id, invitation.generation, rt.now() + timedelta(days=1))
        start = (await laptop.get(f"/surveys/answer/{token}", follow_redirects=True)).text
        assert "Fortsett der du slapp" in start
        assert f"/surveys/answer/2?id={invitation.id}" in start
        assert 'value="12"' in (await laptop.get(f"/surveys/answer/1?id={invitation.id}")).text
        await post(laptop, invitation, 2, **PAGES[1])
        page = await post(laptop, invitation, 3, **PAGES[2])
        assert page.headers["location"].startswith("/surveys/thanks")
        late = await post(phone, invitation, 3, **WRITTEN)
        assert "Du har allerede svart" in late.text
        assert "Flere benker" in late.text
    assert await count(rt, Response) == 1


async def test_an_answer_can_be_changed_page_by_page_until_it_is_sent_in(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        for number, values in enumerate(PAGES[:2], start=1):
            await post(client, invitation, number, **values)
        await post(client, invitation, 1, reisemate="sykkel", minutter="25")
        await post(client, invitation, 3, **PAGES[2])
    async with rt.transaction() as session:
        row = (await session.scalars(sa.select(Response))).one()
    answers = keys_of(rt.settings).seal(row.survey_id).open(row.id, row.sealed)["answers"]
    assert (answers["reisemate"], answers["minutter"]) == ("sykkel", 25)


async def test_both_devices_send_in_at_once_and_one_answer_counts(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as phone, browser(rt) as laptop:
        for client in (phone, laptop):
            await enter(client, rt, invitation)
        for number, values in enumerate(PAGES[:2], start=1):
            await post(phone, invitation, number, **values)
        both = await asyncio.gather(*(post(client, invitation, 3, **WRITTEN) for client in (phone, laptop)))
    assert sorted(answer.status_code for answer in both) == [303, 410]
    assert await count(rt, Response) == len(await outbox(rt, SurveyAnswered)) == 1


@pytest.mark.parametrize("why", ["no cookie", "another's cookie", "ended", "over"])
async def test_a_page_that_cannot_be_taken_shows_what_was_written_to_copy(
    rt: Runtime, invitation: Invitation, why: str
) -> None:
    async with browser(rt) as client:
        if why != "no cookie":
            await enter(client, rt, invitation)
        if why == "another's cookie":
            names = [cookie.name for cookie in client.cookies.jar if str(invitation.id) in cookie.name]
            for name in names:
                client.cookies.delete(name)
        if why == "ended":
            async with rt.transaction() as session:
                await steer(session, invitation.survey_id, Deed.END, rt.now())
        if why == "over":
            move(rt, timedelta(days=15))
        page = await post(client, invitation, 3, **WRITTEN)
    assert page.status_code == 410
    assert "Kopier teksten" in page.text
    assert "vann og &lt;b&gt;luft&lt;/b&gt;" in page.text
    assert "langs elva" in page.text
    assert await count(rt, Response) == 0
