"""What tests of suggestions stand on: a matter from the form, and staff's way through triage."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from services.results.tables import Suggestion
from shared.events.results import SuggestionReplyDue
from shared.service import Runtime
from shared.testing import browser, outbox

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


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's last form."""
    last = page.text.rpartition("<form")[2]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', last)}


async def review(editor: httpx.AsyncClient, id_: UUID, **changes: str) -> httpx.Response:
    """Open the matter, fill in, look at what will be sent."""
    path = f"/staff/results/suggestions/{id_}"
    return await editor.post(path, data={**hidden(await editor.get(path)), **DECISION, **changes})


async def decide(editor: httpx.AsyncClient, id_: UUID, **changes: str) -> httpx.Response:
    """The whole way: fill in, look, confirm; the page with the mistakes if there are any."""
    page = await review(editor, id_, **changes)
    if page.status_code != 200:
        return page
    return await editor.post(f"/staff/results/suggestions/{id_}", data=hidden(page))
