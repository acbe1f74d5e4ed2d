"""From released answers to a public page, on real Postgres."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from services.surveys.questionnaire.shelf import shipped
from shared.events.questionnaire import Questionnaire, example
from shared.events.registration import MemberErased, StaffSessionEnded
from shared.events.results import MemberDataErased, ResultsPublished
from shared.events.surveys import AnswerStrata, ResponseSubmitted, SampleDrawn, StratumCount, SurveyClosed, SurveyOpened
from shared.ids import new_id, random_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox
from shared.web.staff import COOKIE, Staff, sign_in_staff
from tests.questionnaires import newer

RuntimeOf = Callable[..., Awaitable[Runtime]]
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SURVEY = new_id()


def opened() -> SurveyOpened:
    return SurveyOpened(
        survey_id=SURVEY,
        questionnaire=shipped()["klima"].content(),
        opened_at=AT,
        closes_at=AT + timedelta(days=14),
        cell_minimum=5,
    )


def closed(released: int) -> SurveyClosed:
    return SurveyClosed(
        survey_id=SURVEY,
        opened_at=AT,
        closed_at=AT,
        invited=20,
        answered=released,
        released=released,
        strata=(StratumCount(gender="female", band="15-24", invited=20, answered=released),),
    )


def response(text: str) -> ResponseSubmitted:
    return ResponseSubmitted(
        response_id=random_id(),
        survey_id=SURVEY,
        strata=AnswerStrata(gender=None, bands=None),
        answers={"reisemate": "bil", "forslag": text},
    )


def cookie(rt: Runtime, role: str) -> dict[str, str]:
    """A signed-in person's cookie."""
    answer = Response()
    sign_in_staff(answer, rt.settings, Staff("s1", "Siri Stab", (role,), new_id()))
    return {"Cookie": answer.headers["set-cookie"].split(";")[0]}


async def fill(deliver: Deliverer, responses: list[ResponseSubmitted]) -> None:
    await deliver(opened(), *responses, closed(len(responses)))


async def publish(client: httpx.AsyncClient, rt: Runtime, role: str, **data: Any) -> httpx.Response:
    return await client.post(f"/staff/results/{SURVEY}", data=data, headers=cookie(rt, role))


async def test_a_result_is_published_once_with_the_passages_staff_chose(rt: Runtime) -> None:
    answers = [response(text) for text in ("a <b>mer</b> buss", "hemmelig", "b", "c", "d")]
    await fill(Deliverer(rt), answers)
    sample = SampleDrawn(survey_id=SURVEY, rule="r-1", seed="5eed", pool_hash="a" * 64, pool=300, capped=7, drawn=20)
    await Deliverer(rt)(sample, sequence=4)
    async with browser(rt) as client:
        draft = await client.get(f"/staff/results/{SURVEY}", headers=cookie(rt, "analyst"))
        assert "5 av 5 svar er kommet" in draft.text
        choices = {
            "finding": "Mange vil ha mer buss",
            "finding_en": "Many",
            "passage-forslag": str(answers[0].response_id),
        }
        first = await publish(client, rt, "editor", **choices)
        again = await publish(client, rt, "editor", finding="noe annet")
        assert first.headers["location"] == again.headers["location"]
        page = (await client.get(first.headers["location"])).text
        table = (await client.get(f"{first.headers['location']}/table.csv")).text
        assert (await client.get(f"{first.headers['location']}/table.xlsx")).content[:2] == b"PK"
        assert (await client.get(f"{first.headers['location']}/table.exe")).status_code == 404
        listed = (await client.get("/results")).text
    assert "Mange vil ha mer buss" in page
    assert "Mange vil ha mer buss" in listed
    assert "a &lt;b&gt;mer&lt;/b&gt; buss" in page
    assert "hemmelig" not in page
    assert "feilmargin" in page
    assert "20 ble trukket ut blant 300 medlemmer" in page, "the sample is part of the method"
    assert "5eed" in page
    assert "Flest svarte «Med bil»: 100\u00a0%." in page
    assert page.index(">Jeg går<") < page.index(">Med bil<"), "options stand in the order they were asked in"
    assert "reisemate" in table
    assert "minutter" in table
    assert "Svarprosent;;5;0,25;20;;" in table
    (event,) = await outbox(rt, ResultsPublished)
    assert isinstance(event, ResultsPublished)
    assert event.finding == {"nb": "Mange vil ha mer buss", "en": "Many"}
    assert event.heading is not None
    assert event.heading["nb"].startswith("Klima")


