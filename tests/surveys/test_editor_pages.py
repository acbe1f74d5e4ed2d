"""The editor on real Postgres: each step a form post, versions that stay, two at once, from blank to a survey."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa

from services.surveys.tables import Survey, WrittenVersion
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import browser, sign_in

EDITOR = "/staff/surveys/editor"


@pytest_asyncio.fixture
async def client(rt: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """Kari, who may edit."""
    async with browser(rt) as kari:
        sign_in(rt, kari, "editor", name="Kari Editor")
        yield kari


@pytest_asyncio.fixture
async def ola(rt: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A second editor."""
    async with browser(rt) as other:
        sign_in(rt, other, "editor", name="Ola Editor")
        yield other


async def begin(client: httpx.AsyncClient, title: str = "Nabolaget", source: str = "") -> str:
    """A new questionnaire's address."""
    response = await client.post(EDITOR, data={"title": title, "source": source})
    assert response.status_code == 303
    return str(response.headers["location"])


async def step(client: httpx.AsyncClient, here: str, do: str, **fields: str) -> httpx.Response:
    """One button of the outline, on the page as it is now."""
    return await client.post(here, data={"base": await base(client, here), "do": do, **fields})


async def base(client: httpx.AsyncClient, address: str) -> str:
    """The version a form on the page was made from."""
    match = re.search(r'name="base" value="(\d+)"', (await client.get(address)).text)
    assert match is not None
    return match[1]


async def fill(client: httpx.AsyncClient, address: str, **fields: str) -> httpx.Response:
    """The form at ``address`` sent in; two underscores stand for a dot."""
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return await client.post(address, data={"base": await base(client, address), **named})


async def wrote(client: httpx.AsyncClient) -> str:
    """A whole questionnaire from a blank page; its address."""
    here = await begin(client)
    await fill(client, f"{here}/om", title__nb="Nabolaget", introduction__nb="Vi vil gjøre det bedre.", minutes="2")
    await fill(client, f"{here}/side1", title__nb="Om nabolaget")
    page = await step(client, here, "add:side1", **{"kind-side1": "one_choice"})
    question = str(page.headers["location"])
    await fill(client, question, text__nb="Trives du?", required="yes", options__0__nb="Ja", options__1__nb="Nei")
    return here


async def test_a_questionnaire_written_in_the_browser_can_be_asked(rt: Runtime, client: httpx.AsyncClient) -> None:
    here = await wrote(client)
    page = (await client.get(here)).text
    assert "Ingenting å rette" in page
    assert (await step(client, here, "ready")).status_code == 303
    assert "Klart til bruk" in (await client.get(here)).text
    id_ = here.rsplit("/", 1)[1]
    assert "Trives du?" in (await client.get(f"/staff/surveys/questionnaires/{id_}")).text
    form = (await client.get("/staff/surveys/plan")).text
    assert f'value="{id_}"' in form
    # What staff have made and what it was made from may be called the same.
    assert "Nabolaget (ett spørsmål, " in form
    assert "Klima og hverdagen i kommunen (mal, 7 spørsmål, " in form
    assert ">Klima og hverdagen i kommunen (mal)</a>" in form
    day = str(rt.today() + timedelta(days=1))
    plan = {"questionnaire": id_, "opens": "date", "opens_on": day, "closes_on": day, "target": "50"}
    reply = await client.post("/staff/surveys/plan", data={**plan, "confirmed": "yes", "survey_id": str(new_id())})
    assert reply.status_code == 303
    async with rt.transaction() as session:
        survey = (await session.scalars(sa.select(Survey))).one()
    assert (survey.questionnaire_id, survey.questionnaire.questions[0].text.nb) == (id_, "Trives du?")
    assert "i en planlagt undersøkelse" in (await client.get(EDITOR)).text


async def test_what_has_faults_cannot_be_ready_and_says_why(client: httpx.AsyncClient) -> None:
    here = await begin(client)
    page = await step(client, here, "ready")
    assert page.status_code == 422
    assert "kan ikke merkes som klart ennå" in page.text
    assert "Side 1 har ingen spørsmål." in page.text
    id_ = here.rsplit("/", 1)[1]
    assert f'value="{id_}"' not in (await client.get("/staff/surveys/plan")).text
    assert (await client.get(f"/staff/surveys/questionnaires/{id_}")).status_code == 404


