"""Who is asked: the filter as rule and as SQL, the sample with what makes it checkable, the number staff confirm."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from services.surveys.audience.choosing import wanted
from services.surveys.audience.domain import NONE, Audience, is_wanted
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.tables import Invitation, Member
from shared.events.meetings import MeetingAnnounced, MeetingInvitationAnswered
from shared.events.registration import AreaMargin, Margin
from shared.ids import new_id
from shared.service import Runtime
from shared.strata import gender_of
from shared.testing import Deliverer, browser, sign_in
from tests.members import BANDS, joined, many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins
from tests.surveys.office import a_plan, hidden, surveys
from tests.surveys.test_contact_cap import asked_to_meeting

SOME_DAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
AREAS = (AreaMargin(area="nord", label="Nord", population=600), AreaMargin(area="sor", label="Sør", population=400))


def figures() -> Any:
    """Three bands, twice as many in the oldest, two areas."""
    people = {"15-24": 100, "25-44": 100, "45-": 200}
    cells = tuple(Margin(gender=g, band=b.code, population=people[b.code]) for g in ("female", "male") for b in BANDS)
    return margins().model_copy(update={"margins": cells, "area_margins": AREAS})


def said_yes(meeting_id: UUID, member_id: UUID) -> MeetingInvitationAnswered:
    """A reply to a meeting's invitation."""
    at = SOME_DAY
    return MeetingInvitationAnswered(
        invitation_id=new_id(), meeting_id=meeting_id, member_id=member_id, reply="accepted", answered_at=at,
        generation=1, link_expires_at=at, send_before=at,
    )  # fmt: skip


def a_meeting(meeting_id: UUID, **changes: Any) -> MeetingAnnounced:
    """A meeting that has begun."""
    at = SOME_DAY
    values: dict[str, Any] = {
        "meeting_id": meeting_id, "slug": "torget", "heading": "Torget i Sandvika", "purpose": "p", "place": "p",
        "starts_at": at, "ends_at": at, "seats": 6, "reply_by": at,
    }  # fmt: skip
    return MeetingAnnounced(**(values | changes))


