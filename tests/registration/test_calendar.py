"""The calendar: dates come by events, move and go with them, and a feed is opened by its secret alone."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from icalendar import Calendar
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.dates import dates_of as meeting_dates
from services.meetings.dates import tell_meeting_dates
from services.meetings.tables import Meeting
from services.registration.calendar.store import FEED_LIFE
from services.results import tables as results_tables
from services.results.dates import dates_of as result_dates
from services.surveys.dates import dates_of as survey_dates
from services.surveys.tables import Survey
from shared.dates import tell_dates, told_again
from shared.events import meetings, surveys
from shared.events.calendar import Dates, PlannedDate
from shared.events.questionnaire import Questionnaire
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox, sign_in
from tests.questionnaires import content
from tests.registration.test_data_file import insert_rows

RuntimeOf = Callable[..., Awaitable[Runtime]]


def planned(dates_id: UUID, *dates: tuple[str, datetime]) -> surveys.DatesPlanned:
    return surveys.DatesPlanned(
        dates_id=dates_id,
        heading="Klima",
        path=f"/staff/surveys/{dates_id}",
        dates=tuple(PlannedDate(kind=kind, at=at) for kind, at in dates),
    )


async def test_dates_stand_in_the_calendar_as_they_were_told_last(rt: Runtime, editor: httpx.AsyncClient) -> None:
    deliver, survey_id, soon = Deliverer(rt), new_id(), rt.now() + timedelta(days=9)
    await deliver(planned(survey_id, ("opens", soon), ("reminder", soon), ("reminder", soon + timedelta(days=3))))
    page = (await editor.get("/staff/calendar")).text
    assert "Klima: åpner" in page
    assert page.count("Klima: påminnelsen går ut") == 2
    assert f"/staff/surveys/{survey_id}" in page
    await deliver(planned(survey_id, ("closes", soon), ("a_new_kind", soon)))
    page = (await editor.get("/staff/calendar")).text
    assert "Klima: siste dag å svare på" in page
    assert "Klima: åpner" not in page
    await deliver(planned(survey_id))
    assert "Ingenting er planlagt ennå" in (await editor.get("/staff/calendar")).text


async def address(client: httpx.AsyncClient) -> str:
    """A new feed's path, as the page shows it once."""
    match = re.search(r"<code>https://[^/]+(/calendar/\S+)</code>", (await client.post("/staff/calendar")).text)
    assert match is not None
    return match[1]


