"""The number staff confirm is the number invited: one rule, asked in Python and in SQL."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.surveys.audience.choosing import invitable
from services.surveys.audience.tables import AskedToMeeting
from services.surveys.domain import asks_for_area, with_areas
from services.surveys.fieldwork.domain import may_be_invited
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.planning.planning import named_areas
from services.surveys.tables import Invitation, Member, Survey
from shared.events.questionnaire import Questionnaire
from shared.events.registration import AreaMargin, MemberChanged
from shared.events.surveys import SurveyOpened
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox
from tests.members import joined
from tests.questionnaires import content
from tests.surveys.given import margins
from tests.surveys.office import a_plan, hidden

STATUSES = ("active", "paused", "left", "waiting")
PURPOSES = ((), ("surveys",), ("meetings",), ("surveys", "results"), ("surveys", "meetings", "results"))


async def everybody(rt: Runtime, deliver: Deliverer) -> None:
    """One member of each status with each choice of purposes."""
    events = [joined(rt.now(), status=status, purposes=purposes) for status, purposes in product(STATUSES, PURPOSES)]
    await deliver(margins(), *events)


async def test_the_rule_and_its_sql_choose_the_same_members(rt: Runtime, deliver: Deliverer) -> None:
    await everybody(rt, deliver)
    async with rt.transaction() as session:
        members = (await session.scalars(sa.select(Member))).all()
        member_ids = set(await session.scalars(sa.select(Member.id).where(invitable())))
    assert len(members) == len(STATUSES) * len(PURPOSES)
    assert member_ids == {
        member.id for member in members if may_be_invited(member.status, member.purposes, member.joined_at, rt.now())
    }
    assert 0 < len(member_ids) < len(members)


async def test_as_many_are_invited_as_staff_confirmed(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await everybody(rt, deliver)
    async with rt.transaction() as session:
        expected = await session.scalar(sa.select(sa.func.count()).select_from(Member).where(invitable()))
    page = await editor.post("/staff/surveys/plan", data=a_plan(rt, opens="now"))
    assert f"{expected} medlemmer" in page.text
    await editor.post("/staff/surveys/plan", data=hidden(page.text))
    await open_due_surveys(rt)
    async with rt.transaction() as session:
        count = await session.scalar(sa.select(sa.func.count()).select_from(Invitation))
    assert count == expected


def test_who_joined_after_the_opening_is_not_invited_by_it() -> None:
    opening = datetime(2026, 11, 28, 9, tzinfo=UTC)
    assert may_be_invited("active", ["surveys"], opening, opening)
    assert not may_be_invited("active", ["surveys"], opening + timedelta(seconds=1), opening)


async def test_who_joins_while_it_is_open_is_invited_where_staff_said_so(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), joined(rt.now()))
    for new_members, questionnaire in (("yes", "klima"), ("no", "baeringen")):
        plan = a_plan(rt, questionnaire=questionnaire, new_members=new_members)
        page = await editor.post("/staff/surveys/plan", data=plan)
        assert ("Inviteres også" in page.text) == (new_members == "yes")
        await editor.post("/staff/surveys/plan", data=hidden(page.text))
    await open_due_surveys(rt)
    late, unwilling = (
        joined(rt.now() + timedelta(hours=2)),
        joined(rt.now() + timedelta(hours=2), purposes=("results",)),
    )
    await deliver(late, unwilling, late)
    async with rt.transaction() as session:
        ids = await session.scalars(
            sa.select(Survey.questionnaire_id)
            .join(Invitation, Invitation.survey_id == Survey.id)
            .where(Invitation.member_id.in_([late.member_id, unwilling.member_id]))
        )
        assert list(ids) == ["klima"]
    choices = {str(event.questionnaire.id): event.invites_new_members for event in await outbox(rt, SurveyOpened)}  # type: ignore[attr-defined]
    assert choices == {"klima": True, "baeringen": False}


async def test_who_says_yes_while_it_is_open_is_invited_as_who_joins_then(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    willing, unwilling, resting, often = (
        joined(rt.now()),
        joined(rt.now(), purposes=("results",)),
        joined(rt.now(), status="paused"),
        joined(rt.now(), purposes=()),
    )
    await deliver(margins(), willing, unwilling, resting, often)
    for new_members, questionnaire in (("yes", "klima"), ("no", "baeringen")):
        plan = a_plan(rt, questionnaire=questionnaire, new_members=new_members)
        page = await editor.post("/staff/surveys/plan", data=plan)
        await editor.post("/staff/surveys/plan", data=hidden(page.text))
    await open_due_surveys(rt)
    async with rt.transaction() as session:
        mails = [
            AskedToMeeting(invitation_id=new_id(), number=0, member_id=often.member_id, asked_at=rt.now())
            for _ in range(6)
        ]
        session.add_all(mails)
    late = {"status": "active", "purposes": ("surveys",)}
    changes = [MemberChanged(**member.model_dump() | late) for member in (willing, unwilling, resting, often)]
    await deliver(*changes, replay=True)
    assert await _invited(rt) == {(willing.member_id, "klima"), (willing.member_id, "baeringen")}
    await deliver(*[MemberChanged(**member.model_dump()) for member in (unwilling, resting, often)])
    await deliver(*changes, *changes)
    new = {(unwilling.member_id, "klima"), (resting.member_id, "klima")}
    assert await _invited(rt) == {(willing.member_id, "klima"), (willing.member_id, "baeringen")} | new


async def _invited(rt: Runtime) -> set[tuple[UUID | None, str]]:
    async with rt.transaction() as session:
        pairs = await session.execute(
            sa.select(Invitation.member_id, Survey.questionnaire_id).join(Survey, Invitation.survey_id == Survey.id)
        )
        return {(member, questionnaire) for member, questionnaire in pairs}


@pytest.mark.parametrize("how", [{}, {"soft_size": "1"}, {"who": "sample", "sample_size": "1"}])
async def test_ages_are_those_of_the_year_it_is_here_when_it_opens(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient, how: dict[str, str]
) -> None:
    """In the first hour of a year it is still the old one in UTC."""
    year = rt.today().year + 1
    move(rt, datetime(year, 1, 1, 0, 30, tzinfo=rt.settings.zone) - rt.now())
    old_enough = joined(rt.now(), year_of_birth=year - 30)
    await deliver(margins(), old_enough, joined(rt.now(), year_of_birth=year - 29))
    page = await editor.post("/staff/surveys/plan", data=a_plan(rt, age_from="30", **how))
    assert "<strong>1 medlemmer</strong>" in page.text
    await editor.post("/staff/surveys/plan", data=hidden(page.text))
    await open_due_surveys(rt)
    assert await _invited(rt) == {(old_enough.member_id, "klima")}
    if not how:
        late = joined(rt.now(), year_of_birth=year - 30)
        await deliver(late, joined(rt.now(), year_of_birth=year - 29))
        assert await _invited(rt) == {(old_enough.member_id, "klima"), (late.member_id, "klima")}


async def test_a_survey_that_opens_now_is_nowhere_called_planned(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), joined(rt.now()))
    preview = await editor.post("/staff/surveys/plan", data=a_plan(rt))
    where = (await editor.post("/staff/surveys/plan", data=hidden(preview.text))).headers["location"]
    for path in (where, "/staff/surveys", "/staff/surveys?form=csv"):
        page = (await editor.get(path)).text
        assert "Åpen" in page, path
        assert "Planlagt<" not in page, path


async def test_a_question_about_parts_of_the_municipality_gets_the_areas_there_are(
    rt: Runtime, deliver: Deliverer
) -> None:
    part = {"type": "area", "id": "sted", "text": {"nb": "Hvor?"}, "required": False}
    page = {"id": "side", "title": {"nb": "Side"}, "questions": [part]}
    questionnaire = Questionnaire.model_validate(content(pages=[page], title={"nb": "Sted"}, topic=None))
    assert asks_for_area(questionnaire)
    areas = [AreaMargin(area=code, population=9, label=name) for code, name in (("1-vest", "Vest"), ("ost", "Øst"))]
    await deliver(margins().model_copy(update={"area_margins": tuple(areas)}))
    async with rt.transaction() as session:
        copy = with_areas(questionnaire, await named_areas(session))
    question = copy.questions[0]
    assert question.labels("nb", "") == {"o1_vest": "Vest", "ost": "Øst"}
    assert not asks_for_area(copy)
    assert Questionnaire.model_validate(copy.content()) == copy
