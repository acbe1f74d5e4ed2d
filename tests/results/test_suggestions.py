"""Matters residents raise: kept once, answered to the address only notifications knows, public in approved words."""

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from services.results.suggestions.registering import remove_old_texts
from services.results.tables import Suggestion
from shared.events.notifications import SuggestionLetterReceived
from shared.events.results import SuggestionContactGiven, SuggestionRegistered, SuggestionReplyDue
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox
from shared.web.limits import MAIL_FROM_ONE, Limiter
from tests.results.ground import a_suggestion, decide, replies, send


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
        ({"place": "x\ny"}, "Stedet må stå på én linje"),
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
        assert page.status_code == 303, "Back must not ask to send the form again, however long it was"
        shown_at = page.headers["location"]
        assert shown_at == ("/suggest?again=fast" if "stamp" in change else "/suggest?again=yes")
        page = await client.get(shown_at)
        async with browser(rt) as other:
            assert 'value="Rykkinn"' not in (await other.get(shown_at)).text, "another browser reads what was typed"
        assert words in page.text
        assert 'value="Rykkinn"' in page.text or "place" in change
    assert await outbox(rt) == []


async def test_marks_that_break_lines_become_spaces_in_a_heading_and_a_place(rt: Runtime) -> None:
    id_ = await a_suggestion(rt, heading="Lys\u2028i\u2029løypa", place="Fossum\u2028nord")
    async with rt.transaction() as session:
        matter = await session.get_one(Suggestion, id_)
    assert (matter.heading, matter.place) == ("Lys i løypa", "Fossum nord")


async def test_one_network_can_cause_few_receipts_and_the_next_matter_is_kept_in_the_form(rt: Runtime) -> None:
    limiter = Limiter(rt.settings, rt.database)
    async with rt.transaction() as session:
        assert sum([await limiter.one_more(session, MAIL_FROM_ONE, "127.0.0.1") for _ in range(59)]) == 59
    async with browser(rt) as client:
        assert (await send(client, rt)).headers["location"] == "/suggest/thanks"
        refused = await send(client, rt)
        assert refused.headers["location"] == "/suggest?again=many"
        page = (await client.get("/suggest?again=many")).text
    assert "fra et annet nettverk" in page
    assert 'value="Rykkinn"' in page
    assert len(await outbox(rt, SuggestionRegistered)) == 1


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
