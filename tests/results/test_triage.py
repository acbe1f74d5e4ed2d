"""Triage: staff see whom a decision reaches, and each change is told once."""

from datetime import UTC, datetime

import httpx
import pytest

from shared.events.results import SuggestionAnswered
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import browser, move, outbox
from tests.results.ground import DECISION, a_suggestion, decide, hidden, replies, review


async def test_nothing_is_public_before_staff_have_approved_a_wording(rt: Runtime, editor: httpx.AsyncClient) -> None:
    id_ = await a_suggestion(rt)
    async with browser(rt) as visitor:
        assert "Tryggere skolevei" not in (await visitor.get("/suggest")).text
        receipt = await decide(editor, id_)
        assert "Saken er lagret" in (await editor.get(receipt.headers["location"])).text
        listed = (await visitor.get("/suggest")).text
        page = (await visitor.get("/suggest/tryggere-skolevei-pa-rykkinn")).text
        assert "Tryggere skolevei på Rykkinn" in listed
        assert "Fortauet bygges i 2027." in page
        assert "Besvart" in page
        assert "Skolebakken" not in page + listed, "what the resident wrote is never shown as it is"
        assert (await decide(editor, id_, public="")).status_code == 303
        for path in ("/suggest/tryggere-skolevei-pa-rykkinn", "/suggest/%00", "/results/%00"):
            assert (await visitor.get(path)).status_code == 404


async def test_the_municipalitys_words_are_marked_as_bokmal_on_pages_in_other_languages(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    await decide(editor, await a_suggestion(rt), state="forwarded", forwarded_to="Vei og <b>trafikk</b>")
    async with browser(rt) as visitor:
        listed = (await visitor.get("/suggest?lang=nn")).text
        page = (await visitor.get("/suggest/tryggere-skolevei-pa-rykkinn?lang=nn")).text
    assert f'<span lang="nb">{DECISION["public_heading"]}</span>' in listed
    for text in (DECISION["public_heading"], DECISION["public_text"], DECISION["answer"]):
        assert f'<span lang="nb">{text}</span>' in page
    assert '<span lang="nb">Vei og &lt;b&gt;trafikk&lt;/b&gt;</span>' in page


async def test_the_sender_is_told_once_of_each_change(rt: Runtime, editor: httpx.AsyncClient) -> None:
    id_ = await a_suggestion(rt)
    for state, answer in (
        ("considered", ""), ("considered", ""), ("answered", "Ja."), ("answered", "Ja."), ("answered", "Nei."),
    ):  # fmt: skip
        assert (await decide(editor, id_, state=state, answer=answer, public="")).status_code == 303
    notices = [(reply.notice, reply.text, reply.generation) for reply in await replies(rt)]
    assert notices == [("receipt", "", 1), ("status", "", 2), ("answer", "Ja.", 3), ("answer", "Nei.", 4)]
    assert [event.subject for event in await outbox(rt, SuggestionAnswered)] == [id_, id_]


async def test_staff_see_the_mail_and_the_page_before_anything_is_sent_and_two_clicks_send_once(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    id_ = await a_suggestion(rt)
    path = f"/staff/results/suggestions/{id_}"
    preview = await review(editor, id_, answer="Ja.\n\n<b>Fra 2027</b>.")
    assert "Én person får e-post" in preview.text
    assert 'data-card="/staff/notifications/preview"' in preview.text
    for name, value in (("purpose", "suggestion_answer"), ("language", "nb"), ("title", "Tryggere skolevei")):
        assert f'name="{name}" value="{value}"' in preview.text
    assert "Skolebakken" not in preview.text
    for words in ("Saken blir lagt ut", "En innbygger ønsker fortau", "Besvart", "&lt;b&gt;Fra 2027&lt;/b&gt;"):
        assert words in preview.text
    assert len(await replies(rt)) == 1, "the receipt alone"
    form_page = await editor.post(path, data=hidden(preview) | {"action": "change"})
    assert "&lt;b&gt;Fra 2027&lt;/b&gt;.</textarea>" in form_page.text
    assert len(await replies(rt)) == 1
    for _ in range(2):
        assert (await editor.post(path, data=hidden(preview))).headers["location"] == f"{path}?saved=1"
    assert [(reply.notice, reply.text) for reply in await replies(rt)][1:] == [("answer", "Ja.\n\n<b>Fra 2027</b>.")]
    assert (await editor.get(path)).text.count("behandlet et forslag") == 1


async def test_a_page_that_is_outdated_changes_nothing_and_says_so(rt: Runtime, editor: httpx.AsyncClient) -> None:
    id_ = await a_suggestion(rt)
    path = f"/staff/results/suggestions/{id_}"
    form, preview = hidden(await editor.get(path)), await review(editor, id_, answer="Nei.")
    await decide(editor, id_, answer="Ja.")
    for late in (DECISION | form | {"answer": "Nei."}, hidden(preview)):
        error_page = await editor.post(path, data=late)
        assert error_page.status_code == 409
        for words in ("Noen andre har behandlet saken", "Slik står saken nå", ">Ja.</p>", ">Nei.</textarea>"):
            assert words in error_page.text
    back = await editor.post(path, data=hidden(preview) | {"action": "change"})
    assert (await editor.post(path, data=DECISION | hidden(back))).status_code == 409, "going back agrees to nothing"
    assert (await editor.post(path, data=DECISION)).status_code == 409, "nothing seen is nothing agreed to"
    assert [reply.text for reply in await replies(rt)] == ["", "Ja."]
    again = await editor.post(path, data=DECISION | hidden(error_page) | {"answer": "Nei."})
    assert (await editor.post(path, data=hidden(again))).status_code == 303
    assert [reply.text for reply in await replies(rt)] == ["", "Ja.", "Nei."]


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        ({"email": ""}, {}, "Avsenderen har ikke gitt noen adresse"),
        ({}, {"state": "new", "answer": ""}, "ikke noe nytt å si til avsenderen"),
        ({}, {"public": ""}, "Saken blir ikke lagt ut"),
        ({}, {"state": "considered", "answer": ""}, 'name="purpose" value="suggestion_status"'),
    ],
)
async def test_the_review_says_who_is_told_and_what_becomes_public(
    rt: Runtime, editor: httpx.AsyncClient, first: dict[str, str], then: dict[str, str], words: str
) -> None:
    assert words in (await review(editor, await a_suggestion(rt, **first), **then)).text