async def test_an_answer_that_arrives_while_staff_read_never_becomes_a_passage_nobody_chose(rt: Runtime) -> None:
    deliver, passage = Deliverer(rt), response("bbb valgt")
    await deliver(opened(), closed(5), passage, *[response(text) for text in ("c", "d", "e")])
    async with browser(rt) as client:
        await deliver(response("aaa Kari Nordmann, tlf. 99"))
        reply = await publish(client, rt, "editor", finding="F", **{"passage-forslag": str(passage.response_id)})
        page = (await client.get(reply.headers["location"])).text
    assert "bbb valgt" in page
    assert "Kari Nordmann" not in page


async def test_what_several_wrote_alike_is_offered_once_and_can_be_chosen_whatever_order_the_rows_are_read_in(
    rt: Runtime,
) -> None:
    alike = [response("Mer buss") for _ in range(5)]
    await fill(Deliverer(rt), alike)
    least = min(str(answer.response_id) for answer in alike)
    async with browser(rt) as client:
        draft = (await client.get(f"/staff/results/{SURVEY}", headers=cookie(rt, "editor"))).text
        assert re.findall(r'name="passage-forslag" value="([^"]+)"', draft) == [least]
        reply = await publish(client, rt, "editor", finding="F", **{"passage-forslag": least})
        assert "Mer buss" in (await client.get(reply.headers["location"])).text


async def test_a_passage_that_is_no_answer_is_refused(rt: Runtime) -> None:
    await fill(Deliverer(rt), [response(f"s{n}") for n in range(5)])
    async with browser(rt) as client:
        for forged in ("0", str(new_id())):
            error_page = await publish(client, rt, "editor", finding="F", **{"passage-forslag": forged})
            assert error_page.status_code == 422
            assert "finnes ikke" in error_page.text
    assert await outbox(rt, ResultsPublished) == []


async def test_what_is_public_does_not_move_and_says_that_an_answer_is_missing(rt: Runtime) -> None:
    deliver = Deliverer(rt)
    await deliver(opened(), closed(6), *[response(f"s{n}") for n in range(5)])
    async with browser(rt) as client:
        error_page = await publish(client, rt, "editor", finding="F")
        assert error_page.status_code == 422
        assert "Ikke alle svar er kommet" in error_page.text
        reply = await publish(client, rt, "editor", finding="F", fewer="yes")
        before = figures((await client.get(reply.headers["location"])).text)
        await deliver(response("sent"))
        assert figures((await client.get(reply.headers["location"])).text) == before
    assert "5 av 6 svar" in before


def figures(page: str) -> str:
    """The page without the numbers of its pictures' ids, which count up."""
    return re.sub(r"chart-\d+", "chart", page)


async def test_the_same_questionnaire_closed_twice_a_day_has_two_pages(rt: Runtime) -> None:
    deliver, other = Deliverer(rt), new_id()
    await fill(deliver, [response(f"s{n}") for n in range(5)])
    again = [event.model_copy(update={"survey_id": other}) for event in (opened(), closed(0))]
    await deliver(*again)
    async with browser(rt) as client:
        first = await publish(client, rt, "editor", finding="F")
        second = await client.post(f"/staff/results/{other}", data={"finding": "G"}, headers=cookie(rt, "editor"))
        assert second.headers["location"] == f"{first.headers['location']}-2"
        few = (await client.get(second.headers["location"])).text
    assert "Så få svarte" in few


@pytest.mark.parametrize("finding", ["", "x" * 301, "a\u202eb", "a\x00"])
async def test_a_finding_that_cannot_stand_is_refused_at_its_field(rt: Runtime, finding: str) -> None:
    await fill(Deliverer(rt), [response(f"s{n}") for n in range(5)])
    async with browser(rt) as client:
        error_page = await publish(client, rt, "editor", finding=finding)
    assert error_page.status_code == 422
    assert "finding-error" in error_page.text
    assert await outbox(rt, ResultsPublished) == []


async def test_two_clicks_at_once_publish_once(rt: Runtime) -> None:
    await fill(Deliverer(rt), [response(f"s{n}") for n in range(5)])
    async with browser(rt) as client:
        answers = await asyncio.gather(*(publish(client, rt, "editor", finding=f"F{n}") for n in range(4)))
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(await outbox(rt, ResultsPublished)) == 1


async def test_state_sent_again_is_what_was_published(rt: Runtime) -> None:
    await fill(Deliverer(rt), [response(f"s{n}") for n in range(5)])
    async with browser(rt) as client:
        await publish(client, rt, "editor", finding="F")
    assert rt.service.state is not None
    async with rt.transaction() as session:
        assert [event async for event in rt.service.state(session)] == await outbox(rt, ResultsPublished)