async def test_a_change_after_ready_leaves_the_ready_version_in_use(rt: Runtime, client: httpx.AsyncClient) -> None:
    here = await wrote(client)
    await step(client, here, "ready")
    await fill(client, f"{here}/q1", text__nb="Trives du godt?", options__0__nb="Ja", options__1__nb="Nei")
    page = (await client.get(here)).text
    assert "Kladd" in page
    assert "er klar til bruk" in page
    id_ = here.rsplit("/", 1)[1]
    confirm = await client.post(
        "/staff/surveys/plan",
        data={"questionnaire": id_, "opens": "now", "closes_on": str(rt.today()), "target": "50"},
    )
    assert confirm.status_code == 200


async def test_undo_goes_back_a_step_and_loses_no_version(rt: Runtime, client: httpx.AsyncClient) -> None:
    here = await wrote(client)
    await step(client, here, "delete:q1")
    assert "Trives du?" not in (await client.get(here)).text
    await step(client, here, "undo")
    assert "Trives du?" in (await client.get(here)).text
    await step(client, here, "undo")
    assert "Uten tekst" in (await client.get(here)).text
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(WrittenVersion)) == 6


async def test_two_who_change_different_questions_both_keep_their_words(
    client: httpx.AsyncClient, ola: httpx.AsyncClient
) -> None:
    here = await wrote(client)
    await step(client, here, "copy:q1")
    mine, theirs = await base(client, f"{here}/q1"), await base(ola, f"{here}/q2")
    options = {"options.0.nb": "Ja", "options.1.nb": "Nei"}
    assert (await client.post(f"{here}/q1", data={"base": mine, "text.nb": "Min", **options})).status_code == 303
    assert (await ola.post(f"{here}/q2", data={"base": theirs, "text.nb": "Din", **options})).status_code == 303
    page = (await client.get(here)).text
    assert "Min" in page
    assert "Din" in page


async def test_the_later_of_two_who_change_the_same_is_told_and_loses_nothing(
    client: httpx.AsyncClient, ola: httpx.AsyncClient
) -> None:
    here = await wrote(client)
    first = await base(client, f"{here}/q1")
    options = {"options.0.nb": "Ja", "options.1.nb": "Nei"}
    assert (await client.post(f"{here}/q1", data={"base": first, "text.nb": "Karis ord", **options})).status_code == 303
    page = await ola.post(f"{here}/q1", data={"base": first, "text.nb": "Olas ord", **options})
    assert page.status_code == 409
    assert "Kari Editor har lagret endringer her mens du skrev" in page.text
    assert "Karis ord" in page.text
    assert 'value="Olas ord"' in page.text
    assert "Karis ord" in (await client.get(here)).text, "nothing is stored over the other's words"
    again = re.search(r'name="base" value="(\d+)"', page.text)
    assert again is not None
    assert (await ola.post(f"{here}/q1", data={"base": again[1], "text.nb": "Olas ord", **options})).status_code == 303
    assert "Olas ord" in (await client.get(here)).text


async def test_a_step_on_an_old_page_is_not_done_to_what_others_have_made_of_it(
    client: httpx.AsyncClient, ola: httpx.AsyncClient
) -> None:
    here = await wrote(client)
    old = await base(ola, here)
    await step(client, here, "copy:q1")
    page = await ola.post(here, data={"base": old, "do": "delete:q1"})
    assert page.status_code == 409
    assert "Kari Editor har endret skjemaet mens du holdt på" in page.text
    assert 'id="q1"' in page.text
    await step(client, here, "delete:q2")
    reply = await fill_gone(ola, f"{here}/q2", old)
    assert reply.status_code == 409
    assert "<li>For sent</li>" in reply.text


async def fill_gone(client: httpx.AsyncClient, address: str, version: str) -> httpx.Response:
    """A form whose question somebody has deleted."""
    return await client.post(address, data={"base": version, "text.nb": "For sent"})