async def test_the_filter_and_its_sql_choose_the_same_members(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    random, now, meeting_id = Random(3), rt.now(), new_id()
    people = [
        joined(
            now - timedelta(days=random.randrange(900)),
            year_of_birth=random.randrange(1930, 2012),
            gender=random.choice(("female", "male", "other", "unsaid")),
            area=random.choice(("nord", "sor", None)),
            language=random.choice(("nb", "nn", "en", None)),
        )
        for _ in range(60)
    ]
    await deliver(figures(), *people)
    survey = await plan()
    for row in (await invitations(rt, survey.id))[::3]:
        assert await answer(rt, row.id, {"reisemate": "gange"})
    guests = {person.member_id for person in people[::4]}
    await deliver(a_meeting(meeting_id), *(said_yes(meeting_id, id_) for id_ in guests))
    took_back = said_yes(meeting_id, people[1].member_id)
    again = took_back.model_copy(update={"reply": "withdrawn"})
    await deliver(took_back, again)
    came = {row.member_id for row in await invitations(rt, survey.id) if row.answered_at}
    year, sizes = now.year, []
    async with rt.transaction() as session:
        members = (await session.scalars(sa.select(Member))).all()
        for _ in range(150):
            part = random.choice(({}, {}, {"survey": survey.id}, {"meeting": meeting_id}, {"meeting": new_id()}))
            audience = Audience(
                genders=random.choice(((), ("female",), ("male", "other"))),
                age_from=random.choice((None, 18, 40)),
                age_to=random.choice((None, 30, 60)),
                areas=random.choice(((), ("nord",), ("sor", NONE))),
                languages=random.choice(((), ("nb", "en"), (NONE,))),
                joined_since=random.choice((None, now - timedelta(days=400))),
                **part,
            )
            took_part = came if audience.survey else guests if audience.meeting == meeting_id else set()
            member_ids = set(await session.scalars(sa.select(Member.id).where(wanted(audience, year))))
            assert member_ids == {
                member.id
                for member in members
                if is_wanted(
                    audience, gender=gender_of(member.gender), year_of_birth=member.year_of_birth, area=member.area,
                    language=member.language, joined_at=member.joined_at, took_part=member.id in took_part, year=year,
                )
            }  # fmt: skip
            sizes.append(len(member_ids))
    assert max(sizes) > 20
    assert len(set(sizes)) > 8


async def test_a_filter_chosen_from_lists_invites_those_and_no_other(rt: Runtime, deliver: Deliverer) -> None:
    mine = joined(rt.now(), area="nord", language="en", gender="female", year_of_birth=1990)
    await deliver(figures(), mine, joined(rt.now(), area="sor", language="en"), joined(rt.now(), area="nord"))
    async with browser(rt) as editor:
        sign_in(rt, editor, "editor")
        form = (await editor.get("/staff/surveys/plan")).text
        assert "Nord" in form
        assert "Svarte på en undersøkelse" not in form, "nothing to choose among yet"
        plan = a_plan(rt, areas="nord", languages="en", genders="female", age_from="30", age_to="50")
        text = (await editor.post("/staff/surveys/plan", data=plan)).text
        assert "inviterer <strong>1 medlemmer</strong>" in text
        assert "30–50 år" in text
        await editor.post("/staff/surveys/plan", data=hidden(text))
        await open_due_surveys(rt)
        (survey,) = await surveys(rt)
        assert [row.member_id for row in await invitations(rt, survey.id)] == [mine.member_id]
        late, other = (joined(rt.now(), area=area, language="en", year_of_birth=1990) for area in ("nord", "sor"))
        await deliver(late, other)
        assert {row.member_id for row in await invitations(rt, survey.id)} == {mine.member_id, late.member_id}
        page = (await editor.get(f"/staff/surveys/{survey.id}")).text
        assert "<dd>Nord</dd>" in page
        assert "Svarte på en undersøkelse" in (await editor.get("/staff/surveys/plan")).text
        for wrong, words in (
            ({"areas": "vest"}, "Velg blant områdene på listen."),
            ({"age_from": "50", "age_to": "30"}, "Høyeste alder kan ikke være lavere enn laveste alder."),
            ({"took_part": f"survey:{new_id()}"}, "Velg en undersøkelse eller et møte på listen."),
            ({"who": "sample"}, "Skriv hvor mange som skal trekkes ut, som et helt tall fra 1."),
            ({"who": "sample", "sample_size": "0"}, "Skriv hvor mange som skal trekkes ut, som et helt tall fra 1."),
            ({"languages": "tlh"}, "Velg blant språkene på listen."),
        ):
            error_page = await editor.post("/staff/surveys/plan", data=a_plan(rt, **wrong))
            assert error_page.status_code == 422
            assert words in error_page.text


async def test_a_number_that_changed_meanwhile_is_told_and_asked_again(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(figures(), *many(rt.now(), 6))
    page = (await editor.post("/staff/surveys/plan", data=a_plan(rt))).text
    assert "6 medlemmer" in page
    await deliver(joined(rt.now()))
    again = await editor.post("/staff/surveys/plan", data=hidden(page))
    assert again.status_code == 200
    assert "Antallet er et annet nå: 7 i stedet for 6. Ingenting er sendt." in again.text
    assert await surveys(rt) == []
    await editor.post("/staff/surveys/plan", data=hidden(again.text))
    (survey,) = await surveys(rt)
    assert (survey.state, survey.confirmed) == ("open", 7), "count and opening are one transaction"
    twice = await editor.post("/staff/surveys/plan", data=hidden(again.text))
    assert (twice.status_code, len(await surveys(rt))) == (303, 1)
    await open_due_surveys(rt)
    assert len(await invitations(rt, survey.id)) == 7


async def test_the_confirm_page_says_what_to_expect(rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient) -> None:
    people = many(rt.now(), 60)
    await deliver(figures(), *people)
    cap = rt.profile.contact_cap
    await deliver(*(asked_to_meeting(people[0].member_id, rt.now()) for _ in range(cap)))
    page = (await editor.post("/staff/surveys/plan", data=a_plan(rt))).text
    assert "59 medlemmer" in page
    assert f"1 har fått {cap} eller flere e-poster" in page
    assert "Omtrent 30, etter hvor mange som har svart før" in page
    assert "omtrent 5 svar" in page
    assert "Omtrent 89: 59 invitasjoner og påminnelse" in page, "59 and one reminder to the half that is silent"
    async with rt.transaction() as session:
        assert (await session.scalars(sa.select(Invitation))).all() == [], "looking sends nothing"
