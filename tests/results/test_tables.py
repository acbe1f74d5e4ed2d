"""What a public result says: of whom each share is, numbers, the population, the days; on real Postgres."""

from datetime import timedelta
from typing import Any

import pytest

from shared.events.registration import AgeBand, AreaMargin, Margin, PopulationMarginsSet
from shared.events.surveys import AnswerStrata, ResponseSubmitted, StratumCount
from shared.ids import new_id, random_id
from shared.service import Runtime
from shared.testing import Deliverer, browser
from tests.results.test_publishing import AT, SURVEY, RuntimeOf, closed, cookie, fill, opened, publish, response


@pytest.fixture
async def rt(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of("results")


FULL: list[dict[str, Any]] = [
    {"reisemate": "bil", "bilfri": "pris", "minutter": 12, "viktigst": ["sykkel", "natur"], "innsats": 4},
    {"reisemate": "gange", "minutter": 300, "viktigst": ["sykkel"], "innsats": 2},
    {"reisemate": "gange", "viktigst": ["bygg"], "innsats": "vet_ikke"},
    {"reisemate": "bil", "bilfri": "pris", "viktigst": ["natur"], "innsats": 5},
    {"reisemate": "sykkel", "viktigst": ["natur", "bygg"], "innsats": 5},
]


def given_answers(answers: list[dict[str, Any]]) -> list[ResponseSubmitted]:
    strata = AnswerStrata(gender=None, bands=None)
    return [
        ResponseSubmitted(response_id=random_id(), survey_id=SURVEY, strata=strata, answers=answer)
        for answer in answers
    ]


async def test_the_tables_say_of_whom_each_share_is(rt: Runtime) -> None:
    await fill(Deliverer(rt), given_answers(FULL))
    async with browser(rt) as client:
        reply = await publish(client, rt, "editor", finding="F")
        page = (await client.get(reply.headers["location"])).text
        table = (await client.get(f"{reply.headers['location']}/table.csv")).content.decode("utf-8-sig").splitlines()
    assert "Panelet ble spurt 23. november 2026." in page, "opened and closed on one day"
    assert "Flest, og like mange, svarte «Jeg går» og «Med bil»: 40\u00a0% hver." in page
    assert "andelene kan bli mer enn 100 prosent til sammen" in page
    assert "Andel av dem som tok stilling" in table[0]
    rows = {tuple(line.split(";")[:1] + line.split(";")[2:3]): line.split(";")[3:] for line in table}
    assert rows["innsats", "5 Mer enn nok"] == ["2", "0,4", "5", "0,5", ""]
    assert rows["innsats", "Vet ikke"] == ["1", "0,2", "5", "", ""]
    assert rows["viktigst", "Vern av natur"] == ["3", "0,6", "5", "", ""]
    # Two people drive: the questions they alone got are not shown, nor are the two numbers.
    assert rows["bilfri", ""] == ["", "", "2", "", ""]
    assert rows["minutter", ""] == ["", "", "2", "", ""]
    assert "Billigere billetter" not in page
    assert page.count("Færre enn fem har svart") == 2
    assert "Ingen har svart." in page
    assert "0 skrev et svar." not in page


async def test_numbers_have_a_picture_and_a_table_and_one_outlier_hides_nobody(rt: Runtime) -> None:
    minutes = [*range(5, 50, 2), 300]
    await fill(Deliverer(rt), given_answers([{"reisemate": "gange", "minutter": number} for number in minutes]))
    async with browser(rt) as client:
        reply = await publish(client, rt, "editor", finding="F")
        page = (await client.get(reply.headers["location"])).text
    assert "Det midterste svaret er 28. Halvparten svarte fra 16,5 til 39,5." in page
    question = page[page.index('id="q-minutter"') : page.index('id="q-viktigst"')]
    assert "<svg" in question
    assert "Minutter. 24 har svart" in question
    assert "eller mer" in question
    assert "300" not in question, "an outlier is nobody's business"


async def test_the_population_stands_beside_those_who_answered_also_in_the_file(rt: Runtime) -> None:
    bands = (AgeBand(code="15-24", age_from=15, age_to=24), AgeBand(code="25-", age_from=25, age_to=None))
    margins = tuple(
        Margin(gender=gender, band=band.code, population=n)
        for gender in ("female", "male")
        for band, n in zip(bands, (100, 300), strict=True)
    )
    population = PopulationMarginsSet(
        margins_id=new_id(), year=2026, source="ssb-07459", bands=bands, margins=margins, area_scheme="s"
    )
    strata = (
        StratumCount(gender="female", band="15-24", invited=200, answered=60),
        StratumCount(gender="male", band="25-", invited=200, answered=54),
        StratumCount(gender="other", band="25-", invited=9, answered=6),
    )
    deliver = Deliverer(rt)
    await deliver(population, opened(), *given_answers(FULL))
    await deliver(closed(5).model_copy(update={"strata": strata, "answered": 120}))
    async with browser(rt) as client:
        reply = await publish(client, rt, "editor", finding="F")
        page = (await client.get(reply.headers["location"])).text
        table = (await client.get(f"{reply.headers['location']}/table.csv")).text
    assert "Størst forskjell: 15–24 år er 50\u00a0% av dem som svarte, og 25\u00a0% av befolkningen." in page
    assert ";Alder;15–24 år;;0,5;;;0,25" in table
    assert ";Kjønn;Annet / ikke oppgitt;;0,05;;;\r" in table, "the register counts two; nobody is not the number"


async def test_answers_of_a_band_that_began_at_another_lowest_age_are_in_the_band_of_today(rt: Runtime) -> None:
    bands = (AgeBand(code="18-24", age_from=18, age_to=24), AgeBand(code="25-", age_from=25, age_to=None))
    margins = tuple(Margin(gender="female", band=band.code, population=100) for band in bands)
    population = PopulationMarginsSet(
        margins_id=new_id(), year=2026, source="ssb-07459", bands=bands, margins=margins, area_scheme="s"
    )
    strata = tuple(
        StratumCount(gender="female", band=band, invited=100, answered=n) for band, n in (("15-24", 30), ("25-", 90))
    )
    deliver = Deliverer(rt)
    await deliver(population, opened(), *given_answers(FULL))
    await deliver(closed(5).model_copy(update={"strata": strata, "answered": 120}))
    async with browser(rt) as client:
        reply = await publish(client, rt, "editor", finding="F")
        table = (await client.get(f"{reply.headers['location']}/table.csv")).text
    assert ";Alder;18–24 år;;0,25;;;0,5" in table


async def test_areas_stand_beside_those_who_answered_small_ones_together(rt: Runtime) -> None:
    bands = (AgeBand(code="15-", age_from=15, age_to=None),)
    margins = tuple(Margin(gender=gender, band="15-", population=500) for gender in ("female", "male"))
    areas = tuple(
        AreaMargin(area=code, population=n, label=label)
        for code, label, n in (("lysaker", "Lysaker", 600), ("sandvika", "Sandvika", 300), ("rud", "Rud", 100))
    )
    population = PopulationMarginsSet(
        margins_id=new_id(), year=2026, source="ssb-07459", bands=bands, margins=margins, area_scheme="areas-1",
        area_margins=areas, area_source="Bærum, 2005",
    )  # fmt: skip
    strata = tuple(
        StratumCount(gender="female", band="15-", area=area, invited=50, answered=answers)
        for area, answers in (("lysaker", 10), ("sandvika", 20), ("rud", 3), (None, 7))
    )
    deliver = Deliverer(rt)
    await deliver(population, opened(), *given_answers(FULL))
    await deliver(closed(5).model_copy(update={"strata": strata, "answered": 40}))
    async with browser(rt) as client:
        reply = await publish(client, rt, "editor", finding="F")
        page = (await client.get(reply.headers["location"])).text
        table = (await client.get(f"{reply.headers['location']}/table.csv")).text
    assert ";Område;Lysaker;;0,25;;;0,6" in table
    assert ";Område;Sandvika;;0,5;;;0,3" in table
    assert ";Område;Rud, Utenfor områdene;;0,25;;;\r" in table, "three are too few to stand alone"
    assert "Tall for områdene: Bærum, 2005." in page


async def test_a_result_says_the_last_day_people_could_answer_not_the_one_the_machine_closed(rt: Runtime) -> None:
    deliver = Deliverer(rt)
    await deliver(opened(), *given_answers(FULL))
    await deliver(closed(5).model_copy(update={"closed_at": AT + timedelta(days=20)}))
    async with browser(rt) as client:
        reply = await publish(client, rt, "editor", finding="F")
        page = (await client.get(reply.headers["location"])).text
    assert "fra 23. november 2026 til 7. desember 2026" in page
    assert reply.headers["location"].endswith("-2026-12-07")


async def test_staff_start_from_a_finding_in_each_language_and_see_afterwards_who_published(rt: Runtime) -> None:
    await fill(Deliverer(rt), [response(f"s{n}") for n in range(5)])
    async with browser(rt) as client:
        draft = (await client.get(f"/staff/results/{SURVEY}", headers=cookie(rt, "editor"))).text
        assert "100\u00a0% svarte «Med bil»" in draft
        assert "100\u00a0% answered “By car”" in draft
        assert "preview?purpose=results" in draft
        await publish(client, rt, "editor", finding="F")
        after = await client.get(f"/staff/results/{SURVEY}", headers=cookie(rt, "analyst"))
        page = await client.get("/results/klima-2026-11-23?lang=en")
    assert "Siri Stab" in after.text
    assert "/results/klima-2026-11-23" in after.text
    assert '<p class="ds-paragraph" data-size="lg"><span lang="nb">F</span></p>' in page.text