async def test_titles_of_a_forged_form_stand_on_one_line(rt: Runtime, client: httpx.AsyncClient) -> None:
    here = await begin(client, "Vår\negen \u2029 tittel")
    await fill(client, f"{here}/om", title__nb="Ny\ntittel", introduction__nb="To\nlinjer.", minutes="2")
    async with rt.transaction() as session:
        first, second = await session.scalars(sa.select(WrittenVersion.content).order_by(WrittenVersion.version))
    assert first["title"]["nb"] == "Vår egen tittel"
    assert (second["title"]["nb"], second["introduction"]["nb"]) == ("Ny tittel", "To\nlinjer.")


@pytest.mark.parametrize("source", ["klima", "baeringen"])
async def test_a_template_is_begun_from_and_stays_as_it_was(client: httpx.AsyncClient, source: str) -> None:
    here = await begin(client, "Vår egen", source)
    page = (await client.get(here)).text
    assert "Vår egen" in page
    # What the template is called in other languages is not this title's translation.
    assert "Tittel og innledning mangler en tekst på nynorsk." in page
    assert page.count(" mangler ") == 2
    copy = await begin(client, "Neste år", here.rsplit("/", 1)[1])
    assert "Neste år" in (await client.get(copy)).text


async def test_two_questionnaires_of_the_same_title_are_told_apart_wherever_one_is_chosen(
    client: httpx.AsyncClient, ola: httpx.AsyncClient
) -> None:
    for editor in (client, ola):
        assert (await step(editor, await wrote(editor), "ready")).status_code == 303
    forms = [(await client.get(path)).text for path in (EDITOR, "/staff/surveys/plan")]
    for form in forms:
        for name in ("Kari Editor", "Ola Editor"):
            assert re.search(rf"Nabolaget[^<]* endret \d+\. \w+ \d{{4}} kl\. \d\d:\d\d av {name}", form)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("GET", "/q1"), ("GET", "/om"), ("POST", ""), ("POST", "/q1")]
)
async def test_an_unknown_questionnaire_or_part_is_a_page_that_says_so(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (
        await client.request(method, f"{EDITOR}/ingen{path}", data={"base": "1"} if method == "POST" else None)
    ).status_code == 404
    here = await wrote(client)
    assert (await client.get(f"{here}/q99")).status_code == 404
    assert (await step(client, here, "add:side1", **{"kind-side1": "tull"})).status_code == 409
    assert (await step(client, here, "tull:q1")).status_code == 409


async def test_readers_look_and_change_nothing(rt: Runtime, client: httpx.AsyncClient) -> None:
    here = await wrote(client)
    async with browser(rt) as reader:
        sign_in(rt, reader, "reader")
        page = await reader.get(here)
        assert page.status_code == 200
        assert 'name="do"' not in page.text
        assert (await reader.post(here, data={"do": "delete:q1", "base": "5"})).status_code == 403
        assert (await reader.post(EDITOR, data={"title": "x"})).status_code == 403


async def test_markup_in_labels_is_shown_as_text(client: httpx.AsyncClient) -> None:
    here = await wrote(client)
    await fill(
        client, f"{here}/q1", text__nb="<script>alert(1)</script>", options__0__nb="<b>Ja</b>", options__1__nb="Nei"
    )
    for address in (here, f"{here}/q1"):
        page = (await client.get(address)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


async def test_a_questionnaire_put_away_is_offered_no_more_and_can_be_taken_back(client: httpx.AsyncClient) -> None:
    here = await wrote(client)
    await step(client, here, "ready")
    await step(client, here, "retire")
    id_ = here.rsplit("/", 1)[1]
    assert f'value="{id_}"' not in (await client.get("/staff/surveys/plan")).text
    assert "Lagt bort" in (await client.get(here)).text
    await step(client, here, "bring-back")
    assert f'value="{id_}"' in (await client.get("/staff/surveys/plan")).text


async def test_more_fields_are_given_without_losing_what_is_written(client: httpx.AsyncClient) -> None:
    here = await wrote(client)
    fields: dict[str, Any] = {f"options__{number}__nb": f"Svar {number}" for number in range(4)}
    more = await fill(client, f"{here}/q1", text__nb="Hva?", do="more", **fields)
    assert more.status_code == 303
    assert more.headers["location"].endswith("/q1#more")
    page = (await client.get(f"{here}/q1")).text
    assert 'value="Svar 3"' in page
    assert 'name="options.5.nb"' in page
