"""You said, we did; and the documented work, rebuilt from state events alone."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from services.results.tables import Meeting, Survey
from services.surveys.questionnaire.shelf import shipped
from shared.events import Event
from shared.events.meetings import MeetingAnnounced, MeetingHeld, MeetingMinutesPublished
from shared.events.results import FollowUpRecorded, ResultsPublished
from shared.events.surveys import AnswerStrata, ResponseSubmitted, SurveyClosed, SurveyOpened
from shared.ids import new_id, random_id
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox

SURVEY, MEETING = new_id(), new_id()


def survey_facts(rt: Runtime) -> list[Event]:
    now = rt.now()
    return [
        SurveyOpened(
            survey_id=SURVEY, questionnaire=shipped()["klima"].content(), opened_at=now - timedelta(days=9),
            closes_at=now, cell_minimum=5,
        ),
        SurveyClosed(
            survey_id=SURVEY, opened_at=now - timedelta(days=9), closed_at=now, invited=20, answered=5, released=5,
            strata=(),
        ),
    ]  # fmt: skip


def meeting_facts(rt: Runtime) -> list[Event]:
    at = rt.now() - timedelta(days=2)
    return [
        MeetingAnnounced(
            meeting_id=MEETING, slug="torget", heading="Torget i Sandvika", purpose="", place="", starts_at=at,
            ends_at=at, seats=20, reply_by=at,
        ),
        MeetingHeld(meeting_id=MEETING, attended=18, held_at=at),
        MeetingMinutesPublished(meeting_id=MEETING, slug="torget", published_at=rt.now()),
    ]  # fmt: skip


def answers() -> list[Event]:
    strata = AnswerStrata(gender=None, bands=None)
    return [
        ResponseSubmitted(response_id=random_id(), survey_id=SURVEY, strata=strata, answers={"reisemate": "bil"})
        for _ in range(5)
    ]


async def published(rt: Runtime, editor: httpx.AsyncClient) -> str:
    """A published survey and a held meeting; the result's path."""
    await Deliverer(rt)(*survey_facts(rt), *answers(), *meeting_facts(rt))
    reply = await editor.post(f"/staff/results/{SURVEY}", data={"finding": "Mange kjører bil"})
    return str(reply.headers["location"])


def follow_up(rt: Runtime, **changes: Any) -> dict[str, Any]:
    form = {
        "about": f"survey:{SURVEY}", "done": "Kommunen setter inn flere busser.", "done_en": "More buses.",
        "done_on": rt.today().isoformat(), "link": "https://example.org/buss",
    }  # fmt: skip
    return form | changes


async def record(editor: httpx.AsyncClient, form: dict[str, Any]) -> httpx.Response:
    """Fill in, look at what will be sent, confirm."""
    preview = await editor.post("/staff/results/follow-ups", data=form)
    confirmed = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', preview.text))
    assert confirmed["confirmed"] == "yes"
    return await editor.post("/staff/results/follow-ups", data=confirmed)


