"""What the front page and the welcome say of surveys is true in every state the panel can be in."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.registration.tables import Threshold
from shared.events.surveys import SurveyChanged, SurveyClosed, SurveyOpened
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move
from tests.questionnaires import content
from tests.registration.given import a_member

PLAN = "Planen er at den første undersøkelsen går ut når 200 har sagt ja"
ENOUGH = "Nå er vi mange nok til den første undersøkelsen"
BETWEEN = "Ingen undersøkelse er åpen akkurat nå"
ALL, SOME, NONE = "som blir med mens den er åpen", "bare for noen av medlemmene", "bare til medlemmer som var med"
SAID = {PLAN, ENOUGH, BETWEEN, ALL, SOME, NONE}


@pytest.fixture
def deliver(rt: Runtime) -> Deliverer:
    """Delivers events through the real inbox."""
    return Deliverer(rt)


def opened(at: datetime, **changes: Any) -> SurveyOpened:
    values = {
        "survey_id": new_id(),
        "questionnaire": content(title={"nb": "Klima"}),
        "opened_at": at,
        "cell_minimum": 5,
    }
    return SurveyOpened.model_validate(values | {"closes_at": at + timedelta(days=14)} | changes)


async def said(rt: Runtime) -> tuple[set[str], set[str]]:
    """Which of the sentences the front page says, and which the welcome; nothing but these may differ."""
    async with browser(rt) as client:
        pages = [(await client.get(path)).text for path in ("/", "/join/welcome")]
    front, welcome = ({text for text in SAID if text in page} for page in pages)
    return front, welcome


async def test_what_is_said_of_surveys_follows_them_from_the_first_member_on(rt: Runtime, deliver: Deliverer) -> None:
    assert await said(rt) == ({PLAN}, {PLAN})
    async with rt.transaction() as session:
        await session.execute(sa.update(Threshold).where(Threshold.size == 200).values(reached_at=rt.now()))
    assert await said(rt) == ({ENOUGH}, {ENOUGH})
    survey = opened(rt.now(), invites_new_members=True)
    await deliver(survey)
    assert await said(rt) == ({ALL}, {ALL})
    common = {"survey_id": survey.survey_id, "questionnaire": survey.questionnaire, "changed_at": rt.now()}
    await deliver(SurveyChanged(state="paused", closes_at=survey.closes_at, **common))
    assert await said(rt) == ({BETWEEN}, {BETWEEN})
    await deliver(SurveyChanged(state="open", closes_at=survey.closes_at, **common))
    assert await said(rt) == ({ALL}, {ALL}), "the rule it opened with stays"
    move(rt, timedelta(days=3))
    await deliver(
        SurveyClosed(
            survey_id=survey.survey_id, opened_at=survey.opened_at, closed_at=rt.now(), invited=9, answered=7,
            released=7, strata=(),
        )
    )  # fmt: skip
    assert await said(rt) == ({BETWEEN}, {BETWEEN})


@pytest.mark.parametrize(
    ("asks", "invites_new", "sentence"),
    [
        ("everybody", True, ALL), ("everybody", False, NONE),
        ("some", True, SOME), ("some", False, NONE),
        ("sample", True, NONE), ("sample", False, NONE),
    ],
)  # fmt: skip
async def test_who_joins_while_a_survey_is_open_reads_whether_it_is_for_them(
    rt: Runtime, deliver: Deliverer, asks: str, invites_new: bool, sentence: str
) -> None:
    await deliver(opened(rt.now(), asks=asks, invites_new_members=invites_new))
    assert await said(rt) == ({sentence}, {sentence})


async def test_a_member_who_wants_no_surveys_is_promised_none(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(opened(rt.now(), invites_new_members=True))
    async with browser(rt) as client:
        member_id = await a_member(client, rt, purposes=["meetings"])
        page = (await client.get(f"/join/welcome?id={member_id}")).text
    assert "Du har ikke sagt ja til undersøkelser" in page
    assert not any(text in page for text in SAID)
    async with browser(rt) as stranger:
        page = (await stranger.get(f"/join/welcome?id={member_id}")).text
    assert "Har du sagt ja til undersøkelser" in page, "what somebody chose is told to nobody else"