async def test_closing_may_arrive_before_the_answers_and_an_answer_counts_once(rt: Runtime) -> None:
    deliver, answers = Deliverer(rt), [response(f"s{n}") for n in range(5)]
    await deliver(opened(), closed(5), *answers[:4], answers[0])
    async with browser(rt) as client:
        listed = await client.get("/staff/results", headers=cookie(rt, "reader"))
        assert "4 av 5 svar er kommet" in listed.text
        assert (await publish(client, rt, "editor", finding="x")).status_code == 422
        assert await outbox(rt, ResultsPublished) == []
        await deliver(answers[4])
        assert (await publish(client, rt, "editor", finding="x")).headers["location"].startswith("/results/")


async def test_a_reader_cannot_publish_and_a_stranger_sees_nothing(rt: Runtime) -> None:
    await fill(Deliverer(rt), [response("s") for _ in range(5)])
    async with browser(rt) as client:
        assert (await publish(client, rt, "reader")).status_code == 403
        for path in ("/staff/results", "/staff/results/card", f"/staff/results/{SURVEY}"):
            stranger = await client.get(path)
            assert stranger.status_code == 303
            assert "Klima" not in stranger.text
            forged = await client.get(path, headers={"Cookie": f"{COOKIE}=AAAA"})
            assert forged.status_code == 303
    assert await outbox(rt, ResultsPublished) == []


async def test_a_signed_out_session_is_refused_here_too(rt: Runtime) -> None:
    session_id = new_id()
    answer = Response()
    sign_in_staff(answer, rt.settings, Staff("s1", "Siri Stab", ("reader",), session_id))
    headers = {"Cookie": answer.headers["set-cookie"].split(";")[0]}
    async with browser(rt) as client:
        assert (await client.get("/staff/results", headers=headers)).status_code == 200
        await Deliverer(rt)(StaffSessionEnded(session_id=session_id, ended_at=AT))
        assert (await client.get("/staff/results", headers=headers)).status_code == 303


async def test_an_erased_member_gets_a_receipt(rt: Runtime) -> None:
    await Deliverer(rt)(MemberErased(member_id=new_id(), erased_at=AT))
    assert len(await outbox(rt, MemberDataErased)) == 1


async def test_staff_see_which_questions_cannot_be_counted_yet(rt: Runtime) -> None:
    """A kind a newer surveys asked: no zeros, no silence, on the draft and on the public page."""
    opening = opened().model_copy(update={"questionnaire": Questionnaire.model_validate(newer())})
    answers = [response("").model_copy(update={"answers": {"hologram": ["b", "a"], "oftest": "buss"}}) for _ in "12345"]
    await Deliverer(rt)(opening, *answers, closed(5))
    async with browser(rt) as client:
        draft = (await client.get(f"/staff/results/{SURVEY}", headers=cookie(rt, "analyst"))).text
        assert "Kan ikke telles ennå" in draft
        assert "«Hva ser du?» (5 svar)" in draft
        page = await publish(client, rt, "editor", finding="Fem svarte")
        public = (await client.get(page.headers["location"])).text
    question = public.split('id="q-hologram"')[1].split("</section>")[0]
    assert "Svarene på dette spørsmålet er ikke telt." in question
    assert "<table" not in question
    assert "100 %" in public.split('id="q-oftest"')[1].split("</section>")[0].replace("\xa0", " ")


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
async def test_every_kind_of_question_has_words_a_table_and_a_picture(rt: Runtime, language: str) -> None:
    opening = opened().model_copy(update={"questionnaire": Questionnaire.model_validate(example.QUESTIONNAIRE)})
    answers = [
        response("").model_copy(update={"answers": example.ANSWERS, "response_id": random_id()}) for _ in range(6)
    ]
    await Deliverer(rt)(opening, *answers, closed(6))
    async with browser(rt) as client:
        draft = (await client.get(f"/staff/results/{SURVEY}", headers=cookie(rt, "editor"))).text
        assert "Kan ikke telles" not in draft
        assert "Båt til Lysaker" in draft
        page = await publish(client, rt, "editor", finding="Seks svarte")
        where = page.headers["location"]
        public = (await client.get(where, headers={"Accept-Language": language})).text
        rows = (await client.get(f"{where}/table.csv", headers={"Accept-Language": language})).text
    for id_ in (
        "oftest",
        "ogsaa",
        "fornoyd",
        "paastander.ofte",
        "paastander.trygt",
        "viktigst",
        "torget",
        "sted",
        "sist",
    ):
        part = re.split("<h[23]", public.split(f'id="q-{id_}"')[1])[0]
        assert "<svg" in part, id_
        assert "<table" in part, id_
        assert f"\n{id_};" in rows, id_
    pictured = public.split('id="q-torget"')[1].split('src="data:image/png;base64,')[1]
    assert re.search('alt="(En benk|Ein benk|A bench)"><figcaption>Ben(ker|ches)<', pictured)
    assert "{" not in re.sub("<style.*?</style>", "", public)
    assert "1998" in public
    assert "1\xa0998" not in public