async def test_staff_see_the_mail_before_it_goes_out_and_two_clicks_tell_once(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    await published(rt, editor)
    preview = await editor.post("/staff/results/follow-ups", data=follow_up(rt))
    assert "5 svarte på undersøkelsen" in preview.text
    assert "preview?purpose=survey_follow_up" in preview.text
    assert await outbox(rt, FollowUpRecorded) == []
    confirmed = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', preview.text))
    form_page = await editor.post("/staff/results/follow-ups", data=confirmed | {"action": "change"})
    assert "Kommunen setter inn flere busser." in form_page.text
    assert await outbox(rt, FollowUpRecorded) == []
    for _ in range(2):
        receipt = await editor.post("/staff/results/follow-ups", data=confirmed)
        assert "Oppfølgingen er lagret" in (await editor.get(receipt.headers["location"])).text
    assert len(await outbox(rt, FollowUpRecorded)) == 1


async def test_a_follow_up_stands_on_the_result_and_in_the_work_and_is_told(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    result = await published(rt, editor)
    assert "Ingenting ennå" in (await editor.get(result)).text
    assert "Kommunen har ikke fulgt opp dette ennå" in (await editor.get("/work")).text
    assert (await record(editor, follow_up(rt))).status_code == 303
    for path in (result, "/results", "/work"):
        assert "flere busser" in (await editor.get(path)).text, path
    work = (await editor.get("/work")).text
    assert work.index("Kommunen fulgte opp") < work.index("Et resultat ble klart"), "newest first, also within a day"
    assert "https://example.org/buss" in (await editor.get(result)).text
    (recorded,) = await outbox(rt, FollowUpRecorded)
    assert isinstance(recorded, FollowUpRecorded)
    assert (recorded.about, recorded.about_id, recorded.slug) == ("survey", SURVEY, result.rsplit("/", 1)[1])
    assert recorded.done == {"nb": "Kommunen setter inn flere busser.", "en": "More buses."}


async def test_bokmal_is_marked_as_such_on_pages_in_other_languages(rt: Runtime, editor: httpx.AsyncClient) -> None:
    result = await published(rt, editor)
    await record(editor, follow_up(rt))
    finding, work, meeting = (
        f'<span lang="nb">{text}</span>'
        for text in ("Mange kjører bil", "Kommunen setter inn flere busser.", "Torget i Sandvika")
    )
    for path, marked in (("/results", [finding, work]), (result, [finding, work]), ("/work", [work, meeting])):
        for text in marked:
            assert text in (await editor.get(f"{path}?lang=nn")).text, path
        english = (await editor.get(f"{path}?lang=en")).text
        assert "More buses." in english
        assert work not in english, "what is translated stands in the reader's language"
        assert '<span lang="nb">' not in (await editor.get(f"{path}?lang=nb")).text


async def test_a_recorded_follow_up_can_be_corrected_on_every_page(rt: Runtime, editor: httpx.AsyncClient) -> None:
    result = await published(rt, editor)
    await record(editor, follow_up(rt))
    listed = (await editor.get("/staff/results/follow-ups")).text
    (path,) = re.findall(r'href="(/staff/results/follow-ups/[0-9a-f-]{36})"', listed)
    assert "Kommunen setter inn flere busser.</textarea>" in (await editor.get(path)).text
    mended = follow_up(rt, done="Kommunen setter inn to busser.", done_en="", link="https://example.org/to-busser")
    for wrong in ({"done": ""}, {"done_on": "2999-01-01"}, {"link": "http://example.org"}):
        error_page = await editor.post(path, data=mended | wrong)
        assert error_page.status_code == 422
        assert f'id="{next(iter(wrong))}-error"' in error_page.text
    for _ in range(2):
        assert (await editor.post(path, data=mended)).headers["location"] == f"{path}?saved=1"
    for page in (result, "/results", "/work"):
        text = (await editor.get(page)).text
        assert "to busser" in text, page
        assert "flere busser" not in text, page
    assert "https://example.org/to-busser" in (await editor.get(result)).text
    first, second = await outbox(rt, FollowUpRecorded)
    assert isinstance(first, FollowUpRecorded)
    assert second == first.model_copy(update={"done": {"nb": "Kommunen setter inn to busser."}}), "the same one, mended"
    assert (await editor.get(path)).text.count("rettet hva et resultat") == 1
    assert (await editor.post(f"/staff/results/follow-ups/{new_id()}", data=mended)).status_code == 404


async def test_a_meeting_may_be_followed_up_too(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await published(rt, editor)
    assert (await record(editor, follow_up(rt, about=f"meeting:{MEETING}", link=""))).status_code == 303
    (recorded,) = await outbox(rt, FollowUpRecorded)
    assert isinstance(recorded, FollowUpRecorded)
    assert (recorded.about, recorded.slug) == ("meeting", "torget")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"about": ""}, "about"),
        ({"about": f"survey:{new_id()}"}, "about"),
        ({"done": ""}, "done"),
        ({"done": "x" * 601}, "done"),
        ({"done_nn": "a\u202eb"}, "done_nn"),
        ({"done_on": "i går"}, "done_on"),
        ({"done_on": "2999-01-01"}, "done_on"),
        ({"link": "http://example.org"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
    ],
)
async def test_half_a_follow_up_is_refused_at_its_field(
    rt: Runtime, editor: httpx.AsyncClient, change: dict[str, str], field: str
) -> None:
    await published(rt, editor)
    error_page = await editor.post("/staff/results/follow-ups", data=follow_up(rt, **change))
    assert error_page.status_code == 422
    assert f'id="{field}-error"' in error_page.text
    assert await outbox(rt, FollowUpRecorded) == []


async def test_all_that_is_wrong_with_a_follow_up_is_said_at_once(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await published(rt, editor)
    wrong = {"about": f"survey:{new_id()}", "done": "", "done_on": "2999-01-01"}
    page = await editor.post("/staff/results/follow-ups", data=follow_up(rt, **wrong))
    for field in wrong:
        assert f'id="{field}-error"' in page.text, field


async def test_staff_are_asked_what_an_old_result_has_led_to(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await published(rt, editor)
    assert "ført til?" not in (await editor.get("/staff/results/card")).text
    move(rt, timedelta(days=61))
    assert "ført til?" in (await editor.get("/staff/results/card")).text
    await record(editor, follow_up(rt))
    assert "ført til?" not in (await editor.get("/staff/results/card")).text


async def test_the_work_says_what_was_done_newest_first_and_by_year(rt: Runtime, editor: httpx.AsyncClient) -> None:
    assert "ikke begynt ennå" in (await editor.get("/work")).text
    await published(rt, editor)
    page = (await editor.get("/work")).text
    order = ["Et resultat ble klart", "5 hadde svart", "referatet er klart", "En undersøkelse åpnet"]
    places = [page.index(words) for words in order]
    assert places[2:] == sorted(places[2:])
    assert max(places[:2]) < places[2]
    assert f'id="year-{rt.today().year}"' in page


async def test_emptied_copies_are_the_same_again_after_state_events(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await published(rt, editor)
    before = (await editor.get("/work")).text
    tables = ["survey", "meeting"]
    rows = await contents(rt, tables)
    async with rt.transaction() as session:
        await session.execute(sa.text("delete from results.meeting"))
        await session.execute(
            sa.update(Survey).values(opened_at=None, closed_at=None, invited=None, answered=None, released=None)
        )
        await session.execute(sa.text("truncate results.inbox, results.subject_seen"))
    await Deliverer(rt)(*survey_facts_again(rows), *meeting_facts(rt), replay=True)
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(Meeting.status)) == "minuted"
    assert (await editor.get("/work")).text == before
    assert len(await outbox(rt, ResultsPublished)) == 1


def survey_facts_again(rows: dict[str, list[Any]]) -> list[Event]:
    """The same facts with the instants that were told first."""
    (row,) = rows["survey"]
    return [
        SurveyOpened(
            survey_id=row.id, questionnaire=row.questionnaire, opened_at=row.opened_at, closes_at=row.closed_at,
            cell_minimum=5,
        ),
        SurveyClosed(
            survey_id=row.id, opened_at=row.opened_at, closed_at=row.closed_at, invited=row.invited,
            answered=row.answered, released=row.released, strata=(),
        ),
    ]  # fmt: skip


async def contents(rt: Runtime, tables: list[str]) -> dict[str, list[Any]]:
    async with rt.transaction() as session:
        return {
            name: list((await session.execute(sa.text(f"select * from results.{name} order by id"))).all())
            for name in tables
        }
