"""Matters residents raise: kept once, answered to the address only notifications knows, public in approved words."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.results.suggestions.domain import STATES, Decision, notice_of, problems
from services.results.suggestions.handlers import remove_old_texts
from services.results.tables import Suggestion
from shared.events.notifications import SuggestionLetterReceived
from shared.events.results import (
    SuggestionAnswered,
    SuggestionContactGiven,
    SuggestionRegistered,
    SuggestionReplyDue,
)
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox, sign_in

FORM = {
    "heading": "Tryggere skolevei",
    "text": "Det mangler fortau ved skolen. Hilsen Kari, nabo i Skolebakken 3.",
    "place": "Rykkinn",
    "why": "Barna går i veibanen",
    "email": "kari@example.org",
    "website": "",
}
DECISION = {
    "state": "answered", "answer": "Fortauet bygges i 2027.", "public": "yes",
    "public_heading": "Tryggere skolevei på Rykkinn", "public_text": "En innbygger ønsker fortau ved skolen.",
}  # fmt: skip


@pytest.fixture
async def rt(runtime_of: Callable[..., Awaitable[Runtime]]) -> Runtime:
    return await runtime_of("results")


@pytest_asyncio.fixture
async def editor(rt: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        yield client


async def send(client: httpx.AsyncClient, rt: Runtime, **changes: Any) -> httpx.Response:
    stamp = rt.sealed.seal("stamp-suggest", {"shown": 0, "nonce": "n"}, 3600)
    return await client.post("/suggest", data={**FORM, "stamp": stamp, **changes})


async def a_suggestion(rt: Runtime, **changes: Any) -> UUID:
    async with browser(rt) as client:
        assert (await send(client, rt, **changes)).headers["location"] == "/suggest/thanks"
    async with rt.transaction() as session:
        newest = sa.select(Suggestion.id).order_by(Suggestion.registered_at.desc()).limit(1)
        return (await session.scalars(newest)).one()


async def replies(rt: Runtime) -> list[SuggestionReplyDue]:
    return [event for event in await outbox(rt, SuggestionReplyDue) if isinstance(event, SuggestionReplyDue)]


async def decide(editor: httpx.AsyncClient, id_: UUID, **changes: str) -> httpx.Response:
    return await editor.post(f"/staff/results/suggestions/{id_}", data={**DECISION, **changes})


async def test_a_matter_from_the_form_is_kept_and_its_sender_gets_a_receipt(rt: Runtime) -> None:
    id_ = await a_suggestion(rt)
    (registered,) = await outbox(rt, SuggestionRegistered)
    assert registered.subject == id_
    (contact,) = await outbox(rt, SuggestionContactGiven)
    assert isinstance(contact, SuggestionContactGiven)
    assert (contact.suggestion_id, contact.email, contact.language) == (id_, "kari@example.org", "nb")
    assert [(reply.notice, reply.generation) for reply in await replies(rt)] == [("receipt", 1)]
    async with rt.transaction() as session:
        rows = await session.scalars(sa.text("select t::text from results.suggestion t"))
        assert not any("kari@example.org" in row for row in rows), "the address is notifications' alone"


async def test_without_an_address_nobody_is_written_to(rt: Runtime) -> None:
    await a_suggestion(rt, email="")
    assert await outbox(rt, SuggestionContactGiven, SuggestionReplyDue) == []


async def test_a_letter_is_a_suggestion_once_and_says_when_attachments_were_refused(rt: Runtime) -> None:
    letter = SuggestionLetterReceived(
        suggestion_id=new_id(), heading="Lys i lysløypa", text="Det er mørkt.", language="nn", attachments_refused=2,
        received_at=rt.now(),
    )  # fmt: skip
    deliver = Deliverer(rt)
    await deliver(letter)
    await deliver(letter)
    assert len(await outbox(rt, SuggestionRegistered)) == 1
    assert await outbox(rt, SuggestionContactGiven) == []
    assert [reply.notice for reply in await replies(rt)] == ["attachments_refused"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"heading": ""}, "må fylles ut"),
        ({"heading": "x" * 121}, "høyst 120 tegn"),
        ({"heading": "to\nlinjer"}, "én linje"),
        ({"text": ""}, "må fylles ut"),
        ({"text": "x" * 4001}, "høyst 4000 tegn"),
        ({"text": "abc\u202edef"}, "usynlige tegn"),
        ({"place": "x\x00"}, "usynlige tegn"),
        ({"why": "x" * 2001}, "høyst 2000 tegn"),
        ({"email": "kåre@example.org"}, "æ, ø eller å"),
        ({"stamp": "forged"}, "svært raskt"),
    ],
)
async def test_bad_input_gets_a_clear_message_and_keeps_what_was_typed(
    rt: Runtime, change: dict[str, str], words: str
) -> None:
    async with browser(rt) as client:
        page = await send(client, rt, **change)
        assert page.status_code == 422
        assert words in page.text
        assert 'value="Rykkinn"' in page.text or "place" in change
    assert await outbox(rt) == []


async def test_a_robot_and_a_flood_change_nothing(rt: Runtime) -> None:
    async with browser(rt) as client:
        assert (await send(client, rt, website="http://spam.example.org")).headers["location"] == "/suggest/thanks"
        assert (await client.post("/suggest", content=b"x" * 10_000_000)).status_code == 413
    assert await outbox(rt) == []


async def test_markup_and_emoji_are_kept_and_escaped(rt: Runtime, editor: httpx.AsyncClient) -> None:
    id_ = await a_suggestion(rt, text="<script>alert(1)</script> 🚲")
    page = (await editor.get(f"/staff/results/suggestions/{id_}")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 🚲" in page
    assert "<script>alert" not in page


async def test_nothing_is_public_before_staff_have_approved_a_wording(rt: Runtime, editor: httpx.AsyncClient) -> None:
    id_ = await a_suggestion(rt)
    async with browser(rt) as visitor:
        assert "Tryggere skolevei" not in (await visitor.get("/suggest")).text
        assert (await decide(editor, id_)).status_code == 303
        listed = (await visitor.get("/suggest")).text
        page = (await visitor.get("/suggest/tryggere-skolevei-pa-rykkinn")).text
        assert "Tryggere skolevei på Rykkinn" in listed
        assert "Fortauet bygges i 2027." in page
        assert "Besvart" in page
        assert "Skolebakken" not in page + listed, "what the resident wrote is never shown as it is"
        assert (await decide(editor, id_, public="")).status_code == 303
        for gone in ("/suggest/tryggere-skolevei-pa-rykkinn", "/suggest/%00", "/results/%00"):
            assert (await visitor.get(gone)).status_code == 404


async def test_the_sender_is_told_once_of_each_change(rt: Runtime, editor: httpx.AsyncClient) -> None:
    id_ = await a_suggestion(rt)
    for state, answer in (
        ("considered", ""), ("considered", ""), ("answered", "Ja."), ("answered", "Ja."), ("answered", "Nei."),
    ):  # fmt: skip
        assert (await decide(editor, id_, state=state, answer=answer, public="")).status_code == 303
    told = [(reply.notice, reply.text, reply.generation) for reply in await replies(rt)]
    assert told == [("receipt", "", 1), ("status", "", 2), ("answer", "Ja.", 3), ("answer", "Nei.", 4)]
    assert [event.subject for event in await outbox(rt, SuggestionAnswered)] == [id_, id_]


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
    refused = await decide(editor, id_, **change)
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert await outbox(rt, SuggestionAnswered) == []
    assert (await decide(editor, new_id())).status_code == 404


async def test_a_matter_may_join_another_public_one(rt: Runtime, editor: httpx.AsyncClient) -> None:
    first, second = await a_suggestion(rt), await a_suggestion(rt)
    await decide(editor, first)
    joined = {"state": "merged", "merged_into": "tryggere-skolevei-pa-rykkinn", "answer": ""}
    assert (await decide(editor, second, **joined)).status_code == 303
    async with browser(rt) as visitor:
        page = (await visitor.get("/suggest/tryggere-skolevei-pa-rykkinn-2")).text
    assert "Slått sammen med en annen sak" in page


async def test_what_residents_wrote_goes_some_time_after_the_answer(rt: Runtime, editor: httpx.AsyncClient) -> None:
    id_ = await a_suggestion(rt)
    await decide(editor, id_)
    move(rt, timedelta(days=89))
    await remove_old_texts(rt)
    assert "Skolebakken" in (await editor.get(f"/staff/results/suggestions/{id_}")).text
    move(rt, timedelta(days=2))
    await remove_old_texts(rt)
    page = (await editor.get(f"/staff/results/suggestions/{id_}")).text
    assert "Skolebakken" not in page
    assert "En innbygger ønsker fortau" in page


async def test_staff_filter_export_and_see_what_waits(rt: Runtime, editor: httpx.AsyncClient) -> None:
    id_ = await a_suggestion(rt)
    await a_suggestion(rt)
    await decide(editor, id_)
    assert "1 <small>forslag" in (await editor.get("/staff/results/suggestions?state=new")).text
    file = (await editor.get("/staff/results/suggestions?form=csv")).text
    assert len(file.strip().splitlines()) == 3
    assert "fortau" not in file
    assert "1 nytt forslag" in (await editor.get("/staff/results/card")).text


@given(st.sampled_from(STATES), st.sampled_from(STATES), st.text(max_size=3), st.text(max_size=3) | st.none())
def test_a_mail_goes_exactly_when_something_the_sender_is_told_has_changed(
    before: str, state: str, answer: str, answer_before: str | None
) -> None:
    decision = Decision(state, answer, False, "", "", "x", "y")
    notice = notice_of(before, decision, answer_before)
    changed = bool(answer and answer != (answer_before or "")) or (state != before and state != "new")
    assert (notice is not None) is changed
    assert ("answer" in problems(decision)) is (state in ("answered", "declined") and not answer)
