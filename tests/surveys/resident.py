"""A resident in a browser: follows the link, fills in the climate survey page by page."""

from datetime import timedelta
from typing import Any

import httpx
import sqlalchemy as sa

from services.surveys.tables import Invitation
from shared.service import Runtime

PAGES: list[dict[str, Any]] = [
    {"reisemate": "gange", "minutter": "12"},
    {"viktigst": ["sykkel"], "innsats": "4", "fortetting": "vet_ikke"},
    {"ett_ord": "vann 🌊", "forslag": "<script>alert(1)</script>"},
]


async def enter(client: httpx.AsyncClient, rt: Runtime, invitation: Invitation) -> None:
    token = rt.links.make("survey", invitation.id, invitation.generation, rt.now() + timedelta(days=14))
    start = await client.get(f"/surveys/answer/{token}", follow_redirects=True)
    assert token not in str(start.url)
    assert "Start" in start.text or "Endre svaret" in start.text


async def post(client: httpx.AsyncClient, invitation: Invitation, page: int, **values: Any) -> httpx.Response:
    fields = {"id": str(invitation.id), "action": "next", "shown": " ".join(values), **values}
    answer = await client.post(f"/surveys/answer/{page}?id={invitation.id}", data=fields)
    onward = answer.headers.get("location", "")
    # Faults are shown at an address of their own, to which no form is sent again.
    return await client.get(onward) if f"/answer/{page}?" in onward and "check=1" in onward else answer


async def count(rt: Runtime, table: Any) -> int:
    async with rt.transaction() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
