"""A meeting's evaluation is a survey like any other, for one of the meeting's groups."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.surveys.audience.tables import MeetingGuest
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.questionnaire.shelf import shipped
from services.surveys.tables import Survey
from shared.events.meetings import MeetingAnnounced, MeetingGroupSet, MeetingSurveyAsked
from shared.events.registration import MemberErased
from shared.events.surveys import SurveyOpened
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox, sign_in
from tests.surveys.given import invitations, many, margins

MEETING = new_id()


def asked(rt: Runtime, members: int, group: str = "present", *, compared: bool = False) -> MeetingSurveyAsked:
    """meetings wants a survey."""
    return MeetingSurveyAsked(
        survey_id=new_id(), meeting_id=MEETING, group=group, wave="after", compared=compared, members=members,
        closes_at=rt.now() + timedelta(days=10), asked_at=rt.now(),
    )  # fmt: skip


def in_group(members: Sequence[UUID], group: str = "present") -> list[MeetingGroupSet]:
    """Each of them is in it."""
    return [MeetingGroupSet(entry_id=new_id(), meeting_id=MEETING, member_id=member, group=group) for member in members]


async def survey_of(rt: Runtime, survey_id: UUID) -> Survey:
    async with rt.transaction() as session:
        return await session.get_one(Survey, survey_id)


async def test_it_opens_once_the_whole_group_is_known_and_asks_only_them(rt: Runtime, deliver: Deliverer) -> None:
    people = [person.member_id for person in many(rt.now(), 8)]
    await deliver(margins(), *[member.model_copy(update={"member_id": id_})
                               for member, id_ in zip(many(rt.now(), 8), people, strict=True)])  # fmt: skip
    request = asked(rt, 5)
    facts = in_group(people[:5])
    await deliver(request, *facts[:4], *in_group(people[5:], "control"))
    await open_due_surveys(rt)
    assert (await survey_of(rt, request.survey_id)).state == "planned", "one of five is still to come"
    await deliver(facts[4], request)
    await open_due_surveys(rt)
    assert {row.member_id for row in await invitations(rt, request.survey_id)} == set(people[:5])
    (opening,) = [event for event in await outbox(rt, SurveyOpened) if isinstance(event, SurveyOpened)]
    assert opening.meeting is not None
    assert (opening.meeting.meeting_id, opening.meeting.group, opening.meeting.wave) == (MEETING, "present", "after")
    assert opening.questionnaire.id == "moteevaluering"


async def test_somebody_who_never_comes_does_not_hold_it_up_for_ever(rt: Runtime, deliver: Deliverer) -> None:
    members = many(rt.now(), 6)
    await deliver(margins(), *members, MemberErased(member_id=members[0].member_id, erased_at=rt.now()))
    request = asked(rt, 6)
    await deliver(request, *in_group([member.member_id for member in members]))
    await open_due_surveys(rt)
    assert (await survey_of(rt, request.survey_id)).state == "planned"
    move(rt, timedelta(hours=1, minutes=1))
    await open_due_surveys(rt)
    assert len(await invitations(rt, request.survey_id)) == 5


@pytest.mark.parametrize(
    ("group", "compared", "ids"),
    [
        ("present", False, {"inntrykk", "tillit", "igjen", "bedre"}),
        ("present", True, {"inntrykk", "tillit", "igjen", "bedre", "kunnskap", "forstaelse", "lytter"}),
        ("control", True, {"kunnskap", "forstaelse", "lytter"}),
    ],
)
async def test_both_groups_are_asked_the_same_and_those_present_also_how_it_was(
    rt: Runtime, deliver: Deliverer, group: str, compared: bool, ids: set[str]
) -> None:
    request = asked(rt, 5, group, compared=compared)
    await deliver(request)
    survey = await survey_of(rt, request.survey_id)
    assert {question.id for question in survey.questionnaire.questions} == ids
    assert survey.wave == "after"


async def test_who_is_not_in_a_group_any_more_is_not_kept(rt: Runtime, deliver: Deliverer) -> None:
    (fact,) = in_group([new_id()])
    await deliver(fact, fact.model_copy(update={"group": "none"}))
    async with rt.transaction() as session:
        assert (await session.scalars(sa.select(MeetingGuest))).all() == []


async def test_staff_read_which_group_it_asks(rt: Runtime, deliver: Deliverer) -> None:
    now = rt.now()
    request = asked(rt, 0, "control", compared=True)
    await deliver(
        margins(),
        MeetingAnnounced(
            meeting_id=MEETING, slug="torget", heading="Torget", purpose="p", place="p", starts_at=now,
            ends_at=now + timedelta(hours=1), seats=6, reply_by=now,
        ),
        request,
    )  # fmt: skip
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        page = (await client.get(f"/staff/surveys/{request.survey_id}")).text
    assert "I kontrollgruppen til" in page


async def test_staff_see_the_questions_and_the_mail_before_a_group_is_asked(rt: Runtime) -> None:
    about = {"group": "present", "compared": "no", "closes_at": "2027-03-09T23:00:00+00:00"}
    async with browser(rt) as staff:
        sign_in(rt, staff, "reader")
        part = (await staff.get("/staff/surveys/evaluation", params=about)).text
        page = await staff.get("/staff/surveys/evaluation", params=about, headers={"sec-fetch-dest": "document"})
        control = (await staff.get("/staff/surveys/evaluation", params=about | {"group": "control"})).text
        wrong = await staff.get("/staff/surveys/evaluation", params=about | {"group": "alle"})
    there = shipped()["moteevaluering"]
    for question in there.questions:
        assert question.text.nb in part
    assert 'data-card="/staff/notifications/preview?purpose=survey&amp;language=nb&amp;title=' in part
    assert "<h1" not in part
    assert "Dette blir de spurt om" in page.text
    assert shipped()["foretter"].title.nb in control
    assert there.title.nb not in control
    assert wrong.status_code == 422
