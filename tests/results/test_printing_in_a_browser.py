"""A long result on paper."""

import asyncio
import re

from playwright.sync_api import Route, sync_playwright

from deploy.local.browser import FLAGS
from deploy.local.browser import chromium as find_chromium
from deploy.web.build import static_folder
from shared.events.results import ResultsPublished
from shared.events.surveys import AnswerStrata, ResponseSubmitted, StratumCount, SurveyClosed
from shared.ids import random_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox
from tests.results.test_publishing import AT, SURVEY, opened, publish

_ANSWERS = {
    "reisemate": "bil", "bilfri": "pris", "minutter": 20, "viktigst": ["sykkel"], "innsats": 2, "fortetting": 4,
    "ett_ord": "vann", "forslag": "mer buss",
}  # fmt: skip


async def test_a_result_of_every_question_prints_on_two_pages(rt: Runtime) -> None:
    content = opened().questionnaire
    assert {question.id for page in content.pages for question in page.questions} == set(_ANSWERS)
    bands = ("15-24", "25-34", "35-44", "45-54", "55-66", "67-79", "80-")
    strata = tuple(StratumCount(gender=g, band=b, invited=20, answered=10) for b in bands for g in ("female", "male"))
    count = sum(stratum.answered for stratum in strata)
    responses = [
        ResponseSubmitted(
            response_id=random_id(),
            survey_id=SURVEY,
            strata=AnswerStrata(gender=stratum.gender, bands=(stratum.band,)),
            answers=_ANSWERS,
        )
        for stratum in strata
        for _ in range(stratum.answered)
    ]
    closing = SurveyClosed(
        survey_id=SURVEY, opened_at=AT, closed_at=AT, invited=2 * count, answered=count, released=count, strata=strata
    )
    await Deliverer(rt)(opened(), *responses, closing)
    async with browser(rt) as client:
        await publish(client, rt, "editor", finding="De fleste vil ha flere bussavganger.")
        (event,) = await outbox(rt, ResultsPublished)
        assert isinstance(event, ResultsPublished)
        html = (await client.get(f"/results/{event.slug}")).text
    assert html.count("<summary") > len(_ANSWERS)
    paper = await asyncio.to_thread(_print, html)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 2


def _print(html: str) -> bytes:
    where, static = find_chromium(), static_folder()

    def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if "/static/" in route.request.url:
            route.fulfill(path=next(static.rglob(name)))
        elif name == "result":
            route.fulfill(body=html, content_type="text/html")
        else:
            route.abort()

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=where, args=FLAGS)
        page = chromium.new_page()
        page.route("**/*", serve)
        page.goto("https://panel.test/result")
        paper = page.pdf(format="A4", margin={"top": "1cm", "right": "1cm", "bottom": "1cm", "left": "1cm"})
        chromium.close()
    return paper
