"""From released answers to a public page, on real Postgres."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from services.surveys.questionnaire.shelf import shipped
from shared.events.registration import MemberErased, StaffSessionEnded
from shared.events.results import MemberDataErased, ResultsPublished
from shared.events.surveys import AnswerStrata, ResponseSubmitted, StratumCount, SurveyClosed, SurveyOpened
from shared.ids import new_id, random_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox
from shared.web.staff import COOKIE, Staff, sign_in_staff

RuntimeOf = Callable[..., Awaitable[Runtime]]
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SURVEY = new_id()


@pytest.fixture
async def rt(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of("results")


def opened() -> SurveyOpened:
    return SurveyOpened(
        survey_id=SURVEY, questionnaire=shipped()["klima"].content(), opened_at=AT, closes_at=AT, cell_minimum=5
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
    await fill(Deliverer(rt), [response(text) for text in ("a <b>mer</b> buss", "hemmelig", "b", "c", "d")])
    async with browser(rt) as client:
        draft = await client.get(f"/staff/results/{SURVEY}", headers=cookie(rt, "reader"))
        assert "5 av 5 svar er kommet" in draft.text
        chosen = {"finding": "Mange vil ha mer buss", "passage-forslag": "0"}
        first = await publish(client, rt, "editor", **chosen)
        again = await publish(client, rt, "editor", finding="noe annet")
        assert first.headers["location"] == again.headers["location"]
        page = (await client.get(first.headers["location"])).text
        table = (await client.get(f"{first.headers['location']}/table.csv")).text
    assert "Mange vil ha mer buss" in page
    assert "a &lt;b&gt;mer&lt;/b&gt; buss" in page
    assert "hemmelig" not in page
    assert "feilmargin" in page
    assert "reisemate" in table
    assert ",5,1.0,5" in table
    assert len(await outbox(rt, ResultsPublished)) == 1


async def test_closing_may_arrive_before_the_answers_and_an_answer_counts_once(rt: Runtime) -> None:
    deliver, answers = Deliverer(rt), [response(f"s{n}") for n in range(5)]
    await deliver(opened(), closed(5), *answers[:4], answers[0])
    async with browser(rt) as client:
        listed = await client.get("/staff/results", headers=cookie(rt, "reader"))
        assert "4 av 5 svar er kommet" in listed.text
        refused = await publish(client, rt, "editor", finding="x")
        assert refused.headers["location"] == f"/staff/results/{SURVEY}"
        assert await outbox(rt, ResultsPublished) == []
        await deliver(answers[4])
        assert (await publish(client, rt, "editor")).headers["location"].startswith("/results/")


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
