"""What tests of registration start from: the filled-in form, its link, a member."""

from typing import Any
from uuid import UUID

import httpx

from services.registration.signing_in.sending import send_links
from shared.events.registration import ConfirmationRequested, SignInRequested
from shared.service import Runtime
from shared.testing import outbox

FORM = {
    "name": "Kari Prøve",
    "email": "kari@example.org",
    "year_of_birth": "1980",
    "gender": "female",
    "postcode": "1353",
    "language": "nb",
    "purposes": ["surveys", "results"],
    "old_enough": "yes",
    "website": "",
}
DETAILS = {name: FORM[name] for name in ("name", "email", "year_of_birth", "gender", "postcode", "language")}


async def send(client: httpx.AsyncClient, rt: Runtime, **changes: Any) -> httpx.Response:
    """Fill the form in, having looked at it for long enough; with faults in it, the page that shows them."""
    stamp = rt.sealed.seal("stamp-join", {"shown": 0, "nonce": "n"}, 3600)
    return await or_again(client, await client.post("/join", data={**FORM, "stamp": stamp, **changes}))


async def or_again(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    """The answer, or the form it leads back to."""
    if "again=yes" in answer.headers.get("location", ""):
        assert answer.status_code == 303, "Back would ask to send the form again"
        return await client.get(answer.headers["location"])
    return answer


async def confirm_page(client: httpx.AsyncClient, rt: Runtime, event: ConfirmationRequested) -> httpx.Response:
    token = rt.links.make("confirm", event.member_id, event.generation, event.link_expires_at)
    return await client.get(f"/join/confirm/{token}", follow_redirects=True)


async def confirm(client: httpx.AsyncClient, rt: Runtime, event: ConfirmationRequested) -> httpx.Response:
    assert "Ja, jeg vil være med" in (await confirm_page(client, rt, event)).text
    return await client.post("/join/confirm", data={"id": str(event.member_id)}, follow_redirects=True)


async def a_member(client: httpx.AsyncClient, rt: Runtime, **changes: Any) -> UUID:
    """Somebody who has signed up and confirmed."""
    await send(client, rt, **changes)
    request = (await outbox(rt, ConfirmationRequested))[-1]
    assert isinstance(request, ConfirmationRequested)
    await confirm(client, rt, request)
    return request.member_id


async def link(client: httpx.AsyncClient, rt: Runtime, email: str = "kari@example.org") -> str:
    """Ask for a sign-in link; its token."""
    await client.post("/me/ask", data={"email": email})
    await send_links(rt)
    request = (await outbox(rt, SignInRequested))[-1]
    assert isinstance(request, SignInRequested)
    return rt.links.make("sign_in", request.member_id, request.generation, request.link_expires_at)


async def signed_in(client: httpx.AsyncClient, rt: Runtime, **changes: Any) -> UUID:
    """A member on the own page."""
    member_id = await a_member(client, rt, **changes)
    await client.get(f"/me/sign-in/{await link(client, rt)}")
    assert (await client.post("/me/sign-in", data={"id": str(member_id)})).headers["location"] == f"/me?id={member_id}"
    return member_id
