"""Reminders on real Postgres: whom they reach, how often, and whom they leave alone."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.reminding import reminding
from services.surveys.reminding.domain import next_moment
from services.surveys.reminding.holidays import is_holiday
from services.surveys.reminding.reminding import remind_due
from services.surveys.steering.domain import Deed
from services.surveys.steering.steering import steer
from services.surveys.tables import Invitation, Survey
from shared.events.surveys import SurveyReminderDue
from shared.rules import end_of_day
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox
from tests.members import joined, many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins, move_to_work, threshold
from tests.surveys.office import a_plan, hidden, surveys


async def set_up(rt: Runtime, **values: object) -> None:
    async with rt.transaction() as session:
        await session.execute(sa.update(Survey).values(**values))


async def reminded(rt: Runtime) -> list[tuple[UUID, int, bool]]:
    return [(event.invitation_id, event.reminder, event.last) for event in await outbox(rt, SurveyReminderDue)]  # type: ignore[attr-defined]


async def test_two_reminders_reach_only_those_who_are_silent_and_there_is_no_third(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminding, "BATCH", 2)
    await deliver(*many(rt.now(), 5))
    survey = await plan(days=40)
    await set_up(rt, again_after=4)
    first, *others = await invitations(rt, survey.id)
    move_to_work(rt, timedelta(days=8))
    await answer(rt, first.id, {})
    await remind_due(rt)
    assert sorted(await reminded(rt)) == sorted((row.id, 1, False) for row in others)
    await answer(rt, others[0].id, {})
    move_to_work(rt, timedelta(days=7))
    await remind_due(rt)
    await remind_due(rt)
    assert sorted((await reminded(rt))[4:]) == sorted((row.id, 2, True) for row in others[1:])
    move_to_work(rt, timedelta(days=7))
    await remind_due(rt)
    assert len(await reminded(rt)) == 4 + 3


async def test_the_second_is_left_out_where_the_survey_closes_before_it(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(*many(rt.now(), 2))
    await plan(days=13)
    await set_up(rt, again_after=10)
    move_to_work(rt, timedelta(days=7, minutes=1))
    await remind_due(rt)
    assert [(number, last) for _, number, last in await reminded(rt)] == [(1, True), (1, True)]


async def test_a_stratum_that_has_enough_is_left_alone(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 24))
    survey = await plan(days=40)
    await set_up(rt, remind_until_enough=True, again_after=4)
    rows = await invitations(rt, survey.id)
    young = [row for row in rows if (row.gender, row.band) == ("female", "15-24")]
    for row in young[:2]:
        await answer(rt, row.id, {})
    move_to_work(rt, timedelta(days=8))
    await remind_due(rt)
    assert {id_ for id_, _, _ in await reminded(rt)} == {row.id for row in rows} - {row.id for row in young}
    page = (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert "De som har fått nok e-poster, får ingen. Det gjør heller ikke grupper som har nådd målet<" in page
    assert "<dt>Påminnelse</dt><dd>Den andre går " in page


async def test_at_night_a_reminder_waits_for_the_morning(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    await deliver(*many(rt.now(), 2))
    await plan(days=30)
    move_to_work(rt, timedelta(days=8))
    local = rt.now().astimezone(rt.settings.zone)
    move(rt, timedelta(hours=22 - local.hour))
    await remind_due(rt)
    assert await reminded(rt) == []
    (survey,) = await surveys(rt)
    assert survey.reminder_at is not None
    assert survey.reminder_at.astimezone(rt.settings.zone).hour == 9
    move(rt, survey.reminder_at - rt.now() + timedelta(seconds=1))
    await remind_due(rt)
    assert len(await reminded(rt)) == 2


async def test_who_was_invited_the_day_before_is_not_reminded(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(joined(rt.now()))
    survey = await plan(days=30)
    await set_up(rt, invites_new=True)
    move_to_work(rt, timedelta(days=8))
    async with rt.transaction() as session:
        due = await session.scalar(sa.select(Survey.reminder_at))
        assert due is not None
        await session.execute(sa.update(Survey).values(reminder_at=rt.now()))
    await deliver(joined(rt.now(), joined_at=rt.now() - timedelta(days=1)))
    async with rt.transaction() as session:
        late = await session.scalar(sa.select(Invitation.id).order_by(Invitation.invited_at.desc()).limit(1))
    await remind_due(rt)
    assert late is not None
    assert [id_ for id_, _, _ in await reminded(rt)] == [
        row.id for row in await invitations(rt, survey.id) if row.id != late
    ]


@pytest.mark.parametrize(("after_midnight", "number"), [(-1, 1), (0, 0)])
async def test_who_was_invited_two_days_before_is_reminded_whatever_the_hours(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, after_midnight: int, number: int
) -> None:
    await deliver(joined(rt.now()))
    await plan(days=30)
    move_to_work(rt, timedelta(days=8))
    invited = end_of_day(rt.today() - timedelta(days=2), rt.settings.zone) + timedelta(seconds=after_midnight)
    async with rt.transaction() as session:
        await session.execute(sa.update(Survey).values(reminder_at=rt.now()))
        await session.execute(sa.update(Invitation).values(invited_at=invited))
    await remind_due(rt)
    assert len(await reminded(rt)) == number


@pytest.mark.parametrize("soft_size", [None, 2])
@pytest.mark.parametrize("days", [6, 8])
async def test_who_is_invited_too_late_for_the_reminder_as_planned_gets_it_two_days_after(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient, days: int, soft_size: int | None
) -> None:
    announced, reached = threshold(200)
    await deliver(announced, *many(rt.now(), 4))
    survey = await plan(size=200, days=40)
    page = f"/staff/surveys/{survey.id}"
    assert "Åpner undersøkelsen senere enn to dager før" in (await editor.get(page)).text
    await set_up(rt, soft_size=soft_size)
    if soft_size is not None:
        await deliver(reached)
        await open_due_surveys(rt)
    move(rt, timedelta(days=days))
    if soft_size is None:
        await deliver(reached)
    else:
        async with rt.transaction() as session:
            await steer(session, survey.id, Deed.TO_ALL, rt.now())
    await open_due_surveys(rt)
    fresh_until = end_of_day(rt.today() + timedelta(days=1), rt.settings.zone)
    goes = next_moment(fresh_until, 9, 20, is_holiday, rt.settings.zone)
    (opened,) = await surveys(rt)
    assert opened.reminder_at == goes
    assert f"kl. {goes.astimezone(rt.settings.zone):%H:%M}, til dem" in (await editor.get(page)).text
    move(rt, goes - rt.now() + timedelta(seconds=1))
    await remind_due(rt)
    assert len(await reminded(rt)) == 4


async def test_where_no_reminder_can_reach_anybody_the_page_says_that_there_is_none(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    announced, reached = threshold(200)
    await deliver(announced, *many(rt.now(), 2))
    survey = await plan(size=200, days=8)
    move(rt, timedelta(days=6, hours=23))
    await deliver(reached)
    await open_due_surveys(rt)
    assert "<dt>Påminnelse</dt><dd>Ingen</dd>" in (await editor.get(f"/staff/surveys/{survey.id}")).text


async def test_staff_choose_how_a_survey_reminds(rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient) -> None:
    await deliver(*many(rt.now(), 3))
    form = a_plan(rt, again_after="4", remind_from="10", remind_to="18", until_enough="yes", soft_size="")
    assert "Dager til påminnelse nummer to" in (await editor.get("/staff/surveys/plan")).text
    page = await editor.post("/staff/surveys/plan", data=form)
    assert "og 4 dager etter" in page.text
    assert "mellom klokken 10 og 18" in page.text
    await editor.post("/staff/surveys/plan", data=hidden(page.text))
    (survey,) = await surveys(rt)
    choices = (survey.again_after, survey.remind_from, survey.remind_to, survey.remind_until_enough, survey.soft_size)
    assert choices == (4, 10, 18, True, None)
    wrong = await editor.post("/staff/surveys/plan", data=form | {"remind_from": "20", "remind_to": "9"})
    assert (wrong.status_code, "minst én time" in wrong.text) == (422, True)


async def test_those_a_survey_was_tried_on_keep_their_reminder_when_the_others_come_too_late_for_one(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    announced, reached = threshold(200)
    await deliver(announced, *many(rt.now(), 4))
    survey = await plan(size=200, days=9)
    await set_up(rt, soft_size=2)
    await deliver(reached)
    await open_due_surveys(rt)
    (tried,) = await surveys(rt)
    assert tried.reminder_at is not None
    move(rt, tried.closes_at - rt.now() - timedelta(hours=20))
    async with rt.transaction() as session:
        await steer(session, survey.id, Deed.TO_ALL, rt.now())
    await open_due_surveys(rt)
    (opened,) = await surveys(rt)
    assert len(await invitations(rt, survey.id)) == 4
    assert opened.reminder_at == tried.reminder_at