async def test_the_review_of_a_public_matter_says_what_becomes_of_its_page(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    id_ = await a_suggestion(rt)
    await decide(editor, id_)
    assert "Slik blir den stående" in (await review(editor, id_, public_text="En ny tekst")).text
    assert "Saken blir tatt bort" in (await review(editor, id_, public="")).text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"answer": ""}, "answer"),
        ({"state": "forwarded", "answer": ""}, "forwarded_to"),
        ({"state": "merged", "answer": ""}, "merged_into"),
        ({"state": "merged", "merged_into": "finnes-ikke"}, "merged_into"),
        ({"public_heading": ""}, "public_heading"),
        ({"public_text": ""}, "public_text"),
        ({"state": "nonsense"}, "state"),
        ({"answer": "x" * 4001}, "answer"),
    ],
)
async def test_half_a_decision_is_refused_at_its_field(
    rt: Runtime, editor: httpx.AsyncClient, change: dict[str, str], field: str
) -> None:
    id_ = await a_suggestion(rt)
    error_page = await decide(editor, id_, **change)
    assert error_page.status_code == 422
    assert f'id="{field}-error"' in error_page.text
    assert await outbox(rt, SuggestionAnswered) == []
    assert (await decide(editor, new_id())).status_code == 404


async def test_a_matter_may_join_another_public_one(rt: Runtime, editor: httpx.AsyncClient) -> None:
    first, second = await a_suggestion(rt), await a_suggestion(rt)
    await decide(editor, first)
    merger = {"state": "merged", "merged_into": "tryggere-skolevei-pa-rykkinn", "answer": ""}
    assert (await decide(editor, second, **merger)).status_code == 303
    async with browser(rt) as visitor:
        page = (await visitor.get("/suggest/tryggere-skolevei-pa-rykkinn-2")).text
    assert "Slått sammen med en annen sak" in page


async def test_staff_filter_export_and_see_what_waits(rt: Runtime, editor: httpx.AsyncClient) -> None:
    move(rt, datetime(2027, 6, 30, 22, 30, tzinfo=UTC) - rt.now())
    id_ = await a_suggestion(rt)
    later = [await a_suggestion(rt), await a_suggestion(rt)]
    page = (await editor.get(f"/staff/results/suggestions/{id_}")).text
    assert "Det eldste av 2 nye forslag" in page
    assert f'href="/staff/results/suggestions/{later[0]}"' in page
    await decide(editor, later[1])
    await decide(editor, id_)
    assert "1 <small>forslag" in (await editor.get("/staff/results/suggestions?state=new")).text
    file = (await editor.get("/staff/results/suggestions?form=csv")).text
    assert len(file.strip().splitlines()) == 4
    assert file.count("2027-07-01") == 5, "when three came and two were answered, by days in Norway"
    assert "fortau" not in file
    card = (await editor.get("/staff/results/card")).text
    assert "1 nytt forslag" in card
    assert f'href="/staff/results/suggestions/{later[0]}"' in card, "straight to what waits"