async def test_a_feed_holds_every_date_and_is_opened_by_its_newest_secret_alone(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    survey_id, soon = new_id(), (rt.now() + timedelta(days=9)).replace(microsecond=0)
    await Deliverer(rt)(planned(survey_id, ("reminder", soon), ("reminder", soon + timedelta(days=3))))
    first, second = await address(editor), await address(editor)
    assert "<code>" not in (await editor.get("/staff/calendar")).text, "shown once"
    async with browser(rt) as anybody:
        assert (await anybody.get(first)).status_code == 404
        assert (await anybody.get("/calendar/x")).status_code == 404
        answer = await anybody.get(second)
        events = list(Calendar.from_ical(answer.content).walk("VEVENT"))
        assert [event.decoded("dtstart") for event in events] == [soon, soon + timedelta(days=3)]
        assert len({event["uid"] for event in events}) == 2
        assert str(events[0]["summary"]) == "Klima: påminnelsen går ut"
        # A person who has left cannot open the page any more.
        move(rt, FEED_LIFE + timedelta(days=1))
        assert (await anybody.get(second)).status_code == 404
    sign_in(rt, editor, "reader")
    assert "Lag en hemmelig adresse" in (await editor.get("/staff/calendar")).text
    async with rt.transaction() as session:
        count = await session.scalar(sa.text("select count(*) from registration.calendar_feed"))
    assert count == 0


async def test_an_administrator_sees_who_has_a_feed_and_closes_it(rt: Runtime, editor: httpx.AsyncClient) -> None:
    secret = await address(editor)
    assert "Hemmelige adresser i bruk" not in (await editor.get("/staff/calendar")).text, (
        "only an administrator's matter"
    )
    assert (await editor.post("/staff/calendar/close", data={"subject": "editor"})).status_code == 403
    async with browser(rt) as client:
        sign_in(rt, client, "admin")
        page = (await client.get("/staff/calendar")).text
        holder = re.search(r'name="subject" value="([^"]+)"', page)
        assert holder
        assert (await client.get(secret)).status_code == 200
        receipt = await client.post("/staff/calendar/close", data={"subject": holder[1]}, follow_redirects=True)
        assert "Adressen er stengt" in receipt.text
        assert (await client.get(secret)).status_code == 404
        assert (await client.post("/staff/calendar/close", data={"subject": holder[1]})).status_code == 404
        assert "stengte en kalenderadresse" in (await client.get("/staff/registration/audit")).text


async def told(rt: Runtime, kind: type[Dates]) -> list[set[str]]:
    """The kinds of date of each event so far."""
    return [{date.kind for date in event.dates} for event in await outbox(rt, kind) if isinstance(event, Dates)]


async def test_each_service_tells_its_dates_once_and_again_when_they_change(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("meetings")
    await insert_rows(rt, "meeting")
    async with rt.transaction() as session:
        await session.execute(sa.text("update meetings.meeting set state = 'announced'"))
    for _ in range(2):
        await tell_meeting_dates(rt)
    assert await told(rt, meetings.DatesPlanned) == [{"reply_by", "starts", "participation_forgotten"}]
    async with rt.transaction() as session:
        again = [event async for event in told_again(session, meetings.DatesPlanned)]
    assert again == await outbox(rt, meetings.DatesPlanned)
    async with rt.transaction() as session:
        await session.execute(sa.text("update meetings.meeting set state = 'cancelled'"))
    await tell_meeting_dates(rt)
    assert (await told(rt, meetings.DatesPlanned))[1:] == [set()]


async def test_dates_are_read_again_only_when_something_was_written(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("meetings")
    await insert_rows(rt, "meeting")
    looks: list[str] = []

    async def planned(session: AsyncSession) -> list[meetings.DatesPlanned]:
        rows = await session.scalars(sa.select(Meeting))
        looks.append("look")
        if len(looks) == 1:
            raise ConnectionError
        return [meeting_dates(meeting) for meeting in rows]

    with pytest.raises(ConnectionError):
        await tell_dates(rt, planned, Meeting)
    for _ in range(3):
        await tell_dates(rt, planned, Meeting)
    assert len(looks) == 2, "once more after a failure, and no more"
    async with rt.transaction() as session:
        await session.execute(sa.text("update meetings.meeting set starts_at = starts_at + interval '1 minute'"))
    await tell_dates(rt, planned, Meeting)
    assert len(looks) == 3
    assert len(await outbox(rt, meetings.DatesPlanned)) == 2


DAY = datetime(2027, 3, 1, 10, tzinfo=UTC)
ASKED = Questionnaire.model_validate(content())


def test_a_survey_tells_when_it_opens_reminds_ends_and_is_forgotten() -> None:
    survey = Survey(
        id=new_id(), questionnaire=ASKED, state="planned", opens="date", opens_at=DAY, reminder_at=DAY, closes_at=DAY
    )
    assert [date.kind for date in survey_dates(survey).dates] == ["opens", "reminder", "closes"]
    assert survey_dates(survey).dates[2].at == DAY - timedelta(minutes=1), "midnight is the end of the day before"
    survey.state, survey.closed_at = "closed", DAY
    assert [date.kind for date in survey_dates(survey).dates] == ["opens", "closes", "participation_forgotten"], (
        "nobody is reminded of what has ended"
    )
    survey.reminder_at = DAY - timedelta(days=1)
    assert survey_dates(survey).dates[3] == PlannedDate(kind="participation_forgotten", at=DAY + timedelta(days=1095))
    survey.state = "cancelled"
    assert survey_dates(survey).dates == ()
    assert survey_dates(survey).subject != survey.id, "the survey's own first event is SurveyOpened"


def test_a_result_tells_when_its_follow_up_is_due_until_it_is_there() -> None:
    survey = results_tables.Survey(id=new_id(), questionnaire=ASKED, closed_at=DAY)
    publication = results_tables.Publication(published_at=DAY)
    kinds = [date.kind for date in result_dates(survey, publication, followed=False).dates]
    assert kinds == ["follow_up_due", "answers_forgotten"]
    assert [date.kind for date in result_dates(survey, publication, followed=True).dates] == ["answers_forgotten"]
    assert [date.kind for date in result_dates(survey, None, followed=False).dates] == ["answers_forgotten"]
